/* rdata_parse.c - one field of RDATA from text: numbers, names, addresses, times, mnemonics. */
#include "dns/rdata_field.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "dns/algorithm.h"

bool zs_read_fail(struct zs_rdata_text *in, size_t offset, const char *format, ...)
{
	char message[sizeof in->error->message];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return zs_rdata_fail(in->error, in->at ? in->at - 1 : 0, offset, "%s", message);
}

/* Who leaves a field out is told of all. */
static bool advise_fields(struct zs_rdata_text *in)
{
	return strchr(in->info->words, ' ') && zs_rdata_advise(in->error, "the fields are: %s", in->info->words);
}

const struct zs_token *zs_read_any(struct zs_rdata_text *in)
{
	if (in->at < in->count)
		return &in->tokens[in->at++];
	char label[ZS_LABEL_TEXT];
	zs_rdata_fail(in->error, in->count, 0, "the record ends before the %s",
	              zs_field_label(in->info, in->field, label));
	advise_fields(in);
	return NULL;
}

const struct zs_token *zs_read_token(struct zs_rdata_text *in)
{
	const struct zs_token *token = zs_read_any(in);
	if (!token || !token->quoted)
		return token;
	char label[ZS_LABEL_TEXT];
	zs_read_fail(in, 0, "the %s must not be in quotes", zs_field_label(in->info, in->field, label));
	return NULL;
}

uint8_t *zs_read_room(struct zs_rdata_text *in, size_t size)
{
	if (ZS_RDATA_MAX - in->len >= size)
		return in->out + in->len;
	zs_read_fail(in, 0, "the RDATA is longer than %d octets", ZS_RDATA_MAX);
	return NULL;
}

static bool all_digits(const struct zs_token *token)
{
	for (size_t i = 0; i < token->len; i++)
		if (token->text[i] < '0' || token->text[i] > '9')
			return false;
	return token->len > 0;
}

/* The message for a token that is no number up to max. */
static bool number_fail(struct zs_rdata_text *in, const struct zs_token *token, uint64_t max)
{
	char label[ZS_LABEL_TEXT], shown[ZS_SHOWN_TEXT];
	zs_field_label(in->info, in->field, label);
	zs_token_shown(token->text, token->len, shown);
	const bool sign = token->len > 1 && (token->text[0] == '-' || token->text[0] == '+');
	const struct zs_token digits = { token->text + sign, token->len - sign, false };
	if (all_digits(&digits))
		return zs_read_fail(in, 0, "%s %s is out of range (0 to %llu)", label, shown,
		                    (unsigned long long)max);
	zs_read_fail(in, 0, "'%s' is no number for the %s (0 to %llu)", shown, label, (unsigned long long)max);
	return advise_fields(in);
}

bool zs_read_decimal(const char *text, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	for (size_t i = 0; i < len; i++) {
		const unsigned digit = (unsigned char)text[i] - (unsigned)'0';
		if (digit > 9 || value > max / 10 || (value == max / 10 && digit > max % 10))
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return len != 0;
}

bool zs_read_value(struct zs_rdata_text *in, uint64_t max, uint64_t *out)
{
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	return zs_read_decimal(token->text, token->len, max, out) || number_fail(in, token, max);
}

/* value, big-endian in so many octets. */
static bool write_number(struct zs_rdata_text *in, uint64_t value, unsigned octets)
{
	uint8_t *out = zs_read_room(in, octets);
	if (!out)
		return false;
	for (unsigned i = 0; i < octets; i++)
		out[i] = (uint8_t)(value >> 8 * (octets - 1 - i));
	in->len += octets;
	return true;
}

bool zs_read_number(struct zs_rdata_text *in, unsigned octets)
{
	uint64_t value;
	return zs_read_value(in, octets == 8 ? UINT64_MAX : (1ull << 8 * octets) - 1, &value)
	    && write_number(in, value, octets);
}

static uint64_t unit_seconds(char unit)
{
	switch (zs_lower(unit)) {
	case 'w':
		return 604800;
	case 'd':
		return 86400;
	case 'h':
		return 3600;
	case 'm':
		return 60;
	case 's':
		return 1;
	default:
		return 0;
	}
}

/* Seconds, or BIND's 1w2d3h4m5s. */
bool zs_read_ttl(struct zs_rdata_text *in)
{
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	uint64_t total = 0;
	if (zs_read_decimal(token->text, token->len, UINT32_MAX, &total))
		return write_number(in, total, 4);
	if (!token->len || all_digits(token))
		return number_fail(in, token, UINT32_MAX);
	total = 0;
	for (size_t i = 0; i < token->len; i++) {
		const size_t start = i;
		while (i < token->len && token->text[i] >= '0' && token->text[i] <= '9')
			i++;
		uint64_t value;
		const uint64_t unit = i < token->len ? unit_seconds(token->text[i]) : 0;
		if (!unit || !zs_read_decimal(token->text + start, i - start, UINT32_MAX, &value)) {
			number_fail(in, token, UINT32_MAX);
			in->error->offset = start;
			return zs_rdata_advise(in->error, "seconds, or numbers with the units w d h m s: 1h30m");
		}
		total += value * unit;
		if (total > UINT32_MAX) {
			char label[ZS_LABEL_TEXT], shown[ZS_SHOWN_TEXT];
			return zs_read_fail(in, start, "%s %s is out of range (0 to %u)",
			                    zs_field_label(in->info, in->field, label),
			                    zs_token_shown(token->text, token->len, shown), UINT32_MAX);
		}
	}
	return write_number(in, total, 4);
}

bool zs_read_name(struct zs_rdata_text *in)
{
	uint8_t spare[ZS_NAME_MAX];
	struct zs_name_error why;
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	const bool tight = ZS_RDATA_MAX - in->len < ZS_NAME_MAX;
	const size_t len =
	    zs_name_parse(token->text, token->len, in->origin, tight ? spare : in->out + in->len, &why);
	if (!len) {
		char label[ZS_LABEL_TEXT], shown[ZS_SHOWN_TEXT];
		zs_read_fail(in, why.offset, "%s '%s' is no domain name: %s",
		             zs_field_label(in->info, in->field, label),
		             zs_token_shown(token->text, token->len, shown), why.message);
		if (strstr(why.message, "origin"))
			zs_rdata_advise(in->error,
			                "was the final dot forgotten? A name without it is relative to the origin");
		return false;
	}
	if (tight) {
		uint8_t *out = zs_read_room(in, len);
		if (!out)
			return false;
		memcpy(out, spare, len);
	}
	in->len += len;
	return true;
}

bool zs_read_ipv4(struct zs_rdata_text *in)
{
	const struct zs_token *token = zs_read_token(in);
	uint8_t *out = token ? zs_read_room(in, 4) : NULL;
	if (!out)
		return false;
	if (zs_ipv4_parse(token->text, token->len, out)) {
		in->len += 4;
		return true;
	}
	uint8_t other[16];
	char shown[ZS_SHOWN_TEXT];
	zs_read_fail(in, 0, "'%s' is no IPv4 address", zs_token_shown(token->text, token->len, shown));
	if (zs_ipv6_parse(token->text, token->len, other))
		return zs_rdata_advise(in->error, "this is an IPv6 address%s", in->info && in->info->type == ZS_TYPE_A
		                       ? ": its type is AAAA" : "");
	return zs_rdata_advise(in->error, "four numbers from 0 to 255 without leading zeros: 192.0.2.1");
}

bool zs_read_ipv6(struct zs_rdata_text *in)
{
	const struct zs_token *token = zs_read_token(in);
	uint8_t *out = token ? zs_read_room(in, 16) : NULL;
	if (!out)
		return false;
	if (zs_ipv6_parse(token->text, token->len, out)) {
		in->len += 16;
		return true;
	}
	uint8_t other[4];
	char shown[ZS_SHOWN_TEXT];
	zs_read_fail(in, 0, "'%s' is no IPv6 address", zs_token_shown(token->text, token->len, shown));
	if (zs_ipv4_parse(token->text, token->len, other))
		return zs_rdata_advise(in->error, "this is an IPv4 address%s",
		                       in->info && in->info->type == ZS_TYPE_AAAA ? ": its type is A" : "");
	return zs_rdata_advise(in->error,
	                       "groups of hexadecimal digits as in 2001:db8::1, without a zone or a prefix length");
}

static bool algorithm(struct zs_rdata_text *in)
{
	uint8_t number;
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	if (zs_algorithm_parse(token->text, token->len, &number))
		return write_number(in, number, 1);
	if (all_digits(token))
		return number_fail(in, token, 255);
	char shown[ZS_SHOWN_TEXT];
	zs_read_fail(in, 0, "'%s' is no DNSSEC algorithm", zs_token_shown(token->text, token->len, shown));
	return zs_rdata_advise(in->error, "a number up to 255, or a mnemonic such as ECDSAP256SHA256");
}

/* RFC 4398 section 2.1 */
static const struct {
	uint16_t number;
	const char *word;
} cert_types[] = {
	{ 1, "PKIX" }, { 2, "SPKI" }, { 3, "PGP" }, { 4, "IPKIX" }, { 5, "ISPKI" }, { 6, "IPGP" }, { 7, "ACPKIX" },
	{ 8, "IACPKIX" }, { 253, "URI" }, { 254, "OID" },
};

static bool cert_type(struct zs_rdata_text *in)
{
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	uint64_t number;
	if (zs_read_decimal(token->text, token->len, 65535, &number))
		return write_number(in, number, 2);
	if (all_digits(token))
		return number_fail(in, token, 65535);
	for (unsigned i = 0; i < ZS_COUNT(cert_types); i++)
		if (zs_text_equal(token->text, token->len, cert_types[i].word))
			return write_number(in, cert_types[i].number, 2);
	char shown[ZS_SHOWN_TEXT];
	zs_read_fail(in, 0, "'%s' is no certificate type", zs_token_shown(token->text, token->len, shown));
	return zs_rdata_advise(in->error,
	                       "PKIX SPKI PGP IPKIX ISPKI IPGP ACPKIX IACPKIX URI OID, or a number (RFC 4398)");
}

static bool scheme(struct zs_rdata_text *in)
{
	if (in->at < in->count && zs_text_equal(in->tokens[in->at].text, in->tokens[in->at].len, "NOTIFY"))
		return zs_read_token(in) && write_number(in, 1, 1);
	return zs_read_number(in, 1);
}

bool zs_read_field(struct zs_rdata_text *in, enum zs_field field)
{
	switch (field) {
	case ZS_FIELD_U8:
		return zs_read_number(in, 1);
	case ZS_FIELD_U16:
		return zs_read_number(in, 2);
	case ZS_FIELD_U32:
		return zs_read_number(in, 4);
	case ZS_FIELD_U64:
		return zs_read_number(in, 8);
	case ZS_FIELD_U64HEX:
		return zs_read_u64hex(in);
	case ZS_FIELD_TTL:
		return zs_read_ttl(in);
	case ZS_FIELD_NAME: case ZS_FIELD_NAME_LOWER:
		return zs_read_name(in);
	case ZS_FIELD_IPV4:
		return zs_read_ipv4(in);
	case ZS_FIELD_IPV6:
		return zs_read_ipv6(in);
	case ZS_FIELD_STRING:
		return zs_read_string(in);
	case ZS_FIELD_STRING_OPTIONAL:
		return in->at == in->count || zs_read_string(in);
	case ZS_FIELD_STRINGS:
		do
			if (!zs_read_string(in))
				return false;
		while (in->at < in->count);
		return true;
	case ZS_FIELD_LONG_STRING:
		return zs_read_long_string(in);
	case ZS_FIELD_TAG:
		return zs_read_tag(in);
	case ZS_FIELD_HEX:
		return zs_read_hex(in, in->count, 1);
	case ZS_FIELD_HEX8:
		return zs_read_hex8(in);
	case ZS_FIELD_NSAP:
		return zs_read_nsap(in);
	case ZS_FIELD_BASE64:
		return zs_read_base64(in, in->count, 1);
	case ZS_FIELD_BASE64_OR_NONE:
		return zs_read_base64(in, in->count, 0);
	case ZS_FIELD_BASE64_OR_DASH:
		return zs_read_base64_or_dash(in);
	case ZS_FIELD_BASE32HEX8:
		return zs_read_base32hex8(in);
	case ZS_FIELD_TYPE:
		return zs_read_type(in);
	case ZS_FIELD_BITMAP:
		return zs_read_bitmap(in);
	case ZS_FIELD_NXT_BITMAP:
		return zs_read_nxt_bitmap(in);
	case ZS_FIELD_ALGORITHM:
		return algorithm(in);
	case ZS_FIELD_CERT_TYPE:
		return cert_type(in);
	case ZS_FIELD_SCHEME:
		return scheme(in);
	case ZS_FIELD_TIME:
		return zs_read_time(in);
	case ZS_FIELD_EUI48:
		return zs_read_eui(in, 6);
	case ZS_FIELD_EUI64:
		return zs_read_eui(in, 8);
	case ZS_FIELD_SVCPARAMS:
		return zs_read_svcparams(in);
	case ZS_FIELD_SPECIAL: case ZS_FIELD_END:
		break;
	}
	return zs_read_fail(in, 0, "this type has no text form");
}
