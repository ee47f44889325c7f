/* predict.c - RFC 7671 and RFC 7672 on records and certificates at hand; OpenSSL reads certificates and builds chains. */
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/hash.h"
#include "dane/dane.h"

/* Who presents chains and publishes records may want our time: issuers above a certificate (Postfix takes as many), chains that are built. */
enum { CHAIN_MAX = 32, SHOWN = 4, DEPTH_MAX = 9, BUILDS_MAX = 8 };

struct prophet {
	struct zs_run *run;
	struct zs_arena *scratch; /* certificates, as OpenSSL reads them, end with the prediction */
	const struct zs_dane_case *in;
	struct zs_dane_prediction *out;
	X509 *chain[CHAIN_MAX]; /* as presented; those that can be read */
	int chain_count;
	unsigned builds;
	const char *failure, *rfc; /* why the record nearest to a match does not do */
};

const char *zs_dane_outcome_text(enum zs_dane_outcome verdict)
{
	static const char *const words[] = { [ZS_DANE_NONE] = "no DANE", [ZS_DANE_VERIFIED] = "Verified", [ZS_DANE_UNTRUSTED] = "Untrusted",
		                             [ZS_DANE_REFUSED] = "deferred" };
	return words[verdict];
}

const char *zs_dane_record_text(struct zs_arena *arena, struct zs_bytes tlsa, size_t len)
{
	if (tlsa.len < 3)
		return "(damaged)";
	const size_t data_len = tlsa.len - 3, shown = len && len < data_len ? len : data_len;
	char *hex = zs_arena_alloc(arena, 2 * shown + 1);
	zs_hex_encode(tlsa.data + 3, shown, hex);
	return zs_arena_printf(arena, "%u %u %u %s%s", tlsa.data[0], tlsa.data[1], tlsa.data[2], hex, shown < data_len ? ".." : "");
}

static bool is_certificate(struct zs_bytes data)
{
	const unsigned char *p = data.data;
	X509 *x509 = d2i_X509(NULL, &p, (long)data.len);
	const bool ok = x509 && p == data.data + data.len && X509_get0_pubkey(x509);
	X509_free(x509);
	ERR_clear_error();
	return ok;
}

static bool is_public_key(struct zs_bytes data)
{
	const unsigned char *p = data.data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)data.len);
	const bool ok = key && p == data.data + data.len;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

const char *zs_dane_unusable(struct zs_bytes tlsa, bool smtp)
{
	if (tlsa.len < 4)
		return "it has no data";
	const struct zs_bytes data = { tlsa.data + 3, tlsa.len - 3 };
	if (tlsa.data[0] > 3)
		return "its usage is not assigned";
	if (tlsa.data[1] > 1)
		return "its selector is not assigned";
	if (tlsa.data[2] > 2)
		return "its matching type is not assigned";
	if (smtp && tlsa.data[0] < 2)
		return "usages 0 and 1 are not for SMTP";
	if (tlsa.data[2] == 1 && data.len != 32)
		return "a SHA-256 digest has 32 octets";
	if (tlsa.data[2] == 2 && data.len != 64)
		return "a SHA-512 digest has 64 octets";
	if (tlsa.data[2] == 0 && tlsa.data[1] == 0 && !is_certificate(data))
		return "its data is not a certificate";
	if (tlsa.data[2] == 0 && tlsa.data[1] == 1 && !is_public_key(data))
		return "its data is not a public key";
	return NULL;
}

bool zs_dane_outranked(const struct zs_bytes *tlsa, size_t count, size_t index, bool smtp)
{
	const struct zs_bytes own = tlsa[index];
	if (own.len < 3 || own.data[2] == 0) /* Full is no digest: it always counts */
		return false;
	for (size_t i = 0; i < count; i++)
		if (tlsa[i].len >= 3 && memcmp(tlsa[i].data, own.data, 2) == 0 && tlsa[i].data[2] > own.data[2] && !zs_dane_unusable(tlsa[i], smtp))
			return true;
	return false;
}

static void release_x509(void *x509)
{
	X509_free(x509);
}

static X509 *read_certificate(struct prophet *p, struct zs_bytes der)
{
	const unsigned char *at = der.data;
	X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
	ERR_clear_error();
	if (x509)
		zs_arena_defer(p->scratch, release_x509, x509);
	return x509;
}

/* Does the record's data fit this certificate? */
static bool fits(struct prophet *p, struct zs_bytes tlsa, X509 *x509)
{
	unsigned char *der = NULL;
	uint8_t digest[ZS_HASH_MAX];
	/* the octets of the certificate itself, never encoded again: RFC 6698 section 2.1.2 */
	const int len = tlsa.data[1] ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der) : i2d_X509(x509, &der);
	struct zs_bytes have = { der, len > 0 ? (size_t)len : 0 };
	const struct zs_bytes want = { tlsa.data + 3, tlsa.len - 3 };
	bool ok = have.len > 0;
	if (ok && tlsa.data[2]) {
		const enum zs_hash hash = tlsa.data[2] == 1 ? ZS_SHA256 : ZS_SHA512;
		ok = zs_hash(p->run, hash, have, digest);
		have = (struct zs_bytes){ digest, zs_hash_len(hash) };
	}
	ok = ok && zs_bytes_equal(have, want);
	OPENSSL_free(der);
	return ok;
}

static bool add_names(const struct prophet *p, X509_VERIFY_PARAM *param)
{
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, p->in->base, 0) == 1
	    && (!p->in->domain || X509_VERIFY_PARAM_add1_host(param, p->in->domain, 0) == 1);
}

/* The certificate in a record of an issuer as a whole (0 0 0, 2 0 0); or NULL. */
static X509 *in_record(struct prophet *p, struct zs_bytes tlsa)
{
	const bool whole = (tlsa.data[0] == 0 || tlsa.data[0] == 2) && tlsa.data[1] == 0 && tlsa.data[2] == 0;
	return whole ? read_certificate(p, (struct zs_bytes){ tlsa.data + 3, tlsa.len - 3 }) : NULL;
}

/* Chain building by OpenSSL, with names, dates and purposes, to one of these anchors. partial: the
 * anchor need not be a root; *depth is its. Else the record must fit a certificate of the chain that was built; *depth is that one's. */
static bool leads_to(struct prophet *p, X509 *const *anchors, size_t count, bool partial, struct zs_bytes tlsa, unsigned *depth)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	bool ok = store && ctx && others && p->builds++ < BUILDS_MAX;
	for (size_t i = 0; ok && i < count; i++)
		ok = X509_STORE_add_cert(store, anchors[i]) == 1;
	for (int i = 1; ok && i < p->chain_count; i++)
		ok = sk_X509_push(others, p->chain[i]) > 0;
	X509 *own = ok && !partial ? in_record(p, tlsa) : NULL; /* 0 0 0 brings an issuer that the server need not send */
	ok = ok && (!own || sk_X509_push(others, own) > 0);
	ok = ok && X509_STORE_CTX_init(ctx, store, p->chain[0], others) == 1 && X509_STORE_CTX_set_default(ctx, "ssl_server") == 1;
	if (ok) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
		X509_VERIFY_PARAM_set_time(param, (time_t)p->in->now);
		X509_VERIFY_PARAM_set_auth_level(param, 1); /* OpenSSL's own default for TLS */
		X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
		if (partial)
			X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		ok = add_names(p, param) && X509_verify_cert(ctx) == 1;
		if (!ok) {
			p->failure = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
			p->rfc = "RFC 7671 section 5.2";
		}
	}
	const STACK_OF(X509) *built = ok ? X509_STORE_CTX_get0_chain(ctx) : NULL;
	const int last = built ? sk_X509_num(built) - 1 : -1;
	int at = last;
	if (ok && !partial) /* any issuer on the way may be the one that the record names */
		for (at = tlsa.data[0] ? 0 : 1; at <= (tlsa.data[0] ? 0 : last) && !fits(p, tlsa, sk_X509_value(built, at)); at++)
			;
	ok = ok && at <= (partial || !tlsa.data[0] ? last : 0);
	*depth = ok ? (unsigned)at : 0;
	sk_X509_free(others);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return ok;
}

static bool has_base_name(const struct prophet *p)
{
	return X509_check_host(p->chain[0], p->in->base, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1
	    || (p->in->domain && X509_check_host(p->chain[0], p->in->domain, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1);
}

/* Usage 3. */
static bool matches_ee(struct prophet *p, struct zs_bytes tlsa)
{
	if (!fits(p, tlsa, p->chain[0]))
		return false;
	if (!p->in->ee_names || has_base_name(p))
		return true;
	p->failure = "the certificate has another name";
	return false;
}

/* Usage 2 with the whole public key (2 1 0): the issuer may be missing, its key is here. */
static bool issued_by_key(struct prophet *p, struct zs_bytes tlsa, unsigned *depth)
{
	const unsigned char *at = tlsa.data + 3;
	EVP_PKEY *key = tlsa.data[1] == 1 && tlsa.data[2] == 0 ? d2i_PUBKEY(NULL, &at, (long)(tlsa.len - 3)) : NULL;
	bool ok = false;
	for (int i = 0; key && i < p->chain_count && !ok; i++)
		if (X509_verify(p->chain[i], key) == 1)
			ok = leads_to(p, &p->chain[i], 1, true, tlsa, depth); /* depth: of the last certificate, as OpenSSL counts */
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

/* Usage 2: an issuer in the chain, or in the record itself, is the trust anchor. */
static bool matches_ta(struct prophet *p, struct zs_bytes tlsa, unsigned *depth)
{
	bool seen = false;
	for (int i = 1; i < p->chain_count; i++) {
		if (!fits(p, tlsa, p->chain[i]))
			continue;
		seen = true;
		if (leads_to(p, &p->chain[i], 1, true, tlsa, depth))
			return *depth > 0;
	}
	X509 *anchor = seen ? NULL : in_record(p, tlsa);
	if (anchor) {
		if (!fits(p, tlsa, p->chain[0]) && leads_to(p, &anchor, 1, true, tlsa, depth))
			return true;
		seen = X509_check_issued(anchor, p->chain[0]) == X509_V_OK;
	}
	if (!seen && issued_by_key(p, tlsa, depth))
		return true;
	if (!seen && !p->failure) {
		const bool leaf = fits(p, tlsa, p->chain[0]);
		p->failure = zs_arena_printf(p->run->arena, leaf ? "%s is the server's own certificate: usage 2 takes issuers only"
		                                                 : "%s: the certificate that it names is not in the chain that the server presents",
		                             zs_dane_record_text(p->run->arena, tlsa, SHOWN));
		p->rfc = leaf ? "RFC 6698 section 2.1.1" : "RFC 7671 section 5.2.2";
	}
	return false;
}

/* Usages 0 and 1: as 2 and 3, and the chain leads to a root as well. */
static bool matches_pkix(struct prophet *p, struct zs_bytes tlsa, unsigned *depth)
{
	X509 *roots[CHAIN_MAX];
	size_t count = 0;
	for (size_t i = 0; i < p->in->root_count && count < ZS_COUNT(roots); i++) {
		X509 *root = read_certificate(p, p->in->roots[i]);
		if (root)
			roots[count++] = root;
	}
	return count && leads_to(p, roots, count, false, tlsa, depth);
}

static bool matches(struct prophet *p, struct zs_bytes tlsa, unsigned *depth)
{
	*depth = 0;
	if (tlsa.data[0] == 3)
		return matches_ee(p, tlsa);
	return tlsa.data[0] == 2 ? matches_ta(p, tlsa, depth) : matches_pkix(p, tlsa, depth);
}

static void refuse(struct prophet *p, const char *why, const char *rfc)
{
	p->out->verdict = ZS_DANE_REFUSED;
	p->out->why = why;
	p->out->rfc = rfc;
}

/* What the server presents, as it would be written in a record: 3 1 1. */
static const char *presented(struct prophet *p)
{
	unsigned char *der = NULL;
	uint8_t rdata[3 + ZS_HASH_MAX] = { 3, 1, 1 };
	const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(p->chain[0]), &der);
	const bool ok = len > 0 && zs_hash(p->run, ZS_SHA256, (struct zs_bytes){ der, (size_t)len }, rdata + 3);
	OPENSSL_free(der);
	return ok ? zs_dane_record_text(p->run->arena, (struct zs_bytes){ rdata, 35 }, SHOWN) : "a key that cannot be read";
}

static void match_all(struct prophet *p)
{
	const struct zs_dane_case *in = p->in;
	size_t outranked = SIZE_MAX;
	unsigned depth;
	for (size_t i = 0; i < in->tlsa_count; i++) {
		if (zs_dane_unusable(in->tlsa[i], in->smtp))
			continue;
		if (zs_dane_outranked(in->tlsa, in->tlsa_count, i, in->smtp)) {
			if (outranked == SIZE_MAX && matches(p, in->tlsa[i], &depth))
				outranked = i;
			continue;
		}
		if (matches(p, in->tlsa[i], &depth)) {
			p->out->verdict = ZS_DANE_VERIFIED;
			p->out->matched = i;
			p->out->depth = depth;
			return;
		}
	}
	if (outranked != SIZE_MAX)
		refuse(p, zs_arena_printf(p->run->arena, "%s fits, but SHA-512 records of the same kind are there and do not: clients look at those alone",
		                          zs_dane_record_text(p->run->arena, in->tlsa[outranked], SHOWN)), "RFC 7671 section 9");
	else if (p->failure)
		refuse(p, p->failure, p->rfc);
	else
		refuse(p, zs_arena_printf(p->run->arena, "none of %zu usable TLSA fits; the server presents %s", p->out->usable_count, presented(p)),
		       p->in->smtp ? "RFC 7672 section 3.2" : "RFC 7671 section 5");
}

void zs_dane_predict(struct zs_run *run, const struct zs_dane_case *in, struct zs_dane_prediction *out)
{
	struct prophet p = { .run = run, .scratch = zs_arena_new(), .in = in, .out = out };
	*out = (struct zs_dane_prediction){ .matched = SIZE_MAX };
	for (size_t i = 0; i < in->tlsa_count; i++)
		out->usable_count += !zs_dane_unusable(in->tlsa[i], in->smtp);
	for (size_t i = 0; i < in->chain_count && p.chain_count < CHAIN_MAX; i++) {
		X509 *x509 = read_certificate(&p, in->chain[i]);
		if (x509)
			p.chain[p.chain_count++] = x509;
		else if (!i)
			break; /* without the server's own there is no chain */
	}
	if (!in->tlsa_count) {
		out->why = "there is no TLSA record";
	} else if (in->no_tls) {
		refuse(&p, in->smtp ? "TLSA records exist and the server offers no STARTTLS" : "the server offers no TLS",
		       in->smtp ? "RFC 7672 section 2.2" : "RFC 6698 section 4.1");
	} else if (!out->usable_count) {
		out->verdict = ZS_DANE_UNTRUSTED;
		out->why = zs_arena_printf(run->arena, "no TLSA record is usable (%s): TLS is required, and nothing is verified",
		                           zs_dane_unusable(in->tlsa[0], in->smtp));
		out->rfc = in->smtp ? "RFC 7672 section 2.2" : "RFC 6698 section 4.1";
	} else if (!p.chain_count) {
		refuse(&p, "the server presents no certificate that can be read", "RFC 7671 section 5");
	} else {
		match_all(&p);
	}
	zs_arena_free(p.scratch);
}
