/* rdata_address.c - WKS, APL and A6: lists and pieces of addresses. */
#include "dns/rdata_field.h"

#include <string.h>

#include "base/text.h"

/* A word for a number; what is not here is written as its number. */
struct word {
	const char *text;
	uint16_t number;
};
static const struct word protocols[] = { { "icmp", 1 }, { "tcp", 6 }, { "udp", 17 } };
static const struct word services[] = {
	{ "echo", 7 },    { "discard", 9 },  { "systat", 11 },   { "daytime", 13 },    { "netstat", 15 },
	{ "qotd", 17 },   { "chargen", 19 }, { "ftp-data", 20 }, { "ftp", 21 },        { "ssh", 22 },
	{ "telnet", 23 }, { "smtp", 25 },    { "time", 37 },     { "nameserver", 42 }, { "nicname", 43 },
	{ "whois", 43 },  { "domain", 53 },  { "bootps", 67 },   { "bootpc", 68 },     { "tftp", 69 },
	{ "gopher", 70 }, { "finger", 79 },  { "http", 80 },     { "kerberos", 88 },   { "hostnames", 101 },
	{ "pop3", 110 },  { "sunrpc", 111 }, { "auth", 113 },    { "nntp", 119 },      { "ntp", 123 },
	{ "imap", 143 },  { "imap2", 143 },  { "snmp", 161 },    { "https", 443 },     { "imaps", 993 },
	{ "pop3s", 995 },
};

static bool word_or_number(struct zs_rdata_text *in, const struct word *words, size_t count, uint64_t max,
                           uint64_t *out)
{
	if (in->at < in->count)
		for (size_t i = 0; i < count; i++)
			if (zs_text_equal(in->tokens[in->at].text, in->tokens[in->at].len, words[i].text)) {
				*out = words[i].number;
				return zs_read_token(in) != NULL;
			}
	return zs_read_value(in, max, out);
}

/* RFC 1035 section 3.4.2: address, protocol, a bit per port up to the last one set. */
static bool parse_wks(struct zs_rdata_text *in)
{
	uint64_t value;
	if (!zs_read_ipv4(in))
		return false;
	in->field = 1;
	if (!word_or_number(in, protocols, ZS_COUNT(protocols), UINT8_MAX, &value))
		return false;
	in->out[in->len++] = (uint8_t)value;
	uint8_t *bits = in->out + in->len;
	size_t used = 0;
	in->field = 2;
	while (in->at < in->count) {
		if (!word_or_number(in, services, ZS_COUNT(services), UINT16_MAX, &value))
			return false;
		for (; used <= value / 8; used++)
			bits[used] = 0;
		bits[value / 8] |= (uint8_t)(0x80 >> value % 8);
	}
	in->len += used;
	return true;
}

static bool check_wks(struct zs_rdata_wire *in)
{
	if (!zs_wire_take(in, 4))
		return false;
	in->field = 1;
	if (!zs_wire_take(in, 1))
		return false;
	if (in->len - in->at > 65536 / 8)
		return zs_wire_fail(in, "a bit map of %zu octets has more than 65536 ports", in->len - in->at);
	in->at = in->len;
	return true;
}

static void format_wks(const uint8_t *data, size_t len, struct zs_buf *out)
{
	if (len > 5 && !data[len - 1]) { /* legal, but no text says it */
		zs_format_generic(data, len, out);
		return;
	}
	zs_format_ipv4(data, out);
	zs_buf_octet(out, ' ');
	zs_format_number(data[4], out);
	for (size_t port = 0; port < 8 * (len - 5); port++)
		if (data[5 + port / 8] & 0x80 >> port % 8) {
			zs_buf_octet(out, ' ');
			zs_format_number(port, out);
		}
}

const struct zs_rdata_special zs_rdata_wks = { parse_wks, check_wks, format_wks };

/* RFC 3123 section 4: family, prefix length, "!" as the top bit of the length, address without its last zero octets. */
static bool parse_apl(struct zs_rdata_text *in)
{
	while (in->at < in->count) {
		const struct zs_token *token = zs_read_token(in);
		uint8_t *room = token ? zs_read_room(in, 4 + 16) : NULL;
		if (!room)
			return false;
		char shown[ZS_SHOWN_TEXT];
		zs_token_shown(token->text, token->len, shown);
		const char *end = token->text + token->len, *p = token->text;
		const bool negative = p < end && *p == '!';
		p += negative;
		const bool six = end - p > 2 && p[0] == '2' && p[1] == ':';
		const char *slash = memchr(p, '/', (size_t)(end - p));
		if ((!six && (end - p < 3 || p[0] != '1' || p[1] != ':')) || !slash) {
			zs_read_fail(in, 0, "'%s' is not an address prefix", shown);
			return zs_rdata_advise(in->error,
			                       "[!]1:192.0.2.0/24 or [!]2:2001:db8::/32 (RFC 3123 section 5)");
		}
		const size_t address_len = (size_t)(slash - p) - 2;
		uint64_t prefix;
		if (!(six ? zs_ipv6_parse(p + 2, address_len, room + 4)
		          : zs_ipv4_parse(p + 2, address_len, room + 4)))
			return zs_read_fail(in, (size_t)(p + 2 - token->text), "no IPv%c address in '%s'",
			                    six ? '6' : '4', shown);
		if (!zs_read_decimal(slash + 1, (size_t)(end - slash) - 1, six ? 128 : 32, &prefix))
			return zs_read_fail(in, (size_t)(slash + 1 - token->text),
			                    "the prefix length of '%s' is no number from 0 to %u", shown,
			                    six ? 128u : 32u);
		unsigned octets = six ? 16 : 4;
		while (octets && !room[4 + octets - 1])
			octets--;
		zs_put_u16(room, six ? 2 : 1);
		room[2] = (uint8_t)prefix;
		room[3] = (uint8_t)(negative << 7 | (int)octets);
		in->len += 4 + octets;
	}
	return true;
}

static bool check_apl(struct zs_rdata_wire *in)
{
	while (in->at < in->len) {
		const uint8_t *head = zs_wire_take(in, 4);
		const uint8_t *address = head ? zs_wire_take(in, head[3] & 0x7f) : NULL;
		if (!address)
			return false;
		const unsigned family = zs_get_u16(head), octets = head[3] & 0x7f, most = family == 1 ? 4 : 16;
		if (family != 1 && family != 2)
			return zs_wire_fail(in, "address family %u is unknown (1 and 2 are IPv4 and IPv6)", family);
		if (head[2] > 8 * most)
			return zs_wire_fail(in, "prefix length %u is out of range (0 to %u)", head[2], 8 * most);
		if (octets > most)
			return zs_wire_fail(in, "an address of %u octets is longer than %u", octets, most);
		if (octets && !address[octets - 1])
			return zs_wire_fail(in, "the address ends in a zero octet (RFC 3123 section 4)");
	}
	return true;
}

static void format_apl(const uint8_t *data, size_t len, struct zs_buf *out)
{
	for (const uint8_t *p = data, *end = data + len; p < end; p += 4 + (p[3] & 0x7f)) {
		uint8_t address[16] = { 0 };
		memcpy(address, p + 4, p[3] & 0x7f);
		zs_buf_text(out, p == data ? "" : " ");
		zs_buf_text(out, p[3] & 0x80 ? "!" : "");
		zs_buf_text(out, p[1] == 1 ? "1:" : "2:");
		if (p[1] == 1)
			zs_format_ipv4(address, out);
		else
			zs_format_ipv6(address, out);
		zs_buf_octet(out, '/');
		zs_format_number(p[2], out);
	}
}

const struct zs_rdata_special zs_rdata_apl = { parse_apl, check_apl, format_apl };

/* RFC 2874 section 3.1: how many bits are elsewhere, the others in whole octets, and where elsewhere is. */
static bool parse_a6(struct zs_rdata_text *in)
{
	uint64_t prefix;
	if (!zs_read_value(in, 128, &prefix))
		return false;
	in->out[in->len++] = (uint8_t)prefix;
	if (prefix < 128) {
		uint8_t *address = in->out + in->len;
		in->field = 1;
		if (!zs_read_ipv6(in))
			return false;
		for (unsigned bit = 0; bit < prefix; bit++)
			if (address[bit / 8] & 0x80 >> bit % 8)
				return zs_read_fail(in, 0, "the first %u bits of the suffix must be zero",
				                    (unsigned)prefix);
		memmove(address, address + prefix / 8, 16 - prefix / 8);
		in->len -= prefix / 8;
	}
	in->field = 2;
	return !prefix || zs_read_name(in);
}

static bool check_a6(struct zs_rdata_wire *in)
{
	const uint8_t *prefix = zs_wire_take(in, 1);
	if (!prefix)
		return false;
	if (*prefix > 128)
		return zs_wire_fail(in, "prefix length %u is out of range (0 to 128)", *prefix);
	in->field = 1;
	const uint8_t *suffix = zs_wire_take(in, (128u - *prefix + 7) / 8);
	if (!suffix)
		return false;
	if (*prefix < 128 && *prefix % 8 && *suffix >> (8 - *prefix % 8))
		return zs_wire_fail(in, "bits before the suffix are not zero");
	in->field = 2;
	if (*prefix && !zs_wire_name(in))
		return false;
	return in->at == in->len || zs_wire_fail(in, "%zu octets of the %zu are too much", in->len - in->at, in->len);
}

static void format_a6(const uint8_t *data, size_t len, struct zs_buf *out)
{
	(void)len;
	const size_t octets = (128u - *data + 7) / 8;
	const uint8_t *name = data + 1 + octets;
	zs_format_number(*data, out);
	if (octets) {
		uint8_t address[16] = { 0 };
		memcpy(address + 16 - octets, data + 1, octets);
		zs_buf_octet(out, ' ');
		zs_format_ipv6(address, out);
	}
	if (*data) {
		zs_buf_octet(out, ' ');
		zs_format_name(&name, out);
	}
}

const struct zs_rdata_special zs_rdata_a6 = { parse_a6, check_a6, format_a6 };
