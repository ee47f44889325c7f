/* test_rdata_bounds.c - RDATA where it is damaged, as large as it can be, or hostile; and what holds for all
 * vectors of testdata/rdata: damaged wire is refused or comes back through text as it was; order is that of
 * canonical octets. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "dns/rdata.h"

enum { TOKENS_MAX = 70000, LINE_MAX_LEN = 8192, COLUMNS = 3 };

static struct zs_arena *arena;
static struct zs_token *tokens;
static uint8_t *wire, *other; /* ZS_RDATA_MAX octets each, so that a sanitizer sees one too many */

static void setup(void)
{
	arena = zs_arena_new();
	tokens = zs_arena_array(arena, TOKENS_MAX, sizeof *tokens);
	wire = malloc(ZS_RDATA_MAX);
	other = malloc(ZS_RDATA_MAX);
	ck_assert(wire && other);
}

static void teardown(void)
{
	free(wire);
	free(other);
	zs_arena_free(arena);
}

/* The end of a quoted string whose opening quote is behind p. */
static const char *quote_end(const char *p)
{
	while (*p && *p != '"')
		p += *p == '\\' && p[1] ? 2 : 1;
	return p;
}

/* As the scanner of zone files does it: blanks part tokens; quotes at a start or behind "=" hold one
 * together. */
static size_t split(const char *p)
{
	size_t count = 0;
	for (;;) {
		while (*p == ' ')
			p++;
		if (!*p)
			return count;
		const char *start = p;
		const bool quoted = *p == '"';
		if (quoted) {
			start = p + 1;
			p = quote_end(start);
		} else {
			while (*p && *p != ' ') {
				if (*p == '"' && p > start && p[-1] == '=' && *quote_end(p + 1))
					p = quote_end(p + 1);
				p += *p == '\\' && p[1] ? 2 : 1;
			}
		}
		ck_assert_uint_lt(count, TOKENS_MAX);
		tokens[count++] = (struct zs_token){ start, (uint32_t)(p - start), quoted };
		p += quoted && *p;
	}
}

static long parse(uint16_t type, const char *text, const uint8_t *origin, uint8_t *out,
                  struct zs_rdata_error *error)
{
	memset(error, 0xff, sizeof *error);
	return zs_rdata_parse(type, tokens, split(text), origin, out, error);
}

static const char *format(uint16_t type, const uint8_t *data, size_t len)
{
	struct zs_buf buf = { .arena = arena, .max = 1 << 22 };
	zs_rdata_format(type, data, len, &buf);
	ck_assert(!buf.full);
	return zs_buf_string(&buf);
}

/* Call use(columns) for each vector: type, text, wire. */
static void each_vector(void (*use)(char *columns[COLUMNS]))
{
	static const char *const path = "testdata/rdata/vectors.txt";
	char line[LINE_MAX_LEN];
	unsigned count = 0;
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "cannot open %s", path);
	while (fgets(line, sizeof line, file)) {
		char *columns[COLUMNS] = { line };
		line[strcspn(line, "\n")] = 0;
		if (*line == ';')
			continue;
		for (unsigned i = 1; i < COLUMNS; i++) {
			columns[i] = strchr(columns[i - 1], '|');
			ck_assert_msg(columns[i] != NULL, "%s: '%s' has fewer than %d columns", path, line,
			              COLUMNS);
			*columns[i]++ = 0;
		}
		columns[2][strcspn(columns[2], "|")] = 0; /* before the text that is written */
		use(columns);
		count++;
	}
	fclose(file);
	ck_assert_uint_ge(count, 200);
}

static uint16_t type_of(const char *text)
{
	uint16_t type = 0;
	ck_assert_msg(zs_type_parse(text, strlen(text), &type), "'%s' is no type", text);
	return type;
}

static size_t read_vector(char *columns[COLUMNS], uint8_t *out)
{
	size_t bad;
	const long len = zs_hex_decode(columns[2], strlen(columns[2]), out, &bad);
	ck_assert_int_ge(len, 0);
	return (size_t)len;
}

/* Whatever passes the check can be written and read, and is the same then. */
static void stable(uint16_t type, const uint8_t *data, size_t len)
{
	struct zs_rdata_error error;
	if (!zs_rdata_check(type, data, len, &error)) {
		ck_assert_uint_gt(strlen(error.message), 0);
		return;
	}
	const char *text = format(type, data, len);
	const long back = parse(type, text, NULL, other, &error);
	ck_assert_msg(back == (long)len && memcmp(other, data, len) == 0,
	              "type %u: '%s' is read as something else: %s", type, text,
	              back < 0 ? error.message : "");
	zs_rdata_canonical(type, data, len, other);
	ck_assert(zs_rdata_check(type, other, len, &error));
	ck_assert_int_eq(
	    zs_rdata_compare(type, (struct zs_bytes){ data, len }, (struct zs_bytes){ other, len }), 0);
}

static void damaged(char *columns[COLUMNS])
{
	static const uint8_t values[] = { 0, 1, 3, 32, 'A', 63, 64, 127, 128, 192, 255 };
	const uint16_t type = type_of(columns[0]);
	const size_t len = read_vector(columns, wire);
	for (size_t cut = 0; cut <= len; cut++) {
		uint8_t *exact = malloc(cut + 1); /* the octet more is for the second call */
		ck_assert(exact != NULL);
		memcpy(exact, wire, cut);
		exact[cut] = 0;
		uint8_t *shrunk = malloc(cut ? cut : 1);
		ck_assert(shrunk != NULL);
		memcpy(shrunk, wire, cut);
		stable(type, shrunk, cut);
		stable(type, exact, cut + 1);
		free(shrunk);
		free(exact);
	}
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < sizeof values; j++) {
			const uint8_t old = wire[i];
			wire[i] = values[j];
			stable(type, wire, len);
			wire[i] = old;
		}
}

START_TEST(damaged_wire_is_refused_or_stays_itself_through_text)
{
	each_vector(damaged);
}
END_TEST

static void lower_as_fields_say(char *columns[COLUMNS])
{
	const uint16_t type = type_of(columns[0]);
	const size_t len = read_vector(columns, wire);
	const struct zs_type_info *info = zs_type_info(type);
	bool lower = type == ZS_TYPE_A6;
	for (unsigned i = 0; info && info->fields[i]; i++)
		lower = lower || info->fields[i] == ZS_FIELD_NAME_LOWER;
	ck_assert_msg(zs_rdata_has_lower(type) == lower, "%s", columns[0]);
	zs_rdata_canonical(type, wire, len, other);
	if (!lower)
		ck_assert_mem_eq(other, wire, len);
	zs_rdata_canonical(type, wire, len, wire); /* in place */
	ck_assert_mem_eq(other, wire, len);
}

START_TEST(only_the_closed_list_of_types_is_lower_cased)
{
	static const char *const closed =
	    " NS MD MF CNAME SOA MB MG MR PTR MINFO MX RP AFSDB RT SIG PX NXT NAPTR KX SRV DNAME A6 RRSIG ";
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		char text[ZS_TYPE_TEXT], word[ZS_TYPE_TEXT + 2];
		snprintf(word, sizeof word, " %s ", zs_type_text((uint16_t)type, text));
		ck_assert_msg(zs_rdata_has_lower((uint16_t)type) == (strstr(closed, word) != NULL), "%s", text);
	}
	each_vector(lower_as_fields_say);
}
END_TEST

/* All wire of one type so far, for the property below. */
static struct {
	uint16_t type;
	struct zs_bytes wire;
} seen[512];
static size_t seen_count;

static void compare_with_seen(char *columns[COLUMNS])
{
	const uint16_t type = type_of(columns[0]);
	const size_t len = read_vector(columns, wire);
	uint8_t *own = zs_arena_alloc(arena, len), *lower_a = zs_arena_alloc(arena, 4096),
	        *lower_b = zs_arena_alloc(arena, 4096);
	memcpy(own, wire, len);
	const struct zs_bytes a = { own, len };
	ck_assert_uint_lt(seen_count, ZS_COUNT(seen));
	seen[seen_count].type = type;
	seen[seen_count++].wire = a;
	zs_rdata_canonical(type, a.data, a.len, lower_a);
	for (size_t i = 0; i < seen_count; i++) {
		const struct zs_bytes b = seen[i].wire;
		if (seen[i].type != type)
			continue;
		zs_rdata_canonical(type, b.data, b.len, lower_b);
		const int wanted = zs_bytes_compare((struct zs_bytes){ lower_a, a.len },
		                                    (struct zs_bytes){ lower_b, b.len });
		const int there = zs_rdata_compare(type, a, b), back = zs_rdata_compare(type, b, a);
		ck_assert_msg((there > 0) == (wanted > 0) && (there < 0) == (wanted < 0), "%s %s", columns[0],
		              columns[1]);
		ck_assert_msg((back > 0) == (wanted < 0) && (back < 0) == (wanted > 0), "%s %s", columns[0],
		              columns[1]);
	}
}

START_TEST(the_order_is_that_of_the_canonical_octets)
{
	static const char *const sorted[] = { "0 .",     "10 A.",  "10 a.A.", "10 b.",
		                              "10 B.c.", "10 aA.", "256 a." };
	struct zs_rdata_error error;
	for (size_t i = 0; i < ZS_COUNT(sorted); i++)
		for (size_t j = 0; j < ZS_COUNT(sorted); j++) {
			const struct zs_bytes a = { wire, (size_t)parse(ZS_TYPE_MX, sorted[i], NULL, wire,
				                                        &error) };
			const struct zs_bytes b = { other, (size_t)parse(ZS_TYPE_MX, sorted[j], NULL, other,
				                                         &error) };
			const int order = zs_rdata_compare(ZS_TYPE_MX, a, b);
			ck_assert_msg((order > 0) == (i > j) && (order < 0) == (i < j), "%s against %s",
			              sorted[i], sorted[j]);
		}
	const struct zs_bytes upper = { wire, (size_t)parse(ZS_TYPE_MX, "10 MAIL.", NULL, wire, &error) };
	const struct zs_bytes lower = { other, (size_t)parse(ZS_TYPE_MX, "10 mail.", NULL, other, &error) };
	ck_assert_int_eq(zs_rdata_compare(ZS_TYPE_MX, upper, lower), 0);
	ck_assert_int_lt(zs_rdata_compare(65280, upper, lower), 0); /* an unknown type has no names */
	each_vector(compare_with_seen);
}
END_TEST

START_TEST(relative_names_take_the_origin)
{
	static const char *const cases[][3] = {
		{ "NS", "ns1", "ns1.Example.org." },
		{ "NS", "@", "Example.org." },
		{ "NS", "ns1.", "ns1." },
		{ "SOA", "ns @ 1 2 3 4 5", "ns.Example.org. Example.org. 1 2 3 4 5" },
		{ "SVCB", "1 svc", "1 svc.Example.org." },
		{ "HIP", "2 20 AQID rvs", "2 20 AQID rvs.Example.org." },
		{ "IPSECKEY", "1 3 2 gw AQID", "1 3 2 gw.Example.org. AQID" },
		{ "AMTRELAY", "1 0 3 r", "1 0 3 r.Example.org." },
		{ "A6", "128 p", "128 p.Example.org." },
		{ "NSEC", "next A", "next.Example.org. A" },
	};
	struct zs_rdata_error error;
	struct zs_name_error name_error;
	uint8_t origin[ZS_NAME_MAX];
	ck_assert_uint_eq(zs_name_parse("Example.org.", 12, NULL, origin, &name_error), 13);
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		const uint16_t type = type_of(cases[i][0]);
		const long len = parse(type, cases[i][1], origin, wire, &error);
		ck_assert_msg(len > 0, "%s: %s", cases[i][1], error.message);
		ck_assert_str_eq(format(type, wire, (size_t)len), cases[i][2]);
	}
	char text[300];
	memset(text, 'a', sizeof text);
	for (size_t i = 50; i < 250; i += 51)
		text[i] = '.';
	text[250] = 0;
	ck_assert_int_eq(parse(ZS_TYPE_NS, text, origin, wire, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.hint, "final dot"));
}
END_TEST

/* count strings of 255 octets and one of last octets */
static const char *long_txt(unsigned count, unsigned last)
{
	struct zs_buf buf = { .arena = arena, .max = 1 << 20 };
	for (unsigned i = 0; i <= count; i++) {
		uint8_t *room = zs_buf_reserve(&buf, 256);
		memset(room, 'a', 255);
		buf.len += i < count ? 255 : last;
		zs_buf_octet(&buf, ' ');
	}
	return zs_buf_string(&buf);
}

START_TEST(rdata_has_at_most_65535_octets)
{
	struct zs_rdata_error error;
	ck_assert_int_eq(parse(ZS_TYPE_TXT, long_txt(255, 254), NULL, wire, &error), ZS_RDATA_MAX);
	ck_assert(zs_rdata_check(ZS_TYPE_TXT, wire, ZS_RDATA_MAX, &error));
	ck_assert_int_eq(parse(ZS_TYPE_TXT, format(ZS_TYPE_TXT, wire, ZS_RDATA_MAX), NULL, other, &error),
	                 ZS_RDATA_MAX);
	ck_assert_mem_eq(wire, other, ZS_RDATA_MAX);
	ck_assert_int_eq(parse(ZS_TYPE_TXT, long_txt(255, 255), NULL, wire, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.message, "longer than 65535"));
	ck_assert(!zs_rdata_check(65280, wire, ZS_RDATA_MAX + 1, &error));
}
END_TEST

/* text repeated count times behind head */
static const char *repeated(const char *head, const char *text, unsigned count)
{
	struct zs_buf buf = { .arena = arena, .max = 1 << 22 };
	zs_buf_text(&buf, head);
	for (unsigned i = 0; i < count; i++)
		zs_buf_text(&buf, text);
	ck_assert(!buf.full);
	return zs_buf_string(&buf);
}

START_TEST(every_kind_of_field_stops_at_the_end_of_the_buffer)
{
	static const struct {
		uint16_t type;
		const char *head, *text;
		unsigned fits, over;
	} cases[] = {
		{ ZS_TYPE_TLSA, "3 1 1 ", "AB", 65532, 65533 },
		{ ZS_TYPE_OPENPGPKEY, "", "AAAA", 21845, 21846 },
		{ ZS_TYPE_OPENPGPKEY, "", "AAAA ", 21845, 21846 },
		{ ZS_TYPE_CAA, "0 a ", "x", 65532, 65533 },
		{ ZS_TYPE_CAA, "0 a ", "\\120", 65532, 65533 },
		{ ZS_TYPE_HIP, "2 20 AQID ", "aaa. ", 13105, 13106 },
		{ ZS_TYPE_HIP, "2 20 ", "AAAA", 21843, 21844 },
		{ ZS_TYPE_APL, "", "2:0:0:0:0:0:0:0:1/1 ", 3276, 3277 },
		{ 65280, "\\# 65535 ", "00", 65535, 65536 },
		{ ZS_TYPE_SVCB, "1 . ipv4hint=1.1.1.1", ",1.1.1.1", 16381, 16382 },
		{ ZS_TYPE_SVCB, "1 . key7000=", "x", 65528, 65529 },
		{ ZS_TYPE_SVCB, "1 . alpn=x", ",x", 32763, 32764 },
		{ ZS_TYPE_SVCB, "1 . tls-supported-groups=1", ",1", 32763, 32764 },
		{ ZS_TYPE_SVCB, "1 . ech=", "AAAA", 21842, 21843 },
	};
	struct zs_rdata_error error;
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		const long len = parse(cases[i].type, repeated(cases[i].head, cases[i].text, cases[i].fits),
		                       NULL, wire, &error);
		ck_assert_msg(len > 65500, "%s%s: %s", cases[i].head, cases[i].text, error.message);
		ck_assert(zs_rdata_check(cases[i].type, wire, (size_t)len, &error));
		ck_assert_int_eq(
		    parse(cases[i].type, format(cases[i].type, wire, (size_t)len), NULL, other, &error), len);
		ck_assert_mem_eq(wire, other, (size_t)len);
		ck_assert_int_eq(parse(cases[i].type, repeated(cases[i].head, cases[i].text, cases[i].over),
		                       NULL, wire, &error),
		                 -1);
	}
}
END_TEST

START_TEST(very_many_parameters_are_sorted_and_none_is_lost)
{
	struct zs_rdata_error error;
	struct zs_buf buf = { .arena = arena, .max = 1 << 22 };
	zs_buf_text(&buf, "1 .");
	for (unsigned key = 16390; key > 10; key--)
		zs_buf_printf(&buf, " key%u", key);
	ck_assert_int_eq(parse(ZS_TYPE_HTTPS, zs_buf_string(&buf), NULL, wire, &error), 3 + 4 * 16380);
	for (unsigned i = 0; i < 16380; i++)
		ck_assert_uint_eq(zs_get_u16(wire + 3 + 4 * i), 11 + i);
	zs_buf_text(&buf, " key16391 key16392 key16393 key16394");
	ck_assert_int_eq(parse(ZS_TYPE_HTTPS, zs_buf_string(&buf), NULL, wire, &error), -1);
}
END_TEST

START_TEST(a_list_of_all_types_goes_both_ways)
{
	struct zs_rdata_error error;
	struct zs_buf buf = { .arena = arena, .max = 1 << 22 };
	zs_buf_text(&buf, ".");
	for (unsigned type = UINT16_MAX; type > 0; type--) {
		char text[ZS_TYPE_TEXT];
		if (type == ZS_TYPE_NXNAME || !zs_type_has((uint16_t)type, ZS_TYPE_META))
			zs_buf_printf(&buf, " %s", zs_type_text((uint16_t)type, text));
	}
	const long len = parse(ZS_TYPE_NSEC, zs_buf_string(&buf), NULL, wire, &error);
	ck_assert_int_eq(len, 1 + 256 * 34);
	ck_assert_int_eq(parse(ZS_TYPE_NSEC, format(ZS_TYPE_NSEC, wire, (size_t)len), NULL, other, &error),
	                 len);
	ck_assert_mem_eq(wire, other, (size_t)len);
}
END_TEST

START_TEST(a_full_buffer_is_told_and_not_overrun)
{
	struct zs_rdata_error error;
	const long len = parse(ZS_TYPE_MX, "10 mail.example.org.", NULL, wire, &error);
	for (size_t max = 0; max < 24; max++) {
		struct zs_buf buf = { .arena = arena, .max = max };
		zs_rdata_format(ZS_TYPE_MX, wire, (size_t)len, &buf);
		ck_assert_int_eq(buf.full, max < strlen("10 mail.example.org."));
		ck_assert_uint_le(buf.len, max);
	}
}
END_TEST

START_TEST(hostile_tokens_are_shown_without_control_octets)
{
	struct zs_rdata_error error;
	char text[400];
	memset(text, '\033', sizeof text);
	text[sizeof text - 1] = 0;
	ck_assert_int_eq(parse(ZS_TYPE_A, text, NULL, wire, &error), -1);
	ck_assert_uint_lt(strlen(error.message), 120);
	for (const char *p = error.message; *p; p++)
		ck_assert(*p >= ' ' && *p <= '~');
	tokens[0] = (struct zs_token){ "", 0, false }; /* no scanner makes one */
	for (unsigned type = 0; type <= 300; type++)
		zs_rdata_parse((uint16_t)type, tokens, 1, NULL, wire, &error);
}
END_TEST

/* An RRSIG with this expiration; the four octets of it. */
static bool expiration(const char *text, uint32_t *out)
{
	char line[128];
	struct zs_rdata_error error;
	snprintf(line, sizeof line, "A 8 1 1 %s 0 1 . AA==", text);
	if (parse(ZS_TYPE_RRSIG, line, NULL, wire, &error) < 0)
		return false;
	*out = zs_get_u32(wire + 8);
	return true;
}

START_TEST(times_are_those_of_the_calendar)
{
	static const char *const none[] = {
		"19691231235959", "21060207062816",  "20250229000000", "21000229000000",
		"20260431000000", "20260100000000",  "20260132000000", "20260001000000",
		"20261301000000", "20260101240000",  "20260101006000", "20260101000060",
		"2026010100000a", "202601010000",    "4294967296",     "-1",
		"99991231235959", "20260101000000Z",
	};
	struct zs_buf buf = { .arena = arena, .max = 256 };
	uint32_t time;
	for (size_t i = 0; i < ZS_COUNT(none); i++)
		ck_assert_msg(!expiration(none[i], &time), "'%s' was taken", none[i]);
	for (uint64_t at = 0; at <= UINT32_MAX;
	     at += 86399) { /* a second less than a day: each day, each time of day */
		char digits[15];
		uint32_t back = 1;
		zs_time_digits((zs_time)at, digits);
		ck_assert_msg(expiration(digits, &back) && back == at, "%s is not %llu", digits,
		              (unsigned long long)at);
		buf.len = 0;
		zs_rdata_format(ZS_TYPE_RRSIG, wire, 18 + 1 + 1, &buf);
		ck_assert_mem_eq(buf.data + strlen("A 8 1 1 "), digits, 14);
	}
	ck_assert(expiration("20000229120000", &time) && expiration("20240229235959", &time)
	          && expiration("0", &time));
	ck_assert(expiration("21060207062815", &time) && time == UINT32_MAX);
}
END_TEST

ZS_SUITE(rdata_bounds)
{
	Suite *suite = suite_create("rdata_bounds");
	TCase *tcase = tcase_create("rdata_bounds");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, damaged_wire_is_refused_or_stays_itself_through_text);
	tcase_add_test(tcase, only_the_closed_list_of_types_is_lower_cased);
	tcase_add_test(tcase, the_order_is_that_of_the_canonical_octets);
	tcase_add_test(tcase, relative_names_take_the_origin);
	tcase_add_test(tcase, rdata_has_at_most_65535_octets);
	tcase_add_test(tcase, every_kind_of_field_stops_at_the_end_of_the_buffer);
	tcase_add_test(tcase, very_many_parameters_are_sorted_and_none_is_lost);
	tcase_add_test(tcase, a_list_of_all_types_goes_both_ways);
	tcase_add_test(tcase, a_full_buffer_is_told_and_not_overrun);
	tcase_add_test(tcase, hostile_tokens_are_shown_without_control_octets);
	tcase_add_test(tcase, times_are_those_of_the_calendar);
	suite_add_tcase(suite, tcase);
	return suite;
}
