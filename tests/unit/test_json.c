/* test_json.c - JSON documents: order, every kind of value, and UTF-8 whatever comes in. */
#include "unit.h"

#include <string.h>

#include "base/json.h"

static struct zs_arena *arena;

static void setup(void)
{
	arena = zs_arena_new();
}

static void teardown(void)
{
	zs_arena_free(arena);
}

static const char *dumped(const struct zs_json *json, void (*dump)(const struct zs_json *, struct zs_buf *))
{
	struct zs_buf buf = { .arena = arena, .max = 100000 };
	dump(json, &buf);
	return zs_buf_string(&buf);
}

START_TEST(keeps_the_order_and_every_kind_of_value)
{
	struct zs_json *root = zs_json_object(arena);
	zs_json_set_text(root, "z", "a\"b\\c\n");
	zs_json_set_int(root, "n", INT64_MIN);
	zs_json_set_bool(root, "t", true);
	zs_json_set_bool(root, "f", false);
	zs_json_set_null(root, "x");
	zs_json_set_text(root, "none", NULL);
	zs_json_set_time(root, "when", 1796083200);
	zs_json_set_time(root, "never", 0);
	struct zs_json *list = zs_json_set_array(root, "list");
	zs_json_add_text(list, "one");
	zs_json_add_int(list, 2);
	zs_json_add_bool(list, true);
	zs_json_add_null(list);
	zs_json_set_int(zs_json_add_object(list), "k", 1);
	zs_json_add_int(zs_json_add_array(list), 5);
	zs_json_set_int(zs_json_set_object(root, "o"), "i", 1);
	ck_assert_uint_eq(zs_json_count(list), 6);
	ck_assert_uint_eq(zs_json_count(root), 10);
	ck_assert_str_eq(dumped(root, zs_json_dump_line),
	                 "{\"z\": \"a\\\"b\\\\c\\n\", \"n\": -9223372036854775808, \"t\": true, \"f\": false, \"x\": null, "
	                 "\"none\": null, \"when\": \"2026-12-01T00:00:00Z\", \"never\": null, "
	                 "\"list\": [\"one\", 2, true, null, {\"k\": 1}, [5]], \"o\": {\"i\": 1}}\n");
	ck_assert_int_eq(strncmp(dumped(root, zs_json_dump), "{\n  \"z\": ", 9), 0);
	ck_assert_str_eq(dumped(zs_json_array(arena), zs_json_dump), "[]\n");
}
END_TEST

START_TEST(a_key_is_there_once)
{
	struct zs_json *root = zs_json_object(arena);
	zs_json_set_int(root, "a", 1);
	zs_json_set_text(root, "a", "two");
	ck_assert_str_eq(dumped(root, zs_json_dump_line), "{\"a\": \"two\"}\n");
}
END_TEST

START_TEST(is_utf8_whatever_comes_in)
{
	struct zs_json *root = zs_json_array(arena);
	zs_json_add_text(root, "\xc3\xbc \xe2\x82\xac \xf0\x9f\x94\x91"); /* good: stays */
	zs_json_add_text(root, "a\xff" "b\xc3");                          /* an octet that is none, and half of one */
	zs_json_add_text(root, "\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80");    /* overlong, surrogate, above 10FFFF */
	struct zs_json *object = zs_json_add_object(root);
	zs_json_set_octets(object, "k\xfe", "x\0y", 3);
	zs_json_set_int(zs_json_set_object(root = zs_json_object(arena), "\xff"), "\x80", 1);
#define R "\xef\xbf\xbd"
	ck_assert_str_eq(dumped(object, zs_json_dump_line), "{\"k" R "\": \"x\\u0000y\"}\n");
	ck_assert_str_eq(dumped(root, zs_json_dump_line), "{\"" R "\": {\"" R "\": 1}}\n");
}
END_TEST

START_TEST(replaces_each_wrong_octet_and_no_good_one)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91" },
		{ "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf" },
		{ "a\xff" "b\xc3", "a" R "b" R }, { "\xc3\xbc\xff", "\xc3\xbc" R }, { "\xc0\x80", R R }, { "\xc1\xbf", R R },
		{ "\xed\xa0\x80", R R R }, { "\xe0\x9f\xbf", R R R }, { "\xf4\x90\x80\x80", R R R R },
		{ "\xf0\x8f\xbf\xbf", R R R R }, { "\xe2\x82", R R }, { "\xe2\x82" "a", R R "a" }, { "\xf5", R },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_json *root = zs_json_array(arena);
		zs_json_add_text(root, cases[i].in);
		ck_assert_str_eq(dumped(root, zs_json_dump_line), zs_arena_printf(arena, "[\"%s\"]\n", cases[i].out));
	}
}
END_TEST

ZS_SUITE(json)
{
	Suite *suite = suite_create("json");
	TCase *tcase = tcase_create("json");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, keeps_the_order_and_every_kind_of_value);
	tcase_add_test(tcase, a_key_is_there_once);
	tcase_add_test(tcase, is_utf8_whatever_comes_in);
	tcase_add_test(tcase, replaces_each_wrong_octet_and_no_good_one);
	suite_add_tcase(suite, tcase);
	return suite;
}
