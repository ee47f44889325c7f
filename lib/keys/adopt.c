/* adopt.c - keys of others taken over: what their timing metadata (dnssec-keygen, dnssec-settime) let them do. */
#include <string.h>

#include "dns/algorithm.h"
#include "keys/key_private.h"

enum stage { FUTURE, ACTIVE, INACTIVE, GONE };

static enum stage stage_of(const struct zs_run *run, const struct zs_key *key)
{
	const struct zs_key_times *t = &key->times;
	if ((t->remove && t->remove <= run->now) || (t->revoke && t->revoke <= run->now) || key->flags & ZS_DNSKEY_REVOKE)
		return GONE;
	if (t->inactive && t->inactive <= run->now)
		return INACTIVE;
	return t->activate > run->now || t->publish > run->now ? FUTURE : ACTIVE;
}

/* Nothing was served by us yet, so all is hidden and comes in with the first publication; but an inactive key has signed
 * what caches hold: its DNSKEY stays until they have forgotten. An active key of the signed zone that is replaced is in use: validators
 * know it, and its DS is taken to be at the parent, until a look shows that it is not. No chain that somebody may rely on is given up
 * unasked. */
static void adopt(struct zs_run *run, struct zs_facts *facts, const struct zs_key *key, enum zs_key_role role, enum stage stage)
{
	const struct zs_record_state hidden = { .phase = ZS_HIDDEN }, none = { .phase = ZS_NA }, in = { .phase = ZS_OMNIPRESENT, .since = run->now },
	                             left = { .phase = ZS_UNRETENTIVE, .complete = true };
	const bool inactive = stage == INACTIVE;
	const struct zs_record_state active = stage == ACTIVE && zs_facts_replaced_has(facts, key->rdata) ? in : hidden;
	struct zs_key_facts *fact = &ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room);
	*fact = (struct zs_key_facts){ .tag = key->tag, .algorithm = key->algorithm, .role = role, .goal_in = !inactive,
		                       .created = key->created, .dnskey = inactive ? in : active };
	memcpy(fact->id, key->id, sizeof fact->id);
	fact->krrsig = role & ZS_KSK ? inactive ? in : active : none;
	fact->zrrsig = role & ZS_ZSK ? inactive ? left : active : none;
	fact->ds = role & ZS_KSK ? active : none;
	fact->retired = inactive ? run->now : 0;
	fact->activate = stage == FUTURE ? key->times.activate : 0;
}

static void order_keys(struct zs_keyset *keys)
{
	for (size_t i = 1; i < keys->count; i++)
		for (size_t k = i; k && keys->keys[k].times.activate < keys->keys[k - 1].times.activate; k--) {
			const struct zs_key swap = keys->keys[k];
			keys->keys[k] = keys->keys[k - 1];
			keys->keys[k - 1] = swap;
		}
}

void zs_keys_adopt(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts, struct zs_keyset *keys)
{
	static const enum stage order[] = { INACTIVE, ACTIVE, FUTURE }; /* the newest last: the engine takes it for the current one */
	static const char *const words[] = { [FUTURE] = ", to be active later", [ACTIVE] = "", [INACTIVE] = ", inactive: it does not sign" };
	order_keys(keys);
	for (size_t o = 0; o < ZS_COUNT(order); o++)
		for (size_t i = 0; i < keys->count; i++) {
			const struct zs_key *key = &keys->keys[i];
			const bool sep = key->flags & ZS_DNSKEY_SEP;
			/* with CSK, or when it signed a zone that has no 256 key of the algorithm, a SEP key signs everything */
			bool has_zsk = !zs_facts_replaced_has(facts, key->rdata);
			for (size_t j = 0; j < keys->count; j++)
				has_zsk = has_zsk || (!(keys->keys[j].flags & ZS_DNSKEY_SEP) && keys->keys[j].algorithm == key->algorithm
				                      && stage_of(run, &keys->keys[j]) != GONE);
			if (stage_of(run, key) != order[o])
				continue;
			adopt(run, facts, key, !sep ? ZS_ZSK : zone->policy->csk || !has_zsk ? ZS_CSK : ZS_KSK, order[o]);
			zs_key_use_tags(run, facts, key);
			zs_note(run, "key %u (%s%s) is taken over from the keys directory", key->tag,
			        zs_role_text(facts->keys[facts->key_count - 1].role), words[order[o]]);
		}
	for (size_t i = 0; i < keys->count; i++)
		if (stage_of(run, &keys->keys[i]) == GONE) {
			zs_key_use_tags(run, facts, &keys->keys[i]);
			zs_note(run, "key %u in the keys directory is revoked or deleted; it is not used", keys->keys[i].tag);
		}
}
