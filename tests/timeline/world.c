/* world.c - see world.h. */
#include "tests/timeline/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "state/state_file.h"

uint64_t world_random(uint64_t *seed)
{
	uint64_t x = *seed += 0x9e3779b97f4a7c15u; /* splitmix64 */
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t id_of(const struct zs_key_facts *key)
{
	return (uint64_t)zs_get_u32(key->id) << 16 | key->tag;
}

void world_begin(struct world *w, zs_time now)
{
	*w = (struct world){ .now = now, .ttls = { .largest = 7200, .negative = 900 }, .ds_ttl = 86400 };
	w->policy = (struct zs_policy){ .algorithm = 13, .zsk_lifetime = 90 * 86400, .dnskey_ttl = 3600, .propagation_zone = 3600,
		                        .propagation_parent = 3600, .parent_ds_ttl = 86400, .safety = 3600, .observe_parent = true, .cds = true };
	w->disk_run = zs_run_begin();
	w->disk = zs_arena_alloc(w->disk_run->arena, sizeof *w->disk);
	w->disk->fresh = true;
	world_was_unsigned(w);
}

void world_was_unsigned(struct world *w)
{
	w->oracle = (struct oracle){ .propagation = w->policy.propagation_zone, .parent_propagation = w->policy.propagation_parent };
	w->served.zone_ttl = w->file.zone_ttl = w->ttls.largest;
	w->served.dnskey_ttl = w->file.dnskey_ttl = w->ttls.negative;
	oracle_serve(&w->oracle, w->now, &w->served);
	oracle_parent(&w->oracle, w->now, &w->ds, w->ds_ttl);
}

void world_end(struct world *w)
{
	zs_run_end(w->disk_run);
}

/* The facts on disk become these. */
static void write_disk(struct world *w, const struct zs_facts *facts)
{
	struct zs_run *run = zs_run_begin();
	struct zs_facts *copy;
	if (w->by_text) {
		struct zs_buf text = { .arena = run->arena, .max = 1 << 20 };
		zs_state_format(facts, &text);
		struct zs_input *input = zs_arena_alloc(run->arena, sizeof *input);
		*input = (struct zs_input){ .path = "state.yaml", .text = zs_buf_string(&text), .len = text.len };
		copy = zs_arena_alloc(run->arena, sizeof *copy);
		if (!zs_state_parse(run, input, copy))
			abort();
	} else {
		copy = zs_facts_copy(run->arena, facts);
		size_t kept = 0;
		for (size_t i = 0; i < copy->key_count; i++)
			if (!zs_key_is_unmade(&copy->keys[i]))
				copy->keys[kept++] = copy->keys[i];
		copy->key_count = kept;
	}
	copy->fresh = false;
	copy->parent.ds = NULL;
	copy->parent.ds_count = copy->parent.ds_room = 0;
	zs_run_end(w->disk_run);
	w->disk_run = run;
	w->disk = copy;
}

struct zs_facts *world_edit(struct world *w)
{
	return w->disk;
}

static bool settled(const struct world *w)
{
	return w->now > w->ds_changed + w->policy.propagation_parent;
}

/* What live/ does: a DS is seen if all servers show it, gone if none does. While a change spreads, they differ. */
static void look_at_parent(struct world *w, struct zs_facts *facts)
{
	if (w->hidden || !w->policy.observe_parent || !(w->ask || w->now - w->looked >= 86400))
		return;
	w->looked = w->now;
	facts->parent.observed = w->now;
	if (w->ds.count || w->ds_before.count)
		zs_facts_parent_ttl(facts, w->ds_ttl, w->policy.propagation_parent, w->now);
	for (size_t i = 0; i < facts->key_count; i++) {
		struct zs_key_facts *key = &facts->keys[i];
		const bool is = oracle_has(&w->ds, id_of(key)), was = oracle_has(&w->ds_before, id_of(key));
		const bool all = is && (settled(w) || was), none = !is && (settled(w) || !was);
		key->ds_seen = all ? key->ds_seen ? key->ds_seen : w->now : 0;
		key->ds_gone = none ? key->ds_gone ? key->ds_gone : w->now : 0;
	}
}

static void make_keys(struct world *w, struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++)
		if (zs_key_is_unmade(&facts->keys[i])) {
			zs_put_u32(facts->keys[i].id, (uint32_t)++w->made);
			facts->keys[i].tag = (uint16_t)w->made;
			facts->keys[i].created = w->now;
		}
}

static void publish(struct world *w, const struct zs_plan *plan, struct oracle_child *out, struct oracle_set *cds)
{
	*out = (struct oracle_child){ .zone_ttl = w->ttls.largest, .dnskey_ttl = w->ttls.negative };
	*cds = (struct oracle_set){ 0 };
	for (size_t i = 0; i < plan->key_count; i++) {
		const struct zs_plan_key *key = &plan->keys[i];
		if (key->publish)
			oracle_add(&out->dnskeys, id_of(key->facts), key->facts->algorithm);
		if (key->sign_dnskeys)
			oracle_add(&out->key_signers, id_of(key->facts), key->facts->algorithm);
		if (key->sign_zone)
			oracle_add(&out->zone_signers, id_of(key->facts), key->facts->algorithm);
		if (key->facts->ds.phase == ZS_RUMOURED || key->facts->ds.phase == ZS_OMNIPRESENT)
			oracle_add(cds, id_of(key->facts), key->facts->algorithm);
	}
	if (out->dnskeys.count)
		out->dnskey_ttl = w->policy.dnskey_ttl;
}

static bool same_content(const struct world *w, const struct oracle_child *a, const struct oracle_set *cds)
{
	return oracle_set_equal(&a->dnskeys, &w->file.dnskeys) && oracle_set_equal(&a->key_signers, &w->file.key_signers)
	    && oracle_set_equal(&a->zone_signers, &w->file.zone_signers) && oracle_set_equal(cds, &w->file_cds)
	    && a->dnskey_ttl == w->file.dnskey_ttl && a->zone_ttl == w->file.zone_ttl;
}

static bool set_next_due(struct world *w, struct zs_run *run, struct zs_facts *facts)
{
	struct zs_plan *plan;
	if (!zs_rollover_outlook(run, &w->policy, facts, &w->ttls, &plan))
		return false;
	w->ask = plan->ask_parent;
	facts->next_due = plan->next_due;
	if (plan->ask_parent && (!facts->next_due || facts->next_due > w->now + 3600))
		facts->next_due = w->now + 3600;
	return true;
}

enum { LOADS = sizeof ((struct world *)0)->loads / sizeof ((struct world *)0)->loads[0] };

/* The newest version that every server has. */
static bool oldest_in_service(const struct world *w, uint32_t *oldest)
{
	for (size_t i = w->load_count; i-- > 0 && i + LOADS >= w->load_count;)
		if (w->loads[i % LOADS].at + w->lag <= w->now) {
			*oldest = w->loads[i % LOADS].serial;
			return true;
		}
	return false;
}

static void load_file(struct world *w)
{
	w->loads[w->load_count % LOADS].at = w->now;
	w->loads[w->load_count++ % LOADS].serial = (uint32_t)w->file.from;
	w->served = w->file;
	w->cds = w->file_cds;
	oracle_serve(&w->oracle, w->now, &w->served);
}

bool world_is_due(const struct world *w)
{
	const struct zs_facts *facts = w->disk;
	return facts->fresh || facts->intent.present || !facts->published.served_since || (facts->next_due && w->now >= facts->next_due)
	    || w->now - w->looked >= 86400 || w->ttls.largest != facts->published.ttl || w->policy.dnskey_ttl != facts->published.dnskey_ttl;
}

/* The steps of zs_build, in its order. */
static bool build(struct world *w, struct zs_run *run, struct zs_facts *facts, enum world_kill kill)
{
	struct zs_plan *plan;
	struct oracle_child next;
	struct oracle_set cds;
	if (facts->intent.present) { /* the run before was ended; w->file tells whether before or after the rename */
		if (facts->intent.serial == w->file.from)
			zs_rollover_published(run, facts, &w->policy, &(struct zs_ttls){ facts->intent.ttl, facts->intent.negative_ttl });
		if (facts->intent.serial == w->file.from)
			facts->published = (struct zs_published){ .known = true, .serial = facts->intent.serial, .program = "", .ttl = facts->intent.ttl,
			                                  .dnskey_ttl = facts->intent.dnskey_ttl, .negative_ttl = facts->intent.negative_ttl };
		facts->intent = (struct zs_intent){ 0 };
	}
	uint32_t oldest;
	if (w->lag && oldest_in_service(w, &oldest))
		zs_rollover_served_from(facts, &w->policy, oldest, w->now);
	if (!w->lag && facts->published.known && !facts->published.served_since) {
		load_file(w);
		zs_rollover_served(facts, &w->policy, w->now);
	}
	look_at_parent(w, facts);
	if (!zs_rollover_plan(run, &w->policy, facts, &w->ttls, &plan))
		return false;
	make_keys(w, facts);
	publish(w, plan, &next, &cds);
	w->instruction = NULL;
	if (!w->lag && facts->published.known && same_content(w, &next, &cds)) {
		zs_rollover_served(facts, &w->policy, w->now);
		if (!set_next_due(w, run, facts))
			return false;
		write_disk(w, facts);
		return true;
	}
	if (kill == KILL_BEFORE_INTENT)
		return true;
	next.from = w->file.from + 1; /* the serial */
	zs_rollover_versioned(facts, (uint32_t)next.from);
	facts->intent = (struct zs_intent){ .present = true, .serial = (uint32_t)next.from, .plan = "", .ttl = w->ttls.largest,
		                            .dnskey_ttl = w->policy.dnskey_ttl, .negative_ttl = w->ttls.negative };
	write_disk(w, facts);
	if (kill == KILL_BEFORE_RENAME)
		return true;
	w->file = next;
	w->file_cds = cds;
	if (kill == KILL_BEFORE_RELOAD)
		return true;
	load_file(w);
	if (kill == KILL_BEFORE_RECORD)
		return true;
	zs_rollover_published(run, facts, &w->policy, &w->ttls);
	facts->published.serial = facts->intent.serial;
	facts->published.program = "";
	facts->intent = (struct zs_intent){ 0 };
	if (!w->lag)
		zs_rollover_served(facts, &w->policy, w->now);
	if (!set_next_due(w, run, facts))
		return false;
	write_disk(w, facts);
	return true;
}

bool world_build(struct world *w, enum world_kill kill)
{
	struct zs_run *run = zs_run_begin();
	run->now = w->now;
	const bool ok = build(w, run, zs_facts_copy(run->arena, w->disk), kill);
	zs_run_end(run);
	return ok;
}

void world_parent_obeys(struct world *w, enum world_taste taste)
{
	struct oracle_set wanted = w->cds;
	if (taste != TAKE_ALL && wanted.count > 1)
		wanted = (struct oracle_set){ .keys = { w->cds.keys[taste == TAKE_NEWEST ? w->cds.count - 1 : 0] }, .count = 1 };
	if (taste == TAKE_NONE)
		wanted = (struct oracle_set){ 0 };
	if (oracle_set_equal(&wanted, &w->ds) || !settled(w))
		return;
	w->ds_before = w->ds;
	w->ds = wanted;
	w->ds_changed = w->now;
	oracle_parent(&w->oracle, w->now, &w->ds, w->ds_ttl);
}

void world_parent_ttl(struct world *w, uint32_t ttl)
{
	w->ds_ttl = ttl;
	oracle_parent(&w->oracle, w->now, &w->ds, ttl);
}

bool world_is_at_rest(const struct world *w, const char **why)
{
	const struct zs_facts *facts = w->disk;
	unsigned have = 0;
	*why = "a roll is queued";
	if (facts->roll_count)
		return false;
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		const struct zs_record_state *const records[] = { &key->dnskey, &key->krrsig, &key->zrrsig, &key->ds };
		for (size_t r = 0; r < ZS_COUNT(records); r++) {
			*why = "a record has not settled";
			if (key->goal_in && key->standby && r == 2 && records[r]->phase == ZS_HIDDEN)
				continue; /* it signs nothing until it is promoted */
			if (key->goal_in && r == 3 && records[r]->phase == ZS_RUMOURED && !w->ds.count)
				continue; /* nobody enters it */
			if (records[r]->phase != ZS_NA && records[r]->phase != (key->goal_in ? ZS_OMNIPRESENT : ZS_HIDDEN))
				return false;
		}
		if (!key->goal_in)
			continue;
		*why = "a key is not what the policy wants";
		if (key->algorithm != w->policy.algorithm || (key->role == ZS_CSK) != w->policy.csk)
			return false;
		*why = "there are two keys of one role";
		if (key->standby)
			continue;
		if (have & key->role)
			return false;
		have |= key->role;
	}
	*why = facts->unsign ? "the zone should be unsigned" : "a role has no key";
	return facts->unsign ? !have && !w->served.dnskeys.count : have == ZS_CSK;
}
