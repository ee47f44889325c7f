/* test_file.c - files and threads of base/. */
#include "unit.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pool.h"

static struct zs_run *run;
static struct zs_arena *arena;

static void begin(void)
{
	run = zs_run_begin();
	arena = run->arena;
}

static void end(void)
{
	zs_run_end(run);
}

/* ---- files ---- */

static const char *dir;

static void begin_dir(void)
{
	begin();
	char *made = zs_arena_strdup(arena, "/tmp/zs_base_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(made));
	dir = made;
}

static const char *in_dir(const char *name)
{
	return zs_arena_printf(arena, "%s/%s", dir, name);
}

static void remove_all(const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (unlink(in_dir(names[i])) != 0)
			rmdir(in_dir(names[i]));
}

static void end_dir(void)
{
	static const char *const names[] = { "a", ".a.zonesign", "fifo", "x/y/z", "x/y", "x" };
	remove_all(names, ZS_COUNT(names));
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else was left behind */
	end();
}

static void write_file(const char *name, const char *text)
{
	const int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert(zs_file_write_all(fd, text, strlen(text)));
	close(fd);
}

START_TEST(a_file_is_read_whole_and_identified)
{
	struct zs_input input = { 0 };
	struct zs_file_id id, again;
	write_file("a", "hello");
	ck_assert(zs_file_read(run, arena, NULL, in_dir("a"), 5, &input, &id));
	ck_assert_uint_eq(input.len, 5);
	ck_assert_str_eq(input.text, "hello"); /* a NUL behind it */
	ck_assert_str_eq(input.path, in_dir("a"));
	ck_assert_uint_eq(id.size, 5);
	const int fd = open(in_dir("a"), O_RDONLY);
	ck_assert_int_eq(lseek(fd, 3, SEEK_SET), 3); /* wherever the descriptor stands */
	ck_assert(zs_file_read_fd(run, arena, NULL, fd, "shown", 5, &input, &again));
	close(fd);
	ck_assert_str_eq(input.text, "hello");
	ck_assert_str_eq(input.path, "shown");
	ck_assert(zs_file_id_equal(&id, &again));
	write_file("a", "jello");
	const struct timespec later[2] = { { .tv_sec = 1 }, { .tv_sec = 1, .tv_nsec = 7 } };
	ck_assert_int_eq(utimensat(AT_FDCWD, in_dir("a"), later, 0), 0);
	ck_assert(zs_file_read(run, arena, NULL, in_dir("a"), 5, &input, &again));
	ck_assert(!zs_file_id_equal(&id, &again));
	ck_assert_int_eq(again.mtime_ns, 1000000007);
	write_file("a", "");
	ck_assert(zs_file_read(run, arena, NULL, in_dir("a"), 0, &input, NULL));
	ck_assert_uint_eq(input.len, 0);
	ck_assert_str_eq(input.text, "");
}
END_TEST

START_TEST(times_tell_of_a_change_once_their_clock_has_moved_on)
{
	struct zs_input input = { 0 };
	struct zs_file_id id, read, again;
	struct timespec tick;
	write_file("a", "hello");
	const int fd = open(in_dir("a"), O_RDWR);
	for (int i = 0; i < 100 && !zs_file_settled(fd, &id); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	const bool local = id.settled;
	ck_assert(zs_file_read(run, arena, NULL, in_dir("a"), 5, &input, &read));
	ck_assert(zs_file_id_equal(&id, &read));
	ck_assert_int_eq(read.settled, local);
	ck_assert_int_eq(pwrite(fd, "jello", 5, 0), 5);
	ck_assert(zs_file_read(run, arena, NULL, in_dir("a"), 5, &input, &again));
	ck_assert(!local || !zs_file_id_equal(&read, &again));
	/* one that is of a time to come cannot be told from what is written then */
	ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &tick), 0);
	const struct timespec later[2] = { { .tv_sec = tick.tv_sec + 9 }, { .tv_sec = tick.tv_sec + 9 } };
	ck_assert_int_eq(futimens(fd, later), 0);
	ck_assert(zs_file_read(run, arena, NULL, in_dir("a"), 5, &input, &again));
	ck_assert(!again.settled);
	close(fd);
}
END_TEST

START_TEST(a_file_may_be_of_any_year)
{
	static const struct {
		time_t seconds;
		int64_t ns;
	} cases[] = { { -1, -999999993 }, { -315619200, -315619199999999993 }, { 16725225600, INT64_MAX }, { -16725225600, INT64_MIN } };
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct stat status = { .st_mtim = { .tv_sec = cases[i].seconds, .tv_nsec = 7 } };
		ck_assert_int_eq(zs_file_id(&status).mtime_ns, cases[i].ns);
	}
}
END_TEST

START_TEST(what_is_no_file_to_read_is_an_error_and_never_hangs)
{
	struct zs_input input = { .len = 77 };
	write_file("a", "hello");
	ck_assert_int_eq(mkfifo(in_dir("fifo"), 0600), 0);
	const struct {
		const char *path, *words;
	} cases[] = {
		{ in_dir("missing"), "No such file" }, { dir, "not a regular file" }, { in_dir("fifo"), "not a regular file" },
		{ "/dev/zero", "not a regular file" }, { in_dir("a"), "has 5 octets; at most 4 are read" },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		ck_assert(!zs_file_read(run, arena, NULL, cases[i].path, 4, &input, NULL));
		ck_assert_msg(strstr(run->last->message, cases[i].words) != NULL, "%s", run->last->message);
		ck_assert_uint_eq(input.len, 77);
	}
	ck_assert_int_eq(run->fault, ZS_INPUT);
}
END_TEST

START_TEST(a_file_is_replaced_in_one_step)
{
	struct zs_input input;
	struct stat stat_of;
	write_file("a", "old");
	write_file(".a.zonesign", "a leftover of a run that was killed");
	const int dir_fd = open(dir, O_RDONLY | O_DIRECTORY), reader = open(in_dir("a"), O_RDONLY);
	ck_assert(zs_file_replace(run, dir_fd, "a", "shown", 0640, "new one", 7));
	ck_assert(zs_file_read(run, arena, NULL, in_dir("a"), 100, &input, NULL));
	ck_assert_str_eq(input.text, "new one");
	ck_assert(zs_file_read_fd(run, arena, NULL, reader, "a", 100, &input, NULL));
	ck_assert_str_eq(input.text, "old"); /* who reads the old one goes on reading it */
	ck_assert_int_eq(stat(in_dir("a"), &stat_of), 0);
	ck_assert_uint_eq(stat_of.st_mode & 07777, 0640);
	ck_assert_int_ne(access(in_dir(".a.zonesign"), F_OK), 0);
	/* a leftover that cannot go: a directory */
	ck_assert_int_eq(mkdir(in_dir(".a.zonesign"), 0700), 0);
	ck_assert(!zs_file_replace(run, dir_fd, "a", "shown", 0640, "third", 5));
	ck_assert_int_eq(run->fault, ZS_FAILED);
	ck_assert(zs_file_read(run, arena, NULL, in_dir("a"), 100, &input, NULL));
	ck_assert_str_eq(input.text, "new one");
	close(dir_fd);
	close(reader);
}
END_TEST

START_TEST(a_link_at_the_name_aside_is_not_followed)
{
	struct zs_input input;
	write_file("x", "precious");
	ck_assert_int_eq(symlink("x", in_dir(".a.zonesign")), 0);
	const int dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert(zs_file_replace(run, dir_fd, "a", "shown", 0600, "new", 3));
	close(dir_fd);
	ck_assert(zs_file_read(run, arena, NULL, in_dir("x"), 100, &input, NULL));
	ck_assert_str_eq(input.text, "precious");
}
END_TEST

START_TEST(directories_are_made_with_their_parents)
{
	struct stat stat_of;
	for (int again = 0; again < 2; again++) {
		const int fd = zs_file_open_dir(run, in_dir("x//y/z/"), 0700);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(fstat(fd, &stat_of), 0);
		ck_assert_uint_eq(stat_of.st_mode & 07777, 0700);
		close(fd);
	}
	ck_assert_uint_eq(run->error_count, 0);
	write_file("a", "");
	ck_assert_int_eq(zs_file_open_dir(run, in_dir("a/b"), 0700), -1);
	ck_assert_int_eq(zs_file_open_dir(run, "", 0700), -1);
	ck_assert_uint_eq(run->error_count, 2);
	ck_assert_int_eq(run->fault, ZS_FAILED);
}
END_TEST

START_TEST(paths_are_joined_and_split)
{
	ck_assert_str_eq(zs_file_beside(arena, "etc/zonesign.yaml", "a/b"), "etc/a/b");
	ck_assert_str_eq(zs_file_beside(arena, "zonesign.yaml", "a"), "a");
	ck_assert_str_eq(zs_file_beside(arena, "/zonesign.yaml", "a"), "/a");
	ck_assert_str_eq(zs_file_beside(arena, "etc/zonesign.yaml", "/a"), "/a");
	ck_assert_str_eq(zs_file_dir(arena, "a"), ".");
	ck_assert_str_eq(zs_file_dir(arena, "/a"), "/");
	ck_assert_str_eq(zs_file_dir(arena, "b/c/a"), "b/c");
	ck_assert_str_eq(zs_file_base("b/c/a"), "a");
	ck_assert_str_eq(zs_file_base("a"), "a");
	ck_assert_str_eq(zs_file_base("b/"), "");
}
END_TEST

/* ---- threads ---- */

struct marks {
	atomic_uint *touched;
	atomic_uint threads;
};

static void mark(void *context, unsigned thread, size_t from, size_t to)
{
	struct marks *marks = context;
	atomic_fetch_or(&marks->threads, 1u << thread % 32);
	for (size_t i = from; i < to; i++)
		atomic_fetch_add(&marks->touched[i], 1);
}

START_TEST(each_index_is_worked_on_once)
{
	static const size_t counts[] = { 0, 1, 2, 63, 64, 65, 1000 }, slices[] = { 0, 1, 7, 64, 5000, SIZE_MAX };
	static atomic_uint touched[1000];
	for (size_t c = 0; c < ZS_COUNT(counts); c++)
		for (size_t s = 0; s < ZS_COUNT(slices); s++)
			for (unsigned threads = 0; threads < 1000; threads = threads * 4 + 1) {
				struct marks marks = { .touched = touched };
				for (size_t i = 0; i < 1000; i++)
					atomic_store(&touched[i], 0);
				zs_pool_run(threads, counts[c], slices[s], mark, &marks);
				for (size_t i = 0; i < 1000; i++)
					ck_assert_uint_eq(atomic_load(&touched[i]), i < counts[c]);
				if (counts[c] && counts[c] <= slices[s])
					ck_assert_uint_eq(atomic_load(&marks.threads), 1); /* the caller's alone */
			}
}
END_TEST

START_TEST(slices_are_small_where_there_is_little_for_many)
{
	static const struct {
		unsigned threads;
		size_t count, slice;
	} cases[] = { { 2, 0, 8 }, { 2, 8, 8 }, { 2, 9, 1 }, { 2, 84, 2 }, { 2, 256, 8 }, { 2, 1000000, 8 }, { 64, 1000, 1 }, { 0, 84, 5 } };
	for (size_t i = 0; i < ZS_COUNT(cases); i++)
		ck_assert_uint_eq(zs_pool_slice(cases[i].threads, cases[i].count, 8), cases[i].slice);
}
END_TEST

/* Index i gives i % 4 numbers: itself, and the offset at which its slice begins. */
struct gathered {
	uint32_t index, at;
};
struct gatherer {
	struct zs_buf all;
	size_t seen; /* indices, of slices in order */
};

static void gather(void *context, struct zs_buf *out, size_t from, size_t to)
{
	(void)context;
	for (size_t i = from; i < to; i++)
		for (size_t n = 0; n < i % 4; n++)
			zs_buf_add(out, &(struct gathered){ .index = (uint32_t)i }, sizeof(struct gathered));
}

static void place(void *context, size_t at, size_t from, size_t to)
{
	struct gatherer *g = context;
	ck_assert_uint_eq(g->seen, from);
	g->seen = to;
	for (size_t i = at; i < g->all.len; i += sizeof(struct gathered))
		((struct gathered *)(void *)(g->all.data + i))->at = (uint32_t)at;
}

START_TEST(what_slices_give_is_gathered_in_order)
{
	enum { COUNT = 1001, BEFORE = 16 };
	static const size_t slices[] = { 1, 10, COUNT, 5000 };
	struct zs_arena *memory = zs_arena_new();
	for (size_t s = 0; s < ZS_COUNT(slices); s++)
		for (unsigned threads = 0; threads < 1000; threads = threads * 4 + 1) {
			struct gatherer g = { .all = { .arena = memory, .max = SIZE_MAX / 2 } };
			zs_buf_add(&g.all, "0123456789abcdef", BEFORE); /* what is there stays */
			zs_pool_gather(threads, COUNT, slices[s], &g.all, gather, place, &g);
			ck_assert_uint_eq(g.seen, COUNT);
			ck_assert_mem_eq(g.all.data, "0123456789abcdef", BEFORE);
			const struct gathered *found = (const void *)(g.all.data + BEFORE);
			size_t next = 0, at = BEFORE;
			bool right = true;
			for (size_t i = 0; i < COUNT; i++) {
				if (i % slices[s] == 0)
					at = BEFORE + next * sizeof *found;
				for (size_t n = 0; n < i % 4; n++, next++)
					right = right && found[next].index == i && found[next].at == at;
			}
			ck_assert(right);
			ck_assert_uint_eq(g.all.len, BEFORE + next * sizeof *found);
		}
	struct gatherer none = { .all = { .arena = memory, .max = SIZE_MAX / 2 } }, small = { .all = { .arena = memory, .max = 100 } };
	zs_pool_gather(3, 0, 10, &none.all, gather, place, &none);
	ck_assert_uint_eq(none.all.len, 0);
	zs_pool_gather(3, COUNT, 10, &small.all, gather, NULL, &small);
	ck_assert(small.all.full);
	zs_pool_gather(1, COUNT, 10, &small.all, gather, NULL, &small);
	ck_assert(small.all.full);
	zs_arena_free(memory);
}
END_TEST

ZS_SUITE(file)
{
	Suite *suite = suite_create("file");
	TCase *files = tcase_create("files"), *threads = tcase_create("threads");
	tcase_add_checked_fixture(files, begin_dir, end_dir);
	tcase_add_test(files, a_file_is_read_whole_and_identified);
	tcase_add_test(files, a_file_may_be_of_any_year);
	tcase_add_test(files, times_tell_of_a_change_once_their_clock_has_moved_on);
	tcase_add_test(files, what_is_no_file_to_read_is_an_error_and_never_hangs);
	tcase_add_test(files, a_file_is_replaced_in_one_step);
	tcase_add_test(files, a_link_at_the_name_aside_is_not_followed);
	tcase_add_test(files, directories_are_made_with_their_parents);
	tcase_add_test(files, paths_are_joined_and_split);
	suite_add_tcase(suite, files);
	tcase_set_timeout(threads, 60);
	tcase_add_test(threads, each_index_is_worked_on_once);
	tcase_add_test(threads, what_slices_give_is_gathered_in_order);
	tcase_add_test(threads, slices_are_small_where_there_is_little_for_many);
	suite_add_tcase(suite, threads);
	return suite;
}
