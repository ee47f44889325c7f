/* rdata.c - RDATA between text and wire, field by field; canonical form and order. */
#include "dns/rdata_field.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool zs_rdata_fail(struct zs_rdata_error *error, size_t token, size_t offset, const char *format, ...)
{
	va_list args;
	error->token = token;
	error->offset = offset;
	error->hint[0] = 0;
	va_start(args, format);
	vsnprintf(error->message, sizeof error->message, format, args);
	va_end(args);
	return false;
}

bool zs_rdata_advise(struct zs_rdata_error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(error->hint, sizeof error->hint, format, args);
	va_end(args);
	return false;
}

const char *zs_field_label(const struct zs_type_info *info, unsigned field, char out[ZS_LABEL_TEXT])
{
	const char *word = info->words;
	while (field && strchr(word, ' ')) {
		word = strchr(word, ' ') + 1;
		field--;
	}
	size_t len = 0;
	for (; word[len] && word[len] != ' ' && len < ZS_LABEL_TEXT - 1; len++)
		out[len] = (char)(word[len] == '-' ? ' ' : word[len]);
	out[len] = 0;
	return out;
}

const char *zs_token_shown(const char *text, size_t len, char out[ZS_SHOWN_TEXT])
{
	char *p = out;
	for (size_t i = 0; i < len; i++) {
		if (p - out > ZS_SHOWN_TEXT - 8) {
			memcpy(p, "...", 4);
			return out;
		}
		if (text[i] >= ' ' && text[i] <= '~')
			*p++ = text[i];
		else
			p += sprintf(p, "\\%03u", (unsigned char)text[i]);
	}
	*p = 0;
	return out;
}

static const struct zs_rdata_special *special(uint16_t type)
{
	switch (type) {
	case ZS_TYPE_WKS:
		return &zs_rdata_wks;
	case ZS_TYPE_LOC:
		return &zs_rdata_loc;
	case ZS_TYPE_A6:
		return &zs_rdata_a6;
	case ZS_TYPE_APL:
		return &zs_rdata_apl;
	case ZS_TYPE_IPSECKEY:
		return &zs_rdata_ipseckey;
	case ZS_TYPE_HIP:
		return &zs_rdata_hip;
	case ZS_TYPE_AMTRELAY:
		return &zs_rdata_amtrelay;
	default:
		return NULL;
	}
}

/* RFC 3597 section 5: \# length hex. */
static bool parse_generic(struct zs_rdata_text *in)
{
	static const struct zs_type_info generic = { .words = "length data" };
	uint64_t wanted;
	in->at = 1;
	in->info = &generic;
	if (in->at == in->count)
		return zs_rdata_fail(in->error, in->at, 0, "the length after \\# is missing (RFC 3597 section 5)");
	if (!zs_read_value(in, ZS_RDATA_MAX, &wanted))
		return false;
	in->field = 1;
	if (!zs_read_hex(in, in->count, 0))
		return false;
	if (in->len != wanted)
		return zs_rdata_fail(in->error, 1, 0, "the length after \\# is %u, but %zu octets follow",
		                     (unsigned)wanted, in->len);
	return true;
}

static bool parse_fields(struct zs_rdata_text *in, uint16_t type)
{
	if (special(type))
		return special(type)->parse(in);
	for (in->field = 0; in->info->fields[in->field]; in->field++)
		if (!zs_read_field(in, in->info->fields[in->field]))
			return false;
	return true;
}

static bool only_generic(struct zs_rdata_error *error, uint16_t type)
{
	char text[ZS_TYPE_TEXT];
	zs_rdata_fail(error, 0, 0, "%s has no text form of its own", zs_type_text(type, text));
	return zs_rdata_advise(error, "write its RDATA as \\# LENGTH HEX: \\# 4 C0000201 (RFC 3597 section 5)");
}

long zs_rdata_parse(uint16_t type, const struct zs_token *tokens, size_t count, const uint8_t *origin,
                    uint8_t out[ZS_RDATA_MAX], struct zs_rdata_error *error)
{
	struct zs_rdata_text in = { .tokens = tokens,
		                    .count = count,
		                    .origin = origin,
		                    .info = zs_type_info(type),
		                    .out = out,
		                    .error = error };
	if (count && !tokens->quoted && tokens->len == 2 && tokens->text[0] == '\\' && tokens->text[1] == '#') {
		if (!parse_generic(&in))
			return -1;
		if (zs_rdata_check(type, out, in.len, error))
			return (long)in.len;
		error->token = count > 2 ? 2 : 1;
		error->offset = 0;
		return -1;
	}
	if (!in.info || !in.info->fields[0]) {
		only_generic(error, type);
		return -1;
	}
	if (!parse_fields(&in, type))
		return -1;
	if (in.at < count) {
		char shown[ZS_SHOWN_TEXT];
		zs_rdata_fail(error, in.at, 0, "'%s' is too much: the record ends before it",
		              zs_token_shown(tokens[in.at].text, tokens[in.at].len, shown));
		return -1;
	}
	return zs_rdata_rules(type, out, in.len, error) ? (long)in.len : -1;
}

bool zs_rdata_check(uint16_t type, const uint8_t *data, size_t len, struct zs_rdata_error *error)
{
	struct zs_rdata_wire in = { .data = data, .len = len, .info = zs_type_info(type), .error = error };
	if (len > ZS_RDATA_MAX)
		return zs_rdata_fail(error, 0, ZS_RDATA_MAX, "RDATA of %zu octets is longer than %d", len,
		                     ZS_RDATA_MAX);
	if (!in.info || !in.info->fields[0])
		return zs_rdata_rules(type, data, len, error);
	if (special(type))
		return special(type)->check(&in);
	for (in.field = 0; in.info->fields[in.field]; in.field++)
		if (!zs_wire_field(&in, in.info->fields[in.field]))
			return false;
	if (in.at < len)
		return zs_wire_fail(&in, "%zu octets of the %zu are too much", len - in.at, len);
	if (zs_rdata_rules(type, data, len, error))
		return true;
	error->token = 0;
	return false;
}

void zs_rdata_format(uint16_t type, const uint8_t *data, size_t len, struct zs_buf *out)
{
	const struct zs_type_info *info = zs_type_info(type);
	if (!info || !info->fields[0]) {
		zs_format_generic(data, len, out);
		return;
	}
	if (special(type)) {
		special(type)->format(data, len, out);
		return;
	}
	const uint8_t *end = data + len;
	for (unsigned i = 0; info->fields[i]; i++) {
		/* fields that may be missing at the end bring no blank with them */
		if (i && data == end && info->fields[i] != ZS_FIELD_LONG_STRING
		    && info->fields[i] != ZS_FIELD_BASE64_OR_DASH)
			break;
		if (i)
			zs_buf_octet(out, ' ');
		zs_format_field(info->fields[i], &data, end, out);
	}
}

/* NSD 4.6 reads tags in lower case and of at most 15 letters, though RFC 8659 section 4.1 has neither bound. */
static bool has_odd_tag(const uint8_t *data)
{
	const uint8_t *tag = data + 1;
	for (unsigned i = 1; i <= *tag; i++)
		if (zs_octet_lower(tag[i]) != tag[i])
			return true;
	return *tag > 15;
}

void zs_rdata_format_file(uint16_t type, const uint8_t *data, size_t len, struct zs_buf *out)
{
	if (zs_type_has(type, ZS_TYPE_RARE) || (type == ZS_TYPE_CAA && has_odd_tag(data)))
		zs_format_generic(data, len, out);
	else
		zs_rdata_format(type, data, len, out);
}

void zs_rdata_format_powerdns(uint16_t type, const uint8_t *data, size_t len, struct zs_buf *out)
{
	const size_t begin = out->len;
	if (!zs_type_powerdns_knows(type)) {
		zs_format_generic(data, len, out);
		return;
	}
	zs_rdata_format(type, data, len, out);
	if (type == ZS_TYPE_IPSECKEY && !data[1] && !out->full) { /* without a gateway it takes the dot for the key */
		const char *dot = memchr(out->data + begin, '.', out->len - begin);
		const size_t at = (size_t)((const uint8_t *)dot - out->data);
		memmove(out->data + at - 1, out->data + at + 1, out->len - at - 1);
		out->len -= 2;
	}
}

/* The closed list of RFC 4034 section 6.2 as corrected by RFC 6840 section 5.1, as bits of the type number. */
static const uint64_t lower_types = 1ull << 2 | 1ull << 3 | 1ull << 4 | 1ull << 5 | 1ull << 6 | 1ull << 7 | 1ull << 8
    | 1ull << 9 | 1ull << 12 | 1ull << 14 | 1ull << 15 | 1ull << 17 | 1ull << 18 | 1ull << 21 | 1ull << 24
    | 1ull << 26 | 1ull << 30 | 1ull << 33 | 1ull << 35 | 1ull << 36 | 1ull << 38 | 1ull << 39 | 1ull << 46;

bool zs_rdata_has_lower(uint16_t type)
{
	return type < 64 && (lower_types >> type & 1);
}

static size_t fixed_len(uint8_t field)
{
	switch (field) {
	case ZS_FIELD_U8: case ZS_FIELD_ALGORITHM:
		return 1;
	case ZS_FIELD_U16: case ZS_FIELD_TYPE:
		return 2;
	default: /* U32, TTL, TIME */
		return 4;
	}
}

/* Names of RDATA that are lower-cased stand in one run, after fixed fields and strings: SOA, MX, NAPTR, RRSIG. */
static struct zs_bytes lower_run(uint16_t type, const uint8_t *data, size_t len)
{
	if (type == ZS_TYPE_A6) { /* RFC 2874 section 3.1: length, suffix, name unless the length is 0 */
		const size_t suffix_end = 1 + (size_t)(128 - data[0] + 7) / 8;
		return (struct zs_bytes){ data + suffix_end, len - suffix_end };
	}
	const uint8_t *field = zs_type_info(type)->fields;
	size_t start = 0;
	for (; *field != ZS_FIELD_NAME_LOWER; field++)
		start += *field == ZS_FIELD_STRING ? 1u + data[start] : fixed_len(*field);
	size_t end = start;
	for (; *field == ZS_FIELD_NAME_LOWER; field++)
		end += zs_name_len(data + end);
	return (struct zs_bytes){ data + start, end - start };
}

void zs_rdata_canonical(uint16_t type, const uint8_t *data, size_t len, uint8_t *out)
{
	if (len && out != data)
		memmove(out, data, len);
	if (!zs_rdata_has_lower(type))
		return;
	const struct zs_bytes run = lower_run(type, out, len);
	zs_name_lower(run.data, run.len, out + (run.data - out));
}

int zs_rdata_compare(uint16_t type, struct zs_bytes a, struct zs_bytes b)
{
	if (!zs_rdata_has_lower(type))
		return zs_bytes_compare(a, b);
	const size_t common = a.len < b.len ? a.len : b.len;
	size_t i = 0;
	while (i < common && a.data[i] == b.data[i])
		i++;
	if (i < common && zs_octet_lower(a.data[i]) == a.data[i] && zs_octet_lower(b.data[i]) == b.data[i])
		return a.data[i] - b.data[i];
	/* up to their first difference both have the same fields in the same places, so a's run serves for both */
	const struct zs_bytes run = i < common ? lower_run(type, a.data, a.len) : (struct zs_bytes){ a.data, 0 };
	const size_t start = (size_t)(run.data - a.data), end = start + run.len;
	for (; i < common; i++) {
		const bool name = i >= start && i < end;
		const int order =
		    name ? zs_octet_lower(a.data[i]) - zs_octet_lower(b.data[i]) : a.data[i] - b.data[i];
		if (order)
			return order;
	}
	return (a.len > b.len) - (a.len < b.len);
}
