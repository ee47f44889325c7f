/* pool.c - threads over slices of an array. */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/run.h"

enum { THREADS_MAX = 256 };

/* For zs_pool_progress. */
static atomic_size_t progress_done, progress_count;

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
		atomic_store_explicit(&progress_done, from, memory_order_relaxed);
		const size_t to = job->count - from < job->slice ? job->count : from + job->slice;
		job->work(job->context, worker->thread, from, to);
	}
}

/* Threads beside the caller's, which is the first. Returns how many there are then; signals stay with the caller's. */
static unsigned start_others(struct worker *workers, unsigned threads, struct job *job)
{
	unsigned started = 1;
	sigset_t all, before;
	if (threads <= 1)
		return 1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (; started < threads; started++) {
		workers[started] = (struct worker){ .job = job, .thread = started };
		if (pthread_create(&workers[started].id, NULL, run_worker, &workers[started]) != 0)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
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
	atomic_store_explicit(&progress_done, 0, memory_order_relaxed);
	atomic_store_explicit(&progress_count, count, memory_order_relaxed);
	const unsigned started = start_others(workers, threads, &job);
	workers[0] = (struct worker){ .job = &job };
	run_worker(&workers[0]);
	for (unsigned i = 1; i < started; i++)
		pthread_join(workers[i].id, NULL);
	atomic_store_explicit(&progress_count, 0, memory_order_relaxed);
}

size_t zs_pool_slice(unsigned threads, size_t count, size_t max)
{
	enum { A_THREAD = 16 }; /* slices: one too many is some 6% of its work */
	const size_t fair = count / A_THREAD / (threads ? threads : 1);
	return count <= max || fair >= max ? max : fair ? fair : 1;
}

void zs_pool_progress(size_t *done, size_t *count)
{
	*done = atomic_load_explicit(&progress_done, memory_order_relaxed);
	*count = atomic_load_explicit(&progress_count, memory_order_relaxed);
}

struct line {
	const struct zs_pool_stages *stages;
	void *context;
	pthread_mutex_t mutex;
	pthread_cond_t moved;
	size_t next, taken, count; /* to be made; all before it are taken */
	unsigned slots;
	bool taking;               /* a thread is at it */
	bool *made;                /* per slot */
};

/* Take all that is ready and next. The mutex is held at entry and exit, not during the work. */
static void take_ready(struct line *l)
{
	while (!l->taking && l->taken < l->count && l->made[l->taken % l->slots]) {
		const size_t index = l->taken;
		const unsigned slot = (unsigned)(index % l->slots);
		l->taking = true;
		pthread_mutex_unlock(&l->mutex);
		l->stages->take(l->context, slot, index);
		pthread_mutex_lock(&l->mutex);
		if (l->stages->taken)
			l->stages->taken(l->context, slot, index);
		l->made[slot] = false;
		l->taken++;
		l->taking = false;
		pthread_cond_broadcast(&l->moved);
	}
}

static void stand_in_line(void *context, unsigned thread, size_t from, size_t to)
{
	struct line *l = context;
	(void)thread, (void)from, (void)to;
	pthread_mutex_lock(&l->mutex);
	atomic_store_explicit(&progress_count, l->count, memory_order_relaxed); /* not that of the threads */
	for (;;) {
		take_ready(l);
		while (l->next < l->count && l->next - l->taken >= l->slots) {
			pthread_cond_wait(&l->moved, &l->mutex);
			take_ready(l);
		}
		if (l->next >= l->count)
			break;
		const size_t index = l->next++;
		atomic_store_explicit(&progress_done, index, memory_order_relaxed);
		const unsigned slot = (unsigned)(index % l->slots);
		if (l->stages->begin)
			l->stages->begin(l->context, slot, index);
		pthread_mutex_unlock(&l->mutex);
		l->stages->make(l->context, slot, index);
		pthread_mutex_lock(&l->mutex);
		l->made[slot] = true;
	}
	pthread_mutex_unlock(&l->mutex);
}

unsigned zs_pool_slots(unsigned threads)
{
	return (threads < THREADS_MAX ? threads : THREADS_MAX) + 2;
}

void zs_pool_in_order(unsigned threads, size_t first, size_t count, const struct zs_pool_stages *stages, void *context)
{
	bool made[THREADS_MAX + 2] = { false };
	struct line l = { .stages = stages, .context = context, .next = first, .taken = first, .count = count,
		          .slots = zs_pool_slots(threads), .made = made };
	pthread_mutex_init(&l.mutex, NULL);
	pthread_cond_init(&l.moved, NULL);
	zs_pool_run(threads, threads ? threads : 1, 1, stand_in_line, &l);
	pthread_cond_destroy(&l.moved);
	pthread_mutex_destroy(&l.mutex);
}

struct gathering {
	struct zs_buf *all, *outs; /* outs: per slot */
	size_t count, slice;
	void (*make)(void *context, struct zs_buf *out, size_t from, size_t to);
	void (*placed)(void *context, size_t at, size_t from, size_t to);
	void *context;
};

static size_t slice_end(const struct gathering *g, size_t from)
{
	return g->count - from < g->slice ? g->count : from + g->slice;
}

static void gather_slice(void *context, unsigned slot, size_t index)
{
	const struct gathering *g = context;
	struct zs_buf *out = &g->outs[slot];
	if (!out->arena)
		*out = (struct zs_buf){ .arena = zs_arena_new(), .max = SIZE_MAX / 2 };
	out->len = 0;
	g->make(g->context, out, index * g->slice, slice_end(g, index * g->slice));
}

static void place_slice(void *context, unsigned slot, size_t index)
{
	const struct gathering *g = context;
	const size_t at = g->all->len;
	zs_buf_add(g->all, g->outs[slot].data, g->outs[slot].len);
	if (g->placed && !g->all->full)
		g->placed(g->context, at, index * g->slice, slice_end(g, index * g->slice));
}

void zs_pool_gather(unsigned threads, size_t count, size_t slice, struct zs_buf *all,
                    void (*make)(void *context, struct zs_buf *out, size_t from, size_t to),
                    void (*placed)(void *context, size_t at, size_t from, size_t to), void *context)
{
	static const struct zs_pool_stages stages = { .make = gather_slice, .take = place_slice };
	struct zs_buf outs[THREADS_MAX + 2] = { 0 };
	struct gathering g = { .all = all, .outs = outs, .count = count, .slice = slice, .make = make, .placed = placed, .context = context };
	const size_t slices = count / slice + (count % slice != 0);
	if (slices < threads)
		threads = (unsigned)slices;
	if (threads > 1) {
		zs_pool_in_order(threads, 0, slices, &stages, &g);
	} else {
		for (size_t from = 0; from < count && !all->full; from += slice) {
			const size_t at = all->len;
			make(context, all, from, slice_end(&g, from));
			if (placed && !all->full)
				placed(context, at, from, slice_end(&g, from));
		}
	}
	for (size_t i = 0; i < ZS_COUNT(outs); i++)
		zs_arena_free(outs[i].arena);
}

struct judging {
	struct zs_run **runs; /* one per thread; NULL: not made yet */
	uint8_t *said;        /* per slice: there is something to report */
	size_t slice;
	zs_time now;
	void (*judge)(void *context, struct zs_run *run, size_t from, size_t to);
	void *context;
};

static void judge_slice(void *context, unsigned thread, size_t from, size_t to)
{
	const struct judging *j = context;
	struct zs_run **run = &j->runs[thread];
	if (!*run) {
		*run = zs_run_begin();
		(*run)->now = j->now;
	}
	j->judge(j->context, *run, from, to);
	if (!(*run)->diags)
		return;
	j->said[from / j->slice] = 1;
	zs_run_end(*run);
	*run = NULL;
}

void zs_pool_judge(struct zs_run *run, unsigned threads, size_t count, size_t slice,
                   void (*judge)(void *context, struct zs_run *run, size_t from, size_t to), void *context)
{
	if (threads <= 1 || count <= slice) {
		judge(context, run, 0, count);
		return;
	}
	struct zs_arena *arena = zs_arena_new();
	struct judging j = { .slice = slice, .now = run->now, .judge = judge, .context = context };
	j.runs = zs_arena_array(arena, THREADS_MAX, sizeof *j.runs);
	j.said = zs_arena_alloc(arena, count / slice + 1);
	zs_pool_run(threads, count, slice, judge_slice, &j);
	for (size_t i = 0; i < THREADS_MAX; i++)
		zs_run_end(j.runs[i]);
	for (size_t from = 0; from < count; from += slice)
		if (j.said[from / slice])
			judge(context, run, from, count - from < slice ? count : from + slice);
	zs_arena_free(arena);
}
