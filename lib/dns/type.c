/* type.c - the table of RR types and its look-up. */
#include "dns/type.h"

#include <stdio.h>

#include "base/attr.h"
#include "base/text.h"

/* The table is written in short words. */
enum {
	U8 = ZS_FIELD_U8, U16 = ZS_FIELD_U16, U32 = ZS_FIELD_U32, U64 = ZS_FIELD_U64, U64HEX = ZS_FIELD_U64HEX,
	TTL = ZS_FIELD_TTL, NAME = ZS_FIELD_NAME, LOWER = ZS_FIELD_NAME_LOWER, IPV4 = ZS_FIELD_IPV4, IPV6 = ZS_FIELD_IPV6,
	STRING = ZS_FIELD_STRING, STRING_OPTIONAL = ZS_FIELD_STRING_OPTIONAL, STRINGS = ZS_FIELD_STRINGS,
	LONG_STRING = ZS_FIELD_LONG_STRING, TAG = ZS_FIELD_TAG, HEX = ZS_FIELD_HEX, HEX8 = ZS_FIELD_HEX8,
	NSAP = ZS_FIELD_NSAP, BASE64 = ZS_FIELD_BASE64, BASE64_OR_NONE = ZS_FIELD_BASE64_OR_NONE,
	BASE64_OR_DASH = ZS_FIELD_BASE64_OR_DASH, BASE32HEX8 = ZS_FIELD_BASE32HEX8, TYPE = ZS_FIELD_TYPE,
	BITMAP = ZS_FIELD_BITMAP, NXT_BITMAP = ZS_FIELD_NXT_BITMAP, ALGORITHM = ZS_FIELD_ALGORITHM,
	CERT_TYPE = ZS_FIELD_CERT_TYPE, SCHEME = ZS_FIELD_SCHEME, TIME = ZS_FIELD_TIME, EUI48 = ZS_FIELD_EUI48,
	EUI64 = ZS_FIELD_EUI64, SVCPARAMS = ZS_FIELD_SVCPARAMS, SPECIAL = ZS_FIELD_SPECIAL
};
enum { META = ZS_TYPE_META, APEX = ZS_TYPE_APEX_ONLY, ONE = ZS_TYPE_SINGLETON, MADE = ZS_TYPE_SIGNER_MADE, RARE = ZS_TYPE_RARE };

#define LINE(number, text, flag, words, ...) { number, flag, text, { __VA_ARGS__ }, words }
#define T(number, text, flag, words, ...) [number] = LINE(number, text, flag, words, __VA_ARGS__)
/* Without a text form of its own, or never in a zone. */
#define OPAQUE(number, text, flag) [number] = { number, flag, text, { ZS_FIELD_END }, "" }

/* IANA "Resource Record (RR) TYPEs". At the index of its number: a look-up is one load. */
static const struct zs_type_info types[] = {
	T(1, "A", 0, "address", IPV4),
	T(2, "NS", 0, "name-server", LOWER),
	T(3, "MD", RARE, "host", LOWER),
	T(4, "MF", RARE, "host", LOWER),
	T(5, "CNAME", ONE, "target", LOWER),
	T(6, "SOA", ONE | APEX, "primary mailbox serial refresh retry expire minimum", LOWER, LOWER, U32, TTL, TTL, TTL, TTL),
	T(7, "MB", RARE, "host", LOWER),
	T(8, "MG", RARE, "mailbox", LOWER),
	T(9, "MR", RARE, "mailbox", LOWER),
	OPAQUE(10, "NULL", RARE),
	T(11, "WKS", RARE, "address protocol service", SPECIAL),
	T(12, "PTR", 0, "target", LOWER),
	T(13, "HINFO", 0, "cpu os", STRING, STRING),
	T(14, "MINFO", 0, "mailbox error-mailbox", LOWER, LOWER),
	T(15, "MX", 0, "preference host", U16, LOWER),
	T(16, "TXT", 0, "text", STRINGS),
	T(17, "RP", 0, "mailbox text-name", LOWER, LOWER),
	T(18, "AFSDB", 0, "subtype host", U16, LOWER),
	T(19, "X25", RARE, "psdn-address", STRING),
	T(20, "ISDN", RARE, "isdn-address subaddress", STRING, STRING_OPTIONAL),
	T(21, "RT", RARE, "preference host", U16, LOWER),
	T(22, "NSAP", RARE, "address", NSAP),
	T(23, "NSAP-PTR", RARE, "target", NAME),
	T(24, "SIG", RARE, "type-covered algorithm labels original-TTL expiration inception key-tag signer signature", TYPE,
	  ALGORITHM, U8, U32, TIME, TIME, U16, LOWER, BASE64),
	T(25, "KEY", RARE, "flags protocol algorithm key", U16, U8, ALGORITHM, BASE64_OR_NONE),
	T(26, "PX", RARE, "preference map822 mapx400", U16, LOWER, LOWER),
	T(27, "GPOS", RARE, "longitude latitude altitude", STRING, STRING, STRING),
	T(28, "AAAA", 0, "address", IPV6),
	T(29, "LOC", 0, "latitude longitude altitude size horizontal-precision vertical-precision", SPECIAL),
	T(30, "NXT", RARE, "next-name type", LOWER, NXT_BITMAP),
	OPAQUE(31, "EID", RARE),
	OPAQUE(32, "NIMLOC", RARE),
	T(33, "SRV", 0, "priority weight port target", U16, U16, U16, LOWER),
	OPAQUE(34, "ATMA", RARE),
	T(35, "NAPTR", 0, "order preference flags services regexp replacement", U16, U16, STRING, STRING, STRING, LOWER),
	T(36, "KX", 0, "preference host", U16, LOWER),
	T(37, "CERT", 0, "certificate-type key-tag algorithm certificate", CERT_TYPE, U16, ALGORITHM, BASE64),
	T(38, "A6", RARE, "prefix-length address-suffix prefix-name", SPECIAL),
	T(39, "DNAME", ONE, "target", LOWER),
	OPAQUE(40, "SINK", RARE),
	OPAQUE(41, "OPT", META),
	T(42, "APL", 0, "prefix", SPECIAL),
	T(43, "DS", 0, "key-tag algorithm digest-type digest", U16, ALGORITHM, U8, HEX),
	T(44, "SSHFP", 0, "algorithm fingerprint-type fingerprint", U8, U8, HEX),
	T(45, "IPSECKEY", 0, "precedence gateway-type algorithm gateway key", SPECIAL),
	T(46, "RRSIG", MADE, "type-covered algorithm labels original-TTL expiration inception key-tag signer signature", TYPE,
	  ALGORITHM, U8, U32, TIME, TIME, U16, LOWER, BASE64),
	T(47, "NSEC", MADE, "next-name type", NAME, BITMAP),
	T(48, "DNSKEY", 0, "flags protocol algorithm key", U16, U8, ALGORITHM, BASE64),
	T(49, "DHCID", 0, "data", BASE64),
	T(50, "NSEC3", MADE, "hash-algorithm flags iterations salt next-hashed-owner type", U8, U8, U16, HEX8, BASE32HEX8, BITMAP),
	T(51, "NSEC3PARAM", MADE | APEX, "hash-algorithm flags iterations salt", U8, U8, U16, HEX8),
	T(52, "TLSA", 0, "usage selector matching-type data", U8, U8, U8, HEX),
	T(53, "SMIMEA", 0, "usage selector matching-type data", U8, U8, U8, HEX),
	T(55, "HIP", RARE, "algorithm hit key rendezvous-server", SPECIAL),
	T(56, "NINFO", RARE, "text", STRINGS),
	T(57, "RKEY", RARE, "flags protocol algorithm key", U16, U8, ALGORITHM, BASE64),
	T(58, "TALINK", RARE, "previous-name next-name", NAME, NAME),
	T(59, "CDS", APEX, "key-tag algorithm digest-type digest", U16, ALGORITHM, U8, HEX),
	T(60, "CDNSKEY", APEX, "flags protocol algorithm key", U16, U8, ALGORITHM, BASE64),
	T(61, "OPENPGPKEY", 0, "key", BASE64),
	T(62, "CSYNC", APEX, "serial flags type", U32, U16, BITMAP),
	T(63, "ZONEMD", APEX, "serial scheme hash-algorithm digest", U32, U8, U8, HEX),
	T(64, "SVCB", 0, "priority target parameter", U16, NAME, SVCPARAMS),
	T(65, "HTTPS", 0, "priority target parameter", U16, NAME, SVCPARAMS),
	T(66, "DSYNC", RARE, "type scheme port target", TYPE, SCHEME, U16, NAME),
	T(67, "HHIT", RARE, "data", BASE64),
	T(68, "BRID", RARE, "data", BASE64),
	T(99, "SPF", 0, "text", STRINGS),
	OPAQUE(100, "UINFO", RARE),
	OPAQUE(101, "UID", RARE),
	OPAQUE(102, "GID", RARE),
	OPAQUE(103, "UNSPEC", RARE),
	T(104, "NID", 0, "preference node-id", U16, U64HEX),
	T(105, "L32", 0, "preference locator", U16, IPV4),
	T(106, "L64", 0, "preference locator", U16, U64HEX),
	T(107, "LP", 0, "preference target", U16, NAME),
	T(108, "EUI48", 0, "address", EUI48),
	T(109, "EUI64", 0, "address", EUI64),
	OPAQUE(128, "NXNAME", META | RARE), /* RFC 9824: a bit of an NSEC, never a record */
	OPAQUE(249, "TKEY", META),
	OPAQUE(250, "TSIG", META),
	OPAQUE(251, "IXFR", META),
	OPAQUE(252, "AXFR", META),
	OPAQUE(253, "MAILB", META),
	OPAQUE(254, "MAILA", META),
	OPAQUE(255, "ANY", META),
	T(256, "URI", 0, "priority weight target", U16, U16, LONG_STRING),
	T(257, "CAA", 0, "flags tag value", U8, TAG, LONG_STRING),
	T(258, "AVC", RARE, "text", STRINGS),
	T(259, "DOA", RARE, "enterprise type location media-type data", U32, U32, U8, STRING, BASE64_OR_DASH),
	T(260, "AMTRELAY", RARE, "precedence discovery-optional relay-type relay", SPECIAL),
	T(261, "RESINFO", RARE, "text", STRINGS),
	T(262, "WALLET", RARE, "text", STRINGS),
	T(263, "CLA", RARE, "text", STRINGS),
	T(264, "IPN", RARE, "node-number", U64),
};
static const struct zs_type_info type_ta =
	LINE(32768, "TA", RARE, "key-tag algorithm digest-type digest", U16, ALGORITHM, U8, HEX);
static const struct zs_type_info type_dlv =
	LINE(32769, "DLV", RARE, "key-tag algorithm digest-type digest", U16, ALGORITHM, U8, HEX);

const struct zs_type_info *zs_type_info(uint16_t type)
{
	if (type < ZS_COUNT(types))
		return types[type].mnemonic ? &types[type] : NULL;
	return type == ZS_TYPE_TA ? &type_ta : type == ZS_TYPE_DLV ? &type_dlv : NULL;
}

const char *zs_type_text(uint16_t type, char out[ZS_TYPE_TEXT])
{
	const struct zs_type_info *info = zs_type_info(type);
	if (info)
		snprintf(out, ZS_TYPE_TEXT, "%s", info->mnemonic);
	else
		snprintf(out, ZS_TYPE_TEXT, "TYPE%u", type);
	return out;
}

const char *zs_type_file_text(uint16_t type, char out[ZS_TYPE_TEXT])
{
	if (!zs_type_has(type, ZS_TYPE_RARE))
		return zs_type_text(type, out);
	snprintf(out, ZS_TYPE_TEXT, "TYPE%u", type);
	return out;
}

bool zs_type_powerdns_knows(uint16_t type)
{
	switch (type) {
	case ZS_TYPE_MB: case ZS_TYPE_MG: case ZS_TYPE_MR: case ZS_TYPE_KEY: case ZS_TYPE_RKEY: case ZS_TYPE_DLV:
		return true;
	default:
		return zs_type_info(type) && !zs_type_has(type, ZS_TYPE_RARE);
	}
}

const char *zs_type_powerdns_text(uint16_t type, char out[ZS_TYPE_TEXT])
{
	if (zs_type_powerdns_knows(type))
		return zs_type_text(type, out);
	snprintf(out, ZS_TYPE_TEXT, "TYPE%u", type);
	return out;
}

/* Up to eight letters as one number, so that the common types are found without comparing texts. */
#define W1(a) ((uint64_t)(a))
#define W2(a, b) (W1(a) << 8 | (b))
#define W3(a, b, c) (W2(a, b) << 8 | (c))
#define W4(a, b, c, d) (W3(a, b, c) << 8 | (d))
#define W5(a, b, c, d, e) (W4(a, b, c, d) << 8 | (e))
#define W6(a, b, c, d, e, f) (W5(a, b, c, d, e) << 8 | (f))

static uint16_t common_type(const char *text, size_t len)
{
	uint64_t word = 0;
	for (size_t i = 0; i < len; i++) {
		const char lower = zs_lower(text[i]);
		word = word << 8 | (uint8_t)lower;
	}
	if (!text[0]) /* else a leading NUL would be lost in the number */
		return 0;
	switch (word) {
	case W1('a'): return ZS_TYPE_A;
	case W2('n', 's'): return ZS_TYPE_NS;
	case W2('d', 's'): return ZS_TYPE_DS;
	case W2('m', 'x'): return ZS_TYPE_MX;
	case W3('s', 'o', 'a'): return ZS_TYPE_SOA;
	case W3('p', 't', 'r'): return ZS_TYPE_PTR;
	case W3('t', 'x', 't'): return ZS_TYPE_TXT;
	case W3('s', 'r', 'v'): return ZS_TYPE_SRV;
	case W3('c', 'a', 'a'): return ZS_TYPE_CAA;
	case W4('a', 'a', 'a', 'a'): return ZS_TYPE_AAAA;
	case W4('n', 's', 'e', 'c'): return ZS_TYPE_NSEC;
	case W4('t', 'l', 's', 'a'): return ZS_TYPE_TLSA;
	case W4('s', 'v', 'c', 'b'): return ZS_TYPE_SVCB;
	case W5('c', 'n', 'a', 'm', 'e'): return ZS_TYPE_CNAME;
	case W5('r', 'r', 's', 'i', 'g'): return ZS_TYPE_RRSIG;
	case W5('n', 's', 'e', 'c', '3'): return ZS_TYPE_NSEC3;
	case W5('h', 't', 't', 'p', 's'): return ZS_TYPE_HTTPS;
	case W5('s', 's', 'h', 'f', 'p'): return ZS_TYPE_SSHFP;
	case W6('d', 'n', 's', 'k', 'e', 'y'): return ZS_TYPE_DNSKEY;
	default: return 0;
	}
}

bool zs_type_parse(const char *text, size_t len, uint16_t *out)
{
	enum { LONGEST = 10 }; /* NSEC3PARAM, OPENPGPKEY; TYPE65535 is shorter */
	if (!len || len > LONGEST)
		return false;
	const uint16_t common = len <= 8 ? common_type(text, len) : 0;
	if (common) {
		*out = common;
		return true;
	}
	const char first = zs_lower(text[0]);
	for (size_t i = 0; i < ZS_COUNT(types); i++)
		if (types[i].mnemonic && zs_lower(types[i].mnemonic[0]) == first && zs_text_equal(text, len, types[i].mnemonic)) {
			*out = (uint16_t)i;
			return true;
		}
	if (zs_text_equal(text, len, type_ta.mnemonic) || zs_text_equal(text, len, type_dlv.mnemonic)) {
		*out = zs_text_equal(text, len, type_ta.mnemonic) ? ZS_TYPE_TA : ZS_TYPE_DLV;
		return true;
	}
	uint64_t number;
	if (len < 5 || !zs_text_equal(text, 4, "type") || !zs_text_number(text + 4, len - 4, UINT16_MAX, &number))
		return false;
	*out = (uint16_t)number;
	return true;
}

size_t zs_type_count(void)
{
	size_t count = 2; /* TA, DLV */
	for (size_t i = 0; i < ZS_COUNT(types); i++)
		count += types[i].mnemonic != NULL;
	return count;
}

const char *zs_type_mnemonic(size_t index)
{
	for (size_t i = 0; i < ZS_COUNT(types); i++)
		if (types[i].mnemonic && !index--)
			return types[i].mnemonic;
	return index == 0 ? type_ta.mnemonic : index == 1 ? type_dlv.mnemonic : NULL;
}
