/* update.c - RFC 2136: records into a zone that somebody else signs, each message with TSIG (RFC 8945), over TCP. */
#include <string.h>
#include <time.h>

#include "dns/rdata.h"
#include "dns/type.h"
#include "live/update_private.h"

enum { POLL = 50, TRIES = 3, OWNERS_MAX = 1000, LIMIT = 15000, LIMIT_EACH = 500 }; /* milliseconds for all of it, and more of them for each owner */

struct update {
	struct zs_update_peer peer;
	const struct zs_zone_config *zone;
	const struct zs_live_record *wanted, *former;
	size_t wanted_count, former_count;
	struct place {              /* an owner and type that is looked at */
		const uint8_t *owner;
		uint16_t type;
		struct zs_answer seen;
	} *places;
	size_t place_count;
};

static ldns_rdf *name_rdf(const uint8_t *name)
{
	return ldns_dname_new_frm_data((uint16_t)zs_name_len(name), name);
}

static uint16_t random_id(void)
{
	return ldns_get_random();
}

/* ---- what is there ---- */

static bool look(struct update *u)
{
	for (size_t i = 0; i < u->place_count; i++) {
		struct place *p = &u->places[i];
		struct zs_bytes answer;
		unsigned rcode;
		ldns_rdf *name = name_rdf(p->owner);
		ldns_pkt *pkt = name ? ldns_pkt_query_new(name, (ldns_rr_type)p->type, LDNS_RR_CLASS_IN, 0) : NULL;
		if (!pkt) {
			ldns_rdf_deep_free(name);
			u->peer.why = "ldns cannot write the question";
			return false;
		}
		ldns_pkt_set_id(pkt, random_id());
		if (!zs_update_ask(&u->peer, pkt, &answer, &rcode))
			return false;
		if (rcode != ZS_RCODE_NOERROR && rcode != ZS_RCODE_NXDOMAIN)
			return false;
		if (!zs_live_message(u->peer.run, answer, p->owner, p->type, &p->seen) || !p->seen.authoritative) {
			u->peer.why = "it has no authority for the zone";
			return false;
		}
	}
	return true;
}

/* The record as the server showed it, or NULL. */
static const struct zs_answer_record *shown(const struct place *p, struct zs_bytes rdata)
{
	for (size_t i = 0; i < p->seen.count; i++) {
		const struct zs_answer_record *r = &p->seen.records[i];
		if (r->section == ZS_SECTION_ANSWER && r->type == p->type && zs_name_equal(r->owner, p->owner) && zs_rdata_compare(r->type, r->rdata, rdata) == 0)
			return r;
	}
	return NULL;
}

static struct place *place_of(const struct update *u, const struct zs_live_record *record)
{
	for (size_t i = 0; i < u->place_count; i++)
		if (u->places[i].type == record->type && zs_name_equal(u->places[i].owner, record->owner))
			return &u->places[i];
	return NULL;
}

static bool is_wanted(const struct update *u, const struct zs_live_record *record)
{
	for (size_t i = 0; i < u->wanted_count; i++)
		if (u->wanted[i].type == record->type && zs_name_equal(u->wanted[i].owner, record->owner)
		    && zs_rdata_compare(record->type, u->wanted[i].rdata, record->rdata) == 0)
			return true;
	return false;
}

/* ---- the update ---- */

static bool push(ldns_rr_list *list, const uint8_t *owner, uint16_t type, ldns_rr_class class, uint32_t ttl, const struct zs_bytes *rdata)
{
	uint8_t wire[ZS_NAME_MAX + 10 + 65535];
	const size_t name_len = zs_name_len(owner), len = rdata ? rdata->len : 0;
	ldns_rr *rr = NULL;
	size_t at = 0;
	if (!rdata) { /* "no such RRset": nothing but owner, type and class */
		rr = ldns_rr_new();
		ldns_rr_set_owner(rr, name_rdf(owner));
		ldns_rr_set_type(rr, (ldns_rr_type)type);
		ldns_rr_set_ttl(rr, 0);
		ldns_rr_set_class(rr, class);
		return ldns_rr_list_push_rr(list, rr);
	}
	if (len > sizeof wire - name_len - 10)
		return false;
	memcpy(wire, owner, name_len);
	zs_put_u16(wire + name_len, type);
	zs_put_u16(wire + name_len + 2, LDNS_RR_CLASS_IN);
	zs_put_u32(wire + name_len + 4, ttl);
	zs_put_u16(wire + name_len + 8, (uint16_t)len);
	memcpy(wire + name_len + 10, rdata->data, len);
	if (ldns_wire2rr(&rr, wire, name_len + 10 + len, &at, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK)
		return false;
	ldns_rr_set_class(rr, class);
	return ldns_rr_list_push_rr(list, rr);
}

/* The prerequisites: each RRset is as it was seen (RFC 2136 sections 2.4.2 and 2.4.3), and no CNAME would swallow ours (3.4.2.2). */
static bool require(const struct update *u, ldns_rr_list *list)
{
	bool ok = true;
	for (size_t i = 0; ok && i < u->place_count; i++) {
		const struct place *p = &u->places[i];
		size_t count = 0;
		for (size_t n = 0; ok && n < p->seen.count; n++) {
			const struct zs_answer_record *r = &p->seen.records[n];
			if (r->section != ZS_SECTION_ANSWER || r->type != p->type || !zs_name_equal(r->owner, p->owner))
				continue;
			count++;
			ok = push(list, p->owner, p->type, LDNS_RR_CLASS_IN, 0, &r->rdata);
		}
		if (!count)
			ok = ok && push(list, p->owner, p->type, LDNS_RR_CLASS_NONE, 0, NULL);
		ok = ok && push(list, p->owner, ZS_TYPE_CNAME, LDNS_RR_CLASS_NONE, 0, NULL);
	}
	return ok;
}

/* What is missing and what is to go; *count of them. */
static bool changes(const struct update *u, ldns_rr_list *list, size_t *count)
{
	bool ok = true;
	*count = 0;
	for (size_t i = 0; ok && i < u->wanted_count; i++) {
		const struct zs_answer_record *r = shown(place_of(u, &u->wanted[i]), u->wanted[i].rdata);
		if (r && r->ttl == u->wanted[i].ttl)
			continue;
		(*count)++;
		ok = push(list, u->wanted[i].owner, u->wanted[i].type, LDNS_RR_CLASS_IN, u->wanted[i].ttl, &u->wanted[i].rdata);
	}
	for (size_t i = 0; ok && i < u->former_count; i++) {
		if (is_wanted(u, &u->former[i]) || !shown(place_of(u, &u->former[i]), u->former[i].rdata))
			continue;
		(*count)++;
		ok = push(list, u->former[i].owner, u->former[i].type, LDNS_RR_CLASS_NONE, 0, &u->former[i].rdata);
	}
	return ok;
}

static bool send_update(struct update *u, ldns_rr_list *require_list, ldns_rr_list *change_list, unsigned *rcode)
{
	struct zs_bytes answer;
	ldns_rdf *zone = name_rdf(u->zone->name);
	ldns_pkt *pkt = zone ? ldns_update_pkt_new(zone, LDNS_RR_CLASS_IN, require_list, change_list, NULL) : NULL;
	if (!pkt) {
		ldns_rdf_deep_free(zone);
		u->peer.why = "ldns cannot write the update";
		return false;
	}
	ldns_pkt_set_id(pkt, random_id());
	return zs_update_ask(&u->peer, pkt, &answer, rcode);
}

static bool note_place(struct update *u, const struct zs_live_record *record)
{
	if (place_of(u, record))
		return true;
	if (u->place_count == OWNERS_MAX)
		return zs_fail(u->peer.run, "more than %d owners for one update", OWNERS_MAX);
	u->places[u->place_count++] = (struct place){ .owner = record->owner, .type = record->type };
	return true;
}

static bool fail(const struct update *u)
{
	zs_fail(u->peer.run, "%s does not take the update of '%s': %s", u->zone->publish.servers[0].text, u->zone->name_text, u->peer.why);
	zs_hint(u->peer.run, "BIND: update-policy { grant %s zonesub TLSA; }; in the zone; Knot: an acl with action: [update, query] and this key. Each run "
	        "tries again", u->peer.key->name);
	return false;
}

/* Until it shows what was sent: a server that signs takes a moment. */
static bool confirm(struct update *u, zs_seconds wait)
{
	const int64_t deadline = zs_update_clock() + wait * 1000;
	u->peer.until = deadline + LIMIT_EACH * (int64_t)u->place_count;
	for (;;) {
		ldns_rr_list *list = ldns_rr_list_new();
		size_t left = 0;
		const bool ok = look(u) && changes(u, list, &left);
		ldns_rr_list_deep_free(list);
		if (ok && !left)
			return true;
		if (ok)
			u->peer.why = "it took the update, and does not show it";
		if (zs_update_clock() + POLL >= deadline)
			return fail(u);
		nanosleep(&(struct timespec){ .tv_nsec = POLL * 1000000 }, NULL);
	}
}

/* Look, and send what is to change under the condition that it is still as seen. ZS_TRIES more if it is not. */
static bool converge(struct update *u, size_t *changed)
{
	for (unsigned i = 0; i < TRIES; i++) {
		ldns_rr_list *required = ldns_rr_list_new(), *list = ldns_rr_list_new();
		unsigned rcode = 0;
		size_t count = 0;
		bool ok = look(u);
		if (ok && !(ok = require(u, required) && changes(u, list, &count)))
			u->peer.why = "ldns cannot write one of the records";
		const bool send = ok && count;
		ok = ok && (!count || send_update(u, required, list, &rcode));
		ldns_rr_list_deep_free(required);
		ldns_rr_list_deep_free(list);
		if (!ok || (rcode && rcode != 7 && rcode != 8))
			return fail(u);
		if (!rcode) {
			*changed = send ? count : 0;
			return true;
		}
	}
	u->peer.why = "somebody else changes the same records, or there is a CNAME";
	return fail(u);
}

bool zs_live_update(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_tsig_key *key, const struct zs_live_record *wanted,
                    size_t wanted_count, const struct zs_live_record *former, size_t former_count, size_t *changed)
{
	struct update u = { .peer = { .run = run, .to = &zone->publish.servers[0], .key = key, .why = "no reason known" }, .zone = zone, .wanted = wanted,
		            .former = former, .wanted_count = wanted_count, .former_count = former_count,
		            .places = zs_arena_array(run->arena, OWNERS_MAX, sizeof(struct place)) };
	for (size_t i = 0; i < wanted_count; i++)
		if (!note_place(&u, &wanted[i]))
			return false;
	for (size_t i = 0; i < former_count; i++)
		if (!note_place(&u, &former[i]))
			return false;
	*changed = 0;
	u.peer.until = zs_update_clock() + LIMIT + LIMIT_EACH * (int64_t)u.place_count;
	if (!u.place_count || !converge(&u, changed))
		return !u.place_count;
	return !*changed || confirm(&u, zone->publish.wait);
}
