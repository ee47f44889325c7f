/* test_zone.c - the zone in memory: order, lookup, editing, cuts; serials; content. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "dns/rdata.h"
#include "zone/zone.h"

static const uint8_t apex[] = "\7example";
static const char head[] = "$TTL 300\n@ SOA ns h 7 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n";

static struct zs_zone *read_text(struct zs_run *run, const char *text)
{
	struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
	const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_KEEP };
	struct zs_zone *zone;
	*input = (struct zs_input){ .path = "zone", .text = text, .len = strlen(text) };
	ck_assert(zs_zone_read_text(run, run->arena, input, &options, &zone));
	return zone;
}

static struct zs_zone *read_zone(struct zs_run *run, const char *more)
{
	return read_text(run, zs_arena_printf(run->arena, "%s%s", head, more));
}

static uint32_t find(const struct zs_zone *zone, const char *text)
{
	uint8_t name[ZS_NAME_MAX];
	struct zs_name_error error;
	ck_assert(zs_name_parse(text, strlen(text), apex, name, &error));
	return zs_zone_find(zone, name, NULL);
}

START_TEST(owners_are_in_canonical_order_whatever_the_order_of_the_text)
{
	struct zs_run *run = zs_run_begin();
	struct zs_zone *zone = read_zone(run, "z A 192.0.2.1\na.z A 192.0.2.1\nB A 192.0.2.1\na A 192.0.2.1\n\\200 A 192.0.2.1\nz TXT \"x\"\nb AAAA ::1\n");
	for (size_t i = 1; i < zone->owner_count; i++)
		ck_assert_int_lt(zs_name_compare(zs_owner_name(zone, &zone->owners[i - 1]), zs_owner_name(zone, &zone->owners[i])), 0);
	ck_assert_uint_eq(zone->owner_count, 7);
	ck_assert_uint_eq(zone->owners[find(zone, "b")].rrset_count, 2);
	ck_assert(zs_zone_rrset(zone, find(zone, "Z"), ZS_TYPE_TXT));
	ck_assert_uint_eq(find(zone, "nowhere"), ZS_NO_OWNER);
	zs_run_end(run);
}
END_TEST

/* RFC 4034 section 6.1, octet by octet: what the fast ways must agree with. */
static int plain_order(const uint8_t *a, const uint8_t *b)
{
	unsigned left = zs_name_labels(a), right = zs_name_labels(b);
	while (left && right) {
		const uint8_t *x = zs_name_skip(a, --left), *y = zs_name_skip(b, --right);
		for (unsigned i = 1;; i++) {
			if (i > *x || i > *y) {
				if (*x != *y)
					return (int)*x - (int)*y;
				break;
			}
			const int order = zs_octet_lower(x[i]) - zs_octet_lower(y[i]);
			if (order)
				return order;
		}
	}
	return (int)left - (int)right;
}

/* Names that are alike up to where sort keys are cut, ended in all ways, with the octets that keys escape; in an order made by
 * step, the first count of them. */
static char *alike(struct zs_run *run, unsigned count, unsigned step)
{
	static const char *const octets[] = { "", "\\000", "\\001", "\\002", "a", "A", "b", "\\255", "\\@", "[", "Z" };
	static const char *const left[] = { "", "b.", "\\000.", "aaaaaaaa." };
	static const int lengths[] = { 5, 6, 7, 8, 13, 14, 15, 16, 21 };
	const unsigned all = ZS_COUNT(octets) * ZS_COUNT(octets) * ZS_COUNT(left) * ZS_COUNT(lengths);
	struct zs_buf buf = { .arena = run->arena, .max = 1 << 20 };
	for (unsigned i = 0; i < count; i++) {
		unsigned n = (unsigned)((uint64_t)i * step % all);
		const char *first = octets[n % ZS_COUNT(octets)], *second = octets[n / ZS_COUNT(octets) % ZS_COUNT(octets)];
		n /= ZS_COUNT(octets) * ZS_COUNT(octets);
		zs_buf_printf(&buf, "%s%.*s%s%s A 192.0.2.1\n", left[n % ZS_COUNT(left)], lengths[n / ZS_COUNT(left)], "aaaaaaaaaaaaaaaaaaaaaaa", first,
		              second);
	}
	return zs_arena_strdup(run->arena, zs_buf_string(&buf));
}

START_TEST(names_that_are_much_alike_are_in_canonical_order)
{
	static const unsigned counts[] = { 20, 300, 4356 }; /* few; some; all, which are enough for buckets */
	static const unsigned steps[] = { 1, 4355, 7919, 1013, 611 };
	for (unsigned round = 0; round < ZS_COUNT(counts) * ZS_COUNT(steps); round++) {
		struct zs_run *run = zs_run_begin();
		struct zs_zone *zone = read_zone(run, alike(run, counts[round % 3], steps[round / 3]));
		ck_assert_uint_ge(zone->owner_count, counts[round % 3] / 2); /* some are the same twice */
		for (size_t i = 1; i < zone->owner_count; i++) {
			const uint8_t *a = zs_owner_name(zone, &zone->owners[i - 1]), *b = zs_owner_name(zone, &zone->owners[i]);
			char left[ZS_NAME_TEXT], right[ZS_NAME_TEXT];
			ck_assert_msg(plain_order(a, b) < 0 && zs_name_compare(a, b) < 0 && zs_name_compare(b, a) > 0, "%s, %s", zs_name_text(a, left),
			              zs_name_text(b, right));
			ck_assert_uint_eq(zs_zone_find(zone, b, NULL), i);
		}
		zs_run_end(run);
	}
}
END_TEST

/* count full strings, on one line or in parentheses. */
static struct zs_zone *read_strings(struct zs_run *run, unsigned count, bool lines)
{
	struct zs_buf text = { .arena = run->arena, .max = 1 << 20 };
	struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
	const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_KEEP };
	struct zs_zone *zone = NULL;
	zs_buf_printf(&text, "%sx TXT%s", head, lines ? " (" : "");
	for (unsigned i = 0; i < count; i++)
		zs_buf_printf(&text, "%s\"%0255u\"", lines ? "\n" : " ", i);
	zs_buf_printf(&text, "%s\ny A 192.0.2.1\n", lines ? ")" : "");
	*input = (struct zs_input){ .path = "zone", .text = zs_buf_string(&text), .len = text.len };
	return zs_zone_read_text(run, run->arena, input, &options, &zone) ? zone : NULL;
}

START_TEST(a_long_record_is_the_same_on_one_line_or_on_many)
{
	static const unsigned counts[] = { 15, 16, 17, 70, 255, 256, 257, 300, 4000 };
	for (size_t i = 0; i < 2 * ZS_COUNT(counts); i++) {
		struct zs_run *run = zs_run_begin();
		const unsigned count = counts[i / 2];
		struct zs_zone *zone = read_strings(run, count, i % 2);
		ck_assert_msg((zone != NULL) == (count * 256 <= ZS_RDATA_MAX), "%u strings", count);
		const struct zs_rrset *set = zone ? zs_zone_rrset(zone, find(zone, "x"), ZS_TYPE_TXT) : NULL;
		ck_assert(!zone || (set && zs_rrset_rdata(zone, set, 0).len == count * 256));
		zs_run_end(run);
	}
}
END_TEST

/* RDATA without octets lies where the next one begins, which does not make them one record. */
START_TEST(a_record_without_octets_is_no_duplicate_of_the_next)
{
	static const struct {
		const char *text;
		uint16_t type;
		unsigned count;
	} cases[] = {
		{ "x TYPE300 \\# 0\nx TYPE300 \\# 1 00\nx TYPE300 \\# 2 0000\n", 300, 3 },
		{ "x APL\nx APL 1:0.0.0.0/0\nx APL\n", ZS_TYPE_APL, 2 },
		{ "x TYPE300 \\# 0\nx TYPE300 \\# 0\n", 300, 1 },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_run *run = zs_run_begin();
		const struct zs_zone *zone = read_zone(run, cases[i].text);
		const struct zs_rrset *set = zs_zone_rrset(zone, find(zone, "x"), cases[i].type);
		ck_assert(set != NULL);
		ck_assert_msg(set->count == cases[i].count, "%u records of %s", set->count, cases[i].text);
		zs_run_end(run);
	}
}
END_TEST

START_TEST(a_dropped_record_must_be_well_formed_too)
{
	static const char *const bad[] = { "x NSEC )\n", "x RRSIG A 13 2 (\n", "x NSEC \"\n", "x NSEC y A\ry A 192.0.2.1\n" };
	for (size_t i = 0; i < 2 * ZS_COUNT(bad); i++) {
		struct zs_run *run = zs_run_begin();
		const struct zs_zone_options options = { .apex = apex, .dnssec = ZS_DNSSEC_STRIP, .general = i % 2 };
		struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
		struct zs_zone *zone;
		*input = (struct zs_input){ .path = "zone", .text = zs_arena_printf(run->arena, "%s%s", head, bad[i / 2]) };
		input->len = strlen(input->text);
		ck_assert_msg(!zs_zone_read_text(run, run->arena, input, &options, &zone), "%s", bad[i / 2]);
		ck_assert_uint_eq(run->error_count, 1);
		zs_run_end(run);
	}
}
END_TEST

/* BIND and NSD begin a string at a quote wherever it stands; only in SvcParams it may stand within a word (RFC 9460 section 2.1). */
START_TEST(quotes_begin_a_string_as_for_bind)
{
	static const struct {
		const char *text, *rdata;
		uint16_t type;
	} cases[] = {
		{ "x TXT a=\"b c\" d", "\2a=\3b c\1d", ZS_TYPE_TXT }, { "x 5 IN TXT (\na=\"b c\"d)", "\2a=\3b c\1d", ZS_TYPE_TXT },
		{ "x TXT svcb=\"b\"", "\5svcb=\1b", ZS_TYPE_TXT }, { "svcb TXT a=\"b\"\nx TXT \"y\"", "\1y", ZS_TYPE_TXT },
		{ "x HTTPS 1 . key999=\"b c\"", "\0\1\0\3\347\0\3b c", ZS_TYPE_HTTPS }, { "x IN 5 TYPE64 1 . key999=\"b c\"", "\0\1\0\3\347\0\3b c", ZS_TYPE_SVCB },
		{ "$GENERATE 1-1 x HTTPS 1 . key999=\"b c\"", "\0\1\0\3\347\0\3b c", ZS_TYPE_HTTPS },
		{ "$GENERATE 1-1 x TXT a=\"b c\" d", "\2a=\3b c\1d", ZS_TYPE_TXT },
		/* the quotes of $GENERATE, BIND 9.18's way */
		{ "$GENERATE 1-1 x TXT \"a $\"", "\1a\1" "1", ZS_TYPE_TXT }, { "$GENERATE 1-1 x 5 IN TXT \"\\\"a $\\\" b\\\\\"", "\3a 1\2b\\", ZS_TYPE_TXT },
		{ "$GENERATE 1-1 x TXT \"a $\" \"b\"", "\3a 1\1b", ZS_TYPE_TXT },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_run *run = zs_run_begin();
		struct zs_zone *zone = read_zone(run, zs_arena_printf(run->arena, "%s\n", cases[i].text));
		const struct zs_rrset *set = zs_zone_rrset(zone, find(zone, "x"), cases[i].type);
		ck_assert_msg(set != NULL, "%s", cases[i].text);
		const struct zs_bytes rdata = zs_rrset_rdata(zone, set, 0);
		const size_t len = cases[i].type == ZS_TYPE_TXT ? strlen(cases[i].rdata) : 10;
		ck_assert_msg(rdata.len == len && memcmp(rdata.data, cases[i].rdata, len) == 0, "%s", cases[i].text);
		zs_run_end(run);
	}
}
END_TEST

/* BIND's rules: the last stated TTL goes on, but not under $TTL, and not where the SOA has none and its MINIMUM stands in for $TTL, as in
 * the files of Windows DNS. */
START_TEST(a_ttl_is_the_one_that_bind_takes)
{
	static const struct {
		const char *text;
		uint32_t soa, x;
	} cases[] = {
		{ "@ SOA ns h 7 1 1 1 900\ny 60 A 192.0.2.1\nx A 192.0.2.2\n", 900, 900 },
		{ "@ SOA ns h 7 1 1 1 900\ny 60 A 192.0.2.1\n$TTL 5\nx A 192.0.2.2\n", 900, 5 },
		{ "@ 300 SOA ns h 7 1 1 1 900\ny 60 A 192.0.2.1\nx A 192.0.2.2\n", 300, 60 },
		{ "$TTL 5\n@ SOA ns h 7 1 1 1 900\ny 60 A 192.0.2.1\nx A 192.0.2.2\n", 5, 5 },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_run *run = zs_run_begin();
		const struct zs_zone *zone = read_text(run, cases[i].text);
		ck_assert_msg(zs_zone_apex_rrset(zone, ZS_TYPE_SOA)->ttl == cases[i].soa, "SOA of %s", cases[i].text);
		ck_assert_msg(zs_zone_rrset(zone, find(zone, "x"), ZS_TYPE_A)->ttl == cases[i].x, "x of %s", cases[i].text);
		zs_run_end(run);
	}
}
END_TEST

START_TEST(cuts_hide_what_is_below_them)
{
	struct zs_run *run = zs_run_begin();
	struct zs_zone *zone = read_zone(run, "sub NS ns.sub\nns.sub A 192.0.2.1\nx.sub NS o.test.\nsubx A 192.0.2.1\nd DNAME t.test.\nb.d A 192.0.2.1\n");
	ck_assert_uint_eq(zone->owners[find(zone, "sub")].flags, ZS_OWNER_CUT);
	ck_assert_uint_eq(zone->owners[find(zone, "ns.sub")].flags, ZS_OWNER_OCCLUDED);
	ck_assert_uint_eq(zone->owners[find(zone, "x.sub")].flags, ZS_OWNER_OCCLUDED);
	ck_assert_uint_eq(zone->owners[find(zone, "subx")].flags, 0);
	ck_assert_uint_eq(zone->owners[find(zone, "d")].flags, 0);
	ck_assert_uint_eq(zone->owners[find(zone, "b.d")].flags, ZS_OWNER_OCCLUDED);
	ck_assert_uint_eq(zone->owners[find(zone, "@")].flags, 0);
	zs_run_end(run);
}
END_TEST

/* By the definition: below an owner before it that is a cut or has a DNAME, and is not occluded itself. */
static unsigned flags_by_looking_up(const struct zs_zone *zone, uint32_t index)
{
	const uint8_t *name = zs_owner_name(zone, &zone->owners[index]);
	const unsigned labels = zs_name_labels(name);
	for (unsigned n = zone->apex_labels; n < labels; n++) {
		const uint32_t above = zs_zone_find(zone, zs_name_skip(name, labels - n), NULL);
		if (above != ZS_NO_OWNER && ((n > zone->apex_labels && zs_zone_rrset(zone, above, ZS_TYPE_NS)) || zs_zone_rrset(zone, above, ZS_TYPE_DNAME)))
			return ZS_OWNER_OCCLUDED;
	}
	return labels > zone->apex_labels && zs_zone_rrset(zone, index, ZS_TYPE_NS) ? ZS_OWNER_CUT : 0;
}

START_TEST(cuts_hide_what_is_below_them_in_whichever_slice_it_is)
{
	for (unsigned count = 4000; count < 14000; count += 1031) {
		struct zs_run *run = zs_run_begin();
		struct zs_buf text = { .arena = run->arena, .max = 8 << 20 };
		zs_buf_printf(&text, "big NS h1.big\nzz A 192.0.2.1\nd DNAME e.test.\n");
		for (unsigned i = 0; i < count; i++) {
			zs_buf_printf(&text, "h%u.big A 192.0.2.1\n", i);
			if (i % 500 == 0) /* a cut below the cut, whose own hosts are hidden all the same */
				zs_buf_printf(&text, "h%u.big NS x.h%u.big\nx.h%u.big A 192.0.2.1\n", i, i, i);
			if (i % 700 == 0)
				zs_buf_printf(&text, "c%u NS o.test.\nx.c%u A 192.0.2.1\nh%u.d A 192.0.2.1\n", i, i, i);
		}
		run->jobs = 1 + count % 3;
		struct zs_zone *zone = read_zone(run, zs_buf_string(&text));
		ck_assert(zone->has_dname);
		for (uint32_t i = 0; i < zone->owner_count; i++)
			ck_assert_uint_eq(zone->owners[i].flags, flags_by_looking_up(zone, i));
		zs_run_end(run);
	}
}
END_TEST

/* Each of count names with an A in one place of the text and an AAAA in another. */
static char *twice(struct zs_run *run, unsigned count, unsigned way)
{
	struct zs_buf text = { .arena = run->arena, .max = 8 << 20 };
	for (unsigned i = 0; i < 2 * count; i++) {
		const bool second = way ? i >= count : i % 2;
		const unsigned n = way == 0 ? i / 2 : way == 1 ? i % count : (unsigned)((uint64_t)i * 7919 % count); /* in a row; two runs; in no order */
		zs_buf_printf(&text, second ? "N%06u AAAA 2001:db8::1\n" : "n%06u A 192.0.2.1\n", n);
	}
	return zs_arena_strdup(run->arena, zs_buf_string(&text));
}

START_TEST(an_owner_in_several_places_is_one)
{
	static const unsigned counts[] = { 5, 63, 64, 65, 4095, 4096, 4097, 9000 };
	for (unsigned round = 0; round < 6 * ZS_COUNT(counts); round++) {
		struct zs_run *run = zs_run_begin();
		const unsigned count = counts[round / 6];
		run->jobs = round % 2 ? 3 : 1;
		struct zs_zone *zone = read_zone(run, twice(run, count, round / 2 % 3));
		ck_assert_uint_eq(zone->owner_count, count + 2);
		ck_assert_uint_eq(zone->record_count, 2 * count + 3);
		for (unsigned i = 0; i < count; i++) {
			char name[16];
			sprintf(name, "n%06u", i);
			const uint32_t owner = find(zone, name);
			ck_assert(zs_zone_rrset(zone, owner, ZS_TYPE_A) && zs_zone_rrset(zone, owner, ZS_TYPE_AAAA));
		}
		zs_run_end(run);
	}
}
END_TEST

START_TEST(records_are_added_in_order_once_and_removed)
{
	static const uint8_t name[] = "\1m\7example";
	struct zs_run *run = zs_run_begin();
	struct zs_zone *zone = read_zone(run, "a A 192.0.2.1\nz A 192.0.2.1\n");
	const size_t owners = zone->owner_count;
	for (int i = 3; i >= 0; i--) {
		const uint8_t rdata[4] = { 192, 0, 2, (uint8_t)i };
		zs_zone_add(zone, name, ZS_TYPE_A, 60, (struct zs_bytes){ rdata, 4 });
		zs_zone_add(zone, name, ZS_TYPE_A, 60, (struct zs_bytes){ rdata, 4 });
	}
	zs_zone_add(zone, name, ZS_TYPE_NS, 60, (struct zs_bytes){ (const uint8_t *)"", 1 });
	ck_assert_uint_eq(zone->owner_count, owners + 1);
	const struct zs_rrset *set = zs_zone_rrset(zone, find(zone, "m"), ZS_TYPE_A);
	ck_assert_uint_eq(set->count, 4);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_uint_eq(zs_rrset_rdata(zone, set, i).data[3], i);
	zs_zone_remove(zone, name, ZS_TYPE_A);
	ck_assert(!zs_zone_rrset(zone, find(zone, "m"), ZS_TYPE_A) && zs_zone_rrset(zone, find(zone, "m"), ZS_TYPE_NS));
	zs_zone_remove(zone, name, ZS_TYPE_NS);
	ck_assert_uint_eq(zone->owner_count, owners);
	ck_assert_uint_eq(find(zone, "m"), ZS_NO_OWNER);
	ck_assert(zs_zone_rrset(zone, find(zone, "z"), ZS_TYPE_A));
	zs_run_end(run);
}
END_TEST

START_TEST(serials_never_go_back_in_the_sense_of_rfc_1982)
{
	bool behind;
	static const zs_time now = 1795488000; /* 2026-11-24 */
	ck_assert_uint_eq(zs_serial_next(ZS_SERIAL_UNIXTIME, 5, 5, now, &behind), (uint32_t)now);
	ck_assert(!behind);
	ck_assert_uint_eq(zs_serial_next(ZS_SERIAL_UNIXTIME, 2026112401, 2026112401, now, &behind), 2026112402);
	ck_assert(behind);
	/* 2^31 and more ahead is behind: ldns-signzone -u goes backwards here */
	ck_assert_uint_eq(zs_serial_next(ZS_SERIAL_UNIXTIME, 3900000000u, 3900000000u, now, &behind), 3900000001u);
	ck_assert(behind);
	ck_assert_uint_eq(zs_serial_next(ZS_SERIAL_DATE, 1, 1, now, &behind), 2026112400);
	ck_assert_uint_eq(zs_serial_next(ZS_SERIAL_DATE, 2026112400, 2026112400, now, &behind), 2026112401);
	ck_assert(!behind);
	ck_assert_uint_eq(zs_serial_next(ZS_SERIAL_DATE, 2026112499, 2026112499, now, &behind), 2026112500);
	ck_assert_uint_eq(zs_serial_next(ZS_SERIAL_INCREMENT, UINT32_MAX, UINT32_MAX, now, &behind), 0);
	ck_assert(zs_serial_after(0, UINT32_MAX) && !zs_serial_after(5, 5) && !zs_serial_after(0x80000000u, 0));
	static const uint32_t known[] = { UINT32_MAX, 3, 4294967000u };
	ck_assert_uint_eq(zs_serial_newest(known, 3), 3);
}
END_TEST

/* RFC 1982 section 7: a serial is made lower in two steps, of which the first is 2^31 - 1 ahead */
START_TEST(a_serial_that_turns_round_is_later_than_what_is_served)
{
	static const enum zs_serial_policy policies[] = { ZS_SERIAL_UNIXTIME, ZS_SERIAL_DATE, ZS_SERIAL_INCREMENT };
	static const zs_time now = 1795488000; /* 2026-11-24 */
	static const uint32_t served = 2206010101u, turned = 58526452u;
	bool behind;
	for (unsigned i = 0; i < ZS_COUNT(policies); i++) {
		ck_assert_uint_eq(zs_serial_next(policies[i], turned, served, now, &behind), turned);
		ck_assert_uint_eq(zs_serial_next(policies[i], turned - 1, served, now, &behind), turned);
	}
	ck_assert_uint_eq(zs_serial_next(ZS_SERIAL_DATE, turned, turned, now, &behind), 2026112400);
	ck_assert_uint_eq(zs_serial_next(ZS_SERIAL_UNIXTIME, turned, turned, now, &behind), (uint32_t)now);
}
END_TEST

START_TEST(content_is_everything_but_the_serial)
{
	static const char *const other[] = { "a A 192.0.2.2\n", "a 60 A 192.0.2.1\n", "b A 192.0.2.1\n", "a A 192.0.2.1\na TXT \"\"\n", "" };
	struct zs_run *run = zs_run_begin();
	uint8_t base[32], content[32];
	struct zs_zone *zone = read_zone(run, "a A 192.0.2.1\n");
	ck_assert(zs_zone_content(run, zone, base));
	zs_zone_set_serial(zone, 99);
	ck_assert(zs_zone_content(run, zone, content));
	ck_assert_mem_eq(base, content, 32);
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		ck_assert(zs_zone_content(run, read_zone(run, other[i]), content));
		ck_assert_mem_ne(base, content, 32);
	}
	zs_run_end(run);
}
END_TEST

START_TEST(a_large_rrset_is_not_quadratic_and_sorted)
{
	struct zs_run *run = zs_run_begin();
	struct zs_buf text = { .arena = run->arena, .max = 8 << 20 };
	for (unsigned i = 60000; i--;)
		zs_buf_printf(&text, "big A 10.%u.%u.%u\n", i >> 16, i >> 8 & 255, i & 255);
	struct zs_zone *zone = read_zone(run, zs_buf_string(&text));
	const struct zs_rrset *set = zs_zone_rrset(zone, find(zone, "big"), ZS_TYPE_A);
	ck_assert_uint_eq(set->count, 60000);
	for (uint32_t i = 1; i < set->count; i++)
		ck_assert_int_lt(zs_bytes_compare(zs_rrset_rdata(zone, set, i - 1), zs_rrset_rdata(zone, set, i)), 0);
	zs_run_end(run);
}
END_TEST

ZS_SUITE(zone)
{
	Suite *suite = suite_create("zone");
	TCase *tcase = tcase_create("zone");
	tcase_add_test(tcase, owners_are_in_canonical_order_whatever_the_order_of_the_text);
	tcase_add_test(tcase, names_that_are_much_alike_are_in_canonical_order);
	tcase_add_test(tcase, a_long_record_is_the_same_on_one_line_or_on_many);
	tcase_add_test(tcase, a_record_without_octets_is_no_duplicate_of_the_next);
	tcase_add_test(tcase, a_dropped_record_must_be_well_formed_too);
	tcase_add_test(tcase, quotes_begin_a_string_as_for_bind);
	tcase_add_test(tcase, a_ttl_is_the_one_that_bind_takes);
	tcase_add_test(tcase, cuts_hide_what_is_below_them);
	tcase_add_test(tcase, cuts_hide_what_is_below_them_in_whichever_slice_it_is);
	tcase_add_test(tcase, an_owner_in_several_places_is_one);
	tcase_add_test(tcase, records_are_added_in_order_once_and_removed);
	tcase_add_test(tcase, serials_never_go_back_in_the_sense_of_rfc_1982);
	tcase_add_test(tcase, a_serial_that_turns_round_is_later_than_what_is_served);
	tcase_add_test(tcase, content_is_everything_but_the_serial);
	tcase_add_test(tcase, a_large_rrset_is_not_quadratic_and_sorted);
	suite_add_tcase(suite, tcase);
	return suite;
}
