/* parallel.h: the one way to use several threads. */
#ifndef TN_PARALLEL_H
#define TN_PARALLEL_H

#include <stdint.h>

/* Does the work of items [begin, end).  `thread` counts from 0 and is below tn_threads(). */
typedef void (*tn_span_fn)(void *context, int64_t begin, int64_t end, int thread);

/* Calls span on contiguous parts that cover [0, n) exactly: one part on this thread when n <= grain, else at most
 * tn_threads() parts of at least about `grain` items.  Called inside a span, it stays on the thread it is on.  The same
 * parts go to the same threads each time, in whose caches they may still be. */
void tn_parallel(tn_span_fn span, void *context, int64_t n, int64_t grain);

/* The same for n tasks that are long, one by one: threads take the next as they come, so that one which the machine
 * delays leaves its share to the others. */
void tn_parallel_tasks(tn_span_fn span, void *context, int64_t n);

#endif
