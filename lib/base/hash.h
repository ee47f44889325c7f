/* hash.h - digests, by OpenSSL. */
#ifndef ZS_BASE_HASH_H
#define ZS_BASE_HASH_H

#include "base/bytes.h"
#include "base/run.h"

enum zs_hash { ZS_SHA1, ZS_SHA256, ZS_SHA384, ZS_SHA512 };
enum { ZS_HASH_MAX = 64 };

size_t zs_hash_len(enum zs_hash hash); /* octets */

/* OpenSSL's method, for a context of one's own; it lasts as long as the process. NULL if OpenSSL has none. */
const struct evp_md_st *zs_hash_method(enum zs_hash hash);

/* Digest of one piece or of count pieces in a row. False, with a diagnostic, if OpenSSL refuses. */
ZS_MUST_CHECK bool zs_hash(struct zs_run *run, enum zs_hash hash, struct zs_bytes data, uint8_t out[ZS_HASH_MAX]);
ZS_MUST_CHECK bool zs_hash_pieces(struct zs_run *run, enum zs_hash hash, const struct zs_bytes *pieces, size_t count,
                                  uint8_t out[ZS_HASH_MAX]);

/* A digest fed bit by bit; the context ends with arena. */
struct zs_hasher;
ZS_MUST_CHECK struct zs_hasher *zs_hasher_new(struct zs_run *run, struct zs_arena *arena, enum zs_hash hash);
void zs_hasher_add(struct zs_hasher *hasher, const void *data, size_t len);
/* False, with a diagnostic, if any step failed. */
ZS_MUST_CHECK bool zs_hasher_end(struct zs_run *run, struct zs_hasher *hasher, uint8_t out[ZS_HASH_MAX]);

/* OpenSSL's own words for what just failed, for the end of a message; clears its error queue. */
const char *zs_hash_openssl_error(struct zs_arena *arena);

/* FNV-1a with 64 bits: draft-eastlake-fnv. For sharing out and tables, not for secrets. */
uint64_t zs_fnv1a(const void *data, size_t len);

#endif
