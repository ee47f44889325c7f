/* denial.c - NSEC or NSEC3, and never both; what both have in common (G4). */
#include "verify/verify_private.h"

/* RFC 9077 section 3: the lesser of the SOA's MINIMUM and TTL. */
static uint32_t denial_ttl(const struct zs_verifier *v)
{
	return v->soa.minimum < v->soa.ttl ? v->soa.minimum : v->soa.ttl;
}

bool zs_verify_denial_set(struct zs_verifier *v, uint32_t owner, const struct zs_rrset *set)
{
	const char *type = zs_verify_type(v, set->type);
	if (v->has_soa && set->ttl != denial_ttl(v)) {
		zs_verify_refuse(v, 4, "the TTL of %s '%s' is %u, the lesser of SOA TTL and MINIMUM is %u", type,
		                 zs_verify_owner(v, owner), set->ttl, denial_ttl(v));
		zs_verify_hint(v, 4, "RFC 9077 section 3; signers before 2021 took MINIMUM alone");
	}
	if (set->count == 1)
		return true;
	return zs_verify_refuse(v, 4, "'%s' has %u %s records, not one", zs_verify_owner(v, owner), set->count, type);
}

/* How many RRsets of a type there are in the zone, and the first owner of one. */
static size_t count_type(const struct zs_verifier *v, uint16_t type, uint32_t *first)
{
	size_t count = 0;
	for (uint32_t i = 0; i < v->zone->owner_count; i++)
		if (v->places[i] != ZS_PLACE_OUTSIDE && zs_zone_rrset(v->zone, i, type) && !count++)
			*first = i;
	return count;
}

void zs_verify_denial(struct zs_verifier *v)
{
	uint32_t nsec_at = 0, nsec3_at = 0, param_at = 0;
	const size_t nsec = count_type(v, ZS_TYPE_NSEC, &nsec_at), nsec3 = count_type(v, ZS_TYPE_NSEC3, &nsec3_at);
	const size_t params = count_type(v, ZS_TYPE_NSEC3PARAM, &param_at);
	if (params && param_at != v->apex)
		zs_verify_refuse(v, 4, "'%s' has NSEC3PARAM, which belongs at the apex (RFC 5155 section 4)",
		                 zs_verify_owner(v, param_at));
	if (nsec && nsec3) {
		zs_verify_refuse(v, 4, "the zone has both NSEC (first at '%s') and NSEC3 (first at '%s')", zs_verify_owner(v, nsec_at),
		                 zs_verify_owner(v, nsec3_at));
		zs_verify_hint(v, 4, "remove the old ones; a signer strips them all before it makes new ones");
	} else if (nsec3) {
		v->result->nsec3 = true;
		zs_verify_nsec3(v);
	} else if (nsec) {
		if (params && param_at == v->apex) {
			zs_verify_refuse(v, 4, "the zone has NSEC, and an NSEC3PARAM without NSEC3");
			zs_verify_hint(v, 4, "servers that go by NSEC3PARAM would deny with records that are not there; remove it");
		}
		zs_verify_nsec(v);
	} else {
		zs_verify_refuse(v, 4, "the zone '%s' is signed, but has neither NSEC nor NSEC3", zs_verify_name(v, v->zone->apex));
		zs_verify_hint(v, 4, "without them no answer that says no can be proven");
	}
}
