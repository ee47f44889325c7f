/* tlsa.c - one TLSA record, and what DANE clients would trip over (RFC 6698 section 2.1, RFC 7671, RFC 7672 section 3.1). */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "dane/dane.h"

enum { SOON = 14 * 86400, LARGE = 1000 };

bool zs_dane_owner(const struct zs_dane_port *port, const uint8_t *host, uint8_t out[ZS_NAME_MAX])
{
	static const char *const transports[] = { [ZS_TCP] = "\4_tcp", [ZS_UDP] = "\4_udp", [ZS_SCTP] = "\5_sctp" };
	char label[8];
	const int len = snprintf(label, sizeof label, "_%u", port->port);
	const char *transport = transports[port->transport];
	const size_t transport_len = strlen(transport), host_len = zs_name_len(host), all = 1u + (size_t)len + transport_len + host_len;
	if (all > ZS_NAME_MAX)
		return false;
	out[0] = (uint8_t)len;
	memcpy(out + 1, label, (size_t)len);
	memcpy(out + 1 + len, transport, transport_len);
	memcpy(out + 1 + len + transport_len, host, host_len);
	return true;
}

/* The certificate or key that a record of this usage and selector is made of, or NULL. */
static const struct zs_dane_cert *choose(const struct zs_dane_file *file, uint8_t usage, uint8_t selector)
{
	const struct zs_dane_cert *leaf = &file->certs[0];
	if (!leaf->x509)
		return selector == 0 ? NULL : leaf;
	/* a self-signed certificate is often marked as a CA and still the server's own */
	if (usage == 1 || usage == 3)
		return leaf->is_ca && !leaf->self_signed ? NULL : leaf;
	return leaf->is_ca && file->count == 1 ? leaf : file->issuer; /* or the file of a trust anchor alone */
}

static void say_missing(struct zs_run *run, const struct zs_dane_file *file, const struct zs_tlsa_params *params, const char *label)
{
	const struct zs_dane_cert *leaf = &file->certs[0];
	if (!leaf->x509) {
		zs_error(run, &params->from, "%s: selector 0 needs a certificate; '%s' holds a bare key", label, file->path);
		zs_hint(run, "use selector 1, as in %u 1 %u", params->usage, params->matching ? params->matching : 1);
	} else if (params->usage == 1 || params->usage == 3) {
		zs_error(run, &params->from, "%s: the first certificate in '%s' is a CA (CN=%s); usage %u needs the server's", label, file->path,
		         leaf->subject, params->usage);
		zs_hint(run, "the order is: server certificate first, then its issuers");
	} else {
		zs_error(run, &params->from, "%s: usage %u needs the issuer of CN=%s; '%s' does not hold it", label, params->usage, leaf->subject,
		         file->path);
		zs_hint(run, "name the file with the chain (fullchain.pem)");
	}
}

static bool make_rdata(struct zs_run *run, const struct zs_dane_cert *cert, const uint8_t head[3], struct zs_bytes *out)
{
	const struct zs_bytes data = head[1] ? cert->spki : cert->der;
	struct zs_buf rdata = { .arena = run->arena, .max = 65535 };
	uint8_t digest[ZS_HASH_MAX];
	*out = (struct zs_bytes){ 0 };
	zs_buf_add(&rdata, head, 3);
	if (head[2] == 0) {
		zs_buf_add(&rdata, data.data, data.len);
	} else {
		const enum zs_hash hash = head[2] == 1 ? ZS_SHA256 : ZS_SHA512;
		if (!zs_hash(run, hash, data, digest))
			return false;
		zs_buf_add(&rdata, digest, zs_hash_len(hash));
	}
	if (!rdata.full)
		*out = (struct zs_bytes){ rdata.data, rdata.len };
	return true;
}

bool zs_dane_tlsa(struct zs_run *run, const struct zs_dane_file *file, const struct zs_tlsa_params *params, const char *label,
                  struct zs_bytes *out)
{
	const struct zs_dane_cert *cert = choose(file, params->usage, params->selector);
	const uint8_t head[3] = { params->usage, params->selector, params->matching };
	if (!cert) {
		say_missing(run, file, params, label);
		return false;
	}
	if (!(params->selector ? cert->spki : cert->der).len) /* virtualmin published the hash of nothing */
		return zs_error(run, &params->from, "%s: refusing the hash of an empty key ('%s')", label, file->path);
	if (!make_rdata(run, cert, head, out))
		return false;
	return out->len || zs_error(run, &params->from, "%s: the record would have more than 65535 octets", label);
}

bool zs_dane_key(struct zs_run *run, const struct zs_dane_file *file, struct zs_tlsa_key *out)
{
	*out = (struct zs_tlsa_key){ .path = file->path };
	for (uint8_t kind = 0; kind < ZS_TLSA_KINDS; kind++) {
		const uint8_t head[3] = { kind / 6, kind / 3 % 2, kind % 3 };
		const struct zs_dane_cert *cert = choose(file, head[0], head[1]);
		if (cert && (head[1] ? cert->spki : cert->der).len && !make_rdata(run, cert, head, &out->kinds[kind]))
			return false;
	}
	return true;
}

const char *zs_dane_mismatch(struct zs_run *run, struct zs_bytes rdata)
{
	static const uint8_t empty256[] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14 };
	static const uint8_t empty512[] = { 0xcf, 0x83, 0xe1, 0x35, 0x7e, 0xef, 0xb8, 0xbd };
	const uint8_t *d = rdata.data;
	const size_t len = rdata.len - 3;
	if (d[0] > 3 || d[1] > 1 || d[2] > 2)
		return zs_arena_printf(run->arena, "%s %u is not assigned; clients ignore the record",
		                       d[0] > 3 ? "usage" : d[1] > 1 ? "selector" : "matching type", d[0] > 3 ? d[0] : d[1] > 1 ? d[1] : d[2]);
	if ((d[2] == 1 && len != 32) || (d[2] == 2 && len != 64))
		return zs_arena_printf(run->arena, "%u %u %u needs %u octets, got %zu; clients ignore the record, or cannot verify", d[0], d[1], d[2],
		                       d[2] == 1 ? 32 : 64, len);
	if ((d[2] == 1 && memcmp(d + 3, empty256, 8) == 0) || (d[2] == 2 && memcmp(d + 3, empty512, 8) == 0))
		return "this is the hash of nothing: the conversion of a key failed";
	if (d[2])
		return NULL;
	const unsigned char *p = d + 3;
	X509 *x509 = d[1] == 0 ? d2i_X509(NULL, &p, (long)len) : NULL;
	EVP_PKEY *key = d[1] == 1 ? d2i_PUBKEY(NULL, &p, (long)len) : NULL;
	const bool parsed = x509 || key, whole = parsed && p == d + 3 + len;
	X509_free(x509);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return whole ? NULL : zs_arena_printf(run->arena, "%u %u 0 data is not %s%s", d[0], d[1], d[1] ? "a public key" : "a certificate",
	                                      parsed ? ": trailing octets" : "");
}

static bool is_smtp(const struct zs_dane_port *port)
{
	return port->transport == ZS_TCP && (port->port == 25 || port->port == 465 || port->port == 587);
}

static bool has_name(const struct zs_dane_cert *cert, const uint8_t *host)
{
	char text[ZS_NAME_TEXT];
	const size_t len = zs_name_format(host, text);
	return X509_check_host(cert->x509, text, len > 1 ? len - 1 : len, 0, NULL) == 1;
}

static void lint_validity(struct zs_run *run, const struct zs_source *where, const struct zs_dane_cert *leaf,
                          const struct zs_tlsa_params *params, const char *label)
{
	char time[ZS_TIME_TEXT], left[ZS_DURATION_TEXT];
	const bool checks_dates = params->usage != 3;
	const zs_seconds quarter = (leaf->not_after - leaf->not_before) / 4; /* one of six days is renewed when three are left */
	if (leaf->not_after && leaf->not_after <= run->now) {
		zs_warn(run, where, "%s: the certificate expired on %s; %s", label, zs_time_short(leaf->not_after, time),
		        checks_dates ? "clients of this usage refuse it" : "DANE senders accept it, others may not");
	} else if (leaf->not_after && leaf->not_after - run->now < (quarter < SOON ? quarter : SOON)) {
		zs_warn(run, where, "%s: the certificate expires in %s%s", label,
		        zs_duration_text((leaf->not_after - run->now) / 3600 * 3600, left),
		        checks_dates ? "; this usage checks dates" : "");
	} else if (leaf->not_before > run->now) {
		zs_warn(run, where, "%s: the certificate is not valid before %s", label, zs_time_short(leaf->not_before, time));
	}
}

static bool is_lets_encrypt(const struct zs_dane_cert *cert)
{
	char name[64] = "";
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert->x509), NID_organizationName, name, sizeof name);
	return strcmp(name, "Let's Encrypt") == 0;
}

bool zs_dane_issued(const struct zs_dane_cert *issuer, const struct zs_dane_cert *leaf)
{
	const bool issued = X509_check_issued(issuer->x509, leaf->x509) == X509_V_OK;
	ERR_clear_error();
	return issued;
}

bool zs_dane_names(const struct zs_dane_cert *cert, const uint8_t *host)
{
	return cert->x509 && has_name(cert, host);
}

void zs_dane_lint(struct zs_run *run, const struct zs_source *where, const struct zs_dane_file *file,
                  const struct zs_tlsa_params *params, const struct zs_dane_port *port, const uint8_t *host, const char *label)
{
	char name[ZS_NAME_TEXT];
	const struct zs_dane_cert *leaf = &file->certs[0];
	const bool anchor = params->usage == 0 || params->usage == 2;
	const struct zs_dane_cert *issuer = anchor ? file->issuer : NULL;
	if (params->usage < 2 && is_smtp(port))
		zs_warn(run, where, "%s: usage %u is unusable for SMTP: senders will not verify (RFC 7672 section 3.1.3)", label, params->usage);
	if (params->usage == 3 && params->selector == 0)
		zs_warn(run, where, "%s: 3 0 %u changes at every renewal even with the same key; 3 1 1 does not", label, params->matching);
	if (params->matching == 0)
		zs_warn(run, where, "%s: matching type 0 puts %zu octets into the zone%s", label, params->selector ? leaf->spki.len : leaf->der.len,
		        (params->selector ? leaf->spki.len : leaf->der.len) > LARGE ? "; answers will need TCP" : "");
	if (leaf->weak)
		zs_warn(run, where, "%s: the key of '%s' is weak (%s)", label, file->path, leaf->weak);
	if (leaf->x509 && params->usage != 3 && !leaf->is_ca && !has_name(leaf, host))
		zs_warn(run, where, "%s: the certificate does not name %s; usage %u checks names", label, zs_name_text(host, name), params->usage);
	if (issuer && issuer->self_signed)
		zs_warn(run, where, "%s: the issuer CN=%s is a self-signed root; servers usually do not send it and %u %u %u then fails", label,
		        issuer->subject, params->usage, params->selector, params->matching);
	if (issuer && is_lets_encrypt(issuer))
		zs_warn(run, where, "%s: Let's Encrypt picks among several intermediates; this covers only CN=%s", label, issuer->subject);
	if (leaf->x509)
		lint_validity(run, where, leaf, params, label);
	if (file->world_readable_key)
		zs_warn(run, where, "%s: '%s' holds a private key and can be read by others", label, file->path);
}
