/* parallel.c: the split driver.  The only OpenMP pragma of the library stands here. */
#include "parallel.h"
#include "tinynn.h"

#ifdef _OPENMP
#include <omp.h>

enum {
    UNIT = 64,  /* parts are whole cache lines of the smallest element: two threads never write to one line */
    SHARES = 16 /* parts per thread, at most */
};

static int64_t part_begin(int64_t n, int64_t parts, int64_t part, int64_t unit) {
    const int64_t units = (n + unit - 1) / unit, larger = units % parts;
    const int64_t begin = (units / parts * part + (part < larger ? part : larger)) * unit;
    return begin < n ? begin : n;
}

/* Threads take the next part as they come: one that the machine delays leaves its share to the others. */
static void split(tn_span_fn span, void *context, int64_t n, int64_t parts, int64_t threads, int64_t unit) {
#pragma omp parallel for schedule(dynamic, 1) num_threads((int)threads)
    for (int64_t part = 0; part < parts; part++)
        span(context, part_begin(n, parts, part, unit), part_begin(n, parts, part + 1, unit), omp_get_thread_num());
}
#endif

void tn_parallel(tn_span_fn span, void *context, int64_t n, int64_t grain) {
#ifdef _OPENMP
    if (n > grain) { /* an ordinary branch: a pragma whose if() is false still costs half a microsecond */
        int64_t parts = (n + grain - 1) / grain, threads = tn_threads();
        if (threads > parts) threads = parts;
        if (parts > SHARES * threads) parts = SHARES * threads;
        if (threads > 1 && !omp_in_parallel()) {
            split(span, context, n, parts, threads, grain >= UNIT ? UNIT : 1);
            return;
        }
    }
#endif
    (void)grain;
    span(context, 0, n, 0);
}
