/* test_reuse.c - the signature cache by whole builds: what it saves, and that nothing in it is ever believed. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "build.h"
#include "verify/verify.h"

enum { NOW = 1790000000, DAY = 86400, FILE_MAX = 1 << 20, HEAD = 64 };

/* A directory with a config, zones a.example and b.example, their states and outputs. */
static char dir[] = "/tmp/zonesign-reuse-XXXXXX";
static char path_buffer[8][256];

static const char *path(const char *name)
{
	static unsigned next;
	char *out = path_buffer[next++ % 8];
	snprintf(out, sizeof path_buffer[0], "%s/%s", dir, name);
	return out;
}

static void write_file(const char *name, const void *data, size_t len)
{
	FILE *file = fopen(path(name), "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static size_t read_file(const char *name, uint8_t *out)
{
	FILE *file = fopen(path(name), "r");
	if (!file)
		return 0;
	const size_t len = fread(out, 1, FILE_MAX, file);
	fclose(file);
	return len;
}

static void write_zone(const char *name, const char *more)
{
	char text[8192];
	snprintf(text, sizeof text, "$TTL 300\n@ SOA ns h 7 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n%s", more);
	write_file(name, text, strlen(text));
}

static void begin(const char *policy)
{
	char text[2048];
	strcpy(dir + sizeof dir - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(text, sizeof text, "state: state\npolicies: {default: {algorithm: ed25519%s}}\nzones:\n"
	         "  a.example: {file: a, output: a.signed}\n  b.example: {file: b, output: b.signed}\n", policy);
	write_file("zonesign.yaml", text, strlen(text));
	write_zone("a", "www A 192.0.2.2\nmail MX 10 ns\nsub NS ns.sub\nsub DS 1 13 2 "
	           "0000000000000000000000000000000000000000000000000000000000000000\nns.sub A 192.0.2.3\n*.w TXT \"x\"\n");
	write_zone("b", "www A 192.0.2.2\n");
}

static void end(void)
{
	char command[300];
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

struct built {
	struct zs_build_result result;
	enum zs_fault fault;
	char said[4096];
};

static struct built build(const char *zone, zs_time now, bool bench)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_config *config;
	const struct zs_build_options options = { .bench_no_verify = bench };
	struct built out = { 0 };
	run->now = now;
	run->now_given = true;
	ck_assert(zs_config_load(run, path("zonesign.yaml"), &config));
	const struct zs_zone_config *zone_config = zs_config_zone(run, config, zone);
	ck_assert_ptr_nonnull(zone_config);
	(void)!zs_build(run, config, zone_config, &options, &out.result);
	out.fault = run->fault;
	for (const struct zs_diag *d = run->diags; d; d = d->next)
		snprintf(out.said + strlen(out.said), sizeof out.said - strlen(out.said), "%s\n", d->message);
	zs_run_end(run);
	return out;
}

/* The output is a zone in which every signature verifies, without any proof. */
static void output_is_valid(const char *name, const char *apex_text, zs_time now)
{
	struct zs_run *run = zs_run_begin();
	uint8_t apex[ZS_NAME_MAX];
	struct zs_name_error error;
	struct zs_verify_result result;
	ck_assert_uint_ne(zs_name_parse(apex_text, strlen(apex_text), NULL, apex, &error), 0);
	const struct zs_verify_options options = { .apex = apex, .now = now, .strict = true };
	const int fd = open(path(name), O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_msg(zs_verify_fd(run, run->arena, fd, name, &options, &result), "%s", run->diags ? run->diags->message : "");
	close(fd);
	zs_run_end(run);
}

START_TEST(only_what_changed_is_signed_again)
{
	begin("");
	struct built first = build("a.example", NOW, false);
	ck_assert_int_eq(first.result.outcome, ZS_BUILT_PUBLISHED);
	ck_assert_uint_eq(first.result.reused_count, 0);
	write_zone("a", "www A 192.0.2.9\nmail MX 10 ns\nsub NS ns.sub\nsub DS 1 13 2 "
	           "0000000000000000000000000000000000000000000000000000000000000000\nns.sub A 192.0.2.3\n*.w TXT \"x\"\n");
	struct built second = build("a.example", NOW + 60, false);
	ck_assert_int_eq(second.result.outcome, ZS_BUILT_PUBLISHED);
	ck_assert_uint_eq(second.result.signature_count, first.result.signature_count);
	ck_assert_uint_eq(second.result.reused_count, first.result.signature_count - 3); /* SOA, the A of www, and DNSKEY always */
	output_is_valid("a.signed", "a.example", NOW + 60);
	end();
}
END_TEST

START_TEST(what_is_due_is_signed_again_and_nothing_else)
{
	begin("");
	struct built first = build("a.example", NOW, false);
	/* validity 14d, jitter up to 3d, refresh 7d: from 4d on some are due, from 7d on all */
	struct built later = build("a.example", NOW + 5 * DAY + DAY / 2, false);
	ck_assert_int_eq(later.result.outcome, ZS_BUILT_PUBLISHED);
	ck_assert_uint_gt(later.result.reused_count, 0);
	ck_assert_uint_lt(later.result.reused_count, first.result.signature_count - 1);
	output_is_valid("a.signed", "a.example", NOW + 5 * DAY + DAY / 2);
	struct built last = build("a.example", NOW + 20 * DAY, false);
	ck_assert_int_eq(last.result.outcome, ZS_BUILT_PUBLISHED);
	ck_assert_uint_eq(last.result.reused_count, 0);
	end();
}
END_TEST

START_TEST(when_nothing_changed_the_serial_stays)
{
	begin(", cds: off");
	struct built first = build("a.example", NOW, false);
	/* it is due when a DS may be given to the parent: a look, and no new zone */
	struct built due = build("a.example", first.result.next_due, false);
	ck_assert_int_eq(due.result.outcome, ZS_BUILT_NOTHING);
	ck_assert_int_eq(due.fault, ZS_DONE);
	ck_assert_int_gt(due.result.next_due, first.result.next_due);
	struct built touched = build("a.example", first.result.next_due + 1, false);
	ck_assert_int_eq(touched.result.outcome, ZS_BUILT_NOTHING);
	ck_assert_uint_eq(touched.result.serial, first.result.serial);
	end();
}
END_TEST

START_TEST(without_the_cache_all_are_made_again)
{
	begin("");
	struct built first = build("a.example", NOW, false);
	ck_assert_int_eq(unlink(path("state/a.example/signatures")), 0);
	write_zone("a", "www A 192.0.2.9\n");
	struct built second = build("a.example", NOW + 60, false);
	ck_assert_int_eq(second.fault, ZS_DONE);
	ck_assert_uint_eq(second.result.reused_count, 0);
	ck_assert_uint_lt(second.result.signature_count, first.result.signature_count);
	end();
}
END_TEST

START_TEST(the_bench_switch_leaves_output_and_state_alone)
{
	static uint8_t before[FILE_MAX], after[FILE_MAX];
	static const char *const files[] = { "a.signed", "state/a.example/state.yaml", "state/a.example/signatures" };
	begin("");
	ck_assert_int_eq(build("a.example", NOW, true).fault, ZS_INPUT); /* no keys yet */
	ck_assert_int_eq(access(path("a.signed.unverified"), F_OK), -1);
	build("a.example", NOW, false);
	for (size_t i = 0; i < ZS_COUNT(files); i++) {
		const size_t len = read_file(files[i], before);
		struct built bench = build("a.example", NOW + 60, true);
		ck_assert_int_eq(bench.result.outcome, ZS_BUILT_UNVERIFIED);
		ck_assert_uint_eq(read_file(files[i], after), len);
		ck_assert_msg(memcmp(before, after, len) == 0, "%s", files[i]);
	}
	output_is_valid("a.signed.unverified", "a.example", NOW + 60);
	end();
}
END_TEST

/* After whatever was done to the cache, the next build of a changed zone must publish a valid zone, or nothing. */
static void build_is_sound(const uint8_t *cache, size_t len, unsigned *refused, unsigned *reused)
{
	static uint8_t before[FILE_MAX], after[FILE_MAX];
	static unsigned version;
	char more[100];
	write_file("state/a.example/signatures", cache, len);
	const size_t before_len = read_file("a.signed", before);
	snprintf(more, sizeof more, "www A 192.0.2.2\nx%u A 192.0.2.4\n*.w TXT \"x\"\n", version++ % 3);
	write_zone("a", more);
	const struct built b = build("a.example", NOW + 60 + version, false);
	*refused += b.fault != ZS_DONE;
	*reused += b.result.reused_count != 0;
	if (b.fault == ZS_DONE) {
		output_is_valid("a.signed", "a.example", NOW + 60 + version);
		return;
	}
	ck_assert_uint_eq(read_file("a.signed", after), before_len);
	ck_assert(memcmp(before, after, before_len) == 0);
	/* refused once: without the cache, which is gone, the next one is good */
	ck_assert_int_eq(build("a.example", NOW + 60 + version, false).fault, ZS_DONE);
}

static void mend_checksum(uint8_t *cache, size_t len)
{
	struct zs_run *run = zs_run_begin();
	uint8_t inner[ZS_HASH_MAX], outer[ZS_HASH_MAX];
	ck_assert_uint_lt(len, 1 << 20); /* one chunk */
	ck_assert(zs_hash(run, ZS_SHA256, (struct zs_bytes){ cache + HEAD, len - HEAD }, inner));
	ck_assert(zs_hash(run, ZS_SHA256, (struct zs_bytes){ inner, 32 }, outer));
	memcpy(cache + 32, outer, 32);
	zs_run_end(run);
}

START_TEST(a_flipped_bit_anywhere_is_noticed)
{
	static uint8_t cache[FILE_MAX];
	unsigned refused = 0, reused = 0;
	begin("");
	build("a.example", NOW, false);
	const size_t len = read_file("state/a.example/signatures", cache);
	ck_assert_uint_gt(len, 500);
	for (size_t i = 0; i < len; i += 3) {
		cache[i] ^= (uint8_t)(1 << i % 8);
		build_is_sound(cache, len, &refused, &reused);
		cache[i] ^= (uint8_t)(1 << i % 8);
	}
	ck_assert_uint_eq(refused, 0);
	ck_assert_uint_eq(reused, 0);
	build_is_sound(cache, len, &refused, &reused);
	ck_assert_uint_eq(reused, 1); /* as it was, it is good */
	end();
}
END_TEST

START_TEST(a_forged_checksum_does_not_help)
{
	static uint8_t cache[FILE_MAX], forged[FILE_MAX];
	unsigned refused = 0, reused = 0;
	begin("");
	build("a.example", NOW, false);
	const size_t len = read_file("state/a.example/signatures", cache);
	for (size_t i = HEAD; i < len; i += 5) {
		memcpy(forged, cache, len);
		forged[i] ^= (uint8_t)(1 << i % 8);
		mend_checksum(forged, len);
		build_is_sound(forged, len, &refused, &reused);
	}
	ck_assert_uint_gt(refused, 0); /* signatures and times that are wrong; verify/ sees them */
	ck_assert_uint_gt(reused, 0);
	end();
}
END_TEST

START_TEST(a_truncated_or_foreign_cache_is_left_aside)
{
	static uint8_t cache[FILE_MAX];
	unsigned refused = 0, reused = 0;
	begin("");
	build("a.example", NOW, false);
	size_t len = read_file("state/a.example/signatures", cache);
	for (size_t cut = 0; cut < len; cut += 7) {
		build_is_sound(cache, cut, &refused, &reused);
		if (cut < HEAD)
			continue;
		mend_checksum(cache, cut);
		build_is_sound(cache, cut, &refused, &reused);
	}
	ck_assert_uint_eq(refused, 0);
	struct built other = build("b.example", NOW, false);
	ck_assert_int_eq(other.fault, ZS_DONE);
	len = read_file("state/b.example/signatures", cache);
	write_file("state/a.example/signatures", cache, len);
	write_zone("a", "y A 192.0.2.4\n");
	other = build("a.example", NOW + 5000, false);
	ck_assert_int_eq(other.fault, ZS_DONE);
	ck_assert_uint_eq(other.result.reused_count, 0);
	ck_assert_msg(strstr(other.said, "another zone"), "%s", other.said);
	end();
}
END_TEST

ZS_SUITE(reuse)
{
	Suite *suite = suite_create("reuse");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 120);
	tcase_add_test(all, only_what_changed_is_signed_again);
	tcase_add_test(all, what_is_due_is_signed_again_and_nothing_else);
	tcase_add_test(all, when_nothing_changed_the_serial_stays);
	tcase_add_test(all, without_the_cache_all_are_made_again);
	tcase_add_test(all, the_bench_switch_leaves_output_and_state_alone);
	tcase_add_test(all, a_flipped_bit_anywhere_is_noticed);
	tcase_add_test(all, a_forged_checksum_does_not_help);
	tcase_add_test(all, a_truncated_or_foreign_cache_is_left_aside);
	suite_add_tcase(suite, all);
	return suite;
}
