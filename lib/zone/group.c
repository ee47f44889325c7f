/* group.c - records in the order of the text become RRsets: each sorted, without duplicates, with one TTL. */
#include <stdlib.h>
#include <string.h>

#include "zone/scan.h"

static uint16_t covered_type(const struct zs_zone *zone, const struct zs_record *r)
{
	return r->type == ZS_TYPE_RRSIG && r->rdata_len >= 2 ? zs_get_u16(zone->octets + r->rdata) : 0;
}

static struct zs_bytes rdata_of(const struct zs_zone *zone, const struct zs_record *r)
{
	return (struct zs_bytes){ zone->octets + r->rdata, r->rdata_len };
}

/* Are they the same octets? The offset alone does not say so: RDATA without octets begins where the next one does. */
static bool is_same(const struct zs_record *a, const struct zs_record *b)
{
	return a->rdata == b->rdata && a->rdata_len == b->rdata_len;
}

int zs_scan_compare_sets(const struct zs_zone *zone, const struct zs_record *a, const struct zs_record *b)
{
	if (a->type != b->type)
		return (int)a->type - (int)b->type;
	return (int)covered_type(zone, a) - (int)covered_type(zone, b);
}

/* By set, then RDATA in canonical order. */
static int compare_content(const struct zs_zone *zone, const struct zs_record *a, const struct zs_record *b)
{
	const int order = zs_scan_compare_sets(zone, a, b);
	return order || is_same(a, b) ? order : zs_rdata_compare(a->type, rdata_of(zone, a), rdata_of(zone, b));
}

struct sorting {
	const struct zs_zone *zone;
	const struct zs_record *records;
};

/* Equal records in the order of the text. */
static int compare(const void *left, const void *right, void *context)
{
	const struct sorting *sorting = context;
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const int order = compare_content(sorting->zone, &sorting->records[a], &sorting->records[b]);
	return order ? order : (a > b) - (a < b);
}

bool zs_scan_sort(const struct zs_zone *zone, const struct zs_record *records, uint32_t *order, size_t count)
{
	struct sorting sorting = { .zone = zone, .records = records };
	bool distinct = true;
	for (size_t i = 1; i < count; i++) {
		const int step = compare_content(zone, &records[order[i - 1]], &records[order[i]]);
		distinct = distinct && step;
		if (step > 0) {
			qsort_r(order, count, sizeof *order, compare, &sorting);
			return false;
		}
	}
	return distinct;
}

static struct zs_source record_source(const struct zs_scan *scan, const struct zs_record *record)
{
	return (struct zs_source){ .input = scan->zone->inputs[record->input], .line = record->line };
}

static bool report_duplicate(struct zs_scan *scan, uint32_t name, const struct zs_record *record, const struct zs_record *kept)
{
	char owner[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	const struct zs_source where = record_source(scan, record);
	zs_name_text(scan->zone->octets + name, owner);
	zs_type_text(record->type, type);
	if (scan->options->strict_rrsets)
		return zs_refuse(scan->run, "G1", "'%s' has the same %s record twice (line %u)", owner, type, record->line);
	zs_warn(scan->run, &where, "'%s' has this %s record already, in line %u; it is kept once", owner, type, kept->line);
	return true;
}

static bool report_ttls(struct zs_scan *scan, uint32_t name, const struct zs_record *record, uint32_t lowest, uint32_t other)
{
	char owner[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	const struct zs_source where = record_source(scan, record);
	zs_name_text(scan->zone->octets + name, owner);
	zs_type_text(record->type, type);
	if (scan->options->strict_rrsets)
		return zs_refuse(scan->run, "G1", "the %s records of '%s' have the TTLs %u and %u (line %u)", type, owner, lowest,
		                 other, record->line);
	zs_warn(scan->run, &where, "the %s records of '%s' have the TTLs %u and %u; %u is taken for all (RFC 2181 section 5.2)",
	        type, owner, lowest, other, lowest);
	return true;
}

void *zs_zone_room(struct zs_arena *arena, void *array, size_t *room, size_t wanted, size_t size)
{
	size_t grown = *room ? *room : 64;
	if (wanted <= *room)
		return array;
	while (grown < wanted)
		grown *= 2;
	array = zs_arena_grow(arena, array, *room * size, grown * size);
	*room = grown;
	return array;
}

static void add_rdata(struct zs_zone *zone, const struct zs_record *r)
{
	zone->rdata = zs_zone_room(zone->arena, zone->rdata, &zone->rdata_room, zone->rdata_count + 1, sizeof *zone->rdata);
	zone->rdata[zone->rdata_count++] = (struct zs_rdata){ .offset = r->rdata, .len = r->rdata_len, .input = r->input, .line = r->line };
}

bool zs_scan_add_rrset(struct zs_scan *scan, uint32_t name, const struct zs_record *records, const uint32_t *order, size_t count,
                       bool distinct)
{
	struct zs_zone *zone = scan->zone;
	const struct zs_record *first = &records[order[0]], *kept = NULL, *differs = NULL;
	struct zs_rrset set = { .type = first->type, .covered = covered_type(zone, first), .ttl = first->ttl,
		                .first = (uint32_t)zone->rdata_count };
	uint32_t highest = first->ttl;
	bool ok = true;
	for (size_t i = 0; i < count; i++) {
		const struct zs_record *r = &records[order[i]];
		if (r->ttl != set.ttl && !differs)
			differs = r;
		if (r->ttl < set.ttl)
			set.ttl = r->ttl;
		if (r->ttl > highest)
			highest = r->ttl;
		if (!distinct && kept && (is_same(kept, r) || zs_rdata_compare(r->type, rdata_of(zone, r), rdata_of(zone, kept)) == 0)) {
			ok = report_duplicate(scan, name, r, kept) && ok;
			continue;
		}
		kept = r;
		add_rdata(zone, r);
		set.count++;
	}
	if (differs)
		ok = report_ttls(scan, name, differs, set.ttl, highest) && ok;
	zone->rrsets = zs_zone_room(zone->arena, zone->rrsets, &zone->rrset_room, zone->rrset_count + 1, sizeof *zone->rrsets);
	zone->rrsets[zone->rrset_count++] = set;
	zone->record_count += set.count;
	return ok;
}

bool zs_scan_group(struct zs_scan *scan)
{
	struct zs_zone *zone = scan->zone;
	uint32_t *order = NULL;
	size_t room = 0;
	bool ok = true;
	for (size_t from = 0, to; from < scan->record_count; from = to) {
		const struct zs_record *records = scan->records + from;
		for (to = from + 1; to < scan->record_count && scan->records[to].name == records->name; to++)
			;
		const size_t count = to - from;
		order = zs_zone_room(scan->arena, order, &room, count, sizeof *order);
		for (uint32_t i = 0; i < count; i++)
			order[i] = i;
		const bool distinct = zs_scan_sort(zone, records, order, count);
		struct zs_owner owner = { .name = records->name, .first = (uint32_t)zone->rrset_count,
			                  .name_len = (uint8_t)zs_name_len(zone->octets + records->name) };
		for (size_t at = 0, end; at < count; at = end) {
			for (end = at + 1; end < count && zs_scan_compare_sets(zone, &records[order[at]], &records[order[end]]) == 0; end++)
				;
			ok = zs_scan_add_rrset(scan, owner.name, records, order + at, end - at, distinct) && ok;
			if (++owner.rrset_count == UINT16_MAX)
				return zs_error(scan->run, NULL, "an owner has more than %d RRsets", UINT16_MAX - 1);
		}
		zone->owners = zs_zone_room(zone->arena, zone->owners, &zone->owner_room, zone->owner_count + 1, sizeof *zone->owners);
		zone->owners[zone->owner_count++] = owner;
	}
	zs_arena_release(scan->arena, order, room * sizeof *order);
	return ok;
}
