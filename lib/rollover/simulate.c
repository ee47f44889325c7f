/* simulate.c - the engine run forward: what `roll --simulate` prints. The parent of this world does at once what it is
 * asked, and a build runs at each date that a plan names. */
#include <string.h>

#include "rollover/rollover_private.h"

enum { STEPS_MAX = 4096, BUILD_TAKES = 60 };

struct simulation {
	struct zs_run *run;  /* of the caller: events live there */
	struct zs_run *own;  /* the clock of the simulation */
	struct zs_facts *facts;
	unsigned made;       /* keys */
	struct zs_roll_event *events;
	size_t count, room;
};

static void say(struct simulation *s, const struct zs_key_facts *key, const char *format)
{
	const char *role = key->role == ZS_KSK ? "KSK" : key->role == ZS_ZSK ? "ZSK" : "CSK";
	const char *title = key->tag ? zs_arena_printf(s->run->arena, "%s %u", role, key->tag)
	                             : zs_arena_printf(s->run->arena, "new %s (%u)", role, zs_get_u32(key->id + 1));
	const char *at = strchr(format, '%');
	ZS_PUSH(s->run->arena, s->events, s->count, s->room) = (struct zs_roll_event){
		.time = s->own->now, .text = zs_arena_printf(s->run->arena, "%.*s%s%s", (int)(at - format), format, title, at + 1) };
}

/* New keys get an id, so that they are not made again. */
static void make_keys(struct simulation *s)
{
	for (size_t i = 0; i < s->facts->key_count; i++)
		if (zs_key_is_unmade(&s->facts->keys[i])) {
			s->facts->keys[i].id[0] = 1;
			zs_put_u32(s->facts->keys[i].id + 1, ++s->made);
			s->facts->keys[i].created = s->own->now;
		}
}

static const struct zs_key_facts *before_of(const struct zs_key_facts *before, size_t count, const uint8_t id[32])
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(before[i].id, id, 32) == 0)
			return &before[i];
	return NULL;
}

static void tell(struct simulation *s, const struct zs_key_facts *was, const struct zs_key_facts *key)
{
	static const struct zs_key_facts nothing = { 0 };
	if (!was)
		was = &nothing;
	const bool in = zs_in_zone(key->dnskey.phase), was_in = zs_in_zone(was->dnskey.phase);
	const bool signs = zs_in_zone(key->zrrsig.phase), did_sign = zs_in_zone(was->zrrsig.phase);
	const bool ds = zs_in_zone(key->ds.phase), had_ds = zs_in_zone(was->ds.phase);
	if (in && !was_in)
		say(s, key, "the DNSKEY of % is published");
	if (signs && !did_sign)
		say(s, key, "% signs the zone");
	if (ds && !had_ds)
		say(s, key, "you: give the parent the DS of %; keep those that are there");
	if (!ds && had_ds)
		say(s, key, "you: remove the DS of % at the parent");
	if (!signs && did_sign)
		say(s, key, "% signs the zone no more");
	if (!in && was_in)
		say(s, key, "the DNSKEY of % is withdrawn");
	if (key->removed && !was->removed)
		say(s, key, "% is in no cache any more");
}

static bool obey_parent(struct simulation *s)
{
	bool changed = false;
	for (size_t i = 0; i < s->facts->key_count; i++) {
		struct zs_key_facts *key = &s->facts->keys[i];
		const bool add = zs_facts_ds_to_come(key), take = zs_facts_ds_to_go(key);
		if (add || take) {
			key->ds_seen = add ? s->own->now : 0;
			key->ds_gone = take ? s->own->now : 0;
			changed = true;
		}
	}
	return changed;
}

bool zs_rollover_simulate(struct zs_run *run, const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls,
                          zs_seconds span, const struct zs_roll_event **out, size_t *count)
{
	struct simulation s = { .run = run, .own = zs_run_begin() };
	const zs_time end = run->now + span;
	struct zs_plan *plan;
	s.own->now = run->now;
	s.facts = zs_facts_copy(s.own->arena, facts);
	for (int step = 0; step < STEPS_MAX && s.own->now <= end; step++) {
		const size_t before_count = s.facts->key_count;
		struct zs_key_facts *before = zs_arena_array(s.own->arena, before_count, sizeof *before);
		if (before_count)
			memcpy(before, s.facts->keys, before_count * sizeof *before);
		if (!zs_rollover_plan(s.own, policy, s.facts, ttls, &plan)) /* a bug in zonesign */
			break; /* a bug in zonesign */
		make_keys(&s);
		for (size_t i = 0; i < s.facts->key_count; i++)
			tell(&s, before_of(before, before_count, s.facts->keys[i].id), &s.facts->keys[i]);
		zs_rollover_published(s.own, s.facts, policy, ttls);
		zs_rollover_served(s.facts, policy, s.own->now);
		if (obey_parent(&s)) {
			s.own->now += BUILD_TAKES;
			continue;
		}
		if (!zs_rollover_outlook(s.own, policy, s.facts, ttls, &plan)) /* a bug in zonesign */
			break; /* a bug in zonesign */
		if (!plan->next_due)
			break;
		s.own->now = plan->next_due;
	}
	const bool ok = s.own->fault == ZS_DONE;
	zs_run_end(s.own);
	*out = s.events;
	*count = s.count;
	return ok || zs_fail(run, "the simulation failed: a bug in zonesign");
}
