/* line.c - names and numbers of simple zone file lines. */
#include "dns/line.h"

#include <string.h>

#include "dns/name.h"

#define N ZS_LINE_NAME
#define B ZS_LINE_BLANK
#define E ZS_LINE_END
/* Octets above 126 are told to the user, so they are not simple. */
const uint8_t zs_line_kinds[256] = {
	['\0'] = E, ['\t'] = B, ['\n'] = E, ['\r'] = B, [' '] = B, ['!'] = N, ['#'] = N, ['$'] = N, ['%'] = N, ['&'] = N, ['\''] = N,
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

bool zs_line_name(struct zs_line *line)
{
	const char *p = line->at;
	uint8_t *out = line->out + line->len;
	size_t used = 0;
	if (!zs_line_has_room(line, ZS_NAME_MAX + ZS_LABEL_MAX + 1))
		return false;
	if (*p == '.' || *p == '@') { /* the root, or the origin: not if more follows */
		line->at++;
		if (!zs_line_at_field_end(line))
			return false;
		if (*p == '@')
			return add_origin(line, 0);
		out[0] = 0;
		line->len++;
		return true;
	}
	for (;;) {
		uint8_t *label = out + used + 1;
		while (zs_line_kinds[(unsigned char)*p] & ZS_LINE_NAME && label - out - (ptrdiff_t)used <= ZS_LABEL_MAX)
			*label++ = (uint8_t)*p++;
		const size_t len = (size_t)(label - out) - used - 1;
		if (!len || used + 1 + len >= ZS_NAME_MAX)
			return false;
		out[used] = (uint8_t)len;
		used += 1 + len;
		line->at = p;
		if (*p != '.')
			return zs_line_at_field_end(line) && add_origin(line, used);
		line->at = ++p;
		if (zs_line_at_field_end(line))
			break;
	}
	out[used] = 0;
	line->len += used + 1;
	return true;
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
