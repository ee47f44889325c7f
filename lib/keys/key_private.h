/* key_private.h - what the files of keys/ share: key pairs as OpenSSL objects and as numbers. */
#ifndef ZS_KEYS_KEY_PRIVATE_H
#define ZS_KEYS_KEY_PRIVATE_H

#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "keys/keys.h"

enum { ZS_KEY_N, ZS_KEY_E, ZS_KEY_D, ZS_KEY_P, ZS_KEY_Q, ZS_KEY_DP, ZS_KEY_DQ, ZS_KEY_QI, ZS_KEY_SECRET, ZS_KEY_PARTS };

/* Big-endian numbers of a key; len 0: absent. point: EC only, uncompressed. */
struct zs_key_numbers {
	struct zs_bytes part[ZS_KEY_PARTS];
	struct zs_bytes point;
};

bool zs_key_is_rsa(uint8_t algorithm);
const char *zs_key_curve(uint8_t algorithm); /* NULL: no ECDSA algorithm */

/* NULL if OpenSSL refuses. The caller owns the result. */
EVP_PKEY *zs_key_from_numbers(uint8_t algorithm, const struct zs_key_numbers *numbers);

/* The uncompressed public point of a secret number of the algorithm's curve. Returns its length, or 0 if there is none. */
enum { ZS_KEY_POINT_MAX = 97 };
size_t zs_key_point(uint8_t algorithm, const BIGNUM *secret, uint8_t out[ZS_KEY_POINT_MAX]);

/* adopt.c: facts for keys that are in the directory of a zone without state. */
void zs_keys_adopt(struct zs_run *run, const struct zs_zone_config *zone, struct zs_facts *facts, struct zs_keyset *keys);

/* pkey ends with arena. */
void zs_key_own(struct zs_arena *arena, EVP_PKEY *pkey);

/* The key of pkey, which from then on ends with arena. */
bool zs_key_from_pkey(struct zs_run *run, struct zs_arena *arena, EVP_PKEY *pkey, uint8_t algorithm, uint16_t flags, struct zs_key *out);

#endif
