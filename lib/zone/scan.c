/* scan.c - zone file text to records: owners, TTLs, classes, types, directives (RFC 1035 section 5, RFC 2308 section 4). */
#include "zone/scan.h"

#include <string.h>

#include "base/text.h"

static struct zs_source whole_record(const struct zs_scan *scan, const struct zs_scan_text *text)
{
	return zs_scan_source(scan, text, 0, 0);
}

int zs_scan_ttl(const char *text, size_t len, uint32_t *out)
{
	static const struct {
		char letter;
		uint32_t seconds;
	} units[] = { { 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
	uint64_t total = 0, value = 0;
	bool digits = false, range = true, bare = true;
	if (!len || text[0] < '0' || text[0] > '9')
		return 0;
	for (size_t i = 0; i < len; i++) {
		const char c = zs_lower(text[i]);
		if (c >= '0' && c <= '9') {
			if (value < UINT32_MAX)
				value = value * 10 + (uint64_t)(c - '0');
			digits = true;
			continue;
		}
		size_t unit = 0;
		while (unit < ZS_COUNT(units) && units[unit].letter != c)
			unit++;
		if (unit == ZS_COUNT(units) || !digits)
			return 0;
		total += value * units[unit].seconds;
		range = range && total <= INT32_MAX;
		value = 0;
		digits = bare = false;
	}
	if (digits && !bare) /* "1h30" */
		return 0;
	total += value;
	if (!range || total > INT32_MAX)
		return -1;
	*out = (uint32_t)total;
	return 1;
}

void zs_scan_begin(struct zs_scan *scan, struct zs_run *run, struct zs_arena *arena, const struct zs_zone_options *options,
                   struct zs_zone *zone)
{
	*scan = (struct zs_scan){ .run = run, .arena = arena, .input_arena = arena, .options = options, .zone = zone };
	scan->record_max = options->max_records ? options->max_records : UINT32_MAX - 1;
	if (options->apex) {
		memcpy(zone->apex, options->apex, zs_name_len(options->apex));
		scan->apex_known = true;
	}
}

void zs_scan_set_origin(struct zs_scan_text *text, const uint8_t *origin)
{
	text->origin_len = zs_name_len(origin);
	memcpy(text->origin, origin, text->origin_len);
	text->have_origin = true;
	text->owner_text_len = 0; /* the same text is another name now */
}

void zs_scan_reserve(struct zs_scan *scan, size_t size)
{
	struct zs_zone *zone = scan->zone;
	if (size <= zone->octets_room - zone->octets_len)
		return;
	size_t room = zone->octets_room ? zone->octets_room * 2 : 65536;
	while (room < zone->octets_len + size)
		room *= 2;
	zone->octets = zs_arena_grow(scan->arena, zone->octets, zone->octets_room, room);
	zone->octets_room = room;
}

static uint32_t add_octets(struct zs_scan *scan, const void *data, size_t len)
{
	struct zs_zone *zone = scan->zone;
	zs_scan_reserve(scan, len);
	const uint32_t offset = (uint32_t)zone->octets_len;
	memcpy(zone->octets + offset, data, len);
	zone->octets_len += len;
	return offset;
}

void zs_scan_add_record(struct zs_scan *scan, const struct zs_record *record)
{
	if (scan->record_count == scan->record_room) {
		const size_t room = scan->record_room ? scan->record_room * 2 : 256;
		scan->records = zs_arena_grow(scan->arena, scan->records, scan->record_room * sizeof *record, room * sizeof *record);
		scan->record_room = room;
	}
	scan->records[scan->record_count++] = *record;
}

bool zs_scan_add_input(struct zs_scan *scan, const struct zs_input *input, const struct zs_file_id *id, uint16_t *index)
{
	struct zs_zone *zone = scan->zone;
	if (zone->input_count > ZS_INCLUDES_MAX)
		return zs_error(scan->run, NULL, "more than %d files are included", ZS_INCLUDES_MAX);
	size_t ids_room = zone->input_room;
	*index = (uint16_t)zone->input_count;
	if (zone->input_count == zone->input_room) {
		size_t room = zone->input_room;
		zone->inputs = zs_arena_push(scan->input_arena, (void *)zone->inputs, &room, sizeof *zone->inputs);
		zone->input_ids = zs_arena_push(scan->input_arena, zone->input_ids, &ids_room, sizeof *zone->input_ids);
		zone->input_room = room;
	}
	zone->inputs[zone->input_count] = input;
	zone->input_ids[zone->input_count] = id ? *id : (struct zs_file_id){ 0 };
	zone->input_count++;
	return true;
}

/* The mark that some editors put at the head of a file stands before its first name, or alone. It is no part of it. */
static bool has_byte_order_mark(struct zs_scan *scan, const struct zs_scan_text *text, size_t token)
{
	const struct zs_token *t = &scan->tokens[token];
	if (t->len < 3 || memcmp(t->text, "\xEF\xBB\xBF", 3) != 0)
		return false;
	const struct zs_source where = zs_scan_source(scan, text, token, 0);
	zs_error(scan->run, &where, "%s with a byte order mark (BOM), the octets EF BB BF", where.line == 1 ? "the file begins" : "the line begins");
	zs_hint(scan->run, "save the file as UTF-8 without BOM, or remove it: sed -i '%us/^\\xEF\\xBB\\xBF//' FILE", where.line);
	return true;
}

/* A token that should be a name, to wire form; 0 with the error reported. */
static size_t parse_name(struct zs_scan *scan, const struct zs_scan_text *text, size_t token, const char *what,
                         uint8_t out[ZS_NAME_MAX])
{
	const struct zs_token *t = &scan->tokens[token];
	struct zs_name_error error;
	if (has_byte_order_mark(scan, text, token))
		return 0;
	const bool relative = t->len && (t->text[t->len - 1] != '.' || (t->len > 1 && t->text[t->len - 2] == '\\'));
	if (relative && !text->have_origin) {
		const struct zs_source where = zs_scan_source(scan, text, token, 0);
		zs_error(scan->run, &where, "the %s is relative, but there is no $ORIGIN yet", what);
		zs_hint(scan->run, "end the name with a dot, or begin the file with $ORIGIN");
		return 0;
	}
	scan->used_origin = scan->used_origin || !scan->origin_set;
	const size_t len = zs_name_parse(t->text, t->len, text->have_origin ? text->origin : NULL, out, &error);
	if (!len) {
		const struct zs_source where = zs_scan_source(scan, text, token, error.offset);
		zs_error(scan->run, &where, "bad %s: %s", what, error.message);
		return 0;
	}
	for (size_t i = 0; !scan->told_idn && i < t->len; i++)
		if ((unsigned char)t->text[i] > 126) {
			const struct zs_source where = zs_scan_source(scan, text, token, i);
			zs_warn(scan->run, &where, "the %s has octets that are not ASCII; they are taken as they are", what);
			zs_hint(scan->run, "an internationalised name is written in its xn-- form (RFC 5891)");
			scan->told_idn = true;
		}
	return len;
}

static void lose_owner(struct zs_scan_text *text)
{
	text->have_owner = false;
	text->owner_lost = true;
	text->owner_text_len = 0;
}

/* The owner of the record: token 0, or the former one if the line begins with a blank. */
static bool read_owner(struct zs_scan *scan, struct zs_scan_text *text, bool blank)
{
	uint8_t name[ZS_NAME_MAX];
	if (blank) {
		if (text->have_owner || text->owner_lost)
			return text->have_owner;
		const struct zs_source where = whole_record(scan, text);
		zs_error(scan->run, &where, "the first record has no owner name");
		zs_hint(scan->run, "a line that begins with a blank repeats the owner of the one above");
		text->owner_lost = true; /* said once, not for each line of a file that is indented */
		return false;
	}
	const size_t len = parse_name(scan, text, 0, "owner", name);
	text->owner_text_len = 0;
	if (!len) {
		lose_owner(text);
		return false;
	}
	/* the same owner as above shares its octets, so that index.c sees runs */
	const uint8_t *former = text->have_owner ? scan->zone->octets + text->owner : NULL;
	if (!former || zs_name_len(former) != len || memcmp(former, name, len) != 0)
		text->owner = add_octets(scan, name, len);
	text->have_owner = true;
	return true;
}

struct head {
	bool have_ttl;
	uint32_t ttl;
	uint16_t type;
	size_t rdata; /* index of the first RDATA token */
};

static bool is_class(const struct zs_token *t, bool *is_in)
{
	static const char *const others[] = { "CH", "HS", "CS", "NONE", "ANY" };
	if (t->quoted)
		return false;
	*is_in = zs_text_equal(t->text, t->len, "IN") || zs_text_equal(t->text, t->len, "CLASS1");
	if (*is_in)
		return true;
	for (size_t i = 0; i < ZS_COUNT(others) - 1; i++) /* ANY is a type too: its message is better */
		if (zs_text_equal(t->text, t->len, others[i]))
			return true;
	return t->len > 5 && zs_text_equal(t->text, 5, "CLASS");
}

/* What programs write where a type is expected, though it is none. */
static const char *foreign_hint(const struct zs_token *t)
{
	static const char age[] = "[AGE:", made[] = "the server makes the answer when it is asked, and what it makes nobody has signed: write the A and AAAA "
	                                            "records that are to be served";
	static const char windows[] = "Windows DNS asks WINS by it, and no other server does: take the line out";
	static const struct {
		const char *word, *hint;
	} foreign[] = { { "ALIAS", made }, { "ANAME", made }, { "LUA", made }, { "WINS", windows }, { "WINSR", windows }, { "WINS-R", windows } };
	if (t->len > sizeof age - 1 && zs_text_equal(t->text, sizeof age - 1, age))
		return "Windows DNS writes there when a record was registered: take [AGE:...] out, in all of the file (sed 's/\\[AGE:[0-9]*\\]//')";
	for (size_t i = 0; i < ZS_COUNT(foreign); i++)
		if (zs_text_equal(t->text, t->len, foreign[i].word))
			return foreign[i].hint;
	return NULL;
}

/* A line that begins with a blank, though its first word is no part of a record that goes on with the owner above. */
static const char *blank_hint(const struct zs_scan *scan)
{
	uint16_t type;
	bool typed = *scan->tokens[0].text == '$';
	for (size_t i = 1; i < scan->token_count && i < 4; i++)
		typed = typed || zs_type_parse(scan->tokens[i].text, scan->tokens[i].len, &type);
	return typed ? "a line that begins with a blank goes on with the owner above: take the blank out" : NULL;
}

static bool bad_type(struct zs_scan *scan, const struct zs_scan_text *text, size_t at)
{
	const struct zs_source where = zs_scan_source(scan, text, at, 0);
	if (at >= scan->token_count)
		return zs_error(scan->run, &where, "the record ends before its type");
	const struct zs_token *t = &scan->tokens[at];
	const char *word = zs_text_safe(scan->run->arena, t->text, t->len, 40);
	zs_error(scan->run, &where, "'%s' is not an RR type", word);
	if (scan->run->last_dropped)
		return false;
	const char *hint = foreign_hint(t);
	if (!hint && at == 0)
		hint = blank_hint(scan);
	if (!hint && (*scan->tokens[0].text == '#' || *scan->tokens[0].text == '/'))
		hint = "a comment begins with ';'";
	if (hint) {
		zs_hint(scan->run, "%s", hint);
		return false;
	}
	const size_t count = zs_type_count();
	const char **words = zs_arena_array(scan->run->arena, count, sizeof *words);
	for (size_t i = 0; i < count; i++)
		words[i] = zs_type_mnemonic(i);
	const char *near = zs_text_nearest(word, words, count);
	if (near)
		zs_hint(scan->run, "did you mean '%s'?", near);
	else
		zs_hint(scan->run, "a record is: owner [TTL] [class] type data; an unknown type is written TYPE12345 \\# length hex");
	return false;
}

/* RFC 6895 section 3.1: 0, and 128 to 255, are no data types whether they are assigned or not. RFC 1035 sections 3.3.4 and
 * 3.3.5 would have MD and MF refused. BIND loads no zone with one of these. */
static bool bad_data_type(struct zs_scan *scan, const struct zs_scan_text *text, size_t at, uint16_t type)
{
	enum { MD = 3, MF = 4, QUESTIONS = 128, QUESTIONS_END = 255 };
	const bool obsolete = type == MD || type == MF;
	if (type && !obsolete && (type < QUESTIONS || type > QUESTIONS_END) && !zs_type_has(type, ZS_TYPE_META))
		return false;
	const struct zs_source where = zs_scan_source(scan, text, at, 0);
	const char *word = zs_text_safe(scan->run->arena, scan->tokens[at].text, scan->tokens[at].len, 16);
	zs_error(scan->run, &where, obsolete ? "type %s is obsolete, and BIND loads no zone with it" : "type %s cannot be in a zone", word);
	if (obsolete)
		zs_hint(scan->run, "write MX 0 in its place (RFC 1035 section 3.3.4)");
	return true;
}

/* TTL and class in either order or absent, then the type (RFC 1035 section 5.1). */
static bool read_head(struct zs_scan *scan, const struct zs_scan_text *text, size_t at, struct head *head)
{
	bool have_class = false;
	*head = (struct head){ 0 };
	for (; at < scan->token_count; at++) {
		const struct zs_token *t = &scan->tokens[at];
		bool is_in;
		if (!have_class && is_class(t, &is_in)) {
			if (!is_in) {
				const struct zs_source where = zs_scan_source(scan, text, at, 0);
				return zs_error(scan->run, &where, "only class IN is signed");
			}
			have_class = true;
			continue;
		}
		if (!head->have_ttl && !t->quoted) {
			const int got = zs_scan_ttl(t->text, t->len, &head->ttl);
			if (got < 0) {
				const struct zs_source where = zs_scan_source(scan, text, at, 0);
				return zs_error(scan->run, &where, "the TTL is out of range (0 to 2147483647, RFC 2181 section 8)");
			}
			if (got > 0) {
				head->have_ttl = true;
				continue;
			}
		}
		break;
	}
	if (at >= scan->token_count || scan->tokens[at].quoted
	    || !zs_type_parse(scan->tokens[at].text, scan->tokens[at].len, &head->type))
		return bad_type(scan, text, at);
	if (bad_data_type(scan, text, at, head->type))
		return false;
	head->rdata = at + 1;
	return true;
}

static bool rdata_error(struct zs_scan *scan, const struct zs_scan_text *text, const struct head *head,
                        const struct zs_rdata_error *error)
{
	char type[ZS_TYPE_TEXT];
	const struct zs_source where = zs_scan_source(scan, text, head->rdata + error->token, error->offset);
	zs_error(scan->run, &where, "%s record: %s", zs_type_text(head->type, type), error->message);
	if (error->hint[0])
		zs_hint(scan->run, "%s", error->hint);
	return false;
}

/* The TTL of a record that does not state one. */
static bool default_ttl(struct zs_scan *scan, const struct zs_scan_text *text, const struct head *head,
                        const uint8_t *rdata, size_t len, uint32_t *ttl)
{
	if (scan->have_ttl) {
		*ttl = scan->default_ttl;
		scan->used_ttl = scan->used_ttl || !scan->ttl_set;
		return true;
	}
	const struct zs_source where = whole_record(scan, text);
	if (head->type == ZS_TYPE_SOA) { /* as BIND does, and for all of the file: what other records state is theirs alone, as under $TTL */
		*ttl = zs_get_u32(rdata + len - 4);
		if (*ttl > INT32_MAX)
			*ttl = 0;
		zs_warn(scan->run, &where, "the SOA has no TTL and there is no $TTL: its MINIMUM, %u, is taken for both", *ttl);
		scan->default_ttl = *ttl;
		scan->have_ttl = scan->ttl_by_directive = scan->ttl_set = true;
		return true;
	}
	if (!scan->told_ttl) {
		zs_error(scan->run, &where, "the record has no TTL, and there is none above to take");
		zs_hint(scan->run, "begin the file with a line such as '$TTL 1h' (RFC 2308 section 4)");
		scan->told_ttl = true;
	}
	return false;
}

static bool too_large(struct zs_scan *scan, const struct zs_scan_text *text)
{
	/* rdata and name of one record, at the most */
	if (scan->zone->octets_len < UINT32_MAX - ZS_RDATA_MAX - ZS_NAME_MAX && scan->record_count < scan->record_max)
		return false;
	const struct zs_source where = whole_record(scan, text);
	zs_error(scan->run, &where, "the zone is too large: %zu records so far", scan->record_count);
	scan->stopped = true;
	return true;
}

static void read_record(struct zs_scan *scan, struct zs_scan_text *text, bool blank)
{
	struct head head;
	uint8_t rdata[ZS_RDATA_MAX];
	struct zs_rdata_error error;
	const bool owner_ok = read_owner(scan, text, blank);
	if (!read_head(scan, text, blank ? 0 : 1, &head) || !owner_ok || too_large(scan, text))
		return;
	if (head.have_ttl && !scan->ttl_by_directive) { /* RFC 1035: the last stated one goes on */
		scan->default_ttl = head.ttl;
		scan->have_ttl = scan->ttl_set = true;
	}
	if (scan->options->dnssec == ZS_DNSSEC_STRIP && zs_type_has(head.type, ZS_TYPE_SIGNER_MADE)) {
		scan->stripped_count++;
		return;
	}
	scan->used_origin = scan->used_origin || !scan->origin_set;
	const long len = zs_rdata_parse(head.type, scan->tokens + head.rdata, scan->token_count - head.rdata,
	                                text->have_origin ? text->origin : NULL, rdata, &error);
	if (len < 0) {
		rdata_error(scan, text, &head, &error);
		return;
	}
	if (!head.have_ttl && !default_ttl(scan, text, &head, rdata, (size_t)len, &head.ttl))
		return;
	if (head.type == ZS_TYPE_SOA && !scan->apex_known) {
		const uint8_t *name = scan->zone->octets + text->owner;
		memcpy(scan->zone->apex, name, zs_name_len(name));
		scan->apex_known = true;
	}
	const uint32_t offset = add_octets(scan, rdata, (size_t)len);
	const uint32_t line = text->generated ? text->generated->line : scan->token_lines[0];
	zs_scan_add_record(scan, &(struct zs_record){ .name = text->owner, .ttl = head.ttl, .rdata = offset, .line = line,
	                                              .type = head.type, .rdata_len = (uint16_t)len, .input = text->input_index });
}

static void set_origin(struct zs_scan *scan, struct zs_scan_text *text)
{
	uint8_t name[ZS_NAME_MAX];
	if (scan->token_count != 2) {
		const struct zs_source where = zs_scan_source(scan, text, scan->token_count > 2 ? 2 : 0, 0);
		zs_error(scan->run, &where, "$ORIGIN takes one name");
		return;
	}
	const size_t len = parse_name(scan, text, 1, "origin", name);
	if (!len)
		return;
	zs_scan_set_origin(text, name);
	scan->origin_set = true;
}

static void set_ttl(struct zs_scan *scan, const struct zs_scan_text *text)
{
	uint32_t ttl;
	if (scan->token_count != 2) {
		const struct zs_source where = zs_scan_source(scan, text, scan->token_count > 2 ? 2 : 0, 0);
		zs_error(scan->run, &where, "$TTL takes one value");
		return;
	}
	const int got = zs_scan_ttl(scan->tokens[1].text, scan->tokens[1].len, &ttl);
	if (got <= 0) {
		const struct zs_source where = zs_scan_source(scan, text, 1, 0);
		zs_error(scan->run, &where, got ? "the TTL is out of range (0 to 2147483647, RFC 2181 section 8)"
		                                : "not a TTL; write seconds, or units as in 1h30m");
		return;
	}
	scan->default_ttl = ttl;
	scan->have_ttl = scan->ttl_by_directive = scan->ttl_set = true;
}

static void read_directive(struct zs_scan *scan, struct zs_scan_text *text)
{
	static const char *const names[] = { "$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE" };
	const struct zs_token *t = &scan->tokens[0];
	if (zs_text_equal(t->text, t->len, "$ORIGIN")) {
		set_origin(scan, text);
	} else if (zs_text_equal(t->text, t->len, "$TTL")) {
		set_ttl(scan, text);
	} else if (scan->ahead) {
		scan->stopped = !scan->looking;
	} else if (text->generated) {
		zs_error(scan->run, text->generated, "$GENERATE makes records, not directives");
	} else if (zs_text_equal(t->text, t->len, "$INCLUDE")) {
		zs_scan_include(scan, text);
	} else if (zs_text_equal(t->text, t->len, "$GENERATE")) {
		zs_scan_generate(scan, text);
	} else {
		const struct zs_source where = whole_record(scan, text);
		const char *word = zs_text_safe(scan->run->arena, t->text, t->len, 40);
		const char *near = zs_text_nearest(word, names, ZS_COUNT(names));
		zs_error(scan->run, &where, "'%s' is no directive", word);
		if (near)
			zs_hint(scan->run, "did you mean '%s'?", near);
		else
			zs_hint(scan->run, "$ORIGIN, $TTL, $INCLUDE and $GENERATE are; an owner that begins with $ is written \\$");
	}
}

static void warn_missing_newline(struct zs_scan *scan, const struct zs_scan_text *text)
{
	if (text->generated || !text->input->len || text->end[-1] == '\n' || text->part)
		return;
	const struct zs_source where = { .input = text->input, .line = text->line };
	zs_warn(scan->run, &where, "no newline at the end of the file; is it complete? (G15)");
}

/* Is the record in scan->tokens one of SVCB or HTTPS, or a $GENERATE that may make some? The first word behind the owner that is a type is its type. */
static bool takes_values(const struct zs_scan *scan, bool has_owner)
{
	uint16_t type;
	if (has_owner && scan->tokens[0].text[0] == '$')
		return true;
	for (size_t i = has_owner; i < scan->token_count; i++)
		if (!scan->tokens[i].quoted && zs_type_parse(scan->tokens[i].text, scan->tokens[i].len, &type))
			return type == ZS_TYPE_SVCB || type == ZS_TYPE_HTTPS;
	return false;
}

/* The tokens of the record at text->at. False: there are none, or an error was reported. */
static bool read_tokens(struct zs_scan *scan, struct zs_scan_text *text, bool *has_owner)
{
	const bool blank = *text->at == ' ' || *text->at == '\t';
	const char *start = text->at;
	const uint32_t line = text->line;
	if (!zs_scan_tokens(scan, text, true)) {
		if (!blank && *start != '$')
			lose_owner(text);
		return false;
	}
	if (!scan->token_count)
		return false;
	*has_owner = !blank;
	if (!blank && scan->tokens[0].text - scan->tokens[0].quoted != start) {
		const struct zs_source where = { .input = text->input, .line = line, .column = 1, .width = 1 };
		zs_error(scan->run, text->generated ? text->generated : &where, "a parenthesis before the owner");
		zs_hint(scan->run, "servers disagree about such a line: begin it with the owner, or with a blank to repeat the one above");
		lose_owner(text);
		return false;
	}
	if (!scan->has_values || takes_values(scan, *has_owner))
		return true;
	/* elsewhere a quote begins a string also behind a "=", as it does for BIND and NSD */
	text->at = start;
	text->line = line;
	return zs_scan_tokens(scan, text, false);
}

void zs_scan_text(struct zs_scan *scan, struct zs_scan_text *text)
{
	while (text->at < text->end && !scan->stopped) {
		if (*text->at == '\n') {
			text->at++;
			text->line++;
			continue;
		}
		if (!text->generated && zs_scan_straight(scan, text))
			continue;
		bool has_owner;
		if (!read_tokens(scan, text, &has_owner))
			continue;
		if (has_owner && !scan->tokens[0].quoted && scan->tokens[0].text[0] == '$')
			read_directive(scan, text);
		else
			read_record(scan, text, !has_owner);
	}
	warn_missing_newline(scan, text);
}
