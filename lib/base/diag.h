/* diag.h - what went wrong, where, whose fault it is, and what would help.
 *
 * One list a run, in the order found. Checking stages report all they find, working stages stop at the
 * first. Printing is cmd/'s; nothing in lib/ writes to a terminal.
 */
#ifndef ZS_BASE_DIAG_H
#define ZS_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct zs_run;

enum zs_severity { ZS_ERROR, ZS_WARNING, ZS_NOTE };

/* The values are the exit statuses. */
enum zs_fault {
	ZS_DONE = 0,    /* done, also "nothing to do" */
	ZS_FAILED = 1,  /* disk, crypto, network, reload */
	ZS_USAGE = 2,   /* the command line */
	ZS_INPUT = 3,   /* config, zone, certificate, key file */
	ZS_REFUSED = 4, /* publishing would break the chain of trust, or it is in danger */
	ZS_NOT_YET = 5  /* not yet, or a person must act */
};

/* Where a line of a large file begins, so that it is found again without reading all before it. */
struct zs_input_mark {
	uint64_t offset; /* octets */
	uint32_t line;   /* from 1 */
};

/* A file as it was read, or a part of it. Diagnostics take their excerpt from text, so it lives as long as its readers;
 * where there is no text, they read the line again if the file at path is still the one that was read. */
struct zs_input {
	const char *path;    /* as the user would write it */
	const char *text;    /* len octets, then a NUL; NULL once released, or if it was read in slices */
	size_t len;
	uint32_t first_line; /* of text in the file; 0: it is the whole file */
	const struct zs_input_mark *marks; /* in rising order; or NULL */
	size_t mark_count;
	uint64_t ino, size;  /* of the file, where there are marks */
};

/* A place in an input. line 0: the file as a whole; column 0: the line as a whole. Both count from 1. */
struct zs_source {
	const struct zs_input *input;
	uint32_t line, column, width; /* width: octets to underline */
};

struct zs_diag {
	const struct zs_diag *next;
	enum zs_severity severity;
	enum zs_fault fault;
	const char *guard; /* "G4" where a publish guard refused, else NULL */
	const char *zone_text; /* that it is about, where there is no place; or NULL */
	const char *path;  /* NULL: no place */
	uint32_t line, column, width;
	const char *excerpt; /* the line: control octets as \DDD, at most 160 columns; or NULL */
	uint32_t excerpt_column; /* of the caret in excerpt, from 1 */
	const char *message, *hint;
};

enum { ZS_DIAG_MAX = 100 }; /* kept a run of each severity; the rest is counted */

/* The input at *where (NULL: no place) is wrong. Returns false, as the next three do. */
bool zs_error(struct zs_run *run, const struct zs_source *where, const char *format, ...) ZS_PRINTF(3, 4);
/* Disk, crypto, network: something that should work did not. */
bool zs_fail(struct zs_run *run, const char *format, ...) ZS_PRINTF(2, 3);
/* Publishing would break the chain of trust; guard is its number in the README's table, or NULL. */
bool zs_refuse(struct zs_run *run, const char *guard, const char *format, ...) ZS_PRINTF(3, 4);
/* It is too early, or a person must act. */
bool zs_not_yet(struct zs_run *run, const char *format, ...) ZS_PRINTF(2, 3);
/* The command line is wrong. */
bool zs_usage(struct zs_run *run, const char *format, ...) ZS_PRINTF(2, 3);

/* Go on. A warning is about something to mend, a note only tells. */
void zs_warn(struct zs_run *run, const struct zs_source *where, const char *format, ...) ZS_PRINTF(3, 4);
void zs_note(struct zs_run *run, const char *format, ...) ZS_PRINTF(2, 3);

/* Advice for the diagnostic reported last. */
void zs_hint(struct zs_run *run, const char *format, ...) ZS_PRINTF(2, 3);

/* The graver of two for the exit status: 4, 3, 1, 5, 0 (2 above all). */
enum zs_fault zs_fault_gravest(enum zs_fault a, enum zs_fault b);

#endif
