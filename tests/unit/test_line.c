/* test_line.c - simple lines: what is read the straight way is what the general way reads, and the common forms are. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/line.h"
#include "dns/rdata.h"

static uint8_t out[ZS_LINE_ROOM];

static struct zs_line line_of(const char *text)
{
	return (struct zs_line){ .at = text, .end = text + strlen(text), .origin = (const uint8_t *)"\7example", .origin_len = 9, .out = out };
}

START_TEST(names_are_read_as_zs_name_parse_reads_them)
{
	static const char long_label[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk";
	char text[1100];
	const struct {
		const char *format;
		bool simple;
	} cases[] = {
		{ "www", true }, { "www.example.org.", true }, { "@", true }, { ".", true }, { "*.a-b_c", true }, { "a..b", false },
		{ ".a", false }, { "@a", false }, { "a\\.b", false }, { "a\"b", false }, { "a(b", false }, { "..", false },
		{ "\303\244", false }, { "%s", true }, { "%sx", false }, { "%s.%s.%s.", true }, { "%s.%s.%s.%s.", false }, { "%s.%s.%s.a", true },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		char name[1000];
		uint8_t wire[ZS_NAME_MAX];
		struct zs_name_error error;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(name, sizeof name, cases[i].format, long_label, long_label, long_label, long_label);
#pragma GCC diagnostic pop
		snprintf(text, sizeof text, "%s rest\n", name);
		struct zs_line line = line_of(text);
		const bool simple = zs_line_name(&line);
		ck_assert_msg(simple == cases[i].simple, "%s", name);
		const size_t len = zs_name_parse(name, strlen(name), (const uint8_t *)"\7example", wire, &error);
		if (!simple)
			continue;
		ck_assert_msg(len == line.len && memcmp(wire, out, len) == 0, "%s", name);
		ck_assert_msg(strcmp(line.at, " rest\n") == 0, "%s", name);
		ck_assert_int_eq(line.used_origin, name[strlen(name) - 1] != '.');
	}
}
END_TEST

START_TEST(relative_names_need_an_origin)
{
	struct zs_line line = line_of("www\n");
	line.origin = NULL;
	ck_assert(!zs_line_name(&line));
	line = line_of("www.\n");
	line.origin = NULL;
	ck_assert(zs_line_name(&line));
}
END_TEST

/* Of all lengths, with dots anywhere, in a text that ends with the name or long after it; the text is allocated to its last
 * octet, so that reading behind it is seen. */
START_TEST(names_of_all_lengths_up_to_the_end_of_the_text)
{
	static const char octets[] = "abcXYZ019-_*!~.....@\\ \"();";
	unsigned seed = 1, simple_count = 0;
	for (size_t round = 0; round < 20000; round++) {
		uint8_t wire[ZS_NAME_MAX];
		struct zs_name_error error;
		const size_t len = 1 + round % 260, behind = round / 260 % 3 * 150;
		char *text = malloc(len + behind + 1), name[300];
		for (size_t i = 0; i < len; i++) {
			seed = seed * 1103515245u + 12345u;
			const unsigned value = seed >> 16;
			name[i] = value % 100 < 97 ? octets[value % 14] : octets[14 + value / 100 % (sizeof octets - 15)];
		}
		name[len] = 0;
		memcpy(text, name, len);
		memset(text + len, ' ', behind);
		text[len + behind] = 0;
		struct zs_line line = line_of(text);
		if (*name != '$' && zs_line_name(&line)) {
			const size_t end = strcspn(name, " ;");
			ck_assert_msg((size_t)(line.at - text) == end, "%s", name);
			ck_assert_msg(line.len == zs_name_parse(name, end, (const uint8_t *)"\7example", wire, &error), "%s", name);
			ck_assert_msg(memcmp(out, wire, line.len) == 0, "%s", name);
			simple_count++;
		}
		free(text);
	}
	ck_assert_uint_ge(simple_count, 3000);
}
END_TEST

/* Every vector of the general way: the same octets or not simple; never simple in another way. */
START_TEST(rdata_is_read_as_zs_rdata_parse_reads_it)
{
	static char text[200000];
	static const char *const straight[] = { "A",  "NS",   "CNAME", "PTR",   "MX",     "TXT",  "AAAA", "SRV",
		                                "DS", "TLSA", "RRSIG", "DNSKEY", "NSEC", "NSEC3", "CAA" };
	bool seen[ZS_COUNT(straight)] = { false };
	FILE *file = fopen("testdata/rdata/vectors.txt", "r");
	ck_assert(file);
	size_t simple = 0;
	while (fgets(text, sizeof text, file)) {
		uint16_t type;
		uint8_t wire[ZS_LINE_ROOM];
		size_t bad;
		char *data = strchr(text, '|'), *hex = data ? strchr(data + 1, '|') : NULL;
		if (*text == ';' || !hex || !zs_type_parse(text, (size_t)(data - text), &type))
			continue;
		*data++ = *hex++ = 0;
		hex[strcspn(hex, "|\n")] = 0;
		struct zs_line line = line_of(data);
		if (!zs_line_rdata(&line, type))
			continue;
		simple++;
		const long len = strlen(hex) > 2 * sizeof wire ? -1 : zs_hex_decode(hex, strlen(hex), wire, &bad);
		ck_assert_msg(len == (long)line.len && memcmp(out, wire, line.len) == 0, "%s %s", text, data);
		for (size_t i = 0; i < ZS_COUNT(straight); i++)
			seen[i] = seen[i] || strcmp(straight[i], text) == 0;
	}
	fclose(file);
	ck_assert_uint_ge(simple, 40);
	for (size_t i = 0; i < ZS_COUNT(straight); i++)
		ck_assert_msg(seen[i], "no %s is simple", straight[i]);
}
END_TEST

/* Fields of every type that has more of one, up to the room, at it and far beyond: never an octet behind it. */
START_TEST(a_line_that_is_too_long_is_not_simple)
{
	static const unsigned counts[] = { 1, 15, 16, 17, 33, 257, 300, 5000 }, lasts[] = { 0, 1, 253, 254, 255 };
	static const struct {
		uint16_t type;
		const char *before, *field;
	} long_fields[] = {
		{ ZS_TYPE_CAA, "0 issue \"", "x" }, { ZS_TYPE_DS, "1 13 2 ", "00" }, { ZS_TYPE_TLSA, "3 1 1 ", "00" }, { ZS_TYPE_DNSKEY, "256 3 13 ", "AAAA" },
		{ ZS_TYPE_RRSIG, "A 13 2 300 20260102000000 20260101000000 5 example. ", "AAAA" }, { ZS_TYPE_NSEC3, "1 0 0 ", "00" }, { ZS_TYPE_NSEC, "a.", " A" },
	};
	char octets[256];
	memset(octets, 'x', sizeof octets - 1);
	octets[255] = 0;
	uint8_t *room = malloc(ZS_LINE_ROOM + 64);
	char *text = malloc(5000 * 260 + 64);
	for (unsigned round = 0; round < ZS_COUNT(counts) * ZS_COUNT(lasts); round++) {
		const unsigned count = counts[round / ZS_COUNT(lasts)], last = lasts[round % ZS_COUNT(lasts)];
		char *p = text;
		for (unsigned i = 0; i < count; i++)
			p += sprintf(p, "\"%.*s\" ", i + 1 < count ? 255 : (int)last, octets);
		strcpy(p, "\n");
		memset(room, 0xa5, ZS_LINE_ROOM + 64);
		struct zs_line line = line_of(text);
		line.out = room;
		const size_t len = (size_t)(count - 1) * 256 + 1 + last;
		const bool simple = zs_line_rdata(&line, ZS_TYPE_TXT);
		ck_assert_msg(simple == (len <= ZS_LINE_ROOM), "%u strings, the last of %u", count, last);
		ck_assert_msg(!simple || (line.len == len && room[len - last - 1] == last), "%u strings, the last of %u", count, last);
		for (size_t i = ZS_LINE_ROOM; i < ZS_LINE_ROOM + 64; i++)
			ck_assert_uint_eq(room[i], 0xa5);
	}
	for (size_t t = 0; t < ZS_COUNT(long_fields); t++)
		for (unsigned count = 1000; count < 20000; count += 331) {
			char *p = text + sprintf(text, "%s", long_fields[t].before);
			for (unsigned i = 0; i < count; i++)
				p += sprintf(p, "%s", long_fields[t].field);
			strcpy(p, long_fields[t].type == ZS_TYPE_CAA ? "\"\n" : "\n");
			memset(room, 0xa5, ZS_LINE_ROOM + 64);
			struct zs_line line = line_of(text);
			line.out = room;
			ck_assert(!zs_line_rdata(&line, long_fields[t].type) || line.len <= ZS_LINE_ROOM);
			for (size_t i = ZS_LINE_ROOM; i < ZS_LINE_ROOM + 64; i++)
				ck_assert_uint_eq(room[i], 0xa5);
		}
	free(room);
	free(text);
}
END_TEST

/* What the general way refuses is not simple. */
START_TEST(bad_rdata_is_not_simple)
{
	static char text[200000];
	FILE *file = fopen("testdata/rdata/refused.txt", "r");
	ck_assert(file);
	size_t count = 0;
	while (fgets(text, sizeof text, file)) {
		uint16_t type;
		char *data = strchr(text, '|'), *end = data ? strchr(data + 1, '|') : NULL;
		if (*text == ';' || !end || !zs_type_parse(text, (size_t)(data - text), &type))
			continue;
		*data++ = *end = 0;
		struct zs_line line = line_of(data);
		ck_assert_msg(!zs_line_rdata(&line, type), "%s %s", text, data);
		count++;
	}
	fclose(file);
	ck_assert_uint_ge(count, 100);
}
END_TEST

START_TEST(a_line_ends_where_it_ends)
{
	static const struct {
		uint16_t type;
		const char *text;
		bool simple;
	} cases[] = {
		{ ZS_TYPE_A, "192.0.2.1\n", true }, { ZS_TYPE_A, "192.0.2.1", true }, { ZS_TYPE_A, "192.0.2.1 \t\r\n", true },
		{ ZS_TYPE_A, "192.0.2.1 ; comment\n", true }, { ZS_TYPE_A, "192.0.2.1 x\n", false }, { ZS_TYPE_A, "192.0.2.1)\n", false },
		{ ZS_TYPE_A, "192.0.2.01\n", false }, { ZS_TYPE_A, "192.0.2.256\n", false }, { ZS_TYPE_A, "192.0.2\n", false },
		{ ZS_TYPE_AAAA, "::\n", true }, { ZS_TYPE_AAAA, "1::\n", true }, { ZS_TYPE_AAAA, "1:2:3:4:5:6:7:8\n", true },
		{ ZS_TYPE_AAAA, "1:2:3:4:5:6:7:8:9\n", false }, { ZS_TYPE_AAAA, "1:2:3:4:5:6:7::\n", true }, { ZS_TYPE_AAAA, "1:2:3:4:5:6:7::8\n", false },
		{ ZS_TYPE_AAAA, "1:2:3:4:5:6:7:8::\n", false }, { ZS_TYPE_AAAA, "1::2::3\n", false }, { ZS_TYPE_AAAA, ":1\n", false },
		{ ZS_TYPE_AAAA, "1:\n", false }, { ZS_TYPE_AAAA, ":::\n", false }, { ZS_TYPE_AAAA, "12345::\n", false },
		{ ZS_TYPE_TXT, "\"a\" \"b\"\n", true }, { ZS_TYPE_TXT, "\"a\n", false }, { ZS_TYPE_TXT, "\"a\"\"b\"\n", false },
		{ ZS_TYPE_MX, "65536 a\n", false }, { ZS_TYPE_MX, "10\n", false }, { ZS_TYPE_NSEC, "a. A NS\n", true },
		{ ZS_TYPE_NSEC, "a. NS A\n", false }, { ZS_TYPE_NSEC, "a.\n", true }, { ZS_TYPE_NSEC, "a. A ANY\n", false },
		{ ZS_TYPE_DS, "1 13 2 00 00\n", false }, { ZS_TYPE_SOA, "a. b. 1 1 1 1 1\n", false },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_line line = line_of(cases[i].text);
		ck_assert_msg(zs_line_rdata(&line, cases[i].type) == cases[i].simple, "%s", cases[i].text);
	}
}
END_TEST

ZS_SUITE(line)
{
	Suite *suite = suite_create("line");
	TCase *all = tcase_create("all");
	tcase_add_test(all, names_are_read_as_zs_name_parse_reads_them);
	tcase_add_test(all, names_of_all_lengths_up_to_the_end_of_the_text);
	tcase_add_test(all, relative_names_need_an_origin);
	tcase_add_test(all, rdata_is_read_as_zs_rdata_parse_reads_it);
	tcase_add_test(all, a_line_that_is_too_long_is_not_simple);
	tcase_add_test(all, bad_rdata_is_not_simple);
	tcase_add_test(all, a_line_ends_where_it_ends);
	suite_add_tcase(suite, all);
	return suite;
}
