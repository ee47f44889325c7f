/* served.c - facts after the world has changed, and the user's wishes. */
#include "rollover/rollover_private.h"

static void remember(struct zs_run *run, struct zs_facts *facts, uint32_t ttl, bool dnskey, uint32_t now_ttl)
{
	if (!ttl || ttl <= now_ttl)
		return; /* the engine takes the published one in any case */
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (facts->ttls[i].ttl == ttl && facts->ttls[i].dnskey == dnskey) {
			facts->ttls[i].until = 0;
			return;
		}
	ZS_PUSH(run->arena, facts->ttls, facts->ttl_count, facts->ttl_room) = (struct zs_ttl_facts){ .ttl = ttl, .dnskey = dnskey };
}

void zs_rollover_published(struct zs_run *run, struct zs_facts *facts, const struct zs_policy *policy, const struct zs_ttls *ttls)
{
	struct zs_published *published = &facts->published;
	size_t kept = 0;
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (!facts->ttls[i].until || facts->ttls[i].until > run->now)
			facts->ttls[kept++] = facts->ttls[i];
	facts->ttl_count = kept;
	remember(run, facts, published->ttl, false, ttls->largest);
	remember(run, facts, published->dnskey_ttl, true, policy->dnskey_ttl);
	published->known = true;
	published->ttl = ttls->largest;
	published->dnskey_ttl = policy->dnskey_ttl;
	published->negative_ttl = ttls->negative;
}

void zs_rollover_served(struct zs_facts *facts, const struct zs_policy *policy, zs_time now)
{
	facts->published.served_since = now;
	for (size_t i = 0; i < facts->key_count; i++)
		for (int part = 0; part < ZS_PARTS; part++) {
			struct zs_record_state *record = zs_part(&facts->keys[i], (enum zs_part)part);
			if (!zs_is_absent(record->phase) && !record->since)
				record->since = now;
		}
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (!facts->ttls[i].until)
			facts->ttls[i].until = now + facts->ttls[i].ttl + policy->propagation_zone;
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (!facts->tlsa[i].since)
			facts->tlsa[i].since = now;
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
