/* name.h - domain names in wire form (RFC 1035 section 3.1), uncompressed.
 *
 * A wire name is a `const uint8_t *` to a valid name: its end is its root label, so no length travels with it.
 * Names keep the case they were written in; comparisons fold ASCII only (RFC 4343).
 */
#ifndef ZS_DNS_NAME_H
#define ZS_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ZS_LABEL_MAX = 63,
	ZS_NAME_MAX = 255,             /* octets on the wire, root label included */
	ZS_NAME_TEXT = 4 * 255 + 1,    /* buffer for any name as text */
	ZS_NAME_PATH = 3 * 255 + 2     /* buffer for any name as a path component */
};

/* Why a text is no name; message is for people, offset points into the text. */
struct zs_name_error {
	const char *message;
	size_t offset;
};

/* text (len octets; \DDD and \X escapes) to wire form in out; returns its length in octets, or 0 with *error. A text
 * without a final dot is relative to origin; with origin NULL it is taken as absolute. "@" alone is the origin. */
size_t zs_name_parse(const char *text, size_t len, const uint8_t *origin, uint8_t out[ZS_NAME_MAX],
                     struct zs_name_error *error);

/* Absolute text with a final dot, escaped so that zs_name_parse reads it back; returns its length, NUL excluded. */
size_t zs_name_format(const uint8_t *name, char out[ZS_NAME_TEXT]);
const char *zs_name_text(const uint8_t *name, char out[ZS_NAME_TEXT]); /* the same; returns out */

/* As a path component: lower case, no final dot, octets outside a-z0-9_-. as %XX, the root as "@". */
const char *zs_name_path(const uint8_t *name, char out[ZS_NAME_PATH]);
/* The way back. False: it is nothing that zs_name_path gives. */
bool zs_name_from_path(const char *path, uint8_t out[ZS_NAME_MAX]);

size_t zs_name_len(const uint8_t *name); /* octets, root label included */
unsigned zs_name_labels(const uint8_t *name); /* root not counted; a leading "*" is */

/* Length of the valid uncompressed name at the start of data, or 0 if there is none within len octets. */
size_t zs_name_check(const uint8_t *data, size_t len);

/* Canonical order, RFC 4034 section 6.1: <0, 0, >0. */
int zs_name_compare(const uint8_t *a, const uint8_t *b);
bool zs_name_equal(const uint8_t *a, const uint8_t *b);

/* Of two runs of len octets, the first octet where they differ, case folded; len if there is none. */
size_t zs_fold_difference(const uint8_t *a, const uint8_t *b, size_t len);

/* True if name is ancestor itself or below it. */
bool zs_name_within(const uint8_t *name, const uint8_t *ancestor);
/* The same where the octets of both are known. */
bool zs_name_ends_in(const uint8_t *name, size_t len, const uint8_t *ancestor, size_t ancestor_len);
/* True if name is below ancestor, and not itself. */
bool zs_name_below(const uint8_t *name, const uint8_t *ancestor);

/* The name without its first count labels; count is at most zs_name_labels(name). */
const uint8_t *zs_name_skip(const uint8_t *name, unsigned count);

/* The longest name that both are within: its labels. */
unsigned zs_name_common_labels(const uint8_t *a, const uint8_t *b);

static inline bool zs_name_is_wildcard(const uint8_t *name)
{
	return name[0] == 1 && name[1] == '*';
}

static inline uint8_t zs_octet_lower(uint8_t c)
{
	return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}

/* Lower-case copy of len octets of one or more whole names (length octets are below 'A', so they stay). */
void zs_name_lower(const uint8_t *name, size_t len, uint8_t *out);

/* The part, 1 to `of`, that a zone of this name belongs to: FNV-1a with 64 bits over the name in wire format and lower case,
 * modulo `of`, plus 1. It never changes: machines with different versions share a fleet by it. */
uint32_t zs_name_shard(const uint8_t *name, uint32_t of);

#endif
