/* schedule.c - which TLSA must be served when: from what the files hold, what was served, and the instant. Pure. */
#include <string.h>

#include "dane/dane_private.h"

enum { CROWD = 64 }; /* stale records kept at one owner: a file that changes by the hour must not fill the RRset */

/* Kinds of one usage and selector are three in a row, by matching type. */
static uint32_t group_of(unsigned kind)
{
	return 7u << kind / 3 * 3;
}

struct scheduling {
	struct zs_arena *arena;
	const struct zs_tlsa_timing *timing;
	const struct zs_tlsa_want *want;
	const struct zs_facts *before;
	const struct zs_facts *facts; /* the same, with the TTLs as they will be; of the owner at work only */
	struct zs_tlsa_plan *out;
	size_t first;     /* of out->records: the owner's */
	uint32_t leaving; /* kinds of a usage and selector whose leaving records go now */
	uint32_t kept;    /* kinds of which a record of a key that is gone stays */
	uint32_t delayed; /* kinds that are wanted, but not yet */
};

static const char *shown(struct zs_arena *arena, const uint8_t *owner, struct zs_bytes rdata)
{
	char name[ZS_NAME_TEXT], hex[17] = "";
	zs_hex_encode(rdata.len > 3 ? rdata.data + 3 : rdata.data, rdata.len > 11 ? 8 : 0, hex);
	return zs_arena_printf(arena, "TLSA %s: %u %u %u %s..", zs_name_text(owner, name), rdata.data[0], rdata.data[1], rdata.data[2], hex);
}

static void say(struct scheduling *s, bool warning, const char *text)
{
	struct zs_tlsa_plan *out = s->out;
	ZS_PUSH(s->arena, out->sentences, out->sentence_count, out->sentence_room) =
	    (struct zs_tlsa_sentence){ .warning = warning, .from = s->want ? &s->want->from : NULL, .text = text };
}

static zs_time stale_since(const struct scheduling *s, const struct zs_tlsa_facts *record)
{
	return record->until ? record->until : s->timing->now;
}

static uint32_t kinds_at(const struct zs_facts *facts, const uint8_t *owner)
{
	uint32_t out = 0;
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (zs_tlsa_is_at(&facts->tlsa[i], owner) && zs_tlsa_kind(facts->tlsa[i].rdata) < ZS_TLSA_KINDS && facts->tlsa[i].role != ZS_TLSA_FOREIGN)
			out |= 1u << zs_tlsa_kind(facts->tlsa[i].rdata);
	return out;
}

static uint32_t groups_of(uint32_t kinds)
{
	uint32_t out = 0;
	for (unsigned kind = 0; kind < ZS_TLSA_KINDS; kind++)
		out |= kinds >> kind & 1 ? group_of(kind) : 0;
	return out;
}

/* Can the record be made of a file at hand? */
static bool at_hand(const struct zs_tlsa_want *want, struct zs_bytes rdata)
{
	const unsigned kind = zs_tlsa_kind(rdata);
	for (size_t k = 0; k < want->key_count; k++)
		if (zs_tlsa_has_kind(&want->keys[k], kind) && zs_bytes_equal(want->keys[k].kinds[kind], rdata))
			return true;
	return false;
}

/* When caches have all records of the certificates in use: what the config asks for, but for a digest that waits, and what the
 * stale ones make necessary besides; 0: not in sight. */
static zs_time successors_ready(const struct scheduling *s)
{
	const uint32_t there = kinds_at(s->facts, s->want->owner);
	const struct zs_tlsa_timing ago = zs_tlsa_a_while_ago(s->timing);
	zs_time end = 0;
	for (size_t k = 0; k < s->want->key_count; k++) {
		const struct zs_tlsa_key *key = &s->want->keys[k];
		const uint32_t needed = key->next ? 0 : key->wanted | (there & groups_of(key->wanted));
		for (unsigned kind = 0; kind < ZS_TLSA_KINDS; kind++) {
			if (!(needed >> kind & 1) || !zs_tlsa_has_kind(key, kind))
				continue;
			const struct zs_tlsa_facts *found = zs_tlsa_find(s->facts, s->want->owner, key->kinds[kind]);
			if (!found && kind % 3 == 2 && zs_tlsa_has_kind(key, kind - 1))
				found = zs_tlsa_find(s->facts, s->want->owner, key->kinds[kind - 1]);
			if (!found || !found->since)
				return 0;
			end = zs_time_later(end, zs_tlsa_ready(&ago, s->facts, found));
		}
	}
	return end;
}

/* Since when the builds see the key in use: now, if none of its records is one of a certificate in use. */
static zs_time in_use_since(const struct scheduling *s, const struct zs_tlsa_key *key)
{
	zs_time since = 0;
	for (unsigned kind = 0; kind < ZS_TLSA_KINDS; kind++) {
		const struct zs_tlsa_facts *record = zs_tlsa_has_kind(key, kind) ? zs_tlsa_find(s->facts, s->want->owner, key->kinds[kind]) : NULL;
		if (record && record->role == ZS_TLSA_CURRENT)
			since = zs_time_later(since, record->used);
	}
	return since ? since : s->timing->now;
}

/* The certificates in use last changed then: a server that follows the files needs time from then on. */
static zs_time last_change(const struct scheduling *s)
{
	zs_time last = 0;
	for (size_t i = 0; i < s->facts->tlsa_count; i++) {
		const struct zs_tlsa_facts *record = &s->facts->tlsa[i];
		if (zs_tlsa_is_at(record, s->want->owner) && record->role != ZS_TLSA_FOREIGN)
			last = zs_time_later(last, at_hand(s->want, record->rdata) ? record->until : stale_since(s, record));
	}
	for (size_t k = 0; k < s->want->key_count; k++)
		if (!s->want->keys[k].next)
			last = zs_time_later(last, in_use_since(s, &s->want->keys[k]));
	return last;
}

/* Does no key at hand want the record? A SHA-256 in the place of a SHA-512 that waits is wanted. */
static bool is_unwanted(const struct scheduling *s, const struct zs_tlsa_facts *record)
{
	const unsigned kind = zs_tlsa_kind(record->rdata);
	for (size_t k = 0; k < s->want->key_count; k++) {
		const struct zs_tlsa_key *key = &s->want->keys[k];
		if (!zs_tlsa_has_kind(key, kind) || !zs_bytes_equal(key->kinds[kind], record->rdata))
			continue;
		if (key->wanted >> kind & 1
		    || (kind % 3 == 1 && key->wanted >> (kind + 1) & 1 && zs_tlsa_has_kind(key, kind + 1) && !zs_tlsa_find(s->facts, s->want->owner, key->kinds[kind + 1])))
			return false;
	}
	return true;
}

/* All records of one usage and selector that nobody wants leave together: a SHA-512 record that stayed would hide the SHA-256 of
 * other keys. So each set that caches may hold has, for each of its keys, the strongest digest in it. */
static void choose_leaving(struct scheduling *s)
{
	const zs_time ready = successors_ready(s), change = last_change(s);
	const zs_seconds ttl = zs_tlsa_largest_ttl(s->facts, s->want->owner, zs_tlsa_a_while_ago(s->timing).now);
	s->leaving = 0;
	for (unsigned group = 0; group < ZS_TLSA_KINDS && ready; group += 3) {
		zs_time stale = 0;
		for (size_t i = 0; i < s->facts->tlsa_count; i++) {
			const struct zs_tlsa_facts *record = &s->facts->tlsa[i];
			if (zs_tlsa_is_at(record, s->want->owner) && record->role != ZS_TLSA_FOREIGN && zs_tlsa_kind(record->rdata) / 3 == group / 3
			    && is_unwanted(s, record))
				stale = zs_time_later(stale, stale_since(s, record));
		}
		if (stale && zs_time_later(zs_time_later(ready, change), stale + 2 * ttl) + s->timing->safety <= s->timing->now)
			s->leaving |= group_of(group);
	}
}

/* What is asked of a key now: what the config says, but for a digest that has to wait. */
static uint32_t asked(const struct scheduling *s, const struct zs_tlsa_key *key)
{
	uint32_t out = key->wanted & ~s->delayed;
	for (unsigned kind = 2; kind < ZS_TLSA_KINDS; kind += 3)
		if (key->wanted & s->delayed & 1u << kind)
			out |= 1u << (kind - 1);
	return out;
}

static bool is_asked(const struct scheduling *s, struct zs_bytes rdata)
{
	const unsigned kind = zs_tlsa_kind(rdata);
	for (size_t k = 0; k < s->want->key_count; k++)
		if (zs_tlsa_has_kind(&s->want->keys[k], kind) && asked(s, &s->want->keys[k]) >> kind & 1 && zs_bytes_equal(s->want->keys[k].kinds[kind], rdata))
			return true;
	return false;
}

/* A key that is gone has SHA-256 alone: SHA-512 of other keys would hide it from clients that know both. */
static void delay_digests(struct scheduling *s)
{
	const uint32_t there = kinds_at(s->facts, s->want->owner);
	uint32_t wanted = 0;
	s->delayed = 0;
	for (size_t k = 0; k < s->want->key_count; k++)
		wanted |= s->want->keys[k].wanted;
	for (unsigned kind = 2; kind < ZS_TLSA_KINDS; kind += 3) {
		bool makeable = true;
		for (size_t k = 0; k < s->want->key_count; k++)
			makeable = makeable && (!(s->want->keys[k].wanted >> kind & 1) || zs_tlsa_has_kind(&s->want->keys[k], kind - 1));
		if (makeable && wanted >> kind & 1 && !(there >> kind & 1) && s->kept >> (kind - 1) & 1)
			s->delayed |= 1u << kind;
	}
}

static bool is_gone(const struct scheduling *s, const struct zs_tlsa_facts *record)
{
	return zs_tlsa_is_at(record, s->want->owner) && record->role != ZS_TLSA_FOREIGN && !at_hand(s->want, record->rdata);
}

/* Of keys that are gone: which kinds stay? More than a crowd: those that became stale first are let go. */
static void keep_gone(struct scheduling *s, bool *leaves)
{
	const struct zs_facts *facts = s->facts;
	size_t count = 0;
	s->kept = 0;
	for (size_t i = 0; i < facts->tlsa_count; i++) {
		const unsigned kind = zs_tlsa_kind(facts->tlsa[i].rdata);
		/* what no client can use is missed by nobody */
		leaves[i] = is_gone(s, &facts->tlsa[i]) && (kind == ZS_TLSA_KINDS || s->leaving >> kind & 1);
		count += is_gone(s, &facts->tlsa[i]) && !leaves[i];
	}
	for (; count > CROWD; count--) {
		size_t oldest = facts->tlsa_count;
		for (size_t i = 0; i < facts->tlsa_count; i++)
			if (is_gone(s, &facts->tlsa[i]) && !leaves[i]
			    && (oldest == facts->tlsa_count || stale_since(s, &facts->tlsa[i]) < stale_since(s, &facts->tlsa[oldest])))
				oldest = i;
		leaves[oldest] = true;
		say(s, true, zs_arena_printf(s->arena, "%s is removed before its time: more than %d stale records at one name",
		                             shown(s->arena, s->want->owner, facts->tlsa[oldest].rdata), CROWD));
	}
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (is_gone(s, &facts->tlsa[i]) && !leaves[i] && zs_tlsa_kind(facts->tlsa[i].rdata) < ZS_TLSA_KINDS)
			s->kept |= 1u << zs_tlsa_kind(facts->tlsa[i].rdata);
}

static zs_time used_since(const struct scheduling *s, const struct zs_tlsa_facts *known)
{
	return known && known->role == ZS_TLSA_CURRENT && known->used ? known->used : s->timing->now;
}

static void push(struct scheduling *s, struct zs_bytes rdata, enum zs_tlsa_role role, zs_time until)
{
	struct zs_tlsa_plan *out = s->out;
	const struct zs_tlsa_facts *known = zs_tlsa_find(s->facts, s->want->owner, rdata);
	for (size_t i = s->first; i < out->count; i++)
		if (zs_bytes_equal(out->records[i].rdata, rdata)) {
			if (role < out->records[i].role) {
				out->records[i].role = role;
				out->records[i].until = role < ZS_TLSA_BRIDGE ? 0 : out->records[i].until;
				out->records[i].used = role == ZS_TLSA_CURRENT ? used_since(s, known) : 0;
			}
			return;
		}
	struct zs_tlsa_facts *record = &ZS_PUSH(s->arena, out->records, out->count, out->room);
	memcpy(record->owner, s->want->owner, zs_name_len(s->want->owner));
	record->type = ZS_TYPE_TLSA;
	record->rdata = rdata;
	record->role = role;
	record->since = known ? known->since : 0;
	record->version = known ? known->version : 0;
	record->used = role == ZS_TLSA_CURRENT ? used_since(s, known) : 0;
	record->until = zs_tlsa_is_leaving(record) ? until : 0;
}

/* Kinds that every key at hand needs besides, because a stale record of the same usage and selector has them. */
static uint32_t bridges(const struct scheduling *s, uint32_t stale, const struct zs_tlsa_key *key)
{
	uint32_t out = 0;
	for (unsigned kind = 0; kind < ZS_TLSA_KINDS; kind++)
		if (stale >> kind & 1 && asked(s, key) & group_of(kind) && zs_tlsa_has_kind(key, kind))
			out |= 1u << kind;
	return out;
}

static void push_keys(struct scheduling *s)
{
	for (size_t k = 0; k < s->want->key_count; k++) {
		const struct zs_tlsa_key *key = &s->want->keys[k];
		for (unsigned kind = 0; kind < ZS_TLSA_KINDS; kind++)
			if (asked(s, key) >> kind & 1 && zs_tlsa_has_kind(key, kind))
				push(s, key->kinds[kind], key->next ? ZS_TLSA_NEXT : ZS_TLSA_CURRENT, 0);
	}
}

static void push_stale(struct scheduling *s, const bool *leaves)
{
	uint32_t stale = s->kept;
	for (size_t i = 0; i < s->facts->tlsa_count; i++) {
		const struct zs_tlsa_facts *record = &s->facts->tlsa[i];
		if (!zs_tlsa_is_at(record, s->want->owner) || record->role == ZS_TLSA_FOREIGN || is_asked(s, record->rdata))
			continue;
		const unsigned kind = zs_tlsa_kind(record->rdata);
		const bool hand = at_hand(s->want, record->rdata);
		if (hand ? kind < ZS_TLSA_KINDS && s->leaving >> kind & 1 && record->until : leaves[i]) {
			char time[ZS_TIME_TEXT];
			say(s, false, zs_arena_printf(s->arena, "%s is removed: no file holds it since %s", shown(s->arena, record->owner, record->rdata),
			                              zs_time_short(stale_since(s, record), time)));
			continue;
		}
		push(s, record->rdata, ZS_TLSA_STALE, stale_since(s, record));
		stale |= kind < ZS_TLSA_KINDS ? 1u << kind : 0;
	}
	for (size_t k = 0; k < s->want->key_count; k++) {
		const uint32_t more = bridges(s, stale, &s->want->keys[k]);
		for (unsigned kind = 0; kind < ZS_TLSA_KINDS; kind++)
			if (more >> kind & 1)
				push(s, s->want->keys[k].kinds[kind], s->want->keys[k].next ? ZS_TLSA_STALE : ZS_TLSA_BRIDGE, s->timing->now);
	}
}

static void remember_ttl(struct scheduling *s, const uint8_t *owner, uint32_t ttl)
{
	struct zs_tlsa_plan *out = s->out;
	bool there = false;
	for (size_t i = 0; i < out->ttl_count; i++) {
		struct zs_tlsa_ttl *known = &out->ttls[i];
		if (!zs_name_equal(known->owner, owner))
			continue;
		if (ttl && known->ttl == ttl) {
			known->leaving = false;
			known->until = known->version = 0;
			there = true;
		} else {
			known->leaving = true;
		}
	}
	if (there || !ttl)
		return;
	struct zs_tlsa_ttl *added = &ZS_PUSH(s->arena, out->ttls, out->ttl_count, out->ttl_room);
	memcpy(added->owner, owner, zs_name_len(owner));
	added->ttl = ttl;
}

static zs_time served_since(const struct zs_facts *facts, const uint8_t *owner, const struct zs_tlsa_key *key)
{
	zs_time since = 0;
	for (unsigned kind = 0; kind < ZS_TLSA_KINDS; kind++) {
		const struct zs_tlsa_facts *record = zs_tlsa_has_kind(key, kind) ? zs_tlsa_find(facts, owner, key->kinds[kind]) : NULL;
		if (record && record->since && (!since || record->since < since))
			since = record->since;
	}
	return since;
}

/* May caches hold an RRset that was served here before the key was in it? Not if it was in the first one. */
static bool has_older(const struct scheduling *s, const struct zs_facts *before, const struct zs_tlsa_key *key)
{
	const zs_time since = served_since(before, s->want->owner, key);
	bool any = false, older = false;
	for (size_t i = 0; i < before->tlsa_count; i++) {
		const struct zs_tlsa_facts *record = &before->tlsa[i];
		if (record->role == ZS_TLSA_FOREIGN)
			continue;
		any = true;
		older = older || (record->since ? !since || record->since < since : !since && !at_hand(s->want, record->rdata));
	}
	for (size_t i = 0; i < before->tlsa_ttl_count; i++) /* the config did not name it for a while */
		older = older || (!any && !s->want->supposed && before->tlsa_ttls[i].leaving && (!before->tlsa_ttls[i].until || before->tlsa_ttls[i].until > s->timing->now));
	return older;
}

/* A certificate in use whose key caches do not know everywhere: it was put in place without asking the gate. */
static void say_not_gated(struct scheduling *s, const struct zs_facts *before)
{
	char name[ZS_NAME_TEXT], time[ZS_TIME_TEXT];
	for (size_t k = 0; k < s->want->key_count; k++) {
		const struct zs_tlsa_key *key = &s->want->keys[k];
		zs_time when;
		if (key->next || !has_older(s, before, key))
			continue;
		const enum zs_tlsa_gate gate = zs_tlsa_judge(s->timing, s->facts, s->want->owner, key, &when);
		if (gate == ZS_GATE_OPEN)
			continue;
		if (!when)
			when = s->timing->now + s->timing->propagation + 2 * zs_tlsa_largest_ttl(s->facts, s->want->owner, s->timing->now);
		say(s, true, zs_arena_printf(s->arena,
		                             "TLSA %s: the key of '%s' %s; a server that presents it is refused where the former TLSA is cached, and right "
		                             "everywhere from %s%s on",
		                             zs_name_text(s->want->owner, name), key->path,
		                             gate == ZS_GATE_WAIT ? "is not yet in all caches" : "was not published before",
		                             gate == ZS_GATE_WAIT ? "" : "about ", zs_time_short(when, time)));
	}
}

static void say_stale(struct scheduling *s)
{
	struct zs_facts then = *s->facts;
	char time[ZS_TIME_TEXT], name[ZS_NAME_TEXT];
	then.tlsa = s->out->records + s->first;
	then.tlsa_count = s->out->count - s->first;
	for (size_t i = s->first; i < s->out->count; i++) {
		const struct zs_tlsa_facts *record = &s->out->records[i];
		const zs_time leaves = zs_tlsa_is_leaving(record) ? zs_tlsa_leaves(s->timing, &then, record) : 0;
		if (!zs_tlsa_is_leaving(record))
			continue;
		if (at_hand(s->want, record->rdata))
			say(s, false, zs_arena_printf(s->arena, "%s is not asked for any more; it stays %s%s", shown(s->arena, record->owner, record->rdata),
			                              leaves ? "until " : "until caches have what replaces it", leaves ? zs_time_short(leaves, time) : ""));
		else
			say(s, false, zs_arena_printf(s->arena, "%s is stale: no file holds its key any more; it stays %s%s",
			                              shown(s->arena, record->owner, record->rdata), leaves ? "until " : "until caches have its successor",
			                              leaves ? zs_time_short(leaves, time) : ""));
	}
	if (s->delayed)
		say(s, false, zs_arena_printf(s->arena, "TLSA %s: SHA-512 waits until the records of the former key have left, which it would hide "
		                                        "(RFC 7671 section 9)", zs_name_text(s->want->owner, name)));
}

static void schedule_owner(struct scheduling *s, const struct zs_facts *before)
{
	bool *leaves = zs_arena_array(s->arena, s->facts->tlsa_count, sizeof *leaves);
	if (s->want->unknown) {
		for (size_t i = 0; i < s->facts->tlsa_count; i++)
			if (zs_tlsa_is_at(&s->facts->tlsa[i], s->want->owner) && s->facts->tlsa[i].role != ZS_TLSA_FOREIGN)
				push(s, s->facts->tlsa[i].rdata, s->facts->tlsa[i].role, s->facts->tlsa[i].until);
	} else {
		choose_leaving(s);
		keep_gone(s, leaves);
		delay_digests(s);
		push_keys(s);
		push_stale(s, leaves);
		say_not_gated(s, before);
		say_stale(s);
	}
	for (size_t i = 0; i < s->want->foreign_count; i++)
		push(s, s->want->foreign[i], ZS_TLSA_FOREIGN, 0);
}

static bool is_wanted(const struct zs_tlsa_want *wants, size_t count, const uint8_t *owner)
{
	for (size_t i = 0; i < count; i++)
		if (zs_name_equal(wants[i].owner, owner))
			return true;
	return false;
}

/* Owners that the config does not name any more. */
static void schedule_gone(struct scheduling *s, const struct zs_tlsa_want *wants, size_t want_count)
{
	const struct zs_facts *before = s->before;
	char name[ZS_NAME_TEXT], time[ZS_TIME_TEXT];
	for (size_t i = 0; i < before->tlsa_count; i++) {
		const uint8_t *owner = before->tlsa[i].owner;
		bool said = before->tlsa[i].type != ZS_TYPE_TLSA || is_wanted(wants, want_count, owner) || before->tlsa[i].role == ZS_TLSA_FOREIGN;
		for (size_t k = 0; k < i && !said; k++)
			said = zs_tlsa_is_at(&before->tlsa[k], owner) && before->tlsa[k].role != ZS_TLSA_FOREIGN;
		if (said)
			continue;
		const zs_time until = s->timing->now + s->timing->propagation + zs_tlsa_largest_ttl(before, owner, s->timing->now);
		say(s, true, zs_arena_printf(s->arena, "TLSA %s: the config names it no more, so its records are removed; caches hold them until about %s: "
		                                       "keep the certificate in service until then", zs_name_text(owner, name), zs_time_short(until, time)));
	}
	for (size_t i = 0; i < s->out->ttl_count; i++)
		if (!is_wanted(wants, want_count, s->out->ttls[i].owner))
			s->out->ttls[i].leaving = true;
}

/* What is known of one owner: there may be thousands. */
static struct zs_facts at_owner(struct zs_arena *arena, const struct zs_facts *facts, const uint8_t *owner)
{
	struct zs_facts own = *facts;
	own.tlsa = NULL;
	own.tlsa_ttls = NULL;
	own.tlsa_count = own.tlsa_room = own.tlsa_ttl_count = own.tlsa_ttl_room = 0;
	for (size_t i = 0; i < facts->tlsa_count; i++)
		if (zs_tlsa_is_at(&facts->tlsa[i], owner))
			ZS_PUSH(arena, own.tlsa, own.tlsa_count, own.tlsa_room) = facts->tlsa[i];
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++)
		if (zs_name_equal(facts->tlsa_ttls[i].owner, owner))
			ZS_PUSH(arena, own.tlsa_ttls, own.tlsa_ttl_count, own.tlsa_ttl_room) = facts->tlsa_ttls[i];
	return own;
}

/* Will there be any TLSA at the owner? Not if its files cannot be used and nothing is published: no cache gets a set then. */
static bool is_served(const struct zs_tlsa_want *want, const struct zs_facts *facts)
{
	bool any = !want->unknown || want->foreign_count;
	for (size_t i = 0; i < facts->tlsa_count && !any; i++)
		any = zs_tlsa_is_at(&facts->tlsa[i], want->owner);
	return any;
}

void zs_tlsa_schedule(struct zs_arena *arena, const struct zs_tlsa_timing *timing, const struct zs_tlsa_want *wants, size_t want_count,
                      const struct zs_facts *facts, struct zs_tlsa_plan *out)
{
	struct zs_facts now = *facts;
	struct scheduling s = { .arena = arena, .timing = timing, .before = facts, .facts = &now, .out = out };
	*out = (struct zs_tlsa_plan){ 0 };
	for (size_t i = 0; i < facts->tlsa_ttl_count; i++)
		if (!facts->tlsa_ttls[i].until || facts->tlsa_ttls[i].until > timing->now - timing->safety)
			ZS_PUSH(arena, out->ttls, out->ttl_count, out->ttl_room) = facts->tlsa_ttls[i];
	for (size_t i = 0; i < want_count; i++)
		if (is_served(&wants[i], facts))
			remember_ttl(&s, wants[i].owner, wants[i].ttl);
	now.tlsa_ttls = out->ttls;
	now.tlsa_ttl_count = out->ttl_count;
	for (size_t i = 0; i < want_count; i++) {
		const struct zs_facts before = at_owner(arena, facts, wants[i].owner), own = at_owner(arena, &now, wants[i].owner);
		s.want = &wants[i];
		s.facts = &own;
		s.first = out->count;
		schedule_owner(&s, &before);
	}
	s.want = NULL;
	schedule_gone(&s, wants, want_count);
}
