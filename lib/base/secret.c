/* secret.c - memory that holds private keys. */
#include "base/secret.h"

#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct secret {
	void *data;
	size_t size;
};

static void cleanse(void *object)
{
	const struct secret *secret = object;
	OPENSSL_cleanse(secret->data, secret->size);
}

void *zs_secret_alloc(struct zs_arena *arena, size_t size)
{
	struct secret *secret = zs_arena_alloc(arena, sizeof *secret);
	*secret = (struct secret){ .data = zs_arena_alloc(arena, size), .size = size };
	zs_arena_defer(arena, cleanse, secret);
	return secret->data;
}

void zs_secret_cleanse(void *data, size_t size)
{
	OPENSSL_cleanse(data, size);
}

bool zs_secret_begin(void)
{
	/* without its context, which it makes at the first use and says nothing of if it cannot, OpenSSL 3.0 ends in a null pointer */
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) && OSSL_LIB_CTX_get0_global_default();
}

void zs_secret_no_dump(void)
{
	const struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
