/* delegation.c - the parent's DS records against ours, digest by digest, and what to tell the registrar. */
#include <stdlib.h>
#include <string.h>

#include "dns/algorithm.h"
#include "report/report.h"

enum { FINDINGS_MAX = 256 };

struct work {
	struct zs_run *run;
	const struct zs_ds_request *request;
	const struct zs_served *served;
	const struct zs_observation *seen;
	struct zs_delegation *out;
	struct zs_finding *findings;
	size_t count, room;
};

/* An answer that says something about the parent, proven or not: `--check` shows a person what is there. */
static bool usable(const struct zs_observation *seen, const struct zs_server_view *view)
{
	return view->reply == ZS_REPLY_ANSWERED && (seen->chain != ZS_CHAIN_SECURE || view->validated);
}

static bool is_ds_of(struct zs_run *run, const uint8_t *zone, struct zs_bytes ds, struct zs_bytes dnskey)
{
	const struct zs_key key = { .tag = zs_key_tag(dnskey.data, dnskey.len), .algorithm = dnskey.data[3], .rdata = dnskey };
	return zs_live_ds_matches(run, zone, ds, &key);
}

static bool is_ds_of_any(struct zs_run *run, const uint8_t *zone, struct zs_bytes ds, const struct zs_bytes *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_ds_of(run, zone, ds, keys[i]))
			return true;
	return false;
}

static bool names_key(struct zs_bytes ds, const struct zs_bytes *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ds.len > 4 && zs_get_u16(ds.data) == zs_key_tag(keys[i].data, keys[i].len) && ds.data[2] == keys[i].data[3])
			return true;
	return false;
}

static bool view_has(const struct zs_server_view *view, struct zs_bytes ds)
{
	for (size_t i = 0; i < view->ds_count; i++)
		if (zs_bytes_equal(view->ds[i], ds))
			return true;
	return false;
}

static void judge_theirs(struct work *w, struct zs_bytes ds)
{
	const struct zs_ds_request *r = w->request;
	struct zs_finding *f = &ZS_PUSH(w->run->arena, w->findings, w->count, w->room);
	*f = (struct zs_finding){ .ds = ds };
	for (size_t i = 0; i < w->seen->server_count; i++)
		f->shown += usable(w->seen, &w->seen->servers[i]) && view_has(&w->seen->servers[i], ds);
	if (is_ds_of_any(w->run, r->zone, ds, r->wanted, r->wanted_count)) {
		f->verdict = ds.data[3] == ZS_DS_SHA1 ? ZS_VERDICT_SHA1 : ZS_VERDICT_RIGHT;
		if (f->verdict == ZS_VERDICT_SHA1)
			f->advice = zs_arena_printf(w->run->arena, "ask %s for digest type 2 (SHA-256) in its place", w->out->registrar);
		return;
	}
	const bool ours = is_ds_of_any(w->run, r->zone, ds, w->served->dnskeys, w->served->count);
	f->verdict = ours                                                        ? ZS_VERDICT_LEAVING
	           : names_key(ds, w->served->dnskeys, w->served->count) ? ZS_VERDICT_WRONG
	                                                                         : ZS_VERDICT_EXTRA;
	f->advice = ours && f->shown < w->out->answered ? "wait: it is gone from some of the servers already"
	                                                : zs_arena_printf(w->run->arena, "delete it at %s", w->out->registrar);
}

/* Is a key of ours at every address that answers, by whatever digest? */
static bool judge_ours(struct work *w, struct zs_bytes dnskey)
{
	uint8_t made[52];
	size_t len, lacking = 0;
	for (size_t i = 0; i < w->seen->server_count; i++) {
		const struct zs_server_view *view = &w->seen->servers[i];
		bool there = !usable(w->seen, view);
		for (size_t d = 0; d < view->ds_count && !there; d++)
			there = is_ds_of(w->run, w->request->zone, view->ds[d], dnskey);
		lacking += !there;
	}
	if (!lacking)
		return true;
	if (!zs_ds_make(w->run, w->request->zone, dnskey, ZS_DS_SHA256, made, &len))
		return false;
	char time[ZS_TIME_TEXT];
	const zs_time not_before = w->request->not_before;
	ZS_PUSH(w->run->arena, w->findings, w->count, w->room) = (struct zs_finding){
		.verdict = ZS_VERDICT_MISSING, .ds = { (const uint8_t *)zs_arena_text(w->run->arena, (const char *)made, len), len }, .shown = lacking,
		.advice = lacking < w->out->answered ? "wait: it is at some of the servers already"
		        : not_before                 ? zs_arena_printf(w->run->arena, "add it at %s, not before %s", w->out->registrar, zs_time_short(not_before, time))
		                                     : zs_arena_printf(w->run->arena, "add it at %s", w->out->registrar) };
	return true;
}

/* Validators take a DS of an algorithm or a digest that they do not know for none (RFC 4035 section 5.2). */
static bool is_known(struct zs_bytes ds)
{
	const struct zs_algorithm_info *info = ds.len > 4 ? zs_algorithm_info(ds.data[2]) : NULL;
	return info && info->verifies && (ds.data[3] == ZS_DS_SHA1 || ds.data[3] == ZS_DS_SHA256 || ds.data[3] == ZS_DS_SHA384);
}

/* Where no DS leads to a key that is served, validators take every answer for forged. No DS at all is no harm. */
static bool is_broken(const struct work *w)
{
	for (size_t i = 0; i < w->seen->server_count; i++) {
		const struct zs_server_view *view = &w->seen->servers[i];
		bool leads = !usable(w->seen, view), known = false;
		for (size_t d = 0; d < view->ds_count && !leads; d++) {
			known = known || is_known(view->ds[d]);
			leads = is_ds_of_any(w->run, w->request->zone, view->ds[d], w->served->dnskeys, w->served->count);
		}
		if (known && !leads)
			return true;
	}
	return false;
}

static int by_verdict(const void *a, const void *b)
{
	const struct zs_finding *x = a, *y = b;
	return x->verdict != y->verdict ? (int)x->verdict - (int)y->verdict : zs_bytes_compare(x->ds, y->ds);
}

static void summarize(struct work *w)
{
	struct zs_delegation *d = w->out;
	size_t changes = 0;
	for (size_t i = 0; i < w->count; i++)
		changes += w->findings[i].verdict != ZS_VERDICT_RIGHT;
	d->fault = d->broken ? ZS_REFUSED : !d->answered ? ZS_FAILED : changes ? ZS_NOT_YET : ZS_DONE;
	if (!d->answered)
		d->summary = d->seen->why ? d->seen->why : "no server of the parent zone gives an answer";
	else if (d->broken)
		d->summary = "the parent has DS records, and none of them leads to a key in the published zone: validators refuse it";
	else if (changes)
		d->summary = "the parent does not hold what it should";
	else
		d->summary = w->count ? "the parent holds what it should" : "the parent has no DS, and none is wanted";
}

bool zs_report_compare(struct zs_run *run, const struct zs_ds_request *request, const struct zs_served *served,
                       const struct zs_observation *seen, struct zs_delegation *out)
{
	char name[ZS_NAME_TEXT];
	struct work w = { .run = run, .request = request, .served = served, .seen = seen, .out = out };
	*out = (struct zs_delegation){ .zone_text = zs_arena_strdup(run->arena, zs_name_text(request->zone, name)), .seen = seen };
	out->registrar = request->registrar ? zs_ds_registrar_title(request->registrar) : "your registrar";
	for (size_t i = 0; i < seen->server_count; i++)
		out->answered += usable(seen, &seen->servers[i]);
	for (size_t i = 0; i < seen->server_count; i++)
		for (size_t d = 0; usable(seen, &seen->servers[i]) && d < seen->servers[i].ds_count && w.count < FINDINGS_MAX; d++) {
			size_t at = 0;
			while (at < w.count && !zs_bytes_equal(w.findings[at].ds, seen->servers[i].ds[d]))
				at++;
			if (at == w.count)
				judge_theirs(&w, seen->servers[i].ds[d]);
		}
	for (size_t i = 0; out->answered && i < request->wanted_count; i++)
		if (!judge_ours(&w, request->wanted[i]))
			return false;
	if (w.count)
		qsort(w.findings, w.count, sizeof *w.findings, by_verdict);
	out->findings = w.findings;
	out->finding_count = w.count;
	out->broken = is_broken(&w);
	summarize(&w);
	return true;
}

static const char *const words[] = {
	[ZS_VERDICT_RIGHT] = "right", [ZS_VERDICT_MISSING] = "missing", [ZS_VERDICT_SHA1] = "sha1",
	[ZS_VERDICT_WRONG] = "wrong", [ZS_VERDICT_LEAVING] = "leaving", [ZS_VERDICT_EXTRA] = "extra",
};
static const char *const meanings[] = {
	[ZS_VERDICT_RIGHT] = "right", [ZS_VERDICT_MISSING] = "missing",
	[ZS_VERDICT_SHA1] = "right, but made with SHA-1, which validators need not take",
	[ZS_VERDICT_WRONG] = "tag and algorithm of our key, but another digest", [ZS_VERDICT_LEAVING] = "of a key whose DS is not wanted now",
	[ZS_VERDICT_EXTRA] = "leads to no key of the zone",
};
static const char *const chains[] = {
	[ZS_CHAIN_UNKNOWN] = "unknown", [ZS_CHAIN_SECURE] = "secure", [ZS_CHAIN_INSECURE] = "insecure", [ZS_CHAIN_BOGUS] = "bogus",
};
static const char *const replies[] = {
	[ZS_REPLY_SILENT] = "silent", [ZS_REPLY_UNREACHABLE] = "unreachable", [ZS_REPLY_LAME] = "lame", [ZS_REPLY_ANSWERED] = "answered",
};

static const char *hex(struct zs_run *run, const uint8_t *data, size_t len)
{
	char *text = zs_arena_alloc(run->arena, 2 * len + 1);
	zs_hex_encode_upper(data, len, text);
	return text;
}

void zs_report_delegation_text(struct zs_run *run, const struct zs_delegation *in, struct zs_buf *out)
{
	const struct zs_observation *seen = in->seen;
	zs_buf_printf(out, "%s %s\n", in->zone_text, in->summary);
	for (size_t i = 0; i < in->finding_count; i++) {
		const struct zs_finding *f = &in->findings[i];
		const uint8_t *ds = f->ds.data;
		zs_buf_printf(out, "  %-8s %u %u %u %s\n", words[f->verdict], zs_get_u16(ds), ds[2], ds[3], hex(run, ds + 4, f->ds.len - 4));
		if (f->verdict != ZS_VERDICT_RIGHT && f->verdict != ZS_VERDICT_MISSING)
			zs_buf_printf(out, "           %s\n", meanings[f->verdict]);
		if (f->shown < in->answered)
			zs_buf_printf(out, "           %s %zu of %zu addresses\n", f->verdict == ZS_VERDICT_MISSING ? "missing at" : "at", f->shown, in->answered);
		if (f->advice)
			zs_buf_printf(out, "           -> %s\n", f->advice);
	}
	if (seen->parent)
		zs_buf_printf(out, "  asked: %zu addresses of the servers of %s, %zu answer; the chain of trust to it is %s%s%s\n", seen->server_count, seen->parent,
		              in->answered, chains[seen->chain], seen->why ? ": " : "", seen->why ? seen->why : "");
	for (size_t i = 0; i < seen->server_count; i++) {
		const struct zs_server_view *view = &seen->servers[i];
		if (!usable(seen, view))
			zs_buf_printf(out, "  no use: %s%s%s: %s\n", view->server, strcmp(view->server, view->address) ? " at " : "",
			              strcmp(view->server, view->address) ? view->address : "", view->why ? view->why : replies[view->reply]);
	}
}

void zs_report_delegation_json(struct zs_run *run, const struct zs_delegation *in, struct zs_json *into)
{
	const struct zs_observation *seen = in->seen;
	zs_json_set_text(into, "zone", in->zone_text);
	zs_json_set_int(into, "status", in->fault);
	zs_json_set_text(into, "summary", in->summary);
	zs_json_set_text(into, "parent", seen->parent);
	zs_json_set_time(into, "time", seen->time);
	zs_json_set_text(into, "chain", chains[seen->chain]);
	zs_json_set_bool(into, "broken", in->broken);
	zs_json_set_int(into, "answered", (int64_t)in->answered);
	struct zs_json *records = zs_json_set_array(into, "records"), *servers = zs_json_set_array(into, "servers");
	for (size_t i = 0; i < in->finding_count; i++) {
		const struct zs_finding *f = &in->findings[i];
		struct zs_json *one = zs_json_add_object(records);
		zs_json_set_text(one, "verdict", words[f->verdict]);
		zs_json_set_int(one, "key_tag", zs_get_u16(f->ds.data));
		zs_json_set_int(one, "algorithm", f->ds.data[2]);
		zs_json_set_int(one, "digest_type", f->ds.data[3]);
		zs_json_set_text(one, "digest", hex(run, f->ds.data + 4, f->ds.len - 4));
		zs_json_set_int(one, f->verdict == ZS_VERDICT_MISSING ? "missing_at" : "shown_by", (int64_t)f->shown);
		zs_json_set_text(one, "advice", f->advice);
	}
	for (size_t i = 0; i < seen->server_count; i++) {
		const struct zs_server_view *view = &seen->servers[i];
		struct zs_json *one = zs_json_add_object(servers);
		zs_json_set_text(one, "server", view->server);
		zs_json_set_text(one, "address", view->address);
		zs_json_set_text(one, "reply", replies[view->reply]);
		zs_json_set_text(one, "transport", view->by_tcp ? "tcp" : "udp");
		zs_json_set_bool(one, "validated", view->validated);
		zs_json_set_int(one, "ds_count", (int64_t)view->ds_count);
		zs_json_set_int(one, "ttl", view->ttl);
		zs_json_set_text(one, "why", view->why);
	}
}
