/* rdata_check.c - is a field of wire RDATA what it should be? */
#include "dns/rdata_field.h"

#include <stdarg.h>
#include <stdio.h>

bool zs_wire_fail(struct zs_rdata_wire *in, const char *format, ...)
{
	char message[sizeof in->error->message];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	return zs_rdata_fail(in->error, 0, in->at, "%s", message);
}

const uint8_t *zs_wire_take(struct zs_rdata_wire *in, size_t size)
{
	if (in->len - in->at < size) {
		char label[ZS_LABEL_TEXT];
		zs_wire_fail(in, "the RDATA ends inside '%s': %zu octets expected, %zu left",
		             zs_field_label(in->info, in->field, label), size, in->len - in->at);
		return NULL;
	}
	in->at += size;
	return in->data + in->at - size;
}

bool zs_wire_name(struct zs_rdata_wire *in)
{
	const size_t len = zs_name_check(in->data + in->at, in->len - in->at);
	if (!len) {
		char label[ZS_LABEL_TEXT];
		return zs_wire_fail(in, "'%s' is no uncompressed domain name",
		                    zs_field_label(in->info, in->field, label));
	}
	in->at += len;
	return true;
}

/* A length octet and so many octets. */
static const uint8_t *counted(struct zs_rdata_wire *in, size_t *len)
{
	const uint8_t *count = zs_wire_take(in, 1);
	if (!count)
		return NULL;
	*len = *count;
	return zs_wire_take(in, *len);
}

static bool strings(struct zs_rdata_wire *in)
{
	size_t len;
	do {
		if (!counted(in, &len))
			return false;
	} while (in->at < in->len);
	return true;
}

static bool tag(struct zs_rdata_wire *in)
{
	size_t len;
	const uint8_t *text = counted(in, &len);
	if (!text)
		return false;
	if (!len)
		return zs_wire_fail(in, "the tag is empty");
	for (size_t i = 0; i < len; i++) {
		const uint8_t c = zs_octet_lower(text[i]);
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
			return zs_wire_fail(
			    in, "octet %u is not allowed in a tag; letters and digits are (RFC 8659 section 4.1)",
			    text[i]);
	}
	return true;
}

/* Type 0, OPT (41) and TKEY to ANY (249 to 255). NXNAME (128) is for bit maps: RFC 9824. */
static bool has_meta(const uint8_t *bits, size_t len)
{
	return bits[0] & 0x80 || (len > 5 && bits[5] & 0x40) || (len > 31 && bits[31] & 0x7f);
}

/* RFC 4034 section 4.1.2: blocks of window, length 1 to 32, bits without trailing zero octets; windows rise. */
static bool bitmap(struct zs_rdata_wire *in)
{
	int last = -1;
	while (in->at < in->len) {
		const uint8_t *head = zs_wire_take(in, 2);
		if (!head)
			return false;
		if (head[0] <= last)
			return zs_wire_fail(in, "type bit map window %u does not follow window %d", head[0], last);
		if (head[1] < 1 || head[1] > 32)
			return zs_wire_fail(in, "type bit map of %u octets (1 to 32)", head[1]);
		const uint8_t *bits = zs_wire_take(in, head[1]);
		if (!bits)
			return false;
		if (!bits[head[1] - 1])
			return zs_wire_fail(in, "the type bit map of window %u ends in a zero octet", head[0]);
		if (!head[0] && has_meta(bits, head[1]))
			return zs_wire_fail(
			    in,
			    "a type bit map has the bit of a type that is never in a zone (RFC 4034 section 4.1.2)");
		last = head[0];
	}
	return true;
}

static bool nxt_bitmap(struct zs_rdata_wire *in)
{
	const size_t len = in->len - in->at;
	if (!len)
		return true;
	if (len > 16)
		return zs_wire_fail(in, "an NXT type bit map of %zu octets is longer than 16 (RFC 2535 section 5.2)",
		                    len);
	const uint8_t *bits = zs_wire_take(in, len);
	if (bits[0] & 0x80)
		return zs_wire_fail(in, "bit 0 of the NXT type bit map is set (RFC 2535 section 5.2)");
	if (has_meta(bits, len))
		return zs_wire_fail(in, "a type bit map has the bit of a type that is never in a zone");
	return bits[len - 1] || zs_wire_fail(in, "the NXT type bit map ends in a zero octet");
}

static bool rest(struct zs_rdata_wire *in, size_t min)
{
	const size_t len = in->len - in->at;
	return zs_wire_take(in, len < min ? min : len) != NULL;
}

bool zs_wire_field(struct zs_rdata_wire *in, enum zs_field field)
{
	size_t len;
	switch (field) {
	case ZS_FIELD_U8: case ZS_FIELD_ALGORITHM: case ZS_FIELD_SCHEME:
		return zs_wire_take(in, 1) != NULL;
	case ZS_FIELD_U16: case ZS_FIELD_TYPE: case ZS_FIELD_CERT_TYPE:
		return zs_wire_take(in, 2) != NULL;
	case ZS_FIELD_U32: case ZS_FIELD_TTL: case ZS_FIELD_TIME: case ZS_FIELD_IPV4:
		return zs_wire_take(in, 4) != NULL;
	case ZS_FIELD_EUI48:
		return zs_wire_take(in, 6) != NULL;
	case ZS_FIELD_EUI64: case ZS_FIELD_U64: case ZS_FIELD_U64HEX:
		return zs_wire_take(in, 8) != NULL;
	case ZS_FIELD_IPV6:
		return zs_wire_take(in, 16) != NULL;
	case ZS_FIELD_NAME: case ZS_FIELD_NAME_LOWER:
		return zs_wire_name(in);
	case ZS_FIELD_STRING: case ZS_FIELD_HEX8:
		return counted(in, &len) != NULL;
	case ZS_FIELD_BASE32HEX8:
		return counted(in, &len) && (len || zs_wire_fail(in, "the next hashed owner is empty"));
	case ZS_FIELD_STRING_OPTIONAL:
		return in->at == in->len || counted(in, &len);
	case ZS_FIELD_STRINGS:
		return strings(in);
	case ZS_FIELD_TAG:
		return tag(in);
	case ZS_FIELD_LONG_STRING: case ZS_FIELD_BASE64_OR_NONE: case ZS_FIELD_BASE64_OR_DASH:
		return rest(in, 0);
	case ZS_FIELD_NSAP:
		return rest(in, 1)
		    && (in->len <= 255 || zs_wire_fail(in, "the NSAP address is longer than 255 octets"));
	case ZS_FIELD_HEX: case ZS_FIELD_BASE64:
		return rest(in, 1);
	case ZS_FIELD_BITMAP:
		return bitmap(in);
	case ZS_FIELD_NXT_BITMAP:
		return nxt_bitmap(in);
	case ZS_FIELD_SVCPARAMS:
		return zs_wire_svcparams(in);
	case ZS_FIELD_SPECIAL: case ZS_FIELD_END:
		break;
	}
	return zs_wire_fail(in, "no such field");
}
