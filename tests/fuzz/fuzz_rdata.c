/* fuzz_rdata.c - RDATA of any type from hostile text and from hostile wire; whatever is taken must come back the
 * same.
 *
 * Input: two octets of type, one of which the lowest bit chooses text (set) or wire, then the text or the wire.
 */
#include <stdlib.h>
#include <string.h>

#include "dns/rdata.h"

enum { TOKENS = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t origin[] = "\006origin\004test";

/* As the scanner of zone/ does: blanks between tokens, quotes around or within them. */
static size_t split(const char *text, size_t len, struct zs_token tokens[TOKENS])
{
	size_t count = 0, i = 0;
	while (i < len && count < TOKENS) {
		if (text[i] == ' ' || text[i] == '\n') {
			i++;
			continue;
		}
		const bool quoted = text[i] == '"';
		bool inside = quoted;
		const size_t start = quoted ? ++i : i;
		while (i < len && (inside || (text[i] != ' ' && text[i] != '\n'))) {
			if (text[i] == '\\' && i + 1 < len)
				i++;
			else if (text[i] == '"' && quoted)
				break;
			else if (text[i] == '"')
				inside = !inside;
			i++;
		}
		tokens[count++] =
		    (struct zs_token){ .text = text + start, .len = (uint32_t)(i - start), .quoted = quoted };
		i += quoted;
	}
	return count;
}

static void must(bool good)
{
	if (!good)
		abort();
}

static void check_error(const struct zs_rdata_error *error, const struct zs_token *tokens, size_t count)
{
	must(error->message[0] && memchr(error->message, 0, sizeof error->message)
	     && memchr(error->hint, 0, sizeof error->hint));
	must(error->token <= count && error->offset <= (error->token < count ? tokens[error->token].len : 0));
}

/* Valid RDATA: its text is printable, one line, and read back as the same octets; so is that for files. */
static void check_valid(uint16_t type, const uint8_t *wire, size_t len)
{
	static uint8_t again[ZS_RDATA_MAX], lower[ZS_RDATA_MAX];
	struct zs_token tokens[TOKENS];
	struct zs_rdata_error error;
	must(zs_rdata_check(type, wire, len, &error));
	for (int file = 0; file < 2; file++) {
		struct zs_buf out = { .arena = zs_arena_new(), .max = 8 * ZS_RDATA_MAX + 100 };
		(file ? zs_rdata_format_file : zs_rdata_format)(type, wire, len, &out);
		must(!out.full);
		for (size_t i = 0; i < out.len; i++)
			must(out.data[i] >= ' ' && out.data[i] <= '~');
		const size_t count = split((const char *)out.data, out.len, tokens);
		if (count < TOKENS) {
			const long back = zs_rdata_parse(type, tokens, count, NULL, again, &error);
			must(back == (long)len && (!len || memcmp(again, wire, len) == 0));
		}
		zs_arena_free(out.arena);
	}
	zs_rdata_canonical(type, wire, len, lower);
	must(zs_rdata_check(type, lower, len, &error));
	must(zs_rdata_has_lower(type) || !len || memcmp(lower, wire, len) == 0);
	must(zs_rdata_compare(type, (struct zs_bytes){ wire, len }, (struct zs_bytes){ lower, len }) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t wire[ZS_RDATA_MAX];
	struct zs_rdata_error error = { .message = "" };
	if (size < 3 || size - 3 > ZS_RDATA_MAX)
		return 0;
	const uint16_t type = zs_get_u16(data);
	const bool is_text = data[2] & 1;
	data += 3;
	size -= 3;
	if (!is_text) {
		if (zs_rdata_check(type, data, size, &error))
			check_valid(type, data, size);
		else
			must(error.message[0]);
		return 0;
	}
	struct zs_token tokens[TOKENS];
	const size_t count = split((const char *)data, size, tokens);
	const long len = zs_rdata_parse(type, tokens, count, origin, wire, &error);
	if (len < 0)
		check_error(&error, tokens, count);
	else
		check_valid(type, wire, (size_t)len);
	return 0;
}
