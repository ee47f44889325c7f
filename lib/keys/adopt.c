/* adopt.c - keys of others taken over: what their timing metadata (dnssec-keygen, dnssec-settime) let them do. */
#include <string.h>

#include "dns/algorithm.h"
#include "dns/type.h"
#include "keys/key_private.h"

enum stage { FUTURE, ACTIVE, INACTIVE, GONE };

/* Nobody but the zone that is replaced knows whether a key that should be gone has left it. */
static bool is_in_replaced(const struct zs_facts *facts, const struct zs_key *key)
{
	return zs_facts_replaced_has(facts, key->rdata) || zs_facts_replaced_signs(facts, key->algorithm, key->tag, ZS_TYPE_SOA);
}

static enum stage stage_of(const struct zs_run *run, const struct zs_facts *facts, const struct zs_key *key)
{
	const struct zs_key_times *t = &key->times;
	if ((t->revoke && t->revoke <= run->now) || key->flags & ZS_DNSKEY_REVOKE)
		return GONE;
	if (t->remove && t->remove <= run->now)
		return is_in_replaced(facts, key) ? INACTIVE : GONE;
	if (t->inactive && t->inactive <= run->now)
		return INACTIVE;
	return t->activate > run->now || t->publish > run->now ? FUTURE : ACTIVE;
}

/* The DS of a key that signs the DNSKEYs of the zone that is replaced, also of one that is on its way out: the first such key's is taken
 * to be at the parent, until a look shows that it is not. In the middle of a roll there are others, and nobody knows how far it was:
 * theirs have to be seen before one of them leaves. No chain that somebody may rely on is given up unasked. */
static struct zs_record_state ds_of(const struct zs_run *run, const struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++)
		if (zs_in_zone(facts->keys[i].ds.phase))
			return (struct zs_record_state){ .phase = ZS_RUMOURED, .since = run->now };
	return (struct zs_record_state){ .phase = ZS_OMNIPRESENT, .since = run->now };
}

static zs_time lead_of(const struct zs_zone_config *zone, const struct zs_facts *facts)
{
	zs_time ttl = zone->policy->dnskey_ttl;
	for (size_t i = 0; i < facts->ttl_count; i++)
		if (facts->ttls[i].dnskey)
			ttl = zs_time_later(ttl, facts->ttls[i].ttl);
	return ttl + zone->policy->propagation_zone + zone->policy->safety;
}

static bool signs_keys(const struct zs_facts *facts, const struct zs_key *key)
{
	return zs_facts_replaced_has(facts, key->rdata) && zs_facts_replaced_signs(facts, key->algorithm, key->tag, ZS_TYPE_DNSKEY);
}

/* Was it published so lately that caches may have DNSKEYs without it? Its date says so, unless it is the one that all else rests on. */
static bool is_fresh(const struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_keyset *keys,
                     const struct zs_key *key)
{
	bool rests = !(key->flags & ZS_DNSKEY_SEP);
	for (size_t i = 0; i < keys->count; i++)
		rests = rests || (signs_keys(facts, &keys->keys[i]) && keys->keys[i].times.publish < key->times.publish);
	return rests && key->times.publish && key->times.publish + lead_of(zone, facts) > run->now
	    && !zs_facts_replaced_signs(facts, key->algorithm, key->tag, ZS_TYPE_SOA);
}

static bool is_past(const struct zs_run *run, zs_time time)
{
	return time && time <= run->now;
}

static bool has_dnskey(const struct zs_run *run, const struct zs_key *key)
{
	return is_past(run, key->times.publish) && !is_past(run, key->times.remove) && !is_past(run, key->times.revoke) && !(key->flags & ZS_DNSKEY_REVOKE);
}

static bool is_in_use(const struct zs_run *run, const struct zs_key *key)
{
	return is_past(run, key->times.activate) && !is_past(run, key->times.inactive) && !is_past(run, key->times.revoke) && !(key->flags & ZS_DNSKEY_REVOKE);
}

/* The key that signs the zone in its algorithm, as the dates have it: the one in use for longest, and a ZSK if there is any. */
static bool signs_by_date(const struct zs_run *run, const struct zs_keyset *keys, const struct zs_key *key)
{
	const struct zs_key *first = NULL;
	for (size_t i = 0; i < keys->count; i++) { /* in the order of their activation */
		const struct zs_key *other = &keys->keys[i];
		if (other->algorithm == key->algorithm && is_in_use(run, other)
		    && (!first || (first->flags & ZS_DNSKEY_SEP && !(other->flags & ZS_DNSKEY_SEP))))
			first = other;
	}
	return first == key;
}

static void add_signer(struct zs_run *run, struct zs_replaced *out, const struct zs_key *key, uint16_t covered)
{
	ZS_PUSH(run->arena, out->signers, out->signer_count, out->signer_room) =
	    (struct zs_replaced_signer){ .covered = covered, .algorithm = key->algorithm, .tag = key->tag };
}

/* Neither the state nor the output is there, and a key was published so long ago that its DS may be at the parent: then caches may hold a
 * zone signed with these keys. What that looked like, only their dates can tell. */
static bool replace_by_dates(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts, const struct zs_keyset *keys)
{
	struct zs_replaced replaced = { .present = true };
	bool served = false, signed_zone = false;
	for (size_t i = 0; i < keys->count; i++) {
		const struct zs_key *key = &keys->keys[i];
		const bool published = has_dnskey(run, key), sep = key->flags & ZS_DNSKEY_SEP;
		if (published) {
			ZS_PUSH(run->arena, replaced.dnskeys, replaced.dnskey_count, replaced.dnskey_room) = key->rdata;
			if (sep) { /* also a CSK that signs nothing else any more */
				add_signer(run, &replaced, key, ZS_TYPE_DNSKEY);
				served = served || key->times.publish + lead_of(zone, facts) <= run->now;
			}
		}
		if (signs_by_date(run, keys, key)) {
			add_signer(run, &replaced, key, ZS_TYPE_SOA);
			signed_zone = signed_zone || published;
		}
	}
	if (!served || !signed_zone)
		return false;
	facts->replaced = replaced;
	zs_note(run, "neither the state of the zone nor its output is there: which of its keys sign, and which are to come, is taken from the dates in their files");
	zs_hint(run, "the serial begins anew, too: if a server of the zone has a higher one, give the zone file one above it");
	return true;
}

/* Another key of the algorithm has signed the zone till now, or goes on to: some of what caches get until now may have its signatures alone
 * (BIND exchanges them bit by bit, for days). */
static bool has_former(const struct zs_facts *facts, const struct zs_key *key)
{
	for (size_t i = 0; i < facts->key_count; i++)
		if (facts->keys[i].algorithm == key->algorithm && (zs_in_zone(facts->keys[i].zrrsig.phase) || facts->keys[i].zrrsig.phase == ZS_UNRETENTIVE))
			return true;
	return false;
}

/* What validators know of the key from the zone that is replaced: what that has of it is in use. In a change of algorithm signatures come
 * before the DNSKEY, and go after it. */
static void take_over(const struct zs_run *run, const struct zs_facts *facts, const struct zs_key *key, enum stage stage, bool fresh,
                      bool dated, struct zs_key_facts *fact)
{
	const struct zs_record_state hidden = { .phase = ZS_HIDDEN }, in = { .phase = ZS_OMNIPRESENT, .since = run->now },
	                             left = { .phase = ZS_UNRETENTIVE, .since = run->now, .complete = true }, comes = { .phase = ZS_RUMOURED, .since = run->now },
	                             perhaps = { .phase = ZS_UNRETENTIVE, .since = run->now }, /* asked for anew, when no cache holds an unsigned zone */
	                             lately = { .phase = ZS_RUMOURED, .since = key->times.publish },
	                             /* before it signed another may have, whose signatures caches hold */
	                             active = { .phase = ZS_RUMOURED, .since = key->times.activate };
	const bool published = zs_facts_replaced_has(facts, key->rdata), inactive = stage == INACTIVE;
	const bool signs_zone = zs_facts_replaced_signs(facts, key->algorithm, key->tag, ZS_TYPE_SOA);
	fact->dnskey = published ? fresh ? lately : in : inactive ? left : hidden;
	if (fact->role & ZS_KSK) {
		fact->krrsig = signs_keys(facts, key) ? fresh ? lately : in : hidden;
		fact->ds = !signs_keys(facts, key) || fresh ? hidden : dated ? perhaps : ds_of(run, facts);
	}
	if (fact->role & ZS_ZSK)
		fact->zrrsig = !signs_zone ? inactive ? left : hidden : inactive || (published && !active.since) ? in : (published || dated) && !has_former(facts, key) ? active : comes;
}

/* Nothing was served by us yet, so all is hidden and comes in with the first publication; but an inactive key has signed
 * what caches hold: its DNSKEY stays until they have forgotten. */
static void adopt(struct zs_run *run, struct zs_facts *facts, const struct zs_key *key, enum zs_key_role role, enum stage stage,
                  bool fresh, bool dated)
{
	const struct zs_record_state hidden = { .phase = ZS_HIDDEN }, none = { .phase = ZS_NA }, in = { .phase = ZS_OMNIPRESENT, .since = run->now },
	                             left = { .phase = ZS_UNRETENTIVE, .complete = true };
	const bool inactive = stage == INACTIVE;
	struct zs_key_facts fact = { .tag = key->tag, .algorithm = key->algorithm, .role = role, .goal_in = !inactive, .created = key->created,
		                     .dnskey = inactive ? in : hidden, .krrsig = none, .zrrsig = none, .ds = none };
	memcpy(fact.id, key->id, sizeof fact.id);
	if (role & ZS_KSK) {
		fact.krrsig = inactive ? in : hidden;
		fact.ds = hidden;
	}
	if (role & ZS_ZSK)
		fact.zrrsig = inactive ? left : hidden;
	fact.retired = inactive ? run->now : 0;
	fact.activate = stage == FUTURE ? key->times.activate : 0;
	if (dated && inactive && signs_keys(facts, key)) { /* whether its DS is there yet, nobody knows: it leaves when that of another is */
		fact.goal_in = true;
		fact.retired = 0;
	}
	if (stage != FUTURE && facts->replaced.present)
		take_over(run, facts, key, stage, fresh, dated, &fact);
	ZS_PUSH(run->arena, facts->keys, facts->key_count, facts->key_room) = fact;
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
	const bool dated = !facts->replaced.present && replace_by_dates(run, zone, facts, keys);
	for (size_t o = 0; o < ZS_COUNT(order); o++)
		for (size_t i = 0; i < keys->count; i++) {
			const struct zs_key *key = &keys->keys[i];
			const bool sep = key->flags & ZS_DNSKEY_SEP;
			/* with CSK, or when it signed all of the zone that is replaced, without a 256 key of the algorithm, a SEP key signs everything */
			bool has_zsk = !zs_facts_replaced_signs(facts, key->algorithm, key->tag, ZS_TYPE_SOA);
			for (size_t j = 0; j < keys->count; j++)
				has_zsk = has_zsk || (!(keys->keys[j].flags & ZS_DNSKEY_SEP) && keys->keys[j].algorithm == key->algorithm
				                      && zs_facts_replaced_signs(facts, key->algorithm, keys->keys[j].tag, ZS_TYPE_SOA));
			if (stage_of(run, facts, key) != order[o])
				continue;
			adopt(run, facts, key, !sep ? ZS_ZSK : zone->policy->csk || !has_zsk ? ZS_CSK : ZS_KSK, order[o],
			      is_fresh(run, zone, facts, keys, key), dated);
			zs_key_use_tags(run, facts, key);
			const struct zs_key_facts *fact = &facts->keys[facts->key_count - 1];
			zs_note(run, "key %u (%s%s) is taken over from the keys directory%s", key->tag, zs_role_text(fact->role), words[order[o]],
			        fact->ds.phase == ZS_OMNIPRESENT ? "; its DS is taken to be at the parent" : "");
			if (fact->ds.phase == ZS_OMNIPRESENT && !zone->policy->observe_parent)
				zs_hint(run, "if the parent has none of it, say so: 'zonesign ds --gone %u %s'", key->tag, zone->name_text);
		}
	for (size_t i = 0; i < keys->count; i++)
		if (stage_of(run, facts, &keys->keys[i]) == GONE) {
			zs_key_use_tags(run, facts, &keys->keys[i]);
			zs_note(run, "key %u in the keys directory is revoked or deleted; it is not used", keys->keys[i].tag);
		}
}
