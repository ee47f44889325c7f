/* cert.c - certificates and keys from PEM and DER files, by OpenSSL. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/secret.h"
#include "base/text.h"
#include "dane/dane.h"

enum { CERT_FILE_MAX = 4 << 20, CERTS_MAX = 64 };

static void release_x509(void *x509)
{
	X509_free(x509);
}

static zs_time asn1_time(const ASN1_TIME *time)
{
	struct tm tm;
	return time && ASN1_TIME_to_tm(time, &tm) == 1 ? (zs_time)timegm(&tm) : 0;
}

/* i2d of anything into the arena. */
#define TO_DER(arena, encode, object, out)                                                    \
	do {                                                                                  \
		unsigned char *der_ = NULL;                                                   \
		const int len_ = encode((object), &der_);                                     \
		*(out) = (struct zs_bytes){ 0 };                                              \
		if (len_ > 0)                                                                 \
			*(out) = (struct zs_bytes){ (uint8_t *)zs_arena_text((arena), (char *)der_, (size_t)len_), (size_t)len_ }; \
		OPENSSL_free(der_);                                                           \
	} while (0)

static const char *weakness(struct zs_arena *arena, EVP_PKEY *key)
{
	const int bits = key ? EVP_PKEY_get_bits(key) : 0;
	if (key && (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA || EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS) && bits < 2048)
		return zs_arena_printf(arena, "RSA %d", bits);
	if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && bits < 224)
		return zs_arena_printf(arena, "EC %d", bits);
	if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_DSA)
		return "DSA";
	return NULL;
}

static struct zs_dane_cert from_key(struct zs_arena *arena, EVP_PKEY *key)
{
	struct zs_dane_cert cert = { .subject = "", .weak = weakness(arena, key) };
	TO_DER(arena, i2d_PUBKEY, key, &cert.spki);
	return cert;
}

static struct zs_dane_cert from_x509(struct zs_arena *arena, X509 *x509)
{
	struct zs_dane_cert cert = { .x509 = x509 };
	zs_arena_defer(arena, release_x509, x509);
	TO_DER(arena, i2d_X509, x509, &cert.der);
	/* the octets of the certificate itself, never encoded again: RFC 6698 section 2.1.2 */
	TO_DER(arena, i2d_X509_PUBKEY, X509_get_X509_PUBKEY(x509), &cert.spki);
	char subject[256] = "";
	X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, subject, sizeof subject);
	cert.subject = zs_text_safe(arena, subject, strlen(subject), 80);
	cert.not_before = asn1_time(X509_get0_notBefore(x509));
	cert.not_after = asn1_time(X509_get0_notAfter(x509));
	cert.is_ca = X509_check_ca(x509) == 1;
	cert.self_signed = X509_self_signed(x509, 0) == 1;
	cert.weak = weakness(arena, X509_get0_pubkey(x509));
	return cert;
}

struct reading {
	struct zs_run *run;
	struct zs_dane_cert *certs;
	size_t count, room;
	bool has_key; /* a private key was there */
	unsigned blocks, damaged; /* of PEM; damaged: the first that cannot be read, from 1, or 0 */
	const char *found; /* what else was there, for the message */
};

static void add(struct reading *r, struct zs_dane_cert cert)
{
	ZS_PUSH(r->run->arena, r->certs, r->count, r->room) = cert;
}

static int no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer, (void)size, (void)writing, (void)context;
	return -1;
}

/* One PEM block. Certificates win over keys in the same file: a combined file has both. */
static void take_block(struct reading *r, const char *name, const unsigned char *data, long len)
{
	const unsigned char *p = data;
	EVP_PKEY *key = NULL;
	if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_TRUSTED) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0) {
		X509 *x509 = d2i_X509(NULL, &p, len);
		if (x509)
			add(r, from_x509(r->run->arena, x509));
		else if (!r->damaged) /* the next one must not be taken for the server's */
			r->damaged = r->blocks;
		return;
	}
	if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
		key = d2i_PUBKEY(NULL, &p, len);
	} else if (strstr(name, "PRIVATE KEY")) {
		key = d2i_AutoPrivateKey(NULL, &p, len);
		r->has_key = true;
	} else if (strstr(name, "CERTIFICATE REQUEST")) {
		X509_REQ *request = d2i_X509_REQ(NULL, &p, len);
		key = request ? X509_REQ_get_pubkey(request) : NULL;
		X509_REQ_free(request);
	}
	if (key)
		add(r, from_key(r->run->arena, key));
	else
		r->found = zs_text_safe(r->run->arena, name, strlen(name), 40);
	EVP_PKEY_free(key);
}

static void read_pem(struct reading *r, const struct zs_input *input)
{
	BIO *bio = BIO_new_mem_buf(input->text, (int)input->len);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len;
	ERR_clear_error();
	while (bio && r->count < CERTS_MAX && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
		r->blocks++;
		if (header && *header) { /* "Proc-Type: 4,ENCRYPTED" */
			EVP_CIPHER_INFO cipher;
			if (PEM_get_EVP_CIPHER_INFO(header, &cipher) != 1 || PEM_do_header(&cipher, data, &len, no_passphrase, NULL) != 1)
				r->found = "an encrypted key";
			else
				take_block(r, name, data, len);
		} else {
			take_block(r, name, data, len);
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, (size_t)len);
	}
	BIO_free(bio);
	const unsigned long last = ERR_peek_last_error();
	if (r->count < CERTS_MAX && last && !r->damaged && ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
		r->damaged = r->blocks + 1;
	ERR_clear_error();
}

static void read_der(struct reading *r, const struct zs_input *input)
{
	const unsigned char *p = (const unsigned char *)input->text;
	X509 *x509 = d2i_X509(NULL, &p, (long)input->len);
	if (x509 && p != (const unsigned char *)input->text + input->len) {
		X509_free(x509);
		x509 = NULL;
		r->found = "a certificate with trailing octets";
	}
	if (x509) {
		add(r, from_x509(r->run->arena, x509));
	} else if (!r->found) {
		p = (const unsigned char *)input->text;
		EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)input->len);
		if (key)
			add(r, from_key(r->run->arena, key));
		EVP_PKEY_free(key);
	}
	ERR_clear_error();
}

/* Certificates alone if there are any; else the keys. True if keys stand beside certificates and none is of the first. */
static bool keep_certificates(struct reading *r)
{
	size_t kept = 0;
	bool any = false, key = false, fits = false;
	const struct zs_dane_cert *first = NULL;
	for (size_t i = 0; i < r->count; i++) {
		any = any || r->certs[i].x509;
		first = !first && r->certs[i].x509 ? &r->certs[i] : first;
	}
	for (size_t i = 0; any && i < r->count; i++) {
		key = key || !r->certs[i].x509;
		fits = fits || (!r->certs[i].x509 && zs_bytes_equal(r->certs[i].spki, first->spki));
	}
	for (size_t i = 0; any && i < r->count; i++)
		if (r->certs[i].x509)
			r->certs[kept++] = r->certs[i];
	if (any)
		r->count = kept;
	return key && !fits;
}

/* Who issued the first certificate. A CA may have had several keys under one name, and not every leaf has the identifier of the key:
 * the one whose key made the signature, or, of a signature that OpenSSL cannot judge, the first of that name. */
static const struct zs_dane_cert *find_issuer(const struct zs_dane_file *file)
{
	const struct zs_dane_cert *leaf = &file->certs[0], *named = NULL;
	for (size_t i = 1; i < file->count; i++) {
		const struct zs_dane_cert *issuer = &file->certs[i];
		EVP_PKEY *key = X509_get0_pubkey(issuer->x509);
		if (!zs_dane_issued(issuer, leaf))
			continue;
		named = named ? named : issuer;
		const bool signed_it = key && X509_verify(leaf->x509, key) == 1;
		ERR_clear_error();
		if (signed_it)
			return issuer;
	}
	return named;
}

bool zs_dane_file_read(struct zs_run *run, const struct zs_source *where, const char *path, struct zs_dane_file *out)
{
	struct zs_input input;
	struct reading r = { .run = run };
	*out = (struct zs_dane_file){ .path = path };
	if (!zs_file_read(run, run->arena, where, path, CERT_FILE_MAX, &input, &out->id))
		return false;
	uint8_t digest[ZS_HASH_MAX];
	if (!zs_hash(run, ZS_SHA256, (struct zs_bytes){ (const uint8_t *)input.text, input.len }, digest))
		return false;
	memcpy(out->sha256, digest, sizeof out->sha256);
	if (memmem(input.text, input.len, "-----BEGIN ", 11))
		read_pem(&r, &input);
	else
		read_der(&r, &input);
	zs_secret_cleanse((void *)(uintptr_t)input.text, input.len);
	if (r.damaged) {
		zs_error(run, where, "'%s': block %u of it is damaged, or was cut off", path, r.damaged);
		zs_hint(run, "`openssl x509 -in FILE -noout -text` says more; copy the file again");
		return false;
	}
	const bool foreign_key = keep_certificates(&r);
	if (foreign_key)
		return zs_error(run, where, "'%s': the private key in it does not belong to its first certificate (CN=%s)", path, r.certs[0].subject);
	for (size_t i = 0; i < r.count; i++)
		if (!r.certs[i].spki.len || (r.certs[i].x509 && !r.certs[i].der.len))
			return zs_error(run, where, "'%s': OpenSSL cannot encode what it holds", path);
	if (!r.count) {
		zs_error(run, where, "'%s' holds no certificate%s%s", path, r.found ? "; found: " : "", r.found ? r.found : "");
		zs_hint(run, "a PEM or DER certificate, a chain with the server's certificate first, or a public or private key is expected");
		return false;
	}
	out->certs = r.certs;
	out->count = r.count;
	out->issuer = r.certs[0].x509 ? find_issuer(out) : NULL;
	struct stat stat;
	out->world_readable_key = r.has_key && lstat(path, &stat) == 0 && S_ISREG(stat.st_mode) && (stat.st_mode & 007);
	return true;
}
