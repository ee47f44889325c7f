/* served.c - asks one server for what it was given: the serial, then answers and denials of every kind, judged by verify/. */
#include <string.h>
#include <time.h>

#include "base/patience.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "live/live_private.h"
#include "query/query.h"
#include "verify/verify.h"
#include "zone/zone.h"

enum {
	QUESTIONS_MAX = 600, /* of a large zone */
	OWNERS_MAX = 60,     /* owners of each kind that are asked about */
	BATCH = 32,          /* questions under way at a time: servers have small buffers */
	BATCH_LIMIT = 4000,  /* milliseconds */
	POLL = 50            /* milliseconds */
};

static int64_t milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the serial ---- */

/* The serial in an answer of authority, or why there is none. */
static const char *read_serial(const struct zs_live_question *q, uint32_t *serial)
{
	if (q->reply != ZS_REPLY_ANSWERED)
		return q->why ? q->why : "no answer";
	if (q->answer.rcode == ZS_RCODE_REFUSED)
		return "it refuses questions for the zone";
	if (q->answer.rcode == ZS_RCODE_SERVFAIL)
		return "it has the zone, but cannot serve it (SERVFAIL)";
	if (!q->answer.authoritative)
		return "it has no authority for the zone";
	for (size_t i = 0; i < q->answer.count; i++) {
		const struct zs_answer_record *r = &q->answer.records[i];
		if (r->section == ZS_SECTION_ANSWER && r->type == ZS_TYPE_SOA && zs_name_equal(r->owner, q->name)) {
			*serial = zs_get_u32(r->rdata.data + r->rdata.len - 20); /* behind two names, before four numbers */
			return NULL;
		}
	}
	return "it has no SOA of the zone";
}

bool zs_live_wait_serial(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_address *server, uint32_t serial,
                         zs_seconds wait, const char **why)
{
	/* one that is silent is waited for in a few zones; the others ask it once, and the next run again */
	struct zs_patience *with = zs_patience_with(server->text);
	const int64_t deadline = milliseconds() + (zs_patience_is_left(with, run->now) ? wait * 1000 : 0);
	for (;;) {
		struct zs_live_question q = { .to = server, .name = zone->name, .type = ZS_TYPE_SOA };
		uint32_t has = 0;
		int64_t left = deadline - milliseconds();
		zs_live_ask(run, &q, 1, left < 500 ? 500 : left < 2000 ? left : 2000);
		const char *no = read_serial(&q, &has);
		if (!no && has == serial) { /* a greater one is of another zone file, whatever the reload said */
			zs_patience_note(with, false);
			return true;
		}
		*why = no ? zs_arena_printf(run->arena, "%s: %s", server->text, no)
		          : zs_arena_printf(run->arena, "%s has serial %u, not%s %u", server->text, has, zs_serial_after(serial, has) ? " yet" : "", serial);
		const bool over = milliseconds() + POLL >= deadline;
		if (over || q.reply == ZS_REPLY_ANSWERED)
			zs_patience_note(with, q.reply != ZS_REPLY_ANSWERED);
		if (over)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = POLL * 1000000 }, NULL);
	}
}

/* ---- what is asked ---- */

struct asked {
	const uint8_t *name;
	uint16_t type;
};

struct picker {
	struct zs_run *run;
	struct zs_arena *arena;
	const struct zs_zone *zone;
	struct asked *asked;
	size_t count;
};

static void add(struct picker *p, const uint8_t *name, uint16_t type)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->asked[i].type == type && zs_name_equal(p->asked[i].name, name))
			return;
	if (name && p->count < QUESTIONS_MAX)
		p->asked[p->count++] = (struct asked){ name, type };
}

/* label.name, or NULL if that is too long. */
static const uint8_t *below(struct picker *p, const char *label, const uint8_t *name)
{
	const size_t len = strlen(label), name_len = zs_name_len(name);
	if (name_len + len + 1 > ZS_NAME_MAX)
		return NULL;
	uint8_t *out = zs_arena_alloc(p->arena, name_len + len + 1);
	out[0] = (uint8_t)len;
	memcpy(out + 1, label, len);
	memcpy(out + 1 + len, name, name_len);
	return out;
}

static void add_below(struct picker *p, const char *label, const uint8_t *name, uint16_t type)
{
	const uint8_t *made = below(p, label, name);
	if (made)
		add(p, made, type);
}

/* A type that every server knows and the owner does not have. */
static uint16_t absent_type(const struct picker *p, uint32_t owner)
{
	static const uint16_t types[] = { ZS_TYPE_TXT, ZS_TYPE_MX, ZS_TYPE_AAAA, ZS_TYPE_SRV, ZS_TYPE_A, ZS_TYPE_LOC };
	for (size_t i = 0; i < ZS_COUNT(types); i++)
		if (!zs_zone_rrset(p->zone, owner, types[i]))
			return types[i];
	return ZS_TYPE_NAPTR;
}

/* Types that denials and signatures are made of are seen in other answers. */
static bool is_data(uint16_t type)
{
	return type != ZS_TYPE_RRSIG && type != ZS_TYPE_NSEC && type != ZS_TYPE_NSEC3 && type != ZS_TYPE_NSEC3PARAM;
}

static bool has_data(const struct zs_zone *zone, const struct zs_owner *owner)
{
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++)
		if (is_data(zone->rrsets[i].type))
			return true;
	return false;
}

/* The names between owner and the apex that are there only because something is below them. */
static void ask_enclosers(struct picker *p, const uint8_t *name)
{
	for (name = zs_name_skip(name, 1); zs_name_labels(name) > p->zone->apex_labels; name = zs_name_skip(name, 1)) {
		const uint32_t owner = zs_zone_find(p->zone, name, NULL);
		if (owner != ZS_NO_OWNER && has_data(p->zone, &p->zone->owners[owner]))
			return;
		add(p, name, ZS_TYPE_A);
		add_below(p, "zonesign-absent", name, ZS_TYPE_TXT);
	}
}

static void ask_cut(struct picker *p, const uint8_t *name)
{
	add(p, name, ZS_TYPE_DS);
	add(p, name, ZS_TYPE_A);
	add_below(p, "zonesign-absent", name, ZS_TYPE_A);
}

static void ask_owner(struct picker *p, uint32_t index)
{
	const struct zs_owner *owner = &p->zone->owners[index];
	const uint8_t *name = zs_owner_name(p->zone, owner);
	if (owner->flags & ZS_OWNER_OCCLUDED || !has_data(p->zone, owner))
		return;
	ask_enclosers(p, name);
	if (owner->flags & ZS_OWNER_CUT) {
		ask_cut(p, name);
		return;
	}
	const bool star = name[0] == 1 && name[1] == '*';
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++) {
		if (!is_data(p->zone->rrsets[i].type))
			continue;
		add(p, name, p->zone->rrsets[i].type);
		if (star)
			add_below(p, "zonesign-absent", zs_name_skip(name, 1), p->zone->rrsets[i].type);
	}
	add(p, name, absent_type(p, index));
	add_below(p, "zonesign-absent", star ? zs_name_skip(name, 1) : name, absent_type(p, index));
}

/* A dot or another octet that databases keep escaped: PowerDNS sorts such a name by the backslash, so its NSEC may be wrong. */
static bool is_escaped(const uint8_t *name)
{
	for (; *name; name += *name + 1)
		for (unsigned i = 1; i <= *name; i++)
			if (name[i] <= 0x20 || name[i] >= 0x7f || name[i] == '.' || name[i] == '\\')
				return true;
	return false;
}

/* Has the owner a type that nothing was asked about yet? A server may not know it, or know it in another form. */
static bool has_new_type(const struct picker *p, const struct zs_owner *owner)
{
	for (uint32_t i = owner->first; i < owner->first + owner->rrset_count; i++) {
		bool asked = !is_data(p->zone->rrsets[i].type) || owner->flags & (ZS_OWNER_CUT | ZS_OWNER_OCCLUDED);
		for (size_t n = 0; n < p->count && !asked; n++)
			asked = p->asked[n].type == p->zone->rrsets[i].type;
		if (!asked)
			return true;
	}
	return false;
}

/* An owner of a kind of which a large zone has few. */
static bool is_special(const struct zs_zone *zone, uint32_t index)
{
	const struct zs_owner *owner = &zone->owners[index];
	const uint8_t *name = zs_owner_name(zone, owner);
	return (name[0] == 1 && name[1] == '*') || owner->flags & ZS_OWNER_CUT || zs_zone_rrset(zone, index, ZS_TYPE_DNAME)
	    || zs_name_labels(name) > zone->apex_labels + 1u || is_escaped(name);
}

static void pick(struct picker *p)
{
	const uint32_t count = (uint32_t)p->zone->owner_count;
	const uint32_t step = count / OWNERS_MAX + 1;
	uint32_t special = 0, last = 0;
	/* before the first name, after the last one, and in between */
	add_below(p, "--zonesign", p->zone->apex, ZS_TYPE_A);
	add_below(p, "zz--zonesign", p->zone->apex, ZS_TYPE_A);
	add_below(p, "mm--zonesign", p->zone->apex, ZS_TYPE_TXT);
	for (uint32_t i = 0; i < count; i++) {
		if (has_data(p->zone, &p->zone->owners[i]) && !(p->zone->owners[i].flags & ZS_OWNER_OCCLUDED))
			last = i;
		if (i % step == 0 || has_new_type(p, &p->zone->owners[i]))
			ask_owner(p, i);
		else if (special < OWNERS_MAX && is_special(p->zone, i) && ++special)
			ask_owner(p, i);
	}
	ask_owner(p, last);
}

/* ---- how it is judged ---- */

static const char *kind_text(const struct zs_answer_verdict *v)
{
	static const char *const texts[] = {
		[ZS_ANSWER_NONE] = "nothing of use", [ZS_ANSWER_POSITIVE] = "data", [ZS_ANSWER_ALIAS] = "an alias", [ZS_ANSWER_NODATA] = "'no such type'",
		[ZS_ANSWER_NXDOMAIN] = "'no such name'", [ZS_ANSWER_DELEGATION] = "a delegation",
	};
	return texts[v->kind];
}

static bool holds(const struct zs_answer *in, const struct zs_answer_record *record)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct zs_answer_record *r = &in->records[i];
		if (r->section == record->section && r->type == record->type && zs_name_equal(r->owner, record->owner)
		    && zs_rdata_compare(r->type, r->rdata, record->rdata) == 0)
			return true;
	}
	return false;
}

/* The data of an answer, signatures apart: all of a in b? */
static bool has_all(const struct zs_answer *a, const struct zs_answer *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->records[i].section == ZS_SECTION_ANSWER && a->records[i].type != ZS_TYPE_RRSIG && !holds(b, &a->records[i]))
			return false;
	return true;
}

/* The delegation of the zone that name is at or below, or NULL. */
static const uint8_t *cut_above(const struct zs_zone *zone, const uint8_t *name)
{
	for (; zs_name_below(name, zone->apex); name = zs_name_skip(name, 1)) {
		const uint32_t owner = zs_zone_find(zone, name, NULL);
		if (owner != ZS_NO_OWNER && (zone->owners[owner].flags & (ZS_OWNER_CUT | ZS_OWNER_OCCLUDED)) == ZS_OWNER_CUT)
			return name;
	}
	return NULL;
}

/* One that has the zone below too goes on there where an alias leads into it: both answers are judged up to there. */
static void end_at_cut(const struct picker *p, struct zs_answer *got, struct zs_answer *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct zs_answer_record *r = &wanted->records[i];
		const uint8_t *cut = r->section == ZS_SECTION_ANSWER && r->type == ZS_TYPE_CNAME ? cut_above(p->zone, r->rdata.data) : NULL;
		struct zs_answer ends;
		if (!cut || !zs_answer_ends_at_cut(p->arena, wanted, p->zone->apex, &cut, 1, &ends))
			continue;
		*wanted = ends;
		if (zs_answer_ends_at_cut(p->arena, got, p->zone->apex, &cut, 1, &ends))
			*got = ends;
		return;
	}
}

/* A server that has the zone below too says no in its name, and does not refer to it. The DS is asked for besides. */
static bool is_from_below(const struct picker *p, const struct zs_live_question *q)
{
	const uint8_t *cut = q->answer.authoritative ? cut_above(p->zone, q->name) : NULL;
	for (size_t i = 0; cut && i < q->answer.count; i++) {
		const struct zs_answer_record *r = &q->answer.records[i];
		if (r->section == ZS_SECTION_AUTHORITY && r->type == ZS_TYPE_SOA && zs_name_within(r->owner, cut) && zs_name_within(q->name, r->owner))
			return q->type != ZS_TYPE_DS || !zs_name_equal(q->name, cut);
	}
	return false;
}

static const char *judge(const struct picker *p, const struct zs_live_question *q, struct zs_answer *wanted, const struct zs_answer_trust *trust)
{
	struct zs_run *run = p->run;
	struct zs_answer_verdict got, want;
	struct zs_answer answer = q->answer;
	if (is_from_below(p, q))
		return NULL;
	end_at_cut(p, &answer, wanted);
	zs_verify_answer(run, p->arena, &answer, trust, &got);
	zs_verify_answer(run, p->arena, wanted, trust, &want);
	if (got.state == ZS_ANSWER_BOGUS)
		return zs_arena_printf(run->arena, "%s%s%s%s", got.why ? got.why : "validators do not believe it", got.rfc ? " (" : "", got.rfc ? got.rfc : "",
		                       got.rfc ? ")" : "");
	if (got.kind != want.kind)
		return zs_arena_printf(run->arena, "it answers %s where the zone has %s", kind_text(&got), kind_text(&want));
	if (got.state != want.state)
		return zs_arena_printf(run->arena, "its answer is not proven%s%s", got.why ? ": " : "", got.why ? got.why : "");
	if (got.kind == ZS_ANSWER_POSITIVE && !(has_all(&answer, wanted) && has_all(wanted, &answer)))
		return "its data are not those of the zone";
	return NULL;
}

static void note(struct zs_run *run, const struct asked *asked, const char *why, struct zs_served_view *out)
{
	char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
	out->wrong++;
	if (!out->why)
		out->why = zs_arena_printf(run->arena, "%s %s: %s", zs_name_text(asked->name, name), zs_type_text(asked->type, type), why);
}

/* Ask and judge one batch. False with a diagnostic if our own answer cannot be made. */
static bool look(struct picker *p, const struct zs_address *server, const struct zs_answer_trust *trust, size_t first, size_t count,
                 struct zs_served_view *out)
{
	struct zs_live_question questions[BATCH] = { 0 };
	struct zs_arena *arena = p->arena;
	for (size_t i = 0; i < count; i++)
		questions[i] = (struct zs_live_question){ .to = server, .name = p->asked[first + i].name, .type = p->asked[first + i].type };
	zs_live_ask(p->run, questions, count, BATCH_LIMIT);
	for (size_t i = 0; i < count; i++) {
		struct zs_answer wanted;
		p->arena = zs_arena_new(); /* of one verdict */
		const bool ok = zs_query_answer(p->run, p->arena, p->zone, questions[i].name, questions[i].type, &wanted);
		const bool answered = questions[i].reply == ZS_REPLY_ANSWERED;
		const char *why = !ok ? NULL : answered ? judge(p, &questions[i], &wanted, trust) : questions[i].why ? questions[i].why : "no answer";
		out->asked++;
		out->silent += !answered;
		if (why)
			note(p->run, &p->asked[first + i], why, out);
		zs_arena_free(p->arena);
		p->arena = arena;
		if (!ok)
			return false;
	}
	return true;
}

static bool find_trust(struct picker *p, struct zs_answer_trust *trust)
{
	struct zs_answer keys;
	struct zs_answer_verdict verdict;
	*trust = (struct zs_answer_trust){ .zone = p->zone->apex, .now = p->run->now };
	if (!zs_query_answer(p->run, p->arena, p->zone, p->zone->apex, ZS_TYPE_DNSKEY, &keys))
		return false;
	return zs_verify_trust(p->run, p->arena, &keys, NULL, 0, trust, &verdict) || !zs_zone_apex_rrset(p->zone, ZS_TYPE_DNSKEY)
	    || zs_fail(p->run, "the keys of the published zone are not to be trusted: %s", verdict.why ? verdict.why : "no reason known");
}

bool zs_live_judge_served(struct zs_run *run, const struct zs_zone_config *zone, const struct zs_address *server, const char *path,
                  struct zs_served_view *out)
{
	const struct zs_zone_options options = { .apex = zone->name, .dnssec = ZS_DNSSEC_KEEP, .include_never = true };
	struct zs_arena *arena = zs_arena_new();
	struct zs_answer_trust trust;
	struct zs_zone *read;
	*out = (struct zs_served_view){ 0 };
	bool ok = zs_zone_read(run, arena, path, &options, &read);
	if (ok) {
		struct picker p = { .run = run, .arena = arena, .zone = read, .asked = zs_arena_array(arena, QUESTIONS_MAX, sizeof(struct asked)) };
		pick(&p);
		ok = find_trust(&p, &trust);
		for (size_t i = 0; ok && i < p.count && !(out->silent && out->silent == out->asked); i += BATCH)
			ok = look(&p, server, &trust, i, p.count - i < BATCH ? p.count - i : BATCH, out);
	}
	zs_arena_free(arena);
	return ok;
}
