/* test_base.c - arena, buffers, encodings, text, time: what every stage stands on. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/pages.h"
#include "base/run.h"
#include "base/text.h"

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

/* ---- arena ---- */

/* An assertion is a message to the process that waits for the test: too slow for each octet of a block. */
static bool all_are(const void *block, size_t size, unsigned char octet)
{
	const unsigned char *octets = block;
	for (size_t i = 0; i < size; i++)
		if (octets[i] != octet)
			return false;
	return true;
}

START_TEST(blocks_are_zeroed_aligned_and_distinct)
{
	char *last = NULL;
	for (size_t size = 0; size < 300; size++) {
		char *block = zs_arena_alloc(arena, size);
		ck_assert_uint_eq((uintptr_t)block % 16, 0);
		ck_assert_ptr_ne(block, last);
		ck_assert(all_are(block, size, 0));
		memset(block, 0xff, size);
		last = block;
	}
	char *large = zs_arena_alloc(arena, 1 << 20);
	ck_assert_uint_eq((uintptr_t)large % 16, 0);
	ck_assert(all_are(large, 1 << 20, 0));
}
END_TEST

START_TEST(growing_keeps_the_content_across_64_KiB)
{
	size_t size = 3;
	unsigned char *block = zs_arena_grow(arena, NULL, 0, size);
	for (size_t i = 0; i < size; i++)
		block[i] = (unsigned char)(i * 7);
	while (size < 1 << 20) {
		const size_t grown = size * 3;
		void *other = zs_arena_alloc(arena, 70000); /* neighbours in the list of large blocks */
		block = zs_arena_grow(arena, block, size, grown);
		for (size_t i = size; i < grown; i++)
			block[i] = (unsigned char)(i * 7);
		bool kept = true;
		for (size_t i = 0; i < grown; i++)
			kept = kept && block[i] == (unsigned char)(i * 7);
		ck_assert(kept);
		zs_arena_release(arena, other, 70000);
		size = grown;
	}
	zs_arena_release(arena, block, size);
	zs_arena_release(arena, NULL, 0);
}
END_TEST

START_TEST(pages_begin_at_a_unit_and_keep_what_they_have_when_they_move)
{
	const size_t unit = ZS_PAGES_UNIT;
	ck_assert_uint_eq(zs_pages_size(1), unit);
	ck_assert_uint_eq(zs_pages_size(unit), unit);
	ck_assert_uint_eq(zs_pages_size(unit + 1), 2 * unit);
	ck_assert_uint_eq(zs_pages_size(SIZE_MAX), 0);
	ck_assert_ptr_null(zs_pages_new(SIZE_MAX / unit / 2 * unit));
	unsigned char *block = zs_pages_new(2 * unit);
	ck_assert_ptr_nonnull(block);
	ck_assert(all_are(block, 2 * unit, 0));
	memset(block, 0xa5, 2 * unit);
	bool moved = false;
	for (size_t units = 2; units < 64 && !moved; units *= 2) { /* something will be in the way */
		unsigned char *other = zs_pages_new(unit), *grown = zs_pages_resize(block, units * unit, 2 * units * unit);
		ck_assert_ptr_nonnull(other);
		ck_assert_ptr_nonnull(grown);
		ck_assert_uint_eq((uintptr_t)grown % unit, 0);
		ck_assert(all_are(grown, units * unit, 0xa5));
		ck_assert(all_are(grown + units * unit, units * unit, 0));
		memset(grown, 0xa5, 2 * units * unit);
		moved = grown != block;
		block = grown;
		if (!moved)
			continue;
		ck_assert_ptr_null(zs_pages_resize(block, 2 * units * unit, SIZE_MAX / unit / 2 * unit)); /* and it is as it was */
		ck_assert(all_are(block, 2 * units * unit, 0xa5));
		ck_assert_ptr_eq(zs_pages_resize(block, 2 * units * unit, unit), block);
		ck_assert(all_are(block, unit, 0xa5));
	}
	ck_assert(moved);
}
END_TEST

START_TEST(growing_keeps_the_content_across_large_pages)
{
	const size_t unit = ZS_PAGES_UNIT;
	struct zs_arena *of = zs_arena_new();
	unsigned char *block = zs_arena_grow(of, NULL, 0, unit);
	memset(block, 0xa5, unit);
	for (size_t size = unit; size < 20 * unit;) {
		const size_t grown = size * 3 + 5;
		zs_arena_alloc(of, 3 * unit); /* in the way */
		block = zs_arena_grow(of, block, size, grown);
		ck_assert(all_are(block, size, 0xa5));
		memset(block, 0xa5, grown);
		size = grown;
	}
	ck_assert(all_are(zs_arena_alloc(of, 5 * unit), 5 * unit, 0));
	zs_arena_free(of);
}
END_TEST

/* How much of what a test takes and gives back is taken from the system again is seen by the address: the next block of that size
 * is the one that was released, unless nothing is kept (address sanitizer). */
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define NOTHING_IS_KEPT 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define NOTHING_IS_KEPT 1
#endif
static unsigned char *dirty_block(struct zs_arena *of, size_t size)
{
	unsigned char *block = zs_arena_grow(of, NULL, 0, size);
	memset(block, 0xa5, size);
	return block;
}

START_TEST(arena_released_blocks_are_used_again)
{
	enum { SIZE = 3 << 20 };
	zs_arena_trim(0);
	struct zs_arena *first = zs_arena_new(), *second = zs_arena_new();
	unsigned char *block = dirty_block(first, SIZE), *again;
	const uintptr_t address = (uintptr_t)block;
	zs_arena_free(first);
	again = zs_arena_alloc(second, SIZE - 4096); /* of another arena, a little smaller, and zeroed */
#ifndef NOTHING_IS_KEPT
	ck_assert_uint_eq((uintptr_t)again, address);
#endif
	ck_assert(all_are(again, SIZE - 4096, 0));
	again[0] = 7;
	block = zs_arena_grow(second, again, SIZE - 4096, SIZE); /* room is left in it */
#ifndef NOTHING_IS_KEPT
	ck_assert_uint_eq((uintptr_t)block, address);
#endif
	ck_assert_uint_eq(block[0], 7);
	zs_arena_release(second, block, SIZE);
	unsigned char *small = dirty_block(second, 100000); /* not the block of many times its size */
	ck_assert_uint_ne((uintptr_t)small, address);
	block = zs_arena_grow(second, small, 100000, SIZE / 2); /* what grows may move into one that is kept */
#ifndef NOTHING_IS_KEPT
	ck_assert_uint_eq((uintptr_t)block, address);
#endif
	ck_assert(all_are(block, 100000, 0xa5));
	zs_arena_free(second);
	(void)address;
}
END_TEST

/* Sanitizers have memory of their own for each octet of ours, and give back none of it. */
#if !defined NOTHING_IS_KEPT && !defined __SANITIZE_THREAD__
#define RESIDENT_TELLS 1
#endif
/* Resident octets of this process. */
static size_t resident(void)
{
	unsigned long long size = 0, pages = 0;
	FILE *statm = fopen("/proc/self/statm", "r");
	ck_assert(statm != NULL);
	ck_assert_int_eq(fscanf(statm, "%llu %llu", &size, &pages), 2);
	fclose(statm);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

START_TEST(arena_keeps_no_more_than_asked_and_gives_back_what_fits_nobody)
{
	enum { SIZE = 16 << 20, COUNT = 4 };
	zs_arena_begin();
	zs_arena_trim(0);
	const size_t before = resident();
	struct zs_arena *a = zs_arena_new();
	for (unsigned i = 0; i < COUNT; i++)
		dirty_block(a, SIZE);
	zs_arena_free(a);
#ifdef RESIDENT_TELLS
	ck_assert_uint_ge(resident(), before + COUNT * SIZE - SIZE / 2);
	a = zs_arena_new();
	dirty_block(a, (size_t)2 * SIZE); /* none is as large: two of these go */
	ck_assert_uint_le(resident(), before + COUNT * SIZE + SIZE / 2);
	zs_arena_free(a);
	zs_arena_trim((size_t)3 * SIZE); /* the one of two, which came last, and one more */
	ck_assert_uint_ge(resident(), before + 3 * SIZE - SIZE / 2);
	ck_assert_uint_le(resident(), before + 3 * SIZE + SIZE / 2);
#endif
	zs_arena_trim(0);
#ifdef RESIDENT_TELLS
	ck_assert_uint_le(resident(), before + SIZE / 2);
#else
	ck_assert_uint_gt(before, 0);
#endif
}
END_TEST

START_TEST(push_grows_an_array_one_by_one)
{
	unsigned *list = NULL;
	size_t count = 0, room = 0;
	for (unsigned i = 0; i < 100000; i++)
		ZS_PUSH(arena, list, count, room) = i;
	ck_assert_uint_eq(count, 100000);
	ck_assert_uint_ge(room, count);
	bool right = true;
	for (unsigned i = 0; i < 100000; i++)
		right = right && list[i] == i;
	ck_assert(right);
	ck_assert(all_are(list + count, (room - count) * sizeof *list, 0));
}
END_TEST

static char released[8];

static void note_release(void *what)
{
	strncat(released, what, sizeof released - strlen(released) - 1);
}

START_TEST(deferred_objects_are_released_last_first)
{
	struct zs_arena *other = zs_arena_new();
	zs_arena_defer(other, note_release, (char[]){ "a" });
	zs_arena_defer(other, note_release, (char[]){ "b" });
	ck_assert_str_eq(zs_arena_printf(other, "%d-%s", 7, "x"), "7-x");
	ck_assert_str_eq(zs_arena_text(other, "hello", 4), "hell");
	ck_assert_str_eq(released, "");
	zs_arena_free(other);
	ck_assert_str_eq(released, "ba");
	zs_arena_free(NULL);
}
END_TEST

/* A product that wraps would give a block that is too small. */
START_TEST(an_impossible_array_ends_the_process)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* it says so there */
	zs_arena_array(arena, SIZE_MAX / 4, 8);
}
END_TEST

START_TEST(an_impossible_block_ends_the_process)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	zs_arena_alloc(arena, SIZE_MAX - 4);
}
END_TEST

/* ---- buffers ---- */

START_TEST(a_buffer_takes_max_octets_and_no_more)
{
	struct zs_buf buf = { .arena = arena, .max = 5 };
	zs_buf_text(&buf, "ab");
	zs_buf_printf(&buf, "%03d", 7);
	ck_assert(!buf.full);
	ck_assert_str_eq(zs_buf_string(&buf), "ab007");
	ck_assert(!buf.full);
	zs_buf_octet(&buf, 'x');
	ck_assert(buf.full);
	ck_assert_uint_eq(buf.len, 5);
	zs_buf_add(&buf, "", 0);
	ck_assert_str_eq(zs_buf_string(&buf), "ab007"); /* as it was */
	struct zs_buf other = { .arena = arena, .max = 4 };
	zs_buf_printf(&other, "%s", "12345");
	ck_assert(other.full);
	ck_assert_uint_eq(other.len, 0);
	zs_buf_text(&other, "1"); /* once full, nothing is taken: no gap in the middle */
	ck_assert_uint_eq(other.len, 0);
	ck_assert_str_eq(zs_buf_string(&other), "");
	ck_assert_ptr_null(zs_buf_reserve(&other, SIZE_MAX));
}
END_TEST

START_TEST(a_buffer_grows_and_writes_numbers_as_the_wire_does)
{
	struct zs_buf buf = { .arena = arena, .max = 1 << 20 };
	for (uint32_t i = 0; i < 100000; i++) {
		zs_buf_u16(&buf, (uint16_t)i);
		zs_buf_u32(&buf, i * 40000);
	}
	ck_assert_uint_eq(buf.len, 600000);
	bool right = true;
	for (uint32_t i = 0; i < 100000; i++)
		right = right && zs_get_u16(buf.data + 6 * i) == (uint16_t)i && zs_get_u32(buf.data + 6 * i + 2) == i * 40000;
	ck_assert(right);
	zs_put_u32(buf.data, 0xfffefdfc);
	ck_assert_mem_eq(buf.data, "\xff\xfe\xfd\xfc", 4);
}
END_TEST

START_TEST(octet_strings_compare_as_memory_with_prefixes_first)
{
	const struct zs_bytes empty = { NULL, 0 }, a = { (const uint8_t *)"a", 1 }, ab = { (const uint8_t *)"ab", 2 },
	                      high = { (const uint8_t *)"\xff", 1 };
	ck_assert_int_lt(zs_bytes_compare(empty, a), 0);
	ck_assert_int_lt(zs_bytes_compare(a, ab), 0);
	ck_assert_int_gt(zs_bytes_compare(high, ab), 0);
	ck_assert_int_eq(zs_bytes_compare(empty, empty), 0);
	ck_assert(zs_bytes_equal(ab, ab) && zs_bytes_equal(empty, empty) && !zs_bytes_equal(a, ab));
}
END_TEST

/* ---- encodings: RFC 4648 section 10 ---- */

static const struct {
	const char *plain, *base64, *base32hex;
} vectors[] = {
	{ "", "", "" }, { "f", "Zg==", "co" }, { "fo", "Zm8=", "cpng" }, { "foo", "Zm9v", "cpnmu" },
	{ "foob", "Zm9vYg==", "cpnmuog" }, { "fooba", "Zm9vYmE=", "cpnmuoj1" }, { "foobar", "Zm9vYmFy", "cpnmuoj1e8" },
};

START_TEST(encodings_follow_rfc4648)
{
	const uint8_t *plain = (const uint8_t *)vectors[_i].plain;
	const size_t len = strlen(vectors[_i].plain);
	char text[64] = { 0 };
	uint8_t back[64];
	size_t bad;
	ck_assert_uint_eq(zs_base64_encode(plain, len, text), strlen(vectors[_i].base64));
	ck_assert_str_eq(text, vectors[_i].base64);
	ck_assert_int_eq(zs_base64_decode(text, strlen(text), back, &bad), (long)len);
	ck_assert_mem_eq(back, plain, len);
	memset(text, 0, sizeof text);
	ck_assert_uint_eq(zs_base32hex_encode(plain, len, text), strlen(vectors[_i].base32hex));
	ck_assert_str_eq(text, vectors[_i].base32hex);
	ck_assert_int_eq(zs_base32hex_decode(text, strlen(text), back, &bad), (long)len);
	ck_assert_mem_eq(back, plain, len);
}
END_TEST

START_TEST(every_length_and_octet_comes_back)
{
	uint8_t data[256], back[600];
	char text[600];
	size_t bad;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 167 + 13);
	for (size_t len = 0; len <= sizeof data; len++) {
		ck_assert_int_eq(zs_base64_decode(text, zs_base64_encode(data, len, text), back, &bad), (long)len);
		ck_assert(memcmp(back, data, len) == 0);
		ck_assert_int_eq(zs_base32hex_decode(text, zs_base32hex_encode(data, len, text), back, &bad), (long)len);
		ck_assert(memcmp(back, data, len) == 0);
		ck_assert_int_eq(zs_hex_decode(text, zs_hex_encode(data, len, text), back, &bad), (long)len);
		ck_assert(memcmp(back, data, len) == 0);
		ck_assert_int_eq(zs_hex_decode(text, zs_hex_encode_upper(data, len, text), back, &bad), (long)len);
		ck_assert(memcmp(back, data, len) == 0);
	}
	ck_assert_uint_eq(zs_hex_encode((const uint8_t *)"\xaf", 1, text), 2);
	ck_assert_mem_eq(text, "af", 2);
	zs_hex_encode_upper((const uint8_t *)"\xaf", 1, text);
	ck_assert_mem_eq(text, "AF", 2);
}
END_TEST

static const struct {
	long (*decode)(const char *text, size_t len, uint8_t *out, size_t *bad);
	const char *text;
	size_t bad;
} wrong[] = {
	{ zs_hex_decode, "abc", 3 }, { zs_hex_decode, "0g", 1 }, { zs_hex_decode, "G0", 0 }, { zs_hex_decode, "ab ", 2 },
	{ zs_base64_decode, "Zg", 2 }, { zs_base64_decode, "Zg=", 3 }, { zs_base64_decode, "Zh==", 1 }, /* spare bits */
	{ zs_base64_decode, "Zm9=", 2 }, { zs_base64_decode, "Z===", 1 }, { zs_base64_decode, "====", 0 },
	{ zs_base64_decode, "Zg==Zg==", 2 }, { zs_base64_decode, "Zm9v!", 4 }, { zs_base64_decode, "Zm9vA", 5 },
	{ zs_base64_decode, "Zm9-", 3 }, { zs_base64_decode, "=", 1 }, { zs_base32hex_decode, "c", 1 },
	{ zs_base32hex_decode, "cp", 1 }, { zs_base32hex_decode, "cpn", 3 }, { zs_base32hex_decode, "cw", 1 },
	{ zs_base32hex_decode, "co======", 2 }, { zs_base32hex_decode, "cpnmuo", 6 },
};

START_TEST(decoders_say_where_a_text_is_wrong)
{
	uint8_t out[64];
	size_t bad = 99;
	ck_assert_int_eq(wrong[_i].decode(wrong[_i].text, strlen(wrong[_i].text), out, &bad), -1);
	ck_assert_msg(bad == wrong[_i].bad, "'%s': at %zu", wrong[_i].text, bad);
}
END_TEST

/* ---- text ---- */

START_TEST(numbers_are_whole_decimal_and_within_max)
{
	uint64_t value = 99;
	ck_assert(zs_text_number("0", 1, 0, &value) && value == 0);
	ck_assert(zs_text_number("007", 3, 7, &value) && value == 7);
	ck_assert(zs_text_number("18446744073709551615", 20, UINT64_MAX, &value) && value == UINT64_MAX);
	ck_assert(!zs_text_number("18446744073709551616", 20, UINT64_MAX, &value));
	static const char *const none[] = { "", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0" };
	for (size_t i = 0; i < ZS_COUNT(none); i++)
		ck_assert_msg(!zs_text_number(none[i], strlen(none[i]), UINT64_MAX, &value), "'%s'", none[i]);
	/* each limit against each number, for the digits that carry */
	for (uint64_t max = 0; max < 120; max++)
		for (uint64_t n = 0; n < 1300; n++) {
			char text[8];
			const size_t len = (size_t)snprintf(text, sizeof text, "%u", (unsigned)n);
			const bool ok = zs_text_number(text, len, max, &value);
			ck_assert_msg(ok == (n <= max) && (!ok || value == n), "%s with the limit %u", text, (unsigned)max);
		}
}
END_TEST

START_TEST(did_you_mean_forgives_typing_slips_only)
{
	static const char *const words[] = { "validity", "refresh", "jitter", "nsec", "nsec3", "cds" };
	static const char *const cases[][2] = {
		{ "validty", "validity" }, { "refersh", "refresh" }, { "JITTER", "jitter" }, { "nsec4", "nsec" },
		{ "nsec3", "nsec3" }, { "cd", "cds" }, { "x", NULL }, { "", NULL }, { "inception", NULL },
		{ "a-word-that-is-longer-than-any-option-could-be", NULL },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		const char *found = zs_text_nearest(cases[i][0], words, ZS_COUNT(words));
		ck_assert_msg(found == cases[i][1] || (found && cases[i][1] && strcmp(found, cases[i][1]) == 0), "'%s': %s",
		              cases[i][0], found ? found : "nothing");
	}
	ck_assert_ptr_null(zs_text_nearest("x", NULL, 0));
}
END_TEST

START_TEST(words_are_equal_whatever_their_ascii_case)
{
	ck_assert(zs_text_equal("UnlimitedX", 9, "unlimited"));
	ck_assert(!zs_text_equal("unlimite", 8, "unlimited"));
	ck_assert(!zs_text_equal("unlimitedx", 10, "unlimited"));
	ck_assert(!zs_text_equal("[", 1, "{"));
	ck_assert(!zs_text_equal("\xc4", 1, "\xe4"));
	ck_assert(zs_text_equal("", 0, ""));
}
END_TEST

START_TEST(safe_text_has_no_control_octets)
{
	ck_assert_str_eq(zs_text_safe(arena, "a\tb\x1b[1m\x7f\xff\\", 10, 60), "a\\009b\\027[1m\\127\\255\\");
	ck_assert_str_eq(zs_text_safe(arena, "a\0b", 3, 60), "a\\000b");
	ck_assert_str_eq(zs_text_safe(arena, "abcdef", 6, 3), "abc...");
	ck_assert_str_eq(zs_text_safe(arena, "abc", 3, 3), "abc");
}
END_TEST

/* In an excerpt of any line the caret stands under what is at the column, and 160 columns are not exceeded. */
START_TEST(the_caret_of_an_excerpt_is_under_its_column)
{
	static const char *const fillers[] = { "a", "\t", "\xff", "a\xff", "\x01z" };
	for (size_t f = 0; f < ZS_COUNT(fillers); f++)
		for (size_t len = 1; len < 420; len++) {
			const size_t at = len * 7 % len * 3 % len; /* anywhere */
			char line[420];
			uint32_t caret = 0;
			for (size_t i = 0; i < len; i++)
				line[i] = fillers[f][i % strlen(fillers[f])];
			line[at] = '#';
			const char *out = zs_text_excerpt(arena, line, len, (uint32_t)at + 1, &caret);
			ck_assert_uint_le(strlen(out), ZS_EXCERPT_COLUMNS);
			ck_assert_msg(caret >= 1 && caret <= strlen(out) && out[caret - 1] == '#', "%zu of %zu in line %zu: '%s'", at,
			              len, f, out);
			for (const char *p = out; *p; p++)
				ck_assert(*p >= ' ' && *p <= '~');
		}
	uint32_t caret = 0;
	ck_assert_str_eq(zs_text_excerpt(arena, "ab", 2, 3, &caret), "ab"); /* just past the end */
	ck_assert_uint_eq(caret, 3);
	ck_assert_str_eq(zs_text_excerpt(arena, "", 0, 0, &caret), "");
	ck_assert_uint_eq(caret, 0);
	ck_assert_str_eq(zs_text_excerpt(arena, "ab", 2, 4000000000u, &caret), "ab");
	ck_assert_uint_eq(caret, 3);
}
END_TEST

/* ---- time ---- */

START_TEST(instants_are_read_and_written)
{
	static const struct {
		const char *text;
		zs_time time;
	} good[] = {
		{ "2026-12-01T00:00:00Z", 1796083200 }, { "2026-12-01", 1796083200 }, { "1796083200", 1796083200 },
		{ "1970-01-01T00:00:01Z", 1 }, { "2000-02-29", 951782400 }, { "9999-12-31T23:59:59Z", 253402300799 },
		{ "2038-01-19T03:14:08Z", INT64_C(1) << 31 },
	};
	static const char *const bad[] = {
		"", "tomorrow", "2026-12-01T00:00:00", "2026-12-01T24:00:00Z", "2026-12-01T23:59:60Z", "2026-13-01", "2026-00-01",
		"2026-02-29", "2026-04-31", "2026-1-1", "1969-12-31", "-5", "253402300800", "2026-12-01 00:00:00Z", "2026-12-01Z",
		"2026-12-01T00:00:00z", "0x10",
	};
	for (size_t i = 0; i < ZS_COUNT(good); i++) {
		zs_time time = -1;
		ck_assert_msg(zs_time_parse(good[i].text, &time) && time == good[i].time, "%s: %lld", good[i].text,
		              (long long)time);
	}
	for (size_t i = 0; i < ZS_COUNT(bad); i++) {
		zs_time time = -1;
		ck_assert_msg(!zs_time_parse(bad[i], &time) && time == -1, "'%s' was taken", bad[i]);
	}
	char text[ZS_TIME_TEXT], digits[15];
	zs_time back = -1;
	ck_assert_str_eq(zs_time_text(1796083261, text), "2026-12-01T00:01:01Z");
	ck_assert_str_eq(zs_time_short(1796083261, text), "2026-12-01 00:01 UTC");
	zs_time_digits(1796083261, digits);
	ck_assert_str_eq(digits, "20261201000101");
	ck_assert(zs_time_parse_digits(digits, 14, &back) && back == 1796083261);
	ck_assert(!zs_time_parse_digits(digits, 13, &back));
	ck_assert(!zs_time_parse_digits("2026120100010x", 14, &back));
	ck_assert(!zs_time_parse_digits("20260231000000", 14, &back));
	ck_assert_str_eq(zs_time_text(INT64_MAX, text), "9999-12-31T23:59:59Z");
	ck_assert_str_eq(zs_time_text(INT64_MIN, text), "1970-01-01T00:00:00Z");
}
END_TEST

/* What the C library makes of a day, and of the one after the last of its month. */
START_TEST(every_day_has_its_second)
{
	char text[ZS_TIME_TEXT];
	zs_time day = 0, time;
	for (; day < (zs_time)440 * 366 * 86400; day += 86400) { /* the calendar repeats after 400 years */
		ck_assert_msg(zs_time_parse(zs_time_text(day, text), &time) && time == day, "%s", text);
		time_t next = (time_t)day + 86400;
		struct tm tm;
		gmtime_r(&next, &tm);
		if (tm.tm_mday != 1 || strncmp(text + 8, "31", 2) == 0)
			continue;
		text[10] = 0;
		text[9] = text[9] == '9' ? '0' : (char)(text[9] + 1); /* after the 28th, 29th, 30th */
		text[8] = text[9] == '0' ? '3' : text[8];
		ck_assert_msg(!zs_time_parse(text, &time), "%s was taken", text);
	}
}
END_TEST

START_TEST(durations_are_read_and_written)
{
	static const struct {
		const char *text;
		zs_seconds seconds;
	} good[] = {
		{ "90d", 90 * 86400 }, { "1h30m", 5400 }, { "2w", 14 * 86400 }, { "P90D", 90 * 86400 }, { "PT1H30M", 5400 },
		{ "P1DT1S", 86401 }, { "P2W", 14 * 86400 }, { "3600", 3600 }, { "0", 0 }, { "0s", 0 }, { "1W2D3H4M5S", 788645 },
		{ "36600d", INT64_C(36600) * 86400 }, { "pt5m", 300 }, { "1m", 60 },
	};
	static const char *const bad[] = {
		"", "d", "1", "-1d", "1y", "P1Y", "P1M", "1h1d", "1d1d", "1d 1h", " 1d", "1.5h", "P", "PT", "P1DT", "P1H", "PT1D",
		"PT1HT1M", "1dT1h", "36601d", "99999999999999999999s", "99999999999d", "1d1", "d1", "36600d1s",
	};
	for (size_t i = 0; i < ZS_COUNT(good); i++) {
		zs_seconds seconds = -1;
		ck_assert_msg(zs_duration_parse(good[i].text, &seconds) && seconds == good[i].seconds, "%s: %lld", good[i].text,
		              (long long)seconds);
	}
	for (size_t i = 0; i < ZS_COUNT(bad); i++) {
		zs_seconds seconds = -1;
		const bool plain = strcmp(bad[i], "1") == 0; /* seconds, after all */
		ck_assert_msg(zs_duration_parse(bad[i], &seconds) == plain, "'%s': %lld", bad[i], (long long)seconds);
	}
	char text[ZS_DURATION_TEXT];
	ck_assert_str_eq(zs_duration_text(0, text), "0s");
	ck_assert_str_eq(zs_duration_text(14 * 86400, text), "14d");
	ck_assert_str_eq(zs_duration_text(5400, text), "1h30m");
	ck_assert_str_eq(zs_duration_text(-61, text), "-1m1s");
	ck_assert_str_eq(zs_duration_text(INT64_MIN, text), "-106751991167300d15h30m7s");
	for (zs_seconds s = 0; s < 4000000; s += 997) {
		zs_seconds back = -1;
		ck_assert(zs_duration_parse(zs_duration_text(s, text), &back) && back == s);
	}
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return tcase;
}

ZS_SUITE(base)
{
	Suite *suite = suite_create("base");
	TCase *memory = add_case(suite, "memory"), *text = add_case(suite, "text");
	tcase_add_test(memory, blocks_are_zeroed_aligned_and_distinct);
	tcase_add_test(memory, growing_keeps_the_content_across_64_KiB);
	tcase_add_test(memory, growing_keeps_the_content_across_large_pages);
	tcase_add_test(memory, pages_begin_at_a_unit_and_keep_what_they_have_when_they_move);
	tcase_add_test(memory, arena_released_blocks_are_used_again);
	tcase_add_test(memory, arena_keeps_no_more_than_asked_and_gives_back_what_fits_nobody);
	tcase_add_test(memory, push_grows_an_array_one_by_one);
	tcase_add_test(memory, deferred_objects_are_released_last_first);
	tcase_add_exit_test(memory, an_impossible_array_ends_the_process, 1);
	tcase_add_exit_test(memory, an_impossible_block_ends_the_process, 1);
	tcase_add_test(memory, a_buffer_takes_max_octets_and_no_more);
	tcase_add_test(memory, a_buffer_grows_and_writes_numbers_as_the_wire_does);
	tcase_add_test(memory, octet_strings_compare_as_memory_with_prefixes_first);
	tcase_add_loop_test(text, encodings_follow_rfc4648, 0, (int)ZS_COUNT(vectors));
	tcase_add_test(text, every_length_and_octet_comes_back);
	tcase_add_loop_test(text, decoders_say_where_a_text_is_wrong, 0, (int)ZS_COUNT(wrong));
	tcase_add_test(text, numbers_are_whole_decimal_and_within_max);
	tcase_add_test(text, did_you_mean_forgives_typing_slips_only);
	tcase_add_test(text, words_are_equal_whatever_their_ascii_case);
	tcase_add_test(text, safe_text_has_no_control_octets);
	tcase_add_test(text, the_caret_of_an_excerpt_is_under_its_column);
	tcase_add_test(text, instants_are_read_and_written);
	tcase_add_test(text, every_day_has_its_second);
	tcase_add_test(text, durations_are_read_and_written);
	return suite;
}
