/* tlsa.c - one TLSA record, and what DANE clients would trip over (RFC 6698 section 2.1, RFC 7671, RFC 7672 section 3.1). */
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

/* The issuer of the end entity in the file, for usages 0 and 2. */
static const struct zs_dane_cert *find_issuer(const struct zs_dane_file *file)
{
	for (size_t i = 1; i < file->count; i++)
		if (file->certs[i].x509 && X509_check_issued(file->certs[i].x509, file->certs[0].x509) == X509_V_OK)
			return &file->certs[i];
	return NULL;
}

static const struct zs_dane_cert *choose(struct zs_run *run, const struct zs_dane_file *file, const struct zs_tlsa_params *params,
                                         const char *label)
{
	const struct zs_dane_cert *leaf = &file->certs[0];
	const bool anchor = params->usage == 0 || params->usage == 2;
	if (!leaf->x509 && params->selector == 0) {
		zs_error(run, &params->from, "%s: selector 0 needs a certificate; '%s' holds a bare key", label, file->path);
		zs_hint(run, "use selector 1, as in %u 1 %u", params->usage, params->matching ? params->matching : 1);
		return NULL;
	}
	if (!anchor) {
		/* a self-signed certificate is often marked as a CA and still the server's own */
		if (leaf->is_ca && !leaf->self_signed) {
			zs_error(run, &params->from, "%s: the first certificate in '%s' is a CA (CN=%s); usage %u needs the server's",
			         label, file->path, leaf->subject, params->usage);
			zs_hint(run, "the order is: server certificate first, then its issuers");
			return NULL;
		}
		return leaf;
	}
	if (!leaf->x509 || (leaf->is_ca && file->count == 1)) /* the file of a trust anchor alone */
		return leaf;
	const struct zs_dane_cert *issuer = find_issuer(file);
	if (!issuer) {
		zs_error(run, &params->from, "%s: usage %u needs the issuer of CN=%s; '%s' does not hold it", label, params->usage,
		         leaf->subject, file->path);
		zs_hint(run, "name the file with the chain (fullchain.pem)");
	}
	return issuer;
}

bool zs_dane_tlsa(struct zs_run *run, const struct zs_dane_file *file, const struct zs_tlsa_params *params, const char *label,
                  struct zs_bytes *out)
{
	const struct zs_dane_cert *cert = choose(run, file, params, label);
	if (!cert)
		return false;
	const struct zs_bytes data = params->selector ? cert->spki : cert->der;
	if (!data.len) /* virtualmin published the hash of nothing */
		return zs_error(run, &params->from, "%s: refusing the hash of an empty key ('%s')", label, file->path);
	struct zs_buf rdata = { .arena = run->arena, .max = 65535 };
	const uint8_t head[3] = { params->usage, params->selector, params->matching };
	zs_buf_add(&rdata, head, sizeof head);
	if (params->matching == 0) {
		zs_buf_add(&rdata, data.data, data.len);
	} else {
		uint8_t digest[ZS_HASH_MAX];
		const enum zs_hash hash = params->matching == 1 ? ZS_SHA256 : ZS_SHA512;
		if (!zs_hash(run, hash, data, digest))
			return false;
		zs_buf_add(&rdata, digest, zs_hash_len(hash));
	}
	if (rdata.full)
		return zs_error(run, &params->from, "%s: the record would have more than 65535 octets", label);
	*out = (struct zs_bytes){ rdata.data, rdata.len };
	return true;
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
	if (leaf->not_after && leaf->not_after <= run->now) {
		zs_warn(run, where, "%s: the certificate expired on %s; %s", label, zs_time_short(leaf->not_after, time),
		        checks_dates ? "clients of this usage refuse it" : "DANE senders accept it, others may not");
	} else if (leaf->not_after && leaf->not_after - run->now < SOON) {
		zs_warn(run, where, "%s: the certificate expires in %s%s", label,
		        zs_duration_text((leaf->not_after - run->now) / 3600 * 3600, left),
		        checks_dates ? "; this usage checks dates" : "");
	} else if (leaf->not_before > run->now) {
		zs_warn(run, where, "%s: the certificate is not valid before %s", label, zs_time_short(leaf->not_before, time));
	}
}

void zs_dane_lint(struct zs_run *run, const struct zs_source *where, const struct zs_dane_file *file,
                  const struct zs_tlsa_params *params, const struct zs_dane_port *port, const uint8_t *host, const char *label)
{
	char name[ZS_NAME_TEXT];
	const struct zs_dane_cert *leaf = &file->certs[0];
	const bool anchor = params->usage == 0 || params->usage == 2;
	const struct zs_dane_cert *issuer = anchor && leaf->x509 ? find_issuer(file) : NULL;
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
	if (leaf->x509)
		lint_validity(run, where, leaf, params, label);
	if (file->world_readable_key)
		zs_warn(run, where, "%s: '%s' holds a private key and can be read by others", label, file->path);
}
