/* order.c - owners in the order of the text become owners in canonical order (RFC 4034 section 6.1), each once.
 *
 * A name's sort key is its labels from the right, lower case, each ended by a 0 octet; octets 0 and 1 in a label are
 * 1 1 and 1 2. Keys compare as octets in canonical order, and equal keys are equal names. Eight octets of it at a time
 * are compared as a number; only names that are equal so far are looked at again.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "zone/scan.h"

enum { SLICE = 4096, BUCKETS = 1 << 16, FEW = 48, RUNS_MAX = 8, PARTS_MAX = 16, AHEAD = 16 };

struct item {
	uint64_t key;   /* eight octets of the sort key */
	uint64_t next;  /* the second eight of it */
	uint32_t owner; /* index in the order of the text */
};

struct ordering {
	struct zs_zone *zone;
	unsigned skip;         /* labels on the right that all names share */
	size_t skip_len;       /* their octets */
	atomic_bool outside;   /* a name is not within the apex */
	atomic_bool equal;     /* two have one name */
	uint64_t *same;        /* a bit per owner: it has the name of the one before it */
	atomic_size_t descents; /* owners that come after one that belongs behind them */
	size_t descent[RUNS_MAX - 1]; /* the first found of them, in no order */
	struct item *items, *spare;
	size_t count;
	atomic_uint_fast64_t differ; /* bits in which keys differ from the first one */
	unsigned shift;        /* the 16 bits of a key that say its bucket */
	unsigned parts;        /* of the items, to be put into buckets side by side */
	uint32_t *place;       /* of parts x BUCKETS: how many items a part has for a bucket, then where the next one goes */
	uint32_t *bucket;      /* first item of each bucket, and the end */
};

enum { KEY_OCTETS = 8 };
static const uint64_t EACH = 0x0101010101010101u, TOP_BITS = 0x8080808080808080u;

/* The eight octets of a big-endian number, each in lower case. */
static uint64_t lower_octets(uint64_t x)
{
	const uint64_t low = x & ~TOP_BITS; /* what is added below cannot carry from octet to octet */
	const uint64_t from_a = low + EACH * (0x80 - 'A'), above_z = low + EACH * (0x80 - 'Z' - 1);
	return x | (from_a & ~above_z & ~x & TOP_BITS) >> 2;
}

static bool has_octet_below_2(uint64_t x)
{
	return ((x - EACH * 2) & ~x & TOP_BITS) != 0;
}

/* Octets [8 * depth, 8 * depth + 8) of the sort key of a name, zeros behind its end. All are zeros only where the key has ended: no
 * label is empty. */
static uint64_t general_key(const uint8_t *name, unsigned skip, unsigned depth)
{
	const uint8_t *labels[128];
	unsigned count = 0, at = 0;
	const unsigned start = KEY_OCTETS * depth, end = start + KEY_OCTETS;
	for (const uint8_t *p = name; *p; p += 1 + *p)
		labels[count++] = p;
	uint64_t key = 0;
	for (unsigned i = count > skip ? count - skip : 0; i--;) {
		const uint8_t *label = labels[i], *stop = label + 1 + *label;
		for (const uint8_t *p = label + 1;; p++) {
			if (at >= end)
				return key;
			if (p == stop) {
				at++; /* the 0 is there already */
				break;
			}
			const uint8_t c = zs_octet_lower(*p);
			if (at >= start)
				key |= (uint64_t)(c < 2 ? 1 : c) << 8 * (end - 1 - at);
			at++;
			if (c < 2 && at < end && at >= start)
				key |= (uint64_t)(c + 1) << 8 * (end - 1 - at);
			at += c < 2;
		}
	}
	return key;
}

/* The label of an owner that is next to those skipped; NULL: there is none. */
static const uint8_t *first_label(const struct ordering *o, const struct zs_owner *owner)
{
	const uint8_t *label = zs_owner_name(o->zone, owner);
	if (owner->name_len <= o->skip_len)
		return NULL;
	for (const uint8_t *end = label + (owner->name_len - o->skip_len);; label += 1 + *label) {
		if (label + 1 + *label >= end)
			return label + 1 + *label == end ? label : NULL;
	}
}

/* The rest of a label, zeros behind it: fewer than KEY_OCTETS. *simple is cleared if one takes two octets of a key. */
static uint64_t rest_of_label(const uint8_t *rest, unsigned len, bool *simple)
{
	uint64_t key = 0;
	for (unsigned i = 0; i < len; i++) {
		key |= (uint64_t)rest[i] << 8 * (KEY_OCTETS - 1 - i);
		*simple = *simple && rest[i] >= 2;
	}
	return key;
}

/* The same for an owner. Octets of one label, or of the end of a name's only one, are taken at once. */
static uint64_t sort_key(const struct ordering *o, const struct zs_owner *owner, unsigned depth)
{
	const uint8_t *name = zs_owner_name(o->zone, owner), *label = first_label(o, owner);
	const unsigned start = KEY_OCTETS * depth, len = label ? *label : 0;
	bool simple = len >= start + KEY_OCTETS || label == name;
	uint64_t key = 0;
	for (unsigned at = 0; at <= start && at < len && simple; at += KEY_OCTETS) {
		const bool whole = len >= at + KEY_OCTETS;
		key = whole ? zs_get_u64(label + 1 + at) : rest_of_label(label + 1 + at, len - at, &simple);
		simple = simple && !(whole && has_octet_below_2(key));
	}
	if (!simple)
		return general_key(name, o->skip, depth);
	return len > start ? lower_octets(key) : 0;
}

static bool is_outside(const struct ordering *o, const struct zs_owner *owner)
{
	return !zs_name_ends_in(zs_owner_name(o->zone, owner), owner->name_len, o->zone->apex, o->skip_len);
}

static void make_keys(void *context, unsigned thread, size_t from, size_t to)
{
	struct ordering *o = context;
	const uint64_t first = sort_key(o, &o->zone->owners[0], 0);
	uint64_t differ = 0;
	bool outside = false;
	(void)thread;
	zs_arena_fault_in(o->items + from, (to - from) * sizeof *o->items);
	for (size_t i = from; i < to; i++) {
		const struct zs_owner *owner = &o->zone->owners[i];
		outside = outside || is_outside(o, owner);
		o->items[i] = (struct item){ .key = sort_key(o, owner, 0), .next = sort_key(o, owner, 1), .owner = (uint32_t)i };
		differ |= o->items[i].key ^ first;
	}
	atomic_fetch_or_explicit(&o->differ, differ, memory_order_relaxed);
	if (outside)
		atomic_store_explicit(&o->outside, true, memory_order_relaxed);
}

/* <0, 0, >0 as owner a, whose key is key_a, stands before or behind b. */
static int compare_owners(const struct ordering *o, const struct zs_owner *a, uint64_t key_a, const struct zs_owner *b, uint64_t key_b)
{
	for (unsigned depth = 1; key_a == key_b; depth++) {
		if (depth == 3) /* names that are long and alike */
			return zs_name_compare(zs_owner_name(o->zone, a), zs_owner_name(o->zone, b));
		key_a = sort_key(o, a, depth);
		key_b = sort_key(o, b, depth);
	}
	return key_a < key_b ? -1 : 1;
}

/* The bits of owners [from, to), which begin and end with a word of them, are those of a slice only. */
static void forget_same(struct ordering *o, size_t from, size_t to)
{
	memset(o->same + from / 64, 0, (to - from + 63) / 64 * sizeof *o->same);
}

static void note_same(struct ordering *o, size_t owner)
{
	o->same[owner / 64] |= (uint64_t)1 << owner % 64;
}

/* Are the owners in order already? Most large zones are. Keys hold only where all names are within the apex. A zone that is known to be
 * sorted anew is not looked at any further. */
static void look_at_order(void *context, unsigned thread, size_t from, size_t to)
{
	struct ordering *o = context;
	const struct zs_owner *owners = o->zone->owners;
	bool outside = false, equal = false;
	(void)thread;
	if (atomic_load_explicit(&o->descents, memory_order_relaxed) >= RUNS_MAX)
		return;
	uint64_t key_before = from ? sort_key(o, &owners[from - 1], 0) : 0;
	for (size_t i = from; i < to; i++) {
		const uint64_t key = sort_key(o, &owners[i], 0);
		outside = outside || is_outside(o, &owners[i]);
		if (i && key <= key_before) {
			const int order = compare_owners(o, &owners[i - 1], key_before, &owners[i], key);
			equal = equal || order == 0;
			if (order == 0)
				note_same(o, i);
			const size_t place = order > 0 ? atomic_fetch_add(&o->descents, 1) : RUNS_MAX;
			if (place < RUNS_MAX - 1)
				o->descent[place] = i;
		}
		key_before = key;
	}
	if (outside)
		atomic_store_explicit(&o->outside, true, memory_order_relaxed);
	if (equal)
		atomic_store_explicit(&o->equal, true, memory_order_relaxed);
}

/* Stable, by key. */
static void insertion_sort(struct item *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct item item = items[i];
		size_t at = i;
		for (; at && items[at - 1].key > item.key; at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
}

/* Stable, by key: octet by octet from the last, those that all share left out. */
static void radix_sort(struct item *items, struct item *spare, size_t count)
{
	uint64_t differ = 0;
	for (size_t i = 1; i < count; i++)
		differ |= items[i].key ^ items[0].key;
	struct item *from = items, *to = spare;
	for (unsigned shift = 0; shift < 64; shift += 8) {
		if (!(differ >> shift & 255))
			continue;
		size_t start[256] = { 0 }, sum = 0;
		for (size_t i = 0; i < count; i++)
			start[from[i].key >> shift & 255]++;
		for (unsigned i = 0; i < 256; i++) {
			const size_t here = start[i];
			start[i] = sum;
			sum += here;
		}
		for (size_t i = 0; i < count; i++)
			to[start[from[i].key >> shift & 255]++] = from[i];
		struct item *swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, count * sizeof *items);
}

/* Sort items whose keys are those of depth; where they are equal, by the rest of the names. */
static void sort_items(const struct ordering *o, struct item *items, struct item *spare, size_t count, unsigned depth)
{
	if (count <= FEW)
		insertion_sort(items, count);
	else
		radix_sort(items, spare, count);
	for (size_t from = 0, to; from < count; from = to) {
		bool any = false;
		for (to = from + 1; to < count && items[to].key == items[from].key; to++)
			;
		if (to - from == 1)
			continue;
		for (size_t i = from; i < to; i++) {
			if (depth && i + AHEAD < to) /* the names are anywhere in memory */
				__builtin_prefetch(zs_owner_name(o->zone, &o->zone->owners[items[i + AHEAD].owner]));
			items[i].key = depth ? sort_key(o, &o->zone->owners[items[i].owner], depth + 1) : items[i].next;
			any = any || items[i].key;
		}
		if (any) /* else the names have ended: they are equal, and stay in the order of the text */
			sort_items(o, items + from, spare + from, to - from, depth + 1);
	}
}

static void sort_buckets(void *context, unsigned thread, size_t from, size_t to)
{
	const struct ordering *o = context;
	(void)thread;
	for (size_t i = from; i < to; i++) {
		const size_t first = o->bucket[i], count = o->bucket[i + 1] - first;
		if (count > 1)
			sort_items(o, o->items + first, o->spare + first, count, 0);
	}
}

static size_t part_start(const struct ordering *o, size_t part)
{
	return o->count * part / o->parts;
}

static size_t bucket_of(const struct ordering *o, const struct item *item)
{
	return item->key >> o->shift & (BUCKETS - 1);
}

static void count_parts(void *context, unsigned thread, size_t from, size_t to)
{
	const struct ordering *o = context;
	(void)thread;
	for (size_t part = from; part < to; part++) {
		const size_t first = part_start(o, part), end = part_start(o, part + 1);
		zs_arena_fault_in(o->spare + first, (end - first) * sizeof *o->spare);
		for (size_t i = first; i < end; i++)
			o->place[part * BUCKETS + bucket_of(o, &o->items[i])]++;
	}
}

static void fill_buckets(void *context, unsigned thread, size_t from, size_t to)
{
	const struct ordering *o = context;
	(void)thread;
	for (size_t part = from; part < to; part++)
		for (size_t i = part_start(o, part); i < part_start(o, part + 1); i++)
			o->spare[o->place[part * BUCKETS + bucket_of(o, &o->items[i])]++] = o->items[i];
}

/* Into buckets by the first 16 bits in which keys differ; each bucket is then sorted on its own. */
static void sort_all(struct zs_arena *arena, struct ordering *o, unsigned jobs)
{
	const uint64_t differ = atomic_load(&o->differ);
	o->spare = zs_arena_array(arena, o->count, sizeof *o->spare);
	if (o->count <= SLICE) { /* for a small zone the buckets would cost more than the sorting */
		sort_items(o, o->items, o->spare, o->count, 0);
		return;
	}
	for (o->shift = 48; o->shift && !(differ >> o->shift); o->shift -= 8)
		;
	o->parts = jobs > PARTS_MAX ? PARTS_MAX : jobs > 1 ? jobs : 1;
	o->place = zs_arena_array(arena, (size_t)o->parts * BUCKETS, sizeof *o->place);
	o->bucket = zs_arena_array(arena, BUCKETS + 1, sizeof *o->bucket);
	zs_pool_run(jobs, o->parts, 1, count_parts, o);
	uint32_t sum = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		o->bucket[i] = sum;
		for (size_t part = 0; part < o->parts; part++) {
			const uint32_t here = o->place[part * BUCKETS + i];
			o->place[part * BUCKETS + i] = sum;
			sum += here;
		}
	}
	o->bucket[BUCKETS] = sum;
	zs_pool_run(jobs, o->parts, 1, fill_buckets, o);
	struct item *swap = o->items;
	o->items = o->spare;
	o->spare = swap;
	zs_pool_run(jobs, BUCKETS, 64, sort_buckets, o);
}

static int by_index(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

struct merging {
	struct ordering *o;
	const struct zs_owner *from;
	struct zs_owner *to;
	size_t middle, end; /* from[0..middle) and from[middle..end) are in order each */
	size_t parts;
};

/* The first of from[middle..end) that does not stand before an owner of the other run. */
static size_t meets(const struct merging *m, size_t owner)
{
	size_t low = m->middle, high = m->end;
	const uint64_t key = sort_key(m->o, &m->from[owner], 0);
	while (low < high) {
		const size_t half = low + (high - low) / 2;
		if (compare_owners(m->o, &m->from[half], sort_key(m->o, &m->from[half], 0), &m->from[owner], key) < 0)
			low = half + 1;
		else
			high = half;
	}
	return low;
}

static void merge_part(const struct merging *m, size_t part)
{
	const struct zs_owner *from = m->from;
	const size_t a_end = m->middle * (part + 1) / m->parts, b_end = part + 1 < m->parts ? meets(m, a_end) : m->end;
	size_t a = m->middle * part / m->parts, b = part ? meets(m, a) : m->middle;
	uint64_t key_a = a < a_end ? sort_key(m->o, &from[a], 0) : 0, key_b = b < b_end ? sort_key(m->o, &from[b], 0) : 0;
	bool equal = false;
	for (size_t i = a + b - m->middle; i < a_end + b_end - m->middle; i++) {
		const int order = a == a_end ? 1 : b == b_end ? -1 : compare_owners(m->o, &from[a], key_a, &from[b], key_b);
		equal = equal || order == 0;
		m->to[i] = from[order <= 0 ? a : b];
		if (order > 0)
			key_b = ++b < b_end ? sort_key(m->o, &from[b], 0) : 0;
		else
			key_a = ++a < a_end ? sort_key(m->o, &from[a], 0) : 0;
	}
	if (equal)
		atomic_store_explicit(&m->o->equal, true, memory_order_relaxed);
}

static void merge_parts(void *context, unsigned thread, size_t from, size_t to)
{
	(void)thread;
	for (size_t part = from; part < to; part++)
		merge_part(context, part);
}

static void set_owners(struct zs_scan *scan, struct zs_owner *owners, size_t count)
{
	struct zs_zone *zone = scan->zone;
	zs_arena_release(scan->arena, zone->owners, zone->owner_room * sizeof *owners);
	zone->owners = owners;
	zone->owner_count = zone->owner_room = count;
}

static bool same_name(const struct zs_zone *zone, const struct zs_owner *a, const struct zs_owner *b)
{
	return a->name_len == b->name_len && zs_name_equal(zs_owner_name(zone, a), zs_owner_name(zone, b));
}

static void look_for_same(void *context, unsigned thread, size_t from, size_t to)
{
	struct ordering *o = context;
	const struct zs_owner *owners = o->zone->owners;
	(void)thread;
	forget_same(o, from, to);
	for (size_t i = from ? from : 1; i < to; i++)
		if (same_name(o->zone, &owners[i - 1], &owners[i]))
			note_same(o, i);
}

/* A few runs, each in order - a signed zone whose NSEC3 stand behind all else - are merged, the first with the next. */
static void merge_runs(struct zs_scan *scan, struct ordering *o)
{
	const size_t runs = atomic_load(&o->descents);
	qsort(o->descent, runs, sizeof *o->descent, by_index);
	for (size_t r = 0; r < runs; r++) {
		struct merging m = { .o = o, .from = scan->zone->owners, .to = zs_arena_array(scan->arena, o->count, sizeof *m.to),
			             .middle = o->descent[r], .end = r + 1 < runs ? o->descent[r + 1] : o->count };
		m.parts = m.middle / SLICE + 1;
		zs_pool_run(scan->run->jobs, m.parts, 1, merge_parts, &m);
		memcpy(m.to + m.end, m.from + m.end, (o->count - m.end) * sizeof *m.to);
		set_owners(scan, m.to, o->count);
	}
	if (atomic_load(&o->equal))
		zs_pool_run(scan->run->jobs, o->count, SLICE, look_for_same, o);
}

static void add_records(const struct zs_zone *zone, const struct zs_owner *owner, struct zs_record *records, size_t *count)
{
	for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++)
		for (uint32_t i = 0; i < zone->rrsets[s].count; i++) {
			const struct zs_rdata *r = &zone->rdata[zone->rrsets[s].first + i];
			records[(*count)++] = (struct zs_record){ .name = owner->name, .ttl = zone->rrsets[s].ttl, .rdata = r->offset, .line = r->line,
				                                  .type = zone->rrsets[s].type, .rdata_len = r->len, .input = r->input };
		}
}

/* One owner of several that have the same name: owners[from..to), the first in the text in front. */
static bool combine(struct zs_scan *scan, const struct zs_owner *owners, size_t count, struct zs_owner *out)
{
	struct zs_zone *zone = scan->zone;
	size_t total = 0, used = 0;
	bool ok = true;
	for (size_t i = 0; i < count; i++)
		for (uint32_t s = owners[i].first; s < owners[i].first + owners[i].rrset_count; s++)
			total += zone->rrsets[s].count;
	struct zs_arena *arena = zs_arena_new();
	struct zs_record *records = zs_arena_array(arena, total, sizeof *records);
	uint32_t *order = zs_arena_array(arena, total, sizeof *order);
	for (size_t i = 0; i < count; i++)
		add_records(zone, &owners[i], records, &used);
	for (uint32_t i = 0; i < total; i++)
		order[i] = i;
	const bool distinct = zs_scan_sort(zone, records, order, total);
	zone->record_count -= total; /* they are added again */
	*out = (struct zs_owner){ .name = owners[0].name, .name_len = owners[0].name_len, .first = (uint32_t)zone->rrset_count };
	for (size_t at = 0, end; at < total && ok; at = end) {
		for (end = at + 1; end < total && zs_scan_compare_sets(zone, &records[order[at]], &records[order[end]]) == 0; end++)
			;
		ok = zs_scan_add_rrset(scan, out->name, records, order + at, end - at, distinct);
		if (++out->rrset_count == UINT16_MAX)
			ok = zs_error(scan->run, NULL, "an owner has more than %d RRsets", UINT16_MAX - 1);
	}
	zs_arena_free(arena);
	return ok;
}

/* The owners as items has them. */
struct taking {
	struct ordering *o;
	struct zs_owner *to;
};

static void take_slice(void *context, unsigned thread, size_t from, size_t to)
{
	const struct taking *t = context;
	const struct zs_owner *owners = t->o->zone->owners;
	const struct item *items = t->o->items;
	bool equal = false;
	(void)thread;
	forget_same(t->o, from, to);
	zs_arena_fault_in(t->to + from, (to - from) * sizeof *t->to);
	for (size_t i = from; i < to; i++) {
		if (i + AHEAD < to)
			__builtin_prefetch(&owners[items[i + AHEAD].owner]);
		t->to[i] = owners[items[i].owner];
		if (i && items[i].key == items[i - 1].key && same_name(t->o->zone, &owners[items[i - 1].owner], &t->to[i])) {
			equal = true;
			note_same(t->o, i);
		}
	}
	if (equal)
		atomic_store_explicit(&t->o->equal, true, memory_order_relaxed);
}

static void sort_owners(struct zs_scan *scan, struct ordering *o)
{
	struct zs_arena *arena = zs_arena_new();
	struct taking t = { .o = o, .to = zs_arena_array(scan->arena, o->count, sizeof *t.to) };
	o->items = zs_arena_array(arena, o->count, sizeof *o->items);
	zs_pool_run(scan->run->jobs, o->count, SLICE, make_keys, o);
	if (o->skip && atomic_load(&o->outside)) { /* those keys are of names below the apex */
		o->skip = 0;
		o->skip_len = 1;
		zs_pool_run(scan->run->jobs, o->count, SLICE, make_keys, o);
	}
	sort_all(arena, o, scan->run->jobs);
	zs_pool_run(scan->run->jobs, o->count, SLICE, take_slice, &t);
	zs_arena_free(arena);
	set_owners(scan, t.to, o->count);
}

/* The first owner from `at` on that has the name of the one before it; their count: there is none. */
static size_t next_same(const struct ordering *o, size_t at)
{
	if (at >= o->count)
		return o->count;
	const size_t words = (o->count + 63) / 64;
	size_t word = at / 64;
	uint64_t bits = o->same[word] & ~(uint64_t)0 << at % 64;
	while (!bits && ++word < words)
		bits = o->same[word];
	return bits ? word * 64 + (unsigned)__builtin_ctzll(bits) : o->count;
}

/* Equal owners made one. */
static bool combine_all(struct zs_scan *scan, const struct ordering *o)
{
	struct zs_owner *owners = scan->zone->owners;
	size_t kept = 0;
	bool ok = true;
	for (size_t from = 0, to; from < o->count; from = to) {
		const size_t second = next_same(o, from + 1), alone = (second < o->count ? second - 1 : o->count) - from;
		memmove(owners + kept, owners + from, alone * sizeof *owners);
		kept += alone;
		to = second;
		if (second == o->count)
			break;
		struct zs_owner whole;
		while (to < o->count && next_same(o, to) == to)
			to++;
		ok = combine(scan, owners + second - 1, to - (second - 1), &whole) && ok;
		owners[kept++] = whole;
	}
	scan->zone->owner_count = kept;
	return ok;
}

bool zs_scan_order(struct zs_scan *scan)
{
	struct zs_zone *zone = scan->zone;
	const unsigned jobs = scan->run->jobs;
	struct zs_arena *arena = zs_arena_new();
	struct ordering o = { .zone = zone, .skip = zone->apex_labels, .skip_len = zs_name_len(zone->apex),
		                      .count = zone->owner_count };
	o.same = zs_arena_array(arena, o.count / 64 + 1, sizeof *o.same);
	zs_pool_run(jobs, o.count, SLICE, look_at_order, &o);
	const size_t descents = atomic_load(&o.descents);
	const bool sorted_anew = descents >= RUNS_MAX || atomic_load(&o.outside); /* what was seen holds below the apex only */
	if (sorted_anew) {
		atomic_store(&o.equal, false);
		sort_owners(scan, &o);
	} else if (descents) {
		merge_runs(scan, &o);
	}
	const bool ok = !atomic_load(&o.equal) || combine_all(scan, &o);
	if (sorted_anew)
		zs_scan_arrange(zone, jobs);
	zs_arena_free(arena);
	return ok;
}
