/* yaml.c - libyaml's events to a tree; texts of the simple kind are read without it (yaml_plain.c). */
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/text.h"
#include "base/yaml_private.h"

/* A place in the text. libyaml counts characters and knows five kinds of line end; diagnostics count octets and
 * know '\n' only, so places are found again from the character index. */
struct cursor {
	size_t index, offset; /* characters, octets */
	size_t line_start;
	uint32_t line;
};

struct builder {
	struct zs_yaml_builder tree;
	struct cursor cursor;
	bool marked; /* a byte order mark is before what libyaml reads: one character, MARK_LEN octets */
};

enum { MARK_LEN = 3, FEW = 64, MARKS = 1024 };
enum { NODES = 16, WORDS = 1024 }; /* taken from the arena at once: nodes; octets of texts */

static void move_to(const struct zs_input *input, struct cursor *cursor, size_t index)
{
	if (index < cursor->index)
		*cursor = (struct cursor){ .line = 1 };
	while (cursor->index < index && cursor->offset < input->len) {
		if (input->text[cursor->offset++] == '\n') {
			cursor->line++;
			cursor->line_start = cursor->offset;
		}
		while (cursor->offset < input->len && ((unsigned char)input->text[cursor->offset] & 0xc0) == 0x80)
			cursor->offset++;
		cursor->index++;
	}
}

/* The place from mark start to end, if both are on one line. */
static struct zs_source place(struct builder *b, const yaml_mark_t *start, const yaml_mark_t *end)
{
	move_to(b->tree.input, &b->cursor, start->index + b->marked);
	struct zs_source where = {
		.input = b->tree.input,
		.line = b->cursor.line,
		.column = (uint32_t)(b->cursor.offset - b->cursor.line_start) + 1,
		.width = 1,
	};
	if (end->line == start->line && end->index > start->index) {
		struct cursor stop = b->cursor;
		move_to(b->tree.input, &stop, end->index + b->marked);
		where.width = (uint32_t)(stop.offset - b->cursor.offset);
	}
	return where;
}

/* libyaml tells where it cannot go on; the mistake is often in the line above, and of few kinds. */
static void hint_syntax(struct builder *b, const yaml_parser_t *parser)
{
	const struct zs_input *input = b->tree.input;
	const size_t at = b->cursor.offset;
	const bool tab = strstr(parser->problem, "tab character") || (at < input->len && input->text[at] == '\t');
	const char *line = input->text + b->cursor.line_start, *colon = memmem(line, at - b->cursor.line_start, ": ", 2);
	if (tab)
		zs_hint(b->tree.run, "indent with blanks: YAML takes no tabs");
	else if (strstr(parser->problem, "cannot start any token") || (colon && strstr(parser->problem, "mapping values are not allowed")))
		zs_hint(b->tree.run, "put the value into quotes");
	else if (strstr(parser->problem, "mapping values are not allowed"))
		zs_hint(b->tree.run, "the line above lacks its ':' or the blank behind it, or this one is indented further than it");
	else if (strstr(parser->problem, "could not find expected ':'"))
		zs_hint(b->tree.run, "line %zu lacks its ':' or the blank behind it", parser->context_mark.line + 1);
	else if (strstr(parser->problem, "did not find expected node content") && at < input->len && input->text[at] == ':')
		zs_hint(b->tree.run, "put what begins with ':' into quotes: [\"::1\"]");
	else if (strstr(parser->problem, "did not find expected key") || strstr(parser->problem, "'-' indicator"))
		zs_hint(b->tree.run, "this line, or the one above, is indented otherwise than those that it belongs to");
}

static bool syntax_error(struct builder *b, const yaml_parser_t *parser)
{
	struct zs_source where = { .input = b->tree.input };
	if (parser->error == YAML_MEMORY_ERROR)
		return zs_fail(b->tree.run, "libyaml: out of memory");
	if (parser->error == YAML_READER_ERROR) {
		/* an offset in octets, by a reader that is ahead of the events */
		where.line = 1;
		size_t start = 0;
		const size_t offset = parser->problem_offset + (b->marked ? MARK_LEN : 0);
		for (size_t i = 0; i < offset && i < b->tree.input->len; i++)
			if (b->tree.input->text[i] == '\n') {
				where.line++;
				start = i + 1;
			}
		where.column = (uint32_t)(offset - start) + 1;
		where.width = 1;
		zs_error(b->tree.run, &where, "not YAML: %s", parser->problem);
		zs_hint(b->tree.run, "the file must be UTF-8 text without control characters");
		return false;
	}
	where = place(b, &parser->problem_mark, &parser->problem_mark);
	if (parser->context)
		zs_error(b->tree.run, &where, "not YAML: %s, %s (from line %zu on)", parser->problem, parser->context, parser->context_mark.line + 1);
	else
		zs_error(b->tree.run, &where, "not YAML: %s", parser->problem);
	hint_syntax(b, parser);
	return false;
}

static const char *shown(const struct zs_yaml_builder *b, const char *text)
{
	return zs_text_safe(b->run->arena, text, strlen(text), 60);
}

static struct zs_yaml *new_node(struct zs_yaml_builder *b, enum zs_yaml_kind kind, const struct zs_source *where)
{
	if (!b->nodes_left) {
		b->nodes = zs_arena_array(b->arena, NODES, sizeof *b->nodes);
		b->nodes_left = NODES;
	}
	struct zs_yaml *node = b->nodes++;
	b->nodes_left--;
	node->kind = kind;
	node->size = 1;
	node->height = kind != ZS_YAML_SCALAR;
	node->where = *where;
	b->node_count++;
	return node;
}

/* A copy that ends with a NUL. */
static const char *keep_text(struct zs_yaml_builder *b, const char *text, size_t len)
{
	if (len >= WORDS)
		return zs_arena_text(b->arena, text, len);
	if (len >= b->words_left) {
		b->words = zs_arena_alloc(b->arena, WORDS);
		b->words_left = WORDS;
	}
	char *copy = b->words;
	memcpy(copy, text, len); /* the NUL is there */
	b->words += len + 1;
	b->words_left -= len + 1;
	return copy;
}

static void check_tag(const struct zs_yaml_builder *b, const struct zs_source *where, const yaml_char_t *tag)
{
	if (!tag)
		return;
	zs_error(b->run, where, "YAML tags such as '%s' are not taken", shown(b, (const char *)tag));
	zs_hint(b->run, "leave the tag out: every value is plain text here");
}

static bool remember_anchor(struct zs_yaml_builder *b, const char *name, const struct zs_yaml *node)
{
	if (!name)
		return true;
	if (b->anchor_count == ZS_YAML_ANCHORS)
		return zs_error(b->run, &node->where, "more than %d anchors in one file", ZS_YAML_ANCHORS);
	ZS_PUSH(b->arena, b->anchors, b->anchor_count, b->anchor_room) = (struct zs_yaml_anchor){ name, node };
	return true;
}

static bool take_key(struct zs_yaml_builder *b, struct zs_yaml_frame *frame, const char *text, bool quoted, const struct zs_source *where)
{
	if (!quoted && text[0] == '<' && strcmp(text, "<<") == 0) {
		zs_error(b->run, where, "merge keys ('<<') are not taken");
		zs_hint(b->run, "write the options out, or use an alias for a whole value");
		return false;
	}
	frame->key = text;
	frame->key_where = *where;
	return true;
}

/* The map whose next key is due, or NULL. */
static struct zs_yaml_frame *wants_key(struct zs_yaml_builder *b)
{
	struct zs_yaml_frame *frame = b->depth ? &b->frames[b->depth - 1] : NULL;
	return frame && frame->node->kind == ZS_YAML_MAP && !frame->key ? frame : NULL;
}

/* Put a finished node where it belongs: the root, the next element, the next key or its value. */
static bool place_node(struct zs_yaml_builder *b, const struct zs_yaml *node)
{
	if (!b->depth) {
		b->root = node;
		return true;
	}
	struct zs_yaml_frame *frame = &b->frames[b->depth - 1];
	const bool is_key = frame->node->kind == ZS_YAML_MAP && !frame->key;
	if (is_key && node->kind != ZS_YAML_SCALAR)
		return zs_error(b->run, &node->where, "the key of a map must be a word, not %s", zs_yaml_kind_text(node));
	if (is_key)
		return take_key(b, frame, node->text, node->quoted, &node->where);
	struct zs_yaml_entry *entry = &ZS_PUSH(b->arena, b->entries, b->entry_count, b->entry_room);
	*entry = (struct zs_yaml_entry){ .value = node };
	if (frame->key) {
		entry->key = frame->key;
		entry->key_where = frame->key_where;
		frame->key = NULL;
	}
	/* cannot wrap: at most ZS_YAML_NODES + ZS_YAML_ALIASED nodes */
	frame->node->size += node->size;
	if (frame->node->height <= node->height)
		frame->node->height = node->height + 1;
	return true;
}

bool zs_yaml_scalar(struct zs_yaml_builder *b, const char *text, size_t len, bool quoted, const struct zs_source *where, const char *anchor)
{
	struct zs_yaml_frame *map = wants_key(b);
	if (b->node_count >= ZS_YAML_NODES && b->quiet)
		return false;
	if (!b->quiet && memchr(text, 0, len)) /* the plain reader takes none */
		return zs_error(b->run, where, "a NUL octet in a value");
	if (map && !anchor) {
		b->node_count++;
		return take_key(b, map, keep_text(b, text, len), quoted, where);
	}
	struct zs_yaml *node = new_node(b, ZS_YAML_SCALAR, where);
	node->text = keep_text(b, text, len);
	node->len = (uint32_t)len;
	node->quoted = quoted;
	if (anchor && !remember_anchor(b, zs_arena_strdup(b->arena, anchor), node))
		return false;
	return place_node(b, node);
}

bool zs_yaml_begin(struct zs_yaml_builder *b, enum zs_yaml_kind kind, const struct zs_source *where, const char *anchor)
{
	if (b->quiet && (b->depth == ZS_YAML_DEPTH || b->node_count >= ZS_YAML_NODES))
		return false;
	struct zs_yaml *node = new_node(b, kind, where);
	if (b->depth == ZS_YAML_DEPTH)
		return zs_error(b->run, &node->where, "nested deeper than %d levels", ZS_YAML_DEPTH);
	struct zs_yaml_frame *frame = &b->frames[b->depth++];
	*frame = (struct zs_yaml_frame){ .node = node, .first = b->entry_count };
	if (anchor)
		frame->anchor = zs_arena_strdup(b->arena, anchor);
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct zs_yaml_entry *x = *(const struct zs_yaml_entry *const *)a;
	const struct zs_yaml_entry *y = *(const struct zs_yaml_entry *const *)b;
	const int order = strcmp(x->key, y->key);
	return order ? order : (x > y) - (x < y);
}

/* Each key has a mark of its own in a small table: no two are the same. */
static bool differ_by_marks(const struct zs_yaml_entry *entries, size_t count)
{
	uint64_t marks[MARKS / 64] = { 0 };
	for (size_t i = 0; i < count; i++) {
		uint32_t mark = 0;
		for (const char *p = entries[i].key; *p; p++)
			mark = mark * 31 + (unsigned char)*p;
		mark = (mark ^ mark >> 10) % MARKS;
		if (marks[mark / 64] >> mark % 64 & 1)
			return false;
		marks[mark / 64] |= (uint64_t)1 << mark % 64;
	}
	return true;
}

/* Sorted, so that a map with very many keys takes no quadratic time. */
static bool check_duplicates(struct zs_yaml_builder *b, const struct zs_yaml_entry *entries, size_t count)
{
	if (count <= FEW && differ_by_marks(entries, count))
		return true;
	bool unique = true;
	const size_t size = count * sizeof(struct zs_yaml_entry *);
	const struct zs_yaml_entry **sorted = zs_arena_alloc(b->arena, size);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &entries[i];
	qsort(sorted, count, sizeof *sorted, by_key);
	for (size_t i = 1, first = 0; i < count; i++) {
		if (strcmp(sorted[i]->key, sorted[first]->key) != 0) {
			first = i;
			continue;
		}
		unique = false;
		if (!b->quiet)
			zs_error(b->run, &sorted[i]->key_where, "duplicate key '%s': it is already in line %u",
		         shown(b, sorted[i]->key), sorted[first]->key_where.line);
	}
	zs_arena_release(b->arena, sorted, size);
	return unique || !b->quiet; /* reported, reading goes on */
}

bool zs_yaml_end(struct zs_yaml_builder *b)
{
	const struct zs_yaml_frame frame = b->frames[--b->depth];
	const size_t count = b->entry_count - frame.first;
	struct zs_yaml_entry *entries = zs_arena_array(b->arena, count, sizeof *entries);
	if (count)
		memcpy(entries, b->entries + frame.first, count * sizeof *entries);
	b->entry_count = frame.first;
	if (frame.node->kind == ZS_YAML_MAP && !check_duplicates(b, entries, count))
		return false;
	frame.node->entries = entries;
	frame.node->count = (uint32_t)count;
	/* only now: inside of itself an anchor is not yet known, so a tree never contains itself */
	return remember_anchor(b, frame.anchor, frame.node) && place_node(b, frame.node);
}

static bool add_scalar(struct builder *b, const yaml_event_t *event)
{
	const struct zs_source where = place(b, &event->start_mark, &event->end_mark);
	check_tag(&b->tree, &where, event->data.scalar.tag);
	return zs_yaml_scalar(&b->tree, (const char *)event->data.scalar.value, event->data.scalar.length,
	                      event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE, &where, (const char *)event->data.scalar.anchor);
}

static bool begin(struct builder *b, const yaml_event_t *event, enum zs_yaml_kind kind)
{
	const bool list = kind == ZS_YAML_LIST;
	const yaml_char_t *anchor = list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
	const struct zs_source where = place(b, &event->start_mark, &event->end_mark);
	check_tag(&b->tree, &where, list ? event->data.sequence_start.tag : event->data.mapping_start.tag);
	return zs_yaml_begin(&b->tree, kind, &where, (const char *)anchor);
}

static bool add_alias(struct builder *b, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct zs_source where = place(b, &event->start_mark, &event->end_mark);
	const struct zs_yaml *node = NULL;
	for (size_t i = b->tree.anchor_count; i-- && !node;)
		if (strcmp(b->tree.anchors[i].name, name) == 0)
			node = b->tree.anchors[i].node;
	if (!node)
		return zs_error(b->tree.run, &where, "the alias '*%s' has no anchor '&%s' before it", shown(&b->tree, name),
		                shown(&b->tree, name));
	if (node->size > ZS_YAML_ALIASED - b->tree.aliased_count)
		return zs_error(b->tree.run, &where, "aliases stand for more than %d nodes", ZS_YAML_ALIASED);
	b->tree.aliased_count += node->size;
	if (b->tree.depth + node->height > ZS_YAML_DEPTH)
		return zs_error(b->tree.run, &where, "nested deeper than %d levels by an alias", ZS_YAML_DEPTH);
	return place_node(&b->tree, node);
}

/* False: reading cannot go on. */
static bool take(struct builder *b, const yaml_event_t *event)
{
	if (b->tree.node_count >= ZS_YAML_NODES) {
		const struct zs_source where = place(b, &event->start_mark, &event->end_mark);
		return zs_error(b->tree.run, &where, "more than %d values in one file", ZS_YAML_NODES);
	}
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(b, event);
	case YAML_ALIAS_EVENT:
		return add_alias(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return begin(b, event, ZS_YAML_LIST);
	case YAML_MAPPING_START_EVENT:
		return begin(b, event, ZS_YAML_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return zs_yaml_end(&b->tree);
	case YAML_DOCUMENT_START_EVENT:
		if (b->tree.root) {
			const struct zs_source where = place(b, &event->start_mark, &event->end_mark);
			return zs_error(b->tree.run, &where, "a second YAML document; one file holds one");
		}
		return true;
	default:
		return true;
	}
}

static bool read_events(struct builder *b, yaml_parser_t *parser)
{
	for (bool more = true; more;) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event))
			return syntax_error(b, parser);
		more = event.type != YAML_STREAM_END_EVENT;
		const bool ok = take(b, &event);
		yaml_event_delete(&event);
		if (!ok)
			return false;
	}
	return true;
}

static bool parse_with_libyaml(struct builder *b)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		return zs_fail(b->tree.run, "libyaml: out of memory");
	/* stated, not guessed: a UTF-16 mark would set its characters and our octets apart */
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	/* which keeps libyaml from skipping the mark of UTF-8; left in, it is a column, and the first key is indented more than the next */
	const struct zs_input *input = b->tree.input;
	b->marked = input->len >= MARK_LEN && memcmp(input->text, "\xEF\xBB\xBF", MARK_LEN) == 0;
	const size_t from = b->marked ? MARK_LEN : 0;
	yaml_parser_set_input_string(&parser, (const unsigned char *)input->text + from, input->len - from);
	const bool read = read_events(b, &parser);
	yaml_parser_delete(&parser);
	return read;
}

bool zs_yaml_parse_full(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, const struct zs_yaml **out)
{
	struct builder b = { .tree = { .run = run, .arena = arena, .input = input }, .cursor = { .line = 1 } };
	const unsigned errors = run->error_count;
	const struct zs_source file = { .input = input };
	if (!parse_with_libyaml(&b) || !zs_run_ok_since(run, errors))
		return false;
	if (!b.tree.root)
		return zs_error(run, &file, "the file is empty");
	*out = b.tree.root;
	return true;
}

bool zs_yaml_parse(struct zs_run *run, struct zs_arena *arena, const struct zs_input *input, const struct zs_yaml **out)
{
	struct zs_yaml_builder plain = { .run = run, .arena = arena, .input = input, .quiet = true };
	const struct zs_source file = { .input = input };
	if (input->len > ZS_YAML_MAX)
		return zs_error(run, &file, "%zu octets; at most %d are read", input->len, ZS_YAML_MAX);
	if (!zs_yaml_read_plain(&plain))
		return zs_yaml_parse_full(run, arena, input, out);
	*out = plain.root;
	return true;
}

const struct zs_yaml *zs_yaml_get(const struct zs_yaml *map, const char *key)
{
	if (!map || map->kind != ZS_YAML_MAP)
		return NULL;
	for (uint32_t i = 0; i < map->count; i++) {
		const char *found = map->entries[i].key;
		if (found[0] == key[0] && (!key[0] || (found[1] == key[1] && strcmp(found, key) == 0)))
			return map->entries[i].value;
	}
	return NULL;
}

const char *zs_yaml_get_text(const struct zs_yaml *map, const char *key)
{
	const struct zs_yaml *node = zs_yaml_get(map, key);
	return node && node->kind == ZS_YAML_SCALAR ? node->text : NULL;
}

bool zs_yaml_is_null(const struct zs_yaml *node)
{
	if (!node || node->kind != ZS_YAML_SCALAR || node->quoted)
		return !node;
	return !node->len || strcmp(node->text, "~") == 0 || zs_text_equal(node->text, node->len, "null");
}

const char *zs_yaml_kind_text(const struct zs_yaml *node)
{
	static const char *const words[] = {
		[ZS_YAML_SCALAR] = "a value", [ZS_YAML_LIST] = "a list", [ZS_YAML_MAP] = "a map",
	};
	return words[node->kind];
}
