/* file.h - reading files whole, identifying them, replacing them in one step.
 *
 * Files are read, not mapped: one that shrinks while it is read is an error here, never a signal.
 */
#ifndef ZS_BASE_FILE_H
#define ZS_BASE_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/run.h"

/* What tells one version of a file from another without reading it. */
struct zs_file_id {
	uint64_t size, ino;
	int64_t mtime_ns, ctime_ns;
	bool settled; /* zs_file_settled said so before the file was read; else a change right after it may not show. Not compared */
};
struct zs_file_id zs_file_id(const struct stat *stat);
/* Set *id of an open file. True, as id->settled, if every change that comes later shows in its times: the clock that stamps them has moved on
 * since the last one, and the file system is known to be local and to keep them to the nanosecond. */
ZS_MUST_CHECK bool zs_file_settled(int fd, struct zs_file_id *id);
bool zs_file_id_equal(const struct zs_file_id *a, const struct zs_file_id *b);

/* Read all of the regular file `path` (at most max octets) into *out, memory from arena. *id (may be NULL) is
 * what fstat says, equal before and after the reading (G15). Errors are reported as zs_error at *where. */
ZS_MUST_CHECK bool zs_file_read(struct zs_run *run, struct zs_arena *arena, const struct zs_source *where,
                                const char *path, size_t max, struct zs_input *out, struct zs_file_id *id);
/* The same from an open descriptor, which stays open; path is for messages. */
ZS_MUST_CHECK bool zs_file_read_fd(struct zs_run *run, struct zs_arena *arena, const struct zs_source *where, int fd,
                                   const char *path, size_t max, struct zs_input *out, struct zs_file_id *id);

/* Read `size` octets at `offset`; false with errno, which is 0 if the file ends before. */
ZS_MUST_CHECK bool zs_file_pread(int fd, void *data, size_t size, uint64_t offset);

/* A line (from 1) of an input that has marks, read anew and without its end: up to 64 KiB of it, memory from arena. NULL
 * if the file is no longer the one that was read. */
const char *zs_file_line(struct zs_arena *arena, const struct zs_input *input, uint32_t line, size_t *len);

/* All of data to fd, over interrupted and short writes. False with errno set. */
ZS_MUST_CHECK bool zs_file_write_all(int fd, const void *data, size_t len);

/* Make what was written to fd safe on disk: by fsync, or by run->sync with what others wrote. False with errno set. */
ZS_MUST_CHECK bool zs_file_sync(struct zs_run *run, int fd);
/* The same, but with run->sync only when the next sync of this run has come back: for what nothing else
 * builds on before, and on the file system of that sync. */
ZS_MUST_CHECK bool zs_file_sync_soon(struct zs_run *run, int fd);

/* Replace `name` in the directory dir_fd by data: a new file `.NAME.zonesign` (O_EXCL after unlinking a leftover,
 * mode), sync, rename, zs_file_sync_soon of the directory. shown is the path for messages. */
ZS_MUST_CHECK bool zs_file_replace(struct zs_run *run, int dir_fd, const char *name, const char *shown, mode_t mode,
                                   const void *data, size_t len);

/* The same for several files of one directory: none has its name before the contents of all are safe. The directory is
 * safe as by zs_file_sync_soon. */
struct zs_file_text {
	const char *name, *shown; /* shown: the path for messages */
	mode_t mode;
	const void *data;
	size_t len;
};
ZS_MUST_CHECK bool zs_file_replace_all(struct zs_run *run, int dir_fd, const struct zs_file_text *files, size_t count);
/* Its two steps. Written aside the contents are safe, under names that nobody looks for; placing needs no more than name and shown. */
ZS_MUST_CHECK bool zs_file_write_aside_all(struct zs_run *run, int dir_fd, const struct zs_file_text *files, size_t count);
ZS_MUST_CHECK bool zs_file_place_all(struct zs_run *run, int dir_fd, const struct zs_file_text *files, size_t count);
/* Remove one that was written aside, if it is there. */
void zs_file_remove_aside(struct zs_run *run, int dir_fd, const char *name);

/* Rename in the directory dir_fd where `to` is not there yet. False with errno: EEXIST if it is. */
ZS_MUST_CHECK bool zs_file_rename_new(int dir_fd, const char *from, const char *to);

/* Make the new file `path` of data, with mode, whole and safe on disk, or not at all. What is there already stays, whatever it is:
 * *there, and false without a diagnostic. */
ZS_MUST_CHECK bool zs_file_create(struct zs_run *run, const char *path, mode_t mode, const void *data, size_t len, bool *there);

/* Say why directory `path` cannot be opened, by errno, and who can. Returns false. */
bool zs_file_dir_failed(struct zs_run *run, const char *path);
/* Open directory `path`, making it and its parents where missing, with this mode: 0700, or 0755 where others are to read. -1 with a
 * diagnostic. */
ZS_MUST_CHECK int zs_file_open_dir(struct zs_run *run, const char *path, mode_t mode);

/* path as seen from the directory of the file base: absolute paths stay, others are joined. */
const char *zs_file_beside(struct zs_arena *arena, const char *base, const char *path);

/* The directory part of path ("." if there is none), and what follows the last slash. */
const char *zs_file_dir(struct zs_arena *arena, const char *path);
const char *zs_file_base(const char *path);

#endif
