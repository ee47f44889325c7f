/* build_plan.c - guards about what is about to be signed: the size of the zone (G11), and a plan that would break the chain
 * of trust (G5, G6, G6z, G8). They judge by phases and dates alone, so that a mistake of the engine, or of who edits a state, is
 * caught before the world sees it. And TLSA that would leave a server without a record (G19). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_private.h"
#include "dns/algorithm.h"
#include "live/live.h"
#include "publish/publish.h"

enum { FALL_COUNT = 10, RISE_COUNT = 1000, OPINION_LIMIT = 600 /* seconds */ };

static const char *const guards[] = { "clock", "adopt", "G5", "G6", "G6z", "G8", "G11", "G12", "G16", "G19", "G21" };

const char *zs_build_guard_name(size_t index)
{
	return index < ZS_COUNT(guards) ? guards[index] : NULL;
}

/* Would this refusal be overridden? Then it becomes an entry of the state. */
static bool accepted(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts, const char *guard, const char *why)
{
	if (!zs_build_accepts(options, guard))
		return false;
	zs_build_note_override(run, facts, guard, why);
	zs_warn(run, NULL, "%s is overridden: %s", guard, why);
	return true;
}

/* Is there a key of the zone that is replaced which the state never heard of, and are the files of each such key there? Then the state is
 * older than its keys. */
static bool has_newer_keys(struct zs_run *run, const struct zs_facts *facts)
{
	char name[ZS_NAME_PATH];
	size_t newer = 0;
	zs_name_path(facts->zone, name);
	for (size_t i = 0; i < facts->replaced.dnskey_count; i++) {
		const struct zs_bytes rdata = facts->replaced.dnskeys[i];
		const uint16_t tag = zs_key_tag(rdata.data, rdata.len);
		if (zs_facts_tag_used(facts, tag))
			continue;
		const char *base = zs_arena_printf(run->arena, "%s/keys/K%s.+%03u+%05u", facts->dir, facts->zone[0] ? name : "", rdata.data[3], tag);
		if (access(zs_arena_printf(run->arena, "%s.key", base), F_OK) != 0 || access(zs_arena_printf(run->arena, "%s.private", base), F_OK) != 0)
			return false;
		newer++;
	}
	return newer && facts->published.known;
}

/* The chain was given up, and the zone is to go unsigned: how it gets there without harm. */
static const char *until_gone(struct zs_run *run, const struct zs_facts *facts)
{
	const char *say = "";
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct zs_key_facts *key = &facts->keys[i];
		if (key->ds.phase != ZS_NA && key->ds.phase != ZS_HIDDEN && !key->ds_gone)
			say = zs_arena_printf(run->arena, "%s, 'zonesign ds --gone %u'", say, key->tag);
	}
	return zs_arena_printf(run->arena, "%s%s%sthe zone goes unsigned by itself when no cache holds a DS any more; only ",
	                       *say ? "let the parent delete every DS, then say so: " : "", *say ? say + 2 : "", *say ? "; " : "");
}

/* Are the DNSKEYs of the zone that is replaced signed by a key that the state never heard of? Its DS may be the only one at the parent. */
static bool loses_chain(const struct zs_facts *facts)
{
	bool loses = false;
	for (size_t i = 0; i < facts->replaced.signer_count; i++)
		loses = loses || (facts->replaced.signers[i].covered == ZS_TYPE_DNSKEY && !zs_facts_tag_used(facts, facts->replaced.signers[i].tag));
	return loses;
}

/* What to try before a guard is overridden. */
static const char *before_that(struct zs_run *run, const struct zs_facts *facts, const char *guard)
{
	const bool newer_keys = (strcmp(guard, "G8") == 0 || strcmp(guard, "G6z") == 0) && has_newer_keys(run, facts);
	if (strcmp(guard, "G8") == 0 && facts->replaced.present && !newer_keys)
		return zs_arena_printf(run->arena, "restore the newest copy of '%s', with the keys that signed that zone; to go unsigned from there, 'zonesign roll ZONE "
		                                   "--unsign' waits until no cache holds the DS; only if it has been gone from the parent for that long, and ", facts->dir);
	if (strcmp(guard, "G8") == 0 && facts->abandoned && !facts->replaced.present)
		return until_gone(run, facts);
	if (strcmp(guard, "G6z") != 0 && !newer_keys)
		return "";
	if (!facts->replaced.present)
		return "restore the state and the keys from the same backup, since they do not fit what is published; only ";
	if (zs_build_is_older_copy(facts, &facts->replaced))
		return "it is an older copy of what zonesign published last: remove that file and run 'zonesign build', which makes the newest one again; only ";
	if (newer_keys)
		return zs_arena_printf(run->arena, "its keys are in '%s/keys', and '%s/state.yaml' is a copy from before they were made: restore the newest one; if there is "
		                                   "none, move it away and run 'zonesign build --accept adopt' again, which takes the keys over; only ", facts->dir, facts->dir);
	return zs_arena_printf(run->arena, "put the keys that signed it into '%s/keys', from your backup, or take them over from the other signer with "
	                                   "'zonesign keys import'; without them validators refuse the zone until caches have forgotten it%s: only ", facts->dir,
	                       loses_chain(facts) ? " and the parent has what 'zonesign ds' prints then, and nothing else" : "");
}

static bool refuse(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts, const char *guard, const char *why)
{
	if (accepted(run, options, facts, guard, why))
		return true;
	zs_refuse(run, guard, "%s", why);
	if (options->trial)
		zs_hint(run, "nothing was imported: %s", strncmp(guard, "G6", 2) != 0 ? "mend that first" :
		        "the copy of the zone and the key files have to be of one moment; transfer the zone anew");
	else
		zs_hint(run, "%sif that is what you want, run 'zonesign build --accept %s' once; it is recorded in the state", before_that(run, facts, guard), guard);
	return false;
}

static void measure(const struct zs_zone *zone, struct zs_shape *out)
{
	*out = (struct zs_shape){ .known = true, .records = zone->record_count };
	for (uint32_t i = 0; i < zone->owner_count; i++) {
		const struct zs_owner *owner = &zone->owners[i];
		out->delegations += owner->flags & ZS_OWNER_CUT && !(owner->flags & ZS_OWNER_OCCLUDED);
		if (!zs_name_equal(zs_owner_name(zone, owner), zone->apex))
			continue;
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count && out->apex_count < ZS_SHAPE_TYPES; s++)
			out->apex[out->apex_count++] = zone->rrsets[s].type;
	}
}

static const char *change_of(struct zs_run *run, const char *what, uint64_t before, uint64_t now)
{
	if (now < before && before - now > FALL_COUNT && (before - now) * 20 > before)
		return zs_arena_printf(run->arena, "the zone has %llu %s, it had %llu: more than 5%% are lost", (unsigned long long)now, what,
		                       (unsigned long long)before);
	if (now > before && now - before > RISE_COUNT && (now - before) * 2 > before)
		return zs_arena_printf(run->arena, "the zone has %llu %s, it had %llu: more than half as many again", (unsigned long long)now, what,
		                       (unsigned long long)before);
	return NULL;
}

static const char *lost_type(struct zs_run *run, const struct zs_shape *before, const struct zs_shape *now)
{
	for (size_t i = 0; i < before->apex_count; i++) {
		bool there = now->apex_count == ZS_SHAPE_TYPES; /* more than are kept: not judged */
		char text[ZS_TYPE_TEXT];
		for (size_t j = 0; j < now->apex_count; j++)
			there = there || now->apex[j] == before->apex[i];
		if (!there)
			return zs_arena_printf(run->arena, "the apex had %s records, it has none now", zs_type_text(before->apex[i], text));
	}
	return NULL;
}

bool zs_build_check_shape(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts,
                          const struct zs_zone *zone, struct zs_shape *out)
{
	const struct zs_shape *before = &facts->shape;
	measure(zone, out);
	if (!before->known)
		return true;
	const char *why = change_of(run, "records", before->records, out->records);
	if (!why)
		why = change_of(run, "delegations", before->delegations, out->delegations);
	if (!why)
		why = lost_type(run, before, out);
	return !why || refuse(run, options, facts, "G11", why);
}

/* Is a record that was of a certificate in use still at owner? */
static bool one_stays(const struct zs_zone *zone, const struct zs_rrset *set, const struct zs_facts *before, const uint8_t *owner)
{
	bool any = false;
	for (size_t i = 0; i < before->tlsa_count; i++) {
		const struct zs_tlsa_facts *record = &before->tlsa[i];
		if (record->type != ZS_TYPE_TLSA || record->role != ZS_TLSA_CURRENT || !zs_name_equal(record->owner, owner))
			continue;
		any = true;
		for (uint32_t r = 0; r < set->count; r++)
			if (zs_bytes_equal(zs_rrset_rdata(zone, set, r), record->rdata))
				return true;
	}
	return !any;
}

static bool is_ours(const struct zs_facts *facts, const uint8_t *owner)
{
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (facts->tlsa[i].type == ZS_TYPE_TLSA && facts->tlsa[i].role != ZS_TLSA_FOREIGN && zs_name_equal(facts->tlsa[i].owner, owner))
			return true;
	return false;
}

bool zs_build_check_tlsa(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts, const struct zs_facts *before,
                         const struct zs_zone *zone)
{
	if (facts->tlsa_unmatched)
		return refuse(run, options, facts, "G19", facts->tlsa_unmatched);
	/* an owner that the config names no more: either all is gone there, or what stays still has one for the server */
	for (size_t i = 0; i < before->tlsa_count; i++) {
		const uint8_t *owner = before->tlsa[i].owner;
		const struct zs_rrset *set = zs_zone_rrset(zone, zs_zone_find(zone, owner, NULL), ZS_TYPE_TLSA);
		char text[ZS_NAME_TEXT];
		if (before->tlsa[i].type == ZS_TYPE_TLSA && set && !is_ours(facts, owner) && !one_stays(zone, set, before, owner))
			return refuse(run, options, facts, "G19",
			              zs_arena_printf(run->arena, "the TLSA left at %s do not match the certificate that was in use there: senders would defer",
			                              zs_name_text(owner, text)));
	}
	return true;
}

static bool has_ds(const struct zs_facts *facts)
{
	for (size_t i = 0; i < facts->key_count; i++)
		if (facts->keys[i].ds.phase != ZS_NA && facts->keys[i].ds.phase != ZS_HIDDEN)
			return true;
	return facts->parent.observed && facts->parent.ds_count;
}

static bool algorithm_is_published(const struct zs_plan *plan, uint8_t algorithm)
{
	for (size_t i = 0; i < plan->key_count; i++)
		if (plan->keys[i].publish && plan->keys[i].facts->algorithm == algorithm)
			return true;
	return false;
}

/* Was its DNSKEY taken out of the zone that is served, when the chain was given up? To let that one die brings the key back to nobody. */
static bool has_left(const struct zs_key_facts *key)
{
	const struct zs_record_state *dnskey = &key->dnskey;
	return !key->goal_in && (dnskey->phase == ZS_HIDDEN || (dnskey->phase == ZS_UNRETENTIVE && dnskey->since));
}

/* Does it sign the zone that is served? Not to build that one anew helps nobody. */
static bool signs_already(const struct zs_key_facts *key)
{
	return key->zrrsig.phase == ZS_OMNIPRESENT || (key->zrrsig.phase == ZS_RUMOURED && key->zrrsig.since);
}

/* Why the plan must not be published: *guard is whose business it is; NULL if it may. */
static const char *danger_of(struct zs_run *run, const struct zs_facts *facts, const struct zs_plan *plan, const char **guard)
{
	*guard = "G8";
	if (zs_facts_is_unsigned(facts))
		return NULL; /* there is no chain to break */
	if (plan->unsigned_zone)
		return has_ds(facts) ? "the zone would go unsigned while its DS is at the parent or in caches" : NULL;
	if (!has_ds(facts) || facts->abandoned)
		return NULL;
	for (size_t i = 0; i < plan->key_count; i++) {
		const struct zs_plan_key *key = &plan->keys[i];
		const enum zs_record_phase ds = key->facts->ds.phase;
		*guard = "G6";
		if ((ds == ZS_OMNIPRESENT || ds == ZS_UNRETENTIVE || key->facts->ds_seen) && !(key->publish && key->sign_dnskeys) && !has_left(key->facts))
			return zs_arena_printf(run->arena, "key %u would leave the DNSKEY RRset while its DS is at the parent or in caches", key->facts->tag);
		*guard = "G6z";
		if (facts->published.known && key->sign_zone && key->facts->dnskey.phase != ZS_OMNIPRESENT && algorithm_is_published(plan, key->facts->algorithm)
		    && !signs_already(key->facts))
			return zs_arena_printf(run->arena, "key %u would sign before its DNSKEY is in every cache", key->facts->tag);
	}
	return NULL;
}

bool zs_build_check_plan(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts, const struct zs_plan *plan)
{
	const char *guard;
	const char *why = danger_of(run, facts, plan, &guard);
	return !why || refuse(run, options, facts, guard, why);
}

static bool is_published(const struct zs_plan *plan, const struct zs_keyset *keys, struct zs_bytes rdata)
{
	for (size_t i = 0; i < plan->key_count; i++) {
		const struct zs_key *key = plan->keys[i].publish ? zs_keyset_find(keys, plan->keys[i].facts->id) : NULL;
		if (key && zs_bytes_equal(key->rdata, rdata))
			return true;
	}
	return false;
}

bool zs_build_check_overlap(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts, const struct zs_plan *plan,
                            const struct zs_keyset *keys)
{
	if (!facts->replaced.present)
		return true;
	if (plan->unsigned_zone) /* the state says that the DS is gone, and does not know by which keys the zone was signed since */
		return refuse(run, options, facts, "G8", "the zone that is replaced is signed, and would go unsigned: its DS may be at the parent or in caches");
	for (size_t i = 0; i < facts->replaced.dnskey_count; i++) {
		const struct zs_bytes rdata = facts->replaced.dnskeys[i];
		if (rdata.data[1] & ZS_DNSKEY_REVOKE || is_published(plan, keys, rdata))
			continue;
		const uint16_t tag = zs_key_tag(rdata.data, rdata.len);
		return refuse(run, options, facts, "G6z",
		              zs_arena_printf(run->arena, "key %u is in the DNSKEY RRset of the zone that is replaced and would be gone: caches hold signatures by it%s", tag,
		                              zs_facts_replaced_signs(facts, rdata.data[3], tag, ZS_TYPE_DNSKEY) ? ", and its DS may be at the parent" : ""));
	}
	bool signs_keys = false, signs_zone = false;
	for (size_t i = 0; i < plan->key_count; i++) {
		const struct zs_key *key = zs_keyset_find(keys, plan->keys[i].facts->id);
		const bool known = key && zs_facts_replaced_has(facts, key->rdata);
		signs_keys = signs_keys || (known && plan->keys[i].sign_dnskeys);
		signs_zone = signs_zone || (known && plan->keys[i].sign_zone);
	}
	if (signs_keys && signs_zone)
		return true;
	return refuse(run, options, facts, "G6z",
	              "no key that signs now is in the DNSKEY RRset of the zone that is replaced: caches that hold it would refuse every answer");
}

/* The command with "{file}" in its arguments filled in. */
static struct zs_command for_file(struct zs_arena *arena, const struct zs_command *command, const char *path)
{
	struct zs_command out = *command;
	size_t count = 0;
	while (command->argv && command->argv[count])
		count++;
	const char **argv = zs_arena_array(arena, count + 1, sizeof *argv);
	for (size_t i = 0; i < count; i++) {
		const char *at = strstr(command->argv[i], "{file}");
		argv[i] = !at ? command->argv[i]
		              : zs_arena_printf(arena, "%.*s%s%s", (int)(at - command->argv[i]), command->argv[i], path, at + strlen("{file}"));
	}
	if (command->argv)
		out.argv = argv;
	return out;
}

bool zs_build_second_opinion(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_build_options *options,
                             struct zs_facts *facts, const struct zs_candidate *candidate)
{
	if (!zone->second_opinion.argv && !zone->second_opinion.shell)
		return true;
	const char *slash = strrchr(candidate->path, '/');
	const char *path = slash ? zs_arena_printf(run->arena, "%.*s/%s", (int)(slash - candidate->path), candidate->path, candidate->aside)
	                         : candidate->aside;
	const struct zs_command command = for_file(run->arena, &zone->second_opinion, path);
	struct zs_run *look = zs_run_begin(); /* its failure is a refusal, not our own */
	if (setenv("ZONESIGN_FILE", path, 1) != 0) {
		zs_run_end(look);
		return zs_fail(run, "cannot set the environment of the second-opinion command");
	}
	const bool ok = zs_publish_run(look, &command, "second-opinion", zone->name_text, NULL, OPINION_LIMIT);
	unsetenv("ZONESIGN_FILE");
	const char *why = look->diags ? zs_arena_strdup(run->arena, look->diags->message) : "";
	zs_run_end(look);
	return ok || refuse(run, options, facts, "G21", why);
}

bool zs_build_is_reached(struct zs_run *run, const struct zs_facts *facts, const struct zs_plan *plan, const struct zs_keyset *keys)
{
	const struct zs_parent_facts *parent = &facts->parent;
	for (size_t i = 0; i < plan->key_count; i++) {
		const struct zs_plan_key *key = &plan->keys[i];
		const struct zs_key *found = key->publish && key->sign_dnskeys ? zs_keyset_find(keys, key->facts->id) : NULL;
		for (size_t d = 0; found && d < parent->ds_count; d++)
			if (zs_live_ds_matches(run, facts->zone, parent->ds[d], found))
				return true;
	}
	return false;
}

bool zs_build_check_first(struct zs_run *run, const struct zs_build_options *options, struct zs_facts *facts, const struct zs_plan *plan,
                          const struct zs_keyset *keys)
{
	if (facts->published.known || !facts->parent.observed || !facts->parent.ds_count || facts->abandoned || plan->unsigned_zone
	    || zs_build_is_reached(run, facts, plan, keys))
		return true;
	const char *why = "the parent has a DS of this zone already, which leads to none of its keys: validators would refuse every answer";
	if (zs_build_accepts(options, "G5")) {
		zs_build_note_override(run, facts, "G5", why);
		return true;
	}
	zs_refuse(run, "G5", "%s", why);
	if (options->trial)
		zs_hint(run, "nothing was imported: these are not the keys that the parent knows. Import those, or let the parent have the DS of these first");
	else
		zs_hint(run, "if another program signs the zone, 'zonesign keys import' takes over its keys; if nobody does, have the DS removed and wait until "
		             "caches have forgotten it");
	return false;
}

struct zs_bytes *zs_build_parents_ds(struct zs_run *run, const struct zs_facts *facts, const struct zs_keyset *keys, size_t *count)
{
	const struct zs_parent_facts *parent = &facts->parent;
	struct zs_bytes *list = zs_arena_array(run->arena, parent->ds_count + 1, sizeof *list);
	*count = 0;
	for (size_t i = 0; i < parent->ds_count; i++) {
		bool ours = false;
		for (size_t k = 0; k < keys->count && !ours; k++)
			ours = zs_live_ds_matches(run, facts->zone, parent->ds[i], &keys->keys[k]);
		if (ours)
			list[(*count)++] = parent->ds[i];
	}
	if (*count)
		return list;
	*count = parent->ds_count;
	return parent->ds;
}
