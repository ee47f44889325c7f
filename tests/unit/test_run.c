/* test_run.c - diagnostics, digests and secrets of base/. */
#include "unit.h"

#include <string.h>

#include "base/hash.h"
#include "base/secret.h"

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

START_TEST(the_gravest_fault_is_the_exit_status)
{
	zs_not_yet(run, "early");
	ck_assert_int_eq(run->fault, ZS_NOT_YET);
	zs_fail(run, "disk");
	ck_assert_int_eq(run->fault, ZS_FAILED);
	zs_error(run, NULL, "input");
	zs_not_yet(run, "early");
	ck_assert_int_eq(run->fault, ZS_INPUT);
	zs_refuse(run, "G4", "chain");
	zs_warn(run, NULL, "warning");
	ck_assert_int_eq(run->fault, ZS_REFUSED);
	ck_assert_uint_eq(run->error_count, 5);
	ck_assert_uint_eq(run->warning_count, 1);
	zs_usage(run, "usage");
	ck_assert_int_eq(run->fault, ZS_USAGE);
}
END_TEST

START_TEST(a_diagnostic_shows_its_line)
{
	const struct zs_input input = { .path = "a.zone", .text = "first\r\nsec\tond\nlast", .len = 19 };
	static const char *const lines[] = { NULL, "first", "sec ond", "last", NULL };
	for (uint32_t line = 0; line < ZS_COUNT(lines); line++) {
		const struct zs_source where = { .input = &input, .line = line, .column = 2, .width = 1 };
		ck_assert(!zs_error(run, &where, "wrong %u", line));
		zs_hint(run, "try %s", "this");
		ck_assert_str_eq(run->last->path, "a.zone");
		ck_assert_str_eq(run->last->hint, "try this");
		ck_assert(lines[line] ? strcmp(run->last->excerpt, lines[line]) == 0 : !run->last->excerpt);
		ck_assert_uint_eq(run->last->excerpt_column, lines[line] ? 2 : 0);
	}
	const struct zs_input gone = { .path = "b", .text = NULL, .len = 7 };
	const struct zs_source where = { .input = &gone, .line = 1, .column = 1 };
	zs_error(run, &where, "released");
	ck_assert_ptr_null(run->last->excerpt);
}
END_TEST

START_TEST(a_hundred_diagnostics_of_a_severity_are_kept_and_the_rest_is_counted)
{
	for (int i = 0; i < 150; i++)
		zs_warn(run, NULL, "warning %d", i);
	ck_assert_uint_eq(run->warning_count, 150);
	for (int i = 0; i < 150; i++) {
		zs_error(run, NULL, "number %d", i);
		zs_hint(run, "hint %d", i);
	}
	ck_assert_uint_eq(run->error_count, 150);
	ck_assert_uint_eq(run->dropped_count, 100);
	ck_assert_str_eq(run->last->message, "number 99");
	ck_assert_str_eq(run->last->hint, "hint 99");
}
END_TEST

START_TEST(a_part_has_its_own_limit_and_its_words_outlive_it)
{
	struct zs_run *whole = zs_run_begin();
	for (int p = 0; p < 3; p++) {
		struct zs_run *part = zs_run_begin();
		part->zone_text = zs_arena_printf(part->arena, "z%d.example.", p);
		for (int i = 0; i < ZS_DIAG_MAX + p; i++)
			zs_fail(part, "failure %d", i);
		zs_hint(part, "the hint");
		zs_run_join(whole, part);
		zs_run_end(part);
	}
	unsigned count = 0;
	for (const struct zs_diag *d = whole->diags; d; d = d->next, count++) {
		ck_assert_str_eq(d->message, zs_arena_printf(whole->arena, "failure %u", count % ZS_DIAG_MAX));
		ck_assert_str_eq(d->zone_text, zs_arena_printf(whole->arena, "z%u.example.", count / ZS_DIAG_MAX));
	}
	ck_assert_uint_eq(count, 3 * ZS_DIAG_MAX);
	ck_assert_uint_eq(whole->error_count, 3 * ZS_DIAG_MAX + 3);
	ck_assert_uint_eq(whole->dropped_count, 3);
	ck_assert_int_eq(whole->fault, ZS_FAILED);
	zs_fail(whole, "of the whole");
	ck_assert_str_eq(whole->last->message, "of the whole");
	zs_run_end(whole);
}
END_TEST

START_TEST(digests_are_those_of_fips_180)
{
	uint8_t out[ZS_HASH_MAX];
	char hex[2 * ZS_HASH_MAX + 1] = { 0 };
	const struct zs_bytes abc = { (const uint8_t *)"abc", 3 };
	const struct zs_bytes pieces[] = { { (const uint8_t *)"a", 1 }, { NULL, 0 }, { (const uint8_t *)"bc", 2 } };
	ck_assert(zs_hash(run, ZS_SHA1, abc, out));
	zs_hex_encode(out, zs_hash_len(ZS_SHA1), hex);
	ck_assert_str_eq(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	ck_assert(zs_hash_pieces(run, ZS_SHA256, pieces, 3, out));
	zs_hex_encode(out, zs_hash_len(ZS_SHA256), hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	struct zs_hasher *hasher = zs_hasher_new(run, arena, ZS_SHA256);
	uint8_t again[ZS_HASH_MAX];
	zs_hasher_add(hasher, "ab", 2);
	zs_hasher_add(hasher, "c", 1);
	ck_assert(zs_hasher_end(run, hasher, again));
	ck_assert_mem_eq(again, out, 32);
}
END_TEST

static const uint8_t *watched;
static bool was_clean;

static void look(void *unused)
{
	static const uint8_t zeros[32];
	(void)unused;
	was_clean = memcmp(watched, zeros, sizeof zeros) == 0;
}

START_TEST(secrets_are_cleansed_before_their_memory_is_released)
{
	struct zs_arena *own = zs_arena_new();
	zs_arena_defer(own, look, own); /* the first deferred is the last released: it sees what the secret left */
	uint8_t *secret = zs_secret_alloc(own, 32);
	watched = secret;
	memset(secret, 0xaa, 32);
	zs_secret_cleanse(secret, 4);
	ck_assert_mem_eq(secret, "\0\0\0\0\xaa", 5);
	was_clean = false;
	zs_arena_free(own);
	ck_assert(was_clean);
}
END_TEST

ZS_SUITE(run)
{
	Suite *suite = suite_create("run");
	TCase *tcase = tcase_create("run");
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, the_gravest_fault_is_the_exit_status);
	tcase_add_test(tcase, a_diagnostic_shows_its_line);
	tcase_add_test(tcase, a_hundred_diagnostics_of_a_severity_are_kept_and_the_rest_is_counted);
	tcase_add_test(tcase, a_part_has_its_own_limit_and_its_words_outlive_it);
	tcase_add_test(tcase, digests_are_those_of_fips_180);
	tcase_add_test(tcase, secrets_are_cleansed_before_their_memory_is_released);
	suite_add_tcase(suite, tcase);
	return suite;
}
