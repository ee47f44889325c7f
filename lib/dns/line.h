/* line.h - the straight way from zone file text to wire: lines as most are, of the common types, without escapes,
 * parentheses or anything to complain about.
 *
 * Every function here either reads what the general way (name.h, rdata.h) would read from the same octets, or returns
 * false: "not that simple, ask the general way", which alone knows all forms and reports what is wrong. On false,
 * line->at and line->len are anywhere; who goes on sets them anew.
 */
#ifndef ZS_DNS_LINE_H
#define ZS_DNS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZS_LINE_ROOM = 4096 }; /* octets that the wire form of one line may take; a longer one is not simple */

/* The wire form of a part of a line, which many lines of a file have alike. */
struct zs_line_memo {
	const char *text; /* of a line before, which must still be there */
	uint32_t len;     /* its octets; 0: nothing is kept */
	uint32_t wire_len;
	uint8_t wire[4 + 2 + 255];
};

/* What is kept from line to line; begins zeroed. */
struct zs_line_memos {
	struct zs_line_memo signer; /* RRSIG: inception, key tag, signer's name, with the blanks around them */
	struct zs_line_memo bitmap; /* NSEC, NSEC3: the types up to the end of the line */
};

struct zs_line {
	const char *at;        /* the next octet */
	const char *end;       /* of the text: a '\n' or NUL that may be read; what is behind may not */
	const uint8_t *origin; /* wire name; NULL: relative names are not simple */
	size_t origin_len;     /* octets */
	bool used_origin;      /* set when a relative name was read */
	uint8_t *out;          /* ZS_LINE_ROOM octets: wire form goes to out + len */
	size_t len;            /* octets written */
	struct zs_line_memos *memos; /* NULL: nothing is kept */
};

/* What may stand in simple lines. */
enum zs_line_kind {
	ZS_LINE_NAME = 1,  /* in a label as it is */
	ZS_LINE_BLANK = 2, /* between fields */
	ZS_LINE_END = 4    /* '\n' or a '\r' before it, NUL, or the ';' of a comment */
};
extern const uint8_t zs_line_kinds[256];

static inline bool zs_line_is(const struct zs_line *line, unsigned kinds)
{
	return zs_line_kinds[(unsigned char)*line->at] & kinds;
}

static inline bool zs_line_at_field_end(const struct zs_line *line)
{
	return zs_line_is(line, ZS_LINE_BLANK | ZS_LINE_END);
}

static inline bool zs_line_has_room(const struct zs_line *line, size_t octets)
{
	return line->len <= ZS_LINE_ROOM && ZS_LINE_ROOM - line->len >= octets;
}

static inline void zs_line_skip_blanks(struct zs_line *line)
{
	while (zs_line_is(line, ZS_LINE_BLANK))
		line->at++;
}

/* A name that ends before a blank or the end of the line. "@" alone and "." are names too. */
bool zs_line_name(struct zs_line *line);

/* The octets up to a blank or the end of the line. */
size_t zs_line_field_len(const struct zs_line *line);

/* Digits before a blank or the end: a number up to max. */
bool zs_line_number(struct zs_line *line, uint32_t max, uint32_t *out);

/* RDATA of type, with the blanks behind it, up to the end of the line. */
bool zs_line_rdata(struct zs_line *line, uint16_t type);

#endif
