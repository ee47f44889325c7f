/* name.c - domain names in wire form. */
#include "dns/name.h"

#include <stdio.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/bytes.h"
#include "base/hash.h"

static size_t fail(struct zs_name_error *error, const char *message, size_t offset)
{
	*error = (struct zs_name_error){ .message = message, .offset = offset };
	return 0;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The octet that the escape at text[*at] (after the backslash) stands for; *at moves past it. -1: not an escape. */
static int unescape(const char *text, size_t len, size_t *at)
{
	if (*at >= len)
		return -1;
	if (!digit(text[*at]))
		return (unsigned char)text[(*at)++];
	if (len - *at < 3 || !digit(text[*at + 1]) || !digit(text[*at + 2]))
		return -1;
	const int value = (text[*at] - '0') * 100 + (text[*at + 1] - '0') * 10 + text[*at + 2] - '0';
	if (value > 255)
		return -1;
	*at += 3;
	return value;
}

size_t zs_name_parse(const char *text, size_t len, const uint8_t *origin, uint8_t out[ZS_NAME_MAX],
                     struct zs_name_error *error)
{
	static const uint8_t root[1] = { 0 };
	if (!origin)
		origin = root;
	if (len == 1 && text[0] == '@') {
		const size_t origin_len = zs_name_len(origin);
		memcpy(out, origin, origin_len);
		return origin_len;
	}
	if (len == 1 && text[0] == '.') {
		out[0] = 0;
		return 1;
	}
	if (!len)
		return fail(error, "an empty name", 0);
	size_t used = 1, label = 0; /* out[label] is the length octet of the label at work */
	bool absolute = false;
	for (size_t i = 0; i < len;) {
		const size_t start = i;
		int c = (unsigned char)text[i++];
		if (c == '.') {
			if (used - label == 1)
				return fail(error, "an empty label", start);
			out[label] = (uint8_t)(used - label - 1);
			if (i == len) {
				absolute = true;
				break;
			}
			label = used++;
			if (used > ZS_NAME_MAX - 1)
				return fail(error, "the name is longer than 255 octets", start);
			continue;
		}
		if (c == '\\') {
			c = unescape(text, len, &i);
			if (c < 0)
				return fail(error, "a bad escape; \\DDD takes 000 to 255", start);
		}
		if (used - label > ZS_LABEL_MAX)
			return fail(error, "a label is longer than 63 octets", start);
		if (used >= ZS_NAME_MAX - 1)
			return fail(error, "the name is longer than 255 octets", start);
		out[used++] = (uint8_t)c;
	}
	if (absolute) {
		out[used++] = 0;
		return used;
	}
	out[label] = (uint8_t)(used - label - 1);
	const size_t origin_len = zs_name_len(origin);
	if (used + origin_len > ZS_NAME_MAX)
		return fail(error, "the name with its origin is longer than 255 octets", 0);
	memcpy(out + used, origin, origin_len);
	return used + origin_len;
}

/* Octets that are written as they are. Knot reads no others unescaped, though BIND, NSD and RFC 1035 section 5.1 do: its server would
 * refuse the whole zone for one '+' in a mailbox. */
static bool plain(uint8_t c)
{
	const uint8_t lower = zs_octet_lower(c);
	return (lower >= 'a' && lower <= 'z') || digit((char)c) || c == '-' || c == '_' || c == '*' || c == '/';
}

#ifdef __SSE2__
enum { BLOCK = 16 };

/* Bits of the octets that are letters, digits, '_' or from '-' to '/'; *dots gets those of dots. */
static unsigned usual_of(const char *p, unsigned *dots)
{
	const __m128i octets = _mm_loadu_si128((const __m128i *)(const void *)p);
	const __m128i lower = _mm_or_si128(octets, _mm_set1_epi8(0x20)); /* signed: above 127 is below all */
	const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)), _mm_cmplt_epi8(lower, _mm_set1_epi8('z' + 1)));
	const __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(octets, _mm_set1_epi8('-' - 1)), _mm_cmplt_epi8(octets, _mm_set1_epi8('9' + 1)));
	const __m128i bar = _mm_cmpeq_epi8(octets, _mm_set1_epi8('_'));
	*dots = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(octets, _mm_set1_epi8('.')));
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letter, digit), bar));
}

/* The text of a name that has nothing to escape and no unusual octets; 0: it may have. Text is the wire form without its first
 * length, and with a dot for each of the others, which are then the only ones. */
static size_t format_usual(const uint8_t *name, char out[ZS_NAME_TEXT])
{
	const size_t len = zs_name_len(name) - 1;
	unsigned ends[ZS_NAME_MAX / BLOCK + 1] = { 0 }, dots; /* of labels, per block */
	memcpy(out, name + 1, len);
	for (size_t at = 0; name[at]; at += 1u + name[at]) {
		const size_t end = at + name[at];
		out[end] = '.';
		ends[end / BLOCK] |= 1u << end % BLOCK;
	}
	for (size_t at = 0; at < len; at += BLOCK) {
		const unsigned wanted = len - at < BLOCK ? (1u << (len - at)) - 1 : 0xffffu;
		if (~usual_of(out + at, &dots) & wanted || (dots & wanted) != ends[at / BLOCK])
			return 0;
	}
	out[len] = 0;
	return len;
}
#else
static size_t format_usual(const uint8_t *name, char out[ZS_NAME_TEXT])
{
	(void)name, (void)out;
	return 0;
}
#endif

size_t zs_name_format(const uint8_t *name, char out[ZS_NAME_TEXT])
{
	const size_t usual = format_usual(name, out);
	char *p = out;
	if (usual)
		return usual;
	if (!*name)
		*p++ = '.';
	while (*name) {
		const uint8_t *end = name + 1 + *name;
		for (name++; name < end; name++) {
			while (name < end && plain(*name))
				*p++ = (char)*name++;
			if (name == end)
				break;
			/* to some "\#" begins data of RFC 3597; "\[" a bit label of RFC 2673, which BIND refuses; behind "\\" NSD 4.6 sees
			 * no end of the name or label */
			if (*name > ' ' && *name < 127 && *name != '#' && *name != '[' && *name != '\\') {
				*p++ = '\\';
				*p++ = (char)*name;
			} else {
				*p++ = '\\';
				*p++ = (char)('0' + *name / 100);
				*p++ = (char)('0' + *name / 10 % 10);
				*p++ = (char)('0' + *name % 10);
			}
		}
		*p++ = '.';
	}
	*p = 0;
	return (size_t)(p - out);
}

const char *zs_name_text(const uint8_t *name, char out[ZS_NAME_TEXT])
{
	zs_name_format(name, out);
	return out;
}

const char *zs_name_path(const uint8_t *name, char out[ZS_NAME_PATH])
{
	char *p = out;
	if (!*name)
		*p++ = '@';
	while (*name) {
		const uint8_t *end = name + 1 + *name;
		for (name++; name < end; name++) {
			const uint8_t c = zs_octet_lower(*name);
			if ((c >= 'a' && c <= 'z') || digit((char)c) || c == '_' || c == '-')
				*p++ = (char)c;
			else
				p += sprintf(p, "%%%02X", c);
		}
		if (*name)
			*p++ = '.';
	}
	*p = 0;
	return out;
}

bool zs_name_from_path(const char *path, uint8_t out[ZS_NAME_MAX])
{
	char text[ZS_NAME_TEXT], again[ZS_NAME_PATH];
	struct zs_name_error error;
	size_t len = 0;
	for (const char *p = path; *p; p++) {
		if (len + 4 >= sizeof text)
			return false;
		if (*p != '%') {
			text[len++] = *p;
			continue;
		}
		const int high = zs_hex_value(p[1]), low = high < 0 ? -1 : zs_hex_value(p[2]);
		if (low < 0)
			return false;
		len += (size_t)sprintf(text + len, "\\%03d", 16 * high + low);
		p += 2;
	}
	return zs_name_parse(strcmp(path, "@") == 0 ? "." : text, strcmp(path, "@") == 0 ? 1 : len, NULL, out, &error)
	    && strcmp(zs_name_path(out, again), path) == 0;
}

size_t zs_name_len(const uint8_t *name)
{
	const uint8_t *p = name;
	while (*p)
		p += 1 + *p;
	return (size_t)(p - name) + 1;
}

unsigned zs_name_labels(const uint8_t *name)
{
	unsigned labels = 0;
	for (; *name; name += 1 + *name)
		labels++;
	return labels;
}

size_t zs_name_check(const uint8_t *data, size_t len)
{
	size_t used = 0;
	while (used < len && data[used]) {
		if (data[used] > ZS_LABEL_MAX)
			return 0;
		used += 1u + data[used];
	}
	return used < len && used < ZS_NAME_MAX ? used + 1 : 0;
}

size_t zs_fold_difference(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i = 0;
	for (;;) {
		for (; i + 8 <= len; i += 8) { /* most octets are the same also in case */
			uint64_t left, right;
			memcpy(&left, a + i, 8);
			memcpy(&right, b + i, 8);
			if (left != right)
				break;
		}
		while (i < len && a[i] == b[i])
			i++;
		if (i == len || zs_octet_lower(a[i]) != zs_octet_lower(b[i]))
			return i;
		i++;
	}
}

static int compare_labels(const uint8_t *a, const uint8_t *b)
{
	const unsigned a_len = *a++, b_len = *b++;
	const unsigned common = a_len < b_len ? a_len : b_len;
	const size_t i = zs_fold_difference(a, b, common);
	return i < common ? zs_octet_lower(a[i]) - zs_octet_lower(b[i]) : (int)a_len - (int)b_len;
}

/* Pointers to the labels of name, left to right; returns their number (at most 127). */
static unsigned split(const uint8_t *name, const uint8_t *labels[128])
{
	unsigned count = 0;
	for (; *name; name += 1 + *name)
		labels[count++] = name;
	return count;
}

int zs_name_compare(const uint8_t *a, const uint8_t *b)
{
	const uint8_t *a_labels[128], *b_labels[128];
	unsigned a_count = split(a, a_labels), b_count = split(b, b_labels);
	while (a_count && b_count) {
		const int order = compare_labels(a_labels[--a_count], b_labels[--b_count]);
		if (order)
			return order;
	}
	return (int)a_count - (int)b_count;
}

bool zs_name_equal(const uint8_t *a, const uint8_t *b)
{
	for (;;) {
		const unsigned len = *a;
		if (len != *b)
			return false;
		if (!len)
			return true;
		if (zs_fold_difference(a + 1, b + 1, len) < len)
			return false;
		a += 1 + len;
		b += 1 + len;
	}
}

const uint8_t *zs_name_skip(const uint8_t *name, unsigned count)
{
	while (count--)
		name += 1 + *name;
	return name;
}

bool zs_name_ends_in(const uint8_t *name, size_t len, const uint8_t *ancestor, size_t ancestor_len)
{
	if (len < ancestor_len)
		return false;
	const uint8_t *end = name + (len - ancestor_len); /* length octets have no case: names may be compared as octets */
	if (memcmp(end, ancestor, ancestor_len) != 0 && zs_fold_difference(end, ancestor, ancestor_len) < ancestor_len)
		return false;
	while (name < end)
		name += 1 + *name;
	return name == end;
}

bool zs_name_within(const uint8_t *name, const uint8_t *ancestor)
{
	return zs_name_ends_in(name, zs_name_len(name), ancestor, zs_name_len(ancestor));
}

bool zs_name_below(const uint8_t *name, const uint8_t *ancestor)
{
	const size_t len = zs_name_len(name), ancestor_len = zs_name_len(ancestor);
	return len > ancestor_len && zs_name_ends_in(name, len, ancestor, ancestor_len);
}

unsigned zs_name_common_labels(const uint8_t *a, const uint8_t *b)
{
	const uint8_t *a_labels[128], *b_labels[128];
	unsigned a_count = split(a, a_labels), b_count = split(b, b_labels), common = 0;
	while (a_count && b_count && compare_labels(a_labels[--a_count], b_labels[--b_count]) == 0)
		common++;
	return common;
}

void zs_name_lower(const uint8_t *name, size_t len, uint8_t *out)
{
	for (size_t i = 0; i < len; i++)
		out[i] = zs_octet_lower(name[i]);
}

uint32_t zs_name_shard(const uint8_t *name, uint32_t of)
{
	uint8_t lower[ZS_NAME_MAX];
	const size_t len = zs_name_len(name);
	zs_name_lower(name, len, lower);
	return (uint32_t)(zs_fnv1a(lower, len) % of) + 1;
}
