/* include.c - opening zone files and what they include. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "zone/scan.h"

enum { KEY_FILE_MAX = 64 * 1024 }; /* octets; keys have less */

/* "key "name" { algorithm ...; secret ...; };", as name servers have it in a file of its own. */
static bool is_tsig_key(const struct zs_input *input)
{
	const char *p = input->text, *end = p + input->len;
	while (p < end && (memchr(" \t\r\n", *p, 4) || *p == '#' || *p == '/')) {
		const char *newline = *p == '#' || *p == '/' ? memchr(p, '\n', (size_t)(end - p)) : p;
		p = newline ? newline + 1 : end;
	}
	if (end - p < 4 || memcmp(p, "key", 3) != 0 || !memchr(" \t", p[3], 2))
		return false;
	const size_t left = (size_t)(end - p);
	return memchr(p, '{', left) && memmem(p, left, "algorithm", 9) && memmem(p, left, "secret", 6) && memmem(p, left, "};", 2);
}

static bool is_secret(const struct zs_input *input)
{
	static const char bind[] = "Private-key-format:", pem[] = "-----BEGIN ", private[] = "PRIVATE KEY-----";
	const char *end = input->text + input->len;
	if (input->len > KEY_FILE_MAX)
		return false;
	for (const char *p = input->text, *stop; p < end; p = stop + 1) { /* a TXT record may speak of keys */
		stop = memchr(p, '\n', (size_t)(end - p));
		stop = stop ? stop : end;
		const size_t len = (size_t)(stop - p);
		if (len >= sizeof bind - 1 && memcmp(p, bind, sizeof bind - 1) == 0)
			return true;
		if (len >= sizeof pem - 1 && memcmp(p, pem, sizeof pem - 1) == 0 && memmem(p, len, private, sizeof private - 1))
			return true;
	}
	return is_tsig_key(input);
}

bool zs_scan_refuse_secret(struct zs_run *run, const struct zs_source *where, const struct zs_input *input)
{
	if (!is_secret(input))
		return true;
	zs_secret_cleanse((void *)(uintptr_t)input->text, input->len);
	zs_error(run, where, "'%s' holds a secret key: it is no zone file, and nothing of it is shown", input->path);
	zs_hint(run, "who put it there, and may they read it?");
	return false;
}

int zs_scan_open_resolved(const char *path, int flags)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (const char *p = path + strspn(path, "/"); fd >= 0 && *p; p += strspn(p, "/")) {
		char name[NAME_MAX + 1] = "";
		const size_t len = strcspn(p, "/");
		memcpy(name, p, len <= NAME_MAX ? len : NAME_MAX);
		p += len;
		const int next = openat(fd, name, (*p ? O_PATH | O_DIRECTORY : flags) | O_NOFOLLOW | O_CLOEXEC), error = errno;
		close(fd);
		errno = error;
		fd = next;
	}
	return fd;
}

const char *zs_scan_directory(struct zs_arena *arena, const char *path, const struct stat *zone)
{
	char resolved[PATH_MAX];
	struct stat found;
	if (!realpath(zs_file_dir(arena, path), resolved))
		return NULL;
	const int fd = zs_scan_open_resolved(resolved, O_PATH | O_DIRECTORY);
	const bool same = fd >= 0 && fstatat(fd, zs_file_base(path), &found, 0) == 0 && found.st_dev == zone->st_dev && found.st_ino == zone->st_ino;
	if (fd >= 0)
		close(fd);
	return same ? zs_arena_strdup(arena, resolved) : NULL;
}

/* May the link lead to the file? Not if another user made it, whom the file does not belong to and who may not read it: he would see in
 * what is wrong with the zone what we can read. (As for an output, publish/place.c.) */
static bool may_lead(struct zs_run *run, const char *path, const struct stat *link, const struct stat *to)
{
	if (link->st_uid == 0 || link->st_uid == geteuid() || link->st_uid == to->st_uid || (S_ISREG(to->st_mode) && to->st_mode & S_IROTH))
		return true;
	zs_error(run, NULL, "the symbolic link '%s' of user %u leads to what is not theirs, nor open to everybody: it is not followed", path, link->st_uid);
	zs_hint(run, "if it is as it should be, give it to root: chown -h root '%s'", path);
	return false;
}

static bool was_replaced(struct zs_run *run, const char *path)
{
	return zs_error(run, NULL, "'%s' was replaced while it was opened; run again when it is complete (G15)", path);
}

/* Each link on the way from path to the file of *to, which must be what is at its end. */
static bool check_links(struct zs_run *run, const char *path, const struct stat *to)
{
	enum { LINKS_MAX = 40 };
	struct stat at;
	for (unsigned i = 0; i <= LINKS_MAX && lstat(path, &at) == 0; i++) {
		char target[PATH_MAX];
		if (at.st_dev == to->st_dev && at.st_ino == to->st_ino)
			return true;
		const ssize_t len = S_ISLNK(at.st_mode) ? readlink(path, target, sizeof target - 1) : -1;
		if (len <= 0)
			break;
		if (strncmp(path, "/proc/self/fd/", 14) == 0 || strncmp(path, "/dev/fd/", 8) == 0) /* what is open already, and need not have a name */
			return true;
		if (!may_lead(run, path, &at, to))
			return false;
		target[len] = 0;
		path = zs_file_beside(run->arena, path, target);
	}
	return was_replaced(run, path);
}

int zs_scan_open_zone(struct zs_run *run, const char *path, bool any_link)
{
	struct stat to, opened;
	const bool there = stat(path, &to) == 0;
	if (there && !any_link && !check_links(run, path, &to)) /* before it is opened, since some devices act then */
		return -1;
	const int fd = there ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	if (fd < 0) {
		zs_error(run, NULL, "cannot open zone file '%s': %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &opened) == 0 && opened.st_dev == to.st_dev && opened.st_ino == to.st_ino)
		return fd;
	close(fd);
	(void)!was_replaced(run, path);
	return -1;
}

static bool is_open_already(const struct zs_scan_text *text, const struct stat *stat)
{
	for (; text; text = text->parent)
		if (text->device == stat->st_dev && text->inode == stat->st_ino)
			return true;
	return false;
}

/* Was the file read before, whole, as the zone file or included by it? */
static bool was_read(const struct zs_scan *scan, const struct stat *stat)
{
	for (size_t i = 0; i < scan->zone->input_count; i++)
		if (scan->zone->input_ids[i].ino == stat->st_ino)
			return true;
	return false;
}

/* Do so many octets more still fit? */
static bool may_read(struct zs_scan *scan, const struct zs_source *where, const struct stat *stat)
{
	const uint64_t size = (uint64_t)stat->st_size;
	if (size > ZS_INCLUDE_TEXT_MAX - scan->included_len)
		return zs_error(scan->run, where, "the included files have more than %d octets together", ZS_INCLUDE_TEXT_MAX);
	if (!was_read(scan, stat))
		return true;
	if (size > ZS_INCLUDE_AGAIN_MAX - scan->included_again_len) {
		zs_error(scan->run, where, "files that are included more than once have more than %d octets together, without the first time", ZS_INCLUDE_AGAIN_MAX);
		return false;
	}
	scan->included_again_len += (size_t)size;
	return true;
}

/* path beneath scan->directory? Both are resolved, so ".." and symbolic links are seen through. */
static bool is_beneath(const struct zs_scan *scan, const char *path)
{
	const size_t len = strlen(scan->directory);
	return strncmp(path, scan->directory, len) == 0 && (path[len] == '/' || (len && scan->directory[len - 1] == '/'));
}

static bool read_included(struct zs_scan *scan, struct zs_scan_text *text, const struct zs_source *where, const char *path,
                          struct zs_scan_text *child)
{
	struct zs_run *run = scan->run;
	char resolved[PATH_MAX];
	struct stat stat;
	struct zs_file_id id;
	if (!realpath(path, resolved))
		return zs_error(run, where, "cannot open '%s': %s", path, strerror(errno));
	if (!scan->options->include_any && !scan->directory)
		return zs_error(run, where, "'%s' is not read: the zone file itself was replaced meanwhile; run again when it is complete (G15)", path);
	if (!scan->options->include_any && !is_beneath(scan, resolved)) {
		zs_error(run, where, "'%s' is not beneath the directory of the zone file", path);
		zs_hint(run, "'include: any' in the zone's section of the config lifts this");
		return false;
	}
	const int fd = zs_scan_open_resolved(resolved, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return zs_error(run, where, "cannot open '%s': %s", path, strerror(errno));
	bool ok = true;
	struct zs_input *input = zs_arena_alloc(scan->input_arena, sizeof *input);
	if (fstat(fd, &stat) != 0)
		ok = zs_error(run, where, "cannot open '%s': %s", path, strerror(errno));
	else if (is_open_already(text, &stat))
		ok = zs_error(run, where, "'%s' includes itself", path);
	ok = ok && may_read(scan, where, &stat);
	ok = ok && zs_file_read_fd(run, scan->input_arena, where, fd, path, ZS_INCLUDE_TEXT_MAX - scan->included_len, input, &id);
	close(fd);
	if (!ok || !zs_scan_refuse_secret(run, where, input) || !zs_scan_add_input(scan, input, &id, &child->input_index))
		return false;
	scan->included_len += input->len;
	child->input = input;
	child->at = input->text;
	child->end = input->text + input->len;
	child->line = 1;
	child->device = stat.st_dev;
	child->inode = stat.st_ino;
	return true;
}

/* $INCLUDE file [origin]: the origin is the included file's own; ours and the last owner come back after it. */
void zs_scan_include(struct zs_scan *scan, struct zs_scan_text *text)
{
	struct zs_run *run = scan->run;
	const struct zs_source where = zs_scan_source(scan, text, scan->token_count > 1 ? 1 : 0, 0);
	struct zs_scan_text child = { .parent = text, .depth = text->depth + 1 };
	if (scan->options->include_never) {
		zs_error(run, &where, "$INCLUDE in a signed zone file");
		return;
	}
	if (scan->token_count < 2 || scan->token_count > 3) {
		zs_error(run, &where, "$INCLUDE takes a file and an optional origin");
		return;
	}
	if (scan->include_count++ == ZS_INCLUDES_MAX) { /* files that include each other make as many as they like */
		zs_error(run, &where, "more than %d files are included; the rest of the zone is not read", ZS_INCLUDES_MAX);
		scan->stopped = true;
		return;
	}
	if (child.depth > ZS_INCLUDE_DEPTH) {
		zs_error(run, &where, "files are included more than %d deep", ZS_INCLUDE_DEPTH);
		return;
	}
	if (text->have_origin)
		zs_scan_set_origin(&child, text->origin);
	if (scan->token_count == 3) {
		struct zs_name_error error;
		const struct zs_token *t = &scan->tokens[2];
		uint8_t origin[ZS_NAME_MAX];
		if (!zs_name_parse(t->text, t->len, text->have_origin ? text->origin : NULL, origin, &error)) {
			const struct zs_source at = zs_scan_source(scan, text, 2, error.offset);
			zs_error(run, &at, "the origin has %s", error.message);
			return;
		}
		zs_scan_set_origin(&child, origin);
	}
	const char *name = zs_arena_text(run->arena, scan->tokens[1].text, scan->tokens[1].len);
	if (!read_included(scan, text, &where, zs_file_beside(run->arena, text->input->path, name), &child))
		return;
	child.owner = text->owner;
	child.have_owner = text->have_owner;
	zs_scan_text(scan, &child);
}
