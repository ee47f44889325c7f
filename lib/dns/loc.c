/* loc.c - LOC RDATA, RFC 1876: where on earth, how large, how exactly known. */
#include "dns/rdata_field.h"

static const uint32_t zero_angle = 1u << 31; /* the equator, the prime meridian; thousandths of an arc second */
static const uint64_t zero_altitude = 10000000;          /* 100,000 m below the reference spheroid, in cm */
static const uint64_t largest_size = 9000000000;         /* 9 * 10^9 cm */

/* text up to a number of decimals, as an integer of the last one: "1.5", 3 decimals: 1500. */
static bool decimal(const char *text, size_t len, unsigned decimals, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0, digits = 0;
	for (; i < len && text[i] >= '0' && text[i] <= '9' && value <= max; i++, digits++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	const bool point = i < len && text[i] == '.';
	i += point;
	for (unsigned d = 0; d < decimals && value <= max; d++) {
		const bool more = point && i < len && text[i] >= '0' && text[i] <= '9';
		value = value * 10 + (more ? (uint64_t)(text[i] - '0') : 0);
		i += more;
		digits += more;
	}
	*out = value;
	return digits && i == len && value <= max;
}

/* "52 22 23.000 N": one angle, largest is its bound in degrees. */
static bool angle(struct zs_rdata_text *in, const char *what, unsigned largest, char plus, char minus)
{
	static const uint64_t units[] = { 3600000, 60000, 1 }, bounds[] = { 0, 59, 59999 };
	char shown[ZS_SHOWN_TEXT];
	uint64_t total = 0;
	for (unsigned part = 0; part < 4; part++) {
		const struct zs_token *token = zs_read_token(in);
		if (!token)
			return false;
		const char letter = token->len == 1 ? (char)(token->text[0] & ~0x20) : 0;
		if (part && (letter == plus || letter == minus)) {
			if (total > largest * units[0])
				return zs_read_fail(in, 0, "%s is more than %u degrees", what, largest);
			uint8_t *room = zs_read_room(in, 4);
			if (room)
				zs_put_u32(room,
				           letter == plus ? zero_angle + (uint32_t)total
				                          : zero_angle - (uint32_t)total);
			in->len += 4;
			return room != NULL;
		}
		uint64_t value;
		if (part == 3
		    || !decimal(token->text, token->len, part == 2 ? 3 : 0, part ? bounds[part] : largest, &value)) {
			zs_read_fail(in, 0, "'%s' does not fit into %s",
			             zs_token_shown(token->text, token->len, shown), what);
			return zs_rdata_advise(
			    in->error, "degrees (0 to %u) [minutes (0 to 59) [seconds (0 to 59.999)]] %c or %c",
			    largest, plus, minus);
		}
		total += value * units[part];
	}
	return false;
}

/* Metres with at most two decimals, "m" or not; in centimetres. */
static bool metres(const struct zs_token *token, uint64_t max, uint64_t *out)
{
	const size_t unit = token->len && (token->text[token->len - 1] | 0x20) == 'm';
	return decimal(token->text, token->len - unit, 2, max, out);
}

static bool altitude(struct zs_rdata_text *in)
{
	char shown[ZS_SHOWN_TEXT];
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	struct zs_token size = *token;
	const bool below = size.len && size.text[0] == '-';
	size.text += below;
	size.len -= below;
	uint64_t cm;
	if (!metres(&size, below ? zero_altitude : UINT32_MAX - zero_altitude, &cm)) {
		zs_read_fail(in, 0, "altitude '%s' is not a number of metres from -100000.00 to 42849672.95",
		             zs_token_shown(token->text, token->len, shown));
		return zs_rdata_advise(in->error, "an altitude has at most two decimals: 12.50m");
	}
	uint8_t *room = zs_read_room(in, 4);
	if (room)
		zs_put_u32(room, (uint32_t)(below ? zero_altitude - cm : zero_altitude + cm));
	in->len += 4;
	return room != NULL;
}

/* RFC 1876 section 2: a digit and a power of ten, in centimetres; what is behind the first digit is dropped. */
static uint8_t size_octet(uint64_t cm)
{
	uint8_t exponent = 0;
	for (; cm > 9; cm /= 10)
		exponent++;
	return (uint8_t)(cm << 4 | exponent);
}

static bool parse(struct zs_rdata_text *in)
{
	static const char *const whats[] = { "size", "horizontal precision", "vertical precision" };
	uint64_t sizes[] = { 100, 1000000, 1000 }; /* section 3: 1 m, 10 km, 10 m */
	uint8_t *start = zs_read_room(in, 16);
	if (!start)
		return false;
	in->len = 4;
	if (!angle(in, "latitude", 90, 'N', 'S'))
		return false;
	in->field = 1;
	if (!angle(in, "longitude", 180, 'E', 'W'))
		return false;
	in->field = 2;
	if (!altitude(in))
		return false;
	for (unsigned i = 0; i < 3 && in->at < in->count; i++) {
		char shown[ZS_SHOWN_TEXT];
		const struct zs_token *token = zs_read_token(in);
		if (!token)
			return false;
		if (!metres(token, largest_size, &sizes[i]))
			return zs_read_fail(in, 0, "%s '%s' is not a number of metres from 0 to 90000000.00",
			                    whats[i], zs_token_shown(token->text, token->len, shown));
	}
	start[0] = 0; /* version */
	for (unsigned i = 0; i < 3; i++)
		start[1 + i] = size_octet(sizes[i]);
	return true;
}

static bool check(struct zs_rdata_wire *in)
{
	const uint8_t *p = zs_wire_take(in, 16);
	if (!p)
		return false;
	if (in->at < in->len)
		return zs_wire_fail(in, "LOC has 16 octets, here are %zu", in->len);
	in->at = 0;
	if (p[0])
		return zs_wire_fail(in, "LOC version %u is unknown (0 is)", p[0]);
	for (in->at = 1; in->at < 4; in->at++) {
		const uint8_t size = p[in->at];
		if (size >> 4 > 9 || (size & 15) > 9 || (size < 0x10 && size))
			return zs_wire_fail(in, "size or precision %02x is no digit and power of ten", size);
	}
	for (unsigned i = 0; i < 2; i++, in->at += 4) {
		const uint32_t raw = zs_get_u32(p + in->at),
			       size = raw > zero_angle ? raw - zero_angle : zero_angle - raw;
		if (size > (i ? 180u : 90u) * 3600000u)
			return zs_wire_fail(in, "the %s is more than %u degrees", i ? "longitude" : "latitude",
			                    i ? 180u : 90u);
	}
	in->at = in->len;
	return true;
}

static void put_angle(uint32_t raw, char plus, char minus, struct zs_buf *out)
{
	const uint32_t size = raw >= zero_angle ? raw - zero_angle : zero_angle - raw;
	zs_buf_printf(out, "%u %u %u.%03u %c ", size / 3600000, size / 60000 % 60, size / 1000 % 60, size % 1000,
	              raw >= zero_angle ? plus : minus);
}

static void put_size(uint8_t octet, struct zs_buf *out)
{
	uint64_t cm = octet >> 4;
	for (unsigned i = octet & 15; i; i--)
		cm *= 10;
	zs_buf_printf(out, " %u.%02um", (unsigned)(cm / 100), (unsigned)(cm % 100));
}

static void format(const uint8_t *data, size_t len, struct zs_buf *out)
{
	(void)len; /* 16 */
	const uint64_t raw = zs_get_u32(data + 12);
	const uint64_t cm = raw >= zero_altitude ? raw - zero_altitude : zero_altitude - raw;
	put_angle(zs_get_u32(data + 4), 'N', 'S', out);
	put_angle(zs_get_u32(data + 8), 'E', 'W', out);
	zs_buf_printf(out, "%s%u.%02um", raw < zero_altitude ? "-" : "", (unsigned)(cm / 100), (unsigned)(cm % 100));
	for (unsigned i = 1; i < 4; i++)
		put_size(data[i], out);
}

const struct zs_rdata_special zs_rdata_loc = { parse, check, format };
