/* rdata_types.c - the RR types that stand in RDATA, from text: one, or a list of them as a bit map. */
#include "dns/rdata_field.h"

#include <string.h>

#include "base/text.h"

static bool type_token(struct zs_rdata_text *in, const struct zs_token *token, uint16_t *type)
{
	if (zs_type_parse(token->text, token->len, type))
		return true;
	char shown[ZS_SHOWN_TEXT];
	zs_read_fail(in, 0, "'%s' is no RR type", zs_token_shown(token->text, token->len, shown));
	const char *words[512];
	size_t count = 0;
	for (; count < ZS_COUNT(words) && zs_type_mnemonic(count); count++)
		words[count] = zs_type_mnemonic(count);
	char upper[ZS_SHOWN_TEXT];
	size_t i = 0;
	for (; shown[i]; i++)
		upper[i] = shown[i] >= 'a' && shown[i] <= 'z' ? (char)(shown[i] - 32) : shown[i];
	upper[i] = 0;
	const char *near = i <= ZS_TYPE_TEXT ? zs_text_nearest(upper, words, count) : NULL;
	if (near)
		return zs_rdata_advise(in->error, "did you mean %s?", near);
	return zs_rdata_advise(in->error, "an assigned mnemonic, or TYPE and a number up to 65535");
}

bool zs_read_type(struct zs_rdata_text *in)
{
	uint16_t type;
	const struct zs_token *token = zs_read_token(in);
	if (!token || !type_token(in, token, &type))
		return false;
	uint8_t *out = zs_read_room(in, 2);
	if (!out)
		return false;
	zs_put_u16(out, type);
	in->len += 2;
	return true;
}

/* A type of a list of types; pseudo-types must not be in one (RFC 4034 section 4.1.2), NXNAME may (RFC 9824). */
static bool listed_type(struct zs_rdata_text *in, unsigned max, uint16_t *type)
{
	char text[ZS_TYPE_TEXT];
	const struct zs_token *token = zs_read_token(in);
	if (!token || !type_token(in, token, type))
		return false;
	if (*type > max)
		return zs_read_fail(in, 0, "type %s cannot stand in this list (1 to %u)", zs_type_text(*type, text),
		                    max);
	if (!*type || (*type != ZS_TYPE_NXNAME && zs_type_has(*type, ZS_TYPE_META)))
		return zs_read_fail(in, 0,
		                    "%s is never in a zone, so never in a list of types (RFC 4034 section 4.1.2)",
		                    zs_type_text(*type, text));
	return true;
}

/* RFC 4034 section 4.1.2. Types in any order; one twice is one. */
bool zs_read_bitmap(struct zs_rdata_text *in)
{
	uint8_t windows[256][32], used[256] = { 0 }; /* the first used[i] octets of windows[i] are set */
	uint16_t type;
	while (in->at < in->count) {
		if (!listed_type(in, UINT16_MAX, &type))
			return false;
		uint8_t *window = windows[type >> 8], *len = &used[type >> 8];
		const uint8_t octet = (uint8_t)((type & 0xff) / 8);
		for (; *len <= octet; ++*len)
			window[*len] = 0;
		window[octet] |= (uint8_t)(0x80 >> type % 8);
	}
	for (unsigned i = 0; i < 256; i++) {
		if (!used[i])
			continue;
		uint8_t *out = zs_read_room(in, 2u + used[i]);
		if (!out)
			return false;
		out[0] = (uint8_t)i;
		out[1] = used[i];
		memcpy(out + 2, windows[i], used[i]);
		in->len += 2u + used[i];
	}
	return true;
}

/* RFC 2535 section 5.2: one map, bit 0 must not be set. */
bool zs_read_nxt_bitmap(struct zs_rdata_text *in)
{
	uint8_t bits[16] = { 0 };
	size_t octets = 0;
	uint16_t type;
	while (in->at < in->count) {
		if (!listed_type(in, 127, &type))
			return false;
		bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
		if (octets < type / 8 + 1u)
			octets = type / 8 + 1u;
	}
	uint8_t *out = zs_read_room(in, octets);
	if (!out)
		return false;
	memcpy(out, bits, octets);
	in->len += octets;
	return true;
}
