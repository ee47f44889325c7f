/* make_tlsa.c - the TLSA of all `dane:` entries: what files and config want, what the schedule makes of it, and warnings about
 * the whole of them. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dane/dane_private.h"

struct source { /* a certificate that stands at an owner, for warnings about several of them */
	uint8_t owner[ZS_NAME_MAX];
	const struct zs_dane_file *file;
	bool anchor; /* usage 0 or 2 */
	struct zs_source from;
};

struct tlsa_making {
	struct zs_making *m;
	struct zs_tlsa_want *wants;
	size_t count, room;
	struct source *sources;
	size_t source_count, source_room;
	size_t asked; /* records, as ZS_MADE_MAX counts them */
};

static const char *label_of(struct zs_run *run, const uint8_t *owner)
{
	char text[ZS_NAME_TEXT];
	return zs_arena_printf(run->arena, "TLSA %s", zs_name_text(owner, text));
}

/* The names an entry's host stands for: itself, or every MX target inside the zone. */
const uint8_t **zs_dane_hosts(struct zs_run *run, const struct zs_zone *zone, const struct zs_dane_host *host, bool warn, size_t *count)
{
	const uint8_t **names = NULL;
	size_t room = 0;
	*count = 0;
	if (!host->mx) {
		ZS_PUSH(run->arena, names, *count, room) = host->name;
		return names;
	}
	for (uint32_t i = 0; i < zone->owner_count && *count <= ZS_MADE_MAX; i++) {
		const struct zs_rrset *mx = zone->owners[i].flags ? NULL : zs_zone_rrset(zone, i, ZS_TYPE_MX);
		for (uint32_t r = 0; mx && r < mx->count && *count <= ZS_MADE_MAX; r++) {
			const uint8_t *target = zs_rrset_rdata(zone, mx, r).data + 2;
			char text[ZS_NAME_TEXT];
			bool known = !*target; /* null MX, RFC 7505 */
			for (size_t k = 0; !known && k < *count; k++)
				known = zs_name_equal(names[k], target);
			if (known)
				continue;
			if (!zs_name_within(target, zone->apex)) {
				if (warn)
					zs_warn(run, &host->from, "MX '%s' is outside this zone; its TLSA is its own zone's matter", zs_name_text(target, text));
				continue;
			}
			const uint8_t *cut = zs_dane_cut(zone, target);
			if (cut) {
				char there[ZS_NAME_TEXT];
				if (warn)
					zs_warn(run, &host->from, "MX '%s' is at or below the delegation '%s'; its TLSA is that zone's matter", zs_name_text(target, text),
					        zs_name_text(cut, there));
				continue;
			}
			uint8_t *copy = zs_arena_alloc(run->arena, zs_name_len(target));
			memcpy(copy, target, zs_name_len(target));
			ZS_PUSH(run->arena, names, *count, room) = copy;
		}
	}
	if (!*count && warn)
		zs_warn(run, &host->from, "the zone has no MX host inside itself: \"mx\" stands for nothing");
	return names;
}

static bool check_host(struct zs_making *m, const struct zs_dane_host *host, const uint8_t *name, const uint8_t *owner)
{
	char text[ZS_NAME_TEXT];
	const uint32_t at = zs_zone_find(m->zone, name, NULL);
	if (!zs_maker_may_own(m, &host->from, owner))
		return false;
	zs_name_text(name, text);
	if (zs_zone_rrset(m->zone, at, ZS_TYPE_CNAME))
		zs_warn(m->run, &host->from, "'%s' is an alias; clients look for TLSA at the name it points to first (RFC 7671 section 7)", text);
	else if (!zs_zone_rrset(m->zone, at, ZS_TYPE_A) && !zs_zone_rrset(m->zone, at, ZS_TYPE_AAAA))
		zs_warn(m->run, &host->from, "'%s' has no address in this zone", text);
	return true;
}

static struct zs_tlsa_want *want_at(struct tlsa_making *t, const uint8_t *owner, const struct zs_source *from)
{
	for (size_t i = 0; i < t->count; i++)
		if (zs_name_equal(t->wants[i].owner, owner))
			return &t->wants[i];
	struct zs_tlsa_want *want = &ZS_PUSH(t->m->run->arena, t->wants, t->count, t->room);
	memcpy(want->owner, owner, zs_name_len(owner));
	want->from = *from;
	return want;
}

static void add_keys(struct zs_run *run, struct zs_tlsa_want *want, const struct zs_tlsa_key *added, size_t count)
{
	if (!count)
		return;
	struct zs_tlsa_key *keys = zs_arena_array(run->arena, want->key_count + count, sizeof *keys);
	if (want->key_count)
		memcpy(keys, want->keys, want->key_count * sizeof *keys);
	memcpy(keys + want->key_count, added, count * sizeof *keys);
	want->key_count += count;
	want->keys = keys;
}

static bool has_bare_kind(const struct zs_dane_entry *entry)
{
	for (size_t i = 0; i < entry->record_count; i++)
		if (entry->records[i].selector)
			return true;
	return false;
}

/* The kinds of record that the entry wants of a file; false: one of them cannot be made, which is said. A key to come has no
 * certificate yet: records of the key alone are enough, one of them matches. */
static bool choose_kinds(struct tlsa_making *t, const struct zs_dane_entry *entry, const struct zs_dane_file *file, const char *label,
                         struct zs_tlsa_key *key)
{
	bool ok = true;
	for (size_t r = 0; r < entry->record_count; r++) {
		const struct zs_tlsa_params *params = &entry->records[r];
		const unsigned kind = params->usage * 6u + params->selector * 3u + params->matching;
		struct zs_bytes rdata;
		if (key->next && !file->certs[0].x509 && !params->selector && has_bare_kind(entry))
			zs_warn(t->m->run, &entry->next.from, "%s: %u 0 %u of the key in '%s' cannot be made before there is a certificate; its other records do",
			        label, params->usage, params->matching, file->path);
		else if (zs_dane_tlsa(t->m->run, file, params, label, &rdata))
			key->wanted |= 1u << kind;
		else
			ok = false;
	}
	return ok;
}

struct entry_files {
	const struct zs_dane_file *files; /* the certificates, then the key to come */
	struct zs_tlsa_key *keys;
	size_t count;
	bool ok;
};

/* All certificates and record kinds of an entry at one owner. */
static void want_owner(struct tlsa_making *t, const struct zs_dane_entry *entry, const struct entry_files *files,
                       const struct zs_dane_host *host, const uint8_t *name, const struct zs_dane_port *port)
{
	struct zs_making *m = t->m;
	uint8_t owner[ZS_NAME_MAX];
	if (!zs_dane_owner(port, name, owner)) {
		m->ok = zs_error(m->run, &host->from, "the TLSA owner would be longer than 255 octets");
		return;
	}
	if (!check_host(m, host, name, owner))
		return;
	const char *label = label_of(m->run, owner);
	struct zs_tlsa_want *want = want_at(t, owner, &host->from);
	struct zs_tlsa_key *keys = zs_arena_array(m->run->arena, files->count, sizeof *keys);
	bool ok = files->ok;
	want->ttl = want->ttl > entry->ttl ? want->ttl : entry->ttl;
	for (size_t f = 0; f < files->count && files->ok; f++) {
		keys[f] = files->keys[f];
		keys[f].next = f >= entry->certificate_count;
		ok = choose_kinds(t, entry, &files->files[f], label, &keys[f]) && ok;
		for (size_t r = 0; r < entry->record_count && !keys[f].next; r++) {
			zs_dane_lint(m->run, &entry->from, &files->files[f], &entry->records[r], port, name, label);
			struct source *source = &ZS_PUSH(m->run->arena, t->sources, t->source_count, t->source_room);
			*source = (struct source){ .file = &files->files[f], .anchor = entry->records[r].usage % 2 == 0, .from = entry->from };
			memcpy(source->owner, owner, zs_name_len(owner));
		}
	}
	add_keys(m->run, want, keys, files->ok ? files->count : 0);
	if (!ok)
		want->unknown = true;
}

/* `next:` may name a file that is still to be made: tlsa --stage, or an ACME client, does that. */
static bool next_is_there(const struct zs_dane_entry *entry)
{
	return entry->next.path && (access(entry->next.path, F_OK) == 0 || errno != ENOENT);
}

static void want_entry(struct tlsa_making *t, const struct zs_dane_entry *entry)
{
	struct zs_run *run = t->m->run;
	struct zs_dane_file *files = zs_arena_array(run->arena, entry->certificate_count + 1, sizeof *files);
	struct entry_files all = { .files = files, .ok = true };
	for (; all.count < entry->certificate_count && !t->m->exhausted; all.count++)
		all.ok = zs_maker_read_file(t->m, &entry->certificates[all.count], &files[all.count]) && all.ok;
	if (next_is_there(entry) && !t->m->exhausted) {
		all.ok = zs_maker_read_file(t->m, &entry->next, &files[all.count]) && all.ok;
		all.count++;
	}
	if (t->m->exhausted)
		return;
	all.keys = zs_arena_array(run->arena, all.count, sizeof *all.keys);
	for (size_t i = 0; i < all.count && all.ok; i++)
		all.ok = zs_dane_key(run, &files[i], &all.keys[i]);
	for (size_t i = 0; all.ok && all.count > entry->certificate_count && i < entry->certificate_count; i++)
		if (zs_bytes_equal(files[i].certs[0].spki, files[all.count - 1].certs[0].spki))
			zs_warn(run, &entry->next.from, "next has the same key as the certificate: this prepares no rollover");
	for (size_t h = 0; h < entry->host_count; h++) {
		size_t count;
		const uint8_t **names = zs_dane_hosts(run, t->m->zone, &entry->hosts[h], true, &count);
		t->asked += count * entry->port_count * all.count * entry->record_count;
		if (t->asked > ZS_MADE_MAX) {
			t->m->exhausted = true;
			t->m->ok = zs_error(run, &entry->hosts[h].from, "the hosts that '%s' stands for want more than %d TLSA records", entry->hosts[h].text,
			                    ZS_MADE_MAX);
			zs_hint(run, "name those that need them; \"mx\" is every MX target of the zone, with each port, certificate and kind of record");
			return;
		}
		for (size_t n = 0; n < count; n++)
			for (size_t p = 0; p < entry->port_count; p++)
				want_owner(t, entry, &all, &entry->hosts[h], names[n], &entry->ports[p]);
	}
}

/* ---- what was there before ---- */

static bool is_made(const struct zs_tlsa_want *want, struct zs_bytes rdata)
{
	for (size_t k = 0; k < want->key_count; k++)
		for (unsigned kind = 0; kind < ZS_TLSA_KINDS; kind++)
			if (want->keys[k].wanted >> kind & 1 && zs_bytes_equal(want->keys[k].kinds[kind], rdata))
				return true;
	return false;
}

/* What has records beside ours. Where another server signs, those it shows are among them. */
static const char *other_of(const struct zs_making *m)
{
	return m->config->publish->kind == ZS_PUBLISH_UPDATE ? "zone" : "zone file";
}

/* TLSA of the zone file at our owners. */
static void find_foreign(struct tlsa_making *t, struct zs_tlsa_want *want)
{
	struct zs_run *run = t->m->run;
	const struct zs_rrset *set = zs_zone_rrset(t->m->zone, zs_zone_find(t->m->zone, want->owner, NULL), ZS_TYPE_TLSA);
	char name[ZS_NAME_TEXT], hex[17] = "";
	struct zs_bytes *foreign = set ? zs_arena_array(run->arena, set->count, sizeof *foreign) : NULL;
	for (uint32_t i = 0; set && i < set->count; i++) {
		const struct zs_bytes rdata = zs_rrset_rdata(t->m->zone, set, i);
		const char *why = rdata.len > 3 ? zs_dane_mismatch(run, rdata) : "it has no data";
		if (is_made(want, rdata))
			continue;
		foreign[want->foreign_count++] = (struct zs_bytes){ (uint8_t *)zs_arena_text(run->arena, (const char *)rdata.data, rdata.len), rdata.len };
		zs_hex_encode(rdata.data + 3, rdata.len > 11 ? 8 : 0, hex);
		zs_warn(run, &want->from, "the %s has a TLSA of its own at '%s': %u %u %u %s.., not made by the config; it stays beside the computed ones",
		        other_of(t->m), zs_name_text(want->owner, name), rdata.data[0], rdata.data[1], rdata.data[2], hex);
		if (why)
			zs_warn(run, &want->from, "TLSA %s: %s", name, why);
	}
	want->foreign = foreign;
}

/* Is nothing known of the owner: the config names it for the first time, or the state was lost? */
static bool is_new(const struct zs_facts *facts, const struct zs_tlsa_want *want)
{
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (zs_tlsa_is_at(&facts->tlsa[i], want->owner))
			return false;
	return true;
}

static bool any_new(const struct tlsa_making *t, const struct zs_facts *facts)
{
	for (size_t i = 0; i < t->count; i++)
		if (is_new(facts, &t->wants[i]))
			return true;
	return false;
}

/* TLSA may have been at an owner of which nothing is known until a minute ago: of the zone file, by a wildcard or a CNAME, or of another
 * signer. Nobody kept their TTL, but it was not larger than the largest that caches may have of the zone. Too late does no harm. */
static void suppose_ttls(struct tlsa_making *t, struct zs_facts *facts)
{
	const struct zs_facts known_before = *facts;
	/* another server signs: nothing is known of what it published, but what the file has now */
	uint32_t largest = t->m->config->publish->kind == ZS_PUBLISH_UPDATE ? zs_zone_max_ttl(t->m->zone, NULL, NULL) : facts->published.ttl;
	for (size_t i = 0; i < facts->ttl_count; i++) {
		const struct zs_ttl_facts *ttl = &facts->ttls[i];
		if (!ttl->dnskey && (!ttl->until || ttl->until > t->m->run->now) && ttl->ttl > largest)
			largest = ttl->ttl;
	}
	for (size_t i = 0; i < t->count && largest; i++) {
		if (!is_new(&known_before, &t->wants[i]) || t->wants[i].unknown) /* the build that has its files supposes it then */
			continue;
		t->wants[i].supposed = !zs_tlsa_largest_ttl(&known_before, t->wants[i].owner, t->m->run->now);
		zs_tlsa_note_ttl(t->m->run->arena, facts, t->wants[i].owner, largest);
	}
}

/* The state was lost, the output is somebody else's, or the zone file had TLSA that the config has now: what the output has at
 * owners of which nothing is known is in caches, with its TTL, so it counts as published. Since when is not known. So does, at every
 * owner, what an output has that replaced ours: the state may be a copy from before a certificate changed. */
static void adopt(struct tlsa_making *t, struct zs_facts *facts)
{
	const struct zs_facts known_before = *facts;
	struct zs_run *look = zs_run_begin(); /* what is wrong in the old file is not this build's error */
	const struct zs_zone_options read = { .apex = t->m->config->name, .dnssec = ZS_DNSSEC_KEEP, .include_never = true };
	struct zs_zone *old;
	const bool ok = zs_zone_read(look, look->arena, t->m->config->output.path, &read, &old) && zs_zone_apex_rrset(old, ZS_TYPE_DNSKEY);
	for (size_t i = 0; ok && i < t->count; i++) {
		const struct zs_rrset *set = zs_zone_rrset(old, zs_zone_find(old, t->wants[i].owner, NULL), ZS_TYPE_TLSA);
		if (!facts->replaced.present && !is_new(&known_before, &t->wants[i]))
			continue;
		for (uint32_t r = 0; set && r < set->count; r++) {
			const struct zs_bytes rdata = zs_rrset_rdata(old, set, r);
			bool left_out = zs_tlsa_find(&known_before, t->wants[i].owner, rdata) != NULL;
			for (size_t f = 0; f < t->wants[i].foreign_count; f++)
				left_out = left_out || zs_bytes_equal(t->wants[i].foreign[f], rdata);
			if (left_out)
				continue;
			struct zs_tlsa_facts *known = &ZS_PUSH(t->m->run->arena, facts->tlsa, facts->tlsa_count, facts->tlsa_room);
			memcpy(known->owner, t->wants[i].owner, zs_name_len(t->wants[i].owner));
			known->type = ZS_TYPE_TLSA;
			known->rdata = (struct zs_bytes){ (uint8_t *)zs_arena_text(t->m->run->arena, (const char *)rdata.data, rdata.len), rdata.len };
		}
		if (!set)
			continue;
		zs_tlsa_note_ttl(t->m->run->arena, facts, t->wants[i].owner, set->ttl);
	}
	zs_run_end(look);
}

/* ---- warnings about the whole ---- */

/* A file cannot be read: do clients ignore all records that are known to be of a certificate in use? */
static bool are_ignored(const struct zs_making *m, const uint8_t *owner, const struct zs_bytes *all, size_t count)
{
	bool any = false;
	for (size_t i = 0; i < m->count; i++) {
		const struct zs_tlsa_facts *record = &m->records[i];
		const unsigned kind = zs_tlsa_kind(record->rdata);
		struct zs_tlsa_key key = { 0 };
		if (!zs_tlsa_is_at(record, owner) || record->role != ZS_TLSA_CURRENT || kind == ZS_TLSA_KINDS)
			continue;
		key.kinds[kind] = record->rdata;
		if (zs_tlsa_matches(all, count, &key))
			return false;
		any = true;
	}
	return any;
}

/* A certificate in use that no record authenticates, because the zone file has a stronger digest of another key: G19. */
static const char *find_unmatched(struct tlsa_making *t)
{
	struct zs_making *m = t->m;
	for (size_t i = 0; i < t->count; i++) {
		const struct zs_tlsa_want *want = &t->wants[i];
		const struct zs_rrset *set = zs_zone_rrset(m->zone, zs_zone_find(m->zone, want->owner, NULL), ZS_TYPE_TLSA);
		struct zs_bytes *all = zs_arena_array(m->run->arena, set ? set->count : 0, sizeof *all);
		for (uint32_t r = 0; set && r < set->count; r++)
			all[r] = zs_rrset_rdata(m->zone, set, r);
		if (set && want->unknown && are_ignored(m, want->owner, all, set->count))
			return zs_arena_printf(m->run->arena, "%s would leave no record that authenticates the certificate in use: the %s has a stronger "
			                                      "digest of another key, and senders take the strongest only", label_of(m->run, want->owner), other_of(m));
		for (size_t k = 0; set && !want->unknown && k < want->key_count; k++)
			if (!want->keys[k].next && !zs_tlsa_matches(all, set->count, &want->keys[k]))
				return zs_arena_printf(m->run->arena, "%s would leave no record that authenticates the certificate in use ('%s'): the %s has a "
				                                      "stronger digest of another key, and senders take the strongest only",
				                       label_of(m->run, want->owner), want->keys[k].path, other_of(m));
	}
	return NULL;
}

/* RFC 7671 section 9: a client that knows SHA-512 ignores SHA-256 of the same usage and selector. */
static void warn_mixed_digests(struct zs_making *m)
{
	for (size_t i = 0, from = 0, to = 0; i < m->count; i++) {
		const struct zs_tlsa_facts *r = &m->records[i];
		unsigned sha256 = 0, sha512 = 0, ours512 = 0;
		bool first = true;
		if (i == to) /* those of an owner follow each other */
			for (from = to; to < m->count && zs_name_equal(r->owner, m->records[to].owner); to++)
				;
		for (size_t k = from; k < to; k++) {
			const struct zs_tlsa_facts *o = &m->records[k];
			if (o->rdata.len < 3 || memcmp(r->rdata.data, o->rdata.data, 2) != 0 || zs_tlsa_is_leaving(o))
				continue;
			first = first && k >= i;
			sha256 += o->rdata.data[2] == 1;
			sha512 += o->rdata.data[2] == 2;
			ours512 += o->rdata.data[2] == 2 && o->role != ZS_TLSA_FOREIGN;
		}
		if (first && !zs_tlsa_is_leaving(r) && sha256 && sha512 && (sha256 != sha512 || !ours512))
			zs_warn(m->run, NULL, "%s: SHA-512 exists for %u of the keys only; senders that know it ignore the others (RFC 7671 section 9)",
			        label_of(m->run, r->owner), sha512);
	}
}

/* A trust anchor protects what it issued, and nothing else; and the same certificate as both is no second leg to stand on. */
static void warn_anchors(struct tlsa_making *t)
{
	for (size_t i = 0; i < t->source_count; i++) {
		const struct source *anchor = &t->sources[i];
		const struct zs_dane_cert *ca = &anchor->file->certs[0];
		bool issued = false, leaves = false;
		if (!anchor->anchor || !ca->x509)
			continue;
		for (size_t k = 0; k < t->source_count; k++) {
			const struct source *other = &t->sources[k];
			if (!zs_name_equal(anchor->owner, other->owner) || other->anchor || !other->file->certs[0].x509)
				continue;
			if (ca->self_signed && zs_bytes_equal(ca->der, other->file->certs[0].der))
				zs_warn(t->m->run, &anchor->from, "%s: usages 2 and 3 of one certificate ('%s'): that is no second way to be verified",
				        label_of(t->m->run, anchor->owner), anchor->file->path);
			leaves = true;
			for (size_t c = 0; c < anchor->file->count; c++)
				issued = issued || zs_dane_issued(&anchor->file->certs[c], &other->file->certs[0]) || anchor->file == other->file;
		}
		if (ca->is_ca && leaves && !issued)
			zs_warn(t->m->run, &anchor->from, "%s: CN=%s did not issue the certificate of the server: its record protects nothing",
			        label_of(t->m->run, anchor->owner), ca->subject);
	}
}

static bool has_tlsa(const struct zs_zone *zone, const uint8_t *host)
{
	static const struct zs_dane_port smtp = { .port = 25, .transport = ZS_TCP };
	uint8_t owner[ZS_NAME_MAX];
	return zs_dane_owner(&smtp, host, owner) && zs_zone_rrset(zone, zs_zone_find(zone, owner, NULL), ZS_TYPE_TLSA);
}

/* Mail goes to MX hosts: TLSA belongs there, to all of them, and nowhere else (RFC 7672 section 2.2). */
static void warn_about_mail(struct zs_making *m)
{
	const struct zs_rrset *mx = zs_zone_apex_rrset(m->zone, ZS_TYPE_MX);
	const struct zs_source *from = m->config->dane_count ? &m->config->dane[0].from : NULL;
	char name[ZS_NAME_TEXT];
	bool any = false, apex_is_mx = false;
	for (uint32_t i = 0; mx && i < mx->count; i++) {
		const uint8_t *target = zs_rrset_rdata(m->zone, mx, i).data + 2;
		any = any || has_tlsa(m->zone, target);
		apex_is_mx = apex_is_mx || zs_name_equal(target, m->zone->apex);
	}
	for (uint32_t i = 0; any && i < mx->count; i++) {
		const uint8_t *target = zs_rrset_rdata(m->zone, mx, i).data + 2;
		if (*target && zs_name_within(target, m->zone->apex) && !has_tlsa(m->zone, target))
			zs_warn(m->run, from, "MX %s has no TLSA: senders can be pushed to it without authentication", zs_name_text(target, name));
	}
	if (mx && !apex_is_mx && has_tlsa(m->zone, m->zone->apex))
		zs_warn(m->run, from, "TLSA for port 25 at %s: that is no MX host, and senders look at the MX hosts only", zs_name_text(m->zone->apex, name));
}

/* ---- the maker ---- */

static void take_plan(struct zs_making *m, const struct zs_tlsa_plan *plan, const struct zs_tlsa_want *wants, size_t want_count)
{
	for (size_t i = 0; i < plan->sentence_count; i++) {
		const struct zs_tlsa_sentence *sentence = &plan->sentences[i];
		if (sentence->warning)
			zs_warn(m->run, sentence->from, "%s", sentence->text);
		else
			zs_note(m->run, "%s", sentence->text);
	}
	for (size_t i = 0, w = 0; i < plan->count; i++) { /* in the order of the wants */
		ZS_PUSH(m->run->arena, m->records, m->count, m->room) = plan->records[i];
		while (w < want_count && !zs_name_equal(wants[w].owner, plan->records[i].owner))
			w++;
		assert(w < want_count);
		zs_zone_add(m->zone, wants[w].owner, ZS_TYPE_TLSA, wants[w].ttl, plan->records[i].rdata);
	}
	m->ttls = plan->ttls;
	m->ttl_count = plan->ttl_count;
}

struct zs_tlsa_timing zs_tlsa_timing_of(const struct zs_run *run, const struct zs_policy *policy)
{
	return (struct zs_tlsa_timing){ run->now, policy->propagation_zone, policy->safety };
}

void zs_make_tlsa(struct zs_making *m)
{
	struct tlsa_making t = { .m = m };
	struct zs_facts before = *m->before;
	const struct zs_tlsa_timing timing = zs_tlsa_timing_of(m->run, m->config->policy);
	struct zs_tlsa_plan plan;
	for (size_t i = 0; i < m->config->dane_count && !m->exhausted; i++)
		want_entry(&t, &m->config->dane[i]);
	if (!m->ok)
		return;
	for (size_t i = 0; i < t.count; i++) {
		find_foreign(&t, &t.wants[i]);
		m->files_ok = m->files_ok && !t.wants[i].unknown;
	}
	before.tlsa_ttls = zs_arena_array(m->run->arena, before.tlsa_ttl_count, sizeof *before.tlsa_ttls);
	before.tlsa_ttl_room = before.tlsa_ttl_count;
	if (before.tlsa_ttl_count)
		memcpy(before.tlsa_ttls, m->before->tlsa_ttls, before.tlsa_ttl_count * sizeof *before.tlsa_ttls);
	suppose_ttls(&t, &before);
	if (before.replaced.present || (any_new(&t, &before) && (before.fresh || before.published.known)))
		adopt(&t, &before);
	zs_tlsa_schedule(m->run->arena, &timing, t.wants, t.count, &before, &plan);
	take_plan(m, &plan, t.wants, t.count);
	m->unmatched = find_unmatched(&t);
	warn_mixed_digests(m);
	warn_anchors(&t);
	warn_about_mail(m);
}
