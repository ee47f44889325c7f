/* rdata_field.h - what the files of rdata share; private to them.
 *
 * rdata.c goes through a type's fields; rdata_parse.c, rdata_types.c and rdata_text.c read one field of text,
 * rdata_check.c proves one field of wire, rdata_format.c writes one. What fields cannot say of a type is in
 * rdata_rules.c, and types that are no row of fields have a struct zs_rdata_special.
 */
#ifndef ZS_DNS_RDATA_FIELD_H
#define ZS_DNS_RDATA_FIELD_H

#include "base/attr.h"
#include "dns/rdata.h"

/* Set *error and return false. */
bool zs_rdata_fail(struct zs_rdata_error *error, size_t token, size_t offset, const char *format, ...) ZS_PRINTF(4, 5);
/* Advice for the error just set; returns false too. */
bool zs_rdata_advise(struct zs_rdata_error *error, const char *format, ...) ZS_PRINTF(2, 3);

enum { ZS_LABEL_TEXT = 32, ZS_SHOWN_TEXT = 80 };
/* What messages call the field-th field of a type: "key tag". Returns out. */
const char *zs_field_label(const struct zs_type_info *info, unsigned field, char out[ZS_LABEL_TEXT]);
/* A token (or a piece of one) for messages: cut, control octets as \DDD. Returns out. */
const char *zs_token_shown(const char *text, size_t len, char out[ZS_SHOWN_TEXT]);

/* Text being read: the tokens, and the wire made of them so far. */
struct zs_rdata_text {
	const struct zs_token *tokens;
	size_t count, at; /* at: the next token */
	const uint8_t *origin;
	const struct zs_type_info *info;
	unsigned field; /* at work, for messages */
	uint8_t *out;   /* ZS_RDATA_MAX octets */
	size_t len;     /* written */
	struct zs_rdata_error *error;
};

/* The error is in the token read last, at offset. Returns false. */
bool zs_read_fail(struct zs_rdata_text *in, size_t offset, const char *format, ...) ZS_PRINTF(3, 4);
const struct zs_token *zs_read_token(struct zs_rdata_text *in); /* the next one, unquoted; NULL with an error */
const struct zs_token *zs_read_any(struct zs_rdata_text *in);   /* the same, quoted or not */
uint8_t *zs_read_room(struct zs_rdata_text *in, size_t size);   /* where to write; the caller adds to len. NULL: full */
bool zs_read_decimal(const char *text, size_t len, uint64_t max, uint64_t *out); /* all of text: digits, up to max */
bool zs_read_value(struct zs_rdata_text *in, uint64_t max, uint64_t *out); /* a token: a number up to max */
bool zs_read_number(struct zs_rdata_text *in, unsigned octets); /* the same, written in 1, 2, 4 or 8 octets */
bool zs_read_ttl(struct zs_rdata_text *in);
bool zs_read_name(struct zs_rdata_text *in);
bool zs_read_ipv4(struct zs_rdata_text *in);
bool zs_read_ipv6(struct zs_rdata_text *in);
bool zs_read_type(struct zs_rdata_text *in);
bool zs_read_time(struct zs_rdata_text *in);
bool zs_read_bitmap(struct zs_rdata_text *in);
bool zs_read_nxt_bitmap(struct zs_rdata_text *in);
bool zs_read_field(struct zs_rdata_text *in, enum zs_field field);

/* Text to an octet string, escapes undone; at most max octets to out. Octets written, or -1 with *bad (offset). */
long zs_unescape(const char *text, size_t len, uint8_t *out, size_t max, size_t *bad);
bool zs_read_string(struct zs_rdata_text *in);      /* length octet and string */
bool zs_read_long_string(struct zs_rdata_text *in); /* no length */
bool zs_read_tag(struct zs_rdata_text *in);
/* All tokens up to index `end` as one run of digits; at least min octets. */
bool zs_read_hex(struct zs_rdata_text *in, size_t end, size_t min);
bool zs_read_base64(struct zs_rdata_text *in, size_t end, size_t min);
bool zs_read_base64_or_dash(struct zs_rdata_text *in);
bool zs_read_hex8(struct zs_rdata_text *in);
bool zs_read_base32hex8(struct zs_rdata_text *in);
bool zs_read_nsap(struct zs_rdata_text *in);
bool zs_read_eui(struct zs_rdata_text *in, unsigned octets);
bool zs_read_u64hex(struct zs_rdata_text *in);
bool zs_date_parse(const char text[14], uint32_t *out); /* YYYYMMDDHHmmSS, from 1970 to 2106 */
/* One IPv4 or IPv6 address; the whole of text. */
bool zs_ipv4_parse(const char *text, size_t len, uint8_t out[4]);
bool zs_ipv6_parse(const char *text, size_t len, uint8_t out[16]);

/* Wire being proved. */
struct zs_rdata_wire {
	const uint8_t *data;
	size_t len, at;
	const struct zs_type_info *info;
	unsigned field;
	struct zs_rdata_error *error;
};
bool zs_wire_fail(struct zs_rdata_wire *in, const char *format, ...) ZS_PRINTF(2, 3); /* at in->at */
const uint8_t *zs_wire_take(struct zs_rdata_wire *in, size_t size); /* the next octets; NULL with an error */
bool zs_wire_name(struct zs_rdata_wire *in);
bool zs_wire_field(struct zs_rdata_wire *in, enum zs_field field);

/* Valid wire to text. Each takes the wire's next octets and moves *data past them. */
void zs_format_field(enum zs_field field, const uint8_t **data, const uint8_t *end, struct zs_buf *out);
void zs_format_number(uint64_t value, struct zs_buf *out);
void zs_format_time(uint32_t time, struct zs_buf *out);
void zs_format_name(const uint8_t **data, struct zs_buf *out);
void zs_format_ipv4(const uint8_t *data, struct zs_buf *out);
void zs_format_ipv6(const uint8_t *data, struct zs_buf *out);
void zs_format_hex(const uint8_t *data, size_t len, struct zs_buf *out);
void zs_format_base64(const uint8_t *data, size_t len, struct zs_buf *out);
void zs_format_escaped(const uint8_t *data, size_t len, struct zs_buf *out); /* for between quotes */
void zs_format_generic(const uint8_t *data, size_t len, struct zs_buf *out); /* \# n hex */

/* A type that is no row of fields. parse reads all tokens that are its, check goes to the end of the wire. */
struct zs_rdata_special {
	bool (*parse)(struct zs_rdata_text *in);
	bool (*check)(struct zs_rdata_wire *in);
	void (*format)(const uint8_t *data, size_t len, struct zs_buf *out);
};
extern const struct zs_rdata_special zs_rdata_wks, zs_rdata_apl, zs_rdata_a6, zs_rdata_loc, zs_rdata_ipseckey,
	zs_rdata_amtrelay, zs_rdata_hip;

/* SvcParams, svcb.c. */
bool zs_read_svcparams(struct zs_rdata_text *in);
bool zs_wire_svcparams(struct zs_rdata_wire *in);
void zs_format_svcparams(const uint8_t *data, const uint8_t *end, struct zs_buf *out);

/* What a type asks beyond its fields, of RDATA whose fields are good: lengths of digests and the like. False with
 * *error; error->token is then the index of the field. */
bool zs_rdata_rules(uint16_t type, const uint8_t *data, size_t len, struct zs_rdata_error *error);
bool zs_naptr_rules(const uint8_t *data, struct zs_rdata_error *error);

#endif
