/* test_yaml_plain.c - the reader for simple YAML beside libyaml: the same tree, places included, or it gives up. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml_private.h"

static void compare(const struct zs_yaml *a, const struct zs_yaml *b)
{
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->where.line, b->where.line);
	ck_assert_uint_eq(a->where.column, b->where.column);
	ck_assert_uint_eq(a->where.width, b->where.width);
	ck_assert_uint_eq(a->count, b->count);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_uint_eq(a->height, b->height);
	if (a->kind == ZS_YAML_SCALAR) {
		ck_assert_str_eq(a->text, b->text);
		ck_assert_uint_eq(a->len, b->len);
		ck_assert_int_eq(a->quoted, b->quoted);
	}
	for (uint32_t i = 0; i < a->count; i++) {
		const struct zs_yaml_entry *x = &a->entries[i], *y = &b->entries[i];
		ck_assert_int_eq(!x->key, !y->key);
		if (x->key) {
			ck_assert_str_eq(x->key, y->key);
			ck_assert_uint_eq(x->key_where.line, y->key_where.line);
			ck_assert_uint_eq(x->key_where.column, y->key_where.column);
			ck_assert_uint_eq(x->key_where.width, y->key_where.width);
		}
		compare(x->value, y->value);
	}
}

/* True if the plain reader took it; then libyaml has to say the same. */
static bool read_both(const char *text)
{
	struct zs_run *run = zs_run_begin();
	const struct zs_input input = { .path = "a.yaml", .text = text, .len = strlen(text) };
	struct zs_yaml_builder plain = { .run = run, .arena = run->arena, .input = &input, .quiet = true };
	const struct zs_yaml *full;
	const bool taken = zs_yaml_read_plain(&plain);
	ck_assert_uint_eq(run->error_count, 0);
	if (taken) {
		ck_assert_msg(zs_yaml_parse_full(run, run->arena, &input, &full), "libyaml refuses:\n%s", text);
		compare(plain.root, full);
	}
	zs_run_end(run);
	return taken;
}

START_TEST(simple_texts_are_taken_and_read_alike)
{
	static const char *const texts[] = {
		"a: b", "a: b\n", "\n# c\na: b # d\n\n", "a:\nb:\n", "a:\n  b: c\n  d:\n    e: f\ng: h\n", "a: {}\nb: []\n",
		"a: {b: c, d: [e, f], g: {h: i}}\n", "zones:\n  example.com: {file: a/b.zone, output: out/b.zone}\n  example.org: {file: c}\n",
		"reload: nsd-control reload {zone}\nrecords: 3 1 1\n", "t: 2026-12-01T00:00:00Z\nq: \"quoted: # text {\"\nempty: \"\"\n",
		"list:\n  - a\n  - b c\n  - {x: y}\n", "list:\n  - path: a\n    size: 3\n    more: {z: 1}\n  - path: b\nnext: 1\n",
		"  a: b\n  c: d\n", "a:   b   \nlong  : c\n", "\"a b\": c\n\"d\": e\n", "- a\n- b: c\n  d: e\n", "a:\n  - - b\n",
		"x:\n    deep:\n        deeper: 1\n    back: 2\n", "a: 1 # c\n# d\nb: 2\n", "p: {q: \"r, s\", t: 4/udp}\n",
	};
	unsigned taken = 0;
	for (size_t i = 0; i < ZS_COUNT(texts); i++)
		taken += read_both(texts[i]);
	ck_assert_uint_ge(taken, ZS_COUNT(texts) - 2); /* "long  :" and a list in a list are libyaml's */
}
END_TEST

START_TEST(all_else_is_left_to_libyaml)
{
	static const char *const texts[] = {
		"", "# nothing\n", "---\na: b\n", "a: b\n...\n", "a: 'b'\n", "a: \"b\\n\"\n", "a: |\n  b\n", "a: >\n  b\n", "a: &x b\nc: *x\n",
		"a: !t b\n", "a: b\na: c\n", "a: b\n  c\n", "a: b: c\n", "a:\n- b\n", "a: {b: c,\n  d: e}\n", "a: {b: c,d: e}\n", "a: {b, c}\n", "? a\n",
		"a: b\n c: d\n", "a:\n    b: c\n  d: e\n", "a\tb: c\n", "a: b\r\n", "a: \xc3\xa9\n", "%YAML 1.1\n---\na: b\n", "a: b #c\n#d\n  e: f\n",
		"a: b#c\n", "a: - b\n", "a: {b: c\n", "a: b}\n- c\n", "a:b\n", "a: [b\n", "a: \"b\n c\"\n", "a: {b: }\n", "a: [b, ]\n", "{a: b}\n", "a\n",
		"<<: a\n", "a: @b\n", "a: `b\n", "a: b  c\n", "...: b\n", "a: {{b: c}: d}\n", "a: [b: c]\n",
		"# \xc3\xa9\na: b\n", "a: b # \x01\n", "a: b\n# \x7f", "#\r\na: b\n", "a: \"b\x7f\"\n", "a: \"\xc3\xa9\"\n", "\"\xc3\xa9\": a\n",
	};
	for (size_t i = 0; i < ZS_COUNT(texts); i++)
		ck_assert_msg(!read_both(texts[i]), "taken: %s", texts[i]);
}
END_TEST

static uint64_t seed = 1;

static unsigned below(unsigned limit)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (unsigned)(seed >> 33) % limit;
}

/* Texts of the pieces that the grammar is made of, in any order: what is taken is right. */
START_TEST(random_texts_are_read_alike_or_left)
{
	static const char *const pieces[] = {
		"a", "b", "key", "x.y", ":", ": ", ":\n", " ", "  ", "\n", "\n  ", "\n    ", "- ", "{", "}", "[", "]", ", ", ",", "\"q\"", "# c", " # c\n", "1",
		"a: b\n", "  c: d\n", "  - e\n", "f:\n", "{g: h}", "[i, j]", "-", ".", "/", "%", "@", "=", "'", "&", "*", "!", "|", "?", "<<: ", "---\n", "\t",
	};
	unsigned taken = 0;
	for (int i = 0; i < 60000; i++) {
		char text[400] = "";
		const unsigned count = 1 + below(16), kinds = i % 2 ? ZS_COUNT(pieces) : 29;
		for (unsigned n = 0; n < count; n++)
			strcat(text, pieces[below(kinds)]);
		taken += read_both(text);
	}
	ck_assert_uint_gt(taken, 500);
}
END_TEST

/* A right text with one octet changed. */
START_TEST(damaged_texts_are_read_alike_or_left)
{
	static const char good[] = "state: state # here\npolicies:\n  default: {denial: nsec3, csk: {lifetime: 90d}}\nzones:\n  example.com:\n"
	                           "    file: in/a.zone\n    dane:\n      - host: mx\n        port: 25\n      - {host: www, port: [443, 80]}\n"
	                           "    reload: nsd-control reload {zone}\n  \"b.example\": {file: c, output: \"d e\"}\n";
	static const char octets[] = " \n:-{}[],#\"'ab.&*!|>%@`?\t\\0";
	unsigned taken = 0;
	ck_assert(read_both(good));
	for (size_t at = 0; at < sizeof good - 1; at++)
		for (size_t o = 0; o < sizeof octets - 1; o++) {
			char text[sizeof good];
			memcpy(text, good, sizeof good);
			text[at] = octets[o];
			taken += read_both(text);
		}
	ck_assert_uint_gt(taken, 1000);
}
END_TEST

START_TEST(deep_texts_are_left)
{
	char text[2000] = "a: ";
	for (int i = 0; i < 40; i++)
		strcat(text, "[");
	for (int i = 0; i < 40; i++)
		strcat(text, "]");
	ck_assert(!read_both(text));
	text[0] = 0;
	for (int i = 0; i < 40; i++)
		sprintf(text + strlen(text), "%*sa:\n", i, "");
	ck_assert(!read_both(text));
}
END_TEST

ZS_SUITE(yaml_plain)
{
	Suite *suite = suite_create("yaml_plain");
	TCase *cases = tcase_create("yaml_plain");
	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, simple_texts_are_taken_and_read_alike);
	tcase_add_test(cases, all_else_is_left_to_libyaml);
	tcase_add_test(cases, random_texts_are_read_alike_or_left);
	tcase_add_test(cases, damaged_texts_are_read_alike_or_left);
	tcase_add_test(cases, deep_texts_are_left);
	suite_add_tcase(suite, cases);
	return suite;
}
