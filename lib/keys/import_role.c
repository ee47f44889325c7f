/* import_role.c - what the keys of another signer are for, where neither their files nor a person say so: the zone that they sign shows it. */
#include "dns/algorithm.h"
#include "dns/type.h"
#include "keys/key_private.h"
#include "zone/zone.h"

enum zs_key_role zs_keys_served_role(const struct zs_zone_config *config, const char *path)
{
	/* looked at with a run of its own: what is wrong with it the import tells, which reads it again */
	struct zs_run *look = zs_run_begin();
	const struct zs_zone_options options = { .apex = config->name, .dnssec = ZS_DNSSEC_KEEP, .include_never = true };
	struct zs_zone *zone;
	const struct zs_rrset *set = zs_zone_read(look, look->arena, path, &options, &zone) ? zs_zone_apex_rrset(zone, ZS_TYPE_DNSKEY) : NULL;
	bool single = set != NULL;
	for (uint32_t i = 0; set && i < set->count; i++) {
		const struct zs_bytes rdata = zs_rrset_rdata(zone, set, i);
		single = single && zs_get_u16(rdata.data) & ZS_DNSKEY_SEP;
	}
	zs_run_end(look);
	return single ? ZS_CSK : 0;
}
