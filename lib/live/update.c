/* update.c - RFC 2136: records into a zone that somebody else signs, each message with TSIG (RFC 8945), over TCP. */
#include <string.h>
#include <time.h>

#include "dns/rdata.h"
#include "dns/type.h"
#include "live/update_private.h"

enum { POLL = 50, TRIES = 3, EDNS_SIZE = 1232, OWNERS_MAX = 1000, LIMIT = 15000, LIMIT_EACH = 500, /* milliseconds for all of it, and more of them for each owner */
       ROOM = ZS_UPDATE_MESSAGE_MAX - ZS_UPDATE_RESERVE };

struct place {                      /* an owner and type that is looked at */
	const uint8_t *owner;
	uint16_t type;
	struct zs_answer seen;
	bool wildcard;              /* which answered for it: nothing that was seen is at the owner */
	bool began;                 /* a message changes it */
	bool done;                  /* and the server has taken all that do */
	size_t message;             /* the last of them */
};

struct change {
	struct place *place;
	struct zs_bytes rdata;
	uint32_t ttl;
	bool add;                   /* else it goes */
	bool packed;                /* it is in a message */
	size_t message;             /* this one */
};

struct message {
	ldns_rr_list *required, *changes;
	size_t octets, count;
};

struct update {
	struct zs_update_peer peer;
	const struct zs_zone_config *zone;
	const struct zs_live_record *wanted, *former;
	size_t wanted_count, former_count;
	struct place *places;
	size_t place_count;
	struct change *changes;     /* first what is added */
	size_t change_count;
	struct message *messages;
	size_t message_count, message_room;
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

static bool is_answer(const struct place *p, const struct zs_answer_record *r)
{
	return r->section == ZS_SECTION_ANSWER && r->type == p->type && zs_name_equal(r->owner, p->owner);
}

static bool is_shown_at(const struct place *p, const struct zs_answer_record *r)
{
	return is_answer(p, r) && !p->wildcard;
}

/* Its signature tells how many labels the owner had that was signed: RFC 4035 section 5.3.2. */
static bool is_of_wildcard(const struct place *p)
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

static bool look_at(struct update *u, struct place *p)
{
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
	ldns_pkt_set_edns_udp_size(pkt, EDNS_SIZE);
	ldns_pkt_set_edns_do(pkt, true);
	if (!zs_update_ask(&u->peer, pkt, &answer, &rcode) || (rcode != ZS_RCODE_NOERROR && rcode != ZS_RCODE_NXDOMAIN))
		return false;
	if (!zs_live_message(u->peer.run, answer, p->owner, p->type, &p->seen) || !p->seen.authoritative) {
		u->peer.why = "it has no authority for the zone";
		return false;
	}
	p->wildcard = is_of_wildcard(p);
	return true;
}

static bool look(struct update *u)
{
	bool ok = true;
	for (size_t i = 0; ok && i < u->place_count; i++)
		ok = look_at(u, &u->places[i]);
	return ok;
}

/* The record as the server showed it, or NULL. */
static const struct zs_answer_record *shown(const struct place *p, struct zs_bytes rdata)
{
	for (size_t i = 0; i < p->seen.count; i++) {
		const struct zs_answer_record *r = &p->seen.records[i];
		if (is_shown_at(p, r) && zs_rdata_compare(r->type, r->rdata, rdata) == 0)
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

/* What is missing and what is to go. */
static void compare(struct update *u)
{
	u->change_count = 0;
	for (size_t i = 0; i < u->wanted_count; i++) {
		struct place *p = place_of(u, &u->wanted[i]);
		const struct zs_answer_record *r = shown(p, u->wanted[i].rdata);
		if (!p->done && (!r || r->ttl != u->wanted[i].ttl))
			u->changes[u->change_count++] = (struct change){ .place = p, .rdata = u->wanted[i].rdata, .ttl = u->wanted[i].ttl, .add = true };
	}
	for (size_t i = 0; i < u->former_count; i++) {
		struct place *p = place_of(u, &u->former[i]);
		if (!p->done && !is_wanted(u, &u->former[i]) && shown(p, u->former[i].rdata))
			u->changes[u->change_count++] = (struct change){ .place = p, .rdata = u->former[i].rdata };
	}
}

/* ---- the messages: ldns takes for granted that one has at most 64 KiB. Lengths are without compression ---- */

static size_t record_len(const uint8_t *owner, size_t rdata_len)
{
	return zs_name_len(owner) + 10 + rdata_len;
}

static size_t empty_len(const struct update *u)
{
	return 12 + zs_name_len(u->zone->name) + 4;
}

static size_t shown_count(const struct place *p)
{
	size_t count = 0;
	for (size_t i = 0; i < p->seen.count; i++)
		count += is_shown_at(p, &p->seen.records[i]);
	return count;
}

/* Of the prerequisites of a place: all its records, or only whether there are any. */
static size_t required_len(const struct place *p, bool all)
{
	size_t octets = record_len(p->owner, 0); /* of the CNAME */
	for (size_t i = 0; all && i < p->seen.count; i++)
		octets += is_shown_at(p, &p->seen.records[i]) ? record_len(p->owner, p->seen.records[i].rdata.len) : 0;
	return octets + (all && shown_count(p) ? 0 : record_len(p->owner, 0));
}

/* Of the changes of a place that are in no message yet. */
static size_t left_len(const struct update *u, const struct place *p, bool additions_only)
{
	size_t octets = 0;
	for (size_t i = 0; i < u->change_count; i++) {
		const struct change *c = &u->changes[i];
		octets += c->place == p && !c->packed && (c->add || !additions_only) ? record_len(p->owner, c->rdata.len) : 0;
	}
	return octets;
}

/* Before anything is sent: can each change be sent alone, and the server show what will be there together? */
static bool check_lengths(const struct update *u)
{
	enum { COMPRESSED = 12 }; /* octets of a record whose owner is a pointer, without RDATA */
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	for (size_t i = 0; i < u->change_count; i++) {
		const struct change *c = &u->changes[i];
		const struct place *p = c->place;
		size_t together = empty_len(u);
		for (size_t n = 0; n < p->seen.count; n++)
			together += is_shown_at(p, &p->seen.records[n]) ? COMPRESSED + p->seen.records[n].rdata.len : 0;
		for (size_t n = 0; n < u->change_count; n++)
			together += u->changes[n].place == p && u->changes[n].add && !shown(p, u->changes[n].rdata) ? COMPRESSED + u->changes[n].rdata.len : 0;
		if (together <= ROOM && empty_len(u) + required_len(p, false) + record_len(p->owner, c->rdata.len) <= ROOM)
			continue;
		zs_error(u->peer.run, NULL, "'%s' %s: a message has room for %d octets of records, and those there and those to come have %zu together",
		         zs_name_text(p->owner, name), zs_type_text(p->type, type), ROOM, together);
		zs_hint(u->peer.run, "a server could not show them; where one is to follow another, let a build take the former out first");
		return false;
	}
	return true;
}

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

/* The RRset is as it was seen (RFC 2136 sections 2.4.2 and 2.4.3), and no CNAME would swallow ours (3.4.2.2). Not all: there is any, or
 * none. That is enough for our own records: to add one again changes nothing, and what goes is named with its data. */
static bool require(const struct place *p, ldns_rr_list *list, bool all)
{
	bool ok = push(list, p->owner, ZS_TYPE_CNAME, LDNS_RR_CLASS_NONE, 0, NULL);
	for (size_t i = 0; ok && all && i < p->seen.count; i++)
		if (is_shown_at(p, &p->seen.records[i]))
			ok = push(list, p->owner, p->type, LDNS_RR_CLASS_IN, 0, &p->seen.records[i].rdata);
	if (!shown_count(p) && !p->began)
		return ok && push(list, p->owner, p->type, LDNS_RR_CLASS_NONE, 0, NULL);
	return ok && (all || push(list, p->owner, p->type, LDNS_RR_CLASS_ANY, 0, NULL));
}

/* The last message, if that much fits into it besides; else a new one. */
static struct message *message_for(struct update *u, size_t octets)
{
	struct message *m = u->message_count ? &u->messages[u->message_count - 1] : NULL;
	if (m && m->octets + octets <= ROOM)
		return m;
	m = &ZS_PUSH(u->peer.run->arena, u->messages, u->message_count, u->message_room);
	*m = (struct message){ .required = ldns_rr_list_new(), .changes = ldns_rr_list_new(), .octets = empty_len(u) };
	return m;
}

/* The changes of a place into one message, under the condition that the place is as seen; where they are too long for that, into several
 * with less of a condition. */
static bool pack_place(struct update *u, struct place *p, bool additions_only)
{
	const size_t whole = required_len(p, true) + left_len(u, p, additions_only);
	const bool all = !p->began && empty_len(u) + whole <= ROOM;
	struct message *m = NULL;
	bool ok = true;
	for (size_t i = 0; ok && i < u->change_count; i++) {
		struct change *c = &u->changes[i];
		const size_t len = record_len(p->owner, c->rdata.len);
		if (c->place != p || c->packed || (additions_only && !c->add))
			continue;
		if (!m || m->octets + len > ROOM) {
			m = message_for(u, all ? whole : required_len(p, false) + len);
			m->octets += required_len(p, all);
			ok = require(p, m->required, all);
		}
		ok = ok && push(m->changes, p->owner, p->type, c->add ? LDNS_RR_CLASS_IN : LDNS_RR_CLASS_NONE, c->ttl, &c->rdata);
		m->octets += len;
		m->count++;
		c->packed = p->began = true;
		c->message = p->message = u->message_count - 1;
	}
	return ok;
}

/* A later message may fail: first everything is added, together with what leaves the same place if there is room for both. */
static bool pack(struct update *u)
{
	bool ok = true;
	u->message_count = 0;
	for (size_t i = 0; i < u->place_count; i++)
		u->places[i].began = false;
	for (size_t i = 0; ok && i < u->place_count; i++) {
		struct place *p = &u->places[i];
		if (left_len(u, p, true))
			ok = pack_place(u, p, empty_len(u) + required_len(p, true) + left_len(u, p, false) > ROOM);
	}
	for (size_t i = 0; ok && i < u->place_count; i++)
		ok = pack_place(u, &u->places[i], false);
	return ok;
}

/* ---- the update ---- */

static bool send_message(struct update *u, const struct message *m, unsigned *rcode)
{
	struct zs_bytes answer;
	ldns_rdf *zone = name_rdf(u->zone->name);
	ldns_pkt *pkt = zone ? ldns_update_pkt_new(zone, LDNS_RR_CLASS_IN, m->required, m->changes, NULL) : NULL;
	if (!pkt) {
		ldns_rdf_deep_free(zone);
		u->peer.why = "ldns cannot write the update";
		return false;
	}
	ldns_pkt_set_id(pkt, random_id());
	return zs_update_ask(&u->peer, pkt, &answer, rcode);
}

/* Does the server show all that the message changed? */
static bool shows(struct update *u, size_t message, bool *there)
{
	*there = true;
	for (size_t i = 0; i < u->place_count; i++) {
		struct place *p = &u->places[i];
		bool looked = false;
		for (size_t n = 0; n < u->change_count; n++) {
			const struct change *c = &u->changes[n];
			if (c->place != p || c->message != message)
				continue;
			if (!looked && !look_at(u, p))
				return false;
			looked = true;
			const struct zs_answer_record *r = shown(p, c->rdata);
			*there = *there && (c->add ? r && r->ttl == c->ttl : !r);
		}
	}
	return true;
}

static bool shows_all(struct update *u, bool *there)
{
	const bool ok = look(u);
	if (ok)
		compare(u);
	*there = ok && !u->change_count;
	return ok;
}

/* Until it shows what was sent: a server that signs takes a moment. */
static bool confirm(struct update *u, const size_t *message)
{
	const int64_t begun = zs_update_clock(), deadline = begun + u->zone->publish.wait * 1000, until = u->peer.until;
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
static bool send_all(struct update *u, size_t *changed, unsigned *rcode)
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

/* Look, and send what is to change under the condition that it is still as seen. TRIES of that if it is not. */
static bool converge(struct update *u, size_t *changed)
{
	for (unsigned i = 0; i < TRIES; i++) {
		unsigned rcode = 0;
		if (!look(u))
			return fail(u);
		compare(u);
		if (!check_lengths(u))
			return false;
		bool ok = pack(u);
		if (!ok)
			u->peer.why = "ldns cannot write one of the records";
		ok = ok && send_all(u, changed, &rcode);
		for (size_t n = 0; n < u->message_count; n++) {
			ldns_rr_list_deep_free(u->messages[n].required);
			ldns_rr_list_deep_free(u->messages[n].changes);
		}
		if (!ok || (rcode && rcode != 7 && rcode != 8))
			return fail(u);
		if (!rcode)
			return true;
	}
	u->peer.why = "somebody else changes the same records, or there is a CNAME";
	return fail(u);
}

static struct update begin(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_tsig_key *key)
{
	return (struct update){ .peer = { .run = run, .to = &zone->publish.servers[0], .key = key, .why = "no reason known" }, .zone = zone,
		                .places = zs_arena_array(run->arena, OWNERS_MAX, sizeof(struct place)) };
}

static void set_limit(struct update *u)
{
	u->peer.until = zs_update_clock() + LIMIT + LIMIT_EACH * (int64_t)u->place_count;
}

bool zs_live_update_look(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_tsig_key *key, const struct zs_live_record *places,
                         size_t place_count, struct zs_live_record **seen, size_t *seen_count)
{
	struct update u = begin(run, zone, key);
	size_t room = 0;
	for (size_t i = 0; i < place_count; i++)
		if (!note_place(&u, &places[i]))
			return false;
	set_limit(&u);
	if (!look(&u))
		return fail(&u);
	*seen = NULL;
	*seen_count = 0;
	for (size_t i = 0; i < u.place_count; i++) {
		const struct place *p = &u.places[i];
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
	struct update u = begin(run, zone, key);
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
