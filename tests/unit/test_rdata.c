/* test_rdata.c - RDATA by the vectors of testdata/rdata: what is read, what is refused and where, what is written. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "dns/rdata.h"

enum { LINE_MAX_OCTETS = 4096, TOKENS = 256, FIELDS = 5 };

static const uint8_t origin[] = "\006origin\004test";

/* The tokens of a line as the scanner of zone/ makes them: quotes stay inside an unquoted token. */
static size_t split(const char *text, size_t len, struct zs_token tokens[TOKENS])
{
	size_t count = 0, i = 0;
	while (i < len) {
		if (text[i] == ' ') {
			i++;
			continue;
		}
		const bool quoted = text[i] == '"';
		bool inside = quoted;
		const size_t start = quoted ? ++i : i;
		while (i < len && (inside || text[i] != ' ')) {
			if (text[i] == '\\' && i + 1 < len)
				i++;
			else if (text[i] == '"' && quoted)
				break;
			else if (text[i] == '"')
				inside = !inside;
			i++;
		}
		ck_assert_uint_lt(count, TOKENS);
		tokens[count++] =
		    (struct zs_token){ .text = text + start, .len = (uint32_t)(i - start), .quoted = quoted };
		i += quoted;
	}
	return count;
}

static long parse(uint16_t type, const char *text, size_t len, uint8_t *out, struct zs_rdata_error *error)
{
	struct zs_token tokens[TOKENS];
	const size_t count = split(text, len, tokens);
	memset(error, 0, sizeof *error);
	return zs_rdata_parse(type, tokens, count, origin, out, error);
}

static uint16_t type_of(const char *text)
{
	uint16_t type = 0;
	ck_assert_msg(zs_type_parse(text, strlen(text), &type), "'%s' is no type", text);
	return type;
}

/* The fields of a line, cut at '|' in place; comments and empty lines have none. */
static int fields_of(char *line, char *fields[FIELDS])
{
	line[strcspn(line, "\n")] = 0;
	if (!*line || *line == ';')
		return 0;
	int count = 0;
	for (char *p = line; p && count < FIELDS; count++) {
		fields[count] = p;
		p = strchr(p, '|');
		if (p)
			*p++ = 0;
	}
	return count;
}

static int for_each(const char *path, void (*test)(char *fields[FIELDS], int count))
{
	char line[LINE_MAX_OCTETS], *fields[FIELDS];
	int lines = 0;
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "cannot open %s", path);
	while (fgets(line, sizeof line, file)) {
		ck_assert_msg(strchr(line, '\n') != NULL, "a line of %s is too long", path);
		const int count = fields_of(line, fields);
		if (!count)
			continue;
		test(fields, count);
		lines++;
	}
	fclose(file);
	return lines;
}

static struct zs_buf buffer(void)
{
	return (struct zs_buf){ .arena = zs_arena_new(), .max = 1 << 20 };
}

static bool seen[65536];

/* TYPE|text|hex, and what is written if it is not text. */
static void vector(char *fields[FIELDS], int count)
{
	static uint8_t wire[ZS_RDATA_MAX], again[ZS_RDATA_MAX];
	struct zs_rdata_error error;
	ck_assert_msg(count >= 3, "%s: three fields are needed", fields[0]);
	const uint16_t type = type_of(fields[0]);
	seen[type] = true;
	const long len = parse(type, fields[1], strlen(fields[1]), wire, &error);
	ck_assert_msg(len >= 0, "%s %s: %s", fields[0], fields[1], error.message);
	struct zs_buf text = buffer(), hex = buffer();
	char *digits = (char *)zs_buf_reserve(&hex, 2 * (size_t)len + 1);
	digits[zs_hex_encode_upper(wire, (size_t)len, digits)] = 0;
	ck_assert_msg(strcmp(digits, fields[2]) == 0, "%s %s: %s", fields[0], fields[1], digits);
	ck_assert_msg(zs_rdata_check(type, wire, (size_t)len, &error), "%s %s: %s", fields[0], fields[1],
	              error.message);
	zs_rdata_format(type, wire, (size_t)len, &text);
	const char *written = zs_buf_string(&text);
	ck_assert_msg(strcmp(written, count > 3 ? fields[3] : fields[1]) == 0, "%s %s: written as %s", fields[0],
	              fields[1], written);
	const long back = parse(type, written, strlen(written), again, &error);
	ck_assert_msg(back == len && memcmp(wire, again, (size_t)len) == 0, "%s %s: read back from %s: %s", fields[0],
	              fields[1], written, error.message);
	zs_arena_free(text.arena);
	zs_arena_free(hex.arena);
}

START_TEST(reads_and_writes_every_type)
{
	ck_assert_int_ge(for_each("testdata/rdata/vectors.txt", vector), 200);
	for (size_t i = 0; i < zs_type_count(); i++) {
		const uint16_t type = type_of(zs_type_mnemonic(i));
		ck_assert_msg(seen[type] || zs_type_has(type, ZS_TYPE_META), "no vector for %s", zs_type_mnemonic(i));
	}
}
END_TEST

/* TYPE|text|token|offset|message */
static void refusal(char *fields[FIELDS], int count)
{
	static uint8_t wire[ZS_RDATA_MAX];
	struct zs_rdata_error error;
	ck_assert_msg(count == FIELDS, "%s: five fields are needed", fields[0]);
	const long len = parse(type_of(fields[0]), fields[1], strlen(fields[1]), wire, &error);
	ck_assert_msg(len == -1, "%s %s was taken", fields[0], fields[1]);
	ck_assert_msg(strcmp(error.message, fields[4]) == 0, "%s %s: %s", fields[0], fields[1], error.message);
	ck_assert_msg(error.token == strtoul(fields[2], NULL, 10), "%s %s: token %zu: %s", fields[0], fields[1],
	              error.token, error.message);
	ck_assert_msg(error.offset == strtoul(fields[3], NULL, 10), "%s %s: offset %zu", fields[0], fields[1],
	              error.offset);
	struct zs_token tokens[TOKENS];
	const size_t tokens_count = split(fields[1], strlen(fields[1]), tokens);
	ck_assert_msg(error.token <= tokens_count, "%s %s: a token beyond the end", fields[0], fields[1]);
	ck_assert_msg(error.offset <= (error.token < tokens_count ? tokens[error.token].len : 0),
	              "%s %s: offset %zu is outside the token", fields[0], fields[1], error.offset);
}

START_TEST(refuses_bad_text_and_says_where)
{
	ck_assert_int_ge(for_each("testdata/rdata/refused.txt", refusal), 120);
}
END_TEST

/* Every octet string that is shorter than a good one, or has an octet more, is valid or refused, never overrun. */
static void truncation(char *fields[FIELDS], int count)
{
	struct zs_rdata_error error;
	static uint8_t wire[ZS_RDATA_MAX];
	const uint16_t type = type_of(fields[0]);
	size_t bad;
	(void)count;
	const long len = zs_hex_decode(fields[2], strlen(fields[2]), wire, &bad);
	ck_assert_int_ge(len, 0);
	for (long cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc((size_t)cut ? (size_t)cut : 1); /* its own block: asan sees an overrun */
		memcpy(copy, wire, (size_t)cut);
		if (zs_rdata_check(type, copy, (size_t)cut, &error)) {
			struct zs_buf text = buffer();
			zs_rdata_format(type, copy, (size_t)cut, &text);
			ck_assert_uint_gt(text.len + 1, 0);
			static uint8_t again[ZS_RDATA_MAX];
			const char *written = zs_buf_string(&text);
			const long back = parse(type, written, strlen(written), again, &error);
			ck_assert_msg(back == cut && memcmp(again, copy, (size_t)cut) == 0, "%s cut to %ld: %s: %s",
			              fields[0], cut, written, error.message);
			zs_arena_free(text.arena);
		} else {
			ck_assert_msg(error.message[0] != 0, "%s cut to %ld: no message", fields[0], cut);
		}
		free(copy);
	}
}

START_TEST(proves_wire_that_is_cut_short)
{
	ck_assert_int_ge(for_each("testdata/rdata/vectors.txt", truncation), 200);
}
END_TEST

static struct zs_bytes hex_bytes(const char *hex, uint8_t *out)
{
	size_t bad;
	const long len = zs_hex_decode(hex, strlen(hex), out, &bad);
	ck_assert_int_ge(len, 0);
	return (struct zs_bytes){ out, (size_t)len };
}

START_TEST(refuses_bad_wire)
{
	static const struct { const char *type, *hex, *part;
	} cases[] = {
		{ "A", "C00002", "ends inside" },
		{ "A", "C000020100", "too much" },
		{ "AAAA", "00", "ends inside" },
		{ "NS", "0361", "domain name" },
		{ "NS", "C000", "domain name" },
		{ "NS", "", "domain name" },
		{ "MX", "000A", "domain name" },
		{ "TXT", "", "ends inside" },
		{ "TXT", "0361", "ends inside" },
		{ "NSEC", "000001", "ends inside" },
		{ "NSEC", "00000100", "zero octet" },
		{ "NSEC", "000000", "octets" },
		{ "NSEC", "00000140000140", "follow" },
		{ "NSEC", "0000212200000000", "octets" },
		{ "NSEC", "00000180", "never in a zone" },
		{ "CAA", "000061", "empty" },
		{ "CAA", "00012D", "tag" },
		{ "NXT", "0080", "bit 0" },
		{ "NXT", "004000", "zero octet" },
		{ "DS", "000108020000", "32" },
		{ "ISDN", "0131", NULL },
		{ "ISDN", "013102", "ends inside" },
		{ "SVCB", "0001000001", "" },
		{ "SVCB", "00010000010000", "" },
		{ "HTTPS", "000000000300020035", NULL },
		{ "SVCB", "000100000300020035000300020035", "" },
		{ "SVCB",
		  "00010000030001"
		  "35",
		  "" },
		{ "SVCB",
		  "000100000400"
		  "03010203",
		  "" },
		{ "SVCB",
		  "0001000000000200"
		  "03",
		  "" },
		{ "SVCB", "000100FFFF0000", "" },
		{ "LOC", "011216138B0D2C8C7FF8FCA500989680", "" },
		{ "LOC", "00A216138B0D2C8C7FF8FCA500989680", "" },
		{ "LOC", "001216", "" },
		{ "APL", "00012101", "" },
		{ "APL", "0001180401020300", "" },
		{ "APL", "000118", "" },
		{ "A6", "81", "" },
		{ "A6", "4000", "" },
		{ "WKS", "C0000201", "" },
		{ "IPSECKEY", "0A0402", "" },
		{ "HIP", "00020001AA", "" },
		{ "AMTRELAY", "0A04", "" },
		{ "CERT", "000100010861", NULL },
		{ "NSEC3", "01000000000000", "" },
		{ "EUI48", "0000000000", "ends inside" },
		{ "URI", "00010001", "" },
		{ "TYPE65280", "", NULL },
		{ "NULL", "00", NULL },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_rdata_error error = { .message = "" };
		uint8_t octets[64];
		const struct zs_bytes wire = hex_bytes(cases[i].hex, octets);
		const bool good = zs_rdata_check(type_of(cases[i].type), wire.data, wire.len, &error);
		ck_assert_msg(good == !cases[i].part, "%s %s: %d %s", cases[i].type, cases[i].hex, good,
		              error.message);
		ck_assert_msg(good || (*error.message && strstr(error.message, cases[i].part)), "%s %s: %s",
		              cases[i].type, cases[i].hex, error.message);
	}
}
END_TEST

START_TEST(lower_cases_names_of_the_old_types_only)
{
	static const char *const cases[][3] = {
		{ "NS", "A.B.", "a.b." },
		{ "SOA", "A. B. 1 2 3 4 5", "a. b. 1 2 3 4 5" },
		{ "MX", "10 A.", "10 a." },
		{ "RP", "A. B.", "a. b." },
		{ "AFSDB", "1 A.", "1 a." },
		{ "SRV", "1 2 3 A.", "1 2 3 a." },
		{ "NAPTR", "1 2 \"U\" \"E2U\" \"!X!Y!\" A.", "1 2 \"U\" \"E2U\" \"!X!Y!\" a." },
		{ "DNAME", "A.", "a." },
		{ "PX", "1 A. B.", "1 a. b." },
		{ "KX", "1 A.", "1 a." },
		{ "RT", "1 A.", "1 a." },
		{ "NXT", "A. A", "a. A" },
		{ "A6", "64 ::1 A.", "64 ::1 a." },
		{ "A6", "0 2001:db8::4142", "0 2001:db8::4142" },
		{ "RRSIG", "A 8 2 1 1 1 16705 A. QUJD", "A 8 2 1 19700101000001 19700101000001 16705 a. QUJD" },
		{ "SIG", "A 8 2 1 1 1 16705 A. QUJD", "A 8 2 1 19700101000001 19700101000001 16705 a. QUJD" },
		{ "NSEC", "A. A", NULL },
		{ "SVCB", "1 A.", NULL },
		{ "HTTPS", "1 A.", NULL },
		{ "LP", "1 A.", NULL },
		{ "NSAP-PTR", "A.", NULL },
		{ "TALINK", "A. B.", NULL },
		{ "TXT", "\"ABC\"", NULL },
		{ "HINFO", "\"A\" \"B\"", NULL },
		{ "DSYNC", "A NOTIFY 53 A.", NULL },
		{ "HIP", "2 AA QUJD A.", NULL },
		{ "AMTRELAY", "0 0 3 A.", NULL },
		{ "IPSECKEY", "10 3 2 A. QUJD", NULL },
		{ "URI", "1 1 \"A\"", NULL },
		{ "CAA", "0 ISSUE \"A\"", NULL },
	};
	static uint8_t wire[ZS_RDATA_MAX], wanted[ZS_RDATA_MAX], got[ZS_RDATA_MAX];
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_rdata_error error;
		const uint16_t type = type_of(cases[i][0]);
		const char *lower = cases[i][2] ? cases[i][2] : cases[i][1];
		const long len = parse(type, cases[i][1], strlen(cases[i][1]), wire, &error);
		ck_assert_msg(len > 0 && parse(type, lower, strlen(lower), wanted, &error) == len, "%s: %s",
		              cases[i][1], error.message);
		zs_rdata_canonical(type, wire, (size_t)len, got);
		ck_assert_msg(memcmp(got, wanted, (size_t)len) == 0, "%s %s", cases[i][0], cases[i][1]);
		ck_assert_int_eq(zs_rdata_has_lower(type), cases[i][2] != NULL);
		const struct zs_bytes a = { wire, (size_t)len }, b = { wanted, (size_t)len };
		ck_assert_int_eq(zs_rdata_compare(type, a, b), 0);
		zs_rdata_canonical(type, wire, (size_t)len, wire);
		ck_assert_msg(memcmp(wire, wanted, (size_t)len) == 0, "%s %s in place", cases[i][0], cases[i][1]);
	}
}
END_TEST

START_TEST(orders_rdata_as_rfc4034_section_6_3)
{
	static const char *const cases[][3] = {
		{ "A", "192.0.2.1", "192.0.2.2" },
		{ "A", "9.0.0.0", "192.0.2.1" },
		{ "TXT", "\"b\"", "\"aa\"" },
		{ "TXT", "\"a\"", "\"a\" \"b\"" },
		{ "MX", "9 z.", "10 a." },
		{ "MX", "10 A.", "10 b." },
		{ "MX", "10 a.", "10 B." },
		{ "NS", "z.", "aa." },
		{ "CNAME", "a.", "A.b." },
		{ "NSEC", "A. A", "a. A" },
		{ "SRV", "1 1 1 B.c.", "1 1 1 b.D." },
	};
	static uint8_t low[ZS_RDATA_MAX], high[ZS_RDATA_MAX];
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_rdata_error error;
		const uint16_t type = type_of(cases[i][0]);
		const long a_len = parse(type, cases[i][1], strlen(cases[i][1]), low, &error);
		const long b_len = parse(type, cases[i][2], strlen(cases[i][2]), high, &error);
		ck_assert_msg(a_len > 0 && b_len > 0, "%s: %s", cases[i][0], error.message);
		const struct zs_bytes a = { low, (size_t)a_len }, b = { high, (size_t)b_len };
		ck_assert_msg(zs_rdata_compare(type, a, b) < 0 && zs_rdata_compare(type, b, a) > 0, "%s: %s, %s",
		              cases[i][0], cases[i][1], cases[i][2]);
		ck_assert_int_eq(zs_rdata_compare(type, a, a), 0);
	}
}
END_TEST

START_TEST(relative_names_take_the_origin)
{
	static uint8_t wire[ZS_RDATA_MAX];
	struct zs_rdata_error error;
	struct zs_buf text = buffer();
	const long len = parse(ZS_TYPE_MX, "10 mail", 7, wire, &error);
	ck_assert_int_gt(len, 0);
	zs_rdata_format(ZS_TYPE_MX, wire, (size_t)len, &text);
	ck_assert_str_eq(zs_buf_string(&text), "10 mail.origin.test.");
	zs_arena_free(text.arena);
}
END_TEST

START_TEST(rare_types_are_written_for_every_server)
{
	static uint8_t wire[ZS_RDATA_MAX];
	struct zs_rdata_error error;
	struct zs_buf rare = buffer(), old = buffer();
	long len = parse(ZS_TYPE_DSYNC, "CDS NOTIFY 53 a.", 16, wire, &error);
	ck_assert_int_gt(len, 0);
	zs_rdata_format_file(ZS_TYPE_DSYNC, wire, (size_t)len, &rare);
	ck_assert_str_eq(zs_buf_string(&rare), "\\# 8 003B010035016100");
	len = parse(ZS_TYPE_A, "192.0.2.1", 9, wire, &error);
	zs_rdata_format_file(ZS_TYPE_A, wire, (size_t)len, &old);
	ck_assert_str_eq(zs_buf_string(&old), "192.0.2.1");
	zs_arena_free(rare.arena);
	zs_arena_free(old.arena);
}
END_TEST

/* NSD 4.6 reads no other tags, and one that it does not read costs the whole zone. */
START_TEST(caa_tags_are_written_for_every_server)
{
	static const char *const cases[][2] = {
		{ "0 issue \"a\"", "0 issue \"a\"" }, { "0 abcdefghijklmn1 \"a\"", "0 abcdefghijklmn1 \"a\"" },
		{ "0 Issue \"a\"", "\\# 8 0005497373756561" },
		{ "0 abcdefghijklmn12 \"\"", "\\# 18 00106162636465666768696A6B6C6D6E3132" },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		static uint8_t wire[ZS_RDATA_MAX];
		struct zs_rdata_error error;
		struct zs_buf text = buffer();
		const long len = parse(ZS_TYPE_CAA, cases[i][0], strlen(cases[i][0]), wire, &error);
		ck_assert_int_gt(len, 0);
		zs_rdata_format_file(ZS_TYPE_CAA, wire, (size_t)len, &text);
		ck_assert_str_eq(zs_buf_string(&text), cases[i][1]);
		text.len = 0;
		zs_rdata_format_powerdns(ZS_TYPE_CAA, wire, (size_t)len, &text);
		ck_assert_str_eq(zs_buf_string(&text), cases[i][0]);
		zs_arena_free(text.arena);
	}
}
END_TEST

/* What PowerDNS 4.7 reads; it has each of these, or none of the types. */
START_TEST(powerdns_gets_what_it_reads)
{
	static const struct {
		uint16_t type;
		const char *name, *text, *written;
	} cases[] = {
		{ ZS_TYPE_RT, "TYPE21", "10 a.b.", "\\# 7 000A0161016200" }, { ZS_TYPE_MB, "MB", "a.b.", "a.b." },
		{ ZS_TYPE_KEY, "KEY", "256 3 13 AQID", "256 3 13 AQID" }, { ZS_TYPE_HIP, "TYPE55", "2 20 AQID", "\\# 8 0102000320010203" },
		{ ZS_TYPE_DLV, "DLV", "1 13 2 " "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20", NULL },
		{ ZS_TYPE_IPSECKEY, "IPSECKEY", "10 0 2 . AQID", "10 0 2 AQID" }, { ZS_TYPE_IPSECKEY, "IPSECKEY", "10 0 0 .", "10 0 0" },
		{ ZS_TYPE_IPSECKEY, "IPSECKEY", "10 3 2 a.b. AQID", "10 3 2 a.b. AQID" }, { ZS_TYPE_IPSECKEY, "IPSECKEY", "10 1 2 1.2.3.4 AQID", "10 1 2 1.2.3.4 AQID" },
		{ ZS_TYPE_SVCB, "SVCB", "1 a. key65001 key65002=x", "1 a. key65001=\"\" key65002=\"x\"" }, { 65280, "TYPE65280", "\\# 1 00", "\\# 1 00" },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		static uint8_t wire[ZS_RDATA_MAX];
		struct zs_rdata_error error;
		struct zs_buf text = buffer();
		char name[ZS_TYPE_TEXT];
		const long len = parse(cases[i].type, cases[i].text, strlen(cases[i].text), wire, &error);
		ck_assert_msg(len > 0, "%s", cases[i].text);
		zs_rdata_format_powerdns(cases[i].type, wire, (size_t)len, &text);
		ck_assert_str_eq(zs_buf_string(&text), cases[i].written ? cases[i].written : cases[i].text);
		ck_assert_str_eq(zs_type_powerdns_text(cases[i].type, name), cases[i].name);
		zs_arena_free(text.arena);
	}
}
END_TEST

/* n copies of part, with blanks between them. */
static char *repeat(const char *head, const char *part, size_t n)
{
	const size_t part_len = strlen(part), head_len = strlen(head);
	char *text = malloc(head_len + n * part_len + 1), *p = text + head_len;
	memcpy(text, head, head_len);
	for (size_t i = 0; i < n; i++, p += part_len)
		memcpy(p, part, part_len);
	*p = 0;
	return text;
}

START_TEST(rdata_ends_at_65535_octets)
{
	static uint8_t wire[ZS_RDATA_MAX];
	struct zs_rdata_error error;
	char *most = repeat("", "AB", ZS_RDATA_MAX / 3 * 2), *more = repeat("", "AAAA", ZS_RDATA_MAX / 3 + 1);
	/* 65535 octets are 21845 groups of base64 */
	char *base64 = repeat("", "AAAA", ZS_RDATA_MAX / 3);
	ck_assert_int_eq(parse(ZS_TYPE_OPENPGPKEY, base64, strlen(base64), wire, &error), ZS_RDATA_MAX);
	ck_assert_int_eq(parse(ZS_TYPE_OPENPGPKEY, more, strlen(more), wire, &error), -1);
	ck_assert_msg(strstr(error.message, "65535") != NULL, "%s", error.message);
	char *digest = repeat("3 0 0 ", "AB", ZS_RDATA_MAX - 3),
	     *digest_more = repeat("3 0 0 ", "AB", ZS_RDATA_MAX - 2);
	ck_assert_int_eq(parse(ZS_TYPE_SMIMEA, digest, strlen(digest), wire, &error), ZS_RDATA_MAX);
	ck_assert_int_eq(parse(ZS_TYPE_SMIMEA, digest_more, strlen(digest_more), wire, &error), -1);
	char *string = repeat("\"", "a", 255), *string_more = repeat("\"", "a", 256);
	ck_assert_int_eq(parse(ZS_TYPE_TXT, string, strlen(string), wire, &error), 256);
	ck_assert_int_eq(parse(ZS_TYPE_TXT, string_more, strlen(string_more), wire, &error), -1);
	ck_assert_uint_eq(error.offset, 255);
	ck_assert_msg(error.hint[0] != 0, "a long TXT string has no hint");
	char *uri = repeat("1 1 \"", "a", ZS_RDATA_MAX - 4), *uri_more = repeat("1 1 \"", "a", ZS_RDATA_MAX - 3);
	ck_assert_int_eq(parse(ZS_TYPE_URI, uri, strlen(uri), wire, &error), ZS_RDATA_MAX);
	ck_assert_int_eq(parse(ZS_TYPE_URI, uri_more, strlen(uri_more), wire, &error), -1);
	char *const texts[] = { most, more, base64, digest, digest_more, string, string_more, uri, uri_more };
	for (size_t i = 0; i < ZS_COUNT(texts); i++)
		free(texts[i]);
}
END_TEST

START_TEST(digits_may_be_cut_anywhere)
{
	static uint8_t whole[ZS_RDATA_MAX], wire[ZS_RDATA_MAX];
	struct zs_rdata_error error;
	char *text = repeat("", "QUJDREVG", 300);
	const size_t len = strlen(text);
	const long octets = parse(ZS_TYPE_OPENPGPKEY, text, len, whole, &error);
	ck_assert_int_eq(octets, 1800);
	for (size_t cut = 1; cut < len; cut += 37) {
		struct zs_token tokens[3] = { { text, (uint32_t)cut, false }, { text, 0, false },
			                      { text + cut, (uint32_t)(len - cut), false } };
		ck_assert_int_eq(zs_rdata_parse(ZS_TYPE_OPENPGPKEY, tokens, 3, NULL, wire, &error), octets);
		ck_assert_int_eq(memcmp(wire, whole, (size_t)octets), 0);
		const char kept = text[2000];
		text[2000] = '*';
		ck_assert_int_eq(zs_rdata_parse(ZS_TYPE_OPENPGPKEY, tokens, 3, NULL, wire, &error), -1);
		ck_assert_uint_eq(error.token, cut > 2000 ? 0 : 2);
		ck_assert_uint_eq(error.offset, cut > 2000 ? 2000 : 2000 - cut);
		text[2000] = '='; /* padding in the middle */
		ck_assert_int_eq(zs_rdata_parse(ZS_TYPE_OPENPGPKEY, tokens, 3, NULL, wire, &error), -1);
		text[2000] = kept;
	}
	free(text);
}
END_TEST

ZS_SUITE(rdata)
{
	Suite *suite = suite_create("rdata");
	TCase *tcase = tcase_create("rdata");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, reads_and_writes_every_type);
	tcase_add_test(tcase, refuses_bad_text_and_says_where);
	tcase_add_test(tcase, proves_wire_that_is_cut_short);
	tcase_add_test(tcase, refuses_bad_wire);
	tcase_add_test(tcase, lower_cases_names_of_the_old_types_only);
	tcase_add_test(tcase, orders_rdata_as_rfc4034_section_6_3);
	tcase_add_test(tcase, relative_names_take_the_origin);
	tcase_add_test(tcase, rare_types_are_written_for_every_server);
	tcase_add_test(tcase, caa_tags_are_written_for_every_server);
	tcase_add_test(tcase, powerdns_gets_what_it_reads);
	tcase_add_test(tcase, rdata_ends_at_65535_octets);
	tcase_add_test(tcase, digits_may_be_cut_anywhere);
	suite_add_tcase(suite, tcase);
	return suite;
}
