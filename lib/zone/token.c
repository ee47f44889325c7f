/* token.c - splits zone file text into the tokens of one record (RFC 1035 section 5.1). */
#include "zone/scan.h"

#include <string.h>

enum { PLAIN, BLANK, RETURN, NEWLINE, COMMENT, OPEN, CLOSE, QUOTE, ESCAPE, CONTROL };

static const uint8_t kinds[256] = {
	['\0'] = CONTROL, [' '] = BLANK, ['\t'] = BLANK, ['\r'] = RETURN, ['\n'] = NEWLINE, [';'] = COMMENT, ['('] = OPEN,
	[')'] = CLOSE, ['"'] = QUOTE, ['\\'] = ESCAPE,
};

static struct zs_source place(const struct zs_scan_text *text, const char *at, uint32_t line, uint32_t width)
{
	if (text->generated)
		return *text->generated;
	const char *start = at;
	while (start > text->input->text && start[-1] != '\n')
		start--;
	return (struct zs_source){ .input = text->input, .line = line, .column = (uint32_t)(at - start) + 1, .width = width };
}

struct zs_source zs_scan_source(const struct zs_scan *scan, const struct zs_scan_text *text, size_t token, size_t offset)
{
	if (token >= scan->token_count) { /* behind the last one */
		if (!scan->token_count)
			return place(text, text->at, text->line, 0);
		const struct zs_token *last = &scan->tokens[scan->token_count - 1];
		return place(text, last->text + last->len + last->quoted, scan->token_lines[scan->token_count - 1], 1);
	}
	const struct zs_token *t = &scan->tokens[token];
	if (offset > t->len)
		offset = t->len;
	return place(text, t->text + offset, scan->token_lines[token], (uint32_t)(t->len - offset));
}

static void skip_line(struct zs_scan_text *text)
{
	const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
	text->at = newline ? newline : text->end;
}

static bool add_token(struct zs_scan *scan, struct zs_scan_text *text, const char *start, const char *end,
                      uint32_t line, bool quoted)
{
	if (scan->token_count == scan->token_room) {
		if (scan->token_count >= ZS_TOKENS_MAX) {
			const struct zs_source where = place(text, start, line, 0);
			zs_error(scan->run, &where, "a record of more than %d fields", ZS_TOKENS_MAX);
			skip_line(text); /* the rest of it is no record, and each error looks for the line's beginning */
			return false;
		}
		const size_t old = scan->token_room, room = old ? old * 2 : 64;
		scan->tokens = zs_arena_grow(scan->arena, scan->tokens, old * sizeof *scan->tokens, room * sizeof *scan->tokens);
		scan->token_lines = zs_arena_grow(scan->arena, scan->token_lines, old * sizeof *scan->token_lines,
		                                  room * sizeof *scan->token_lines);
		scan->token_room = room;
	}
	scan->tokens[scan->token_count] = (struct zs_token){ .text = start, .len = (uint32_t)(end - start), .quoted = quoted };
	scan->token_lines[scan->token_count++] = line;
	return true;
}

/* p is behind an opening quote: the closing one, or NULL if the line ends before it. */
static const char *closing_quote(const char *p, const char *end)
{
	for (; p < end && *p != '\n'; p++) {
		if (*p == '"')
			return p;
		if (*p == '\\' && p + 1 < end && p[1] != '\n')
			p++;
	}
	return NULL;
}

/* A carriage return before a line feed is a blank. Alone it is the end of a line to some: BIND would go on with the next record. */
static bool ends_line(const char *p, const char *end)
{
	while (p < end && *p == '\r')
		p++;
	return p == end || *p == '\n';
}

/* The end of the unquoted token at p. values: one in quotes after "=" belongs to it (SVCB: alpn="h2,h3"), and *found is set. */
static const char *token_end(const char *p, const char *end, bool values, bool *found)
{
	const char *start = p;
	while (p < end) {
		const uint8_t kind = kinds[(unsigned char)*p];
		if (kind == PLAIN) {
			p++;
		} else if (kind == ESCAPE) {
			p++;
			if (p < end && *p != '\n' && *p != '\r')
				p++;
		} else if (kind == QUOTE && values && p > start && p[-1] == '=') {
			const char *close = closing_quote(p + 1, end);
			if (!close)
				break;
			p = close + 1;
			*found = true;
		} else {
			break;
		}
	}
	return p;
}

bool zs_scan_tokens(struct zs_scan *scan, struct zs_scan_text *text, bool values)
{
	unsigned open = 0;
	const char *opened = NULL;
	uint32_t opened_line = 0;
	scan->token_count = 0;
	scan->has_values = false;
	while (text->at < text->end) {
		const char *start = text->at;
		switch (kinds[(unsigned char)*start]) {
		case BLANK:
			text->at++;
			break;
		case RETURN:
			if (!ends_line(start, text->end)) {
				const struct zs_source where = place(text, start, text->line, 1);
				skip_line(text);
				zs_error(scan->run, &where, "a carriage return within the line");
				zs_hint(scan->run, "lines end with a line feed, or both; alone it ends lines of old Macs: tr '\\r' '\\n'");
				return false;
			}
			text->at++;
			break;
		case NEWLINE:
			if (!open)
				return true;
			text->at++;
			text->line++;
			break;
		case COMMENT:
			skip_line(text);
			break;
		case OPEN:
			if (open++) {
				const struct zs_source where = place(text, start, text->line, 1);
				skip_line(text);
				return zs_error(scan->run, &where, "a parenthesis inside parentheses (RFC 1035 section 5.1)");
			}
			opened = start; /* its column only if it is to be told: a line may have very many */
			opened_line = text->line;
			text->at++;
			break;
		case CLOSE:
			if (!open) {
				const struct zs_source where = place(text, start, text->line, 1);
				skip_line(text);
				return zs_error(scan->run, &where, "a closing parenthesis without an opening one");
			}
			open--;
			text->at++;
			break;
		case QUOTE: {
			const char *close = closing_quote(start + 1, text->end);
			if (!close) {
				const struct zs_source where = place(text, start, text->line, 1);
				skip_line(text);
				zs_error(scan->run, &where, "a quoted string without its end on the same line");
				zs_hint(scan->run, "close it with \"; a quote inside a string is written \\\"");
				return false;
			}
			if (!add_token(scan, text, start + 1, close, text->line, true))
				return false;
			text->at = close + 1;
			break;
		}
		case CONTROL: {
			const struct zs_source where = place(text, start, text->line, 1);
			skip_line(text);
			zs_error(scan->run, &where, "a NUL octet; this is no text file");
			if (where.line == 1 && where.column == 1) /* so do the files begin that BIND keeps beside those of inline-signing and of secondaries */
				zs_hint(scan->run, "if it is of BIND, 'named-compilezone -f raw -F text -o OUT ZONE FILE' makes text of it");
			return false;
		}
		default:
			text->at = token_end(start, text->end, values, &scan->has_values);
			if (!add_token(scan, text, start, text->at, text->line, false))
				return false;
		}
	}
	scan->unclosed = open != 0;
	if (!open)
		return true;
	const struct zs_source where = place(text, opened, opened_line, 1);
	return zs_error(scan->run, &where, "a parenthesis that is never closed");
}
