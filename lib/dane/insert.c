/* insert.c - the TLSA of all `dane:` entries, merged into the zone; warnings about the whole of them. */
#include <stdlib.h>
#include <string.h>

#include "dane/dane.h"

struct inserter {
	struct zs_run *run;
	const struct zs_zone_config *config;
	struct zs_zone *zone;
	struct zs_facts *facts;
	struct zs_tlsa_facts *made; /* what this run computed */
	size_t made_count, made_room;
	bool certificates_ok, ok;
};

static const char *label_of(struct zs_run *run, const uint8_t *owner)
{
	char text[ZS_NAME_TEXT];
	return zs_arena_printf(run->arena, "TLSA %s", zs_name_text(owner, text));
}

/* The names an entry's host stands for: itself, or every MX target inside the zone. */
static const uint8_t **expand_host(struct inserter *in, const struct zs_dane_host *host, size_t *count)
{
	const uint8_t **names = NULL;
	size_t room = 0;
	*count = 0;
	if (!host->mx) {
		ZS_PUSH(in->run->arena, names, *count, room) = host->name;
		return names;
	}
	for (uint32_t i = 0; i < in->zone->owner_count; i++) {
		const struct zs_rrset *mx = in->zone->owners[i].flags ? NULL : zs_zone_rrset(in->zone, i, ZS_TYPE_MX);
		for (uint32_t r = 0; mx && r < mx->count; r++) {
			const uint8_t *target = zs_rrset_rdata(in->zone, mx, r).data + 2;
			char text[ZS_NAME_TEXT];
			bool known = !*target; /* null MX, RFC 7505 */
			for (size_t k = 0; !known && k < *count; k++)
				known = zs_name_equal(names[k], target);
			if (known)
				continue;
			if (!zs_name_within(target, in->zone->apex)) {
				zs_warn(in->run, &host->from, "MX '%s' is outside this zone; its TLSA is its own zone's matter", zs_name_text(target, text));
				continue;
			}
			uint8_t *copy = zs_arena_alloc(in->run->arena, zs_name_len(target));
			memcpy(copy, target, zs_name_len(target));
			ZS_PUSH(in->run->arena, names, *count, room) = copy;
		}
	}
	if (!*count)
		zs_warn(in->run, &host->from, "the zone has no MX host inside itself: \"mx\" stands for nothing");
	return names;
}

static bool check_host(struct inserter *in, const struct zs_dane_host *host, const uint8_t *name, const uint8_t *owner)
{
	char text[ZS_NAME_TEXT], cut[ZS_NAME_TEXT];
	zs_name_text(name, text);
	for (const uint8_t *p = name; zs_name_labels(p) > in->zone->apex_labels; p = zs_name_skip(p, 1)) {
		const uint32_t at = zs_zone_find(in->zone, p, NULL);
		if (at != ZS_NO_OWNER && (in->zone->owners[at].flags & ZS_OWNER_CUT))
			return zs_error(in->run, &host->from, "'%s' is at or below the delegation '%s'; publish its TLSA there", text,
			                zs_name_text(p, cut));
	}
	const uint32_t at = zs_zone_find(in->zone, name, NULL);
	if (zs_zone_rrset(in->zone, at, ZS_TYPE_CNAME))
		zs_warn(in->run, &host->from, "'%s' is an alias; clients look for TLSA at the name it points to first (RFC 7671 section 7)", text);
	else if (!zs_zone_rrset(in->zone, at, ZS_TYPE_A) && !zs_zone_rrset(in->zone, at, ZS_TYPE_AAAA))
		zs_warn(in->run, &host->from, "'%s' has no address in this zone", text);
	if (zs_zone_rrset(in->zone, zs_zone_find(in->zone, owner, NULL), ZS_TYPE_CNAME))
		return zs_error(in->run, &host->from, "'%s' has a CNAME; other records are not allowed there", zs_name_text(owner, text));
	return true;
}

static void add_made(struct inserter *in, const uint8_t *owner, struct zs_bytes rdata, uint32_t ttl)
{
	for (size_t i = 0; i < in->made_count; i++)
		if (zs_name_equal(in->made[i].owner, owner) && zs_bytes_equal(in->made[i].rdata, rdata))
			return;
	struct zs_tlsa_facts *made = &ZS_PUSH(in->run->arena, in->made, in->made_count, in->made_room);
	memcpy(made->owner, owner, zs_name_len(owner));
	made->rdata = rdata;
	zs_zone_add(in->zone, owner, ZS_TYPE_TLSA, ttl, rdata);
}

/* What state knows as published at owner goes on: the design's rescue of a broken certificate. */
static void keep_published(struct inserter *in, const uint8_t *owner, uint32_t ttl)
{
	for (size_t i = 0; i < in->facts->tlsa_count; i++)
		if (zs_name_equal(in->facts->tlsa[i].owner, owner))
			add_made(in, owner, in->facts->tlsa[i].rdata, ttl);
}

static void warn_foreign(struct inserter *in, const uint8_t *owner, const struct zs_dane_host *host)
{
	const struct zs_rrset *set = zs_zone_rrset(in->zone, zs_zone_find(in->zone, owner, NULL), ZS_TYPE_TLSA);
	char text[ZS_NAME_TEXT];
	if (set && zs_zone_source(in->zone, set).input)
		zs_warn(in->run, &host->from, "the zone file has TLSA of its own at '%s'; they stay beside the computed ones", zs_name_text(owner, text));
}

/* All certificates and record kinds of an entry at one owner. */
static void insert_owner(struct inserter *in, const struct zs_dane_entry *entry, const struct zs_dane_file *files, bool files_ok,
                         const struct zs_dane_host *host, const uint8_t *name, const struct zs_dane_port *port)
{
	uint8_t owner[ZS_NAME_MAX];
	if (!zs_dane_owner(port, name, owner)) {
		in->ok = zs_error(in->run, &host->from, "the TLSA owner would be longer than 255 octets");
		return;
	}
	if (!check_host(in, host, name, owner)) {
		in->ok = false;
		return;
	}
	const char *label = label_of(in->run, owner);
	bool ok = files_ok;
	warn_foreign(in, owner, host);
	const size_t file_count = entry->certificate_count + (entry->next.path != NULL);
	struct zs_bytes *made = zs_arena_array(in->run->arena, file_count * entry->record_count + 1, sizeof *made);
	size_t count = 0;
	for (size_t f = 0; ok && f < file_count; f++)
		for (size_t r = 0; r < entry->record_count && ok; r++) {
			ok = zs_dane_tlsa(in->run, &files[f], &entry->records[r], label, &made[count++]);
			if (ok && f < entry->certificate_count)
				zs_dane_lint(in->run, &entry->from, &files[f], &entry->records[r], port, name, label);
		}
	if (!ok) {
		in->certificates_ok = false;
		keep_published(in, owner, entry->ttl);
		return;
	}
	for (size_t i = 0; i < count; i++)
		add_made(in, owner, made[i], entry->ttl);
}

static void insert_entry(struct inserter *in, const struct zs_dane_entry *entry)
{
	const size_t file_count = entry->certificate_count + (entry->next.path != NULL);
	struct zs_dane_file *files = zs_arena_array(in->run->arena, file_count, sizeof *files);
	bool files_ok = true;
	for (size_t i = 0; i < entry->certificate_count; i++)
		files_ok = zs_dane_file_read(in->run, &entry->certificates[i].from, entry->certificates[i].path, &files[i]) && files_ok;
	if (entry->next.path)
		files_ok = zs_dane_file_read(in->run, &entry->next.from, entry->next.path, &files[file_count - 1]) && files_ok;
	for (size_t i = 0; files_ok && entry->next.path && i < entry->certificate_count; i++)
		if (zs_bytes_equal(files[i].certs[0].spki, files[file_count - 1].certs[0].spki))
			zs_warn(in->run, &entry->next.from, "next has the same key as the certificate: this prepares no rollover");
	for (size_t h = 0; h < entry->host_count; h++) {
		size_t count;
		const uint8_t **names = expand_host(in, &entry->hosts[h], &count);
		for (size_t n = 0; n < count; n++)
			for (size_t p = 0; p < entry->port_count; p++)
				insert_owner(in, entry, files, files_ok, &entry->hosts[h], names[n], &entry->ports[p]);
	}
}

/* RFC 7671 section 9: a client that knows SHA-512 ignores SHA-256 of the same usage and selector. */
static void warn_mixed_digests(struct inserter *in)
{
	for (size_t i = 0; i < in->made_count; i++) {
		const struct zs_tlsa_facts *m = &in->made[i];
		unsigned sha256 = 0, sha512 = 0;
		bool first = true;
		for (size_t k = 0; k < in->made_count; k++) {
			const struct zs_tlsa_facts *o = &in->made[k];
			if (!zs_name_equal(m->owner, o->owner) || memcmp(m->rdata.data, o->rdata.data, 2) != 0)
				continue;
			first = first && k >= i;
			sha256 += o->rdata.data[2] == 1;
			sha512 += o->rdata.data[2] == 2;
		}
		if (first && sha256 && sha512 && sha256 != sha512)
			zs_warn(in->run, NULL, "%s: SHA-512 exists for %u of the keys only; senders that know it ignore the others (RFC 7671 section 9)",
			        label_of(in->run, m->owner), sha512);
	}
}

static bool has_tlsa(const struct zs_zone *zone, const uint8_t *host)
{
	static const struct zs_dane_port smtp = { .port = 25, .transport = ZS_TCP };
	uint8_t owner[ZS_NAME_MAX];
	return zs_dane_owner(&smtp, host, owner) && zs_zone_rrset(zone, zs_zone_find(zone, owner, NULL), ZS_TYPE_TLSA);
}

/* Mail goes to MX hosts: TLSA belongs there, to all of them, and nowhere else (RFC 7672 section 2.2). */
static void warn_about_mail(struct inserter *in)
{
	const struct zs_rrset *mx = zs_zone_apex_rrset(in->zone, ZS_TYPE_MX);
	const struct zs_source *from = in->config->dane_count ? &in->config->dane[0].from : NULL;
	char name[ZS_NAME_TEXT];
	bool any = false, apex_is_mx = false;
	for (uint32_t i = 0; mx && i < mx->count; i++) {
		const uint8_t *target = zs_rrset_rdata(in->zone, mx, i).data + 2;
		any = any || has_tlsa(in->zone, target);
		apex_is_mx = apex_is_mx || zs_name_equal(target, in->zone->apex);
	}
	for (uint32_t i = 0; any && i < mx->count; i++) {
		const uint8_t *target = zs_rrset_rdata(in->zone, mx, i).data + 2;
		if (*target && zs_name_within(target, in->zone->apex) && !has_tlsa(in->zone, target))
			zs_warn(in->run, from, "MX %s has no TLSA: senders can be pushed to it without authentication", zs_name_text(target, name));
	}
	if (mx && !apex_is_mx && has_tlsa(in->zone, in->zone->apex))
		zs_warn(in->run, from, "TLSA for port 25 at %s: that is no MX host, and senders look at the MX hosts only", zs_name_text(in->zone->apex, name));
}

/* Keep since-when of records that stay; the new list replaces the old. */
static void update_facts(struct inserter *in)
{
	for (size_t i = 0; i < in->made_count; i++)
		for (size_t k = 0; k < in->facts->tlsa_count; k++)
			if (zs_name_equal(in->made[i].owner, in->facts->tlsa[k].owner)
			    && zs_bytes_equal(in->made[i].rdata, in->facts->tlsa[k].rdata))
				in->made[i].since = in->facts->tlsa[k].since;
	in->facts->tlsa = in->made;
	in->facts->tlsa_count = in->made_count;
	in->facts->tlsa_room = in->made_room;
}

bool zs_dane_insert(struct zs_run *run, const struct zs_zone_config *config, struct zs_facts *facts, struct zs_zone *zone,
                    bool *certificates_ok)
{
	struct inserter in = { .run = run, .config = config, .zone = zone, .facts = facts, .certificates_ok = true, .ok = true };
	for (size_t i = 0; i < config->dane_count; i++)
		insert_entry(&in, &config->dane[i]);
	warn_mixed_digests(&in);
	warn_about_mail(&in);
	if (in.ok) {
		update_facts(&in);
		zs_zone_mark_cuts(zone);
	}
	*certificates_ok = in.certificates_ok;
	return in.ok;
}
