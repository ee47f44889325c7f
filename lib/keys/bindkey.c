/* bindkey.c - key files as BIND and ldns read and write them: .key is a DNSKEY record, .private is "Name: value". */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "base/secret.h"
#include "base/text.h"
#include "dns/algorithm.h"
#include "keys/key_private.h"
#include "zone/zone.h"

static const struct {
	const char *name, *param;
} rsa_parts[] = {
	[ZS_KEY_N] = { "Modulus", OSSL_PKEY_PARAM_RSA_N },
	[ZS_KEY_E] = { "PublicExponent", OSSL_PKEY_PARAM_RSA_E },
	[ZS_KEY_D] = { "PrivateExponent", OSSL_PKEY_PARAM_RSA_D },
	[ZS_KEY_P] = { "Prime1", OSSL_PKEY_PARAM_RSA_FACTOR1 },
	[ZS_KEY_Q] = { "Prime2", OSSL_PKEY_PARAM_RSA_FACTOR2 },
	[ZS_KEY_DP] = { "Exponent1", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
	[ZS_KEY_DQ] = { "Exponent2", OSSL_PKEY_PARAM_RSA_EXPONENT2 },
	[ZS_KEY_QI] = { "Coefficient", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
};

/* Names of timing metadata, in the order in which BIND writes them. */
static const struct {
	const char *name;
	size_t offset;
} time_names[] = {
	{ "Publish", offsetof(struct zs_key_times, publish) },   { "Activate", offsetof(struct zs_key_times, activate) },
	{ "Revoke", offsetof(struct zs_key_times, revoke) },     { "Inactive", offsetof(struct zs_key_times, inactive) },
	{ "Delete", offsetof(struct zs_key_times, remove) },     { "SyncPublish", offsetof(struct zs_key_times, sync) },
};

static zs_time *time_at(struct zs_key_times *times, size_t i)
{
	return (zs_time *)(void *)((char *)times + time_names[i].offset);
}

static void add_times(struct zs_buf *out, const struct zs_key *key, const char *prefix)
{
	char digits[15];
	struct zs_key_times times = key->times;
	zs_time_digits(key->created, digits);
	zs_buf_printf(out, "%sCreated: %s\n", prefix, digits);
	for (size_t i = 0; i < ZS_COUNT(time_names); i++)
		if (*time_at(&times, i)) {
			zs_time_digits(*time_at(&times, i), digits);
			zs_buf_printf(out, "%s%s: %s\n", prefix, time_names[i].name, digits);
		}
}

const char *zs_key_public_text(struct zs_arena *arena, const struct zs_key *key, const uint8_t *zone, uint32_t ttl)
{
	char owner[ZS_NAME_TEXT];
	struct zs_buf out = { .arena = arena, .max = 64 * 1024 };
	zs_name_text(zone, owner);
	char *base64 = zs_arena_alloc(arena, key->rdata.len * 2 + 8);
	base64[zs_base64_encode(key->rdata.data + 4, key->rdata.len - 4, base64)] = 0;
	zs_buf_printf(&out, "; This is a %s key, keyid %u, for %s\n", key->flags & ZS_DNSKEY_SEP ? "key-signing" : "zone-signing", key->tag, owner);
	add_times(&out, key, "; ");
	zs_buf_printf(&out, "%s %u IN DNSKEY %u 3 %u %s\n", owner, ttl, key->flags, key->algorithm, base64);
	return zs_buf_string(&out);
}

static void add_base64_line(struct zs_buf *out, const char *name, const uint8_t *data, size_t len)
{
	zs_buf_text(out, name);
	zs_buf_text(out, ": ");
	uint8_t *room = zs_buf_reserve(out, 2 * len + 8);
	if (room)
		out->len += zs_base64_encode(data, len, (char *)room);
	zs_buf_text(out, "\n");
}

static bool add_rsa_lines(struct zs_buf *out, const EVP_PKEY *pkey)
{
	uint8_t octets[1024];
	for (size_t i = 0; i < ZS_COUNT(rsa_parts); i++) {
		BIGNUM *number = NULL;
		if (EVP_PKEY_get_bn_param(pkey, rsa_parts[i].param, &number) != 1)
			return false;
		const bool fits = BN_num_bytes(number) <= (int)sizeof octets;
		if (fits)
			add_base64_line(out, rsa_parts[i].name, octets, (size_t)BN_bn2bin(number, octets));
		BN_clear_free(number);
		if (!fits)
			return false;
	}
	zs_secret_cleanse(octets, sizeof octets);
	return true;
}

/* The secret scalar (ECDSA, padded to the curve's size) or seed (EdDSA). */
static bool add_secret_line(struct zs_buf *out, const struct zs_key *key)
{
	uint8_t octets[64];
	size_t len = sizeof octets;
	bool ok;
	if (zs_key_curve(key->algorithm)) {
		BIGNUM *number = NULL;
		len = zs_algorithm_info(key->algorithm)->public_key_len / 2u;
		ok = EVP_PKEY_get_bn_param(key->private, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1
		  && BN_bn2binpad(number, octets, (int)len) == (int)len;
		BN_clear_free(number);
	} else {
		ok = EVP_PKEY_get_raw_private_key(key->private, octets, &len) == 1;
	}
	if (ok)
		add_base64_line(out, "PrivateKey", octets, len);
	zs_secret_cleanse(octets, sizeof octets);
	return ok;
}

bool zs_key_private_text(struct zs_run *run, const struct zs_key *key, struct zs_buf *out)
{
	const struct zs_algorithm_info *info = zs_algorithm_info(key->algorithm);
	if (!info || !info->signs)
		return zs_error(run, NULL, "zonesign does not sign with algorithm %u", key->algorithm);
	zs_buf_printf(out, "Private-key-format: v1.3\nAlgorithm: %u (%s)\n", key->algorithm, info->mnemonic);
	const bool ok = zs_key_is_rsa(key->algorithm) ? add_rsa_lines(out, key->private) : add_secret_line(out, key);
	add_times(out, key, "");
	return (ok && !out->full) || zs_fail(run, "cannot write key %u: %s", key->tag, zs_hash_openssl_error(run->arena));
}

/* What was said since mark about a text with one line before it. No line of a key file is ever shown. */
static void say_again(struct zs_run *run, const struct zs_run_mark *mark)
{
	for (const struct zs_diag *diag = zs_run_take(run, mark); diag; diag = diag->next) {
		struct zs_diag one = *diag;
		one.next = NULL;
		one.excerpt = NULL;
		one.line -= one.line > 1;
		zs_run_report(run, &one);
	}
}

bool zs_key_read_public(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, const uint8_t *zone,
                        struct zs_key *out)
{
	/* a key file is a zone file with one DNSKEY record; its TTL may be absent, so a default goes before it */
	const struct zs_source whole = { .input = input };
	struct zs_input text = *input;
	if (memmem(input->text, input->len, "PrivateKey", 10) || memmem(input->text, input->len, "Private-key", 11)
	    || memmem(input->text, input->len, "PRIVATE KEY", 11)) {
		zs_error(run, &whole, "this is a private key, where the public half is expected");
		zs_hint(run, "were the two files swapped? The one that ends in .key holds one DNSKEY record; think about who may have read this one");
		return false;
	}
	char *with_ttl = zs_arena_alloc(arena, input->len + 16);
	memcpy(with_ttl, "$TTL 3600 ", 9);
	with_ttl[9] = '\n';
	memcpy(with_ttl + 10, input->text, input->len);
	text.text = with_ttl;
	text.len = input->len + 10;
	const struct zs_zone_options options = { .apex = zone, .dnssec = ZS_DNSSEC_KEEP, .include_never = true, .max_records = 16 };
	struct zs_zone *records;
	const struct zs_run_mark mark = zs_run_mark(run);
	const bool ok = zs_zone_read_text(run, arena, &text, &options, &records);
	say_again(run, &mark);
	if (!ok)
		return false;
	const struct zs_rrset *set = zs_zone_apex_rrset(records, ZS_TYPE_DNSKEY);
	if (!set || set->count != 1 || records->record_count != 1) {
		char name[ZS_NAME_TEXT];
		return zs_error(run, &whole, "not a key file of zone '%s': it must hold one DNSKEY record of that name",
		                zs_name_text(zone, name));
	}
	return zs_key_from_rdata(run, &whole, zs_rrset_rdata(records, set, 0), out);
}

struct private_lines {
	struct zs_key_numbers numbers;
	uint8_t algorithm;
	bool have_format, have_algorithm;
	zs_time created;
	struct zs_key_times times;
};

static bool read_line(struct zs_run *run, struct zs_arena *arena, const struct zs_source *where, const char *line, size_t len,
                      struct private_lines *out)
{
	const char *colon = memchr(line, ':', len);
	if (!colon)
		return zs_error(run, where, "not a line of a private key file (\"Name: value\")");
	const size_t name_len = (size_t)(colon - line);
	const char *value = colon + 1, *end = line + len;
	while (value < end && *value == ' ')
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\r'))
		end--;
	const size_t value_len = (size_t)(end - value);
	if (zs_text_equal(line, name_len, "Private-key-format")) {
		out->have_format = value_len >= 4 && strncmp(value, "v1.", 3) == 0;
		return out->have_format || zs_error(run, where, "private key format v1.2 or v1.3 expected");
	}
	if (zs_text_equal(line, name_len, "Algorithm")) {
		size_t digits = 0;
		while (digits < value_len && value[digits] >= '0' && value[digits] <= '9')
			digits++;
		out->have_algorithm = zs_algorithm_parse(value, digits, &out->algorithm);
		return out->have_algorithm || zs_error(run, where, "an unknown algorithm");
	}
	if (zs_text_equal(line, name_len, "Created"))
		return zs_time_parse_digits(value, value_len, &out->created) || zs_error(run, where, "a bad time");
	for (size_t i = 0; i < ZS_COUNT(time_names); i++)
		if (zs_text_equal(line, name_len, time_names[i].name))
			return zs_time_parse_digits(value, value_len, time_at(&out->times, i)) || zs_error(run, where, "a bad time");
	int part = -1;
	for (size_t i = 0; i < ZS_COUNT(rsa_parts); i++)
		if (zs_text_equal(line, name_len, rsa_parts[i].name))
			part = (int)i;
	if (zs_text_equal(line, name_len, "PrivateKey"))
		part = ZS_KEY_SECRET;
	if (part < 0)
		return true; /* what later formats add */
	size_t bad;
	uint8_t *octets = zs_secret_alloc(arena, value_len + 1);
	const long decoded = zs_base64_decode(value, value_len, octets, &bad);
	if (decoded <= 0)
		return zs_error(run, where, "the value is not base64");
	out->numbers.part[part] = (struct zs_bytes){ octets, (size_t)decoded };
	return true;
}

/* All lines of a private key file, and that none is missing. Without excerpts: the line at fault may be the secret. */
static bool read_lines(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, struct private_lines *lines)
{
	struct zs_input *shown = zs_arena_alloc(run->arena, sizeof *shown);
	uint32_t number = 1;
	shown->path = input->path;
	for (const char *p = input->text, *end = p + input->len; p < end; number++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *stop = newline ? newline : end;
		const struct zs_source where = { .input = shown, .line = number };
		if (stop > p && !read_line(run, arena, &where, p, (size_t)(stop - p), lines))
			return false;
		p = stop + 1;
	}
	const struct zs_source whole = { .input = shown };
	if (!lines->have_format || !lines->have_algorithm)
		return zs_error(run, &whole, "not a private key file (format and algorithm are missing)");
	const bool rsa = zs_key_is_rsa(lines->algorithm);
	for (int i = rsa ? ZS_KEY_N : ZS_KEY_SECRET; i <= (rsa ? ZS_KEY_QI : ZS_KEY_SECRET); i++)
		if (!lines->numbers.part[i].len)
			return zs_error(run, &whole, "the file lacks '%s'", rsa ? rsa_parts[i].name : "PrivateKey");
	return true;
}

/* The public point of a curve's secret number: PowerDNS exports the one without the other. 0: it is no number of the curve. */
static size_t make_point(uint8_t algorithm, struct zs_bytes secret, uint8_t out[ZS_KEY_POINT_MAX])
{
	BIGNUM *number = BN_secure_new();
	const bool ok = number && BN_bin2bn(secret.data, (int)secret.len, number);
	const size_t len = ok ? zs_key_point(algorithm, number, out) : 0;
	BN_clear_free(number);
	return len;
}

bool zs_key_read_private_alone(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, uint16_t flags, struct zs_key *out)
{
	struct private_lines lines = { 0 };
	const struct zs_input shown = { .path = input->path };
	const struct zs_source whole = { .input = &shown };
	uint8_t point[ZS_KEY_POINT_MAX];
	if (!read_lines(run, arena, input, &lines))
		return false;
	const struct zs_algorithm_info *info = zs_algorithm_info(lines.algorithm);
	if (!info || !info->signs)
		return zs_error(run, NULL, "'%s': zonesign does not sign with algorithm %u", input->path, lines.algorithm);
	if (zs_key_curve(lines.algorithm)) {
		const size_t len = make_point(lines.algorithm, lines.numbers.part[ZS_KEY_SECRET], point);
		if (!len)
			return zs_error(run, &whole, "the secret is no number of its curve");
		lines.numbers.point = (struct zs_bytes){ point, len };
	}
	EVP_PKEY *pkey = zs_key_from_numbers(lines.algorithm, &lines.numbers);
	if (!pkey)
		return zs_error(run, &whole, "OpenSSL does not take the private key: %s", zs_hash_openssl_error(run->arena));
	if (!zs_key_from_pkey(run, arena, pkey, lines.algorithm, flags, out))
		return false;
	out->created = lines.created ? lines.created : run->now;
	out->times = lines.times;
	return true;
}

bool zs_key_read_private(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, struct zs_key *key)
{
	struct private_lines lines = { 0 };
	if (!read_lines(run, arena, input, &lines))
		return false;
	const struct zs_input shown = { .path = input->path };
	const struct zs_source whole = { .input = &shown };
	if (lines.algorithm != key->algorithm)
		return zs_error(run, &whole, "the private key has algorithm %u, the public one %u (G10)", lines.algorithm, key->algorithm);
	uint8_t point[ZS_KEY_POINT_MAX] = { 4 };
	if (zs_key_curve(key->algorithm)) {
		if (key->rdata.len - 4 != zs_algorithm_info(key->algorithm)->public_key_len)
			return zs_error(run, &whole, "the public key has %zu octets", key->rdata.len - 4);
		memcpy(point + 1, key->rdata.data + 4, key->rdata.len - 4);
		lines.numbers.point = (struct zs_bytes){ point, key->rdata.len - 3 };
	}
	EVP_PKEY *pkey = zs_key_from_numbers(key->algorithm, &lines.numbers);
	if (!pkey)
		return zs_error(run, &whole, "OpenSSL does not take the private key: %s", zs_hash_openssl_error(run->arena));
	zs_key_own(arena, pkey);
	key->private = pkey;
	key->created = lines.created;
	key->times = lines.times;
	return true;
}
