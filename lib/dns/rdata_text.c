/* rdata_text.c - one field of RDATA from text: strings, hex, base64, base32hex, and numbers in groups. */
#include "dns/rdata_field.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

bool zs_ipv4_parse(const char *text, size_t len, uint8_t out[4])
{
	char copy[16]; /* the longest address and a NUL */
	if (!len || len >= sizeof copy || memchr(text, 0, len))
		return false;
	memcpy(copy, text, len);
	copy[len] = 0;
	return inet_pton(AF_INET, copy, out) == 1;
}

bool zs_ipv6_parse(const char *text, size_t len, uint8_t out[16])
{
	char copy[46];
	if (!len || len >= sizeof copy || memchr(text, 0, len))
		return false;
	memcpy(copy, text, len);
	copy[len] = 0;
	return inet_pton(AF_INET6, copy, out) == 1;
}

/* The octet at text[*at], its escape undone; *at moves past it. -1: a bad escape. */
static int octet(const char *text, size_t len, size_t *at)
{
	const char c = text[(*at)++];
	if (c != '\\')
		return (unsigned char)c;
	if (*at >= len)
		return -1;
	if (text[*at] < '0' || text[*at] > '9')
		return (unsigned char)text[(*at)++];
	uint64_t value;
	if (len - *at < 3 || !zs_read_decimal(text + *at, 3, 255, &value))
		return -1;
	*at += 3;
	return (int)value;
}

long zs_unescape(const char *text, size_t len, uint8_t *out, size_t max, size_t *bad)
{
	size_t used = 0;
	for (size_t i = 0; i < len;) {
		const size_t start = i;
		const int c = octet(text, len, &i);
		if (c < 0 || used == max) {
			*bad = start;
			return -1;
		}
		out[used++] = (uint8_t)c;
	}
	return (long)used;
}

/* zs_unescape refused at offset bad: why? */
static bool unescape_fail(struct zs_rdata_text *in, const struct zs_token *token, size_t bad, size_t max)
{
	char label[ZS_LABEL_TEXT];
	size_t after = bad;
	zs_field_label(in->info, in->field, label);
	if (octet(token->text, token->len, &after) < 0) {
		zs_read_fail(in, bad, "a bad escape in the %s", label);
		return zs_rdata_advise(in->error, "\\DDD takes 000 to 255; a backslash itself is \\\\");
	}
	zs_read_fail(in, bad, "the %s is longer than %zu octets", label, max);
	if (max == 255 && in->info && in->info->fields[0] == ZS_FIELD_STRINGS)
		zs_rdata_advise(in->error,
		                "split it into several strings in quotes: \"first part\" \"second part\"");
	return false;
}

bool zs_read_string(struct zs_rdata_text *in)
{
	uint8_t string[255];
	size_t bad;
	const struct zs_token *token = zs_read_any(in);
	if (!token)
		return false;
	const bool plain = token->len <= sizeof string && !memchr(token->text, '\\', token->len);
	const long len =
	    plain ? (long)token->len : zs_unescape(token->text, token->len, string, sizeof string, &bad);
	if (len < 0)
		return unescape_fail(in, token, bad, sizeof string);
	uint8_t *out = zs_read_room(in, 1 + (size_t)len);
	if (!out)
		return false;
	out[0] = (uint8_t)len;
	memcpy(out + 1, plain ? (const void *)token->text : string, (size_t)len);
	in->len += 1 + (size_t)len;
	return true;
}

bool zs_read_long_string(struct zs_rdata_text *in)
{
	size_t bad;
	const struct zs_token *token = zs_read_any(in);
	if (!token)
		return false;
	const size_t max = ZS_RDATA_MAX - in->len;
	const long len = zs_unescape(token->text, token->len, in->out + in->len, max, &bad);
	if (len < 0)
		return unescape_fail(in, token, bad, max);
	in->len += (size_t)len;
	return true;
}

/* RFC 8659 section 4.1: letters and digits. */
bool zs_read_tag(struct zs_rdata_text *in)
{
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	char shown[ZS_SHOWN_TEXT];
	zs_token_shown(token->text, token->len, shown);
	if (!token->len || token->len > 255)
		return zs_read_fail(in, 0, "a tag has 1 to 255 letters and digits, this one %u", token->len);
	for (size_t i = 0; i < token->len; i++) {
		const uint8_t c = zs_octet_lower((uint8_t)token->text[i]);
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
			return zs_read_fail(
			    in, i, "tag '%s' has more than letters and digits (RFC 8659 section 4.1)", shown);
	}
	uint8_t *out = zs_read_room(in, 1 + token->len);
	if (!out)
		return false;
	out[0] = (uint8_t)token->len;
	memcpy(out + 1, token->text, token->len);
	in->len += 1 + token->len;
	return true;
}

/* Digits of one encoding, in whole groups, over any number of tokens: decoded in chunks that are whole groups
 * too. */
struct digits {
	const char *what;
	long (*decode)(const char *text, size_t text_len, uint8_t *out, size_t *bad);
	unsigned group;
};
static const struct digits hex = { "hexadecimal", zs_hex_decode, 2 };
static const struct digits base64 = { "base64", zs_base64_decode, 4 };

enum { CHUNK = 1024 }; /* characters: a multiple of every group */

/* Set the error for digit bad of a chunk that began in token `token` at offset. */
static bool digit_fail(struct zs_rdata_text *in, const struct digits *digits, size_t end, size_t token,
                       size_t offset, size_t bad)
{
	while (token < end && bad >= in->tokens[token].len - offset) {
		bad -= in->tokens[token++].len - offset;
		offset = 0;
	}
	if (token == end) {
		const size_t last = end - 1;
		zs_rdata_fail(in->error, last, in->tokens[last].len,
		              "the %s text ends inside a group of %u digits", digits->what, digits->group);
		return digits->group == 2
		    || zs_rdata_advise(in->error, "was a part of it lost in copying, or its '='?");
	}
	char shown[ZS_SHOWN_TEXT];
	const char *at = in->tokens[token].text + offset + bad;
	return zs_rdata_fail(in->error, token, offset + bad, "'%s' cannot stand here in %s text",
	                     zs_token_shown(at, 1, shown), digits->what);
}

/* The usual case, one token that is good; anything else is for read_digits. */
static bool read_at_once(struct zs_rdata_text *in, const struct digits *digits, size_t end)
{
	if (in->at + 1 != end)
		return false;
	const struct zs_token *token = &in->tokens[in->at];
	size_t bad;
	if (token->quoted || !token->len || token->len > ZS_RDATA_MAX - in->len)
		return false;
	const long got = digits->decode(token->text, token->len, in->out + in->len, &bad);
	if (got < 0)
		return false;
	in->len += (size_t)got;
	in->at++;
	return true;
}

static bool read_digits(struct zs_rdata_text *in, const struct digits *digits, size_t end, size_t min)
{
	if (read_at_once(in, digits, end))
		return true;
	char chunk[CHUNK];
	uint8_t octets[CHUNK];
	size_t used = 0, total = 0, chunk_token = in->at, chunk_offset = 0;
	bool padded = false;
	while (in->at < end) {
		const size_t token_at = in->at;
		const struct zs_token *token = zs_read_token(in);
		if (!token)
			return false;
		for (size_t from = 0; from < token->len || (in->at == end && used);) {
			const size_t size = token->len - from < CHUNK - used ? token->len - from : CHUNK - used;
			memcpy(chunk + used, token->text + from, size);
			used += size;
			from += size;
			if (used < CHUNK && (in->at < end || from < token->len))
				continue;
			size_t bad = 0;
			const long got = padded ? -1 : digits->decode(chunk, used, octets, &bad);
			if (got < 0) {
				digit_fail(in, digits, end, chunk_token, chunk_offset, bad);
				return false;
			}
			padded = digits->group == 4 && chunk[used - 1] == '=';
			uint8_t *out = zs_read_room(in, (size_t)got);
			if (!out)
				return false;
			memcpy(out, octets, (size_t)got);
			in->len += (size_t)got;
			total += (size_t)got;
			used = 0;
			chunk_token = token_at;
			chunk_offset = from;
		}
	}
	if (total >= min)
		return true;
	char label[ZS_LABEL_TEXT];
	if (in->at < in->count)
		return zs_read_fail(in, 0, "the %s is empty", zs_field_label(in->info, in->field, label));
	return zs_read_any(in) != NULL; /* which says what is missing */
}

bool zs_read_hex(struct zs_rdata_text *in, size_t end, size_t min)
{
	return read_digits(in, &hex, end, min);
}

bool zs_read_base64(struct zs_rdata_text *in, size_t end, size_t min)
{
	return read_digits(in, &base64, end, min);
}

static bool is_dash(const struct zs_rdata_text *in)
{
	return in->at < in->count && in->tokens[in->at].len == 1 && in->tokens[in->at].text[0] == '-';
}

bool zs_read_base64_or_dash(struct zs_rdata_text *in)
{
	return is_dash(in) ? zs_read_token(in) != NULL : zs_read_base64(in, in->count, 1);
}

/* One token of digits with a length octet before it. */
static bool counted_digits(struct zs_rdata_text *in, const char *what, bool base32)
{
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	uint8_t octets[512];
	char label[ZS_LABEL_TEXT], shown[ZS_SHOWN_TEXT];
	size_t bad = 0;
	if (!token->len)
		return zs_read_fail(in, 0, "the %s is empty", zs_field_label(in->info, in->field, label));
	if (token->len > (base32 ? 408 : 510))
		return zs_read_fail(in, 0, "the %s is longer than 255 octets",
		                    zs_field_label(in->info, in->field, label));
	const long got = base32 ? zs_base32hex_decode(token->text, token->len, octets, &bad)
	                        : zs_hex_decode(token->text, token->len, octets, &bad);
	if (got < 0 && bad == token->len)
		return zs_read_fail(in, bad, "%s '%s' ends inside a group of digits",
		                    zs_field_label(in->info, in->field, label),
		                    zs_token_shown(token->text, token->len, shown));
	if (got < 0)
		return zs_read_fail(in, bad, "'%s' cannot stand here in %s text",
		                    zs_token_shown(token->text + bad, 1, shown), what);
	uint8_t *out = zs_read_room(in, 1 + (size_t)got);
	if (!out)
		return false;
	out[0] = (uint8_t)got;
	memcpy(out + 1, octets, (size_t)got);
	in->len += 1 + (size_t)got;
	return true;
}

bool zs_read_hex8(struct zs_rdata_text *in)
{
	if (!is_dash(in))
		return counted_digits(in, hex.what, false);
	uint8_t *out = zs_read_token(in) ? zs_read_room(in, 1) : NULL;
	if (!out)
		return false;
	*out = 0;
	in->len++;
	return true;
}

bool zs_read_base32hex8(struct zs_rdata_text *in)
{
	return counted_digits(in, "base32hex", true);
}

/* RFC 1706 section 7: 0x47.0005.80... */
bool zs_read_nsap(struct zs_rdata_text *in)
{
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	if (token->len < 2 || token->text[0] != '0' || zs_lower(token->text[1]) != 'x')
		return zs_read_fail(in, 0, "an NSAP address starts with 0x (RFC 1706 section 7)");
	char digits[2 * 255];
	size_t offsets[2 * 255], used = 0;
	for (size_t i = 2; i < token->len; i++) {
		if (token->text[i] == '.')
			continue;
		if (used == sizeof digits)
			return zs_read_fail(in, i, "the NSAP address is longer than 255 octets");
		digits[used] = token->text[i];
		offsets[used++] = i;
	}
	if (!used)
		return zs_read_fail(in, token->len, "the NSAP address is empty");
	uint8_t *out = zs_read_room(in, used), octets[sizeof digits];
	size_t bad;
	char shown[ZS_SHOWN_TEXT];
	const long got = zs_hex_decode(digits, used, octets, &bad);
	if (got < 0 && bad == used)
		return zs_read_fail(in, token->len, "the NSAP address has an odd number of digits");
	if (got < 0)
		return zs_read_fail(in, offsets[bad], "'%s' cannot stand here in hexadecimal text",
		                    zs_token_shown(digits + bad, 1, shown));
	if (!out)
		return false;
	memcpy(out, octets, (size_t)got);
	in->len += (size_t)got;
	return true;
}

/* Value of up to count hexadecimal digits; false for anything else. */
static bool hex_value(const char *text, size_t count, uint64_t *out)
{
	uint64_t value = 0;
	for (size_t i = 0; i < count; i++) {
		const char c = zs_lower(text[i]);
		if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
			return false;
		value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*out = value;
	return count > 0;
}

/* RFC 7043: pairs of digits with hyphens between them. */
bool zs_read_eui(struct zs_rdata_text *in, unsigned octets)
{
	const struct zs_token *token = zs_read_token(in);
	uint8_t *out = token ? zs_read_room(in, octets) : NULL;
	if (!out)
		return false;
	bool good = token->len == 3 * octets - 1;
	for (unsigned i = 0; good && i < octets; i++) {
		uint64_t value = 0;
		good = hex_value(token->text + 3 * i, 2, &value)
		       && (i + 1 == octets || token->text[3 * i + 2] == '-');
		out[i] = (uint8_t)value;
	}
	if (good) {
		in->len += octets;
		return true;
	}
	char shown[ZS_SHOWN_TEXT];
	zs_read_fail(in, 0, "'%s' is no EUI-%u address", zs_token_shown(token->text, token->len, shown),
	             8 * octets);
	return zs_rdata_advise(in->error, "%u pairs of hexadecimal digits with hyphens between them (RFC 7043)",
	                       octets);
}

/* RFC 6742: four groups of one to four digits. */
bool zs_read_u64hex(struct zs_rdata_text *in)
{
	const struct zs_token *token = zs_read_token(in);
	uint8_t *out = token ? zs_read_room(in, 8) : NULL;
	if (!out)
		return false;
	size_t at = 0;
	unsigned group = 0;
	for (; group < 4; group++) {
		size_t size = 0;
		uint64_t value;
		while (at + size < token->len && token->text[at + size] != ':')
			size++;
		if (size > 4 || !hex_value(token->text + at, size, &value))
			break;
		zs_put_u16(out + 2u * group, (uint16_t)value);
		at += size;
		if (group < 3 && at++ >= token->len)
			break;
	}
	if (group == 4 && at == token->len) {
		in->len += 8;
		return true;
	}
	char label[ZS_LABEL_TEXT], shown[ZS_SHOWN_TEXT];
	return zs_read_fail(in, at < token->len ? at : token->len,
	                    "%s '%s' is not four groups of hexadecimal digits: 14:4fff:ff20:ee64",
	                    zs_field_label(in->info, in->field, label),
	                    zs_token_shown(token->text, token->len, shown));
}
