/* moves.c - the loop: a move is made when the goal wants it and order, rules and time allow it. */
#include <stdarg.h>

#include "rollover/rollover_private.h"

bool zs_wait(struct zs_engine *e, const struct zs_key_facts *key, zs_time when, const char *format, ...)
{
	if (!e->explain)
		return false;
	va_list args;
	va_start(args, format);
	ZS_PUSH(e->run->arena, e->plan->reasons, e->plan->reason_count, e->plan->reason_room) =
	    (struct zs_plan_reason){ .key = key, .when = when, .text = zs_arena_vprintf(e->run->arena, format, args) };
	va_end(args);
	return false;
}

const char *zs_key_title(const struct zs_engine *e, const struct zs_key_facts *key)
{
	const char *role = key->role == ZS_KSK ? "KSK" : key->role == ZS_ZSK ? "ZSK" : "CSK";
	return key->tag ? zs_arena_printf(e->run->arena, "%s %u", role, key->tag) : zs_arena_printf(e->run->arena, "the new %s", role);
}

static const char *part_title(enum zs_part part)
{
	static const char *const titles[] = { [ZS_PART_DNSKEY] = "the DNSKEY", [ZS_PART_KRRSIG] = "the signature over the DNSKEYs",
		                              [ZS_PART_ZRRSIG] = "the signatures", [ZS_PART_DS] = "the DS" };
	return titles[part];
}

/* Does the zone have DNSKEYs of the algorithm, other than those that come in with the next publication? */
static bool is_new_algorithm(const struct zs_engine *e, uint8_t algorithm)
{
	for (size_t i = 0; i < e->facts->key_count; i++) {
		const struct zs_key_facts *key = &e->facts->keys[i];
		if (key->algorithm == algorithm && (key->dnskey.phase == ZS_OMNIPRESENT || key->dnskey.phase == ZS_UNRETENTIVE
		                                    || (key->dnskey.phase == ZS_RUMOURED && key->dnskey.since)))
			return false;
	}
	return true;
}

/* A new algorithm shows its DNSKEYs only after its signatures are everywhere: RFC 6840 section 5.11 binds the signer. */
static bool may_enter_dnskey(struct zs_engine *e, const struct zs_key_facts *key)
{
	if (zs_zone_is_insecure(e) || !is_new_algorithm(e, key->algorithm))
		return true;
	for (size_t i = 0; i < e->facts->key_count; i++) {
		const struct zs_key_facts *signer = &e->facts->keys[i];
		if (signer->algorithm == key->algorithm && signer->goal_in && signer->zrrsig.phase == ZS_OMNIPRESENT)
			return true;
	}
	return zs_wait(e, key, 0, "the DNSKEY of %s waits until the signatures of its algorithm are in every cache", zs_key_title(e, key));
}

static bool may_enter_zrrsig(struct zs_engine *e, const struct zs_key_facts *key)
{
	for (size_t i = 0; i < e->facts->key_count; i++) {
		const struct zs_key_facts *other = &e->facts->keys[i];
		if (other != key && other->algorithm == key->algorithm && other->goal_in && zs_in_zone(other->zrrsig.phase))
			return zs_wait(e, key, key->activate > e->now ? key->activate : 0, "%s signs the zone once %s has gone out of use",
			               zs_key_title(e, key), zs_key_title(e, other));
	}
	if (zs_zone_is_insecure(e) || is_new_algorithm(e, key->algorithm) || key->dnskey.phase == ZS_OMNIPRESENT)
		return true;
	return zs_wait(e, key, 0, "%s signs the zone once its DNSKEY is in every cache", zs_key_title(e, key));
}

static bool may_enter_ds(struct zs_engine *e, const struct zs_key_facts *key)
{
	zs_time until = 0;
	for (size_t i = 0; i < e->facts->key_count; i++) /* that of a new key, too */
		if (zs_facts_ds_put_off(&e->facts->keys[i]))
			until = zs_time_later(until, zs_unsigned_until(e->policy, e->facts, e->ttls, &e->facts->keys[i]));
	if (!e->facts->published.known)
		return false;
	if (until > e->now && !e->facts->abandoned)
		return zs_wait(e, key, until, "the DS of %s waits until no cache holds the zone as it was before it was taken over", zs_key_title(e, key));
	if (e->facts->abandoned || (key->dnskey.phase == ZS_OMNIPRESENT && key->krrsig.phase == ZS_OMNIPRESENT))
		return true;
	return zs_wait(e, key, 0, "the DS of %s waits until its DNSKEY is in every cache", zs_key_title(e, key));
}

/* The order of coming in. */
static bool may_enter(struct zs_engine *e, const struct zs_key_facts *key, enum zs_part part)
{
	switch (part) {
	case ZS_PART_DNSKEY:
		return may_enter_dnskey(e, key);
	case ZS_PART_KRRSIG:
		return zs_in_zone(key->dnskey.phase);
	case ZS_PART_ZRRSIG:
		return !key->standby && may_enter_zrrsig(e, key); /* one that stands by is not used before it is promoted */
	default:
		return may_enter_ds(e, key);
	}
}

/* The rules that a record of this kind may break, as a set of bits. */
static unsigned broken_rules(const struct zs_engine *e, const struct zs_key_facts *key, enum zs_part part)
{
	unsigned broken = 0;
	if (part == ZS_PART_DS && !zs_in_zone(key->ds.phase)) /* taking a DS away is about rule 1 alone */
		return zs_rule_ds_stays(e, key) ? 0 : 1;
	if (!e->facts->abandoned && part != ZS_PART_ZRRSIG && !zs_rule_chain(key))
		broken |= 2;
	if (part != ZS_PART_KRRSIG && !zs_rule_signatures(e))
		broken |= 4;
	return broken;
}

static bool wait_for_rule(struct zs_engine *e, const struct zs_key_facts *key, enum zs_part part, unsigned rule)
{
	static const char *const why[] = { [1] = "no other DS is at the parent", [2] = "caches may hold its DS",
		                           [4] = "caches may hold what only it signed, or has signed" };
	return zs_wait(e, key, 0, "%s of %s stays as it is: %s", part_title(part), zs_key_title(e, key), why[rule & 1 ? 1 : rule & 2 ? 2 : 4]);
}

/* Make the move if no rule is broken by it. What is broken before may be left; but nothing is withdrawn while the rule that
 * it is about stays broken. */
static bool move_to(struct zs_engine *e, struct zs_key_facts *key, enum zs_part part, struct zs_record_state next)
{
	struct zs_record_state *record = zs_part(key, part), before = *record;
	const unsigned broken = broken_rules(e, key, part);
	*record = next;
	const unsigned now_broken = broken_rules(e, key, part);
	if (!(now_broken & ~broken) && !(next.phase == ZS_UNRETENTIVE && now_broken))
		return true;
	*record = before;
	return wait_for_rule(e, key, part, now_broken);
}

static bool enter(struct zs_engine *e, struct zs_key_facts *key, enum zs_part part)
{
	return may_enter(e, key, part) && move_to(e, key, part, (struct zs_record_state){ .phase = ZS_RUMOURED });
}

static struct zs_record_state withdrawn(const struct zs_engine *e, struct zs_key_facts *key, enum zs_part part)
{
	const struct zs_record_state *record = zs_part(key, part);
	struct zs_record_state next = { .phase = ZS_UNRETENTIVE, .complete = record->phase == ZS_OMNIPRESENT };
	if (record->phase == ZS_RUMOURED) {
		const zs_time settled = zs_settles_at(e, key, part);
		next.complete = settled && settled <= e->now;
		next.from = record->since;
	}
	return next;
}

/* DNSKEYs of an algorithm need one of it that signs them (RFC 4035 section 2.2, G7): the last such key leaves with all others of the
 * algorithm, or stays. May they leave now? */
static bool may_leave_last(struct zs_engine *e, struct zs_key_facts *key)
{
	struct zs_facts *facts = e->facts;
	struct zs_record_state *before = zs_arena_array(e->run->arena, facts->key_count + 1, sizeof *before);
	const struct zs_key_facts *stays = NULL;
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *other = &facts->keys[i];
		before[i] = other->dnskey;
		if (other->algorithm != key->algorithm || !zs_in_zone(other->dnskey.phase))
			continue;
		if (other != key && zs_in_zone(other->krrsig.phase))
			return true; /* not the last */
		if (other != key)
			stays = other;
	}
	if (!stays)
		return true;
	for (size_t i = 0; i < facts->key_count; i++)
		if (facts->keys[i].algorithm == key->algorithm && zs_in_zone(before[i].phase) && !facts->keys[i].goal_in)
			facts->keys[i].dnskey = withdrawn(e, &facts->keys[i], ZS_PART_DNSKEY);
	bool ok = zs_rule_signatures(e);
	for (size_t i = 0; i < facts->key_count; i++) {
		ok = ok && !(facts->keys[i].algorithm == key->algorithm && zs_in_zone(facts->keys[i].dnskey.phase));
		facts->keys[i].dnskey = before[i];
	}
	return ok || zs_wait(e, key, 0, "%s stays until %s of its algorithm can leave with it", zs_key_title(e, key), zs_key_title(e, stays));
}

static bool leave(struct zs_engine *e, struct zs_key_facts *key, enum zs_part part)
{
	if (!e->facts->published.known)
		return false; /* an adopted key that is on its way out: what of it is still needed, the first publication shows */
	/* a signature over the DNSKEY RRset by a key that is not in it is no use to anybody */
	if (part == ZS_PART_KRRSIG && zs_in_zone(key->dnskey.phase))
		return false;
	if (part == ZS_PART_DNSKEY && zs_in_zone(key->krrsig.phase) && !may_leave_last(e, key))
		return false;
	return move_to(e, key, part, withdrawn(e, key, part));
}

static bool wait_for_parent(struct zs_engine *e, const struct zs_key_facts *key)
{
	e->plan->ask_parent = true;
	if (key->ds.phase == ZS_RUMOURED)
		return zs_wait(e, key, 0, "the DS of %s has not been seen at the parent", zs_key_title(e, key));
	return zs_wait(e, key, 0, "the DS of %s has not been seen gone from the parent", zs_key_title(e, key));
}

/* Out of the uncertain state, by time. */
static bool settle(struct zs_engine *e, struct zs_key_facts *key, enum zs_part part)
{
	struct zs_record_state *record = zs_part(key, part);
	const bool in = record->phase == ZS_RUMOURED;
	const zs_time at = zs_settles_at(e, key, part);
	e->plan->step_due = e->plan->step_due || (!at && !record->since && e->facts->published.served_since);
	if (!at && part == ZS_PART_DS)
		return wait_for_parent(e, key);
	if (!at && record->version)
		return zs_wait(e, key, 0, "%s of %s: not every server is known to have serial %u or a later one", part_title(part), zs_key_title(e, key), record->version);
	if (!at) /* decided, and in no zone that is served: that is published and not served, or no build has come since */
		return zs_wait(e, key, 0, "%s of %s: %s", part_title(part), zs_key_title(e, key),
		               e->facts->published.served_since ? "the next build makes that step" : "the zone is not in service yet");
	if (at > e->now)
		return zs_wait(e, key, at, "%s of %s %s", part_title(part), zs_key_title(e, key),
		               !in ? "may still be in a cache" : part == ZS_PART_ZRRSIG ? "are not in every cache yet" : "is not in every cache yet");
	if (part == ZS_PART_DS && !zs_is_still_so(e, key, at)) {
		e->plan->ask_parent = true;
		if (e->policy->observe_parent)
			return zs_wait(e, key, 0, "the DS of %s: the parent has to be looked at again", zs_key_title(e, key));
		return zs_wait(e, key, 0, "the DS of %s: say by 'zonesign ds --%s %u' that it is still %s; nobody looks at the parent any more",
		               zs_key_title(e, key), in ? "seen" : "gone", key->tag, in ? "there" : "gone");
	}
	*record = (struct zs_record_state){ .phase = in ? ZS_OMNIPRESENT : ZS_HIDDEN, .since = at };
	if (in && part == ZS_PART_DNSKEY)
		key->was_omnipresent = true;
	return true;
}

static bool move(struct zs_engine *e, struct zs_key_facts *key, enum zs_part part)
{
	switch (zs_part(key, part)->phase) {
	case ZS_HIDDEN:
		return key->goal_in && enter(e, key, part);
	case ZS_RUMOURED:
		/* what cannot leave yet may still get its date: two that hold each other leave once they are everywhere */
		return (!key->goal_in && leave(e, key, part)) || settle(e, key, part);
	case ZS_OMNIPRESENT:
		return !key->goal_in && leave(e, key, part);
	case ZS_UNRETENTIVE:
		return key->goal_in ? enter(e, key, part) : settle(e, key, part);
	case ZS_NA:
	default:
		return false;
	}
}

bool zs_moves_make(struct zs_engine *e)
{
	bool moved = false;
	for (size_t i = 0; i < e->facts->key_count; i++)
		for (int part = 0; part < ZS_PARTS; part++)
			moved = move(e, &e->facts->keys[i], (enum zs_part)part) || moved;
	return moved;
}
