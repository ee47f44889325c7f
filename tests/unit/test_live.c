/* test_live.c - what an observation of the parent means for the facts: a table of what each server shows and what follows. */
#include "unit.h"

#include <openssl/evp.h>
#include <string.h>

#include "dns/algorithm.h"
#include "dns/type.h"
#include "live/live_private.h"

enum { T0 = 1000000, TTL = 3600 };
static const struct zs_policy policy = { .propagation_parent = 600, .parent_ds_ttl = 1800, .observe_parent = true };
static const uint8_t zone[] = "\1a\4test";

/* Two keys, 0 and 1, and their DS with the digests that a parent may hold. */
static struct zs_keyset *make_keys(struct zs_run *run)
{
	struct zs_keyset *set = zs_arena_alloc(run->arena, sizeof *set);
	set->arena = run->arena;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t rdata[68] = { 1, 1, 3, 13 };
		memset(rdata + 4, (int)(17 + i), 64);
		struct zs_key key;
		const struct zs_bytes kept = { (const uint8_t *)zs_arena_text(run->arena, (const char *)rdata, sizeof rdata), sizeof rdata };
		ck_assert(zs_key_from_rdata(run, NULL, kept, &key));
		ZS_PUSH(run->arena, set->keys, set->count, set->room) = key;
	}
	return set;
}

static struct zs_bytes ds_of(struct zs_run *run, const struct zs_key *key, uint8_t digest)
{
	uint8_t *out = zs_arena_alloc(run->arena, 52);
	size_t len;
	ck_assert(zs_ds_make(run, zone, key->rdata, digest, out, &len));
	return (struct zs_bytes){ out, len };
}

static struct zs_facts *make_facts(struct zs_run *run, const struct zs_keyset *keys)
{
	struct zs_facts *facts = zs_arena_alloc(run->arena, sizeof *facts);
	memcpy(facts->zone, zone, sizeof zone);
	for (size_t i = 0; i < keys->count; i++) {
		struct zs_key_facts key = { .tag = keys->keys[i].tag, .algorithm = 13, .role = ZS_KSK, .goal_in = true,
			                    .ds = { .phase = ZS_RUMOURED, .since = T0 - 100 } };
		memcpy(key.id, keys->keys[i].id, 32);
		ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = key;
	}
	facts->published.served_since = T0 - 1000;
	return facts;
}

/* A server of the table, in one letter for what it shows: '-' nothing, '0' and '1' the DS of that key, '2' both, 's' key 0 with
 * SHA-1, 'x' a DS of nobody; '.' silent, 'l' lame, 'u' no way to it, 'b' an answer that does not validate. Upper-case server names
 * in `names` give each its name: "AAB" are two addresses of A and one of B. */
static struct zs_observation look(struct zs_run *run, const struct zs_keyset *keys, enum zs_chain chain, bool tcp, const char *names,
                                  const char *shows, zs_time time)
{
	const size_t count = strlen(shows);
	struct zs_server_view *views = zs_arena_array(run->arena, count + 1, sizeof *views);
	static const uint8_t nobody[] = { 0, 1, 13, 2, 9, 9, 9 };
	for (size_t i = 0; i < count; i++) {
		struct zs_bytes *ds = zs_arena_array(run->arena, 2, sizeof *ds);
		size_t n = 0;
		const char c = shows[i];
		if (c == '0' || c == '2')
			ds[n++] = ds_of(run, &keys->keys[0], 2);
		if (c == '1' || c == '2')
			ds[n++] = ds_of(run, &keys->keys[1], 2);
		if (c == 's')
			ds[n++] = ds_of(run, &keys->keys[0], 1);
		if (c == 'x' || c == 'b')
			ds[n++] = (struct zs_bytes){ nobody, sizeof nobody };
		if (n == 2 && zs_bytes_compare(ds[0], ds[1]) > 0) {
			const struct zs_bytes first = ds[0];
			ds[0] = ds[1];
			ds[1] = first;
		}
		views[i] = (struct zs_server_view){ .server = zs_arena_printf(run->arena, "%c.", names[i]), .address = zs_arena_printf(run->arena, "192.0.2.%zu", i),
			                            .reply = c == '.' ? ZS_REPLY_SILENT : c == 'l' ? ZS_REPLY_LAME : c == 'u' ? ZS_REPLY_UNREACHABLE : ZS_REPLY_ANSWERED,
			                            .why = strchr(".lub", c) ? "a reason" : NULL, .by_tcp = tcp, .validated = chain == ZS_CHAIN_SECURE && c != 'b',
			                            .ds = ds, .ds_count = n, .ttl = n ? TTL : 0 };
	}
	return (struct zs_observation){ .time = time, .parent = "test.", .chain = chain, .servers = views, .server_count = count };
}

struct step {
	zs_seconds after;     /* since T0 */
	const char *shows;
	enum zs_sight sight;
	zs_seconds seen0, gone0, seen1, gone1; /* since T0; NO: not set */
	const char *why;      /* a part of the reason; NULL: none */
};
enum { NO = -1 };
#define NOTHING ZS_SIGHT_NOTHING
#define MIXED ZS_SIGHT_MIXED
#define WAIT ZS_SIGHT_WAIT
#define CERTAIN ZS_SIGHT_CERTAIN

static const struct {
	const char *name, *names;
	enum zs_chain chain;
	bool tcp;
	struct step steps[6];
} scenes[] = {
	{ "nothing there yet, then both everywhere", "AABB", ZS_CHAIN_SECURE, false,
	  { { 0, "----", CERTAIN, NO, 0, NO, 0, NULL }, { 60, "2222", CERTAIN, 60, NO, 60, NO, NULL }, { 90, "2222", CERTAIN, 60, NO, 60, NO, NULL } } },
	{ "a swap: one new, one old", "AB", ZS_CHAIN_SECURE, false,
	  { { 0, "00", CERTAIN, 0, NO, NO, 0, NULL }, { 60, "01", MIXED, NO, NO, NO, NO, "different" }, { 120, "11", CERTAIN, NO, 120, 120, NO, NULL } } },
	{ "a flapping parent: the break counts", "AB", ZS_CHAIN_SECURE, false,
	  { { 0, "00", CERTAIN, 0, NO, NO, 0, NULL }, { 60, "0-", MIXED, NO, NO, NO, 0, "different" }, { 120, "00", CERTAIN, 120, NO, NO, 0, NULL } } },
	{ "a silent address is waited for, then left", "AAB", ZS_CHAIN_SECURE, false,
	  { { 0, "0.0", WAIT, NO, NO, NO, NO, "A. at 192.0.2.1 does not answer" }, { 599, "0.0", WAIT, NO, NO, NO, NO, "waited for" },
	    { 600, "0.0", CERTAIN, 600, NO, NO, 600, NULL } } },
	{ "a silent address that comes back with another answer", "AAB", ZS_CHAIN_SECURE, false,
	  { { 0, "0.0", WAIT, NO, NO, NO, NO, "not answer" }, { 300, "0-0", MIXED, NO, NO, NO, NO, "different" }, { 700, "0.0", WAIT, NO, NO, NO, NO, "waited" },
	    { 1300, "000", CERTAIN, 1300, NO, NO, 1300, NULL } } },
	{ "a server that is silent on all addresses is never left", "ABB", ZS_CHAIN_SECURE, false,
	  { { 0, "0..", WAIT, NO, NO, NO, NO, "no address of server B." }, { 100000, "0..", WAIT, NO, NO, NO, NO, "B." }, { 100100, "0.0", CERTAIN, 100100, NO, NO, 100100, NULL } } },
	{ "no IPv6 here is no silence", "AAB", ZS_CHAIN_SECURE, false, { { 0, "0u0", CERTAIN, 0, NO, NO, 0, NULL } } },
	{ "lame is silent", "AAB", ZS_CHAIN_SECURE, false, { { 0, "0l0", WAIT, NO, NO, NO, NO, "192.0.2.1" }, { 600, "0l0", CERTAIN, 600, NO, NO, 600, NULL } } },
	{ "what does not validate does not count", "AAB", ZS_CHAIN_SECURE, false, { { 0, "0b0", WAIT, NO, NO, NO, NO, "192.0.2.1" } } },
	{ "nothing validates", "AB", ZS_CHAIN_SECURE, false, { { 0, "bb", NOTHING, NO, NO, NO, NO, "no answer of test. counts" } } },
	{ "SHA-1 of our key is our key", "AB", ZS_CHAIN_SECURE, false, { { 0, "ss", CERTAIN, 0, NO, NO, 0, NULL } } },
	{ "a DS of nobody", "AB", ZS_CHAIN_SECURE, false, { { 0, "xx", CERTAIN, NO, 0, NO, 0, NULL } } },
	{ "an unsigned parent: twice, one TTL apart, over TCP", "AB", ZS_CHAIN_INSECURE, true,
	  { { 0, "00", WAIT, NO, NO, NO, NO, "not signed" }, { 3599, "00", WAIT, NO, NO, NO, NO, "1h later" }, { 3600, "00", CERTAIN, 3600, NO, NO, 3600, NULL },
	    { 4000, "11", WAIT, NO, NO, NO, NO, "not signed" }, { 7600, "11", CERTAIN, NO, 7600, 7600, NO, NULL } } },
	{ "an unsigned parent without a DS: the floor of the TTL counts", "AB", ZS_CHAIN_INSECURE, true,
	  { { 0, "--", WAIT, NO, NO, NO, NO, "30m later" }, { 1799, "--", WAIT, NO, NO, NO, NO, "not signed" }, { 1800, "--", CERTAIN, NO, 1800, NO, 1800, NULL } } },
	{ "an unsigned parent over UDP counts for nothing", "AB", ZS_CHAIN_INSECURE, false, { { 0, "00", NOTHING, NO, NO, NO, NO, "not over TCP" } } },
	{ "a bogus parent", "AB", ZS_CHAIN_BOGUS, true, { { 0, "00", NOTHING, NO, NO, NO, NO, "broken" }, { 9999, "00", NOTHING, NO, NO, NO, NO, "broken" } } },
	{ "an unknown chain", "AB", ZS_CHAIN_UNKNOWN, true, { { 0, "00", NOTHING, NO, NO, NO, NO, "" } } },
	{ "a look that fails takes nothing back", "AB", ZS_CHAIN_SECURE, false, { { 0, "00", CERTAIN, 0, NO, NO, 0, NULL }, { 60, "..", NOTHING, 0, NO, NO, 0, "a reason" } } },
};

static void check_time(const char *scene, zs_seconds after, const char *what, zs_time got, zs_seconds want)
{
	ck_assert_msg(got == (want == NO ? 0 : T0 + want), "%s, at %lld: %s is %lld, not %lld", scene, (long long)after, what,
	              got ? (long long)(got - T0) : -1, (long long)want);
}

START_TEST(what_is_seen_becomes_facts)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_keyset *keys = make_keys(run);
	struct zs_facts *facts = make_facts(run, keys);
	for (const struct step *s = scenes[_i].steps; s < scenes[_i].steps + 6 && s->shows; s++) {
		const struct zs_observation seen = look(run, keys, scenes[_i].chain, scenes[_i].tcp, scenes[_i].names, s->shows, T0 + s->after);
		const enum zs_sight sight = zs_live_judge(run, &policy, keys, &seen, facts);
		const char *name = scenes[_i].name, *why = facts->parent.waits_for;
		ck_assert_msg(sight == s->sight, "%s, at %lld: sight %d, not %d (%s)", name, (long long)s->after, sight, s->sight, why ? why : "-");
		check_time(name, s->after, "ds_seen of 0", facts->keys[0].ds_seen, s->seen0);
		check_time(name, s->after, "ds_gone of 0", facts->keys[0].ds_gone, s->gone0);
		check_time(name, s->after, "ds_seen of 1", facts->keys[1].ds_seen, s->seen1);
		check_time(name, s->after, "ds_gone of 1", facts->keys[1].ds_gone, s->gone1);
		ck_assert_msg(s->why ? why && strstr(why, s->why) : !why, "%s, at %lld: '%s' is not about '%s'", name, (long long)s->after, why ? why : "-",
		              s->why ? s->why : "-");
		ck_assert_int_eq(facts->parent.asked, T0 + s->after);
	}
	zs_run_end(run);
}
END_TEST

START_TEST(a_key_that_is_not_loaded_keeps_its_facts)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_keyset *keys = make_keys(run), none = { .arena = run->arena };
	struct zs_facts *facts = make_facts(run, keys);
	facts->keys[0].ds_seen = 77;
	const struct zs_observation seen = look(run, keys, ZS_CHAIN_SECURE, false, "A", "-", T0);
	ck_assert_int_eq(zs_live_judge(run, &policy, &none, &seen, facts), ZS_SIGHT_CERTAIN);
	ck_assert_int_eq(facts->keys[0].ds_seen, 77);
	zs_run_end(run);
}
END_TEST

START_TEST(the_parent_shows_its_records_and_ttl)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_keyset *keys = make_keys(run);
	struct zs_facts *facts = make_facts(run, keys);
	struct zs_observation seen = look(run, keys, ZS_CHAIN_SECURE, false, "AB", "01", T0);
	zs_live_judge(run, &policy, keys, &seen, facts);
	ck_assert_uint_eq(facts->parent.ds_count, 2); /* all that any shows */
	ck_assert_uint_eq(facts->parent.ttl, TTL);
	ck_assert_int_eq(facts->parent.observed, 0); /* they differ */
	seen = look(run, keys, ZS_CHAIN_SECURE, false, "AB", "--", T0 + 10);
	zs_live_judge(run, &policy, keys, &seen, facts);
	ck_assert_uint_eq(facts->parent.ds_count, 0);
	ck_assert_uint_eq(facts->parent.ttl, TTL); /* caches may hold it yet */
	zs_run_end(run);
}
END_TEST

START_TEST(the_parent_is_asked_while_a_move_waits_and_once_a_day)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_keyset *keys = make_keys(run);
	struct zs_facts *facts = make_facts(run, keys);
	ck_assert_int_eq(zs_live_due(&policy, facts), 1); /* before the first publication: is there a DS already? */
	facts->published.known = true;
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 - 1000); /* never asked: at once */
	facts->parent.asked = T0;
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 1800); /* parent-ds-ttl is shorter than an hour */
	facts->keys[0].ds_seen = facts->keys[1].ds_seen = T0;
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 86400);
	facts->parent.waits_for = "something";
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 1800);
	facts->parent.asked = T0 + 7 * 86400; /* nobody enters it */
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 8 * 86400);
	facts->parent.asked = T0;
	facts->parent.waits_for = NULL;
	facts->parent.wanted = true;
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 1800);
	facts->parent.wanted = false;
	facts->keys[0].ds.phase = ZS_UNRETENTIVE;
	facts->keys[0].goal_in = false;
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 1800);
	facts->keys[0].ds_gone = T0;
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 86400);
	facts->keys[0].ds_gone = T0 - 200; /* before it was taken back */
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 1800);
	facts->keys[0].ds.phase = facts->keys[1].ds.phase = ZS_HIDDEN;
	facts->published.earliest_expiration = T0 + 86400;
	ck_assert_int_eq(zs_live_due(&policy, facts), 0); /* the parent has nothing of ours */
	facts->published.earliest_expiration = 0;
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 86400); /* nor ought to have: the zone is not signed */
	facts->keys[0].ds.phase = ZS_OMNIPRESENT;
	struct zs_policy off = policy;
	off.observe_parent = false;
	ck_assert_int_eq(zs_live_due(&off, facts), 0);
	facts->published.served_since = 0;
	ck_assert_int_eq(zs_live_due(&policy, facts), 0);
	facts->keys[0].dnskey = (struct zs_record_state){ .phase = ZS_OMNIPRESENT, .since = T0 - 500 };
	ck_assert_int_eq(zs_live_due(&policy, facts), T0 + 86400); /* the last version is not everywhere, others were */
	facts->parent.asked = 0;
	ck_assert_int_eq(zs_live_due(&policy, facts), 1);
	zs_run_end(run);
}
END_TEST

START_TEST(what_a_person_saw_is_recorded_if_a_key_waits_for_it)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_keyset *keys = make_keys(run);
	struct zs_facts *facts = make_facts(run, keys);
	const uint16_t tag = facts->keys[1].tag, other = (uint16_t)(tag + 1 == facts->keys[0].tag ? tag + 2 : tag + 1);
	run->now = T0;
	ck_assert(zs_live_record(run, &policy, facts, false, &tag));
	ck_assert_int_eq(facts->keys[1].ds_seen, T0);
	ck_assert_int_eq(facts->keys[0].ds_seen, 0);
	ck_assert(!zs_live_record(run, &policy, facts, true, &tag)); /* it is wanted there */
	ck_assert(!zs_live_record(run, &policy, facts, true, NULL));
	ck_assert(!zs_live_record(run, &policy, facts, false, &other));
	facts->keys[1].ds = (struct zs_record_state){ .phase = ZS_UNRETENTIVE, .since = T0 + 10 };
	facts->keys[1].ds_gone = T0 + 5;
	facts->keys[1].goal_in = false;
	run->now = T0 + 20;
	/* a look of before showed both keys' DS: what is gone is not held against the zone any more (G5) */
	facts->parent.ds_count = 0;
	for (size_t i = 0; i < 2; i++) {
		uint8_t *ds = zs_arena_alloc(run->arena, 36);
		zs_put_u16(ds, facts->keys[i].tag);
		ds[2] = facts->keys[i].algorithm;
		ZS_PUSH(run->arena, facts->parent.ds, facts->parent.ds_count, facts->parent.ds_room) = (struct zs_bytes){ ds, 36 };
	}
	ck_assert(zs_live_record(run, &policy, facts, true, NULL));
	ck_assert_int_eq(facts->keys[1].ds_gone, T0 + 20);
	ck_assert_uint_eq(facts->parent.ds_count, 1);
	ck_assert_uint_eq(zs_get_u16(facts->parent.ds[0].data), facts->keys[0].tag);
	ck_assert_uint_eq(facts->override_count, 2);
	run->now = T0 + 30;
	ck_assert(zs_live_record(run, &policy, facts, true, &tag)); /* known already */
	ck_assert_int_eq(facts->keys[1].ds_gone, T0 + 20);
	zs_run_end(run);
}
END_TEST

START_TEST(of_several_keys_that_wait_a_person_tells_the_tag)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_keyset *keys = make_keys(run);
	struct zs_facts *facts = make_facts(run, keys);
	const enum zs_record_phase phases[] = { ZS_RUMOURED, ZS_UNRETENTIVE };
	for (size_t gone = 0; gone < 2; gone++) {
		for (size_t i = 0; i < 2; i++) {
			facts->keys[i].ds = (struct zs_record_state){ .phase = phases[gone], .since = T0 - 100 };
			facts->keys[i].ds_seen = facts->keys[i].ds_gone = 0;
			facts->keys[i].goal_in = !gone;
		}
		run->now = T0;
		run->fault = ZS_DONE;
		ck_assert(!zs_live_record(run, &policy, facts, gone, NULL));
		ck_assert_int_eq(run->fault, ZS_USAGE);
		ck_assert_uint_eq(facts->override_count, gone);
		ck_assert(!facts->keys[0].ds_seen && !facts->keys[0].ds_gone && !facts->keys[1].ds_seen && !facts->keys[1].ds_gone);
		ck_assert(zs_live_record(run, &policy, facts, gone, &facts->keys[1].tag));
		ck_assert(!facts->keys[0].ds_seen && !facts->keys[0].ds_gone); /* nobody saw that one */
	}
	zs_run_end(run);
}
END_TEST

START_TEST(a_ds_that_was_never_entered_is_recorded_by_its_tag)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_keyset *keys = make_keys(run);
	struct zs_facts *facts = make_facts(run, keys);
	const uint16_t tag = facts->keys[1].tag;
	facts->keys[1].ds = (struct zs_record_state){ .phase = ZS_RUMOURED, .since = T0 - 100 };
	facts->keys[1].ds_seen = 0;
	facts->keys[1].ds_gone = T0 - 200; /* a look of before */
	run->now = T0;
	ck_assert(!zs_live_record(run, &policy, facts, true, NULL)); /* of no key in particular that is not said */
	ck_assert(zs_live_record(run, &policy, facts, true, &tag));
	ck_assert_int_eq(facts->keys[1].ds_gone, T0);
	run->now = T0 + 10;
	ck_assert(zs_live_record(run, &policy, facts, true, &tag)); /* known already */
	ck_assert_int_eq(facts->keys[1].ds_gone, T0);
	ck_assert_uint_eq(facts->override_count, 1);
	facts->keys[1].ds_seen = T0 + 10;
	facts->keys[1].ds_gone = 0;
	ck_assert(!zs_live_record(run, &policy, facts, true, &tag)); /* it is there */
	ck_assert_int_eq(facts->keys[1].ds_gone, 0);
	zs_run_end(run);
}
END_TEST

START_TEST(a_person_confirms_what_a_look_has_shown_when_no_look_comes_any_more)
{
	static const char why[] = "nobody answers";
	static const struct {
		bool off, gone;
		zs_time known, observed;
		const char *waits_for;
		bool taken;
	} cases[] = {
		{ true, false, T0 - 100, T0 - 100, NULL, true }, { true, true, T0 - 100, T0 - 100, NULL, true }, /* observe: off */
		{ false, false, T0 - 100, T0 - 50, why, true }, { false, true, T0 - 100, T0 - 50, why, true },   /* a firewall */
		{ false, false, T0 - 100, T0 - 50, NULL, false }, { false, true, T0 - 100, T0 - 50, NULL, false }, /* the next look will do */
		{ false, false, T0 - 90000, T0 - 90000, NULL, true }, { false, true, T0 - 90000, T0 - 90000, NULL, true }, /* it does not come */
		{ true, false, T0 - 100, T0 - 101, NULL, false }, { true, true, T0 - 100, T0 - 101, NULL, false }, /* a person did already */
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_run *run = zs_run_begin();
		struct zs_policy some = policy;
		struct zs_facts *facts = make_facts(run, make_keys(run));
		const uint16_t tag = facts->keys[1].tag;
		some.observe_parent = !cases[i].off;
		facts->keys[1].ds = (struct zs_record_state){ .phase = cases[i].gone ? ZS_UNRETENTIVE : ZS_RUMOURED, .since = T0 - 100000 };
		facts->keys[1].ds_seen = cases[i].gone ? 0 : cases[i].known;
		facts->keys[1].ds_gone = cases[i].gone ? cases[i].known : 0;
		facts->parent.observed = cases[i].observed;
		facts->parent.waits_for = cases[i].waits_for;
		run->now = T0;
		ck_assert(zs_live_record(run, &some, facts, cases[i].gone, &tag)); /* if not taken, it is known */
		ck_assert_msg((cases[i].gone ? facts->keys[1].ds_gone : facts->keys[1].ds_seen) == (cases[i].taken ? T0 : cases[i].known), "case %zu", i);
		ck_assert_uint_eq(facts->override_count, cases[i].taken);
		facts->keys[1].ds = (struct zs_record_state){ .phase = ZS_OMNIPRESENT, .since = T0 - 100000 };
		facts->keys[1].ds_seen = 5;
		ck_assert(cases[i].gone || zs_live_record(run, &some, facts, false, &tag)); /* at rest there is nothing to confirm */
		ck_assert_int_eq(facts->keys[1].ds_seen, 5);
		zs_run_end(run);
	}
}
END_TEST

START_TEST(where_the_parent_is_watched_a_look_replaces_what_a_person_saw)
{
	struct zs_policy watched = policy;
	for (int watch = 0; watch < 2; watch++) {
		struct zs_run *run = zs_run_begin();
		struct zs_keyset *keys = make_keys(run);
		struct zs_facts *facts = make_facts(run, keys);
		watched.observe_parent_propagation = watch;
		facts->parent.observed = T0 - 500;
		facts->keys[0].ds_seen = facts->keys[1].ds_gone = T0; /* by hand */
		const struct zs_observation seen = look(run, keys, ZS_CHAIN_SECURE, true, "AB", "00", T0 + 50), again = look(run, keys, ZS_CHAIN_SECURE, true, "AB", "00", T0 + 90);
		ck_assert_int_eq(zs_live_judge(run, &watched, keys, &seen, facts), ZS_SIGHT_CERTAIN);
		ck_assert_int_eq(facts->keys[0].ds_seen, watch ? T0 + 50 : T0);
		ck_assert_int_eq(facts->keys[1].ds_gone, watch ? T0 + 50 : T0);
		ck_assert_int_eq(zs_live_judge(run, &watched, keys, &again, facts), ZS_SIGHT_CERTAIN);
		ck_assert_int_eq(facts->keys[0].ds_seen, watch ? T0 + 50 : T0);
		zs_run_end(run);
	}
}
END_TEST

START_TEST(with_now_only_a_world_of_ones_own_is_asked)
{
	struct zs_run *run = zs_run_begin();
	struct zs_observe_options options = { 0 };
	ck_assert(zs_live_may_ask(run, &options));
	run->now_given = true;
	ck_assert(!zs_live_may_ask(run, &options));
	options.server_count = 1;
	ck_assert(zs_live_may_ask(run, &options));
	zs_run_end(run);
}
END_TEST

START_TEST(the_serial_is_everywhere_or_the_place_is_named)
{
	static const struct {
		const char *names, *shows; /* a digit: that serial; '.': silent */
		const char *why;
	} cases[] = {
		{ "AB", "55", NULL }, { "AB", "56", "B. at 192.0.2.1 has another version, serial 6" }, { "AB", "54", "B. at 192.0.2.1 has serial 4, not yet 5" }, { "AAB", "5.5", NULL },
		{ "AAB", "55.", "B. at 192.0.2.2 does not say" }, { "AB", "..", "A. at 192.0.2.0 does not say" }, { "", "", "no name server" },
	};
	struct zs_run *run = zs_run_begin();
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_serial_view views[4] = { 0 };
		const char *why;
		for (size_t v = 0; cases[i].shows[v]; v++)
			views[v] = (struct zs_serial_view){ .server = zs_arena_printf(run->arena, "%c.", cases[i].names[v]), .address = zs_arena_printf(run->arena, "192.0.2.%zu", v),
				                            .reply = cases[i].shows[v] == '.' ? ZS_REPLY_SILENT : ZS_REPLY_ANSWERED, .serial = (uint32_t)(cases[i].shows[v] - '0') };
		const struct zs_serial_observation seen = { .servers = views, .server_count = strlen(cases[i].shows) };
		ck_assert_int_eq(zs_live_serial_everywhere(run, &seen, 5, &why), !cases[i].why);
		ck_assert_msg(cases[i].why ? strstr(why, cases[i].why) != NULL : !why, "%s: %s", cases[i].shows, why ? why : "-");
	}
	zs_run_end(run);
}
END_TEST

/* What a server shows, in letters: "0" and "1" the DNSKEY of that key, "k" and "K" its signature over the DNSKEYs, "z" and "Z" over the SOA; "x" a
 * DNSKEY of nobody, "y" a signature of nobody. */
static void answer_of(struct zs_run *run, const struct zs_facts *facts, const struct zs_keyset *keys, const char *shows, struct zs_answer *dnskeys, struct zs_answer *soa)
{
	struct zs_answer_record *records[2] = { zs_arena_array(run->arena, 8, sizeof **records), zs_arena_array(run->arena, 8, sizeof **records) };
	size_t counts[2] = { 0, 0 };
	for (const char *c = shows; *c; c++) {
		const bool of_soa = strchr("zZy", *c), is_key = strchr("01x", *c);
		const size_t key = strchr("1KZ", *c) != NULL;
		uint8_t *rdata = zs_arena_alloc(run->arena, 32);
		zs_put_u16(rdata, of_soa ? ZS_TYPE_SOA : ZS_TYPE_DNSKEY);
		rdata[2] = facts->keys[key].algorithm;
		zs_put_u16(rdata + 16, (uint16_t)(facts->keys[key].tag + (*c == 'y' ? 7 : 0)));
		records[of_soa][counts[of_soa]++] = (struct zs_answer_record){
			.owner = zone, .section = ZS_SECTION_ANSWER, .type = is_key ? ZS_TYPE_DNSKEY : ZS_TYPE_RRSIG,
			.rdata = is_key && *c != 'x' ? keys->keys[key].rdata : (struct zs_bytes){ rdata, 32 } };
	}
	*dnskeys = (struct zs_answer){ .authoritative = true, .records = records[0], .count = counts[0] };
	*soa = (struct zs_answer){ .authoritative = true, .records = records[1], .count = counts[1] };
}

START_TEST(a_version_is_ours_by_what_all_from_it_on_have)
{
	/* key 0 is in for long; key 1 came with version 20 and signs the SOA in its place since 30 */
	static const struct {
		const char *shows;
		uint32_t oldest;
		bool ours;
	} cases[] = {
		{ "0kz", 19, true }, { "01kz", 19, true }, { "01kZ", 19, true }, { "0k", 19, true }, /* what moved later may be there or not */
		{ "0kz", 20, false }, { "01kz", 20, true }, { "01kZ", 20, true }, { "01kZ", 30, true }, { "01kz", 30, false }, { "01kzZ", 30, false },
		{ "1kz", 19, false }, { "0z", 19, false }, { "", 19, false }, /* without what all have, as from a primary that is not signed */
		{ "0kKz", 19, false }, { "0xkz", 19, false }, { "0kzy", 19, false },
	};
	struct zs_run *run = zs_run_begin();
	const struct zs_keyset *keys = make_keys(run);
	struct zs_facts *facts = make_facts(run, keys);
	const struct zs_record_state hidden = { .phase = ZS_HIDDEN }, in = { .phase = ZS_OMNIPRESENT, .since = 5 };
	facts->keys[0].dnskey = facts->keys[0].krrsig = in;
	facts->keys[0].zrrsig = (struct zs_record_state){ .phase = ZS_UNRETENTIVE, .version = 30 };
	facts->keys[1].dnskey = (struct zs_record_state){ .phase = ZS_RUMOURED, .version = 20 };
	facts->keys[1].krrsig = hidden;
	facts->keys[1].zrrsig = (struct zs_record_state){ .phase = ZS_RUMOURED, .version = 30 };
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_answer dnskeys, soa;
		answer_of(run, facts, keys, cases[i].shows, &dnskeys, &soa);
		ck_assert_msg(zs_live_is_version(run, facts, &dnskeys, &soa, cases[i].oldest) == cases[i].ours, "'%s' from %u on", cases[i].shows, cases[i].oldest);
	}
	zs_run_end(run);
}
END_TEST

static const char *parse_tsig(struct zs_run *run, const char *text, struct zs_tsig_key *key)
{
	const struct zs_input input = { .path = "tsig.key", .text = text, .len = strlen(text) };
	return zs_live_tsig_parse(run, &input, key) ? NULL : run->last->message;
}

START_TEST(a_tsig_key_file_is_read_or_its_fault_is_named)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ "key \"a.b\" {\n\talgorithm hmac-sha256;\n\tsecret \"AAAA\";\n};\n", NULL },
		{ "# c\n// d\n/* e */ key a.b. { secret AAAA; algorithm HMAC-SHA256.; }", NULL },
		{ "", "does not begin with 'key'" },
		{ "zone \"a\" {};", "does not begin with 'key'" },
		{ "key", "no domain name" },
		{ "key . { }", "no domain name" },
		{ "key \"a.b", "no domain name" },
		{ "key a.b algorithm", "'{' is missing" },
		{ "key a.b { algorithm hmac-md5; secret AAAA; };", "algorithm is none of" },
		{ "key a.b { algorithm hmac-sha256; };", "no 'secret'" },
		{ "key a.b { secret AAAA; };", "no 'algorithm'" },
		{ "key a.b { algorithm hmac-sha256; secret \"A?\"; };", "not base64" },
		{ "key a.b { algorithm hmac-sha256; secret \"\"; };", "a value is missing" },
		{ "key a.b { algorithm hmac-sha256; secret AAAA };", "';' is missing" },
		{ "key a.b { algorithm hmac-sha256; secret AAAA;", "'}' is missing" },
		{ "key a.b { algorithm hmac-sha256; secret AAAA; /* };", "'}' is missing" },
		{ "key a.b { owner me; };", "'algorithm' and 'secret'" },
		{ "key a.b { algorithm hmac-sha256; secret AAAA; }; key c { };", "more than one key" },
		{ "key a.b { algorithm hmac-sha256; secret AAAA; } x", "more behind" },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct zs_run *run = zs_run_begin();
		struct zs_tsig_key key;
		const char *fault = parse_tsig(run, cases[i].text, &key);
		ck_assert_msg(!fault == !cases[i].fault && (!fault || strstr(fault, cases[i].fault)), "'%s': %s", cases[i].text, fault ? fault : "read");
		if (!fault) {
			ck_assert_str_eq(key.name, "a.b.");
			ck_assert_str_eq(key.algorithm, "hmac-sha256.");
			ck_assert_str_eq(key.secret, "AAAA");
		} else {
			ck_assert_ptr_null(strstr(fault, "AAAA"));
			ck_assert_ptr_null(run->last->excerpt);
		}
		zs_run_end(run);
	}
}
END_TEST

/* An authoritative answer with one DS, its TTL on the wire, and a signature over each of the original TTLs (0: no more). */
static struct zs_bytes ds_answer(struct zs_run *run, const struct zs_key *key, uint32_t wire_ttl, const uint32_t original[2])
{
	static const uint8_t question[] = "\1a\4test\0\0\53\0\1", fixed[] = { 0, 43, 15, 2 };
	struct zs_buf out = { .arena = run->arena, .max = 4096 };
	uint8_t ds[36] = { 0, 7, 15, 2 };
	const unsigned signatures = !original[0] ? 0 : original[1] ? 2 : 1;
	const uint8_t header[12] = { 0, 1, 0x84, 0, 0, 1, 0, (uint8_t)(1 + signatures), 0, 0, 0, 0 };
	zs_buf_add(&out, header, sizeof header);
	zs_buf_add(&out, question, sizeof question - 1);
	zs_buf_add(&out, question, sizeof question - 1);
	zs_buf_u32(&out, wire_ttl);
	zs_buf_u16(&out, sizeof ds);
	zs_buf_add(&out, ds, sizeof ds);
	for (unsigned i = 0; i < signatures; i++) {
		struct zs_buf rrsig = { .arena = run->arena, .max = 256 }, data = { .arena = run->arena, .max = 512 };
		uint8_t signature[64];
		size_t len = sizeof signature;
		zs_buf_add(&rrsig, fixed, sizeof fixed);
		zs_buf_u32(&rrsig, original[i]);
		zs_buf_u32(&rrsig, T0 + 1000);
		zs_buf_u32(&rrsig, T0 - 1000);
		zs_buf_u16(&rrsig, key->tag);
		zs_buf_add(&rrsig, "\4test", 6);
		zs_buf_add(&data, rrsig.data, rrsig.len);
		zs_buf_add(&data, question, sizeof question - 1);
		zs_buf_u32(&data, original[i]);
		zs_buf_u16(&data, sizeof ds);
		zs_buf_add(&data, ds, sizeof ds);
		EVP_MD_CTX *context = EVP_MD_CTX_new();
		ck_assert_int_eq(EVP_DigestSignInit(context, NULL, NULL, NULL, key->private), 1);
		ck_assert_int_eq(EVP_DigestSign(context, signature, &len, data.data, data.len), 1);
		EVP_MD_CTX_free(context);
		zs_buf_add(&out, question, 8);
		zs_buf_u16(&out, ZS_TYPE_RRSIG);
		zs_buf_u16(&out, 1);
		zs_buf_u32(&out, wire_ttl);
		zs_buf_u16(&out, (uint16_t)(rrsig.len + len));
		zs_buf_add(&out, rrsig.data, rrsig.len);
		zs_buf_add(&out, signature, len);
	}
	return (struct zs_bytes){ out.data, out.len };
}

START_TEST(the_ttl_of_a_ds_is_the_signed_one_and_never_absurd)
{
	static const struct {
		enum zs_chain chain;
		uint32_t wire, original[2], wanted;
		bool validated;
	} cases[] = {
		{ ZS_CHAIN_SECURE, 3600, { 3600, 0 }, 3600, true },
		{ ZS_CHAIN_SECURE, 60, { 3600, 0 }, 3600, true }, /* from somebody's cache, or altered */
		{ ZS_CHAIN_SECURE, INT32_MAX, { 3600, 0 }, 3600, true },
		{ ZS_CHAIN_SECURE, UINT32_MAX, { 3600, 0 }, 3600, true },
		{ ZS_CHAIN_SECURE, 60, { 3600, 7200 }, 7200, true },
		{ ZS_CHAIN_SECURE, 60, { 7200, 3600 }, 7200, true },
		{ ZS_CHAIN_SECURE, 60, { INT32_MAX, 0 }, ZS_PARENT_TTL_MAX, true },
		{ ZS_CHAIN_SECURE, 60, { 0, 0 }, 60, false },
		{ ZS_CHAIN_INSECURE, 3600, { 7200, 0 }, 3600, false },
		{ ZS_CHAIN_INSECURE, INT32_MAX, { 0, 0 }, ZS_PARENT_TTL_MAX, false },
		{ ZS_CHAIN_INSECURE, UINT32_MAX, { 0, 0 }, ZS_PARENT_TTL_MAX, false },
	};
	struct zs_run *run = zs_run_begin();
	struct zs_key key;
	ck_assert(zs_key_make(run, run->arena, ZS_ED25519, 0, 257, &key));
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		const struct zs_chain_keys keys = { .zone = zone + 2, .chain = cases[i].chain, .keys = { key.rdata }, .key_count = 1, .now = T0 };
		struct zs_server_view view = { 0 };
		zs_answer_read(run, ds_answer(run, &key, cases[i].wire, cases[i].original), zone, &keys, &view);
		ck_assert_msg(view.reply == ZS_REPLY_ANSWERED && view.ds_count == 1, "case %zu: %s", i, view.why);
		ck_assert_msg(view.validated == cases[i].validated, "case %zu: validated %d", i, view.validated);
		ck_assert_msg(view.ttl == cases[i].wanted, "case %zu: TTL %u", i, view.ttl);
	}
	zs_run_end(run);
}
END_TEST

/* The parent has a.test as an alias: its denial of what is there says nothing of a DS. */
START_TEST(an_alias_is_no_delegation)
{
	static const uint8_t answer[] = "\0\1\204\0\0\1\0\1\0\1\0\0" "\1a\4test\0\0\53\0\1" "\300\14\0\5\0\1\0\0\16\20\0\4\1b\300\16"
	                                "\300\16\0\6\0\1\0\0\16\20\0\30\300\16\300\16\0\0\0\1\0\0\16\20\0\0\16\20\0\0\16\20\0\0\16\20";
	struct zs_run *run = zs_run_begin();
	const struct zs_chain_keys keys = { .zone = zone + 2, .chain = ZS_CHAIN_INSECURE, .now = T0 };
	struct zs_server_view view = { 0 };
	zs_answer_read(run, (struct zs_bytes){ answer, sizeof answer - 1 }, zone, &keys, &view);
	ck_assert_int_eq(view.reply, ZS_REPLY_LAME);
	ck_assert_str_eq(view.why, "it has an alias (CNAME or DNAME) where the zone should be delegated");
	zs_run_end(run);
}
END_TEST

/* The answer with `bad` copies of its signature, all spoilt, before it. */
static struct zs_bytes spoil(struct zs_run *run, struct zs_bytes answer, unsigned bad)
{
	enum { RRSIG = 12 + 12 + 8 + 10 + 36 };
	struct zs_buf out = { .arena = run->arena, .max = 65535 };
	zs_buf_add(&out, answer.data, RRSIG);
	zs_put_u16((uint8_t *)(uintptr_t)out.data + 6, (uint16_t)(2 + bad));
	for (unsigned i = 0; i < bad; i++) {
		zs_buf_add(&out, answer.data + RRSIG, answer.len - RRSIG - 2);
		zs_buf_u16(&out, (uint16_t)(zs_get_u16(answer.data + answer.len - 2) ^ (i + 1)));
	}
	zs_buf_add(&out, answer.data + RRSIG, answer.len - RRSIG);
	return (struct zs_bytes){ out.data, out.len };
}

/* CVE-2023-50387: a signature that fails costs as much as one that does not, and a message has room for hundreds. */
START_TEST(signatures_over_a_ds_that_fail_are_not_tried_without_end)
{
	static const uint32_t original[2] = { 3600, 0 };
	struct zs_run *run = zs_run_begin();
	struct zs_key key;
	ck_assert(zs_key_make(run, run->arena, ZS_ED25519, 0, 257, &key));
	const struct zs_chain_keys keys = { .zone = zone + 2, .chain = ZS_CHAIN_SECURE, .keys = { key.rdata }, .key_count = 1, .now = T0 };
	const struct zs_bytes answer = ds_answer(run, &key, 3600, original);
	for (unsigned bad = 0; bad <= 45; bad += 15) {
		struct zs_server_view view = { 0 };
		zs_answer_read(run, spoil(run, answer, bad), zone, &keys, &view);
		ck_assert_msg(view.reply == ZS_REPLY_ANSWERED && view.ds_count == 1, "%u: %s", bad, view.why);
		ck_assert_msg(view.validated == (bad <= 15), "%u that fail before the good one: validated %d", bad, view.validated);
	}
	zs_run_end(run);
}
END_TEST

ZS_SUITE(live)
{
	Suite *suite = suite_create("live");
	TCase *c = tcase_create("judge");
	tcase_add_loop_test(c, what_is_seen_becomes_facts, 0, ZS_COUNT(scenes));
	tcase_add_test(c, a_key_that_is_not_loaded_keeps_its_facts);
	tcase_add_test(c, the_ttl_of_a_ds_is_the_signed_one_and_never_absurd);
	tcase_add_test(c, an_alias_is_no_delegation);
	tcase_add_test(c, signatures_over_a_ds_that_fail_are_not_tried_without_end);
	tcase_add_test(c, the_parent_shows_its_records_and_ttl);
	tcase_add_test(c, the_parent_is_asked_while_a_move_waits_and_once_a_day);
	tcase_add_test(c, what_a_person_saw_is_recorded_if_a_key_waits_for_it);
	tcase_add_test(c, with_now_only_a_world_of_ones_own_is_asked);
	tcase_add_test(c, a_ds_that_was_never_entered_is_recorded_by_its_tag);
	tcase_add_test(c, of_several_keys_that_wait_a_person_tells_the_tag);
	tcase_add_test(c, a_person_confirms_what_a_look_has_shown_when_no_look_comes_any_more);
	tcase_add_test(c, where_the_parent_is_watched_a_look_replaces_what_a_person_saw);
	tcase_add_test(c, a_tsig_key_file_is_read_or_its_fault_is_named);
	tcase_add_test(c, the_serial_is_everywhere_or_the_place_is_named);
	tcase_add_test(c, a_version_is_ours_by_what_all_from_it_on_have);
	suite_add_tcase(suite, c);
	return suite;
}
