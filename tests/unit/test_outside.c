/* test_outside.c - a look from outside, made by hand, and the steps that follow from it: one right world, and what one change of it does. */
#include "unit.h"

#include <string.h>

#include "dane/dane.h"
#include "dns/algorithm.h"
#include "dns/type.h"
#include "report/outside.h"

enum { NOW = 1796083200, HOUR = 3600, DAY = 86400 };
static const uint8_t zone_name[] = "\1a\4test", mail_name[] = "\4mail\1a\4test", tlsa_name[] = "\3_25\4_tcp\4mail\1a\4test", tcp_name[] = "\4_tcp\4mail\1a\4test",
                     alias_name[] = "\2mx\1a\4test";
static const uint8_t key_rdata[68] = { 1, 1, 3, 13, 17 }, other_key[68] = { 1, 1, 3, 13, 18 };
static const uint8_t tlsa_rdata[35] = { 3, 1, 1, 0x8c, 0xb0 }, unusable_rdata[35] = { 1, 1, 1, 9 }, sha512_rdata[67] = { 3, 1, 2, 7 }, anchor_rdata[35] = { 2, 1, 1, 5 };

/* Everything that a case may change. */
struct world {
	struct zs_run *run;
	struct zs_look look;
	struct zs_outside_known known;
	struct zs_delegation delegation;
	struct zs_link_view links[3];
	struct zs_bytes key, ds, tlsa[3], mx_data, address;
	struct zs_server_view parents[2];
	struct zs_server_look servers[2];
	struct zs_probe plan[5];
	struct zs_probe_view views[2][5];
	struct zs_lookup_view lookups[2];
	struct zs_service_view service;
	struct zs_talk_view talks[4];
	struct zs_finding finding;
	struct zs_tlsa_facts made;
};

static struct zs_lookup_view view_of(const uint8_t *name, uint16_t type, const struct zs_bytes *data, size_t count)
{
	return (struct zs_lookup_view){ .name = name, .canonical = name, .type = type, .security = ZS_CHAIN_SECURE, .data = data, .count = count };
}

static void make_servers(struct world *w)
{
	static const enum zs_probe_kind kinds[] = { ZS_PROBE_DATA, ZS_PROBE_DATA, ZS_PROBE_ANY, ZS_PROBE_ENT, ZS_PROBE_NXDOMAIN };
	static const uint16_t types[] = { ZS_TYPE_SOA, ZS_TYPE_SOA, ZS_TYPE_DNSKEY, ZS_TYPE_A, ZS_TYPE_A };
	static const enum zs_answer_kind answers[] = { ZS_ANSWER_POSITIVE, ZS_ANSWER_POSITIVE, ZS_ANSWER_POSITIVE, ZS_ANSWER_NODATA, ZS_ANSWER_NXDOMAIN };
	for (size_t p = 0; p < 5; p++) {
		w->plan[p] = (struct zs_probe){ .kind = kinds[p], .name = p == 3 ? tcp_name : zone_name, .type = types[p], .tcp = p == 1 };
		for (size_t s = 0; s < 2; s++)
			w->views[s][p] = (struct zs_probe_view){ .probe = &w->plan[p], .asked = true, .reply = ZS_REPLY_ANSWERED, .ede = -1, .ede_text = "",
				.answer = { .rcode = p == 4 ? ZS_RCODE_NXDOMAIN : ZS_RCODE_NOERROR, .authoritative = true },
				.verdict = { .state = ZS_ANSWER_SECURE, .kind = answers[p], .ede = -1, .expires = NOW + 10 * DAY } };
	}
	for (size_t s = 0; s < 2; s++)
		w->servers[s] = (struct zs_server_look){ .server = s ? "ns2.a.test." : "ns1.a.test.", .address = s ? "192.0.2.2" : "192.0.2.1", .probes = w->views[s],
			.probe_count = 5, .dnskeys = &w->key, .dnskey_count = 1, .has_serial = true, .serial = 9 };
}

static struct world *make_world(struct zs_run *run)
{
	struct world *w = zs_arena_alloc(run->arena, sizeof *w);
	uint8_t *ds = zs_arena_alloc(run->arena, 52);
	w->run = run;
	w->key = (struct zs_bytes){ key_rdata, sizeof key_rdata };
	ck_assert(zs_ds_make(run, zone_name, w->key, 2, ds, &w->ds.len));
	w->ds.data = ds;
	w->links[0] = (struct zs_link_view){ .zone = zone_name + 7, .ds.rcode = -1, .dnskey = view_of(zone_name + 7, ZS_TYPE_DNSKEY, &w->key, 1) };
	w->links[1] = (struct zs_link_view){ .zone = zone_name + 2, .ds = view_of(zone_name + 2, ZS_TYPE_DS, &w->ds, 1), .dnskey = view_of(zone_name + 2, ZS_TYPE_DNSKEY, &w->key, 1) };
	w->links[2] = (struct zs_link_view){ .zone = zone_name, .ds = view_of(zone_name, ZS_TYPE_DS, &w->ds, 1), .dnskey = view_of(zone_name, ZS_TYPE_DNSKEY, &w->key, 1) };
	for (size_t i = 0; i < 2; i++)
		w->parents[i] = (struct zs_server_view){ .server = i ? "p2.test." : "p1.test.", .address = i ? "192.0.2.54" : "192.0.2.53", .reply = ZS_REPLY_ANSWERED,
			                                 .validated = true, .ds = &w->ds, .ds_count = 1 };
	make_servers(w);
	w->lookups[0] = view_of(zone_name, ZS_TYPE_SOA, &w->key, 1);
	w->lookups[1] = view_of(tcp_name, ZS_TYPE_A, NULL, 0);
	static const uint8_t mx[] = "\0\12\4mail\1a\4test";
	w->mx_data = (struct zs_bytes){ mx, sizeof mx };
	w->tlsa[0] = (struct zs_bytes){ tlsa_rdata, sizeof tlsa_rdata };
	w->address = (struct zs_bytes){ (const uint8_t *)"\300\0\2\31", 4 };
	for (size_t i = 0; i < 4; i++)
		w->talks[i] = (struct zs_talk_view){ .address = i < 2 ? "192.0.2.25" : "192.0.2.26", .family = i % 2 ? ZS_FAMILY_RSA : ZS_FAMILY_ECDSA,
			.end = i % 2 ? ZS_TALK_TLS : ZS_TALK_DONE, .why = i % 2 ? "handshake failure" : NULL, .protocol = "TLSv1.3", .cipher = "TLS_AES_256_GCM_SHA384",
			.verified = !(i % 2), .matched = w->tlsa[0], .chain = &w->key, .chain_count = 1, .subject = "mail", .error = "no matching DANE TLSA records" };
	w->service = (struct zs_service_view){ .host = mail_name, .base = mail_name, .port = 25, .mx = true, .smtp = true, .tlsa = view_of(tlsa_name, ZS_TYPE_TLSA, w->tlsa, 1),
		.a = view_of(mail_name, ZS_TYPE_A, &w->address, 1), .aaaa = view_of(mail_name, ZS_TYPE_AAAA, NULL, 0), .talks = w->talks, .talk_count = 2 };
	w->look = (struct zs_look){ .time = NOW, .zone = zone_name, .links = w->links, .link_count = 3, .lookups = w->lookups, .lookup_probes = w->plan + 2, .lookup_count = 2,
		.parent = { .parent = "test.", .chain = ZS_CHAIN_SECURE, .servers = w->parents, .server_count = 2 }, .plan = w->plan, .plan_count = 5,
		.servers = w->servers, .server_count = 2, .mx = view_of(zone_name, ZS_TYPE_MX, &w->mx_data, 1), .services = &w->service, .service_count = 1 };
	return w;
}

static const struct zs_step *find(const struct zs_outside *got, enum zs_mark mark, const char *id)
{
	for (size_t i = 0; i < got->step_count; i++)
		if (got->steps[i].mark == mark && strcmp(got->steps[i].id, id) == 0)
			return &got->steps[i];
	return NULL;
}

static void bogus(struct zs_lookup_view *view, const char *why)
{
	view->security = ZS_CHAIN_BOGUS;
	view->why = why;
	view->count = 0;
}

static void nothing(struct world *w) { (void)w; }
static void no_ds(struct world *w)
{
	w->links[2].ds.count = 0;
	w->links[2].dnskey.security = w->look.mx.security = w->service.tlsa.security = w->service.a.security = w->service.aaaa.security = ZS_CHAIN_INSECURE;
}
static void no_name(struct world *w) { w->links[2].dnskey.count = 0, w->links[2].dnskey.rcode = 3; }
static void no_name_opt_out(struct world *w) { no_name(w), w->links[2].dnskey.security = ZS_CHAIN_INSECURE; }
static void no_cut(struct world *w) { w->links[2].dnskey.count = 0; }
static void no_zone_but_alias(struct world *w) { w->links[2].dnskey.canonical = mail_name; }
static void strange_ds(struct world *w) { w->links[2].dnskey.security = ZS_CHAIN_INSECURE; }
static void servfail(struct world *w)
{
	bogus(&w->links[2].dnskey, "a.test. DNSKEY does not validate: signature expired");
	w->look.without_validation = true;
}
static void wrong_ds(struct world *w)
{
	static const uint8_t ds[36] = { 1, 2, 13, 2, 9 };
	servfail(w);
	w->ds = (struct zs_bytes){ ds, sizeof ds };
}
static void no_network(struct world *w)
{
	for (size_t i = 0; i < 3; i++)
		w->links[i].dnskey = (struct zs_lookup_view){ .name = w->links[i].zone, .why = "no answer in time", .rcode = -1 };
	w->look.server_count = w->look.service_count = w->look.lookup_count = w->look.parent.server_count = 0;
	w->look.mx = (struct zs_lookup_view){ .name = zone_name, .rcode = -1 };
	w->look.servers_why = "no answer in time";
}
static void parents_differ(struct world *w) { w->parents[1].ds_count = 0; }
static void parent_forged(struct world *w) { w->parents[1].validated = false; }
static void serial_lags(struct world *w) { w->servers[1].serial = 7; }
static void serial_not_loaded(struct world *w) { w->known.has_serial = true, w->known.serial = 10; }
static void keys_differ(struct world *w)
{
	static const struct zs_bytes key = { other_key, sizeof other_key };
	w->servers[1].dnskeys = &key;
}
static void answer_fails(struct world *w, size_t at, int ede, const char *why)
{
	w->views[1][at].verdict = (struct zs_answer_verdict){ .state = ZS_ANSWER_BOGUS, .kind = w->views[1][at].verdict.kind, .ede = ede, .why = why, .rfc = "RFC 4035 section 5.3" };
}
static void expired(struct world *w) { answer_fails(w, 0, 7, "the signature expired"); }
static void ends_soon(struct world *w) { w->views[0][2].verdict.expires = NOW + 2 * DAY; }
static void ent_nxdomain(struct world *w) { w->views[1][3].answer.rcode = ZS_RCODE_NXDOMAIN, w->views[1][3].verdict.kind = ZS_ANSWER_NXDOMAIN; }
static void ent_at_resolver(struct world *w)
{
	w->lookups[1].rcode = 3;
	w->look.lookup_probes = w->plan + 2; /* the second is the empty non-terminal */
}
static void server_says(struct world *w)
{
	w->views[1][0].answer.rcode = ZS_RCODE_SERVFAIL, w->views[1][0].verdict.kind = ZS_ANSWER_NONE;
	w->views[1][0].ede = 14, w->views[1][0].ede_text = "loading";
}
static void silent(struct world *w)
{
	for (size_t i = 0; i < 5; i++)
		w->views[1][i].reply = ZS_REPLY_SILENT, w->views[1][i].why = "no answer";
	w->servers[1].has_serial = false;
}
static void no_tcp(struct world *w) { w->views[1][1].reply = ZS_REPLY_SILENT, w->views[1][1].why = "Connection refused"; }
static void lame(struct world *w)
{
	for (size_t i = 0; i < 5; i++)
		w->views[1][i].answer.authoritative = false;
	w->servers[1].has_serial = false;
}
static void lame_alias(struct world *w)
{
	for (size_t i = 0; i < 2; i++)
		w->views[1][i].verdict.kind = ZS_ANSWER_ALIAS;
	w->servers[1].has_serial = false;
}
static void no_edns(struct world *w)
{
	for (size_t i = 0; i < 5; i++)
		w->views[1][i].answer = (struct zs_answer){ .rcode = ZS_RCODE_FORMERR };
	w->servers[1].has_serial = false;
}
static void lookup_bogus(struct world *w) { bogus(&w->lookups[1], "no NSEC records"); }
static void mx_bogus(struct world *w) { bogus(&w->look.mx, "signature expired"); }
static void talk_ends(struct world *w, enum zs_talk_end end, const char *why)
{
	for (size_t i = 0; i < 2; i++)
		w->talks[i].end = end, w->talks[i].why = why, w->talks[i].verified = false;
}
static void no_starttls(struct world *w) { talk_ends(w, ZS_TALK_NO_STARTTLS, "it offers no STARTTLS"); }
static void unreachable(struct world *w) { talk_ends(w, ZS_TALK_SILENT, "connection timed out"); }
static void no_tls(struct world *w) { talk_ends(w, ZS_TALK_TLS, "handshake failure"); }
static void no_tls_either_way(struct world *w) { talk_ends(w, ZS_TALK_TLS, "handshake failure"), w->talks[0].why = "internal error"; }
static void mismatch(struct world *w) { w->talks[0].verified = false; }
static void unusable(struct world *w)
{
	w->tlsa[0] = (struct zs_bytes){ unusable_rdata, sizeof unusable_rdata };
	w->talks[0].verified = false;
}
static void one_unusable(struct world *w) { w->tlsa[1] = (struct zs_bytes){ unusable_rdata, sizeof unusable_rdata }, w->service.tlsa.count = 2; }
static void outranked(struct world *w) { w->tlsa[1] = (struct zs_bytes){ sha512_rdata, sizeof sha512_rdata }, w->service.tlsa.count = 2; }
static void family_differs(struct world *w)
{
	static const struct zs_bytes rsa = { other_key, sizeof other_key };
	w->talks[1].end = ZS_TALK_DONE, w->talks[1].verified = false, w->talks[1].chain = &rsa;
}
static void address_differs(struct world *w) { w->service.talk_count = 4, w->talks[2].verified = false; }
static void address_closed(struct world *w)
{
	w->service.talk_count = 4;
	for (size_t i = 2; i < 4; i++)
		w->talks[i].end = ZS_TALK_SILENT, w->talks[i].why = "Connection refused";
}
static void stale(struct world *w)
{
	w->tlsa[1] = (struct zs_bytes){ anchor_rdata, sizeof anchor_rdata }, w->service.tlsa.count = 2;
	memcpy(w->made.owner, tlsa_name, sizeof tlsa_name);
	w->made.rdata = w->tlsa[0];
	w->known.has_tlsa = true, w->known.tlsa = &w->made, w->known.tlsa_count = 1;
}
static void next_key(struct world *w)
{
	stale(w);
	w->made.rdata = w->tlsa[1];
}
static void no_tlsa(struct world *w) { w->service.tlsa.count = 0, w->talks[0].verified = false; }
static void tlsa_bogus(struct world *w) { bogus(&w->service.tlsa, "nodata proof failed"); }
static void tlsa_timeout(struct world *w) { w->service.tlsa = (struct zs_lookup_view){ .name = tlsa_name, .rcode = -1, .why = "no answer" }; }
static void address_insecure(struct world *w) { w->service.a.security = ZS_CHAIN_INSECURE; }
static void address_unknown(struct world *w) { w->service.aaaa = (struct zs_lookup_view){ .name = mail_name, .canonical = mail_name, .rcode = 2, .why = "no server gives an answer" }; }
static void no_address(struct world *w) { w->service.a.count = 0, w->service.talk_count = 0; }
static void alias(struct world *w) { w->service.host = alias_name, w->service.a.canonical = mail_name; }
static void ds_missing(struct world *w)
{
	w->finding = (struct zs_finding){ .verdict = ZS_VERDICT_MISSING, .ds = w->ds, .advice = "add it at Gandi" };
	w->delegation = (struct zs_delegation){ .zone_text = "a.test.", .answered = 1, .findings = &w->finding, .finding_count = 1 };
	w->known.delegation = &w->delegation;
}
static void ds_broken(struct world *w)
{
	ds_missing(w);
	w->delegation.broken = true, w->delegation.summary = "none of them leads to a key";
}
static void too_slow(struct world *w) { w->views[1][4].asked = false, w->views[1][4].reply = ZS_REPLY_SILENT; }
static void foreign(struct world *w) { w->service.foreign = true, w->service.port = 143, w->service.smtp = w->service.mx = false, w->service.talk_count = 0; }
static void long_exponent(struct world *w)
{
	static uint8_t rsa[4 + 1 + 5 + 256] = { 1, 1, 3, 8, 5, 8, 0, 0, 0, 1, 0x80 }; /* e = 2^35 + 1 */
	rsa[sizeof rsa - 1] = 1;
	struct zs_bytes *keys = zs_arena_array(w->run->arena, 2, sizeof *keys);
	keys[0] = w->key;
	keys[1] = (struct zs_bytes){ rsa, sizeof rsa };
	w->links[2].dnskey.data = keys;
	w->links[2].dnskey.count = 2;
}
static void left_out(struct world *w) { w->look.left_out = "only 256 connections were made"; }

static const struct {
	void (*change)(struct world *);
	enum zs_mark mark;
	const char *id, *text;
	const char *rfc; /* or NULL: not looked at */
	int ede;
	enum zs_fault fault;
} cases[] = {
	{ nothing, ZS_MARK_OK, "verified", "Verified TLS connection established to mail.a.test[192.0.2.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384, ECDSA certificate CN=mail, matched 3 1 1 8cb00000.. at depth 0", NULL, -1, ZS_DONE },
	{ nothing, ZS_MARK_OK, "server", "serial 9, 5 of 5 answers right, 5 of them secure; signatures last until 2026-12-11 00:00 UTC", NULL, -1, ZS_DONE },
	/* L301 */
	{ no_ds, ZS_MARK_WARN, "insecure", "not validated: its parent proves that there is no DS", "RFC 4035", -1, ZS_DONE },
	{ no_ds, ZS_MARK_WARN, "mx-insecure", "MX is not validated (no DS at the parent)", "RFC 7672", -1, ZS_DONE },
	{ no_ds, ZS_MARK_WARN, "tlsa-insecure", "inert", "RFC 7672", -1, ZS_DONE },
	{ address_insecure, ZS_MARK_WARN, "tlsa-insecure", "the host's address is not validated", "RFC 7672", -1, ZS_DONE },
	{ strange_ds, ZS_MARK_WARN, "insecure", "its DS are of a kind that validators do not know", "RFC 4035", 2, ZS_DONE },
	{ no_name, ZS_MARK_FAIL, "no-zone", "there is no such name, and that is proven", "RFC 1034", -1, ZS_REFUSED },
	{ no_name_opt_out, ZS_MARK_FAIL, "no-zone", "there is no such name", "RFC 1034", -1, ZS_REFUSED },
	{ no_cut, ZS_MARK_FAIL, "no-zone", "this is no zone of its own, but a name in the zone above", "RFC 1034", -1, ZS_REFUSED },
	{ no_zone_but_alias, ZS_MARK_FAIL, "no-zone", "this is no zone of its own, but an alias of mail.a.test.", "RFC 1034", -1, ZS_REFUSED },
	{ long_exponent, ZS_MARK_WARN, "key-exponent", "has an RSA exponent of 36 bits: BIND takes no more than 35", "RFC 3110", -1, ZS_DONE },
	/* L302 */
	{ servfail, ZS_MARK_FAIL, "chain-bogus", "without validation, as dig +cd asks, it answers", "RFC 4035", 7, ZS_REFUSED },
	{ wrong_ds, ZS_MARK_FAIL, "ds-mismatch", "none of them leads to a key that ns1.a.test. serves", "RFC 4035 section 5.2", 9, ZS_REFUSED },
	{ mx_bogus, ZS_MARK_FAIL, "mx-bogus", "Host not found, try again", "RFC 7672", 7, ZS_REFUSED },
	{ tlsa_bogus, ZS_MARK_FAIL, "tlsa-bogus", "DANE senders defer mail: whether it has TLSA is not proven", "RFC 7672", 12, ZS_REFUSED },
	{ lookup_bogus, ZS_MARK_FAIL, "bogus", "validators answer SERVFAIL", "RFC 4035 section 5.4", 12, ZS_REFUSED },
	/* L303 */
	{ no_starttls, ZS_MARK_FAIL, "no-starttls", "mail.a.test[192.0.2.25]:25 offers no STARTTLS but TLSA exists: senders will defer", "RFC 7672", -1, ZS_REFUSED },
	/* L304 */
	{ mismatch, ZS_MARK_FAIL, "tlsa-mismatch", "published: 3 1 1 8cb00000..", "RFC 7671", -1, ZS_REFUSED },
	/* L305 */
	{ unusable, ZS_MARK_WARN, "tlsa-all-unusable", "TLS is required, and nothing is verified", "RFC 7672", -1, ZS_DONE },
	{ one_unusable, ZS_MARK_WARN, "tlsa-unusable", "usages 0 and 1 are not for SMTP", "RFC 7672", -1, ZS_DONE },
	{ outranked, ZS_MARK_NOTE, "tlsa-outranked", "3 1 1 8cb00000.. is not looked at", "RFC 7671 section 9", -1, ZS_DONE },
	/* L306 is in tests/e2e/live.sh: it needs real certificates. L307 */
	{ family_differs, ZS_MARK_FAIL, "keys-differ", "the ECDSA certificate is verified and the RSA certificate is not", "RFC 7671", -1, ZS_REFUSED },
	{ address_differs, ZS_MARK_FAIL, "addresses-differ", "[192.0.2.26] ECDSA presents another key than [192.0.2.25]", "RFC 7671", -1, ZS_REFUSED },
	/* L308 */
	{ serial_lags, ZS_MARK_WARN, "serial", "it serves serial 7, ns1.a.test. serves serial 9", "RFC 1034", -1, ZS_DONE },
	{ serial_not_loaded, ZS_MARK_WARN, "serial-old", "serial 10 was published, and the servers have 9 at most", NULL, -1, ZS_DONE },
	{ keys_differ, ZS_MARK_FAIL, "dnskey-differs", "another DNSKEY RRset than ns1.a.test.", "RFC 4035", 9, ZS_REFUSED },
	/* L309 */
	{ ent_nxdomain, ZS_MARK_FAIL, "ent-nxdomain", "_tcp.mail.a.test. is NXDOMAIN although there are names below it (breaks qname minimisation)", "RFC 8020", -1, ZS_REFUSED },
	{ ent_at_resolver, ZS_MARK_FAIL, "ent-nxdomain", "a resolver is told NXDOMAIN", "RFC 8020", -1, ZS_REFUSED },
	/* L310 */
	{ stale, ZS_MARK_WARN, "tlsa-stale", "TLSA 2 1 1 05000000.. is of no certificate in use and of none that is to come", "RFC 7671", -1, ZS_DONE },
	{ next_key, ZS_MARK_OK, "verified", "Verified", NULL, -1, ZS_DONE },
	/* L311 */
	{ ends_soon, ZS_MARK_WARN, "expires-soon", "a.test. DNSKEY expires in 2d, on 2026-12-03 00:00 UTC", "RFC 6781", -1, ZS_DONE },
	{ expired, ZS_MARK_FAIL, "answer-wrong", "a.test. SOA: the signature expired", "RFC 4035 section 5.3", 7, ZS_REFUSED },
	/* L312 */
	{ address_closed, ZS_MARK_WARN, "host-unreachable", "connect to mail.a.test[192.0.2.26]:25: Connection refused", NULL, -1, ZS_DONE },
	{ unreachable, ZS_MARK_FAIL, "host-silent", "no address of the host can be reached from here", NULL, -1, ZS_FAILED },
	/* the rest */
	{ no_tls, ZS_MARK_FAIL, "tls-failed", "Cannot start TLS with mail.a.test[192.0.2.25]:25: handshake failure; DANE senders defer mail", "RFC 7672", -1, ZS_REFUSED },
	{ no_tls_either_way, ZS_MARK_FAIL, "tls-failed", "internal error (with ECDSA), handshake failure (with RSA); DANE senders defer mail", "RFC 7672", -1, ZS_REFUSED },
	{ no_tlsa, ZS_MARK_WARN, "no-tlsa", "no TLSA: senders can be pushed to it without authentication", "RFC 7672", -1, ZS_DONE },
	{ no_tlsa, ZS_MARK_NOTE, "untrusted", "Untrusted TLS connection established to mail.a.test[192.0.2.25]:25", NULL, -1, ZS_DONE },
	{ tlsa_timeout, ZS_MARK_FAIL, "tlsa-unreachable", "the lookup of its TLSA fails: no answer", "RFC 7672", 22, ZS_FAILED },
	{ address_unknown, ZS_MARK_WARN, "address-unknown", "no server gives an answer", "RFC 7672", -1, ZS_DONE },
	{ address_unknown, ZS_MARK_OK, "verified", "Verified", NULL, -1, ZS_DONE },
	{ no_address, ZS_MARK_FAIL, "no-address", "the host has no address", "RFC 5321", -1, ZS_REFUSED },
	{ alias, ZS_MARK_WARN, "mx-alias", "the MX host is an alias of mail.a.test.", "RFC 2181", -1, ZS_DONE },
	{ no_network, ZS_MARK_FAIL, "chain-unreachable", "no answer in time", NULL, 22, ZS_FAILED },
	{ no_network, ZS_MARK_FAIL, "servers-unknown", "no answer in time", NULL, 22, ZS_FAILED },
	{ parents_differ, ZS_MARK_WARN, "parent-differs", "it shows other DS records than p1.test.", NULL, -1, ZS_DONE },
	{ parent_forged, ZS_MARK_FAIL, "parent-bogus", "does not validate", NULL, 6, ZS_REFUSED },
	{ ds_missing, ZS_MARK_WARN, "ds-differs", "at the parent is missing", NULL, -1, ZS_DONE },
	{ ds_broken, ZS_MARK_FAIL, "ds-broken", "none of them leads to a key", "RFC 4035 section 5.2", 9, ZS_REFUSED },
	{ server_says, ZS_MARK_FAIL, "answer-wrong", "it answers with rcode 2 (server failure)", NULL, 14, ZS_REFUSED },
	{ silent, ZS_MARK_FAIL, "server-unreachable", "no answer", "RFC 1034", 22, ZS_FAILED },
	{ no_tcp, ZS_MARK_WARN, "no-tcp", "it answers over UDP and not over TCP: Connection refused", "RFC 7766", -1, ZS_DONE },
	{ lame_alias, ZS_MARK_FAIL, "lame", "it has no SOA of the zone", "RFC 1034", 20, ZS_REFUSED },
	{ lame, ZS_MARK_FAIL, "lame", "it has no authority for the zone", "RFC 1034", 20, ZS_REFUSED },
	{ no_edns, ZS_MARK_FAIL, "no-edns", "it answers with rcode 1 (it does not understand the question)", "RFC 4035 section 3", 21, ZS_REFUSED },
	{ too_slow, ZS_MARK_FAIL, "time-over", "1 questions were not asked", NULL, -1, ZS_FAILED },
	{ foreign, ZS_MARK_NOTE, "foreign-port", "no connection was made", NULL, -1, ZS_DONE },
	{ left_out, ZS_MARK_WARN, "left-out", "only 256 connections were made", NULL, -1, ZS_DONE },
};

START_TEST(one_change_one_step)
{
	struct zs_run *run = zs_run_begin();
	struct world *w = make_world(run);
	struct zs_outside got;
	cases[_i].change(w);
	zs_report_outside(run, &w->look, &w->known, &got);
	const struct zs_step *step = find(&got, cases[_i].mark, cases[_i].id);
	struct zs_buf text = { .arena = run->arena, .max = 1 << 20 };
	zs_report_outside_text(run, &got, false, true, &text);
	ck_assert_msg(step != NULL, "no step %s in\n%s", cases[_i].id, zs_buf_string(&text));
	ck_assert_msg(strstr(step->text, cases[_i].text) != NULL, "%s: %s", cases[_i].id, step->text);
	ck_assert_msg(!cases[_i].rfc || (step->rfc && strncmp(step->rfc, cases[_i].rfc, strlen(cases[_i].rfc)) == 0), "%s: %s", cases[_i].id, step->rfc ? step->rfc : "-");
	ck_assert_int_eq(cases[_i].ede, step->ede);
	ck_assert_msg(got.fault == cases[_i].fault, "%s: %d\n%s", cases[_i].id, (int)got.fault, zs_buf_string(&text));
	ck_assert(got.fault == ZS_DONE || got.counts[ZS_MARK_FAIL]);
	ck_assert_ptr_nonnull(got.summary);
	for (size_t i = 0; i < got.step_count; i++) /* no failure without a way out, none that is broken without a rule */
		if (got.steps[i].mark == ZS_MARK_FAIL)
			ck_assert_msg(got.steps[i].advice && (got.steps[i].rfc || got.steps[i].unreachable), "%s: %s", got.steps[i].id, got.steps[i].text);
	zs_run_end(run);
}
END_TEST

START_TEST(the_right_world_has_no_complaint)
{
	struct zs_run *run = zs_run_begin();
	struct world *w = make_world(run);
	struct zs_outside got;
	zs_report_outside(run, &w->look, NULL, &got);
	ck_assert_uint_eq(0, got.counts[ZS_MARK_FAIL] + got.counts[ZS_MARK_WARN]);
	ck_assert_str_eq("all is right", got.summary);
	zs_run_end(run);
}
END_TEST

/* Names and texts of strangers are in pages as text, never as markup. */
START_TEST(a_page_escapes_what_strangers_say)
{
	struct zs_run *run = zs_run_begin();
	struct world *w = make_world(run);
	struct zs_outside got;
	w->views[1][0].answer.rcode = ZS_RCODE_SERVFAIL;
	w->views[1][0].ede = 0;
	w->views[1][0].ede_text = "<script>alert(1)</script>";
	w->servers[1].server = "<b>&\"'.";
	zs_report_outside(run, &w->look, NULL, &got);
	struct zs_buf page = { .arena = run->arena, .max = 1 << 20 }, svg = { .arena = run->arena, .max = 1 << 20 };
	zs_report_outside_html(run, &got, 1, &page);
	zs_report_chain_svg(run, &got, &svg);
	ck_assert_ptr_null(strstr(zs_buf_string(&page), "<script"));
	ck_assert_ptr_null(strstr(zs_buf_string(&page), "<b>"));
	ck_assert_ptr_null(strstr(zs_buf_string(&svg), "<b>"));
	ck_assert_ptr_nonnull(strstr(zs_buf_string(&page), "&lt;script&gt;"));
	ck_assert_ptr_nonnull(strstr(zs_buf_string(&page), "default-src 'none'"));
	zs_run_end(run);
}
END_TEST

ZS_SUITE(outside)
{
	Suite *suite = suite_create("outside");
	TCase *tcase = tcase_create("steps");
	tcase_add_loop_test(tcase, one_change_one_step, 0, (int)ZS_COUNT(cases));
	tcase_add_test(tcase, the_right_world_has_no_complaint);
	tcase_add_test(tcase, a_page_escapes_what_strangers_say);
	suite_add_tcase(suite, tcase);
	return suite;
}
