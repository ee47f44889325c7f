/* proof.c - which NSEC or NSEC3 records go with an answer: RFC 4035 section 3.1.3, RFC 5155 section 7.2. */
#include "query/query_private.h"

#include "sign/sign.h"

static void add_owner(struct zs_query *q, uint32_t owner, uint16_t type)
{
	const struct zs_rrset *set = zs_zone_rrset(q->zone, owner, type);
	if (set)
		zs_query_add(q, ZS_SECTION_AUTHORITY, owner, set, NULL, UINT32_MAX);
}

/* The last owner at or before place that has this type; before the first comes the last of the zone. */
static uint32_t before(const struct zs_query *q, uint32_t place, uint16_t type)
{
	for (uint32_t i = place; i--;)
		if (zs_zone_rrset(q->zone, i, type))
			return i;
	for (uint32_t i = (uint32_t)q->zone->owner_count; i-- > place;)
		if (zs_zone_rrset(q->zone, i, type))
			return i;
	return ZS_NO_OWNER;
}

/* ---- NSEC ---- */

/* The NSEC at name or, if it has none, the one in whose gap it lies. */
static void add_nsec(struct zs_query *q, const uint8_t *name)
{
	uint32_t place;
	uint32_t owner = zs_zone_find(q->zone, name, &place);
	if (!zs_zone_rrset(q->zone, owner, ZS_TYPE_NSEC))
		owner = before(q, place, ZS_TYPE_NSEC);
	add_owner(q, owner, ZS_TYPE_NSEC);
}

/* ---- NSEC3 ---- */

/* Owner of the NSEC3 of name, or ZS_NO_OWNER; *place: where it is or would be. */
static uint32_t find_nsec3(struct zs_query *q, const uint8_t *name, uint32_t *place)
{
	uint8_t hash[ZS_NSEC3_HASH], owner[ZS_NAME_MAX + 33];
	if (!zs_sign_nsec3_hash(&q->nsec3_options, name, hash)) {
		*place = 0;
		if (!q->failed)
			zs_fail(q->run, "cannot compute an NSEC3 hash (SHA-1 is not available?)");
		q->failed = true;
		return ZS_NO_OWNER;
	}
	owner[0] = (uint8_t)zs_base32hex_encode(hash, ZS_NSEC3_HASH, (char *)owner + 1);
	memcpy(owner + 33, q->zone->apex, zs_name_len(q->zone->apex));
	const uint32_t found = zs_zone_find(q->zone, owner, place);
	return zs_zone_rrset(q->zone, found, ZS_TYPE_NSEC3) ? found : ZS_NO_OWNER;
}

static bool add_match(struct zs_query *q, const uint8_t *name)
{
	uint32_t place;
	const uint32_t owner = find_nsec3(q, name, &place);
	if (owner != ZS_NO_OWNER)
		add_owner(q, owner, ZS_TYPE_NSEC3);
	return owner != ZS_NO_OWNER;
}

static void add_cover(struct zs_query *q, const uint8_t *name)
{
	uint32_t place;
	if (find_nsec3(q, name, &place) == ZS_NO_OWNER)
		add_owner(q, before(q, place, ZS_TYPE_NSEC3), ZS_TYPE_NSEC3);
}

/* RFC 5155 section 7.2.1: the nearest name above `name` that has an NSEC3 (with opt-out not all that exist have), and the record
 * that covers the next name down. That name, or NULL. */
static const uint8_t *add_encloser(struct zs_query *q, const uint8_t *name)
{
	const unsigned depth = zs_name_labels(name) - q->zone->apex_labels;
	for (unsigned i = 1; i <= depth && !q->failed; i++)
		if (add_match(q, zs_name_skip(name, i))) {
			add_cover(q, zs_name_skip(name, i - 1));
			return zs_name_skip(name, i);
		}
	return NULL;
}

/* ---- both ---- */

void zs_query_prove_nodata(struct zs_query *q, const uint8_t *name)
{
	if (!q->is_signed)
		return;
	if (!q->nsec3)
		add_nsec(q, name);
	else if (!add_match(q, name))
		(void)add_encloser(q, name);
}

void zs_query_prove_nxdomain(struct zs_query *q, const uint8_t *name, const uint8_t *encloser)
{
	if (!q->is_signed)
		return;
	if (q->nsec3) {
		const uint8_t *provable = add_encloser(q, name);
		if (provable)
			add_cover(q, zs_query_wildcard(q, provable));
	} else {
		add_nsec(q, name);
		add_nsec(q, zs_query_wildcard(q, encloser));
	}
}

void zs_query_prove_wildcard(struct zs_query *q, const uint8_t *name, const uint8_t *encloser)
{
	if (!q->is_signed)
		return;
	if (q->nsec3)
		add_cover(q, zs_name_skip(name, zs_name_labels(name) - zs_name_labels(encloser) - 1));
	else
		add_nsec(q, name);
}

void zs_query_prove_wildcard_nodata(struct zs_query *q, const uint8_t *name, const uint8_t *encloser)
{
	const uint8_t *star = zs_query_wildcard(q, encloser);
	if (!q->is_signed)
		return;
	if (q->nsec3) {
		(void)add_encloser(q, name);
		(void)add_match(q, star);
	} else {
		add_nsec(q, name);
		add_nsec(q, star);
	}
}
