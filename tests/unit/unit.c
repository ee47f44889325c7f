/* unit.c - runs every suite, or those named on the command line; ends with "N passed, N failed". */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUITES_MAX = 128 };
static struct {
	const char *name;
	Suite *(*make)(void);
} suites[SUITES_MAX];
static size_t suite_count;

void unit_register(const char *name, Suite *(*make)(void))
{
	if (suite_count == SUITES_MAX)
		abort();
	suites[suite_count].name = name;
	suites[suite_count++].make = make;
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	int failed = 0, run = 0;
	for (size_t i = 0; i < suite_count; i++) {
		if (!wanted(suites[i].name, argc, argv))
			continue;
		SRunner *runner = srunner_create(suites[i].make());
		srunner_run_all(runner, CK_NORMAL);
		failed += srunner_ntests_failed(runner);
		run += srunner_ntests_run(runner);
		srunner_free(runner);
	}
	printf("%d passed, %d failed\n", run - failed, failed);
	return failed || !run ? EXIT_FAILURE : EXIT_SUCCESS;
}
