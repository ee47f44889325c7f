/* svcb.c - SvcParams: their keys, their rules on the wire, their text. */
#include "dns/svcb.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const names[ZS_SVCB_NAMED] = {
	"mandatory", "alpn",     "no-default-alpn", "port",  "ipv4hint",
	"ech",       "ipv6hint", "dohpath",         "ohttp", "tls-supported-groups"
};

long zs_svcb_key(const char *text, size_t len)
{
	uint64_t number;
	for (int key = 0; key < ZS_SVCB_NAMED; key++)
		if (strlen(names[key]) == len && memcmp(names[key], text, len) == 0)
			return key;
	if (len < 4 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && len > 4))
		return -1;
	return zs_read_decimal(text + 3, len - 3, ZS_SVCB_INVALID, &number) ? (long)number : -1;
}

const char *zs_svcb_key_text(uint16_t key, char out[ZS_SVCB_KEY_TEXT])
{
	if (key < ZS_SVCB_NAMED)
		snprintf(out, ZS_SVCB_KEY_TEXT, "%s", names[key]);
	else
		snprintf(out, ZS_SVCB_KEY_TEXT, "key%u", key);
	return out;
}

/* RFC 9460 section 7.1: identifiers behind their length, none empty. */
static const char *alpn_fault(const uint8_t *p, size_t len)
{
	if (!len)
		return "is empty";
	for (size_t i = 0; i < len; i += 1u + p[i])
		if (!p[i] || len - i - 1 < p[i])
			return "has an identifier that is empty or cut off";
	return NULL;
}

/* RFC 3629 section 4: the octets of the character at p, 0 if they are none. */
static size_t utf8_len(const uint8_t *p, size_t len)
{
	const size_t size = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
	if (size > len)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90)
	    || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return size;
}

/* Does one of the variables of a template's expression ("?dns,x", between its braces) have the name dns? */
static bool names_dns(const uint8_t *p, const uint8_t *end)
{
	if (p < end && strchr("+#./;?&", *p))
		p++;
	while (p < end) {
		const uint8_t *comma = memchr(p, ',', (size_t)(end - p));
		const uint8_t *stop = comma ? comma : end;
		if (stop - p == 3 && memcmp(p, "dns", 3) == 0)
			return true;
		p = stop + 1;
	}
	return false;
}

/* RFC 9461 section 5: a relative URI template with the variable dns, in UTF-8. */
static const char *dohpath_fault(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	bool dns = false;
	if (!len || *p != '/')
		return "does not begin with '/' (RFC 9461 section 5)";
	for (const uint8_t *q = p; q < end;) {
		const size_t size = utf8_len(q, (size_t)(end - q));
		if (!size)
			return "is not UTF-8 (RFC 9461 section 5)";
		const uint8_t *close = *q == '{' ? memchr(q, '}', (size_t)(end - q)) : NULL;
		dns = dns || (close && names_dns(q + 1, close));
		q += size;
	}
	return dns ? NULL : "has no variable 'dns', as /dns-query{?dns} (RFC 9461 section 5)";
}

static const char *value_fault(uint16_t key, const uint8_t *p, size_t len)
{
	switch (key) {
	case ZS_SVCB_MANDATORY: case ZS_SVCB_TLS_SUPPORTED_GROUPS:
		return !len ? "is empty" : len % 2 ? "has an odd number of octets" : NULL;
	case ZS_SVCB_ALPN:
		return alpn_fault(p, len);
	case ZS_SVCB_NO_DEFAULT_ALPN: case ZS_SVCB_OHTTP:
		return len ? "must be empty" : NULL;
	case ZS_SVCB_PORT:
		return !len ? "is empty" : len != 2 ? "is no 16-bit number" : NULL;
	case ZS_SVCB_IPV4HINT:
		return !len ? "is empty" : len % 4 ? "is no list of IPv4 addresses" : NULL;
	case ZS_SVCB_IPV6HINT:
		return !len ? "is empty" : len % 16 ? "is no list of IPv6 addresses" : NULL;
	case ZS_SVCB_ECH:
		return len ? NULL : "is empty";
	case ZS_SVCB_DOHPATH:
		return dohpath_fault(p, len);
	case ZS_SVCB_INVALID:
		return "cannot be: the key is reserved as invalid (RFC 9460 section 14.3)";
	default:
		return NULL;
	}
}

/* Is wanted among the parameters? They are sorted, and the list asked for is too: *p goes on from the last call. */
static bool present(const uint8_t **p, const uint8_t *end, uint16_t wanted)
{
	while (*p < end && zs_get_u16(*p) < wanted)
		*p += 4 + zs_get_u16(*p + 2);
	return *p < end && zs_get_u16(*p) == wanted;
}

/* RFC 9460 section 8: each key once, rising, not mandatory itself, and each of them in the record. */
static bool check_mandatory(struct zs_rdata_wire *in, const uint8_t *start)
{
	const uint8_t *end = in->data + in->len, *p = start;
	char key[ZS_SVCB_KEY_TEXT];
	if (start == end || zs_get_u16(start) != ZS_SVCB_MANDATORY)
		return true;
	const unsigned len = zs_get_u16(start + 2);
	for (unsigned i = 0; i < len; i += 2) {
		const uint16_t wanted = zs_get_u16(start + 4 + i);
		zs_svcb_key_text(wanted, key);
		if (wanted == ZS_SVCB_MANDATORY)
			return zs_wire_fail(in, "the value of mandatory lists mandatory itself (RFC 9460 section 8)");
		if (i && wanted == zs_get_u16(start + 2 + i))
			return zs_wire_fail(in, "the value of mandatory lists %s twice (RFC 9460 section 8)", key);
		if (i && wanted < zs_get_u16(start + 2 + i))
			return zs_wire_fail(in, "the value of mandatory is not sorted (RFC 9460 section 8)");
		if (!present(&p, end, wanted))
			return zs_wire_fail(
			    in, "mandatory lists %s, which the record does not have (RFC 9460 section 8)", key);
	}
	return true;
}

bool zs_svcb_check(struct zs_rdata_wire *in, uint16_t *key)
{
	const uint8_t *start = in->data + in->at;
	char text[ZS_SVCB_KEY_TEXT];
	bool alpn = false, no_default = false;
	for (long last = -1; in->at < in->len; last = *key) {
		const uint8_t *head = zs_wire_take(in, 4);
		const uint8_t *value = head ? zs_wire_take(in, zs_get_u16(head + 2)) : NULL;
		if (!value)
			return false;
		*key = zs_get_u16(head);
		zs_svcb_key_text(*key, text);
		if (*key <= last)
			return zs_wire_fail(in, "key %s %s (RFC 9460 section 2.2)", text,
			                    *key == last ? "is there twice" : "does not stand in rising order");
		const char *fault = value_fault(*key, value, zs_get_u16(head + 2));
		if (fault)
			return zs_wire_fail(in, "the value of %s %s", text, fault);
		alpn = alpn || *key == ZS_SVCB_ALPN;
		no_default = no_default || *key == ZS_SVCB_NO_DEFAULT_ALPN;
	}
	*key = ZS_SVCB_NO_DEFAULT_ALPN;
	if (no_default && !alpn) {
		zs_wire_fail(in, "no-default-alpn needs alpn beside it (RFC 9460 section 7.1.1)");
		return zs_rdata_advise(in->error, "without both, there would be no protocol to speak");
	}
	*key = ZS_SVCB_MANDATORY;
	return check_mandatory(in, start);
}

bool zs_wire_svcparams(struct zs_rdata_wire *in)
{
	uint16_t key;
	return zs_svcb_check(in, &key);
}

/* The list's own escapes (appendix A.1), then those of the string: a comma in an identifier is "\\,". */
static void format_alpn(const uint8_t *p, size_t len, struct zs_buf *out)
{
	for (const uint8_t *end = p + len; p < end; p += 1 + *p) {
		for (unsigned i = 1; i <= *p; i++) {
			if (p[i] == ',' || p[i] == '\\')
				zs_buf_text(out, "\\\\");
			zs_format_escaped(p + i, 1, out);
		}
		if (p + 1 + *p < end)
			zs_buf_octet(out, ',');
	}
}

/* Keys younger than RFC 9460 by number: BIND 9.18 and ldns 1.8 do not know their names. */
static void format_key(uint16_t key, struct zs_buf *out)
{
	char text[ZS_SVCB_KEY_TEXT];
	if (key >= ZS_SVCB_DOHPATH)
		zs_buf_printf(out, "key%u", key);
	else
		zs_buf_text(out, zs_svcb_key_text(key, text));
}

static void format_item(uint16_t key, const uint8_t *p, struct zs_buf *out)
{
	if (key == ZS_SVCB_IPV4HINT)
		zs_format_ipv4(p, out);
	else if (key == ZS_SVCB_IPV6HINT)
		zs_format_ipv6(p, out);
	else if (key == ZS_SVCB_MANDATORY)
		format_key(zs_get_u16(p), out);
	else
		zs_format_number(zs_get_u16(p), out);
}

static void format_value(uint16_t key, const uint8_t *p, size_t len, struct zs_buf *out)
{
	size_t size = 2; /* MANDATORY, PORT */
	switch (key) {
	case ZS_SVCB_IPV6HINT:
		size = 16;
		break;
	case ZS_SVCB_IPV4HINT:
		size = 4;
		break;
	case ZS_SVCB_MANDATORY: case ZS_SVCB_PORT:
		break;
	case ZS_SVCB_ECH:
		zs_format_base64(p, len, out);
		return;
	default:
		zs_buf_octet(out, '"');
		if (key == ZS_SVCB_ALPN)
			format_alpn(p, len, out);
		else
			zs_format_escaped(p, len, out);
		zs_buf_octet(out, '"');
		return;
	}
	for (size_t i = 0; i < len; i += size) {
		if (i)
			zs_buf_octet(out, ',');
		format_item(key, p + i, out);
	}
}

void zs_format_svcparams(const uint8_t *data, const uint8_t *end, struct zs_buf *out)
{
	for (const uint8_t *p = data; p < end; p += 4 + zs_get_u16(p + 2)) {
		const uint16_t key = zs_get_u16(p), len = zs_get_u16(p + 2);
		if (p > data)
			zs_buf_octet(out, ' ');
		format_key(key, out);
		if (len || key >= ZS_SVCB_DOHPATH) { /* PowerDNS reads no key without a value that it does not know */
			zs_buf_octet(out, '=');
			format_value(key, p + 4, len, out);
		}
	}
}
