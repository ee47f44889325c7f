/* answer_trust.c - from DS to the keys of a zone (RFC 4035 section 5.2). */
#include "verify/answer_private.h"

/* The DNSKEY RDATA of an answer; those that no DS leads to are left out if there are DS. */
static size_t collect(struct zs_run *run, const struct zs_answer *answer, const struct zs_answer_trust *trust, const struct zs_bytes *ds,
                      size_t ds_count, struct zs_bytes *out)
{
	size_t count = 0;
	for (size_t i = 0; i < answer->count && count < ZS_VERIFY_KEYS_MAX; i++) {
		const struct zs_answer_record *record = &answer->records[i];
		bool named = ds_count == 0;
		if (record->section != ZS_SECTION_ANSWER || record->type != ZS_TYPE_DNSKEY || !zs_name_equal(record->owner, trust->zone))
			continue;
		for (size_t d = 0; d < ds_count && !named; d++)
			named = zs_verify_ds_counts(ds[d], ds, ds_count) && zs_verify_ds_matches(run, trust->zone, ds[d], record->rdata)
			     && !(zs_get_u16(record->rdata.data) & ZS_DNSKEY_REVOKE);
		if (named)
			out[count++] = record->rdata;
	}
	return count;
}

bool zs_verify_trust(struct zs_run *run, struct zs_arena *arena, const struct zs_answer *answer, const struct zs_bytes *ds, size_t ds_count,
                     struct zs_answer_trust *trust, struct zs_answer_verdict *out)
{
	struct zs_bytes *entry = zs_arena_array(arena, ZS_VERIFY_KEYS_MAX, sizeof *entry), *all = zs_arena_array(arena, ZS_VERIFY_KEYS_MAX, sizeof *all);
	const size_t all_count = collect(run, answer, trust, NULL, 0, all);
	const struct zs_answer_trust first = { .zone = trust->zone, .dnskeys = entry, .now = trust->now,
		                               .dnskey_count = collect(run, answer, trust, ds, ds_count, entry) };
	zs_verify_answer(run, arena, answer, &first, out);
	bool usable = false;
	for (size_t d = 0; d < ds_count; d++)
		usable = usable || zs_verify_ds_counts(ds[d], ds, ds_count);
	if (ds_count && !usable && out->state != ZS_ANSWER_BOGUS) {
		out->state = ZS_ANSWER_INSECURE; /* for validators the zone is as unsigned */
		out->why = "no DS of the zone is of an algorithm and a digest known here";
		out->rfc = "RFC 4035 section 5.2";
		out->ede = ZS_EDE_DS_DIGEST;
	} else if (ds_count && all_count && !first.dnskey_count && out->state != ZS_ANSWER_BOGUS) {
		out->state = ZS_ANSWER_BOGUS;
		out->why = "no DS of the zone leads to a key in its DNSKEY RRset";
		out->rfc = "RFC 4035 section 5.2";
		out->ede = ZS_EDE_NO_DNSKEY;
	}
	const bool ok = out->state == ZS_ANSWER_SECURE && out->kind == ZS_ANSWER_POSITIVE && !out->wildcard;
	trust->dnskeys = ok ? all : NULL;
	trust->dnskey_count = ok ? all_count : 0;
	return ok;
}
