/* bytes.h - octet strings, growing buffers, big-endian numbers, hex, base64 and base32hex (RFC 4648). */
#ifndef ZS_BASE_BYTES_H
#define ZS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

struct zs_bytes {
	const uint8_t *data;
	size_t len; /* octets */
};

/* A growing buffer in an arena. Past max octets it stays as it is and `full` is set: the caller tests once, at
 * the end. Start with `struct zs_buf buf = { .arena = arena, .max = N };`. */
struct zs_buf {
	struct zs_arena *arena;
	uint8_t *data;
	size_t len, room, max;
	bool full;
};

/* The slow part of zs_buf_reserve: grow, or NULL. */
uint8_t *zs_buf_make_room(struct zs_buf *buf, size_t size);

/* Room for size more octets at buf->data + buf->len, or NULL if that exceeds max. */
static inline uint8_t *zs_buf_reserve(struct zs_buf *buf, size_t size)
{
	/* room counts a NUL behind the octets, so room - len is 1 at least where there is any */
	return size < buf->room - buf->len && !buf->full && size <= buf->max - buf->len ? buf->data + buf->len : zs_buf_make_room(buf, size);
}

static inline void zs_buf_add(struct zs_buf *buf, const void *data, size_t len)
{
	uint8_t *room = len ? zs_buf_reserve(buf, len) : NULL;
	if (!room)
		return;
	memcpy(room, data, len);
	buf->len += len;
}

static inline void zs_buf_octet(struct zs_buf *buf, uint8_t octet)
{
	uint8_t *room = zs_buf_reserve(buf, 1);
	if (!room)
		return;
	*room = octet;
	buf->len++;
}

void zs_buf_u16(struct zs_buf *buf, uint16_t value); /* big-endian, as on the wire */
void zs_buf_u32(struct zs_buf *buf, uint32_t value);
void zs_buf_text(struct zs_buf *buf, const char *text);
void zs_buf_printf(struct zs_buf *buf, const char *format, ...) ZS_PRINTF(2, 3);
const char *zs_buf_string(struct zs_buf *buf); /* NUL-terminated view; valid until the next call that grows it */

static inline uint16_t zs_get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t zs_get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t zs_get_u64(const uint8_t *p)
{
	return (uint64_t)zs_get_u32(p) << 32 | zs_get_u32(p + 4);
}

/* memcmp(a, b, len) == 0, where most are short or differ early: no call, no loop over octets. */
static inline bool zs_octets_equal(const void *a, const void *b, size_t len)
{
	const uint8_t *p = a, *q = b;
	uint64_t x, y;
	if (len < 8) {
		for (; len; len--)
			if (p[len - 1] != q[len - 1])
				return false;
		return true;
	}
	for (const uint8_t *last = p + len - 8;; p += 8, q += 8) {
		if (p >= last) {
			q -= p - last;
			p = last;
		}
		memcpy(&x, p, 8);
		memcpy(&y, q, 8);
		if (x != y || p == last)
			return x == y;
	}
}

static inline void zs_put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void zs_put_u32(uint8_t *p, uint32_t v)
{
	zs_put_u16(p, (uint16_t)(v >> 16));
	zs_put_u16(p + 2, (uint16_t)v);
}

/* Memory order, a shorter string that is a prefix first: RFC 4034 section 6.3. */
int zs_bytes_compare(struct zs_bytes a, struct zs_bytes b);
bool zs_bytes_equal(struct zs_bytes a, struct zs_bytes b);

/* The encoders write without a final NUL and return the octets written: 2*len, 4*((len+2)/3), and
 * (8*len+4)/5 (base32hex without padding, lower case, RFC 5155 section 3.3). */
size_t zs_hex_encode(const uint8_t *data, size_t len, char *out); /* lower case */
size_t zs_hex_encode_upper(const uint8_t *data, size_t len, char *out);
size_t zs_base64_encode(const uint8_t *data, size_t len, char *out);
size_t zs_base32hex_encode(const uint8_t *data, size_t len, char *out);

int zs_hex_value(char c); /* of a hexadecimal digit; -1: it is none */

/* The decoders return the octets written, or -1 with *bad (offset of the first wrong character, or text_len if the
 * text ends too early). out has room for text_len octets. Padding bits that are not zero are refused. */
long zs_hex_decode(const char *text, size_t text_len, uint8_t *out, size_t *bad);
long zs_base64_decode(const char *text, size_t text_len, uint8_t *out, size_t *bad);
long zs_base32hex_decode(const char *text, size_t text_len, uint8_t *out, size_t *bad);

#endif
