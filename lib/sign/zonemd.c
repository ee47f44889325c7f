/* zonemd.c - the digest of the whole signed zone (RFC 8976 section 3.3, SIMPLE). */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "dns/rdata.h"
#include "sign/sign_private.h"

struct digesting {
	const struct zs_signed_zone *zone;
	struct zs_hasher *hasher;
	size_t job, nsec3_job; /* next of zone->jobs */
	/* of the name at work */
	const uint8_t *name;
	size_t name_len;
	struct zs_buf octets;  /* its RRSIGs' RDATA, one behind the other */
	struct zs_bytes *rrsigs;
	size_t rrsig_count, rrsig_room;
};

static void add_rr(struct digesting *d, uint16_t type, uint32_t ttl, struct zs_bytes rdata)
{
	uint8_t head[ZS_NAME_MAX + 10], canonical[ZS_RDATA_MAX];
	zs_name_lower(d->name, d->name_len, head);
	zs_put_u16(head + d->name_len, type);
	zs_put_u16(head + d->name_len + 2, 1);
	zs_put_u32(head + d->name_len + 4, ttl);
	zs_put_u16(head + d->name_len + 8, (uint16_t)rdata.len);
	zs_hasher_add(d->hasher, head, d->name_len + 10);
	if (rdata.len)
		zs_rdata_canonical(type, rdata.data, rdata.len, canonical);
	zs_hasher_add(d->hasher, canonical, rdata.len);
}

static int by_rdata(const void *a, const void *b)
{
	return zs_bytes_compare(*(const struct zs_bytes *)a, *(const struct zs_bytes *)b);
}

/* The RRSIG of the next job in *at; not one that covers ZONEMD. */
static void take_rrsig(struct digesting *d, size_t *at)
{
	uint8_t rdata[ZS_RRSIG_MAX];
	const struct zs_sign_job *job = &d->zone->jobs[(*at)++];
	if (job->type == ZS_TYPE_ZONEMD)
		return;
	const size_t len = zs_sign_rrsig(d->zone, job, rdata);
	zs_rdata_canonical(ZS_TYPE_RRSIG, rdata, len, rdata);
	zs_buf_add(&d->octets, rdata, len);
	ZS_PUSH(d->octets.arena, d->rrsigs, d->rrsig_count, d->rrsig_room) = (struct zs_bytes){ .len = len };
}

/* All RRSIGs of a name are one RRset, sorted by RDATA. */
static void add_rrsigs(struct digesting *d)
{
	const uint8_t *data = d->octets.data;
	for (size_t i = 0; i < d->rrsig_count; data += d->rrsigs[i++].len)
		d->rrsigs[i].data = data;
	if (d->rrsig_count)
		qsort(d->rrsigs, d->rrsig_count, sizeof *d->rrsigs, by_rdata);
	for (size_t i = 0; i < d->rrsig_count; i++)
		add_rr(d, ZS_TYPE_RRSIG, zs_get_u32(d->rrsigs[i].data + 4), d->rrsigs[i]);
	d->rrsig_count = d->octets.len = 0;
}

static void add_denial(struct digesting *d, uint16_t type, const struct zs_denial_record *record)
{
	if (record)
		add_rr(d, type, d->zone->denial_ttl, (struct zs_bytes){ d->zone->octets + record->rdata, record->rdata_len });
}

/* What signing adds to a name, among the types that it has. */
struct added {
	uint16_t done; /* all up to this type */
	const struct zs_denial_record *nsec, *nsec3;
};

static void add_up_to(struct digesting *d, struct added *a, uint32_t type)
{
	if (a->done < ZS_TYPE_RRSIG && type > ZS_TYPE_RRSIG)
		add_rrsigs(d);
	if (a->done < ZS_TYPE_NSEC && type > ZS_TYPE_NSEC)
		add_denial(d, ZS_TYPE_NSEC, a->nsec);
	if (a->done < ZS_TYPE_NSEC3 && type > ZS_TYPE_NSEC3)
		add_denial(d, ZS_TYPE_NSEC3, a->nsec3);
	a->done = (uint16_t)(type - 1);
}

/* One name: an owner of the zone (or ZS_NO_OWNER), the NSEC3 that stands there (or NULL), or, where a hash is a name, both. */
static void add_name(struct digesting *d, uint32_t index, const struct zs_denial_record *nsec3, size_t *denial)
{
	const struct zs_signed_zone *signed_zone = d->zone;
	const struct zs_zone *zone = signed_zone->zone;
	struct added added = { .nsec3 = nsec3 };
	const struct zs_owner *owner = index != ZS_NO_OWNER ? &zone->owners[index] : NULL;
	const bool apex = owner && zs_name_equal(d->name, zone->apex);
	while (owner && d->job < signed_zone->job_count && signed_zone->jobs[d->job].type != ZS_TYPE_NSEC3 && signed_zone->jobs[d->job].owner == index)
		take_rrsig(d, &d->job);
	const uint32_t number = nsec3 ? (uint32_t)(nsec3 - signed_zone->denials) : 0;
	while (nsec3 && d->nsec3_job < signed_zone->job_count && signed_zone->jobs[d->nsec3_job].owner == number)
		take_rrsig(d, &d->nsec3_job);
	if (owner && !nsec3 && *denial < signed_zone->denial_count && signed_zone->denials[*denial].owner == index)
		added.nsec = &signed_zone->denials[(*denial)++];
	for (uint32_t s = 0; owner && s < owner->rrset_count; s++) {
		const struct zs_rrset *set = &zone->rrsets[owner->first + s];
		add_up_to(d, &added, set->type);
		for (uint32_t i = 0; i < set->count && !(apex && set->type == ZS_TYPE_ZONEMD); i++)
			add_rr(d, set->type, set->ttl, zs_rrset_rdata(zone, set, i));
	}
	add_up_to(d, &added, UINT16_MAX + 1u);
}

static void add_zone(struct digesting *d)
{
	const struct zs_signed_zone *out = d->zone;
	const struct zs_zone *zone = out->zone;
	const bool nsec3 = zs_sign_has_nsec3(out);
	size_t denial = 0;
	d->nsec3_job = nsec3 ? zs_sign_first_job(out, 0, true) : 0;
	for (uint32_t i = 0; i < zone->owner_count || (nsec3 && denial < out->denial_count);) {
		uint8_t hashed[ZS_NAME_MAX];
		const bool one = nsec3 && denial < out->denial_count;
		const size_t hashed_len = one ? zs_sign_nsec3_owner(out, &out->denials[denial], hashed) : 0;
		const int order = i == zone->owner_count ? 1 : !one ? -1 : zs_name_compare(zs_owner_name(zone, &zone->owners[i]), hashed);
		d->name = order <= 0 ? zs_owner_name(zone, &zone->owners[i]) : hashed;
		d->name_len = order <= 0 ? zone->owners[i].name_len : hashed_len;
		add_name(d, order <= 0 ? i : ZS_NO_OWNER, order >= 0 ? &out->denials[denial] : NULL, &denial);
		i += order <= 0;
		denial += order >= 0;
	}
}

bool zs_sign_zonemd(struct zs_run *run, struct zs_signed_zone *out, uint8_t hash)
{
	struct zs_arena *arena = zs_arena_new();
	const struct zs_zone *zone = out->zone;
	const enum zs_hash method = hash == 1 ? ZS_SHA384 : ZS_SHA512;
	struct digesting d = { .zone = out, .octets = { .arena = arena, .max = UINT32_MAX } };
	uint8_t digest[ZS_HASH_MAX];
	d.hasher = zs_hasher_new(run, arena, method);
	if (d.hasher)
		add_zone(&d);
	const bool ok = d.hasher && (!d.octets.full || zs_fail(run, "the signatures of a name take more than 4 GiB")) && zs_hasher_end(run, d.hasher, digest);
	zs_arena_free(arena);
	if (!ok)
		return false;
	const struct zs_rrset *set = zs_zone_apex_rrset(zone, ZS_TYPE_ZONEMD);
	memcpy(out->zone->octets + zone->rdata[set->first].offset + 6, digest, zs_hash_len(method));
	return true;
}
