/* place.c - the way to an output: its directory, held by descriptor, and what is there. Symbolic links are followed here, by steps of
 * our own, so that what was looked at is what is used. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "publish/publish_private.h"

enum { LINKS_MAX = 40, DIR_MODE = 0755 /* a name server of another user reads in there */ };

/* A walk. `fd` is the directory reached, `done` its path; `rest` is still to go. */
struct walk {
	struct zs_run *run;
	const char *path; /* as it was asked for */
	bool page;
	int fd;
	const char *done, *rest;
	unsigned links;
	const char *link; /* one of another user than root, of which it is not known yet what it leads to; or NULL */
	uid_t owner;      /* of that */
	size_t after;     /* octets of `rest` that follow what it leads to */
};

static bool lost(const struct walk *w)
{
	return zs_fail(w->run, "cannot find the way to '%s': %s", w->path, strerror(errno));
}

/* Root writes where a link of somebody else leads to only if that is theirs as well: else who can make a link in the directory of an
 * output could have any file of the system replaced. (As the kernel's protected_symlinks, in every directory.) */
static bool may_be_led(struct walk *w, const struct stat *to)
{
	if (!w->link || (to && strlen(w->rest) > w->after)) /* not there yet */
		return true;
	if (to && to->st_uid == w->owner) {
		w->link = NULL;
		return true;
	}
	zs_fail(w->run, "the symbolic link '%s' of user %u leads to what is not theirs: root does not follow it", w->link, w->owner);
	zs_hint(w->run, "if it is as it should be, give it to root: chown -h root '%s'", w->link);
	return false;
}

static const char *joined(const struct walk *w, const char *name)
{
	const size_t len = strlen(w->done);
	return zs_arena_printf(w->run->arena, "%s%s%s", w->done, len && w->done[len - 1] != '/' ? "/" : "", name);
}

static bool begin_at(struct walk *w, const char *rest)
{
	if (w->fd < 0 || rest[0] == '/') {
		if (w->fd >= 0)
			close(w->fd);
		w->done = rest[0] == '/' ? "/" : "";
		w->fd = open(rest[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	w->rest = rest;
	return w->fd >= 0 || lost(w);
}

static bool follow(struct walk *w, const char *name, const struct stat *status)
{
	char target[PATH_MAX];
	const ssize_t len = readlinkat(w->fd, name, target, sizeof target);
	if (len < 0)
		return lost(w);
	if (++w->links > LINKS_MAX || len == (ssize_t)sizeof target) {
		errno = ELOOP;
		return lost(w);
	}
	if (geteuid() == 0 && status->st_uid != 0) {
		if (w->link && w->owner != status->st_uid)
			return may_be_led(w, NULL);
		if (!w->link)
			w->after = strlen(w->rest);
		w->link = joined(w, name);
		w->owner = status->st_uid;
	}
	return begin_at(w, zs_arena_printf(w->run->arena, "%.*s%s%s", (int)len, target, *w->rest ? "/" : "", w->rest));
}

/* Into the directory, which is made if it is missing. */
static bool enter(struct walk *w, const char *name, bool there)
{
	struct stat status;
	if (!there && !may_be_led(w, NULL))
		return false;
	if (!there && !w->page && mkdirat(w->fd, name, DIR_MODE) != 0 && errno != EEXIST)
		return zs_fail(w->run, "cannot make directory '%s': %s", joined(w, name), strerror(errno));
	const int fd = openat(w->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return lost(w);
	close(w->fd);
	w->fd = fd;
	w->done = joined(w, name);
	return fstat(fd, &status) == 0 ? may_be_led(w, &status) : lost(w);
}

/* One step: *name is set at the last, and *there and *status with it. */
static bool step(struct walk *w, const char **name, bool *there, struct stat *status)
{
	const size_t len = strcspn(w->rest, "/");
	const char *part = zs_arena_text(w->run->arena, w->rest, len);
	w->rest += len;
	const bool last = !*w->rest;
	w->rest += strspn(w->rest, "/");
	*there = fstatat(w->fd, part, status, AT_SYMLINK_NOFOLLOW) == 0;
	if (!*there && errno != ENOENT)
		return lost(w);
	if (*there && S_ISLNK(status->st_mode))
		return follow(w, part, status);
	if (!last)
		return enter(w, part, *there);
	*name = part;
	return may_be_led(w, *there ? status : NULL);
}

static bool find(struct walk *w, struct zs_place *out)
{
	struct zs_run *run = w->run;
	struct zs_place place = { .dir_fd = -1 };
	bool ok = begin_at(w, w->path);
	while (ok && !place.name) {
		w->rest += strspn(w->rest, "/");
		ok = *w->rest ? step(w, &place.name, &place.there, &place.status) : zs_fail(run, "'%s' is a directory", w->path);
	}
	if (ok && place.there && !S_ISREG(place.status.st_mode) && (!w->page || S_ISDIR(place.status.st_mode)))
		ok = zs_fail(run, "'%s' is %s", joined(w, place.name), w->page ? "a directory" : "not a regular file");
	if (ok && (place.dir_fd = openat(w->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		ok = zs_fail(run, "cannot open the directory of '%s': %s", w->path, strerror(errno));
	if (ok) {
		place.path = joined(w, place.name);
		*out = place;
	}
	if (w->fd >= 0)
		close(w->fd);
	return ok;
}

bool zs_publish_find(struct zs_run *run, const char *path, struct zs_place *out)
{
	return find(&(struct walk){ .run = run, .path = path, .fd = -1, .done = "" }, out);
}

bool zs_publish_find_page(struct zs_run *run, const char *path, struct zs_place *out)
{
	return find(&(struct walk){ .run = run, .path = path, .page = true, .fd = -1, .done = "" }, out);
}
