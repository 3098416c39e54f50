/* reduce.h: the loops of the reductions.  float32 is accumulated in float64. */

#ifdef TN_FLOAT_BITS
#define A double
#else
#define A U
#endif

/* x and acc are one element and its accumulator, c the center, n the number of elements of one output. */
#define RUN(name, step)                                                                                                \
    static void K(name##_run)(int64_t n, void *to, const void *from, const void *center) {                             \
        A lanes[TN_LANES];                                                                                             \
        const T *xs = from, c = *(const T *)center;                                                                    \
        (void)c;                                                                                                       \
        memcpy(lanes, to, sizeof lanes);                                                                               \
        int64_t i = 0;                                                                                                 \
        for (; i + TN_LANES <= n; i += TN_LANES)                                                                       \
            for (int lane = 0; lane < TN_LANES; lane++) {                                                              \
                const A acc = lanes[lane];                                                                             \
                const T x = xs[i + lane];                                                                              \
                lanes[lane] = (A)(step);                                                                               \
            }                                                                                                          \
        for (int lane = 0; i < n; i++, lane++) {                                                                       \
            const A acc = lanes[lane];                                                                                 \
            const T x = xs[i];                                                                                         \
            lanes[lane] = (A)(step);                                                                                   \
        }                                                                                                              \
        memcpy(to, lanes, sizeof lanes);                                                                               \
    }

#define FOLD(name, run, zero, step, combine, end)                                                                      \
    static void K(name##_start)(int64_t n, void *to) {                                                                 \
        A *acc = to;                                                                                                   \
        for (int64_t i = 0; i < n; i++) acc[i] = (A)(zero);                                                            \
    }                                                                                                                  \
    static void K(name##_columns)(int64_t n, void *to, const void *from, const void *center) {                         \
        A *accs = to;                                                                                                  \
        const T *xs = from, *centers = center;                                                                         \
        (void)centers;                                                                                                 \
        TN_INDEPENDENT                                                                                                 \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const A acc = accs[i];                                                                                     \
            const T x = xs[i], c = centers[i];                                                                         \
            (void)c;                                                                                                   \
            accs[i] = (A)(step);                                                                                       \
        }                                                                                                              \
    }                                                                                                                  \
    static void K(name##_merge)(int64_t n, void *to, const void *from) {                                               \
        A *accs = to;                                                                                                  \
        const A *xs = from;                                                                                            \
        TN_INDEPENDENT                                                                                                 \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const A acc = accs[i], x = xs[i];                                                                          \
            accs[i] = (A)(combine);                                                                                    \
        }                                                                                                              \
    }                                                                                                                  \
    static void K(name##_finish)(int64_t many, void *to, const void *from, int64_t n) {                                \
        T *out = to;                                                                                                   \
        const A *accs = from;                                                                                          \
        (void)n;                                                                                                       \
        for (int64_t i = 0; i < many; i++) {                                                                           \
            const A acc = accs[i];                                                                                     \
            const T c = out[i];                                                                                        \
            (void)c;                                                                                                   \
            out[i] = (T)(end);                                                                                         \
        }                                                                                                              \
    }                                                                                                                  \
    static const tn_fold K(name##_fold) = {sizeof(A),         K(name##_start), K(run##_run),                           \
                                           K(name##_columns), K(name##_merge), K(name##_finish)};

#define REDUCE(name, zero, step, combine, end)                                                                         \
    RUN(name, step)                                                                                                    \
    FOLD(name, name, zero, step, combine, end)                                                                         \
    static tn_status K(name)(const tn_args *args) { return tn_reduce(args, &K(name##_fold)); }

#ifdef TN_FLOAT_BITS

#define LOWEST  (-(T)INFINITY)
#define HIGHEST ((T)INFINITY)
/* x is taken unless acc is as good or is NaN already; a NaN x is always taken. */
#define LARGER       (((acc >= x) | (acc != acc)) ? acc : x)
#define SMALLER      (((acc <= x) | (acc != acc)) ? acc : x)
#define CENTER_OF(c) (VM(absolute)(c) < (T)INFINITY ? c : (T)0) /* inf - inf would be NaN */

enum { K(SUM_LANES) = 64, K(SUM_GROUP) = 512, K(SUM_VECTORS) = 64 / TV_N, K(SUM_QUARTER) = 16 / TV_N };

/* sum[SUM_VECTORS] of a group of elements, element i in lane i % SUM_LANES: so a lane of SUM_GROUP elements rounds
 * eight times, and the order of additions does not follow the width of a vector. */
TN_INLINE void K(sum_group)(int64_t count, const T *x, TV *sum) {
    int64_t i = 0;
    TN_UNROLL for (int j = 0; j < K(SUM_VECTORS); j++) sum[j] = V(fill)(0);
    for (; i + K(SUM_LANES) <= count; i += K(SUM_LANES))
        TN_UNROLL for (int j = 0; j < K(SUM_VECTORS); j++) sum[j] += V(load)(x + i + j * TV_N);
    if (i == count) return;
    TN_UNROLL for (int j = 0; j < K(SUM_VECTORS); j++, i += TV_N) {
        if (i + TV_N <= count)
            sum[j] += V(load)(x + i);
        else if (i < count)
            sum[j] += V(load_part)(x + i, count - i);
    }
}

/* The sum of a run: the lanes of each group are folded to TN_LANES and added to the accumulators in double. */
static void K(sum_run)(int64_t n, void *to, const void *from, const void *center) {
    A *lanes = to;
    (void)center;
    for (const T *x = from, *end = x + n; x < end; x += K(SUM_GROUP)) {
        TV sum[K(SUM_VECTORS)];
        T part[TN_LANES];
        K(sum_group)(end - x < K(SUM_GROUP) ? end - x : K(SUM_GROUP), x, sum);
        TN_UNROLL for (int j = 0; j < K(SUM_QUARTER); j++) {
            const TV *q = sum + j;
            V(store)(part + j * TV_N, (q[0] + q[K(SUM_QUARTER)]) + (q[2 * K(SUM_QUARTER)] + q[3 * K(SUM_QUARTER)]));
        }
        for (int lane = 0; lane < TN_LANES; lane++) lanes[lane] += part[lane];
    }
}
FOLD(reduce_mean, sum, 0, acc + x, acc + x, acc / (A)n)
FOLD(reduce_sum, sum, 0, acc + x, acc + x, acc)
static tn_status K(reduce_mean)(const tn_args *args) { return tn_reduce(args, &K(reduce_mean_fold)); }
static tn_status K(reduce_sum)(const tn_args *args) { return tn_reduce(args, &K(reduce_sum_fold)); }
REDUCE(logsumexp_sum, 0, acc + VM(exp)(x - CENTER_OF(c)), acc + x, CENTER_OF(c) + log(acc))

#else

#define LOWEST  (sizeof(T) == 4 ? INT32_MIN : INT64_MIN)
#define HIGHEST (sizeof(T) == 4 ? INT32_MAX : INT64_MAX)
#define LARGER  (acc > x ? acc : x)
#define SMALLER (acc < x ? acc : x)

#endif

#ifdef TN_IS_BOOL
REDUCE(reduce_any, 0, acc | x, acc | x, acc)
REDUCE(reduce_all, 1, acc &x, acc &x, acc)
#else
#ifndef TN_FLOAT_BITS
REDUCE(reduce_sum, 0, acc + (A)x, acc + x, acc)
#endif
REDUCE(reduce_prod, 1, acc *(A)x, acc *x, acc)
#undef A
#define A T
#ifdef TN_FLOAT_BITS
/* Written with simd.h's vectors: the compiler does not make a vector out of sixteen selects by itself. */
#define EXTREME_RUN(name, as_good)                                                                                     \
    static void K(name##_run)(int64_t n, void *to, const void *from, const void *center) {                             \
        typedef __typeof__((TV){0} < (TV){0}) mask;                                                                    \
        const T *xs = from;                                                                                            \
        T rest[TN_LANES];                                                                                              \
        TV acc[TN_LANES / TV_N];                                                                                       \
        (void)center;                                                                                                  \
        memcpy(acc, to, sizeof acc);                                                                                   \
        for (int64_t i = 0; i < n; i += TN_LANES) {                                                                    \
            const T *at = xs + i;                                                                                      \
            if (i + TN_LANES > n) { /* the last, shorter group: the other lanes see what they hold */                  \
                memcpy(rest, acc, sizeof rest);                                                                        \
                for (int64_t j = i; j < n; j++) rest[j - i] = xs[j];                                                   \
                at = rest;                                                                                             \
            }                                                                                                          \
            TN_UNROLL for (int j = 0; j < TN_LANES / TV_N; j++) {                                                      \
                const TV x = V(load)(at + j * TV_N);                                                                   \
                const mask keep = (mask)(acc[j] as_good x) | (mask)(acc[j] != acc[j]);                                 \
                acc[j] = (TV)((keep & (mask)acc[j]) | (~keep & (mask)x));                                              \
            }                                                                                                          \
        }                                                                                                              \
        memcpy(to, acc, sizeof acc);                                                                                   \
    }
EXTREME_RUN(reduce_max, >=)
EXTREME_RUN(reduce_min, <=)
#undef EXTREME_RUN
#else
RUN(reduce_max, LARGER)
RUN(reduce_min, SMALLER)
#endif
FOLD(reduce_max, reduce_max, LOWEST, LARGER, LARGER, acc)
FOLD(reduce_min, reduce_min, HIGHEST, SMALLER, SMALLER, acc)
static tn_status K(reduce_max)(const tn_args *args) { return tn_reduce(args, &K(reduce_max_fold)); }
static tn_status K(reduce_min)(const tn_args *args) { return tn_reduce(args, &K(reduce_min_fold)); }

/* The first position of the extreme along the axis of attribute 0; the first NaN counts as beyond every number. */
#define ARG_EXTREME(name, better)                                                                                      \
    static void K(name##_span)(void *context, int64_t begin, int64_t end, int thread) {                                \
        (void)thread;                                                                                                  \
        const tn_args *args = context;                                                                                 \
        const tn_array *x = args->in[0];                                                                               \
        const int32_t axis = (int32_t)args->attr[0].number;                                                            \
        const int64_t n = x->shape[axis], stride = x->strides[axis];                                                   \
        int64_t *out = args->out[0]->data;                                                                             \
        tn_walk others;                                                                                                \
        tn_walk_without(&others, x, axis);                                                                             \
        for (int64_t i = begin; i < end; i++) {                                                                        \
            const T *xs = (const T *)x->data + tn_offset(&others, 0, i);                                               \
            int64_t at = 0;                                                                                            \
            for (int64_t j = 1; j < n && xs[at * stride] == xs[at * stride]; j++)                                      \
                if (!(xs[j * stride] better xs[at * stride])) at = j;                                                  \
            out[i] = at;                                                                                               \
        }                                                                                                              \
    }                                                                                                                  \
    static tn_status K(name)(const tn_args *args) {                                                                    \
        const int64_t n = args->in[0]->shape[(int32_t)args->attr[0].number];                                           \
        const int64_t outputs = tn_size(args->out[0]);                                                                 \
        if (outputs > 0) tn_parallel(K(name##_span), (void *)args, outputs, 16384 / n + 1);                            \
        return TN_OK;                                                                                                  \
    }

ARG_EXTREME(argmax, <=)
ARG_EXTREME(argmin, >=)
#undef ARG_EXTREME
#endif

#ifdef TN_FLOAT_BITS
/* log(sum(exp(x))): the maximum goes to the output first and serves as the center. */
static tn_status K(reduce_logsumexp)(const tn_args *args) {
    tn_status status = K(reduce_max)(args);
    return status == TN_OK ? K(logsumexp_sum)(args) : status;
}
#endif

#undef A
#undef FOLD
#undef RUN
#undef REDUCE
#undef LOWEST
#undef HIGHEST
#undef LARGER
#undef SMALLER
#undef CENTER_OF
