/* pool.h - threads over slices of an array. Each slice writes its own slots, so the result does not depend on the
 * number of threads. */
#ifndef ZS_BASE_POOL_H
#define ZS_BASE_POOL_H

#include <stddef.h>

/* Call work(context, thread, from, to) until every index below count was in one slice [from, to) of at most
 * slice indices. Runs on `threads` threads, the caller's being number 0; on that alone if count is no more than one
 * slice. Threads that cannot be started are done without. Returns when all is done. */
void zs_pool_run(unsigned threads, size_t count, size_t slice,
                 void (*work)(void *context, unsigned thread, size_t from, size_t to), void *context);

/* The same for work that reports diagnostics: judge(context, run, from, to) is called once for each slice with a run of
 * the thread, and where that got any, once more, in order, with the caller's run. So what run gets is what one call over
 * all indices had reported; judge must write nothing but slots of its slice, and twice the same. */
struct zs_run;
void zs_pool_judge(struct zs_run *run, size_t count, size_t slice,
                   void (*judge)(void *context, struct zs_run *run, size_t from, size_t to), void *context);

#endif
