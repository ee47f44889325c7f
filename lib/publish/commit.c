/* commit.c - intent, rename, sync: in this order. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "keys/keys.h"
#include "publish/publish_private.h"

enum { BLOCK = 32 * 1024, LARGE = 16 << 20 /* octets of an output */ };

bool zs_publish_sha256(struct zs_run *run, const char *path, bool *there, uint8_t out[32], struct zs_file_id *id)
{
	struct zs_file_id before = { 0 }, after = { 0 };
	const struct zs_file_id unknown = { 0 };
	struct zs_arena *arena = zs_arena_new();
	uint8_t digest[ZS_HASH_MAX];
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*there = fd >= 0;
	if (id)
		*id = unknown;
	if (fd < 0) {
		const int error = errno;
		zs_arena_free(arena);
		return error == ENOENT || zs_fail(run, "cannot read '%s': %s", path, strerror(error));
	}
	struct stat status;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) { /* a device may have no end */
		close(fd);
		zs_arena_free(arena);
		return zs_fail(run, "'%s' is not a regular file", path);
	}
	struct zs_hasher *hasher = zs_hasher_new(run, arena, ZS_SHA256);
	const bool settled = id && zs_file_settled(fd, &before);
	char block[BLOCK];
	ssize_t n = 0;
	/* one octet more than it has: a file that grows is another one, and somebody may let it grow without end */
	uint64_t left = (uint64_t)status.st_size + 1;
	while (hasher && left && ((n = read(fd, block, left < sizeof block ? (size_t)left : sizeof block)) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0) {
			zs_hasher_add(hasher, block, (size_t)n);
			left -= (uint64_t)n;
		}
	const int error = errno;
	bool ok = hasher && zs_hasher_end(run, hasher, digest);
	if (ok && n < 0)
		ok = zs_fail(run, "cannot read '%s': %s", path, strerror(error));
	if (id)
		*id = settled && zs_file_settled(fd, &after) && zs_file_id_equal(&before, &after) ? after : unknown;
	close(fd);
	zs_arena_free(arena);
	if (ok)
		memcpy(out, digest, 32);
	return ok;
}

static void close_candidate(struct zs_candidate *candidate)
{
	close(candidate->fd);
	close(candidate->dir_fd);
	candidate->fd = candidate->dir_fd = -1;
}

/* What was verified gets the name of the output, and nothing else that somebody laid in its place. */
static bool rename_aside(struct zs_run *run, const struct zs_candidate *candidate)
{
	if (zs_candidate_is_replaced(candidate)) {
		zs_fail(run, "'%s' beside '%s' is not what was verified: somebody else writes the same output", candidate->aside, candidate->path);
		zs_hint(run, "one output belongs to one state: look which other config or machine names it");
		return false;
	}
	return renameat(candidate->dir_fd, candidate->aside, candidate->dir_fd, candidate->name) == 0
	    || zs_fail(run, "cannot rename the new zone to '%s': %s", candidate->path, strerror(errno));
}

bool zs_publish_place(struct zs_run *run, struct zs_candidate *candidate)
{
	if (!rename_aside(run, candidate))
		return false;
	close_candidate(candidate);
	return true;
}

/* What was left for the next sync has to be safe now: the intent, and the new zone, which may be on another file system. Alone,
 * both are already. */
static bool settle(struct zs_run *run, const struct zs_candidate *candidate, const struct zs_facts *facts)
{
	struct stat state, output;
	if (!run->sync)
		return true;
	return fstat(facts->dir_fd, &state) == 0 && fstat(candidate->fd, &output) == 0 && zs_file_sync(run, facts->dir_fd)
	    && (state.st_dev == output.st_dev || zs_file_sync(run, candidate->fd));
}

/* A large output that is known by its times is not read again by the next run: that is worth a tick of the clock which stamps them, where
 * the directory was synced within one. */
static void look_if_settled(struct zs_candidate *candidate)
{
	struct timespec tick;
	struct zs_file_id later;
	candidate->settled = zs_file_settled(candidate->fd, &candidate->id);
	if (candidate->settled || candidate->len < LARGE || clock_getres(CLOCK_REALTIME_COARSE, &tick) != 0)
		return;
	nanosleep(&tick, NULL);
	candidate->settled = zs_file_settled(candidate->fd, &later) && zs_file_id_equal(&candidate->id, &later);
}

bool zs_publish_commit(struct zs_run *run, const struct zs_zone_config *zone, struct zs_candidate *candidate, const struct zs_intent *intent,
                       struct zs_facts *facts)
{
	facts->intent = *intent;
	facts->intent.present = true;
	memcpy(facts->intent.sha256, candidate->sha256, sizeof candidate->sha256);
	if (!zs_keys_record(run, zone, facts)) {
		facts->intent.present = false;
		return false;
	}
	if (!settle(run, candidate, facts)) {
		facts->intent.present = false;
		return zs_fail(run, "cannot sync '%s': %s", facts->dir, strerror(errno));
	}
	if (!rename_aside(run, candidate)) {
		facts->intent.present = false; /* but not on disk: the state there has what was not published, and the next run has to know */
		return false;
	}
	/* published: from here on only the reload can fail */
	const bool synced = zs_file_sync(run, candidate->dir_fd);
	const int error = errno;
	look_if_settled(candidate);
	close_candidate(candidate);
	return synced || zs_fail(run, "cannot sync the directory of '%s': %s", candidate->path, strerror(error));
}

