/* line_rdata.c - RDATA of simple zone file lines, for the types that make up nearly all of large zones. */
#include <string.h>

#include "dns/line.h"
#include "dns/rdata_field.h"

/* A blank at least, then the next field. */
static bool next(struct zs_line *line)
{
	if (!zs_line_is(line, ZS_LINE_BLANK))
		return false;
	zs_line_skip_blanks(line);
	return !zs_line_is(line, ZS_LINE_END);
}

static bool number(struct zs_line *line, unsigned octets)
{
	uint32_t value;
	if (!zs_line_has_room(line, 4)
	    || !zs_line_number(line, octets == 1 ? UINT8_MAX : octets == 2 ? UINT16_MAX : UINT32_MAX, &value))
		return false;
	uint8_t *out = line->out + line->len;
	if (octets == 1)
		*out = (uint8_t)value;
	else if (octets == 2)
		zs_put_u16(out, (uint16_t)value);
	else
		zs_put_u32(out, value);
	line->len += octets;
	return true;
}

static bool ipv4(struct zs_line *line)
{
	const char *p = line->at;
	uint8_t *out = line->out + line->len;
	for (unsigned i = 0; i < 4; i++) {
		const char *start = p;
		unsigned value = 0;
		for (; (unsigned char)(*p - '0') < 10 && p - start < 3; p++)
			value = value * 10 + (unsigned)(*p - '0');
		if (p == start || value > 255 || (*start == '0' && p - start > 1) || (i < 3 && *p++ != '.'))
			return false;
		out[i] = (uint8_t)value;
	}
	line->at = p;
	line->len += 4;
	return true;
}

/* Groups of hexadecimal digits and at most one "::"; an IPv4 address at the end is not simple. */
static bool ipv6(struct zs_line *line)
{
	enum { NO_GAP = 9 };
	const char *p = line->at;
	uint16_t groups[8];
	unsigned count = 0, gap = NO_GAP;
	for (;;) {
		if (p[0] == ':' && p[1] == ':') {
			if (gap != NO_GAP)
				return false;
			gap = count;
			p += 2;
			if (zs_hex_value(*p) < 0)
				break;
		}
		unsigned value = 0, digits = 0;
		for (int d; digits < 4 && (d = zs_hex_value(*p)) >= 0; digits++, p++)
			value = value << 4 | (unsigned)d;
		if (!digits || count == 8)
			return false;
		groups[count++] = (uint16_t)value;
		if (*p != ':')
			break;
		p += p[1] != ':';
	}
	if (gap == NO_GAP ? count != 8 : count > 7)
		return false;
	uint8_t *out = line->out + line->len;
	memset(out, 0, 16);
	for (unsigned i = 0; i < count; i++)
		zs_put_u16(out + (size_t)2 * (i < gap ? i : 8 - count + i), groups[i]);
	line->at = p;
	line->len += 16;
	return true;
}

/* Take from memo what the same text gave before. */
static bool recall(struct zs_line *line, const struct zs_line_memo *memo)
{
	if (!memo->len || (size_t)(line->end - line->at) <= memo->len || !zs_line_has_room(line, memo->wire_len)
	    || memcmp(line->at, memo->text, memo->len) != 0)
		return false;
	memcpy(line->out + line->len, memo->wire, memo->wire_len);
	line->at += memo->len;
	line->len += memo->wire_len;
	return true;
}

/* Keep what the text from `text` on gave: the octets from start on. */
static void remember(const struct zs_line *line, struct zs_line_memo *memo, const char *text, size_t start)
{
	memo->len = 0;
	if (line->len - start > sizeof memo->wire)
		return;
	memo->text = text;
	memo->len = (uint32_t)(line->at - text);
	memo->wire_len = (uint32_t)(line->len - start);
	memcpy(memo->wire, line->out + start, memo->wire_len);
}

/* One field of digits, none of which has a meaning elsewhere: the decoder refuses what is no digit. */
static bool decoded(struct zs_line *line, long (*decode)(const char *, size_t, uint8_t *, size_t *))
{
	size_t bad;
	const size_t len = zs_line_field_len(line);
	if (!zs_line_has_room(line, len))
		return false;
	const long got = decode(line->at, len, line->out + line->len, &bad);
	line->at += len;
	line->len += got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* The same behind its length. */
static bool counted(struct zs_line *line, long (*decode)(const char *, size_t, uint8_t *, size_t *))
{
	if (!zs_line_has_room(line, 1))
		return false;
	const size_t length = line->len++;
	if (!decoded(line, decode) || line->len - length - 1 > 255)
		return false;
	line->out[length] = (uint8_t)(line->len - length - 1);
	return true;
}

static bool salt(struct zs_line *line)
{
	if (*line->at != '-')
		return counted(line, zs_hex_decode);
	if (!zs_line_has_room(line, 1))
		return false;
	line->at++;
	line->out[line->len++] = 0;
	return true;
}

static bool type(struct zs_line *line, uint16_t *out)
{
	const size_t len = zs_line_field_len(line);
	const bool ok = zs_type_parse(line->at, len, out);
	line->at += len;
	return ok;
}

/* YYYYMMDDHHmmSS */
static bool date(struct zs_line *line)
{
	const size_t len = zs_line_field_len(line);
	uint32_t time;
	if (len != 14 || !zs_line_has_room(line, 4) || !zs_date_parse(line->at, &time))
		return false;
	zs_put_u32(line->out + line->len, time);
	line->len += 4;
	line->at += len;
	return true;
}

/* Type bit maps of types in ascending order; in another order they are not simple. */
static bool read_bitmap(struct zs_line *line)
{
	uint8_t *map = NULL; /* window, length, octets */
	int last = 0;
	while (next(line)) {
		uint16_t number;
		if (!type(line, &number) || number <= last || zs_type_has(number, ZS_TYPE_META) || !zs_line_has_room(line, 34))
			return false;
		const unsigned octet = (number & 255u) / 8;
		if (!map || map[0] != number >> 8) {
			map = line->out + line->len;
			map[0] = (uint8_t)(number >> 8);
			map[1] = 0;
			line->len += 2;
		}
		for (; map[1] <= octet; map[1]++)
			line->out[line->len++] = 0;
		map[2 + octet] |= (uint8_t)(0x80 >> (number & 7));
		last = number;
	}
	return true;
}

static bool bitmap(struct zs_line *line)
{
	struct zs_line_memo *memo = line->memos ? &line->memos->bitmap : NULL;
	const char *text = line->at;
	const size_t start = line->len;
	if (memo && recall(line, memo)) {
		line->at--; /* the end of the line is in the memo, so that it is of all the types, but it is not read */
		return true;
	}
	if (!read_bitmap(line))
		return false;
	if (memo && *line->at == '\n') {
		line->at++;
		remember(line, memo, text, start);
		line->at--;
	}
	return true;
}

static bool quoted(struct zs_line *line, size_t max)
{
	const char *start = line->at + 1, *p = start;
	if (*line->at != '"')
		return false;
	while (*p != '"' && *p != '\\' && *p != '\n' && *p)
		p++;
	const size_t len = (size_t)(p - start);
	if (*p != '"' || len > max || !zs_line_has_room(line, len))
		return false;
	memcpy(line->out + line->len, start, len);
	line->len += len;
	line->at = p + 1;
	return zs_line_at_field_end(line);
}

static bool string(struct zs_line *line)
{
	if (!zs_line_has_room(line, 1))
		return false;
	const size_t length = line->len++;
	if (!quoted(line, 255))
		return false;
	line->out[length] = (uint8_t)(line->len - length - 1);
	return true;
}

static bool strings(struct zs_line *line)
{
	do
		if (!string(line))
			return false;
	while (next(line));
	return true;
}

/* Letters and digits, RFC 8659 section 4.1 */
static bool tag(struct zs_line *line)
{
	enum { TAG_MAX = 32 };
	const size_t len = zs_line_field_len(line);
	if (!len || len > TAG_MAX || !zs_line_has_room(line, len + 1))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(line->at[i] >= 'a' && line->at[i] <= 'z') && (unsigned char)(line->at[i] - '0') > 9)
			return false;
	line->out[line->len++] = (uint8_t)len;
	memcpy(line->out + line->len, line->at, len);
	line->len += len;
	line->at += len;
	return true;
}

static bool numbers(struct zs_line *line, unsigned count, unsigned octets)
{
	for (unsigned i = 0; i < count; i++)
		if ((i && !next(line)) || !number(line, octets))
			return false;
	return true;
}

/* Inception, key tag and signer's name: the same for all signatures that were made by one key at one time. */
static bool signer(struct zs_line *line)
{
	struct zs_line_memo *memo = line->memos ? &line->memos->signer : NULL;
	const char *text = line->at;
	const size_t start = line->len;
	if (memo && recall(line, memo))
		return !zs_line_at_field_end(line);
	const bool relative = line->used_origin;
	line->used_origin = false;
	if (!next(line) || !date(line) || !next(line) || !number(line, 2) || !next(line) || !zs_line_name(line) || !next(line))
		return false;
	if (memo && !line->used_origin)
		remember(line, memo, text, start);
	line->used_origin = line->used_origin || relative;
	return true;
}

static bool rrsig(struct zs_line *line)
{
	uint16_t covered;
	if (!type(line, &covered) || !covered)
		return false;
	zs_put_u16(line->out + line->len, covered);
	line->len += 2;
	return next(line) && numbers(line, 2, 1) && next(line) && number(line, 4) && next(line) && date(line) && signer(line)
	    && decoded(line, zs_base64_decode);
}

static bool fields(struct zs_line *line, uint16_t type)
{
	switch (type) {
	case ZS_TYPE_A:
		return ipv4(line);
	case ZS_TYPE_AAAA:
		return ipv6(line);
	case ZS_TYPE_NS: case ZS_TYPE_CNAME: case ZS_TYPE_PTR:
		return zs_line_name(line);
	case ZS_TYPE_MX:
		return number(line, 2) && next(line) && zs_line_name(line);
	case ZS_TYPE_SRV:
		return numbers(line, 3, 2) && next(line) && zs_line_name(line);
	case ZS_TYPE_TXT:
		return strings(line);
	case ZS_TYPE_CAA:
		return number(line, 1) && next(line) && tag(line) && next(line) && quoted(line, ZS_LINE_ROOM);
	case ZS_TYPE_DS:
		return number(line, 2) && next(line) && numbers(line, 2, 1) && next(line) && decoded(line, zs_hex_decode);
	case ZS_TYPE_TLSA:
		return numbers(line, 3, 1) && next(line) && decoded(line, zs_hex_decode);
	case ZS_TYPE_DNSKEY:
		return number(line, 2) && next(line) && numbers(line, 2, 1) && next(line) && decoded(line, zs_base64_decode);
	case ZS_TYPE_RRSIG:
		return rrsig(line);
	case ZS_TYPE_NSEC:
		return zs_line_name(line) && bitmap(line);
	case ZS_TYPE_NSEC3:
		return numbers(line, 2, 1) && next(line) && number(line, 2) && next(line) && salt(line) && next(line)
		    && counted(line, zs_base32hex_decode) && bitmap(line);
	default:
		return false;
	}
}

bool zs_line_rdata(struct zs_line *line, uint16_t type)
{
	struct zs_rdata_error error;
	const size_t start = line->len;
	if (!fields(line, type) || !zs_line_at_field_end(line))
		return false;
	zs_line_skip_blanks(line);
	return zs_line_is(line, ZS_LINE_END) && zs_rdata_rules(type, line->out + start, line->len - start, &error);
}
