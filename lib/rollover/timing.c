/* timing.c - when caches have forgotten: TTLs with the memory of larger ones, propagation, safety. */
#include "rollover/rollover_private.h"

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

zs_time zs_forgotten_at(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls, zs_time since, bool dnskey)
{
	const struct zs_published *published = &facts->published;
	/* what is served now, and what is about to be, in case that is longer */
	const uint32_t ttl = dnskey ? larger(policy->dnskey_ttl, published->dnskey_ttl) : larger(ttls->largest, published->ttl);
	zs_time end = since + ttl + policy->propagation_zone;
	for (size_t i = 0; i < facts->ttl_count; i++) {
		const struct zs_ttl_facts *memory = &facts->ttls[i];
		const zs_time last = since + memory->ttl + policy->propagation_zone;
		if (memory->dnskey == dnskey)
			end = zs_time_later(end, memory->until && memory->until < last ? memory->until : last);
	}
	return end;
}

/* A key that was taken over, whose DS nobody knows of, or is not there: the zone may have been signed by it for the first time just before
 * that. When does no cache hold it unsigned any more? */
zs_time zs_unsigned_until(const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls, const struct zs_key_facts *key)
{
	const zs_time since = key->dnskey.since, negative = larger(ttls->negative, facts->published.negative_ttl);
	const zs_time end = zs_time_later(zs_forgotten_at(policy, facts, ttls, since, true), zs_forgotten_at(policy, facts, ttls, since, false));
	return zs_time_later(end, since + negative + policy->propagation_zone) + policy->safety;
}

zs_seconds zs_rollover_parent_wait(const struct zs_policy *policy, const struct zs_facts *facts)
{
	const zs_seconds ttl = facts->parent.ttl > policy->parent_ds_ttl ? (zs_seconds)facts->parent.ttl : policy->parent_ds_ttl;
	return ttl + policy->propagation_parent + policy->safety;
}

/* In an emergency one second is left of the margins: that in which a TTL runs out. */
static zs_seconds safety(const struct zs_engine *e)
{
	return e->hurry ? 1 : e->policy->safety;
}

zs_seconds zs_publish_lead(const struct zs_engine *e)
{
	return zs_forgotten_at(e->policy, e->facts, e->ttls, e->now, true) - e->now + safety(e);
}

static zs_time dnskey_settles_at(const struct zs_engine *e, const struct zs_record_state *record)
{
	zs_time end = zs_forgotten_at(e->policy, e->facts, e->ttls, record->since, true);
	if (zs_zone_is_insecure(e)) /* caches may hold that there is no DNSKEY: RFC 7583 section 3.2.1 */
		end = zs_time_later(end, record->since + larger(e->ttls->negative, e->facts->published.negative_ttl) + e->policy->propagation_zone);
	return end + safety(e);
}

/* propagation.parent: every server was seen to have the change by then, so there is nothing to wait for; unless a person said so. */
static zs_seconds parent_propagation(const struct zs_engine *e, zs_time known)
{
	return e->policy->observe_parent_propagation && e->facts->parent.observed >= known ? 0 : e->policy->propagation_parent;
}

static zs_time ds_settles_at(const struct zs_engine *e, const struct zs_key_facts *key)
{
	const zs_time known = key->ds.phase == ZS_RUMOURED ? key->ds_seen : key->ds_gone;
	const zs_seconds ttl = zs_rollover_parent_wait(e->policy, e->facts) - e->policy->propagation_parent - e->policy->safety;
	const zs_seconds wait = ttl + parent_propagation(e, known) + safety(e);
	if (key->ds.phase == ZS_RUMOURED)
		return key->ds_seen ? key->ds_seen + wait : 0;
	/* gone before the zone stopped to ask for it does not count: a parent may have acted on the older wish since */
	if (e->facts->abandoned && !key->ds.since) /* that it is given up is in no zone yet, and may never be */
		return key->ds_gone ? key->ds_gone + wait : 0;
	return key->ds.since && key->ds_gone >= key->ds.since ? key->ds_gone + wait : 0;
}

bool zs_is_still_so(const struct zs_engine *e, const struct zs_key_facts *key, zs_time at)
{
	const zs_time known = key->ds.phase == ZS_RUMOURED ? key->ds_seen : key->ds_gone;
	const bool by_hand = e->facts->parent.observed < known; /* `ds --seen`, `ds --gone`: nobody looks */
	return by_hand || e->facts->parent.observed >= at;
}

zs_time zs_settles_at(const struct zs_engine *e, const struct zs_key_facts *key, enum zs_part part)
{
	if (part == ZS_PART_DS)
		return ds_settles_at(e, key);
	const struct zs_record_state *record = part == ZS_PART_DNSKEY ? &key->dnskey : part == ZS_PART_KRRSIG ? &key->krrsig : &key->zrrsig;
	if (!record->since)
		return 0;
	if (part != ZS_PART_ZRRSIG)
		return dnskey_settles_at(e, record);
	/* Dsgn is 0: at a change of keys every RRset is signed anew at once */
	return zs_forgotten_at(e->policy, e->facts, e->ttls, record->since, false) + safety(e);
}

void zs_rollover_check_lifetimes(struct zs_run *run, const struct zs_policy *policy, const struct zs_facts *facts, const struct zs_ttls *ttls)
{
	static const enum zs_key_role roles[] = { ZS_KSK, ZS_ZSK, ZS_CSK };
	const zs_seconds publish = zs_forgotten_at(policy, facts, ttls, 0, true) + policy->safety;
	const zs_seconds zsk = zs_forgotten_at(policy, facts, ttls, 0, false) + policy->safety, ds = zs_rollover_parent_wait(policy, facts);
	for (size_t i = 0; i < ZS_COUNT(roles); i++) {
		const zs_seconds lifetime = zs_rollover_lifetime(policy, roles[i]);
		const zs_seconds retire = roles[i] == ZS_KSK ? ds : roles[i] == ZS_ZSK || zsk > ds ? zsk : ds;
		char a[ZS_DURATION_TEXT], b[ZS_DURATION_TEXT];
		if ((roles[i] == ZS_CSK) != policy->csk || lifetime == ZS_LIFETIME_UNLIMITED || lifetime > publish + retire)
			continue;
		zs_warn(run, NULL, "the lifetime of the %s, %s, is shorter than its roll takes, %s; rolls wait for each other", zs_role_text(roles[i]),
		        zs_duration_text(lifetime, a), zs_duration_text(publish + retire, b));
	}
}
