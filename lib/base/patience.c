/* patience.c - a small table of those that were waited for. */
#include "base/patience.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

enum {
	FAILURES_MAX = 3, EACH = 7 /* has no factor in common with the hours of a day */, TRIES_MAX = 12,
	KNOWN_MAX = 64, NAME_MAX = 96, HOUR = 3600
};

struct zs_patience {
	char whom[NAME_MAX];
	_Atomic unsigned failures /* in a row */, passed_over, tries;
};

struct zs_patience *zs_patience_with(const char *whom)
{
	static struct zs_patience known[KNOWN_MAX], others;
	static size_t count;
	for (size_t i = 0; i < count; i++)
		if (strcmp(known[i].whom, whom) == 0)
			return &known[i];
	if (count == KNOWN_MAX || strlen(whom) >= NAME_MAX)
		return &others;
	strcpy(known[count].whom, whom);
	return &known[count++];
}

bool zs_patience_is_left(struct zs_patience *with, zs_time now)
{
	return with->failures < FAILURES_MAX || ((with->passed_over++ + (uint64_t)now / HOUR) % EACH == 0 && with->tries++ < TRIES_MAX);
}

void zs_patience_note(struct zs_patience *with, bool in_vain)
{
	with->failures = in_vain ? with->failures + 1 : 0;
}
