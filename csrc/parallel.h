/* parallel.h: the one way to use several threads. */
#ifndef TN_PARALLEL_H
#define TN_PARALLEL_H

#include <stdint.h>

/* Does the work of items [begin, end).  `thread` counts from 0 and is below tn_threads(). */
typedef void (*tn_span_fn)(void *context, int64_t begin, int64_t end, int thread);

/* Calls span on contiguous parts that cover [0, n) exactly: one part on this thread when n <= grain, else several of at
 * least about `grain` items, which up to tn_threads() threads share.  Called inside a span, it stays on the thread it
 * is on. */
void tn_parallel(tn_span_fn span, void *context, int64_t n, int64_t grain);

#endif
