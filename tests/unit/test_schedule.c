/* test_schedule.c - which TLSA must be served when: cases, and random lives of a server against every cache. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "dane/dane.h"

enum { HOUR = 3600, TTL = 3600, PROPAGATION = 1800, SAFETY = 3600, BEGIN = 1000000, READY = PROPAGATION + 2 * TTL };
enum { K301 = 18 + 1, K302 = 18 + 2, K310 = 18 + 3, K311 = 18 + 4, K312 = 18 + 5, K211 = 12 + 4 };
#define BIT(kind) (1u << (kind))

static const uint8_t owner[] = "\3_25\4_tcp\4mail\7example";

/* Key number id; RDATA is usage, selector, matching type, id. Certificates of one issuer: 2 1 1 is the same for all. */
static struct zs_tlsa_key make_key(struct zs_arena *arena, uint8_t id, uint32_t wanted, bool next)
{
	struct zs_tlsa_key key = { .wanted = wanted, .next = next, .path = zs_arena_printf(arena, "key%u", id) };
	for (uint8_t kind = 0; kind < ZS_TLSA_KINDS; kind++) {
		const uint8_t rdata[] = { kind / 6, kind / 3 % 2, kind % 3, kind / 6 % 2 ? id : 200 };
		key.kinds[kind] = (struct zs_bytes){ (const uint8_t *)zs_arena_text(arena, (const char *)rdata, sizeof rdata), sizeof rdata };
	}
	return key;
}

struct one {
	struct zs_run *run;
	struct zs_facts facts;
	struct zs_tlsa_timing timing;
	struct zs_tlsa_plan plan;
};

static struct one begin(void)
{
	struct one one = { .run = zs_run_begin(), .timing = { BEGIN, PROPAGATION, SAFETY } };
	return one;
}

/* A build at `now` with these keys (0 ends): the first `current` of them in use, the others to come. */
static void build(struct one *one, zs_time now, uint32_t wanted, uint32_t ttl, unsigned current, const uint8_t *ids)
{
	struct zs_tlsa_key *keys = zs_arena_array(one->run->arena, 8, sizeof *keys);
	struct zs_tlsa_want want = { .ttl = ttl, .keys = keys };
	memcpy(want.owner, owner, sizeof owner);
	for (; ids[want.key_count]; want.key_count++)
		keys[want.key_count] = make_key(one->run->arena, ids[want.key_count], wanted, want.key_count >= current);
	one->timing.now = now;
	zs_tlsa_schedule(one->run->arena, &one->timing, &want, 1, &one->facts, &one->plan);
	one->facts.tlsa = one->plan.records;
	one->facts.tlsa_count = one->plan.count;
	one->facts.tlsa_ttls = one->plan.ttls;
	one->facts.tlsa_ttl_count = one->plan.ttl_count;
}

static void serve(struct one *one, zs_time now)
{
	one->timing.now = now;
	zs_tlsa_served(&one->facts, PROPAGATION, now);
}

/* "311:1 311:2n 311:3s": each record, n the key to come, s stale, b a bridge, f of the zone file. */
static const char *set_of(struct one *one)
{
	struct zs_buf text = { .arena = one->run->arena, .max = 4096 };
	for (size_t i = 0; i < one->facts.tlsa_count; i++) {
		const struct zs_tlsa_facts *r = &one->facts.tlsa[i];
		zs_buf_printf(&text, "%s%u%u%u:%u%s", i ? " " : "", r->rdata.data[0], r->rdata.data[1], r->rdata.data[2], r->rdata.data[3],
		              r->role == ZS_TLSA_NEXT ? "n" : r->role == ZS_TLSA_STALE ? "s" : r->role == ZS_TLSA_BRIDGE ? "b" : r->role == ZS_TLSA_FOREIGN ? "f" : "");
	}
	return zs_buf_string(&text);
}

static enum zs_tlsa_gate gate(struct one *one, zs_time now, uint8_t id, zs_time *when)
{
	const struct zs_tlsa_key key = make_key(one->run->arena, id, 0, false);
	one->timing.now = now;
	return zs_tlsa_judge(&one->timing, &one->facts, owner, &key, when);
}

static bool says(const struct one *one, const char *words)
{
	for (size_t i = 0; i < one->plan.sentence_count; i++)
		if (strstr(one->plan.sentences[i].text, words))
			return true;
	return false;
}

#define KEYS(...) (const uint8_t[]){ __VA_ARGS__, 0 }
#define SET(text) ck_assert_str_eq(set_of(&one), text)

START_TEST(the_key_to_come_has_the_same_digests_and_opens_the_gate_in_time)
{
	struct one one = begin();
	zs_time when;
	build(&one, BEGIN, BIT(K311) | BIT(K312), TTL, 1, KEYS(1, 2));
	SET("311:1 312:1 311:2n 312:2n");
	ck_assert_int_eq(gate(&one, BEGIN, 2, &when), ZS_GATE_WAIT);
	ck_assert_int_eq(when, 0); /* published, not in service */
	serve(&one, BEGIN + 10);
	ck_assert_int_eq(gate(&one, BEGIN + 10, 2, &when), ZS_GATE_WAIT);
	ck_assert_int_eq(when, BEGIN + 10 + READY);
	ck_assert_int_eq(gate(&one, when - 1, 2, &when), ZS_GATE_WAIT);
	ck_assert_int_eq(gate(&one, when, 2, &when), ZS_GATE_OPEN);
	ck_assert_int_eq(gate(&one, when, 3, &when), ZS_GATE_UNPUBLISHED);
	build(&one, BEGIN + 20, BIT(K311) | BIT(K312), TTL, 1, KEYS(1, 2));
	ck_assert_uint_eq(one.plan.sentence_count, 0); /* nothing older than the first set can be cached */
	build(&one, BEGIN + 30, BIT(K311) | BIT(K312), TTL, 1, KEYS(2));
	ck_assert(!says(&one, "refused"));
	zs_run_end(one.run);
}
END_TEST

/* Where the zone changes with each build, and a server lags. */
START_TEST(what_every_server_has_opens_the_gate_though_the_last_version_is_not_everywhere)
{
	struct one one = begin();
	zs_time when;
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1));
	serve(&one, BEGIN + 10);
	one.facts.published.known = true;
	one.facts.published.serial = 20;
	build(&one, BEGIN + 100, BIT(K311), TTL / 2, 1, KEYS(1, 2));
	zs_tlsa_versioned(&one.facts, 21);
	ck_assert(zs_tlsa_awaits_version(&one.facts));
	one.facts.published.serial = 21;
	build(&one, BEGIN + 200, BIT(K311), TTL / 2, 1, KEYS(1, 2)); /* the next build knows it, too */
	zs_tlsa_versioned(&one.facts, 22);
	zs_tlsa_forget_unserved(&one.facts); /* 22 comes to nothing; what 21 brought stays */
	SET("311:1 311:2n");
	ck_assert(!zs_tlsa_served_from(&one.facts, PROPAGATION, 20, BEGIN + 300));
	ck_assert_int_eq(gate(&one, BEGIN + 300, 2, &when), ZS_GATE_WAIT);
	ck_assert_int_eq(when, 0);
	ck_assert(zs_tlsa_served_from(&one.facts, PROPAGATION, 21, BEGIN + 400) && !zs_tlsa_awaits_version(&one.facts));
	ck_assert_int_eq(gate(&one, BEGIN + 400, 2, &when), ZS_GATE_WAIT);
	ck_assert_int_gt(when, BEGIN + 400);
	ck_assert_int_eq(gate(&one, when, 2, &when), ZS_GATE_OPEN);
	ck_assert(one.facts.tlsa_ttl_count == 2 && one.facts.tlsa_ttls[0].until == BEGIN + 400 + PROPAGATION + 2 * TTL);
	zs_run_end(one.run);
}
END_TEST

START_TEST(a_gated_change_keeps_the_former_two_ttl_and_safety)
{
	struct one one = begin();
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1, 2));
	serve(&one, BEGIN);
	const zs_time change = BEGIN + 100 * HOUR, end = change + 2 * TTL + SAFETY;
	build(&one, change, BIT(K311), TTL, 1, KEYS(2));
	SET("311:2 311:1s");
	ck_assert(says(&one, "is stale") && !says(&one, "refused"));
	serve(&one, change);
	ck_assert_int_eq(zs_tlsa_due(&one.timing, &one.facts), end);
	build(&one, end - 1, BIT(K311), TTL, 1, KEYS(2));
	SET("311:2 311:1s");
	build(&one, end, BIT(K311), TTL, 1, KEYS(2));
	SET("311:2");
	ck_assert(says(&one, "is removed"));
	ck_assert_int_eq(zs_tlsa_due(&one.timing, &one.facts), 0);
	zs_run_end(one.run);
}
END_TEST

START_TEST(a_key_never_published_is_said_with_the_time_it_will_be_right)
{
	struct one one = begin();
	zs_time when;
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1));
	serve(&one, BEGIN);
	const zs_time change = BEGIN + 100 * HOUR, served = change + 7 * HOUR; /* the reload failed for a while */
	build(&one, change, BIT(K311), TTL, 1, KEYS(2));
	SET("311:2 311:1s");
	ck_assert(says(&one, "was not published before") && one.plan.sentences[0].warning);
	ck_assert_int_eq(zs_tlsa_due(&one.timing, &one.facts), 0);
	build(&one, change + 5 * HOUR, BIT(K311), TTL, 1, KEYS(2));
	SET("311:2 311:1s"); /* time alone removes nothing */
	serve(&one, served);
	ck_assert_int_eq(gate(&one, served, 1, &when), ZS_GATE_OPEN); /* the former one is still right */
	ck_assert_int_eq(gate(&one, served, 2, &when), ZS_GATE_WAIT);
	ck_assert_int_eq(when, served + READY);
	ck_assert_int_eq(zs_tlsa_due(&one.timing, &one.facts), served + READY + SAFETY);
	build(&one, served + READY - 1, BIT(K311), TTL, 1, KEYS(2));
	ck_assert(says(&one, "is not yet in all caches"));
	build(&one, served + READY + SAFETY, BIT(K311), TTL, 1, KEYS(2));
	SET("311:2");
	zs_run_end(one.run);
}
END_TEST

START_TEST(changes_in_a_row_and_back_again)
{
	struct one one = begin();
	zs_time when;
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1));
	serve(&one, BEGIN);
	build(&one, BEGIN + 100 * HOUR, BIT(K311), TTL, 1, KEYS(2));
	serve(&one, BEGIN + 100 * HOUR);
	build(&one, BEGIN + 101 * HOUR, BIT(K311), TTL, 1, KEYS(3));
	SET("311:3 311:2s 311:1s");
	serve(&one, BEGIN + 101 * HOUR);
	build(&one, BEGIN + 102 * HOUR, BIT(K311), TTL, 1, KEYS(1)); /* back */
	SET("311:1 311:3s 311:2s");
	ck_assert_int_eq(gate(&one, BEGIN + 102 * HOUR, 1, &when), ZS_GATE_OPEN);
	ck_assert_int_eq(one.facts.tlsa[0].since, BEGIN);
	build(&one, BEGIN + 110 * HOUR, BIT(K311), TTL, 1, KEYS(1));
	SET("311:1");
	zs_run_end(one.run);
}
END_TEST

START_TEST(the_key_to_come_is_removed_replaced_or_equal)
{
	struct one one = begin();
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1, 2));
	serve(&one, BEGIN);
	build(&one, BEGIN + HOUR, BIT(K311), TTL, 1, KEYS(1, 3));
	SET("311:1 311:3n 311:2s");
	build(&one, BEGIN + 2 * HOUR, BIT(K311), TTL, 1, KEYS(1));
	SET("311:1 311:3s 311:2s");
	serve(&one, BEGIN + 2 * HOUR);
	build(&one, BEGIN + 20 * HOUR, BIT(K311), TTL, 1, KEYS(1, 1));
	SET("311:1");
	zs_run_end(one.run);
}
END_TEST

START_TEST(two_certificates_change_one_at_a_time)
{
	struct one one = begin();
	build(&one, BEGIN, BIT(K311), TTL, 2, KEYS(1, 2));
	SET("311:1 311:2");
	serve(&one, BEGIN);
	build(&one, BEGIN + 100 * HOUR, BIT(K311), TTL, 2, KEYS(1, 3));
	SET("311:1 311:3 311:2s");
	serve(&one, BEGIN + 100 * HOUR);
	build(&one, BEGIN + 120 * HOUR, BIT(K311), TTL, 2, KEYS(1, 3));
	SET("311:1 311:3");
	zs_run_end(one.run);
}
END_TEST

START_TEST(other_parameters_overlap)
{
	struct one one = begin();
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1, 2));
	serve(&one, BEGIN);
	build(&one, BEGIN + 100 * HOUR, BIT(K312), TTL, 1, KEYS(1, 2)); /* all keys are at hand: both digests of both */
	SET("312:1 312:2n 311:1b 311:2s");
	serve(&one, BEGIN + 100 * HOUR);
	build(&one, BEGIN + 120 * HOUR, BIT(K312), TTL, 1, KEYS(1, 2));
	SET("312:1 312:2n");
	build(&one, BEGIN + 121 * HOUR, BIT(K311), TTL, 1, KEYS(1, 2)); /* and back: the stronger ones leave together */
	SET("311:1 311:2n 312:1b 312:2s");
	serve(&one, BEGIN + 121 * HOUR);
	build(&one, BEGIN + 122 * HOUR, BIT(K311), TTL, 1, KEYS(1, 3)); /* a new key gets what the set has */
	SET("311:1 311:3n 311:2s 312:1b 312:2s 312:3s");
	serve(&one, BEGIN + 122 * HOUR);
	build(&one, BEGIN + 140 * HOUR, BIT(K311), TTL, 1, KEYS(1, 3));
	build(&one, BEGIN + 141 * HOUR, BIT(K311), TTL, 1, KEYS(1, 3));
	SET("311:1 311:3n");
	zs_run_end(one.run);
}
END_TEST

START_TEST(a_stronger_digest_waits_for_a_key_that_is_gone)
{
	struct one one = begin();
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1));
	serve(&one, BEGIN);
	build(&one, BEGIN + 100 * HOUR, BIT(K312), TTL, 1, KEYS(2));
	SET("311:2 311:1s"); /* 312:2 would hide 311:1 */
	ck_assert(says(&one, "SHA-512 waits"));
	serve(&one, BEGIN + 100 * HOUR);
	build(&one, BEGIN + 110 * HOUR, BIT(K312), TTL, 1, KEYS(2));
	SET("312:2 311:2b");
	serve(&one, BEGIN + 110 * HOUR);
	build(&one, BEGIN + 120 * HOUR, BIT(K312), TTL, 1, KEYS(2));
	SET("312:2");
	zs_run_end(one.run);
}
END_TEST

START_TEST(a_larger_ttl_is_remembered)
{
	struct one one = begin();
	zs_time when;
	build(&one, BEGIN, BIT(K311), 24 * HOUR, 1, KEYS(1));
	serve(&one, BEGIN);
	build(&one, BEGIN + 100 * HOUR, BIT(K311), 60, 1, KEYS(1, 2));
	serve(&one, BEGIN + 100 * HOUR);
	ck_assert_int_eq(gate(&one, BEGIN + 101 * HOUR, 2, &when), ZS_GATE_WAIT);
	ck_assert_int_eq(when, BEGIN + 100 * HOUR + PROPAGATION + 48 * HOUR);
	/* once no cache has it, the small one counts */
	build(&one, BEGIN + 200 * HOUR, BIT(K311), 60, 1, KEYS(1, 3));
	serve(&one, BEGIN + 200 * HOUR);
	ck_assert_int_eq(gate(&one, BEGIN + 200 * HOUR, 3, &when), ZS_GATE_WAIT);
	ck_assert_int_eq(when, BEGIN + 200 * HOUR + PROPAGATION + 120);
	zs_run_end(one.run);
}
END_TEST

START_TEST(a_ttl_from_before_the_first_record_holds_the_gate)
{
	struct one one = begin();
	zs_time when;
	zs_tlsa_note_ttl(one.run->arena, &one.facts, owner, 24 * HOUR);
	zs_tlsa_note_ttl(one.run->arena, &one.facts, owner, 24 * HOUR);
	ck_assert_uint_eq(one.facts.tlsa_ttl_count, 1);
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1, 2));
	serve(&one, BEGIN);
	ck_assert_int_eq(gate(&one, BEGIN + READY, 2, &when), ZS_GATE_WAIT);
	ck_assert_int_eq(when, BEGIN + PROPAGATION + 48 * HOUR);
	ck_assert_int_eq(gate(&one, when, 2, &when), ZS_GATE_OPEN);
	/* seen again: its end is not known any more */
	ck_assert_int_ne(one.facts.tlsa_ttls[0].until, 0);
	zs_tlsa_note_ttl(one.run->arena, &one.facts, owner, 24 * HOUR);
	ck_assert_uint_eq(one.facts.tlsa_ttl_count, 2);
	ck_assert_int_eq(one.facts.tlsa_ttls[0].until, 0);
	zs_run_end(one.run);
}
END_TEST

START_TEST(a_broken_file_changes_nothing)
{
	struct one one = begin();
	struct zs_tlsa_want want = { .ttl = TTL, .unknown = true };
	memcpy(want.owner, owner, sizeof owner);
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1, 2));
	serve(&one, BEGIN);
	build(&one, BEGIN + HOUR, BIT(K311), TTL, 1, KEYS(2));
	one.timing.now = BEGIN + 1000 * HOUR;
	zs_tlsa_schedule(one.run->arena, &one.timing, &want, 1, &one.facts, &one.plan);
	one.facts.tlsa = one.plan.records;
	one.facts.tlsa_count = one.plan.count;
	SET("311:2 311:1s");
	ck_assert_uint_eq(one.plan.sentence_count, 0);
	zs_run_end(one.run);
}
END_TEST

START_TEST(an_owner_that_is_gone_loses_all_and_says_until_when_caches_have_it)
{
	struct one one = begin();
	build(&one, BEGIN, BIT(K311), TTL, 1, KEYS(1, 2));
	serve(&one, BEGIN);
	one.timing.now = BEGIN + HOUR;
	zs_tlsa_schedule(one.run->arena, &one.timing, NULL, 0, &one.facts, &one.plan);
	ck_assert_uint_eq(one.plan.count, 0);
	ck_assert_uint_eq(one.plan.sentence_count, 1);
	ck_assert(says(&one, "the config names it no more") && one.plan.sentences[0].warning);
	/* put back with another key while caches have the former */
	one.facts.tlsa_count = 0;
	one.facts.tlsa_ttls = one.plan.ttls;
	one.facts.tlsa_ttl_count = one.plan.ttl_count;
	serve(&one, BEGIN + HOUR);
	build(&one, BEGIN + HOUR + 60, BIT(K311), TTL, 1, KEYS(3));
	ck_assert(says(&one, "was not published before"));
	zs_run_end(one.run);
}
END_TEST

START_TEST(records_of_the_zone_file_count_for_digest_agility)
{
	struct one one = begin();
	struct zs_tlsa_key keys[] = { make_key(one.run->arena, 1, BIT(K311), false), make_key(one.run->arena, 2, BIT(K311), true) };
	const struct zs_tlsa_key other = make_key(one.run->arena, 9, 0, false);
	struct zs_tlsa_want want = { .ttl = TTL, .keys = keys, .key_count = 2, .foreign = &other.kinds[K312], .foreign_count = 1 };
	zs_time when;
	memcpy(want.owner, owner, sizeof owner);
	zs_tlsa_schedule(one.run->arena, &one.timing, &want, 1, &one.facts, &one.plan);
	one.facts.tlsa = one.plan.records;
	one.facts.tlsa_count = one.plan.count;
	SET("311:1 311:2n 312:9f");
	serve(&one, BEGIN);
	ck_assert_int_eq(gate(&one, BEGIN + 100 * HOUR, 2, &when), ZS_GATE_SHADOWED);
	ck_assert_int_eq(gate(&one, BEGIN + 100 * HOUR, 9, &when), ZS_GATE_SHADOWED); /* for those who lack SHA-512 */
	zs_run_end(one.run);
}
END_TEST

START_TEST(a_crowd_of_stale_records_is_bounded)
{
	struct one one = begin();
	for (uint8_t id = 1; id < 100; id++) {
		build(&one, BEGIN + id * 60, BIT(K311), TTL, 1, KEYS(id));
		serve(&one, BEGIN + id * 60);
	}
	ck_assert_uint_le(one.facts.tlsa_count, 66);
	ck_assert(says(&one, "before its time"));
	zs_run_end(one.run);
}
END_TEST

static const struct {
	const char *set; /* kinds with key numbers, as set_of prints them */
	uint8_t key;
	bool matches;
} agility[] = {
	{ "311:1", 1, true }, { "311:2", 1, false }, { "311:2 311:1", 1, true },
	{ "311:1 312:2", 1, false }, /* measured with Postfix: deferred */
	{ "311:2 312:1", 1, true }, { "301:1 312:2", 1, true }, { "310:1 312:2", 1, true }, { "311:1 312:1 312:2", 1, true },
	{ "310:2 311:1", 1, true }, { "312:2", 1, false },
};

START_TEST(a_client_takes_the_strongest_digest)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_tlsa_key key = make_key(run->arena, agility[_i].key, 0, false);
	struct zs_bytes set[8];
	size_t count = 0;
	for (const char *p = agility[_i].set; p; p = strchr(p, ' '), p = p ? p + 1 : NULL) {
		const struct zs_tlsa_key of = make_key(run->arena, (uint8_t)(p[4] - '0'), 0, false);
		set[count++] = of.kinds[(p[0] - '0') * 6 + (p[1] - '0') * 3 + (p[2] - '0')];
	}
	ck_assert_int_eq(zs_tlsa_matches(set, count, &key), agility[_i].matches);
	zs_run_end(run);
}
END_TEST

/* ---- random lives ---- */

enum { SETS = 4096, RECORDS = 200, STEPS = 400, LIVES = 150 };

struct publication {
	uint8_t rdata[RECORDS][4];
	size_t count;
	uint32_t ttl;
	zs_time from;     /* the rename: some server may have it */
	zs_time replaced; /* every server has a later one; 0: not yet */
};

struct life {
	struct zs_arena *arena;
	uint64_t seed;
	struct zs_facts facts;
	struct zs_tlsa_timing timing;
	struct publication *sets;
	size_t set_count;
	bool served;        /* the last one is, as far as the builds know */
	uint32_t wanted, ttl;
	uint8_t server, file, next, last; /* keys: presented, configured, to come; numbers given so far */
	uint8_t seen;       /* file, as a build saw it last: it changes again after that only, and who switches to and fro unseen is lost */
	bool obeys, crowded; /* more stale records than are kept: nothing is promised any more */
	unsigned switches, removals, refusals, violations, idle_dates;
};

static uint64_t dice(struct life *life, uint64_t n)
{
	life->seed = life->seed * 6364136223846793005u + 1442695040888963407u;
	return (life->seed >> 33) % n;
}

/* The oracle, apart from the code under test: RFC 7671 section 9 and what Postfix did. */
static bool authenticates(const struct publication *set, uint8_t key)
{
	for (size_t i = 0; i < set->count; i++) {
		const uint8_t *r = set->rdata[i];
		bool ignored = false;
		for (size_t k = 0; k < set->count; k++)
			ignored = ignored || (r[2] == 1 && set->rdata[k][2] == 2 && set->rdata[k][0] == r[0] && set->rdata[k][1] == r[1]);
		if (!ignored && r[3] == (r[0] == 2 ? 200 : key))
			return true;
	}
	return false;
}

static void look(struct life *life)
{
	for (size_t i = life->set_count > 64 ? life->set_count - 64 : 0; i < life->set_count && !life->crowded; i++) {
		const struct publication *set = &life->sets[i];
		const bool cached = set->from <= life->timing.now && (!set->replaced || life->timing.now < set->replaced + set->ttl);
		life->violations += cached && !authenticates(set, life->server);
	}
}

static void confirm(struct life *life)
{
	life->served = true;
	zs_tlsa_served(&life->facts, life->timing.propagation, life->timing.now);
	for (size_t i = 0; i + 1 < life->set_count; i++)
		if (!life->sets[i].replaced)
			life->sets[i].replaced = life->timing.now + life->timing.propagation;
}

static bool same_set(const struct publication *a, const struct publication *b)
{
	return a->count == b->count && a->ttl == b->ttl && memcmp(a->rdata, b->rdata, a->count * sizeof a->rdata[0]) == 0;
}

static void run_build(struct life *life)
{
	struct zs_tlsa_key keys[2] = { make_key(life->arena, life->file, life->wanted, false), make_key(life->arena, life->next, life->wanted, true) };
	struct zs_tlsa_want want = { .ttl = life->ttl, .unknown = dice(life, 40) == 0, .keys = keys, .key_count = life->next ? 2 : 1 };
	struct zs_tlsa_plan plan;
	memcpy(want.owner, owner, sizeof owner);
	if (!life->set_count)
		want.unknown = false;
	zs_tlsa_schedule(life->arena, &life->timing, &want, 1, &life->facts, &plan);
	struct publication set = { .ttl = life->ttl, .from = life->timing.now };
	for (size_t i = 0; i < plan.count; i++)
		memcpy(set.rdata[set.count++], plan.records[i].rdata.data, 4);
	for (size_t i = 0; i < plan.sentence_count; i++) {
		life->removals += strstr(plan.sentences[i].text, "is removed") != NULL;
		life->crowded = life->crowded || strstr(plan.sentences[i].text, "before its time");
	}
	life->seen = want.unknown ? life->seen : life->file;
	life->facts.tlsa = plan.records; /* with the intent, before the rename */
	life->facts.tlsa_count = plan.count;
	life->facts.tlsa_ttls = plan.ttls;
	life->facts.tlsa_ttl_count = plan.ttl_count;
	/* the next date is one that brings something: a build that is due again at once would never be "unchanged" */
	const zs_time due = zs_tlsa_due(&life->timing, &life->facts);
	life->idle_dates += !want.unknown && due && due <= life->timing.now;
	if (life->set_count && dice(life, 50) == 0) { /* killed before the rename: the next run finds the intent, and discards it */
		zs_tlsa_forget_unserved(&life->facts);
		return;
	}
	if (!life->set_count || !same_set(&set, &life->sets[life->set_count - 1])) {
		life->sets[life->set_count++] = set;
		life->served = false;
	}
	if (dice(life, 50) == 0)
		return; /* killed after it */
	if (life->set_count == 1 || dice(life, 5))
		confirm(life); /* else the reload failed, or a secondary is slow */
}

static bool may_switch(struct life *life, uint8_t key)
{
	const struct zs_tlsa_key new = make_key(life->arena, key, 0, false);
	zs_time when;
	if (!life->obeys)
		return true;
	const bool open = zs_tlsa_judge(&life->timing, &life->facts, owner, &new, &when) == ZS_GATE_OPEN;
	life->refusals += !open;
	return open;
}

static void switch_to(struct life *life, uint8_t key)
{
	life->switches += life->server != key;
	life->server = key;
}

static uint8_t new_key(struct life *life)
{
	return ++life->last;
}

static void event(struct life *life)
{
	static const uint32_t kinds[] = { BIT(K311), BIT(K312), BIT(K311) | BIT(K312), BIT(K301) | BIT(K311), BIT(K310), BIT(K301), BIT(K302) | BIT(K311),
		                          BIT(K211), BIT(K211) | BIT(K311) };
	static const uint32_t ttls[] = { 60, 300, 1800, 3600, 7200, 14400 };
	const bool seen = life->seen == life->file;
	switch (dice(life, 12)) {
	case 0: case 1: case 2: /* the hook: it asks, copies, builds */
		if (seen && life->server == life->file && life->next && may_switch(life, life->next)) {
			switch_to(life, life->next);
			life->file = life->next;
			if (dice(life, 2))
				run_build(life);
		}
		break;
	case 3: case 4: case 5:
		life->next = new_key(life);
		break;
	case 6:
		life->next = 0;
		break;
	case 7: /* the file runs ahead of the server */
		if (seen)
			life->file = dice(life, 3) ? new_key(life) : life->next ? life->next : life->file;
		break;
	case 8: /* a former key */
		if (seen)
			life->file = (uint8_t)(1 + dice(life, life->last));
		break;
	case 9:
		life->wanted = kinds[dice(life, ZS_COUNT(kinds))];
		break;
	case 10:
		life->ttl = ttls[dice(life, ZS_COUNT(ttls))];
		break;
	default:
		break;
	}
}

static struct life live(uint64_t seed, bool obeys)
{
	struct life life = { .arena = zs_arena_new(), .seed = seed * 7919 + 1, .obeys = obeys, .wanted = BIT(K311), .ttl = TTL, .server = 1, .file = 1,
		             .last = 1, .timing = { BEGIN, PROPAGATION, SAFETY } };
	life.sets = calloc(SETS, sizeof *life.sets);
	run_build(&life);
	for (int step = 0; step < STEPS && !life.crowded && life.last < 190 && life.set_count < SETS - 4; step++) {
		const zs_time wait = 1 + (zs_time)dice(&life, SAFETY), part = (zs_time)dice(&life, (uint64_t)wait); /* the server asks at least every `safety` */
		life.timing.now += part;
		look(&life);
		if (dice(&life, 2)) /* cron does not wait for the server */
			run_build(&life);
		look(&life);
		life.timing.now += wait - part;
		look(&life);
		if (life.server != life.file && may_switch(&life, life.file))
			switch_to(&life, life.file);
		look(&life);
		if (dice(&life, 3) == 0)
			event(&life);
		look(&life);
		if (dice(&life, 4))
			run_build(&life);
		look(&life);
	}
	free(life.sets);
	zs_arena_free(life.arena);
	return life;
}

START_TEST(a_server_that_obeys_the_gate_is_never_without_its_key_in_a_cache)
{
	unsigned switches = 0, removals = 0, refusals = 0;
	const unsigned lives = getenv("ZS_LIVES") ? (unsigned)atoi(getenv("ZS_LIVES")) : LIVES; /* make soak */
	for (uint64_t seed = 0; seed < lives; seed++) {
		const struct life life = live(seed, true);
		ck_assert_msg(!life.violations, "seed %llu: %u caches lack the key of the server", (unsigned long long)seed, life.violations);
		ck_assert_msg(!life.idle_dates, "seed %llu: the next build is due, and has nothing to do", (unsigned long long)seed);
		switches += life.switches;
		removals += life.removals;
		refusals += life.refusals;
	}
	/* it was no quiet life */
	ck_assert_uint_gt(switches, 10 * lives);
	ck_assert_uint_gt(removals, 10 * lives);
	ck_assert_uint_gt(refusals, 10 * lives);
}
END_TEST

START_TEST(one_that_does_not_is)
{
	unsigned caught = 0;
	for (uint64_t seed = 0; seed < 40; seed++)
		caught += live(seed, false).violations != 0;
	ck_assert_uint_gt(caught, 36);
}
END_TEST

ZS_SUITE(schedule)
{
	Suite *suite = suite_create("schedule");
	TCase *tcase = tcase_create("schedule");
	tcase_set_timeout(tcase, 3600);
	tcase_add_test(tcase, the_key_to_come_has_the_same_digests_and_opens_the_gate_in_time);
	tcase_add_test(tcase, what_every_server_has_opens_the_gate_though_the_last_version_is_not_everywhere);
	tcase_add_test(tcase, a_gated_change_keeps_the_former_two_ttl_and_safety);
	tcase_add_test(tcase, a_key_never_published_is_said_with_the_time_it_will_be_right);
	tcase_add_test(tcase, changes_in_a_row_and_back_again);
	tcase_add_test(tcase, the_key_to_come_is_removed_replaced_or_equal);
	tcase_add_test(tcase, two_certificates_change_one_at_a_time);
	tcase_add_test(tcase, other_parameters_overlap);
	tcase_add_test(tcase, a_stronger_digest_waits_for_a_key_that_is_gone);
	tcase_add_test(tcase, a_larger_ttl_is_remembered);
	tcase_add_test(tcase, a_ttl_from_before_the_first_record_holds_the_gate);
	tcase_add_test(tcase, a_broken_file_changes_nothing);
	tcase_add_test(tcase, an_owner_that_is_gone_loses_all_and_says_until_when_caches_have_it);
	tcase_add_test(tcase, records_of_the_zone_file_count_for_digest_agility);
	tcase_add_test(tcase, a_crowd_of_stale_records_is_bounded);
	tcase_add_loop_test(tcase, a_client_takes_the_strongest_digest, 0, (int)ZS_COUNT(agility));
	tcase_add_test(tcase, a_server_that_obeys_the_gate_is_never_without_its_key_in_a_cache);
	tcase_add_test(tcase, one_that_does_not_is);
	suite_add_tcase(suite, tcase);
	return suite;
}
