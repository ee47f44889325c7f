/* key.c - key pairs by OpenSSL EVP: made, built from numbers, proven. RFC 3110, 5702, 6605, 8080. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/hash.h"
#include "dns/algorithm.h"
#include "keys/key_private.h"

static void release_pkey(void *pkey)
{
	EVP_PKEY_free(pkey);
}

bool zs_key_is_rsa(uint8_t algorithm)
{
	return algorithm == ZS_RSASHA1 || algorithm == ZS_RSASHA1_NSEC3 || algorithm == ZS_RSASHA256
	    || algorithm == ZS_RSASHA512;
}

const char *zs_key_curve(uint8_t algorithm)
{
	return algorithm == ZS_ECDSAP256SHA256 ? "P-256" : algorithm == ZS_ECDSAP384SHA384 ? "P-384" : NULL;
}

static int raw_type(uint8_t algorithm)
{
	return algorithm == ZS_ED25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448;
}

static EVP_PKEY *generate(uint8_t algorithm, unsigned bits)
{
	const char *curve = zs_key_curve(algorithm);
	if (zs_key_is_rsa(algorithm))
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
	if (curve)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
	return EVP_PKEY_Q_keygen(NULL, NULL, algorithm == ZS_ED25519 ? "ED25519" : "ED448");
}

/* RFC 3110 section 2: exponent length, exponent, modulus, without leading zeros. */
static bool add_rsa(struct zs_buf *out, const EVP_PKEY *pkey)
{
	BIGNUM *n = NULL, *e = NULL;
	uint8_t octets[1024];
	bool ok = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1
	       && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_num_bytes(n) <= 1024
	       && BN_num_bytes(e) <= 255;
	if (ok) {
		zs_buf_octet(out, (uint8_t)BN_num_bytes(e));
		zs_buf_add(out, octets, (size_t)BN_bn2bin(e, octets));
		zs_buf_add(out, octets, (size_t)BN_bn2bin(n, octets));
	}
	BN_free(n);
	BN_free(e);
	return ok;
}

/* The public key field of DNSKEY RDATA. */
static bool add_public(struct zs_buf *out, const EVP_PKEY *pkey, uint8_t algorithm)
{
	uint8_t octets[256];
	size_t len = sizeof octets;
	if (zs_key_is_rsa(algorithm))
		return add_rsa(out, pkey);
	if (zs_key_curve(algorithm)) {
		/* x and y behind the octet 4 of an uncompressed point */
		if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof octets, &len) != 1
		    || octets[0] != 4 || len != 1u + zs_algorithm_info(algorithm)->public_key_len)
			return false;
		zs_buf_add(out, octets + 1, len - 1);
		return true;
	}
	if (EVP_PKEY_get_raw_public_key(pkey, octets, &len) != 1)
		return false;
	zs_buf_add(out, octets, len);
	return true;
}

bool zs_key_from_rdata(struct zs_run *run, const struct zs_source *where, struct zs_bytes rdata, struct zs_key *out)
{
	struct zs_key key = { .rdata = rdata, .private = out->private, .created = out->created };
	if (rdata.len < 5)
		return zs_error(run, where, "the DNSKEY RDATA is too short");
	key.flags = zs_get_u16(rdata.data);
	key.algorithm = rdata.data[3];
	key.tag = zs_key_tag(rdata.data, rdata.len);
	if (!(key.flags & ZS_DNSKEY_ZONE) || rdata.data[2] != 3)
		return zs_error(run, where, "not a zone key: flags %u, protocol %u (RFC 4034 section 2.1)", key.flags, rdata.data[2]);
	const uint16_t plain = (uint16_t)(key.flags & ~ZS_DNSKEY_REVOKE);
	const uint8_t flags[2] = { (uint8_t)(plain >> 8), (uint8_t)plain };
	const struct zs_bytes pieces[] = { { flags, 2 }, { rdata.data + 2, rdata.len - 2 } };
	uint8_t digest[ZS_HASH_MAX];
	if (!zs_hash_pieces(run, ZS_SHA256, pieces, 2, digest))
		return false;
	memcpy(key.id, digest, sizeof key.id);
	*out = key;
	return true;
}

bool zs_key_make(struct zs_run *run, struct zs_arena *arena, uint8_t algorithm, unsigned bits, uint16_t flags,
                 struct zs_key *out)
{
	EVP_PKEY *pkey = generate(algorithm, bits);
	if (!pkey)
		return zs_fail(run, "cannot make a key: %s", zs_hash_openssl_error(run->arena));
	return zs_key_from_pkey(run, arena, pkey, algorithm, flags, out);
}

bool zs_key_from_pkey(struct zs_run *run, struct zs_arena *arena, EVP_PKEY *pkey, uint8_t algorithm, uint16_t flags, struct zs_key *out)
{
	zs_arena_defer(arena, release_pkey, pkey);
	struct zs_buf rdata = { .arena = arena, .max = 4096 };
	zs_buf_u16(&rdata, flags);
	zs_buf_octet(&rdata, 3);
	zs_buf_octet(&rdata, algorithm);
	if (!add_public(&rdata, pkey, algorithm) || rdata.full)
		return zs_fail(run, "cannot read the public half of a key: %s", zs_hash_openssl_error(run->arena));
	struct zs_key key = { .private = pkey, .created = run->now };
	if (!zs_key_from_rdata(run, NULL, (struct zs_bytes){ rdata.data, rdata.len }, &key))
		return false;
	*out = key;
	return true;
}

static EVP_PKEY *build_pkey(const char *type, int selection, OSSL_PARAM_BLD *builder)
{
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (!params || !context || EVP_PKEY_fromdata_init(context) != 1
	    || EVP_PKEY_fromdata(context, &pkey, selection, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	return pkey;
}

EVP_PKEY *zs_key_from_numbers(uint8_t algorithm, const struct zs_key_numbers *numbers)
{
	static const char *const names[ZS_KEY_PARTS] = {
		[ZS_KEY_N] = OSSL_PKEY_PARAM_RSA_N,          [ZS_KEY_E] = OSSL_PKEY_PARAM_RSA_E,
		[ZS_KEY_D] = OSSL_PKEY_PARAM_RSA_D,          [ZS_KEY_P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
		[ZS_KEY_Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,    [ZS_KEY_DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
		[ZS_KEY_DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2, [ZS_KEY_QI] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
		[ZS_KEY_SECRET] = OSSL_PKEY_PARAM_PRIV_KEY,
	};
	const char *curve = zs_key_curve(algorithm);
	if (!curve && !zs_key_is_rsa(algorithm))
		return EVP_PKEY_new_raw_private_key(raw_type(algorithm), NULL, numbers->part[ZS_KEY_SECRET].data,
		                                    numbers->part[ZS_KEY_SECRET].len);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *kept[ZS_KEY_PARTS] = { NULL };
	bool ok = builder != NULL, secret = false;
	for (int i = 0; ok && i < ZS_KEY_PARTS; i++) {
		const struct zs_bytes *part = &numbers->part[i];
		if (!part->len)
			continue;
		kept[i] = BN_secure_new();
		ok = kept[i] && BN_bin2bn(part->data, (int)part->len, kept[i])
		  && OSSL_PARAM_BLD_push_BN(builder, names[i], kept[i]) == 1;
		secret = secret || i >= ZS_KEY_D;
	}
	if (ok && curve)
		ok = OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1
		  && OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, numbers->point.data, numbers->point.len) == 1;
	EVP_PKEY *pkey = ok ? build_pkey(curve ? "EC" : "RSA", secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, builder) : NULL;
	OSSL_PARAM_BLD_free(builder);
	for (int i = 0; i < ZS_KEY_PARTS; i++)
		BN_clear_free(kept[i]);
	return pkey;
}

size_t zs_key_point(uint8_t algorithm, const BIGNUM *secret, uint8_t out[ZS_KEY_POINT_MAX])
{
	const int nid = algorithm == ZS_ECDSAP256SHA256 ? NID_X9_62_prime256v1 : NID_secp384r1;
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	EC_POINT *point = group ? EC_POINT_new(group) : NULL;
	size_t len = 0;
	if (point && EC_POINT_mul(group, point, secret, NULL, NULL, NULL) == 1)
		len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, ZS_KEY_POINT_MAX, NULL);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return len == 1u + zs_algorithm_info(algorithm)->public_key_len ? len : 0;
}

/* ECDSA: the secret makes the public point, for a fifth of what a signature and its check cost. */
static bool fits_point(const struct zs_key *key)
{
	uint8_t point[ZS_KEY_POINT_MAX];
	BIGNUM *secret = NULL;
	size_t len = 0;
	if (EVP_PKEY_get_bn_param(key->private, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1)
		len = zs_key_point(key->algorithm, secret, point);
	BN_clear_free(secret);
	return len && len - 1 == key->rdata.len - 4 && memcmp(point + 1, key->rdata.data + 4, len - 1) == 0;
}

/* Of an RSA or EdDSA key. NULL if OpenSSL refuses. */
static EVP_PKEY *public_pkey(const struct zs_key *key)
{
	const uint8_t *p = key->rdata.data + 4;
	size_t len = key->rdata.len - 4;
	if (!zs_key_is_rsa(key->algorithm))
		return EVP_PKEY_new_raw_public_key(raw_type(key->algorithm), NULL, p, len);
	struct zs_key_numbers numbers = { 0 };
	size_t e_len = *p++;
	len--;
	if (e_len == 0 && len >= 2) {
		e_len = zs_get_u16(p);
		p += 2;
		len -= 2;
	}
	if (e_len == 0 || e_len >= len)
		return NULL;
	numbers.part[ZS_KEY_E] = (struct zs_bytes){ p, e_len };
	numbers.part[ZS_KEY_N] = (struct zs_bytes){ p + e_len, len - e_len };
	return zs_key_from_numbers(key->algorithm, &numbers);
}

/* RSA, EdDSA: the private half signs, the public one verifies. */
static bool fits_signature(const struct zs_key *key)
{
	static const uint8_t text[] = "zonesign: does the private half fit the public one?";
	uint8_t signature[1024];
	size_t len = sizeof signature;
	const EVP_MD *md = zs_key_is_rsa(key->algorithm) ? EVP_sha256() : NULL;
	EVP_PKEY *public = public_pkey(key);
	EVP_MD_CTX *sign = EVP_MD_CTX_new(), *verify = EVP_MD_CTX_new();
	const bool ok = public && sign && verify && EVP_DigestSignInit(sign, NULL, md, NULL, key->private) == 1
	             && EVP_DigestSign(sign, signature, &len, text, sizeof text) == 1
	             && EVP_DigestVerifyInit(verify, NULL, md, NULL, public) == 1
	             && EVP_DigestVerify(verify, signature, len, text, sizeof text) == 1;
	EVP_MD_CTX_free(sign);
	EVP_MD_CTX_free(verify);
	EVP_PKEY_free(public);
	return ok;
}

bool zs_key_prove(struct zs_run *run, const struct zs_key *key, const char *shown)
{
	const bool ok = zs_key_curve(key->algorithm) ? fits_point(key) : fits_signature(key);
	zs_hash_openssl_error(run->arena); /* empties OpenSSL's queue */
	if (ok)
		return true;
	zs_error(run, NULL, "key %u in '%s': the private key does not fit the public one (G9)", key->tag, shown);
	zs_hint(run, "restore both files from the same backup; zonesign never makes a new key in place of a damaged one");
	return false;
}

void zs_key_own(struct zs_arena *arena, EVP_PKEY *pkey)
{
	zs_arena_defer(arena, release_pkey, pkey);
}
