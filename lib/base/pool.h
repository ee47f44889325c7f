/* pool.h - threads over slices of an array. Each slice writes its own slots, so the result does not depend on the
 * number of threads. */
#ifndef ZS_BASE_POOL_H
#define ZS_BASE_POOL_H

#include <stddef.h>

#include "base/bytes.h"

/* Call work(context, thread, from, to) until every index below count was in one slice [from, to) of at most
 * slice indices. Runs on `threads` threads, the caller's being number 0; on that alone if count is no more than one
 * slice. Threads that cannot be started are done without. Returns when all is done. */
void zs_pool_run(unsigned threads, size_t count, size_t slice,
                 void (*work)(void *context, unsigned thread, size_t from, size_t to), void *context);

/* A slice for work of which one index takes long, as a signature does: of at most `max` indices, and so small that no thread waits
 * long for the last slice of another. */
size_t zs_pool_slice(unsigned threads, size_t count, size_t max);

/* Work that is made in any order and taken in the order of its indices, through a few slots that hold what is made until it
 * is taken. make runs in parallel, one slot a call; take is called for each index in order, by one thread at a time. begin
 * and taken (each may be NULL) are called just before make and just after take while no other begin or taken is. */
struct zs_pool_stages {
	void (*begin)(void *context, unsigned slot, size_t index);
	void (*make)(void *context, unsigned slot, size_t index);
	void (*take)(void *context, unsigned slot, size_t index);
	void (*taken)(void *context, unsigned slot, size_t index);
};
unsigned zs_pool_slots(unsigned threads); /* that zs_pool_in_order uses */
void zs_pool_in_order(unsigned threads, size_t first, size_t count, const struct zs_pool_stages *stages, void *context);

/* Work of which each index gives some octets, or none: make(context, out, from, to) adds those of a slice to out, after what is there, and
 * *all gets them in the order of the indices. When they stand there, at offset `at` of all->data, placed (may be NULL) is called, in
 * order, for what in them depends on the place. all->full: it was too much. */
void zs_pool_gather(unsigned threads, size_t count, size_t slice, struct zs_buf *all,
                    void (*make)(void *context, struct zs_buf *out, size_t from, size_t to),
                    void (*placed)(void *context, size_t at, size_t from, size_t to), void *context);

/* How far the work of this process is: of the pool that began last, indices begun and in all. For showing it only. */
void zs_pool_progress(size_t *done, size_t *count);

/* The same as zs_pool_run for work that reports diagnostics: judge(context, run, from, to) is called once for each slice with a run of
 * the thread, and where that got any, once more, in order, with the caller's run. So what run gets is what one call over
 * all indices had reported; judge must write nothing but slots of its slice, and twice the same. */
struct zs_run;
void zs_pool_judge(struct zs_run *run, unsigned threads, size_t count, size_t slice,
                   void (*judge)(void *context, struct zs_run *run, size_t from, size_t to), void *context);

#endif
