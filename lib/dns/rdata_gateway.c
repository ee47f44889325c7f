/* rdata_gateway.c - IPSECKEY, AMTRELAY and HIP: types whose fields say what the next ones are. */
#include "dns/rdata_field.h"

enum { NO_GATEWAY, IPV4_GATEWAY, IPV6_GATEWAY, NAME_GATEWAY }; /* RFC 4025 section 2.3, RFC 8777 section 4.2.3 */

/* The gateway or relay of the given kind; "." stands for none. */
static bool parse_gateway(struct zs_rdata_text *in, unsigned kind)
{
	const struct zs_token *token;
	switch (kind) {
	case NO_GATEWAY:
		token = zs_read_token(in);
		return token
		    && ((token->len == 1 && token->text[0] == '.')
		        || zs_read_fail(in, 0, "gateway or relay type 0 has no address; '.' is expected"));
	case IPV4_GATEWAY:
		return zs_read_ipv4(in);
	case IPV6_GATEWAY:
		return zs_read_ipv6(in);
	default:
		return zs_read_name(in);
	}
}

static bool check_gateway(struct zs_rdata_wire *in, unsigned kind)
{
	switch (kind) {
	case NO_GATEWAY:
		return true;
	case IPV4_GATEWAY:
		return zs_wire_take(in, 4) != NULL;
	case IPV6_GATEWAY:
		return zs_wire_take(in, 16) != NULL;
	default:
		return zs_wire_name(in);
	}
}

static void format_gateway(const uint8_t **data, unsigned kind, struct zs_buf *out)
{
	switch (kind) {
	case NO_GATEWAY:
		zs_buf_octet(out, '.');
		return;
	case IPV4_GATEWAY:
		zs_format_ipv4(*data, out);
		*data += 4;
		return;
	case IPV6_GATEWAY:
		zs_format_ipv6(*data, out);
		*data += 16;
		return;
	default:
		zs_format_name(data, out);
		return;
	}
}

/* RFC 4025: precedence, gateway type, algorithm, gateway, key; no key with algorithm 0. */
static bool parse_ipseckey(struct zs_rdata_text *in)
{
	uint8_t *head = in->out + in->len;
	for (in->field = 0; in->field < 3; in->field++) {
		if (!zs_read_number(in, 1))
			return false;
		if (in->field == 1 && head[1] > NAME_GATEWAY)
			return zs_read_fail(in, 0, "gateway type %u is unknown (0 to 3)", head[1]);
	}
	if (!parse_gateway(in, head[1]))
		return false;
	in->field = 4;
	if (!head[2] && in->at < in->count)
		return zs_rdata_fail(in->error, in->at, 0, "algorithm 0 says that there is no key, but there is one");
	return !head[2] || zs_read_base64(in, in->count, 1);
}

static bool check_ipseckey(struct zs_rdata_wire *in)
{
	const uint8_t *head = zs_wire_take(in, 3);
	if (!head)
		return false;
	in->field = 3;
	if (head[1] > NAME_GATEWAY)
		return zs_wire_fail(in, "gateway type %u is unknown (0 to 3)", head[1]);
	if (!check_gateway(in, head[1]))
		return false;
	if (!head[2] != (in->at == in->len))
		return zs_wire_fail(
		    in, head[2] ? "the key is missing" : "algorithm 0 says that there is no key, but there is one");
	in->at = in->len;
	return true;
}

static void format_ipseckey(const uint8_t *data, size_t len, struct zs_buf *out)
{
	const uint8_t *end = data + len, *p = data + 3;
	zs_buf_printf(out, "%u %u %u ", data[0], data[1], data[2]);
	format_gateway(&p, data[1], out);
	if (p < end)
		zs_buf_octet(out, ' ');
	zs_format_base64(p, (size_t)(end - p), out);
}

const struct zs_rdata_special zs_rdata_ipseckey = { parse_ipseckey, check_ipseckey, format_ipseckey };

/* RFC 8777 section 4: precedence, the discovery bit above seven bits of type, relay. */
static bool parse_amtrelay(struct zs_rdata_text *in)
{
	static const uint64_t bounds[] = { 255, 1, 127 };
	uint64_t values[3];
	for (in->field = 0; in->field < 3; in->field++)
		if (!zs_read_value(in, bounds[in->field], &values[in->field]))
			return false;
	if (values[2] > NAME_GATEWAY)
		return zs_read_fail(in, 0, "relay type %u is unknown (0 to 3)", (unsigned)values[2]);
	uint8_t *room = zs_read_room(in, 2);
	if (!room)
		return false;
	room[0] = (uint8_t)values[0];
	room[1] = (uint8_t)(values[1] << 7 | values[2]);
	in->len += 2;
	return parse_gateway(in, (unsigned)values[2]);
}

static bool check_amtrelay(struct zs_rdata_wire *in)
{
	const uint8_t *head = zs_wire_take(in, 2);
	if (!head)
		return false;
	in->field = 3;
	const unsigned kind = head[1] & 0x7f;
	if (kind > NAME_GATEWAY)
		return zs_wire_fail(in, "relay type %u is unknown (0 to 3)", kind);
	if (!check_gateway(in, kind))
		return false;
	return in->at == in->len || zs_wire_fail(in, "%zu octets of the %zu are too much", in->len - in->at, in->len);
}

static void format_amtrelay(const uint8_t *data, size_t len, struct zs_buf *out)
{
	(void)len;
	const uint8_t *p = data + 2;
	zs_buf_printf(out, "%u %u %u ", data[0], data[1] >> 7, data[1] & 0x7fu);
	format_gateway(&p, data[1] & 0x7f, out);
}

const struct zs_rdata_special zs_rdata_amtrelay = { parse_amtrelay, check_amtrelay, format_amtrelay };

/* RFC 8005 section 5: length of HIT, algorithm, length of key, HIT, key, rendezvous servers. In text, section 6, the
 * lengths are not written, and HIT and key have no blanks in them. */
static bool parse_hip(struct zs_rdata_text *in)
{
	uint8_t *head = zs_read_room(in, 4);
	uint64_t algorithm;
	if (!head || !zs_read_value(in, UINT8_MAX, &algorithm))
		return false;
	const size_t start = in->len + 4;
	in->len = start;
	in->field = 1;
	if (!zs_read_hex(in, in->at < in->count ? in->at + 1 : in->at, 1))
		return false;
	const size_t hit_len = in->len - start;
	if (hit_len > UINT8_MAX)
		return zs_read_fail(in, 0, "a HIT of %zu octets is longer than 255", hit_len);
	in->field = 2;
	if (!zs_read_base64(in, in->at < in->count ? in->at + 1 : in->at, 1))
		return false;
	head[0] = (uint8_t)hit_len;
	head[1] = (uint8_t)algorithm;
	zs_put_u16(head + 2, (uint16_t)(in->len - start - hit_len));
	for (in->field = 3; in->at < in->count;)
		if (!zs_read_name(in))
			return false;
	return true;
}

static bool check_hip(struct zs_rdata_wire *in)
{
	const uint8_t *head = zs_wire_take(in, 4);
	if (!head)
		return false;
	const size_t key_len = zs_get_u16(head + 2);
	if (!head[0] || !key_len)
		return zs_wire_fail(in, "the %s is empty", head[0] ? "key" : "HIT");
	in->field = 1;
	if (!zs_wire_take(in, head[0]))
		return false;
	in->field = 2;
	if (!zs_wire_take(in, key_len))
		return false;
	for (in->field = 3; in->at < in->len;)
		if (!zs_wire_name(in))
			return false;
	return true;
}

static void format_hip(const uint8_t *data, size_t len, struct zs_buf *out)
{
	const uint8_t *end = data + len, *p = data + 4;
	const size_t key_len = zs_get_u16(data + 2);
	zs_format_number(data[1], out);
	zs_buf_octet(out, ' ');
	zs_format_hex(p, data[0], out);
	zs_buf_octet(out, ' ');
	p += data[0];
	zs_format_base64(p, key_len, out);
	for (p += key_len; p < end;) {
		zs_buf_octet(out, ' ');
		zs_format_name(&p, out);
	}
}

const struct zs_rdata_special zs_rdata_hip = { parse_hip, check_hip, format_hip };
