/* zonemd.c - the digest of the whole signed zone (RFC 8976 section 3.3, SIMPLE). */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "dns/rdata.h"
#include "sign/sign_private.h"

struct digesting {
	const struct zs_signed_zone *zone;
	struct zs_hasher *hasher;
	size_t job;   /* next of zone->jobs */
	struct zs_bytes *rrsigs;
	size_t rrsig_room;
};

static void add_rr(struct digesting *d, const uint8_t *owner, size_t owner_len, uint16_t type, uint32_t ttl, struct zs_bytes rdata)
{
	uint8_t head[ZS_NAME_MAX + 10], canonical[ZS_RDATA_MAX];
	zs_name_lower(owner, owner_len, head);
	zs_put_u16(head + owner_len, type);
	zs_put_u16(head + owner_len + 2, 1);
	zs_put_u32(head + owner_len + 4, ttl);
	zs_put_u16(head + owner_len + 8, (uint16_t)rdata.len);
	zs_hasher_add(d->hasher, head, owner_len + 10);
	if (rdata.len)
		zs_rdata_canonical(type, rdata.data, rdata.len, canonical);
	zs_hasher_add(d->hasher, canonical, rdata.len);
}

static int by_rdata(const void *a, const void *b)
{
	return zs_bytes_compare(*(const struct zs_bytes *)a, *(const struct zs_bytes *)b);
}

/* The RRSIGs of one owner, as one RRset: sorted by RDATA. Those that cover ZONEMD stay out. first..to are jobs. */
static void add_rrsigs(struct digesting *d, const uint8_t *owner, size_t owner_len, size_t first, size_t to)
{
	size_t count = 0;
	for (size_t i = first; i < to; i++) {
		if (d->zone->jobs[i].type == ZS_TYPE_ZONEMD)
			continue;
		uint8_t *rdata = zs_arena_alloc(d->zone->arena, ZS_RRSIG_MAX);
		const size_t len = zs_sign_rrsig(d->zone, &d->zone->jobs[i], rdata);
		zs_rdata_canonical(ZS_TYPE_RRSIG, rdata, len, rdata);
		ZS_PUSH(d->zone->arena, d->rrsigs, count, d->rrsig_room) = (struct zs_bytes){ rdata, len };
	}
	if (count)
		qsort(d->rrsigs, count, sizeof *d->rrsigs, by_rdata);
	for (size_t i = 0; i < count; i++)
		add_rr(d, owner, owner_len, ZS_TYPE_RRSIG, zs_get_u32(d->rrsigs[i].data + 4), d->rrsigs[i]);
}

static void add_owner(struct digesting *d, uint32_t index, size_t *denial)
{
	const struct zs_zone *zone = d->zone->zone;
	const struct zs_owner *owner = &zone->owners[index];
	const uint8_t *name = zs_owner_name(zone, owner);
	const bool apex = zs_name_equal(name, zone->apex);
	const size_t first = d->job;
	while (d->job < d->zone->job_count && d->zone->jobs[d->job].type != ZS_TYPE_NSEC3 && d->zone->jobs[d->job].owner == index)
		d->job++;
	/* RRSIG (46) and NSEC (47) come between the types below and above them */
	bool placed = false;
	for (uint32_t s = owner->first; s <= owner->first + owner->rrset_count; s++) {
		const bool end = s == owner->first + owner->rrset_count;
		if (!placed && (end || zone->rrsets[s].type > ZS_TYPE_RRSIG)) {
			add_rrsigs(d, name, owner->name_len, first, d->job);
			if (*denial < d->zone->denial_count && d->zone->denials[*denial].owner == index) {
				const struct zs_denial_record *nsec = &d->zone->denials[(*denial)++];
				add_rr(d, name, owner->name_len, ZS_TYPE_NSEC, d->zone->denial_ttl,
				       (struct zs_bytes){ d->zone->octets + nsec->rdata, nsec->rdata_len });
			}
			placed = true;
		}
		if (end || (apex && zone->rrsets[s].type == ZS_TYPE_ZONEMD))
			continue;
		for (uint32_t i = 0; i < zone->rrsets[s].count; i++)
			add_rr(d, name, owner->name_len, zone->rrsets[s].type, zone->rrsets[s].ttl, zs_rrset_rdata(zone, &zone->rrsets[s], i));
	}
}

/* NSEC3 records and their signatures at names between those of the zone. */
static void add_nsec3(struct digesting *d, const struct zs_denial_record *record, const uint8_t *name, size_t len, size_t *job)
{
	const size_t first = *job;
	const uint32_t index = (uint32_t)(record - d->zone->denials);
	while (*job < d->zone->job_count && d->zone->jobs[*job].owner == index)
		++*job;
	add_rrsigs(d, name, len, first, *job);
	add_rr(d, name, len, ZS_TYPE_NSEC3, d->zone->denial_ttl, (struct zs_bytes){ d->zone->octets + record->rdata, record->rdata_len });
}

bool zs_sign_zonemd(struct zs_run *run, struct zs_signed_zone *out, uint8_t hash)
{
	const struct zs_zone *zone = out->zone;
	struct digesting d = { .zone = out };
	const enum zs_hash method = hash == 1 ? ZS_SHA384 : ZS_SHA512;
	d.hasher = zs_hasher_new(run, out->arena, method);
	if (!d.hasher)
		return false;
	size_t denial = 0, nsec3_job = 0;
	while (nsec3_job < out->job_count && out->jobs[nsec3_job].type != ZS_TYPE_NSEC3)
		nsec3_job++;
	const bool nsec3 = out->denial_count && out->denials[0].owner == ZS_NO_OWNER;
	for (uint32_t i = 0; i <= zone->owner_count; i++) {
		/* an NSEC3 owner that is also a real name cannot happen in practice, and would be refused by verify/ */
		while (nsec3 && denial < out->denial_count) {
			uint8_t name[ZS_NAME_MAX];
			const size_t len = zs_sign_nsec3_owner(out, &out->denials[denial], name);
			if (i < zone->owner_count && zs_name_compare(zs_owner_name(zone, &zone->owners[i]), name) < 0)
				break;
			add_nsec3(&d, &out->denials[denial++], name, len, &nsec3_job);
		}
		if (i < zone->owner_count)
			add_owner(&d, i, &denial);
	}
	uint8_t digest[ZS_HASH_MAX];
	if (!zs_hasher_end(run, d.hasher, digest))
		return false;
	const struct zs_rrset *set = zs_zone_apex_rrset(zone, ZS_TYPE_ZONEMD);
	memcpy(out->zone->octets + zone->rdata[set->first].offset + 6, digest, zs_hash_len(method));
	return true;
}
