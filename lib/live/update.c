/* update.c - RFC 2136: records into a zone that somebody else signs, each message with TSIG (RFC 8945), over TCP. */
#include <string.h>
#include <time.h>

#include "dns/rdata.h"
#include "dns/type.h"
#include "live/update_private.h"

enum { POLL = 50, TRIES = 3, EDNS_SIZE = 1232, OWNERS_MAX = 1000, LIMIT = 15000, LIMIT_EACH = 500 };
/* LIMIT: milliseconds for all of it, LIMIT_EACH: more of them for each owner */

ldns_rdf *zs_update_name(const uint8_t *name)
{
	return zs_ldns.dname_new_frm_data((uint16_t)zs_name_len(name), name);
}

static uint16_t random_id(void)
{
	return zs_ldns.get_random();
}

/* ---- what is there ---- */

static bool is_answer(const struct zs_update_place *p, const struct zs_answer_record *r)
{
	return r->section == ZS_SECTION_ANSWER && r->type == p->type && zs_name_equal(r->owner, p->owner);
}

bool zs_update_is_at(const struct zs_update_place *p, const struct zs_answer_record *r)
{
	return is_answer(p, r) && !p->wildcard;
}

/* Its signature tells how many labels the owner had that was signed: RFC 4035 section 5.3.2. */
static bool is_of_wildcard(const struct zs_update_place *p)
{
	const unsigned labels = zs_name_labels(p->owner) - (p->owner[0] == 1 && p->owner[1] == '*');
	bool fewer = false;
	for (size_t i = 0; i < p->seen.count; i++) {
		const struct zs_answer_record *r = &p->seen.records[i];
		fewer = fewer || (r->section == ZS_SECTION_ANSWER && r->type == ZS_TYPE_RRSIG && zs_name_equal(r->owner, p->owner)
		                  && zs_get_u16(r->rdata.data) == p->type && r->rdata.data[3] < labels);
	}
	return fewer;
}

static bool look_at(struct zs_update *u, struct zs_update_place *p)
{
	struct zs_bytes answer;
	unsigned rcode;
	zs_arena_free(p->arena);
	p->arena = zs_arena_new();
	p->seen = (struct zs_answer){ 0 };
	ldns_rdf *name = zs_update_name(p->owner);
	ldns_pkt *pkt = name ? zs_ldns.pkt_query_new(name, (ldns_rr_type)p->type, LDNS_RR_CLASS_IN, 0) : NULL;
	if (!pkt) {
		zs_ldns.rdf_deep_free(name);
		u->peer.why = "ldns cannot write the question";
		return false;
	}
	zs_ldns.pkt_set_id(pkt, random_id());
	zs_ldns.pkt_set_edns_udp_size(pkt, EDNS_SIZE);
	zs_ldns.pkt_set_edns_do(pkt, true);
	if (!zs_update_ask(&u->peer, p->arena, pkt, &answer, &rcode) || (rcode != ZS_RCODE_NOERROR && rcode != ZS_RCODE_NXDOMAIN))
		return false;
	if (!zs_live_message(p->arena, answer, p->owner, p->type, &p->seen) || !p->seen.authoritative) {
		u->peer.why = "it has no authority for the zone";
		return false;
	}
	p->wildcard = is_of_wildcard(p);
	return true;
}

static bool look(struct zs_update *u)
{
	bool ok = true;
	for (size_t i = 0; ok && i < u->place_count; i++)
		ok = look_at(u, &u->places[i]);
	return ok;
}

const struct zs_answer_record *zs_update_shown(const struct zs_update_place *p, struct zs_bytes rdata)
{
	for (size_t i = 0; i < p->seen.count; i++) {
		const struct zs_answer_record *r = &p->seen.records[i];
		if (zs_update_is_at(p, r) && zs_rdata_compare(r->type, r->rdata, rdata) == 0)
			return r;
	}
	return NULL;
}

static struct zs_update_place *place_of(const struct zs_update *u, const struct zs_live_record *record)
{
	for (size_t i = 0; i < u->place_count; i++)
		if (u->places[i].type == record->type && zs_name_equal(u->places[i].owner, record->owner))
			return &u->places[i];
	return NULL;
}

static bool is_wanted(const struct zs_update *u, const struct zs_live_record *record)
{
	for (size_t i = 0; i < u->wanted_count; i++)
		if (u->wanted[i].type == record->type && zs_name_equal(u->wanted[i].owner, record->owner)
		    && zs_rdata_compare(record->type, u->wanted[i].rdata, record->rdata) == 0)
			return true;
	return false;
}

/* What is missing and what is to go. */
static void compare(struct zs_update *u)
{
	u->change_count = 0;
	for (size_t i = 0; i < u->wanted_count; i++) {
		struct zs_update_place *p = place_of(u, &u->wanted[i]);
		const struct zs_answer_record *r = zs_update_shown(p, u->wanted[i].rdata);
		if (!p->done && (!r || r->ttl != u->wanted[i].ttl))
			u->changes[u->change_count++] = (struct zs_update_change){ .place = p, .rdata = u->wanted[i].rdata, .ttl = u->wanted[i].ttl, .add = true };
	}
	for (size_t i = 0; i < u->former_count; i++) {
		struct zs_update_place *p = place_of(u, &u->former[i]);
		if (!p->done && !is_wanted(u, &u->former[i]) && zs_update_shown(p, u->former[i].rdata))
			u->changes[u->change_count++] = (struct zs_update_change){ .place = p, .rdata = u->former[i].rdata };
	}
}

/* ---- the update ---- */

static bool send_message(struct zs_update *u, const struct zs_update_message *m, unsigned *rcode)
{
	struct zs_bytes answer;
	ldns_rdf *zone = zs_update_name(u->zone->name);
	ldns_pkt *pkt = zone ? zs_ldns.update_pkt_new(zone, LDNS_RR_CLASS_IN, m->required, m->changes, NULL) : NULL;
	if (!pkt) {
		zs_ldns.rdf_deep_free(zone);
		u->peer.why = "ldns cannot write the update";
		return false;
	}
	zs_ldns.pkt_set_id(pkt, random_id());
	struct zs_arena *arena = zs_arena_new();
	const bool ok = zs_update_ask(&u->peer, arena, pkt, &answer, rcode);
	zs_arena_free(arena);
	return ok;
}

/* Does the server show all that the message changed? */
static bool shows(struct zs_update *u, size_t message, bool *there)
{
	*there = true;
	for (size_t i = 0; i < u->place_count; i++) {
		struct zs_update_place *p = &u->places[i];
		bool looked = false;
		for (size_t n = 0; n < u->change_count; n++) {
			const struct zs_update_change *c = &u->changes[n];
			if (c->place != p || c->message != message)
				continue;
			if (!looked && !look_at(u, p))
				return false;
			looked = true;
			const struct zs_answer_record *r = zs_update_shown(p, c->rdata);
			*there = *there && (c->add ? r && r->ttl == c->ttl : !r);
		}
	}
	return true;
}

static bool shows_all(struct zs_update *u, bool *there)
{
	const bool ok = look(u);
	if (ok)
		compare(u);
	*there = ok && !u->change_count;
	return ok;
}

/* Until it shows what was sent: a server that signs takes a moment. */
static bool confirm(struct zs_update *u, const size_t *message)
{
	const int64_t begun = zs_update_clock(), deadline = begun + u->zone->publish->wait * 1000, until = u->peer.until;
	u->peer.until = deadline + LIMIT_EACH * (int64_t)u->place_count;
	for (;;) {
		bool there;
		const bool ok = message ? shows(u, *message, &there) : shows_all(u, &there);
		if (ok && there)
			break;
		if (ok)
			u->peer.why = "it took the update, and does not show it";
		if (zs_update_clock() + POLL >= deadline)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = POLL * 1000000 }, NULL);
	}
	u->peer.until = until + zs_update_clock() - begun;
	return true;
}

/* In their order, until one is not taken. BIND 9.18 may leave an update unsigned, until there is another one, if it comes while the one
 * before is still being signed: so each waits for that. */
static bool send_all(struct zs_update *u, size_t *changed, unsigned *rcode)
{
	*rcode = 0;
	for (size_t i = 0; i < u->message_count; i++) {
		if (!send_message(u, &u->messages[i], rcode))
			return false;
		if (*rcode)
			break;
		*changed += u->messages[i].count;
		for (size_t n = 0; n < u->place_count; n++)
			u->places[n].done = u->places[n].done || (u->places[n].began && u->places[n].message == i);
		if (i + 1 < u->message_count && !confirm(u, &i))
			return false;
	}
	return true;
}

static bool note_place(struct zs_update *u, const struct zs_live_record *record)
{
	if (place_of(u, record))
		return true;
	if (u->place_count == OWNERS_MAX)
		return zs_fail(u->peer.run, "more than %d owners for one update", OWNERS_MAX);
	u->places[u->place_count++] = (struct zs_update_place){ .owner = record->owner, .type = record->type };
	return true;
}

static bool fail(const struct zs_update *u)
{
	zs_fail(u->peer.run, "%s does not take the update of '%s': %s", u->zone->publish->servers[0].text, u->zone->name_text, u->peer.why);
	zs_hint(u->peer.run, "BIND: update-policy { grant %s zonesub TLSA; }; in the zone; Knot: an acl with action: [update, query] and this key. Each run "
	        "tries again", u->peer.key->name);
	return false;
}

/* Look, and send what is to change under the condition that it is still as seen. TRIES of that if it is not. */
static bool converge(struct zs_update *u, size_t *changed)
{
	for (unsigned i = 0; i < TRIES; i++) {
		unsigned rcode = 0;
		if (!look(u))
			return fail(u);
		compare(u);
		if (!zs_update_check_lengths(u))
			return false;
		bool ok = zs_update_pack(u);
		if (!ok)
			u->peer.why = "ldns cannot write one of the records";
		ok = ok && send_all(u, changed, &rcode);
		for (size_t n = 0; n < u->message_count; n++) {
			zs_ldns.rr_list_deep_free(u->messages[n].required);
			zs_ldns.rr_list_deep_free(u->messages[n].changes);
		}
		if (!ok || (rcode && rcode != 7 && rcode != 8))
			return fail(u);
		if (!rcode)
			return true;
	}
	u->peer.why = "somebody else changes the same records, or there is a CNAME";
	return fail(u);
}

static void release(void *object)
{
	struct zs_update_place *places = object;
	for (size_t i = 0; i < OWNERS_MAX; i++)
		zs_arena_free(places[i].arena);
}

static struct zs_update begin(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_tsig_key *key)
{
	struct zs_update_place *places = zs_arena_array(run->arena, OWNERS_MAX, sizeof *places);
	zs_arena_defer(run->arena, release, places);
	return (struct zs_update){ .peer = { .run = run, .to = &zone->publish->servers[0], .key = key, .why = "no reason known" }, .zone = zone, .places = places };
}

static void set_limit(struct zs_update *u)
{
	u->peer.until = zs_update_clock() + LIMIT + LIMIT_EACH * (int64_t)u->place_count;
}

bool zs_live_update_look(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_tsig_key *key, const struct zs_live_record *places,
                         size_t place_count, struct zs_live_record **seen, size_t *seen_count)
{
	struct zs_update u = begin(run, zone, key);
	size_t room = 0;
	if (zs_ldns_problem())
		return zs_fail(run, "no update of '%s' can be sent: %s", zone->name_text, zs_ldns_problem());
	for (size_t i = 0; i < place_count; i++)
		if (!note_place(&u, &places[i]))
			return false;
	set_limit(&u);
	if (!look(&u))
		return fail(&u);
	*seen = NULL;
	*seen_count = 0;
	for (size_t i = 0; i < u.place_count; i++) {
		const struct zs_update_place *p = &u.places[i];
		for (size_t n = 0; n < p->seen.count; n++)
			if (is_answer(p, &p->seen.records[n]))
				ZS_PUSH(run->arena, *seen, *seen_count, room) = (struct zs_live_record){ .owner = p->owner, .rdata = p->seen.records[n].rdata,
					                                                              .ttl = p->seen.records[n].ttl, .type = p->type, .wildcard = p->wildcard };
	}
	return true;
}

bool zs_live_update(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_tsig_key *key, const struct zs_live_record *wanted,
                    size_t wanted_count, const struct zs_live_record *former, size_t former_count, size_t *changed)
{
	struct zs_update u = begin(run, zone, key);
	if (zs_ldns_problem())
		return zs_fail(run, "no update of '%s' can be sent: %s", zone->name_text, zs_ldns_problem());
	u.wanted = wanted;
	u.former = former;
	u.wanted_count = wanted_count;
	u.former_count = former_count;
	u.changes = zs_arena_array(run->arena, wanted_count + former_count, sizeof *u.changes);
	for (size_t i = 0; i < wanted_count; i++)
		if (!note_place(&u, &wanted[i]))
			return false;
	for (size_t i = 0; i < former_count; i++)
		if (!note_place(&u, &former[i]))
			return false;
	*changed = 0;
	set_limit(&u);
	if (!u.place_count || !converge(&u, changed))
		return !u.place_count;
	for (size_t i = 0; i < u.place_count; i++)
		u.places[i].done = false;
	return !*changed || confirm(&u, NULL) || fail(&u);
}
