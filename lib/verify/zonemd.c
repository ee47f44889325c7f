/* zonemd.c - G20: the digest over the whole zone, computed again (RFC 8976, scheme SIMPLE). */
#include "verify/verify_private.h"

#include <string.h>

#include "base/hash.h"
#include "dns/rdata.h"

enum { SCHEME_SIMPLE = 1, HASH_SHA384 = 1, HASH_SHA512 = 2, DIGEST_MIN = 12, CHUNK = 1 << 16, HASHERS = 2 };

/* Octets on their way to the digests that are asked for; NULL: not asked for. */
struct sink {
	struct zs_hasher *const *hashers; /* HASHERS */
	size_t len;
	uint8_t data[CHUNK + ZS_NAME_MAX + 10 + ZS_RDATA_MAX];
};

static void drain(struct sink *sink)
{
	for (size_t i = 0; i < HASHERS; i++)
		if (sink->hashers[i])
			zs_hasher_add(sink->hashers[i], sink->data, sink->len);
	sink->len = 0;
}

static void add_record(struct sink *sink, const uint8_t *owner, size_t owner_len, const struct zs_rrset *set,
                       struct zs_bytes rdata)
{
	uint8_t *p = sink->data + sink->len;
	memcpy(p, owner, owner_len);
	p += owner_len;
	zs_put_u16(p, set->type);
	zs_put_u16(p + 2, 1);
	zs_put_u32(p + 4, set->ttl);
	zs_put_u16(p + 8, (uint16_t)rdata.len);
	zs_rdata_canonical(set->type, rdata.data, rdata.len, p + 10);
	sink->len += owner_len + 10 + rdata.len;
	if (sink->len >= CHUNK)
		drain(sink);
}

/* All records of the zone in canonical order (RFC 8976 section 3.3), without the apex ZONEMD and its signatures. */
static void add_zone(struct zs_verifier *v, struct zs_hasher *const hashers[HASHERS])
{
	struct sink *sink = zs_arena_alloc(v->scratch, sizeof *sink);
	sink->hashers = hashers;
	for (uint32_t i = 0; i < v->zone->owner_count; i++) {
		const struct zs_owner *owner = &v->zone->owners[i];
		uint8_t name[ZS_NAME_MAX];
		if (v->places[i] == ZS_PLACE_OUTSIDE)
			continue;
		zs_name_lower(zs_owner_name(v->zone, owner), owner->name_len, name);
		for (uint32_t j = owner->first; j < owner->first + owner->rrset_count; j++) {
			const struct zs_rrset *set = &v->zone->rrsets[j];
			if (i == v->apex && (set->type == ZS_TYPE_ZONEMD || set->covered == ZS_TYPE_ZONEMD))
				continue;
			for (uint32_t k = 0; k < set->count; k++)
				add_record(sink, name, owner->name_len, set, zs_rrset_rdata(v->zone, set, k));
		}
	}
	drain(sink);
}

static void judge_record(struct zs_verifier *v, struct zs_bytes rdata, uint8_t (*digests)[ZS_HASH_MAX])
{
	const uint8_t scheme = rdata.data[4], hash = rdata.data[5];
	const uint32_t serial = zs_get_u32(rdata.data);
	const struct zs_bytes digest = { rdata.data + 6, rdata.len - 6 };
	if (v->has_soa && serial != v->soa.serial) {
		zs_verify_refuse(v, 20, "ZONEMD has serial %u, the SOA has %u", serial, v->soa.serial);
		return;
	}
	if (scheme != SCHEME_SIMPLE || (hash != HASH_SHA384 && hash != HASH_SHA512)) {
		if (digest.len < DIGEST_MIN)
			zs_verify_refuse(v, 20, "a ZONEMD digest of %zu octets is too short (RFC 8976 section 2.2.4)", digest.len);
		else
			zs_note(v->run, "ZONEMD scheme %u, hash %u is not known and was not checked", scheme, hash);
		return;
	}
	const size_t len = zs_hash_len(hash == HASH_SHA384 ? ZS_SHA384 : ZS_SHA512);
	const uint8_t *should = digests[hash - 1];
	if (digest.len == len && memcmp(digest.data, should, len) == 0)
		return;
	char is_text[2 * 8 + 1] = "", should_text[2 * 8 + 1];
	is_text[zs_hex_encode(digest.data, digest.len < 8 ? digest.len : 8, is_text)] = 0;
	should_text[zs_hex_encode(should, 8, should_text)] = 0;
	zs_verify_refuse(v, 20, "ZONEMD (hash %u) says %s..., the zone's digest is %s...", hash, is_text, should_text);
	zs_verify_hint(v, 20, "the zone was changed after the digest was made, or was cut off");
}

static bool duplicate(const struct zs_verifier *v, const struct zs_rrset *set, uint32_t index)
{
	const struct zs_bytes a = zs_rrset_rdata(v->zone, set, index);
	for (uint32_t i = 0; i < index; i++)
		if (memcmp(zs_rrset_rdata(v->zone, set, i).data + 4, a.data + 4, 2) == 0)
			return true;
	return false;
}

void zs_verify_zonemd(struct zs_verifier *v)
{
	const struct zs_rrset *set = zs_zone_rrset(v->zone, v->apex, ZS_TYPE_ZONEMD);
	struct zs_hasher *hashers[HASHERS] = { 0 };
	uint8_t digests[HASHERS][ZS_HASH_MAX];
	bool wanted = !v->options->zonemd;
	for (uint32_t i = 0; set && i < set->count; i++) {
		const struct zs_bytes rdata = zs_rrset_rdata(v->zone, set, i);
		if (rdata.len < 6)
			continue; /* the scanner takes none such */
		const uint8_t hash = rdata.data[5];
		const bool simple = rdata.data[4] == SCHEME_SIMPLE && (hash == HASH_SHA384 || hash == HASH_SHA512);
		wanted = wanted || (simple && hash == v->options->zonemd);
		if (i > 255 || duplicate(v, set, i)) {
			zs_verify_refuse(v, 20, "two ZONEMD have scheme %u and hash %u (RFC 8976 section 2)", rdata.data[4], hash);
			return;
		}
		if (simple)
			hashers[hash - 1] = zs_hasher_new(v->run, v->scratch, hash == HASH_SHA384 ? ZS_SHA384 : ZS_SHA512);
	}
	if (!wanted)
		zs_verify_refuse(v, 20, "the zone has no ZONEMD with hash %u, which the policy asks for", v->options->zonemd);
	if (hashers[0] || hashers[1])
		add_zone(v, hashers);
	for (size_t i = 0; i < HASHERS; i++)
		if (hashers[i] && !zs_hasher_end(v->run, hashers[i], digests[i]))
			return;
	for (uint32_t i = 0; set && i < set->count; i++)
		if (zs_rrset_rdata(v->zone, set, i).len >= 6)
			judge_record(v, zs_rrset_rdata(v->zone, set, i), digests);
}
