/* outside_hosts.c - mail and web servers as DANE clients see them, in the words of a mail log. */
#include <string.h>

#include "dane/dane.h"
#include "dns/type.h"
#include "report/outside_private.h"

enum { SHOWN = 4 };

static const char *const families[ZS_FAMILY_COUNT] = { [ZS_FAMILY_ECDSA] = "ECDSA", [ZS_FAMILY_RSA] = "RSA" };

/* "mail.example.com[192.0.2.25]:25" */
static const char *peer(struct zs_outside_judge *j, const struct zs_service_view *s, const struct zs_talk_view *t)
{
	char name[ZS_NAME_TEXT];
	const size_t len = zs_name_format(s->host, name);
	return ZS_OUTSIDE_TEXT(j, "%.*s[%s]:%u", (int)(len > 1 ? len - 1 : len), name, t->address, s->port);
}

static const char *service(struct zs_outside_judge *j, const struct zs_service_view *s)
{
	char name[ZS_NAME_TEXT];
	const size_t len = zs_name_format(s->host, name);
	return ZS_OUTSIDE_TEXT(j, "%.*s:%u", (int)(len > 1 ? len - 1 : len), name, s->port);
}

static bool is_smtp(const struct zs_service_view *s)
{
	return s->smtp || s->port == 465;
}

static size_t usable(const struct zs_service_view *s)
{
	size_t count = 0;
	for (size_t i = 0; i < s->tlsa.count; i++)
		count += !zs_dane_unusable(s->tlsa.data[i], is_smtp(s));
	return count;
}

/* The address lookup that decides: a bogus one, one that is not proven, else one that has data. */
static const struct zs_lookup_view *worst_address(const struct zs_service_view *s)
{
	const struct zs_lookup_view *both[] = { &s->a, &s->aaaa };
	for (size_t i = 0; i < 2; i++)
		if (both[i]->security == ZS_CHAIN_BOGUS)
			return both[i];
	for (size_t i = 0; i < 2; i++)
		if (both[i]->security == ZS_CHAIN_INSECURE && both[i]->count)
			return both[i];
	return s->a.count ? &s->a : &s->aaaa;
}

/* Clients look at TLSA only where the host's address and the TLSA are both proven (RFC 7672 section 2.2). */
static bool tlsa_counts(const struct zs_service_view *s)
{
	const struct zs_lookup_view *address = worst_address(s);
	return s->tlsa.count && s->tlsa.security == ZS_CHAIN_SECURE && address->security == ZS_CHAIN_SECURE;
}

static const char *consequence(const struct zs_service_view *s)
{
	return is_smtp(s) ? "DANE senders defer mail" : "DANE clients break off";
}

/* The lookups of a host and port. False: connecting would tell nothing more. */
static bool judge_lookups(struct zs_outside_judge *j, const struct zs_service_view *s)
{
	const struct zs_lookup_view *address = worst_address(s);
	struct zs_step *step;
	if (s->tlsa.security == ZS_CHAIN_BOGUS || address->security == ZS_CHAIN_BOGUS) {
		const struct zs_lookup_view *bad = s->tlsa.security == ZS_CHAIN_BOGUS ? &s->tlsa : address;
		step = zs_outside_add(j, ZS_MARK_FAIL, "tlsa-bogus", service(j, s), "%s: %s (%s)", consequence(s), bad == address ? "its address is bogus" :
		                      bad->rcode == 3 || !bad->count ? "whether it has TLSA is not proven" : "its TLSA records are bogus", bad->why ? bad->why : "bogus");
		step->ede = zs_outside_ede(bad->why);
		step->rfc = "RFC 7672 section 2.1.1";
		step->advice = "check DS and RRSIG of the zone: the steps above show where it breaks";
		return false;
	}
	if (s->tlsa.security == ZS_CHAIN_UNKNOWN) {
		step = zs_outside_add(j, ZS_MARK_FAIL, "tlsa-unreachable", service(j, s), "%s: the lookup of its TLSA fails: %s", consequence(s),
		                      s->tlsa.why ? s->tlsa.why : "no answer");
		step->unreachable = s->tlsa.rcode < 0;
		step->ede = 22;
		step->rfc = "RFC 7672 section 2.1.2";
		step->advice = "the servers of the zone must answer for every type and name: the steps above show which of them does not";
		return true;
	}
	if (!s->a.count && !s->aaaa.count) {
		step = zs_outside_add(j, ZS_MARK_FAIL, "no-address", service(j, s), "the host has no address%s%s", s->a.why ? ": " : "", s->a.why ? s->a.why : "");
		step->rfc = "RFC 5321 section 5.1";
		step->advice = "give the host an A or AAAA record, or name another host";
		step->unreachable = s->a.rcode < 0;
		return false;
	}
	if (!s->tlsa.count) {
		step = zs_outside_add(j, s->mx ? ZS_MARK_WARN : ZS_MARK_NOTE, "no-tlsa", service(j, s), "no TLSA%s", s->mx ? ": senders can be pushed to it without authentication" : "");
		step->rfc = "RFC 7672 section 2.2";
		if (s->mx && !zs_name_within(s->host, j->look->zone))
			step->text = ZS_OUTSIDE_TEXT(j, "%s. The host is outside this zone: its TLSA is its own zone's matter", step->text);
	} else if (!tlsa_counts(s)) {
		step = zs_outside_add(j, ZS_MARK_WARN, "tlsa-insecure", service(j, s), "TLSA exist and are inert: %s not validated (no DS at a parent)",
		                      s->tlsa.security != ZS_CHAIN_SECURE ? "they are" : "the host's address is");
		step->rfc = "RFC 7672 section 2.2";
		step->advice = "sign that zone and put its DS at the parent";
	} else {
		zs_outside_add(j, ZS_MARK_OK, "tlsa", service(j, s), "%zu TLSA, secure; the address is secure", s->tlsa.count);
	}
	for (size_t i = 0; i < 2; i++) {
		const struct zs_lookup_view *other = i ? &s->aaaa : &s->a;
		if (other->security == ZS_CHAIN_UNKNOWN)
			zs_outside_add(j, ZS_MARK_WARN, "address-unknown", service(j, s), "%s", other->why ? other->why : "one kind of its addresses cannot be looked up")->rfc =
			    "RFC 7672 section 2.1.2";
	}
	if (s->mx && !zs_name_equal(s->host, s->a.count ? s->a.canonical : s->aaaa.canonical)) {
		step = zs_outside_add(j, ZS_MARK_WARN, "mx-alias", service(j, s), "the MX host is an alias of %s: senders look for TLSA there first",
		                      zs_outside_name(j, s->a.count ? s->a.canonical : s->aaaa.canonical));
		step->rfc = "RFC 2181 section 10.3";
		step->advice = "name the host itself in MX";
	}
	return true;
}

static void judge_records(struct zs_outside_judge *j, const struct zs_service_view *s)
{
	size_t good = usable(s);
	for (size_t i = 0; i < s->tlsa.count; i++) {
		const char *why = zs_dane_unusable(s->tlsa.data[i], is_smtp(s));
		struct zs_step *step = NULL;
		if (why && good)
			step = zs_outside_add(j, ZS_MARK_WARN, "tlsa-unusable", service(j, s), "TLSA %s is not used by clients: %s",
			                      zs_dane_record_text(j->run->arena, s->tlsa.data[i], SHOWN), why);
		else if (!why && zs_dane_outranked(s->tlsa.data, s->tlsa.count, i, is_smtp(s)))
			step = zs_outside_add(j, ZS_MARK_NOTE, "tlsa-outranked", service(j, s), "TLSA %s is not looked at by clients that know SHA-512",
			                      zs_dane_record_text(j->run->arena, s->tlsa.data[i], SHOWN));
		if (step)
			step->rfc = !why ? "RFC 7671 section 9" : s->tlsa.data[i].data[0] < 2 ? "RFC 7672 section 3.1.3" : "RFC 6698 section 4.1";
	}
}

/* What the rules of DANE say of the certificates that were presented: the reason behind OpenSSL's word. */
static void predict(struct zs_outside_judge *j, const struct zs_service_view *s, const struct zs_talk_view *t, struct zs_dane_prediction *out)
{
	char base[ZS_NAME_TEXT], domain[ZS_NAME_TEXT];
	if (j->look->until && zs_live_clock() > j->look->until) { /* chains can be made so that this takes long: OpenSSL's word must do */
		*out = (struct zs_dane_prediction){ .matched = SIZE_MAX };
		return;
	}
	const size_t base_len = zs_name_format(s->base, base), domain_len = zs_name_format(j->look->zone, domain);
	base[base_len > 1 ? base_len - 1 : base_len] = 0;
	domain[domain_len > 1 ? domain_len - 1 : domain_len] = 0;
	const struct zs_dane_case in = { .tlsa = s->tlsa.data, .tlsa_count = s->tlsa.count, .chain = t->chain, .chain_count = t->chain_count, .base = base,
		                         .domain = s->mx ? domain : NULL, .smtp = is_smtp(s), .now = j->look->time };
	zs_dane_predict(j->run, &in, out);
}

static void judge_done(struct zs_outside_judge *j, const struct zs_service_view *s, const struct zs_talk_view *t)
{
	const char *where = peer(j, s, t), *family = families[t->family], *word = t->chain_count ? "Untrusted" : "Anonymous";
	struct zs_dane_prediction p;
	struct zs_step *step;
	if (t->verified) {
		step = zs_outside_add(j, tlsa_counts(s) ? ZS_MARK_OK : ZS_MARK_NOTE, "verified", where,
		                      "%s TLS connection established to %s: %s with cipher %s, %s certificate CN=%s, matched %s at depth %d%s",
		                      tlsa_counts(s) ? "Verified" : word, where, t->protocol, t->cipher, family, t->subject,
		                      zs_dane_record_text(j->run->arena, t->matched, SHOWN), t->depth,
		                      tlsa_counts(s) ? "" : "; the TLSA are not secure, so senders do not look at them");
		return;
	}
	if (!s->tlsa.count) {
		zs_outside_add(j, ZS_MARK_NOTE, "untrusted", where, "%s TLS connection established to %s: %s with cipher %s, %s certificate CN=%s; no TLSA, so nobody is authenticated",
		               word, where, t->protocol, t->cipher, family, t->subject);
		return;
	}
	predict(j, s, t, &p);
	if (!usable(s)) {
		step = zs_outside_add(j, ZS_MARK_WARN, "tlsa-all-unusable", where, "%s TLS connection established to %s: %s", word, where,
		                      p.why ? p.why : "all TLSA are unusable: TLS is required, and nothing is verified");
		step->rfc = p.rfc;
		step->advice = "publish 3 1 1 of the certificate in use";
		return;
	}
	const bool anchor = p.why && strstr(p.why, "not in the chain");
	step = zs_outside_add(j, tlsa_counts(s) ? ZS_MARK_FAIL : ZS_MARK_WARN, anchor ? "tlsa-anchor-missing" : "tlsa-mismatch", where,
	                      "%s TLS connection established to %s: %s with cipher %s, %s certificate CN=%s; %s: %s (OpenSSL: %s)", word, where, t->protocol, t->cipher,
	                      family, t->subject, consequence(s), p.why ? p.why : "Server certificate not verified", t->error ? t->error : "not verified");
	for (size_t i = 0; i < s->tlsa.count && i < 4; i++)
		step->text = ZS_OUTSIDE_TEXT(j, "%s%s%s", step->text, i ? ", " : "; published: ", zs_dane_record_text(j->run->arena, s->tlsa.data[i], SHOWN));
	step->rfc = p.rfc;
	step->advice = anchor ? "let the server send its issuers too (fullchain.pem), or publish 3 1 1 of its own key"
	                      : "put the certificate back that the records are of, or publish its record and wait for the TTL";
}

static void judge_failed(struct zs_outside_judge *j, const struct zs_service_view *s, const struct zs_talk_view *t)
{
	const char *where = peer(j, s, t);
	struct zs_step *step;
	if (t->end == ZS_TALK_UNREACHABLE || t->end == ZS_TALK_SILENT) { /* L312: another address or another day may do */
		step = zs_outside_add(j, t->end == ZS_TALK_UNREACHABLE ? ZS_MARK_NOTE : ZS_MARK_WARN, "host-unreachable", where, "connect to %s: %s", where, t->why);
		if (t->end == ZS_TALK_SILENT && s->mx)
			step->advice = "many networks of homes and clouds block port 25: look from elsewhere too";
	} else if (t->end == ZS_TALK_NO_STARTTLS) {
		step = zs_outside_add(j, tlsa_counts(s) && is_smtp(s) ? ZS_MARK_FAIL : ZS_MARK_WARN, "no-starttls", where, "%s offers no STARTTLS%s: %s", where,
		                      tlsa_counts(s) ? " but TLSA exists: senders will defer (TLS is required, but was not offered)" : "", t->why);
		step->rfc = "RFC 7672 section 2.2";
		step->advice = "turn TLS on in the mail server (Postfix: smtpd_tls_security_level = may); does a firewall rewrite SMTP?";
	} else if (t->end == ZS_TALK_SMTP) {
		step = zs_outside_add(j, ZS_MARK_WARN, "smtp", where, "%s: %s", where, t->why);
		step->rfc = "RFC 5321 section 4.2";
	} else {
		step = zs_outside_add(j, tlsa_counts(s) ? ZS_MARK_FAIL : ZS_MARK_WARN, "tls-failed", where, "Cannot start TLS with %s: %s%s%s", where, t->why,
		                      tlsa_counts(s) ? "; " : "", tlsa_counts(s) ? consequence(s) : "");
		step->rfc = "RFC 7672 section 2.2";
		step->advice = "TLS 1.2 and 1.3 were offered, with ECDSA and with RSA: what does the server's log say?";
	}
}

/* A server that has one kind of key refuses the other as it should: which of two reasons is the cause is its own to know. */
static void judge_both_failed(struct zs_outside_judge *j, const struct zs_service_view *s, const struct zs_talk_view *ecdsa, const struct zs_talk_view *rsa)
{
	struct zs_talk_view told = ecdsa->end == ZS_TALK_TLS ? *rsa : *ecdsa;
	if (ecdsa->end == ZS_TALK_TLS && rsa->end == ZS_TALK_TLS && strcmp(ecdsa->why, rsa->why) != 0)
		told.why = ZS_OUTSIDE_TEXT(j, "%s (with ECDSA), %s (with RSA)", ecdsa->why, rsa->why);
	judge_failed(j, s, &told);
}

static bool same_key(const struct zs_talk_view *a, const struct zs_talk_view *b)
{
	return a->chain_count && b->chain_count && zs_bytes_equal(a->chain[0], b->chain[0]);
}

/* Two connections to one address, one for each kind of key. A server that has one kind only fails the other, as it should. */
static void judge_address(struct zs_outside_judge *j, const struct zs_service_view *s, const struct zs_talk_view *t)
{
	const struct zs_talk_view *ecdsa = &t[ZS_FAMILY_ECDSA], *rsa = &t[ZS_FAMILY_RSA];
	const bool both = ecdsa->end == ZS_TALK_DONE && rsa->end == ZS_TALK_DONE;
	if (ecdsa->end == ZS_TALK_DONE)
		judge_done(j, s, ecdsa);
	if (rsa->end == ZS_TALK_DONE && !(both && same_key(ecdsa, rsa)))
		judge_done(j, s, rsa);
	if (ecdsa->end != ZS_TALK_DONE && rsa->end != ZS_TALK_DONE)
		judge_both_failed(j, s, ecdsa, rsa);
	else if ((ecdsa->end != ZS_TALK_DONE && ecdsa->end != ZS_TALK_TLS) || (rsa->end != ZS_TALK_DONE && rsa->end != ZS_TALK_TLS))
		judge_failed(j, s, ecdsa->end == ZS_TALK_DONE ? rsa : ecdsa); /* one came through, the other not: load, or a limit of connections */
	if (both && ecdsa->verified != rsa->verified && tlsa_counts(s)) {
		struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "keys-differ", peer(j, s, t), "the %s certificate is verified and the %s certificate is not: it depends on the sender",
		                                      families[ecdsa->verified ? ZS_FAMILY_ECDSA : ZS_FAMILY_RSA], families[ecdsa->verified ? ZS_FAMILY_RSA : ZS_FAMILY_ECDSA]);
		step->rfc = "RFC 7671 section 8";
		step->advice = "publish TLSA of both keys: name both files under certificate:";
	}
}

/* Did any connection of that kind to this service match? */
static const struct zs_talk_view *first_verified(const struct zs_service_view *s)
{
	for (size_t i = 0; i < s->talk_count; i++)
		if (s->talks[i].end == ZS_TALK_DONE && s->talks[i].verified)
			return &s->talks[i];
	return NULL;
}

static void compare_addresses(struct zs_outside_judge *j, const struct zs_service_view *s)
{
	const struct zs_talk_view *good = first_verified(s);
	for (size_t i = 0; good && i + 1 < s->talk_count; i += ZS_FAMILY_COUNT) {
		const struct zs_talk_view *t = &s->talks[i];
		const bool any = t[0].end == ZS_TALK_DONE || t[1].end == ZS_TALK_DONE, verified = t[0].verified || t[1].verified;
		if (!any || verified || !tlsa_counts(s))
			continue;
		const struct zs_talk_view *shown = t[0].end == ZS_TALK_DONE ? &t[0] : &t[1];
		struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "addresses-differ", peer(j, s, shown), "[%s] %s presents another key than [%s]", shown->address,
		                                      families[shown->family], good->address);
		step->rfc = "RFC 7671 section 8";
		step->advice = "every address of the host must present a certificate that the TLSA are of";
	}
}

static bool is_used(const struct zs_service_view *s, struct zs_bytes tlsa)
{
	for (size_t i = 0; i < s->talk_count; i++) {
		const struct zs_talk_view *t = &s->talks[i];
		if (t->end == ZS_TALK_DONE && t->verified && zs_bytes_equal(t->matched, tlsa))
			return true;
	}
	return false;
}

/* Records that fit nothing that is presented: the next key's, or left over. The configuration knows which. */
static void judge_stale(struct zs_outside_judge *j, const struct zs_service_view *s)
{
	const struct zs_outside_known *known = j->known;
	if (!known || !known->has_tlsa || !first_verified(s) || !zs_name_within(s->tlsa.name, j->look->zone))
		return;
	for (size_t i = 0; i < s->tlsa.count; i++) {
		bool ours = is_used(s, s->tlsa.data[i]);
		for (size_t k = 0; k < known->tlsa_count && !ours; k++)
			ours = zs_name_equal(known->tlsa[k].owner, s->tlsa.name) && zs_bytes_equal(known->tlsa[k].rdata, s->tlsa.data[i]);
		if (ours)
			continue;
		struct zs_step *step = zs_outside_add(j, ZS_MARK_WARN, "tlsa-stale", service(j, s), "TLSA %s is of no certificate in use and of none that is to come",
		                                      zs_dane_record_text(j->run->arena, s->tlsa.data[i], SHOWN));
		step->rfc = "RFC 7671 section 8.1";
		step->advice = "drop it";
	}
}

static void judge_service(struct zs_outside_judge *j, const struct zs_service_view *s)
{
	size_t reached = 0, asked = 0;
	if (!judge_lookups(j, s))
		return;
	judge_records(j, s);
	if (s->foreign)
		zs_outside_add(j, ZS_MARK_NOTE, "foreign-port", service(j, s), "the port begins without TLS, in a protocol that is not spoken here: no connection was made");
	for (size_t i = 0; i + 1 < s->talk_count; i += ZS_FAMILY_COUNT) {
		judge_address(j, s, &s->talks[i]);
		for (size_t f = 0; f < ZS_FAMILY_COUNT; f++) {
			asked += s->talks[i + f].end != ZS_TALK_UNREACHABLE;
			reached += s->talks[i + f].end != ZS_TALK_UNREACHABLE && s->talks[i + f].end != ZS_TALK_SILENT;
		}
	}
	if (s->talk_count && !reached) {
		struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "host-silent", service(j, s), "no address of the host can be reached from here");
		step->unreachable = true;
		step->advice = asked ? "start the server, or look from a network that does not block the port" : "this network has no way to any of its addresses";
	}
	compare_addresses(j, s);
	judge_stale(j, s);
}

void zs_outside_hosts(struct zs_outside_judge *j)
{
	const struct zs_look *look = j->look;
	const struct zs_lookup_view *mx = &look->mx;
	const char *zone = zs_outside_name(j, look->zone);
	if (mx->security == ZS_CHAIN_BOGUS) {
		struct zs_step *step = zs_outside_add(j, ZS_MARK_FAIL, "mx-bogus", zone, "mail waits: MX does not validate (Host not found, try again): %s", mx->why ? mx->why : "bogus");
		step->ede = zs_outside_ede(mx->why);
		step->rfc = "RFC 7672 section 2.2.1";
		step->advice = "check DS and RRSIG: the steps above show where it breaks";
	} else if (mx->count && mx->security == ZS_CHAIN_INSECURE) {
		struct zs_step *step = zs_outside_add(j, ZS_MARK_WARN, "mx-insecure", zone, "MX is not validated (no DS at the parent): senders cannot know the right host");
		step->rfc = "RFC 7672 section 2.2.1";
	} else if (mx->count) {
		zs_outside_add(j, ZS_MARK_OK, "mx", zone, "%zu MX, secure", mx->count);
	} else if (mx->rcode == 0 && !look->why) {
		zs_outside_add(j, ZS_MARK_NOTE, "no-mx", zone, "there is no MX");
	}
	for (size_t i = 0; i < look->service_count; i++)
		judge_service(j, &look->services[i]);
}
