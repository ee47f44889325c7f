/* loop.c - how fast the crypto library signs when nothing else is done: a prepared context a thread, a ready digest.
 *
 *   loop ecdsap256sha256|ed25519|rsasha256 THREADS SECONDS
 * prints signatures a second over all threads;
 *   loop once COUNT
 * makes one P-256 key, and COUNT signatures that it verifies, on one thread: the least that a build of a small zone can be. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS_MAX = 256, ROUND = 64, SIGNATURE_MAX = 1024, MESSAGE = 160 };

struct signer {
	pthread_t id;
	const char *algorithm;
	double seconds;
	unsigned long count;
	int failed;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static EVP_PKEY *make_key(const char *algorithm)
{
	if (strcmp(algorithm, "ecdsap256sha256") == 0)
		return EVP_EC_gen("P-256");
	if (strcmp(algorithm, "ed25519") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return strcmp(algorithm, "rsasha256") == 0 ? EVP_RSA_gen(2048) : NULL;
}

/* Ed25519 signs a message, not a digest: of the length that the data of a signature usually has. */
static int sign_messages(struct signer *s, EVP_PKEY *key, double end)
{
	unsigned char message[MESSAGE] = { 0 }, signature[SIGNATURE_MAX];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) > 0;
	while (ok && now() < end)
		for (unsigned i = 0; ok && i < ROUND; i++, s->count++) {
			size_t len = sizeof signature;
			memcpy(message, &s->count, sizeof s->count);
			ok = EVP_DigestSign(ctx, signature, &len, message, sizeof message) > 0;
		}
	EVP_MD_CTX_free(ctx);
	return ok;
}

static int sign_digests(struct signer *s, EVP_PKEY *key, double end)
{
	unsigned char digest[32] = { 0 }, signature[SIGNATURE_MAX];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	int ok = ctx && EVP_PKEY_sign_init(ctx) > 0
	    && (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0)
	    && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0;
	while (ok && now() < end)
		for (unsigned i = 0; ok && i < ROUND; i++, s->count++) {
			size_t len = sizeof signature;
			memcpy(digest, &s->count, sizeof s->count);
			ok = EVP_PKEY_sign(ctx, signature, &len, digest, sizeof digest) > 0;
		}
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static void *run(void *argument)
{
	struct signer *s = argument;
	EVP_PKEY *key = make_key(s->algorithm); /* of its own: a shared one has a reference count on the way */
	const double begin = now();
	s->failed = !key || !(EVP_PKEY_is_a(key, "ED25519") ? sign_messages : sign_digests)(s, key, begin + s->seconds);
	s->seconds = now() - begin;
	EVP_PKEY_free(key);
	return NULL;
}

static int once(int count)
{
	unsigned char digest[32] = { 0 }, signature[SIGNATURE_MAX];
	EVP_PKEY *key = make_key("ecdsap256sha256");
	EVP_PKEY_CTX *sign = key ? EVP_PKEY_CTX_new(key, NULL) : NULL, *verify = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	int ok = sign && verify && EVP_PKEY_sign_init(sign) > 0 && EVP_PKEY_verify_init(verify) > 0;
	for (int i = 0; ok && i < count; i++) {
		size_t len = sizeof signature;
		memcpy(digest, &i, sizeof i);
		ok = EVP_PKEY_sign(sign, signature, &len, digest, sizeof digest) > 0 && EVP_PKEY_verify(verify, signature, len, digest, sizeof digest) > 0;
	}
	EVP_PKEY_CTX_free(sign);
	EVP_PKEY_CTX_free(verify);
	EVP_PKEY_free(key);
	return ok ? 0 : (fprintf(stderr, "loop: OpenSSL cannot sign and verify\n"), 1);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "once") == 0)
		return once(atoi(argv[2]));
	static struct signer signers[THREADS_MAX];
	const int threads = argc == 4 ? atoi(argv[2]) : 0;
	const double seconds = argc == 4 ? atof(argv[3]) : 0;
	if (threads < 1 || threads > THREADS_MAX || seconds <= 0)
		return fprintf(stderr, "usage: loop ecdsap256sha256|ed25519|rsasha256 THREADS SECONDS | loop once COUNT\n"), 2;
	int started = 0;
	for (; started < threads; started++) {
		signers[started] = (struct signer){ .algorithm = argv[1], .seconds = seconds };
		if (pthread_create(&signers[started].id, NULL, run, &signers[started]) != 0)
			break;
	}
	double rate = 0;
	int failed = started < threads;
	for (int i = 0; i < started; i++) {
		pthread_join(signers[i].id, NULL);
		failed = failed || signers[i].failed;
		rate += (double)signers[i].count / signers[i].seconds;
	}
	if (failed)
		return fprintf(stderr, "loop: OpenSSL cannot sign with %s on %d threads\n", argv[1], threads), 1;
	printf("%.0f\n", rate);
	return 0;
}
