/* test_rollover.c - the moves of a first signing, and when the first DS may go (RFC 7583 section 3.3.4). */
#include "unit.h"

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

ZS_SUITE(rollover)
{
	Suite *suite = suite_create("rollover");
	TCase *tcase = tcase_create("rollover");
	tcase_add_test(tcase, first_signing_wants_a_ksk_and_a_zsk_that_sign_their_parts);
	tcase_add_test(tcase, a_csk_signs_everything);
	tcase_add_test(tcase, the_ds_waits_until_no_cache_knows_the_unsigned_zone);
	tcase_add_test(tcase, a_ttl_that_was_larger_is_remembered);
	tcase_add_test(tcase, no_cds_without_the_policy);
	suite_add_tcase(suite, tcase);
	return suite;
}
