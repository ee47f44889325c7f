/* advise.c - what the command check says of TLSA beyond errors: no key to come, TTLs, opt-out, records that nobody can use. */
#include <string.h>
#include <unistd.h>

#include "dane/dane.h"

enum { LONG_TTL = 43200, SHORT_TTL = 300 };

static bool only_leaf_kinds(const struct zs_dane_entry *entry)
{
	for (size_t i = 0; i < entry->record_count; i++)
		if (entry->records[i].usage % 2 == 0)
			return false;
	return true;
}

static bool is_mail_entry(const struct zs_dane_entry *entry)
{
	for (size_t i = 0; i < entry->port_count; i++)
		if (entry->ports[i].port == 25 || entry->ports[i].port == 465 || entry->ports[i].port == 587)
			return true;
	return false;
}

static void advise_entry(struct zs_run *run, const struct zs_dane_entry *entry)
{
	char ttl[ZS_DURATION_TEXT], wait[ZS_DURATION_TEXT];
	if (entry->next.path && access(entry->next.path, F_OK) != 0) {
		zs_note(run, "'%s' is not there yet: a renewal with a new key has to come through it", entry->next.path);
		zs_hint(run, "'zonesign tlsa --stage HOST' makes the key, or a hook puts the renewed certificate there ('zonesign tlsa --hook CLIENT')");
	} else if (entry->certificate_count == 1 && !entry->next.path && only_leaf_kinds(entry)) {
		zs_warn(run, &entry->from, "one key only is published: a renewal with a new key %s, until caches know it",
		        is_mail_entry(entry) ? "stops mail from senders that use DANE" : "is refused by clients that use DANE");
		zs_hint(run, "ACME clients make a new key each time: 'zonesign tlsa --hook CLIENT' has them wait; or add next: with the key to come "
		             "('zonesign tlsa --stage'), or let renewals keep the key");
	}
	zs_duration_text(entry->ttl, ttl);
	if (entry->ttl > LONG_TTL)
		zs_warn(run, &entry->from, "TTL %s: a change of keys waits %s; 1h is usual", ttl, zs_duration_text(2 * (zs_seconds)entry->ttl, wait));
	else if (entry->ttl < SHORT_TTL)
		zs_warn(run, &entry->from, "TTL %s: every sender asks anew all the time; 1h is usual", ttl);
}

static void advise_mx(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone)
{
	const struct zs_rrset *mx = zs_zone_apex_rrset(zone, ZS_TYPE_MX);
	char from[ZS_NAME_TEXT], to[ZS_NAME_TEXT];
	for (uint32_t i = 0; mx && i < mx->count; i++) {
		const uint8_t *target = zs_rrset_rdata(zone, mx, i).data + 2;
		const struct zs_rrset *alias = zs_zone_rrset(zone, zs_zone_find(zone, target, NULL), ZS_TYPE_CNAME);
		if (alias)
			zs_warn(run, &config->dane[0].from, "MX %s is an alias of %s; publish TLSA at the latter (RFC 7672 section 2.2.2)",
			        zs_name_text(target, from), zs_name_text(zs_rrset_rdata(zone, alias, 0).data, to));
	}
}

/* "_25._tcp.": mail. */
static bool is_mail_owner(const uint8_t *owner)
{
	static const char *const ports[] = { "\3_25\4_tcp", "\4_465\4_tcp", "\4_587\4_tcp" };
	for (size_t i = 0; i < ZS_COUNT(ports); i++)
		if (zs_name_len(owner) > strlen(ports[i]) && memcmp(owner, ports[i], strlen(ports[i])) == 0)
			return true;
	return false;
}

/* TLSA that stand in the zone file. */
static void advise_found(struct zs_run *run, const struct zs_zone *zone, const struct zs_rrset *set, const uint8_t *owner)
{
	char name[ZS_NAME_TEXT];
	for (uint32_t i = 0; i < set->count; i++) {
		const struct zs_rdata *rdata = &zone->rdata[set->first + i];
		const struct zs_bytes data = zs_rdata_bytes(zone, rdata);
		if (rdata->input == ZS_NO_INPUT || data.len < 3)
			continue;
		const struct zs_source where = { .input = zone->inputs[rdata->input], .line = rdata->line };
		const char *why = zs_dane_mismatch(run, data);
		if (!why && data.data[0] < 2 && is_mail_owner(owner))
			why = zs_arena_printf(run->arena, "usage %u is unusable for SMTP: senders will not verify (RFC 7672 section 3.1.3)", data.data[0]);
		if (why)
			zs_warn(run, &where, "TLSA %s: %s", zs_name_text(owner, name), why);
	}
}

void zs_dane_advise(struct zs_run *run, const struct zs_zone_config *config, const struct zs_zone *zone)
{
	for (size_t i = 0; i < config->dane_count; i++)
		advise_entry(run, &config->dane[i]);
	if (config->dane_count)
		advise_mx(run, config, zone);
	if (config->dane_count && config->policy->denial == ZS_DENIAL_NSEC3 && config->policy->nsec3.opt_out)
		zs_warn(run, &config->dane[0].from, "NSEC3 opt-out: answers that a host has no TLSA are not secure, so senders cannot tell (RFC 5155 section 9.2)");
	for (uint32_t i = 0; i < zone->owner_count; i++) {
		const struct zs_rrset *set = zone->owners[i].flags & ZS_OWNER_OCCLUDED ? NULL : zs_zone_rrset(zone, i, ZS_TYPE_TLSA);
		if (set)
			advise_found(run, zone, set, zs_owner_name(zone, &zone->owners[i]));
	}
}
