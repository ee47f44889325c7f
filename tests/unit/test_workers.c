/* test_workers.c - jobs in processes and in lanes: each is done once, and one that dies takes no other with it. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/workers.h"
#include "dns/name.h"

enum { JOBS = 300 };

struct seen {
	int done[JOBS], status[JOBS];
	unsigned dies_from, dies_to; /* jobs that end their process */
	unsigned dies_each;          /* and each so-manieth; 0: none */
	bool by_signal;
	size_t large;                /* octets of a result */
	int fd;                      /* to sync, or -1 */
	bool in_lane, alone;         /* alone: without a group */
};

static void work(void *context, struct zs_group *group, size_t job, struct zs_buf *result)
{
	struct seen *seen = context;
	ck_assert(!seen->in_lane); /* one lane runs at a time; this is the worker's own copy */
	seen->in_lane = true;
	if (seen->alone && group)
		_exit(8);
	if (seen->fd >= 0) {
		seen->in_lane = false;
		if (!(group ? zs_group_sync(group, seen->fd) : fsync(seen->fd) == 0))
			_exit(9);
		seen->in_lane = true;
	}
	if ((job >= seen->dies_from && job < seen->dies_to) || (seen->dies_each && job % seen->dies_each == 0)) {
		if (seen->by_signal)
			raise(SIGKILL);
		_exit(7);
	}
	for (size_t i = 0; i <= seen->large; i++)
		zs_buf_octet(result, (uint8_t)(job + i));
	seen->in_lane = false;
}

static void done(void *context, size_t job, int status, struct zs_bytes result)
{
	struct seen *seen = context;
	seen->done[job]++;
	seen->status[job] = status;
	if (status)
		return;
	ck_assert_uint_eq(result.len, seen->large + 1);
	size_t wrong = 0;
	for (size_t i = 0; i < result.len; i++)
		wrong += result.data[i] != (uint8_t)(job + i);
	ck_assert_uint_eq(wrong, 0);
}

static void run_jobs(struct seen *seen, unsigned processes, unsigned lanes, size_t count)
{
	struct zs_run *run = zs_run_begin();
	seen->alone = lanes == 1;
	const struct zs_workers workers = { processes, lanes, count, work, done, seen };
	ck_assert(zs_workers_run(run, &workers));
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(seen->done[i], 1);
	zs_run_end(run);
}

/* A file in memory: what is tested is who waits for whom. */
static int open_scratch(void)
{
	const int fd = memfd_create("scratch", MFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(every_job_is_done_once)
{
	static const unsigned processes[] = { 1, 2, 3, 8 }, lanes[] = { 1, 2, 64 };
	for (size_t p = 0; p < ZS_COUNT(processes); p++)
		for (size_t l = 0; l < ZS_COUNT(lanes); l++) {
			struct seen seen = { .fd = open_scratch() };
			run_jobs(&seen, processes[p], lanes[l], lanes[l] == 1 ? 20 : JOBS);
			close(seen.fd);
		}
	struct seen none = { .fd = -1 };
	run_jobs(&none, 4, 4, 0);
	run_jobs(&none, 4, 4, 1);
}
END_TEST

START_TEST(large_results_come_whole)
{
	struct seen seen = { .fd = -1, .large = 300000 };
	run_jobs(&seen, 2, 4, 40);
}
END_TEST

START_TEST(a_job_that_dies_takes_no_other_with_it)
{
	static const unsigned lanes[] = { 1, 16 };
	for (int by_signal = 0; by_signal < 2; by_signal++)
		for (size_t l = 0; l < ZS_COUNT(lanes); l++) {
			struct seen seen = { .fd = open_scratch(), .dies_from = 100, .dies_to = 103, .by_signal = by_signal };
			run_jobs(&seen, 2, lanes[l], JOBS);
			for (unsigned i = 0; i < JOBS; i++) {
				const int status = seen.status[i];
				if (i < 100 || i > 102)
					ck_assert_int_eq(status, 0);
				else
					ck_assert(by_signal ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
					                    : WIFEXITED(status) && WEXITSTATUS(status) == 7);
			}
			close(seen.fd);
		}
}
END_TEST

START_TEST(all_jobs_may_die)
{
	struct seen seen = { .fd = -1, .dies_to = JOBS };
	run_jobs(&seen, 3, 8, 60);
	for (unsigned i = 0; i < 60; i++)
		ck_assert_int_ne(seen.status[i], 0);
}
END_TEST

START_TEST(a_place_may_see_very_many_deaths)
{
	for (unsigned processes = 1; processes <= 2; processes++) {
		struct seen seen = { .fd = open_scratch(), .dies_each = 3, .by_signal = true };
		run_jobs(&seen, processes, 8, JOBS);
		for (unsigned i = 0; i < JOBS; i++)
			ck_assert_int_eq(seen.status[i] != 0, i % 3 == 0);
		close(seen.fd);
	}
}
END_TEST

/* In one process: a lane that waits lets others run, and its file is safe when it goes on. */
struct lanes {
	size_t next, count;
	unsigned inside, most, failed;
	int fd, bad_from;
};

static bool next_lane(void *context, size_t *job)
{
	struct lanes *lanes = context;
	*job = lanes->next;
	return lanes->next++ < lanes->count;
}

static void wait_in_lane(void *context, struct zs_group *group, size_t job)
{
	struct lanes *lanes = context;
	lanes->inside++;
	lanes->most = lanes->inside > lanes->most ? lanes->inside : lanes->most;
	for (int i = 0; i < 3; i++) {
		errno = 0;
		const bool bad = (int)job >= lanes->bad_from;
		if ((group ? zs_group_sync(group, bad ? 9999 : lanes->fd) : fsync(bad ? 9999 : lanes->fd) == 0) == bad)
			lanes->failed++;
		if (bad && errno != EBADF)
			lanes->failed++;
	}
	lanes->inside--;
}

START_TEST(lanes_wait_together)
{
	static const unsigned widths[] = { 1, 2, 7, 32 };
	for (size_t i = 0; i < ZS_COUNT(widths); i++) {
		struct lanes lanes = { .count = 200, .fd = open_scratch(), .bad_from = 190 };
		const struct zs_group_jobs jobs = { next_lane, wait_in_lane, &lanes };
		zs_group_run(widths[i], &jobs);
		ck_assert_uint_eq(lanes.failed, 0);
		ck_assert_uint_eq(lanes.inside, 0);
		ck_assert_uint_eq(lanes.next, 201);
		ck_assert_uint_le(lanes.most, widths[i]);
		if (widths[i] > 2) /* two: each flies at once */
			ck_assert_uint_gt(lanes.most, 1);
		close(lanes.fd);
	}
}
END_TEST

static bool count_sync(void *context, int fd)
{
	(void)fd;
	++*(unsigned *)context;
	return true;
}

START_TEST(files_of_one_directory_are_replaced_after_one_sync)
{
	struct zs_run *run = zs_run_begin();
	char dir[] = "/tmp/zonesign-unit-XXXXXX", text[8] = "";
	unsigned syncs = 0;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	const int fd = open(dir, O_RDONLY | O_DIRECTORY);
	const struct zs_file_text files[] = { { "a", "a", 0600, "one", 3 }, { "b", "b", 0644, "two", 3 } };
	run->sync = count_sync;
	run->sync_context = &syncs;
	ck_assert(zs_file_replace_all(run, fd, files, 2));
	ck_assert_uint_eq(syncs, 1);
	for (int i = 0; i < 2; i++) {
		const int in = openat(fd, files[i].name, O_RDONLY);
		ck_assert_int_eq(read(in, text, sizeof text), 3);
		ck_assert_int_eq(memcmp(text, files[i].data, 3), 0);
		close(in);
		unlinkat(fd, files[i].name, 0);
	}
	close(fd);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else is in it */
	zs_run_end(run);
}
END_TEST

/* Machines share a fleet by these numbers, so they never change. */
START_TEST(shards_are_stable)
{
	static const struct {
		const char *name;
		uint32_t of4, of10;
	} vectors[] = {
		{ ".", 4, 6 },
		{ "example.com.", 3, 1 },
		{ "EXAMPLE.com.", 3, 1 },
		{ "xn--bcher-kva.example.", 3, 9 },
		{ "2.0.192.in-addr.arpa.", 3, 7 },
	};
	ck_assert(zs_fnv1a("", 0) == 0xcbf29ce484222325U);      /* the vectors of the draft */
	ck_assert(zs_fnv1a("a", 1) == 0xaf63dc4c8601ec8cU);
	ck_assert(zs_fnv1a("foobar", 6) == 0x85944171f73967e8U);
	for (size_t i = 0; i < ZS_COUNT(vectors); i++) {
		uint8_t name[ZS_NAME_MAX];
		struct zs_name_error error;
		ck_assert_uint_gt(zs_name_parse(vectors[i].name, strlen(vectors[i].name), NULL, name, &error), 0);
		ck_assert_uint_eq(zs_name_shard(name, 1), 1);
		ck_assert_uint_eq(zs_name_shard(name, 4), vectors[i].of4);
		ck_assert_uint_eq(zs_name_shard(name, 10), vectors[i].of10);
	}
}
END_TEST

/* One digest signed by several processes: a random number that two of them have in common tells the private key. */
enum { SIGNATURES = 64, HALF = 32 };

struct signing {
	EVP_PKEY_CTX *context;
	uint8_t halves[SIGNATURES][HALF]; /* r of each */
	size_t count;
};

static void sign(void *context, struct zs_group *group, size_t job, struct zs_buf *result)
{
	static const uint8_t digest[HALF] = "what both have to sign";
	const struct signing *signing = context;
	uint8_t der[128];
	size_t len = sizeof der;
	(void)group, (void)job;
	if (EVP_PKEY_sign(signing->context, der, &len, digest, sizeof digest) == 1)
		zs_buf_add(result, der, len);
}

static void keep_half(void *context, size_t job, int status, struct zs_bytes result)
{
	struct signing *signing = context;
	uint8_t *half = signing->halves[job];
	ck_assert_int_eq(status, 0);
	ck_assert_uint_gt(result.len, 8);
	size_t len = result.data[3]; /* SEQUENCE, length, INTEGER, length, r */
	const uint8_t *r = result.data + 4;
	ck_assert_uint_gt(result.len, 4 + len);
	if (len > HALF) { /* keeps the sign */
		r++;
		len--;
	}
	ck_assert_uint_le(len, HALF);
	memcpy(half + HALF - len, r, len);
	for (size_t i = 0; i < SIGNATURES; i++)
		ck_assert(i == job || memcmp(signing->halves[i], half, HALF) != 0);
	signing->count++;
}

START_TEST(no_two_processes_sign_with_one_random_number)
{
	struct zs_run *run = zs_run_begin();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct signing signing = { .context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) };
	uint8_t der[128];
	size_t len = sizeof der;
	ck_assert_int_eq(EVP_PKEY_sign_init(signing.context), 1);
	/* the generator is at work already when the processes begin */
	ck_assert_int_eq(EVP_PKEY_sign(signing.context, der, &len, signing.halves[0], HALF), 1);
	const struct zs_workers workers = { .job_count = SIGNATURES, .processes = 4, .lanes = 2, .work = sign, .done = keep_half, .context = &signing };
	ck_assert(zs_workers_run(run, &workers));
	ck_assert_uint_eq(signing.count, SIGNATURES);
	EVP_PKEY_CTX_free(signing.context);
	EVP_PKEY_free(key);
	zs_run_end(run);
}
END_TEST

ZS_SUITE(workers)
{
	Suite *suite = suite_create("workers");
	TCase *cases = tcase_create("workers");
	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, every_job_is_done_once);
	tcase_add_test(cases, large_results_come_whole);
	tcase_add_test(cases, a_job_that_dies_takes_no_other_with_it);
	tcase_add_test(cases, all_jobs_may_die);
	tcase_add_test(cases, a_place_may_see_very_many_deaths);
	tcase_add_test(cases, lanes_wait_together);
	tcase_add_test(cases, files_of_one_directory_are_replaced_after_one_sync);
	tcase_add_test(cases, no_two_processes_sign_with_one_random_number);
	tcase_add_test(cases, shards_are_stable);
	suite_add_tcase(suite, cases);
	return suite;
}
