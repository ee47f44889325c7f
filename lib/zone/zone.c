/* zone.c - reading a zone, finding in it, and editing the few records that we compute. */
#include "zone/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/rdata.h"
#include "zone/scan.h"

static bool read_zone(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, const struct zs_file_id *id,
                      const char *directory, const struct zs_zone_options *options, struct zs_zone **out)
{
	struct zs_zone *zone = zs_arena_alloc(arena, sizeof *zone);
	zone->arena = arena;
	struct zs_scan scan = { .run = run, .arena = arena, .options = options, .zone = zone, .directory = directory };
	struct zs_scan_text text = { .input = input, .at = input->text, .end = input->text + input->len, .line = 1 };
	const unsigned before = run->error_count;
	if (options->apex) {
		memcpy(zone->apex, options->apex, zs_name_len(options->apex));
		memcpy(text.origin, zone->apex, sizeof text.origin);
		text.have_origin = scan.apex_known = true;
	}
	if (!zs_scan_add_input(&scan, input, id, &text.input_index))
		return false;
	zs_scan_text(&scan, &text);
	if (!zs_run_ok_since(run, before))
		return false;
	const struct zs_source whole = { .input = input };
	if (!scan.apex_known)
		return zs_error(run, &whole, "no SOA record: this is no zone, or its name is not known");
	zone->apex_labels = (uint8_t)zs_name_labels(zone->apex);
	zone->stripped_count = scan.stripped_count;
	const bool ok = zs_scan_index(&scan);
	zs_arena_release(arena, scan.records, scan.record_room * sizeof *scan.records);
	if (!ok)
		return false;
	zs_zone_mark_cuts(zone);
	*out = zone;
	return true;
}

bool zs_zone_read_text(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input,
                       const struct zs_zone_options *options, struct zs_zone **out)
{
	return read_zone(run, arena, input, NULL, "/", options, out);
}

bool zs_zone_read_fd(struct zs_run *run, struct zs_arena *arena, int fd, const char *path,
                     const struct zs_zone_options *options, struct zs_zone **out)
{
	struct zs_input *input = zs_arena_alloc(arena, sizeof *input);
	struct zs_file_id id;
	char resolved[PATH_MAX];
	if (!zs_file_read_fd(run, arena, NULL, fd, path, ZS_ZONE_TEXT_MAX, input, &id))
		return false;
	const char *directory = realpath(zs_file_dir(arena, path), resolved) ? zs_arena_strdup(arena, resolved) : "/nowhere";
	return read_zone(run, arena, input, &id, directory, options, out);
}

bool zs_zone_read(struct zs_run *run, struct zs_arena *arena, const char *path, const struct zs_zone_options *options,
                  struct zs_zone **out)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return zs_error(run, NULL, "cannot open zone file '%s': %s", path, strerror(errno));
	const bool ok = zs_zone_read_fd(run, arena, fd, path, options, out);
	close(fd);
	return ok;
}

void zs_zone_release_text(struct zs_zone *zone)
{
	for (size_t i = 0; i < zone->input_count; i++) {
		const struct zs_input *input = zone->inputs[i];
		struct zs_input *bare = zs_arena_alloc(zone->arena, sizeof *bare);
		*bare = (struct zs_input){ .path = input->path };
		zs_arena_release(zone->arena, (void *)(uintptr_t)input->text, input->len + 1);
		zone->inputs[i] = bare;
	}
}

void zs_zone_mark_cuts(struct zs_zone *zone)
{
	const uint8_t *top = NULL; /* the cut or DNAME that hides what is below it */
	for (size_t i = 0; i < zone->owner_count; i++) {
		struct zs_owner *owner = &zone->owners[i];
		const uint8_t *name = zs_owner_name(zone, owner);
		owner->flags = 0;
		if (top && zs_name_below(name, top)) {
			owner->flags = ZS_OWNER_OCCLUDED;
			continue;
		}
		const bool apex = zs_name_equal(name, zone->apex);
		if (!apex && zs_zone_rrset(zone, (uint32_t)i, ZS_TYPE_NS))
			owner->flags = ZS_OWNER_CUT;
		if (owner->flags || zs_zone_rrset(zone, (uint32_t)i, ZS_TYPE_DNAME))
			top = name;
	}
}

uint32_t zs_zone_find(const struct zs_zone *zone, const uint8_t *name, uint32_t *place)
{
	uint32_t low = 0, high = (uint32_t)zone->owner_count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const int order = zs_name_compare(zs_owner_name(zone, &zone->owners[middle]), name);
		if (order == 0) {
			if (place)
				*place = middle;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (place)
		*place = low;
	return ZS_NO_OWNER;
}

const struct zs_rrset *zs_zone_rrset(const struct zs_zone *zone, uint32_t owner, uint16_t type)
{
	if (owner == ZS_NO_OWNER)
		return NULL;
	const struct zs_owner *o = &zone->owners[owner];
	for (uint32_t i = o->first; i < o->first + o->rrset_count; i++)
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
