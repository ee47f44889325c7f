/* index.c - records in the order of the text become owners, rrsets and rdata in canonical order. */
#include <stdlib.h>
#include <string.h>

#include "zone/scan.h"

/* Records of one owner in a row. The prefix orders most owners without looking at their names. */
struct owner_run {
	uint64_t prefix;
	uint32_t name;
	uint32_t first, count; /* in scan->records */
};

struct sorter {
	const struct zs_scan *scan;
	const uint8_t *octets;
	const struct zs_record *records;
};

/* The first 8 octets of a name's canonical sort key below the apex: labels from the right, each ended by a 0, octets
 * moved up by one (254 and 255 fall together; equal prefixes are compared in full). */
static uint64_t sort_prefix(const uint8_t *name, unsigned apex_labels)
{
	const uint8_t *labels[128];
	unsigned count = 0;
	for (const uint8_t *p = name; *p; p += 1 + *p)
		labels[count++] = p;
	uint64_t prefix = 0;
	unsigned used = 0;
	for (unsigned i = count > apex_labels ? count - apex_labels : 0; i-- && used < 8;) {
		const uint8_t *label = labels[i];
		for (unsigned j = 1; j <= label[0] && used < 8; j++, used++) {
			const uint8_t c = zs_octet_lower(label[j]);
			prefix = prefix << 8 | (c == 255 ? 255u : c + 1u);
		}
		if (used < 8) {
			prefix <<= 8;
			used++;
		}
	}
	return used ? prefix << 8 * (8 - used) : 0;
}

static int compare_runs(const void *left, const void *right, void *context)
{
	const struct owner_run *a = left, *b = right;
	const struct sorter *sorter = context;
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	const int order = a->name == b->name ? 0 : zs_name_compare(sorter->octets + a->name, sorter->octets + b->name);
	return order ? order : (a->first > b->first) - (a->first < b->first);
}

static uint16_t covered_type(const struct zs_record *r, const uint8_t *octets)
{
	return r->type == ZS_TYPE_RRSIG && r->rdata_len >= 2 ? zs_get_u16(octets + r->rdata) : 0;
}

static int compare_sets(const struct zs_record *a, const struct zs_record *b, const uint8_t *octets)
{
	if (a->type != b->type)
		return (int)a->type - (int)b->type;
	return (int)covered_type(a, octets) - (int)covered_type(b, octets);
}

/* By type, RDATA in canonical order; equal records in the order of the text. */
static int compare_records(const void *left, const void *right, void *context)
{
	const struct sorter *sorter = context;
	const struct zs_record *a = &sorter->records[*(const uint32_t *)left], *b = &sorter->records[*(const uint32_t *)right];
	int order = compare_sets(a, b, sorter->octets);
	if (!order)
		order = zs_rdata_compare(a->type, (struct zs_bytes){ sorter->octets + a->rdata, a->rdata_len },
		                         (struct zs_bytes){ sorter->octets + b->rdata, b->rdata_len });
	return order ? order : (a > b) - (a < b);
}

static struct zs_source record_source(const struct zs_scan *scan, const struct zs_record *record)
{
	return (struct zs_source){ .input = scan->zone->inputs[record->input], .line = record->line };
}

static bool report_duplicate(struct zs_scan *scan, const struct zs_record *record, const struct zs_record *kept)
{
	char owner[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	const struct zs_source where = record_source(scan, record);
	zs_name_text(scan->zone->octets + record->name, owner);
	zs_type_text(record->type, type);
	if (scan->options->strict_rrsets)
		return zs_refuse(scan->run, "G1", "'%s' has the same %s record twice (line %u)", owner, type, record->line);
	zs_warn(scan->run, &where, "'%s' has this %s record already, in line %u; it is kept once", owner, type, kept->line);
	return true;
}

static bool report_ttls(struct zs_scan *scan, const struct zs_record *record, uint32_t lowest, uint32_t other)
{
	char owner[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	const struct zs_source where = record_source(scan, record);
	zs_name_text(scan->zone->octets + record->name, owner);
	zs_type_text(record->type, type);
	if (scan->options->strict_rrsets)
		return zs_refuse(scan->run, "G1", "the %s records of '%s' have the TTLs %u and %u (line %u)", type, owner, lowest,
		                 other, record->line);
	zs_warn(scan->run, &where, "the %s records of '%s' have the TTLs %u and %u; %u is taken for all (RFC 2181 section 5.2)",
	        type, owner, lowest, other, lowest);
	return true;
}

/* One RRset of the sorted records[order[from..to)]. */
static bool add_rrset(struct zs_scan *scan, const uint32_t *order, size_t from, size_t to)
{
	struct zs_zone *zone = scan->zone;
	const struct zs_record *first = &scan->records[order[from]];
	struct zs_rrset set = { .type = first->type, .covered = covered_type(first, zone->octets), .ttl = first->ttl,
		                .first = (uint32_t)zone->rdata_count };
	const struct zs_record *kept = NULL, *differs = NULL;
	uint32_t highest = first->ttl;
	bool ok = true;
	for (size_t i = from; i < to; i++) {
		const struct zs_record *r = &scan->records[order[i]];
		if (r->ttl != set.ttl && !differs)
			differs = r;
		if (r->ttl < set.ttl)
			set.ttl = r->ttl;
		if (r->ttl > highest)
			highest = r->ttl;
		if (kept && zs_rdata_compare(r->type, (struct zs_bytes){ zone->octets + r->rdata, r->rdata_len },
		                             (struct zs_bytes){ zone->octets + kept->rdata, kept->rdata_len }) == 0) {
			ok = report_duplicate(scan, r, kept) && ok;
			continue;
		}
		kept = r;
		ZS_PUSH(zone->arena, zone->rdata, zone->rdata_count, zone->rdata_room) = (struct zs_rdata){
			.offset = r->rdata, .len = r->rdata_len, .input = r->input, .line = r->line };
		set.count++;
	}
	if (differs)
		ok = report_ttls(scan, differs, set.ttl, highest) && ok;
	ZS_PUSH(zone->arena, zone->rrsets, zone->rrset_count, zone->rrset_room) = set;
	zone->record_count += set.count;
	return ok;
}

/* All records of one owner: order holds their indices. */
static bool add_owner(struct zs_scan *scan, struct sorter *sorter, uint32_t name, uint32_t *order, size_t count)
{
	struct zs_zone *zone = scan->zone;
	bool sorted = true, ok = true;
	for (size_t i = 1; i < count && sorted; i++)
		sorted = compare_records(&order[i - 1], &order[i], sorter) < 0;
	if (!sorted)
		qsort_r(order, count, sizeof *order, compare_records, sorter);
	struct zs_owner owner = { .name = name, .first = (uint32_t)zone->rrset_count,
		                  .name_len = (uint8_t)zs_name_len(zone->octets + name) };
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count; to++)
			if (compare_sets(&scan->records[order[from]], &scan->records[order[to]], zone->octets) != 0)
				break;
		ok = add_rrset(scan, order, from, to) && ok;
		if (++owner.rrset_count == UINT16_MAX)
			return zs_error(scan->run, NULL, "an owner has more than %d RRsets", UINT16_MAX - 1);
	}
	ZS_PUSH(zone->arena, zone->owners, zone->owner_count, zone->owner_room) = owner;
	return ok;
}

static size_t make_runs(const struct zs_scan *scan, struct owner_run *runs, bool *sorted)
{
	const struct zs_zone *zone = scan->zone;
	size_t count = 0;
	bool all_inside = true;
	*sorted = true;
	for (size_t i = 0; i < scan->record_count; i++) {
		const uint32_t name = scan->records[i].name;
		if (count && runs[count - 1].name == name) {
			runs[count - 1].count++;
			continue;
		}
		runs[count++] = (struct owner_run){ .prefix = sort_prefix(zone->octets + name, zone->apex_labels), .name = name,
			                            .first = (uint32_t)i, .count = 1 };
		all_inside = all_inside && zs_name_within(zone->octets + name, zone->apex);
	}
	struct sorter sorter = { .scan = scan, .octets = zone->octets, .records = scan->records };
	for (size_t i = 0; i < count; i++) {
		if (!all_inside) /* the prefix holds below the apex only */
			runs[i].prefix = 0;
		if (i && *sorted)
			*sorted = compare_runs(&runs[i - 1], &runs[i], &sorter) < 0;
	}
	return count;
}

bool zs_scan_index(struct zs_scan *scan)
{
	struct zs_zone *zone = scan->zone;
	struct sorter sorter = { .scan = scan, .octets = zone->octets, .records = scan->records };
	const size_t room = scan->record_count ? scan->record_count : 1;
	struct owner_run *runs = zs_arena_array(scan->arena, room, sizeof *runs);
	uint32_t *order = zs_arena_array(scan->arena, room, sizeof *order);
	bool sorted, ok = true;
	const size_t count = make_runs(scan, runs, &sorted);
	if (!sorted)
		qsort_r(runs, count, sizeof *runs, compare_runs, &sorter);
	for (size_t from = 0, to; from < count; from = to) {
		size_t records = 0;
		for (to = from; to < count; to++) {
			if (to > from && (runs[to].prefix != runs[from].prefix
			                  || (runs[to].name != runs[from].name
			                      && !zs_name_equal(zone->octets + runs[to].name, zone->octets + runs[from].name))))
				break;
			for (uint32_t i = 0; i < runs[to].count; i++)
				order[records++] = runs[to].first + i;
		}
		ok = add_owner(scan, &sorter, runs[from].name, order, records) && ok;
	}
	zs_arena_release(scan->arena, runs, room * sizeof *runs);
	zs_arena_release(scan->arena, order, room * sizeof *order);
	return ok;
}
