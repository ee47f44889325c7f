/* line.c - names and numbers of simple zone file lines. */
#include "dns/line.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "dns/name.h"

#define N ZS_LINE_NAME
#define B ZS_LINE_BLANK
#define E ZS_LINE_END
/* Octets above 126 are told to the user, so they are not simple. */
const uint8_t zs_line_kinds[256] = {
	['\0'] = E, ['\t'] = B, ['\n'] = E, ['\r'] = E, [' '] = B, ['!'] = N, ['#'] = N, ['$'] = N, ['%'] = N, ['&'] = N, ['\''] = N,
	['*'] = N, ['+'] = N, [','] = N, ['-'] = N, ['/'] = N, ['0'] = N, ['1'] = N, ['2'] = N, ['3'] = N, ['4'] = N, ['5'] = N,
	['6'] = N, ['7'] = N, ['8'] = N, ['9'] = N, [':'] = N, [';'] = E, ['<'] = N, ['='] = N, ['>'] = N, ['?'] = N, ['A'] = N,
	['B'] = N, ['C'] = N, ['D'] = N, ['E'] = N, ['F'] = N, ['G'] = N, ['H'] = N, ['I'] = N, ['J'] = N, ['K'] = N, ['L'] = N,
	['M'] = N, ['N'] = N, ['O'] = N, ['P'] = N, ['Q'] = N, ['R'] = N, ['S'] = N, ['T'] = N, ['U'] = N, ['V'] = N, ['W'] = N,
	['X'] = N, ['Y'] = N, ['Z'] = N, ['['] = N, [']'] = N, ['^'] = N, ['_'] = N, ['`'] = N, ['a'] = N, ['b'] = N, ['c'] = N,
	['d'] = N, ['e'] = N, ['f'] = N, ['g'] = N, ['h'] = N, ['i'] = N, ['j'] = N, ['k'] = N, ['l'] = N, ['m'] = N, ['n'] = N,
	['o'] = N, ['p'] = N, ['q'] = N, ['r'] = N, ['s'] = N, ['t'] = N, ['u'] = N, ['v'] = N, ['w'] = N, ['x'] = N, ['y'] = N,
	['z'] = N, ['{'] = N, ['|'] = N, ['}'] = N, ['~'] = N,
};
#undef N
#undef B
#undef E

static bool add_origin(struct zs_line *line, size_t used)
{
	if (!line->origin || used + line->origin_len > ZS_NAME_MAX)
		return false;
	memcpy(line->out + line->len + used, line->origin, line->origin_len);
	line->len += used + line->origin_len;
	line->used_origin = true;
	return true;
}

enum { BLOCK = 16 };

/* Of the BLOCK octets at p, a bit for each that ends a label or is not simple, the first octet's lowest. */
#ifdef __SSE2__
static unsigned stops_of(const char *p)
{
	const __m128i octets = _mm_loadu_si128((const __m128i *)(const void *)p);
	const __m128i printable = _mm_cmpgt_epi8(octets, _mm_set1_epi8(' ')); /* signed: above 127 is below */
	const __m128i parenthesis = _mm_cmpeq_epi8(_mm_or_si128(octets, _mm_set1_epi8(1)), _mm_set1_epi8(')'));
	const __m128i quote = _mm_cmpeq_epi8(octets, _mm_set1_epi8('"')), dot = _mm_cmpeq_epi8(octets, _mm_set1_epi8('.'));
	const __m128i comment = _mm_cmpeq_epi8(octets, _mm_set1_epi8(';')), at = _mm_cmpeq_epi8(octets, _mm_set1_epi8('@'));
	const __m128i escape = _mm_cmpeq_epi8(octets, _mm_set1_epi8('\\')), del = _mm_cmpeq_epi8(octets, _mm_set1_epi8(127));
	const __m128i special = _mm_or_si128(_mm_or_si128(_mm_or_si128(parenthesis, quote), _mm_or_si128(dot, comment)),
	                                     _mm_or_si128(_mm_or_si128(at, escape), del));
	return (unsigned)_mm_movemask_epi8(_mm_andnot_si128(special, printable)) ^ 0xffffu;
}
#else
static unsigned stops_of(const char *p)
{
	unsigned stops = 0;
	for (unsigned i = 0; i < BLOCK; i++)
		stops |= (zs_line_kinds[(unsigned char)p[i]] & ZS_LINE_NAME ? 0u : 1u) << i;
	return stops;
}
#endif

static bool short_name(struct zs_line *line)
{
	const char c = *line->at++;
	if (!zs_line_at_field_end(line))
		return false;
	if (c == '@')
		return add_origin(line, 0);
	line->out[line->len++] = 0;
	return true;
}

static bool name_near_end(struct zs_line *line)
{
	char text[2 * ZS_NAME_MAX + 1] = { 0 };
	struct zs_line copy = *line;
	memcpy(text, line->at, (size_t)(line->end - line->at));
	copy.at = text;
	copy.end = text + sizeof text;
	if (!zs_line_name(&copy))
		return false;
	line->at += copy.at - text;
	line->len = copy.len;
	line->used_origin = copy.used_origin;
	return true;
}

/* The text with a length in the place of each dot, and one in front, is the wire form: it is copied a block at a time, then
 * the lengths are put in. */
bool zs_line_name(struct zs_line *line)
{
	uint8_t *out = line->out + line->len;
	size_t label = 0, used = 1; /* the length octet of the label at work; the octet behind what is copied */
	if (!zs_line_has_room(line, ZS_NAME_MAX + 2 * BLOCK))
		return false;
	if (*line->at == '.' || *line->at == '@')
		return short_name(line);
	if (line->end - line->at < ZS_NAME_MAX) /* the blocks would reach over the end: a few lines of a file */
		return name_near_end(line);
	for (; used < ZS_NAME_MAX; used += BLOCK, line->at += BLOCK) {
		const char *block = line->at;
		memcpy(out + used, block, BLOCK);
		for (unsigned stops = stops_of(block); stops; stops &= stops - 1) {
			const unsigned i = (unsigned)__builtin_ctz(stops);
			const size_t len = used + i - label - 1;
			if (block[i] == '.') {
				if (!len || len > ZS_LABEL_MAX)
					return false;
				out[label] = (uint8_t)len;
				label = used + i;
				continue;
			}
			line->at += i;
			if (!zs_line_at_field_end(line) || len > ZS_LABEL_MAX || used + i >= ZS_NAME_MAX || (!len && !label))
				return false;
			out[label] = (uint8_t)len;
			if (len)
				return add_origin(line, label + 1 + len);
			line->len += label + 1; /* it ended with a dot: this is the root label */
			return true;
		}
	}
	return false;
}

size_t zs_line_field_len(const struct zs_line *line)
{
	const char *p = line->at;
	for (; line->end - p >= BLOCK; p += BLOCK)
		for (unsigned stops = stops_of(p); stops; stops &= stops - 1) {
			const char *stop = p + __builtin_ctz(stops);
			if (zs_line_kinds[(unsigned char)*stop] & (ZS_LINE_BLANK | ZS_LINE_END))
				return (size_t)(stop - line->at);
		}
	while (!(zs_line_kinds[(unsigned char)*p] & (ZS_LINE_BLANK | ZS_LINE_END)))
		p++;
	return (size_t)(p - line->at);
}

bool zs_line_number(struct zs_line *line, uint32_t max, uint32_t *out)
{
	const char *start = line->at;
	uint64_t value = 0;
	for (; (unsigned char)(*line->at - '0') < 10 && line->at - start < 10; line->at++)
		value = value * 10 + (unsigned)(*line->at - '0');
	*out = (uint32_t)value;
	return line->at != start && value <= max && zs_line_at_field_end(line);
}
