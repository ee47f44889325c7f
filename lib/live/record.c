/* record.c - what a person saw at the parent, told by `ds --seen` and `ds --gone`. */
#include "live/live.h"
#include "rollover/rollover.h"

enum { DAY = 86400 };

/* Has the parent been asked to show (or to drop) the key's DS? */
static bool waits(const struct zs_key_facts *key, bool gone)
{
	/* gone before the zone took it back does not count: a parent may have acted on the older wish since */
	return gone ? zs_facts_ds_to_go(key) : zs_facts_ds_to_come(key);
}

/* A DS that was asked for and is known, of the time after that, not to be there. */
static bool is_missing(const struct zs_key_facts *key)
{
	return zs_facts_ds_to_come(key) && key->ds.since && key->ds_gone > key->ds.since;
}

/* A look has shown it, and the wait since then needs another look at its end (zs_is_still_so), but none comes: nobody may look any more,
 * or no look is certain. Then a person may see to it, and the wait begins anew. */
static bool is_orphaned(const struct zs_run *run, const struct zs_policy *policy, const struct zs_parent_facts *parent, const struct zs_key_facts *key,
                        bool gone)
{
	const zs_time known = gone ? key->ds_gone : key->ds_seen;
	if (key->ds.phase != (gone ? ZS_UNRETENTIVE : ZS_RUMOURED) || !known || known > parent->observed)
		return false;
	return !policy->observe_parent || !zs_live_may_ask(run, &policy->observe) || parent->waits_for || run->now - parent->observed > DAY;
}

/* The DS of a key that was taken over is taken to be at the parent, or may be there: nobody has seen it yet. */
static bool is_assumed(const struct zs_key_facts *key)
{
	return (key->ds.phase == ZS_OMNIPRESENT || zs_facts_ds_put_off(key)) && !key->ds_seen && !key->ds_gone;
}

static bool may_record(const struct zs_run *run, const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_key_facts *key, bool gone)
{
	return waits(key, gone) || (gone && zs_facts_ds_to_come(key) && !is_missing(key)) || is_assumed(key) || is_orphaned(run, policy, &facts->parent, key, gone);
}

/* A server still asks for the DS, and a parent that goes by CDS may add it again: what was seen before that ends does not count. */
static bool is_too_early(const struct zs_facts *facts, const struct zs_key_facts *key, bool gone)
{
	return gone && key->ds.phase == ZS_UNRETENTIVE && !key->goal_in && !key->ds.since && !facts->abandoned;
}

static bool refuse_early(struct zs_run *run, const struct zs_facts *facts, const struct zs_key_facts *key)
{
	zs_not_yet(run, "serial %u, which asks for the DS of key %u no more, is not in service everywhere yet: until then a parent that goes by CDS may add it again",
	           facts->published.serial, key->tag);
	zs_hint(run, "delete the DS, run 'zonesign build' until it says that the zone is in service, then say this again");
	return false;
}

static bool refuse(struct zs_run *run, const struct zs_key_facts *key, bool gone)
{
	char since[ZS_TIME_TEXT];
	const zs_time known = gone ? key->ds_gone : key->ds_seen;
	const bool asked = gone ? key->ds.phase == ZS_UNRETENTIVE || is_missing(key) : key->ds.phase == ZS_RUMOURED || key->ds.phase == ZS_OMNIPRESENT;
	if (asked && known) {
		zs_note(run, "the DS of key %u is known to be %s since %s", key->tag, gone ? "gone" : "there", zs_time_short(known, since));
		return true;
	}
	if (gone)
		return zs_not_yet(run, "the DS of key %u is still wanted at the parent: it must not be gone", key->tag);
	return zs_not_yet(run, "the DS of key %u is not wanted at the parent", key->tag);
}

/* What an earlier look at the parent has shown of the key is not so any more. Our tags are used once, so they tell. */
static void forget_ds(struct zs_parent_facts *parent, const struct zs_key_facts *key)
{
	size_t kept = 0;
	for (size_t i = 0; i < parent->ds_count; i++) {
		const struct zs_bytes ds = parent->ds[i];
		if (ds.len < 4 || zs_get_u16(ds.data) != key->tag || ds.data[2] != key->algorithm)
			parent->ds[kept++] = ds;
	}
	parent->ds_count = kept;
}

/* "29907, 41033": the keys that wait, to choose from. */
static const char *list_waiting(struct zs_run *run, const struct zs_facts *facts, bool gone, size_t *count)
{
	const char *list = "";
	*count = 0;
	for (size_t i = 0; i < facts->key_count; i++)
		if ((facts->keys[i].role & ZS_KSK) && waits(&facts->keys[i], gone))
			list = zs_arena_printf(run->arena, "%s%s%u", list, (*count)++ ? ", " : "", facts->keys[i].tag);
	return list;
}

static void set(struct zs_run *run, struct zs_facts *facts, struct zs_key_facts *key, bool gone)
{
	key->ds_seen = gone ? 0 : run->now;
	key->ds_gone = gone ? run->now : 0;
	if (gone)
		forget_ds(&facts->parent, key);
	facts->next_due = run->now;
	ZS_PUSH(run->arena, facts->overrides, facts->override_count, facts->override_room) = (struct zs_override){
		.guard = gone ? "ds-gone" : "ds-seen", .value = zs_arena_printf(run->arena, "%u", key->tag), .time = run->now };
}

bool zs_live_record(struct zs_run *run, const struct zs_policy *policy, struct zs_facts *facts, bool gone, const uint16_t *tag)
{
	size_t found = 0, waiting;
	if (!zs_facts_was_served(facts))
		return zs_not_yet(run, "the zone is not served yet: nothing of it can be at the parent");
	if (facts->made_with_now != run->now_given)
		return zs_refuse(run, "G17", "the state was made with %s: this would mix two times", facts->made_with_now ? "--now" : "the real clock");
	const char *jump = zs_facts_clock_jump(run, facts); /* of when the DS was seen, and caches are waited for from then on */
	if (jump) {
		zs_refuse(run, "G17", "%s", jump);
		zs_hint(run, "see that the clock is right; if it is, run 'zonesign build --accept clock' once, then this again");
		return false;
	}
	zs_rollover_ask_first(policy, facts, run->now);
	/* one that was never entered would count as in place, and the one that is there would be given up for it */
	const char *list = list_waiting(run, facts, gone, &waiting);
	if (!tag && waiting > 1) {
		zs_usage(run, "%zu keys wait for their DS to be %s (%s): which one is it?", waiting, gone ? "gone" : "seen", list);
		zs_hint(run, "tell the tag of each that you saw to: 'zonesign ds --%s TAG %s'", gone ? "gone" : "seen", run->zone_text ? run->zone_text : "ZONE");
		return false;
	}
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *key = &facts->keys[i];
		if (!(key->role & ZS_KSK) || (tag ? key->tag != *tag : !waits(key, gone)))
			continue;
		found++;
		if (is_too_early(facts, key, gone))
			return refuse_early(run, facts, key);
		if (may_record(run, policy, facts, key, gone))
			set(run, facts, key, gone);
		else if (!refuse(run, key, gone))
			return false;
	}
	if (found)
		return true;
	if (tag)
		return zs_usage(run, "the zone has no key %u that signs keys", *tag);
	zs_not_yet(run, "no key waits for its DS to be %s", gone ? "gone" : "seen");
	zs_hint(run, gone ? "'zonesign status' says what each key waits for; of a DS that was never entered, tell the tag: ds --gone TAG"
	                  : "'zonesign status' says what each key waits for; of one that was seen before, tell the tag: ds --seen TAG");
	return false;
}
