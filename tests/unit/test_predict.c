/* test_predict.c - what DANE clients make of records and certificates: the cases measured with Postfix, and every combination of usage,
 * selector and matching type with each chain against OpenSSL's own client in a handshake in memory. */
#include "unit.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/hash.h"
#include "dane/dane.h"

enum { NOW = 1796083200, DAY = 86400 };

/* L: good. N: for another name. X: expired. S: of another key (what a stale record was made from). C: the issuer of L, N and X. R: a root
 * that issued C. U: issued by C, two levels up to nobody. */
struct world {
	struct zs_run *run;
	X509 *cert[128];
	EVP_PKEY *key[128];
};
static struct world w;

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(extension);
	ck_assert_int_eq(1, X509_add_ext(cert, extension, -1));
	X509_EXTENSION_free(extension);
}

static void make(char letter, char issuer, const char *host, zs_time from, zs_time until)
{
	static long serial = 1;
	X509 *cert = X509_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char name[2] = { letter, 0 };
	w.cert[(int)letter] = cert;
	w.key[(int)letter] = key;
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)from);
	ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)until);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)name, 1, -1, 0);
	X509_set_pubkey(cert, key);
	X509 *parent = w.cert[(int)issuer];
	X509_set_issuer_name(cert, X509_get_subject_name(parent));
	if (!host)
		add_extension(cert, parent, NID_basic_constraints, "critical,CA:TRUE");
	else
		add_extension(cert, parent, NID_subject_alt_name, zs_arena_printf(w.run->arena, "DNS:%s", host));
	ck_assert_int_gt(X509_sign(cert, w.key[(int)issuer], EVP_sha256()), 0);
}

static void set_up(void)
{
	w.run = zs_run_begin();
	make('R', 'R', NULL, NOW - 900 * DAY, NOW + 900 * DAY);
	make('C', 'R', NULL, NOW - 900 * DAY, NOW + 900 * DAY);
	make('L', 'C', "mail.example.com", NOW - 9 * DAY, NOW + 90 * DAY);
	make('N', 'C', "other.example.net", NOW - 9 * DAY, NOW + 90 * DAY);
	make('D', 'C', "example.com", NOW - 9 * DAY, NOW + 90 * DAY);
	make('X', 'C', "mail.example.com", NOW - 90 * DAY, NOW - 1 * DAY);
	make('S', 'C', "mail.example.com", NOW - 9 * DAY, NOW + 90 * DAY);
	make('M', 'M', "mail.example.com", NOW - 9 * DAY, NOW + 90 * DAY); /* its own issuer */
}

static void tear_down(void)
{
	for (size_t i = 0; i < ZS_COUNT(w.cert); i++) {
		X509_free(w.cert[i]);
		EVP_PKEY_free(w.key[i]);
		w.cert[i] = NULL;
		w.key[i] = NULL;
	}
	zs_run_end(w.run);
}

static struct zs_bytes der_of(X509 *cert, bool spki)
{
	unsigned char *der = NULL;
	const int len = spki ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : i2d_X509(cert, &der);
	const struct zs_bytes out = { (const uint8_t *)zs_arena_text(w.run->arena, (const char *)der, (size_t)len), (size_t)len };
	OPENSSL_free(der);
	return out;
}

/* "311L": usage, selector, matching type, certificate; then '-': an octet too few, '+': SHA-512 data under that matching type. */
static struct zs_bytes record(const char *spec)
{
	struct zs_buf out = { .arena = w.run->arena, .max = 65535 };
	uint8_t digest[ZS_HASH_MAX];
	struct zs_bytes data = der_of(w.cert[(int)spec[3]], spec[1] == '1');
	const bool sha512 = spec[2] == '2' || spec[4] == '+';
	for (int i = 0; i < 3; i++)
		zs_buf_octet(&out, (uint8_t)(spec[i] - '0'));
	if (spec[2] != '0') {
		ck_assert(zs_hash(w.run, sha512 ? ZS_SHA512 : ZS_SHA256, data, digest));
		data = (struct zs_bytes){ digest, zs_hash_len(sha512 ? ZS_SHA512 : ZS_SHA256) };
	}
	zs_buf_add(&out, data.data, data.len - (spec[4] == '-'));
	return (struct zs_bytes){ out.data, out.len };
}

static struct zs_dane_case case_of(const char *records, const char *chain)
{
	struct zs_bytes *tlsa = zs_arena_array(w.run->arena, 8, sizeof *tlsa), *certs = zs_arena_array(w.run->arena, 16, sizeof *certs);
	struct zs_dane_case in = { .tlsa = tlsa, .chain = certs, .base = "mail.example.com", .domain = "example.com", .smtp = true, .now = NOW };
	for (const char *p = records; *p; p += strcspn(p, " "), p += strspn(p, " "))
		tlsa[in.tlsa_count++] = record(p);
	for (; *chain; chain++)
		certs[in.chain_count++] = der_of(w.cert[(int)*chain], false);
	return in;
}

static const struct {
	const char *name, *records, *chain;
	enum zs_dane_outcome verdict;
	const char *why; /* in the reason, or NULL */
} measured[] = {
	{ "3_1_1", "311L", "LC", ZS_DANE_VERIFIED, NULL },
	{ "3_0_1", "301L", "LC", ZS_DANE_VERIFIED, NULL },
	{ "3_1_2", "312L", "LC", ZS_DANE_VERIFIED, NULL },
	{ "3_0_0", "300L", "LC", ZS_DANE_VERIFIED, NULL },
	{ "3_1_0", "310L", "LC", ZS_DANE_VERIFIED, NULL },
	{ "3_1_1_expired", "311X", "XC", ZS_DANE_VERIFIED, NULL },
	{ "3_1_1_of_another_name", "311N", "NC", ZS_DANE_VERIFIED, NULL },
	{ "2_1_1", "211C", "LC", ZS_DANE_VERIFIED, NULL },
	{ "2_0_1", "201C", "LC", ZS_DANE_VERIFIED, NULL },
	{ "2_1_1_CA_not_sent", "211C", "L", ZS_DANE_REFUSED, "not in the chain" },
	{ "2_0_0_CA_not_sent", "200C", "L", ZS_DANE_VERIFIED, NULL },
	{ "2_1_1_of_another_name", "211C", "NC", ZS_DANE_REFUSED, "ostname mismatch" },
	{ "2_1_1_expired", "211C", "XC", ZS_DANE_REFUSED, "expired" },
	{ "2_1_1_of_the_leaf", "211L", "LC", ZS_DANE_REFUSED, "own certificate" },
	{ "3_1_1_of_the_CA", "311C", "LC", ZS_DANE_REFUSED, "none of 1 usable" },
	{ "1_1_1", "111L", "LC", ZS_DANE_UNTRUSTED, "not for SMTP" },
	{ "1_1_1_wrong", "111S", "LC", ZS_DANE_UNTRUSTED, "not for SMTP" },
	{ "0_1_1", "011C", "LC", ZS_DANE_UNTRUSTED, "not for SMTP" },
	{ "0_1_1_wrong", "011S", "LC", ZS_DANE_UNTRUSTED, "not for SMTP" },
	{ "stale_and_right", "311S 311L", "LC", ZS_DANE_VERIFIED, NULL },
	{ "stale_and_2_1_1", "311S 211C", "LC", ZS_DANE_VERIFIED, NULL },
	{ "right_and_stale_SHA_512", "311L 312S", "LC", ZS_DANE_REFUSED, "SHA-512" },
	{ "stale_and_right_SHA_512", "311S 312L", "LC", ZS_DANE_VERIFIED, NULL },
	{ "right_and_stale_SHA_512_of_another_selector", "301L 312S", "LC", ZS_DANE_VERIFIED, NULL },
	{ "3_1_3", "313L", "LC", ZS_DANE_UNTRUSTED, "matching type" },
	{ "4_1_1", "411L", "LC", ZS_DANE_UNTRUSTED, "usage" },
	{ "31_octets", "311L-", "LC", ZS_DANE_UNTRUSTED, "32 octets" },
	{ "64_octets_as_SHA_256", "311L+", "LC", ZS_DANE_UNTRUSTED, "32 octets" },
	{ "at_the_domain_or_at_465_only", "", "LC", ZS_DANE_NONE, "no TLSA" },
	/* through a CNAME and a wildcard it is the same set: tests/e2e/live.sh. Beyond the 32: */
	{ "mail_domain_is_a_name_too", "211C", "DC", ZS_DANE_VERIFIED, NULL },
	{ "wrong_key", "311S", "LC", ZS_DANE_REFUSED, "the server presents 3 1 1" },
	{ "stale_SHA_256_and_full", "310L 312S", "LC", ZS_DANE_VERIFIED, NULL },
	{ "self_signed_2_1_1", "211M", "M", ZS_DANE_REFUSED, "own certificate" },
	{ "root_that_is_sent", "211R", "LCR", ZS_DANE_VERIFIED, NULL },
	{ "root_that_is_not_sent", "211R", "LC", ZS_DANE_REFUSED, "not in the chain" },
};

START_TEST(measured_with_postfix)
{
	struct zs_dane_prediction got;
	struct zs_dane_case in = case_of(measured[_i].records, measured[_i].chain);
	zs_dane_predict(w.run, &in, &got);
	ck_assert_msg(got.verdict == measured[_i].verdict, "%s: %s: %s", measured[_i].name, zs_dane_outcome_text(got.verdict), got.why ? got.why : "");
	ck_assert_msg(!measured[_i].why || strstr(got.why, measured[_i].why), "%s: %s", measured[_i].name, got.why ? got.why : "");
	ck_assert(got.verdict == ZS_DANE_VERIFIED ? got.matched < in.tlsa_count && !got.why : got.why != NULL);
	in.no_tls = true;
	zs_dane_predict(w.run, &in, &got);
	ck_assert(got.verdict == (in.tlsa_count ? ZS_DANE_REFUSED : ZS_DANE_NONE));
}
END_TEST

/* Ten issuers above the server's own are more than Postfix takes, and a way to keep us busy. */
START_TEST(a_chain_without_end_is_left)
{
	char chain[14] = "z", letter = 'a';
	struct zs_dane_prediction got;
	for (; letter < 'l'; letter++) {
		make(letter, letter == 'a' ? 'a' : (char)(letter - 1), NULL, NOW - DAY, NOW + DAY);
		memmove(chain + 2, chain + 1, strlen(chain));
		chain[1] = letter;
	}
	make('z', 'k', "mail.example.com", NOW - DAY, NOW + DAY);
	struct zs_dane_case in = case_of("211a", chain);
	zs_dane_predict(w.run, &in, &got);
	ck_assert_msg(got.verdict == ZS_DANE_REFUSED && strstr(got.why, "too long"), "%s", got.why ? got.why : "verified");
	in = case_of("211c", chain);
	zs_dane_predict(w.run, &in, &got);
	ck_assert_msg(got.verdict == ZS_DANE_VERIFIED, "%s", got.why);
}
END_TEST

static SSL_CTX *server_of(const char *chain)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	ck_assert_int_eq(1, SSL_CTX_use_certificate(ctx, w.cert[(int)*chain]));
	ck_assert_int_eq(1, SSL_CTX_use_PrivateKey(ctx, w.key[(int)*chain]));
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
	for (const char *p = chain + 1; *p; p++)
		ck_assert_int_eq(1, SSL_CTX_add1_chain_cert(ctx, w.cert[(int)*p]));
	return ctx;
}

/* What OpenSSL's client says: the depth, or -1. */
static int handshake(const struct zs_dane_case *in, const char *chain)
{
	SSL_CTX *server_ctx = server_of(chain), *ctx = SSL_CTX_new(TLS_client_method());
	ck_assert_int_eq(1, SSL_CTX_dane_enable(ctx));
	SSL *server = SSL_new(server_ctx), *client = SSL_new(ctx);
	BIO *a, *b;
	ck_assert_int_eq(1, BIO_new_bio_pair(&a, 0, &b, 0));
	SSL_set_bio(server, a, a);
	SSL_set_bio(client, b, b);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	ck_assert_int_eq(1, SSL_dane_enable(client, in->base));
	if (in->domain)
		SSL_add1_host(client, in->domain);
	if (!in->ee_names)
		SSL_dane_set_flags(client, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < in->root_count; i++) {
		const unsigned char *p = in->roots[i].data;
		X509 *root = d2i_X509(NULL, &p, (long)in->roots[i].len);
		X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root);
		X509_free(root);
	}
	X509_VERIFY_PARAM_set_time(SSL_get0_param(client), NOW);
	for (size_t i = 0; i < in->tlsa_count; i++) {
		const struct zs_bytes t = in->tlsa[i];
		if (t.data[0] >= 2 || !in->smtp)
			SSL_dane_tlsa_add(client, t.data[0], t.data[1], t.data[2], t.data + 3, t.len - 3);
	}
	for (int i = 0; i < 20 && !SSL_is_init_finished(client); i++) {
		SSL_do_handshake(client);
		SSL_do_handshake(server);
	}
	ck_assert(SSL_is_init_finished(client));
	const int depth = SSL_get_verify_result(client) == X509_V_OK ? SSL_get0_dane_authority(client, NULL, NULL) : -1;
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(ctx);
	SSL_CTX_free(server_ctx);
	return depth;
}

static void compare(struct zs_dane_case *in, const char *records, const char *chain)
{
	struct zs_dane_prediction got;
	zs_dane_predict(w.run, in, &got);
	const int want = handshake(in, chain), have = got.verdict == ZS_DANE_VERIFIED ? (int)got.depth : -1;
	/* without any usable record OpenSSL falls back to names and roots */
	if (got.usable_count)
		ck_assert_msg(want == have, "%s on %s%s%s: OpenSSL says %d, we say %d (%s)", records, chain, in->smtp ? " smtp" : "",
		              in->ee_names ? " names" : "", want, have, got.why ? got.why : "");
	else
		ck_assert_int_eq(-1, have);
}

START_TEST(every_combination_is_as_OpenSSL_says)
{
	static const char *const chains[] = { "L", "LC", "LCR", "N", "NC", "X", "XC", "DC", "S", "M", "MC", "LR" };
	static const char from[] = "LCRSM";
	const int usage = _i / 6, selector = _i / 3 % 2, matching = _i % 3;
	for (size_t c = 0; c < ZS_COUNT(chains); c++)
		for (const char *f = from; *f; f++)
			for (int client = 0; client < 3; client++) {
				const char spec[5] = { (char)('0' + usage), (char)('0' + selector), (char)('0' + matching), *f, 0 };
				struct zs_dane_case in = case_of(spec, chains[c]);
				struct zs_bytes root = der_of(w.cert['R'], false);
				in.roots = &root;
				in.root_count = 1;
				in.smtp = client == 0;
				in.ee_names = client == 2;
				compare(&in, spec, chains[c]);
			}
}
END_TEST

START_TEST(every_pair_of_digests_is_as_OpenSSL_says)
{
	static const char *const pairs[] = { "311L 312S", "312S 311L", "311S 312L", "301L 312S", "310L 312S", "311S 211C", "211S 312L", "201C 202S",
		                             "202C 201S", "200C 202S", "211C 312S", "302L 301S 311S", "311- 312-", "300S 301L 310S", "211C 011S" };
	static const char *const chains[] = { "L", "LC", "NC", "XC" };
	for (size_t c = 0; c < ZS_COUNT(chains); c++) {
		struct zs_dane_case in = case_of(strchr(pairs[_i], '-') ? "311L- 312L-" : pairs[_i], chains[c]);
		compare(&in, pairs[_i], chains[c]);
		in.smtp = false;
		compare(&in, pairs[_i], chains[c]);
	}
}
END_TEST

START_TEST(octets_of_strangers_match_nothing)
{
	static const uint8_t junk[] = { 3, 0, 0, 0x30, 0x82, 0xff, 0xff, 1, 2 };
	struct zs_dane_prediction got;
	struct zs_bytes tlsa[4] = { { junk, 0 }, { junk, 2 }, { junk, 3 }, { junk, sizeof junk } };
	struct zs_dane_case in = case_of("", "LC");
	in.tlsa = tlsa;
	in.tlsa_count = 4;
	zs_dane_predict(w.run, &in, &got);
	ck_assert(got.verdict == ZS_DANE_UNTRUSTED && got.usable_count == 0);
	tlsa[0] = record("311L");
	in.chain = tlsa + 3;
	in.chain_count = 1;
	zs_dane_predict(w.run, &in, &got);
	ck_assert(got.verdict == ZS_DANE_REFUSED && strstr(got.why, "no certificate"));
	struct zs_bytes whole[2] = { record("300L"), record("310L") }; /* with an octet too many */
	for (size_t i = 0; i < 2; i++) {
		whole[i].data = (const uint8_t *)zs_arena_text(w.run->arena, (const char *)whole[i].data, whole[i].len);
		whole[i].len++;
		ck_assert_ptr_nonnull(zs_dane_unusable(whole[i], true));
		whole[i].len--;
		ck_assert_ptr_null(zs_dane_unusable(whole[i], true));
	}
}
END_TEST

ZS_SUITE(predict)
{
	Suite *suite = suite_create("predict");
	TCase *tcase = tcase_create("dane");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_chain_without_end_is_left);
	tcase_add_loop_test(tcase, measured_with_postfix, 0, (int)ZS_COUNT(measured));
	tcase_add_loop_test(tcase, every_combination_is_as_OpenSSL_says, 0, 24);
	tcase_add_loop_test(tcase, every_pair_of_digests_is_as_OpenSSL_says, 0, 15);
	tcase_add_test(tcase, octets_of_strangers_match_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}
