/* below.c - aliases that lead into a zone below, on a server that has both zones. */
#include "dns/type.h"
#include "live/live_private.h"

enum { ALIASES_MAX = 16 };

static const uint8_t *cut_above(const uint8_t *name, const uint8_t *const *cuts, size_t cut_count)
{
	for (size_t i = 0; i < cut_count; i++)
		if (zs_name_within(name, cuts[i]))
			return cuts[i];
	return NULL;
}

/* Where the CNAME of name leads. The one that a server makes of a DNAME is there too (RFC 6672 section 3.1). */
static const uint8_t *alias_of(const struct zs_answer *answer, const uint8_t *name)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct zs_answer_record *r = &answer->records[i];
		if (r->section == ZS_SECTION_ANSWER && r->type == ZS_TYPE_CNAME && zs_name_equal(r->owner, name))
			return r->rdata.data;
	}
	return NULL;
}

static bool leads_below(const struct zs_answer *answer, const uint8_t *zone, const uint8_t *const *cuts, size_t cut_count)
{
	const uint8_t *name = answer->qname;
	for (unsigned aliases = 0; name && aliases < ALIASES_MAX && zs_name_within(name, zone); aliases++, name = alias_of(answer, name))
		if (cut_above(name, cuts, cut_count))
			return aliases > 0;
	return false;
}

/* The name of a cut has an NSEC above and below it: its signature tells whose it is. */
static bool is_of_zone(const struct zs_answer *answer, const uint8_t *zone, const uint8_t *cut, const struct zs_answer_record *record)
{
	enum { SIGNER = 18 }; /* RFC 4034 section 3.1 */
	if (!cut)
		return true;
	if (!zs_name_equal(record->owner, cut) || (record->type != ZS_TYPE_NSEC && record->type != ZS_TYPE_RRSIG))
		return false;
	for (size_t i = 0; i < answer->count; i++) {
		const struct zs_answer_record *r = &answer->records[i];
		if (r->type == ZS_TYPE_RRSIG && r->section == record->section && zs_name_equal(r->owner, cut) && zs_get_u16(r->rdata.data) == ZS_TYPE_NSEC
		    && (record->type == ZS_TYPE_NSEC || r == record) && zs_name_equal(r->rdata.data + SIGNER, zone))
			return true;
	}
	return false;
}

bool zs_answer_ends_at_cut(struct zs_arena *arena, const struct zs_answer *answer, const uint8_t *zone, const uint8_t *const *cuts,
                           size_t cut_count, struct zs_answer *out)
{
	if (answer->qtype == ZS_TYPE_CNAME || !leads_below(answer, zone, cuts, cut_count))
		return false;
	struct zs_answer_record *kept = zs_arena_array(arena, answer->count, sizeof *kept);
	*out = *answer;
	out->qtype = ZS_TYPE_CNAME;
	out->rcode = ZS_RCODE_NOERROR; /* what there is or is not at its end is said by the zone below */
	out->records = kept;
	out->count = 0;
	for (size_t i = 0; i < answer->count; i++) {
		const struct zs_answer_record *r = &answer->records[i];
		if (is_of_zone(answer, zone, cut_above(r->owner, cuts, cut_count), r))
			kept[out->count++] = *r;
	}
	return true;
}
