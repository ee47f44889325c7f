/* serial.c - the next SOA serial (RFC 1982), and what "the content changed" means. */
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "dns/rdata.h"
#include "zone/zone.h"

uint32_t zs_serial_newest(const uint32_t *serials, size_t count)
{
	uint32_t newest = count ? serials[0] : 0;
	for (size_t i = 1; i < count; i++)
		if (zs_serial_after(serials[i], newest))
			newest = serials[i];
	return newest;
}

static uint32_t date_serial(zs_time now)
{
	const time_t t = (time_t)now;
	struct tm tm;
	gmtime_r(&t, &tm);
	return (uint32_t)((tm.tm_year + 1900) * 1000000 + (tm.tm_mon + 1) * 10000 + tm.tm_mday * 100);
}

uint32_t zs_serial_next(enum zs_serial_policy policy, uint32_t base, zs_time now, bool *behind)
{
	*behind = false;
	if (policy == ZS_SERIAL_UNIXTIME || policy == ZS_SERIAL_DATE) {
		const uint32_t wanted = policy == ZS_SERIAL_UNIXTIME ? (uint32_t)now : date_serial(now);
		if (zs_serial_after(wanted, base))
			return wanted;
		/* the hundredth change of a day, or a clock behind, goes on counting */
		*behind = policy == ZS_SERIAL_UNIXTIME || base - wanted >= 100;
	}
	return base + 1;
}

bool zs_zone_content(struct zs_run *run, const struct zs_zone *zone, uint8_t out[32])
{
	struct zs_arena *arena = zs_arena_new();
	struct zs_hasher *hasher = zs_hasher_new(run, arena, ZS_SHA256);
	uint8_t *rdata = zs_arena_alloc(arena, ZS_RDATA_MAX);
	for (size_t i = 0; hasher && i < zone->owner_count; i++) {
		const struct zs_owner *owner = &zone->owners[i];
		zs_hasher_add(hasher, zs_owner_name(zone, owner), owner->name_len);
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++) {
			const struct zs_rrset *set = &zone->rrsets[s];
			uint8_t head[10];
			zs_put_u16(head, set->type);
			zs_put_u32(head + 2, set->ttl);
			zs_put_u32(head + 6, set->count);
			zs_hasher_add(hasher, head, sizeof head);
			for (uint32_t r = 0; r < set->count; r++) {
				struct zs_bytes data = zs_rrset_rdata(zone, set, r);
				uint8_t len[2];
				memcpy(rdata, data.data, data.len);
				if (set->type == ZS_TYPE_SOA)
					memset(rdata + data.len - 20, 0, 4);
				zs_put_u16(len, (uint16_t)data.len);
				zs_hasher_add(hasher, len, 2);
				zs_hasher_add(hasher, rdata, data.len);
			}
		}
	}
	uint8_t digest[ZS_HASH_MAX];
	const bool ok = hasher && zs_hasher_end(run, hasher, digest);
	zs_arena_free(arena);
	if (ok)
		memcpy(out, digest, 32);
	return ok;
}
