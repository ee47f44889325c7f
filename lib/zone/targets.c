/* targets.c - rules about the names that RDATA points to: that there is something, and an address where one is needed. */
#include <string.h>

#include "zone/check.h"

enum { NO_TARGET = 255 };

static const char not_an_address[] = "a name has to stand here: give the address to a name by an A record, and write that name";

/* Where in RDATA the host name is, of types that need an address behind it: it goes on to the end. */
static unsigned target_at(uint16_t type)
{
	switch (type) {
	case ZS_TYPE_NS:
		return 0;
	case ZS_TYPE_MX:
		return 2;
	case ZS_TYPE_SRV:
		return 6;
	default:
		return NO_TARGET;
	}
}

/* The wildcard that answers for a name that is not there, and whose closest encloser has so many labels (RFC 4592 section 3.3.1). */
static uint32_t wildcard_for(const struct checker *c, const uint8_t *name, unsigned encloser)
{
	uint8_t wildcard[ZS_NAME_MAX + 2] = { 1, '*' };
	const uint8_t *above = zs_name_skip(name, zs_name_labels(name) - encloser);
	memcpy(wildcard + 2, above, zs_name_len(above));
	return zs_zone_find(c->zone, wildcard, NULL);
}

/* Has that one an address, or is it an alias? */
static bool is_answered(const struct checker *c, const uint8_t *name)
{
	const unsigned encloser = zs_zone_encloser(c->zone, name);
	if (encloser == zs_name_labels(name))
		return false;
	const uint32_t wild = wildcard_for(c, name, encloser);
	return has(c, wild, ZS_TYPE_A) || has(c, wild, ZS_TYPE_AAAA) || has(c, wild, ZS_TYPE_CNAME);
}

static struct zs_bytes *known_host(const struct checker *c, struct zs_bytes target)
{
	uint32_t hash = (uint32_t)target.len;
	for (size_t i = 0; i < target.len && i < 16; i++)
		hash = (hash ^ target.data[i]) * 0x01000193u;
	return &c->hosts->names[hash >> 26];
}

/* An address for the host, which is in the zone? It is looked for near the owner first, where glue is. */
static bool has_address(const struct checker *c, const struct place *p, struct zs_bytes target, uint32_t *owner)
{
	struct zs_bytes *known = known_host(c, target);
	if (known->len && zs_bytes_equal(*known, target))
		return true;
	*owner = zs_zone_find_near(c->zone, target.data, p->index);
	if (!has(c, *owner, ZS_TYPE_A) && !has(c, *owner, ZS_TYPE_AAAA))
		return false;
	*known = target;
	return true;
}

/* Is the name an IPv4 address, as the zone file has it with or without a final dot? */
static bool is_ipv4(const struct checker *c, const uint8_t *name)
{
	for (unsigned label = 0; label < 4; label++) {
		if (*name < 1 || *name > 3)
			return false;
		for (unsigned i = 1; i <= *name; i++)
			if (name[i] < '0' || name[i] > '9')
				return false;
		name += 1 + *name;
	}
	return !*name || zs_name_equal(name, c->zone->apex);
}

static void missing_address(const struct checker *c, const struct place *p, const uint8_t *target, uint32_t owner,
                            const struct zs_source *at)
{
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	const uint32_t above = zs_check_hider(c, target);
	zs_name_text(target, name);
	zs_type_text(p->set->type, type);
	if (has(c, owner, ZS_TYPE_CNAME)) {
		zs_warn(c->run, at, "%s of '%s' points to '%s', which is an alias (RFC 2181 section 10.3)", type, text_of(c, p), name);
		return;
	}
	if (above != ZS_NO_OWNER && c->zone->owners[above].flags & ZS_OWNER_CUT) {
		/* glue is needed only where the server is inside the delegation that it serves */
		const bool needed = p->set->type == ZS_TYPE_NS && (p->owner->flags & ZS_OWNER_CUT) && zs_name_within(target, p->name);
		if (needed)
			zs_check_unwise(c, at, "give it an A or AAAA record in this zone", "name server '%s' of '%s' has no glue: nobody could find it (RFC 1034 section 4.2.1)",
			       name, text_of(c, p));
		return;
	}
	if (owner == ZS_NO_OWNER && (has(c, above, ZS_TYPE_DNAME) || is_answered(c, target)))
		return;
	const char *cause = zs_check_doubled(c, target, zs_name_len(target)) ? zs_arena_printf(c->run->arena, "a final dot was forgotten behind '%s'", name)
	                    : is_ipv4(c, target) ? not_an_address : NULL;
	if (p->set->type == ZS_TYPE_NS) {
		zs_check_unwise(c, at, cause ? cause : "give it an A or AAAA record", "name server '%s' of '%s' has no address in the zone", name, text_of(c, p));
		return;
	}
	zs_warn(c->run, at, "%s of '%s' points to '%s', which has no address in the zone", type, text_of(c, p), name);
	if (cause)
		zs_hint(c->run, "%s", cause);
}

void zs_check_addresses(const struct checker *c, const struct place *p)
{
	const unsigned start = target_at(p->set->type);
	if (start == NO_TARGET || p->owner->flags & ZS_OWNER_OCCLUDED)
		return;
	for (uint32_t i = 0; i < p->set->count; i++) {
		const struct zs_bytes data = zs_rrset_rdata(c->zone, p->set, i), target = { data.data + start, data.len - start };
		uint32_t owner = ZS_NO_OWNER;
		if (target.len == 1)
			continue;
		const bool inside = zs_name_ends_in(target.data, target.len, c->zone->apex, c->apex_len);
		if (inside ? has_address(c, p, target, &owner) : !is_ipv4(c, target.data))
			continue;
		const struct zs_source at = where_rdata(c, p->set, i);
		if (!inside) {
			char type[ZS_TYPE_TEXT];
			zs_warn(c->run, &at, "%s of '%s' points to an address", zs_type_text(p->set->type, type), text_of(c, p));
			zs_hint(c->run, "%s", not_an_address);
			continue;
		}
		missing_address(c, p, target.data, owner, &at);
	}
}

/* Is there something at the name, in the zone or in one that it delegates, or does a wildcard or DNAME answer for it? */
static bool is_there(const struct checker *c, const struct place *p, const uint8_t *name)
{
	if (zs_zone_find_near(c->zone, name, p->index) != ZS_NO_OWNER)
		return true;
	const unsigned encloser = zs_zone_encloser(c->zone, name);
	if (encloser == zs_name_labels(name))
		return true;
	const uint32_t above = zs_check_hider(c, name);
	if (above != ZS_NO_OWNER && (c->zone->owners[above].flags & ZS_OWNER_CUT || has(c, above, ZS_TYPE_DNAME)))
		return true;
	return wildcard_for(c, name, encloser) != ZS_NO_OWNER;
}

/* A name without its final dot, an address or a URL as a target all end in the zone's name. Names with '_' are for programs: what an
 * alias there leads to may come and go, as the answer to an ACME challenge. */
void zs_check_aliases(const struct checker *c, const struct place *p)
{
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	if ((p->set->type != ZS_TYPE_CNAME && p->set->type != ZS_TYPE_PTR) || p->name[1] == '_' || p->owner->flags & ZS_OWNER_OCCLUDED)
		return;
	for (uint32_t i = 0; i < p->set->count; i++) {
		const struct zs_bytes target = zs_rrset_rdata(c->zone, p->set, i);
		if (!zs_name_ends_in(target.data, target.len, c->zone->apex, c->apex_len) || is_there(c, p, target.data))
			continue;
		const struct zs_source at = where_rdata(c, p->set, i);
		zs_warn(c->run, &at, "%s of '%s' points to '%s', which is not in the zone", zs_type_text(p->set->type, type), text_of(c, p),
		        zs_name_text(target.data, name));
		zs_hint(c->run, "a name without a final dot ends in the name of the zone");
	}
}
