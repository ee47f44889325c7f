/* import_role.c - what keys are for where neither their files nor a person say so: the zone that they sign shows it. */
#include <string.h>

#include "dns/algorithm.h"
#include "dns/type.h"
#include "keys/key_private.h"
#include "zone/zone.h"

/* Who signs the DNSKEY RRset, and who the rest. */
static void read_signers(struct zs_run *run, const struct zs_zone *zone, struct zs_replaced *out)
{
	const uint32_t apex = zs_zone_find(zone, zone->apex, NULL);
	const struct zs_owner *owner = apex == ZS_NO_OWNER ? NULL : &zone->owners[apex];
	for (uint32_t i = 0; owner && i < owner->rrset_count; i++) {
		const struct zs_rrset *set = &zone->rrsets[owner->first + i];
		if (set->type != ZS_TYPE_RRSIG || (set->covered != ZS_TYPE_DNSKEY && set->covered != ZS_TYPE_SOA))
			continue;
		for (uint32_t r = 0; r < set->count; r++) {
			const struct zs_bytes rdata = zs_rrset_rdata(zone, set, r);
			if (rdata.len > 18) /* RFC 4034 section 3.1 */
				ZS_PUSH(run->arena, out->signers, out->signer_count, out->signer_room) =
				    (struct zs_replaced_signer){ .covered = set->covered, .algorithm = rdata.data[2], .tag = zs_get_u16(rdata.data + 16) };
		}
	}
}

void zs_keys_shown(struct zs_run *run, const struct zs_zone *zone, struct zs_replaced *out)
{
	const struct zs_rrset *set = zs_zone_apex_rrset(zone, ZS_TYPE_DNSKEY);
	for (uint32_t i = 0; set && i < set->count; i++) {
		const struct zs_bytes rdata = zs_rrset_rdata(zone, set, i);
		uint8_t *copy = zs_arena_alloc(run->arena, rdata.len);
		memcpy(copy, rdata.data, rdata.len);
		ZS_PUSH(run->arena, out->dnskeys, out->dnskey_count, out->dnskey_room) = (struct zs_bytes){ copy, rdata.len };
	}
	read_signers(run, zone, out);
}

void zs_keys_served(struct zs_run *run, const struct zs_zone_config *config, const char *path, struct zs_replaced *out)
{
	/* looked at with a run of its own: what is wrong with it the import tells, which reads it again */
	struct zs_run *look = zs_run_begin();
	const struct zs_zone_options options = { .apex = config->name, .dnssec = ZS_DNSSEC_KEEP, .include_never = true };
	struct zs_zone *zone;
	*out = (struct zs_replaced){ 0 };
	if (zs_zone_read(look, look->arena, path, &options, &zone))
		zs_keys_shown(run, zone, out);
	zs_run_end(look);
}

/* The same key, whatever its flags: from the protocol on. */
static bool is_same_key(struct zs_bytes a, struct zs_bytes b)
{
	return a.len == b.len && a.len > 4 && memcmp(a.data + 2, b.data + 2, a.len - 2) == 0;
}

enum zs_key_role zs_keys_shown_role(const struct zs_replaced *served, const struct zs_key *key)
{
	bool there = false, is_sep = false, single = true;
	for (size_t i = 0; i < served->dnskey_count; i++) {
		const bool sep = zs_get_u16(served->dnskeys[i].data) & ZS_DNSKEY_SEP, same = is_same_key(served->dnskeys[i], key->rdata);
		single = single && sep;
		there = there || same;
		is_sep = is_sep || (same && sep);
	}
	if (!there)
		return 0;
	return !is_sep ? ZS_ZSK : single || zs_replaced_signs(served, key->algorithm, key->tag, ZS_TYPE_SOA) ? ZS_CSK : ZS_KSK;
}
