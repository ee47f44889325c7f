/* slices.c - large zone files: read and scanned in slices, by several threads, without the whole text in memory.
 *
 * A slice begins at a line that names an owner, so it needs three things of what is before it: that no parenthesis is
 * open, the origin, and the default TTL. A thread takes for granted those that were in force where the zone had been put
 * together when it began. Slices are put together in the order of the file, and what was taken for granted is looked at
 * then: a slice that was read with something wrong, that has a directive for which order matters, or about which there is
 * anything to say, is read again at that point, with the right state and the zone's own run. So records, lines and
 * diagnostics are those of one pass over the file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/pool.h"
#include "zone/scan.h"

enum { SLACK = 16 * 1024 };

/* The free end of an array of the zone. */
struct rest {
	char *at;
	size_t len;
};
enum { OCTETS, OWNERS, RRSETS, RDATA, ARRAYS };

/* One slice at work. */
struct slot {
	struct zs_arena *arena;   /* of its arrays, which the next slice uses again */
	struct zs_run *run;       /* of diagnostics: any, and the slice is read again */
	struct zs_scan scan;
	struct zs_scan_text text;
	struct zs_zone zone;      /* grouped; offsets count from 0 */
	struct zs_input input;
	const struct zs_input *only; /* the inputs of a zone that has no other */
	char *buffer;
	size_t room;
	uint64_t start, end;      /* in the file */
	uint32_t line_count;
	bool redo;                /* it must be read again */
	bool io_failed;
	bool assumed_by_directive, assumed_have_ttl;
	uint32_t assumed_ttl;
	uint8_t assumed_origin[ZS_NAME_MAX];
	bool joined;              /* it was put to the zone */
	struct rest rests[ARRAYS]; /* these, and how far the zone is put together, as slicing has them when the slice begins */
	size_t joined_count;
	uint64_t at;
};

struct slicing {
	struct zs_scan *scan;     /* of the whole */
	struct zs_scan_text text; /* the state where the zone has been put together: origin, owner, line */
	int fd;
	const char *path;
	uint64_t size, at;        /* all before `at` is put together */
	uint64_t slice;           /* octets */
	size_t count;             /* slices */
	struct slot *slots;
	unsigned slot_count;
	struct zs_hasher *hasher;
	struct zs_input *input;
	struct zs_input_mark *marks;
	size_t mark_room;
	struct rest rests[ARRAYS]; /* of the arrays with the slices that are put together */
	size_t joined_count;       /* how many these are */
	bool failed;
};

static void make_room(struct slot *slot, size_t size)
{
	if (size <= slot->room)
		return;
	size = (size / SLACK + 1) * SLACK; /* the next slice is a few octets longer */
	zs_arena_release(slot->arena, slot->buffer, slot->room);
	slot->buffer = zs_arena_alloc(slot->arena, size);
	slot->room = size;
}

/* Not at a directive: a record behind it may have the owner of one before it. */
static bool begins_record(const char *p)
{
	return p[-1] == '\n' && !memchr("\n\r \t;)(\"$", *p, 9);
}

/* The first line at or after offset at which a slice may begin; the size of the file if there is none. The block that is
 * at data (len octets from `from`) is looked at first. */
static bool find_start(const struct slicing *s, uint64_t from, const char *data, size_t len, uint64_t offset, uint64_t *out)
{
	char block[SLACK];
	if (!offset) {
		*out = 0;
		return true;
	}
	for (;;) {
		while (data && offset < from + len) {
			const char *p = data + (offset - from), *end = data + len;
			if (begins_record(p)) {
				*out = offset;
				return true;
			}
			const char *newline = memchr(p, '\n', (size_t)(end - p));
			offset = newline ? from + (uint64_t)(newline + 1 - data) : from + len;
		}
		if (offset >= s->size) {
			*out = s->size;
			return true;
		}
		from = offset - 1; /* not in this block: the next begins with its last octet */
		len = s->size - from < sizeof block ? (size_t)(s->size - from) : sizeof block;
		data = block;
		if (!zs_file_pread(s->fd, block, len, from))
			return false;
	}
}

/* The text from `start` to the beginning of slice `next` into the slot. */
static bool read_text(const struct slicing *s, struct slot *slot, uint64_t start, size_t next)
{
	const uint64_t wanted = next * s->slice + SLACK;
	const uint64_t stop = wanted < s->size ? wanted : s->size, nominal = next * s->slice;
	size_t len = stop > start ? (size_t)(stop - start) : 0;
	make_room(slot, len + 1);
	if (!zs_file_pread(s->fd, slot->buffer, len, start))
		return false;
	if (nominal >= s->size) {
		slot->end = s->size;
	} else if (!find_start(s, start, slot->buffer, len, nominal > start ? nominal : start + 1, &slot->end)) {
		return false;
	}
	if (slot->end > start + len) { /* a record of more than SLACK octets: rare, so it is read again */
		len = (size_t)(slot->end - start);
		make_room(slot, len + 1);
		if (!zs_file_pread(s->fd, slot->buffer, len, start))
			return false;
	}
	slot->buffer[slot->end - start] = 0;
	slot->start = start;
	slot->input = (struct zs_input){ .path = s->path, .text = slot->buffer, .len = (size_t)(slot->end - start) };
	return true;
}

/* Scan the slot's text from the given state, into arrays that begin empty. */
static void scan_slot(const struct slicing *s, struct slot *slot, struct zs_run *run, uint32_t line)
{
	struct zs_scan *scan = &slot->scan;
	struct zs_zone *zone = &slot->zone;
	scan->run = run;
	scan->zone = zone;
	scan->record_count = 0;
	scan->used_ttl = scan->ttl_set = scan->used_origin = scan->origin_set = scan->unclosed = scan->stopped = false;
	scan->stripped_count = 0;
	zs_scan_forget_names(scan);
	zone->octets_len = zone->owner_count = zone->rrset_count = zone->rdata_count = 0;
	zone->record_count = 0;
	slot->input.first_line = line;
	slot->text.input = &slot->input;
	slot->text.at = slot->buffer;
	slot->text.end = slot->buffer + slot->input.len;
	slot->text.line = line;
	slot->text.have_owner = slot->text.owner_lost = false;
	slot->text.owner_text_len = 0;
	slot->text.heads[0].len = slot->text.heads[1].len = 0; /* the text that they are about is gone */
	slot->text.memos.signer.len = slot->text.memos.bitmap.len = 0;
	slot->text.part = slot->end < s->size;
	zs_scan_text(scan, &slot->text);
	if (!scan->stopped && !scan->unclosed)
		(void)!zs_scan_group(scan); /* what it says is in the run */
	slot->line_count = slot->text.line - line;
}

static void open_slot(const struct slicing *s, struct slot *slot)
{
	slot->arena = zs_arena_new();
	slot->zone.arena = slot->arena;
	memcpy(slot->zone.apex, s->scan->zone->apex, sizeof slot->zone.apex);
	zs_scan_begin(&slot->scan, NULL, slot->arena, s->scan->options, &slot->zone);
	slot->only = &slot->input;
}

/* What a slice that is not the next one is read with. */
static void assume(const struct slicing *s, struct slot *slot)
{
	struct zs_scan *scan = &slot->scan;
	slot->text.have_origin = false;
	if (s->text.have_origin)
		zs_scan_set_origin(&slot->text, s->text.origin);
	memcpy(slot->assumed_origin, s->text.origin, sizeof slot->assumed_origin);
	scan->have_ttl = slot->assumed_have_ttl = s->scan->have_ttl;
	scan->default_ttl = slot->assumed_ttl = s->scan->default_ttl;
	scan->ttl_by_directive = slot->assumed_by_directive = s->scan->ttl_by_directive;
	scan->told_idn = s->scan->told_idn;
	scan->told_ttl = false;
}

static void scan_ahead(struct slicing *s, struct slot *slot, size_t index)
{
	uint64_t start = 0;
	slot->redo = slot->io_failed = false;
	zs_run_end(slot->run);
	slot->run = zs_run_begin();
	slot->scan.ahead = true;
	slot->zone.inputs = &slot->only;
	slot->zone.input_count = 1;
	/* a record that reaches over many slices is not looked through for the beginning of each */
	if ((index + 1) * s->slice <= slot->at) {
		slot->start = slot->end = 0; /* all of this slice is put together */
		slot->redo = true;
		return;
	}
	const bool begun = index * s->slice <= slot->at;
	if (begun)
		start = slot->at;
	if ((!begun && !find_start(s, 0, NULL, 0, index * s->slice, &start)) || !read_text(s, slot, start, index + 1)) {
		slot->io_failed = slot->redo = true; /* said when it is read again */
		slot->start = slot->end = start;
		return;
	}
	scan_slot(s, slot, slot->run, 1);
	slot->redo = slot->run->error_count || slot->run->warning_count || slot->scan.stopped || slot->scan.unclosed;
}

static bool is_right(const struct slicing *s, const struct slot *slot)
{
	const struct zs_scan *scan = &slot->scan;
	if (slot->redo || slot->start != s->at || slot->assumed_by_directive != s->scan->ttl_by_directive)
		return false;
	if (scan->used_ttl && (slot->assumed_have_ttl != s->scan->have_ttl || slot->assumed_ttl != s->scan->default_ttl))
		return false;
	/* a slice that was read without a default may have stumbled for that reason only, which is a redo above */
	return !scan->used_origin || memcmp(slot->assumed_origin, s->text.origin, sizeof slot->assumed_origin) == 0;
}

static void set_inputs(struct zs_zone *to, const struct zs_zone *from)
{
	to->inputs = from->inputs;
	to->input_ids = from->input_ids;
	to->input_count = from->input_count;
	to->input_room = from->input_room;
}

/* The text from where the zone has been put together up to the beginning of a slice behind `index`: of the next one, if no
 * record reaches over that. */
static bool read_whole_records(struct slicing *s, struct slot *slot, size_t index)
{
	for (size_t more = 1;; more *= 2) { /* else the beginning of a long record would be read again for each of its slices */
		const size_t next = more < s->count - index ? index + more : s->count;
		if (!read_text(s, slot, s->at, next))
			return zs_error(s->scan->run, NULL, "cannot read '%s': %s", s->path, errno ? strerror(errno) : "it shrank while it was read");
		if (slot->end >= s->size)
			return true;
		struct zs_run *look = zs_run_begin();
		slot->scan.ahead = slot->scan.looking = true;
		slot->zone.inputs = &slot->only;
		slot->zone.input_count = 1;
		assume(s, slot);
		scan_slot(s, slot, look, 1);
		slot->scan.looking = false;
		zs_run_end(look);
		if (!slot->scan.unclosed)
			return true;
	}
}

/* Read the slice again where its turn has come: from the right place, in the right state, with the run of the zone. */
static bool scan_again(struct slicing *s, struct slot *slot, size_t index)
{
	struct zs_scan *scan = &slot->scan;
	if (!read_whole_records(s, slot, index))
		return false;
	assume(s, slot);
	set_inputs(&slot->zone, s->scan->zone);
	scan->ahead = false;
	scan->told_ttl = s->scan->told_ttl;
	scan->directory = s->scan->directory;
	scan->input_arena = s->scan->input_arena;
	scan->include_count = s->scan->include_count;
	scan->included_len = s->scan->included_len;
	scan->included_again_len = s->scan->included_again_len;
	scan->generated_count = s->scan->generated_count;
	scan->generated_len = s->scan->generated_len;
	scan->generated_dots = s->scan->generated_dots;
	slot->text.device = s->text.device;
	slot->text.inode = s->text.inode;
	scan_slot(s, slot, s->scan->run, s->text.line);
	set_inputs(s->scan->zone, &slot->zone);
	return true;
}

static bool fits(const struct slicing *s, const struct slot *slot)
{
	const struct zs_zone *zone = s->scan->zone;
	const uint64_t records = zone->record_count + slot->zone.record_count;
	if (zone->octets_len + slot->zone.octets_len < UINT32_MAX - ZS_RDATA_MAX - ZS_NAME_MAX && records <= s->scan->record_max)
		return true;
	const struct zs_source where = { .input = zone->inputs[0], .line = s->text.line };
	return zs_error(s->scan->run, &where, "the zone is too large: %llu records so far", (unsigned long long)records);
}

/* Add the slot's arrays to the zone's. */
static void append(struct zs_zone *zone, const struct slot *slot, uint32_t lines)
{
	const struct zs_zone *part = &slot->zone;
	const uint32_t octets = (uint32_t)zone->octets_len, rrsets = (uint32_t)zone->rrset_count, rdata = (uint32_t)zone->rdata_count;
	zone->octets = zs_zone_room(zone->arena, zone->octets, &zone->octets_room, zone->octets_len + part->octets_len, 1);
	zone->owners = zs_zone_room(zone->arena, zone->owners, &zone->owner_room, zone->owner_count + part->owner_count, sizeof *zone->owners);
	zone->rrsets = zs_zone_room(zone->arena, zone->rrsets, &zone->rrset_room, zone->rrset_count + part->rrset_count, sizeof *zone->rrsets);
	zone->rdata = zs_zone_room(zone->arena, zone->rdata, &zone->rdata_room, zone->rdata_count + part->rdata_count, sizeof *zone->rdata);
	if (part->octets_len) {
		zs_arena_fault_in(zone->octets + octets, part->octets_len);
		memcpy(zone->octets + octets, part->octets, part->octets_len);
	}
	if (part->owner_count) { /* then there are RRsets and RDATA too */
		zs_arena_fault_in(zone->owners + zone->owner_count, part->owner_count * sizeof *zone->owners);
		zs_arena_fault_in(zone->rrsets + rrsets, part->rrset_count * sizeof *zone->rrsets);
		zs_arena_fault_in(zone->rdata + rdata, part->rdata_count * sizeof *zone->rdata);
	}
	zone->octets_len += part->octets_len;
	for (size_t i = 0; i < part->owner_count; i++) {
		struct zs_owner *owner = &zone->owners[zone->owner_count++];
		*owner = part->owners[i];
		owner->name += octets;
		owner->first += rrsets;
	}
	for (size_t i = 0; i < part->rrset_count; i++) {
		struct zs_rrset *set = &zone->rrsets[zone->rrset_count++];
		*set = part->rrsets[i];
		set->first += rdata;
	}
	for (size_t i = 0; i < part->rdata_count; i++) {
		struct zs_rdata *r = &zone->rdata[zone->rdata_count++];
		*r = part->rdata[i];
		r->offset += octets;
		r->line += lines;
	}
	zone->record_count += part->record_count;
}

/* The state behind the slice becomes that of the whole. */
static void go_on(struct slicing *s, const struct slot *slot)
{
	const struct zs_scan *scan = &slot->scan;
	if (scan->ttl_set) {
		s->scan->have_ttl = scan->have_ttl;
		s->scan->default_ttl = scan->default_ttl;
		s->scan->ttl_by_directive = scan->ttl_by_directive;
	}
	if (scan->origin_set)
		zs_scan_set_origin(&s->text, slot->text.origin);
	s->scan->stripped_count += scan->stripped_count;
	if (!scan->ahead) {
		s->scan->include_count = scan->include_count;
		s->scan->included_len = scan->included_len;
		s->scan->included_again_len = scan->included_again_len;
		s->scan->generated_count = scan->generated_count;
		s->scan->generated_len = scan->generated_len;
		s->scan->generated_dots = scan->generated_dots;
		s->scan->told_ttl = scan->told_ttl;
		s->scan->told_idn = scan->told_idn;
		s->scan->stopped = scan->stopped;
	}
	s->text.line += slot->line_count;
	s->at = slot->end;
}

/* Where the zone has been put together: diagnostics find lines of the file by it. */
static void add_mark(struct slicing *s)
{
	s->marks = zs_zone_room(s->scan->arena, s->marks, &s->mark_room, s->input->mark_count + 1, sizeof *s->marks);
	s->marks[s->input->mark_count++] = (struct zs_input_mark){ .offset = s->at, .line = s->text.line };
	s->input->marks = s->marks;
}

/* Put the slot, which is next, to the zone. False: there is nothing in it that is not there already, or all has failed. */
static bool join(struct slicing *s, struct slot *slot, size_t index)
{
	uint32_t lines = s->text.line - 1;
	if (s->failed || s->scan->stopped || s->at >= s->size)
		return false;
	if (!slot->io_failed && slot->start < s->at && slot->end <= s->at)
		return false; /* a record of an earlier slice reached over all of this one */
	add_mark(s);
	if (!is_right(s, slot)) {
		if (!scan_again(s, slot, index)) {
			s->failed = true;
			return false;
		}
		lines = 0; /* read with the right numbers */
	}
	if (!fits(s, slot)) {
		s->failed = true;
		return false;
	}
	if (s->hasher)
		zs_hasher_add(s->hasher, slot->buffer, slot->input.len);
	append(s->scan->zone, slot, lines);
	return true;
}

static void begin_slice(void *context, unsigned slot, size_t index)
{
	struct slicing *s = context;
	(void)index;
	assume(s, &s->slots[slot]);
	memcpy(s->slots[slot].rests, s->rests, sizeof s->rests);
	s->slots[slot].joined_count = s->joined_count;
	s->slots[slot].at = s->at;
}

/* Have the kernel make the pages that the slice will need in the zone's arrays, about: one slice is much like another. What is put together
 * one after the other would else wait for them. */
static void fault_in_ahead(const struct slot *slot, size_t index)
{
	const struct zs_zone *part = &slot->zone;
	const size_t before = index - slot->joined_count;
	const size_t sizes[ARRAYS] = { part->octets_len, part->owner_count * sizeof *part->owners, part->rrset_count * sizeof *part->rrsets,
		                       part->rdata_count * sizeof *part->rdata };
	for (unsigned i = 0; i < ARRAYS; i++) {
		const struct rest *rest = &slot->rests[i];
		if (sizes[i] && rest->len / (before + 1) >= sizes[i])
			zs_arena_fault_in(rest->at + before * sizes[i], sizes[i]);
	}
}

static void make_slice(void *context, unsigned slot, size_t index)
{
	struct slicing *s = context;
	scan_ahead(s, &s->slots[slot], index);
	if (!s->slots[slot].redo)
		fault_in_ahead(&s->slots[slot], index);
}

static void take_slice(void *context, unsigned slot, size_t index)
{
	struct slicing *s = context;
	s->slots[slot].joined = join(s, &s->slots[slot], index);
}

static struct rest rest_of(void *array, size_t count, size_t room, size_t size)
{
	return (struct rest){ array ? (char *)array + count * size : NULL, (room - count) * size };
}

static void look_at_rests(struct slicing *s)
{
	const struct zs_zone *zone = s->scan->zone;
	s->rests[OCTETS] = rest_of(zone->octets, zone->octets_len, zone->octets_room, 1);
	s->rests[OWNERS] = rest_of(zone->owners, zone->owner_count, zone->owner_room, sizeof *zone->owners);
	s->rests[RRSETS] = rest_of(zone->rrsets, zone->rrset_count, zone->rrset_room, sizeof *zone->rrsets);
	s->rests[RDATA] = rest_of(zone->rdata, zone->rdata_count, zone->rdata_room, sizeof *zone->rdata);
}

static void slice_taken(void *context, unsigned slot, size_t index)
{
	struct slicing *s = context;
	if (s->slots[slot].joined)
		go_on(s, &s->slots[slot]);
	look_at_rests(s);
	s->joined_count = index + 1;
}

/* What an array with `used` of the first octets of the file would have of all of them, but no more octets than the file. */
static size_t estimate(const struct slicing *s, size_t used, size_t size)
{
	const double all = (double)used * (double)s->size / (double)s->at, most = (double)s->size / (double)size;
	return (size_t)(all < most ? all : most);
}

/* Room for all, if the file goes on as it began: an array that grows by the way is moved, page by page. */
static void reserve(const struct slicing *s)
{
	struct zs_zone *zone = s->scan->zone;
	if (!s->at)
		return;
	zone->octets = zs_zone_room(zone->arena, zone->octets, &zone->octets_room, estimate(s, zone->octets_len, 1), 1);
	zone->owners = zs_zone_room(zone->arena, zone->owners, &zone->owner_room, estimate(s, zone->owner_count, sizeof *zone->owners),
	                            sizeof *zone->owners);
	zone->rrsets = zs_zone_room(zone->arena, zone->rrsets, &zone->rrset_room, estimate(s, zone->rrset_count, sizeof *zone->rrsets),
	                            sizeof *zone->rrsets);
	zone->rdata = zs_zone_room(zone->arena, zone->rdata, &zone->rdata_room, estimate(s, zone->rdata_count, sizeof *zone->rdata),
	                           sizeof *zone->rdata);
}

static void end_slots(struct slicing *s)
{
	for (unsigned i = 0; i < s->slot_count; i++) {
		zs_run_end(s->slots[i].run);
		zs_arena_free(s->slots[i].arena);
	}
}

bool zs_scan_slices(struct zs_scan *scan, int fd, struct zs_scan_text *text, struct zs_input *input, uint8_t sha256[32])
{
	struct zs_run *run = scan->run;
	struct zs_arena *arena = zs_arena_new();
	struct slicing s = { .scan = scan, .text = *text, .fd = fd, .path = input->path, .size = input->size, .input = input };
	s.slice = scan->options->slice ? scan->options->slice : ZS_SLICE;
	s.count = (size_t)((s.size + s.slice - 1) / s.slice);
	s.slot_count = zs_pool_slots(run->jobs);
	s.slots = zs_arena_array(arena, s.slot_count, sizeof *s.slots);
	for (unsigned i = 0; i < s.slot_count; i++)
		open_slot(&s, &s.slots[i]);
	bool ok = true;
	if (sha256)
		ok = (s.hasher = zs_hasher_new(run, arena, ZS_SHA256)) != NULL;
	/* the first slice alone: it has the directives that the others take for granted */
	if (ok && s.count) {
		static const struct zs_pool_stages stages = { begin_slice, make_slice, take_slice, slice_taken };
		zs_pool_in_order(1, 0, 1, &stages, &s);
		reserve(&s);
		look_at_rests(&s);
		zs_pool_in_order(run->jobs, 1, s.count, &stages, &s);
	}
	end_slots(&s);
	if (ok && s.hasher) {
		uint8_t digest[ZS_HASH_MAX];
		ok = zs_hasher_end(run, s.hasher, digest);
		if (ok)
			memcpy(sha256, digest, 32);
	}
	zs_arena_free(arena);
	if (ok && !s.failed && !scan->stopped && s.at != s.size) /* a bug: a part of the file would be missing */
		return zs_fail(run, "'%s' was read up to octet %llu only", input->path, (unsigned long long)s.at);
	return ok && !s.failed;
}
