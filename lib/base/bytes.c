/* bytes.c - octet strings and their text encodings. */
#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

/* Room for size more octets and a NUL, which is never counted: a buffer that is full to the last octet still is a
 * string. */
static void make_room(struct zs_buf *buf, size_t size)
{
	if (buf->len + size < buf->room)
		return;
	size_t room = buf->room ? buf->room * 2 : 256;
	while (room <= buf->len + size)
		room *= 2;
	buf->data = zs_arena_grow(buf->arena, buf->data, buf->room, room);
	buf->room = room;
}

uint8_t *zs_buf_make_room(struct zs_buf *buf, size_t size)
{
	if (buf->full || size > buf->max || buf->len > buf->max - size) {
		buf->full = true;
		return NULL;
	}
	make_room(buf, size);
	return buf->data + buf->len;
}

void zs_buf_u16(struct zs_buf *buf, uint16_t value)
{
	uint8_t wire[2];
	zs_put_u16(wire, value);
	zs_buf_add(buf, wire, sizeof wire);
}

void zs_buf_u32(struct zs_buf *buf, uint32_t value)
{
	uint8_t wire[4];
	zs_put_u32(wire, value);
	zs_buf_add(buf, wire, sizeof wire);
}

void zs_buf_text(struct zs_buf *buf, const char *text)
{
	zs_buf_add(buf, text, strlen(text));
}

void zs_buf_printf(struct zs_buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *room = len < 0 ? NULL : (char *)zs_buf_reserve(buf, (size_t)len); /* and the NUL */
	if (!room)
		return;
	va_start(args, format);
	vsnprintf(room, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

const char *zs_buf_string(struct zs_buf *buf)
{
	make_room(buf, 0);
	buf->data[buf->len] = 0;
	return (const char *)buf->data;
}

int zs_bytes_compare(struct zs_bytes a, struct zs_bytes b)
{
	const size_t common = a.len < b.len ? a.len : b.len;
	const int order = common ? memcmp(a.data, b.data, common) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool zs_bytes_equal(struct zs_bytes a, struct zs_bytes b)
{
	return a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0);
}

static size_t hex_encode(const uint8_t *data, size_t len, char *out, const char *digits)
{
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	return 2 * len;
}

size_t zs_hex_encode(const uint8_t *data, size_t len, char *out)
{
	return hex_encode(data, len, out, "0123456789abcdef");
}

size_t zs_hex_encode_upper(const uint8_t *data, size_t len, char *out)
{
	return hex_encode(data, len, out, "0123456789ABCDEF");
}

size_t zs_base64_encode(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *p = out;
	size_t i = 0;
	for (; i + 3 <= len; i += 3) {
		const uint32_t v = (uint32_t)data[i] << 16 | (uint32_t)data[i + 1] << 8 | data[i + 2];
		*p++ = digits[v >> 18];
		*p++ = digits[v >> 12 & 63];
		*p++ = digits[v >> 6 & 63];
		*p++ = digits[v & 63];
	}
	if (i < len) {
		const bool two = i + 2 == len;
		const uint32_t v = (uint32_t)data[i] << 16 | (two ? (uint32_t)data[i + 1] << 8 : 0);
		*p++ = digits[v >> 18];
		*p++ = digits[v >> 12 & 63];
		*p++ = two ? digits[v >> 6 & 63] : '=';
		*p++ = '=';
	}
	return (size_t)(p - out);
}

size_t zs_base32hex_encode(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	char *p = out;
	uint32_t bits = 0;
	unsigned held = 0;
	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | data[i];
		for (held += 8; held >= 5; held -= 5)
			*p++ = digits[bits >> (held - 5) & 31];
	}
	if (held)
		*p++ = digits[bits << (5 - held) & 31];
	return (size_t)(p - out);
}

/* Values of digits, one more than they are; 0: no digit. */
static const uint8_t hex_values[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ['A'] = 11, 12, 13, 14, 15, 16, ['a'] = 11, 12, 13, 14, 15, 16,
};
static const uint8_t base32hex_values[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	['A'] = 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
	['a'] = 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
};
static const uint8_t base64_values[256] = {
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['+'] = 63, ['/'] = 64,
};

int zs_hex_value(char c)
{
	return hex_values[(unsigned char)c] - 1;
}

static int base64_value(char c)
{
	return base64_values[(unsigned char)c] - 1;
}

static int base32hex_value(char c)
{
	return base32hex_values[(unsigned char)c] - 1;
}

static long wrong_at(size_t *bad, size_t offset)
{
	*bad = offset;
	return -1;
}

long zs_hex_decode(const char *text, size_t text_len, uint8_t *out, size_t *bad)
{
	for (size_t i = 0; i < text_len; i += 2) {
		const int high = zs_hex_value(text[i]);
		if (high < 0)
			return wrong_at(bad, i);
		if (i + 1 == text_len)
			return wrong_at(bad, text_len);
		const int low = zs_hex_value(text[i + 1]);
		if (low < 0)
			return wrong_at(bad, i + 1);
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return (long)(text_len / 2);
}

long zs_base64_decode(const char *text, size_t text_len, uint8_t *out, size_t *bad)
{
	size_t digits = text_len;
	while (digits && text_len - digits < 2 && text[digits - 1] == '=')
		digits--;
	const unsigned char *d = (const unsigned char *)text, *last = d + digits / 4 * 4;
	uint8_t *p = out;
	for (; d < last; d += 4, p += 3) { /* four good digits are three octets */
		const unsigned v0 = base64_values[d[0]], v1 = base64_values[d[1]], v2 = base64_values[d[2]], v3 = base64_values[d[3]];
		/* each is one more than the value of its digit */
		const uint32_t three = (v0 << 18) + (v1 << 12) + (v2 << 6) + v3 - (1u << 18 | 1u << 12 | 1u << 6 | 1u);
		if (!v0 || !v1 || !v2 || !v3)
			break; /* the loop below finds which */
		p[0] = (uint8_t)(three >> 16);
		p[1] = (uint8_t)(three >> 8);
		p[2] = (uint8_t)three;
	}
	uint32_t bits = 0;
	size_t written = (size_t)(p - out);
	for (size_t i = (size_t)(d - (const unsigned char *)text); i < digits; i++) {
		const int value = base64_value(text[i]);
		if (value < 0)
			return wrong_at(bad, i);
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			out[written++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	if (text_len % 4 || digits % 4 == 1)
		return wrong_at(bad, text_len);
	const unsigned spare = digits % 4 == 2 ? 4 : digits % 4 == 3 ? 2 : 0;
	if (bits & ((1u << spare) - 1))
		return wrong_at(bad, digits - 1);
	return (long)written;
}

long zs_base32hex_decode(const char *text, size_t text_len, uint8_t *out, size_t *bad)
{
	uint64_t bits = 0;
	unsigned held = 0;
	size_t written = 0, i = 0;
	for (; i + 8 <= text_len; i += 8) { /* eight good digits are five octets */
		uint32_t all = 0;
		for (unsigned j = 0; j < 8; j++) {
			const uint32_t value = base32hex_values[(unsigned char)text[i + j]] - 1u;
			all |= value;
			bits = bits << 5 | value;
		}
		if (all > 31)
			break; /* the loop below finds which */
		for (unsigned j = 5; j--;)
			out[written++] = (uint8_t)(bits >> 8 * j);
	}
	for (bits = 0; i < text_len; i++) {
		const int value = base32hex_value(text[i]);
		if (value < 0)
			return wrong_at(bad, i);
		bits = bits << 5 | (uint32_t)value;
		held += 5;
		if (held >= 8) {
			held -= 8;
			out[written++] = (uint8_t)(bits >> held);
		}
	}
	if (held >= 5)
		return wrong_at(bad, text_len);
	if (bits & ((1u << held) - 1))
		return wrong_at(bad, text_len - 1);
	return (long)written;
}
