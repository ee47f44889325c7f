/* rdata_naptr.c - what NAPTR asks beyond its fields: flags, and a substitution expression (RFC 3402 section 3.2) with an
 * extended regular expression of POSIX. BIND does not load a zone with one that is none, so it is proved here. */
#include "dns/rdata_field.h"

#include <string.h>

/* A regular expression being read. */
struct expression {
	const uint8_t *at, *end;
	unsigned groups, depth; /* opened so far; open */
	bool atom;              /* there is something that may be repeated, or stand before a "|" */
	bool repeated;          /* it has been, or is an anchor */
	bool opened;            /* a group has just been: it may be empty */
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "[:alpha:]", "[.a.]", "[=a=]", of which at is behind the first two. */
static bool named(struct expression *e, uint8_t mark)
{
	static const char classes[] = " alnum alpha blank cntrl digit graph lower print punct space upper xdigit ";
	const uint8_t *name = e->at;
	while (e->end - e->at > 1 && (e->at[0] != mark || e->at[1] != ']'))
		e->at++;
	const size_t len = (size_t)(e->at - name);
	if (e->end - e->at < 2 || !len)
		return false;
	e->at += 2;
	if (mark != ':')
		return true;
	char word[10] = " ";
	if (len > sizeof word - 3 || memchr(name, ' ', len) || memchr(name, 0, len))
		return false;
	memcpy(word + 1, name, len);
	memcpy(word + 1 + len, " ", 2);
	return strstr(classes, word) != NULL;
}

/* What stands between brackets; at is behind the first. */
static bool bracket(struct expression *e)
{
	int from = -1;       /* what a range may begin with */
	bool range = false;  /* behind the hyphen of one */
	bool ended = false;  /* behind the end of one, where no other may begin */
	if (e->at < e->end && *e->at == '^')
		e->at++;
	for (const uint8_t *first = e->at; e->at < e->end; ) {
		const uint8_t c = *e->at++;
		if (c == ']' && e->at - 1 != first)
			return true;
		if (c == '[' && e->at < e->end && strchr(":.=", *e->at) && *e->at) {
			if (range && *e->at != '.')
				return false;
			e->at++;
			if (!named(e, e->at[-1]))
				return false;
			from = -1;
			ended = range;
			range = false;
		} else if (c == '-' && !range && e->at - 1 != first) {
			if (ended)
				return false;
			range = true;
		} else {
			if (range && c < from)
				return false;
			from = c;
			ended = range;
			range = false;
		}
	}
	return false;
}

/* "{2}", "{2,}", "{2,5}": at is behind the brace. */
static bool bound(struct expression *e)
{
	unsigned bounds[2] = { 0, 0 }, count = 0;
	bool high = false;
	for (; e->at < e->end && *e->at != '}'; e->at++) {
		if (*e->at == ',' && !count) {
			count = 1;
		} else if (is_digit(*e->at)) {
			high = count;
			bounds[count] = 10 * bounds[count] + *e->at - '0';
			if (bounds[count] > 255)
				return false;
		} else {
			return false;
		}
	}
	return e->at++ < e->end && (!high || bounds[0] <= bounds[1]);
}

/* One element: a literal, a group's begin or end, a repetition. */
static bool element(struct expression *e)
{
	const uint8_t c = *e->at++;
	const bool atom = e->atom, repeated = e->repeated, opened = e->opened;
	e->atom = true;
	e->repeated = e->opened = false;
	switch (c) {
	case '\\':
		return e->at < e->end && (!is_digit(*e->at) || *e->at == '0' || *e->at - '0' <= (int)e->groups) && e->at++;
	case '[':
		return bracket(e);
	case '(':
		e->atom = false;
		e->opened = true;
		e->groups++;
		e->depth++;
		return true;
	case ')':
		if (!e->depth) /* alone it is a literal */
			return true;
		e->depth--;
		return atom || opened;
	case '|':
		e->atom = false;
		return atom;
	case '^': case '$':
		e->repeated = true;
		return true;
	case '*': case '+': case '?':
		e->repeated = true;
		return atom && !repeated;
	case '{':
		if (e->at == e->end || !is_digit(*e->at))
			return true;
		e->repeated = true;
		return atom && !repeated && bound(e);
	default:
		return true;
	}
}

static bool expression(const uint8_t *text, size_t len, unsigned *groups)
{
	struct expression e = { .at = text, .end = text + len };
	while (e.at < e.end)
		if (!element(&e))
			return false;
	*groups = e.groups;
	return !e.depth && e.atom;
}

/* The expression with its escaped delimiters as they are; *at goes behind the delimiter that ends it. */
static size_t take_expression(const uint8_t *text, size_t len, uint8_t delimiter, size_t *at, uint8_t out[255])
{
	size_t used = 0;
	for (; *at < len && text[*at] != delimiter; ++*at) {
		if (text[*at] == '\\' && *at + 1 < len && text[++*at] != delimiter)
			out[used++] = '\\';
		out[used++] = text[*at];
	}
	++*at;
	return used;
}

/* The replacement, to behind its delimiter; *highest is the largest group that it names. */
static bool take_replacement(const uint8_t *text, size_t len, uint8_t delimiter, size_t *at, unsigned *highest)
{
	*highest = 0;
	for (; *at < len && text[*at] != delimiter; ++*at) {
		if (text[*at] != '\\')
			continue;
		if (++*at == len || text[*at] == '0')
			return false;
		if (is_digit(text[*at]) && text[*at] - '0' > (int)*highest)
			*highest = (unsigned)(text[*at] - '0');
	}
	return ++*at <= len;
}

/* Delimiter, expression, delimiter, replacement, delimiter, flags "i". */
static bool substitution(const uint8_t *text, size_t len, struct zs_rdata_error *error)
{
	uint8_t ere[255];
	size_t at = 1;
	unsigned groups, highest;
	if (!len)
		return true;
	const uint8_t delimiter = *text;
	bool whole = delimiter != '\\' && delimiter != 'i' && !is_digit(delimiter) && !memchr(text, 0, len);
	const size_t ere_len = whole ? take_expression(text, len, delimiter, &at, ere) : 0;
	whole = whole && at <= len && take_replacement(text, len, delimiter, &at, &highest);
	while (whole && at < len)
		whole = text[at++] == 'i';
	if (!whole) {
		zs_rdata_fail(error, 4, 0,
		              "the regexp is not delimiter, expression, delimiter, replacement, delimiter, flags");
		return zs_rdata_advise(error, "as \"!^.*$!sip:info@example.com!\" (RFC 3402 section 3.2)");
	}
	if (!expression(ere, ere_len, &groups))
		return zs_rdata_fail(error, 4, 0, "what is between the first delimiters is no extended regular expression of POSIX");
	if (highest <= groups)
		return true;
	zs_rdata_fail(error, 4, 0, "the replacement names group %u, but the expression has %u", highest, groups);
	return zs_rdata_advise(error, "groups are in parentheses, as \"!^(.*)$!sip:\\\\1@example.com!\"");
}

bool zs_naptr_rules(const uint8_t *data, struct zs_rdata_error *error)
{
	const uint8_t *flags = data + 4, *services = flags + 1 + *flags, *regexp = services + 1 + *services;
	for (size_t i = 1; i <= *flags; i++) {
		const uint8_t c = zs_octet_lower(flags[i]);
		if ((c < 'a' || c > 'z') && !is_digit(c))
			return zs_rdata_fail(error, 2, 0, "flags are letters and digits (RFC 3403 section 4.1)");
	}
	return substitution(regexp + 1, *regexp, error);
}
