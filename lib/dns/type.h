/* type.h - the RR types: mnemonics, RDATA fields, and what kind of type each is.
 *
 * One line a type in the table of type.c, from the IANA registry "Resource Record (RR) TYPEs". rdata.c reads,
 * writes, checks and lower-cases RDATA by these fields; a type not in the table is RFC 3597's.
 */
#ifndef ZS_DNS_TYPE_H
#define ZS_DNS_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The types that code speaks of by name. */
enum zs_type {
	ZS_TYPE_A = 1, ZS_TYPE_NS = 2, ZS_TYPE_CNAME = 5, ZS_TYPE_SOA = 6, ZS_TYPE_MB = 7, ZS_TYPE_MG = 8, ZS_TYPE_MR = 9,
	ZS_TYPE_WKS = 11, ZS_TYPE_PTR = 12, ZS_TYPE_MX = 15, ZS_TYPE_TXT = 16, ZS_TYPE_X25 = 19, ZS_TYPE_RT = 21, ZS_TYPE_SIG = 24, ZS_TYPE_KEY = 25, ZS_TYPE_GPOS = 27,
	ZS_TYPE_AAAA = 28, ZS_TYPE_LOC = 29, ZS_TYPE_NXT = 30, ZS_TYPE_EID = 31, ZS_TYPE_NIMLOC = 32, ZS_TYPE_SRV = 33,
	ZS_TYPE_ATMA = 34, ZS_TYPE_NAPTR = 35, ZS_TYPE_A6 = 38, ZS_TYPE_DNAME = 39, ZS_TYPE_SINK = 40, ZS_TYPE_OPT = 41,
	ZS_TYPE_APL = 42, ZS_TYPE_DS = 43, ZS_TYPE_SSHFP = 44, ZS_TYPE_IPSECKEY = 45,
	ZS_TYPE_RRSIG = 46, ZS_TYPE_NSEC = 47, ZS_TYPE_DNSKEY = 48, ZS_TYPE_NSEC3 = 50, ZS_TYPE_NSEC3PARAM = 51,
	ZS_TYPE_TLSA = 52, ZS_TYPE_SMIMEA = 53, ZS_TYPE_HIP = 55, ZS_TYPE_RKEY = 57, ZS_TYPE_CDS = 59, ZS_TYPE_CDNSKEY = 60,
	ZS_TYPE_OPENPGPKEY = 61, ZS_TYPE_CSYNC = 62, ZS_TYPE_ZONEMD = 63, ZS_TYPE_SVCB = 64, ZS_TYPE_HTTPS = 65,
	ZS_TYPE_DSYNC = 66, ZS_TYPE_NXNAME = 128, ZS_TYPE_URI = 256, ZS_TYPE_CAA = 257, ZS_TYPE_AMTRELAY = 260,
	ZS_TYPE_TA = 32768, ZS_TYPE_DLV = 32769
};

/* How one field of RDATA looks in text and on the wire. */
enum zs_field {
	ZS_FIELD_END = 0,      /* as the first one: the type has RFC 3597's form only */
	ZS_FIELD_U8, ZS_FIELD_U16, ZS_FIELD_U32,
	ZS_FIELD_U64,          /* IPN */
	ZS_FIELD_U64HEX,       /* NID, L64: four groups of hex */
	ZS_FIELD_TTL,          /* u32, read with units too (SOA timers) */
	ZS_FIELD_NAME,         /* case kept in canonical form */
	ZS_FIELD_NAME_LOWER,   /* lower-cased in canonical form: RFC 4034 section 6.2 as corrected by RFC 6840 section 5.1 */
	ZS_FIELD_IPV4, ZS_FIELD_IPV6,
	ZS_FIELD_STRING,       /* <character-string>, quoted or not */
	ZS_FIELD_STRING_OPTIONAL, /* the same, may be missing at the end (ISDN) */
	ZS_FIELD_STRINGS,      /* one or more, to the end */
	ZS_FIELD_LONG_STRING,  /* one string of any length to the end of RDATA, quoted (CAA, URI) */
	ZS_FIELD_TAG,          /* character-string of letters and digits, not quoted (CAA) */
	ZS_FIELD_HEX,          /* to the end, blanks allowed, at least one octet */
	ZS_FIELD_HEX8,         /* u8 length, then hex; "-" is empty (NSEC3 salt) */
	ZS_FIELD_NSAP,         /* "0x" and hex, to the end; dots are for the eye */
	ZS_FIELD_BASE64,       /* to the end, blanks allowed, at least one octet */
	ZS_FIELD_BASE64_OR_NONE, /* the same, may be empty (KEY without a key) */
	ZS_FIELD_BASE64_OR_DASH, /* the same, empty is "-" (DOA) */
	ZS_FIELD_BASE32HEX8,   /* u8 length, then base32hex (NSEC3 next hashed owner) */
	ZS_FIELD_TYPE,         /* an RR type mnemonic (RRSIG, DSYNC) */
	ZS_FIELD_BITMAP,       /* type bit maps to the end, may be empty: RFC 4034 section 4.1.2 */
	ZS_FIELD_NXT_BITMAP,   /* the one map of NXT, types below 128: RFC 2535 section 5.2 */
	ZS_FIELD_ALGORITHM,    /* u8, a number or a mnemonic of the DNSSEC algorithms */
	ZS_FIELD_CERT_TYPE,    /* u16, a number or a mnemonic of RFC 4398 */
	ZS_FIELD_SCHEME,       /* u8, a number or NOTIFY (DSYNC, RFC 9859) */
	ZS_FIELD_TIME,         /* u32, YYYYMMDDHHmmSS or a number */
	ZS_FIELD_EUI48, ZS_FIELD_EUI64,
	ZS_FIELD_SVCPARAMS,    /* SvcParams to the end: RFC 9460 */
	ZS_FIELD_SPECIAL       /* the whole RDATA has code of its own: LOC, APL, WKS, HIP, IPSECKEY, AMTRELAY, A6 */
};

enum zs_type_flag {
	ZS_TYPE_META = 1,         /* never in a zone: OPT, TSIG, AXFR, ANY ... */
	ZS_TYPE_APEX_ONLY = 2,    /* NSEC3PARAM, CDS, CDNSKEY, ZONEMD, CSYNC, SOA */
	ZS_TYPE_SINGLETON = 4,    /* one record an RRset: CNAME, DNAME, SOA */
	ZS_TYPE_SIGNER_MADE = 8,  /* RRSIG, NSEC, NSEC3, NSEC3PARAM: stripped from the input */
	ZS_TYPE_RARE = 16        /* not every server and library in use knows it: see zs_type_file_text */
};

enum { ZS_TYPE_TEXT = 16, ZS_TYPE_FIELDS_MAX = 12 };

struct zs_type_info {
	uint16_t type;
	uint8_t flags; /* enum zs_type_flag */
	const char *mnemonic;
	uint8_t fields[ZS_TYPE_FIELDS_MAX]; /* enum zs_field, ended by ZS_FIELD_END */
	const char *words; /* what the fields are called in messages, in order: "preference host" */
};

/* The table's line, or NULL for an unassigned type. */
const struct zs_type_info *zs_type_info(uint16_t type);

/* Mnemonic, or TYPE12345; returns out. */
const char *zs_type_text(uint16_t type, char out[ZS_TYPE_TEXT]);

/* For zone files, which every server reads: TYPE66 for a type marked ZS_TYPE_RARE, else the mnemonic. */
const char *zs_type_file_text(uint16_t type, char out[ZS_TYPE_TEXT]);

/* Does PowerDNS 4.7 know the type? What it knows it reads by its mnemonic and in its own form only, the others by number. */
bool zs_type_powerdns_knows(uint16_t type);
const char *zs_type_powerdns_text(uint16_t type, char out[ZS_TYPE_TEXT]);

/* "A", "aaaa", "TYPE65280"; false if text is none. Meta types are found too, the caller decides. */
bool zs_type_parse(const char *text, size_t len, uint16_t *out);

/* Mnemonics in the table, for "did you mean". */
size_t zs_type_count(void);
const char *zs_type_mnemonic(size_t index);

static inline bool zs_type_has(uint16_t type, enum zs_type_flag flag)
{
	const struct zs_type_info *info = zs_type_info(type);
	return info && (info->flags & flag);
}

#endif
