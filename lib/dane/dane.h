/* dane.h - TLSA records computed from certificates (RFC 6698, 7671, 7672).
 *
 * In:  the `dane:` entries of a zone, certificate and key files, the plain zone (for MX hosts, cuts, addresses).
 * Out: TLSA records merged into the zone. A problem of a certificate is reported and leaves the TLSA last published.
 */
#ifndef ZS_DANE_DANE_H
#define ZS_DANE_DANE_H

#include "base/bytes.h"
#include "base/run.h"
#include "config/config.h"
#include "state/state.h"
#include "zone/zone.h"

/* What a file holds: certificates in the order of the file, or a bare key. */
struct zs_dane_cert {
	struct zs_bytes der;     /* the certificate; len 0 for a bare key or a CSR */
	struct zs_bytes spki;    /* SubjectPublicKeyInfo, DER */
	const char *subject;     /* one line, safe to print; "" for a bare key */
	zs_time not_before, not_after;
	bool is_ca, self_signed;
	const char *weak;        /* why the key is weak, or NULL */
	void *x509;              /* OpenSSL's X509, for name checks and issuers; NULL for a bare key */
};

struct zs_dane_file {
	const char *path;
	const struct zs_dane_cert *certs; /* certs[0]: the end entity */
	size_t count;
	struct zs_file_id id;
	uint8_t sha256[32];
	bool world_readable_key;
};

/* Read PEM (certificates, chain, public or private key, CSR) or DER. Errors name file and what was found instead. */
ZS_MUST_CHECK bool zs_dane_file_read(struct zs_run *run, const struct zs_source *where, const char *path, struct zs_dane_file *out);

/* TLSA RDATA by params from the end entity (usages 1, 3) or its issuer in the file (0, 2). label begins messages. */
ZS_MUST_CHECK bool zs_dane_tlsa(struct zs_run *run, const struct zs_dane_file *file, const struct zs_tlsa_params *params,
                                const char *label, struct zs_bytes *out);

/* "_25._tcp.mail.example.com." of a host; false if it would be longer than 255 octets. */
ZS_MUST_CHECK bool zs_dane_owner(const struct zs_dane_port *port, const uint8_t *host, uint8_t out[ZS_NAME_MAX]);

/* Compute and insert the TLSA of all entries, and say what DANE senders would trip over. If a certificate cannot be used,
 * the TLSA that facts know as published stay, the error is reported (ZS_INPUT), and *certificates_ok is false: signing
 * goes on. False only for what makes the zone itself wrong. *files: what was read, for the inputs of the state. */
ZS_MUST_CHECK bool zs_dane_insert(struct zs_run *run, const struct zs_zone_config *config, struct zs_facts *facts,
                                  struct zs_zone *zone, bool *certificates_ok);

/* Say what DANE clients would trip over in one record set: used by insert and by the command tlsa. */
void zs_dane_lint(struct zs_run *run, const struct zs_source *where, const struct zs_dane_file *file,
                  const struct zs_tlsa_params *params, const struct zs_dane_port *port, const uint8_t *host, const char *label);

#endif
