/* dnskey.c - what the plan publishes about keys: DNSKEY, CDS, CDNSKEY. */
#include "dns/algorithm.h"
#include "sign/sign_private.h"

/* "Remove every DS": RFC 8078 section 4. */
static void add_delete(struct zs_zone *zone, uint32_t ttl)
{
	static const uint8_t cds[] = { 0, 0, 0, 0, 0 }, cdnskey[] = { 0, 0, 3, 0, 0 };
	zs_zone_add(zone, zone->apex, ZS_TYPE_CDS, ttl, (struct zs_bytes){ cds, sizeof cds });
	zs_zone_add(zone, zone->apex, ZS_TYPE_CDNSKEY, ttl, (struct zs_bytes){ cdnskey, sizeof cdnskey });
}

bool zs_sign_add_keys(struct zs_run *run, struct zs_zone *zone, const struct zs_policy *policy, const struct zs_plan *plan,
                      const struct zs_keyset *keys)
{
	for (size_t i = 0; i < plan->key_count; i++) {
		const struct zs_plan_key *wanted = &plan->keys[i];
		const struct zs_key *key = zs_keyset_find(keys, wanted->facts->id);
		if (!wanted->publish && !wanted->cds)
			continue;
		if (!key)
			return zs_fail(run, "key %u is in the plan, but was not loaded", wanted->facts->tag);
		if (wanted->publish)
			zs_zone_add(zone, zone->apex, ZS_TYPE_DNSKEY, policy->dnskey_ttl, key->rdata);
		if (!wanted->cds)
			continue;
		uint8_t ds[52];
		size_t ds_len;
		if (!zs_ds_make(run, zone->apex, key->rdata, ZS_DS_SHA256, ds, &ds_len))
			return false;
		zs_zone_add(zone, zone->apex, ZS_TYPE_CDS, policy->dnskey_ttl, (struct zs_bytes){ ds, ds_len });
		zs_zone_add(zone, zone->apex, ZS_TYPE_CDNSKEY, policy->dnskey_ttl, key->rdata);
	}
	if (plan->cds_delete)
		add_delete(zone, policy->dnskey_ttl);
	return true;
}
