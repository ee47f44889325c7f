/* arrange.c - RRsets and RDATA in the order of the owners, after these were sorted. */
#include "base/pool.h"
#include "zone/scan.h"

enum { SLICE = 4096, AHEAD = 16 }; /* owners; AHEAD: what is fetched before it is used */

/* RRsets and RDATA moved into the order of the owners, so that whoever goes through the zone goes through memory. */
struct moving {
	struct zs_zone *zone;
	struct zs_rrset *rrsets;
	struct zs_rdata *rdata;
	uint32_t *first_rrset, *first_rdata; /* per slice of owners */
};

static void count_slice(void *context, unsigned thread, size_t from, size_t to)
{
	const struct moving *m = context;
	uint32_t rrsets = 0, rdata = 0;
	(void)thread;
	for (size_t i = from; i < to; i++) {
		const struct zs_owner *owner = &m->zone->owners[i];
		if (i + AHEAD < to)
			__builtin_prefetch(&m->zone->rrsets[owner[AHEAD].first]);
		rrsets += owner->rrset_count;
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++)
			rdata += m->zone->rrsets[s].count;
	}
	m->first_rrset[from / SLICE + 1] = rrsets;
	m->first_rdata[from / SLICE + 1] = rdata;
}

static void move_slice(void *context, unsigned thread, size_t from, size_t to)
{
	const struct moving *m = context;
	const size_t slice = from / SLICE;
	uint32_t rrset = m->first_rrset[slice], rdata = m->first_rdata[slice];
	(void)thread;
	zs_arena_fault_in(m->rrsets + rrset, (m->first_rrset[slice + 1] - rrset) * sizeof *m->rrsets);
	zs_arena_fault_in(m->rdata + rdata, (m->first_rdata[slice + 1] - rdata) * sizeof *m->rdata);
	for (size_t i = from; i < to; i++) {
		struct zs_owner *owner = &m->zone->owners[i];
		const uint32_t first = owner->first;
		if (i + AHEAD < to) /* where they were */
			__builtin_prefetch(&m->zone->rrsets[owner[AHEAD].first]);
		if (i + AHEAD / 2 < to)
			__builtin_prefetch(&m->zone->rdata[m->zone->rrsets[owner[AHEAD / 2].first].first]);
		owner->first = rrset;
		for (uint32_t s = first; s < first + owner->rrset_count; s++) {
			struct zs_rrset *set = &m->rrsets[rrset++];
			*set = m->zone->rrsets[s];
			for (uint32_t r = 0; r < set->count; r++)
				m->rdata[rdata + r] = m->zone->rdata[set->first + r];
			set->first = rdata;
			rdata += set->count;
		}
	}
}

void zs_scan_arrange(struct zs_zone *zone, unsigned jobs)
{
	const size_t slices = (zone->owner_count + SLICE - 1) / SLICE;
	struct zs_arena *arena = zs_arena_new();
	struct moving m = { .zone = zone };
	m.first_rrset = zs_arena_array(arena, slices + 1, sizeof *m.first_rrset);
	m.first_rdata = zs_arena_array(arena, slices + 1, sizeof *m.first_rdata);
	zs_pool_run(jobs, zone->owner_count, SLICE, count_slice, &m);
	for (size_t i = 0; i < slices; i++) {
		m.first_rrset[i + 1] += m.first_rrset[i];
		m.first_rdata[i + 1] += m.first_rdata[i];
	}
	const size_t rrsets = m.first_rrset[slices], rdata = m.first_rdata[slices];
	m.rrsets = zs_arena_array(zone->arena, rrsets, sizeof *m.rrsets);
	m.rdata = zs_arena_array(zone->arena, rdata, sizeof *m.rdata);
	zs_pool_run(jobs, zone->owner_count, SLICE, move_slice, &m);
	zs_arena_release(zone->arena, zone->rrsets, zone->rrset_room * sizeof *zone->rrsets);
	zs_arena_release(zone->arena, zone->rdata, zone->rdata_room * sizeof *zone->rdata);
	zone->rrsets = m.rrsets;
	zone->rdata = m.rdata;
	zone->rrset_count = zone->rrset_room = rrsets;
	zone->rdata_count = zone->rdata_room = rdata;
	zs_arena_free(arena);
}
