/* serial.c - the next SOA serial (RFC 1982), and what "the content changed" means. */
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/pool.h"
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

uint32_t zs_serial_next(enum zs_serial_policy policy, uint32_t base, uint32_t served, zs_time now, bool *behind)
{
	*behind = false;
	if (policy == ZS_SERIAL_UNIXTIME || policy == ZS_SERIAL_DATE) {
		const uint32_t wanted = policy == ZS_SERIAL_UNIXTIME ? (uint32_t)now : date_serial(now);
		if (zs_serial_after(wanted, base) && zs_serial_after(wanted, served))
			return wanted;
		/* the hundredth change of a day, or a clock behind, goes on counting */
		*behind = policy == ZS_SERIAL_UNIXTIME || base - wanted >= 100;
	}
	/* 2^31 - 1 ahead of what is served, one more is not later any more */
	return base == served || zs_serial_after(base + 1, served) ? base + 1 : base;
}

enum { SLICE = 4096 };

struct content {
	const struct zs_zone *zone;
	uint8_t *digests; /* per slice of owners, 32 octets */
	atomic_bool failed;
};

static void add_set(const struct zs_zone *zone, const struct zs_rrset *set, struct zs_buf *out)
{
	uint8_t *head = zs_buf_reserve(out, 12);
	if (!head)
		return;
	zs_put_u16(head, set->type);
	zs_put_u16(head + 2, set->covered);
	zs_put_u32(head + 4, set->ttl);
	zs_put_u32(head + 8, set->count);
	out->len += 12;
	for (uint32_t r = 0; r < set->count; r++) {
		const struct zs_bytes data = zs_rrset_rdata(zone, set, r);
		uint8_t *p = zs_buf_reserve(out, 2 + data.len);
		if (!p)
			return;
		zs_put_u16(p, (uint16_t)data.len);
		if (data.len)
			memcpy(p + 2, data.data, data.len);
		out->len += 2 + data.len;
		if (set->type == ZS_TYPE_SOA)
			memset(out->data + out->len - 20, 0, 4);
	}
}

/* Pieces that stay in the processor's cache go through the digest at once: a call for each record costs more than its octets. */
static void digest_slice(void *context, unsigned thread, size_t from, size_t to)
{
	enum { PIECE = 1 << 15 };
	struct content *c = context;
	struct zs_run *run = zs_run_begin();
	struct zs_hasher *hasher = zs_hasher_new(run, run->arena, ZS_SHA256);
	struct zs_buf buf = { .arena = run->arena, .max = (size_t)UINT32_MAX };
	uint8_t digest[ZS_HASH_MAX];
	(void)thread;
	for (size_t i = from; hasher && i < to; i++) {
		const struct zs_owner *owner = &c->zone->owners[i];
		zs_buf_add(&buf, zs_owner_name(c->zone, owner), owner->name_len);
		zs_buf_u16(&buf, owner->rrset_count);
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++) {
			add_set(c->zone, &c->zone->rrsets[s], &buf);
			if (buf.len < PIECE)
				continue;
			zs_hasher_add(hasher, buf.data, buf.len);
			buf.len = 0;
		}
	}
	if (hasher)
		zs_hasher_add(hasher, buf.data, buf.len);
	if (hasher && !buf.full && zs_hasher_end(run, hasher, digest))
		memcpy(c->digests + from / SLICE * 32, digest, 32);
	else
		atomic_store(&c->failed, true);
	zs_run_end(run);
}

bool zs_zone_content(struct zs_run *run, const struct zs_zone *zone, uint8_t out[32])
{
	struct zs_arena *arena = zs_arena_new();
	const size_t slices = (zone->owner_count + SLICE - 1) / SLICE;
	struct content c = { .zone = zone, .digests = zs_arena_array(arena, slices, 32) };
	uint8_t digest[ZS_HASH_MAX];
	zs_pool_run(run->jobs, zone->owner_count, SLICE, digest_slice, &c);
	bool ok = !atomic_load(&c.failed) || zs_fail(run, "cannot digest the zone: %s", zs_hash_openssl_error(arena));
	ok = ok && zs_hash(run, ZS_SHA256, (struct zs_bytes){ c.digests, slices * 32 }, digest);
	zs_arena_free(arena);
	if (ok)
		memcpy(out, digest, 32);
	return ok;
}
