/* judge.c - what is known of records that are or were served: when caches have them, when they leave, and whether a server may present
 * a key now. Pure. */
#include <string.h>

#include "dane/dane_private.h"

unsigned zs_tlsa_kind(struct zs_bytes rdata)
{
	if (rdata.len < 3 || rdata.data[0] > 3 || rdata.data[1] > 1 || rdata.data[2] > 2)
		return ZS_TLSA_KINDS;
	return rdata.data[0] * 6u + rdata.data[1] * 3u + rdata.data[2];
}

bool zs_tlsa_has_kind(const struct zs_tlsa_key *key, unsigned kind)
{
	return kind < ZS_TLSA_KINDS && key->kinds[kind].len;
}

bool zs_tlsa_is_at(const struct zs_tlsa_facts *record, const uint8_t *owner)
{
	return record->type == ZS_TYPE_TLSA && zs_name_equal(record->owner, owner);
}

const struct zs_tlsa_facts *zs_tlsa_find(const struct zs_facts *facts, const uint8_t *owner, struct zs_bytes rdata)
{
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (zs_tlsa_is_at(&facts->tlsa[i], owner) && zs_bytes_equal(facts->tlsa[i].rdata, rdata))
			return &facts->tlsa[i];
	return NULL;
}

/* The largest TTL that caches may hold the RRset with. */
zs_seconds zs_tlsa_largest_ttl(const struct zs_facts *facts, const uint8_t *owner, zs_time now)
{
	zs_seconds largest = 0;
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++) {
		const struct zs_tlsa_ttl *ttl = &facts->tlsa_ttls[i];
		if (zs_name_equal(ttl->owner, owner) && (!ttl->until || ttl->until > now) && ttl->ttl > largest)
			largest = ttl->ttl;
	}
	return largest;
}

void zs_tlsa_note_ttl(struct zs_arena *arena, struct zs_facts *facts, const uint8_t *owner, uint32_t ttl)
{
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++)
		if (facts->tlsa_ttls[i].ttl == ttl && zs_name_equal(facts->tlsa_ttls[i].owner, owner)) {
			facts->tlsa_ttls[i].until = 0;
			return;
		}
	struct zs_tlsa_ttl *added = &ZS_PUSH(arena, facts->tlsa_ttls, facts->tlsa_ttl_count, facts->tlsa_ttl_room);
	*added = (struct zs_tlsa_ttl){ .ttl = ttl };
	memcpy(added->owner, owner, zs_name_len(owner));
}

static bool is_one_group(struct zs_bytes a, struct zs_bytes b)
{
	return zs_tlsa_kind(a) < ZS_TLSA_KINDS && zs_tlsa_kind(a) / 3 == zs_tlsa_kind(b) / 3;
}

zs_time zs_tlsa_ready(const struct zs_tlsa_timing *timing, const struct zs_facts *facts, const struct zs_tlsa_facts *record)
{
	return record->since ? record->since + timing->propagation + 2 * zs_tlsa_largest_ttl(facts, record->owner, timing->now) : 0;
}

struct zs_tlsa_timing zs_tlsa_a_while_ago(const struct zs_tlsa_timing *timing)
{
	struct zs_tlsa_timing ago = *timing;
	ago.now -= timing->safety;
	return ago;
}

zs_time zs_tlsa_leaves(const struct zs_tlsa_timing *timing, const struct zs_facts *facts, const struct zs_tlsa_facts *record)
{
	const struct zs_tlsa_timing ago = zs_tlsa_a_while_ago(timing);
	const zs_seconds ttl = zs_tlsa_largest_ttl(facts, record->owner, ago.now);
	zs_time end = record->until + 2 * ttl;
	bool any = false;
	for (size_t i = 0; i < facts->tlsa_count; i++) {
		const struct zs_tlsa_facts *other = &facts->tlsa[i];
		if (!zs_tlsa_is_at(other, record->owner))
			continue;
		/* those of one usage and selector leave together */
		end = zs_time_later(end, zs_time_later(other->used, other->until + (is_one_group(other->rdata, record->rdata) ? 2 * ttl : 0)));
		if (other->role != ZS_TLSA_CURRENT && other->role != ZS_TLSA_BRIDGE)
			continue;
		if (!other->since)
			return 0;
		end = zs_time_later(end, zs_tlsa_ready(&ago, facts, other));
		any = any || other->role == ZS_TLSA_CURRENT;
	}
	return any ? end + timing->safety : 0;
}

zs_time zs_tlsa_due(const struct zs_tlsa_timing *timing, const struct zs_facts *facts)
{
	zs_time due = 0;
	for (size_t i = 0; i < facts->tlsa_count; i++) {
		const struct zs_tlsa_facts *record = &facts->tlsa[i];
		const zs_time leaves = record->type == ZS_TYPE_TLSA && zs_tlsa_is_leaving(record) ? zs_tlsa_leaves(timing, facts, record) : 0;
		if (leaves && (!due || leaves < due))
			due = leaves;
	}
	return due;
}

/* Does it wait for the day when the version without it is in service? */
static bool is_undated(const struct zs_tlsa_ttl *ttl)
{
	return ttl->leaving && !ttl->until;
}

static void date_ttl(struct zs_tlsa_ttl *ttl, zs_seconds propagation, zs_time now)
{
	ttl->until = now + propagation + 2 * (zs_seconds)ttl->ttl;
}

void zs_tlsa_served(struct zs_facts *facts, zs_seconds propagation, zs_time now)
{
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (!facts->tlsa[i].since)
			facts->tlsa[i].since = now;
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++)
		if (is_undated(&facts->tlsa_ttls[i]))
			date_ttl(&facts->tlsa_ttls[i], propagation, now);
}

void zs_tlsa_versioned(struct zs_facts *facts, uint32_t serial)
{
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (!facts->tlsa[i].since)
			facts->tlsa[i].version = zs_facts_version(facts, facts->tlsa[i].version, serial);
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++)
		if (is_undated(&facts->tlsa_ttls[i]))
			facts->tlsa_ttls[i].version = zs_facts_version(facts, facts->tlsa_ttls[i].version, serial);
}

bool zs_tlsa_awaits_version(const struct zs_facts *facts)
{
	bool any = false;
	for (size_t i = 0; i < facts->tlsa_count; i++)
		any = any || (!facts->tlsa[i].since && facts->tlsa[i].version);
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++)
		any = any || (is_undated(&facts->tlsa_ttls[i]) && facts->tlsa_ttls[i].version);
	return any;
}

bool zs_tlsa_served_from(struct zs_facts *facts, zs_seconds propagation, uint32_t oldest, zs_time now)
{
	bool any = false;
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (!facts->tlsa[i].since && zs_version_is_in(facts->tlsa[i].version, oldest)) {
			facts->tlsa[i].since = now;
			any = true;
		}
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++)
		if (is_undated(&facts->tlsa_ttls[i]) && zs_version_is_in(facts->tlsa_ttls[i].version, oldest)) {
			date_ttl(&facts->tlsa_ttls[i], propagation, now);
			any = true;
		}
	return any;
}

void zs_tlsa_forget_unserved(struct zs_facts *facts)
{
	size_t kept = 0;
	for (size_t i = 0; i < facts->tlsa_count; i++) {
		const struct zs_tlsa_facts *record = &facts->tlsa[i];
		if (record->since || zs_version_is_in(record->version, facts->published.serial))
			facts->tlsa[kept++] = *record;
	}
	facts->tlsa_count = kept;
}

/* ---- the gate ---- */

bool zs_tlsa_matches(const struct zs_bytes *set, size_t count, const struct zs_tlsa_key *key)
{
	uint32_t there = 0, ours = 0;
	for (size_t i = 0; i < count; i++) {
		const unsigned kind = zs_tlsa_kind(set[i]);
		if (kind == ZS_TLSA_KINDS)
			continue; /* unusable: RFC 7671 section 5 */
		there |= 1u << kind;
		if (zs_tlsa_has_kind(key, kind) && zs_bytes_equal(key->kinds[kind], set[i]))
			ours |= 1u << kind;
	}
	for (unsigned group = 0; group < ZS_TLSA_KINDS; group += 3) {
		const unsigned best = there >> (group + 2) & 1 ? 2 : 1;
		if (ours >> group & 1 || ours >> (group + best) & 1) /* "full" is never ignored: RFC 7671 section 9 */
			return true;
	}
	return false;
}

struct judging {
	const struct zs_tlsa_timing *timing;
	const struct zs_facts *facts;
	const uint8_t *owner;
	const struct zs_tlsa_key *key;
	uint32_t there; /* kinds published at the owner */
	bool stays;     /* the config wants the key */
};

/* When every cache has the key's record of that kind; -1: it has none that stays. */
static zs_time kind_ready(const struct judging *j, unsigned kind)
{
	const struct zs_tlsa_facts *record = zs_tlsa_has_kind(j->key, kind) ? zs_tlsa_find(j->facts, j->owner, j->key->kinds[kind]) : NULL;
	if (!record)
		return -1;
	const zs_time leaves = !j->stays && zs_tlsa_is_leaving(record) ? zs_tlsa_leaves(j->timing, j->facts, record) : 0;
	if (leaves && leaves < j->timing->now + j->timing->safety)
		return -1; /* a build might take it out while the server switches */
	return zs_tlsa_ready(j->timing, j->facts, record);
}

/* The same for a usage and selector: all digests that are published there. */
static zs_time group_ready(const struct judging *j, unsigned group, bool *some)
{
	zs_time full = j->there >> group & 1 ? kind_ready(j, group) : -1, digests = -1;
	bool whole = true;
	for (unsigned kind = group + 1; kind < group + 3; kind++) {
		if (!(j->there >> kind & 1))
			continue;
		const zs_time ready = kind_ready(j, kind);
		*some = *some || ready >= 0;
		whole = whole && ready >= 0;
		digests = digests == 0 || ready == 0 ? 0 : zs_time_later(digests, ready);
	}
	*some = *some || full >= 0;
	if (!whole || digests < 0)
		return full;
	return full > 0 && (digests == 0 || full < digests) ? full : digests;
}

enum zs_tlsa_gate zs_tlsa_judge(const struct zs_tlsa_timing *timing, const struct zs_facts *facts, const uint8_t *owner,
                                const struct zs_tlsa_key *key, zs_time *when)
{
	struct judging j = { timing, facts, owner, key, 0, false };
	bool some = false, any = false;
	*when = 0;
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (zs_tlsa_is_at(&facts->tlsa[i], owner) && zs_tlsa_kind(facts->tlsa[i].rdata) < ZS_TLSA_KINDS) {
			const struct zs_bytes rdata = facts->tlsa[i].rdata;
			j.there |= 1u << zs_tlsa_kind(rdata);
			j.stays = j.stays || (!zs_tlsa_is_leaving(&facts->tlsa[i]) && zs_tlsa_has_kind(key, zs_tlsa_kind(rdata)) && zs_bytes_equal(key->kinds[zs_tlsa_kind(rdata)], rdata));
		}
	for (unsigned group = 0; group < ZS_TLSA_KINDS; group += 3) {
		const zs_time ready = group_ready(&j, group, &some);
		if (ready > 0 && ready <= timing->now)
			return ZS_GATE_OPEN;
		if (ready > 0 && (!*when || ready < *when))
			*when = ready;
		any = any || ready >= 0;
	}
	if (!j.there && !zs_tlsa_largest_ttl(facts, owner, timing->now))
		return ZS_GATE_NOTHING;
	return any ? ZS_GATE_WAIT : some ? ZS_GATE_SHADOWED : ZS_GATE_UNPUBLISHED;
}
