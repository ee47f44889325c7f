/* test_name.c - domain names: RFC 1035 text, RFC 4034 section 6.1 order, RFC 4343 case. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "dns/name.h"

static size_t parse(const char *text, const uint8_t *origin, uint8_t out[ZS_NAME_MAX])
{
	struct zs_name_error error;
	return zs_name_parse(text, strlen(text), origin, out, &error);
}

START_TEST(parses_and_formats_back)
{
	static const char *const cases[][2] = {
		{ "www.example.com.", "www.example.com." }, { ".", "." }, { "WWW.Example.", "WWW.Example." },
		{ "a\\.b.example.", "a\\.b.example." }, { "\\000\\255x.", "\\000\\255x." }, { "\\042.x.", "*.x." },
		{ "a\\032b.", "a\\032b." }, { "a\\;b.", "a\\;b." }, { "\\@.x.", "\\@.x." }, { "\\$x.", "\\$x." },
		/* Knot reads no other octets without a backslash; BIND takes "\[" for the beginning of a bit label, NSD "\\." for no end */
		{ "it's._ipp.x.", "it\\'s._ipp.x." }, { "a=b+c.x.", "a\\=b\\+c.x." }, { "[a].x.", "\\091a\\].x." }, { "\\[.x.", "\\091.x." }, { "a\\\\.x.", "a\\092.x." },
		{ "0/25.2-_*.x.", "0/25.2-_*.x." },
		{ "dns+admin.x.", "dns\\+admin.x." }, { "a!{b}~.x.", "a\\!\\{b\\}\\~.x." }, { "_25._tcp.*-0/25.x.", "_25._tcp.*-0/25.x." },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t wire[ZS_NAME_MAX];
		char text[ZS_NAME_TEXT];
		const size_t len = parse(cases[i][0], NULL, wire);
		ck_assert_uint_ne(len, 0);
		ck_assert_uint_eq(zs_name_len(wire), len);
		ck_assert_uint_eq(zs_name_check(wire, len), len);
		ck_assert_str_eq(zs_name_text(wire, text), cases[i][1]);
	}
}
END_TEST

/* Usual names are formatted many octets at a time; an octet that needs care must be seen wherever it stands. */
START_TEST(each_octet_is_formatted_at_each_place)
{
	for (unsigned place = 0; place < 66; place++)
		for (unsigned octet = 0; octet < 256; octet++) {
			uint8_t wire[ZS_NAME_MAX] = { 30 }, back[ZS_NAME_MAX];
			char text[ZS_NAME_TEXT];
			memset(wire + 1, 'A', 30);
			wire[31] = 45; /* '-' */
			memset(wire + 32, 'z', 45);
			const unsigned at = 1 + place + (place >= 30);
			wire[at] = (uint8_t)octet;
			const size_t len = zs_name_format(wire, text);
			ck_assert_uint_eq(strlen(text), len);
			ck_assert_msg(parse(text, NULL, back) == 78 && memcmp(back, wire, 78) == 0, "octet %u at %u: %s", octet, place, text);
			const bool escaped = !octet || strchr("-_*/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", (int)octet) == NULL;
			ck_assert_msg((len > 77) == escaped, "octet %u at %u: %s", octet, place, text);
		}
}
END_TEST

START_TEST(refuses_what_is_no_name)
{
	static const char *const cases[] = { "", "a..b.", ".a.", "a\\", "a\\25", "a\\256.", "\\2x4." };
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t wire[ZS_NAME_MAX];
		ck_assert_msg(parse(cases[i], NULL, wire) == 0, "'%s' was taken", cases[i]);
	}
}
END_TEST

START_TEST(limits_are_63_and_255_octets)
{
	uint8_t wire[ZS_NAME_MAX];
	char text[400];
	memset(text, 'a', sizeof text);
	memcpy(text + 63, ".", 2);
	ck_assert_uint_eq(parse(text, NULL, wire), 65);
	memset(text, 'a', 64);
	memcpy(text + 64, ".", 2);
	ck_assert_uint_eq(parse(text, NULL, wire), 0);
	/* 3 labels of 63 and one of 61: 4 + 3*63 + 61 + 1 = 255 */
	char *p = text;
	for (int i = 0; i < 3; i++, p += 64) {
		memset(p, 'b', 63);
		p[63] = '.';
	}
	memset(p, 'c', 61);
	memcpy(p + 61, ".", 2);
	ck_assert_uint_eq(parse(text, NULL, wire), 255);
	memset(p, 'c', 62);
	memcpy(p + 62, ".", 2);
	ck_assert_uint_eq(parse(text, NULL, wire), 0);
	memcpy(p + 61, "", 1); /* the same, relative to the root, which is its origin */
	ck_assert_uint_eq(parse(text, NULL, wire), 255);
}
END_TEST

START_TEST(orders_as_rfc4034_section_6_1)
{
	static const char *const sorted[] = {
		"example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.",
		"\\001.z.example.", "*.z.example.", "\\200.z.example.",
	};
	for (size_t i = 0; i < sizeof sorted / sizeof sorted[0]; i++)
		for (size_t j = 0; j < sizeof sorted / sizeof sorted[0]; j++) {
			uint8_t a[ZS_NAME_MAX], b[ZS_NAME_MAX];
			parse(sorted[i], NULL, a);
			parse(sorted[j], NULL, b);
			const int order = zs_name_compare(a, b);
			ck_assert_msg((order > 0) == (i > j) && (order < 0) == (i < j), "%s against %s", sorted[i], sorted[j]);
		}
}
END_TEST

START_TEST(relative_names_take_the_origin)
{
	uint8_t origin[ZS_NAME_MAX], wire[ZS_NAME_MAX], other[ZS_NAME_MAX], back[ZS_NAME_MAX];
	char text[ZS_NAME_TEXT], path[ZS_NAME_PATH];
	parse("Example.com.", NULL, origin);
	parse("www", origin, wire);
	ck_assert_str_eq(zs_name_text(wire, text), "www.Example.com.");
	ck_assert(zs_name_below(wire, origin) && zs_name_within(origin, origin) && !zs_name_below(origin, origin));
	parse("@", origin, other);
	ck_assert(zs_name_equal(other, origin));
	parse("xexample.com.", NULL, other);
	ck_assert(!zs_name_within(other, origin));
	parse("a/b\\.c", origin, other);
	ck_assert_str_eq(zs_name_path(other, path), "a%2Fb%2Ec.example.com");
	ck_assert(zs_name_from_path(path, back) && zs_name_equal(back, other));
	ck_assert_str_eq(zs_name_path((const uint8_t *)"", path), "@");
	ck_assert(zs_name_from_path("@", back) && !*back);
	static const char *const none[] = { "", ".", "..", "a..b", "A.example", "a.example.", "a%2", "a%", "a%2fb", "a%61b", "a%+1b", "a b", "a\\065", ".git", "a.@" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ck_assert_msg(!zs_name_from_path(none[i], back), "%s", none[i]);
	ck_assert_uint_eq(zs_name_common_labels(wire, other), 2);
}
END_TEST

ZS_SUITE(name)
{
	Suite *suite = suite_create("name");
	TCase *tcase = tcase_create("name");
	tcase_add_test(tcase, parses_and_formats_back);
	tcase_add_test(tcase, each_octet_is_formatted_at_each_place);
	tcase_add_test(tcase, refuses_what_is_no_name);
	tcase_add_test(tcase, limits_are_63_and_255_octets);
	tcase_add_test(tcase, orders_as_rfc4034_section_6_1);
	tcase_add_test(tcase, relative_names_take_the_origin);
	suite_add_tcase(suite, tcase);
	return suite;
}
