/* test_report.c - the sentence of status: one scene of facts a line, and what it must say; and the parent's DS against ours. */
#include "unit.h"

#include <string.h>

#include "dns/algorithm.h"
#include "report/report.h"

enum { T = 1796083200, DAY = 86400, HOUR = 3600 };
static const struct zs_policy policy = { .name = "default", .algorithm = 13, .ksk_lifetime = 365 * DAY, .zsk_lifetime = 90 * DAY, .validity = 14 * DAY,
	                                 .refresh = 7 * DAY, .dnskey_ttl = HOUR, .propagation_zone = HOUR, .propagation_parent = HOUR,
	                                 .parent_ds_ttl = DAY, .safety = HOUR, .cds = true, .observe_parent = true };
static const struct zs_publish_options publish = { .kind = ZS_PUBLISH_COMMAND };
static const struct zs_zone_config zone = { .publish = &publish, .name_text = "example.com.", .name = (const uint8_t *)"\7example\3com", .policy = &policy, .registrar = "gandi",
	                                          .output = { .path = "/" } };

static struct zs_record_state in(enum zs_record_phase phase, zs_time since)
{
	return (struct zs_record_state){ .phase = phase, .since = since };
}

static const struct zs_record_state none = { .phase = ZS_NA };

/* A zone in its first year: KSK 1 and ZSK 2, the DS as ds says. */
static struct zs_facts *make_facts(struct zs_run *run, struct zs_record_state ds, zs_time seen)
{
	const zs_time long_ago = T - 30 * DAY;
	struct zs_facts *facts = zs_arena_alloc(run->arena, sizeof *facts);
	*facts = (struct zs_facts){ .dir_fd = -1, .lock_fd = -1, .last_build = T - HOUR, .next_due = T + HOUR };
	facts->published = (struct zs_published){ .known = true, .serial = 7, .time = long_ago, .served_since = long_ago, .earliest_expiration = T + 10 * DAY,
		                                  .ttl = HOUR, .dnskey_ttl = HOUR, .negative_ttl = 300 };
	ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = (struct zs_key_facts){
		.id = { 1 }, .tag = 1, .algorithm = 13, .role = ZS_KSK, .goal_in = true, .created = long_ago, .active = seen, .ds_seen = seen, .was_omnipresent = true,
		.dnskey = in(ZS_OMNIPRESENT, long_ago), .krrsig = in(ZS_OMNIPRESENT, long_ago), .zrrsig = none, .ds = ds };
	ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = (struct zs_key_facts){
		.id = { 2 }, .tag = 2, .algorithm = 13, .role = ZS_ZSK, .goal_in = true, .created = long_ago, .active = long_ago, .was_omnipresent = true,
		.dnskey = in(ZS_OMNIPRESENT, long_ago), .krrsig = none, .zrrsig = in(ZS_OMNIPRESENT, long_ago), .ds = none };
	return facts;
}

static const struct zs_status *status_of(struct zs_run *run, const struct zs_facts *facts)
{
	struct zs_status *status = zs_arena_alloc(run->arena, sizeof *status);
	run->now = T;
	ck_assert(zs_report_status(run, &zone, facts, 0, status));
	return status;
}

static void says(struct zs_run *run, const struct zs_facts *facts, enum zs_fault fault, const char *words)
{
	const struct zs_status *status = status_of(run, facts);
	ck_assert_msg(status->fault == fault && strstr(status->instruction, words), "fault %d, not %d; '%s' lacks '%s'", status->fault, fault, status->instruction,
	              words);
	ck_assert_int_eq(status->act, fault != ZS_DONE);
	ck_assert_ptr_nonnull(status->event);
	ck_assert_ptr_null(strstr(status->event, "20")); /* no date: it is the same event tomorrow */
}

START_TEST(the_sentence_names_what_is_next)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_record_state there = in(ZS_OMNIPRESENT, T - 20 * DAY), asked = in(ZS_RUMOURED, T - HOUR), hidden = { .phase = ZS_HIDDEN };
	says(run, make_facts(run, there, T - 21 * DAY), ZS_DONE, "Nothing to do until 2027-01-29, when the successor of ZSK 2 is published.");
	says(run, make_facts(run, asked, 0), ZS_NOT_YET, "Give Gandi the DS of KSK 1 ('zonesign ds example.com' prints it); zonesign notices by itself.");
	struct zs_facts *facts = make_facts(run, hidden, 0);
	for (size_t i = 0; i < 2; i++)
		facts->keys[i].dnskey = facts->keys[i].role == ZS_KSK ? (facts->keys[i].krrsig = in(ZS_RUMOURED, T - HOUR)) : (facts->keys[i].zrrsig = in(ZS_RUMOURED, T - HOUR));
	says(run, facts, ZS_DONE, "then Gandi gets what 'zonesign ds example.com' prints");
	facts = make_facts(run, there, T - 21 * DAY);
	facts->published.known = false;
	says(run, facts, ZS_NOT_YET, "Run 'zonesign build example.com'");
	facts = make_facts(run, there, T - 21 * DAY);
	facts->published.served_since = 0;
	facts->published.waits_for = "192.0.2.1 has serial 6, not yet 7";
	says(run, facts, ZS_NOT_YET, "not in service: 192.0.2.1 has serial 6, not yet 7");
	zs_run_end(run);
}
END_TEST

START_TEST(servers_that_take_their_time_are_no_alarm)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_record_state there = in(ZS_OMNIPRESENT, T - 20 * DAY), asked = in(ZS_RUMOURED, T - HOUR), hidden = { .phase = ZS_HIDDEN };
	struct zs_facts *facts = make_facts(run, there, T - 21 * DAY);
	facts->published.served_since = 0;
	facts->published.waits_for = "192.0.2.1 has serial 6, not yet 7";
	facts->published.behind = 7;
	facts->published.behind_since = T - 2 * HOUR;
	says(run, facts, ZS_DONE, "Nothing to do until 2027-01-29");
	facts->published.behind_since--; /* too long ago: it may be stuck */
	says(run, facts, ZS_NOT_YET, "not in service: 192.0.2.1 has serial 6, not yet 7");
	facts->keys[0].ds = asked; /* and there is more to do */
	facts->keys[0].ds_seen = 0;
	says(run, facts, ZS_NOT_YET, "notices by itself. Besides: Serial 7 of example.com is published, but not in service");
	ck_assert_str_eq(status_of(run, facts)->event, "add KSK 1");
	facts->published.behind_since = T;
	says(run, facts, ZS_NOT_YET, "prints it); zonesign notices by itself.");
	facts->keys[0].ds = hidden;
	for (size_t i = 0; i < 2; i++) /* nothing of it was ever in service */
		facts->keys[i].dnskey = (struct zs_record_state){ .phase = ZS_RUMOURED };
	says(run, facts, ZS_NOT_YET, "not in service: 192.0.2.1 has serial 6, not yet 7");
	zs_run_end(run);
}
END_TEST

START_TEST(the_chain_in_danger_comes_first)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_record_state there = in(ZS_OMNIPRESENT, T - 20 * DAY);
	static const uint8_t rdata[] = { 0, 9, 13, 2, 1, 2, 3 };
	const struct zs_bytes foreign = { rdata, sizeof rdata };
	struct zs_facts *facts = make_facts(run, there, T - 21 * DAY);
	facts->published.earliest_expiration = T;
	says(run, facts, ZS_REFUSED, "expired");
	facts = make_facts(run, there, T - 21 * DAY);
	facts->next_due = T - 26 * HOUR - 1;
	says(run, facts, ZS_DONE, "Nothing to do"); /* a build came after that, and did what it could */
	facts->last_build = T - 27 * HOUR;
	says(run, facts, ZS_REFUSED, "No build has succeeded since");
	facts->next_due = T - 25 * HOUR;
	says(run, facts, ZS_DONE, "Nothing to do");
	facts->published.earliest_expiration = T + 3 * DAY; /* less than half of refresh */
	says(run, facts, ZS_REFUSED, "were to be renewed");
	facts = make_facts(run, there, 0);
	facts->parent.observed = facts->parent.asked = facts->parent.agreed = T - HOUR;
	ZS_PUSH(run->arena, facts->parent.ds, facts->parent.ds_count, facts->parent.ds_room) = foreign;
	says(run, facts, ZS_REFUSED, "none of them leads to a key");
	facts->parent.waits_for = "two servers differ"; /* it is not certain */
	says(run, facts, ZS_DONE, "Nothing to do");
	facts->parent.waits_for = NULL;
	facts->keys[0].ds_seen = T - 21 * DAY; /* a foreign one beside ours */
	says(run, facts, ZS_DONE, "Nothing to do");
	zs_run_end(run);
}
END_TEST

START_TEST(a_build_that_fails_is_told_with_its_reason)
{
	struct zs_run *run = zs_run_begin();
	struct zs_facts *facts = make_facts(run, in(ZS_OMNIPRESENT, T - 20 * DAY), T - 21 * DAY);
	facts->failure = (struct zs_failure){ .kind = ZS_FAILURE_INPUT, .since = T - 5 * DAY, .reason = "a.zone:3: no" };
	says(run, facts, ZS_NOT_YET, "The input of example.com is refused since 2026-11-26 00:00 UTC: a.zone:3: no. What was published before stays in service");
	facts->failure.kind = ZS_FAILURE_STOPPED;
	says(run, facts, ZS_NOT_YET, "Each build of example.com is refused since 2026-11-26 00:00 UTC: a.zone:3: no. The signatures of what was published before last until");
	facts->failure.kind = ZS_FAILURE_CERTIFICATE;
	says(run, facts, ZS_NOT_YET, "cannot be used since 2026-11-26");
	facts->failure.kind = ZS_FAILURE_FAILED;
	says(run, facts, ZS_NOT_YET, "Each build of example.com fails since");
	facts->published.earliest_expiration = T + DAY;
	says(run, facts, ZS_REFUSED, "the last build said: a.zone:3: no"); /* danger is graver */
	facts = make_facts(run, in(ZS_RUMOURED, T - HOUR), 0);
	facts->failure = (struct zs_failure){ .kind = ZS_FAILURE_CERTIFICATE, .since = T - 5 * DAY, .reason = "gone" };
	says(run, facts, ZS_NOT_YET, "Besides: Give Gandi the DS of KSK 1"); /* the rest of the zone goes on */
	zs_run_end(run);
}
END_TEST

START_TEST(a_roll_has_a_deadline_and_keeps_the_old_key)
{
	struct zs_run *run = zs_run_begin();
	struct zs_facts *facts = make_facts(run, in(ZS_OMNIPRESENT, T - 20 * DAY), T - 363 * DAY);
	ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = (struct zs_key_facts){
		.id = { 3 }, .tag = 3, .algorithm = 13, .role = ZS_KSK, .goal_in = true, .has_predecessor = true, .predecessor = { 1 }, .created = T - DAY,
		.was_omnipresent = true, .dnskey = in(ZS_OMNIPRESENT, T - HOUR), .krrsig = in(ZS_OMNIPRESENT, T - HOUR), .zrrsig = none, .ds = in(ZS_RUMOURED, T - HOUR) };
	says(run, facts, ZS_NOT_YET, "Give Gandi the DS of KSK 3 by 2026-12-03, keep the old one");
	ck_assert_int_eq(status_of(run, facts)->deadline, T + 2 * DAY);
	facts->keys[2].ds_seen = T - HOUR;
	facts->keys[0].goal_in = false;
	facts->keys[0].retired = T - HOUR;
	facts->keys[0].ds = in(ZS_UNRETENTIVE, T - HOUR);
	says(run, facts, ZS_NOT_YET, "Delete the DS of KSK 1 at Gandi: its successor is in place; zonesign notices by itself.");
	facts->keys[0].ds_gone = T - 60;
	says(run, facts, ZS_DONE, "zonesign goes on by itself");
	zs_run_end(run);
}
END_TEST

START_TEST(a_person_is_told_once_and_reminded_once)
{
	struct zs_run *run = zs_run_begin();
	static const char *const argv[] = { "true", NULL };
	struct zs_zone_config with = zone;
	struct zs_facts facts = { .dir_fd = -1, .lock_fd = -1 };
	struct zs_status status = { .zone = &with, .facts = &facts, .act = true, .fault = ZS_NOT_YET, .event = "add KSK 3", .instruction = "Do it.", .deadline = T + 10 * DAY };
	bool changed;
	with.notify.argv = argv;
	run->now = T;
	ck_assert(zs_report_notify(run, &status, &facts, &changed) && changed);
	ck_assert_str_eq(facts.told.event, "add KSK 3");
	ck_assert_int_eq(zs_report_remind_at(&status, &facts), T + 7 * DAY);
	run->now = T + 6 * DAY;
	ck_assert(zs_report_notify(run, &status, &facts, &changed) && !changed);
	run->now = T + 8 * DAY;
	ck_assert(zs_report_notify(run, &status, &facts, &changed) && changed && facts.told.again);
	run->now = T + 9 * DAY;
	ck_assert(zs_report_notify(run, &status, &facts, &changed) && !changed);
	status.event = "remove KSK 1";
	ck_assert(zs_report_notify(run, &status, &facts, &changed) && changed && !facts.told.again);
	status.act = false;
	ck_assert(zs_report_notify(run, &status, &facts, &changed) && changed && !facts.told.event);
	static const char *const fails[] = { "false", NULL };
	with.notify.argv = fails;
	status.act = true;
	ck_assert(!zs_report_notify(run, &status, &facts, &changed) && !facts.told.event);
	zs_run_end(run);
}
END_TEST

ZS_SUITE(report)
{
	Suite *suite = suite_create("report");
	TCase *c = tcase_create("status");
	tcase_add_test(c, the_sentence_names_what_is_next);
	tcase_add_test(c, servers_that_take_their_time_are_no_alarm);
	tcase_add_test(c, the_chain_in_danger_comes_first);
	tcase_add_test(c, a_build_that_fails_is_told_with_its_reason);
	tcase_add_test(c, a_roll_has_a_deadline_and_keeps_the_old_key);
	tcase_add_test(c, a_person_is_told_once_and_reminded_once);
	suite_add_tcase(suite, c);
	return suite;
}
