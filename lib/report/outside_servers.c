/* outside_servers.c - the name servers of a zone: each address by itself, and each against the others. */
#include <string.h>

#include "dns/type.h"
#include "report/outside_private.h"

enum { DAY = 86400, SOON = 3 * DAY };

static const char *place(struct zs_outside_judge *j, const struct zs_server_look *server)
{
	return strcmp(server->server, server->address) ? ZS_OUTSIDE_TEXT(j, "%s at %s", server->server, server->address) : server->address;
}

static const char *question_of(struct zs_outside_judge *j, const struct zs_probe *probe)
{
	char type[ZS_TYPE_TEXT];
	return ZS_OUTSIDE_TEXT(j, "%s %s", zs_outside_name(j, probe->name), zs_type_text(probe->type, type));
}

static bool answers(const struct zs_probe_view *view)
{
	return view->reply == ZS_REPLY_ANSWERED || view->reply == ZS_REPLY_LAME;
}

/* The zone may be there all the same: it is the question, with EDNS, that the server has no sense for. */
static bool does_not_understand(const struct zs_probe_view *view)
{
	enum { BADVERS = 16 };
	const uint8_t rcode = view->answer.rcode;
	return view->reply == ZS_REPLY_ANSWERED && (rcode == ZS_RCODE_FORMERR || rcode == ZS_RCODE_NOTIMP || rcode == BADVERS);
}

/* Does it answer at all, and both ways? False: there is no more to say about it. */
static bool judge_reach(struct zs_outside_judge *j, const struct zs_server_look *server)
{
	const struct zs_probe_view *udp = &server->probes[ZS_PROBE_SOA], *tcp = &server->probes[ZS_PROBE_SOA_TCP];
	struct zs_step *step;
	if (!answers(udp) && !answers(tcp)) {
		const bool here = udp->reply == ZS_REPLY_UNREACHABLE;
		step = zs_outside_add(j, here ? ZS_MARK_NOTE : ZS_MARK_FAIL, "server-unreachable", place(j, server), "%s", udp->why ? udp->why : "no answer");
		step->unreachable = !here;
		step->ede = here ? -1 : 22;
		step->rfc = here ? NULL : "RFC 1034 section 4.1";
		step->advice = here ? NULL : "start the server, open port 53 for UDP and TCP, or take it out of the NS records here and at the parent";
		return false;
	}
	if (!answers(udp) || !answers(tcp)) {
		step = zs_outside_add(j, ZS_MARK_WARN, answers(tcp) ? "no-udp" : "no-tcp", place(j, server), "it answers over %s and not over %s: %s",
		                      answers(tcp) ? "TCP" : "UDP", answers(tcp) ? "UDP" : "TCP", answers(tcp) ? udp->why : tcp->why);
		step->rfc = answers(tcp) ? NULL : "RFC 7766 section 5";
		step->advice = answers(tcp) ? "open port 53 for UDP" : "open port 53 for TCP: large answers (keys, denials) need it";
	}
	if (server->has_serial)
		return true;
	const struct zs_probe_view *seen = answers(udp) ? udp : tcp;
	const char *fault = zs_live_probe_fault(j->run, seen);
	const bool deaf = does_not_understand(seen);
	step = zs_outside_add(j, ZS_MARK_FAIL, deaf ? "no-edns" : "lame", place(j, server), "%s", fault ? fault : "it has no SOA of the zone");
	step->ede = deaf ? 21 : 20; /* Not Supported, Not Authoritative */
	step->rfc = deaf ? "RFC 4035 section 3" : "RFC 1034 section 4.2.1";
	step->advice = deaf ? "it takes no questions with EDNS, or what is before it does not, so nobody gets signatures there: serve the zone with another program, or "
	                      "take it out of the NS records here and at the parent"
	                    : "load the zone on this server, or take it out of the NS records here and at the parent";
	return false;
}

static const char *advice_for(const struct zs_probe_view *view)
{
	switch (view->verdict.ede) {
	case 7: return "this server has an old copy of the zone, or the zone was not signed anew: look at its transfers, run 'zonesign build'";
	case 8: return "the clock of the signer or of this machine is wrong";
	case 9: return "the keys that the DS and the signatures are of are not in the DNSKEY RRset that this server has: load the signed zone, all of one version";
	case 10: return "this server serves the zone, or part of it, without signatures: it must serve DNSSEC records as they are in the file";
	case 12: return "this server does not serve the NSEC or NSEC3 records as they are in the file: load the signed zone unchanged";
	default: return "load the signed zone on this server again, unchanged";
	}
}

/* One answer that is wrong. */
static void judge_answer(struct zs_outside_judge *j, const struct zs_server_look *server, const struct zs_probe_view *view, const char *fault)
{
	const bool empty = view->probe->kind == ZS_PROBE_ENT && view->reply == ZS_REPLY_ANSWERED && view->answer.rcode == ZS_RCODE_NXDOMAIN;
	struct zs_step *step;
	if (empty) {
		step = zs_outside_add(j, ZS_MARK_FAIL, "ent-nxdomain", place(j, server), "%s is NXDOMAIN although there are names below it (breaks qname minimisation)",
		                      zs_outside_name(j, view->probe->name));
		step->rfc = "RFC 8020 section 2";
		step->advice = "the server lost the empty non-terminals: load the signed zone anew (PowerDNS: rectify it), or serve it with another server";
	} else {
		step = zs_outside_add(j, ZS_MARK_FAIL, view->reply == ZS_REPLY_ANSWERED ? "answer-wrong" : "answer-missing", place(j, server), "%s: %s",
		                      question_of(j, view->probe), fault);
		step->rfc = view->reply == ZS_REPLY_ANSWERED && view->verdict.rfc ? view->verdict.rfc : "RFC 4035 section 3.1";
		step->ede = view->reply == ZS_REPLY_ANSWERED && view->verdict.state == ZS_ANSWER_BOGUS ? view->verdict.ede : -1;
		step->unreachable = view->reply != ZS_REPLY_ANSWERED && view->reply != ZS_REPLY_LAME;
		step->advice = view->reply == ZS_REPLY_ANSWERED ? advice_for(view) : "is the question or the answer filtered on the way?";
	}
	if (view->ede >= 0) {
		step->ede = view->ede;
		step->ede_sent = view->ede_text;
	}
}

static void more_wrong(struct zs_outside_judge *j, const char *subject, size_t count)
{
	struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "answer-wrong", subject, "and %zu more answers are wrong", count);
	step->rfc = "RFC 4035 section 5";
	step->advice = "as above";
}

/* Answers that fail for one cause are one step: the rest is counted. */
static void judge_answers(struct zs_outside_judge *j, const struct zs_server_look *server)
{
	char time[ZS_TIME_TEXT], left[ZS_DURATION_TEXT];
	const zs_seconds margin = j->known && j->known->margin ? j->known->margin : SOON;
	const struct zs_probe_view *soonest = NULL, *not_asked = NULL;
	size_t good = 0, secure = 0, told = 0, wrong = 0, unasked = 0;
	enum { TOLD_MAX = 6 };
	for (size_t i = 0; i < server->probe_count; i++) {
		const struct zs_probe_view *view = &server->probes[i];
		const char *fault = zs_live_probe_fault(j->run, view);
		if (i == ZS_PROBE_SOA_TCP && !answers(view))
			continue; /* said already */
		if (!view->asked) {
			not_asked = view;
			unasked++;
			continue;
		}
		if (fault) {
			wrong++;
			if (told++ < TOLD_MAX)
				judge_answer(j, server, view, fault);
			continue;
		}
		good++;
		secure += view->verdict.state == ZS_ANSWER_SECURE;
		if (view->verdict.expires && (!soonest || view->verdict.expires < soonest->verdict.expires))
			soonest = view;
	}
	if (wrong > TOLD_MAX)
		more_wrong(j, place(j, server), wrong - TOLD_MAX);
	if (unasked) {
		struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "time-over", place(j, server), "%zu questions were not asked: %s", unasked,
		                                      not_asked->why ? not_asked->why : "the time was over");
		step->unreachable = true;
		step->advice = not_asked->why && strstr(not_asked->why, "too large") ? "why are this server's answers so large?" : "give more with --timeout";
	}
	const zs_seconds rest = soonest ? soonest->verdict.expires - j->look->time : 0;
	if (soonest && rest < margin) {
		struct zs_step *step = zs_outside_add(j, ZS_MARK_WARN, "expires-soon", place(j, server), "the signature of %s expires in %s, on %s",
		                                      question_of(j, soonest->probe), zs_duration_text(rest / 60 * 60, left), zs_time_short(soonest->verdict.expires, time));
		step->rfc = "RFC 6781 section 4.4.2";
		step->advice = "does cron run 'zonesign build', and does this server get the new zone?";
	}
	if (!good)
		return;
	zs_outside_add(j, wrong || unasked ? ZS_MARK_NOTE : ZS_MARK_OK, "server", place(j, server), "serial %u, %zu of %zu answers right, %zu of them secure%s%s", server->serial, good,
	               good + wrong, secure, soonest ? "; signatures last until " : "", soonest ? zs_time_short(soonest->verdict.expires, time) : "");
}

static bool same_keys(const struct zs_server_look *a, const struct zs_server_look *b)
{
	bool same = a->dnskey_count == b->dnskey_count;
	for (size_t i = 0; same && i < a->dnskey_count; i++)
		same = zs_bytes_equal(a->dnskeys[i], b->dnskeys[i]);
	return same;
}

static const struct zs_server_look *newest(const struct zs_look *look)
{
	const struct zs_server_look *best = NULL;
	for (size_t i = 0; i < look->server_count; i++)
		if (look->servers[i].has_serial && (!best || zs_serial_after(look->servers[i].serial, best->serial)))
			best = &look->servers[i];
	return best;
}

static void compare(struct zs_outside_judge *j, const struct zs_server_look *best)
{
	const struct zs_look *look = j->look;
	size_t same = 0;
	for (size_t i = 0; i < look->server_count; i++) {
		const struct zs_server_look *server = &look->servers[i];
		if (!server->has_serial)
			continue;
		same++;
		if (server->serial != best->serial) {
			struct zs_step *step = zs_outside_add(j, ZS_MARK_WARN, "serial", place(j, server), "it serves serial %u, %s serves serial %u", server->serial,
			                                      best->server, best->serial);
			step->rfc = "RFC 1034 section 4.3.5";
			step->advice = "a moment after a change this is as it should be; else look at its transfers: is it told (NOTIFY), and allowed to fetch (AXFR)?";
		} else if (!same_keys(server, best)) {
			struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "dnskey-differs", place(j, server), "it serves another DNSKEY RRset than %s, under the same serial",
			                                      best->server);
			step->rfc = "RFC 4035 section 2.1";
			step->ede = 9;
			step->advice = "every server must have the same file: stop signing on the server itself";
		}
	}
	if (j->known && j->known->has_serial && zs_serial_after(j->known->serial, best->serial))
		zs_outside_add(j, ZS_MARK_WARN, "serial-old", zs_outside_name(j, look->zone), "serial %u was published, and the servers have %u at most", j->known->serial,
		               best->serial)->advice = "did the reload work? 'zonesign build' tries it again";
	if (same > 1)
		zs_outside_add(j, ZS_MARK_NOTE, "servers", zs_outside_name(j, look->zone), "%zu of %zu addresses have the zone", same, look->server_count);
}

void zs_outside_servers(struct zs_outside_judge *j)
{
	const struct zs_look *look = j->look;
	const struct zs_server_look *best = newest(look);
	if (look->servers_why) {
		struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "servers-unknown", zs_outside_name(j, look->zone), "%s", look->servers_why);
		step->unreachable = true;
		step->ede = 22;
		step->advice = "do the NS records name hosts that have addresses?";
	}
	if (look->referred)
		zs_outside_add(j, ZS_MARK_NOTE, "servers-referred", zs_outside_name(j, look->zone),
		               "no resolver gets the names of its servers in time: these are the ones that its parent tells");
	for (size_t i = 0; i < look->server_count; i++)
		if (judge_reach(j, &look->servers[i]))
			judge_answers(j, &look->servers[i]);
	if (best)
		compare(j, best);
}
