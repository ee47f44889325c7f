/* query.c - the way of a question through a zone, as a server goes it (RFC 1034 section 4.3.2, RFC 4592 section 4). */
#include "query/query_private.h"

enum { ALIASES_MAX = 16, TYPE_ANY = 255, RCODE_YXDOMAIN = 6 };

static void add_record(struct zs_query *q, enum zs_section section, const uint8_t *owner, uint16_t type, uint32_t ttl, struct zs_bytes rdata)
{
	ZS_PUSH(q->arena, q->records, q->count, q->room) =
	    (struct zs_answer_record){ .owner = owner, .rdata = rdata, .ttl = ttl, .type = type, .section = (uint8_t)section };
}

static bool is_added(const struct zs_query *q, enum zs_section section, const uint8_t *owner, uint16_t type)
{
	for (size_t i = 0; i < q->count; i++)
		if (q->records[i].section == section && q->records[i].type == type && zs_name_equal(q->records[i].owner, owner))
			return true;
	return false;
}

static void add_set(struct zs_query *q, enum zs_section section, const uint8_t *owner, const struct zs_rrset *set, uint32_t ttl_max)
{
	const uint32_t ttl = set->ttl < ttl_max ? set->ttl : ttl_max;
	for (uint32_t i = 0; i < set->count; i++)
		add_record(q, section, owner, set->type, ttl, zs_rrset_rdata(q->zone, set, i));
}

void zs_query_add(struct zs_query *q, enum zs_section section, uint32_t owner, const struct zs_rrset *set, const uint8_t *as, uint32_t ttl_max)
{
	const struct zs_owner *o = &q->zone->owners[owner];
	const uint8_t *name = as ? as : zs_owner_name(q->zone, o);
	if (is_added(q, section, name, set->type))
		return;
	add_set(q, section, name, set, ttl_max);
	for (uint32_t i = o->first; i < o->first + o->rrset_count; i++)
		if (q->zone->rrsets[i].type == ZS_TYPE_RRSIG && q->zone->rrsets[i].covered == set->type)
			add_set(q, section, name, &q->zone->rrsets[i], ttl_max);
}

/* Does the owner have more than NSEC3 and its signature? */
static bool has_data(const struct zs_zone *zone, uint32_t owner)
{
	const struct zs_owner *o = &zone->owners[owner];
	for (uint32_t i = o->first; i < o->first + o->rrset_count; i++) {
		const struct zs_rrset *set = &zone->rrsets[i];
		if (set->type != ZS_TYPE_NSEC3 && !(set->type == ZS_TYPE_RRSIG && set->covered == ZS_TYPE_NSEC3))
			return true;
	}
	return false;
}

bool zs_query_exists(const struct zs_query *q, const uint8_t *name)
{
	const struct zs_zone *zone = q->zone;
	uint32_t place;
	const uint32_t owner = zs_zone_find(zone, name, &place);
	if (owner != ZS_NO_OWNER && has_data(zone, owner))
		return true;
	for (place += owner != ZS_NO_OWNER; place < zone->owner_count; place++) {
		if (!zs_name_below(zs_owner_name(zone, &zone->owners[place]), name))
			return false;
		if (has_data(zone, place))
			return true;
	}
	return false;
}

const uint8_t *zs_query_wildcard(const struct zs_query *q, const uint8_t *encloser)
{
	const size_t len = zs_name_len(encloser);
	uint8_t *out = zs_arena_alloc(q->arena, len + 2); /* a name below encloser was asked for, so it is no longer than a name may be */
	out[0] = 1;
	out[1] = '*';
	memcpy(out + 2, encloser, len);
	return out;
}

/* RFC 2308 section 3: the SOA of an answer that says no lives as long as the lesser of its TTL and MINIMUM. */
static void add_soa(struct zs_query *q)
{
	const struct zs_rrset *set = zs_zone_rrset(q->zone, q->apex, ZS_TYPE_SOA);
	struct zs_soa soa;
	if (set && zs_zone_soa(q->zone, &soa))
		zs_query_add(q, ZS_SECTION_AUTHORITY, q->apex, set, NULL, soa.minimum);
}

static void add_glue(struct zs_query *q, const struct zs_rrset *ns)
{
	for (uint32_t i = 0; i < ns->count; i++) {
		const uint32_t owner = zs_zone_find(q->zone, zs_rrset_rdata(q->zone, ns, i).data, NULL);
		const struct zs_rrset *a = zs_zone_rrset(q->zone, owner, ZS_TYPE_A), *aaaa = zs_zone_rrset(q->zone, owner, ZS_TYPE_AAAA);
		if (a)
			zs_query_add(q, ZS_SECTION_ADDITIONAL, owner, a, NULL, UINT32_MAX);
		if (aaaa)
			zs_query_add(q, ZS_SECTION_ADDITIONAL, owner, aaaa, NULL, UINT32_MAX);
	}
}

/* RFC 4035 section 3.1.4: the NS of the zone below, and its DS or the proof that it has none. */
static void refer(struct zs_query *q, uint32_t cut)
{
	const uint8_t *name = zs_owner_name(q->zone, &q->zone->owners[cut]);
	const struct zs_rrset *ns = zs_zone_rrset(q->zone, cut, ZS_TYPE_NS), *ds = zs_zone_rrset(q->zone, cut, ZS_TYPE_DS);
	q->answer->authoritative = q->count != 0; /* of the alias that led here */
	add_set(q, ZS_SECTION_AUTHORITY, name, ns, UINT32_MAX);
	if (ds)
		zs_query_add(q, ZS_SECTION_AUTHORITY, cut, ds, NULL, UINT32_MAX);
	else
		zs_query_prove_nodata(q, name);
	add_glue(q, ns);
}

/* RFC 6672 section 3.2: the DNAME and the CNAME it makes. The name it leads to, or NULL if that is too long. */
static const uint8_t *add_dname(struct zs_query *q, const uint8_t *name, uint32_t owner, const struct zs_rrset *dname)
{
	const struct zs_owner *o = &q->zone->owners[owner];
	const uint8_t *target = zs_rrset_rdata(q->zone, dname, 0).data;
	const size_t kept = zs_name_len(name) - o->name_len, len = zs_name_len(target);
	zs_query_add(q, ZS_SECTION_ANSWER, owner, dname, NULL, UINT32_MAX);
	if (kept + len > ZS_NAME_MAX) {
		q->answer->rcode = RCODE_YXDOMAIN;
		return NULL;
	}
	uint8_t *out = zs_arena_alloc(q->arena, kept + len);
	memcpy(out, name, kept);
	memcpy(out + kept, target, len);
	if (!is_added(q, ZS_SECTION_ANSWER, name, ZS_TYPE_CNAME))
		add_record(q, ZS_SECTION_ANSWER, name, ZS_TYPE_CNAME, dname->ttl, (struct zs_bytes){ out, kept + len });
	return out;
}

/* The topmost delegation or DNAME between the apex and name. ZS_NO_OWNER: there is none. The DS of a delegation is asked of us. */
static uint32_t find_barrier(const struct zs_query *q, const uint8_t *name, const struct zs_rrset **dname)
{
	const unsigned labels = zs_name_labels(name);
	*dname = NULL;
	for (unsigned l = q->zone->apex_labels; l <= labels; l++) {
		const uint32_t owner = zs_zone_find(q->zone, zs_name_skip(name, labels - l), NULL);
		if (owner == ZS_NO_OWNER)
			continue;
		if (q->zone->owners[owner].flags & ZS_OWNER_CUT && !(l == labels && q->type == ZS_TYPE_DS))
			return owner;
		*dname = l < labels ? zs_zone_rrset(q->zone, owner, ZS_TYPE_DNAME) : NULL;
		if (*dname)
			return owner;
	}
	return ZS_NO_OWNER;
}

/* What owner has of the type asked for, as the data of name. *target: where its CNAME leads, if that is to be followed. */
static bool add_data(struct zs_query *q, uint32_t owner, const uint8_t *name, const uint8_t **target)
{
	const struct zs_owner *o = &q->zone->owners[owner];
	const struct zs_rrset *cname = zs_zone_rrset(q->zone, owner, ZS_TYPE_CNAME);
	const size_t before = q->count;
	*target = NULL;
	if (cname && q->type != ZS_TYPE_CNAME && q->type != ZS_TYPE_NSEC && q->type != ZS_TYPE_RRSIG && q->type != TYPE_ANY) {
		*target = zs_rrset_rdata(q->zone, cname, 0).data;
		zs_query_add(q, ZS_SECTION_ANSWER, owner, cname, name, UINT32_MAX);
		return true;
	}
	for (uint32_t i = o->first; i < o->first + o->rrset_count; i++) {
		const struct zs_rrset *set = &q->zone->rrsets[i];
		if (set->type == ZS_TYPE_NSEC3 || (set->type == ZS_TYPE_RRSIG && (q->type != ZS_TYPE_RRSIG || set->covered == ZS_TYPE_NSEC3)))
			continue;
		if (set->type == ZS_TYPE_RRSIG)
			add_set(q, ZS_SECTION_ANSWER, name, set, UINT32_MAX);
		else if (set->type == q->type || q->type == TYPE_ANY)
			zs_query_add(q, ZS_SECTION_ANSWER, owner, set, name, UINT32_MAX);
	}
	return q->count != before;
}

static const uint8_t *nearest_encloser(const struct zs_query *q, const uint8_t *name)
{
	do
		name = zs_name_skip(name, 1);
	while (!zs_query_exists(q, name)); /* the apex does */
	return name;
}

/* No such name: a wildcard answers, or NXDOMAIN (RFC 4592 section 4.1). */
static const uint8_t *answer_absent(struct zs_query *q, const uint8_t *name)
{
	const uint8_t *encloser = nearest_encloser(q, name), *star = zs_query_wildcard(q, encloser), *target;
	const uint32_t owner = zs_query_exists(q, star) ? zs_zone_find(q->zone, star, NULL) : ZS_NO_OWNER;
	if (!zs_query_exists(q, star)) {
		q->answer->rcode = ZS_RCODE_NXDOMAIN;
		add_soa(q);
		zs_query_prove_nxdomain(q, name, encloser);
		return NULL;
	}
	if (owner != ZS_NO_OWNER && add_data(q, owner, name, &target)) {
		zs_query_prove_wildcard(q, name, encloser);
		return target;
	}
	add_soa(q);
	zs_query_prove_wildcard_nodata(q, name, encloser);
	return NULL;
}

/* One name of the way; the next one, or NULL at its end. */
static const uint8_t *answer_name(struct zs_query *q, const uint8_t *name)
{
	const struct zs_rrset *dname;
	const uint8_t *target = NULL;
	const uint32_t barrier = find_barrier(q, name, &dname);
	if (dname) {
		const uint8_t *next = add_dname(q, name, barrier, dname);
		return q->type == ZS_TYPE_CNAME ? NULL : next; /* the one that the DNAME makes is the answer */
	}
	if (barrier != ZS_NO_OWNER) {
		refer(q, barrier);
		return NULL;
	}
	if (!zs_query_exists(q, name))
		return answer_absent(q, name);
	const uint32_t owner = zs_zone_find(q->zone, name, NULL);
	if (owner == ZS_NO_OWNER || !add_data(q, owner, name, &target)) {
		add_soa(q);
		zs_query_prove_nodata(q, name);
	}
	return target;
}

static void begin(struct zs_query *q)
{
	q->apex = zs_zone_find(q->zone, q->zone->apex, NULL);
	q->is_signed = zs_zone_rrset(q->zone, q->apex, ZS_TYPE_DNSKEY) != NULL;
	const struct zs_rrset *param = zs_zone_rrset(q->zone, q->apex, ZS_TYPE_NSEC3PARAM);
	if (!param)
		return;
	const struct zs_bytes rdata = zs_rrset_rdata(q->zone, param, 0);
	q->nsec3 = true;
	q->nsec3_options.iterations = zs_get_u16(rdata.data + 2);
	q->nsec3_options.salt_len = rdata.data[4];
	memcpy(q->nsec3_options.salt, rdata.data + 5, rdata.data[4]);
}

bool zs_query_answer(struct zs_run *run, struct zs_arena *arena, const struct zs_zone *zone, const uint8_t *name, uint16_t type,
                     struct zs_answer *out)
{
	struct zs_query *q = zs_arena_alloc(arena, sizeof *q);
	*out = (struct zs_answer){ .qname = name, .qtype = type, .authoritative = true };
	q->run = run;
	q->arena = arena;
	q->zone = zone;
	q->type = type;
	q->answer = out;
	begin(q);
	if (q->apex == ZS_NO_OWNER || !zs_name_within(name, zone->apex)) {
		out->rcode = ZS_RCODE_REFUSED;
		out->authoritative = false;
		return true;
	}
	for (unsigned aliases = 0; name && aliases <= ALIASES_MAX && zs_name_within(name, zone->apex); aliases++)
		name = answer_name(q, name);
	out->records = q->records;
	out->count = q->count;
	return !q->failed;
}
