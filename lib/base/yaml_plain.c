/* yaml_plain.c - the YAML that people and we ourselves write most: lines of `key: value`, lists, `{a: b}` on one line.
 * In doubt it gives up; what it accepts is a subset that has one reading only. */
#include <string.h>

#include "base/yaml_private.h"

struct reader {
	struct zs_yaml_builder *b;
	const char *at, *end, *line_start;
	uint32_t line;
	int indent; /* of the line at hand; -1 at the end of the text */
	bool odd;   /* a comment has what is no simple text */
};

struct scalar {
	const char *text;
	size_t len;
	bool quoted;
	struct zs_source where;
};

/* What an octet may be: ASCII; in a plain scalar of a block or between braces; anywhere in one, also first. */
enum { SIMPLE = 1, IN_BLOCK = 2, IN_FLOW = 4, WORD = 8 };

#define S SIMPLE
#define B (S | IN_BLOCK)
#define I (B | IN_FLOW)
#define W (I | WORD)
static const uint8_t classes[256] = { /* ASCII by 32; what is beyond is no simple text */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	S, S, S, S, S, I, S, S, S, S, S, I, B, I, W, W, W, W, W, W, W, W, W, W, W, W, S, S, S, I, S, S,
	I, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, B, S, B, S, W,
	S, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, B, S, B, S, 0,
};
#undef W
#undef I
#undef B
#undef S

static bool is(char c, unsigned class)
{
	return classes[(unsigned char)c] & class;
}

static char peek(const struct reader *r, size_t ahead)
{
	return (size_t)(r->end - r->at) > ahead ? r->at[ahead] : '\n';
}

static struct zs_source here(const struct reader *r, size_t width)
{
	return (struct zs_source){ .input = r->b->input, .line = r->line, .column = (uint32_t)(r->at - r->line_start) + 1,
		                   .width = (uint32_t)width };
}

static size_t skip_blanks(struct reader *r)
{
	size_t count = 0;
	for (; peek(r, 0) == ' '; count++)
		r->at++;
	return count;
}

/* Over what is left of a line, a comment or nothing. */
static void skip_line(struct reader *r)
{
	const char *p = r->at, *const end = r->end;
	for (; p < end && *p != '\n'; p++)
		if (!is(*p, SIMPLE))
			r->odd = true;
	r->at = p < end ? p + 1 : end;
	r->line++;
}

/* To the next line that has something, and its indent. */
static void next_line(struct reader *r)
{
	while (r->at < r->end) {
		r->line_start = r->at;
		skip_blanks(r);
		if (peek(r, 0) != '\n' && peek(r, 0) != '#') {
			r->indent = (int)(r->at - r->line_start);
			return;
		}
		skip_line(r);
	}
	r->indent = -1;
}

/* Nothing but a comment may follow on this line. */
static bool end_line(struct reader *r)
{
	const size_t blanks = skip_blanks(r);
	if (peek(r, 0) != '\n' && (!blanks || peek(r, 0) != '#'))
		return false;
	skip_line(r);
	next_line(r);
	return true;
}

static bool scan_quoted(struct reader *r, struct scalar *out)
{
	const char *p = r->at + 1;
	while (p < r->end && *p != '"' && *p != '\\' && *p != '\n' && is(*p, SIMPLE))
		p++;
	if (p == r->end || *p != '"')
		return false;
	*out = (struct scalar){ .text = r->at + 1, .len = (size_t)(p - r->at - 1), .quoted = true, .where = here(r, (size_t)(p + 1 - r->at)) };
	r->at = p + 1;
	return true;
}

static bool scan_scalar(struct reader *r, bool flow, struct scalar *out)
{
	if (peek(r, 0) == '"')
		return scan_quoted(r, out);
	if (!is(peek(r, 0), WORD))
		return false;
	const unsigned inner = flow ? IN_FLOW : IN_BLOCK;
	const char *p = r->at + 1, *const end = r->end;
	for (;; p += 2) { /* a blank or a colon is in it if it goes on behind */
		while (p < end && is(*p, inner))
			p++;
		if (end - p < 2 || !((*p == ' ' && is(p[1], inner)) || (*p == ':' && is(p[1], WORD))))
			break;
	}
	const size_t len = (size_t)(p - r->at);
	*out = (struct scalar){ .text = r->at, .len = len, .where = here(r, len) };
	r->at += len;
	return true;
}

static bool add(struct reader *r, const struct scalar *scalar)
{
	return zs_yaml_scalar(r->b, scalar->text, scalar->len, scalar->quoted, &scalar->where, NULL);
}

/* `key:` and a blank or the line's end. */
static bool scan_key(struct reader *r, bool flow, struct scalar *out)
{
	if (!scan_scalar(r, flow, out) || out->len > 200 || peek(r, 0) != ':' || (peek(r, 1) != ' ' && (flow || peek(r, 1) != '\n')))
		return false;
	r->at++;
	return true;
}

static bool read_flow(struct reader *r);

static bool flow_value(struct reader *r)
{
	struct scalar scalar;
	if (peek(r, 0) == '{' || peek(r, 0) == '[')
		return read_flow(r);
	return scan_scalar(r, true, &scalar) && add(r, &scalar);
}

/* `{a: b, c: [d, e]}` on one line. Its depth is bounded by that of the builder. */
static bool read_flow(struct reader *r)
{
	const bool map = peek(r, 0) == '{';
	const char close = map ? '}' : ']';
	const struct zs_source where = here(r, 1);
	struct scalar key;
	if (!zs_yaml_begin(r->b, map ? ZS_YAML_MAP : ZS_YAML_LIST, &where, NULL))
		return false;
	r->at++;
	skip_blanks(r);
	for (bool first = true; first || peek(r, 0) != close; first = false) {
		if (first && peek(r, 0) == close)
			break;
		if (!first) {
			if (peek(r, 0) != ',' || peek(r, 1) != ' ')
				return false;
			r->at++;
			skip_blanks(r);
		}
		if (map && !(scan_key(r, true, &key) && add(r, &key)))
			return false;
		skip_blanks(r);
		if (!flow_value(r))
			return false;
		skip_blanks(r);
	}
	r->at++;
	return zs_yaml_end(r->b);
}

static bool read_block(struct reader *r, int indent);

/* What stands after `key:`: on the same line, on deeper ones, or nothing. */
static bool map_value(struct reader *r, int indent)
{
	struct scalar scalar;
	const struct scalar nothing = { .text = "", .where = here(r, 1) };
	const size_t blanks = skip_blanks(r);
	if (peek(r, 0) == '\n' || (blanks && peek(r, 0) == '#')) {
		if (!end_line(r))
			return false;
		return r->indent > indent ? read_block(r, r->indent) : add(r, &nothing);
	}
	if (peek(r, 0) == '{' || peek(r, 0) == '[')
		return read_flow(r) && end_line(r);
	return scan_scalar(r, false, &scalar) && add(r, &scalar) && end_line(r);
}

static bool list_element(struct reader *r)
{
	const char *start = r->at;
	struct scalar scalar;
	r->at++; /* the hyphen */
	skip_blanks(r);
	const char *content = r->at;
	if (peek(r, 0) == '{' || peek(r, 0) == '[')
		return read_flow(r) && end_line(r);
	if (scan_key(r, false, &scalar)) { /* a map that begins on the line of its hyphen */
		r->at = content;
		r->indent += (int)(content - start);
		return read_block(r, r->indent);
	}
	r->at = content;
	return scan_scalar(r, false, &scalar) && add(r, &scalar) && end_line(r);
}

static bool is_element(const struct reader *r)
{
	return peek(r, 0) == '-' && peek(r, 1) == ' ';
}

/* A map or a list whose lines have this indent; the first one is at hand. */
static bool read_block(struct reader *r, int indent)
{
	const bool list = is_element(r);
	const struct zs_source where = here(r, 1);
	struct scalar key;
	if (!zs_yaml_begin(r->b, list ? ZS_YAML_LIST : ZS_YAML_MAP, &where, NULL))
		return false;
	while (r->indent == indent) {
		if (is_element(r) != list)
			return false;
		if (list ? !list_element(r) : !(scan_key(r, false, &key) && add(r, &key) && map_value(r, indent)))
			return false;
	}
	return r->indent < indent && zs_yaml_end(r->b);
}

bool zs_yaml_read_plain(struct zs_yaml_builder *b)
{
	struct reader r = { .b = b, .at = b->input->text, .end = b->input->text + b->input->len, .line = 1 };
	next_line(&r);
	if (r.indent < 0 || peek(&r, 0) == '.')
		return false;
	return read_block(&r, r.indent) && r.indent < 0 && !r.odd && b->root;
}
