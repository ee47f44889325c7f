/* nsec.c - the NSEC chain (RFC 4034 section 4, RFC 4035 section 2.3). */
#include <string.h>

#include "base/pool.h"
#include "sign/sign_private.h"

enum { SLICE = 1024 }; /* names that a thread takes at once */

size_t zs_sign_bitmap(const uint16_t *types, size_t count, uint8_t out[ZS_BITMAP_MAX])
{
	size_t len = 0;
	for (size_t i = 0; i < count;) {
		const uint8_t window = (uint8_t)(types[i] >> 8);
		uint8_t *map = out + len;
		memset(map, 0, 34);
		map[0] = window;
		for (; i < count && types[i] >> 8 == window; i++) {
			map[2 + (types[i] & 255) / 8] |= (uint8_t)(0x80 >> (types[i] & 7));
			map[1] = (uint8_t)((types[i] & 255) / 8 + 1);
		}
		len += 2u + map[1];
	}
	return len;
}

struct denying {
	struct zs_denial_record *records;
	size_t (*describe)(const void *context, size_t index, uint16_t *types, struct zs_denial_record *record, uint8_t *rdata);
	const void *context;
};

static void make_denials(void *context, struct zs_buf *out, size_t from, size_t to)
{
	const struct denying *d = context;
	const size_t first = out->len;
	uint16_t types[ZS_TYPES_MAX]; /* few of them are ever touched */
	for (size_t i = from; i < to; i++) {
		uint8_t *rdata = zs_buf_reserve(out, ZS_DENIAL_MAX);
		if (!rdata)
			return;
		const size_t len = d->describe(d->context, i, types, &d->records[i], rdata);
		d->records[i].rdata = (uint32_t)(out->len - first);
		d->records[i].rdata_len = (uint16_t)len;
		out->len += len;
	}
}

static void place_denials(void *context, size_t at, size_t from, size_t to)
{
	const struct denying *d = context;
	for (size_t i = from; i < to; i++)
		d->records[i].rdata += (uint32_t)at;
}

bool zs_sign_make_denials(struct zs_run *run, struct zs_signed_zone *zone, size_t count,
                          size_t (*describe)(const void *context, size_t index, uint16_t *types, struct zs_denial_record *record, uint8_t *rdata),
                          const void *context)
{
	struct denying d = { .records = zs_arena_array(zone->arena, count, sizeof *d.records), .describe = describe, .context = context };
	struct zs_buf octets = { .arena = zone->arena, .max = (size_t)UINT32_MAX + ZS_DENIAL_MAX };
	zs_pool_gather(run->jobs, count, SLICE, &octets, make_denials, place_denials, &d);
	if (octets.full || octets.len > UINT32_MAX)
		return zs_fail(run, "the NSEC or NSEC3 records would take more than 4 GiB");
	zone->denials = d.records;
	zone->denial_count = count;
	zone->octets = octets.data;
	zone->octets_len = octets.len;
	return true;
}

/* Types at an owner as its NSEC shows them, NSEC and RRSIG included, ascending. */
static size_t owner_types(const struct zs_zone *zone, const struct zs_owner *owner, uint16_t *types)
{
	size_t count = 0;
	bool nsec = false;
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++) {
		const uint16_t type = zone->rrsets[i].type;
		if (owner->flags & ZS_OWNER_CUT && type != ZS_TYPE_NS && type != ZS_TYPE_DS)
			continue; /* glue at the cut itself: trap 2 */
		if (!nsec && type > ZS_TYPE_RRSIG) {
			types[count++] = ZS_TYPE_RRSIG;
			types[count++] = ZS_TYPE_NSEC;
			nsec = true;
		}
		types[count++] = type;
	}
	if (!nsec) {
		types[count++] = ZS_TYPE_RRSIG;
		types[count++] = ZS_TYPE_NSEC;
	}
	return count;
}

struct naming {
	const struct zs_zone *zone;
	const uint32_t *names; /* owners with an NSEC, in order */
	size_t count;
};

static size_t describe_nsec(const void *context, size_t index, uint16_t *types, struct zs_denial_record *record, uint8_t *rdata)
{
	const struct naming *n = context;
	const struct zs_owner *next = &n->zone->owners[n->names[index + 1 < n->count ? index + 1 : 0]]; /* the last points to the apex */
	__builtin_prefetch(zs_owner_ahead(n->zone, n->names[index]));
	*record = (struct zs_denial_record){ .owner = n->names[index] };
	/* the case of this name is signed (RFC 6840 section 5.1), and servers that make NSEC from a database have it in lower case only */
	zs_name_lower(zs_owner_name(n->zone, next), next->name_len, rdata);
	return next->name_len + zs_sign_bitmap(types, owner_types(n->zone, &n->zone->owners[n->names[index]], types), rdata + next->name_len);
}

bool zs_sign_add_nsec(struct zs_run *run, struct zs_signed_zone *out)
{
	const struct zs_zone *zone = out->zone;
	uint32_t *names = zs_arena_array(out->arena, zone->owner_count, sizeof *names);
	struct naming naming = { .zone = zone, .names = names };
	for (size_t i = 0; i < zone->owner_count; i++)
		if (!(zone->owners[i].flags & ZS_OWNER_OCCLUDED))
			names[naming.count++] = (uint32_t)i;
	const bool ok = zs_sign_make_denials(run, out, naming.count, describe_nsec, &naming);
	zs_arena_release(out->arena, names, zone->owner_count * sizeof *names);
	return ok;
}
