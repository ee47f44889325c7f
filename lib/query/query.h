/* query.h - what an authoritative server answers from a signed zone file (RFC 1034 section 4.3.2, RFC 4035 section 3.1, RFC 5155
 * section 7.2, RFC 6672), without a server.
 *
 * In:  a zone read with ZS_DNSSEC_KEEP, a name, a type. EDNS with DO is taken as given.
 * Out: the answer as records. It points into the zone; whether validators believe it is verify/'s to say (zs_verify_answer), which
 *      shares no logic with this.
 */
#ifndef ZS_QUERY_QUERY_H
#define ZS_QUERY_QUERY_H

#include "dns/answer.h"
#include "zone/zone.h"

/* Answer (name, type); type may be ANY (255), and no other that is never in a zone. A name outside the zone is REFUSED. Aliases are
 * followed as long as they stay in the zone, at most 16. Answer and authority sections are complete; of the additional section
 * there is the glue of referrals. Memory from arena. False, with a diagnostic, if OpenSSL cannot hash. */
ZS_MUST_CHECK bool zs_query_answer(struct zs_run *run, struct zs_arena *arena, const struct zs_zone *zone, const uint8_t *name,
                                   uint16_t type, struct zs_answer *out);

#endif
