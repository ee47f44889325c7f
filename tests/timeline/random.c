/* random.c - random schedules against the oracle: rolls at any time, overlapping roles, slow parents, missed runs, TTL
 * edits, kills between any two writes. No mix that a cache may hold is ever bogus, and every roll comes to its end.
 *
 *     random FIRST-SEED COUNT|YEARSy [first]    (first: end with the first failure)
 */
#include <stdlib.h>
#include <string.h>

#include "tests/timeline/world.h"

enum { HOUR = 3600, DAY = 86400, BEGIN = 1700000000 };

struct schedule {
	struct world w;
	uint64_t seed;
	zs_time parent_acts;  /* the next time at which the parent looks; 0: it has not been told */
	zs_seconds parent_pace;
	bool lively;          /* the user edits and rolls */
	bool kills, pauses, emergencies, strange_parent;
	bool no_parent;       /* nobody enters a DS, ever */
	zs_time paused_until;
	zs_time ttl_changed;  /* at the parent */
};

static uint64_t below(struct schedule *s, uint64_t n)
{
	return world_random(&s->seed) % n;
}

static bool one_in(struct schedule *s, uint64_t n)
{
	return below(s, n) == 0;
}

static void edit_policy(struct schedule *s)
{
	static const uint32_t ttls[] = { 60, 300, 3600, 7200, 14400, 86400 };
	static const zs_seconds lifetimes[] = { 0, 5 * DAY, 10 * DAY, 30 * DAY, 90 * DAY };
	static const uint8_t algorithms[] = { 8, 13, 13, 15 };
	struct zs_policy *p = &s->w.policy;
	switch (below(s, 8)) {
	case 0: case 1:
		s->w.ttls.largest = ttls[below(s, 6)];
		break;
	case 2: case 3:
		p->dnskey_ttl = ttls[below(s, 5)];
		break;
	case 4:
		p->zsk_lifetime = lifetimes[below(s, 5)];
		break;
	case 5:
		p->ksk_lifetime = lifetimes[below(s, 5)];
		p->csk_lifetime = lifetimes[below(s, 5)];
		break;
	case 6:
		p->algorithm = algorithms[below(s, 4)];
		break;
	default:
		p->csk = !p->csk;
		break;
	}
}

static void parent_ttl(struct schedule *s, uint32_t ttl)
{
	world_parent_ttl(&s->w, ttl);
	s->ttl_changed = s->w.now;
}

/* `keys generate` makes no standby key without room (G16). Here there is always room for one more, so that no edit of the policy has to
 * wait for a person to take one out. */
static bool has_room(const struct zs_facts *facts)
{
	size_t signers = 0;
	for (size_t i = 0; i < facts->key_count; i++)
		signers += facts->keys[i].role & ZS_KSK && (facts->keys[i].goal_in || zs_in_zone(facts->keys[i].krrsig.phase));
	return signers + 1 < ZS_ROOM_SIGNATURES;
}

static void user_acts(struct schedule *s)
{
	struct zs_facts *facts = world_edit(&s->w);
	const enum zs_roll_kind ksk = s->w.policy.csk ? ZS_ROLL_CSK : ZS_ROLL_KSK, zsk = s->w.policy.csk ? ZS_ROLL_CSK : ZS_ROLL_ZSK;
	const bool emergency = s->emergencies && one_in(s, 3);
	switch (below(s, 14)) {
	case 0: case 1: case 2:
		zs_rollover_request(s->w.disk_run, facts, zsk, emergency);
		break;
	case 3: case 4: case 5:
		zs_rollover_request(s->w.disk_run, facts, ksk, emergency);
		break;
	case 6:
		facts->unsign = facts->unsign ? 0 : s->w.now;
		break;
	case 7:
		facts->unsign = 0;
		break;
	case 8:
		/* .nz 2023: raised; and lowered, down to a minute, but not before the raised one was seen: a TTL that comes and goes
		 * between two looks is known to nobody who looks */
		if (one_in(s, 2))
			parent_ttl(s, s->w.ds_ttl + (uint32_t)below(s, 86400));
		else if (s->w.looked > s->ttl_changed)
			parent_ttl(s, 60 + (uint32_t)below(s, s->w.ds_ttl));
		break;
	case 9:
		if (has_room(facts))
			(void)zs_rollover_standby(s->w.disk_run, facts, &s->w.policy, s->w.policy.csk ? ZS_CSK : ZS_KSK);
		break;
	case 10:
		if (facts->key_count)
			(void)zs_rollover_retire(s->w.disk_run, facts, facts->keys[below(s, facts->key_count)].tag);
		break;
	default:
		edit_policy(s);
		break;
	}
	facts->next_due = s->w.now; /* commands and a changed config make the next run look */
}

static void parent_lives(struct schedule *s)
{
	if (s->no_parent || s->w.now < s->parent_acts)
		return;
	world_parent_obeys(&s->w, s->strange_parent && one_in(s, 2) ? one_in(s, 2) ? TAKE_NEWEST : TAKE_OLDEST : TAKE_ALL);
	s->parent_acts = s->w.now + 600 + (zs_time)below(s, (uint64_t)s->parent_pace);
	if (s->strange_parent)
		s->w.hidden = one_in(s, 3);
}

static enum world_kill any_kill(struct schedule *s)
{
	return s->kills && one_in(s, 6) ? (enum world_kill)(1 + below(s, 4)) : KILL_NONE;
}

static bool live(struct schedule *s, zs_time until)
{
	const zs_seconds pace = s->lively ? 600 + (zs_seconds)below(s, 6 * HOUR) : HOUR;
	zs_time acts = s->w.now + 3 * DAY;
	while (s->w.now < until && !s->w.oracle.bogus) {
		s->w.now += 60 + (zs_time)below(s, (uint64_t)pace);
		if (s->lively && s->w.now > acts) {
			user_acts(s);
			acts = s->w.now + (zs_time)below(s, one_in(s, 3) ? 6 * HOUR : 20 * DAY);
		}
		parent_lives(s);
		if (s->pauses && s->w.now > s->paused_until && one_in(s, 2000))
			s->paused_until = s->w.now + (zs_time)below(s, 40 * DAY);
		if (s->w.now < s->paused_until || !world_is_due(&s->w))
			continue;
		if (!world_build(&s->w, any_kill(s)))
			return false;
	}
	return true;
}

static void print_key(const struct zs_key_facts *key)
{
	static const char phases[] = "-HROU";
	printf("    key %u alg %u %s goal %s %c%c%c%c since %lld %lld %lld %lld seen %lld gone %lld%s%s\n", key->tag, key->algorithm,
	       zs_role_text(key->role), key->goal_in ? "in" : "out", phases[key->dnskey.phase], phases[key->krrsig.phase],
	       phases[key->zrrsig.phase], phases[key->ds.phase], (long long)key->dnskey.since, (long long)key->krrsig.since,
	       (long long)key->zrrsig.since, (long long)key->ds.since, (long long)key->ds_seen, (long long)key->ds_gone,
	       key->emergency ? " emergency" : "", key->standby ? " standby" : "");
}

static bool fails(const struct schedule *s, uint64_t seed, const char *what)
{
	printf("FAIL: seed %llu: %s\n", (unsigned long long)seed, what);
	printf("    now %lld, policy: algorithm %u, csk %d, dnskey-ttl %u, zone ttl %u\n", (long long)s->w.now, s->w.policy.algorithm,
	       s->w.policy.csk, s->w.policy.dnskey_ttl, s->w.ttls.largest);
	for (size_t i = 0; i < s->w.disk->key_count; i++)
		print_key(&s->w.disk->keys[i]);
	return false;
}

/* One schedule: days of life, then peace; *years grows by what it lived. */
static bool run_schedule(uint64_t seed, double *years, unsigned long long *checked, unsigned *rolls)
{
	struct schedule s = { .seed = seed * 7919 + 1 };
	const char *why = "";
	world_begin(&s.w, BEGIN);
	s.lively = true;
	s.kills = one_in(&s, 2);
	s.pauses = one_in(&s, 2);
	s.emergencies = one_in(&s, 2);
	s.strange_parent = one_in(&s, 2);
	s.no_parent = seed % 8 == 5;
	s.parent_pace = one_in(&s, 3) ? 20 * DAY : one_in(&s, 2) ? 2 * DAY : 2 * HOUR;
	s.w.by_text = one_in(&s, 10);
	s.w.policy.csk = one_in(&s, 3);
	s.w.policy.cds = !one_in(&s, 4);
	s.w.policy.observe_parent_propagation = one_in(&s, 2);
	edit_policy(&s);
	if (seed % 4 == 2) { /* propagation: {zone: observe}, and servers that never have the last version when a run looks */
		s.w.lag = 1 + (zs_seconds)below(&s, one_in(&s, 2) ? 20 * HOUR : 600);
		s.w.policy.propagation_zone = 0;
	}
	world_was_unsigned(&s.w);
	if (s.w.lag)
		s.w.oracle.propagation = s.w.lag;
	bool ok = live(&s, BEGIN + (zs_time)(60 + below(&s, 300)) * DAY);
	/* peace: a prompt parent, no more wishes, no lifetimes; everything must come to its end */
	s.lively = s.kills = s.pauses = s.strange_parent = s.w.hidden = false;
	s.parent_pace = HOUR;
	s.paused_until = 0;
	s.w.policy.zsk_lifetime = s.w.policy.ksk_lifetime = s.w.policy.csk_lifetime = ZS_LIFETIME_UNLIMITED;
	world_edit(&s.w)->next_due = s.w.now;
	if (s.w.now < s.parent_acts)
		s.parent_acts = s.w.now;
	ok = ok && live(&s, s.w.now + 120 * DAY);
	const bool rests = !s.no_parent || world_is_at_rest(&s.w, &why);
	if (s.no_parent && ok && rests) { /* and one day somebody does */
		s.no_parent = false;
		ok = live(&s, s.w.now + 30 * DAY);
	}
	*years += (double)(s.w.now - BEGIN) / (365.25 * DAY);
	*checked += s.w.oracle.checked;
	*rolls += (unsigned)s.w.made;
	if (s.w.oracle.bogus)
		ok = fails(&s, seed, s.w.oracle.why);
	else if (!ok)
		fails(&s, seed, "the engine failed");
	else if (!rests || !world_is_at_rest(&s.w, &why))
		ok = fails(&s, seed, why);
	world_end(&s.w);
	return ok;
}

int main(int argc, char **argv)
{
	const uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	const char *limit = argc > 2 ? argv[2] : "100";
	const double amount = strtod(limit, NULL);
	const bool by_years = strchr(limit, 'y') != NULL, first_only = argc > 3;
	double years = 0;
	unsigned long long checked = 0, failed = 0, count = 0;
	unsigned rolls = 0;
	for (uint64_t seed = first; (by_years ? years < amount : count < (unsigned long long)amount) && !(first_only && failed); seed++, count++)
		failed += !run_schedule(seed, &years, &checked, &rolls);
	printf("%llu schedules, %.0f zone-years, %u keys, %llu mixes of cached sets validated\n", count, years, rolls, checked);
	printf("%llu passed, %llu failed\n", count - failed, failed);
	return failed != 0;
}
