/* insert.c - records computed from files, merged into the zone: the table of makers, and what they share. */
#include <string.h>

#include "base/hash.h"
#include "dane/dane_private.h"

static zs_maker *const makers[] = { zs_make_tlsa, zs_make_sshfp, zs_make_smimea, zs_make_openpgpkey };

bool zs_maker_may_read(struct zs_making *m, const struct zs_source *from, size_t len)
{
	m->octets += len;
	if (m->octets <= ZS_MADE_OCTETS_MAX)
		return true;
	if (!m->exhausted) {
		zs_error(m->run, from, "the files that records are made of have more than %d octets together", ZS_MADE_OCTETS_MAX);
		zs_hint(m->run, "one that several entries name counts for each of them, and an OpenPGP key for each address");
	}
	m->exhausted = true;
	return m->ok = false;
}

bool zs_maker_read_file(struct zs_making *m, const struct zs_config_path *path, struct zs_dane_file *out)
{
	return zs_dane_file_read(m->run, &path->from, path->path, out) && zs_maker_may_read(m, &path->from, (size_t)out->id.size);
}

void zs_maker_add(struct zs_making *m, uint16_t type, const uint8_t *owner, uint32_t ttl, struct zs_bytes rdata)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->records[i].type == type && zs_name_equal(m->records[i].owner, owner) && zs_bytes_equal(m->records[i].rdata, rdata))
			return;
	struct zs_tlsa_facts *made = &ZS_PUSH(m->run->arena, m->records, m->count, m->room);
	memcpy(made->owner, owner, zs_name_len(owner));
	made->type = type;
	made->rdata = rdata;
	for (size_t i = 0; i < m->before->tlsa_count; i++) {
		const struct zs_tlsa_facts *known = &m->before->tlsa[i];
		if (known->type == type && zs_name_equal(known->owner, owner) && zs_bytes_equal(known->rdata, rdata)) {
			made->since = known->since;
			made->version = known->version;
		}
	}
	zs_zone_add(m->zone, owner, type, ttl, rdata);
}

void zs_maker_keep(struct zs_making *m, uint16_t type, const uint8_t *owner, uint32_t ttl)
{
	m->files_ok = false;
	for (size_t i = 0; i < m->before->tlsa_count; i++)
		if (m->before->tlsa[i].type == type && zs_name_equal(m->before->tlsa[i].owner, owner))
			zs_maker_add(m, type, owner, ttl, m->before->tlsa[i].rdata);
}

const uint8_t *zs_dane_cut(const struct zs_zone *zone, const uint8_t *name)
{
	for (; zs_name_labels(name) > zone->apex_labels; name = zs_name_skip(name, 1)) {
		const uint32_t at = zs_zone_find(zone, name, NULL);
		if (at != ZS_NO_OWNER && (zone->owners[at].flags & ZS_OWNER_CUT))
			return name;
	}
	return NULL;
}

bool zs_maker_may_own(struct zs_making *m, const struct zs_source *from, const uint8_t *owner)
{
	char text[ZS_NAME_TEXT], cut_text[ZS_NAME_TEXT];
	const uint8_t *cut = zs_dane_cut(m->zone, owner);
	if (cut)
		return m->ok = zs_error(m->run, from, "'%s' is at or below the delegation '%s'; publish its records there", zs_name_text(owner, text),
		                        zs_name_text(cut, cut_text));
	if (zs_zone_rrset(m->zone, zs_zone_find(m->zone, owner, NULL), ZS_TYPE_CNAME))
		return m->ok = zs_error(m->run, from, "'%s' has a CNAME; other records are not allowed there", zs_name_text(owner, text));
	return true;
}

bool zs_maker_mail_owner(struct zs_making *m, const struct zs_made_name *name, const char *label, uint8_t out[ZS_NAME_MAX])
{
	enum { KEPT = 28 }; /* octets of the digest, RFC 7929 section 3 */
	uint8_t digest[ZS_HASH_MAX];
	const size_t label_len = strlen(label), domain_len = zs_name_len(name->name);
	if (!zs_hash(m->run, ZS_SHA256, (struct zs_bytes){ (const uint8_t *)name->local, name->local_len }, digest))
		return m->ok = false;
	if (1 + 2 * KEPT + 1 + label_len + domain_len > ZS_NAME_MAX)
		return m->ok = zs_error(m->run, &name->from, "the owner name of '%s' would be longer than 255 octets", name->text);
	out[0] = 2 * KEPT;
	zs_hex_encode(digest, KEPT, (char *)out + 1);
	out[1 + 2 * KEPT] = (uint8_t)label_len;
	memcpy(out + 2 + 2 * KEPT, label, label_len);
	memcpy(out + 2 + 2 * KEPT + label_len, name->name, domain_len);
	for (size_t i = 0; i < name->local_len; i++)
		if (name->local[i] >= 'A' && name->local[i] <= 'Z') {
			zs_warn(m->run, &name->from, "'%s' has capital letters: its hash is found by who writes it so, and by nobody else", name->text);
			break;
		}
	return true;
}

/* Keys of people are as long as they like, and one must not take the zone out of a server that loads no such set. */
static bool sets_fit(struct zs_making *m)
{
	for (size_t i = 0; i < m->count; i++) {
		char owner[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
		const uint32_t at = zs_zone_find(m->zone, m->records[i].owner, NULL);
		const struct zs_rrset *set = zs_zone_rrset(m->zone, at, m->records[i].type);
		const size_t len = set ? zs_zone_answer_len(m->zone, &m->zone->owners[at], set) : 0;
		if (len <= UINT16_MAX)
			continue;
		zs_error(m->run, &m->config->from, "the %s records of '%s' and a signature take %zu octets, and a DNS message has 65535: no server can answer with them",
		         zs_type_text(set->type, type), zs_name_text(m->records[i].owner, owner), len);
		zs_hint(m->run, "take a smaller key file, or fewer of them: `gpg --export-options export-minimal` leaves out what only the keyring needs");
		return false;
	}
	return true;
}

bool zs_dane_insert(struct zs_run *run, const struct zs_zone_config *config, struct zs_facts *facts, struct zs_zone *zone,
                    bool *certificates_ok)
{
	struct zs_making m = { .run = run, .config = config, .zone = zone, .before = facts, .files_ok = true, .ok = true };
	const size_t rdata_before = zone->rdata_count; /* each record that is added adds one */
	for (size_t i = 0; i < ZS_COUNT(makers) && !m.exhausted; i++)
		makers[i](&m);
	m.ok = m.ok && sets_fit(&m);
	if (m.ok) {
		facts->tlsa_unmatched = m.unmatched;
		facts->tlsa = m.records;
		facts->tlsa_count = m.count;
		facts->tlsa_room = m.room;
		facts->tlsa_ttls = m.ttls;
		facts->tlsa_ttl_count = facts->tlsa_ttl_room = m.ttl_count;
		if (zone->rdata_count != rdata_before)
			zs_zone_mark_cuts(zone, run->jobs);
	}
	*certificates_ok = m.files_ok;
	return m.ok;
}

void zs_dane_reconcile(struct zs_run *run, const struct zs_zone *zone, struct zs_facts *facts)
{
	struct zs_tlsa_facts *kept = zs_arena_array(run->arena, facts->tlsa_count, sizeof *kept);
	size_t count = 0;
	for (size_t i = 0; i < facts->tlsa_count; i++) {
		const struct zs_tlsa_facts *record = &facts->tlsa[i];
		const struct zs_rrset *set = zs_zone_rrset(zone, zs_zone_find(zone, record->owner, NULL), record->type);
		for (uint32_t r = 0; set && r < set->count; r++)
			if (zs_bytes_equal(zs_rrset_rdata(zone, set, r), record->rdata)) {
				kept[count++] = *record;
				break;
			}
	}
	facts->tlsa = kept;
	facts->tlsa_count = facts->tlsa_room = count;
	/* what caches may hold is known less well now: each TTL may still be served */
	struct zs_tlsa_ttl *ttls = zs_arena_array(run->arena, facts->tlsa_ttl_count, sizeof *ttls);
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++) {
		ttls[i] = facts->tlsa_ttls[i];
		const struct zs_rrset *set = zs_zone_rrset(zone, zs_zone_find(zone, ttls[i].owner, NULL), ZS_TYPE_TLSA);
		if (set && set->ttl == ttls[i].ttl)
			ttls[i].leaving = false, ttls[i].until = ttls[i].version = 0;
	}
	facts->tlsa_ttls = ttls;
	facts->tlsa_ttl_room = facts->tlsa_ttl_count;
}
