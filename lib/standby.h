/* standby.h - is there room for one more key that a person asks for? Asked before it is made: a key too many stops every build until it is
 * gone. */
#ifndef ZS_STANDBY_H
#define ZS_STANDBY_H

#include "keys/keys.h"

/* Would a zone with one more key of role, of the policy's kind, be within the limits of G16: DNSKEYs, signatures over them,
 * size of the answer? Keys that leave count until they are out of the zone. False with the refusal, which names the way out. */
ZS_MUST_CHECK bool zs_standby_fits(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts,
                                   const struct zs_keyset *keys, enum zs_key_role role);

#endif
