/* write.c - the text of a signed zone, in canonical order: each RRset with its signatures, each owner with its NSEC. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/pool.h"
#include "dns/rdata.h"
#include "publish/publish_private.h"

enum { SLICE = 1024, TEXT_MAX = 256 << 20 };

/* A slice of the zone becomes text in a slot, by any thread; slots are written and digested in order. */
struct writer {
	struct zs_run *run;
	const struct zs_signed_zone *zone;
	struct zs_candidate *candidate;
	struct zs_hasher *hasher;
	struct zs_text_slot {
		struct zs_arena *arena;
		struct zs_buf text;
		size_t job_count;    /* signatures in it */
	} *slots;
	size_t owner_slices;
	size_t job_count;            /* written */
	bool ok;
};

/* " 3600 IN TYPE ": most records of a type have one TTL. */
enum { TAILS = 64, TAIL_TEXT = 32 };
struct tail {
	uint32_t ttl;
	uint16_t type;
	uint8_t len; /* 0: none yet */
	char text[TAIL_TEXT];
};

/* One slice at work. */
struct text {
	const struct zs_signed_zone *zone;
	struct zs_buf *out;
	size_t job, first_job; /* next of zone->jobs */
	char head[ZS_NAME_TEXT + TAIL_TEXT];
	size_t owner_len;
	struct tail tails[TAILS]; /* by the last bits of the type */
};

/* "owner. 3600 IN TYPE ", of which the owner is there already. */
static size_t put_head(struct text *t, uint32_t ttl, uint16_t type)
{
	struct tail *tail = &t->tails[type % TAILS];
	if (!tail->len || tail->ttl != ttl || tail->type != type) {
		char name[ZS_TYPE_TEXT];
		*tail = (struct tail){ .ttl = ttl, .type = type };
		tail->len = (uint8_t)snprintf(tail->text, sizeof tail->text, " %u IN %s ", ttl, zs_type_file_text(type, name));
	}
	memcpy(t->head + t->owner_len, tail->text, TAIL_TEXT); /* a number the compiler knows is faster than the length */
	return t->owner_len + tail->len;
}

static void put_record(struct text *t, size_t head_len, uint16_t type, struct zs_bytes rdata)
{
	zs_buf_add(t->out, t->head, head_len);
	zs_rdata_format_file(type, rdata.data, rdata.len, t->out);
	zs_buf_octet(t->out, '\n');
}

/* The signatures over the set (a type of an owner; or a denial record), which are next in the order of jobs. */
static void put_rrsigs(struct text *t, uint32_t owner_index, uint16_t type, uint32_t ttl)
{
	uint8_t rdata[ZS_RRSIG_MAX];
	size_t head_len = 0;
	for (; t->job < t->zone->job_count; t->job++) {
		const struct zs_sign_job *job = &t->zone->jobs[t->job];
		if (job->owner != owner_index || job->type != type)
			return;
		if (!head_len)
			head_len = put_head(t, ttl, ZS_TYPE_RRSIG);
		put_record(t, head_len, ZS_TYPE_RRSIG, (struct zs_bytes){ rdata, zs_sign_rrsig(t->zone, job, rdata) });
	}
}

static void put_denial(struct text *t, const struct zs_denial_record *record, uint32_t owner_index, uint16_t type)
{
	put_record(t, put_head(t, t->zone->denial_ttl, type), type, (struct zs_bytes){ t->zone->octets + record->rdata, record->rdata_len });
	put_rrsigs(t, owner_index, type, t->zone->denial_ttl);
}

static void put_owner(struct text *t, uint32_t index, size_t *denial)
{
	const struct zs_zone *zone = t->zone->zone;
	const struct zs_owner *owner = &zone->owners[index];
	t->owner_len = zs_name_format(zs_owner_name(zone, owner), t->head);
	for (uint32_t n = 0; n < owner->rrset_count; n++) {
		const struct zs_rrset *set = &zone->rrsets[zs_sign_nth_set(zone, owner, n)];
		const size_t head_len = put_head(t, set->ttl, set->type);
		for (uint32_t i = 0; i < set->count; i++)
			put_record(t, head_len, set->type, zs_rrset_rdata(zone, set, i));
		put_rrsigs(t, index, set->type, set->ttl);
	}
	if (*denial < t->zone->denial_count && t->zone->denials[*denial].owner == index)
		put_denial(t, &t->zone->denials[(*denial)++], index, ZS_TYPE_NSEC);
}

static void put_owners(struct text *t, uint32_t from, uint32_t to)
{
	size_t denial = zs_sign_first_denial(t->zone, from);
	t->job = t->first_job = zs_sign_first_job(t->zone, from, false);
	for (uint32_t i = from; i < to; i++) {
		__builtin_prefetch(zs_owner_ahead(t->zone->zone, i));
		put_owner(t, i, &denial);
	}
}

static void put_nsec3s(struct text *t, uint32_t from, uint32_t to)
{
	t->job = t->first_job = zs_sign_first_job(t->zone, from, true);
	for (uint32_t i = from; i < to; i++) {
		uint8_t wire[ZS_NAME_MAX];
		zs_sign_nsec3_owner(t->zone, &t->zone->denials[i], wire);
		t->owner_len = zs_name_format(wire, t->head);
		put_denial(t, &t->zone->denials[i], i, ZS_TYPE_NSEC3);
	}
}

static uint32_t slice_end(size_t index, size_t count)
{
	return (uint32_t)((index + 1) * SLICE < count ? (index + 1) * SLICE : count);
}

static void make_text(void *context, unsigned slot, size_t index)
{
	struct writer *w = context;
	struct zs_text_slot *s = &w->slots[slot];
	struct text t = { .zone = w->zone, .out = &s->text };
	s->text.len = 0;
	if (index < w->owner_slices) {
		put_owners(&t, (uint32_t)(index * SLICE), slice_end(index, w->zone->zone->owner_count));
	} else {
		index -= w->owner_slices;
		put_nsec3s(&t, (uint32_t)(index * SLICE), slice_end(index, w->zone->denial_count));
	}
	s->job_count = t.job - t.first_job;
}

static void write_text(void *context, unsigned slot, size_t index)
{
	struct writer *w = context;
	const struct zs_text_slot *s = &w->slots[slot];
	(void)index;
	if (!w->ok)
		return;
	if (s->text.full)
		w->ok = zs_fail(w->run, "%d names make more than %d octets of text", SLICE, TEXT_MAX);
	else if (!zs_file_write_all(w->candidate->fd, s->text.data, s->text.len))
		w->ok = zs_fail(w->run, "cannot write '%s': %s", w->candidate->path, strerror(errno));
	zs_hasher_add(w->hasher, s->text.data, s->text.len);
	w->candidate->len += s->text.len;
	w->job_count += s->job_count;
}

static void write_all(struct writer *w, struct zs_arena *arena)
{
	static const struct zs_pool_stages stages = { .make = make_text, .take = write_text };
	const struct zs_signed_zone *zone = w->zone;
	const size_t owners = zone->zone->owner_count, nsec3s = zs_sign_has_nsec3(zone) ? zone->denial_count : 0;
	const unsigned threads = owners > SLICE ? w->run->jobs : 1, slots = zs_pool_slots(threads);
	w->owner_slices = (owners + SLICE - 1) / SLICE;
	w->slots = zs_arena_array(arena, slots, sizeof *w->slots);
	for (unsigned i = 0; i < slots; i++) {
		w->slots[i].arena = zs_arena_new();
		w->slots[i].text = (struct zs_buf){ .arena = w->slots[i].arena, .max = TEXT_MAX };
	}
	zs_pool_in_order(threads, 0, w->owner_slices + (nsec3s + SLICE - 1) / SLICE, &stages, w);
	for (unsigned i = 0; i < slots; i++)
		zs_arena_free(w->slots[i].arena);
}

/* Two runs with states of their own, as of a config and a copy of it, have no lock in common but this one: without it the second would take
 * the file aside from the first, which then published what the second had written of its own. Where a file system has no locks,
 * the look before the rename still sees it. */
static bool is_free(struct zs_run *run, const struct zs_candidate *out, int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return true;
	zs_not_yet(run, "another run writes '%s' just now, with another state than this one", out->path);
	zs_hint(run, "one output belongs to one state: look which other config or machine names it");
	return false;
}

static bool remove_leftover(struct zs_run *run, const struct zs_candidate *out)
{
	const int fd = openat(out->dir_fd, out->aside, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return true;
	const bool ok = fd < 0 || is_free(run, out, fd);
	const bool removed = ok && (unlinkat(out->dir_fd, out->aside, 0) == 0 || errno == ENOENT);
	const int error = errno;
	if (fd >= 0)
		close(fd);
	return removed || (ok && zs_fail(run, "cannot remove a leftover beside '%s': %s", out->path, strerror(error)));
}

static bool open_aside(struct zs_run *run, struct zs_candidate *out, const struct stat *old, bool there)
{
	if (!remove_leftover(run, out))
		return false;
	out->fd = openat(out->dir_fd, out->aside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out->fd < 0)
		return zs_fail(run, "cannot write beside '%s': %s", out->path, strerror(errno));
	if (!is_free(run, out, out->fd))
		return false;
	const mode_t mode = there ? old->st_mode & 07777 : 0644;
	if (there && (old->st_uid != geteuid() || old->st_gid != getegid()) && fchown(out->fd, old->st_uid, old->st_gid) != 0)
		return zs_fail(run, "cannot give the new '%s' the owner of the old one: %s", out->path, strerror(errno));
	if (fchmod(out->fd, mode) != 0)
		return zs_fail(run, "cannot set the mode of '%s': %s", out->path, strerror(errno));
	return true;
}

bool zs_publish_write(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_signed_zone *in,
                      struct zs_candidate *out)
{
	struct zs_place place;
	*out = (struct zs_candidate){ .fd = -1, .dir_fd = -1, .path = zone->output.path };
	if (!zs_publish_find(run, zone->output.path, &place))
		return false;
	out->path = place.path;
	out->name = place.name;
	out->aside = zs_arena_printf(run->arena, ".%s.zonesign", out->name);
	out->dir_fd = place.dir_fd;
	if (!open_aside(run, out, &place.status, place.there)) {
		zs_publish_discard(out);
		return false;
	}
	struct zs_arena *arena = zs_arena_new();
	struct writer w = { .run = run, .zone = in, .candidate = out, .ok = true };
	uint8_t digest[ZS_HASH_MAX];
	w.hasher = zs_hasher_new(run, arena, ZS_SHA256);
	if (w.hasher)
		write_all(&w, arena);
	bool ok = w.hasher && w.ok && zs_hasher_end(run, w.hasher, digest);
	zs_arena_free(arena);
	if (ok && w.job_count != in->job_count) /* a bug: the order of jobs is not that of writing */
		ok = zs_fail(run, "%zu of %zu signatures were written", w.job_count, in->job_count);
	if (ok && !zs_file_sync_soon(run, out->fd)) /* safe at the latest when the intent is */
		ok = zs_fail(run, "cannot sync '%s': %s", out->path, strerror(errno));
	if (!ok) {
		zs_publish_discard(out);
		return false;
	}
	memcpy(out->sha256, digest, sizeof out->sha256);
	return true;
}

bool zs_candidate_is_replaced(const struct zs_candidate *candidate)
{
	struct stat ours, there;
	return fstat(candidate->fd, &ours) == 0 && fstatat(candidate->dir_fd, candidate->aside, &there, AT_SYMLINK_NOFOLLOW) == 0
	    && (ours.st_dev != there.st_dev || ours.st_ino != there.st_ino);
}

void zs_publish_discard(struct zs_candidate *candidate)
{
	if (candidate->fd >= 0) {
		if (!zs_candidate_is_replaced(candidate))
			unlinkat(candidate->dir_fd, candidate->aside, 0);
		close(candidate->fd);
	}
	if (candidate->dir_fd >= 0)
		close(candidate->dir_fd);
	candidate->fd = candidate->dir_fd = -1;
}
