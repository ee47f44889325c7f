/* outside_text.c - the steps of a look for a terminal, and for programs. */
#include <string.h>

#include "base/text.h"
#include "dane/dane.h"
#include "dns/type.h"
#include "report/outside.h"
#include "verify/verify.h"

static const char *const marks[] = { [ZS_MARK_OK] = "ok", [ZS_MARK_NOTE] = "note", [ZS_MARK_WARN] = "warn", [ZS_MARK_FAIL] = "fail" };
static const char *const signs[] = { [ZS_MARK_OK] = "[ ok ]", [ZS_MARK_NOTE] = "[note]", [ZS_MARK_WARN] = "[warn]", [ZS_MARK_FAIL] = "[FAIL]" };
static const char *const colors[] = { [ZS_MARK_OK] = "\033[32m", [ZS_MARK_NOTE] = "\033[36m", [ZS_MARK_WARN] = "\033[33m", [ZS_MARK_FAIL] = "\033[1;31m" };
static const char *const parts[] = { [ZS_STEP_CHAIN] = "chain", [ZS_STEP_SERVERS] = "servers", [ZS_STEP_ANSWERS] = "answers", [ZS_STEP_HOSTS] = "hosts" };
static const char *const titles[] = { [ZS_STEP_CHAIN] = "Chain of trust", [ZS_STEP_SERVERS] = "Name servers", [ZS_STEP_ANSWERS] = "Answers through the chain",
	                              [ZS_STEP_HOSTS] = "Mail and web servers" };
static const char *const words[] = { [ZS_DONE] = "all is right", [ZS_FAILED] = "not reachable", [ZS_REFUSED] = "broken" };

static const char *word_of(const struct zs_outside *in)
{
	return in->fault == ZS_DONE && in->counts[ZS_MARK_WARN] ? "works, with warnings" : words[in->fault];
}

static void put_reason(struct zs_buf *out, const struct zs_step *step)
{
	if (step->rfc || step->ede >= 0)
		zs_buf_text(out, "         ");
	if (step->rfc)
		zs_buf_text(out, step->rfc);
	if (step->ede >= 0)
		zs_buf_printf(out, "%sEDE %d (%s)%s", step->rfc ? "; " : "", step->ede, zs_ede_text(step->ede), step->ede_sent ? ", sent by the server" : "");
	if (step->ede_sent && *step->ede_sent)
		zs_buf_printf(out, ": %s", step->ede_sent);
	if (step->rfc || step->ede >= 0)
		zs_buf_octet(out, '\n');
	if (step->advice)
		zs_buf_printf(out, "         -> %s\n", step->advice);
}

void zs_report_outside_text(struct zs_run *run, const struct zs_outside *in, bool color, bool verbose, struct zs_buf *out)
{
	(void)run;
	zs_buf_printf(out, "%s %s", in->zone_text, word_of(in));
	zs_buf_printf(out, " (%zu ok, %zu warning%s, %zu failure%s, %lld.%lld s)\n", in->counts[ZS_MARK_OK], in->counts[ZS_MARK_WARN],
	              in->counts[ZS_MARK_WARN] == 1 ? "" : "s", in->counts[ZS_MARK_FAIL], in->counts[ZS_MARK_FAIL] == 1 ? "" : "s",
	              (long long)in->look->took / 1000, (long long)in->look->took % 1000 / 100);
	for (unsigned part = 0; part < ZS_STEP_PARTS; part++) {
		bool titled = false;
		for (size_t i = 0; i < in->step_count; i++) {
			const struct zs_step *step = &in->steps[i];
			if (step->part != part)
				continue;
			if (!titled)
				zs_buf_printf(out, "%s\n", titles[part]);
			titled = true;
			zs_buf_printf(out, "  %s%s%s %s: %s\n", color ? colors[step->mark] : "", signs[step->mark], color ? "\033[0m" : "", step->subject, step->text);
			if (step->mark >= ZS_MARK_WARN || verbose)
				put_reason(out, step);
		}
	}
}

static const char *type_text(struct zs_run *run, uint16_t type)
{
	char text[ZS_TYPE_TEXT];
	return zs_arena_strdup(run->arena, zs_type_text(type, text));
}

static const char *name_text(struct zs_run *run, const uint8_t *name)
{
	char text[ZS_NAME_TEXT];
	return zs_arena_strdup(run->arena, zs_name_text(name, text));
}

static const char *const chains[] = { [ZS_CHAIN_UNKNOWN] = "unknown", [ZS_CHAIN_SECURE] = "secure", [ZS_CHAIN_INSECURE] = "insecure", [ZS_CHAIN_BOGUS] = "bogus" };

static void put_lookup(struct zs_run *run, const struct zs_lookup_view *view, struct zs_json *into)
{
	zs_json_set_text(into, "name", name_text(run, view->name));
	zs_json_set_text(into, "type", type_text(run, view->type));
	zs_json_set_text(into, "security", chains[view->security]);
	zs_json_set_int(into, "rcode", view->rcode);
	zs_json_set_int(into, "records", (int64_t)view->count);
	zs_json_set_text(into, "why", view->why);
}

static void put_steps(const struct zs_outside *in, struct zs_json *array)
{
	for (size_t i = 0; i < in->step_count; i++) {
		const struct zs_step *step = &in->steps[i];
		struct zs_json *one = zs_json_add_object(array);
		zs_json_set_text(one, "mark", marks[step->mark]);
		zs_json_set_text(one, "part", parts[step->part]);
		zs_json_set_text(one, "id", step->id);
		zs_json_set_text(one, "subject", step->subject);
		zs_json_set_text(one, "text", step->text);
		zs_json_set_bool(one, "unreachable", step->unreachable);
		zs_json_set_text(one, "rfc", step->rfc);
		if (step->ede >= 0)
			zs_json_set_int(one, "ede", step->ede);
		else
			zs_json_set_null(one, "ede");
		zs_json_set_text(one, "ede_text", step->ede >= 0 ? zs_ede_text(step->ede) : NULL);
		zs_json_set_bool(one, "ede_sent", step->ede_sent != NULL);
		zs_json_set_text(one, "advice", step->advice);
	}
}

static void put_servers(struct zs_run *run, const struct zs_look *look, struct zs_json *array)
{
	for (size_t i = 0; i < look->server_count; i++) {
		const struct zs_server_look *server = &look->servers[i];
		struct zs_json *one = zs_json_add_object(array);
		size_t right = 0;
		zs_time expires = 0;
		for (size_t p = 0; p < server->probe_count; p++) {
			const struct zs_probe_view *view = &server->probes[p];
			right += !zs_live_probe_fault(run, view);
			if (view->reply == ZS_REPLY_ANSWERED && view->verdict.expires && (!expires || view->verdict.expires < expires))
				expires = view->verdict.expires;
		}
		zs_json_set_text(one, "server", server->server);
		zs_json_set_text(one, "address", server->address);
		if (server->has_serial)
			zs_json_set_int(one, "serial", server->serial);
		else
			zs_json_set_null(one, "serial");
		zs_json_set_int(one, "dnskeys", (int64_t)server->dnskey_count);
		zs_json_set_int(one, "questions", (int64_t)server->probe_count);
		zs_json_set_int(one, "right", (int64_t)right);
		zs_json_set_time(one, "expires", expires);
	}
}

static void put_services(struct zs_run *run, const struct zs_look *look, struct zs_json *array)
{
	static const char *const ends[] = { [ZS_TALK_DONE] = "tls", [ZS_TALK_UNREACHABLE] = "no-route", [ZS_TALK_SILENT] = "unreachable",
		                            [ZS_TALK_NO_STARTTLS] = "no-starttls", [ZS_TALK_SMTP] = "smtp", [ZS_TALK_TLS] = "tls-failed" };
	for (size_t i = 0; i < look->service_count; i++) {
		const struct zs_service_view *s = &look->services[i];
		struct zs_json *one = zs_json_add_object(array);
		zs_json_set_text(one, "host", name_text(run, s->host));
		zs_json_set_text(one, "base", name_text(run, s->base));
		zs_json_set_int(one, "port", s->port);
		zs_json_set_bool(one, "mx", s->mx);
		put_lookup(run, &s->tlsa, zs_json_set_object(one, "tlsa"));
		put_lookup(run, &s->a, zs_json_set_object(one, "a"));
		put_lookup(run, &s->aaaa, zs_json_set_object(one, "aaaa"));
		struct zs_json *talks = zs_json_set_array(one, "connections");
		for (size_t t = 0; t < s->talk_count; t++) {
			const struct zs_talk_view *talk = &s->talks[t];
			struct zs_json *call = zs_json_add_object(talks);
			zs_json_set_text(call, "address", talk->address);
			zs_json_set_text(call, "signatures", talk->family == ZS_FAMILY_RSA ? "rsa" : "ecdsa");
			zs_json_set_text(call, "end", ends[talk->end]);
			zs_json_set_text(call, "why", talk->why);
			zs_json_set_text(call, "protocol", talk->protocol);
			zs_json_set_text(call, "cipher", talk->cipher);
			zs_json_set_bool(call, "verified", talk->verified);
			zs_json_set_text(call, "matched", talk->verified ? zs_dane_record_text(run->arena, talk->matched, 0) : NULL);
			if (talk->verified)
				zs_json_set_int(call, "depth", talk->depth);
			else
				zs_json_set_null(call, "depth");
			zs_json_set_text(call, "error", talk->error);
			zs_json_set_text(call, "subject", talk->subject);
			zs_json_set_int(call, "certificates", (int64_t)talk->chain_count);
		}
	}
}

void zs_report_outside_json(struct zs_run *run, const struct zs_outside *in, struct zs_json *into)
{
	const struct zs_look *look = in->look;
	zs_json_set_text(into, "zone", in->zone_text);
	zs_json_set_int(into, "status", in->fault);
	zs_json_set_text(into, "summary", in->summary);
	zs_json_set_time(into, "time", look->time);
	zs_json_set_int(into, "milliseconds", look->took);
	struct zs_json *counts = zs_json_set_object(into, "counts");
	for (unsigned mark = 0; mark <= ZS_MARK_FAIL; mark++)
		zs_json_set_int(counts, marks[mark], (int64_t)in->counts[mark]);
	put_steps(in, zs_json_set_array(into, "steps"));
	struct zs_json *chain = zs_json_set_array(into, "chain");
	for (size_t i = 0; i < look->link_count; i++) {
		struct zs_json *one = zs_json_add_object(chain);
		zs_json_set_text(one, "zone", name_text(run, look->links[i].zone));
		put_lookup(run, &look->links[i].ds, zs_json_set_object(one, "ds"));
		put_lookup(run, &look->links[i].dnskey, zs_json_set_object(one, "dnskey"));
	}
	put_servers(run, look, zs_json_set_array(into, "servers"));
	put_services(run, look, zs_json_set_array(into, "services"));
}
