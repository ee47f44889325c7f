/* update_pack.c - which changes go into which message: ldns takes for granted that one has at most 64 KiB. Lengths are without
 * compression. */
#include <string.h>

#include "dns/type.h"
#include "live/update_private.h"

enum { ROOM = ZS_UPDATE_MESSAGE_MAX - ZS_UPDATE_RESERVE };

static size_t record_len(const uint8_t *owner, size_t rdata_len)
{
	return zs_name_len(owner) + 10 + rdata_len;
}

static size_t empty_len(const struct zs_update *u)
{
	return 12 + zs_name_len(u->zone->name) + 4;
}

static size_t shown_count(const struct zs_update_place *p)
{
	size_t count = 0;
	for (size_t i = 0; i < p->seen.count; i++)
		count += zs_update_is_at(p, &p->seen.records[i]);
	return count;
}

/* Of the prerequisites of a place: all its records, or only whether there are any. */
static size_t required_len(const struct zs_update_place *p, bool all)
{
	size_t octets = record_len(p->owner, 0); /* of the CNAME */
	for (size_t i = 0; all && i < p->seen.count; i++)
		octets += zs_update_is_at(p, &p->seen.records[i]) ? record_len(p->owner, p->seen.records[i].rdata.len) : 0;
	return octets + (all && shown_count(p) ? 0 : record_len(p->owner, 0));
}

/* Of the changes of a place that are in no message yet. */
static size_t left_len(const struct zs_update *u, const struct zs_update_place *p, bool additions_only)
{
	size_t octets = 0;
	for (size_t i = 0; i < u->change_count; i++) {
		const struct zs_update_change *c = &u->changes[i];
		octets += c->place == p && !c->packed && (c->add || !additions_only) ? record_len(p->owner, c->rdata.len) : 0;
	}
	return octets;
}

bool zs_update_check_lengths(const struct zs_update *u)
{
	enum { COMPRESSED = 12 }; /* octets of a record whose owner is a pointer, without RDATA */
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	for (size_t i = 0; i < u->change_count; i++) {
		const struct zs_update_change *c = &u->changes[i];
		const struct zs_update_place *p = c->place;
		size_t together = empty_len(u);
		for (size_t n = 0; n < p->seen.count; n++)
			together += zs_update_is_at(p, &p->seen.records[n]) ? COMPRESSED + p->seen.records[n].rdata.len : 0;
		for (size_t n = 0; n < u->change_count; n++)
			together += u->changes[n].place == p && u->changes[n].add && !zs_update_shown(p, u->changes[n].rdata) ? COMPRESSED + u->changes[n].rdata.len : 0;
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
		rr = zs_ldns.rr_new();
		zs_ldns.rr_set_owner(rr, zs_update_name(owner));
		zs_ldns.rr_set_type(rr, (ldns_rr_type)type);
		zs_ldns.rr_set_ttl(rr, 0);
		zs_ldns.rr_set_class(rr, class);
		return zs_ldns.rr_list_push_rr(list, rr);
	}
	if (len > sizeof wire - name_len - 10)
		return false;
	memcpy(wire, owner, name_len);
	zs_put_u16(wire + name_len, type);
	zs_put_u16(wire + name_len + 2, LDNS_RR_CLASS_IN);
	zs_put_u32(wire + name_len + 4, ttl);
	zs_put_u16(wire + name_len + 8, (uint16_t)len);
	memcpy(wire + name_len + 10, rdata->data, len);
	if (zs_ldns.wire2rr(&rr, wire, name_len + 10 + len, &at, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK)
		return false;
	zs_ldns.rr_set_class(rr, class);
	return zs_ldns.rr_list_push_rr(list, rr);
}

/* The RRset is as it was seen (RFC 2136 sections 2.4.2 and 2.4.3), and no CNAME would swallow ours (3.4.2.2). Not all: there is any, or
 * none. That is enough for our own records: to add one again changes nothing, and what goes is named with its data. */
static bool require(const struct zs_update_place *p, ldns_rr_list *list, bool all)
{
	bool ok = push(list, p->owner, ZS_TYPE_CNAME, LDNS_RR_CLASS_NONE, 0, NULL);
	for (size_t i = 0; ok && all && i < p->seen.count; i++)
		if (zs_update_is_at(p, &p->seen.records[i]))
			ok = push(list, p->owner, p->type, LDNS_RR_CLASS_IN, 0, &p->seen.records[i].rdata);
	if (!shown_count(p) && !p->began)
		return ok && push(list, p->owner, p->type, LDNS_RR_CLASS_NONE, 0, NULL);
	return ok && (all || push(list, p->owner, p->type, LDNS_RR_CLASS_ANY, 0, NULL));
}

/* The last message, if that much fits into it besides; else a new one. */
static struct zs_update_message *message_for(struct zs_update *u, size_t octets)
{
	struct zs_update_message *m = u->message_count ? &u->messages[u->message_count - 1] : NULL;
	if (m && m->octets + octets <= ROOM)
		return m;
	m = &ZS_PUSH(u->peer.run->arena, u->messages, u->message_count, u->message_room);
	*m = (struct zs_update_message){ .required = zs_ldns.rr_list_new(), .changes = zs_ldns.rr_list_new(), .octets = empty_len(u) };
	return m;
}

/* The changes of a place into one message, under the condition that the place is as seen; where they are too long for that, into several
 * with less of a condition. */
static bool pack_place(struct zs_update *u, struct zs_update_place *p, bool additions_only)
{
	const size_t whole = required_len(p, true) + left_len(u, p, additions_only);
	const bool all = !p->began && empty_len(u) + whole <= ROOM;
	struct zs_update_message *m = NULL;
	bool ok = true;
	for (size_t i = 0; ok && i < u->change_count; i++) {
		struct zs_update_change *c = &u->changes[i];
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
bool zs_update_pack(struct zs_update *u)
{
	bool ok = true;
	u->message_count = 0;
	for (size_t i = 0; i < u->place_count; i++)
		u->places[i].began = false;
	for (size_t i = 0; ok && i < u->place_count; i++) {
		struct zs_update_place *p = &u->places[i];
		if (left_len(u, p, true))
			ok = pack_place(u, p, empty_len(u) + required_len(p, true) + left_len(u, p, false) > ROOM);
	}
	for (size_t i = 0; ok && i < u->place_count; i++)
		ok = pack_place(u, &u->places[i], false);
	return ok;
}
