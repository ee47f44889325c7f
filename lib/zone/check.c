/* check.c - the rules of a plain zone: one function a rule, each with its tiny zone in testdata/zones; those about what RDATA points to are
 * in targets.c. */
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/pool.h"
#include "base/text.h"
#include "zone/check.h"

enum { SLICE = 4096 }; /* owners */

void zs_check_unwise(const struct checker *c, const struct zs_source *at, const char *advice, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *message = zs_arena_vprintf(c->run->arena, format, args);
	va_end(args);
	if (c->accept_g12) {
		zs_warn(c->run, at, "%s (G12, accepted)", message);
		return;
	}
	zs_error(c->run, at, "%s (G12)", message);
	zs_hint(c->run, "%s; if it is meant, 'zonesign build --accept G12' takes it", advice);
}

/* -- rules about the apex -- */

static void soa_is_one_and_at_the_apex(const struct checker *c, const struct place *p)
{
	if (p->set->type != ZS_TYPE_SOA)
		return;
	const struct zs_source at = where(c, p->set);
	if (!p->apex)
		zs_error(c->run, &at, "'%s' has a SOA record, which belongs to the apex only (RFC 1035 section 5.2)", text_of(c, p));
	else if (p->set->count > 1)
		zs_error(c->run, &at, "'%s' has %u SOA records; a zone has one (RFC 1035 section 5.2)", text_of(c, p), p->set->count);
}

static bool is_label(const uint8_t *label, const char *text)
{
	const size_t len = strlen(text);
	bool same = *label == len;
	for (size_t i = 0; same && i < len; i++)
		same = zs_octet_lower(label[1 + i]) == (uint8_t)text[i];
	return same;
}

/* "_dsboot.example.co.uk._signal.ns1.example.net": CDS and CDNSKEY of a zone are shown there by who serves it (RFC 9615 section 2.1). */
static bool is_signal(const uint8_t *name, uint16_t type)
{
	bool marked = false;
	for (const uint8_t *label = name; *label; label += 1 + *label)
		marked = marked || is_label(label, "_signal");
	return (type == ZS_TYPE_CDS || type == ZS_TYPE_CDNSKEY) && is_label(name, "_dsboot") && marked;
}

static void types_of_the_apex_stay_there(const struct checker *c, const struct place *p)
{
	char type[ZS_TYPE_TEXT];
	if (p->apex || is_signal(p->name, p->set->type) || p->set->type == ZS_TYPE_SOA || !zs_type_has(p->set->type, ZS_TYPE_APEX_ONLY))
		return;
	const struct zs_source at = where(c, p->set);
	zs_error(c->run, &at, "'%s' has a %s record, which belongs to the apex only", text_of(c, p), zs_type_text(p->set->type, type));
}

/* A resolver takes it for data. BIND signs no such zone, and its dnssec-verify calls one incomplete, whichever key signed it. */
static void keys_stand_at_the_apex(const struct checker *c, const struct place *p)
{
	if (p->set->type != ZS_TYPE_DNSKEY || p->apex)
		return;
	const struct zs_source at = where(c, p->set);
	zs_check_unwise(c, &at, "keys of other things than zones have types of their own, as SSHFP, OPENPGPKEY and CERT are",
	       "'%s' has a DNSKEY record, which is for keys of zones, at their apex (RFC 4034 section 2)", text_of(c, p));
}

static void ds_stands_at_a_delegation(const struct checker *c, const struct place *p)
{
	if (p->set->type != ZS_TYPE_DS)
		return;
	const struct zs_source at = where(c, p->set);
	if (p->apex) {
		zs_error(c->run, &at, "'%s' has a DS record at the apex; it belongs into the parent zone (RFC 4035 section 2.4)", text_of(c, p));
		zs_hint(c->run, "'zonesign ds' prints what to give to the registrar");
	} else if (!has(c, p->index, ZS_TYPE_NS)) {
		zs_error(c->run, &at, "'%s' has a DS record but no NS: it is no delegation (RFC 4035 section 2.4)", text_of(c, p));
	}
}

/* -- rules about what may stand together -- */

static void cname_stands_alone(const struct checker *c, const struct place *p)
{
	if (p->set->type != ZS_TYPE_CNAME)
		return;
	const struct zs_source at = where(c, p->set);
	if (p->set->count > 1)
		zs_error(c->run, &at, "'%s' has %u CNAME records; one is allowed (RFC 2181 section 10.1)", text_of(c, p), p->set->count);
	for (uint32_t i = p->owner->first; i < p->owner->first + p->owner->rrset_count; i++) {
		char type[ZS_TYPE_TEXT];
		const struct zs_rrset *other = &c->zone->rrsets[i];
		if (other->type == ZS_TYPE_CNAME || other->type == ZS_TYPE_KEY)
			continue;
		zs_error(c->run, &at, "'%s' has a CNAME and other data: %s (RFC 1034 section 3.6.2)", text_of(c, p),
		         zs_type_text(other->type, type));
		if (p->apex)
			zs_hint(c->run, "the zone's own name always has SOA and NS: write the A and AAAA records of the target in place of the CNAME");
		return;
	}
}

static void dname_is_one_and_no_delegation(const struct checker *c, const struct place *p)
{
	if (p->set->type != ZS_TYPE_DNAME)
		return;
	const struct zs_source at = where(c, p->set);
	if (p->set->count > 1)
		zs_error(c->run, &at, "'%s' has %u DNAME records; one is allowed (RFC 6672 section 2.4)", text_of(c, p), p->set->count);
	if (!p->apex && has(c, p->index, ZS_TYPE_NS))
		zs_error(c->run, &at, "'%s' has DNAME and NS; only the apex may have both (RFC 6672 section 2.3)", text_of(c, p));
}

/* What is above that owner is not occluded, what is below it is, so the number of its labels is found by halving: of names with many labels
 * each step counts. */
uint32_t zs_check_hider(const struct checker *c, const uint8_t *name)
{
	const struct zs_zone *zone = c->zone;
	const unsigned labels = zs_name_labels(name);
	unsigned low = 0, high = zs_zone_encloser(zone, name);
	while (low < high) {
		const unsigned middle = (low + high + 1) / 2;
		uint32_t first; /* of the names within that one: there is one */
		(void)zs_zone_find(zone, zs_name_skip(name, labels - middle), &first);
		if (zone->owners[first].flags & ZS_OWNER_OCCLUDED)
			high = middle - 1;
		else
			low = middle;
	}
	return zs_zone_find(zone, zs_name_skip(name, labels - low), NULL);
}

static void nothing_is_below_a_dname(const struct checker *c, const struct place *p)
{
	char text[ZS_NAME_TEXT];
	if (!c->zone->has_dname || !(p->owner->flags & ZS_OWNER_OCCLUDED) || p->set != &c->zone->rrsets[p->owner->first])
		return;
	const uint32_t above = zs_check_hider(c, p->name);
	if (!has(c, above, ZS_TYPE_DNAME))
		return;
	const struct zs_source at = where(c, p->set);
	zs_error(c->run, &at, "'%s' is below the DNAME of '%s' (RFC 6672 section 2.4)", text_of(c, p),
	         zs_name_text(zs_owner_name(c->zone, &c->zone->owners[above]), text));
}

static void wildcards_are_plain(const struct checker *c, const struct place *p)
{
	char type[ZS_TYPE_TEXT];
	if (!zs_name_is_wildcard(p->name)
	    || (p->set->type != ZS_TYPE_NS && p->set->type != ZS_TYPE_DS && p->set->type != ZS_TYPE_DNAME))
		return;
	const struct zs_source at = where(c, p->set);
	zs_warn(c->run, &at, "'%s' is a wildcard with %s; what that means is not defined (RFC 4592 section 4)%s", text_of(c, p),
	        zs_type_text(p->set->type, type), p->set->type == ZS_TYPE_NS ? ", and BIND loads no zone with it" : "");
}

/* -- rules about names -- */

static bool begins_with(const uint8_t *name, const uint8_t *prefix, unsigned labels)
{
	for (; labels--; name += 1 + *name, prefix += 1 + *prefix)
		for (unsigned i = 0; i <= *prefix; i++)
			if (i ? zs_octet_lower(name[i]) != zs_octet_lower(prefix[i]) : name[0] != prefix[0])
				return false;
	return true;
}

bool zs_check_doubled(const struct checker *c, const uint8_t *name, size_t len)
{
	const unsigned apex = c->zone->apex_labels;
	if (len + 1 < 2 * c->apex_len) /* the short way out for nearly all */
		return false;
	const unsigned labels = zs_name_labels(name);
	return apex > 0 && labels >= 2 * apex && begins_with(zs_name_skip(name, labels - 2 * apex), c->zone->apex, apex);
}

static void owners_are_inside(const struct checker *c, const struct place *p)
{
	char apex[ZS_NAME_TEXT];
	if (p->set != &c->zone->rrsets[p->owner->first])
		return;
	if (!zs_name_ends_in(p->name, p->owner->name_len, c->zone->apex, c->apex_len)) {
		const struct zs_source at = where(c, p->set);
		zs_error(c->run, &at, "'%s' is outside of zone '%s' (RFC 1034 section 4.2)", text_of(c, p), zs_name_text(c->zone->apex, apex));
	} else if (zs_check_doubled(c, p->name, p->owner->name_len)) {
		const struct zs_source at = where(c, p->set);
		zs_check_unwise(c, &at, "a final dot was forgotten: write the name with a dot at its end, or without the zone's name",
		       "'%s' repeats the name of the zone", text_of(c, p));
	}
}

static void ttl_is_within_the_limit(const struct checker *c, const struct place *p)
{
	char type[ZS_TYPE_TEXT];
	if (!c->max_ttl || p->set->ttl <= c->max_ttl)
		return;
	const struct zs_source at = where(c, p->set);
	zs_check_unwise(c, &at, "raise max-zone-ttl in the policy, or lower the TTL", "the TTL of '%s' %s is %u, above max-zone-ttl %u", text_of(c, p),
	       zs_type_text(p->set->type, type), p->set->ttl, c->max_ttl);
}

/* Types of which a few never come near to what a message holds. */
static bool is_small(uint16_t type)
{
	return type == ZS_TYPE_A || type == ZS_TYPE_AAAA || type == ZS_TYPE_NS || type == ZS_TYPE_DS || type == ZS_TYPE_MX || type == ZS_TYPE_CNAME
	    || type == ZS_TYPE_SRV || type == ZS_TYPE_PTR;
}

size_t zs_zone_answer_len(const struct zs_zone *zone, const struct zs_owner *owner, const struct zs_rrset *set)
{
	static const size_t header = 12, question = 4, opt = 11, record = 12 /* compressed owner, type, class, TTL, length */, rrsig = 12 + 18 + 512;
	size_t len = header + owner->name_len + question + opt + rrsig + zs_name_len(zone->apex);
	for (uint32_t i = 0; i < set->count; i++)
		len += record + zone->rdata[set->first + i].len;
	return len;
}

static void sets_fit_a_message(const struct checker *c, const struct place *p)
{
	enum { FEW = 64 };
	char type[ZS_TYPE_TEXT];
	if (p->set->count <= FEW && is_small(p->set->type))
		return;
	const size_t len = zs_zone_answer_len(c->zone, p->owner, p->set);
	if (len <= UINT16_MAX)
		return;
	const struct zs_source at = where(c, p->set);
	zs_check_unwise(c, &at, "give the name fewer or shorter records", "the %s records of '%s' and a signature take %zu octets, and a DNS message has 65535: no server "
	       "can answer with them, and some load no such zone", zs_type_text(p->set->type, type), text_of(c, p), len);
}

/* RFC 4025 section 2.4 has algorithm 0 for no key, but BIND 9.18 loads no zone with such a record, in whatever form. */
static void ipseckeys_have_keys(const struct checker *c, const struct place *p)
{
	for (uint32_t i = 0; p->set->type == ZS_TYPE_IPSECKEY && i < p->set->count; i++) {
		if (zs_rrset_rdata(c->zone, p->set, i).data[2])
			continue;
		const struct zs_source at = where_rdata(c, p->set, i);
		zs_warn(c->run, &at, "'%s' has an IPSECKEY without a key (algorithm 0): BIND does not load a zone with it", text_of(c, p));
	}
}

static void mailbox_has_no_at(const struct checker *c, const struct place *p)
{
	char name[ZS_NAME_TEXT];
	if (p->set->type != ZS_TYPE_SOA)
		return;
	const uint8_t *primary = zs_rrset_rdata(c->zone, p->set, 0).data, *mailbox = primary + zs_name_len(primary);
	if (!memchr(mailbox + 1, '@', mailbox[0]))
		return;
	const struct zs_source at = where(c, p->set);
	zs_warn(c->run, &at, "the mailbox in the SOA is '%s': there is a dot in place of the '@' (RFC 1035 section 3.3.13)", zs_name_text(mailbox, name));
	zs_hint(c->run, "hostmaster@example.com is written hostmaster.example.com.");
}

/* The strings of a TXT record as who reads mail policies sees them: joined, without blanks between (RFC 7208 section 3.3). */
static size_t join_text(struct zs_bytes rdata, char *out, size_t room)
{
	size_t len = 0;
	for (size_t at = 0; at < rdata.len; at += 1 + (size_t)rdata.data[at])
		for (size_t i = 0; i < rdata.data[at] && len < room; i++)
			out[len++] = (char)rdata.data[at + 1 + i];
	return len;
}

static bool begins(const char *text, size_t len, const char *word)
{
	return len >= strlen(word) && strncasecmp(text, word, strlen(word)) == 0;
}

/* What is written without quotes ends at the first ';', and loses its blanks. */
static void mail_policies_are_quoted(const struct checker *c, const struct place *p)
{
	enum { SHOWN = 64 };
	unsigned spf_count = 0;
	for (uint32_t i = 0; p->set->type == ZS_TYPE_TXT && i < p->set->count; i++) {
		char text[SHOWN];
		const size_t len = join_text(zs_rrset_rdata(c->zone, p->set, i), text, sizeof text), quote = len && text[0] == '\'' ? 1 : begins(text, len, "\xe2\x80\x9c") ? 3 : 0;
		const bool spf = begins(text + quote, len - quote, "v=spf1"), cut = len == 8 && begins(text, len, "v=DMARC1");
		const bool lost = (spf && len > 6 && text[6] != ' ' && !(text[6] >= '0' && text[6] <= '9')) || cut || (len == 7 && begins(text, len, "v=DKIM1"));
		const struct zs_source at = where_rdata(c, p->set, i);
		spf_count += spf;
		if (lost || (spf && quote)) {
			zs_warn(c->run, &at, "the TXT record of '%s' says '%s', which no mail server understands", text_of(c, p), zs_text_safe(c->run->arena, text, len, SHOWN));
			zs_hint(c->run, "write it in double quotes: without them it ends at the first ';', and blanks are lost");
		}
		if (spf && spf_count == 2)
			zs_warn(c->run, &at, "'%s' has several SPF records: mail servers take none of them then (RFC 7208 section 4.5)", text_of(c, p));
	}
}

/* -- rules about the whole -- */

static void apex_is_complete(const struct checker *c)
{
	char apex[ZS_NAME_TEXT];
	const struct zs_source whole = { .input = c->zone->inputs[0] };
	const struct zs_rrset *ns = zs_zone_apex_rrset(c->zone, ZS_TYPE_NS);
	zs_name_text(c->zone->apex, apex);
	if (!zs_zone_apex_rrset(c->zone, ZS_TYPE_SOA))
		zs_error(c->run, &whole, "zone '%s' has no SOA record at its apex (RFC 1035 section 5.2)", apex);
	if (!ns) {
		zs_error(c->run, &whole, "zone '%s' has no NS record at its apex (RFC 1034 section 4.2.1)", apex);
		zs_hint(c->run, "exports often leave them out: write '@ NS ns1.example.net.' for each name server that the registrar has for the zone");
	} else if (ns->count < 2) {
		const struct zs_source at = where(c, ns);
		zs_warn(c->run, &at, "zone '%s' has one name server; two are usual (RFC 1034 section 4.1)", apex);
	}
}

/* A SOA outside of the zone, where the apex has none: a wrong file, or a wrong name for it. Each record would be one error more, and none of
 * them what is wrong. True: it was said. */
static bool is_of_another_zone(const struct checker *c)
{
	char apex[ZS_NAME_TEXT], other[ZS_NAME_TEXT];
	const struct zs_rrset *soa = NULL;
	const uint8_t *name = NULL;
	if (zs_zone_apex_rrset(c->zone, ZS_TYPE_SOA) || zs_zone_apex_rrset(c->zone, ZS_TYPE_NS))
		return false;
	for (size_t i = 0; i < c->zone->owner_count; i++) {
		const struct zs_rrset *set = zs_zone_rrset(c->zone, (uint32_t)i, ZS_TYPE_SOA);
		if (set && soa)
			return false;
		if (set) {
			soa = set;
			name = zs_owner_name(c->zone, &c->zone->owners[i]);
		}
	}
	if (!soa || zs_name_within(name, c->zone->apex)) /* below it: a final dot was forgotten, or the SOA alone is wrong */
		return false;
	const struct zs_source at = where(c, soa);
	zs_name_text(c->zone->apex, apex);
	zs_name_text(name, other);
	zs_error(c->run, &at, "this is a file of the zone '%s', not of '%s', which has neither SOA nor NS in it", other, apex);
	zs_hint(c->run, "give the file of '%s', or call the zone '%s'; the other records were not looked at", apex, other);
	return true;
}

/* Data below a cut that is no glue is never answered: tell the user once. */
struct occluded {
	const struct zs_zone *zone;
	atomic_size_t count;        /* of RRsets */
	atomic_uint_fast32_t first; /* owner */
};

static bool is_served(const struct zs_owner *owner, uint16_t type)
{
	return type == ZS_TYPE_A || type == ZS_TYPE_AAAA || ((owner->flags & ZS_OWNER_CUT) && (type == ZS_TYPE_NS || type == ZS_TYPE_DS));
}

static void count_occluded(void *context, unsigned thread, size_t from, size_t to)
{
	struct occluded *found = context;
	(void)thread;
	size_t count = 0, first = 0;
	for (size_t i = from; i < to; i++) {
		const struct zs_owner *o = &found->zone->owners[i];
		if (!(o->flags & (ZS_OWNER_OCCLUDED | ZS_OWNER_CUT)))
			continue;
		for (uint32_t s = o->first; s < o->first + o->rrset_count; s++)
			if (!is_served(o, found->zone->rrsets[s].type) && !count++)
				first = i;
	}
	if (!count)
		return;
	atomic_fetch_add(&found->count, count);
	uint_fast32_t known = atomic_load(&found->first);
	while (first < known && !atomic_compare_exchange_weak(&found->first, &known, first))
		;
}

static void occluded_data_is_told(const struct checker *c)
{
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	struct occluded found = { .zone = c->zone, .first = ZS_NO_OWNER };
	zs_pool_run(c->run->jobs, c->zone->owner_count, SLICE, count_occluded, &found);
	if (!found.count)
		return;
	const struct zs_owner *owner = &c->zone->owners[found.first];
	const struct zs_rrset *set = &c->zone->rrsets[owner->first];
	while (is_served(owner, set->type))
		set++;
	const struct zs_source at = where(c, set);
	zs_warn(c->run, &at, "'%s' %s is at or below a delegation: it is never answered and not signed (occluded; %zu such RRsets)",
	        zs_name_text(zs_owner_name(c->zone, owner), name), zs_type_text(set->type, type), (size_t)found.count);
}

static void old_dnssec_is_told(const struct checker *c)
{
	const struct zs_source whole = { .input = c->zone->inputs[0] };
	if (c->zone->stripped_count)
		zs_warn(c->run, &whole, "%llu RRSIG, NSEC, NSEC3 or NSEC3PARAM records of the input are dropped; zonesign makes its own",
		        (unsigned long long)c->zone->stripped_count);
}

/* All rules on owners[from..to). */
static void check_owners(void *context, struct zs_run *run, size_t from, size_t to)
{
	static void (*const rules[])(const struct checker *, const struct place *) = {
		soa_is_one_and_at_the_apex, types_of_the_apex_stay_there, keys_stand_at_the_apex, ds_stands_at_a_delegation, cname_stands_alone,
		dname_is_one_and_no_delegation, nothing_is_below_a_dname, wildcards_are_plain, owners_are_inside,
		ttl_is_within_the_limit, sets_fit_a_message, ipseckeys_have_keys, zs_check_addresses, zs_check_aliases,
		mailbox_has_no_at, mail_policies_are_quoted,
	};
	enum { AHEAD = 16 };
	struct checker c = *(const struct checker *)context;
	struct known_hosts hosts = { 0 };
	struct place p;
	c.run = run;
	c.hosts = &hosts;
	for (size_t i = from; i < to; i++) {
		if (i + AHEAD < to) /* names are in the order of the text, so anywhere in memory */
			__builtin_prefetch(zs_owner_name(c.zone, &c.zone->owners[i + AHEAD]));
		p.index = (uint32_t)i;
		p.owner = &c.zone->owners[i];
		p.name = zs_owner_name(c.zone, p.owner);
		p.apex = p.owner->name_len == c.apex_len && zs_name_equal(p.name, c.zone->apex);
		for (uint32_t s = p.owner->first; s < p.owner->first + p.owner->rrset_count; s++) {
			p.set = &c.zone->rrsets[s];
			for (size_t r = 0; r < ZS_COUNT(rules); r++)
				rules[r](&c, &p);
		}
	}
}

bool zs_zone_check(struct zs_run *run, const struct zs_zone *zone, uint32_t max_ttl, bool accept_g12)
{
	struct checker c = { .run = run, .zone = zone, .max_ttl = max_ttl, .accept_g12 = accept_g12, .apex_len = zs_name_len(zone->apex) };
	const unsigned before = run->error_count;
	if (is_of_another_zone(&c))
		return false;
	apex_is_complete(&c);
	zs_pool_judge(run, run->jobs, zone->owner_count, SLICE, check_owners, &c);
	occluded_data_is_told(&c);
	old_dnssec_is_told(&c);
	return zs_run_ok_since(run, before);
}
