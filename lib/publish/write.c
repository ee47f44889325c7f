/* write.c - the text of a signed zone, in canonical order: each RRset with its signatures, each owner with its NSEC. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "dns/rdata.h"
#include "publish/publish.h"

enum { FLUSH_AT = 512 * 1024, BUFFER_MAX = 4 * 1024 * 1024 };

struct writer {
	struct zs_run *run;
	const struct zs_signed_zone *zone;
	struct zs_candidate *candidate;
	struct zs_hasher *hasher;
	struct zs_buf text;
	size_t job; /* next of zone->jobs */
	bool ok;
};

static void flush(struct writer *w)
{
	if (w->ok && !zs_file_write_all(w->candidate->fd, w->text.data, w->text.len))
		w->ok = zs_fail(w->run, "cannot write '%s': %s", w->candidate->path, strerror(errno));
	if (w->text.full) /* one record of more than 3 MiB of text: 65,535 octets make at most 270,000 */
		w->ok = w->ok && zs_fail(w->run, "a record is too long to write");
	zs_hasher_add(w->hasher, w->text.data, w->text.len);
	w->candidate->len += w->text.len;
	w->text.len = 0;
}

static void put_record(struct writer *w, const char *owner, size_t owner_len, uint32_t ttl, uint16_t type, struct zs_bytes rdata)
{
	char digits[16], name[ZS_TYPE_TEXT];
	zs_buf_add(&w->text, owner, owner_len);
	const int len = snprintf(digits, sizeof digits, " %u IN ", ttl);
	zs_buf_add(&w->text, digits, (size_t)len);
	zs_buf_text(&w->text, zs_type_file_text(type, name));
	zs_buf_octet(&w->text, ' ');
	zs_rdata_format_file(type, rdata.data, rdata.len, &w->text);
	zs_buf_octet(&w->text, '\n');
	if (w->text.len > FLUSH_AT)
		flush(w);
}

/* The signatures over the set (a type of an owner; or a denial record), which are next in the order of jobs. */
static void put_rrsigs(struct writer *w, const char *owner, size_t owner_len, uint32_t owner_index, uint16_t type, uint32_t ttl)
{
	uint8_t rdata[ZS_RRSIG_MAX];
	for (; w->job < w->zone->job_count; w->job++) {
		const struct zs_sign_job *job = &w->zone->jobs[w->job];
		if (job->owner != owner_index || job->type != type)
			return;
		put_record(w, owner, owner_len, ttl, ZS_TYPE_RRSIG, (struct zs_bytes){ rdata, zs_sign_rrsig(w->zone, job, rdata) });
	}
}

static void put_owner(struct writer *w, uint32_t index, size_t *denial)
{
	const struct zs_zone *zone = w->zone->zone;
	const struct zs_owner *owner = &zone->owners[index];
	char name[ZS_NAME_TEXT];
	const size_t len = zs_name_format(zs_owner_name(zone, owner), name);
	for (uint32_t n = 0; n < owner->rrset_count; n++) {
		const struct zs_rrset *set = &zone->rrsets[zs_sign_nth_set(zone, owner, n)];
		for (uint32_t i = 0; i < set->count; i++)
			put_record(w, name, len, set->ttl, set->type, zs_rrset_rdata(zone, set, i));
		put_rrsigs(w, name, len, index, set->type, set->ttl);
	}
	if (*denial < w->zone->denial_count && w->zone->denials[*denial].owner == index) {
		const struct zs_denial_record *nsec = &w->zone->denials[(*denial)++];
		put_record(w, name, len, w->zone->denial_ttl, ZS_TYPE_NSEC,
		           (struct zs_bytes){ w->zone->octets + nsec->rdata, nsec->rdata_len });
		put_rrsigs(w, name, len, index, ZS_TYPE_NSEC, w->zone->denial_ttl);
	}
}

static void put_all(struct writer *w)
{
	size_t denial = 0;
	for (uint32_t i = 0; i < w->zone->zone->owner_count; i++)
		put_owner(w, i, &denial);
	for (; denial < w->zone->denial_count; denial++) {
		uint8_t wire[ZS_NAME_MAX];
		char name[ZS_NAME_TEXT];
		const struct zs_denial_record *record = &w->zone->denials[denial];
		zs_sign_nsec3_owner(w->zone, record, wire);
		const size_t len = zs_name_format(wire, name);
		put_record(w, name, len, w->zone->denial_ttl, ZS_TYPE_NSEC3,
		           (struct zs_bytes){ w->zone->octets + record->rdata, record->rdata_len });
		put_rrsigs(w, name, len, (uint32_t)denial, ZS_TYPE_NSEC3, w->zone->denial_ttl);
	}
}

/* Where the output is; a symbolic link is resolved once, and its target replaced. */
static bool locate(struct zs_run *run, const struct zs_zone_config *zone, struct zs_candidate *out, struct stat *old, bool *there)
{
	char resolved[PATH_MAX];
	*out = (struct zs_candidate){ .fd = -1, .dir_fd = -1, .path = zone->output.path };
	*there = realpath(zone->output.path, resolved) != NULL;
	if (*there)
		out->path = zs_arena_strdup(run->arena, resolved);
	else if (errno != ENOENT)
		return zs_fail(run, "cannot find the way to '%s': %s", zone->output.path, strerror(errno));
	out->name = zs_file_base(out->path);
	out->aside = zs_arena_printf(run->arena, ".%s.zonesign", out->name);
	out->dir_fd = zs_file_open_dir(run, zs_file_dir(run->arena, out->path));
	if (out->dir_fd < 0)
		return false;
	if (*there && (fstatat(out->dir_fd, out->name, old, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(old->st_mode)))
		return zs_fail(run, "'%s' is not a regular file", out->path);
	return true;
}

static bool open_aside(struct zs_run *run, struct zs_candidate *out, const struct stat *old, bool there)
{
	if (unlinkat(out->dir_fd, out->aside, 0) != 0 && errno != ENOENT)
		return zs_fail(run, "cannot remove a leftover beside '%s': %s", out->path, strerror(errno));
	out->fd = openat(out->dir_fd, out->aside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out->fd < 0)
		return zs_fail(run, "cannot write beside '%s': %s", out->path, strerror(errno));
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
	struct stat old;
	bool there;
	if (!locate(run, zone, out, &old, &there) || !open_aside(run, out, &old, there)) {
		zs_publish_discard(out);
		return false;
	}
	struct zs_arena *arena = zs_arena_new();
	struct writer w = { .run = run, .zone = in, .candidate = out, .text = { .arena = arena, .max = BUFFER_MAX }, .ok = true };
	w.hasher = zs_hasher_new(run, arena, ZS_SHA256);
	if (w.hasher)
		put_all(&w);
	if (w.hasher)
		flush(&w);
	uint8_t digest[ZS_HASH_MAX];
	bool ok = w.hasher && w.ok && zs_hasher_end(run, w.hasher, digest);
	zs_arena_free(arena);
	if (ok && w.job != in->job_count) /* a bug: the order of jobs is not that of writing */
		ok = zs_fail(run, "%zu signatures were not written", in->job_count - w.job);
	if (ok && fsync(out->fd) != 0)
		ok = zs_fail(run, "cannot sync '%s': %s", out->path, strerror(errno));
	if (!ok) {
		zs_publish_discard(out);
		return false;
	}
	memcpy(out->sha256, digest, sizeof out->sha256);
	return true;
}

void zs_publish_discard(struct zs_candidate *candidate)
{
	if (candidate->fd >= 0) {
		unlinkat(candidate->dir_fd, candidate->aside, 0);
		close(candidate->fd);
	}
	if (candidate->dir_fd >= 0)
		close(candidate->dir_fd);
	candidate->fd = candidate->dir_fd = -1;
}
