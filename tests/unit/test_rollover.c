/* test_rollover.c - the moves of a first signing, and when the first DS may go (RFC 7583 section 3.3.4). */
#include "unit.h"

#include <string.h>

#include "rollover/rollover_private.h"

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

/* Another KSK that has come in: what a standby key and a roll that waits for the parent have in common. */
static struct zs_key_facts *add_ksk(struct zs_run *run, struct zs_facts *facts, uint8_t id)
{
	const struct zs_key_facts copy = facts->keys[0];
	struct zs_key_facts *key = &ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room);
	*key = copy;
	key->id[0] = id;
	key->tag = id;
	return key;
}

static bool waits_for_room(const struct zs_plan *plan)
{
	bool said = false;
	for (size_t i = 0; i < plan->reason_count; i++)
		said = said || strstr(plan->reasons[i].text, "waits for room among the DNSKEYs (G16)");
	return said;
}

START_TEST(no_roll_makes_more_keys_than_validators_take)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	for (uint8_t id = 3; id < 6; id++) { /* their DS were asked for, and nobody has entered them */
		struct zs_key_facts *key = add_ksk(run, &facts, id);
		key->ds.phase = ZS_RUMOURED;
		key->ds_seen = key->active = 0;
	}
	zs_rollover_request(run, &facts, ZS_ROLL_KSK, true);
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 5 && facts.roll_count == 1 && waits_for_room(plan));
	zs_rollover_request(run, &facts, ZS_ROLL_ZSK, false); /* DNSKEYs there may be more */
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 6 && facts.keys[5].role == ZS_ZSK);
	add_ksk(run, &facts, 7); /* one too many, as G16 was accepted */
	facts.roll_count = 0;
	zs_rollover_request(run, &facts, ZS_ROLL_ZSK, true);
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 8 && facts.roll_count == 0);
	zs_run_end(run);
}
END_TEST

START_TEST(a_change_of_the_policy_waits_for_room_among_standby_keys)
{
	struct zs_policy csk = policy;
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	csk.csk = true;
	for (uint8_t id = 3; id < 6; id++)
		add_ksk(run, &facts, id)->standby = true;
	ck_assert(zs_rollover_plan(run, &csk, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 5 && waits_for_room(plan));
	facts.key_count = 4; /* one of them has left */
	ck_assert(zs_rollover_plan(run, &csk, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 5 && facts.keys[4].role == ZS_CSK);
	zs_run_end(run);
}
END_TEST

START_TEST(large_keys_need_room_in_the_answer)
{
	struct zs_policy rsa = policy;
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	rsa.algorithm = facts.keys[0].algorithm = facts.keys[1].algorithm = 8;
	rsa.rsa_bits = 4096;
	for (uint8_t id = 3; id < 5; id++)
		add_ksk(run, &facts, id)->standby = true;
	zs_rollover_request(run, &facts, ZS_ROLL_ZSK, false);
	ck_assert(zs_rollover_plan(run, &rsa, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 4 && facts.roll_count == 1 && waits_for_room(plan));
	rsa.rsa_bits = 2048;
	ck_assert(zs_rollover_plan(run, &rsa, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 5 && facts.roll_count == 0);
	zs_run_end(run);
}
END_TEST

START_TEST(the_new_key_of_a_roll_is_taken_back_while_nobody_has_seen_its_ds)
{
	for (int seen = 0; seen < 2; seen++) {
		struct zs_facts facts;
		struct zs_run *run = settled(&facts);
		struct zs_key_facts *key = add_ksk(run, &facts, 3);
		key->ds.phase = ZS_RUMOURED;
		key->ds_seen = seen;
		zs_rollover_request(run, &facts, ZS_ROLL_KSK, true);
		ck_assert(!zs_rollover_may_take_back(&facts, &facts.keys[0])); /* in use */
		ck_assert_ptr_nonnull(zs_rollover_retire(run, &facts, 3));
		ck_assert(facts.keys[2].goal_in == (seen == 1) && facts.roll_count == (size_t)seen);
		zs_run_end(run);
	}
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

/* Where the zone changes with each build, and a server lags. */
START_TEST(what_every_server_has_goes_on_though_the_last_version_is_not_everywhere)
{
	struct zs_facts facts;
	struct zs_run *run = begin(BEGIN, &facts);
	struct zs_key_facts keys[2] = { { .role = ZS_ZSK }, { .role = ZS_ZSK } };
	struct zs_ttl_facts memory = { .ttl = 600 };
	facts.keys = keys;
	facts.key_count = 2;
	facts.ttls = &memory;
	facts.ttl_count = 1;
	facts.published = (struct zs_published){ .known = true, .serial = 4294967290u };
	keys[0].dnskey.phase = ZS_RUMOURED;
	zs_rollover_versioned(&facts, 4294967295u);
	ck_assert(zs_rollover_awaits_version(&facts));
	facts.published.serial = 4294967295u;
	keys[1].dnskey.phase = ZS_UNRETENTIVE;
	keys[1].zrrsig.phase = ZS_HIDDEN;
	zs_rollover_versioned(&facts, 4294967295u); /* serial: keep */
	ck_assert_uint_eq(keys[1].dnskey.version, 0);
	zs_rollover_versioned(&facts, 3); /* behind the end of the numbers; 0 to 2 are not used */
	ck_assert(keys[0].dnskey.version == 4294967295u && keys[1].dnskey.version == 3 && !keys[1].zrrsig.version);
	zs_rollover_versioned(&facts, 5); /* that one was never published */
	ck_assert(keys[0].dnskey.version == 4294967295u && keys[1].dnskey.version == 5);
	facts.published.serial = 9;
	zs_rollover_served_from(&facts, &policy, 4294967294u, 100);
	ck_assert(!keys[0].dnskey.since && !memory.until);
	zs_rollover_served_from(&facts, &policy, 4, 200);
	ck_assert(keys[0].dnskey.since == 200 && !keys[1].dnskey.since && memory.until == 200 + 600 + policy.propagation_zone);
	keys[0].dnskey = (struct zs_record_state){ .phase = ZS_UNRETENTIVE }; /* decided since, as by roll --abandon-chain, and in no version */
	zs_rollover_served_from(&facts, &policy, 9, 300);
	ck_assert(keys[1].dnskey.since == 300 && !keys[0].dnskey.since && !keys[1].zrrsig.since && !zs_rollover_awaits_version(&facts));
	facts.replaced.present = true; /* what was served till now is somebody else's */
	keys[0].dnskey.version = 8;
	zs_rollover_versioned(&facts, 20);
	ck_assert_uint_eq(keys[0].dnskey.version, 20);
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

/* A key beside those of settled(), for the cases below. */
static struct zs_key_facts *add_key(struct zs_run *run, struct zs_facts *facts, uint8_t id, enum zs_key_role role, enum zs_record_phase phase)
{
	const struct zs_record_state record = { .phase = phase, .since = phase == ZS_HIDDEN ? 0 : BEGIN }, none = { .phase = ZS_NA };
	struct zs_key_facts *key = &ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room);
	*key = (struct zs_key_facts){ .id = { id }, .tag = id, .algorithm = 13, .role = role, .goal_in = true, .dnskey = record,
		                      .krrsig = role & ZS_KSK ? record : none, .zrrsig = role & ZS_ZSK ? record : none,
		                      .ds = role & ZS_KSK ? record : none };
	return key;
}

static bool is_said(const struct zs_plan *plan, const char *words)
{
	for (size_t i = 0; i < plan->reason_count; i++)
		if (strstr(plan->reasons[i].text, words))
			return true;
	return false;
}

START_TEST(the_last_ds_at_the_parent_stays)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	struct zs_key_facts *successor = add_key(run, &facts, 3, ZS_KSK, ZS_OMNIPRESENT);
	successor->ds = (struct zs_record_state){ .phase = ZS_RUMOURED, .since = BEGIN }; /* it was seen, and is not any more */
	facts.keys[0].goal_in = false;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_int_eq(facts.keys[0].ds.phase, ZS_OMNIPRESENT);
	ck_assert(is_said(plan, "no other DS is at the parent"));
	zs_run_end(run);
}
END_TEST

static bool is_published(const struct zs_plan *plan, uint8_t id)
{
	for (size_t i = 0; i < plan->key_count; i++)
		if (plan->keys[i].facts->id[0] == id)
			return plan->keys[i].publish;
	return false;
}

/* RFC 4035 section 2.2, G7: two KSKs whose DS went at different times, and the ZSK that caches need for the first of them. */
START_TEST(the_last_ksk_of_an_algorithm_leaves_with_its_zsk)
{
	const struct zs_record_state hidden = { .phase = ZS_HIDDEN };
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	const struct zs_record_state gone = { .phase = ZS_UNRETENTIVE, .since = run->now - 100, .complete = true };
	struct zs_key_facts *key = add_key(run, &facts, 3, ZS_KSK, ZS_OMNIPRESENT);
	key->dnskey = key->krrsig = gone;
	(void)add_key(run, &facts, 4, ZS_KSK, ZS_OMNIPRESENT);
	(void)add_key(run, &facts, 5, ZS_ZSK, ZS_OMNIPRESENT);
	for (size_t i = 2; i < 5; i++) {
		facts.keys[i].goal_in = false;
		facts.keys[i].algorithm = 8;
		facts.keys[i].ds = i == 4 ? facts.keys[i].ds : hidden;
	}
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(is_published(plan, 4) && is_published(plan, 5));
	ck_assert(is_said(plan, "KSK 4 stays until ZSK 5 of its algorithm can leave with it"));
	ck_assert_int_eq(plan->next_due, gone.since + 3 * 3600); /* when no cache holds the DNSKEYs with the first one */
	run->now = plan->next_due;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(!is_published(plan, 4) && !is_published(plan, 5));
	zs_run_end(run);
}
END_TEST

START_TEST(an_adopted_key_leaves_only_after_the_first_publication)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	struct zs_key_facts *old = add_key(run, &facts, 3, ZS_ZSK, ZS_OMNIPRESENT);
	old->goal_in = false;
	facts.published.known = false;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_int_eq(facts.keys[2].dnskey.phase, ZS_OMNIPRESENT);
	facts.published.known = true;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_int_ne(facts.keys[2].zrrsig.phase, ZS_OMNIPRESENT);
	zs_run_end(run);
}
END_TEST

START_TEST(the_first_ds_waits_for_records_that_are_wanted_and_new_only)
{
	struct zs_facts facts;
	struct zs_run *run = settled(&facts);
	facts.keys[0].ds = (struct zs_record_state){ .phase = ZS_HIDDEN };
	ck_assert_int_eq(zs_rollover_first_ds(&policy, &facts, &ttls), BEGIN);
	struct zs_key_facts *key = add_key(run, &facts, 3, ZS_ZSK, ZS_HIDDEN);
	ck_assert_int_eq(zs_rollover_first_ds(&policy, &facts, &ttls), 0); /* not in the zone yet */
	key->has_predecessor = true; /* a roll: its forerunner does */
	ck_assert_int_eq(zs_rollover_first_ds(&policy, &facts, &ttls), BEGIN);
	key->dnskey.phase = ZS_UNRETENTIVE;
	ck_assert_int_eq(zs_rollover_first_ds(&policy, &facts, &ttls), 0);
	zs_run_end(run);
}
END_TEST

START_TEST(the_algorithm_of_a_roll_counts_until_the_policy_is_edited)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	facts.algorithm = 15;
	facts.instead_of = 13;
	ck_assert(zs_rollover_outlook(run, &policy, &facts, &ttls, &plan));
	ck_assert_uint_eq(plan->key_count, 4);
	ck_assert_uint_eq(plan->keys[2].facts->algorithm, 15);
	facts.instead_of = 8;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_uint_eq(plan->key_count, 2);
	ck_assert_uint_eq(facts.algorithm, 0);
	zs_run_end(run);
}
END_TEST

START_TEST(an_algorithm_that_caches_still_hold_is_not_new)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	static const enum zs_record_phase phases[] = { ZS_HIDDEN, ZS_RUMOURED, ZS_UNRETENTIVE };
	for (size_t i = 0; i < ZS_COUNT(phases); i++) {
		const enum zs_record_phase phase = phases[i];
		struct zs_run *run = settled(&facts);
		struct zs_key_facts *old = add_key(run, &facts, 3, ZS_KSK, phase);
		old->algorithm = 15;
		old->goal_in = phase == ZS_RUMOURED;
		old->ds = old->krrsig = (struct zs_record_state){ .phase = ZS_HIDDEN };
		old->dnskey.since = phase == ZS_HIDDEN ? 0 : run->now;
		facts.algorithm = 15;
		facts.instead_of = 13;
		ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
		ck_assert(is_said(plan, "waits until the signatures of its algorithm") == (phase == ZS_HIDDEN));
		zs_run_end(run);
	}
}
END_TEST

START_TEST(each_rule_sees_what_breaks_it)
{
	struct zs_facts facts;
	struct zs_run *run = settled(&facts);
	struct zs_engine e = { .run = run, .policy = &policy, .facts = &facts, .ttls = &ttls, .now = run->now };
	(void)add_key(run, &facts, 3, ZS_KSK, ZS_RUMOURED);
	(void)add_key(run, &facts, 4, ZS_ZSK, ZS_RUMOURED);
	struct zs_key_facts *ksk = &facts.keys[0], *zsk = &facts.keys[1], *new_ksk = &facts.keys[2], *new_zsk = &facts.keys[3];
	facts.key_count = 2;
	ck_assert(zs_rule_chain(ksk));
	ksk->krrsig.phase = ZS_RUMOURED;
	ck_assert(!zs_rule_chain(ksk));
	ksk->krrsig.phase = ZS_OMNIPRESENT;
	ck_assert(zs_rule_signatures(&e));
	zsk->zrrsig = (struct zs_record_state){ .phase = ZS_UNRETENTIVE }; /* never served: it covers nothing */
	ck_assert(!zs_rule_signatures(&e));
	zsk->zrrsig = (struct zs_record_state){ .phase = ZS_OMNIPRESENT, .since = BEGIN };
	/* a DNSKEY of another algorithm that some RRsets have is covered by one that just those have, and by no other */
	facts.key_count = 4;
	new_ksk->algorithm = new_zsk->algorithm = 15;
	new_ksk->ds = (struct zs_record_state){ .phase = ZS_HIDDEN };
	new_zsk->zrrsig.phase = ZS_OMNIPRESENT;
	ck_assert(zs_rule_signatures(&e));
	new_ksk->dnskey.complete = true;
	ck_assert(!zs_rule_signatures(&e));
	new_ksk->dnskey.complete = false;
	new_ksk->dnskey.from = 5;
	ck_assert(!zs_rule_signatures(&e));
	new_ksk->dnskey.from = 0;
	new_ksk->dnskey.since++;
	ck_assert(!zs_rule_signatures(&e));
	zs_run_end(run);
}
END_TEST

START_TEST(a_standby_key_follows_nobody_until_it_is_promoted)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	(void)zs_rollover_standby(run, &facts, &policy, ZS_CSK);
	(void)zs_rollover_standby(run, &facts, &policy, ZS_KSK);
	facts.algorithm = 15;
	facts.instead_of = 13;
	ck_assert_uint_eq(zs_rollover_standby(run, &facts, &policy, ZS_KSK)->algorithm, 15);
	facts.algorithm = facts.instead_of = 0;
	for (size_t i = 2; i < facts.key_count; i++) {
		facts.keys[i].tag = (uint16_t)(i + 1);
		facts.keys[i].id[0] = (uint8_t)(i + 1);
	}
	facts.keys[2].dnskey.phase = facts.keys[4].dnskey.phase = ZS_OMNIPRESENT; /* of another role, of another algorithm */
	struct zs_facts *before = zs_facts_copy(run->arena, &facts), *again = zs_facts_copy(run->arena, &facts);
	struct zs_engine e = { .run = run, .policy = &policy, .facts = &facts, .ttls = &ttls, .now = run->now,
		               .plan = zs_arena_alloc(run->arena, sizeof *plan) };
	/* none that fits is in the zone: a new key is made, whose forerunner is the one in use */
	zs_rollover_request(run, &facts, ZS_ROLL_KSK, false);
	zs_goals_set(&e);
	ck_assert_uint_eq(facts.key_count, 6);
	ck_assert_uint_eq(facts.keys[5].predecessor[0], 1);
	/* with one in the zone, that is the successor */
	facts = *before;
	facts.keys[3].dnskey = (struct zs_record_state){ .phase = ZS_OMNIPRESENT, .since = BEGIN };
	zs_rollover_request(run, &facts, ZS_ROLL_KSK, false);
	zs_goals_set(&e);
	ck_assert_uint_eq(facts.key_count, 5);
	ck_assert(facts.keys[4].tag == 4 && !facts.keys[4].standby);
	/* retire: a standby key leaves, one in use asks for its roll, one that leaves is let go */
	ck_assert_ptr_nonnull(strstr(zs_rollover_retire(run, &facts, 3), "stands by no more"));
	ck_assert(!facts.keys[2].goal_in && facts.keys[2].retired == run->now);
	ck_assert_ptr_nonnull(strstr(zs_rollover_retire(run, &facts, 3), "leaving already"));
	facts.roll_count = 0;
	ck_assert_ptr_nonnull(strstr(zs_rollover_retire(run, &facts, 1), "a roll is asked for"));
	ck_assert_int_eq(facts.rolls[0].kind, ZS_ROLL_KSK);
	(void)zs_rollover_retire(run, &facts, 2);
	ck_assert_int_eq(facts.rolls[1].kind, ZS_ROLL_ZSK);
	facts.keys[0].role = ZS_CSK;
	(void)zs_rollover_retire(run, &facts, 1);
	ck_assert_int_eq(facts.rolls[2].kind, ZS_ROLL_CSK);
	facts.keys[1].removed = 1;
	ck_assert_ptr_null(zs_rollover_retire(run, &facts, 2));
	ck_assert_ptr_null(zs_rollover_retire(run, &facts, 99));
	/* of an algorithm that goes, a standby key stays until the successor is ready; one that was never published does not come any more */
	facts = *zs_facts_copy(run->arena, again);
	facts.algorithm = 15;
	facts.instead_of = 13;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(!facts.keys[3].goal_in);
	facts = *again;
	facts.algorithm = 15;
	facts.instead_of = 13;
	facts.keys[3].dnskey = facts.keys[3].krrsig = (struct zs_record_state){ .phase = ZS_OMNIPRESENT, .since = BEGIN };
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(facts.keys[3].goal_in);
	zs_run_end(run);
}
END_TEST

START_TEST(a_standby_key_signs_no_zone_and_goes_with_its_role)
{
	struct zs_policy csk = policy;
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = begin(BEGIN, &facts);
	csk.csk = true;
	(void)zs_rollover_standby(run, &facts, &csk, ZS_CSK); /* before the first signing, and before the key that is used */
	ck_assert(zs_rollover_plan(run, &csk, &facts, &ttls, &plan));
	ck_assert_uint_eq(plan->key_count, 2);
	ck_assert(plan->keys[0].facts->standby && plan->keys[0].publish && plan->keys[0].sign_dnskeys && !plan->keys[0].sign_zone);
	ck_assert(!plan->keys[1].facts->standby && plan->keys[1].sign_zone);
	zs_run_end(run);
	/* the policy has one key for both roles now: a KSK that stands by is of no use to it */
	run = settled(&facts);
	struct zs_key_facts *standby = add_key(run, &facts, 3, ZS_KSK, ZS_OMNIPRESENT);
	standby->standby = true;
	standby->ds_seen = BEGIN;
	(void)add_key(run, &facts, 4, ZS_CSK, ZS_OMNIPRESENT);
	facts.keys[3].ds_seen = BEGIN;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(facts.keys[2].goal_in);
	facts.keys[3].goal_in = true;
	ck_assert(zs_rollover_plan(run, &csk, &facts, &ttls, &plan));
	ck_assert(!facts.keys[0].goal_in && !facts.keys[2].goal_in && facts.keys[3].goal_in);
	zs_run_end(run);
}
END_TEST

START_TEST(what_is_half_gone_is_not_taken_back)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	facts.keys[0].goal_in = false;
	facts.keys[0].krrsig = (struct zs_record_state){ .phase = ZS_UNRETENTIVE, .since = BEGIN, .complete = true };
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_uint_eq(facts.key_count, 3);
	ck_assert(!facts.keys[0].goal_in && facts.keys[2].role == ZS_KSK);
	zs_run_end(run);
	/* nor one whose DNSKEY left, while the ZSK, as the policy wants it, is there */
	run = settled(&facts);
	facts.keys[0].goal_in = false;
	facts.keys[0].dnskey = (struct zs_record_state){ .phase = ZS_UNRETENTIVE, .since = run->now, .complete = true };
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 3 && facts.keys[2].role == ZS_KSK && !facts.keys[0].goal_in);
	zs_run_end(run);
	/* nor a standby key that was retired */
	run = settled(&facts);
	facts.keys[0].goal_in = false;
	facts.keys[0].standby = true;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert(facts.key_count == 3 && facts.keys[2].role == ZS_KSK && !facts.keys[0].goal_in);
	for (size_t i = 0; i < 40; i++) /* of standby keys there may be many */
		ck_assert(zs_rollover_standby(run, &facts, &policy, ZS_KSK)->standby);
	ck_assert_uint_eq(facts.key_count, 43);
	zs_run_end(run);
}
END_TEST

START_TEST(without_a_ds_the_old_key_waits_for_the_signature_of_the_new)
{
	struct zs_facts facts;
	struct zs_run *run = settled(&facts);
	facts.keys[0].ds = (struct zs_record_state){ .phase = ZS_HIDDEN };
	facts.keys[0].ds_seen = 0;
	struct zs_key_facts *successor = add_key(run, &facts, 3, ZS_KSK, ZS_OMNIPRESENT);
	successor->ds = (struct zs_record_state){ .phase = ZS_HIDDEN };
	successor->krrsig = (struct zs_record_state){ .phase = ZS_RUMOURED };
	struct zs_engine e = { .run = run, .policy = &policy, .facts = &facts, .ttls = &ttls, .now = run->now, .algorithm = 13,
		               .plan = zs_arena_alloc(run->arena, sizeof *e.plan) };
	zs_goals_release(&e);
	ck_assert(facts.keys[0].goal_in);
	facts.keys[2].krrsig.phase = ZS_OMNIPRESENT;
	zs_goals_release(&e);
	ck_assert(!facts.keys[0].goal_in);
	zs_run_end(run);
}
END_TEST

START_TEST(a_parent_that_was_not_looked_at_for_sure_may_have_the_ds)
{
	static const struct {
		zs_time old_seen, old_gone, since, gone, observed;
		bool ready;
	} cases[] = {
		{ 0, BEGIN - 5, BEGIN + 10, BEGIN - 5, BEGIN + 20, true },  /* a look after the wish shows what was so before */
		{ 0, BEGIN + 15, BEGIN + 10, BEGIN + 20, 0, true },         /* a person says it of both */
		{ 0, BEGIN - 5, BEGIN + 10, BEGIN - 5, BEGIN + 10, false }, /* that look may be older than the wish */
		{ 0, BEGIN - 5, 0, BEGIN - 5, BEGIN + 20, false },          /* the wish is not served */
		{ 0, BEGIN - 5, BEGIN + 10, 0, BEGIN + 20, false },         /* not gone everywhere */
		{ 0, 0, BEGIN + 10, BEGIN - 5, BEGIN + 20, false },
		{ BEGIN, 0, BEGIN + 10, BEGIN - 5, BEGIN + 20, false },     /* the old one is there */
		{ 0, 0, BEGIN + 10, 0, 0, false },                          /* nobody looks */
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_facts facts;
		struct zs_plan *plan;
		struct zs_run *run = settled(&facts);
		struct zs_key_facts *successor = add_key(run, &facts, 3, ZS_KSK, ZS_OMNIPRESENT);
		successor->has_predecessor = true;
		successor->emergency = true;
		successor->ds = (struct zs_record_state){ .phase = ZS_RUMOURED, .since = cases[i].since };
		successor->ds_gone = cases[i].gone;
		facts.keys[0].ds = (struct zs_record_state){ .phase = cases[i].old_seen ? ZS_OMNIPRESENT : ZS_RUMOURED, .since = BEGIN };
		facts.keys[0].ds_seen = cases[i].old_seen;
		facts.keys[0].ds_gone = cases[i].old_gone;
		facts.parent.observed = cases[i].observed;
		ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
		ck_assert_msg(facts.keys[0].goal_in == !cases[i].ready, "case %zu", i);
		ck_assert(plan->keys[0].publish && plan->keys[0].sign_dnskeys && facts.keys[2].emergency);
		if (!cases[i].ready) {
			zs_run_end(run);
			continue;
		}
		/* its wish is taken back; the key goes after a look since then and the DS TTL, and that ends the emergency */
		ck_assert_int_eq(facts.keys[0].ds.phase, ZS_UNRETENTIVE);
		zs_rollover_served(&facts, &policy, run->now);
		run->now += 100000;
		ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
		ck_assert_int_eq(facts.keys[0].ds.phase, ZS_UNRETENTIVE);
		facts.parent.observed = run->now;
		ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
		ck_assert(facts.keys[0].ds.phase == ZS_UNRETENTIVE && plan->next_due > run->now);
		facts.parent.observed = run->now += 100;
		ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
		ck_assert(facts.keys[0].ds.phase == ZS_HIDDEN && facts.keys[2].emergency);
		zs_rollover_served(&facts, &policy, run->now);
		run->now += 100000;
		ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
		ck_assert(facts.keys[0].removed && !facts.keys[2].emergency);
		zs_run_end(run);
	}
}
END_TEST

START_TEST(an_emergency_ends_though_a_csk_stands_by)
{
	struct zs_policy csk = policy;
	csk.csk = true;
	for (int settled_by = 0; settled_by < 2; settled_by++) {
		struct zs_facts facts;
		struct zs_plan *plan;
		struct zs_run *run = settled(&facts);
		facts.keys[0].role = ZS_CSK;
		facts.keys[0].zrrsig = facts.keys[0].krrsig;
		facts.keys[0].emergency = true;
		facts.key_count = 1;
		struct zs_key_facts *standby = add_key(run, &facts, 3, ZS_CSK, ZS_OMNIPRESENT);
		standby->standby = true;
		standby->zrrsig = (struct zs_record_state){ .phase = ZS_HIDDEN };
		if (!settled_by)
			standby->dnskey = (struct zs_record_state){ .phase = ZS_RUMOURED, .since = run->now };
		ck_assert(zs_rollover_plan(run, &csk, &facts, &ttls, &plan));
		ck_assert_int_eq(facts.keys[0].emergency, !settled_by); /* as long as it comes in, it does not */
		ck_assert(!plan->keys[1].sign_zone);
		zs_run_end(run);
	}
}
END_TEST

START_TEST(the_lifetime_of_a_standby_key_begins_when_it_is_promoted)
{
	static const enum zs_key_role roles[] = { ZS_KSK, ZS_CSK };
	for (size_t i = 0; i < 2 * ZS_COUNT(roles); i++) {
		const bool seen = i & 1, csk = roles[i / 2] == ZS_CSK;
		const size_t count = csk ? 2 : 3;
		struct zs_policy rolling = policy;
		struct zs_facts facts;
		struct zs_plan *plan;
		struct zs_run *run = settled(&facts);
		rolling.csk = csk;
		rolling.ksk_lifetime = rolling.csk_lifetime = 90 * 86400;
		facts.keys[0].active = 0; /* it has no lifetime: a person rolls */
		facts.keys[0].ds_seen = 0;
		if (csk) {
			facts.keys[0].role = ZS_CSK;
			facts.keys[0].zrrsig = facts.keys[0].krrsig;
			facts.key_count = 1;
		}
		struct zs_key_facts *standby = add_key(run, &facts, 3, roles[i / 2], ZS_OMNIPRESENT);
		standby->standby = true;
		standby->ds_seen = seen ? BEGIN : 0;
		if (!seen)
			standby->ds = (struct zs_record_state){ .phase = ZS_RUMOURED, .since = BEGIN };
		if (csk)
			standby->zrrsig = (struct zs_record_state){ .phase = ZS_HIDDEN };
		run->now += (zs_time)200 * 86400;
		ck_assert(zs_rollover_plan(run, &rolling, &facts, &ttls, &plan));
		ck_assert(facts.key_count == count && facts.keys[facts.key_count - 1].standby && !facts.keys[facts.key_count - 1].active);
		zs_rollover_request(run, &facts, csk ? ZS_ROLL_CSK : ZS_ROLL_KSK, false);
		ck_assert(zs_rollover_plan(run, &rolling, &facts, &ttls, &plan));
		struct zs_key_facts *promoted = &facts.keys[facts.key_count - 1];
		ck_assert_msg(facts.key_count == count && promoted->id[0] == 3 && !promoted->standby, "a second roll begins");
		ck_assert_int_eq(promoted->active, seen ? run->now : 0);
		promoted->ds_seen = run->now += 100; /* one that nobody had entered counts from when it is there */
		ck_assert(zs_rollover_plan(run, &rolling, &facts, &ttls, &plan));
		ck_assert_int_eq(facts.keys[facts.key_count - 1].active, seen ? run->now - 100 : run->now);
		zs_run_end(run);
	}
}
END_TEST

START_TEST(a_dead_key_whose_ds_comes_back_is_not_forgotten)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	struct zs_key_facts *dead = add_key(run, &facts, 3, ZS_KSK, ZS_HIDDEN);
	dead->goal_in = false;
	dead->removed = 1;
	dead->ds_seen = run->now;
	run->now += (zs_time)100 * 86400;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_uint_eq(facts.key_count, 3);
	facts.keys[2].ds = facts.keys[2].dnskey = facts.keys[2].krrsig = (struct zs_record_state){ .phase = ZS_HIDDEN };
	facts.keys[2].ds_seen = 0;
	facts.keys[2].removed = 1;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_uint_eq(facts.key_count, 2);
	zs_run_end(run);
}
END_TEST

START_TEST(a_chain_that_was_given_up_may_end_without_one)
{
	struct zs_facts facts;
	struct zs_plan *plan;
	struct zs_run *run = settled(&facts);
	(void)add_key(run, &facts, 3, ZS_ZSK, ZS_RUMOURED);
	(void)add_key(run, &facts, 4, ZS_ZSK, ZS_UNRETENTIVE);
	facts.keys[3].goal_in = false;
	facts.keys[3].retired = 5;
	zs_rollover_abandon(&facts, run->now);
	ck_assert(facts.abandoned == run->now && facts.keys[0].retired == run->now && facts.keys[3].retired == 5);
	ck_assert(facts.keys[0].dnskey.complete && !facts.keys[0].dnskey.from);
	ck_assert(!facts.keys[2].dnskey.complete && facts.keys[2].dnskey.from == BEGIN);
	facts.unsign = run->now;
	ck_assert(zs_rollover_plan(run, &policy, &facts, &ttls, &plan));
	ck_assert_int_eq(facts.abandoned, run->now);
	zs_run_end(run);
}
END_TEST

START_TEST(a_simulation_begins_with_nothing_and_has_an_end)
{
	struct zs_policy csk = policy;
	struct zs_facts facts;
	const struct zs_roll_event *events;
	size_t count;
	struct zs_run *run = begin(BEGIN, &facts);
	csk.csk = true;
	ck_assert(zs_rollover_simulate(run, &csk, &facts, &ttls, (zs_seconds)3650 * 86400, &events, &count));
	ck_assert_uint_ge(count, 3);
	ck_assert_ptr_nonnull(strstr(events[0].text, "new CSK (1)"));
	zs_run_end(run);
	/* a DS that was gone before it was taken back is taken back all the same */
	run = settled(&facts);
	struct zs_key_facts *old = add_key(run, &facts, 3, ZS_KSK, ZS_OMNIPRESENT);
	old->goal_in = false;
	old->ds = (struct zs_record_state){ .phase = ZS_UNRETENTIVE, .since = BEGIN + 50, .complete = true };
	old->ds_gone = BEGIN + 10;
	ck_assert(zs_rollover_simulate(run, &policy, &facts, &ttls, (zs_seconds)30 * 86400, &events, &count));
	ck_assert_ptr_nonnull(strstr(events[count - 1].text, "KSK 3 is in no cache any more"));
	/* and more steps than a simulation has are not made */
	csk = policy;
	csk.zsk_lifetime = 86400;
	ck_assert(zs_rollover_simulate(run, &csk, &facts, &ttls, (zs_seconds)100 * 365 * 86400, &events, &count));
	ck_assert_int_lt(events[count - 1].time, run->now + (zs_time)100 * 365 * 86400 - 86400);
	zs_run_end(run);
}
END_TEST

START_TEST(a_parent_that_is_watched_needs_no_time_to_spread)
{
	static const struct {
		bool observe;
		zs_time observed;
		zs_seconds wait;
	} cases[] = { { false, BEGIN + 200000, 3600 }, { true, BEGIN + 200000, 0 }, { true, BEGIN, 3600 } }; /* the last: a person saw it */
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_policy watched = policy;
		struct zs_facts facts;
		struct zs_plan *plan;
		struct zs_run *run = settled(&facts);
		watched.propagation_parent = 3600;
		watched.parent_ds_ttl = 7200;
		watched.observe_parent_propagation = cases[i].observe;
		facts.keys[0].ds = (struct zs_record_state){ .phase = ZS_RUMOURED, .since = BEGIN };
		facts.keys[0].ds_seen = run->now = BEGIN + 200000;
		facts.parent.observed = cases[i].observed;
		ck_assert(zs_rollover_plan(run, &watched, &facts, &ttls, &plan));
		ck_assert_int_eq(plan->next_due, run->now + 7200 + cases[i].wait + 3600);
		zs_run_end(run);
	}
}
END_TEST

START_TEST(the_lifetime_of_a_csk_counts_against_the_longer_wait)
{
	struct zs_policy csk = policy;
	struct zs_facts facts;
	struct zs_run *run = settled(&facts);
	csk.csk = true;
	csk.csk_lifetime = 100000;
	csk.parent_ds_ttl = 60;
	zs_rollover_check_lifetimes(run, &csk, &facts, &ttls);
	ck_assert_uint_eq(run->warning_count, 0);
	csk.parent_ds_ttl = 172800;
	zs_rollover_check_lifetimes(run, &csk, &facts, &ttls);
	ck_assert_uint_eq(run->warning_count, 1);
	zs_run_end(run);
}
END_TEST

ZS_SUITE(rollover)
{
	Suite *suite = suite_create("rollover");
	TCase *tcase = tcase_create("rollover");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, first_signing_wants_a_ksk_and_a_zsk_that_sign_their_parts);
	tcase_add_test(tcase, a_csk_signs_everything);
	tcase_add_test(tcase, the_ds_waits_until_no_cache_knows_the_unsigned_zone);
	tcase_add_test(tcase, a_ttl_that_was_larger_is_remembered);
	tcase_add_test(tcase, no_cds_without_the_policy);
	tcase_add_test(tcase, a_zone_at_rest_has_nothing_to_do);
	tcase_add_test(tcase, no_roll_makes_more_keys_than_validators_take);
	tcase_add_test(tcase, a_change_of_the_policy_waits_for_room_among_standby_keys);
	tcase_add_test(tcase, large_keys_need_room_in_the_answer);
	tcase_add_test(tcase, the_new_key_of_a_roll_is_taken_back_while_nobody_has_seen_its_ds);
	tcase_add_test(tcase, every_move_not_made_has_its_reason);
	tcase_add_test(tcase, a_second_roll_of_a_role_waits_and_is_not_lost);
	tcase_add_test(tcase, a_ds_that_nobody_asked_for_is_protected_all_the_same);
	tcase_add_test(tcase, what_every_server_has_goes_on_though_the_last_version_is_not_everywhere);
	tcase_add_test(tcase, the_memory_of_a_ttl_begins_when_the_next_zone_is_in_service);
	tcase_add_test(tcase, a_simulation_tells_the_steps_and_changes_nothing);
	tcase_add_test(tcase, a_lifetime_shorter_than_a_roll_is_said);
	tcase_add_test(tcase, the_last_ds_at_the_parent_stays);
	tcase_add_test(tcase, the_last_ksk_of_an_algorithm_leaves_with_its_zsk);
	tcase_add_test(tcase, an_adopted_key_leaves_only_after_the_first_publication);
	tcase_add_test(tcase, the_first_ds_waits_for_records_that_are_wanted_and_new_only);
	tcase_add_test(tcase, the_algorithm_of_a_roll_counts_until_the_policy_is_edited);
	tcase_add_test(tcase, an_algorithm_that_caches_still_hold_is_not_new);
	tcase_add_test(tcase, each_rule_sees_what_breaks_it);
	tcase_add_test(tcase, a_standby_key_follows_nobody_until_it_is_promoted);
	tcase_add_test(tcase, a_standby_key_signs_no_zone_and_goes_with_its_role);
	tcase_add_test(tcase, what_is_half_gone_is_not_taken_back);
	tcase_add_test(tcase, without_a_ds_the_old_key_waits_for_the_signature_of_the_new);
	tcase_add_test(tcase, a_parent_that_was_not_looked_at_for_sure_may_have_the_ds);
	tcase_add_test(tcase, an_emergency_ends_though_a_csk_stands_by);
	tcase_add_test(tcase, the_lifetime_of_a_standby_key_begins_when_it_is_promoted);
	tcase_add_test(tcase, a_dead_key_whose_ds_comes_back_is_not_forgotten);
	tcase_add_test(tcase, a_chain_that_was_given_up_may_end_without_one);
	tcase_add_test(tcase, a_simulation_begins_with_nothing_and_has_an_end);
	tcase_add_test(tcase, a_parent_that_is_watched_needs_no_time_to_spread);
	tcase_add_test(tcase, the_lifetime_of_a_csk_counts_against_the_longer_wait);
	suite_add_tcase(suite, tcase);
	return suite;
}
