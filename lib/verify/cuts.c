/* cuts.c - what each owner is: authoritative, a delegation, hidden below one; and the empty non-terminals. */
#include "verify/verify_private.h"

/* Is there data of a name of the zone: anything but what DNSSEC adds to names that need not exist? */
static bool has_data(const struct zs_zone *zone, const struct zs_owner *owner)
{
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++) {
		const uint16_t type = zone->rrsets[i].type;
		if (type != ZS_TYPE_RRSIG && type != ZS_TYPE_NSEC && type != ZS_TYPE_NSEC3)
			return true;
	}
	return false;
}

void zs_verify_place(struct zs_verifier *v)
{
	const struct zs_zone *zone = v->zone;
	const uint8_t *top = NULL; /* the delegation or DNAME that hides what is below; canonical order puts that behind it */
	enum zs_place hidden = ZS_PLACE_BELOW_CUT;
	v->places = zs_arena_alloc(v->scratch, zone->owner_count);
	for (size_t i = 0; i < zone->owner_count; i++) {
		const struct zs_owner *owner = &zone->owners[i];
		const uint8_t *name = zs_owner_name(zone, owner);
		const bool data = has_data(zone, owner);
		if (!zs_name_within(name, zone->apex)) {
			v->places[i] = ZS_PLACE_OUTSIDE;
			continue;
		}
		if (top && !zs_name_below(name, top))
			top = NULL;
		if (top) {
			/* an NSEC3 stands below an apex DNAME too: its owner is no name of the zone */
			v->places[i] = (uint8_t)(data || hidden == ZS_PLACE_BELOW_CUT ? hidden : ZS_PLACE_BARE);
			continue;
		}
		if (!data) {
			v->places[i] = ZS_PLACE_BARE;
			continue;
		}
		const bool delegation = i != v->apex && zs_zone_rrset(zone, (uint32_t)i, ZS_TYPE_NS);
		v->places[i] = (uint8_t)(delegation ? ZS_PLACE_DELEGATION : ZS_PLACE_AUTHORITATIVE);
		if (delegation || zs_zone_rrset(zone, (uint32_t)i, ZS_TYPE_DNAME)) {
			top = name;
			hidden = delegation ? ZS_PLACE_BELOW_CUT : ZS_PLACE_BELOW_DNAME;
		}
	}
}

struct entries {
	struct zs_arena *arena;
	struct zs_entry *list;
	size_t count, room;
	uint32_t open[128]; /* indices of the empty non-terminals above the name at work, by their number of labels */
	uint8_t open_labels[128];
	unsigned open_count;
};

/* The name, if it is wanted itself, and the empty non-terminals between it and the name before it: those with more labels
 * than both share. An ancestor that has data itself would stand between the two, or be the one before. */
static void add_name(struct entries *e, const struct zs_zone *zone, uint32_t owner, bool itself, const uint8_t *before)
{
	const uint8_t *name = zs_owner_name(zone, &zone->owners[owner]);
	const unsigned labels = zs_name_labels(name);
	unsigned shared = zone->apex_labels;
	if (before && labels > shared + 1) { /* a child of the apex shares that alone with what is before it */
		const unsigned common = zs_name_common_labels(before, name);
		if (common > shared)
			shared = common;
	}
	while (e->open_count && e->open_labels[e->open_count - 1] > shared)
		e->open_count--;
	for (unsigned n = shared + 1; n < labels + itself; n++) {
		ZS_PUSH(e->arena, e->list, e->count, e->room) = (struct zs_entry){
			.owner = owner,
			.skip = (uint8_t)(labels - n),
			.parent = e->open_count ? e->open[e->open_count - 1] : ZS_NO_OWNER,
		};
		if (n < labels) {
			e->open[e->open_count] = (uint32_t)(e->count - 1);
			e->open_labels[e->open_count++] = (uint8_t)n;
		}
	}
	if (labels == zone->apex_labels) /* the apex */
		ZS_PUSH(e->arena, e->list, e->count, e->room) = (struct zs_entry){ .owner = owner, .parent = ZS_NO_OWNER };
}

bool zs_verify_is_insecure(const struct zs_verifier *v, uint32_t owner)
{
	return v->places[owner] == ZS_PLACE_DELEGATION && !zs_zone_rrset(v->zone, owner, ZS_TYPE_DS);
}

struct zs_entry *zs_verify_entries(struct zs_verifier *v, bool insecure, size_t *count, size_t *room)
{
	struct entries *e = zs_arena_alloc(v->scratch, sizeof *e);
	const uint8_t *before = NULL;
	e->arena = v->scratch;
	for (size_t i = 0; i < v->zone->owner_count; i++) {
		if (v->places[i] != ZS_PLACE_AUTHORITATIVE && v->places[i] != ZS_PLACE_DELEGATION)
			continue;
		add_name(e, v->zone, (uint32_t)i, insecure || !zs_verify_is_insecure(v, (uint32_t)i), before);
		before = zs_owner_name(v->zone, &v->zone->owners[i]);
	}
	*count = e->count;
	*room = e->room;
	return e->list;
}
