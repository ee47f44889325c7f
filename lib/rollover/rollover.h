/* rollover.h - what keys should be doing now: pure, from facts, policy, TTLs and the instant of the run.
 *
 * In:  the facts about keys, the policy, the TTLs that caches may hold.
 * Out: the plan (who is published, who signs what, whose CDS is shown), the date to come back, and what the user must do.
 *
 * Each key has up to four records (DNSKEY, its signature over the DNSKEY RRset, its signatures over the rest, DS), each
 * hidden, rumoured, omnipresent or unretentive. This version makes the moves of a first signing and keeps what is
 * there; it starts no rollover.
 */
#ifndef ZS_ROLLOVER_ROLLOVER_H
#define ZS_ROLLOVER_ROLLOVER_H

#include "config/config.h"
#include "state/state.h"

struct zs_ttls {
	uint32_t largest; /* of the zone as it is now */
	uint32_t negative; /* min(SOA TTL, SOA MINIMUM): how long "no DNSKEY" may be cached */
};

/* Move the facts' records as far as time allows and make the plan. Keys that are to be made get facts without id. */
ZS_MUST_CHECK bool zs_rollover_plan(struct zs_run *run, const struct zs_policy *policy, struct zs_facts *facts,
                                    const struct zs_ttls *ttls, struct zs_plan **out);

/* The DS of the zone may be given to the parent from then on; 0: the zone is not served yet. Ipub of RFC 7583 section
 * 3.3.4: served-since + propagation + max(dnskey-ttl, negative TTL, largest TTL now or remembered) + safety */
zs_time zs_rollover_first_ds(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls);

#endif
