/* nsec.c - the NSEC chain (RFC 4034 section 4, RFC 4035 section 2.3). */
#include <string.h>

#include "sign/sign_private.h"

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

uint32_t zs_sign_keep(struct zs_signed_zone *zone, const void *data, size_t len)
{
	if (zone->octets_room - zone->octets_len < len) {
		const size_t room = zone->octets_room * 2 + len + 65536;
		zone->octets = zs_arena_grow(zone->arena, zone->octets, zone->octets_room, room);
		zone->octets_room = room;
	}
	memcpy(zone->octets + zone->octets_len, data, len);
	zone->octets_len += len;
	return (uint32_t)(zone->octets_len - len);
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

bool zs_sign_add_nsec(struct zs_run *run, struct zs_signed_zone *out)
{
	const struct zs_zone *zone = out->zone;
	uint32_t *names = zs_arena_array(out->arena, zone->owner_count, sizeof *names);
	uint16_t types[ZS_TYPES_MAX]; /* few of them are ever touched */
	uint8_t *rdata = zs_arena_alloc(out->arena, ZS_NAME_MAX + ZS_BITMAP_MAX);
	size_t count = 0;
	for (size_t i = 0; i < zone->owner_count; i++)
		if (!(zone->owners[i].flags & ZS_OWNER_OCCLUDED))
			names[count++] = (uint32_t)i;
	for (size_t i = 0; i < count; i++) {
		__builtin_prefetch(zs_owner_ahead(zone, names[i]));
		const struct zs_owner *next = &zone->owners[names[i + 1 < count ? i + 1 : 0]]; /* the last points to the apex */
		/* the case of this name is signed (RFC 6840 section 5.1), and servers that make NSEC from a database have it in lower case only */
		zs_name_lower(zs_owner_name(zone, next), next->name_len, rdata);
		const size_t type_count = owner_types(zone, &zone->owners[names[i]], types);
		const size_t len = next->name_len + zs_sign_bitmap(types, type_count, rdata + next->name_len);
		if (out->octets_len > UINT32_MAX - 65536)
			return zs_fail(run, "the NSEC records would take more than 4 GiB");
		ZS_PUSH(out->arena, out->denials, out->denial_count, out->denial_room) = (struct zs_denial_record){
			.owner = names[i], .rdata = zs_sign_keep(out, rdata, len), .rdata_len = (uint16_t)len };
	}
	zs_arena_release(out->arena, names, zone->owner_count * sizeof *names);
	return true;
}
