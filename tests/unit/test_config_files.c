/* test_config_files.c - each testdata/configs/NAME.yaml says exactly what NAME.diags holds: what a user would read.
 *
 * NAME.diags is empty for a config that loads without a word. To make one anew: ZS_UPDATE=1 build/release/unit
 * config_files; the difference is what to review.
 */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "config/config.h"

enum { CASES_MAX = 200, LONGEST = 1 << 20 };
static const char where[] = "testdata/configs";
static char *cases[CASES_MAX];
static int case_count;

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "minimal" for minimal.yaml, sorted. */
static void list_cases(void)
{
	DIR *dir = opendir(where);
	const struct dirent *entry;
	while (dir && (entry = readdir(dir)) && case_count < CASES_MAX) {
		const size_t len = strlen(entry->d_name);
		if (len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0)
			cases[case_count++] = strndup(entry->d_name, len - 5);
	}
	if (dir)
		closedir(dir);
	qsort(cases, (size_t)case_count, sizeof *cases, by_text);
}

static const char *read_text(struct zs_run *run, const char *path)
{
	struct zs_input input;
	return zs_file_read(run, run->arena, NULL, path, LONGEST, &input, NULL) ? input.text : NULL;
}

static bool write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	return file && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* text without dir and the slash behind it: messages name other places by their path. */
static void add_without_dir(struct zs_buf *out, const char *text, const char *dir)
{
	const char *found;
	for (; (found = strstr(text, dir)); text = found + strlen(dir) + 1)
		zs_buf_add(out, text, (size_t)(found - text));
	zs_buf_text(out, text);
}

static void format_diag(const struct zs_diag *diag, const char *dir, struct zs_buf *out)
{
	static const char *const words[] = { [ZS_ERROR] = "error", [ZS_WARNING] = "warning", [ZS_NOTE] = "note" };
	zs_buf_printf(out, "%u:%u: %s: ", diag->line, diag->column, words[diag->severity]);
	add_without_dir(out, diag->message, dir);
	if (diag->excerpt) {
		zs_buf_printf(out, "\n    %s\n    %*s^", diag->excerpt, (int)diag->excerpt_column - 1, "");
		for (uint32_t i = 1; i < diag->width; i++)
			zs_buf_octet(out, '~');
	}
	if (diag->hint) {
		zs_buf_text(out, "\n  hint: ");
		add_without_dir(out, diag->hint, dir);
	}
	zs_buf_octet(out, '\n');
}

/* The config is copied to a directory of our own first: as root, one that others can write is refused. */
static const char *diags_of(struct zs_run *run, const char *text, bool *loaded)
{
	char dir[] = "/tmp/zs_config_files_XXXXXX", path[sizeof dir + 16];
	struct zs_buf out = { .arena = run->arena, .max = LONGEST };
	const struct zs_config *config = NULL;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/zonesign.yaml", dir);
	const bool written = write_text(path, text);
	*loaded = zs_config_load(run, path, &config);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0); /* loading makes nothing */
	ck_assert(written);
	for (const struct zs_diag *diag = run->diags; diag; diag = diag->next)
		format_diag(diag, dir, &out);
	ck_assert(!out.full);
	return zs_buf_string(&out);
}

START_TEST(a_config_says_what_its_diags_hold)
{
	struct zs_run *run = zs_run_begin();
	const char *config_path = zs_arena_printf(run->arena, "%s/%s.yaml", where, cases[_i]);
	const char *diags_path = zs_arena_printf(run->arena, "%s/%s.diags", where, cases[_i]);
	const char *config = read_text(run, config_path);
	ck_assert_ptr_nonnull(config);
	bool loaded = false;
	const char *said = diags_of(run, config, &loaded);
	ck_assert_int_eq(loaded, run->error_count == 0);
	ck_assert_int_eq(run->fault, loaded ? ZS_DONE : ZS_INPUT);
	if (getenv("ZS_UPDATE"))
		ck_assert(write_text(diags_path, said));
	const char *wanted = read_text(run, diags_path);
	ck_assert_msg(wanted != NULL, "no %s", diags_path);
	ck_assert_msg(strcmp(said, wanted) == 0, "%s says\n%snot\n%s", config_path, said, wanted);
	zs_run_end(run);
}
END_TEST

/* A suite without cases would pass. */
START_TEST(there_are_configs_to_try)
{
	ck_assert_int_gt(case_count, 25);
	ck_assert_int_lt(case_count, CASES_MAX);
}
END_TEST

ZS_SUITE(config_files)
{
	Suite *suite = suite_create("config_files");
	TCase *tcase = tcase_create("config_files");
	list_cases();
	tcase_add_test(tcase, there_are_configs_to_try);
	tcase_add_loop_test(tcase, a_config_says_what_its_diags_hold, 0, case_count);
	suite_add_tcase(suite, tcase);
	return suite;
}
