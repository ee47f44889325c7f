/* run.h - the build of one zone: its clock, its memory, what it has to say. Every function that can fail takes it.
 * A run belongs to one thread. */
#ifndef ZS_BASE_RUN_H
#define ZS_BASE_RUN_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/time.h"

struct zs_run {
	struct zs_arena *arena;   /* lives as long as the run */
	zs_time now;              /* the instant of the run; --now replaces it */
	bool now_given;           /* by --now: the state is marked */
	unsigned jobs;            /* threads to use, at least 1 */
	const char *zone_text;    /* the zone at work, for messages; or NULL */
	const struct zs_diag *diags; /* oldest first */
	struct zs_diag *last;
	unsigned error_count, warning_count;
	unsigned dropped_count;   /* diagnostics beyond ZS_DIAG_MAX of their severity */
	unsigned kept_count[3];   /* by severity: a flood of warnings must not hide an error */
	bool last_dropped;        /* zs_hint is about a diagnostic that was not kept */
	enum zs_fault fault;      /* the gravest so far */
	void (*stage)(void *context, const char *name); /* told when a stage begins; or NULL */
	void *stage_context;
	uint64_t stage_octets;    /* read or written by the stage: set by it, cleared by who hears of the next */
	bool (*sync)(void *context, int fd); /* in place of fsync, together with other builds (base/group.h); or NULL */
	void *sync_context;
};

/* A run with its own arena, the real clock and one job. zs_run_end releases all of it. */
struct zs_run *zs_run_begin(void);
void zs_run_end(struct zs_run *run);

/* True if there was no error since `before` was read from run->error_count. */
static inline bool zs_run_ok_since(const struct zs_run *run, unsigned before)
{
	return run->error_count == before;
}

/* Where the list of diagnostics stood, with all that counts them. */
struct zs_run_mark {
	struct zs_diag *last;
	unsigned error_count, warning_count, dropped_count, kept_count[3];
	enum zs_fault fault;
};
struct zs_run_mark zs_run_mark(const struct zs_run *run);

/* Take what was reported since the mark off the run, which is as if it had never been: its list, oldest first, or NULL. For a
 * part that fails alone. */
const struct zs_diag *zs_run_take(struct zs_run *run, const struct zs_run_mark *mark);

/* Report what zs_run_take gave, with its faults. The list itself stays as it is. None is dropped: each part has had its own limit,
 * so one that is wrong in a hundred ways hides no other. */
void zs_run_report(struct zs_run *run, const struct zs_diag *list);

/* Report in run what part, a run of its own for one zone of many, has reported, in the same way. Part may end then. */
void zs_run_join(struct zs_run *run, const struct zs_run *part);

void zs_run_stage(struct zs_run *run, const char *name);

#endif
