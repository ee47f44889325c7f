/* smtp.c - the client's side of SMTP up to STARTTLS (RFC 5321, RFC 3207), one octet after the other. Everything that a server may send
 * without end has a bound here: the line, the lines, the octets. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "live/look_private.h"

/* RFC 5321 section 4.5.3.1.5: a reply line has up to 512 octets; real greetings are longer now and then. */
enum { LINES_MAX = 200, OCTETS_MAX = 32768, SHOWN = 160 };

static void fail(struct zs_smtp *smtp, enum zs_talk_end end, const char *why)
{
	smtp->state = ZS_SMTP_FAILED;
	smtp->end = end;
	smtp->why = why;
	smtp->say = NULL;
}

static bool says(const char *line, size_t len, const char *word)
{
	const size_t word_len = strlen(word);
	return len >= word_len && strncasecmp(line, word, word_len) == 0 && (len == word_len || line[word_len] == ' ');
}

/* A whole answer is in: its code begins the last line. */
static void answered(struct zs_arena *arena, struct zs_smtp *smtp)
{
	const char first = smtp->code[0];
	const char *text = zs_text_safe(arena, smtp->line, smtp->line_len, SHOWN);
	if (smtp->state == ZS_SMTP_GREETING) {
		if (first != '2')
			fail(smtp, ZS_TALK_SMTP, zs_arena_printf(arena, "it greets with '%s'", text));
		else
			smtp->state = ZS_SMTP_EHLO, smtp->say = zs_arena_printf(arena, "EHLO %s\r\n", smtp->name ? smtp->name : "localhost");
	} else if (smtp->state == ZS_SMTP_EHLO) {
		/* 5xx to EHLO: a server of RFC 821, which has no extensions */
		if (first == '4')
			fail(smtp, ZS_TALK_SMTP, zs_arena_printf(arena, "it answers EHLO with '%s'", text));
		else if (first != '2' || !smtp->offers)
			fail(smtp, ZS_TALK_NO_STARTTLS, "it offers no STARTTLS");
		else
			smtp->state = ZS_SMTP_STARTTLS, smtp->say = "STARTTLS\r\n";
	} else if (smtp->state == ZS_SMTP_STARTTLS) {
		if (strncmp(smtp->code, "220", 3) == 0)
			smtp->state = ZS_SMTP_READY;
		else
			fail(smtp, ZS_TALK_NO_STARTTLS, zs_arena_printf(arena, "it offers STARTTLS and refuses it: '%s'", text));
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void take_line(struct zs_arena *arena, struct zs_smtp *smtp)
{
	const char *line = smtp->line;
	const size_t len = smtp->line_len;
	const bool whole = len == 3 || (len > 3 && (line[3] == ' ' || line[3] == '-'));
	if (!whole || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2]) || (smtp->code[0] && strncmp(smtp->code, line, 3) != 0)) {
		fail(smtp, ZS_TALK_SMTP, zs_arena_printf(arena, "it speaks no SMTP: '%s'", zs_text_safe(arena, line, len, SHOWN)));
		return;
	}
	memcpy(smtp->code, line, 3);
	/* the first line of the answer to EHLO is the server's name, not a keyword */
	if (smtp->state == ZS_SMTP_EHLO && smtp->lines > 0 && len > 4 && says(line + 4, len - 4, "STARTTLS"))
		smtp->offers = true;
	smtp->lines++;
	if (len > 3 && line[3] == '-')
		return;
	answered(arena, smtp);
	smtp->code[0] = 0;
	smtp->lines = 0;
}

size_t zs_smtp_feed(struct zs_arena *arena, struct zs_smtp *smtp, const char *data, size_t len)
{
	size_t used = 0;
	while (used < len && smtp->state != ZS_SMTP_READY && smtp->state != ZS_SMTP_FAILED) {
		const char c = data[used++];
		if (smtp->say) {
			/* it speaks before its turn: RFC 3207 section 4 forbids that at STARTTLS, and RFC 5321 everywhere */
			fail(smtp, ZS_TALK_SMTP, "it sends more than was asked for");
		} else if (++smtp->octets > OCTETS_MAX || smtp->lines > LINES_MAX) {
			fail(smtp, ZS_TALK_SMTP, "its answer has no end");
		} else if (c == '\n') {
			if (smtp->line_len && smtp->line[smtp->line_len - 1] == '\r')
				smtp->line_len--;
			take_line(arena, smtp);
			smtp->line_len = 0;
		} else if (smtp->line_len == sizeof smtp->line) {
			fail(smtp, ZS_TALK_SMTP, "its answer is a line without end");
		} else {
			smtp->line[smtp->line_len++] = c;
		}
	}
	return used;
}
