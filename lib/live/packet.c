/* packet.c - a message to ldns's packet. ldns follows 65535 pointers for each name that it reads, so messages are looked through first:
 * one of 64 KiB, made for that, would keep it busy for a second. */
#include "dns/rdata.h"
#include "live/ldns.h"
#include "live/live_private.h"

enum { HEADER = 12, POINTERS_MAX = 127 /* of one name, which has no more labels */, TKEY = 249, TSIG = 250 };

/* Past the name at `at`; 0: it is none. */
static size_t skip_name(struct zs_bytes message, size_t at)
{
	size_t end = 0, len = 0;
	for (unsigned pointers = 0; at < message.len;) {
		const uint8_t octet = message.data[at];
		if (octet <= ZS_LABEL_MAX) {
			len += octet + 1u;
			at += octet + 1u;
			if (len > ZS_NAME_MAX)
				return 0;
			if (!octet)
				return end ? end : at;
			continue;
		}
		if (octet < 0xc0 || message.len - at < 2 || ++pointers > POINTERS_MAX)
			return 0;
		end = end ? end : at + 2;
		at = zs_get_u16(message.data + at) & 0x3fff;
	}
	return 0;
}

/* Octets of a field before which a name may come, or after which; 0: nothing but the end of the RDATA follows. */
static size_t field_len(enum zs_field field, const uint8_t *data)
{
	switch (field) {
	case ZS_FIELD_U8:
	case ZS_FIELD_ALGORITHM:
	case ZS_FIELD_SCHEME: return 1;
	case ZS_FIELD_U16:
	case ZS_FIELD_TYPE: return 2;
	case ZS_FIELD_U32:
	case ZS_FIELD_TTL:
	case ZS_FIELD_TIME: return 4;
	case ZS_FIELD_STRING: return data[0] + 1u;
	default: return 0;
	}
}

/* Are the names in the RDATA of from..to short ways? Those that ldns reads, by RFC 1035 or not. */
static bool has_names(struct zs_bytes message, uint16_t type, size_t from, size_t to)
{
	const struct zs_type_info *info = zs_type_info(type);
	struct zs_rdata_error error;
	if (type == TSIG || type == TKEY)
		return skip_name(message, from) != 0;
	for (unsigned i = 0; info && from < to && i < ZS_TYPE_FIELDS_MAX && info->fields[i]; i++) {
		const enum zs_field field = info->fields[i];
		if (field == ZS_FIELD_SPECIAL) /* its names must not be compressed: RFC 3597 section 4 */
			return zs_rdata_check(type, message.data + from, to - from, &error);
		const bool name = field == ZS_FIELD_NAME || field == ZS_FIELD_NAME_LOWER;
		const size_t next = name ? skip_name(message, from) : from + field_len(field, message.data + from);
		if (!next || next > to)
			return false;
		if (next == from)
			return true;
		from = next;
	}
	return true;
}

static bool is_sound(struct zs_bytes message)
{
	if (message.len < HEADER)
		return false;
	size_t at = HEADER, records = (size_t)zs_get_u16(message.data + 6) + zs_get_u16(message.data + 8) + zs_get_u16(message.data + 10);
	for (unsigned i = zs_get_u16(message.data + 4); i; i--) {
		at = skip_name(message, at);
		if (!at || message.len - at < 4)
			return false;
		at += 4;
	}
	for (; records; records--) {
		at = skip_name(message, at);
		if (!at || message.len - at < 10)
			return false;
		const uint16_t type = zs_get_u16(message.data + at);
		const size_t from = at + 10, len = zs_get_u16(message.data + at + 8);
		if (message.len - from < len || (len && !has_names(message, type, from, from + len)))
			return false;
		at = from + len;
	}
	return true;
}

ldns_pkt *zs_live_packet(struct zs_bytes message)
{
	ldns_pkt *pkt = NULL;
	return is_sound(message) && zs_ldns.wire2pkt(&pkt, message.data, message.len) == LDNS_STATUS_OK ? pkt : NULL;
}

unsigned zs_live_rcode(const ldns_pkt *pkt)
{
	return (unsigned)zs_ldns.pkt_get_rcode(pkt) | (unsigned)zs_ldns.pkt_edns_extended_rcode(pkt) << 4;
}

const char *zs_live_rcode_words(unsigned rcode)
{
	static const char *const words[] = { [1] = " (it does not understand the question)", [2] = " (server failure)", [4] = " (it does not support such questions)",
		                             [5] = " (refused)", [16] = " (it does not know this version of EDNS)", [23] = " (it wants another cookie)" };
	return rcode < ZS_COUNT(words) && words[rcode] ? words[rcode] : "";
}
