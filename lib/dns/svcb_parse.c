/* svcb_parse.c - SvcParams from text: RFC 9460 section 2.1 and appendix A. */
#include "dns/svcb.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { PARAMS_MAX = ZS_RDATA_MAX / 4 };

/* One parameter of the text, its value in wire form in `values`. */
struct param {
	uint16_t key, len;
	uint32_t start, token;
};

struct params {
	struct zs_rdata_text *in;
	struct param list[PARAMS_MAX];
	size_t count;
	uint8_t values[ZS_RDATA_MAX];
	size_t values_len;
};

/* The value at work: text behind the "=", between the quotes if there are any; offset in its token. */
struct value {
	const char *text;
	size_t len, offset;
};

static bool no_key(struct params *params, const char *text, size_t len, size_t offset)
{
	char shown[ZS_SHOWN_TEXT];
	zs_read_fail(params->in, offset, "'%s' is no service parameter key", zs_token_shown(text, len, shown));
	for (uint16_t key = 0; key < ZS_SVCB_NAMED; key++) {
		char name[ZS_SVCB_KEY_TEXT];
		if (zs_text_equal(text, len, zs_svcb_key_text(key, name)))
			return zs_rdata_advise(params->in->error, "keys are in lower case: %s", name);
	}
	return zs_rdata_advise(params->in->error,
	                       "keys are as alpn, port, ipv4hint, or key and a number up to 65534 without leading "
	                       "zeros (RFC 9460 section 2.1)");
}

static uint8_t *room(struct params *params, size_t size)
{
	if (ZS_RDATA_MAX - params->values_len >= size)
		return params->values + params->values_len;
	zs_read_fail(params->in, 0, "the RDATA is longer than %d octets", ZS_RDATA_MAX);
	return NULL;
}

static bool put_u16(struct params *params, uint16_t number)
{
	uint8_t *to = room(params, 2);
	if (!to)
		return false;
	zs_put_u16(to, number);
	params->values_len += 2;
	return true;
}

static bool put_unescaped(struct params *params, const struct value *value)
{
	size_t bad = 0;
	const long len = zs_unescape(value->text, value->len, params->values + params->values_len,
	                             ZS_RDATA_MAX - params->values_len, &bad);
	if (len < 0)
		return zs_read_fail(params->in, value->offset + bad,
		                    "a bad escape, or a value that is too long; \\DDD takes 000 to 255");
	params->values_len += (size_t)len;
	return true;
}

/* RFC 9460 appendix A.1: the value is a string first (escapes undone by put_unescaped), then a list in which "\," is
 * a comma and "\\" a backslash. Turns the string at start into length-prefixed items, which are never longer. */
static bool put_alpn(struct params *params, const struct value *value)
{
	uint8_t *const start = room(params, 1); /* one octet more than the string: the first item's length */
	if (!start)
		return false;
	params->values_len++;
	if (!put_unescaped(params, value))
		return false;
	const uint8_t *end = params->values + params->values_len, *p = start + 1;
	uint8_t *to = start;
	for (;;) {
		uint8_t *const length = to++;
		while (p < end && *p != ',') {
			if (*p == '\\' && (++p == end || (*p != ',' && *p != '\\')))
				return zs_read_fail(
				    params->in, value->offset,
				    "a bad escape in the list; \\\\, is a comma and \\\\\\\\ a backslash");
			*to++ = *p++;
		}
		const size_t len = (size_t)(to - length) - 1;
		if (len < 1 || len > 255)
			return zs_read_fail(params->in, value->offset,
			                    "an alpn identifier has 1 to 255 octets, here is one of %zu", len);
		*length = (uint8_t)len;
		if (p++ == end)
			break;
	}
	params->values_len = (size_t)(to - params->values);
	return true;
}

/* One item of a list without escapes. */
typedef bool put_item(struct params *params, const char *text, size_t len, size_t offset);

static bool put_list(struct params *params, const struct value *value, put_item *put)
{
	for (size_t at = 0;;) {
		const char *comma = memchr(value->text + at, ',', value->len - at);
		const size_t len = comma ? (size_t)(comma - value->text) - at : value->len - at;
		if (!put(params, value->text + at, len, value->offset + at))
			return false;
		if (!comma)
			return true;
		at += len + 1;
	}
}

static bool put_key(struct params *params, const char *text, size_t len, size_t offset)
{
	const long key = zs_svcb_key(text, len);
	return key < 0 ? no_key(params, text, len, offset) : put_u16(params, (uint16_t)key);
}

static bool put_group(struct params *params, const char *text, size_t len, size_t offset)
{
	char shown[ZS_SHOWN_TEXT];
	uint64_t number;
	if (!zs_read_decimal(text, len, UINT16_MAX, &number))
		return zs_read_fail(params->in, offset, "'%s' is no number from 0 to 65535",
		                    zs_token_shown(text, len, shown));
	return put_u16(params, (uint16_t)number);
}

static bool put_address(struct params *params, const char *text, size_t len, size_t offset, bool six)
{
	char shown[ZS_SHOWN_TEXT];
	uint8_t *to = room(params, six ? 16 : 4);
	if (!to)
		return false;
	if (!(six ? zs_ipv6_parse(text, len, to) : zs_ipv4_parse(text, len, to)))
		return zs_read_fail(params->in, offset, "'%s' is not an IPv%c address",
		                    zs_token_shown(text, len, shown), six ? '6' : '4');
	params->values_len += six ? 16 : 4;
	return true;
}

static bool put_ipv4(struct params *params, const char *text, size_t len, size_t offset)
{
	return put_address(params, text, len, offset, false);
}

static bool put_ipv6(struct params *params, const char *text, size_t len, size_t offset)
{
	return put_address(params, text, len, offset, true);
}

static bool put_ech(struct params *params, const struct value *value)
{
	size_t bad;
	uint8_t *to = room(params, value->len / 4 * 3);
	const long len = to ? zs_base64_decode(value->text, value->len, to, &bad) : 0;
	if (!to)
		return false;
	if (len < 0)
		return zs_read_fail(params->in, value->offset + bad, "the value of ech is no base64");
	params->values_len += (size_t)len;
	return true;
}

static int compare_u16(const void *a, const void *b)
{
	return zs_get_u16(a) - zs_get_u16(b);
}

static bool put_value(struct params *params, uint16_t key, const struct value *value)
{
	const size_t start = params->values_len;
	switch (key) {
	case ZS_SVCB_MANDATORY:
		if (!put_list(params, value, put_key))
			return false;
		/* section 8: any order in text, rising on the wire */
		qsort(params->values + start, (params->values_len - start) / 2, 2, compare_u16);
		return true;
	case ZS_SVCB_ALPN:
		return put_alpn(params, value);
	case ZS_SVCB_PORT:
		return put_group(params, value->text, value->len, value->offset);
	case ZS_SVCB_IPV4HINT:
		return put_list(params, value, put_ipv4);
	case ZS_SVCB_IPV6HINT:
		return put_list(params, value, put_ipv6);
	case ZS_SVCB_ECH:
		return put_ech(params, value);
	case ZS_SVCB_TLS_SUPPORTED_GROUPS:
		return put_list(params, value, put_group);
	default:
		return put_unescaped(params, value);
	}
}

/* What is behind the "=": in quotes from end to end, or without a quote. */
static bool find_value(struct params *params, const struct zs_token *token, size_t start, struct value *value)
{
	const bool quoted = start < token->len && token->text[start] == '"';
	size_t end = start + quoted;
	for (; end < token->len && token->text[end] != '"'; end++)
		if (token->text[end] == '\\' && end + 1 < token->len)
			end++;
	if (quoted && end == token->len)
		return zs_read_fail(params->in, start, "the quote is not closed");
	if (end + quoted != token->len)
		return zs_read_fail(params->in, end,
		                    "a quote within the value: quotes go around all of it, or are written \\\"");
	*value = (struct value){ token->text + start + quoted, end - start - quoted, start + quoted };
	return true;
}

/* key, key=value, key="value" */
static bool read_param(struct params *params)
{
	struct zs_rdata_text *in = params->in;
	const struct zs_token *token = zs_read_token(in);
	if (!token)
		return false;
	const char *equals = memchr(token->text, '=', token->len), *end = token->text + token->len;
	const size_t name_len = equals ? (size_t)(equals - token->text) : token->len;
	const long key = zs_svcb_key(token->text, name_len);
	if (key < 0)
		return no_key(params, token->text, name_len, 0);
	if (params->count == PARAMS_MAX)
		return zs_read_fail(in, 0, "the RDATA is longer than %d octets", ZS_RDATA_MAX);
	struct value value = { end, 0, token->len };
	if (equals && !find_value(params, token, name_len + 1, &value))
		return false;
	struct param *param = &params->list[params->count++];
	*param = (struct param){ (uint16_t)key, 0, (uint32_t)params->values_len, (uint32_t)in->at - 1 };
	/* keyNNNNN has the wire's octets, also where the key has a name: section 2.1 */
	const bool generic = memcmp(token->text, "key", 3) == 0;
	if (!(generic || !value.len ? put_unescaped(params, &value) : put_value(params, (uint16_t)key, &value)))
		return false;
	param->len = (uint16_t)(params->values_len - param->start);
	return true;
}

static int compare_params(const void *a, const void *b)
{
	const struct param *x = a, *y = b;
	return x->key != y->key ? x->key - y->key : (x->token > y->token) - (x->token < y->token);
}

static size_t token_of(const struct params *params, uint16_t key)
{
	for (size_t i = 0; i < params->count; i++)
		if (params->list[i].key == key)
			return params->list[i].token;
	return params->in->at - 1;
}

static bool join(struct params *params)
{
	struct zs_rdata_text *in = params->in;
	for (size_t i = 0; i < params->count; i++) {
		const struct param *param = &params->list[i];
		char key[ZS_SVCB_KEY_TEXT];
		if (i && param->key == param[-1].key)
			return zs_rdata_fail(in->error, param->token, 0, "key '%s' is given twice",
			                     zs_svcb_key_text(param->key, key));
		if (ZS_RDATA_MAX - in->len < 4u + param->len)
			return zs_read_room(in, ZS_RDATA_MAX + 1) != NULL;
		uint8_t *to = in->out + in->len;
		zs_put_u16(to, param->key);
		zs_put_u16(to + 2, param->len);
		memcpy(to + 4, params->values + param->start, param->len);
		in->len += 4u + param->len;
	}
	return true;
}

bool zs_read_svcparams(struct zs_rdata_text *in)
{
	struct params params; /* some 260 KiB, of which small records touch little */
	params.in = in;
	params.count = params.values_len = 0;
	bool sorted = true;
	while (in->at < in->count) {
		if (!read_param(&params))
			return false;
		const size_t i = params.count - 1;
		sorted = sorted && (!i || params.list[i].key > params.list[i - 1].key);
	}
	if (!sorted)
		qsort(params.list, params.count, sizeof *params.list, compare_params);
	struct zs_rdata_wire wire = {
		.data = in->out, .at = in->len, .info = in->info, .field = in->field, .error = in->error
	};
	uint16_t key = 0;
	if (!join(&params))
		return false;
	wire.len = in->len;
	if (zs_svcb_check(&wire, &key))
		return true;
	in->error->token = token_of(&params, key);
	in->error->offset = 0;
	return false;
}
