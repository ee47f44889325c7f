/* text.c - excerpts, "did you mean", numbers. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static bool plain(char c)
{
	return c >= ' ' && c <= '~';
}

/* Columns that an octet takes. */
static size_t columns_of(char c)
{
	return plain(c) || c == '\t' ? 1 : 4;
}

/* Where the window begins, so that column is well inside of it. */
static size_t window_start(const char *line, size_t len, uint32_t column)
{
	enum { BEFORE = 100 };
	size_t start = column ? column - 1 : 0, columns = 0;
	if (start > len)
		start = len;
	while (start && columns + columns_of(line[start - 1]) < BEFORE)
		columns += columns_of(line[--start]);
	return start;
}

const char *zs_text_excerpt(struct zs_arena *arena, const char *line, size_t len, uint32_t column, uint32_t *caret)
{
	const size_t start = window_start(line, len, column);
	char *out = zs_arena_alloc(arena, ZS_EXCERPT_COLUMNS + 16);
	size_t used = 0;
	*caret = 0;
	if (start)
		used = (size_t)sprintf(out, "...");
	for (size_t i = start; i < len; i++) {
		if (i + 1 == column)
			*caret = (uint32_t)used + 1;
		if (used + 7 > ZS_EXCERPT_COLUMNS && (len - i > 1 || used + columns_of(line[i]) > ZS_EXCERPT_COLUMNS)) {
			used += (size_t)sprintf(out + used, "...");
			break;
		}
		if (line[i] == '\t')
			out[used++] = ' ';
		else if (plain(line[i]))
			out[used++] = line[i];
		else
			used += (size_t)sprintf(out + used, "\\%03u", (unsigned char)line[i]);
	}
	if (!*caret && column)
		*caret = (uint32_t)used + 1;
	out[used] = 0;
	return out;
}

const char *zs_text_safe(struct zs_arena *arena, const char *text, size_t len, size_t max)
{
	const size_t shown = len < max ? len : max;
	char *out = zs_arena_alloc(arena, 4 * shown + 4), *p = out;
	for (size_t i = 0; i < shown; i++) {
		if (plain(text[i]))
			*p++ = text[i];
		else
			p += sprintf(p, "\\%03u", (unsigned char)text[i]);
	}
	if (shown < len)
		p += sprintf(p, "...");
	*p = 0;
	return out;
}

/* Optimal string alignment distance, cut off at words too long to be a typing slip. */
static unsigned distance(const char *a, const char *b)
{
	enum { LONGEST = 32 };
	const size_t m = strlen(a), n = strlen(b);
	if (m > LONGEST || n > LONGEST)
		return LONGEST;
	unsigned d[LONGEST + 1][LONGEST + 1];
	for (size_t i = 0; i <= m; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= n; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++)
		for (size_t j = 1; j <= n; j++) {
			unsigned best = d[i - 1][j - 1] + (zs_lower(a[i - 1]) != zs_lower(b[j - 1]));
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[m][n];
}

/* "cert" for "certificate": what begins like a word, but for the last letter at most. */
static bool begins_like(const char *text, size_t len, const char *word)
{
	size_t same = 0;
	while (same < len && zs_lower(text[same]) == zs_lower(word[same]))
		same++;
	return same >= 4 && same + 1 >= len;
}

const char *zs_text_nearest(const char *text, const char *const *list, size_t count)
{
	const size_t len = strlen(text);
	unsigned best = len < 4 ? 2 : len < 8 ? 3 : 4; /* must be below: 1, 2 or 3 slips */
	const char *found = NULL;
	for (size_t i = 0; i < count; i++) {
		const unsigned d = distance(text, list[i]);
		if (d < best) {
			best = d;
			found = list[i];
		}
	}
	for (size_t i = 0; i < count && best > 1; i++)
		if (begins_like(text, len, list[i]))
			return list[i];
	return found;
}

bool zs_text_equal(const char *text, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++)
		if (!word[i] || zs_lower(text[i]) != zs_lower(word[i]))
			return false;
	return word[len] == 0;
}

bool zs_text_number(const char *text, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	if (!len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) || __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value) || value > max)
			return false;
	}
	*out = value;
	return true;
}

size_t zs_text_utf8_len(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char first, last, low, high;
		unsigned char len;
	} forms[] = {
		{ 0x00, 0x7f, 0x80, 0xbf, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	for (size_t i = 0; i < ZS_COUNT(forms); i++) {
		if (*p < forms[i].first || *p > forms[i].last)
			continue;
		if (left < forms[i].len || (forms[i].len > 1 && (p[1] < forms[i].low || p[1] > forms[i].high)))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}
