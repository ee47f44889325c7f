/* hash.c - digests, by OpenSSL. */
#include "base/hash.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdatomic.h>

struct zs_hasher {
	EVP_MD_CTX *context;
	bool ok;
};

/* Fetched once for all threads: EVP_sha256() and its like are looked up by name at each use. */
const EVP_MD *zs_hash_method(enum zs_hash hash)
{
	static const char *const names[] = { [ZS_SHA1] = "SHA1", [ZS_SHA256] = "SHA256", [ZS_SHA384] = "SHA384", [ZS_SHA512] = "SHA512" };
	static EVP_MD *_Atomic methods[ZS_COUNT(names)];
	EVP_MD *method = atomic_load(&methods[hash]), *first = NULL;
	if (method)
		return method;
	method = EVP_MD_fetch(NULL, names[hash], NULL);
	if (!method || atomic_compare_exchange_strong(&methods[hash], &first, method))
		return method;
	EVP_MD_free(method);
	return first;
}

static bool begin(EVP_MD_CTX *context, enum zs_hash hash)
{
	const EVP_MD *method = zs_hash_method(hash);
	return context && method && EVP_DigestInit_ex2(context, method, NULL) == 1;
}

size_t zs_hash_len(enum zs_hash hash)
{
	static const size_t len[] = { [ZS_SHA1] = 20, [ZS_SHA256] = 32, [ZS_SHA384] = 48, [ZS_SHA512] = 64 };
	return len[hash];
}

const char *zs_hash_openssl_error(struct zs_arena *arena)
{
	const unsigned long code = ERR_peek_last_error();
	char text[256] = "it gives no reason, as without memory";
	if (code)
		ERR_error_string_n(code, text, sizeof text);
	ERR_clear_error();
	return zs_arena_printf(arena, "OpenSSL: %s", text);
}

static void release_context(void *context)
{
	EVP_MD_CTX_free(context);
}

struct zs_hasher *zs_hasher_new(struct zs_run *run, struct zs_arena *arena, enum zs_hash hash)
{
	struct zs_hasher *hasher = zs_arena_alloc(arena, sizeof *hasher);
	hasher->context = EVP_MD_CTX_new();
	hasher->ok = begin(hasher->context, hash);
	if (!hasher->ok) {
		EVP_MD_CTX_free(hasher->context);
		zs_fail(run, "cannot start a digest: %s", zs_hash_openssl_error(run->arena));
		return NULL;
	}
	zs_arena_defer(arena, release_context, hasher->context);
	return hasher;
}

void zs_hasher_add(struct zs_hasher *hasher, const void *data, size_t len)
{
	if (hasher->ok && len)
		hasher->ok = EVP_DigestUpdate(hasher->context, data, len) == 1;
}

bool zs_hasher_end(struct zs_run *run, struct zs_hasher *hasher, uint8_t out[ZS_HASH_MAX])
{
	if (!hasher->ok || EVP_DigestFinal_ex(hasher->context, out, NULL) != 1)
		return zs_fail(run, "cannot compute a digest: %s", zs_hash_openssl_error(run->arena));
	return true;
}

bool zs_hash_pieces(struct zs_run *run, enum zs_hash hash, const struct zs_bytes *pieces, size_t count,
                    uint8_t out[ZS_HASH_MAX])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = begin(context, hash);
	for (size_t i = 0; ok && i < count; i++)
		ok = !pieces[i].len || EVP_DigestUpdate(context, pieces[i].data, pieces[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(context, out, NULL) == 1;
	EVP_MD_CTX_free(context);
	return ok || zs_fail(run, "cannot compute a digest: %s", zs_hash_openssl_error(run->arena));
}

bool zs_hash(struct zs_run *run, enum zs_hash hash, struct zs_bytes data, uint8_t out[ZS_HASH_MAX])
{
	return zs_hash_pieces(run, hash, &data, 1, out);
}

uint64_t zs_fnv1a(const void *data, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (const uint8_t *p = data, *end = p + len; p < end; p++)
		hash = (hash ^ *p) * UINT64_C(0x100000001b3);
	return hash;
}
