/* ds_private.h - shared by the files of ds/: a key's fields, and the registrars' table. */
#ifndef ZS_DS_DS_PRIVATE_H
#define ZS_DS_DS_PRIVATE_H

#include "ds/ds.h"

/* All that any form asks for, of one key. */
struct zs_ds_entry {
	uint16_t flags, tag;
	uint8_t protocol, algorithm, digest_type;
	char digest[2 * 48 + 1];   /* hex, upper case: what the registrars' examples show */
	const char *public_key;    /* base64, unbroken */
	struct zs_bytes dnskey;    /* the RDATA */
	bool present;              /* at the parent already */
};

/* Both lists sorted by tag, so that the text does not depend on the order of the plan. */
struct zs_ds_view {
	const char *zone_text;     /* lower case, final dot */
	const char *zone_bare;     /* without it: what people type */
	struct zs_ds_entry *wanted, *removed;
	size_t wanted_count, removed_count;
	size_t missing_count;      /* wanted and not present */
	uint32_t ttl;
	zs_time not_before;
};

enum zs_ds_field {
	ZS_DS_FIELD_NONE,
	ZS_DS_FIELD_TAG, ZS_DS_FIELD_ALGORITHM, ZS_DS_FIELD_DIGEST_TYPE, ZS_DS_FIELD_DIGEST,
	ZS_DS_FIELD_FLAGS, ZS_DS_FIELD_PROTOCOL, ZS_DS_FIELD_PUBLIC_KEY,
	ZS_DS_FIELD_DNSKEY_LINE, ZS_DS_FIELD_DS_LINE,
	ZS_DS_FIELD_EMPTY, /* to be left empty */
	ZS_DS_FIELD_GROUP  /* a headline between fields */
};

/* How a number is shown. */
enum zs_ds_style {
	ZS_DS_NUMBER, /* 13 */
	ZS_DS_NAMED,  /* 13 (ECDSAP256SHA256, ECDSA Curve P-256 with SHA-256); 2 (SHA-256); 257 (KSK) */
	ZS_DS_DASHED, /* 13 - ECDSAP256SHA256; 257 - KSK */
	ZS_DS_SPELLED /* as dashed, but 257 - Key Signing Key (KSK) */
};

struct zs_ds_form_line {
	enum zs_ds_field field;
	const char *label;
	enum zs_ds_style style;
	bool confirmed; /* the label was read in the registrar's own words, or in a client's that works */
};

enum { ZS_DS_LINES = 16, ZS_DS_ALGORITHMS = 12 };

struct zs_ds_registrar {
	const char *name, *title;
	const char *note; /* what to know before typing; or NULL */
	uint8_t algorithms[ZS_DS_ALGORITHMS]; /* those its documentation lists, ended by 0; none: not known */
	bool replaces; /* what is sent takes the place of all that is there: what is kept has to be sent again */
	struct zs_ds_form_line lines[ZS_DS_LINES]; /* in the order of the form */
};

const struct zs_ds_registrar *zs_ds_registrar_find(const char *name);
const struct zs_ds_registrar *zs_ds_registrar_at(size_t index);

/* The form of a registrar. */
void zs_ds_form(const struct zs_ds_registrar *registrar, const struct zs_ds_view *view, struct zs_buf *out);

void zs_ds_epp_update(const struct zs_ds_view *view, struct zs_buf *out);
void zs_ds_epp_create(const struct zs_ds_view *view, struct zs_buf *out);

/* "example.net. 3600 IN DS 55648 13 2 B4C8..." with separator between the fields, without a line end. */
void zs_ds_put_ds(const struct zs_ds_entry *entry, struct zs_buf *out);     /* the RDATA alone */
void zs_ds_put_dnskey(const struct zs_ds_entry *entry, struct zs_buf *out);

#endif
