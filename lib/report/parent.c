/* parent.c - what the parent must hold: the served keys whose DS the plan wants. */
#include <string.h>

#include "base/hash.h"
#include "dns/algorithm.h"
#include "report/report.h"
#include "rollover/rollover.h"
#include "zone/zone.h"

/* Facts' id of a DNSKEY: SHA-256 of its RDATA. */
static bool is_key(struct zs_run *run, struct zs_bytes rdata, const uint8_t id[32])
{
	uint8_t digest[ZS_HASH_MAX];
	return zs_hash(run, ZS_SHA256, rdata, digest) && memcmp(digest, id, 32) == 0;
}

static struct zs_bytes keep(struct zs_run *run, struct zs_bytes data)
{
	return (struct zs_bytes){ (const uint8_t *)zs_arena_text(run->arena, (const char *)data.data, data.len), data.len };
}

bool zs_report_served(struct zs_run *run, const struct zs_zone_config *zone, struct zs_served *out)
{
	struct zs_facts *facts;
	struct zs_zone *published;
	struct zs_soa soa;
	const struct zs_zone_options options = { .apex = zone->name, .dnssec = ZS_DNSSEC_KEEP, .include_never = true };
	if (!zs_facts_read(run, zone, &facts))
		return false;
	zs_facts_close(facts);
	if (facts->fresh || !facts->published.known) {
		zs_not_yet(run, "zone '%s' is not published yet", zone->name_text);
		zs_hint(run, "run 'zonesign build' first");
		return false;
	}
	if (!zs_zone_read(run, run->arena, zone->output.path, &options, &published))
		return false;
	const struct zs_rrset *keys = zs_zone_apex_rrset(published, ZS_TYPE_DNSKEY);
	/* the last publication had no signatures: ours, not somebody else's file in its place */
	const bool insecure = !keys && zs_facts_is_unsigned(facts);
	if ((!keys && !insecure) || !zs_zone_soa(published, &soa))
		return zs_refuse(run, "G5b", "'%s' has no DNSKEY: somebody replaced the signed zone", zone->output.path);
	const uint32_t count = keys ? keys->count : 0;
	struct zs_bytes *list = zs_arena_array(run->arena, count + 1, sizeof *list);
	for (uint32_t i = 0; i < count; i++)
		list[i] = keep(run, zs_rrset_rdata(published, keys, i));
	*out = (struct zs_served){ .facts = facts, .dnskeys = list, .count = count, .insecure = insecure,
		                   .ttls = { .largest = zs_zone_max_ttl(published, NULL, NULL),
		                             .negative = soa.ttl < soa.minimum ? soa.ttl : soa.minimum } };
	return true;
}

static const struct zs_bytes *find_served(struct zs_run *run, const struct zs_served *served, const struct zs_key_facts *key)
{
	for (size_t i = 0; i < served->count; i++)
		if (is_key(run, served->dnskeys[i], key->id))
			return &served->dnskeys[i];
	return NULL;
}

/* Before the first DS was asked for: the keys that it will be of, so that people can prepare. */
static bool is_to_come(const struct zs_facts *facts, const struct zs_key_facts *key)
{
	for (size_t i = 0; i < facts->key_count; i++)
		if (facts->keys[i].ds.phase != ZS_NA && facts->keys[i].ds.phase != ZS_HIDDEN && !zs_facts_ds_put_off(&facts->keys[i]))
			return false;
	return (key->ds.phase == ZS_HIDDEN || zs_facts_ds_put_off(key)) && key->goal_in && !key->standby && !facts->unsign;
}

bool zs_report_parent(struct zs_run *run, const struct zs_zone_config *zone, struct zs_ds_request *request, zs_time *first_ds)
{
	struct zs_served served;
	if (!zs_report_served(run, zone, &served))
		return false;
	const struct zs_facts *facts = served.facts;
	struct zs_bytes *wanted = zs_arena_array(run->arena, facts->key_count + 1, sizeof *wanted);
	struct zs_bytes *present = zs_arena_array(run->arena, facts->key_count + 1, sizeof *present);
	struct zs_bytes *removed = zs_arena_array(run->arena, facts->key_count + 1, sizeof *removed);
	*request = (struct zs_ds_request){ .zone = zone->name, .ttl = (uint32_t)zone->policy->parent_ds_ttl, .wanted = wanted,
		                           .present = present, .removed = removed, .registrar = zone->registrar,
		                           .insecure = served.insecure, .waits_for = facts->published.waits_for };
	if (!served.insecure && facts->published.earliest_expiration && facts->published.earliest_expiration <= run->now)
		request->ended = facts->published.earliest_expiration;
	*first_ds = zs_rollover_first_ds(zone->policy, facts, &served.ttls);
	for (size_t k = 0; k < facts->key_count; k++) {
		const struct zs_key_facts *key = &facts->keys[k];
		const bool to_come = is_to_come(facts, key);
		const bool want = key->ds.phase == ZS_RUMOURED || key->ds.phase == ZS_OMNIPRESENT || to_come;
		const struct zs_bytes *rdata = want || key->ds.phase == ZS_UNRETENTIVE ? find_served(run, &served, key) : NULL;
		if (want && !rdata)
			return zs_refuse(run, "G5b", "key %u is not in '%s': its DS would break the zone", key->tag, zone->output.path);
		if (want)
			wanted[request->wanted_count++] = *rdata;
		else if (rdata && !key->goal_in && !(key->ds_gone && key->ds_gone >= key->ds.since))
			removed[request->removed_count++] = *rdata;
		if (rdata && key->ds_seen && !(key->ds_gone && key->ds_gone >= key->ds_seen))
			present[request->present_count++] = *rdata;
		if (to_come && *first_ds > run->now)
			request->not_before = *first_ds;
		request->not_served = request->not_served || (to_come && !*first_ds);
	}
	return true;
}
