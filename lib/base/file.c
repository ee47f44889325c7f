/* file.c - reading files whole, replacing them in one step. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* A file may be of any year; beyond 1677 and 2262 all times are one, and the first or last that there is. */
static int64_t nanoseconds(const struct timespec *t)
{
	int64_t ns;
	if (__builtin_mul_overflow((int64_t)t->tv_sec, (int64_t)1000000000, &ns) || __builtin_add_overflow(ns, (int64_t)t->tv_nsec, &ns))
		return t->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return ns;
}

struct zs_file_id zs_file_id(const struct stat *stat)
{
	return (struct zs_file_id){
		.size = (uint64_t)stat->st_size,
		.ino = (uint64_t)stat->st_ino,
		.mtime_ns = nanoseconds(&stat->st_mtim),
		.ctime_ns = nanoseconds(&stat->st_ctim),
	};
}

/* The identity by the stat values of an open file, which were just taken. */
static struct zs_file_id settled_id(int fd, const struct stat *stat)
{
	static const uint32_t local[] = { 0xef53 /* ext */, 0x58465342 /* xfs */, 0x9123683e /* btrfs */, 0x01021994 /* tmpfs */,
		                          0xf2f52010 /* f2fs */, 0x2fc12fc1 /* zfs */ };
	struct zs_file_id id = zs_file_id(stat);
	struct statfs fs;
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0 || nanoseconds(&now) <= id.mtime_ns || nanoseconds(&now) <= id.ctime_ns || fstatfs(fd, &fs) != 0)
		return id;
	for (size_t i = 0; i < ZS_COUNT(local); i++)
		if ((uint32_t)fs.f_type == local[i])
			id.settled = true;
	return id;
}

bool zs_file_settled(int fd, struct zs_file_id *id)
{
	struct stat stat;
	*id = (struct zs_file_id){ 0 };
	if (fstat(fd, &stat) == 0)
		*id = settled_id(fd, &stat);
	return id->settled;
}

bool zs_file_id_equal(const struct zs_file_id *a, const struct zs_file_id *b)
{
	return a->size == b->size && a->ino == b->ino && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

bool zs_file_pread(int fd, void *data, size_t size, uint64_t offset)
{
	size_t have = 0;
	while (have < size) {
		const ssize_t n = pread(fd, (char *)data + have, size - have, (off_t)(offset + have));
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = 0;
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

/* The offset of a line: from the last mark before it, newline by newline. */
static bool find_line(int fd, const struct zs_input *input, uint32_t line, char *block, size_t room, uint64_t *offset)
{
	size_t mark = input->mark_count;
	while (mark && input->marks[mark - 1].line > line)
		mark--;
	*offset = mark ? input->marks[mark - 1].offset : 0;
	uint32_t at = mark ? input->marks[mark - 1].line : 1;
	while (at < line) {
		const size_t size = input->size - *offset < room ? (size_t)(input->size - *offset) : room;
		if (!size || !zs_file_pread(fd, block, size, *offset))
			return false;
		const char *p = block, *end = block + size;
		while (at < line && p && (p = memchr(p, '\n', (size_t)(end - p)))) {
			p++;
			at++;
		}
		*offset += p ? (size_t)(p - block) : size;
	}
	return true;
}

const char *zs_file_line(struct zs_arena *arena, const struct zs_input *input, uint32_t line, size_t *len)
{
	enum { ROOM = 64 * 1024 };
	struct stat stat;
	uint64_t offset;
	const int fd = open(input->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	char *block = zs_arena_alloc(arena, ROOM);
	bool ok = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && (uint64_t)stat.st_ino == input->ino
	       && (uint64_t)stat.st_size == input->size && find_line(fd, input, line, block, ROOM, &offset);
	const size_t size = !ok ? 0 : input->size - offset < ROOM ? (size_t)(input->size - offset) : ROOM;
	ok = ok && zs_file_pread(fd, block, size, offset);
	close(fd);
	if (!ok) {
		zs_arena_release(arena, block, ROOM);
		return NULL;
	}
	const char *newline = memchr(block, '\n', size);
	*len = newline ? (size_t)(newline - block) : size;
	const char *copy = zs_arena_text(arena, block, *len);
	zs_arena_release(arena, block, ROOM);
	return copy;
}

bool zs_file_read_fd(struct zs_run *run, struct zs_arena *arena, const struct zs_source *where, int fd,
                     const char *path, size_t max, struct zs_input *out, struct zs_file_id *id)
{
	struct stat before, after;
	if (fstat(fd, &before) != 0)
		return zs_error(run, where, "cannot read '%s': %s", path, strerror(errno));
	if (!S_ISREG(before.st_mode))
		return zs_error(run, where, "'%s' is not a regular file", path);
	if ((uint64_t)before.st_size > max)
		return zs_error(run, where, "'%s' has %lld octets; at most %zu are read", path, (long long)before.st_size,
		                max);
	const struct zs_file_id first = id ? settled_id(fd, &before) : zs_file_id(&before);
	const size_t size = (size_t)before.st_size;
	char *text = zs_arena_alloc(arena, size + 1);
	if (!zs_file_pread(fd, text, size, 0)) {
		const int error = errno;
		zs_arena_release(arena, text, size + 1);
		return zs_error(run, where, "cannot read '%s': %s", path, error ? strerror(error) : "it shrank while it was read");
	}
	if (fstat(fd, &after) != 0)
		return zs_error(run, where, "cannot read '%s': %s", path, strerror(errno));
	struct zs_file_id second = zs_file_id(&after);
	if (first.size != second.size || first.mtime_ns != second.mtime_ns)
		return zs_error(run, where, "'%s' changed while it was read; run again when it is complete (G15)", path);
	*out = (struct zs_input){ .path = zs_arena_strdup(arena, path), .text = text, .len = size };
	if (id) {
		second.settled = first.settled && zs_file_id_equal(&first, &second);
		*id = second;
	}
	return true;
}

bool zs_file_read(struct zs_run *run, struct zs_arena *arena, const struct zs_source *where, const char *path,
                  size_t max, struct zs_input *out, struct zs_file_id *id)
{
	/* O_NONBLOCK: a FIFO in place of a file must not hang the run; fstat refuses it */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return zs_error(run, where, "cannot open '%s': %s", path, strerror(errno));
	const bool ok = zs_file_read_fd(run, arena, where, fd, path, max, out, id);
	close(fd);
	return ok;
}

bool zs_file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	while (len) {
		const ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool zs_file_sync(struct zs_run *run, int fd)
{
	return run->sync ? run->sync(run->sync_context, fd) : fsync(fd) == 0;
}

bool zs_file_sync_soon(struct zs_run *run, int fd)
{
	return run->sync || fsync(fd) == 0;
}

/* The file aside, its contents written but not yet safe: its descriptor, or -1 with a diagnostic. */
static int write_aside(struct zs_run *run, int dir_fd, const struct zs_file_text *file, const char *aside)
{
	if (unlinkat(dir_fd, aside, 0) != 0 && errno != ENOENT) {
		zs_fail(run, "cannot remove a leftover of '%s': %s", file->shown, strerror(errno));
		return -1;
	}
	const int fd = openat(dir_fd, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0 && zs_file_write_all(fd, file->data, file->len) && fchmod(fd, file->mode) == 0)
		return fd;
	zs_fail(run, "cannot write '%s': %s", file->shown, strerror(errno));
	if (fd >= 0) {
		unlinkat(dir_fd, aside, 0);
		close(fd);
	}
	return -1;
}

/* With run->sync the first wait makes all of them safe, so that the others need none. */
static bool sync_written(struct zs_run *run, const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(i ? zs_file_sync_soon(run, fds[i]) : zs_file_sync(run, fds[i])))
			return false;
	return true;
}

static const char *aside_of(struct zs_run *run, const char *name)
{
	return zs_arena_printf(run->arena, ".%s.zonesign", name);
}

void zs_file_remove_aside(struct zs_run *run, int dir_fd, const char *name)
{
	(void)unlinkat(dir_fd, aside_of(run, name), 0);
}

bool zs_file_write_aside_all(struct zs_run *run, int dir_fd, const struct zs_file_text *files, size_t count)
{
	int *fds = zs_arena_array(run->arena, count, sizeof *fds);
	size_t written = 0;
	for (; written < count; written++) {
		fds[written] = write_aside(run, dir_fd, &files[written], aside_of(run, files[written].name));
		if (fds[written] < 0)
			break;
	}
	bool ok = written == count;
	if (ok && !sync_written(run, fds, count))
		ok = zs_fail(run, "cannot sync '%s': %s", files[0].shown, strerror(errno));
	for (size_t i = 0; i < written; i++)
		if (close(fds[i]) != 0 && ok)
			ok = zs_fail(run, "cannot write '%s': %s", files[i].shown, strerror(errno));
	for (size_t i = 0; !ok && i < written; i++)
		zs_file_remove_aside(run, dir_fd, files[i].name);
	return ok;
}

bool zs_file_place_all(struct zs_run *run, int dir_fd, const struct zs_file_text *files, size_t count)
{
	bool ok = true;
	for (size_t i = 0; i < count && ok; i++)
		if (renameat(dir_fd, aside_of(run, files[i].name), dir_fd, files[i].name) != 0)
			ok = zs_fail(run, "cannot write '%s': %s", files[i].shown, strerror(errno));
	for (size_t i = 0; !ok && i < count; i++)
		zs_file_remove_aside(run, dir_fd, files[i].name);
	if (ok && !zs_file_sync_soon(run, dir_fd))
		return zs_fail(run, "cannot sync the directory of '%s': %s", files[0].shown, strerror(errno));
	return ok;
}

bool zs_file_replace_all(struct zs_run *run, int dir_fd, const struct zs_file_text *files, size_t count)
{
	return zs_file_write_aside_all(run, dir_fd, files, count) && zs_file_place_all(run, dir_fd, files, count);
}

bool zs_file_replace(struct zs_run *run, int dir_fd, const char *name, const char *shown, mode_t mode,
                     const void *data, size_t len)
{
	const struct zs_file_text file = { .name = name, .shown = shown, .mode = mode, .data = data, .len = len };
	return zs_file_replace_all(run, dir_fd, &file, 1);
}

static bool is_same(int dir_fd, const char *a, const char *b)
{
	struct stat one, other;
	return fstatat(dir_fd, a, &one, AT_SYMLINK_NOFOLLOW) == 0 && fstatat(dir_fd, b, &other, AT_SYMLINK_NOFOLLOW) == 0
	    && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool zs_file_rename_new(int dir_fd, const char *from, const char *to)
{
	if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) == 0)
		return true;
	/* a file system that has no such rename; and two names that were left when the second step was not reached */
	if (((errno == EINVAL || errno == ENOSYS) && linkat(dir_fd, from, dir_fd, to, 0) == 0) || (errno == EEXIST && is_same(dir_fd, from, to)))
		return unlinkat(dir_fd, from, 0) == 0;
	return false;
}

bool zs_file_create(struct zs_run *run, const char *path, mode_t mode, const void *data, size_t len, bool *there)
{
	const struct zs_file_text file = { .name = zs_file_base(path), .shown = path, .mode = mode, .data = data, .len = len };
	const char *aside = aside_of(run, file.name);
	struct stat stat;
	*there = lstat(path, &stat) == 0;
	if (*there)
		return false;
	const int dir = open(zs_file_dir(run->arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return zs_fail(run, "cannot write '%s': %s", path, strerror(errno));
	const int fd = write_aside(run, dir, &file, aside);
	bool ok = fd >= 0 && fsync(fd) == 0;
	ok = (fd < 0 || close(fd) == 0) && ok;
	const bool placed = ok && zs_file_rename_new(dir, aside, file.name);
	ok = placed && fsync(dir) == 0;
	const int error = errno;
	if (!ok && fd >= 0)
		(void)unlinkat(dir, placed ? file.name : aside, 0);
	close(dir);
	*there = !ok && !placed && fd >= 0 && error == EEXIST;
	if (!ok && !*there && fd >= 0)
		zs_fail(run, "cannot write '%s': %s", path, strerror(error));
	return ok;
}

/* A directory that is made is safe with its parent: keys are to be in it. */
static bool make_dir(struct zs_run *run, const char *path, mode_t mode)
{
	if (mkdir(path, mode) != 0)
		return errno == EEXIST || zs_fail(run, "cannot make directory '%s': %s", path, strerror(errno));
	const int parent = open(zs_file_dir(run->arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool ok = parent < 0 || zs_file_sync_soon(run, parent); /* who may write in there need not be able to read it */
	if (!ok)
		zs_fail(run, "cannot sync the directory of '%s': %s", path, strerror(errno));
	if (parent >= 0)
		close(parent);
	return ok;
}

bool zs_file_dir_failed(struct zs_run *run, const char *path)
{
	const int error = errno;
	zs_fail(run, "cannot open directory '%s': %s", path, strerror(error));
	if (error == EACCES)
		zs_hint(run, "it, or one above it, is closed to user %u: run zonesign as the user that it belongs to, or give it to this one (chown -R)", geteuid());
	return false;
}

int zs_file_open_dir(struct zs_run *run, const char *path, mode_t mode)
{
	const int there = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (there >= 0 || errno != ENOENT)
		return there >= 0 ? there : (zs_file_dir_failed(run, path), -1);
	char *part = zs_arena_strdup(run->arena, path);
	for (char *p = part; *p; p++) {
		if (*p != '/' || p == part)
			continue;
		*p = 0;
		if (!make_dir(run, part, mode))
			return -1;
		*p = '/';
	}
	if (!make_dir(run, path, mode))
		return -1;
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		zs_fail(run, "cannot open directory '%s': %s", path, strerror(errno));
	return fd;
}

const char *zs_file_dir(struct zs_arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return ".";
	return zs_arena_text(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

const char *zs_file_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *zs_file_beside(struct zs_arena *arena, const char *base, const char *path)
{
	const char *slash = strrchr(base, '/');
	if (path[0] == '/' || !slash)
		return zs_arena_strdup(arena, path);
	return zs_arena_printf(arena, "%.*s%s", (int)(slash - base + 1), base, path);
}
