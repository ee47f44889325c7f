/* openpgp.c - a transferable public key as a file holds it: ASCII armour or binary, packets looked at with their bounds
 * (RFC 4880 and RFC 9580 sections 4.2, 6, 10.1). Nothing of it is verified: whoever uses the key does that. */
#include <string.h>

#include "base/text.h"
#include "dane/dane_private.h"

enum { PACKETS_MAX = 10000 };
enum tag { SIGNATURE = 2, SECRET_KEY = 5, PUBLIC_KEY = 6, SECRET_SUBKEY = 7, MARKER = 10, TRUST = 12, USER_ID = 13, PUBLIC_SUBKEY = 14, USER_ATTRIBUTE = 17,
	PADDING = 21 };

struct parsing {
	struct zs_run *run;
	const struct zs_source *where;
	const struct zs_input *input;
};

static bool wrong(struct parsing *p, const char *why, const char *hint)
{
	zs_error(p->run, p->where, "'%s' %s", p->input->path, why);
	if (hint)
		zs_hint(p->run, "%s", hint);
	return false;
}

/* RFC 9580 section 6.1.1. */
static uint32_t crc24(struct zs_bytes data)
{
	uint32_t crc = 0xb704ce;
	for (size_t i = 0; i < data.len; i++) {
		crc ^= (uint32_t)data.data[i] << 16;
		for (int bit = 0; bit < 8; bit++) {
			crc <<= 1;
			if (crc & 0x1000000)
				crc ^= 0x1864cfb;
		}
	}
	return crc & 0xffffff;
}

/* The next line without its end and without blanks there; false at the end of the text. */
static bool next_line(struct zs_bytes *text, struct zs_bytes *line)
{
	if (!text->len)
		return false;
	const uint8_t *end = memchr(text->data, '\n', text->len);
	line->data = text->data;
	line->len = end ? (size_t)(end - text->data) : text->len;
	text->data += line->len + (end != NULL);
	text->len -= line->len + (end != NULL);
	while (line->len && (line->data[line->len - 1] == '\r' || line->data[line->len - 1] == ' ' || line->data[line->len - 1] == '\t'))
		line->len--;
	return true;
}

static bool starts(struct zs_bytes line, const char *with)
{
	return line.len >= strlen(with) && memcmp(line.data, with, strlen(with)) == 0;
}

static bool check_crc(struct parsing *p, struct zs_bytes line, struct zs_bytes data)
{
	uint8_t crc[8];
	size_t bad;
	if (line.len != 5 || zs_base64_decode((const char *)line.data + 1, 4, crc, &bad) != 3)
		return wrong(p, "has a checksum that is none", NULL);
	if (((uint32_t)crc[0] << 16 | (uint32_t)crc[1] << 8 | crc[2]) != crc24(data))
		return wrong(p, "is damaged: its checksum (CRC-24) is another", "export the key again");
	return true;
}

/* The octets between the armour lines. */
static bool read_armour(struct parsing *p, struct zs_bytes *out)
{
	struct zs_bytes text = { (const uint8_t *)p->input->text, p->input->len }, line = { 0 }, sum = { 0 };
	struct zs_buf base64 = { .arena = p->run->arena, .max = 1 << 20 };
	bool begun = false, ended = false;
	size_t bad;
	while (next_line(&text, &line) && !begun) {
		if (starts(line, "-----BEGIN PGP PRIVATE KEY BLOCK"))
			return wrong(p, "holds a private key", "export the public key: gpg --export --export-options export-minimal ADDRESS");
		begun = starts(line, "-----BEGIN PGP PUBLIC KEY BLOCK-----");
	}
	if (!begun)
		return wrong(p, "holds no OpenPGP public key", "a binary or ASCII-armoured public key is expected");
	while (line.len && memchr(line.data, ':', line.len)) /* headers, "Comment: ..", end with an empty line */
		if (!next_line(&text, &line))
			return wrong(p, "ends within its armour", NULL);
	do {
		ended = starts(line, "-----END PGP PUBLIC KEY BLOCK-----");
		if (!ended && starts(line, "="))
			sum = line;
		else if (!ended && sum.len && line.len)
			return wrong(p, "has data behind its checksum", NULL);
		else if (!ended)
			zs_buf_add(&base64, line.data, line.len);
	} while (!ended && next_line(&text, &line));
	if (!ended || base64.full)
		return wrong(p, "ends within its armour", "is the last line there, with END PGP PUBLIC KEY BLOCK?");
	uint8_t *data = zs_arena_alloc(p->run->arena, base64.len + 1);
	const long got = zs_base64_decode(base64.len ? (const char *)base64.data : "", base64.len, data, &bad);
	if (got <= 0)
		return wrong(p, "is damaged: its armour is not base64", "export the key again");
	*out = (struct zs_bytes){ data, (size_t)got };
	return !sum.len || check_crc(p, sum, *out);
}

/* The header of a packet: its tag and its body; RFC 9580 section 4.2. Partial and open lengths are for messages only. */
static bool take_packet(struct zs_bytes *data, unsigned *tag, struct zs_bytes *body)
{
	const uint8_t *d = data->data;
	size_t head, len;
	if (data->len < 2 || !(d[0] & 0x80))
		return false;
	if (d[0] & 0x40) {
		*tag = d[0] & 0x3f;
		if (d[1] < 192)
			head = 2, len = d[1];
		else if (d[1] < 224 && data->len >= 3)
			head = 3, len = ((size_t)(d[1] - 192) << 8) + d[2] + 192;
		else if (d[1] == 255 && data->len >= 6)
			head = 6, len = zs_get_u32(d + 2);
		else
			return false;
	} else {
		static const size_t sizes[] = { 1, 2, 4 };
		const unsigned type = d[0] & 3;
		*tag = d[0] >> 2 & 15;
		if (type == 3 || data->len < 1 + sizes[type])
			return false;
		head = 1 + sizes[type];
		len = type == 0 ? d[1] : type == 1 ? zs_get_u16(d + 1) : zs_get_u32(d + 1);
	}
	if (len > data->len - head)
		return false;
	*body = (struct zs_bytes){ d + head, len };
	data->data += head + len;
	data->len -= head + len;
	return true;
}

static bool names(struct zs_bytes user_id, const char *address)
{
	const size_t len = strlen(address);
	for (size_t i = 0; i + len <= user_id.len; i++) {
		const bool before = i == 0 || user_id.data[i - 1] == '<' || user_id.data[i - 1] == ' ';
		const bool after = i + len == user_id.len || user_id.data[i + len] == '>';
		if (before && after && zs_text_equal((const char *)user_id.data + i, len, address))
			return true;
	}
	return false;
}

static bool check_packet(struct parsing *p, unsigned index, unsigned tag, struct zs_bytes body, const char *address, struct zs_openpgp_key *out)
{
	if (tag == SECRET_KEY || tag == SECRET_SUBKEY)
		return wrong(p, "holds a private key", "export the public key: gpg --export --export-options export-minimal ADDRESS");
	if (index == 0 ? tag != PUBLIC_KEY : tag == PUBLIC_KEY)
		return wrong(p, index ? "holds several keys" : "does not begin with a public key", "export one key, by its fingerprint");
	switch (tag) {
	case PUBLIC_KEY:
	case PUBLIC_SUBKEY: /* version, time, algorithm and at least something of a key */
		return (body.len >= 8 && body.data[0] >= 3 && body.data[0] <= 6) || wrong(p, "holds a public key packet of no version that is known", NULL);
	case SIGNATURE:
		return body.len >= 4 || wrong(p, "holds a signature packet that is too short", NULL);
	case USER_ID:
		out->user_ids++;
		out->names_address = out->names_address || names(body, address);
		return true;
	case USER_ATTRIBUTE:
		out->attributes++;
		return true;
	case MARKER:
	case TRUST:
	case PADDING:
		return true;
	default:
		return wrong(p, zs_arena_printf(p->run->arena, "holds a packet of type %u, which is no part of a public key", tag), NULL);
	}
}

bool zs_openpgp_parse(struct zs_run *run, const struct zs_source *where, const struct zs_input *input, const char *address,
                      struct zs_openpgp_key *out)
{
	struct parsing p = { run, where, input };
	*out = (struct zs_openpgp_key){ .data = { (const uint8_t *)input->text, input->len } };
	if (!input->len || !((uint8_t)input->text[0] & 0x80))
		if (!read_armour(&p, &out->data))
			return false;
	struct zs_bytes rest = out->data, body;
	unsigned index = 0, tag;
	for (; rest.len; index++) {
		if (index == PACKETS_MAX)
			return wrong(&p, "holds too many packets", NULL);
		if (!take_packet(&rest, &tag, &body))
			return wrong(&p, zs_arena_printf(run->arena, "is damaged: packet %u at octet %zu has no sound length", index + 1, out->data.len - rest.len),
			             NULL);
		if (!check_packet(&p, index, tag, body, address, out))
			return false;
	}
	return true;
}
