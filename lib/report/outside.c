/* outside.c - from a look to steps: the chain of trust and the answers that come through it. */
#include "report/outside.h"

#include <stdarg.h>
#include <string.h>

#include "dns/algorithm.h"
#include "report/outside_private.h"

struct zs_step *zs_outside_add(struct zs_outside_judge *j, enum zs_mark mark, const char *id, const char *subject, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct zs_step *step = &ZS_PUSH(j->run->arena, j->steps, j->count, j->room);
	*step = (struct zs_step){ .mark = mark, .part = j->part, .id = id, .subject = subject, .ede = -1,
		                  .text = zs_arena_vprintf(j->run->arena, format, args) };
	va_end(args);
	return step;
}

const char *zs_outside_name(const struct zs_outside_judge *j, const uint8_t *name)
{
	char text[ZS_NAME_TEXT];
	return zs_arena_strdup(j->run->arena, zs_name_text(name, text));
}

int zs_outside_ede(const char *why)
{
	static const struct {
		const char *words;
		int code;
	} known[] = {
		{ "signature expired", 7 }, { "signature before inception", 8 },        { "not yet valid", 8 },    { "No DNSKEY", 9 },
		{ "no DNSKEY", 9 },         { "DS hash mismatches key", 9 },            { "no keys have a DS", 9 }, { "no signatures", 10 },
		{ "no NSEC", 12 },          { "nodata proof failed", 12 },              { "nameerror proof failed", 12 }, { "missing NSEC", 12 },
	};
	for (size_t i = 0; why && i < ZS_COUNT(known); i++)
		if (strstr(why, known[i].words))
			return known[i].code;
	return 6; /* DNSSEC Bogus */
}

/* -- the chain */

/* The DS of a link that leads to one of its keys; SIZE_MAX: none. */
static size_t leading_ds(const struct zs_outside_judge *j, const struct zs_link_view *link, const struct zs_bytes *keys, size_t key_count, uint16_t *tag)
{
	for (size_t d = 0; d < link->ds.count; d++)
		for (size_t k = 0; k < key_count; k++) {
			if (keys[k].len < 5)
				continue;
			const struct zs_key key = { .tag = zs_key_tag(keys[k].data, keys[k].len), .algorithm = keys[k].data[3], .rdata = keys[k] };
			*tag = key.tag;
			if (zs_live_ds_matches(j->run, link->zone, link->ds.data[d], &key))
				return d;
		}
	return SIZE_MAX;
}

/* The keys of a zone whose chain is broken, as its own servers show them. */
static const struct zs_server_look *first_with_keys(const struct zs_look *look)
{
	for (size_t i = 0; i < look->server_count; i++)
		if (look->servers[i].dnskey_count)
			return &look->servers[i];
	return NULL;
}

static void judge_broken(struct zs_outside_judge *j, const struct zs_link_view *link, const char *subject, bool last)
{
	const struct zs_server_look *server = last ? first_with_keys(j->look) : NULL;
	uint16_t tag;
	struct zs_step *step;
	if (server && link->ds.count && leading_ds(j, link, server->dnskeys, server->dnskey_count, &tag) == SIZE_MAX) {
		step = zs_outside_add(j, ZS_MARK_FAIL, "ds-mismatch", subject,
		                      "the parent has %zu DS, and none of them leads to a key that %s serves: validators answer SERVFAIL", link->ds.count, server->server);
		step->ede = 9;
		step->rfc = "RFC 4035 section 5.2";
		step->advice = "put the DS that 'zonesign ds' prints at the registrar, or delete the wrong ones there";
		return;
	}
	step = zs_outside_add(j, ZS_MARK_FAIL, "chain-bogus", subject, "bogus: %s", link->dnskey.why ? link->dnskey.why : "it does not validate");
	step->ede = zs_outside_ede(link->dnskey.why);
	step->rfc = "RFC 4035 section 5";
	if (last && j->look->without_validation)
		step->text = ZS_OUTSIDE_TEXT(j, "%s (without validation, as dig +cd asks, it answers)", step->text);
	step->advice = link == j->look->links ? "is the trust anchor the right one, the clock right, and does a resolver on the way take DNSSEC records out?"
	             : last                    ? "check the DS at the parent, and the DNSKEY RRset with its signatures at every server"
	                                       : "this zone is not yours to mend: tell whoever runs it";
}

/* Keys that libunbound takes, and not every validator. */
static void judge_exponents(struct zs_outside_judge *j, const struct zs_link_view *link, const char *subject)
{
	for (size_t i = 0; i < link->dnskey.count; i++) {
		const struct zs_bytes key = link->dnskey.data[i];
		const unsigned bits = zs_verify_exponent_bits(key);
		if (bits <= ZS_EXPONENT_BITS_MAX)
			continue;
		struct zs_step *step = zs_outside_add(j, ZS_MARK_WARN, "key-exponent", subject, "key %u has an RSA exponent of %u bits: BIND takes no more than %d, and the zone for bogus",
		                                      zs_key_tag(key.data, key.len), bits, ZS_EXPONENT_BITS_MAX);
		step->rfc = "RFC 3110 section 2";
		step->advice = "roll to a key of the usual exponent 65537, or of ECDSA";
	}
}

static void judge_link(struct zs_outside_judge *j, size_t i)
{
	const struct zs_link_view *link = &j->look->links[i];
	const char *subject = zs_outside_name(j, link->zone);
	const bool last = i + 1 == j->look->link_count;
	uint16_t tag = 0;
	struct zs_step *step;
	if (zs_look_is_alias(link)) {
		step = zs_outside_add(j, ZS_MARK_FAIL, "no-zone", subject, "this is no zone of its own, but an alias of %s", zs_outside_name(j, link->dnskey.canonical));
		step->rfc = "RFC 1034 section 4.2";
		step->advice = "name the zone itself";
		return;
	}
	/* no keys, proven: an unsigned zone would be insecure, a signed one without keys bogus. Opt-out leaves "no such name" unproven */
	if ((link->dnskey.security == ZS_CHAIN_SECURE && !link->dnskey.count) || (link->dnskey.security == ZS_CHAIN_INSECURE && link->dnskey.rcode == 3)) {
		step = zs_outside_add(j, ZS_MARK_FAIL, "no-zone", subject, link->dnskey.rcode == 3 ? "there is no such name%s" : "this is no zone of its own, but a name in the zone above%s",
		                      link->dnskey.security == ZS_CHAIN_SECURE ? ", and that is proven" : "");
		step->rfc = "RFC 1034 section 4.2";
		step->advice = link->dnskey.rcode == 3 ? "is the name spelled right, and registered?" : "name the zone itself";
		return;
	}
	switch (link->dnskey.security) {
	case ZS_CHAIN_SECURE:
		if (leading_ds(j, link, link->dnskey.data, link->dnskey.count, &tag) == SIZE_MAX)
			zs_outside_add(j, ZS_MARK_OK, "chain", subject, "secure: %zu key%s, proven by the trust anchor", link->dnskey.count, link->dnskey.count == 1 ? "" : "s");
		else
			zs_outside_add(j, ZS_MARK_OK, "chain", subject, "secure: a DS leads to key %u; %zu key%s", tag, link->dnskey.count, link->dnskey.count == 1 ? "" : "s");
		judge_exponents(j, link, subject);
		return;
	case ZS_CHAIN_BOGUS: judge_broken(j, link, subject, last); return;
	case ZS_CHAIN_INSECURE:
		if (i && j->look->links[i - 1].dnskey.security == ZS_CHAIN_INSECURE) {
			zs_outside_add(j, ZS_MARK_NOTE, "chain", subject, "insecure: it is below a zone without DS");
			return;
		}
		step = zs_outside_add(j, ZS_MARK_WARN, "insecure", subject, "not validated: %s",
		                      link->ds.count ? "its DS are of a kind that validators do not know" : "its parent proves that there is no DS");
		step->ede = link->ds.count ? 2 : -1; /* Unsupported DS Digest Type */
		step->rfc = "RFC 4035 section 4.3";
		step->advice = last ? "put the DS that 'zonesign ds' prints at the registrar; until then TLSA records are inert" : "ask whoever runs it to sign";
		return;
	case ZS_CHAIN_UNKNOWN: break;
	}
	step = zs_outside_add(j, ZS_MARK_FAIL, "chain-unreachable", subject, "%s", link->dnskey.why ? link->dnskey.why : "no answer");
	step->unreachable = true;
	step->ede = 22; /* No Reachable Authority */
	step->advice = "is there a way to the network, and to port 53? --resolver ADDRESS asks a resolver in place of the authoritative servers";
}

static bool same_ds(const struct zs_server_view *a, const struct zs_server_view *b)
{
	bool same = a->ds_count == b->ds_count;
	for (size_t i = 0; same && i < a->ds_count; i++)
		same = zs_bytes_equal(a->ds[i], b->ds[i]);
	return same;
}

static void forged_parent(struct zs_outside_judge *j, const char *subject, const struct zs_server_view *view)
{
	struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "parent-bogus", subject, "%s", view->why ? view->why : "its answer does not validate");
	step->ede = 6;
	step->rfc = "RFC 4035 section 5.3";
	step->advice = "tell the registry: one of its servers has bad signatures, or somebody forges its answers on the way";
}

/* The servers of the parent, one by one. */
static void judge_parent_servers(struct zs_outside_judge *j)
{
	const struct zs_observation *seen = &j->look->parent;
	const struct zs_server_view *first = NULL;
	for (size_t i = 0; i < seen->server_count; i++) {
		const struct zs_server_view *view = &seen->servers[i];
		const char *subject = strcmp(view->server, view->address) ? ZS_OUTSIDE_TEXT(j, "%s at %s", view->server, view->address) : view->address;
		if (view->reply == ZS_REPLY_UNREACHABLE)
			zs_outside_add(j, ZS_MARK_NOTE, "parent-unreachable", subject, "%s", view->why);
		else if (view->reply != ZS_REPLY_ANSWERED)
			zs_outside_add(j, ZS_MARK_WARN, "parent-silent", subject, "this server of the parent does not tell the DS: %s", view->why ? view->why : "no answer");
		else if (seen->chain == ZS_CHAIN_SECURE && !view->validated)
			forged_parent(j, subject, view);
		else if (first && !same_ds(first, view))
			zs_outside_add(j, ZS_MARK_WARN, "parent-differs", subject, "it shows other DS records than %s: the parent's servers differ", first->server)
			    ->advice = "wait: a change is under way. If it stays so, tell the registrar";
		else if (!first)
			first = view;
	}
}

/* Our keys against what the parent shows. */
static void judge_delegation(struct zs_outside_judge *j)
{
	static const char *const words[] = {
		[ZS_VERDICT_RIGHT] = "is right", [ZS_VERDICT_MISSING] = "is missing", [ZS_VERDICT_SHA1] = "is made with SHA-1, which validators need not take",
		[ZS_VERDICT_WRONG] = "has tag and algorithm of our key, and another digest", [ZS_VERDICT_LEAVING] = "is of a key whose DS is not wanted now",
		[ZS_VERDICT_EXTRA] = "leads to no key of the zone",
	};
	const struct zs_delegation *d = j->known ? j->known->delegation : NULL;
	for (size_t i = 0; d && d->answered && i < d->finding_count; i++) {
		const struct zs_finding *f = &d->findings[i];
		const bool right = f->verdict == ZS_VERDICT_RIGHT;
		struct zs_step *step = zs_outside_add(j, right ? ZS_MARK_OK : ZS_MARK_WARN, right ? "ds" : "ds-differs", d->zone_text, "DS %u %u %u at the parent %s",
		                                      zs_get_u16(f->ds.data), f->ds.data[2], f->ds.data[3], words[f->verdict]);
		step->advice = f->advice;
	}
	if (d && d->broken) {
		struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "ds-broken", d->zone_text, "%s", d->summary);
		step->ede = 9;
		step->rfc = "RFC 4035 section 5.2";
		step->advice = "put the DS that 'zonesign ds' prints at the registrar, and delete the others there";
	}
}

/* DS that lead nowhere beside one that does. Only where no configuration knows better. */
static void judge_extra_ds(struct zs_outside_judge *j)
{
	const struct zs_link_view *link = j->look->link_count > 1 ? &j->look->links[j->look->link_count - 1] : NULL;
	if (!link || link->dnskey.security != ZS_CHAIN_SECURE || zs_look_is_alias(link) || (j->known && j->known->delegation))
		return;
	for (size_t d = 0; d < link->ds.count; d++) {
		struct zs_link_view one = *link;
		uint16_t tag;
		one.ds.data = &link->ds.data[d];
		one.ds.count = 1;
		if (link->ds.data[d].len > 4 && leading_ds(j, &one, link->dnskey.data, link->dnskey.count, &tag) == SIZE_MAX)
			zs_outside_add(j, ZS_MARK_NOTE, "ds-extra", zs_outside_name(j, link->zone), "DS %u %u %u leads to no key of the zone: one to come, or a left-over",
			               zs_get_u16(link->ds.data[d].data), link->ds.data[d].data[2], link->ds.data[d].data[3]);
	}
}

/* -- answers through the chain */

static const char *question_of(struct zs_outside_judge *j, const struct zs_lookup_view *view)
{
	char type[ZS_TYPE_TEXT];
	return ZS_OUTSIDE_TEXT(j, "%s %s", zs_outside_name(j, view->name), zs_type_text(view->type, type));
}

static void judge_lookup(struct zs_outside_judge *j, const struct zs_lookup_view *view, enum zs_probe_kind kind, size_t *good)
{
	const char *zone = zs_outside_name(j, j->look->zone);
	struct zs_step *step;
	if (view->security == ZS_CHAIN_BOGUS) {
		step = zs_outside_add(j, ZS_MARK_FAIL, "bogus", zone, "validators answer SERVFAIL: %s", view->why ? view->why : "bogus");
		step->ede = zs_outside_ede(view->why);
		step->rfc = view->count || kind == ZS_PROBE_DATA ? "RFC 4035 section 5.3" : "RFC 4035 section 5.4";
		step->advice = "the servers' own answers above show which of them is wrong";
	} else if (view->security == ZS_CHAIN_UNKNOWN) {
		step = zs_outside_add(j, ZS_MARK_FAIL, "no-answer", zone, "%s", view->why ? view->why : "no answer");
		step->unreachable = true;
		step->ede = 22;
		step->advice = "the servers' own answers above show which of them keeps silent";
	} else if (kind == ZS_PROBE_ENT && view->rcode == 3) {
		step = zs_outside_add(j, ZS_MARK_FAIL, "ent-nxdomain", question_of(j, view), "a resolver is told NXDOMAIN, although there are names below");
		step->rfc = "RFC 8020 section 2";
		step->advice = "the servers above show which of them says so";
	} else {
		++*good;
	}
}

/* The chain ends before the zone: for one cause, which was said. */
static void nothing_comes(struct zs_outside_judge *j, const struct zs_link_view *last)
{
	const bool bogus = last->dnskey.security == ZS_CHAIN_BOGUS;
	struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, bogus ? "bogus" : "no-answer", zs_outside_name(j, last->zone),
	                                      bogus ? "validators answer SERVFAIL to every question about it" : "nothing about it can be asked");
	step->unreachable = !bogus;
	step->ede = bogus ? zs_outside_ede(last->dnskey.why) : 22;
	step->rfc = bogus ? "RFC 4035 section 5.5" : NULL;
	step->advice = bogus ? "mend the chain of trust first" : "look from a network that reaches its servers, or name a resolver with --resolver";
}

static void judge_lookups(struct zs_outside_judge *j)
{
	const struct zs_look *look = j->look;
	const struct zs_link_view *last = look->link_count ? &look->links[look->link_count - 1] : NULL;
	size_t good = 0, secure = 0;
	if (last && (last->dnskey.security == ZS_CHAIN_BOGUS || last->dnskey.security == ZS_CHAIN_UNKNOWN)) {
		nothing_comes(j, last);
		return;
	}
	for (size_t i = 0; i < look->lookup_count; i++) {
		judge_lookup(j, &look->lookups[i], look->lookup_probes[i].kind, &good);
		secure += look->lookups[i].security == ZS_CHAIN_SECURE;
	}
	if (good && last && last->dnskey.security == ZS_CHAIN_SECURE && secure < good)
		zs_outside_add(j, ZS_MARK_WARN, "opt-out", zs_outside_name(j, look->zone), "%zu of %zu answers are not secure: opt-out or a zone below leaves them without proof",
		               good - secure, good)->rfc = "RFC 5155 section 6";
	if (good)
		zs_outside_add(j, ZS_MARK_OK, "answers", zs_outside_name(j, look->zone), "%zu of %zu answers came through the chain, %zu secure: data, no data, no name",
		               good, look->lookup_count, secure);
}

static void summarize(struct zs_outside_judge *j, struct zs_outside *out)
{
	const struct zs_step *worst = NULL;
	bool broken = false, silent = false;
	for (size_t i = 0; i < j->count; i++) {
		const struct zs_step *step = &j->steps[i];
		out->counts[step->mark]++;
		broken = broken || (step->mark == ZS_MARK_FAIL && !step->unreachable);
		silent = silent || (step->mark == ZS_MARK_FAIL && step->unreachable);
	}
	for (size_t i = 0; i < j->count && !worst; i++)
		if (j->steps[i].mark == (out->counts[ZS_MARK_FAIL] ? ZS_MARK_FAIL : ZS_MARK_WARN) && (!broken || !j->steps[i].unreachable))
			worst = &j->steps[i];
	out->fault = broken ? ZS_REFUSED : silent ? ZS_FAILED : ZS_DONE;
	out->summary = worst ? ZS_OUTSIDE_TEXT(j, "%s: %s", worst->subject, worst->text) : "all is right";
}

static void nothing_asked(struct zs_outside_judge *j, const char *subject)
{
	struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "nothing-asked", subject, "%s", j->look->why);
	step->unreachable = true;
	step->advice = "are the files of --trust-anchor and --root-hints there, and is --timeout long enough for so many zones?";
}

void zs_report_outside(struct zs_run *run, const struct zs_look *look, const struct zs_outside_known *known, struct zs_outside *out)
{
	struct zs_outside_judge j = { .run = run, .look = look, .known = known };
	*out = (struct zs_outside){ .look = look, .zone_text = zs_outside_name(&j, look->zone) };
	if (look->why)
		nothing_asked(&j, out->zone_text);
	for (size_t i = 0; i < look->link_count; i++)
		judge_link(&j, i);
	judge_parent_servers(&j);
	judge_delegation(&j);
	judge_extra_ds(&j);
	j.part = ZS_STEP_SERVERS;
	zs_outside_servers(&j);
	j.part = ZS_STEP_ANSWERS;
	judge_lookups(&j);
	j.part = ZS_STEP_HOSTS;
	zs_outside_hosts(&j);
	if (look->left_out)
		zs_outside_add(&j, ZS_MARK_WARN, "left-out", out->zone_text, "%s", look->left_out);
	out->steps = j.steps;
	out->step_count = j.count;
	summarize(&j, out);
}
