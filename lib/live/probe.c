/* probe.c - the questions of a plan to each server, and what a validator makes of each answer. */
#include <stdlib.h>
#include <string.h>

#include "dns/type.h"
#include "live/look_private.h"

enum { EDE_DS_DIGEST = 2, EDE_NO_DNSKEY = 9 }; /* RFC 8914 sections 4.3 and 4.10 */
enum { AT_ONCE = 192, FIRST_LIMIT = 3200 }; /* sockets; milliseconds: a question is sent twice, then a server is silent */
enum { OCTETS_ONCE = 64 << 10, OCTETS_EACH = 8 << 10 }; /* of all answers of one address; more has none but who wants our memory */

struct probing {
	struct zs_run *run;
	const uint8_t *zone;
	const struct zs_probe_target *targets;
	size_t target_count;
	const struct zs_probe *plan;
	size_t plan_count;
	const uint8_t *const *cuts;   /* zones below that aliases lead into */
	size_t cut_count;
	int64_t deadline, judged_by;  /* of the questions, and of the verdicts */
	struct zs_probe_view **views; /* by target, then by probe */
	size_t *octets, *answers;     /* of each target so far */
};

static bool is_flooding(const struct probing *p, size_t target)
{
	return p->octets[target] > OCTETS_ONCE + OCTETS_EACH * p->answers[target];
}

static void take(const struct zs_live_question *q, struct zs_probe_view *view)
{
	view->asked = true;
	view->reply = q->reply;
	view->why = q->why;
	view->by_tcp = q->by_tcp;
	view->ede = q->ede;
	view->ede_text = q->ede_text;
	view->answer = q->answer;
}

/* The probes from..to of every target that is wanted, AT_ONCE at a time. */
static void ask(struct probing *p, size_t from, size_t to, int64_t most, const bool *wanted)
{
	struct zs_live_question *questions = zs_arena_array(p->run->arena, AT_ONCE, sizeof *questions);
	struct zs_probe_view **whose = zs_arena_array(p->run->arena, AT_ONCE, sizeof(struct zs_probe_view *));
	size_t *target = zs_arena_array(p->run->arena, AT_ONCE, sizeof *target), count = 0;
	for (size_t probe = from; probe < to; probe++)
		for (size_t t = 0; t < p->target_count; t++) {
			const bool last = probe + 1 == to && t + 1 == p->target_count;
			if (wanted[t] && is_flooding(p, t)) {
				p->views[t][probe].why = "its answers are too large together";
			} else if (wanted[t]) {
				target[count] = t;
				whose[count] = &p->views[t][probe];
				questions[count++] = (struct zs_live_question){ .to = &p->targets[t].address, .name = p->plan[probe].name,
					                                        .type = p->plan[probe].type, .tcp = p->plan[probe].tcp };
			}
			if (count < AT_ONCE && !last)
				continue;
			const int64_t left = p->deadline - zs_live_clock();
			if (left > 0)
				zs_live_ask(p->run, questions, count, left < most ? left : most);
			for (size_t i = 0; i < count && left > 0; i++) {
				take(&questions[i], whose[i]);
				p->octets[target[i]] += questions[i].size;
				p->answers[target[i]]++;
			}
			count = 0;
		}
}

static int by_bytes(const void *a, const void *b)
{
	return zs_bytes_compare(*(const struct zs_bytes *)a, *(const struct zs_bytes *)b);
}

/* The serial and the keys that a server shows. */
static void read_apex(struct probing *p, struct zs_server_look *server)
{
	for (size_t i = ZS_PROBE_SOA; i <= ZS_PROBE_SOA_TCP && !server->has_serial; i++) {
		const struct zs_probe_view *soa = &server->probes[i];
		for (size_t r = 0; soa->reply == ZS_REPLY_ANSWERED && soa->answer.authoritative && r < soa->answer.count; r++) {
			const struct zs_answer_record *record = &soa->answer.records[r];
			if (record->section != ZS_SECTION_ANSWER || record->type != ZS_TYPE_SOA || !zs_name_equal(record->owner, p->zone))
				continue;
			server->serial = zs_get_u32(record->rdata.data + record->rdata.len - 20);
			server->has_serial = true;
		}
	}
	const struct zs_probe_view *keys = &server->probes[ZS_PROBE_DNSKEY];
	struct zs_bytes *out = zs_arena_array(p->run->arena, ZS_LOOK_RECORDS_MAX, sizeof *out);
	for (size_t r = 0; keys->reply == ZS_REPLY_ANSWERED && r < keys->answer.count && server->dnskey_count < ZS_LOOK_RECORDS_MAX; r++) {
		const struct zs_answer_record *record = &keys->answer.records[r];
		if (record->section == ZS_SECTION_ANSWER && record->type == ZS_TYPE_DNSKEY && zs_name_equal(record->owner, p->zone))
			out[server->dnskey_count++] = record->rdata;
	}
	if (server->dnskey_count)
		qsort(out, server->dnskey_count, sizeof *out, by_bytes);
	server->dnskeys = out;
}

/* Keys and answers can be made so that each verdict takes long. */
static bool is_too_late(const struct probing *p, struct zs_probe_view *view)
{
	if (zs_live_clock() <= p->judged_by)
		return false;
	view->asked = false;
	view->reply = ZS_REPLY_SILENT;
	view->why = "the time was over before the answers were judged";
	return true;
}

static const uint8_t *keep_name(struct probing *p, const uint8_t *name)
{
	return name ? (const uint8_t *)zs_arena_text(p->run->arena, (const char *)name, zs_name_len(name)) : NULL;
}

/* What a verdict is made of may be fifty times as much as the answer: its words are kept. */
static void keep(struct probing *p, struct zs_answer_verdict *verdict)
{
	verdict->name = keep_name(p, verdict->name);
	verdict->wildcard_name = keep_name(p, verdict->wildcard_name);
	verdict->why = verdict->why ? zs_arena_strdup(p->run->arena, verdict->why) : NULL;
}

static void judge_answer(struct probing *p, const struct zs_answer_trust *trust, struct zs_probe_view *view)
{
	struct zs_arena *arena = zs_arena_new();
	struct zs_answer own;
	const bool leads_below = zs_answer_ends_at_cut(arena, &view->answer, p->zone, p->cuts, p->cut_count, &own);
	zs_verify_answer(p->run, arena, leads_below ? &own : &view->answer, trust, &view->verdict);
	if (leads_below && view->verdict.kind == ZS_ANSWER_POSITIVE)
		view->verdict.kind = ZS_ANSWER_ALIAS;
	keep(p, &view->verdict);
	zs_arena_free(arena);
}

/* Judge what came. The answer for DNSKEY gives the keys, unless they are known. */
static void judge(struct probing *p, struct zs_probe_view *views, const struct zs_bytes *keys, size_t key_count, const struct zs_bytes *ds,
                  size_t ds_count)
{
	struct zs_arena *arena = zs_arena_new();
	struct zs_answer_trust trust = { .zone = p->zone, .dnskeys = keys, .dnskey_count = key_count, .now = p->run->now };
	struct zs_probe_view *own = &views[ZS_PROBE_DNSKEY];
	struct zs_answer_trust found = { .zone = p->zone, .now = p->run->now };
	if (own->reply == ZS_REPLY_ANSWERED && !key_count && !is_too_late(p, own)) {
		(void)zs_verify_trust(p->run, arena, &own->answer, ds, ds_count, &found, &own->verdict);
		/* a DS that nobody can use asks for nothing: RFC 4035 section 5.2 */
		if (ds_count && own->verdict.state != ZS_ANSWER_BOGUS && own->verdict.ede != EDE_DS_DIGEST && own->verdict.kind != ZS_ANSWER_POSITIVE)
			own->verdict = (struct zs_answer_verdict){ .state = ZS_ANSWER_BOGUS, .kind = own->verdict.kind, .rfc = "RFC 4035 section 5.2", .ede = EDE_NO_DNSKEY,
				                                   .why = "the parent has a DS of the zone, and this server has no DNSKEY" };
		if (!found.dnskey_count && ds_count) /* the chain ends here, and its signatures are still worth a look */
			(void)zs_verify_trust(p->run, arena, &own->answer, NULL, 0, &found, &(struct zs_answer_verdict){ 0 });
		trust = found;
		keep(p, &own->verdict);
	}
	for (size_t i = 0; i < p->plan_count; i++)
		if (views[i].reply == ZS_REPLY_ANSWERED && (i != ZS_PROBE_DNSKEY || key_count) && !is_too_late(p, &views[i]))
			judge_answer(p, &trust, &views[i]);
	zs_arena_free(arena);
}

void zs_live_probe(struct zs_run *run, const uint8_t *zone, const struct zs_probe_target *targets, size_t count, const struct zs_probe *plan,
                   size_t plan_count, const struct zs_bytes *keys, size_t key_count, const struct zs_bytes *ds, size_t ds_count,
                   const uint8_t *const *cuts, size_t cut_count, int64_t limit, struct zs_server_look *out)
{
	struct probing p = { .run = run, .zone = zone, .targets = targets, .target_count = count, .plan = plan, .plan_count = plan_count,
		             .cuts = cuts, .cut_count = cut_count, .deadline = zs_live_clock() + limit };
	p.judged_by = p.deadline + limit / 4;
	bool *wanted = zs_arena_array(run->arena, count + 1, sizeof *wanted);
	p.octets = zs_arena_array(run->arena, count + 1, sizeof *p.octets);
	p.answers = zs_arena_array(run->arena, count + 1, sizeof *p.answers);
	p.views = zs_arena_array(run->arena, count + 1, sizeof(struct zs_probe_view *));
	for (size_t t = 0; t < count; t++) {
		p.views[t] = zs_arena_array(run->arena, plan_count + 1, sizeof(struct zs_probe_view));
		for (size_t i = 0; i < plan_count; i++)
			p.views[t][i] = (struct zs_probe_view){ .probe = &plan[i], .ede = -1, .ede_text = "", .why = "the time was over" };
		wanted[t] = true;
	}
	/* a silent server must not cost the others their time */
	ask(&p, ZS_PROBE_SOA, ZS_PROBE_FIRST, limit * 2 / 5 < FIRST_LIMIT ? limit * 2 / 5 : FIRST_LIMIT, wanted);
	for (size_t t = 0; t < count; t++) { /* whom nobody reaches is not asked the rest */
		wanted[t] = false;
		for (size_t i = ZS_PROBE_SOA; i < ZS_PROBE_FIRST; i++)
			wanted[t] = wanted[t] || p.views[t][i].reply == ZS_REPLY_ANSWERED || p.views[t][i].reply == ZS_REPLY_LAME;
	}
	ask(&p, ZS_PROBE_FIRST, plan_count, ZS_ASK_LIMIT, wanted);
	for (size_t t = 0; t < count; t++) {
		out[t] = (struct zs_server_look){ .server = targets[t].server, .address = targets[t].address.text, .probes = p.views[t],
			                          .probe_count = plan_count };
		judge(&p, p.views[t], keys, key_count, ds, ds_count);
		read_apex(&p, &out[t]);
	}
}

static const char *kind_words(const struct zs_probe_view *view)
{
	switch (view->verdict.kind) {
	case ZS_ANSWER_POSITIVE: return view->verdict.wildcard ? "data made from a wildcard" : "data";
	case ZS_ANSWER_ALIAS: return "an alias";
	case ZS_ANSWER_NODATA: return "no data";
	case ZS_ANSWER_NXDOMAIN: return "NXDOMAIN";
	case ZS_ANSWER_DELEGATION: return "a referral";
	case ZS_ANSWER_NONE: break;
	}
	return "nothing that answers";
}

/* Does what the answer says suit the question? Whether it is proven is another matter. */
static bool suits(const struct zs_probe_view *view)
{
	const struct zs_answer_verdict *v = &view->verdict;
	switch (view->probe->kind) {
	case ZS_PROBE_DATA: return v->kind == ZS_ANSWER_POSITIVE || v->kind == ZS_ANSWER_ALIAS;
	case ZS_PROBE_WILDCARD: return (v->kind == ZS_ANSWER_POSITIVE || v->kind == ZS_ANSWER_ALIAS) && (v->wildcard || v->state == ZS_ANSWER_INSECURE);
	case ZS_PROBE_NODATA:
	case ZS_PROBE_ENT: return v->kind == ZS_ANSWER_NODATA;
	/* a wildcard above may answer in its place; RFC 9824 says NODATA where others say NXDOMAIN */
	case ZS_PROBE_NXDOMAIN: return v->kind != ZS_ANSWER_NONE;
	case ZS_PROBE_ANY: return v->kind != ZS_ANSWER_NONE;
	}
	return false;
}

const char *zs_live_probe_fault(struct zs_run *run, const struct zs_probe_view *view)
{
	const struct zs_answer *answer = &view->answer;
	if (view->reply != ZS_REPLY_ANSWERED)
		return view->why ? view->why : "no answer";
	if (answer->rcode != ZS_RCODE_NOERROR && answer->rcode != ZS_RCODE_NXDOMAIN)
		return zs_arena_printf(run->arena, "it answers with rcode %u%s", answer->rcode, zs_live_rcode_words(answer->rcode));
	if (!answer->authoritative && view->verdict.kind != ZS_ANSWER_DELEGATION)
		return "it has no authority for the zone";
	if (view->probe->kind == ZS_PROBE_ENT && answer->rcode == ZS_RCODE_NXDOMAIN)
		return "it says NXDOMAIN although there are names below: an empty non-terminal has no data, and exists";
	if (view->verdict.state == ZS_ANSWER_BOGUS)
		return view->verdict.why ? view->verdict.why : "validators do not believe it";
	if (!suits(view))
		return zs_arena_printf(run->arena, "it answers with %s", kind_words(view));
	return NULL;
}
