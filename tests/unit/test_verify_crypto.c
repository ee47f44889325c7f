/* test_verify_crypto.c - the verifier's cryptography: vectors of RFC 6605, 8080 and 8976, sizes, times, keys made here. */
#include "verify_fixture.h"

#include <openssl/evp.h>

static const struct {
	const char *path, *apex;
	zs_time now;
	uint16_t covered;
} vectors[] = {
	{ "testdata/rfc/rfc6605-6.1-p256.txt", "example.net.", 1283000000, ZS_TYPE_A },
	{ "testdata/rfc/rfc6605-6.2-p384.txt", "example.net.", 1283000000, ZS_TYPE_A },
	{ "testdata/rfc/rfc8080-6.1-ed25519-1.txt", "example.com.", 1439000000, ZS_TYPE_MX },
	{ "testdata/rfc/rfc8080-6.1-ed25519-2.txt", "example.com.", 1439000000, ZS_TYPE_MX },
	/* without DS */
	{ "testdata/rfc/rfc5702-6.1-rsasha256.txt", "example.net.", 1283000000, ZS_TYPE_A },
	{ "testdata/rfc/rfc5702-6.2-rsasha512.txt", "example.net.", 1283000000, ZS_TYPE_A },
};
enum { VECTORS_WITH_DS = 4 };

START_TEST(signatures_of_rfc5702_rfc6605_and_rfc8080_verify)
{
	struct fixture f;
	begin(&f, vectors[_i].apex, vectors[_i].now);
	ck_assert(!judge_file(&f, vectors[_i].path)); /* no SOA, no NSEC */
	ck_assert_uint_eq(f.result.verified_count, 1);
	ck_assert(!refused(&f, "G1", vectors[_i].covered == ZS_TYPE_A ? "RRSIG of A " : "RRSIG of MX "));
	zs_run_end(f.run);
}
END_TEST

START_TEST(their_ds_match_their_keys)
{
	struct fixture f;
	begin(&f, vectors[_i].apex, vectors[_i].now);
	char *text = slurp(vectors[_i].path);
	ck_assert(read_text(&f, text));
	const struct zs_bytes ds = apex_record(&f, ZS_TYPE_DS);
	uint8_t wrong[4 + 64];
	struct zs_bytes list[] = { ds };
	f.options.ds = list;
	f.options.ds_count = 1;
	ck_assert(!judge(&f));
	ck_assert(refused(&f, "G5", "leads to a key that has not signed the DNSKEY RRset"));
	memcpy(wrong, ds.data, ds.len);
	wrong[ds.len - 1] ^= 1;
	list[0].data = wrong;
	ck_assert(!judge(&f));
	ck_assert(refused(&f, "G5", "matches no DNSKEY"));
	zs_run_end(f.run);
	free(text);
}
END_TEST

/* Verify the only RRSIG of a vector at a lower level, with one bit of signature or data turned. */
START_TEST(one_turned_bit_makes_a_signature_fail)
{
	struct fixture f;
	begin(&f, vectors[_i].apex, vectors[_i].now);
	char *text = slurp(vectors[_i].path);
	ck_assert(read_text(&f, text));
	const struct zs_bytes dnskey = apex_record(&f, ZS_TYPE_DNSKEY);
	const struct zs_vkey key = { .rdata = dnskey, .algorithm = dnskey.data[3], .usable = true };
	struct zs_crypt *crypt = zs_crypt_new(f.run->arena, &key, 1);
	struct zs_rrsig sig = { 0 };
	uint8_t data[1024], signature[128];
	size_t len = 0;
	ck_assert_ptr_null(zs_crypt_key_problem(f.run->arena, dnskey));
	for (size_t i = 0; i < f.zone->owner_count; i++) {
		const struct zs_owner *owner = &f.zone->owners[i];
		const struct zs_rrset *rrsigs = zs_zone_rrset(f.zone, (uint32_t)i, ZS_TYPE_RRSIG);
		const struct zs_rrset *set = zs_zone_rrset(f.zone, (uint32_t)i, vectors[_i].covered);
		if (!rrsigs)
			continue;
		const struct zs_bytes rrsig = zs_rrset_rdata(f.zone, rrsigs, 0), rdata = zs_rrset_rdata(f.zone, set, 0);
		ck_assert(zs_rrsig_parse(rrsig, &sig));
		len = rrsig.len - sig.signature.len;
		memcpy(data, rrsig.data, len);
		memcpy(data + len, zs_owner_name(f.zone, owner), owner->name_len);
		len += owner->name_len;
		zs_put_u16(data + len, set->type);
		zs_put_u16(data + len + 2, 1);
		zs_put_u32(data + len + 4, set->ttl);
		zs_put_u16(data + len + 8, (uint16_t)rdata.len);
		memcpy(data + len + 10, rdata.data, rdata.len);
		len += 10 + rdata.len;
	}
	const struct zs_bytes signature_bytes = { signature, sig.signature.len };
	memcpy(signature, sig.signature.data, sig.signature.len);
	ck_assert_int_eq(zs_crypt_verify(crypt, 0, (struct zs_bytes){ data, len }, signature_bytes), ZS_CRYPT_GOOD);
	for (size_t i = 0; i < len; i++) {
		data[i] ^= 0x10;
		ck_assert_int_eq(zs_crypt_verify(crypt, 0, (struct zs_bytes){ data, len }, signature_bytes), ZS_CRYPT_BAD);
		data[i] ^= 0x10;
	}
	for (size_t i = 0; i < signature_bytes.len; i++) {
		signature[i] ^= 1;
		ck_assert_int_eq(zs_crypt_verify(crypt, 0, (struct zs_bytes){ data, len }, signature_bytes), ZS_CRYPT_BAD);
		signature[i] ^= 1;
	}
	ck_assert_int_eq(zs_crypt_verify(crypt, 0, (struct zs_bytes){ data, len },
	                                 (struct zs_bytes){ signature, signature_bytes.len - 1 }), ZS_CRYPT_BAD);
	zs_run_end(f.run);
	free(text);
}
END_TEST

/* A key made here, to sign what no file holds. */
struct signer {
	EVP_PKEY *key;
	uint8_t dnskey[4 + 32];
};

static void make_signer(struct signer *s)
{
	size_t len = 32;
	s->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	ck_assert_ptr_nonnull(s->key);
	memcpy(s->dnskey, "\1\1\3\17", 4);
	ck_assert_int_eq(EVP_PKEY_get_raw_public_key(s->key, s->dnskey + 4, &len), 1);
}

/* Append "name TTL IN RRSIG ..." for records (canonical: owner, type, class, TTL, length, RDATA) at *buf. */
static void add_rrsig(struct zs_buf *text, const struct signer *s, const char *owner, const char *type, uint16_t type_number,
                      uint8_t labels, uint32_t ttl, uint32_t inception, uint32_t expiration, const uint8_t *records, size_t records_len)
{
	static const uint8_t apex[] = "\7example";
	const uint16_t tag = zs_key_tag(s->dnskey, sizeof s->dnskey);
	uint8_t *data = malloc(18 + sizeof apex + records_len), signature[64];
	char base64[90];
	size_t signature_len = sizeof signature;
	zs_put_u16(data, type_number);
	data[2] = 15;
	data[3] = labels;
	zs_put_u32(data + 4, ttl);
	zs_put_u32(data + 8, expiration);
	zs_put_u32(data + 12, inception);
	zs_put_u16(data + 16, tag);
	memcpy(data + 18, apex, sizeof apex);
	memcpy(data + 18 + sizeof apex, records, records_len);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	ck_assert_int_eq(EVP_DigestSignInit(context, NULL, NULL, NULL, s->key), 1);
	ck_assert_int_eq(EVP_DigestSign(context, signature, &signature_len, data, 18 + sizeof apex + records_len), 1);
	EVP_MD_CTX_free(context);
	base64[zs_base64_encode(signature, sizeof signature, base64)] = 0;
	zs_buf_printf(text, "%s %u IN RRSIG %s 15 %u %u %u %u %u example. %s\n", owner, ttl, type, labels, ttl, expiration,
	              inception, tag, base64);
	free(data);
}

static void add_dnskey(struct zs_buf *text, const struct signer *s)
{
	char base64[50];
	base64[zs_base64_encode(s->dnskey + 4, 32, base64)] = 0;
	zs_buf_printf(text, "example. 300 IN DNSKEY 257 3 15 %s\n", base64);
}

enum { RECORD_LEN = 13 + 10 + 4 };

/* An A record of big.example. in canonical form. */
static void put_address(uint8_t p[RECORD_LEN], uint32_t address)
{
	memcpy(p, "\3big\7example", 13);
	zs_put_u16(p + 13, ZS_TYPE_A);
	zs_put_u16(p + 15, 1);
	zs_put_u32(p + 17, 300);
	zs_put_u16(p + 21, 4);
	zs_put_u32(p + 23, address);
}

START_TEST(an_rrset_beyond_64_kib_is_verified_whole)
{
	enum { COUNT = 6000 };
	struct fixture f;
	struct signer s;
	uint8_t *records = malloc(COUNT * RECORD_LEN);
	begin(&f, "example.", NOW);
	make_signer(&s);
	struct zs_buf text = { .arena = f.run->arena, .max = TEXT_MAX };
	for (uint32_t i = 0; i < COUNT; i++) {
		put_address(records + i * RECORD_LEN, 0x0a000000 + i);
		zs_buf_printf(&text, "big.example. 300 IN A 10.0.%u.%u\n", i >> 8, i & 255);
	}
	add_dnskey(&text, &s);
	add_rrsig(&text, &s, "big.example.", "A", ZS_TYPE_A, 2, 300, NOW - 1, NOW + 100, records, COUNT * RECORD_LEN);
	const char *whole = zs_buf_string(&text);
	ck_assert(!judge_text(&f, whole)); /* there is no SOA */
	ck_assert_uint_eq(f.result.verified_count, 1);
	ck_assert(!refused(&f, "G1", "'big.example.'"));
	char *less = replace(whole, "big.example. 300 IN A 10.0.20.5\n", 1, "");
	ck_assert(!judge_text(&f, less));
	ck_assert_uint_eq(f.result.verified_count, 0);
	ck_assert(refused(&f, "G1", "RRSIG of A 'big.example.'"));
	free(less);
	free(records);
	EVP_PKEY_free(s.key);
	zs_run_end(f.run);
}
END_TEST

START_TEST(times_are_serial_numbers)
{
	static const struct {
		zs_time now;
		uint32_t inception, expiration;
		bool good;
	} cases[] = {
		{ 4294967296 + 16, 0xffffff00, 0x00001000, true },  /* 2106: the 32 bits have wrapped */
		{ 4294967296 - 16, 0xffffff00, 0x00001000, true },
		{ 4294967296 + 0x1000, 0xffffff00, 0x00001000, false },
		{ 4294967296 - 8000, 0xffffff00, 0x00001000, false },
		{ 0x7fffffff, 0x7ffffff0, 0x80000010, true },       /* 2038 */
		{ 0x80000020, 0x7ffffff0, 0x80000010, false },
	};
	for (size_t i = 0; i < ZS_COUNT(cases); i++) {
		struct fixture f;
		struct signer s;
		uint8_t record[RECORD_LEN];
		begin(&f, "example.", cases[i].now);
		make_signer(&s);
		struct zs_buf text = { .arena = f.run->arena, .max = TEXT_MAX };
		put_address(record, 0x0a000001);
		zs_buf_text(&text, "big.example. 300 IN A 10.0.0.1\n");
		add_dnskey(&text, &s);
		add_rrsig(&text, &s, "big.example.", "A", ZS_TYPE_A, 2, 300, cases[i].inception, cases[i].expiration, record, sizeof record);
		ck_assert(!judge_text(&f, zs_buf_string(&text)));
		ck_assert_msg(f.result.verified_count == cases[i].good, "case %zu: %s", i, first_error(&f));
		if (cases[i].good)
			ck_assert_int_eq((uint32_t)f.result.earliest_expiration, cases[i].expiration);
		EVP_PKEY_free(s.key);
		zs_run_end(f.run);
	}
}
END_TEST

START_TEST(keys_named_by_the_caller_may_sign_beside_those_of_the_zone)
{
	static const uint8_t soa[] = "\7example\0\0\6\0\1\0\0\16\20\0\65\3ns1\7example\0\12hostmaster\7example\0"
	                             "\0\0\0\7\0\0\34\40\0\0\16\20\0\22\165\0\0\0\2\130";
	struct signer s;
	struct fixture f;
	begin(&f, "example.", NOW);
	make_signer(&s);
	const struct zs_bytes key = { s.dnskey, sizeof s.dnskey };
	struct zs_buf text = { .arena = f.run->arena, .max = TEXT_MAX };
	char *zone = slurp("testdata/verify/nsec.zone");
	zs_buf_text(&text, zone);
	add_rrsig(&text, &s, "example.", "SOA", ZS_TYPE_SOA, 1, 3600, NOW - 1, NOW + 100, soa, sizeof soa - 1);
	ck_assert(!judge_text(&f, zs_buf_string(&text)));
	ck_assert(refused(&f, "G1", "by a key that is not in the zone"));
	const unsigned before = f.run->error_count;
	f.options.extra_keys = &key;
	f.options.extra_key_count = 1;
	ck_assert(judge(&f));
	ck_assert_uint_eq(f.run->error_count, before);
	s.dnskey[10] ^= 1; /* the wrong key of that name: its tag is another, too */
	ck_assert(!judge(&f));
	zs_run_end(f.run);
	free(zone);
	EVP_PKEY_free(s.key);
}
END_TEST

static const char *const zonemd_files[] = { "testdata/rfc/rfc8976-a1.zone", "testdata/rfc/rfc8976-a2.zone",
	                                    "testdata/rfc/rfc8976-a3.zone", "testdata/rfc/rfc8976-a4.zone",
	                                    "testdata/rfc/rfc8976-a5.zone" };

START_TEST(zonemd_examples_of_rfc8976_are_right)
{
	static const char *const apexes[] = { "example.", "example.", "example.", "uri.arpa.", "root-servers.net." };
	static const char *const changes[][2] = {
		{ "admin", "bdmin" }, { "admin", "bdmin" }, { "admin", "bdmin" }, { "noc.dns", "nod.dns" }, { "nstld", "nsdlt" } };
	struct fixture f;
	char *text = slurp(zonemd_files[_i]), *changed = replace(text, changes[_i][0], 1, changes[_i][1]);
	begin(&f, apexes[_i], 1539000000);
	f.options.allow_unsigned = true;
	f.options.zonemd = 1;
	ck_assert_msg(read_as(&f, text, false), "%s", first_error(&f)); /* they have duplicates */
	(void)!judge(&f);
	ck_assert_msg(!refused(&f, "G20", ""), "%s", first_error(&f));
	zs_run_end(f.run);
	begin(&f, apexes[_i], 1539000000);
	f.options.allow_unsigned = true;
	ck_assert(read_as(&f, changed, false));
	ck_assert(!judge(&f));
	ck_assert(refused(&f, "G20", "the zone's digest is"));
	zs_run_end(f.run);
	free(text);
	free(changed);
}
END_TEST

/* OpenSSL bounds the exponent beside a large modulus only, and fails late: the key is told, not each signature. */
START_TEST(an_exponent_above_64_bits_needs_a_modulus_of_3072_at_most)
{
	struct zs_run *run = zs_run_begin();
	uint8_t rsa[4 + 1 + 9 + 512] = { 1, 1, 3, 8, 9, 1, [13] = 1, [14] = 0x80 }; /* e = 2^64 + 1 */
	const size_t head = 14;
	static const struct {
		size_t modulus; /* octets */
		bool usable;
	} sizes[] = { { 384, true }, { 512, false } };
	for (size_t i = 0; i < ZS_COUNT(sizes); i++) {
		const struct zs_bytes dnskey = { rsa, head + sizes[i].modulus };
		rsa[dnskey.len - 1] |= 1;
		const char *problem = zs_crypt_key_problem(run->arena, dnskey);
		ck_assert_msg(sizes[i].usable ? !problem : problem && strstr(problem, "exponent above 64 bits"), "%s", problem ? problem : "usable");
		ck_assert_uint_eq(zs_verify_exponent_bits(dnskey), sizes[i].usable ? 65 : 0);
	}
	zs_run_end(run);
}
END_TEST

ZS_SUITE(verify_crypto)
{
	Suite *suite = suite_create("verify_crypto");
	TCase *tcase = tcase_create("verify_crypto");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, signatures_of_rfc5702_rfc6605_and_rfc8080_verify, 0, (int)ZS_COUNT(vectors));
	tcase_add_loop_test(tcase, their_ds_match_their_keys, 0, VECTORS_WITH_DS);
	tcase_add_loop_test(tcase, one_turned_bit_makes_a_signature_fail, 0, (int)ZS_COUNT(vectors));
	tcase_add_test(tcase, an_rrset_beyond_64_kib_is_verified_whole);
	tcase_add_test(tcase, times_are_serial_numbers);
	tcase_add_test(tcase, keys_named_by_the_caller_may_sign_beside_those_of_the_zone);
	tcase_add_loop_test(tcase, zonemd_examples_of_rfc8976_are_right, 0, (int)ZS_COUNT(zonemd_files));
	tcase_add_test(tcase, an_exponent_above_64_bits_needs_a_modulus_of_3072_at_most);
	suite_add_tcase(suite, tcase);
	return suite;
}
