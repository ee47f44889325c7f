/* algorithm.h - DNSSEC algorithm numbers, key tags and DS digests: what IANA and RFC 4034 fix. */
#ifndef ZS_DNS_ALGORITHM_H
#define ZS_DNS_ALGORITHM_H

#include "base/bytes.h"
#include "base/run.h"

enum zs_algorithm {
	ZS_RSASHA1 = 5, ZS_RSASHA1_NSEC3 = 7, /* read and verified, never made: RFC 9905 */
	ZS_RSASHA256 = 8, ZS_RSASHA512 = 10, ZS_ECDSAP256SHA256 = 13, ZS_ECDSAP384SHA384 = 14, ZS_ED25519 = 15, ZS_ED448 = 16
};

struct zs_algorithm_info {
	uint8_t number;
	bool signs;              /* may zonesign make keys and signatures with it? */
	bool verifies;           /* does zonesign verify it? All that it signs, and 5 and 7 */
	const char *mnemonic;    /* IANA: "ECDSAP256SHA256" */
	const char *option;      /* in the YAML: "ecdsap256sha256" */
	const char *prose;       /* as registrars' forms say: "ECDSA Curve P-256 with SHA-256" */
	uint16_t public_key_len; /* octets in DNSKEY; 0: varies (RSA) */
	uint16_t signature_len;  /* octets in RRSIG; 0: that of the modulus */
};

const struct zs_algorithm_info *zs_algorithm_info(uint8_t number); /* NULL: unknown */
const struct zs_algorithm_info *zs_algorithm_at(size_t index); /* NULL past the end */
bool zs_algorithm_parse(const char *text, size_t len, uint8_t *out); /* number or any registered mnemonic, any case */

enum { ZS_DNSKEY_ZONE = 0x0100, ZS_DNSKEY_REVOKE = 0x0080, ZS_DNSKEY_SEP = 0x0001 }; /* DNSKEY flags */

/* RFC 4034 appendix B, over the whole DNSKEY RDATA. */
uint16_t zs_key_tag(const uint8_t *dnskey, size_t len);

enum zs_ds_digest { ZS_DS_SHA1 = 1, ZS_DS_SHA256 = 2, ZS_DS_SHA384 = 4 };

/* DS RDATA of a DNSKEY at owner (wire name, any case): tag, algorithm, digest type, digest(owner | RDATA), RFC 4034
 * section 5.1.4. out takes 4 + 48 octets; *out_len is set. False for an unknown digest type or if OpenSSL refuses. */
ZS_MUST_CHECK bool zs_ds_make(struct zs_run *run, const uint8_t *owner, struct zs_bytes dnskey, uint8_t type,
                              uint8_t out[52], size_t *out_len);

#endif
