/* test_state.c - state.yaml: what is written is what is read; what zonesign never writes is refused. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/yaml.h"
#include "dns/type.h"
#include "state/state_file.h"

static const uint8_t zone[] = "\7example";

static struct zs_facts *full(struct zs_run *run)
{
	struct zs_facts *facts = zs_arena_alloc(run->arena, sizeof *facts);
	memcpy(facts->zone, zone, sizeof zone);
	facts->made_with_now = true;
	facts->last_build = 1000;
	facts->next_due = 2000;
	facts->warned = 1500;
	facts->published = (struct zs_published){ .known = true, .serial = 4294967295u, .time = 900, .served_since = 950, .program = "zonesign \"1\\",
		                                  .behind = 4294967290u, .behind_since = 940, .earliest_expiration = 5000, .sha256 = { 1, 2 }, .content = { 3 } };
	facts->intent = (struct zs_intent){ .present = true, .serial = 8, .plan = "a plan\n", .sha256 = { 9 },
		                            .shape = { .known = true, .records = 6, .delegations = 1, .apex = { 2, 6 }, .apex_count = 2 } };
	ZS_PUSH(run->arena, facts->inputs, facts->input_count, facts->input_room) =
	    (struct zs_input_facts){ .path = "dir/\"odd\" na\tme: x", .id = { .size = 1, .ino = UINT64_MAX, .mtime_ns = 2, .ctime_ns = 3 } };
	ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = (struct zs_key_facts){
		.id = { 7, 8 }, .tag = 65535, .algorithm = 13, .role = ZS_KSK, .goal_in = true, .has_predecessor = true, .predecessor = { 6 },
		.was_omnipresent = true, .created = 100, .dnskey = { .phase = ZS_OMNIPRESENT, .since = 200 }, .krrsig = { .phase = ZS_RUMOURED, .version = 4294967295u }, .zrrsig = { .phase = ZS_NA },
		.ds = { ZS_HIDDEN, 0, 0, false }, .ds_seen = 300, .ds_gone = 310, .standby = true, .emergency = true, .active = 320, .activate = 330,
		.retired = 340, .removed = 350 };
	ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = (struct zs_key_facts){
		.id = { 9 }, .tag = 1, .algorithm = 8, .role = ZS_ZSK, .zrrsig = { ZS_UNRETENTIVE, 400, 390, true }, .dnskey = { ZS_UNRETENTIVE, 0, 380, false } };
	ZS_PUSH(run->arena, facts->parent.ds, facts->parent.ds_count, facts->parent.ds_room) = (struct zs_bytes){ (const uint8_t *)"\1\2\15\2x", 5 };
	facts->parent.ttl = 86400;
	facts->parent.observed = 500;
	facts->parent.lower_since = 510;
	facts->parent.lower = 3600;
	ZS_PUSH(run->arena, facts->rolls, facts->roll_count, facts->roll_room) = (struct zs_roll_request){ ZS_ROLL_CSK, true, 600 };
	facts->algorithm = 15;
	facts->instead_of = 13;
	facts->unsign = 700;
	facts->abandoned = 710;
	facts->failure = (struct zs_failure){ .kind = ZS_FAILURE_CERTIFICATE, .since = 720, .reason = "a.pem: \"not\" a certificate" };
	zs_facts_use_tag(run, facts, 1);
	zs_facts_use_tag(run, facts, 65535);
	struct zs_tlsa_facts *tlsa = &ZS_PUSH(run->arena, facts->tlsa, facts->tlsa_count, facts->tlsa_room);
	*tlsa = (struct zs_tlsa_facts){ .type = ZS_TYPE_TLSA, .rdata = { (const uint8_t *)"\3\1\1" "0123456789abcdef0123456789abcdef", 35 },
		                        .role = ZS_TLSA_BRIDGE, .since = 5, .until = 9 };
	memcpy(tlsa->owner, zone, sizeof zone);
	tlsa = &ZS_PUSH(run->arena, facts->tlsa, facts->tlsa_count, facts->tlsa_room);
	*tlsa = (struct zs_tlsa_facts){ .type = ZS_TYPE_SSHFP, .rdata = { (const uint8_t *)"\4\2" "0123456789abcdef0123456789abcdef", 34 }, .used = 6, .version = 92 };
	memcpy(tlsa->owner, zone, sizeof zone);
	struct zs_tlsa_ttl *ttl = &ZS_PUSH(run->arena, facts->tlsa_ttls, facts->tlsa_ttl_count, facts->tlsa_ttl_room);
	*ttl = (struct zs_tlsa_ttl){ .ttl = 60, .leaving = true, .version = 91 };
	memcpy(ttl->owner, zone, sizeof zone);
	ZS_PUSH(run->arena, facts->ttls, facts->ttl_count, facts->ttl_room) = (struct zs_ttl_facts){ .ttl = 60, .until = 70 };
	ZS_PUSH(run->arena, facts->ttls, facts->ttl_count, facts->ttl_room) = (struct zs_ttl_facts){ .ttl = 61, .dnskey = true, .version = 7 };
	ZS_PUSH(run->arena, facts->overrides, facts->override_count, facts->override_room) =
	    (struct zs_override){ .guard = "clock", .value = "it leapt", .time = 80 };
	return facts;
}

static bool parse(struct zs_run *run, const char *text, struct zs_facts *out)
{
	struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
	*input = (struct zs_input){ .path = "state.yaml", .text = text, .len = strlen(text) };
	*out = (struct zs_facts){ .dir_fd = -1, .lock_fd = -1 };
	memcpy(out->zone, zone, sizeof zone);
	return zs_state_parse(run, input, out);
}

static const char *text_of(struct zs_run *run, const struct zs_facts *facts)
{
	struct zs_buf *text = zs_arena_alloc(run->arena, sizeof *text);
	*text = (struct zs_buf){ .arena = run->arena, .max = 1 << 20 };
	zs_state_format(facts, text);
	return zs_buf_string(text);
}

START_TEST(facts_survive_writing_and_reading)
{
	struct zs_run *run = zs_run_begin();
	const char *text = text_of(run, full(run));
	struct zs_facts again;
	ck_assert(parse(run, text, &again));
	ck_assert_str_eq(text, text_of(run, &again));
	ck_assert_str_eq(again.inputs[0].path, "dir/\"odd\" na\tme: x");
	ck_assert_str_eq(again.published.program, "zonesign \"1\\");
	ck_assert_uint_eq(again.inputs[0].id.ino, UINT64_MAX);
	ck_assert(again.keys[0].krrsig.phase == ZS_RUMOURED && again.keys[0].zrrsig.phase == ZS_NA);
	ck_assert(again.tlsa[1].version == 92 && !again.tlsa[0].version && again.tlsa_ttls[0].version == 91);
	ck_assert(again.published.behind == 4294967290u && again.published.behind_since == 940);
	ck_assert(again.keys[0].krrsig.version == 4294967295u && again.ttls[1].version == 7 && !again.ttls[0].version);
	ck_assert(again.keys[0].standby && again.keys[0].emergency && again.keys[0].active == 320 && again.keys[0].removed == 350);
	ck_assert(again.keys[1].zrrsig.complete && again.keys[1].zrrsig.from == 390 && !again.keys[1].dnskey.complete);
	ck_assert(again.parent.ds_count == 1 && again.parent.ds[0].len == 5 && again.parent.lower == 3600 && again.ttls[1].dnskey);
	ck_assert(again.roll_count == 1 && again.rolls[0].kind == ZS_ROLL_CSK && again.algorithm == 15 && again.unsign == 700);
	ck_assert(again.intent.shape.known && again.intent.shape.records == 6 && again.intent.shape.apex_count == 2 && again.intent.shape.apex[1] == 6);
	ck_assert_int_eq(again.warned, 1500);
	ck_assert(again.failure.kind == ZS_FAILURE_CERTIFICATE && again.failure.since == 720);
	ck_assert_str_eq(again.failure.reason, "a.pem: \"not\" a certificate");
	ck_assert(zs_facts_tag_used(&again, 65535) && !zs_facts_tag_used(&again, 2));
	zs_run_end(run);
}
END_TEST

START_TEST(empty_facts_survive_too)
{
	struct zs_run *run = zs_run_begin();
	struct zs_facts *facts = zs_arena_alloc(run->arena, sizeof *facts), again;
	memcpy(facts->zone, zone, sizeof zone);
	ck_assert(parse(run, text_of(run, facts), &again));
	ck_assert(!again.published.known && !again.intent.present && again.key_count == 0);
	zs_run_end(run);
}
END_TEST

/* What may come in from file systems, from other servers and from the config. */
START_TEST(odd_values_survive_too)
{
	static const char *const texts[] = { "caf\351.inc", "caf\303\251.inc", "\200\377", "\303", "\303\303\251", "\342\200\250", "\302\205", "\302\240", "\357\273\277x",
		                             "\357\277\276", "\355\240\200", "\356\276\251", "\356\276\200\351", "\356\276", "\360\237\230\200", "\364\220\200\200", "\1\x7f\t\r\n\"\\ '", "-", "~", "" };
	static const int64_t times[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX };
	struct zs_run *run = zs_run_begin();
	struct zs_facts *facts = full(run), again;
	facts->published.ttl = facts->published.dnskey_ttl = facts->published.negative_ttl = UINT32_MAX;
	facts->intent.ttl = facts->intent.dnskey_ttl = facts->intent.negative_ttl = UINT32_MAX;
	facts->parent.ttl = facts->parent.lower = facts->ttls[0].ttl = facts->tlsa_ttls[0].ttl = UINT32_MAX;
	facts->last_build = -5;
	facts->next_due = INT64_MAX;
	for (size_t i = 0; i < ZS_COUNT(texts); i++) {
		facts->inputs[0].path = facts->published.server = facts->published.waits_for = facts->parent.waits_for = facts->overrides[0].value = texts[i];
		facts->inputs[0].id.mtime_ns = facts->inputs[0].id.ctime_ns = times[i % ZS_COUNT(times)];
		ck_assert_msg(parse(run, text_of(run, facts), &again), "text %zu cannot be read", i);
		ck_assert_msg(strcmp(again.inputs[0].path, texts[i]) == 0, "text %zu became '%s'", i, again.inputs[0].path);
		ck_assert_str_eq(again.published.waits_for, texts[i]);
		ck_assert_str_eq(again.published.server, texts[i]);
		ck_assert_str_eq(again.parent.waits_for, texts[i]);
		ck_assert_str_eq(again.overrides[0].value, texts[i]);
		ck_assert(again.inputs[0].id.mtime_ns == times[i % ZS_COUNT(times)] && again.inputs[0].id.ctime_ns == times[i % ZS_COUNT(times)]);
	}
	ck_assert_uint_eq(again.ttls[0].ttl, INT32_MAX);
	facts->inputs[0].path = "caf\303\251";
	ck_assert(strstr(text_of(run, facts), "\"caf\303\251\"")); /* as it is, for people */
	zs_run_end(run);
}
END_TEST

START_TEST(a_state_that_would_not_be_read_again_is_not_written)
{
	char dir[] = "/tmp/zonesign-unit-XXXXXX", name[64];
	struct zs_run *run = zs_run_begin();
	struct zs_facts *facts = full(run);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	facts->dir = dir;
	facts->dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert(zs_facts_write(run, facts));
	snprintf(name, sizeof name, "%s/state.yaml", dir);
	ck_assert_int_eq(unlink(name), 0);
	facts->tlsa[0].rdata.len = 3; /* no TLSA record */
	ck_assert(!zs_facts_write(run, facts));
	ck_assert_int_eq(run->fault, ZS_FAILED);
	ck_assert(strstr(run->diags->message, "could not be read again"));
	close(facts->dir_fd);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing is in it */
	zs_run_end(run);
}
END_TEST

START_TEST(the_clock_is_read_when_the_lock_is_there)
{
	char dir[] = "/tmp/zonesign-unit-XXXXXX", name[64];
	struct zs_run *run = zs_run_begin();
	const struct zs_zone_config config = { .state_dir = dir, .name = zone };
	struct zs_facts *facts;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	const zs_time before = zs_time_now();
	run->now = 5;
	ck_assert(zs_facts_open(run, &config, &facts));
	ck_assert_int_ge(run->now, before);
	zs_facts_close(facts);
	run->now = 5;
	run->now_given = true;
	ck_assert(zs_facts_open(run, &config, &facts));
	ck_assert_int_eq(run->now, 5);
	zs_facts_close(facts);
	snprintf(name, sizeof name, "%s/lock", dir);
	ck_assert(unlink(name) == 0 && rmdir(dir) == 0);
	zs_run_end(run);
}
END_TEST

/* As version 0.1 of the program wrote it, before there were rolls. */
START_TEST(a_state_from_before_the_engine_is_read)
{
	static const char old[] = "version: 1\nzone: \"example.\"\nclock: real\nlast_build: 2026-11-01T00:00:00Z\nnext_due: never\n"
	                          "published:\n  serial: 7\n  sha256: \"%064d\"\n  content: \"%064d\"\n  time: 2026-11-01T00:00:00Z\n"
	                          "  served_since: 2026-11-01T00:00:00Z\n  earliest_expiration: 2026-11-12T00:00:00Z\n  program: \"zonesign 0.1\"\n"
	                          "inputs:\nkeys:\n  - id: \"%064d\"\n    tag: 5\n    algorithm: 13\n    role: csk\n    goal: omnipresent\n"
	                          "    was_omnipresent: yes\n    created: 2026-11-01T00:00:00Z\n    dnskey: {state: omnipresent, since: 2026-11-01T04:00:00Z}\n"
	                          "    krrsig: {state: omnipresent, since: 2026-11-01T04:00:00Z}\n    zrrsig: {state: omnipresent, since: 2026-11-01T04:00:00Z}\n"
	                          "    ds: {state: rumoured, since: 2026-11-01T04:00:00Z}\n    ds_seen: never\ntags_used: [5]\ntlsa:\n"
	                          "ttls:\n  - {ttl: 3600, until: 2026-11-01T02:00:00Z}\noverrides:\n";
	struct zs_run *run = zs_run_begin();
	struct zs_facts facts;
	ck_assert(parse(run, zs_arena_printf(run->arena, old, 0, 0, 0), &facts));
	ck_assert(facts.key_count == 1 && !facts.keys[0].ds_gone && !facts.keys[0].standby && !facts.keys[0].dnskey.complete);
	ck_assert(!facts.parent.observed && !facts.published.ttl && facts.ttl_count == 1 && !facts.ttls[0].dnskey && !facts.unsign);
	zs_run_end(run);
}
END_TEST

START_TEST(a_larger_parent_ttl_counts_at_once_and_a_lower_one_late)
{
	struct zs_facts facts = { 0 };
	zs_facts_parent_ttl(&facts, 3600, 100, 1000);
	ck_assert_uint_eq(facts.parent.ttl, 3600);
	zs_facts_parent_ttl(&facts, 86400, 100, 2000);
	ck_assert_uint_eq(facts.parent.ttl, 86400);
	zs_facts_parent_ttl(&facts, 600, 100, 3000);
	zs_facts_parent_ttl(&facts, 1200, 100, 3000 + 86500);
	ck_assert_uint_eq(facts.parent.ttl, 86400);
	zs_facts_parent_ttl(&facts, 600, 100, 3000 + 86501);
	ck_assert_uint_eq(facts.parent.ttl, 1200); /* the largest since then */
	zs_facts_parent_ttl(&facts, 600, 100, 200000);
	zs_facts_parent_ttl(&facts, 1200, 100, 200001); /* a break */
	zs_facts_parent_ttl(&facts, 600, 100, 200002);
	ck_assert_int_eq(facts.parent.lower_since, 200002);
}
END_TEST

START_TEST(a_parent_ttl_that_no_cache_keeps_is_bounded)
{
	static const uint32_t ttls[] = { ZS_PARENT_TTL_MAX + 1, INT32_MAX, UINT32_MAX };
	for (size_t i = 0; i < ZS_COUNT(ttls); i++) {
		struct zs_facts facts = { 0 };
		zs_facts_parent_ttl(&facts, ttls[i], 100, 1000);
		ck_assert_uint_eq(facts.parent.ttl, ZS_PARENT_TTL_MAX);
		zs_facts_parent_ttl(&facts, 3600, 100, 2000);
		zs_facts_parent_ttl(&facts, 3600, 100, 2101 + ZS_PARENT_TTL_MAX);
		ck_assert_uint_eq(facts.parent.ttl, 3600);
	}
	struct zs_run *run = zs_run_begin(); /* and one that is in a state already */
	struct zs_facts *facts = full(run), again;
	facts->parent.ttl = INT32_MAX;
	ck_assert(parse(run, text_of(run, facts), &again));
	ck_assert_uint_eq(again.parent.ttl, ZS_PARENT_TTL_MAX);
	zs_run_end(run);
}
END_TEST

START_TEST(a_line_lost_or_changed_is_noticed)
{
	static const char *const changes[][2] = {
		{ "version: 1", "version: 2" }, { "zone: \"example.\"", "zone: \"other.\"" }, { "tag: 65535", "tag: 65536" },
		{ "role: ksk", "role: king" }, { "state: omnipresent", "state: everywhere" }, { "last_build: 1970-01-01", "last_build: 1970-13-01" },
		{ "serial: 4294967295", "serial: 4294967296" }, { "clock: given", "clock: none" }, { "    algorithm: 13\n", "" },
		{ "  served_since: 1970-01-01T00:15:50Z\n", "" }, { "    mtime_ns: 2\n", "    mtime_ns: --2\n" }, { "    mtime_ns: 2\n", "    mtime_ns: -9223372036854775809\n" }, { "id: \"07", "id: \"7" },
		{ "standby: yes", "standby: maybe" }, { "{kind: csk", "{kind: king" }, { "of: dnskey", "of: soa" }, { "  observed: 1970", "  observed: x" },
	};
	struct zs_run *run = zs_run_begin();
	const char *text = text_of(run, full(run));
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		struct zs_facts again;
		const char *at = strstr(text, changes[i][0]);
		ck_assert_msg(at != NULL, "'%s' is not in the state", changes[i][0]);
		const char *changed = zs_arena_printf(run->arena, "%.*s%s%s", (int)(at - text), text, changes[i][1], at + strlen(changes[i][0]));
		ck_assert_msg(!parse(run, changed, &again), "'%s' was taken", changes[i][1]);
	}
	zs_run_end(run);
}
END_TEST

ZS_SUITE(state)
{
	Suite *suite = suite_create("state");
	TCase *tcase = tcase_create("state");
	tcase_add_test(tcase, facts_survive_writing_and_reading);
	tcase_add_test(tcase, empty_facts_survive_too);
	tcase_add_test(tcase, odd_values_survive_too);
	tcase_add_test(tcase, a_state_that_would_not_be_read_again_is_not_written);
	tcase_add_test(tcase, the_clock_is_read_when_the_lock_is_there);
	tcase_add_test(tcase, a_state_from_before_the_engine_is_read);
	tcase_add_test(tcase, a_larger_parent_ttl_counts_at_once_and_a_lower_one_late);
	tcase_add_test(tcase, a_parent_ttl_that_no_cache_keeps_is_bounded);
	tcase_add_test(tcase, a_line_lost_or_changed_is_noticed);
	suite_add_tcase(suite, tcase);
	return suite;
}
