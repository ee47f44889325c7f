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
	struct zs_bytes *wanted = zs_arena_array(run->arena, facts->key_count + 1, sizeof *wanted);
	*request = (struct zs_ds_request){ .zone = zone->name, .ttl = (uint32_t)zone->policy->parent_ds_ttl, .wanted = wanted,
		                           .registrar = zone->registrar };
	for (size_t k = 0; k < facts->key_count; k++) {
		if (!(facts->keys[k].role & ZS_KSK) || !facts->keys[k].goal_in)
			continue;
		bool served = false;
		for (uint32_t i = 0; i < keys->count && !served; i++)
			if ((served = is_key(run, zs_rrset_rdata(published, keys, i), facts->keys[k].id)))
				wanted[request->wanted_count++] = keep(run, zs_rrset_rdata(published, keys, i));
		if (!served)
			return zs_refuse(run, "G5b", "key %u is not in '%s': its DS would break the zone", facts->keys[k].tag, zone->output.path);
	}
	const struct zs_ttls ttls = { .largest = zs_zone_max_ttl(published, NULL, NULL),
		                      .negative = soa.ttl < soa.minimum ? soa.ttl : soa.minimum };
	*first_ds = zs_rollover_first_ds(zone->policy, facts, &ttls);
	bool asked = true;
	for (size_t k = 0; k < facts->key_count; k++)
		asked = asked && !(facts->keys[k].goal_in && facts->keys[k].ds.phase == ZS_HIDDEN);
	request->not_before = !asked && *first_ds > run->now ? *first_ds : 0;
	return true;
}
