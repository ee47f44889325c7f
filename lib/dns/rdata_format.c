/* rdata_format.c - fields of valid wire RDATA to text. */
#include "dns/rdata_field.h"

#include <string.h>

void zs_format_number(uint64_t value, struct zs_buf *out)
{
	char digits[20], *p = digits + sizeof digits;
	do {
		*--p = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	zs_buf_add(out, p, (size_t)(digits + sizeof digits - p));
}

void zs_format_name(const uint8_t **data, struct zs_buf *out)
{
	const uint8_t *name = *data;
	*data += zs_name_len(name);
	if (ZS_NAME_TEXT < out->room - out->len && ZS_NAME_TEXT <= out->max - out->len && !out->full) {
		out->len += zs_name_format(name, (char *)out->data + out->len);
		return;
	}
	char text[ZS_NAME_TEXT];
	zs_buf_add(out, text, zs_name_format(name, text));
}

void zs_format_ipv4(const uint8_t *data, struct zs_buf *out)
{
	char text[16], *p = text;
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		if (data[i] > 99)
			*p++ = (char)('0' + data[i] / 100);
		if (data[i] > 9)
			*p++ = (char)('0' + data[i] / 10 % 10);
		*p++ = (char)('0' + data[i] % 10);
	}
	zs_buf_add(out, text, (size_t)(p - text));
}

static char *group(unsigned value, char *p)
{
	for (unsigned shift = 16; shift; shift -= 4)
		if (value >> (shift - 4) || shift == 4)
			*p++ = "0123456789abcdef"[value >> (shift - 4) & 15];
	return p;
}

/* RFC 5952 section 4: the longest run of zero groups, the first of equals, is "::"; one group alone is not. */
void zs_format_ipv6(const uint8_t *data, struct zs_buf *out)
{
	unsigned best = 8, best_len = 1;
	for (unsigned i = 0, start = 0; i < 8; i++) {
		if (zs_get_u16(data + (size_t)2 * i))
			start = i + 1;
		else if (i + 1 - start > best_len) {
			best = start;
			best_len = i + 1 - start;
		}
	}
	char text[48], *p = text;
	for (unsigned i = 0; i < 8; i++) {
		if (i == best) {
			*p++ = ':';
			if (i + best_len == 8)
				*p++ = ':';
			i += best_len - 1;
			continue;
		}
		if (i)
			*p++ = ':';
		p = group(zs_get_u16(data + (size_t)2 * i), p);
	}
	zs_buf_add(out, text, (size_t)(p - text));
}

void zs_format_hex(const uint8_t *data, size_t len, struct zs_buf *out)
{
	char *room = (char *)zs_buf_reserve(out, 2 * len);
	if (room)
		out->len += zs_hex_encode_upper(data, len, room);
}

void zs_format_base64(const uint8_t *data, size_t len, struct zs_buf *out)
{
	char *room = (char *)zs_buf_reserve(out, (len + 2) / 3 * 4);
	if (room)
		out->len += zs_base64_encode(data, len, room);
}

static bool plain(uint8_t c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

void zs_format_escaped(const uint8_t *data, size_t len, struct zs_buf *out)
{
	const uint8_t *end = data + len;
	while (data < end) {
		const uint8_t *run = data;
		while (data < end && plain(*data))
			data++;
		zs_buf_add(out, run, (size_t)(data - run));
		if (data == end)
			return;
		const uint8_t c = *data++;
		const char escape[4] = { '\\', (char)('0' + c / 100), (char)('0' + c / 10 % 10),
			                 (char)('0' + c % 10) };
		if (c == '"' || c == '\\')
			zs_buf_add(out, (const uint8_t[]){ '\\', c }, 2);
		else
			zs_buf_add(out, escape, sizeof escape);
	}
}

static void quoted(const uint8_t *data, size_t len, struct zs_buf *out)
{
	zs_buf_octet(out, '"');
	zs_format_escaped(data, len, out);
	zs_buf_octet(out, '"');
}

void zs_format_generic(const uint8_t *data, size_t len, struct zs_buf *out)
{
	zs_buf_text(out, "\\# ");
	zs_format_number(len, out);
	if (len) {
		zs_buf_octet(out, ' ');
		zs_format_hex(data, len, out);
	}
}

static void type(unsigned number, struct zs_buf *out)
{
	const struct zs_type_info *info = zs_type_info((uint16_t)number);
	if (info && !(info->flags & ZS_TYPE_RARE)) { /* as zs_type_file_text, but it is done for every bit of an NSEC */
		zs_buf_text(out, info->mnemonic);
		return;
	}
	zs_buf_text(out, "TYPE");
	zs_format_number(number, out);
}

/* The types of one window, each behind a blank unless it is the first of all. */
static void window(unsigned base, const uint8_t *bits, size_t len, bool *first, struct zs_buf *out)
{
	for (unsigned i = 0; i < 8 * len; i++) {
		if (!(bits[i / 8] & 0x80 >> i % 8))
			continue;
		if (!*first)
			zs_buf_octet(out, ' ');
		*first = false;
		type(base + i, out);
	}
}

static void bitmap(const uint8_t *data, const uint8_t *end, struct zs_buf *out)
{
	bool first = true;
	for (; data < end; data += 2 + data[1])
		window(data[0] * 256u, data + 2, data[1], &first, out);
}

static void strings(const uint8_t *data, const uint8_t *end, struct zs_buf *out)
{
	for (bool first = true; data < end; data += 1 + *data, first = false) {
		if (!first)
			zs_buf_octet(out, ' ');
		quoted(data + 1, *data, out);
	}
}

/* Octets as pairs of hex digits, a mark after each `every`. */
static void pairs(const uint8_t *data, unsigned octets, unsigned every, char mark, struct zs_buf *out)
{
	char text[24], *p = text;
	for (unsigned i = 0; i < octets; i++) {
		if (i && i % every == 0)
			*p++ = mark;
		p += zs_hex_encode(data + i, 1, p);
	}
	zs_buf_add(out, text, (size_t)(p - text));
}

static void base32hex(const uint8_t *data, size_t len, struct zs_buf *out)
{
	char *room = (char *)zs_buf_reserve(out, (8 * len + 4) / 5);
	if (!room)
		return;
	const size_t digits = zs_base32hex_encode(data, len, room);
	for (size_t i = 0; i < digits; i++) /* in upper case, as BIND writes it and RFC 4648 shows it */
		room[i] = (char)(room[i] >= 'a' ? room[i] - 32 : room[i]);
	out->len += digits;
}

/* Fields of fixed length: returns it, or 0 if field is none. */
static size_t fixed(enum zs_field field, const uint8_t *p, struct zs_buf *out)
{
	switch (field) {
	case ZS_FIELD_SCHEME:
		if (*p == 1)
			zs_buf_text(out, "NOTIFY");
		else
			zs_format_number(*p, out);
		return 1;
	case ZS_FIELD_U8: case ZS_FIELD_ALGORITHM:
		zs_format_number(*p, out);
		return 1;
	case ZS_FIELD_U16: case ZS_FIELD_CERT_TYPE:
		zs_format_number(zs_get_u16(p), out);
		return 2;
	case ZS_FIELD_TYPE:
		type(zs_get_u16(p), out);
		return 2;
	case ZS_FIELD_U32: case ZS_FIELD_TTL:
		zs_format_number(zs_get_u32(p), out);
		return 4;
	case ZS_FIELD_TIME:
		zs_format_time(zs_get_u32(p), out);
		return 4;
	case ZS_FIELD_IPV4:
		zs_format_ipv4(p, out);
		return 4;
	case ZS_FIELD_EUI48:
		pairs(p, 6, 1, '-', out);
		return 6;
	case ZS_FIELD_EUI64:
		pairs(p, 8, 1, '-', out);
		return 8;
	case ZS_FIELD_U64:
		zs_format_number(zs_get_u64(p), out);
		return 8;
	case ZS_FIELD_U64HEX:
		pairs(p, 8, 2, ':', out);
		return 8;
	case ZS_FIELD_IPV6:
		zs_format_ipv6(p, out);
		return 16;
	default:
		return 0;
	}
}

/* Fields behind a length octet: the same. */
static size_t counted(enum zs_field field, const uint8_t *p, struct zs_buf *out)
{
	switch (field) {
	case ZS_FIELD_STRING: case ZS_FIELD_STRING_OPTIONAL:
		quoted(p + 1, *p, out);
		break;
	case ZS_FIELD_TAG:
		zs_buf_add(out, p + 1, *p);
		break;
	case ZS_FIELD_HEX8:
		if (*p)
			zs_format_hex(p + 1, *p, out);
		else
			zs_buf_octet(out, '-');
		break;
	case ZS_FIELD_BASE32HEX8:
		base32hex(p + 1, *p, out);
		break;
	default:
		return 0;
	}
	return 1u + *p;
}

void zs_format_field(enum zs_field field, const uint8_t **data, const uint8_t *end, struct zs_buf *out)
{
	const uint8_t *p = *data;
	const size_t len = (size_t)(end - p);
	bool first = true;
	if (field == ZS_FIELD_NAME || field == ZS_FIELD_NAME_LOWER) {
		zs_format_name(data, out);
		return;
	}
	const size_t size = fixed(field, p, out);
	*data = p + (size ? size : counted(field, p, out));
	if (*data != p)
		return;
	*data = end;
	switch (field) {
	case ZS_FIELD_STRINGS:
		strings(p, end, out);
		return;
	case ZS_FIELD_LONG_STRING:
		quoted(p, len, out);
		return;
	case ZS_FIELD_NSAP:
		zs_buf_text(out, "0x");
		zs_format_hex(p, len, out);
		return;
	case ZS_FIELD_HEX:
		zs_format_hex(p, len, out);
		return;
	case ZS_FIELD_BASE64_OR_DASH:
		if (!len)
			zs_buf_octet(out, '-');
		zs_format_base64(p, len, out);
		return;
	case ZS_FIELD_BASE64: case ZS_FIELD_BASE64_OR_NONE:
		zs_format_base64(p, len, out);
		return;
	case ZS_FIELD_BITMAP:
		bitmap(p, end, out);
		return;
	case ZS_FIELD_NXT_BITMAP:
		window(0, p, len, &first, out);
		return;
	case ZS_FIELD_SVCPARAMS:
		zs_format_svcparams(p, end, out);
		return;
	default:
		return;
	}
}
