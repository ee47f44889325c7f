/* build_load.c - what is signed: the input with its TLSA, checked; or the content last published, without what the signer made. */
#include <string.h>

#include "build_private.h"
#include "dane/dane.h"

/* What the signer makes itself does not come from the input. */
static void drop_signer_types(struct zs_run *run, struct zs_zone *zone, bool is_input)
{
	static const uint16_t types[] = { ZS_TYPE_DNSKEY, ZS_TYPE_CDS, ZS_TYPE_CDNSKEY, ZS_TYPE_ZONEMD };
	for (size_t i = 0; i < ZS_COUNT(types); i++) {
		char name[ZS_TYPE_TEXT];
		const struct zs_rrset *set = zs_zone_apex_rrset(zone, types[i]);
		if (!set)
			continue;
		const struct zs_source where = zs_zone_source(zone, set);
		if (is_input)
			zs_warn(run, &where, "the %s records of the input are dropped; zonesign makes them from its own keys",
			        zs_type_text(types[i], name));
		zs_zone_remove(zone, zone->apex, types[i]);
	}
}

static bool check_ttls(struct zs_building *b)
{
	const struct zs_policy *policy = b->zone_config->policy;
	const uint8_t *owner = NULL;
	uint16_t type = 0;
	struct zs_soa soa;
	char owner_text[ZS_NAME_TEXT] = "", type_text[ZS_TYPE_TEXT] = "";
	b->ttls.largest = zs_zone_max_ttl(b->zone, &owner, &type);
	if (owner)
		zs_type_text(type, type_text), zs_name_text(owner, owner_text);
	if (!zs_zone_soa(b->zone, &soa))
		return zs_error(b->run, NULL, "the zone has no SOA");
	b->ttls.negative = soa.ttl < soa.minimum ? soa.ttl : soa.minimum;
	if (!zs_policy_check_ttl(b->run, policy, b->ttls.largest, owner_text, type_text))
		return false;
	b->largest = b->ttls.largest;
	/* caches may hold the NSEC3PARAM as long as that, though nobody asks for it */
	if (policy->denial == ZS_DENIAL_NSEC3 && soa.minimum > b->ttls.largest)
		b->ttls.largest = soa.minimum < INT32_MAX ? soa.minimum : INT32_MAX;
	return true;
}

bool zs_build_load_input(struct zs_building *b)
{
	const struct zs_zone_config *config = b->zone_config;
	const struct zs_zone_options options = { .apex = config->name, .dnssec = ZS_DNSSEC_STRIP, .include_any = config->include_any,
		                                 .want_sha256 = true };
	const struct zs_run_mark mark = zs_run_mark(b->run);
	zs_run_stage(b->run, "read");
	if (!zs_zone_read(b->run, b->arena, config->file.path, &options, &b->zone))
		return false;
	for (size_t i = 0; i < b->zone->input_count; i++)
		b->run->stage_octets += b->zone->input_ids[i].size;
	drop_signer_types(b->run, b->zone, true);
	zs_run_stage(b->run, "check");
	if (!zs_zone_check(b->run, b->zone, config->policy->max_zone_ttl, zs_build_accepts(b->options, "G12")))
		return false;
	zs_build_tell_weekly(b->run, &b->told, &mark);
	if (!zs_build_zone_inputs(b->run, b->zone, &b->inputs, &b->input_count, &b->input_room))
		return false;
	zs_run_stage(b->run, "TLSA");
	b->served_before = zs_facts_copy(b->run->arena, b->facts);
	const bool ok = zs_dane_insert(b->run, config, b->facts, b->zone, &b->certificates_ok)
	             && zs_build_check_tlsa(b->run, b->options, b->facts, b->served_before, b->zone) && check_ttls(b)
	             && zs_build_check_shape(b->run, b->options, b->facts, b->zone, &b->shape);
	zs_zone_release_text(b->zone);
	return ok;
}

bool zs_build_read_published(struct zs_building *b, struct zs_zone **out)
{
	const struct zs_zone_options options = { .apex = b->zone_config->name, .dnssec = ZS_DNSSEC_STRIP, .include_never = true };
	if (!zs_zone_read(b->run, b->arena, b->zone_config->output.path, &options, out))
		return false;
	drop_signer_types(b->run, *out, false);
	zs_zone_release_text(*out);
	return true;
}

bool zs_build_load_published(struct zs_building *b)
{
	if (!zs_build_read_published(b, &b->zone))
		return false;
	zs_dane_reconcile(b->run, b->zone, b->facts);
	return check_ttls(b);
}
