/* parallel.c: the split driver.  The only OpenMP pragmas of the library stand here. */
#include "parallel.h"
#include "tinynn.h"

#ifdef _OPENMP
#include <omp.h>

/* Parts are whole cache lines of the smallest element, so that two threads never write to one line. */
enum { UNIT = 64 };

static int64_t part_begin(int64_t n, int64_t parts, int64_t part, int64_t unit) {
    const int64_t units = (n + unit - 1) / unit, larger = units % parts;
    const int64_t begin = (units / parts * part + (part < larger ? part : larger)) * unit;
    return begin < n ? begin : n;
}

static void split(tn_span_fn span, void *context, int64_t n, int64_t parts, int64_t unit) {
#pragma omp parallel num_threads((int)parts)
    {
        /* The runtime may give fewer threads than asked for: each takes every team-th part. */
        const int64_t team = omp_get_num_threads(), thread = omp_get_thread_num();
        for (int64_t part = thread; part < parts; part += team)
            span(context, part_begin(n, parts, part, unit), part_begin(n, parts, part + 1, unit), (int)thread);
    }
}

static void deal(tn_span_fn span, void *context, int64_t n, int64_t threads) {
#pragma omp parallel for schedule(dynamic, 1) num_threads((int)threads)
    for (int64_t task = 0; task < n; task++) span(context, task, task + 1, omp_get_thread_num());
}
#endif

void tn_parallel(tn_span_fn span, void *context, int64_t n, int64_t grain) {
#ifdef _OPENMP
    if (n > grain) { /* an ordinary branch: a pragma whose if() is false still costs half a microsecond */
        int64_t parts = (n + grain - 1) / grain;
        if (parts > tn_threads()) parts = tn_threads();
        if (parts > 1 && !omp_in_parallel()) {
            split(span, context, n, parts, grain >= UNIT ? UNIT : 1);
            return;
        }
    }
#endif
    (void)grain;
    span(context, 0, n, 0);
}

void tn_parallel_tasks(tn_span_fn span, void *context, int64_t n) {
#ifdef _OPENMP
    const int64_t threads = n < tn_threads() ? n : tn_threads();
    if (threads > 1 && !omp_in_parallel()) {
        deal(span, context, n, threads);
        return;
    }
#endif
    span(context, 0, n, 0);
}
