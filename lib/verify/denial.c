/* denial.c - NSEC or NSEC3, and never both; what both have in common (G4). */
#include "verify/verify_private.h"

/* RFC 9077 section 3: the lesser of the SOA's MINIMUM and TTL. */
static uint32_t denial_ttl(const struct zs_verifier *v)
{
	return v->soa.minimum < v->soa.ttl ? v->soa.minimum : v->soa.ttl;
}

bool zs_verify_denial_set(struct zs_verifier *v, uint32_t owner, const struct zs_rrset *set)
{
	if (v->has_soa && set->ttl != denial_ttl(v)) {
		zs_verify_refuse(v, 4, "the TTL of %s '%s' is %u, the lesser of SOA TTL and MINIMUM is %u", zs_verify_type(v, set->type),
		                 zs_verify_owner(v, owner), set->ttl, denial_ttl(v));
		zs_verify_hint(v, 4, "RFC 9077 section 3; signers before 2021 took MINIMUM alone");
	}
	if (set->count == 1)
		return true;
	return zs_verify_refuse(v, 4, "'%s' has %u %s records, not one", zs_verify_owner(v, owner), set->count, zs_verify_type(v, set->type));
}

/* The first owner in the zone that has it, or ZS_NO_OWNER. */
static uint32_t first_with(const struct zs_verifier *v, enum zs_has what)
{
	for (uint32_t i = 0; i < v->zone->owner_count; i++)
		if (v->has[i] & what && v->has[i] & ZS_HAS_NAME)
			return i;
	return ZS_NO_OWNER;
}

void zs_verify_denial(struct zs_verifier *v)
{
	const uint32_t nsec_at = first_with(v, ZS_HAS_NSEC), nsec3_at = first_with(v, ZS_HAS_NSEC3), param_at = first_with(v, ZS_HAS_NSEC3PARAM);
	const bool nsec = nsec_at != ZS_NO_OWNER, nsec3 = nsec3_at != ZS_NO_OWNER, params = param_at != ZS_NO_OWNER;
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
