/* reduce.h: the driver of every reduction. */
#ifndef TN_REDUCE_H
#define TN_REDUCE_H

#include "tinynn.h"

enum { TN_LANES = 16 }; /* element i of a run goes to accumulator i % 16, whatever the width of a vector */

/* The loops of one reduction for one type.  `acc` points to accumulators of 8 bytes or less each; `center` is what
 * the outputs hold before the reduction (reduce_logsumexp: the maximum; unused by the others). */
typedef struct tn_fold {
    size_t size;                         /* bytes of one accumulator */
    void (*start)(int64_t n, void *acc); /* acc[n] = nothing yet */
    /* lanes[TN_LANES]: x[i] goes to lanes[i % TN_LANES]; center[1] */
    void (*run)(int64_t n, void *lanes, const void *x, const void *center);
    /* acc[n], x[n], center[n]: x[i] goes to acc[i] */
    void (*columns)(int64_t n, void *acc, const void *x, const void *center);
    void (*merge)(int64_t n, void *acc, const void *other); /* acc[n], other[n] */
    /* out[n] from acc[n], each over `count` elements */
    void (*finish)(int64_t n, void *out, const void *acc, int64_t count);
} tn_fold;

/* Reduces args->in[0] over the axes of attribute 0 into args->out[0].  Scratch: scratch_reduce. */
tn_status tn_reduce(const tn_args *args, const tn_fold *fold);

#endif
