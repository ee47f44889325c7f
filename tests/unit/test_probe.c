/* test_probe.c - which questions a zone gives rise to, and which answers suit them. */
#include "unit.h"

#include <string.h>

#include "dns/type.h"
#include "live/live.h"

static const char text[] =
    "$ORIGIN a.test.\n$TTL 60\n"
    "@ SOA ns1 h 1 7200 3600 1209600 60\n@ NS ns1\n@ MX 10 mail\nns1 A 192.0.2.1\nmail A 192.0.2.25\n_25._tcp.mail TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000\n"
    "*.app A 192.0.2.2\n*.alias CNAME mail\nx.y.deep TXT \"x\"\nlab NS ns.elsewhere.\nsafe NS ns.elsewhere.\nsafe DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000\n"
    "g.lab A 192.0.2.3\n";

/* "KIND NAME TYPE" of each probe; names of nobody as "?". */
static const char *list(struct zs_run *run, const struct zs_probe *plan, size_t count)
{
	static const char *const kinds[] = { [ZS_PROBE_DATA] = "data", [ZS_PROBE_WILDCARD] = "wildcard", [ZS_PROBE_NODATA] = "nodata", [ZS_PROBE_ENT] = "ent",
		                             [ZS_PROBE_NXDOMAIN] = "nxdomain", [ZS_PROBE_ANY] = "any" };
	struct zs_buf out = { .arena = run->arena, .max = 1 << 16 };
	for (size_t i = 0; i < count; i++) {
		char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
		zs_name_text(plan[i].name, name);
		const bool nobody = strncmp(name, "zonesign-", 9) == 0;
		zs_buf_printf(&out, "%s %s%s %s%s\n", kinds[plan[i].kind], nobody ? "?" : "", nobody ? strchr(name, '.') : name, zs_type_text(plan[i].type, type), plan[i].tcp ? " tcp" : "");
	}
	return zs_buf_string(&out);
}

START_TEST(a_plan_touches_every_kind_of_answer)
{
	struct zs_run *run = zs_run_begin();
	struct zs_input input = { .path = "a.zone", .text = text, .len = sizeof text - 1 };
	struct zs_zone *zone;
	struct zs_probe plan[ZS_LOOK_PROBES_MAX];
	static const uint8_t apex[] = "\1a\4test", mail[] = "\4mail\1a\4test";
	const uint8_t *hosts[] = { mail };
	ck_assert(zs_zone_read_text(run, run->arena, &input, &(struct zs_zone_options){ .apex = apex, .dnssec = ZS_DNSSEC_KEEP }, &zone));
	const size_t count = zs_live_plan(run, apex, zone, hosts, 1, plan);
	const char *got = list(run, plan, count);
	static const char *const wanted[] = {
		"data a.test. SOA\ndata a.test. SOA tcp\nany a.test. DNSKEY\n", /* the order is fixed */
		"data a.test. NS\n", "any a.test. MX\n", "nodata a.test. TYPE65280\n", "nxdomain ?.a.test. A\n",
		"wildcard ?.app.a.test. A\n", "nodata ?.app.a.test. TYPE65280\n", "wildcard ?.alias.a.test. CNAME\n",
		"ent app.a.test. A\n", "ent alias.a.test. A\n", "ent deep.a.test. A\n", "ent y.deep.a.test. A\n",
		"nodata lab.a.test. DS\n", "data safe.a.test. DS\n",
		"data _25._tcp.mail.a.test. TLSA\n", "any mail.a.test. A\n", "any mail.a.test. AAAA\n", "nxdomain ?.mail.a.test. A\n", "_tcp.mail.a.test. A\n",
	};
	for (size_t i = 0; i < ZS_COUNT(wanted); i++)
		ck_assert_msg(strstr(got, wanted[i]) != NULL, "no '%s' in\n%s", wanted[i], got);
	ck_assert_msg(!strstr(got, "g.lab"), "%s", got); /* below a cut */
	ck_assert_ptr_null(strstr(got, "nodata ?.alias"));
	zs_run_end(run);
}
END_TEST

START_TEST(a_plan_without_content_and_one_of_long_names_are_bounded)
{
	struct zs_run *run = zs_run_begin();
	struct zs_probe plan[ZS_LOOK_PROBES_MAX];
	uint8_t longest[ZS_NAME_MAX];
	for (size_t i = 0; i < 3; i++)
		longest[64 * i] = 63, memset(longest + 64 * i + 1, 'a', 63);
	longest[192] = 61, memset(longest + 193, 'a', 61), longest[254] = 0;
	const uint8_t *hosts[] = { longest, longest + 64, longest, longest + 128, longest + 192, longest + 128 };
	ck_assert_uint_eq(0, zs_name_check(longest, 254));
	ck_assert_uint_eq(255, zs_name_check(longest, 255));
	const size_t count = zs_live_plan(run, longest, NULL, hosts, 6, plan);
	ck_assert_uint_ge(count, ZS_PROBE_FIRST);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_gt(zs_name_check(plan[i].name, ZS_NAME_MAX), 0);
	zs_run_end(run);
}
END_TEST

static const struct {
	enum zs_probe_kind kind;
	uint8_t rcode;
	enum zs_answer_kind answer;
	enum zs_answer_state state;
	bool wildcard, authoritative;
	const char *fault; /* a part; NULL: it suits */
} cases[] = {
	{ ZS_PROBE_DATA, 0, ZS_ANSWER_POSITIVE, ZS_ANSWER_SECURE, false, true, NULL },
	{ ZS_PROBE_DATA, 0, ZS_ANSWER_ALIAS, ZS_ANSWER_SECURE, false, true, NULL },
	{ ZS_PROBE_DATA, 0, ZS_ANSWER_NODATA, ZS_ANSWER_SECURE, false, true, "answers with no data" },
	{ ZS_PROBE_DATA, 3, ZS_ANSWER_NXDOMAIN, ZS_ANSWER_SECURE, false, true, "NXDOMAIN" },
	{ ZS_PROBE_DATA, 0, ZS_ANSWER_POSITIVE, ZS_ANSWER_BOGUS, false, true, "validators do not believe" },
	{ ZS_PROBE_DATA, 0, ZS_ANSWER_POSITIVE, ZS_ANSWER_SECURE, false, false, "no authority" },
	{ ZS_PROBE_DATA, 2, ZS_ANSWER_NONE, ZS_ANSWER_BOGUS, false, true, "server failure" },
	{ ZS_PROBE_DATA, 5, ZS_ANSWER_NONE, ZS_ANSWER_BOGUS, false, false, "refused" },
	{ ZS_PROBE_WILDCARD, 0, ZS_ANSWER_POSITIVE, ZS_ANSWER_SECURE, true, true, NULL },
	{ ZS_PROBE_WILDCARD, 0, ZS_ANSWER_POSITIVE, ZS_ANSWER_SECURE, false, true, "answers with data" },
	{ ZS_PROBE_WILDCARD, 0, ZS_ANSWER_POSITIVE, ZS_ANSWER_INSECURE, false, true, NULL }, /* nothing shows it without signatures */
	{ ZS_PROBE_WILDCARD, 3, ZS_ANSWER_NXDOMAIN, ZS_ANSWER_SECURE, false, true, "NXDOMAIN" },
	{ ZS_PROBE_NODATA, 0, ZS_ANSWER_NODATA, ZS_ANSWER_SECURE, false, true, NULL },
	{ ZS_PROBE_NODATA, 0, ZS_ANSWER_NODATA, ZS_ANSWER_INSECURE, false, true, NULL }, /* opt-out */
	{ ZS_PROBE_NODATA, 3, ZS_ANSWER_NXDOMAIN, ZS_ANSWER_SECURE, false, true, "NXDOMAIN" },
	{ ZS_PROBE_ENT, 0, ZS_ANSWER_NODATA, ZS_ANSWER_SECURE, false, true, NULL },
	{ ZS_PROBE_ENT, 3, ZS_ANSWER_NXDOMAIN, ZS_ANSWER_SECURE, false, true, "empty non-terminal" },
	{ ZS_PROBE_NXDOMAIN, 3, ZS_ANSWER_NXDOMAIN, ZS_ANSWER_SECURE, false, true, NULL },
	{ ZS_PROBE_NXDOMAIN, 0, ZS_ANSWER_POSITIVE, ZS_ANSWER_SECURE, true, true, NULL },
	{ ZS_PROBE_NXDOMAIN, 0, ZS_ANSWER_NODATA, ZS_ANSWER_SECURE, false, true, NULL }, /* RFC 9824 */
	{ ZS_PROBE_NXDOMAIN, 0, ZS_ANSWER_NONE, ZS_ANSWER_SECURE, false, true, "nothing that answers" },
	{ ZS_PROBE_ANY, 0, ZS_ANSWER_DELEGATION, ZS_ANSWER_INSECURE, false, false, NULL },
	{ ZS_PROBE_ANY, 3, ZS_ANSWER_NXDOMAIN, ZS_ANSWER_BOGUS, false, true, "validators do not believe" },
};

/* Names of 255 octets that take two octets each: an answer may not cost more memory than it took to send. */
START_TEST(an_answer_that_swells_is_damaged)
{
	enum { HEAD = 12 + 6, LONG = 255, EACH = 14 };
	static uint8_t wire[HEAD + 11 + LONG + 2000 * EACH];
	struct zs_run *run = zs_run_begin();
	struct zs_answer answer;
	for (size_t records = 1; records <= 2000; records += 1999) {
		uint8_t *at = wire + HEAD;
		memcpy(wire, "\1\1\204\0\0\1", 6);
		zs_put_u16(wire + 6, (uint16_t)records);
		memcpy(wire + 12, "\0\0\2\0\1", 5); /* ". NS" */
		at = wire + 12 + 5;
		const uint16_t name = (uint16_t)(0xc000 | (at + 11 - wire));
		memcpy(at, "\0\0\2\0\1\0\0\0\74\0\377", 11);
		at += 11;
		for (unsigned i = 0; i < 3; i++, at += 64)
			*at = 63, memset(at + 1, 'a', 63);
		*at = 61, memset(at + 1, 'a', 61), at[62] = 0;
		at += 63;
		for (size_t i = 1; i < records; i++, at += EACH) {
			zs_put_u16(at, name);
			memcpy(at + 2, "\0\2\0\1\0\0\0\74\0\2", 10);
			zs_put_u16(at + 12, name);
		}
		const bool good = zs_live_message(run->arena, (struct zs_bytes){ wire, (size_t)(at - wire) }, (const uint8_t *)"", ZS_TYPE_NS, &answer);
		ck_assert_msg(good == (records == 1), "%zu records", records);
	}
	zs_run_end(run);
}
END_TEST

/* A record whose RDATA is a chain of pointers, and one of the type with a name, in owner or RDATA, that follows it to its end. */
static bool takes_pointers(struct zs_run *run, size_t count, uint16_t type, const char *before, size_t before_len)
{
	static uint8_t wire[65536];
	struct zs_answer answer;
	uint8_t *at = wire + 12 + 5;
	memcpy(wire, "\1\1\204\0\0\1\0\2\0\0\0\0" "\0\0\2\0\1", 12 + 5); /* ". NS" */
	memcpy(at, "\0\377\0\0\1\0\0\0\74", 9); /* TYPE65280 */
	zs_put_u16(at + 9, (uint16_t)(2 * count));
	at += 11;
	for (size_t i = 0; i < count; i++, at += 2)
		zs_put_u16(at, (uint16_t)(0xc000 | (i ? at - 2 - wire : 12)));
	const uint16_t name = (uint16_t)(0xc000 | (at - 2 - wire));
	zs_put_u16(at, type == ZS_TYPE_A ? name : 0xc00c);
	memcpy(at + 2, "\0\0\0\1\0\0\0\74", 8);
	zs_put_u16(at + 2, type);
	zs_put_u16(at + 10, (uint16_t)(before_len + (type != ZS_TYPE_A ? 2 : 0)));
	memcpy(at + 12, before, before_len);
	zs_put_u16(at + 12 + before_len, name);
	at += 12 + before_len + (type != ZS_TYPE_A ? 2 : 0);
	return zs_live_message(run->arena, (struct zs_bytes){ wire, (size_t)(at - wire) }, (const uint8_t *)"", ZS_TYPE_NS, &answer);
}

/* A message of 64 KiB has room for 8000 pointers and 4000 names that follow them. */
START_TEST(an_answer_whose_names_go_far_is_damaged)
{
	static const struct {
		uint16_t type;
		const char *before;
		size_t len;
		bool good; /* if the way is short */
	} ways[] = {
		{ ZS_TYPE_A, "\300\0\2\1", 4, true },  { ZS_TYPE_NS, "", 0, true },           { ZS_TYPE_MX, "\0\1", 2, true },
		{ ZS_TYPE_SRV, "\0\1\0\1\0\1", 6, true }, { ZS_TYPE_NAPTR, "\0\1\0\1\1A\0\0", 8, true }, { 14 /* MINFO */, "\300\14", 2, true },
		{ ZS_TYPE_HIP, "\1\2\0\1ab", 6, false }, /* must not be compressed */
	};
	struct zs_run *run = zs_run_begin();
	for (size_t i = 0; i < ZS_COUNT(ways); i++)
		for (size_t count = 1; count <= 8000; count += count == 1 ? 99 : 7900)
			ck_assert_msg(takes_pointers(run, count, ways[i].type, ways[i].before, ways[i].len) == (ways[i].good && count <= 100), "type %u, %zu pointers",
			              ways[i].type, count);
	zs_run_end(run);
}
END_TEST

START_TEST(half_of_an_rcode_is_in_opt)
{
	static const uint8_t wire[] = "\1\1\204\7\0\1\0\0\0\0\0\1" "\0\0\2\0\1" "\0\0\51\4\320\1\0\0\0\0"; /* BADCOOKIE: 1 and 7 */
	struct zs_run *run = zs_run_begin();
	struct zs_answer answer;
	ck_assert(zs_live_message(run->arena, (struct zs_bytes){ wire, sizeof wire }, (const uint8_t *)"", ZS_TYPE_NS, &answer));
	ck_assert_uint_eq(answer.rcode, 23);
	zs_run_end(run);
}
END_TEST

START_TEST(answers_that_suit)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_probe probe = { .kind = cases[_i].kind, .name = (const uint8_t *)"\1a\4test", .type = 1 };
	struct zs_probe_view view = { .probe = &probe, .asked = true, .reply = ZS_REPLY_ANSWERED, .ede = -1, .ede_text = "",
		                      .answer = { .rcode = cases[_i].rcode, .authoritative = cases[_i].authoritative },
		                      .verdict = { .state = cases[_i].state, .kind = cases[_i].answer, .wildcard = cases[_i].wildcard } };
	const char *fault = zs_live_probe_fault(run, &view);
	if (cases[_i].fault)
		ck_assert_msg(fault && strstr(fault, cases[_i].fault), "case %d: %s", _i, fault ? fault : "it suits");
	else
		ck_assert_msg(!fault, "case %d: %s", _i, fault);
	view.reply = ZS_REPLY_SILENT;
	view.why = "no answer";
	ck_assert_str_eq("no answer", zs_live_probe_fault(run, &view));
	zs_run_end(run);
}
END_TEST

ZS_SUITE(probe)
{
	Suite *suite = suite_create("probe");
	TCase *tcase = tcase_create("plan");
	tcase_add_test(tcase, a_plan_touches_every_kind_of_answer);
	tcase_add_test(tcase, a_plan_without_content_and_one_of_long_names_are_bounded);
	tcase_add_test(tcase, an_answer_that_swells_is_damaged);
	tcase_add_test(tcase, an_answer_whose_names_go_far_is_damaged);
	tcase_add_test(tcase, half_of_an_rcode_is_in_opt);
	tcase_add_loop_test(tcase, answers_that_suit, 0, (int)ZS_COUNT(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}
