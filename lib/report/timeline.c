/* timeline.c - who was, is and will be in which state, for the picture: the engine run forward over a copy of the facts. */
#include <stdlib.h>
#include <string.h>

#include "report/report_private.h"

enum { STEPS_MAX = 1000, SPANS_MAX = 4000, PARTS = 4, BUILD_TAKES = 60 };

struct track {
	uint8_t id[32];
	const char *title;
	enum zs_record_phase phase[PARTS];
	zs_time since[PARTS]; /* where the span that is open begins */
};

struct draw {
	struct zs_run *run;          /* the caller's: what is kept lives there */
	struct zs_run *own;          /* the clock of the future */
	struct zs_status_timeline *out;
	struct track *tracks;
	size_t count, room;
	struct zs_status_span *spans;
	size_t span_count, span_room;
	struct zs_status_event *events;
	size_t event_count, event_room;
	unsigned made;
};

static const struct zs_record_state *part_of(const struct zs_key_facts *key, unsigned part)
{
	const struct zs_record_state *const parts[PARTS] = { &key->dnskey, &key->krrsig, &key->zrrsig, &key->ds };
	return parts[part];
}

static void add_event(struct draw *d, zs_time time, bool person, const char *text)
{
	ZS_PUSH(d->run->arena, d->events, d->event_count, d->event_room) =
	    (struct zs_status_event){ .time = time, .person = person, .past = time <= d->run->now, .text = text };
}

static void close_span(struct draw *d, size_t key, unsigned part, zs_time to)
{
	const struct track *t = &d->tracks[key];
	if (t->phase[part] == ZS_NA || t->phase[part] == ZS_HIDDEN || t->since[part] >= to || d->span_count >= SPANS_MAX)
		return;
	ZS_PUSH(d->run->arena, d->spans, d->span_count, d->span_room) =
	    (struct zs_status_span){ .key = key, .part = part, .phase = t->phase[part], .from = t->since[part], .to = to };
}

static struct track *track_of(struct draw *d, const struct zs_key_facts *key)
{
	for (size_t i = 0; i < d->count; i++)
		if (memcmp(d->tracks[i].id, key->id, sizeof key->id) == 0)
			return &d->tracks[i];
	const char *role = key->role == ZS_KSK ? "KSK" : key->role == ZS_ZSK ? "ZSK" : "CSK";
	struct track *t = &ZS_PUSH(d->run->arena, d->tracks, d->count, d->room);
	*t = (struct track){ .title = key->tag ? zs_arena_printf(d->run->arena, "%s %u", role, key->tag)
		                               : zs_arena_printf(d->run->arena, "new %s (%u)", role, zs_get_u32(key->id + 1)) };
	memcpy(t->id, key->id, sizeof t->id);
	return t;
}

/* What a change of state means for people. */
static void tell(struct draw *d, const struct track *t, unsigned part, enum zs_record_phase phase)
{
	struct zs_arena *arena = d->run->arena;
	const bool in = zs_in_zone(phase), was = zs_in_zone(t->phase[part]);
	if (in == was)
		return;
	if (part == 3)
		add_event(d, d->own->now, true, zs_arena_printf(arena, in ? "you give the parent the DS of %s" : "you delete the DS of %s at the parent", t->title));
	else if (part == 0)
		add_event(d, d->own->now, false, zs_arena_printf(arena, in ? "%s is published" : "%s is withdrawn", t->title));
	else if (part == 2)
		add_event(d, d->own->now, false, zs_arena_printf(arena, in ? "%s signs the zone" : "%s signs the zone no more", t->title));
}

/* The states at this instant of the future; first: the facts as they are, whose spans begin when they say. */
static void sample(struct draw *d, const struct zs_facts *facts, bool first)
{
	for (size_t k = 0; k < facts->key_count; k++) {
		const struct zs_key_facts *key = &facts->keys[k];
		struct track *t = track_of(d, key);
		for (unsigned part = 0; part < PARTS; part++) {
			const struct zs_record_state *state = part_of(key, part);
			if (state->phase == t->phase[part])
				continue;
			if (first) {
				t->since[part] = state->since ? state->since : d->run->now;
			} else {
				tell(d, t, part, state->phase);
				close_span(d, (size_t)(t - d->tracks), part, d->own->now);
				t->since[part] = d->own->now;
			}
			t->phase[part] = state->phase;
		}
	}
}

static void make_keys(struct draw *d, struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++)
		if (zs_key_is_unmade(&facts->keys[i])) {
			facts->keys[i].id[0] = 1;
			zs_put_u32(facts->keys[i].id + 1, ++d->made);
			facts->keys[i].created = d->own->now;
		}
}

static bool obey(struct zs_facts *facts, zs_time now)
{
	bool changed = false;
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *key = &facts->keys[i];
		const bool add = zs_facts_ds_to_come(key);
		const bool take = zs_facts_ds_to_go(key);
		if (add || take) {
			key->ds_seen = add ? now : 0;
			key->ds_gone = take ? now : 0;
			changed = true;
		}
	}
	return changed;
}

static bool run_forward(struct draw *d, const struct zs_policy *policy, struct zs_facts *facts, const struct zs_ttls *ttls, zs_time end)
{
	for (int step = 0; step < STEPS_MAX && d->own->now <= end; step++) {
		struct zs_plan *plan;
		facts->parent.observed = d->own->now; /* each build looks, and sees what it did before */
		if (!zs_rollover_plan(d->own, policy, facts, ttls, &plan))
			return false;
		make_keys(d, facts);
		zs_rollover_published(d->own, facts, policy, ttls);
		zs_rollover_served(facts, policy, d->own->now);
		sample(d, facts, false);
		if (obey(facts, d->own->now)) {
			d->own->now += BUILD_TAKES;
			continue;
		}
		if (!zs_rollover_outlook(d->own, policy, facts, ttls, &plan))
			return false;
		if (!plan->next_due || plan->next_due <= d->own->now)
			break;
		d->own->now = plan->next_due;
	}
	return true;
}

/* `ds --seen` has an event of its own. */
static bool told_by_hand(const struct zs_facts *facts, zs_time time)
{
	for (size_t i = 0; i < facts->override_count; i++)
		if (facts->overrides[i].time == time && strcmp(facts->overrides[i].guard, "ds-seen") == 0)
			return true;
	return false;
}

static void add_past(struct draw *d, const struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		const char *title = track_of(d, key)->title;
		struct zs_arena *arena = d->run->arena;
		if (key->created)
			add_event(d, key->created, false, zs_arena_printf(arena, "%s is made", title));
		if (key->active && key->role & ZS_ZSK)
			add_event(d, key->active, false, zs_arena_printf(arena, "%s signs the zone", title));
		if (key->ds_seen && !told_by_hand(facts, key->ds_seen))
			add_event(d, key->ds_seen, true, zs_arena_printf(arena, "the DS of %s is seen at the parent", title));
		if (key->retired)
			add_event(d, key->retired, false, zs_arena_printf(arena, "%s is to leave", title));
	}
	for (size_t i = 0; i < facts->override_count; i++) {
		const struct zs_override *o = &facts->overrides[i];
		const char *what = strcmp(o->guard, "ds-seen") == 0 ? "you say that the parent has the DS of key"
		                 : strcmp(o->guard, "ds-gone") == 0 ? "you say that the parent has no DS any more of key"
		                                                    : zs_arena_printf(d->run->arena, "you override the guard %s:", o->guard);
		add_event(d, o->time, true, zs_arena_printf(d->run->arena, "%s %s", what, o->value));
	}
}

/* What a person has been asked for and has not done yet is due today. */
static void add_due(struct draw *d, const struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		const char *title = track_of(d, key)->title;
		if (zs_facts_ds_to_come(key))
			add_event(d, d->run->now + 1, true, zs_arena_printf(d->run->arena, "now: you give the parent the DS of %s", title));
		else if (zs_facts_ds_to_go(key))
			add_event(d, d->run->now + 1, true, zs_arena_printf(d->run->arena, "now: you delete the DS of %s at the parent", title));
	}
}

static int by_time(const void *a, const void *b)
{
	const struct zs_status_event *x = a, *y = b;
	return (x->time > y->time) - (x->time < y->time);
}

static void finish(struct draw *d, zs_time end)
{
	struct zs_status_timeline *out = d->out;
	const char **titles = zs_arena_array(d->run->arena, d->count + 1, sizeof *titles);
	for (size_t i = 0; i < d->count; i++) {
		titles[i] = d->tracks[i].title;
		for (unsigned part = 0; part < PARTS; part++)
			close_span(d, i, part, end);
	}
	if (d->event_count)
		qsort(d->events, d->event_count, sizeof *d->events, by_time);
	*out = (struct zs_status_timeline){ .from = d->run->now, .to = end, .keys = titles, .key_count = d->count, .spans = d->spans,
		                            .span_count = d->span_count, .events = d->events, .event_count = d->event_count };
	for (size_t i = 0; i < d->span_count; i++)
		out->from = d->spans[i].from < out->from ? d->spans[i].from : out->from;
	/* a key may be old; the picture is about what changes */
	const zs_seconds past = (end - d->run->now) / 3;
	if (out->from < d->run->now - past)
		out->from = d->run->now - past;
	unsigned number = 0;
	for (size_t i = 0; i < d->event_count; i++)
		if (d->events[i].person && d->events[i].time >= out->from)
			d->events[i].number = ++number;
}

bool zs_report_timeline(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_facts *facts, const struct zs_ttls *ttls,
                        zs_seconds span, struct zs_status_timeline *out)
{
	struct draw d = { .run = run, .own = zs_run_begin(), .out = out };
	d.own->now = run->now;
	struct zs_facts *future = zs_facts_copy(d.own->arena, facts);
	sample(&d, future, true);
	add_past(&d, facts);
	add_due(&d, facts);
	const bool ok = run_forward(&d, zone->policy, future, ttls, run->now + span);
	if (ok)
		finish(&d, run->now + span);
	zs_run_end(d.own);
	return ok || zs_fail(run, "the plan cannot be run forward");
}
