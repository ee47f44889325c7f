/* served.c - facts after the world has changed, and the user's wishes. */
#include "rollover/rollover_private.h"

/* version: the first without that TTL; 0: not known. */
static void remember(struct zs_run *run, struct zs_facts *facts, uint32_t ttl, bool dnskey, uint32_t now_ttl, uint32_t version)
{
	if (!ttl || ttl <= now_ttl)
		return; /* the engine takes the published one in any case */
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (facts->ttls[i].ttl == ttl && facts->ttls[i].dnskey == dnskey) {
			facts->ttls[i].until = 0;
			facts->ttls[i].version = version;
			return;
		}
	ZS_PUSH(run->arena, facts->ttls, facts->ttl_count, facts->ttl_room) = (struct zs_ttl_facts){ .ttl = ttl, .dnskey = dnskey, .version = version };
}

void zs_rollover_foreign(struct zs_run *run, struct zs_facts *facts, uint32_t dnskey_ttl, uint32_t largest_ttl)
{
	remember(run, facts, dnskey_ttl, true, 0, 0);
	remember(run, facts, largest_ttl, false, 0, 0);
}

bool zs_rollover_was_unsigned(struct zs_run *run, struct zs_facts *facts, uint32_t largest_ttl)
{
	bool had = false;
	remember(run, facts, largest_ttl, false, 0, 0);
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *key = &facts->keys[i];
		if (!(key->role & ZS_KSK) || !key->goal_in || !zs_in_zone(key->ds.phase))
			continue;
		key->ds = (struct zs_record_state){ .phase = ZS_UNRETENTIVE, .since = run->now };
		key->ds_seen = key->ds_gone = key->active = 0;
		if (key->dnskey.phase == ZS_OMNIPRESENT)
			key->dnskey.since = run->now;
		had = true;
	}
	return had;
}

void zs_rollover_published(struct zs_run *run, struct zs_facts *facts, const struct zs_policy *policy, const struct zs_ttls *ttls)
{
	struct zs_published *published = &facts->published;
	const uint32_t version = facts->intent.present && facts->intent.serial != published->serial ? facts->intent.serial : 0;
	size_t kept = 0;
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (!facts->ttls[i].until || facts->ttls[i].until > run->now)
			facts->ttls[kept++] = facts->ttls[i];
	facts->ttl_count = kept;
	remember(run, facts, published->ttl, false, ttls->largest, version);
	remember(run, facts, published->dnskey_ttl, true, policy->dnskey_ttl, version);
	published->known = true;
	facts->taken_over = false;
	published->ttl = ttls->largest;
	published->dnskey_ttl = policy->dnskey_ttl;
	published->negative_ttl = ttls->negative;
}

/* A move that is made, and has no date. */
static bool is_undated(const struct zs_record_state *record)
{
	return !zs_is_absent(record->phase) && !record->since;
}

void zs_rollover_versioned(struct zs_facts *facts, uint32_t serial)
{
	for (size_t i = 0; i < facts->key_count; i++)
		for (int part = 0; part < ZS_PARTS; part++) {
			struct zs_record_state *record = zs_part(&facts->keys[i], (enum zs_part)part);
			if (is_undated(record))
				record->version = zs_facts_version(facts, record->version, serial);
		}
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (!facts->ttls[i].until)
			facts->ttls[i].version = zs_facts_version(facts, facts->ttls[i].version, serial);
}

bool zs_rollover_awaits_version(const struct zs_facts *facts)
{
	bool any = false;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		const struct zs_record_state *const records[] = { &key->dnskey, &key->krrsig, &key->zrrsig, &key->ds };
		for (size_t r = 0; r < ZS_COUNT(records); r++)
			any = any || (is_undated(records[r]) && records[r]->version);
	}
	for (size_t i = 0; i < facts->ttl_count; i++)
		any = any || (!facts->ttls[i].until && facts->ttls[i].version);
	return any;
}

static void date_ttl(struct zs_ttl_facts *memory, const struct zs_policy *policy, zs_time now)
{
	memory->until = now + memory->ttl + policy->propagation_zone;
}

bool zs_rollover_served_from(struct zs_facts *facts, const struct zs_policy *policy, uint32_t oldest, zs_time now)
{
	bool any = false;
	for (size_t i = 0; i < facts->key_count; i++)
		for (int part = 0; part < ZS_PARTS; part++) {
			struct zs_record_state *record = zs_part(&facts->keys[i], (enum zs_part)part);
			if (is_undated(record) && zs_version_is_in(record->version, oldest)) {
				record->since = now;
				any = true;
			}
		}
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (!facts->ttls[i].until && zs_version_is_in(facts->ttls[i].version, oldest)) {
			date_ttl(&facts->ttls[i], policy, now);
			any = true;
		}
	return any;
}

void zs_rollover_served(struct zs_facts *facts, const struct zs_policy *policy, zs_time now)
{
	facts->published.served_since = now;
	for (size_t i = 0; i < facts->key_count; i++)
		for (int part = 0; part < ZS_PARTS; part++) {
			struct zs_record_state *record = zs_part(&facts->keys[i], (enum zs_part)part);
			if (is_undated(record))
				record->since = now;
		}
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (!facts->ttls[i].until)
			date_ttl(&facts->ttls[i], policy, now);
}

void zs_rollover_request(struct zs_run *run, struct zs_facts *facts, enum zs_roll_kind kind, bool emergency)
{
	for (size_t i = 0; i < facts->roll_count; i++)
		if (facts->rolls[i].kind == kind) {
			facts->rolls[i].emergency = facts->rolls[i].emergency || emergency;
			return;
		}
	ZS_PUSH(run->arena, facts->rolls, facts->roll_count, facts->roll_room) =
	    (struct zs_roll_request){ .kind = kind, .emergency = emergency, .time = run->now };
}

void zs_rollover_abandon(struct zs_facts *facts, zs_time now)
{
	facts->abandoned = now;
	facts->unsign = 0;
	facts->roll_count = 0;
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *key = &facts->keys[i];
		if (key->goal_in)
			key->retired = now;
		key->goal_in = key->standby = false;
		for (int part = 0; part < ZS_PARTS; part++) {
			struct zs_record_state *record = zs_part(key, (enum zs_part)part);
			if (zs_in_zone(record->phase))
				*record = (struct zs_record_state){ .phase = ZS_UNRETENTIVE, .from = record->phase == ZS_RUMOURED ? record->since : 0,
					                            .complete = record->phase == ZS_OMNIPRESENT };
		}
	}
}

struct zs_key_facts *zs_rollover_standby(struct zs_run *run, struct zs_facts *facts, const struct zs_policy *policy, enum zs_key_role role)
{
	const struct zs_record_state hidden = { .phase = ZS_HIDDEN }, none = { .phase = ZS_NA };
	struct zs_key_facts *key = &ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room);
	*key = (struct zs_key_facts){ .algorithm = facts->algorithm ? facts->algorithm : policy->algorithm, .role = role, .goal_in = true,
		                      .standby = true, .dnskey = hidden, .krrsig = hidden, .zrrsig = role & ZS_ZSK ? hidden : none, .ds = hidden };
	return key;
}

bool zs_rollover_may_take_back(const struct zs_facts *facts, const struct zs_key_facts *key)
{
	bool chain = false, other_there = false;
	if (!(key->role & ZS_KSK) || !key->goal_in || key->standby || key->ds_seen || (key->ds.phase != ZS_HIDDEN && key->ds.phase != ZS_RUMOURED)
	    || !zs_is_absent(key->zrrsig.phase))
		return false;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *other = &facts->keys[i];
		if (other == key || !other->goal_in || other->standby)
			continue;
		chain = chain || (other->role & ZS_KSK && zs_ds_is_seen(other));
		other_there = other_there || (other->role == key->role && other->algorithm == key->algorithm);
	}
	return chain && other_there; /* without the latter one would be made anew */
}

static const char *take_back(struct zs_run *run, struct zs_facts *facts, struct zs_key_facts *key, enum zs_roll_kind kind)
{
	size_t kept = 0;
	for (size_t i = 0; i < facts->roll_count; i++)
		if (facts->rolls[i].kind != kind)
			facts->rolls[kept++] = facts->rolls[i];
	facts->roll_count = kept;
	key->goal_in = false;
	key->retired = run->now;
	if (key->ds.phase == ZS_HIDDEN)
		return zs_arena_printf(run->arena, "key %u is taken back; it leaves with the next builds", key->tag);
	return zs_arena_printf(run->arena, "key %u is taken back; it leaves when it is known that the parent has no DS of it ('zonesign ds --gone %u' says so)", key->tag, key->tag);
}

const char *zs_rollover_retire(struct zs_run *run, struct zs_facts *facts, uint16_t tag)
{
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *key = &facts->keys[i];
		if (key->tag != tag || key->removed)
			continue;
		if (!key->goal_in)
			return zs_arena_printf(run->arena, "key %u is leaving already", tag);
		if (key->standby) {
			key->goal_in = key->standby = false;
			key->retired = run->now;
			return zs_arena_printf(run->arena, "key %u stands by no more; it leaves with the next builds", tag);
		}
		const enum zs_roll_kind kind = key->role == ZS_KSK ? ZS_ROLL_KSK : key->role == ZS_ZSK ? ZS_ROLL_ZSK : ZS_ROLL_CSK;
		if (zs_rollover_may_take_back(facts, key))
			return take_back(run, facts, key, kind);
		zs_rollover_request(run, facts, kind, false);
		return zs_arena_printf(run->arena, "key %u is in use: a roll is asked for, and it leaves when its successor is in place", tag);
	}
	return NULL;
}
