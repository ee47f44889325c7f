/* build_preview.c - `build --dry-run`: what a build would publish, against what is published. One record a line, as the zone file has it. */
#include <stdio.h>
#include <string.h>

#include "build_private.h"
#include "dns/algorithm.h"
#include "dns/rdata.h"

enum { LINES_MAX = 1000 }; /* a zone; the rest is counted */

struct preview {
	struct zs_run *run;
	const struct zs_zone *before, *after; /* before: NULL where nothing is published */
	struct zs_change *changes;
	size_t count, room;
	uint64_t added, removed;
};

static void add(struct preview *p, bool added, bool is_key, const char *text)
{
	if (p->count < LINES_MAX)
		ZS_PUSH(p->run->arena, p->changes, p->count, p->room) = (struct zs_change){ added, is_key, text };
}

static void add_record(struct preview *p, bool added, const struct zs_zone *zone, const struct zs_owner *owner, const struct zs_rrset *set, uint32_t i)
{
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	*(added ? &p->added : &p->removed) += 1;
	if (p->count >= LINES_MAX)
		return;
	struct zs_buf text = { .arena = p->run->arena, .max = 1 << 20 };
	const struct zs_bytes rdata = zs_rrset_rdata(zone, set, i);
	zs_buf_printf(&text, "%s %u IN %s ", zs_name_text(zs_owner_name(zone, owner), name), set->ttl, zs_type_text(set->type, type));
	zs_rdata_format(set->type, rdata.data, rdata.len, &text);
	add(p, added, false, zs_buf_string(&text));
}

static void add_set(struct preview *p, bool added, const struct zs_zone *zone, const struct zs_owner *owner, const struct zs_rrset *set)
{
	for (uint32_t i = 0; i < set->count; i++)
		add_record(p, added, zone, owner, set, i);
}

static void add_owner(struct preview *p, bool added, const struct zs_zone *zone, const struct zs_owner *owner)
{
	for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++)
		add_set(p, added, zone, owner, &zone->rrsets[s]);
}

/* The serial is chosen when the zone is signed: it is no change of its own. */
static int compare_rdata(uint16_t type, struct zs_bytes a, struct zs_bytes b)
{
	uint8_t copies[2][2 * ZS_NAME_MAX + 20];
	if (type != ZS_TYPE_SOA || a.len > sizeof copies[0] || b.len > sizeof copies[1])
		return zs_rdata_compare(type, a, b);
	memcpy(copies[0], a.data, a.len);
	memcpy(copies[1], b.data, b.len);
	zs_put_u32(copies[0] + a.len - 20, 0);
	zs_put_u32(copies[1] + b.len - 20, 0);
	return zs_rdata_compare(type, (struct zs_bytes){ copies[0], a.len }, (struct zs_bytes){ copies[1], b.len });
}

/* Two RRsets of one owner and type, their records in canonical order. */
static void compare_sets(struct preview *p, const struct zs_owner *a, const struct zs_rrset *before, const struct zs_owner *b, const struct zs_rrset *after)
{
	if (before->ttl != after->ttl) {
		add_set(p, false, p->before, a, before);
		add_set(p, true, p->after, b, after);
		return;
	}
	for (uint32_t i = 0, k = 0; i < before->count || k < after->count;) {
		const int order = i == before->count ? 1 : k == after->count ? -1
		                : compare_rdata(before->type, zs_rrset_rdata(p->before, before, i), zs_rrset_rdata(p->after, after, k));
		if (order < 0)
			add_record(p, false, p->before, a, before, i);
		else if (order > 0)
			add_record(p, true, p->after, b, after, k);
		i += order <= 0;
		k += order >= 0;
	}
}

static void compare_owner(struct preview *p, const struct zs_owner *a, const struct zs_owner *b)
{
	uint32_t i = a->first, k = b->first;
	const uint32_t i_end = a->first + a->rrset_count, k_end = b->first + b->rrset_count;
	while (i < i_end || k < k_end) {
		const struct zs_rrset *before = i < i_end ? &p->before->rrsets[i] : NULL, *after = k < k_end ? &p->after->rrsets[k] : NULL;
		if (before && after && before->type == after->type) {
			compare_sets(p, a, before, b, after);
			i++, k++;
		} else if (before && (!after || before->type < after->type)) {
			add_set(p, false, p->before, a, before);
			i++;
		} else {
			add_set(p, true, p->after, b, after);
			k++;
		}
	}
}

static void compare_zones(struct preview *p)
{
	const struct zs_zone *x = p->before, *y = p->after;
	for (size_t i = 0, k = 0; i < x->owner_count || k < y->owner_count;) {
		const int order = i == x->owner_count ? 1 : k == y->owner_count ? -1
		                : zs_name_compare(zs_owner_name(x, &x->owners[i]), zs_owner_name(y, &y->owners[k]));
		if (order < 0)
			add_owner(p, false, x, &x->owners[i]);
		else if (order > 0)
			add_owner(p, true, y, &y->owners[k]);
		else
			compare_owner(p, &x->owners[i], &y->owners[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

static void tell_use(struct preview *p, const char *title, bool was, bool is, const char *what)
{
	if (was != is)
		add(p, is, true, zs_arena_printf(p->run->arena, "%s %s%s", title, is ? "" : "no longer ", what));
}

/* What the plan changes about keys. before: the facts as they were before it. */
static void compare_keys(struct preview *p, const struct zs_facts *before, const struct zs_plan *plan)
{
	static const uint8_t no_id[32];
	static const struct zs_key_facts nothing;
	for (size_t i = 0; i < plan->key_count; i++) {
		const struct zs_plan_key *key = &plan->keys[i];
		const struct zs_algorithm_info *algorithm = zs_algorithm_info(key->facts->algorithm);
		const bool fresh = memcmp(key->facts->id, no_id, sizeof no_id) == 0;
		const struct zs_key_facts *was = fresh ? NULL : zs_facts_key((struct zs_facts *)(uintptr_t)before, key->facts->id);
		char role[8];
		snprintf(role, sizeof role, "%s", zs_role_text(key->facts->role));
		for (char *c = role; *c; c++)
			*c = (char)(*c - 'a' + 'A');
		const char *title = fresh ? zs_arena_printf(p->run->arena, "a new %s (%s)", role, algorithm ? algorithm->mnemonic : "?")
		                          : zs_arena_printf(p->run->arena, "%s %u", role, key->facts->tag);
		if (!was)
			was = &nothing;
		tell_use(p, title, zs_in_zone(was->dnskey.phase), key->publish, "is in the DNSKEY RRset");
		tell_use(p, title, zs_in_zone(was->krrsig.phase), key->sign_dnskeys, "signs the DNSKEY RRset");
		tell_use(p, title, zs_in_zone(was->zrrsig.phase), key->sign_zone, "signs the zone");
	}
}

void zs_build_preview(struct zs_run *run, const struct zs_zone *published, const struct zs_zone *zone, const struct zs_facts *before,
                      const struct zs_plan *plan, struct zs_build_result *out)
{
	struct preview p = { .run = run, .before = published, .after = zone };
	compare_keys(&p, before, plan);
	if (published)
		compare_zones(&p);
	else
		p.added = zone->record_count;
	out->changes = p.changes;
	out->change_count = p.count;
	out->added_count = p.added;
	out->removed_count = p.removed;
}
