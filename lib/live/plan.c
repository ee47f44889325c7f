/* plan.c - which questions touch every kind of answer of a zone: what is there, what is not, and the ways in which it is not. */
#include <string.h>
#include <sys/random.h>

#include "dns/type.h"
#include "live/look_private.h"

/* Of each kind that the content of the zone gives. A type for private use (RFC 6895 section 3.1): nobody has it. */
enum { EACH_MAX = 4, PRIVATE_TYPE = 65280 };

struct plan {
	struct zs_run *run;
	struct zs_probe *out;
	size_t count;
};

static void add(struct plan *p, enum zs_probe_kind kind, const uint8_t *name, uint16_t type, bool tcp)
{
	for (size_t i = 0; name && i < p->count; i++)
		if (p->out[i].type == type && p->out[i].tcp == tcp && zs_name_equal(p->out[i].name, name))
			return;
	if (name && p->count < ZS_LOOK_PROBES_MAX)
		p->out[p->count++] = (struct zs_probe){ .kind = kind, .name = name, .type = type, .tcp = tcp };
}

/* label in front of name; NULL if that is too long. */
static const uint8_t *below(struct plan *p, const char *label, const uint8_t *name)
{
	const size_t len = strlen(label), rest = zs_name_len(name);
	if (1 + len + rest > ZS_NAME_MAX)
		return NULL;
	uint8_t *out = zs_arena_alloc(p->run->arena, 1 + len + rest);
	out[0] = (uint8_t)len;
	memcpy(out + 1, label, len);
	memcpy(out + 1 + len, name, rest);
	return out;
}

/* A label that no zone has, and no cache between. */
static const char *nobody(struct plan *p)
{
	uint32_t random = 0;
	(void)!getrandom(&random, sizeof random, 0);
	return zs_arena_printf(p->run->arena, "zonesign-%08x", random);
}

static void add_absent(struct plan *p, const uint8_t *name)
{
	const uint8_t *absent = below(p, nobody(p), name);
	if (absent)
		add(p, ZS_PROBE_NXDOMAIN, absent, ZS_TYPE_A, false);
}

static void add_host(struct plan *p, const uint8_t *host)
{
	const uint8_t *tcp = below(p, "_tcp", host), *smtp = tcp ? below(p, "_25", tcp) : NULL;
	add(p, ZS_PROBE_ANY, host, ZS_TYPE_A, false);
	add(p, ZS_PROBE_ANY, host, ZS_TYPE_AAAA, false);
	if (smtp)
		add(p, ZS_PROBE_ANY, smtp, ZS_TYPE_TLSA, false);
	if (tcp)
		add(p, ZS_PROBE_ANY, tcp, ZS_TYPE_A, false); /* an ENT where the content is known, or where TLSA show */
	add_absent(p, host);
}

static bool is_plain(const struct zs_zone *zone, uint32_t at)
{
	return at < zone->owner_count && !(zone->owners[at].flags & (ZS_OWNER_CUT | ZS_OWNER_OCCLUDED));
}

/* An owner of the zone and the owner before it show the empty non-terminals between them. */
static void add_empty(struct plan *p, const struct zs_zone *zone, uint32_t at, unsigned *left)
{
	const uint8_t *name = zs_owner_name(zone, &zone->owners[at]);
	for (unsigned labels = zs_name_labels(name) - 1; labels > zone->apex_labels && *left; labels--) {
		const uint8_t *above = zs_name_skip(name, zs_name_labels(name) - labels);
		uint32_t place;
		/* the names below it follow it: the first of them is ours */
		if (zs_zone_find(zone, above, &place) == ZS_NO_OWNER && place == at) {
			add(p, ZS_PROBE_ENT, above, ZS_TYPE_A, false);
			--*left;
		}
	}
}

static void add_wildcard(struct plan *p, const struct zs_zone *zone, uint32_t at, unsigned *left)
{
	const uint8_t *name = zs_owner_name(zone, &zone->owners[at]), *made = below(p, nobody(p), zs_name_skip(name, 1));
	const uint16_t type = zone->rrsets[zone->owners[at].first].type; /* the lowest: RRSIG and NSEC come after what people write */
	if (!made || zs_type_has(type, ZS_TYPE_SIGNER_MADE))
		return;
	add(p, ZS_PROBE_WILDCARD, made, type, false);
	if (type != ZS_TYPE_CNAME)
		add(p, ZS_PROBE_NODATA, made, PRIVATE_TYPE, false);
	--*left;
}

static void add_content(struct plan *p, const struct zs_zone *zone)
{
	unsigned empty = EACH_MAX, wildcards = EACH_MAX, cuts = EACH_MAX, tlsa = EACH_MAX, absent = EACH_MAX;
	for (uint32_t i = 0; i < zone->owner_count; i++) {
		const uint8_t *name = zs_owner_name(zone, &zone->owners[i]);
		if ((zone->owners[i].flags & ZS_OWNER_CUT) && cuts) {
			add(p, zs_zone_rrset(zone, i, ZS_TYPE_DS) ? ZS_PROBE_DATA : ZS_PROBE_NODATA, name, ZS_TYPE_DS, false);
			cuts--;
		}
		if (!is_plain(zone, i) || zs_zone_rrset(zone, i, ZS_TYPE_NSEC3))
			continue;
		if (empty)
			add_empty(p, zone, i, &empty);
		if (zs_name_is_wildcard(name) && wildcards)
			add_wildcard(p, zone, i, &wildcards);
		else if (tlsa && zs_zone_rrset(zone, i, ZS_TYPE_TLSA))
			add(p, ZS_PROBE_DATA, name, ZS_TYPE_TLSA, false), tlsa--;
		else if (absent && i && zs_name_labels(name) > (unsigned)zone->apex_labels + 1)
			add_absent(p, name), absent--;
	}
}

size_t zs_live_plan(struct zs_run *run, const uint8_t *zone, const struct zs_zone *content, const uint8_t *const *hosts, size_t host_count,
                    struct zs_probe out[ZS_LOOK_PROBES_MAX])
{
	struct plan p = { .run = run, .out = out };
	add(&p, ZS_PROBE_DATA, zone, ZS_TYPE_SOA, false);
	add(&p, ZS_PROBE_DATA, zone, ZS_TYPE_SOA, true);
	add(&p, ZS_PROBE_ANY, zone, ZS_TYPE_DNSKEY, false); /* an unsigned zone has none */
	add(&p, ZS_PROBE_DATA, zone, ZS_TYPE_NS, false);
	add(&p, ZS_PROBE_ANY, zone, ZS_TYPE_MX, false);
	add(&p, ZS_PROBE_NODATA, zone, PRIVATE_TYPE, false);
	add_absent(&p, zone);
	if (content)
		add_content(&p, content);
	for (size_t i = 0; i < host_count && i < EACH_MAX; i++)
		add_host(&p, hosts[i]);
	return p.count;
}
