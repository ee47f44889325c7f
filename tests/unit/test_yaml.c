/* test_yaml.c - YAML to a tree: places, limits, and what is refused. */
#include "unit.h"

#include <string.h>

#include "base/bytes.h"
#include "base/yaml.h"

static struct zs_run *run;
static struct zs_input input;

static void setup(void)
{
	run = zs_run_begin();
}

static void teardown(void)
{
	zs_run_end(run);
}

static const struct zs_yaml *parse_octets(const char *text, size_t len)
{
	const struct zs_yaml *root = NULL;
	input = (struct zs_input){ .path = "t.yaml", .text = zs_arena_text(run->arena, text, len), .len = len };
	return zs_yaml_parse(run, run->arena, &input, &root) ? root : NULL;
}

static const struct zs_yaml *parse(const char *text)
{
	return parse_octets(text, strlen(text));
}

static const struct zs_yaml *parse_good(const char *text)
{
	const struct zs_yaml *root = parse(text);
	ck_assert_msg(root != NULL, "refused: %s", run->diags ? run->diags->message : "without a word");
	return root;
}

/* text is refused with words at line:column. */
static void refused(const char *text, size_t len, const char *words, unsigned line, unsigned column)
{
	const unsigned before = run->error_count;
	ck_assert_msg(parse_octets(text, len) == NULL, "taken: %s", text);
	ck_assert_uint_gt(run->error_count, before);
	ck_assert_msg(strstr(run->last->message, words) != NULL, "'%s', not '%s'", run->last->message, words);
	ck_assert_msg(run->last->line == line && run->last->column == column, "'%s' is at %u:%u, not %u:%u", words,
	              run->last->line, run->last->column, line, column);
}

START_TEST(builds_the_tree_with_places)
{
	const struct zs_yaml *root = parse_good("# comment\na: 1\nlist:\n  - x y\n  - [p, \"q r\"]\nmap: {k: v}\n");
	ck_assert_int_eq(root->kind, ZS_YAML_MAP);
	ck_assert_uint_eq(root->count, 3);
	ck_assert_uint_eq(root->size, 9);
	ck_assert_uint_eq(root->height, 3);
	ck_assert_str_eq(zs_yaml_get_text(root, "a"), "1");
	ck_assert_str_eq(root->entries[1].key, "list");
	ck_assert_uint_eq(root->entries[1].key_where.line, 3);
	ck_assert_uint_eq(root->entries[1].key_where.column, 1);
	ck_assert_uint_eq(root->entries[1].key_where.width, 4);
	const struct zs_yaml *list = zs_yaml_get(root, "list");
	ck_assert_int_eq(list->kind, ZS_YAML_LIST);
	ck_assert_ptr_null(list->entries[0].key);
	ck_assert_str_eq(list->entries[0].value->text, "x y");
	const struct zs_yaml *quoted = list->entries[1].value->entries[1].value;
	ck_assert(quoted->quoted && !list->entries[0].value->quoted);
	ck_assert_uint_eq(quoted->where.line, 5);
	ck_assert_uint_eq(quoted->where.column, 9);
	ck_assert_uint_eq(quoted->where.width, 5);
	ck_assert_str_eq(zs_yaml_get_text(zs_yaml_get(root, "map"), "k"), "v");
}
END_TEST

START_TEST(columns_count_octets_and_lines_count_line_feeds)
{
	/* U+00FC is one character and two octets; U+0085 and a lone CR end a line for libyaml, not for us */
	const struct zs_yaml *root = parse_good("{\xc3\xbc: \xe2\x82\xac, b: c}");
	ck_assert_uint_eq(root->entries[0].value->where.column, 6);
	ck_assert_uint_eq(root->entries[0].value->where.width, 3);
	ck_assert_uint_eq(root->entries[1].key_where.column, 11);
	root = parse_good("a: 1\r\nb: 2\xc2\x85" "c: 3\rd: 4\n");
	ck_assert_uint_eq(root->entries[1].key_where.line, 2);
	ck_assert_uint_eq(root->entries[2].key_where.line, 2);
	ck_assert_uint_eq(root->entries[2].key_where.column, 7);
	ck_assert_uint_eq(root->entries[3].key_where.column, 12);
	root = parse_good("\xef\xbb\xbf" "a: 1\n"); /* a byte order mark */
	ck_assert_str_eq(zs_yaml_get_text(root, "a"), "1");
	ck_assert_uint_eq(root->entries[0].key_where.column, 4);
	root = parse_good("\xef\xbb\xbf" "a: {x: 1}\nb:\n  c: 2\n");
	ck_assert_uint_eq(root->entries[0].value->entries[0].key_where.column, 8);
	ck_assert_uint_eq(root->entries[1].key_where.line, 2);
	ck_assert_uint_eq(root->entries[1].key_where.column, 1);
	ck_assert_str_eq(zs_yaml_get_text(zs_yaml_get(root, "b"), "c"), "2");
}
END_TEST

START_TEST(nothing_is_known_from_an_empty_string)
{
	const struct zs_yaml *root = parse_good("a:\nb: ~\nc: null\nd: \"\"\ne: 'null'\nf: Null\ng: []\n");
	ck_assert(zs_yaml_is_null(zs_yaml_get(root, "a")) && zs_yaml_is_null(zs_yaml_get(root, "b")));
	ck_assert(zs_yaml_is_null(zs_yaml_get(root, "c")) && zs_yaml_is_null(zs_yaml_get(root, "f")));
	ck_assert(!zs_yaml_is_null(zs_yaml_get(root, "d")) && !zs_yaml_is_null(zs_yaml_get(root, "e")));
	ck_assert(!zs_yaml_is_null(zs_yaml_get(root, "g")));
	ck_assert_ptr_null(zs_yaml_get(root, "h"));
	ck_assert_ptr_null(zs_yaml_get(zs_yaml_get(root, "a"), "x"));
	ck_assert_ptr_null(zs_yaml_get_text(root, "g"));
}
END_TEST

static const struct {
	const char *text, *words;
	unsigned line, column;
} wrong[] = {
	{ "", "the file is empty", 0, 0 },
	{ "# only a comment\n", "the file is empty", 0, 0 },
	{ "a: 1\n---\nb: 2\n", "a second YAML document", 2, 1 },
	{ "a: 1\nb: 2\na: 3\n", "duplicate key 'a': it is already in line 1", 3, 1 },
	{ "x: {b: 1, \"b\": 2}\n", "duplicate key 'b': it is already in line 1", 1, 11 },
	{ "a: !!str 1\n", "YAML tags such as 'tag:yaml.org,2002:str' are not taken", 1, 4 },
	{ "a: !x [1]\n", "YAML tags such as '!x'", 1, 4 },
	{ "a: !x {b: 1}\n", "YAML tags such as '!x'", 1, 4 },
	{ "[a]: 1\n", "the key of a map must be a word, not a list", 1, 1 },
	{ "{a: 1}: 1\n", "the key of a map must be a word, not a map", 1, 1 },
	{ "a: &x {b: 1}\nc:\n  <<: *x\n", "merge keys ('<<') are not taken", 3, 3 },
	{ "a: *x\n", "the alias '*x' has no anchor '&x' before it", 1, 4 },
	{ "a: &x [*x]\n", "the alias '*x' has no anchor '&x' before it", 1, 8 },
	{ "a: \"x\\0y\"\n", "a NUL octet in a value", 1, 4 },
	{ "a: [1, 2\nb: 3\n", "not YAML:", 2, 2 },
	{ "a: 1\n  b: 2\n", "not YAML:", 2, 4 },
	{ "a: \"x\n", "not YAML:", 2, 1 },
	{ "a:\n\tb: 1\n", "not YAML:", 2, 1 },
	{ "a: x\xffy\n", "not YAML:", 1, 5 },
	{ "a: 1\nb: \x01\n", "not YAML:", 2, 4 },
};

START_TEST(refuses_with_the_place)
{
	refused(wrong[_i].text, strlen(wrong[_i].text), wrong[_i].words, wrong[_i].line, wrong[_i].column);
}
END_TEST

START_TEST(a_nul_octet_in_the_file_and_utf16_are_refused)
{
	ck_assert_ptr_null(parse_octets("a: 1\0b: 2\n", 10));
	ck_assert_ptr_null(parse_octets("\xff\xfe" "a\0:\0 \0b\0\n\0", 12));
	ck_assert_ptr_nonnull(strstr(run->last->hint, "UTF-8"));
}
END_TEST

START_TEST(all_duplicates_and_tags_are_reported_at_once)
{
	ck_assert_ptr_null(parse("a: !x 1\nb: 1\nb: 2\nb: 3\nc: {d: 1, d: 2}\n"));
	ck_assert_uint_eq(run->error_count, 4);
}
END_TEST

START_TEST(depth_32_is_taken_and_33_is_not)
{
	char text[80];
	memset(text, '[', 33);
	memset(text + 33, ']', 33);
	text[66] = 0;
	refused(text, 66, "nested deeper than 32 levels", 1, 33);
	ck_assert_ptr_nonnull(parse_octets(text + 1, 64));
}
END_TEST

START_TEST(an_alias_makes_nothing_deeper_than_32)
{
	struct zs_buf buf = { .arena = run->arena, .max = 1000 };
	for (int deep = 15; deep <= 17; deep++) { /* a list of `deep` levels inside of 16 */
		buf.len = 0;
		zs_buf_text(&buf, "[&a ");
		for (int i = 0; i < deep; i++)
			zs_buf_octet(&buf, '[');
		for (int i = 0; i < deep; i++)
			zs_buf_octet(&buf, ']');
		zs_buf_text(&buf, ", [[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]");
		const struct zs_yaml *root = parse_octets(zs_buf_string(&buf), buf.len);
		ck_assert_msg((root != NULL) == (deep <= 16), "%d levels inside of 16", deep);
		if (root)
			ck_assert_uint_eq(root->height, 16 + (unsigned)deep);
	}
}
END_TEST

START_TEST(aliases_stand_for_100000_nodes_at_most)
{
	/* ten times ten times ...: the well-known way to make much out of little */
	static const char text[] =
	        "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	        "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	        "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
	refused(text, sizeof text - 1, "aliases stand for more than 100000 nodes", 5, 29);
	const struct zs_yaml *root = parse_good("a: &a [x, y]\nb: *a\nc: *a\n");
	ck_assert_uint_eq(root->size, 10);
	ck_assert_str_eq(zs_yaml_get(root, "c")->entries[1].value->text, "y");
}
END_TEST

START_TEST(at_most_1000_anchors)
{
	struct zs_buf buf = { .arena = run->arena, .max = 100000 };
	for (int i = 0; i <= ZS_YAML_ANCHORS; i++)
		zs_buf_printf(&buf, "- &a%d x\n", i);
	refused(zs_buf_string(&buf), buf.len, "more than 1000 anchors", 1001, 3);
}
END_TEST

START_TEST(an_anchor_may_be_set_anew)
{
	const struct zs_yaml *root = parse_good("- &a x\n- *a\n- &a y\n- *a\n");
	ck_assert_str_eq(root->entries[1].value->text, "x");
	ck_assert_str_eq(root->entries[3].value->text, "y");
}
END_TEST

START_TEST(a_map_of_many_keys_takes_no_quadratic_time)
{
	struct zs_buf buf = { .arena = run->arena, .max = 10 << 20 };
	for (int i = 0; i < 200000; i++) /* 4 * 10^10 comparisons would not end within the test's four seconds */
		zs_buf_printf(&buf, "k%d: 1\n", i);
	zs_buf_text(&buf, "k5: 1\n");
	refused(zs_buf_string(&buf), buf.len, "duplicate key 'k5': it is already in line 6", 200001, 1);
}
END_TEST

ZS_SUITE(yaml)
{
	Suite *suite = suite_create("yaml");
	TCase *tcase = tcase_create("yaml");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, builds_the_tree_with_places);
	tcase_add_test(tcase, columns_count_octets_and_lines_count_line_feeds);
	tcase_add_test(tcase, nothing_is_known_from_an_empty_string);
	tcase_add_loop_test(tcase, refuses_with_the_place, 0, (int)ZS_COUNT(wrong));
	tcase_add_test(tcase, a_nul_octet_in_the_file_and_utf16_are_refused);
	tcase_add_test(tcase, all_duplicates_and_tags_are_reported_at_once);
	tcase_add_test(tcase, depth_32_is_taken_and_33_is_not);
	tcase_add_test(tcase, an_alias_makes_nothing_deeper_than_32);
	tcase_add_test(tcase, aliases_stand_for_100000_nodes_at_most);
	tcase_add_test(tcase, at_most_1000_anchors);
	tcase_add_test(tcase, an_anchor_may_be_set_anew);
	tcase_add_test(tcase, a_map_of_many_keys_takes_no_quadratic_time);
	suite_add_tcase(suite, tcase);
	return suite;
}
