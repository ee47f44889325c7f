/* nsec.c - one closed chain of NSEC, in canonical order, over the names with authoritative data or a delegation and
 * no others (RFC 4034 section 4, RFC 4035 section 2.3). */
#include "verify/verify_private.h"

static bool in_chain(const struct zs_verifier *v, size_t owner)
{
	return v->places[owner] == ZS_PLACE_AUTHORITATIVE || v->places[owner] == ZS_PLACE_DELEGATION;
}

/* The owner that the NSEC of `owner` must name: the next in the chain, after the last the first. */
static uint32_t next_in_chain(const struct zs_verifier *v, uint32_t owner, uint32_t first)
{
	for (uint32_t i = owner + 1; i < v->zone->owner_count; i++)
		if (in_chain(v, i))
			return i;
	return first;
}

static void judge_record(struct zs_verifier *v, uint32_t owner, const struct zs_rrset *set, uint32_t next)
{
	const struct zs_bytes rdata = zs_rrset_rdata(v->zone, set, 0);
	const uint8_t *name = zs_owner_name(v->zone, &v->zone->owners[owner]);
	const uint8_t *should = zs_owner_name(v->zone, &v->zone->owners[next]);
	const size_t next_len = zs_name_check(rdata.data, rdata.len);
	struct zs_bitmap expected;
	if (!next_len) {
		zs_verify_refuse(v, 4, "the NSEC of '%s' is malformed", zs_verify_owner(v, owner));
		return;
	}
	if (!zs_name_equal(rdata.data, should)) {
		zs_verify_refuse(v, 4, "the NSEC of '%s' leads to '%s', the next name is '%s'", zs_verify_owner(v, owner),
		                 zs_verify_name(v, rdata.data), zs_verify_name(v, should));
		zs_verify_hint(v, 4, "the names between would be denied, or the chain would not close; sign the zone again");
	}
	zs_verify_bitmap(v, owner, false, &expected);
	zs_verify_compare_bitmap(v, "NSEC", name, (struct zs_bytes){ rdata.data + next_len, rdata.len - next_len }, &expected);
}

static void refuse_stray(struct zs_verifier *v, uint32_t owner)
{
	static const char *const why[] = {
		[ZS_PLACE_OUTSIDE] = "which is not in the zone",
		[ZS_PLACE_BARE] = "which has no data",
		[ZS_PLACE_BELOW_CUT] = "which is below a delegation",
		[ZS_PLACE_BELOW_DNAME] = "which is below a DNAME",
	};
	zs_verify_refuse(v, 4, "there is an NSEC at '%s', %s (RFC 4035 section 2.3)", zs_verify_owner(v, owner),
	                 why[v->places[owner]]);
}

static void judge_owners(struct zs_verifier *v, void *context, size_t from, size_t to)
{
	const uint32_t first = *(const uint32_t *)context;
	for (uint32_t i = (uint32_t)from; i < to; i++) {
		const struct zs_rrset *set = zs_zone_rrset(v->zone, i, ZS_TYPE_NSEC);
		if (!in_chain(v, i)) {
			if (set)
				refuse_stray(v, i);
			continue;
		}
		if (!set) {
			zs_verify_refuse(v, 4, "'%s' has no NSEC", zs_verify_owner(v, i));
			zs_verify_hint(v, 4, "its NODATA answers cannot be proven; sign the zone again");
			continue;
		}
		if (zs_verify_denial_set(v, i, set))
			judge_record(v, i, set, next_in_chain(v, i, first));
	}
}

void zs_verify_nsec(struct zs_verifier *v)
{
	uint32_t first = 0;
	while (first < v->zone->owner_count && !in_chain(v, first))
		first++;
	zs_verify_slices(v, v->zone->owner_count, judge_owners, &first);
}
