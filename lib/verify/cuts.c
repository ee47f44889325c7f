/* cuts.c - what each owner is: authoritative, a delegation, hidden below one; and the empty non-terminals. */
#include "verify/verify_private.h"

#include "base/pool.h"

static unsigned has_type(uint16_t type)
{
	switch (type) {
	case ZS_TYPE_RRSIG: return 0;
	case ZS_TYPE_NSEC: return ZS_HAS_NSEC;
	case ZS_TYPE_NSEC3: return ZS_HAS_NSEC3;
	case ZS_TYPE_NS: return ZS_HAS_DATA | ZS_HAS_NS;
	case ZS_TYPE_DNAME: return ZS_HAS_DATA | ZS_HAS_DNAME;
	case ZS_TYPE_DS: return ZS_HAS_DATA | ZS_HAS_DS;
	case ZS_TYPE_NSEC3PARAM: return ZS_HAS_DATA | ZS_HAS_NSEC3PARAM;
	default: return ZS_HAS_DATA;
	}
}

static void look_at_owners(void *context, unsigned thread, size_t from, size_t to)
{
	const struct zs_verifier *v = context;
	(void)thread;
	for (size_t i = from; i < to; i++) {
		const struct zs_owner *owner = &v->zone->owners[i];
		unsigned has = zs_name_within(zs_owner_name(v->zone, owner), v->zone->apex) ? ZS_HAS_NAME : 0;
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++)
			has |= has_type(v->zone->rrsets[s].type);
		v->has[i] = (uint8_t)has;
	}
}

void zs_verify_place(struct zs_verifier *v)
{
	const struct zs_zone *zone = v->zone;
	const uint8_t *top = NULL; /* the delegation or DNAME that hides what is below; canonical order puts that behind it */
	enum zs_place hidden = ZS_PLACE_BELOW_CUT;
	v->has = zs_arena_alloc(v->scratch, zone->owner_count);
	v->places = zs_arena_alloc(v->scratch, zone->owner_count);
	zs_pool_run(v->jobs, zone->owner_count, ZS_VERIFY_SLICE, look_at_owners, v);
	for (size_t i = 0; i < zone->owner_count; i++) {
		const uint8_t *name = zs_owner_name(zone, &zone->owners[i]);
		const bool data = v->has[i] & ZS_HAS_DATA;
		if (!(v->has[i] & ZS_HAS_NAME)) {
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
		const bool delegation = i != v->apex && v->has[i] & ZS_HAS_NS;
		v->places[i] = (uint8_t)(delegation ? ZS_PLACE_DELEGATION : ZS_PLACE_AUTHORITATIVE);
		if (delegation || v->has[i] & ZS_HAS_DNAME) {
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
	return v->places[owner] == ZS_PLACE_DELEGATION && !(v->has[owner] & ZS_HAS_DS);
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
