/* rollover.c - the moves of a first signing: all in, wait until no cache knows the unsigned zone, then the DS. */
#include "rollover/rollover.h"

#include <string.h>

static uint32_t largest_ttl(const struct zs_facts *facts, const struct zs_ttls *ttls, zs_time now)
{
	uint32_t largest = ttls->largest;
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (facts->ttls[i].until > now && facts->ttls[i].ttl > largest)
			largest = facts->ttls[i].ttl;
	return largest;
}

/* How long after a change no cache holds what was before it. */
static zs_seconds forgotten_after(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls, zs_time now)
{
	uint32_t ttl = largest_ttl(facts, ttls, now);
	if (policy->dnskey_ttl > ttl)
		ttl = policy->dnskey_ttl;
	if (ttls->negative > ttl)
		ttl = ttls->negative;
	return policy->propagation_zone + ttl + policy->safety;
}

/* The newest since-when of the key's records in the zone: 0 while one of them is not served. */
static zs_time served_since(const struct zs_key_facts *key)
{
	const struct zs_record_state *const records[] = { &key->dnskey, &key->krrsig, &key->zrrsig };
	zs_time newest = 0;
	for (size_t i = 0; i < ZS_COUNT(records); i++) {
		if (records[i]->phase == ZS_NA)
			continue;
		if (records[i]->phase == ZS_HIDDEN || !records[i]->since)
			return 0;
		if (records[i]->since > newest)
			newest = records[i]->since;
	}
	return newest;
}

zs_time zs_rollover_first_ds(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls)
{
	zs_time newest = 0;
	for (size_t i = 0; i < facts->key_count; i++) {
		const zs_time since = served_since(&facts->keys[i]);
		if (!facts->keys[i].goal_in)
			continue;
		if (!since)
			return 0;
		if (since > newest)
			newest = since;
	}
	/* TTLs remembered at the time of serving count, not those of later: they can only shorten */
	return newest ? newest + forgotten_after(policy, facts, ttls, newest) : 0;
}

static void want_key(struct zs_run *run, struct zs_facts *facts, const struct zs_policy *policy, enum zs_key_role role)
{
	const struct zs_record_state hidden = { .phase = ZS_HIDDEN }, none = { .phase = ZS_NA };
	ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = (struct zs_key_facts){
		.algorithm = policy->algorithm, .role = role, .goal_in = true, .dnskey = hidden,
		.krrsig = role & ZS_KSK ? hidden : none, .zrrsig = role & ZS_ZSK ? hidden : none, .ds = role & ZS_KSK ? hidden : none,
	};
}

/* Hidden to rumoured at the first signing: DNSKEY and signatures together, nothing validates before the DS. */
static void move_in(struct zs_record_state *record)
{
	if (record->phase == ZS_HIDDEN)
		*record = (struct zs_record_state){ .phase = ZS_RUMOURED };
}

static void settle(struct zs_record_state *record, zs_time since)
{
	if (record->phase == ZS_RUMOURED && record->since)
		*record = (struct zs_record_state){ .phase = ZS_OMNIPRESENT, .since = since };
}

static void move_key(struct zs_key_facts *key, zs_time first_ds, zs_time now)
{
	move_in(&key->dnskey);
	move_in(&key->krrsig);
	move_in(&key->zrrsig);
	if (!first_ds || now < first_ds)
		return;
	settle(&key->dnskey, first_ds);
	settle(&key->krrsig, first_ds);
	settle(&key->zrrsig, first_ds);
	key->was_omnipresent = true;
	if (key->ds.phase == ZS_HIDDEN) /* asked for; seen at the parent is another matter */
		key->ds = (struct zs_record_state){ .phase = ZS_RUMOURED };
}

static bool in_zone(enum zs_record_phase phase)
{
	return phase == ZS_RUMOURED || phase == ZS_OMNIPRESENT;
}

static void warn_about_policy(struct zs_run *run, const struct zs_policy *policy, const struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		const zs_seconds lifetime = key->role == ZS_KSK ? policy->ksk_lifetime
		                          : key->role == ZS_ZSK ? policy->zsk_lifetime
		                                                : policy->csk_lifetime;
		if (key->algorithm != policy->algorithm)
			zs_warn(run, NULL, "key %u has algorithm %u, the policy says %u; this version does not roll the algorithm, the key stays",
			        key->tag, key->algorithm, policy->algorithm);
		else if (lifetime != ZS_LIFETIME_UNLIMITED && key->created && run->now - key->created > lifetime)
			zs_warn(run, NULL, "key %u (%s) is older than its lifetime; this version does not roll keys, the key stays", key->tag,
			        zs_role_text(key->role));
	}
}

bool zs_rollover_plan(struct zs_run *run, const struct zs_policy *policy, struct zs_facts *facts, const struct zs_ttls *ttls,
                      struct zs_plan **out)
{
	struct zs_plan *plan = zs_arena_alloc(run->arena, sizeof *plan);
	plan->first_signing = facts->key_count == 0;
	if (plan->first_signing && policy->csk) {
		want_key(run, facts, policy, ZS_CSK);
	} else if (plan->first_signing) {
		want_key(run, facts, policy, ZS_KSK);
		want_key(run, facts, policy, ZS_ZSK);
	} else {
		warn_about_policy(run, policy, facts);
	}
	plan->first_ds = zs_rollover_first_ds(policy, facts, ttls);
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *key = &facts->keys[i];
		move_key(key, plan->first_ds, run->now);
		ZS_PUSH(run->arena, plan->keys, plan->key_count, plan->key_room) = (struct zs_plan_key){
			.facts = key, .publish = in_zone(key->dnskey.phase), .sign_dnskeys = in_zone(key->krrsig.phase),
			.sign_zone = in_zone(key->zrrsig.phase), .cds = policy->cds && in_zone(key->ds.phase) };
	}
	if (plan->first_ds > run->now)
		plan->next_due = plan->first_ds;
	*out = plan;
	return true;
}
