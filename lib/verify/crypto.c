/* crypto.c - DNSKEY RDATA to OpenSSL keys, and the check of one signature. Each thread has its own keys and contexts:
 * OpenSSL's shared ones take locks. */
#include "verify/verify_private.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/hash.h"

enum kind { KIND_RSA, KIND_ECDSA, KIND_EDDSA };

struct method {
	uint8_t algorithm;
	enum kind kind;
	enum zs_hash digest;   /* EdDSA: none */
	const char *group;     /* ECDSA: the curve; EdDSA: the key type */
	unsigned half;         /* ECDSA: octets of a coordinate; EdDSA: of the key */
	unsigned min_bits;     /* RSA */
};

/* RFC 3110, RFC 5702, RFC 6605, RFC 8080. */
static const struct method methods[] = {
	{ ZS_RSASHA1, KIND_RSA, ZS_SHA1, NULL, 0, 512 },
	{ ZS_RSASHA1_NSEC3, KIND_RSA, ZS_SHA1, NULL, 0, 512 },
	{ ZS_RSASHA256, KIND_RSA, ZS_SHA256, NULL, 0, 512 },
	{ ZS_RSASHA512, KIND_RSA, ZS_SHA512, NULL, 0, 1024 },
	{ ZS_ECDSAP256SHA256, KIND_ECDSA, ZS_SHA256, "P-256", 32, 0 },
	{ ZS_ECDSAP384SHA384, KIND_ECDSA, ZS_SHA384, "P-384", 48, 0 },
	{ ZS_ED25519, KIND_EDDSA, 0, "ED25519", 32, 0 },
	{ ZS_ED448, KIND_EDDSA, 0, "ED448", 57, 0 },
};
enum { RSA_BITS_MAX = 4096, RSA_BITS_SMALL = 3072, RSA_EXPONENT_BITS_MAX = 64, /* the last two are OpenSSL's */
       COORDINATE_MAX = 48, EDDSA_SIGNATURE_25519 = 64, EDDSA_SIGNATURE_448 = 114 };

static const struct method *method_of(uint8_t algorithm)
{
	for (size_t i = 0; i < ZS_COUNT(methods); i++)
		if (methods[i].algorithm == algorithm)
			return &methods[i];
	return NULL;
}

static unsigned bits_of(struct zs_bytes number)
{
	unsigned bits = (unsigned)number.len * 8;
	for (unsigned top = number.data[0]; !(top & 0x80); top <<= 1)
		bits--;
	return bits;
}

/* Exponent and modulus of RFC 3110 section 2. Returns what is wrong, or NULL. */
static const char *split_rsa(const struct method *method, struct zs_bytes key, struct zs_bytes *exponent,
                             struct zs_bytes *modulus)
{
	size_t at = 1;
	if (!key.len)
		return "has no public key";
	size_t exponent_len = key.data[0];
	if (!exponent_len) {
		if (key.len < 3)
			return "has a truncated exponent";
		exponent_len = zs_get_u16(key.data + 1);
		at = 3;
		if (exponent_len < 256)
			return "has a long exponent length for a short exponent (RFC 3110 section 2)";
	}
	if (key.len - at <= exponent_len)
		return "has a truncated modulus";
	*exponent = (struct zs_bytes){ key.data + at, exponent_len };
	*modulus = (struct zs_bytes){ key.data + at + exponent_len, key.len - at - exponent_len };
	if (!exponent->data[0] || !modulus->data[0])
		return "has leading zeros in exponent or modulus (RFC 3110 section 2)";
	if (!(exponent->data[exponent_len - 1] & 1) || (exponent_len == 1 && exponent->data[0] < 3))
		return "has an exponent that is even or 1";
	if (modulus->len > RSA_BITS_MAX / 8)
		return "has a modulus above 4096 bits";
	const unsigned bits = bits_of(*modulus);
	if (bits > RSA_BITS_SMALL && bits_of(*exponent) > RSA_EXPONENT_BITS_MAX)
		return "has an exponent above 64 bits beside a modulus above 3072: OpenSSL verifies nothing with it";
	if (bits < method->min_bits)
		return method->min_bits == 512 ? "has a modulus below 512 bits" : "has a modulus below 1024 bits";
	if (!(modulus->data[modulus->len - 1] & 1))
		return "has an even modulus";
	return NULL;
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
	if (!context || EVP_PKEY_fromdata_init(context) != 1
	    || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *rsa_key(struct zs_bytes exponent, struct zs_bytes modulus)
{
	BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL), *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	const bool ok = e && n && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1
	             && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1;
	EVP_PKEY *key = key_from("RSA", ok ? OSSL_PARAM_BLD_to_param(build) : NULL);
	OSSL_PARAM_BLD_free(build);
	BN_free(e);
	BN_free(n);
	return key;
}

/* x | y of RFC 6605 section 4, as the uncompressed point that OpenSSL reads; it checks that it is on the curve. */
static EVP_PKEY *ecdsa_key(const struct method *method, struct zs_bytes point)
{
	uint8_t octets[1 + 2 * COORDINATE_MAX] = { 4 };
	memcpy(octets + 1, point.data, point.len);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	const bool ok = build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, method->group, 0) == 1
	             && OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, octets, 1 + point.len) == 1;
	EVP_PKEY *key = key_from("EC", ok ? OSSL_PARAM_BLD_to_param(build) : NULL);
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* The key of DNSKEY RDATA, or NULL with *problem. */
static EVP_PKEY *make_key(const struct method *method, struct zs_bytes dnskey, const char **problem)
{
	const struct zs_bytes key = { dnskey.data + 4, dnskey.len - 4 };
	struct zs_bytes exponent, modulus;
	EVP_PKEY *made = NULL;
	*problem = NULL;
	switch (method->kind) {
	case KIND_RSA:
		*problem = split_rsa(method, key, &exponent, &modulus);
		if (!*problem)
			made = rsa_key(exponent, modulus);
		break;
	case KIND_ECDSA:
		if (key.len != 2 * method->half)
			*problem = "has a public key of the wrong length";
		else
			made = ecdsa_key(method, key);
		break;
	case KIND_EDDSA:
		if (key.len != method->half)
			*problem = "has a public key of the wrong length";
		else
			made = EVP_PKEY_new_raw_public_key_ex(NULL, method->group, NULL, key.data, key.len);
		break;
	}
	if (!made && !*problem)
		*problem = "has a public key that is not valid";
	ERR_clear_error();
	return made;
}

const char *zs_crypt_key_problem(struct zs_arena *arena, struct zs_bytes dnskey)
{
	const char *problem;
	if (dnskey.len < 5)
		return "has no public key";
	const struct method *method = method_of(dnskey.data[3]);
	if (!method)
		return zs_arena_printf(arena, "has algorithm %u, which zonesign cannot verify", dnskey.data[3]);
	EVP_PKEY *key = make_key(method, dnskey, &problem);
	EVP_PKEY_free(key);
	return problem;
}

unsigned zs_verify_exponent_bits(struct zs_bytes dnskey)
{
	struct zs_bytes exponent, modulus;
	const struct method *method = dnskey.len > 4 ? method_of(dnskey.data[3]) : NULL;
	const struct zs_bytes key = { dnskey.data + 4, dnskey.len - 4 };
	return method && method->kind == KIND_RSA && !split_rsa(method, key, &exponent, &modulus) ? bits_of(exponent) : 0;
}

struct slot {
	const struct method *method;
	bool tried;            /* key and context were made, or could not be */
	EVP_PKEY *key;
	EVP_PKEY_CTX *context; /* RSA and ECDSA: ready for EVP_PKEY_verify */
	const EVP_MD *digest;
};

struct zs_crypt {
	const struct zs_vkey *keys;
	size_t count;
	EVP_MD_CTX *digesting; /* for digests */
	EVP_MD_CTX *verifying; /* for EdDSA */
	struct slot *slots;
};

static void release(void *object)
{
	struct zs_crypt *crypt = object;
	for (size_t i = 0; i < crypt->count; i++) {
		EVP_PKEY_CTX_free(crypt->slots[i].context);
		EVP_PKEY_free(crypt->slots[i].key);
	}
	EVP_MD_CTX_free(crypt->digesting);
	EVP_MD_CTX_free(crypt->verifying);
}

struct zs_crypt *zs_crypt_new(struct zs_arena *arena, const struct zs_vkey *keys, size_t count)
{
	struct zs_crypt *crypt = zs_arena_alloc(arena, sizeof *crypt);
	crypt->keys = keys;
	crypt->count = count;
	crypt->slots = zs_arena_array(arena, count, sizeof *crypt->slots);
	crypt->digesting = EVP_MD_CTX_new();
	crypt->verifying = EVP_MD_CTX_new();
	zs_arena_defer(arena, release, crypt);
	return crypt;
}

/* Key and context of one slot, made when first asked for. */
static bool prepare(struct zs_crypt *crypt, size_t index)
{
	struct slot *slot = &crypt->slots[index];
	const char *problem;
	if (slot->tried)
		return slot->context || (slot->key && slot->method->kind == KIND_EDDSA);
	slot->tried = true;
	slot->method = method_of(crypt->keys[index].algorithm);
	slot->key = slot->method ? make_key(slot->method, crypt->keys[index].rdata, &problem) : NULL;
	if (!slot->key || slot->method->kind == KIND_EDDSA)
		return slot->key != NULL;
	slot->digest = zs_hash_method(slot->method->digest);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, slot->key, NULL);
	if (slot->digest && context && EVP_PKEY_verify_init(context) == 1
	    && (slot->method->kind != KIND_RSA || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1)
	    && EVP_PKEY_CTX_set_signature_md(context, slot->digest) == 1) {
		slot->context = context;
		return true;
	}
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return false;
}

static bool digest(struct zs_crypt *crypt, const EVP_MD *md, struct zs_bytes data, uint8_t *out, unsigned *len)
{
	return md && crypt->digesting && EVP_DigestInit_ex2(crypt->digesting, md, NULL) == 1
	    && EVP_DigestUpdate(crypt->digesting, data.data, data.len) == 1
	    && EVP_DigestFinal_ex(crypt->digesting, out, len) == 1;
}

bool zs_crypt_sha256(struct zs_crypt *crypt, struct zs_bytes data, uint8_t out[32])
{
	unsigned len;
	return digest(crypt, zs_hash_method(ZS_SHA256), data, out, &len);
}

/* A positive INTEGER of DER; returns its length, at most 3 + len. */
static size_t der_integer(const uint8_t *value, size_t len, uint8_t *out)
{
	while (len > 1 && !*value) {
		value++;
		len--;
	}
	const size_t pad = *value >> 7;
	out[0] = 2;
	out[1] = (uint8_t)(len + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, value, len);
	return 2 + pad + len;
}

/* r | s of RFC 6605 section 4 as the SEQUENCE that OpenSSL reads. */
static size_t der_signature(const uint8_t *signature, size_t half, uint8_t out[2 + 2 * (3 + COORDINATE_MAX)])
{
	size_t len = der_integer(signature, half, out + 2);
	len += der_integer(signature + half, half, out + 2 + len);
	out[0] = 0x30;
	out[1] = (uint8_t)len;
	return 2 + len;
}

static enum zs_crypt_answer answer(int result)
{
	ERR_clear_error();
	return result == 1 ? ZS_CRYPT_GOOD : ZS_CRYPT_BAD;
}

static enum zs_crypt_answer verify_eddsa(struct zs_crypt *crypt, const struct slot *slot, struct zs_bytes data,
                                         struct zs_bytes signature)
{
	const size_t right_len = slot->method->half == 32 ? EDDSA_SIGNATURE_25519 : EDDSA_SIGNATURE_448;
	if (signature.len != right_len)
		return ZS_CRYPT_BAD;
	if (!crypt->verifying || EVP_MD_CTX_reset(crypt->verifying) != 1
	    || EVP_DigestVerifyInit_ex(crypt->verifying, NULL, NULL, NULL, NULL, slot->key, NULL) != 1) {
		ERR_clear_error();
		return ZS_CRYPT_BROKEN;
	}
	return answer(EVP_DigestVerify(crypt->verifying, signature.data, signature.len, data.data, data.len));
}

enum zs_crypt_answer zs_crypt_verify(struct zs_crypt *crypt, size_t key, struct zs_bytes data, struct zs_bytes signature)
{
	uint8_t hash[EVP_MAX_MD_SIZE], der[2 + 2 * (3 + COORDINATE_MAX)];
	unsigned hash_len;
	if (!prepare(crypt, key))
		return ZS_CRYPT_BROKEN;
	const struct slot *slot = &crypt->slots[key];
	if (slot->method->kind == KIND_EDDSA)
		return verify_eddsa(crypt, slot, data, signature);
	if (slot->method->kind == KIND_ECDSA && signature.len != 2 * slot->method->half)
		return ZS_CRYPT_BAD;
	if (!digest(crypt, slot->digest, data, hash, &hash_len)) {
		ERR_clear_error();
		return ZS_CRYPT_BROKEN;
	}
	if (slot->method->kind == KIND_ECDSA) {
		signature.len = der_signature(signature.data, slot->method->half, der);
		signature.data = der;
	}
	return answer(EVP_PKEY_verify(slot->context, signature.data, signature.len, hash, hash_len));
}
