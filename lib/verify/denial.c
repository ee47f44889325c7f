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

/* How many RRsets of each of three types there are in the zone, and the first owner of one. */
enum { NSEC, NSEC3, PARAM, KINDS };

static void count_types(const struct zs_verifier *v, size_t counts[KINDS], uint32_t first[KINDS])
{
	for (uint32_t i = 0; i < v->zone->owner_count; i++) {
		const struct zs_owner *owner = &v->zone->owners[i];
		for (uint32_t s = owner->first; v->places[i] != ZS_PLACE_OUTSIDE && s < owner->first + owner->rrset_count; s++) {
			const uint16_t type = v->zone->rrsets[s].type;
			if (type != ZS_TYPE_NSEC && type != ZS_TYPE_NSEC3 && type != ZS_TYPE_NSEC3PARAM)
				continue;
			const unsigned kind = type == ZS_TYPE_NSEC ? NSEC : type == ZS_TYPE_NSEC3 ? NSEC3 : PARAM;
			if (!counts[kind]++)
				first[kind] = i;
		}
	}
}

void zs_verify_denial(struct zs_verifier *v)
{
	size_t counts[KINDS] = { 0 };
	uint32_t first[KINDS] = { 0 };
	count_types(v, counts, first);
	const size_t nsec = counts[NSEC], nsec3 = counts[NSEC3], params = counts[PARAM];
	const uint32_t nsec_at = first[NSEC], nsec3_at = first[NSEC3], param_at = first[PARAM];
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
