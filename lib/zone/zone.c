/* zone.c - reading a zone, finding in it, and editing the few records that we compute. */
#include "zone/zone.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "dns/rdata.h"
#include "zone/scan.h"

/* A zone that is being read: its scan, and the text to begin with. */
static void begin(struct zs_scan *scan, struct zs_scan_text *text, struct zs_run *run, struct zs_arena *arena,
                  const struct zs_zone_options *options)
{
	struct zs_zone *zone = zs_arena_alloc(arena, sizeof *zone);
	zone->arena = arena;
	zs_scan_begin(scan, run, arena, options, zone);
	*text = (struct zs_scan_text){ .line = 1 };
	if (options->apex)
		zs_scan_set_origin(text, options->apex);
}

/* The records are read and grouped: put the owners in order. */
static bool end(struct zs_scan *scan, const struct zs_input *input, struct zs_zone **out)
{
	struct zs_zone *zone = scan->zone;
	const struct zs_source whole = { .input = input };
	if (!scan->apex_known)
		return zs_error(scan->run, &whole, "no SOA record: this is no zone, or its name is not known");
	zone->apex_labels = (uint8_t)zs_name_labels(zone->apex);
	zone->stripped_count = scan->stripped_count;
	if (!zs_scan_order(scan))
		return false;
	zs_zone_mark_cuts(zone, scan->run->jobs);
	*out = zone;
	return true;
}

static bool read_whole(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, const struct zs_file_id *id, const struct stat *stat,
                       const char *directory, const struct zs_zone_options *options, struct zs_zone **out)
{
	struct zs_scan scan;
	struct zs_scan_text text;
	const unsigned before = run->error_count;
	begin(&scan, &text, run, arena, options);
	if (stat) { /* so that a file which includes itself is known */
		text.device = stat->st_dev;
		text.inode = stat->st_ino;
	}
	scan.directory = directory;
	text.input = input;
	text.at = input->text;
	text.end = input->text + input->len;
	if (!zs_scan_add_input(&scan, input, id, &text.input_index))
		return false;
	zs_scan_text(&scan, &text);
	if (!zs_run_ok_since(run, before))
		return false;
	const bool ok = zs_scan_group(&scan);
	zs_arena_release(arena, scan.records, scan.record_room * sizeof *scan.records);
	return ok && end(&scan, input, out);
}

static bool read_sliced(struct zs_run *run, struct zs_arena *arena, int fd, const char *path, const struct stat *stat,
                        const char *directory, const struct zs_zone_options *options, struct zs_zone **out)
{
	struct zs_scan scan;
	struct zs_scan_text text;
	struct stat after;
	struct zs_file_id id;
	const unsigned before = run->error_count;
	struct zs_input *input = zs_arena_alloc(arena, sizeof *input);
	if (!zs_file_settled(fd, &id))
		id = zs_file_id(stat);
	*input = (struct zs_input){ .path = zs_arena_strdup(arena, path), .ino = id.ino, .size = id.size };
	begin(&scan, &text, run, arena, options);
	scan.directory = directory;
	text.device = stat->st_dev;
	text.inode = stat->st_ino;
	if (!zs_scan_add_input(&scan, input, &id, &text.input_index))
		return false;
	const bool ok = zs_scan_slices(&scan, fd, &text, input, options->want_sha256 ? scan.zone->sha256 : NULL);
	if (fstat(fd, &after) != 0)
		return zs_error(run, NULL, "cannot read '%s': %s", path, strerror(errno));
	const struct zs_file_id now = zs_file_id(&after);
	if (now.size != id.size || now.mtime_ns != id.mtime_ns)
		return zs_error(run, NULL, "'%s' changed while it was read; run again when it is complete (G15)", path);
	return ok && zs_run_ok_since(run, before) && end(&scan, input, out);
}

bool zs_zone_read_text(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input,
                       const struct zs_zone_options *options, struct zs_zone **out)
{
	return read_whole(run, arena, input, NULL, NULL, "/", options, out);
}

bool zs_zone_read_fd(struct zs_run *run, struct zs_arena *arena, int fd, const char *path,
                     const struct zs_zone_options *options, struct zs_zone **out)
{
	struct zs_input *input = zs_arena_alloc(arena, sizeof *input);
	struct zs_file_id id;
	struct stat stat;
	const uint64_t slice = options->slice ? options->slice : ZS_SLICE;
	const bool known = fstat(fd, &stat) == 0;
	const char *directory = known && !options->include_never ? zs_scan_directory(arena, path, &stat) : NULL;
	if (options->apex && known && S_ISREG(stat.st_mode) && (uint64_t)stat.st_size >= 4 * slice
	    && (uint64_t)stat.st_size <= ZS_ZONE_TEXT_MAX)
		return read_sliced(run, arena, fd, path, &stat, directory, options, out);
	if (!zs_file_read_fd(run, arena, NULL, fd, path, ZS_ZONE_TEXT_MAX, input, &id) || !zs_scan_refuse_secret(run, NULL, input))
		return false;
	return read_whole(run, arena, input, &id, known ? &stat : NULL, directory, options, out);
}

bool zs_zone_read(struct zs_run *run, struct zs_arena *arena, const char *path, const struct zs_zone_options *options,
                  struct zs_zone **out)
{
	const int fd = zs_scan_open_zone(run, path, options->any_link);
	if (fd < 0)
		return false;
	const bool ok = zs_zone_read_fd(run, arena, fd, path, options, out);
	close(fd);
	return ok;
}

void zs_zone_release_text(struct zs_zone *zone)
{
	for (size_t i = 0; i < zone->input_count; i++) {
		const struct zs_input *input = zone->inputs[i];
		if (!input->text)
			continue;
		struct zs_input *bare = zs_arena_alloc(zone->arena, sizeof *bare);
		*bare = (struct zs_input){ .path = input->path };
		zs_arena_release(zone->arena, (void *)(uintptr_t)input->text, input->len + 1);
		zone->inputs[i] = bare;
	}
}

enum { MARK_SLICE = 4096 };

struct marking {
	struct zs_zone *zone;
	size_t apex_len;
	uint32_t *top;         /* per slice: the owner that hides what is below it, as it is at the end of the slice */
	atomic_bool has_dname;
};

static bool is_below(const struct zs_zone *zone, const struct zs_owner *owner, uint32_t top)
{
	const struct zs_owner *above = &zone->owners[top];
	return owner->name_len > above->name_len
	       && zs_name_ends_in(zs_owner_name(zone, owner), owner->name_len, zs_owner_name(zone, above), above->name_len);
}

/* As if nothing before the slice hid any of it. */
static void mark_slice(void *context, unsigned thread, size_t from, size_t to)
{
	struct marking *m = context;
	struct zs_zone *zone = m->zone;
	uint32_t top = ZS_NO_OWNER; /* the cut or DNAME that hides what is below it */
	bool any_dname = false;
	(void)thread;
	for (size_t i = from; i < to; i++) {
		struct zs_owner *owner = &zone->owners[i];
		bool ns = false, dname = false;
		if (top != ZS_NO_OWNER && is_below(zone, owner, top)) {
			owner->flags = ZS_OWNER_OCCLUDED;
			continue;
		}
		top = ZS_NO_OWNER; /* canonical order: nothing below it follows any more */
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++) {
			ns = ns || zone->rrsets[s].type == ZS_TYPE_NS;
			dname = dname || zone->rrsets[s].type == ZS_TYPE_DNAME;
		}
		owner->flags = ns && (owner->name_len != m->apex_len || !zs_name_equal(zs_owner_name(zone, owner), zone->apex)) ? ZS_OWNER_CUT : 0;
		if (owner->flags || dname)
			top = (uint32_t)i;
		any_dname = any_dname || dname;
	}
	m->top[from / MARK_SLICE] = top;
	if (any_dname)
		atomic_store_explicit(&m->has_dname, true, memory_order_relaxed);
}

void zs_zone_mark_cuts(struct zs_zone *zone, unsigned jobs)
{
	const size_t count = zone->owner_count;
	struct zs_arena *arena = zs_arena_new();
	struct marking m = { .zone = zone, .apex_len = zs_name_len(zone->apex) };
	m.top = zs_arena_array(arena, count / MARK_SLICE + 1, sizeof *m.top);
	zs_pool_run(jobs, count, MARK_SLICE, mark_slice, &m);
	/* what hides names at the end of a slice may hide more at the beginning of the next */
	for (size_t from = MARK_SLICE; from < count; from += MARK_SLICE) {
		const uint32_t top = m.top[from / MARK_SLICE - 1];
		const size_t to = count - from < MARK_SLICE ? count : from + MARK_SLICE;
		size_t i = from;
		for (; top != ZS_NO_OWNER && i < to && is_below(zone, &zone->owners[i], top); i++)
			zone->owners[i].flags = ZS_OWNER_OCCLUDED;
		if (i == to)
			m.top[from / MARK_SLICE] = top;
	}
	zone->has_dname = atomic_load(&m.has_dname);
	zs_arena_free(arena);
}

/* The first owner of [low, high) that is not below name. */
static uint32_t search(const struct zs_zone *zone, const uint8_t *name, uint32_t low, uint32_t high, bool *there)
{
	*there = false;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const int order = zs_name_compare(zs_owner_name(zone, &zone->owners[middle]), name);
		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t zs_zone_find(const struct zs_zone *zone, const uint8_t *name, uint32_t *place)
{
	bool there;
	const uint32_t at = search(zone, name, 0, (uint32_t)zone->owner_count, &there);
	if (place)
		*place = at;
	return there ? at : ZS_NO_OWNER;
}

unsigned zs_zone_encloser(const struct zs_zone *zone, const uint8_t *name)
{
	uint32_t place;
	unsigned before = 0, behind = 0;
	(void)zs_zone_find(zone, name, &place);
	if (place)
		before = zs_name_common_labels(zs_owner_name(zone, &zone->owners[place - 1]), name);
	if (place < zone->owner_count)
		behind = zs_name_common_labels(zs_owner_name(zone, &zone->owners[place]), name);
	return before > behind ? before : behind;
}

uint32_t zs_zone_find_near(const struct zs_zone *zone, const uint8_t *name, uint32_t near)
{
	enum { FAR = 64 };
	const uint32_t count = (uint32_t)zone->owner_count;
	uint32_t low = near, high = near;
	bool there;
	/* by doubled steps away from near, until the name is enclosed */
	for (uint32_t step = 1; step <= FAR; step *= 2) {
		low = near > step ? near - step : 0;
		high = count - near > step ? near + step : count;
		if ((!low || zs_name_compare(zs_owner_name(zone, &zone->owners[low]), name) <= 0)
		    && (high == count || zs_name_compare(zs_owner_name(zone, &zone->owners[high]), name) >= 0)) {
			const uint32_t at = search(zone, name, low, high == count ? count : high + 1, &there);
			return there ? at : ZS_NO_OWNER;
		}
	}
	return zs_zone_find(zone, name, NULL);
}

const struct zs_rrset *zs_zone_rrset(const struct zs_zone *zone, uint32_t owner, uint16_t type)
{
	if (owner == ZS_NO_OWNER)
		return NULL;
	const struct zs_owner *o = &zone->owners[owner];
	for (uint32_t i = o->first; i < o->first + o->rrset_count && zone->rrsets[i].type <= type; i++)
		if (zone->rrsets[i].type == type)
			return &zone->rrsets[i];
	return NULL;
}

const struct zs_rrset *zs_zone_apex_rrset(const struct zs_zone *zone, uint16_t type)
{
	return zs_zone_rrset(zone, zs_zone_find(zone, zone->apex, NULL), type);
}

static uint32_t add_octets(struct zs_zone *zone, const void *data, size_t len)
{
	if (zone->octets_room - zone->octets_len < len) {
		const size_t room = (zone->octets_room + len) * 5 / 4 + 4096;
		zone->octets = zs_arena_grow(zone->arena, zone->octets, zone->octets_room, room);
		zone->octets_room = room;
	}
	memcpy(zone->octets + zone->octets_len, data, len);
	zone->octets_len += len;
	return (uint32_t)(zone->octets_len - len);
}

static struct zs_owner *need_owner(struct zs_zone *zone, const uint8_t *name)
{
	uint32_t place;
	if (zs_zone_find(zone, name, &place) != ZS_NO_OWNER)
		return &zone->owners[place];
	(void)ZS_PUSH(zone->arena, zone->owners, zone->owner_count, zone->owner_room);
	struct zs_owner *owner = &zone->owners[place];
	memmove(owner + 1, owner, (zone->owner_count - 1 - place) * sizeof *owner);
	const size_t len = zs_name_len(name);
	*owner = (struct zs_owner){ .name = add_octets(zone, name, len), .name_len = (uint8_t)len,
		                    .first = (uint32_t)zone->rrset_count };
	return owner;
}

/* Where the RRset is or belongs in the owner's run. */
static uint32_t rrset_place(const struct zs_zone *zone, const struct zs_owner *owner, uint16_t type, bool *there)
{
	uint32_t i = owner->first;
	while (i < owner->first + owner->rrset_count && zone->rrsets[i].type < type)
		i++;
	*there = i < owner->first + owner->rrset_count && zone->rrsets[i].type == type;
	return i;
}

/* The owner's run, moved to the end of the array with a gap for one more at place. The old run is left behind. */
static struct zs_rrset *insert_rrset(struct zs_zone *zone, struct zs_owner *owner, uint32_t place)
{
	const uint32_t before = place - owner->first, old_first = owner->first;
	owner->first = (uint32_t)zone->rrset_count;
	for (uint32_t i = 0; i < owner->rrset_count + 1u; i++) {
		const uint32_t from = old_first + (i < before ? i : i - 1);
		const struct zs_rrset copy = i == before ? (struct zs_rrset){ 0 } : zone->rrsets[from];
		ZS_PUSH(zone->arena, zone->rrsets, zone->rrset_count, zone->rrset_room) = copy;
	}
	owner->rrset_count++;
	return &zone->rrsets[owner->first + before];
}

void zs_zone_add(struct zs_zone *zone, const uint8_t *name, uint16_t type, uint32_t ttl, struct zs_bytes rdata)
{
	struct zs_owner *owner = need_owner(zone, name);
	bool there;
	const uint32_t place = rrset_place(zone, owner, type, &there);
	const uint32_t offset = add_octets(zone, rdata.data, rdata.len);
	const struct zs_bytes added = { zone->octets + offset, rdata.len };
	struct zs_rrset *set = there ? &zone->rrsets[place] : insert_rrset(zone, owner, place);
	if (!there)
		*set = (struct zs_rrset){ .type = type, .first = (uint32_t)zone->rdata_count };
	set->ttl = ttl;
	uint32_t at = 0;
	for (; at < set->count; at++) {
		const int order = zs_rdata_compare(type, zs_rrset_rdata(zone, set, at), added);
		if (order == 0)
			return;
		if (order > 0)
			break;
	}
	const uint32_t old_first = set->first;
	set->first = (uint32_t)zone->rdata_count;
	for (uint32_t i = 0; i < set->count + 1; i++) {
		const struct zs_rdata copy = i == at ? (struct zs_rdata){ .offset = offset, .len = (uint16_t)rdata.len, .input = ZS_NO_INPUT }
		                                     : zone->rdata[old_first + (i < at ? i : i - 1)];
		ZS_PUSH(zone->arena, zone->rdata, zone->rdata_count, zone->rdata_room) = copy;
	}
	set->count++;
}

void zs_zone_remove(struct zs_zone *zone, const uint8_t *name, uint16_t type)
{
	const uint32_t index = zs_zone_find(zone, name, NULL);
	if (index == ZS_NO_OWNER)
		return;
	struct zs_owner *owner = &zone->owners[index];
	uint32_t kept = 0;
	for (uint32_t i = 0; i < owner->rrset_count; i++)
		if (zone->rrsets[owner->first + i].type != type)
			zone->rrsets[owner->first + kept++] = zone->rrsets[owner->first + i];
	owner->rrset_count = (uint16_t)kept;
	if (!kept) {
		memmove(owner, owner + 1, (zone->owner_count - index - 1) * sizeof *owner);
		zone->owner_count--;
	}
}

static struct zs_rrset *find_set(struct zs_zone *zone, const uint8_t *name, uint16_t type)
{
	const uint32_t owner = zs_zone_find(zone, name, NULL);
	const struct zs_rrset *set = zs_zone_rrset(zone, owner, type);
	return set ? &zone->rrsets[set - zone->rrsets] : NULL;
}

void zs_zone_set_ttl(struct zs_zone *zone, const uint8_t *name, uint16_t type, uint32_t ttl)
{
	struct zs_rrset *set = find_set(zone, name, type);
	if (set)
		set->ttl = ttl;
}

uint32_t zs_zone_max_ttl(const struct zs_zone *zone, const uint8_t **owner, uint16_t *type)
{
	uint32_t max = 0;
	for (size_t i = 0; i < zone->owner_count; i++) {
		const struct zs_owner *o = &zone->owners[i];
		for (uint32_t j = o->first; j < o->first + o->rrset_count; j++) {
			if (zone->rrsets[j].ttl <= max && (max || i || j != o->first))
				continue;
			max = zone->rrsets[j].ttl;
			if (owner)
				*owner = zs_owner_name(zone, o);
			if (type)
				*type = zone->rrsets[j].type;
		}
	}
	return max;
}

struct zs_source zs_zone_source(const struct zs_zone *zone, const struct zs_rrset *rrset)
{
	const struct zs_rdata *rdata = &zone->rdata[rrset->first];
	if (rdata->input == ZS_NO_INPUT)
		return (struct zs_source){ 0 };
	return (struct zs_source){ .input = zone->inputs[rdata->input], .line = rdata->line };
}

bool zs_zone_soa(const struct zs_zone *zone, struct zs_soa *out)
{
	const struct zs_rrset *set = zs_zone_apex_rrset(zone, ZS_TYPE_SOA);
	if (!set)
		return false;
	const struct zs_bytes rdata = zs_rrset_rdata(zone, set, 0);
	const uint8_t *p = rdata.data + rdata.len - 20;
	*out = (struct zs_soa){ .serial = zs_get_u32(p), .refresh = zs_get_u32(p + 4), .retry = zs_get_u32(p + 8),
		                .expire = zs_get_u32(p + 12), .minimum = zs_get_u32(p + 16), .ttl = set->ttl };
	return true;
}

void zs_zone_set_serial(struct zs_zone *zone, uint32_t serial)
{
	const struct zs_rrset *set = find_set(zone, zone->apex, ZS_TYPE_SOA);
	if (!set)
		return;
	const struct zs_rdata *rdata = &zone->rdata[set->first];
	zs_put_u32(zone->octets + rdata->offset + rdata->len - 20, serial);
}
