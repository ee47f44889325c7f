/* rdata.h - RDATA between text and wire, by the fields of type.h.
 *
 * Wire RDATA is uncompressed and in the case it was written in. It is valid for its type once it has come from
 * zs_rdata_parse or passed zs_rdata_check; the other functions take valid RDATA only.
 */
#ifndef ZS_DNS_RDATA_H
#define ZS_DNS_RDATA_H

#include "base/bytes.h"
#include "dns/name.h"
#include "dns/type.h"

enum { ZS_RDATA_MAX = 65535 };

/* One token of a zone file line: escapes are still in text, the quotes of a quoted one are not. */
struct zs_token {
	const char *text;
	uint32_t len;
	bool quoted;
};

struct zs_rdata_error {
	size_t token;      /* index of the token at fault; count if one is missing at the end */
	size_t offset;     /* octet in that token */
	char message[200]; /* "port 70000 is out of range (0 to 65535)" */
	char hint[200];    /* or empty */
};

/* The tokens of one record's RDATA to wire form in out. "\# n hex" is read for every type, and checked as that type
 * (RFC 3597 section 5). Returns the length in octets, or -1 with *error. */
long zs_rdata_parse(uint16_t type, const struct zs_token *tokens, size_t count, const uint8_t *origin,
                    uint8_t out[ZS_RDATA_MAX], struct zs_rdata_error *error);

/* Is data valid RDATA of type? False with error->message. */
bool zs_rdata_check(uint16_t type, const uint8_t *data, size_t len, struct zs_rdata_error *error);

/* RDATA as text that zs_rdata_parse and other implementations read: absolute names, one line, single blanks; RFC 3597's
 * form for types that are not in the table. Appends to *out. */
void zs_rdata_format(uint16_t type, const uint8_t *data, size_t len, struct zs_buf *out);

/* The same for zone files that every server reads, beside zs_type_file_text: RFC 3597's form for types marked
 * ZS_TYPE_RARE too, and for a CAA whose tag not every server reads. */
void zs_rdata_format_file(uint16_t type, const uint8_t *data, size_t len, struct zs_buf *out);

/* The same for PowerDNS 4.7, beside zs_type_powerdns_text: it reads every tag of a CAA, but types that it knows in no form but its own. */
void zs_rdata_format_powerdns(uint16_t type, const uint8_t *data, size_t len, struct zs_buf *out);

/* Does the canonical form of this type differ from the wire form by more than nothing? False for most types. */
bool zs_rdata_has_lower(uint16_t type);

/* The canonical form (RFC 4034 section 6.2) of data in out, the same length; out may be data. */
void zs_rdata_canonical(uint16_t type, const uint8_t *data, size_t len, uint8_t *out);

/* Canonical order of two RDATA of one type (RFC 4034 section 6.3): <0, 0 (the same record), >0. */
int zs_rdata_compare(uint16_t type, struct zs_bytes a, struct zs_bytes b);

#endif
