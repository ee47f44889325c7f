/* straight.c - one simple line (dns/line.h) to a record, straight into the zone's octets. It does what read_record of
 * scan.c does, and leaves to that everything that takes a second look: on false nothing has changed. */
#include <string.h>

#include "dns/line.h"
#include "zone/scan.h"

/* The owner field. A text equal to the one above is not read again. New: its octets are at line->out. */
static bool read_owner(const struct zs_scan_text *text, struct zs_line *line, bool *same)
{
	const size_t len = text->owner_text_len;
	*same = len && (size_t)(text->end - line->at) > len && zs_octets_equal(line->at, text->owner_text, len)
	     && zs_line_kinds[(unsigned char)line->at[len]] & ZS_LINE_BLANK;
	if (*same) {
		line->at += len;
		return true;
	}
	return *line->at != '$' && zs_line_name(line);
}

static bool is_in(const char *p)
{
	return (p[0] | 0x20) == 'i' && (p[1] | 0x20) == 'n' && zs_line_kinds[(unsigned char)p[2]] & ZS_LINE_BLANK;
}

/* TTL and class in either order, then the type. */
static bool parse_head(struct zs_line *line, struct zs_scan_head *head)
{
	const char *text = line->at;
	head->have_ttl = false;
	for (bool have_class = false;;) {
		zs_line_skip_blanks(line);
		if (!have_class && is_in(line->at)) {
			have_class = true;
			line->at += 2;
		} else if (!head->have_ttl && (unsigned char)(*line->at - '0') < 10) {
			if (!zs_line_number(line, INT32_MAX, &head->ttl))
				return false;
			head->have_ttl = true;
		} else {
			break;
		}
	}
	const char *start = line->at;
	while (zs_line_is(line, ZS_LINE_NAME))
		line->at++;
	if (!zs_line_is(line, ZS_LINE_BLANK) || !zs_type_parse(start, (size_t)(line->at - start), &head->type))
		return false;
	zs_line_skip_blanks(line);
	head->text = text;
	head->len = (uint32_t)(line->at - text);
	return true;
}

static bool is_like(const struct zs_line *line, const struct zs_scan_head *head)
{
	return head->len && (size_t)(line->end - line->at) > head->len && zs_octets_equal(line->at, head->text, head->len);
}

/* The same, or what the same text gave in a line above: text->heads[text->head]. */
static bool read_head(struct zs_line *line, struct zs_scan_text *text)
{
	if (!is_like(line, &text->heads[text->head])) {
		text->head ^= 1;
		struct zs_scan_head *head = &text->heads[text->head];
		if (!is_like(line, head)) {
			head->len = 0;
			return parse_head(line, head);
		}
	}
	line->at += text->heads[text->head].len;
	zs_line_skip_blanks(line);
	return true;
}

/* To the end of a line that is not kept; what could go on in the next line is not simple. */
static bool skip_rest(struct zs_line *line)
{
	while (*line->at != '\n' && *line->at != '\r' && *line->at != '(' && *line->at != ')' && *line->at != '"' && *line->at != ';' && *line->at)
		line->at++;
	return *line->at == '\n' || *line->at == '\r';
}

void zs_scan_forget_names(struct zs_scan *scan)
{
	if (scan->interned)
		memset(scan->interned, 0, sizeof *scan->interned << ZS_INTERN_BITS);
}

/* Names in RDATA that come again and again - of a TLD's name servers - are kept once. */
static uint32_t intern(struct zs_scan *scan, uint16_t type, uint32_t offset, size_t len)
{
	if (type != ZS_TYPE_NS || len < 8)
		return offset;
	if (!scan->interned)
		scan->interned = zs_arena_array(scan->arena, (size_t)1 << ZS_INTERN_BITS, sizeof *scan->interned);
	const uint8_t *octets = scan->zone->octets;
	uint64_t head, tail;
	memcpy(&head, octets + offset, 8);
	memcpy(&tail, octets + offset + len - 8, 8);
	const uint64_t hash = (head ^ (tail << 7 | tail >> 57) ^ len) * 0x9e3779b97f4a7c15u;
	struct zs_interned *slot = &scan->interned[hash >> (64 - ZS_INTERN_BITS)];
	const uint32_t tag = (uint32_t)(hash >> 20);
	/* a name is its own end: where all len octets are equal it is the same name */
	if (slot->tag == tag && slot->offset < offset && offset - slot->offset >= len && zs_octets_equal(octets + slot->offset, octets + offset, len))
		return slot->offset;
	*slot = (struct zs_interned){ offset, tag };
	return offset;
}

static bool read_ttl(struct zs_scan *scan, const struct zs_scan_head *head, uint32_t *ttl)
{
	*ttl = head->ttl;
	if (head->have_ttl) {
		if (!scan->ttl_by_directive) { /* RFC 1035: the last stated one goes on */
			scan->default_ttl = *ttl;
			scan->have_ttl = scan->ttl_set = true;
		}
		return true;
	}
	if (!scan->have_ttl)
		return false;
	*ttl = scan->default_ttl;
	scan->used_ttl = scan->used_ttl || !scan->ttl_set;
	return true;
}

/* To the end of the line, comment included. */
static bool finish(struct zs_line *line, const struct zs_scan_text *text)
{
	if (*line->at == ';') {
		const char *newline = memchr(line->at, '\n', (size_t)(text->end - line->at));
		line->at = newline ? newline : text->end;
	}
	if (*line->at == '\r' && line->at + 1 < text->end && line->at[1] == '\n')
		line->at++;
	return line->at >= text->end || *line->at == '\n';
}

bool zs_scan_straight(struct zs_scan *scan, struct zs_scan_text *text)
{
	struct zs_zone *zone = scan->zone;
	const bool blank = *text->at == ' ' || *text->at == '\t';
	bool same = blank;
	uint32_t ttl;
	if (scan->options->general || (blank && !text->have_owner)
	    || zone->octets_len > UINT32_MAX - ZS_RDATA_MAX - ZS_NAME_MAX || scan->record_count >= scan->record_max)
		return false;
	zs_scan_reserve(scan, ZS_NAME_MAX + 2 * ZS_LINE_ROOM);
	struct zs_line line = { .at = text->at, .end = text->end, .origin = text->have_origin ? text->origin : NULL, .origin_len = text->origin_len,
		                .out = zone->octets + zone->octets_len, .memos = &text->memos };
	if (!blank && !read_owner(text, &line, &same))
		return false;
	const size_t owner_text_len = (size_t)(line.at - text->at), owner_len = line.len;
	if (!read_head(&line, text))
		return false;
	const struct zs_scan_head *head = &text->heads[text->head];
	const uint16_t type = head->type;
	const bool strip = scan->options->dnssec == ZS_DNSSEC_STRIP && zs_type_has(type, ZS_TYPE_SIGNER_MADE);
	line.out += owner_len;
	line.len = 0;
	if (strip ? !skip_rest(&line) : !zs_line_rdata(&line, type))
		return false;
	if (!finish(&line, text) || !read_ttl(scan, head, &ttl))
		return false;
	/* from here on it is a record; the owner is the one above, unless its octets differ */
	if (!same) {
		const uint8_t *former = text->have_owner ? zone->octets + text->owner : NULL;
		if (!former || !zs_octets_equal(former, zone->octets + zone->octets_len, owner_len)) {
			text->owner = (uint32_t)zone->octets_len;
			zone->octets_len += owner_len;
		} else {
			memmove(line.out - owner_len, line.out, line.len);
		}
		text->owner_text = text->at;
		text->owner_text_len = (uint32_t)owner_text_len;
		text->have_owner = true;
	}
	scan->used_origin = scan->used_origin || (line.used_origin && !scan->origin_set);
	text->at = line.at;
	if (strip) {
		scan->stripped_count++;
		return true;
	}
	const uint32_t offset = (uint32_t)zone->octets_len, kept = intern(scan, type, offset, line.len);
	if (kept == offset)
		zone->octets_len += line.len;
	zs_scan_add_record(scan, &(struct zs_record){ .name = text->owner, .ttl = ttl, .rdata = kept, .line = text->line, .type = type,
	                                              .rdata_len = (uint16_t)line.len, .input = text->input_index });
	return true;
}
