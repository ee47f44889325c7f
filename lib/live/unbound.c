/* unbound.c - opens libunbound and finds its functions. */
#include "live/unbound.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY "libunbound.so.8"

static struct zs_unbound functions;
static char problem[300]; /* empty: there is none */

static void find(void *library, const char *name, void *function)
{
	void *found = dlsym(library, name);
	memcpy(function, &found, sizeof found); /* C has no cast from one to the other, POSIX has the same size */
	if (!found && !*problem)
		snprintf(problem, sizeof problem, "%s has no %s", LIBRARY, name);
}

static void open_library(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		const char *why = dlerror();
		snprintf(problem, sizeof problem, "libunbound cannot be opened (%s); Debian's package is libunbound8", why ? why : LIBRARY);
		return;
	}
#define FIND(name) find(library, "ub_" #name, &functions.name);
	ZS_UNBOUND_FUNCTIONS(FIND)
}

const struct zs_unbound *zs_unbound(const char **why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, open_library);
	*why = *problem ? problem : NULL;
	return *problem ? NULL : &functions;
}
