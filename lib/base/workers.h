/* workers.h - processes over a list of jobs: a job that crashes, or has no memory left, takes itself down and no other.
 *
 * Each process takes the next job. What it has to tell comes back over a pipe. A process that dies is replaced; the
 * jobs it had begun are done again, each in a process where no other waits, so only the one that kills it is lost.
 */
#ifndef ZS_BASE_WORKERS_H
#define ZS_BASE_WORKERS_H

#include "base/bytes.h"
#include "base/group.h"
#include "base/run.h"

enum { ZS_WORKERS_MAX = 256, ZS_WORKERS_RESULT_MAX = 64 << 20 }; /* octets of a result */

struct zs_workers {
	unsigned processes; /* at most ZS_WORKERS_MAX */
	unsigned lanes;     /* of a process: jobs that wait for the disk together (group.h) */
	size_t job_count;
	/* In a worker: do it and put what the caller shall know into *result, or nothing, which costs nothing. group, unless it is
	 * NULL, is for run->sync. */
	void (*work)(void *context, struct zs_group *group, size_t job, struct zs_buf *result);
	/* In the caller, once for each job when it has ended: status is 0, or what waitpid(2) said of the process that died of
	 * it; then there is no result. */
	void (*done)(void *context, size_t job, int status, struct zs_bytes result);
	void *context;
};

/* Do all jobs. False with a diagnostic if not one process can be started; done was then not called for the jobs left. */
ZS_MUST_CHECK bool zs_workers_run(struct zs_run *run, const struct zs_workers *workers);

#endif
