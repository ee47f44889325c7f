/* generate.c - $GENERATE as BIND has it: start-stop[/step] lhs [ttl] [class] type rhs, with $, ${offset,width,base}. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "zone/scan.h"

struct range {
	uint64_t start, stop, step;
};

static bool parse_range(const struct zs_token *t, struct range *out)
{
	const char *dash = memchr(t->text, '-', t->len);
	if (!dash)
		return false;
	const char *end = t->text + t->len;
	const char *slash = memchr(dash, '/', (size_t)(end - dash));
	const char *stop_end = slash ? slash : end;
	out->step = 1;
	return zs_text_number(t->text, (size_t)(dash - t->text), INT32_MAX, &out->start)
	    && zs_text_number(dash + 1, (size_t)(stop_end - dash - 1), INT32_MAX, &out->stop)
	    && (!slash || zs_text_number(slash + 1, (size_t)(end - slash - 1), INT32_MAX, &out->step)) && out->step > 0
	    && out->start <= out->stop;
}

/* Room for what one template makes; `full` once it is more. BIND writes "-1", or ffffffff in another base: nobody wants that. */
struct line {
	char text[ZS_GENERATE_LINE];
	size_t len;
	bool full;
	int64_t negative; /* the number that an offset made less than 0; else 0 */
	size_t owner_dots;
};

static void put(struct line *line, const char *text, size_t len)
{
	if (len >= sizeof line->text - line->len) {
		line->full = true;
		return;
	}
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/* n or N: the hexadecimal digits as labels, the lowest first, for ip6.arpa. */
static void put_nibbles(struct line *line, uint64_t value, int width, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	bool first = true;
	do {
		if (!first)
			put(line, ".", 1);
		put(line, &digits[value & 15], 1);
		first = false;
		value >>= 4;
		width -= 2;
	} while (value || width > 0);
}

/* The "{offset,width,base}" at p (behind the $), if there is one: *used octets. False if it is malformed. */
static bool put_value(struct line *line, const char *p, const char *end, int64_t value, size_t *used)
{
	long offset = 0;
	int width = 0, taken = 0;
	char base = 'd';
	*used = 0;
	if (p < end && *p == '{') {
		const char *close = memchr(p, '}', (size_t)(end - p));
		char text[64];
		if (!close || (size_t)(close - p) >= sizeof text)
			return false;
		const size_t len = (size_t)(close - p - 1);
		memcpy(text, p + 1, len);
		text[len] = 0;
		if (sscanf(text, "%9ld%n", &offset, &taken) != 1)
			return false;
		if (text[taken] == ',') {
			int more = 0;
			if (sscanf(text + taken, ",%3d%n", &width, &more) != 1 || width < 0 || width > 255)
				return false;
			taken += more;
			if (text[taken] == ',' && text[taken + 1]) {
				base = text[taken + 1];
				taken += 2;
			}
		}
		if (text[taken] || !strchr("doxXnN", base))
			return false;
		*used = (size_t)(close - p + 1);
	}
	value += offset;
	if (value < 0) {
		line->negative = value;
		return false;
	}
	char number[300];
	int len = 0;
	switch (base) {
	case 'd':
		len = snprintf(number, sizeof number, "%0*lld", width, (long long)value);
		break;
	case 'o':
		len = snprintf(number, sizeof number, "%0*llo", width, (unsigned long long)value);
		break;
	case 'x':
		len = snprintf(number, sizeof number, "%0*llx", width, (unsigned long long)value);
		break;
	case 'X':
		len = snprintf(number, sizeof number, "%0*llX", width, (unsigned long long)value);
		break;
	default:
		put_nibbles(line, (uint64_t)value, width, base == 'N');
	}
	put(line, number, (size_t)len);
	return true;
}

/* One template with its $ replaced; "\$" and "$$" stay a plain dollar sign. */
static bool expand(struct line *line, const struct zs_token *t, int64_t value)
{
	const char *p = t->text, *end = t->text + t->len;
	while (p < end) {
		size_t used;
		if (*p == '\\' && p + 1 < end) {
			put(line, p, 2);
			p += 2;
		} else if (*p == '$' && p + 1 < end && p[1] == '$') {
			put(line, "\\$", 2);
			p += 2;
		} else if (*p == '$') {
			if (!put_value(line, p + 1, end, value, &used))
				return false;
			p += 1 + used;
		} else {
			put(line, p++, 1);
		}
	}
	return true;
}

static bool expand_all(struct line *line, const struct zs_token *tokens, size_t count, int64_t value)
{
	line->len = 0;
	line->full = false;
	line->negative = 0;
	line->owner_dots = 0;
	for (size_t i = 0; i < count; i++) {
		if (i)
			put(line, " ", 1);
		if (tokens[i].quoted)
			put(line, "\"", 1);
		if (!expand(line, &tokens[i], value))
			return false;
		if (tokens[i].quoted)
			put(line, "\"", 1);
		for (size_t k = 0; !i && k < line->len; k++)
			line->owner_dots += line->text[k] == '.';
	}
	return !line->full;
}

/* Is the last token all of the data: is the one before it the first that is a type? */
static bool is_alone(const struct zs_scan *scan, uint16_t *type)
{
	enum { FIRST = 3 }; /* behind directive, range and owner */
	size_t i = FIRST;
	while (i < scan->token_count && (scan->tokens[i].quoted || !zs_type_parse(scan->tokens[i].text, scan->tokens[i].len, type)))
		i++;
	return i + 2 == scan->token_count;
}

/* The quotes around all of the data are not the data's, as BIND has it: MX "10 mail$", TXT "\"host $\"". */
static void open_quotes(struct zs_scan *scan, const struct zs_scan_text *text, uint16_t type, struct zs_token *data)
{
	char *out = zs_arena_alloc(scan->run->arena, data->len + 1);
	uint32_t len = 0;
	bool quotes = false, parted = false;
	for (uint32_t i = 0; i < data->len; i++) {
		if (data->text[i] == '\\' && i + 1 < data->len && data->text[++i] != '"')
			out[len++] = '\\';
		out[len++] = data->text[i];
		quotes = quotes || data->text[i] == '"';
		parted = parted || memchr(" \t;", data->text[i], 3);
	}
	if (type == ZS_TYPE_TXT && parted && !quotes) {
		const struct zs_source where = zs_scan_source(scan, text, scan->token_count - 1, 0);
		zs_warn(scan->run, &where, "$GENERATE takes these quotes off: blanks part strings, and ';' begins a comment, as for BIND");
		zs_hint(scan->run, "one string is written \"\\\"host $\\\"\"");
	}
	*data = (struct zs_token){ .text = out, .len = len };
}

void zs_scan_generate(struct zs_scan *scan, struct zs_scan_text *text)
{
	struct zs_run *run = scan->run;
	struct range range;
	struct zs_source where = zs_scan_source(scan, text, scan->token_count > 1 ? 1 : 0, 0);
	if (scan->token_count < 5) {
		zs_error(run, &where, "$GENERATE takes a range, an owner, a type and data");
		zs_hint(run, "as in: $GENERATE 1-254 host-$ A 192.0.2.$");
		return;
	}
	if (!parse_range(&scan->tokens[1], &range)) {
		zs_error(run, &where, "not a range; write start-stop or start-stop/step, start no larger than stop");
		return;
	}
	const uint64_t wanted = (range.stop - range.start) / range.step + 1;
	if (wanted > ZS_GENERATE_MAX - scan->generated_count) {
		zs_error(run, &where, "$GENERATE would make more than %d records", ZS_GENERATE_MAX);
		return;
	}
	scan->generated_count += wanted;
	/* the templates move out of the token array, which each generated record uses again */
	const size_t count = scan->token_count - 2;
	struct zs_token *tokens = zs_arena_array(run->arena, count, sizeof *tokens);
	memcpy(tokens, scan->tokens + 2, count * sizeof *tokens);
	uint16_t type;
	if (tokens[count - 1].quoted && is_alone(scan, &type))
		open_quotes(scan, text, type, &tokens[count - 1]);
	where.column = 1;
	where.width = 9;
	struct line room, *line = &room;
	const unsigned errors = run->error_count;
	for (uint64_t i = range.start; i <= range.stop && run->error_count == errors; i += range.step) {
		if (!expand_all(line, tokens, count, (int64_t)i)) {
			if (line->negative) {
				zs_error(run, &where, "the offset makes %lld of %llu; $GENERATE takes no number below 0", (long long)line->negative, (unsigned long long)i);
				zs_hint(run, "begin the range later, or write that record by itself; BIND would put the minus sign into the record");
				return;
			}
			zs_error(run, &where, line->full ? "$GENERATE makes a record of more than %d octets"
			                                 : "not a modifier; write ${offset,width,base} with base d, o, x, X, n or N",
			         ZS_GENERATE_LINE);
			return;
		}
		scan->generated_len += line->len;
		if (scan->generated_len > ZS_GENERATE_TEXT_MAX) {
			zs_error(run, &where, "$GENERATE makes more than %d octets of records in all", ZS_GENERATE_TEXT_MAX);
			return;
		}
		scan->generated_dots += line->owner_dots;
		if (scan->generated_dots > ZS_GENERATE_DOTS_MAX) {
			zs_error(run, &where, "$GENERATE makes owners of more than %d labels in all", ZS_GENERATE_DOTS_MAX);
			zs_hint(run, "each dot of an owner may be an empty non-terminal, with an NSEC3 record of its own; write the common part of the names with $ORIGIN");
			return;
		}
		const struct zs_input input = { .path = text->input->path, .text = line->text, .len = line->len };
		struct zs_scan_text child = *text;
		child.input = &input;
		child.at = line->text;
		child.end = line->text + line->len;
		child.generated = &where;
		child.have_owner = false;
		zs_scan_text(scan, &child);
	}
}
