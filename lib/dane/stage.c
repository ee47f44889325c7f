/* stage.c - the key to come: made in the file that `next:` names, never over another one. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/hash.h"
#include "base/secret.h"
#include "dane/dane.h"

enum { RSA_MIN = 2048, RSA_MAX = 8192 };

static void release_pkey(void *pkey)
{
	EVP_PKEY_free(pkey);
}

/* Parameters alone: what keygen is to make. */
static EVP_PKEY_CTX *context_of(struct zs_run *run, const struct zs_dane_key_options *options, const struct zs_dane_cert *cert, bool *is_rsa,
                                unsigned *bits)
{
	static const struct {
		const char *word, *type, *group;
	} kinds[] = { { "rsa", "RSA", NULL }, { "p256", "EC", "P-256" }, { "p384", "EC", "P-384" }, { "ed25519", "ED25519", NULL } };
	EVP_PKEY_CTX *context = NULL;
	if (options->algorithm) {
		for (size_t i = 0; i < ZS_COUNT(kinds); i++) {
			if (strcmp(kinds[i].word, options->algorithm) != 0)
				continue;
			context = EVP_PKEY_CTX_new_from_name(NULL, kinds[i].type, NULL);
			*is_rsa = i == 0;
			*bits = options->bits ? options->bits : RSA_MIN;
			if (context && (EVP_PKEY_keygen_init(context) <= 0 || (kinds[i].group && EVP_PKEY_CTX_set_group_name(context, kinds[i].group) <= 0))) {
				EVP_PKEY_CTX_free(context);
				context = NULL;
			}
			return context;
		}
		zs_usage(run, "--algorithm '%s': there is rsa, p256, p384 and ed25519", options->algorithm);
		return NULL;
	}
	const unsigned char *p = cert->spki.data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)cert->spki.len);
	if (key) {
		zs_arena_defer(run->arena, release_pkey, key);
		*is_rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA || EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS;
		*bits = options->bits ? options->bits : (unsigned)EVP_PKEY_get_bits(key);
		context = EVP_PKEY_CTX_new(key, NULL);
	}
	if (context && EVP_PKEY_keygen_init(context) <= 0) {
		EVP_PKEY_CTX_free(context);
		context = NULL;
	}
	return context;
}

static EVP_PKEY *make_key(struct zs_run *run, const struct zs_dane_key_options *options, const struct zs_dane_cert *cert)
{
	bool is_rsa = false;
	unsigned bits = 0;
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = context_of(run, options, cert, &is_rsa, &bits);
	if (!context && run->fault == ZS_USAGE)
		return NULL;
	if (options->bits && (!is_rsa || bits < RSA_MIN || bits > RSA_MAX)) {
		EVP_PKEY_CTX_free(context);
		zs_usage(run, "--bits is for RSA keys, %d to %d", RSA_MIN, RSA_MAX);
		return NULL;
	}
	if (context && (!is_rsa || EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)(bits < RSA_MIN ? RSA_MIN : bits)) > 0))
		(void)EVP_PKEY_generate(context, &key);
	EVP_PKEY_CTX_free(context);
	if (!key)
		zs_fail(run, "cannot make a key: OpenSSL: %s", zs_hash_openssl_error(run->arena));
	else
		zs_arena_defer(run->arena, release_pkey, key);
	return key;
}

/* Whole and safe on disk, or not there. */
static bool write_key(struct zs_run *run, const char *path, EVP_PKEY *key)
{
	char *text = NULL;
	BIO *bio = BIO_new(BIO_s_secmem());
	const bool ok = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
	const long len = ok ? BIO_get_mem_data(bio, &text) : 0;
	if (!ok || len <= 0) {
		BIO_free(bio);
		return zs_fail(run, "cannot write a key: OpenSSL: %s", zs_hash_openssl_error(run->arena));
	}
	bool there;
	const bool written = zs_file_create(run, path, 0600, text, (size_t)len, &there);
	BIO_free(bio); /* cleanses what it holds */
	return written || (there && zs_fail(run, "cannot write '%s': %s", path, strerror(EEXIST)));
}

/* The key in use lies where the key to come is wanted, as after a renewal: it gets another name, which nothing has. */
static bool move_aside(struct zs_run *run, const struct zs_dane_cert *cert, const char *path, const char **moved)
{
	uint8_t digest[ZS_HASH_MAX];
	char hex[9] = "";
	if (!zs_hash(run, ZS_SHA256, cert->spki, digest))
		return false;
	zs_hex_encode(digest, 4, hex);
	*moved = zs_arena_printf(run->arena, "%s.in-use-%s", path, hex);
	return zs_file_rename_new(AT_FDCWD, path, *moved)
	    || zs_fail(run, "cannot rename '%s' to '%s': %s", path, *moved, strerror(errno));
}

static const struct zs_dane_entry *choose_entry(struct zs_run *run, const struct zs_zone_config *config, const struct zs_dane_filter *filter)
{
	struct zs_dane_place *places;
	size_t count;
	const struct zs_dane_entry *chosen = NULL, *without = NULL;
	if (!zs_dane_places(run, config, filter, &places, &count))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct zs_dane_entry *entry = places[i].entry;
		if (!entry->next.path)
			without = without ? without : entry;
		else if (chosen && strcmp(chosen->next.path, entry->next.path) != 0) {
			zs_usage(run, "this host has several entries with a next: of their own; --port chooses one");
			return NULL;
		} else {
			chosen = entry;
		}
	}
	if (!chosen && without) {
		zs_error(run, &without->from, "this entry has no 'next'");
		zs_hint(run, "add a line to it, as in:  next: %s.next.key", without->certificate_count ? without->certificates[0].text : "certs/mail");
	} else if (!chosen) {
		zs_error(run, NULL, "zone %s has no entry for this host", config->name_text);
	}
	return chosen;
}

bool zs_dane_stage(struct zs_run *run, const struct zs_zone_config *config, const struct zs_dane_filter *filter,
                   const struct zs_dane_key_options *options, struct zs_dane_staged *out)
{
	const struct zs_dane_entry *entry = choose_entry(run, config, filter);
	struct zs_dane_file current = { 0 }, next;
	struct stat status;
	bool in_use = false;
	*out = (struct zs_dane_staged){ 0 };
	if (!entry)
		return false;
	out->path = entry->next.path;
	if (!entry->certificate_count || !zs_dane_file_read(run, &entry->certificates[0].from, entry->certificates[0].path, &current))
		return false;
	const bool there = lstat(out->path, &status) == 0;
	if (there && !zs_dane_file_read(run, &entry->next.from, out->path, &next))
		return false; /* whatever it is, it is not ours to replace */
	for (size_t i = 0; there && i < entry->certificate_count; i++) {
		struct zs_dane_file used;
		if (!zs_dane_file_read(run, &entry->certificates[i].from, entry->certificates[i].path, &used))
			return false;
		in_use = in_use || zs_bytes_equal(used.certs[0].spki, next.certs[0].spki);
	}
	if (there && !in_use)
		return true;
	EVP_PKEY *key = make_key(run, options, &current.certs[0]);
	if (!key || (in_use && !move_aside(run, &next.certs[0], out->path, &out->moved)))
		return false;
	out->made = write_key(run, out->path, key);
	if (!out->made && out->moved)
		(void)!zs_file_rename_new(AT_FDCWD, out->moved, out->path); /* as it was */
	return out->made;
}
