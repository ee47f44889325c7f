/* pool.c - threads over slices of an array. */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { THREADS_MAX = 256 };

struct job {
	atomic_size_t next;
	size_t count, slice;
	void (*work)(void *context, unsigned thread, size_t from, size_t to);
	void *context;
};

struct worker {
	struct job *job;
	unsigned thread;
	pthread_t id;
};

static void *run_worker(void *argument)
{
	const struct worker *worker = argument;
	struct job *job = worker->job;
	for (;;) {
		const size_t from = atomic_fetch_add(&job->next, job->slice);
		if (from >= job->count)
			return NULL;
		const size_t to = job->count - from < job->slice ? job->count : from + job->slice;
		job->work(job->context, worker->thread, from, to);
	}
}

void zs_pool_run(unsigned threads, size_t count, size_t slice,
                 void (*work)(void *context, unsigned thread, size_t from, size_t to), void *context)
{
	struct job job = { .count = count, .slice = slice ? slice : 1, .work = work, .context = context };
	struct worker workers[THREADS_MAX];
	const size_t slices = (count + job.slice - 1) / job.slice;
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	if (threads > slices)
		threads = (unsigned)slices;
	unsigned started = 1;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals stay with the caller's thread */
	for (; started < threads; started++) {
		workers[started] = (struct worker){ .job = &job, .thread = started };
		if (pthread_create(&workers[started].id, NULL, run_worker, &workers[started]) != 0)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	workers[0] = (struct worker){ .job = &job };
	run_worker(&workers[0]);
	for (unsigned i = 1; i < started; i++)
		pthread_join(workers[i].id, NULL);
}
