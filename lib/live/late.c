/* late.c - libraries that only the network needs, opened at the first question. Linked with them, a program that in most builds asks
 * nobody anything would take a quarter longer to start (design, section 5). */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "live/ldns.h"
#include "live/ssl.h"
#include "live/unbound.h"

struct library {
	const char *name, *file, *package;
	void *handle;
	char problem[300]; /* empty: there is none */
};

static struct library unbound = { .name = "libunbound", .file = "libunbound.so.8", .package = "libunbound8" };
static struct library ldns = { .name = "ldns", .file = "libldns.so.3", .package = "libldns3" };
static struct library ssl = { .name = "libssl", .file = "libssl.so.3", .package = "libssl3" };
static struct zs_unbound unbound_functions;
struct zs_ldns zs_ldns;
struct zs_ssl zs_ssl;

static void open_library(struct library *library)
{
	library->handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
	if (library->handle)
		return;
	const char *why = dlerror();
	snprintf(library->problem, sizeof library->problem, "%s cannot be opened (%s); Debian's package is %s", library->name,
	         why ? why : library->file, library->package);
}

static void find(struct library *library, const char *name, void *function)
{
	void *found = library->handle ? dlsym(library->handle, name) : NULL;
	memcpy(function, &found, sizeof found); /* C has no cast from one to the other, POSIX has the same size */
	if (!found && !*library->problem)
		snprintf(library->problem, sizeof library->problem, "%s has no %s", library->file, name);
}

static const char *problem(const struct library *library)
{
	return *library->problem ? library->problem : NULL;
}

static void open_unbound(void)
{
	open_library(&unbound);
#define FIND_UNBOUND(name) find(&unbound, "ub_" #name, &unbound_functions.name);
	ZS_UNBOUND_FUNCTIONS(FIND_UNBOUND)
}

static void open_ldns(void)
{
	open_library(&ldns);
#define FIND_LDNS(name) find(&ldns, "ldns_" #name, &zs_ldns.name);
	ZS_LDNS_FUNCTIONS(FIND_LDNS)
}

static void open_ssl(void)
{
	open_library(&ssl);
#define FIND_SSL(name) find(&ssl, #name, &zs_ssl.name);
	ZS_SSL_FUNCTIONS(FIND_SSL)
}

const struct zs_unbound *zs_unbound(const char **why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, open_unbound);
	*why = problem(&unbound);
	return *why ? NULL : &unbound_functions;
}

const char *zs_ldns_problem(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, open_ldns);
	return problem(&ldns);
}

const char *zs_ssl_problem(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, open_ssl);
	return problem(&ssl);
}
