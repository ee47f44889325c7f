/* bitmap.c - type bit maps, RFC 4034 section 4.1.2 and RFC 5155 section 3.2.1. */
#include "verify/verify_private.h"

#include <string.h>

/* Types come in rising order; one that is there already is not added again. */
static void add(struct zs_bitmap *map, uint16_t type)
{
	const int window = type >> 8;
	const unsigned octet = (type & 0xffu) / 8;
	if (map->last == type)
		return;
	if (map->last < 0 || map->last >> 8 != window) {
		map->data[map->len] = (uint8_t)window;
		map->data[map->len + 1] = 0;
		map->len += 2;
	}
	/* the window begins 2 + its length octets before the end */
	uint8_t *length = map->data + map->len - 1;
	if (map->last >= 0 && map->last >> 8 == window)
		length -= (map->last & 0xff) / 8 + 1;
	while (*length <= octet) {
		map->data[map->len++] = 0;
		++*length;
	}
	map->data[map->len - 1] |= (uint8_t)(0x80 >> (type & 7));
	map->last = type;
}

void zs_verify_bitmap(const struct zs_verifier *v, uint32_t owner, bool nsec3, struct zs_bitmap *out)
{
	const struct zs_zone *zone = v->zone;
	const struct zs_owner *o = &zone->owners[owner];
	const bool delegation = v->places[owner] == ZS_PLACE_DELEGATION;
	/* an insecure delegation has nothing signed in an NSEC3 zone: RFC 5155 section 7.1 */
	bool rrsig = !nsec3 || !delegation || zs_zone_rrset(zone, owner, ZS_TYPE_DS), nsec = !nsec3;
	out->len = 0;
	out->last = -1;
	for (uint32_t i = o->first; i < o->first + o->rrset_count; i++) {
		const uint16_t type = zone->rrsets[i].type;
		if (type == ZS_TYPE_RRSIG || type == ZS_TYPE_NSEC || type == ZS_TYPE_NSEC3)
			continue; /* the last is about another name: RFC 5155 section 7.2.8 */
		if (delegation && type != ZS_TYPE_NS && type != ZS_TYPE_DS)
			continue; /* not authoritative: RFC 4035 section 2.3 */
		if (rrsig && type > ZS_TYPE_RRSIG)
			add(out, ZS_TYPE_RRSIG);
		rrsig = rrsig && type < ZS_TYPE_RRSIG;
		if (nsec && type > ZS_TYPE_NSEC)
			add(out, ZS_TYPE_NSEC);
		nsec = nsec && type < ZS_TYPE_NSEC;
		add(out, type);
	}
	if (rrsig)
		add(out, ZS_TYPE_RRSIG);
	if (nsec)
		add(out, ZS_TYPE_NSEC);
}

const char *zs_verify_bitmap_text(struct zs_verifier *v, struct zs_bytes map)
{
	enum { TYPES_SHOWN = 40 };
	struct zs_buf buf = { .arena = v->scratch, .max = 4096 };
	unsigned count = 0;
	for (size_t at = 0; at + 2 <= map.len && at + 2 + map.data[at + 1] <= map.len; at += 2u + map.data[at + 1])
		for (unsigned bit = 0; bit < map.data[at + 1] * 8u; bit++) {
			if (!(map.data[at + 2 + bit / 8] & 0x80 >> bit % 8) || ++count > TYPES_SHOWN)
				continue;
			zs_buf_printf(&buf, "%s%s", buf.len ? " " : "", zs_verify_type(v, (uint16_t)((unsigned)map.data[at] << 8 | bit)));
		}
	if (count > TYPES_SHOWN)
		zs_buf_printf(&buf, " and %u more", count - TYPES_SHOWN);
	return count ? zs_buf_string(&buf) : "nothing";
}

void zs_verify_compare_bitmap(struct zs_verifier *v, const char *what, const uint8_t *name, struct zs_bytes found,
                              const struct zs_bitmap *expected)
{
	const struct zs_bytes should = { expected->data, expected->len };
	if (found.len == should.len && (!found.len || memcmp(found.data, should.data, found.len) == 0))
		return;
	const char *says = zs_verify_bitmap_text(v, found), *is = zs_verify_bitmap_text(v, should);
	if (strcmp(says, is) == 0)
		zs_verify_refuse(v, 4, "the type bitmap in the %s of '%s' is not in its shortest form", what, zs_verify_name(v, name));
	else
		zs_verify_refuse(v, 4, "the %s of '%s' says %s, the zone has %s", what, zs_verify_name(v, name), says, is);
	zs_verify_hint(v, 4, "resolvers would deny data that exists, or look for data that does not; sign the zone again");
}
