/* content.c - G12: what a zone must be, signed or not.
 *
 * What breaks validation or the protocol is always refused; what only looks like a mistake is refused before a
 * publication, unless the user accepts it, and a warning in the command verify.
 */
#include "verify/verify_private.h"

#include <string.h>

static const struct zs_rrset *find(const struct zs_verifier *v, uint32_t owner, uint16_t type)
{
	return zs_zone_rrset(v->zone, owner, type);
}

/* Is what is only unwise refused? */
static bool unwise(const struct zs_verifier *v)
{
	return v->options->strict && !v->options->accept_g12;
}

static void judge_apex(struct zs_verifier *v)
{
	const char *apex = zs_verify_name(v, v->zone->apex);
	const struct zs_rrset *soa = find(v, v->apex, ZS_TYPE_SOA), *ns = find(v, v->apex, ZS_TYPE_NS);
	if (!soa)
		zs_verify_refuse(v, 12, "the zone '%s' has no SOA", apex);
	else if (soa->count != 1)
		zs_verify_refuse(v, 12, "the zone '%s' has %u SOA records, not one (RFC 1035 section 5.2)", apex, soa->count);
	if (!ns)
		zs_verify_refuse(v, 12, "the apex '%s' has no NS (RFC 1034 section 4.2.1)", apex);
	else if (ns->count < 2 && !v->options->content_told)
		zs_warn(v->run, NULL, "the zone '%s' has one name server only", apex);
	if (find(v, v->apex, ZS_TYPE_DS)) {
		zs_verify_refuse(v, 12, "the apex '%s' has a DS: that belongs in the parent zone (RFC 4035 section 2.4)", apex);
		zs_verify_hint(v, 12, "remove it here and give it to the registrar");
	}
}

/* Does the wildcard that answers for a name that is not there have an address? It is the one at the closest encloser:
 * RFC 4592 section 3.3.1. */
static bool wildcard_has_address(const struct zs_verifier *v, const uint8_t *name)
{
	uint8_t wildcard[ZS_NAME_MAX + 2] = { 1, '*' };
	const unsigned labels = zs_name_labels(name), encloser = zs_zone_encloser(v->zone, name);
	const uint8_t *above = zs_name_skip(name, labels - encloser);
	if (encloser == labels)
		return false;
	memcpy(wildcard + 2, above, zs_name_len(above));
	const uint32_t owner = zs_zone_find(v->zone, wildcard, NULL);
	return owner != ZS_NO_OWNER && v->places[owner] == ZS_PLACE_AUTHORITATIVE
	    && (find(v, owner, ZS_TYPE_A) || find(v, owner, ZS_TYPE_AAAA));
}

/* The name servers of the zone that lie in it must be reachable: an address, or glue if below a delegation. */
static void judge_name_servers(struct zs_verifier *v)
{
	const struct zs_rrset *ns = find(v, v->apex, ZS_TYPE_NS);
	for (uint32_t i = 0; ns && i < ns->count; i++) {
		const uint8_t *target = zs_rrset_rdata(v->zone, ns, i).data;
		if (!zs_name_within(target, v->zone->apex))
			continue;
		const uint32_t owner = zs_zone_find(v->zone, target, NULL);
		if (find(v, owner, ZS_TYPE_A) || find(v, owner, ZS_TYPE_AAAA))
			continue;
		if (find(v, owner, ZS_TYPE_CNAME))
			zs_verify_unwise(v, 12, unwise(v), "the name server '%s' is a CNAME (RFC 2181 section 10.3)",
			                 zs_verify_name(v, target));
		else if (!wildcard_has_address(v, target))
			zs_verify_unwise(v, 12, unwise(v), "the name server '%s' is in the zone, but has no address",
			                 zs_verify_name(v, target));
	}
}

/* Glue that a delegation cannot do without: its server is below itself. The owners below follow it. */
static void judge_glue(struct zs_verifier *v, uint32_t owner, const struct zs_rrset *ns)
{
	const struct zs_zone *zone = v->zone;
	const uint8_t *cut = zs_owner_name(zone, &zone->owners[owner]);
	for (uint32_t i = 0; i < ns->count && v->refused[0] < ZS_GUARD_SHOWN && !v->options->content_told; i++) {
		const uint8_t *target = zs_rrset_rdata(zone, ns, i).data;
		if (!zs_name_within(target, cut))
			continue;
		const uint32_t at = zs_zone_find_near(zone, target, owner);
		if (find(v, at, ZS_TYPE_A) || find(v, at, ZS_TYPE_AAAA))
			continue;
		zs_warn(v->run, NULL, "the delegation '%s' has no glue for its name server '%s'", zs_verify_name(v, cut),
		        zs_verify_name(v, target));
		v->refused[0]++; /* bounds these warnings; no guard has the number 0 */
	}
}

/* Types that may stand beside a CNAME: RFC 4035 section 2.5. NSEC3 belongs to another name (RFC 5155 section 7.2.8). */
static bool beside_cname(uint16_t type)
{
	return type == ZS_TYPE_CNAME || type == ZS_TYPE_RRSIG || type == ZS_TYPE_NSEC || type == ZS_TYPE_KEY
	    || type == ZS_TYPE_NSEC3;
}

/* The RRsets that the rules below are about, found in one go. */
struct found {
	const struct zs_rrset *cname, *dname, *ns, *soa, *ds;
};

static struct found find_all(const struct zs_verifier *v, uint32_t index)
{
	const struct zs_owner *owner = &v->zone->owners[index];
	struct found f = { 0 };
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++) {
		const struct zs_rrset *set = &v->zone->rrsets[i];
		switch (set->type) {
		case ZS_TYPE_CNAME:
			f.cname = set;
			break;
		case ZS_TYPE_DNAME:
			f.dname = set;
			break;
		case ZS_TYPE_NS:
			f.ns = set;
			break;
		case ZS_TYPE_SOA:
			f.soa = set;
			break;
		case ZS_TYPE_DS:
			f.ds = set;
			break;
		default:
			break;
		}
	}
	return f;
}

static void judge_aliases(struct zs_verifier *v, uint32_t index, const struct found *f)
{
	const struct zs_owner *owner = &v->zone->owners[index];
	if (f->cname && f->cname->count > 1)
		zs_verify_refuse(v, 12, "'%s' has %u CNAME records (RFC 2181 section 10.1)", zs_verify_owner(v, index), f->cname->count);
	if (f->dname && f->dname->count > 1)
		zs_verify_refuse(v, 12, "'%s' has %u DNAME records (RFC 6672 section 2.4)", zs_verify_owner(v, index), f->dname->count);
	if (f->dname && index != v->apex && f->ns)
		zs_verify_refuse(v, 12, "'%s' has NS and DNAME (RFC 6672 section 2.3)", zs_verify_owner(v, index));
	for (uint32_t i = owner->first; f->cname && i < owner->first + owner->rrset_count; i++) {
		if (beside_cname(v->zone->rrsets[i].type))
			continue;
		zs_verify_refuse(v, 12, "'%s' has a CNAME and %s (RFC 2181 section 10.1)", zs_verify_owner(v, index),
		                 zs_verify_type(v, v->zone->rrsets[i].type));
		break;
	}
}

/* Not of the zone file: other options, or the SOA, say its TTL. */
static bool is_made(uint16_t type)
{
	switch (type) {
	case ZS_TYPE_DNSKEY: case ZS_TYPE_CDS: case ZS_TYPE_CDNSKEY: case ZS_TYPE_NSEC: case ZS_TYPE_NSEC3: case ZS_TYPE_NSEC3PARAM: case ZS_TYPE_ZONEMD:
	case ZS_TYPE_TLSA: case ZS_TYPE_SSHFP: case ZS_TYPE_SMIMEA: case ZS_TYPE_OPENPGPKEY:
		return true;
	default:
		return false;
	}
}

static void judge_ttls(struct zs_verifier *v, uint32_t index)
{
	const struct zs_owner *owner = &v->zone->owners[index];
	for (uint32_t i = owner->first; v->options->max_ttl && i < owner->first + owner->rrset_count; i++)
		if (v->zone->rrsets[i].ttl > v->options->max_ttl && !is_made(v->zone->rrsets[i].covered ? v->zone->rrsets[i].covered : v->zone->rrsets[i].type))
			zs_verify_unwise(v, 12, unwise(v), "the TTL %u of %s '%s' is above the limit of %u",
			                 v->zone->rrsets[i].ttl, zs_verify_type(v, v->zone->rrsets[i].type),
			                 zs_verify_owner(v, index), v->options->max_ttl);
}

static void judge_authority(struct zs_verifier *v, uint32_t index)
{
	const struct found f = find_all(v, index);
	if (index != v->apex && f.soa)
		zs_verify_refuse(v, 12, "'%s' has a SOA, but is not the apex", zs_verify_owner(v, index));
	if (index != v->apex && f.ds && v->places[index] == ZS_PLACE_AUTHORITATIVE)
		zs_verify_refuse(v, 12, "'%s' has a DS, but no NS (RFC 4035 section 2.4)", zs_verify_owner(v, index));
	judge_aliases(v, index, &f);
	if (index != v->apex && f.ns)
		judge_glue(v, index, f.ns);
}

/* "www.example.org.example.org.": a forgotten dot, as in .se 2009. A one-label zone may have such a delegation. */
static bool doubled(const struct zs_verifier *v, const uint8_t *name)
{
	const unsigned above = v->zone->apex_labels;
	if (above < 2 || zs_name_len(name) + 1 < 2 * zs_name_len(v->zone->apex)) /* the short way out for nearly all */
		return false;
	const unsigned labels = zs_name_labels(name);
	if (labels < 2 * above)
		return false;
	const uint8_t *p = zs_name_skip(name, labels - 2 * above), *q = v->zone->apex;
	for (unsigned i = 0; i < above; i++, p += 1 + *p, q += 1 + *q) {
		if (*p != *q)
			return false;
		for (unsigned j = 1; j <= *p; j++)
			if (zs_octet_lower(p[j]) != zs_octet_lower(q[j]))
				return false;
	}
	return true;
}

static void judge_owners(struct zs_verifier *v, void *context, size_t from, size_t to)
{
	(void)context;
	for (uint32_t i = (uint32_t)from; i < to; i++) {
		switch ((enum zs_place)v->places[i]) {
		case ZS_PLACE_OUTSIDE:
			zs_verify_refuse(v, 12, "'%s' is not in the zone '%s'", zs_verify_owner(v, i),
			                 zs_verify_name(v, v->zone->apex));
			continue;
		case ZS_PLACE_BELOW_DNAME:
			zs_verify_refuse(v, 12, "'%s' is below a DNAME (RFC 6672 section 2.4)", zs_verify_owner(v, i));
			break;
		case ZS_PLACE_AUTHORITATIVE:
		case ZS_PLACE_DELEGATION:
			judge_authority(v, i);
			break;
		case ZS_PLACE_BARE:
		case ZS_PLACE_BELOW_CUT:
			break;
		}
		judge_ttls(v, i);
		if (doubled(v, zs_owner_name(v->zone, &v->zone->owners[i]))) {
			zs_verify_unwise(v, 12, unwise(v), "'%s' ends in the zone name twice", zs_verify_owner(v, i));
			zs_verify_hint(v, 12, "a final dot is missing in the input, most likely");
		}
	}
}

void zs_verify_content(struct zs_verifier *v)
{
	judge_apex(v);
	judge_name_servers(v);
	zs_verify_slices(v, v->zone->owner_count, judge_owners, NULL);
	v->refused[0] = 0;
}
