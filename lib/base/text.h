/* text.h - small things about text: excerpts, "did you mean", numbers. */
#ifndef ZS_BASE_TEXT_H
#define ZS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { ZS_EXCERPT_COLUMNS = 160 };

/* One line of a hostile file, fit for a terminal: tabs as blanks, other control octets and octets above 126 as
 * \DDD, cut to a window of ZS_EXCERPT_COLUMNS around column (from 1; 0: the start). *caret is where column went. */
const char *zs_text_excerpt(struct zs_arena *arena, const char *line, size_t len, uint32_t column, uint32_t *caret);

/* text with control octets and octets above 126 as \DDD, at most max input octets, then "...". */
const char *zs_text_safe(struct zs_arena *arena, const char *text, size_t len, size_t max);

/* The word of list (count entries) nearest to text, if it is near enough for "did you mean", else NULL. */
const char *zs_text_nearest(const char *text, const char *const *list, size_t count);

/* ASCII only, no locale: RFC 4343 section 3. */
static inline char zs_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
bool zs_text_equal(const char *text, size_t len, const char *word); /* case-insensitive, ASCII */

/* A whole decimal number up to max; false for anything else (sign, blank, empty, overflow). */
bool zs_text_number(const char *text, size_t len, uint64_t max, uint64_t *out);

/* Octets of the UTF-8 character at p, of which left octets (at least 1) are there, or 0 if it is none (RFC 3629: no overlong forms,
 * surrogates or above 10FFFF). */
size_t zs_text_utf8_len(const unsigned char *p, size_t left);

#endif
