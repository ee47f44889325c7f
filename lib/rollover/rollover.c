/* rollover.c - the plan: goals and moves until nothing changes, then what that means for zone, parent and people. */
#include "rollover/rollover_private.h"

enum { LOOPS_MAX = 64 }; /* each record moves a few times at the most; a bug must not hang cron */

/* When the record, that the first DS waits for, is in every cache; 0: it is not served yet. */
static zs_time everywhere_at(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls,
                             const struct zs_record_state *record, bool dnskey)
{
	if (record->phase == ZS_OMNIPRESENT)
		return record->since;
	if (record->phase != ZS_RUMOURED || !record->since)
		return 0;
	zs_time end = zs_forgotten_at(policy, facts, ttls, record->since, dnskey);
	if (dnskey) /* caches may hold that there is no DNSKEY */
		end = zs_time_later(end, record->since + policy->propagation_zone + zs_time_later(ttls->negative, facts->published.negative_ttl));
	return end + policy->safety;
}

zs_time zs_rollover_first_ds(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls)
{
	zs_time latest = 0, asked = 0;
	for (size_t i = 0; i < facts->key_count; i++)
		if (!zs_is_absent(facts->keys[i].ds.phase) && !zs_facts_ds_put_off(&facts->keys[i]) && (!asked || facts->keys[i].ds.since < asked))
			asked = zs_time_later(facts->keys[i].ds.since, 1);
	for (size_t i = 0; !asked && i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		const struct zs_record_state *const records[] = { &key->dnskey, &key->krrsig, &key->zrrsig };
		if (key->standby && key->dnskey.phase == ZS_HIDDEN)
			continue; /* asked for, and in no version yet: the first DS is not of it */
		if (zs_facts_ds_put_off(key))
			latest = zs_time_later(latest, zs_unsigned_until(policy, facts, ttls, key));
		for (size_t r = 0; key->goal_in && r < ZS_COUNT(records); r++) {
			if (records[r]->phase == ZS_NA || (records[r]->phase == ZS_HIDDEN && key->has_predecessor))
				continue;
			const zs_time at = everywhere_at(policy, facts, ttls, records[r], records[r] != &key->zrrsig);
			if (!at)
				return 0;
			latest = zs_time_later(latest, at);
		}
	}
	return asked ? asked : latest;
}

void zs_rollover_ask_first(const struct zs_policy *policy, struct zs_facts *facts, zs_time now)
{
	/* as served: a zone file that has other TTLs by now changes nothing about what was told */
	const struct zs_ttls ttls = { .largest = facts->published.ttl, .negative = facts->published.negative_ttl };
	for (size_t i = 0; i < facts->key_count; i++)
		if (!zs_is_absent(facts->keys[i].ds.phase))
			return; /* not the first */
	const zs_time first = zs_rollover_first_ds(policy, facts, &ttls);
	for (size_t i = 0; first && first <= now && i < facts->key_count; i++) {
		struct zs_key_facts *key = &facts->keys[i];
		if (key->ds.phase == ZS_HIDDEN && key->goal_in && !key->standby)
			key->ds = (struct zs_record_state){ .phase = ZS_RUMOURED, .since = first };
	}
}

static bool is_hurried(const struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++)
		if (facts->keys[i].emergency)
			return true;
	return false;
}

static void add_keys(struct zs_engine *e)
{
	struct zs_plan *plan = e->plan;
	bool in_zone = false;
	for (size_t i = 0; i < e->facts->key_count; i++) {
		struct zs_key_facts *key = &e->facts->keys[i];
		if (!key->goal_in && zs_key_is_absent(key))
			continue;
		const struct zs_plan_key planned = {
			.facts = key, .publish = zs_in_zone(key->dnskey.phase), .sign_dnskeys = zs_in_zone(key->krrsig.phase),
			.sign_zone = zs_in_zone(key->zrrsig.phase), .cds = e->policy->cds && zs_in_zone(key->ds.phase) };
		in_zone = in_zone || planned.publish || planned.sign_zone;
		ZS_PUSH(e->run->arena, plan->keys, plan->key_count, plan->key_room) = planned;
	}
	plan->unsigned_zone = e->facts->unsign && !in_zone;
	plan->cds_delete = e->facts->unsign && in_zone && e->policy->cds;
}

/* One sentence: the parent's part is all that a person ever has to do. */
static const char *instruction(const struct zs_engine *e)
{
	struct zs_run *run = e->run;
	const char *add = NULL, *take = NULL;
	bool keep = false;
	for (size_t i = 0; i < e->facts->key_count; i++) {
		const struct zs_key_facts *key = &e->facts->keys[i];
		const char *title = zs_key_title(e, key);
		keep = keep || zs_ds_is_seen(key);
		if (zs_facts_ds_to_come(key))
			add = add ? zs_arena_printf(run->arena, "%s and %s", add, title) : title;
		else if (zs_facts_ds_to_go(key))
			take = take ? zs_arena_printf(run->arena, "%s and %s", take, title) : title;
	}
	if (add)
		return zs_arena_printf(run->arena, "Give the parent the DS of %s ('zonesign ds' prints it)%s.", add,
		                       e->facts->abandoned ? ", and remove the others" : keep ? ", and keep those that are there" : "");
	if (take && e->facts->unsign)
		return zs_arena_printf(run->arena, "Remove the DS of %s, and any other, at the parent: the zone is to become insecure.", take);
	return take ? zs_arena_printf(run->arena, "Remove the DS of %s at the parent: it is not needed any more.", take) : NULL;
}

static void set_dates(struct zs_engine *e)
{
	struct zs_plan *plan = e->plan;
	for (size_t i = 0; i < plan->reason_count; i++)
		if (plan->reasons[i].when > e->now && (!plan->next_due || plan->reasons[i].when < plan->next_due))
			plan->next_due = plan->reasons[i].when;
	plan->first_ds = e->facts->unsign ? 0 : zs_rollover_first_ds(e->policy, e->facts, e->ttls);
	plan->instruction = instruction(e);
}

bool zs_rollover_plan(struct zs_run *run, const struct zs_policy *policy, struct zs_facts *facts, const struct zs_ttls *ttls,
                      struct zs_plan **out)
{
	struct zs_plan *plan = zs_arena_alloc(run->arena, sizeof *plan);
	struct zs_engine e = { .run = run, .policy = policy, .facts = facts, .ttls = ttls, .now = run->now, .plan = plan };
	if (facts->instead_of != policy->algorithm) /* the policy was edited since: it counts again */
		facts->algorithm = facts->instead_of = 0;
	bool moved = true;
	zs_goals_dates(&e);
	for (int loop = 0; moved; loop++) {
		if (loop == LOOPS_MAX) /* a bug in zonesign */
			return zs_fail(run, "the plan of the keys does not come to rest: a bug in zonesign");
		zs_goals_set(&e);
		zs_goals_release(&e);
		e.hurry = is_hurried(facts);
		moved = zs_moves_make(&e);
	}
	zs_goals_finish(&e);
	e.explain = true;
	plan->ask_parent = plan->step_due = false;
	zs_goals_set(&e);
	(void)zs_moves_make(&e); /* nothing moves any more: it only says why */
	add_keys(&e);
	set_dates(&e);
	*out = plan;
	return true;
}

bool zs_rollover_outlook(struct zs_run *run, const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls,
                         struct zs_plan **out)
{
	return zs_rollover_plan(run, policy, zs_facts_copy(run->arena, facts), ttls, out);
}
