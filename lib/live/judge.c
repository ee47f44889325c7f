/* judge.c - from an observation to facts, without clock, network or disk: what is seen at the parent, what is gone, since when. */
#include <string.h>

#include "dns/algorithm.h"
#include "live/live.h"

enum { HOUR = 3600, DAY = 86400 };

static bool counts(const struct zs_observation *seen, const struct zs_server_view *view)
{
	if (view->reply != ZS_REPLY_ANSWERED)
		return false;
	return seen->chain == ZS_CHAIN_SECURE ? view->validated : seen->chain == ZS_CHAIN_INSECURE && view->by_tcp;
}

static bool same_set(const struct zs_bytes *a, size_t a_count, const struct zs_bytes *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (zs_bytes_compare(a[i], b[i]) != 0)
			return false;
	return true;
}

/* What the answers say together. */
struct tally {
	const struct zs_server_view *first; /* that counts; NULL: none does */
	const struct zs_server_view *other; /* that counts and shows another set than first; or NULL */
	uint32_t ttl;                       /* the largest */
	const struct zs_server_view *silent; /* the first that does not count, though there is a way to it; or NULL */
	size_t silent_count;
	const char *mute;                   /* a server none of whose addresses counts; or NULL */
};

static bool server_counts(const struct zs_observation *seen, const char *server)
{
	for (size_t i = 0; i < seen->server_count; i++)
		if (strcmp(seen->servers[i].server, server) == 0 && counts(seen, &seen->servers[i]))
			return true;
	return false;
}

static struct tally count_answers(const struct zs_observation *seen)
{
	struct tally t = { 0 };
	for (size_t i = 0; i < seen->server_count; i++) {
		const struct zs_server_view *view = &seen->servers[i];
		if (!t.mute && !server_counts(seen, view->server))
			t.mute = view->server;
		if (!counts(seen, view)) {
			if (view->reply != ZS_REPLY_UNREACHABLE && !t.silent_count++)
				t.silent = view;
			continue;
		}
		if (view->ttl > t.ttl)
			t.ttl = view->ttl;
		if (!t.first)
			t.first = view;
		else if (!t.other && !same_set(t.first->ds, t.first->ds_count, view->ds, view->ds_count))
			t.other = view;
	}
	return t;
}

bool zs_live_ds_matches(struct zs_run *run, const uint8_t *zone, struct zs_bytes ds, const struct zs_key *key)
{
	uint8_t made[52];
	size_t len = 0;
	if (ds.len < 4 || zs_get_u16(ds.data) != key->tag || ds.data[2] != key->algorithm)
		return false;
	if (ds.data[3] != ZS_DS_SHA1 && ds.data[3] != ZS_DS_SHA256 && ds.data[3] != ZS_DS_SHA384)
		return false;
	return zs_ds_make(run, zone, key->rdata, ds.data[3], made, &len) && zs_bytes_equal(ds, (struct zs_bytes){ made, len });
}

static bool shows(struct zs_run *run, const struct zs_server_view *view, const uint8_t *zone, const struct zs_key *key)
{
	for (size_t i = 0; i < view->ds_count; i++)
		if (zs_live_ds_matches(run, zone, view->ds[i], key))
			return true;
	return false;
}

/* Seen only while every answer shows it, gone only while none does; set only once that is certain. What was set later than `trusted`, the
 * last look, a person recorded: it gives way to this look, since a person sees one server. */
static void judge_key(struct zs_run *run, const struct zs_observation *seen, const struct zs_key *key, const uint8_t *zone, bool certain,
                      zs_time trusted, struct zs_key_facts *facts)
{
	bool all = true, any = false;
	for (size_t i = 0; i < seen->server_count; i++) {
		if (!counts(seen, &seen->servers[i]))
			continue;
		const bool here = shows(run, &seen->servers[i], zone, key);
		all = all && here;
		any = any || here;
	}
	if (!all)
		facts->ds_seen = 0;
	else if (certain && (!facts->ds_seen || facts->ds_seen > trusted))
		facts->ds_seen = seen->time;
	if (any)
		facts->ds_gone = 0;
	else if (certain && (!facts->ds_gone || facts->ds_gone > trusted))
		facts->ds_gone = seen->time;
}

static void judge_keys(struct zs_run *run, const struct zs_policy *policy, const struct zs_keyset *keys, const struct zs_observation *seen,
                       bool certain, struct zs_facts *facts)
{
	/* propagation.parent as a number covers what a person did not see */
	const zs_time trusted = policy->observe_parent_propagation ? facts->parent.observed : INT64_MAX;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key *key = facts->keys[i].role & ZS_KSK ? zs_keyset_find(keys, facts->keys[i].id) : NULL;
		if (key)
			judge_key(run, seen, key, facts->zone, certain, trusted, &facts->keys[i]);
	}
}

/* All that any answer shows; and whether that is what was shown before. */
static bool take_set(struct zs_run *run, const struct zs_observation *seen, struct zs_parent_facts *parent)
{
	struct zs_parent_facts now = { 0 };
	for (size_t i = 0; i < seen->server_count; i++) {
		const struct zs_server_view *view = &seen->servers[i];
		for (size_t d = 0; counts(seen, view) && d < view->ds_count; d++) {
			size_t at = 0;
			while (at < now.ds_count && !zs_bytes_equal(now.ds[at], view->ds[d]))
				at++;
			if (at == now.ds_count)
				ZS_PUSH(run->arena, now.ds, now.ds_count, now.ds_room) = view->ds[d];
		}
	}
	const bool same = same_set(now.ds, now.ds_count, parent->ds, parent->ds_count);
	parent->ds = now.ds;
	parent->ds_count = now.ds_count;
	parent->ds_room = now.ds_room;
	return same;
}

static const char *place(struct zs_run *run, const struct zs_server_view *view)
{
	return strcmp(view->server, view->address) == 0 ? view->address : zs_arena_printf(run->arena, "%s at %s", view->server, view->address);
}

static const char *more(struct zs_run *run, size_t count)
{
	return count > 1 ? zs_arena_printf(run->arena, " (and %zu more)", count - 1) : "";
}

static const char *nothing_counts(struct zs_run *run, const struct zs_observation *seen, const struct tally *t)
{
	const char *parent = seen->parent ? seen->parent : "the parent zone";
	if (seen->chain == ZS_CHAIN_BOGUS)
		return zs_arena_printf(run->arena, "the chain of trust to %s is broken: %s", parent, seen->why ? seen->why : "bogus");
	if (seen->why)
		return seen->why;
	if (t->silent)
		return zs_arena_printf(run->arena, "no answer of %s counts: %s: %s%s", parent, place(run, t->silent),
		                       t->silent->why ? t->silent->why : "not over TCP", more(run, t->silent_count));
	return zs_arena_printf(run->arena, "no server of %s can be reached from here", parent);
}

/* Why what they agree on is not certain yet; NULL: it is. agreed: for how long they do. */
static const char *must_wait(struct zs_run *run, const struct zs_policy *policy, const struct zs_observation *seen, const struct tally *t,
                             zs_seconds agreed)
{
	char text[ZS_DURATION_TEXT];
	const zs_seconds twice = t->ttl > policy->parent_ds_ttl ? t->ttl : policy->parent_ds_ttl;
	if (t->mute)
		return zs_arena_printf(run->arena, "no address of server %s gives an answer that counts%s%s", t->mute,
		                       t->silent && t->silent->why ? ": " : "", t->silent && t->silent->why ? t->silent->why : "");
	if (seen->chain == ZS_CHAIN_INSECURE && (!agreed || agreed < twice))
		return zs_arena_printf(run->arena, "%s is not signed: its answer counts when it is the same %s later",
		                       seen->parent ? seen->parent : "the parent zone", zs_duration_text(twice ? twice : 1, text));
	if (t->silent && agreed < policy->propagation_parent)
		return zs_arena_printf(run->arena, "%s does not answer%s; it is waited for %s", place(run, t->silent), more(run, t->silent_count),
		                       zs_duration_text(policy->propagation_parent, text));
	return NULL;
}

enum zs_sight zs_live_judge(struct zs_run *run, const struct zs_policy *policy, const struct zs_keyset *keys,
                            const struct zs_observation *seen, struct zs_facts *facts)
{
	struct zs_parent_facts *parent = &facts->parent;
	const struct tally t = count_answers(seen);
	parent->asked = seen->time;
	if (!t.first) {
		parent->waits_for = nothing_counts(run, seen, &t);
		return ZS_SIGHT_NOTHING;
	}
	if (t.ttl)
		zs_facts_parent_ttl(facts, t.ttl, policy->propagation_parent, seen->time);
	const bool same = take_set(run, seen, parent);
	if (t.other) {
		parent->agreed = 0;
		parent->waits_for = zs_arena_printf(run->arena, "%s and %s show different DS records", place(run, t.first), place(run, t.other));
		judge_keys(run, policy, keys, seen, false, facts);
		return ZS_SIGHT_MIXED;
	}
	if (!parent->agreed || !same)
		parent->agreed = seen->time;
	parent->waits_for = must_wait(run, policy, seen, &t, seen->time - parent->agreed);
	judge_keys(run, policy, keys, seen, !parent->waits_for, facts);
	if (!parent->waits_for)
		parent->observed = seen->time;
	return parent->waits_for ? ZS_SIGHT_WAIT : ZS_SIGHT_CERTAIN;
}

zs_time zs_live_due(const struct zs_policy *policy, const struct zs_facts *facts)
{
	const zs_seconds often = policy->parent_ds_ttl < 1 ? 1 : policy->parent_ds_ttl < HOUR ? policy->parent_ds_ttl : HOUR;
	zs_time begun = 0; /* what the parent is asked for, at last */
	bool concerned = false, assumed = false, waiting = facts->parent.wanted || facts->parent.waits_for;
	for (size_t i = 0; i < facts->key_count; i++) {
		const enum zs_record_phase phase = facts->keys[i].ds.phase;
		concerned = concerned || phase == ZS_RUMOURED || phase == ZS_OMNIPRESENT || phase == ZS_UNRETENTIVE;
		assumed = assumed || ((phase == ZS_OMNIPRESENT || zs_facts_ds_put_off(&facts->keys[i])) && !facts->keys[i].ds_seen);
		waiting = waiting || zs_facts_ds_to_come(&facts->keys[i]) || zs_facts_ds_to_go(&facts->keys[i]);
		if ((phase == ZS_RUMOURED || phase == ZS_UNRETENTIVE) && facts->keys[i].ds.since > begun)
			begun = facts->keys[i].ds.since;
	}
	if (zs_facts_is_unsigned(facts)) { /* a DS that comes back makes it bogus */
		concerned = true;
		waiting = waiting || facts->parent.ds_count;
		begun = facts->parent.agreed > begun ? facts->parent.agreed : begun;
	}
	/* before the first publication: a DS that is there already would make it bogus. After keys were taken over: nobody knows of theirs */
	if (policy->observe_parent && !facts->parent.asked && (!facts->published.known || assumed || facts->replaced.present))
		return 1;
	if (!policy->observe_parent || !concerned)
		return 0;
	if (!zs_facts_was_served(facts))
		return 0;
	if (!facts->parent.asked) /* the version that is published last may be in service nowhere: secondaries take their time */
		return facts->published.served_since ? facts->published.served_since : 1;
	if (facts->parent.asked - begun >= 7 * DAY) /* many a DS is never entered */
		waiting = false;
	return facts->parent.asked + (waiting ? often : DAY);
}
