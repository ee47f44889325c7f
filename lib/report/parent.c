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

struct lists {
	struct zs_bytes *wanted, *present, *removed;
	size_t wanted_count, wanted_room, present_count, present_room, removed_count, removed_room;
	bool first; /* no DS was ever asked for: the keys that are to have one are named, with the time before which not */
};

/* Put the key where its DS belongs. A key whose DS is wanted must be in the published file (G5b). */
static bool add_key(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_zone *published, const struct zs_rrset *keys,
                    const struct zs_key_facts *key, struct lists *lists)
{
	const bool asked = key->ds.phase == ZS_RUMOURED || key->ds.phase == ZS_OMNIPRESENT;
	const bool wanted = asked || (lists->first && key->goal_in && key->role & ZS_KSK);
	struct zs_bytes rdata = { 0 };
	if (!wanted && key->ds.phase != ZS_UNRETENTIVE)
		return true;
	for (uint32_t i = 0; i < keys->count && !rdata.len; i++)
		if (is_key(run, zs_rrset_rdata(published, keys, i), key->id))
			rdata = keep(run, zs_rrset_rdata(published, keys, i));
	if (wanted && !rdata.len)
		return zs_refuse(run, "G5b", "key %u is not in '%s': its DS would break the zone", key->tag, zone->output.path);
	if (wanted)
		ZS_PUSH(run->arena, lists->wanted, lists->wanted_count, lists->wanted_room) = rdata;
	if (wanted && key->ds_seen)
		ZS_PUSH(run->arena, lists->present, lists->present_count, lists->present_room) = rdata;
	if (!wanted && rdata.len && !(key->ds_gone && key->ds_gone >= key->ds.since))
		ZS_PUSH(run->arena, lists->removed, lists->removed_count, lists->removed_room) = rdata;
	return true;
}

bool zs_report_parent(struct zs_run *run, const struct zs_zone_config *zone, struct zs_ds_request *request, zs_time *first_ds)
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
	if (!keys || !zs_zone_soa(published, &soa))
		return zs_refuse(run, "G5b", "'%s' has no DNSKEY: somebody replaced the signed zone", zone->output.path);
	struct lists lists = { .first = true };
	for (size_t k = 0; k < facts->key_count; k++)
		lists.first = lists.first && (facts->keys[k].ds.phase == ZS_NA || facts->keys[k].ds.phase == ZS_HIDDEN);
	*request = (struct zs_ds_request){ .zone = zone->name, .ttl = (uint32_t)zone->policy->parent_ds_ttl, .registrar = zone->registrar };
	for (size_t k = 0; k < facts->key_count; k++)
		if (!add_key(run, zone, published, keys, &facts->keys[k], &lists))
			return false;
	request->wanted = lists.wanted;
	request->wanted_count = lists.wanted_count;
	request->present = lists.present;
	request->present_count = lists.present_count;
	request->removed = lists.removed;
	request->removed_count = lists.removed_count;
	const struct zs_ttls ttls = { .largest = zs_zone_max_ttl(published, NULL, NULL),
		                      .negative = soa.ttl < soa.minimum ? soa.ttl : soa.minimum };
	*first_ds = zs_rollover_first_ds(zone->policy, facts, &ttls);
	request->not_before = lists.first && *first_ds > run->now ? *first_ds : 0;
	return true;
}
