/* test_rollover.c - the moves of a first signing, and when the first DS may go (RFC 7583 section 3.3.4). */
#include "unit.h"

#include <string.h>

#include "rollover/rollover.h"

static const struct zs_policy policy = { .algorithm = 13, .dnskey_ttl = 3600, .propagation_zone = 3600, .safety = 3600, .cds = true,
	                                 .refresh = 604800 };
static const struct zs_ttls ttls = { .largest = 7200, .negative = 900 };
enum { BEGIN = 1000000, FORGOTTEN = 3600 + 7200 + 3600 }; /* propagation + largest TTL + safety */

static struct zs_run *begin(zs_time now, struct zs_facts *facts)
{
	struct zs_run *run = zs_run_begin();
	run->now = now;
	*facts = (struct zs_facts){ .dir_fd = -1, .lock_fd = -1, .fresh = true };
	return run;
}

static void serve(struct zs_facts *facts, zs_time now)
{
	facts->published.known = true;
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_record_state *const records[] = { &facts->keys[i].dnskey, &facts->keys[i].krrsig, &facts->keys[i].zrrsig };
		for (size_t r = 0; r < 3; r++)
			if (records[r]->phase == ZS_RUMOURED && !records[r]->since)
				records[r]->since = now;
	}
}

START_TEST(first_signing_wants_a_ksk_and_a_zsk_that_sign_their_parts)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = begin(BEGIN, &facts);
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(plan->first_signing);
	ck_assert_uint_eq(plan->key_count, 2);
	ck_assert_int_eq(plan->keys[0].facts->role, ZS_KSK);
	ck_assert(plan->keys[0].publish && plan->keys[0].sign_dnskeys && !plan->keys[0].sign_zone && !plan->keys[0].cds);
	ck_assert_int_eq(plan->keys[1].facts->role, ZS_ZSK);
	ck_assert(plan->keys[1].publish && !plan->keys[1].sign_dnskeys && plan->keys[1].sign_zone && !plan->keys[1].cds);
	ck_assert_int_eq(plan->first_ds, 0);
	zs_run_end(run);
}
END_TEST

START_TEST(a_csk_signs_everything)
{
	struct zs_policy csk = policy;
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = begin(BEGIN, &facts);
	csk.csk = true;
	ck_assert(zs_rollover_plan(run, &csk, &facts, &ttls, &plan));
	ck_assert_uint_eq(plan->key_count, 1);
	ck_assert(plan->keys[0].sign_dnskeys && plan->keys[0].sign_zone);
	zs_run_end(run);
}
END_TEST

START_TEST(the_ds_waits_until_no_cache_knows_the_unsigned_zone)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = begin(BEGIN, &facts);
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	run->now = BEGIN + 10 * FORGOTTEN; /* time alone moves nothing: the zone is not served yet */
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_int_eq(plan->first_ds, 0);
	ck_assert(!plan->keys[0].cds);
	serve(&facts, run->now);
	const zs_time first = run->now + FORGOTTEN;
	run->now = first - 1;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_int_eq(plan->first_ds, first);
	ck_assert_int_eq(plan->next_due, first);
	ck_assert(!plan->keys[0].cds);
	run->now = first;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(plan->keys[0].cds && !plan->keys[1].cds);
	ck_assert_int_eq(plan->keys[0].facts->dnskey.phase, ZS_OMNIPRESENT);
	ck_assert_int_eq(plan->keys[0].facts->ds.phase, ZS_RUMOURED);
	ck_assert_int_eq(plan->keys[1].facts->ds.phase, ZS_NA);
	ck_assert_int_eq(plan->next_due, 0);
	zs_run_end(run);
}
END_TEST

START_TEST(a_ttl_that_was_larger_is_remembered)
{
	struct zs_ttl_facts larger = { .ttl = 86400, .until = BEGIN + 5000 };
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = begin(BEGIN, &facts);
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	serve(&facts, BEGIN);
	facts.ttls = &larger;
	facts.ttl_count = 1;
	ck_assert_int_eq(zs_rollover_first_ds(&policy, &facts, &ttls), BEGIN + FORGOTTEN); /* by then no cache holds it any more */
	larger.until = BEGIN + 50000;
	ck_assert_int_eq(zs_rollover_first_ds(&policy, &facts, &ttls), BEGIN + 50000 + 3600);
	larger.until = 0; /* it may still be served */
	ck_assert_int_eq(zs_rollover_first_ds(&policy, &facts, &ttls), BEGIN + 3600 + 86400 + 3600);
	larger.until = BEGIN;
	ck_assert_int_eq(zs_rollover_first_ds(&policy, &facts, &ttls), BEGIN + FORGOTTEN);
	zs_run_end(run);
}
END_TEST

START_TEST(no_cds_without_the_policy)
{
	struct zs_policy off = policy;
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = begin(BEGIN, &facts);
	off.cds = false;
	ck_assert(zs_rollover_plan(run, &off, &facts, &ttls, &plan));
	serve(&facts, BEGIN);
	run->now = BEGIN + FORGOTTEN;
	ck_assert(zs_rollover_plan(run, &off, &facts, &ttls, &plan));
	ck_assert(!plan->keys[0].cds);
	zs_run_end(run);
}
END_TEST

/* A zone with KSK and ZSK, everything in, and the DS at the parent. */
static struct zs_run *settled(struct zs_facts *facts)
{
	static const struct zs_record_state in = { .phase = ZS_OMNIPRESENT, .since = BEGIN }, none = { .phase = ZS_NA };
	struct zs_run *run = begin(BEGIN + 100000, facts);
	facts->published = (struct zs_published){ .known = true, .served_since = BEGIN, .ttl = 7200, .dnskey_ttl = 3600, .negative_ttl = 900 };
	ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = (struct zs_key_facts){
		.id = { 1 }, .tag = 1, .algorithm = 13, .role = ZS_KSK, .goal_in = true, .dnskey = in, .krrsig = in, .zrrsig = none, .ds = in,
		.ds_seen = BEGIN, .active = BEGIN };
	ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = (struct zs_key_facts){
		.id = { 2 }, .tag = 2, .algorithm = 13, .role = ZS_ZSK, .goal_in = true, .dnskey = in, .krrsig = none, .zrrsig = in, .ds = none,
		.active = BEGIN };
	return run;
}

START_TEST(a_zone_at_rest_has_nothing_to_do)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(plan->reason_count == 0 && !plan->next_due && !plan->instruction && !plan->ask_parent && facts.key_count == 2);
	zs_run_end(run);
}
END_TEST

START_TEST(every_move_not_made_has_its_reason)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	zs_rollover_request(run, &facts, ZS_ROLL_KSK, false);
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_uint_eq(facts.key_count, 3);
	ck_assert(plan->keys[2].publish && plan->keys[2].sign_dnskeys && !plan->keys[2].cds && plan->keys[0].publish);
	ck_assert_uint_ge(plan->reason_count, 2); /* its DNSKEY is not served; its DS waits for that */
	ck_assert(facts.keys[2].has_predecessor && facts.keys[2].predecessor[0] == 1);
	facts.keys[2].id[0] = 3;
	serve(&facts, run->now);
	ck_assert(zs_rollover_outlook(run, &policy, &facts, &ttls, &plan));
	ck_assert_int_eq(plan->next_due, run->now + 3600 + 3600 + 3600);
	run->now = plan->next_due;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(plan->ask_parent && plan->keys[2].cds && plan->keys[0].cds && strstr(plan->instruction, "the new KSK"));
	zs_run_end(run);
}
END_TEST

START_TEST(a_second_roll_of_a_role_waits_and_is_not_lost)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	zs_rollover_request(run, &facts, ZS_ROLL_ZSK, false);
	zs_rollover_request(run, &facts, ZS_ROLL_ZSK, false);
	ck_assert_uint_eq(facts.roll_count, 1); /* asked twice is asked once */
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_uint_eq(facts.key_count, 3);
	facts.keys[2].id[0] = 3;
	zs_rollover_request(run, &facts, ZS_ROLL_ZSK, false);
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 3 && facts.roll_count == 1);
	zs_rollover_request(run, &facts, ZS_ROLL_ZSK, true); /* an emergency does not wait */
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(facts.roll_count == 0 && facts.key_count == 4 && facts.keys[3].emergency);
	zs_run_end(run);
}
END_TEST

START_TEST(a_ds_that_nobody_asked_for_is_protected_all_the_same)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	facts.keys[0].ds_seen = run->now;
	facts.keys[0].ds = (struct zs_record_state){ .phase = ZS_HIDDEN };
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_int_eq(facts.keys[0].ds.phase, ZS_RUMOURED);
	facts.keys[0].ds = (struct zs_record_state){ .phase = ZS_HIDDEN };
	struct zs_key_facts successor = facts.keys[0];
	successor.id[0] = 3;
	successor.ds.phase = ZS_OMNIPRESENT;
	ZS_PUSH(run->arena, facts.keys, facts.key_count, facts.key_room) = successor;
	facts.keys[0].goal_in = false; /* and of a key that is leaving, it is to be removed first */
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_int_eq(facts.keys[0].ds.phase, ZS_UNRETENTIVE);
	ck_assert(plan->keys[0].publish && plan->keys[0].sign_dnskeys);
	zs_run_end(run);
}
END_TEST

START_TEST(the_memory_of_a_ttl_begins_when_the_next_zone_is_in_service)
{
	const struct zs_ttls small = { .largest = 60, .negative = 60 };
	struct zs_facts facts;
	struct zs_run *run = settled(&facts);
	zs_rollover_published(run, &facts, &policy, &small);
	ck_assert(facts.ttl_count == 1 && facts.ttls[0].ttl == 7200 && !facts.ttls[0].until && facts.published.ttl == 60);
	zs_rollover_published(run, &facts, &policy, &ttls); /* back, and lowered again, before a reload succeeded */
	zs_rollover_published(run, &facts, &policy, &small);
	ck_assert_uint_eq(facts.ttl_count, 1);
	zs_rollover_served(&facts, &policy, run->now);
	ck_assert_int_eq(facts.ttls[0].until, run->now + 7200 + 3600);
	run->now += 20000;
	zs_rollover_published(run, &facts, &policy, &small);
	ck_assert_uint_eq(facts.ttl_count, 0);
	zs_run_end(run);
}
END_TEST

START_TEST(a_simulation_tells_the_steps_and_changes_nothing)
{
	struct zs_policy rolling = policy;
	struct zs_facts facts;
	const struct zs_roll_event *events;
	size_t count, asked = 0;
	struct zs_run *run = settled(&facts);
	rolling.zsk_lifetime = 10 * 86400;
	rolling.ksk_lifetime = 15 * 86400;
	rolling.parent_ds_ttl = 86400;
	ck_assert(zs_rollover_simulate(run, &rolling, &facts, &ttls, (zs_seconds)20 * 86400, &events, &count));
	ck_assert_uint_eq(facts.key_count, 2);
	for (size_t i = 0; i < count; i++) {
		ck_assert(i == 0 || events[i].time >= events[i - 1].time);
		asked += strstr(events[i].text, "you: ") != NULL;
	}
	ck_assert_uint_eq(asked, 2); /* one DS in, one out; two ZSK rolls ask for nothing */
	ck_assert_uint_ge(count, 8);
	zs_run_end(run);
}
END_TEST

START_TEST(a_lifetime_shorter_than_a_roll_is_said)
{
	struct zs_policy hasty = policy;
	struct zs_facts facts;
	struct zs_run *run = settled(&facts);
	hasty.zsk_lifetime = 7200;
	zs_rollover_check_lifetimes(run, &hasty, &facts, &ttls);
	ck_assert_uint_eq(run->warning_count, 1);
	hasty.zsk_lifetime = 86400;
	hasty.ksk_lifetime = 7200;
	zs_rollover_check_lifetimes(run, &hasty, &facts, &ttls);
	ck_assert_uint_eq(run->warning_count, 2);
	hasty.csk = true; /* then those of KSK and ZSK are nobody's */
	zs_rollover_check_lifetimes(run, &hasty, &facts, &ttls);
	hasty.csk_lifetime = 7200;
	zs_rollover_check_lifetimes(run, &hasty, &facts, &ttls);
	ck_assert_uint_eq(run->warning_count, 3);
	zs_run_end(run);
}
END_TEST

ZS_SUITE(rollover)
{
	Suite *suite = suite_create("rollover");
	TCase *tcase = tcase_create("rollover");
	tcase_add_test(tcase, first_signing_wants_a_ksk_and_a_zsk_that_sign_their_parts);
	tcase_add_test(tcase, a_csk_signs_everything);
	tcase_add_test(tcase, the_ds_waits_until_no_cache_knows_the_unsigned_zone);
	tcase_add_test(tcase, a_ttl_that_was_larger_is_remembered);
	tcase_add_test(tcase, no_cds_without_the_policy);
	tcase_add_test(tcase, a_zone_at_rest_has_nothing_to_do);
	tcase_add_test(tcase, every_move_not_made_has_its_reason);
	tcase_add_test(tcase, a_second_roll_of_a_role_waits_and_is_not_lost);
	tcase_add_test(tcase, a_ds_that_nobody_asked_for_is_protected_all_the_same);
	tcase_add_test(tcase, the_memory_of_a_ttl_begins_when_the_next_zone_is_in_service);
	tcase_add_test(tcase, a_simulation_tells_the_steps_and_changes_nothing);
	tcase_add_test(tcase, a_lifetime_shorter_than_a_roll_is_said);
	suite_add_tcase(suite, tcase);
	return suite;
}
