/* rdata_rules.c - what types ask beyond their fields. */
#include "dns/rdata_field.h"

#include <string.h>

/* RFC 4034 appendix A.2, RFC 4509, RFC 6605: a known digest type fixes the length. */
static bool ds(uint16_t type, const uint8_t *data, size_t len, struct zs_rdata_error *error)
{
	static const uint8_t delete[] = { 0, 0, 0, 0, 0 };
	static const uint8_t lengths[] = { [1] = 20, [2] = 32, [4] = 48 };
	const uint8_t digest = data[3], wanted = digest < sizeof lengths ? lengths[digest] : 0;
	if (type == ZS_TYPE_CDS && len == sizeof delete && memcmp(data, delete, len) == 0) /* RFC 8078 section 4 */
		return true;
	if (!wanted || len - 4 == wanted)
		return true;
	zs_rdata_fail(error, 3, 0, "a digest of type %u has %u octets, this one %zu", digest, wanted, len - 4);
	return zs_rdata_advise(error, "that is %u hex digits", 2u * wanted);
}

/* RFC 4255 section 3.1.2, RFC 6594 section 4: the same for fingerprints. BIND does not load a zone with another length. */
static bool sshfp(const uint8_t *data, size_t len, struct zs_rdata_error *error)
{
	const unsigned wanted = data[1] == 1 ? 20 : data[1] == 2 ? 32 : 0;
	if (!wanted || len - 2 == wanted)
		return true;
	zs_rdata_fail(error, 2, 0, "a fingerprint of type %u has %u octets, this one %zu", data[1], wanted, len - 2);
	return zs_rdata_advise(error, "that is %u hex digits", 2 * wanted);
}

/* Types without a text form, of which BIND asks so much. */
static bool shortest(uint16_t type, size_t len, struct zs_rdata_error *error)
{
	const size_t wanted = type == ZS_TYPE_SINK ? 3 : type == ZS_TYPE_ATMA ? 2 : 1;
	return len >= wanted || zs_rdata_fail(error, 0, 0, "RDATA of %zu octets is too short (at least %zu)", len, wanted);
}

/* RFC 8976 sections 2.2.3, 2.2.4 */
static bool zonemd(const uint8_t *data, size_t len, struct zs_rdata_error *error)
{
	const uint8_t scheme = data[4], hash = data[5];
	const unsigned wanted = scheme != 1 ? 0 : hash == 1 ? 48 : hash == 2 ? 64 : 0;
	if (wanted && len - 6 != wanted)
		return zs_rdata_fail(error, 3, 0, "a digest of hash algorithm %u has %u octets, this one %zu", hash,
		                     wanted, len - 6);
	return len - 6 >= 12
	    || zs_rdata_fail(error, 3, 0, "a digest of %zu octets is too short (at least 12)", len - 6);
}

/* RFC 2535 section 3.1.2: both top bits of the flags say that there is no key. */
static bool key(const uint8_t *data, size_t len, struct zs_rdata_error *error)
{
	const bool without = (data[0] & 0xc0) == 0xc0;
	if (without && len > 4)
		return zs_rdata_fail(error, 3, 0, "flags %u say that there is no key, but there is one",
		                     zs_get_u16(data));
	return without || len > 4 || zs_rdata_fail(error, 3, 0, "the key is missing");
}

/* RFC 1183 section 3.1: X.121 address, at least the four digits of the network */
static bool x25(const uint8_t *data, size_t len, struct zs_rdata_error *error)
{
	bool digits = len > 4;
	for (size_t i = 1; i < len; i++)
		digits = digits && data[i] >= '0' && data[i] <= '9';
	return digits
	    || zs_rdata_fail(error, 0, 0, "an X.25 address has at least four decimal digits, and nothing else");
}

/* A sign, digits, a point, digits: the absolute whole part, or -1. */
static long whole_part(const uint8_t *text, size_t len)
{
	size_t i = len && (*text == '-' || *text == '+');
	size_t digits = 0;
	long value = 0;
	for (; i < len && text[i] >= '0' && text[i] <= '9'; i++, digits++)
		if (value < 1000000)
			value = value * 10 + text[i] - '0';
	if (i < len && text[i] == '.')
		for (i++; i < len && text[i] >= '0' && text[i] <= '9'; i++)
			digits++;
	return digits && i == len ? value : -1;
}

/* RFC 1712 section 3 says longitude first and shows latitude first, so zones have both orders: 180 bounds both. */
static bool gpos(const uint8_t *data, struct zs_rdata_error *error)
{
	for (unsigned field = 0; field < 3; field++, data += 1 + *data) {
		const long value = whole_part(data + 1, *data);
		if (value < 0)
			return zs_rdata_fail(error, field, 0, "a decimal number is expected, as -32.6882");
		if (field < 2 && value > 180)
			return zs_rdata_fail(error, field, 0, "%ld degrees are out of range (-180 to 180)", value);
	}
	return true;
}

bool zs_rdata_rules(uint16_t type, const uint8_t *data, size_t len, struct zs_rdata_error *error)
{
	switch (type) {
	case ZS_TYPE_DS: case ZS_TYPE_CDS: case ZS_TYPE_DLV: case ZS_TYPE_TA:
		return ds(type, data, len, error);
	case ZS_TYPE_ZONEMD:
		return zonemd(data, len, error);
	case ZS_TYPE_SSHFP:
		return sshfp(data, len, error);
	case ZS_TYPE_EID: case ZS_TYPE_NIMLOC: case ZS_TYPE_ATMA: case ZS_TYPE_SINK:
		return shortest(type, len, error);
	case ZS_TYPE_KEY:
		return key(data, len, error);
	case ZS_TYPE_RKEY:
		return !zs_get_u16(data) || zs_rdata_fail(error, 0, 0, "flags %u must be 0", zs_get_u16(data));
	case ZS_TYPE_X25:
		return x25(data, len, error);
	case ZS_TYPE_GPOS:
		return gpos(data, error);
	case ZS_TYPE_NAPTR:
		return zs_naptr_rules(data, error);
	case ZS_TYPE_URI:
		return len > 4 || zs_rdata_fail(error, 2, 0, "the target is empty (RFC 7553 section 4.4)");
	default:
		return true;
	}
}
