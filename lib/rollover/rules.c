/* rules.c - the three rules that hold at every instant, whatever mix of old and new a cache has. */
#include "rollover/rollover_private.h"

static const zs_time next_publication = INT64_MAX; /* the instant of what is decided, but not served yet */

/* By us, or by another signer whose keys were imported. */
static bool was_served(const struct zs_facts *facts)
{
	bool foreign = facts->replaced.present;
	for (size_t i = 0; i < facts->key_count; i++)
		foreign = foreign || (zs_in_zone(facts->keys[i].dnskey.phase) && facts->keys[i].dnskey.since);
	return facts->published.known || foreign;
}

bool zs_zone_is_insecure(const struct zs_engine *e)
{
	/* the user gave the chain up: no rule can save it; or nothing signed was served yet */
	if (e->facts->abandoned || !was_served(e->facts))
		return true;
	for (size_t i = 0; i < e->facts->key_count; i++)
		if (!zs_is_absent(e->facts->keys[i].ds.phase))
			return false;
	return true;
}

bool zs_ds_is_seen(const struct zs_key_facts *key)
{
	return key->ds.phase == ZS_OMNIPRESENT || (key->ds.phase == ZS_RUMOURED && key->ds_seen);
}

/* Has a look since its DS was asked for, or a person, shown that the parent has none of it? */
static bool is_nowhere(const struct zs_engine *e, const struct zs_key_facts *key)
{
	const struct zs_record_state *ds = &key->ds;
	if (key->ds_seen || ds->phase == ZS_OMNIPRESENT)
		return false;
	if (ds->phase != ZS_RUMOURED)
		return zs_is_absent(ds->phase) || key->ds_gone;
	return ds->since && key->ds_gone && (key->ds_gone > ds->since || e->facts->parent.observed > ds->since);
}

bool zs_parent_has_none(const struct zs_engine *e)
{
	for (size_t i = 0; i < e->facts->key_count; i++)
		if (!is_nowhere(e, &e->facts->keys[i]))
			return false;
	return true;
}

bool zs_rule_ds_stays(const struct zs_engine *e, const struct zs_key_facts *leaving)
{
	for (size_t i = 0; i < e->facts->key_count; i++)
		if (&e->facts->keys[i] != leaving && zs_ds_is_seen(&e->facts->keys[i]))
			return true;
	return e->facts->unsign || e->facts->abandoned || zs_parent_has_none(e);
}

bool zs_rule_chain(const struct zs_key_facts *key)
{
	return zs_is_absent(key->ds.phase) || (key->dnskey.phase == ZS_OMNIPRESENT && key->krrsig.phase == ZS_OMNIPRESENT);
}

/* The instants at which a key signed the zone, as far as caches may still hold what was signed then. */
static zs_time begins(const struct zs_record_state *record)
{
	if (record->phase == ZS_OMNIPRESENT || record->complete)
		return INT64_MIN;
	if (record->phase == ZS_UNRETENTIVE)
		return record->from ? record->from : next_publication; /* never served as far as we know: it covers nothing */
	return record->since ? record->since : next_publication;
}

static zs_time ends(const struct zs_record_state *withdrawn)
{
	return withdrawn->since ? withdrawn->since : next_publication;
}

/* Is every signature set that a cache may hold made by at least one of the keys that are in every DNSKEY RRset? The keys'
 * intervals must join without a gap, from before all memory until now. */
static bool is_covered(const struct zs_engine *e, uint8_t algorithm)
{
	zs_time reach = INT64_MIN;
	for (bool longer = true; longer;) {
		longer = false;
		for (size_t i = 0; i < e->facts->key_count; i++) {
			const struct zs_key_facts *key = &e->facts->keys[i];
			const struct zs_record_state *signs = &key->zrrsig;
			if (key->algorithm != algorithm || key->dnskey.phase != ZS_OMNIPRESENT || zs_is_absent(signs->phase)
			    || begins(signs) > reach)
				continue;
			if (zs_in_zone(signs->phase))
				return true;
			if (ends(signs) > reach) {
				reach = ends(signs);
				longer = true;
			}
		}
	}
	return false;
}

/* A DNSKEY that only some RRsets have needs one beside it, in just those, whose signatures are everywhere. */
static bool has_companion(const struct zs_engine *e, const struct zs_key_facts *key)
{
	for (size_t i = 0; i < e->facts->key_count; i++) {
		const struct zs_key_facts *other = &e->facts->keys[i];
		if (other->algorithm == key->algorithm && other->dnskey.phase == key->dnskey.phase && other->dnskey.since == key->dnskey.since
		    && other->dnskey.from == key->dnskey.from && other->dnskey.complete == key->dnskey.complete
		    && other->zrrsig.phase == ZS_OMNIPRESENT)
			return true;
	}
	return false;
}

/* RFC 4035 section 2.2: each algorithm of the DNSKEY RRset signs everything. */
bool zs_rule_signatures(const struct zs_engine *e)
{
	if (zs_zone_is_insecure(e))
		return true;
	for (size_t i = 0; i < e->facts->key_count; i++) {
		const struct zs_key_facts *key = &e->facts->keys[i];
		if (zs_is_absent(key->dnskey.phase) || is_covered(e, key->algorithm))
			continue;
		if (key->dnskey.phase == ZS_OMNIPRESENT || !has_companion(e, key))
			return false;
	}
	return true;
}
