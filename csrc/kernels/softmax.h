/* softmax.h: softmax, its logarithm, the cross-entropies and their gradients, over rows of n elements.
 *
 * The work goes block by block: as many short rows as fit a buffer share one loop of exponentials, so that ten
 * classes use the vectors as well as a thousand do. */

enum { K(block) = 1024, K(block_rows) = 128 }; /* elements of a buffer; rows of a block */

typedef struct K(rows) {
    const T *g, *x, *y; /* [rows][n] each, in the kernel's order; g[rows] in the cross-entropies */
    const void *labels; /* [rows], of type label_dtype */
    int32_t label_dtype;
    T *out;
    int64_t n;
    tn_span_fn block; /* does rows [begin, end), at most block_rows of them */
    int bad_label;
} K(rows);

/* The largest element; a NaN may or may not show, since it comes back with the exponentials. */
static T K(row_max)(int64_t n, const T *x) {
    if (n < TV_N) return V(largest)(V(load_part_of)(x, n, V(fill)(-(T)INFINITY)));
    TV most = V(load)(x + n - TV_N); /* the last ones, some of which are seen again */
    for (int64_t i = 0; i + TV_N < n; i += TV_N) most = V(max)(most, V(load)(x + i));
    return V(largest)(most);
}

/* As sum_run, but all lanes are added up in double: none of a row no longer than the lanes is rounded to T. */
static double K(row_sum)(int64_t n, const T *x) {
    enum { FOLD = 8 };
    double total[FOLD] = {0};
    for (const T *end = x + n; x < end; x += K(SUM_GROUP)) {
        const int64_t count = end - x < K(SUM_GROUP) ? end - x : K(SUM_GROUP);
        TV sum[K(SUM_VECTORS)];
        T lanes[K(SUM_LANES)];
        K(sum_group)(count, x, sum);
        TN_UNROLL for (int j = 0; j < K(SUM_VECTORS); j++) V(store)(lanes + j * TV_N, sum[j]);
        for (int lane = 0; lane < K(SUM_LANES) && lane < count; lane += FOLD)
            TN_UNROLL for (int j = 0; j < FOLD; j++) total[j] += lanes[lane + j];
    }
    return ((total[0] + total[4]) + (total[2] + total[6])) + ((total[1] + total[5]) + (total[3] + total[7]));
}

/* out = slope x + offset, which may be where x is */
static void K(row_line)(int64_t n, const T *x, T slope, T offset, T *out) {
    const TV a = V(fill)(slope), b = V(fill)(offset);
    int64_t i = 0;
    for (; i + TV_N <= n; i += TV_N) V(store)(out + i, V(fma)(V(load)(x + i), a, b));
    if (i < n) V(store_part)(out + i, n - i, V(fma)(V(load_part)(x + i, n - i), a, b));
}

/* e = exp(x - the row's maximum), and its sums; max[rows], sum[rows], x[rows][n], e[rows][n] */
static void K(exp_rows)(int64_t rows, int64_t n, const T *x, T *e, T *max, double *sum) {
    for (int64_t r = 0; r < rows; r++) {
        max[r] = K(row_max)(n, x + r * n);
        K(row_line)(n, x + r * n, 1, -max[r], e + r * n);
    }
    TN_INDEPENDENT
    for (int64_t i = 0; i < rows * n; i++) e[i] = VM(exp_below_0)(e[i]);
    for (int64_t r = 0; r < rows; r++) sum[r] = K(row_sum)(n, e + r * n);
}

/* The same without keeping e, for the rows of a block: max[rows] and log(sum(e))[rows]. */
static void K(log_sum_rows)(int64_t rows, int64_t n, const T *x, T *max, T *log_sum) {
    T e[K(block)];
    double sum[K(block_rows)];
    if (n <= K(block)) {
        K(exp_rows)(rows, n, x, e, max, sum);
    } else { /* one row */
        const T most = max[0] = K(row_max)(n, x);
        sum[0] = 0;
        for (int64_t from = 0; from < n; from += K(block)) {
            const int64_t count = n - from < K(block) ? n - from : K(block);
            for (int64_t i = 0; i < count; i++) e[i] = VM(exp_below_0)(x[from + i] - most);
            sum[0] += K(row_sum)(count, e);
        }
    }
    for (int64_t r = 0; r < rows; r++) log_sum[r] = (T)log(sum[r]);
}

static void K(softmax_block)(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const K(rows) *p = context;
    const int64_t n = p->n, rows = end - begin;
    T max[K(block_rows)], *out = p->out + begin * n;
    double sum[K(block_rows)];
    K(exp_rows)(rows, n, p->x + begin * n, out, max, sum);
    for (int64_t r = 0; r < rows; r++) K(row_line)(n, out + r * n, (T)(1 / sum[r]), 0, out + r * n);
}

static void K(log_softmax_block)(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const K(rows) *p = context;
    const int64_t n = p->n, rows = end - begin;
    const T *x = p->x + begin * n;
    T max[K(block_rows)], log_sum[K(block_rows)], *out = p->out + begin * n;
    K(log_sum_rows)(rows, n, x, max, log_sum);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = r * n; i < r * n + n; i++) out[i] = x[i] - max[r] - log_sum[r];
}

/* out (g - sum(g out)), with the forward's out as x */
static void K(softmax_grad_block)(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const K(rows) *p = context;
    const int64_t n = p->n;
    for (int64_t r = begin; r < end; r++) {
        const T *g = p->g + r * n, *y = p->x + r * n;
        T *out = p->out + r * n;
        for (int64_t i = 0; i < n; i++) out[i] = g[i] * y[i];
        const T dot = (T)K(row_sum)(n, out);
        for (int64_t i = 0; i < n; i++) out[i] = y[i] * (g[i] - dot);
    }
}

/* g - exp(out) sum(g), with the forward's out as x */
static void K(log_softmax_grad_block)(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const K(rows) *p = context;
    const int64_t n = p->n, first = begin * n;
    TN_INDEPENDENT
    for (int64_t i = first; i < end * n; i++) p->out[i] = VM(exp)(p->x[i]);
    for (int64_t r = begin; r < end; r++) {
        const T sum = (T)K(row_sum)(n, p->g + r * n);
        for (int64_t i = r * n; i < r * n + n; i++) p->out[i] = p->g[i] - p->out[i] * sum;
    }
}

/* sum(labels (log_sum - (x - max))), where a label of 0 adds nothing even if x is -inf; labels as y, out[rows] */
static void K(cross_entropy_block)(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const K(rows) *p = context;
    const int64_t n = p->n;
    T max[K(block_rows)], log_sum[K(block_rows)], terms[K(block)];
    K(log_sum_rows)(end - begin, n, p->x + begin * n, max, log_sum);
    for (int64_t r = begin; r < end; r++) {
        const T *x = p->x + r * n, *labels = p->y + r * n, m = max[r - begin], s = log_sum[r - begin];
        double loss = 0;
        for (int64_t from = 0; from < n; from += K(block)) {
            const int64_t count = n - from < K(block) ? n - from : K(block);
            for (int64_t i = 0; i < count; i++) {
                const T label = labels[from + i], term = label * (s - (x[from + i] - m));
                terms[i] = label == 0 ? (T)0 : term;
            }
            loss += K(row_sum)(count, terms);
        }
        p->out[r] = (T)loss;
    }
}

/* g (softmax(x) sum(labels) - labels), labels as y, g[rows] */
static void K(cross_entropy_grad_block)(void *context, int64_t begin, int64_t end, int thread) {
    K(softmax_block)(context, begin, end, thread);
    const K(rows) *p = context;
    const int64_t n = p->n;
    for (int64_t r = begin; r < end; r++) {
        const T *labels = p->y + r * n, g = p->g[r], sum = (T)K(row_sum)(n, labels);
        T *out = p->out + r * n;
        for (int64_t i = 0; i < n; i++) out[i] = g * (out[i] * sum - labels[i]);
    }
}

/* The label of row r; -1 where it lies outside [0, n). */
static int64_t K(label)(const K(rows) * p, int64_t r) {
    int64_t label = p->label_dtype == TN_INT32 ? ((const int32_t *)p->labels)[r] : ((const int64_t *)p->labels)[r];
    return label >= 0 && label < p->n ? label : -1;
}

static void K(sparse_cross_entropy_block)(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    K(rows) *p = context;
    const int64_t n = p->n;
    T max[K(block_rows)], log_sum[K(block_rows)];
    K(log_sum_rows)(end - begin, n, p->x + begin * n, max, log_sum);
    for (int64_t r = begin; r < end; r++)
        p->out[r] = log_sum[r - begin] - (p->x[r * n + K(label)(p, r)] - max[r - begin]);
}

/* The gradients from known probabilities, as x. */
static void K(cross_entropy_slope_block)(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const K(rows) *p = context;
    const int64_t n = p->n;
    for (int64_t r = begin; r < end; r++) {
        const T *x = p->x + r * n, *labels = p->y + r * n, g = p->g[r], sum = (T)K(row_sum)(n, labels);
        T *out = p->out + r * n;
        for (int64_t i = 0; i < n; i++) out[i] = g * (x[i] * sum - labels[i]);
    }
}

static void K(sparse_cross_entropy_slope_block)(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const K(rows) *p = context;
    const int64_t n = p->n;
    for (int64_t r = begin; r < end; r++) {
        const int64_t hit = K(label)(p, r);
        T *out = p->out + r * n;
        for (int64_t i = 0; i < n; i++) out[i] = (i == hit ? p->x[r * n + i] - 1 : p->x[r * n + i]) * p->g[r];
    }
}

static void K(sparse_cross_entropy_grad_block)(void *context, int64_t begin, int64_t end, int thread) {
    K(softmax_block)(context, begin, end, thread);
    const K(rows) *p = context;
    const int64_t n = p->n;
    for (int64_t r = begin; r < end; r++) {
        T *out = p->out + r * n;
        out[K(label)(p, r)] -= 1;
        for (int64_t i = 0; i < n; i++) out[i] *= p->g[r];
    }
}

static void K(rows_span)(void *context, int64_t begin, int64_t end, int thread) {
    const K(rows) *p = context;
    int64_t many = K(block) / p->n;
    many = many < 1 ? 1 : many > K(block_rows) ? K(block_rows) : many;
    for (; begin < end; begin += many) p->block(context, begin, begin + many < end ? begin + many : end, thread);
}

/* Runs block over all rows; like = the array whose last axis (after `axis` is moved there) makes the rows. */
static tn_status K(run_rows)(K(rows) * p, tn_span_fn block, const tn_array *like, int32_t axis) {
    p->block = block;
    p->n = like->shape[axis];
    const int64_t size = tn_size(like);
    if (size == 0) return TN_OK;
    if (p->labels)
        for (int64_t r = 0; r < size / p->n; r++)
            if (K(label)(p, r) < 0) return TN_BAD_INDEX;
    tn_parallel(K(rows_span), p, size / p->n, 8192 / p->n + 1);
    return TN_OK;
}

#define SOFTMAX(name, gradient)                                                                                        \
    static tn_status K(name)(const tn_args *args) {                                                                    \
        const int32_t axis = (int32_t)args->attr[0].number;                                                            \
        char *scratch = args->scratch;                                                                                 \
        K(rows) p = {0};                                                                                               \
        if (gradient) p.g = tn_rows_along(args->in[0], axis, &scratch);                                                \
        p.x = tn_rows_along(args->in[gradient], axis, &scratch);                                                       \
        p.out = tn_rows_to(args->out[0], axis, &scratch);                                                              \
        K(run_rows)(&p, K(name##_block), args->out[0], axis);                                                          \
        tn_rows_done(args->out[0], axis, p.out);                                                                       \
        return TN_OK;                                                                                                  \
    }
SOFTMAX(softmax, 0)
SOFTMAX(log_softmax, 0)
SOFTMAX(softmax_grad, 1)
SOFTMAX(log_softmax_grad, 1)
#undef SOFTMAX

/* Inputs are (g,) labels, logits. */
#define CROSS_ENTROPY(name, body, gradient, sparse)                                                                    \
    static tn_status K(name)(const tn_args *args) {                                                                    \
        const tn_array *labels = args->in[gradient], *logits = args->in[gradient + 1], *g = args->in[0];               \
        char *scratch = args->scratch;                                                                                 \
        K(rows) p = {.label_dtype = labels->dtype, .out = args->out[0]->data};                                         \
        const void *packed = tn_rows_along(labels, labels->ndim - 1, &scratch);                                        \
        if (sparse)                                                                                                    \
            p.labels = packed;                                                                                         \
        else                                                                                                           \
            p.y = packed;                                                                                              \
        if (gradient) p.g = tn_rows_along(g, g->ndim - 1, &scratch);                                                   \
        p.x = tn_rows_along(logits, logits->ndim - 1, &scratch);                                                       \
        return K(run_rows)(&p, K(body##_block), logits, logits->ndim - 1);                                             \
    }
CROSS_ENTROPY(softmax_cross_entropy, cross_entropy, 0, 0)
CROSS_ENTROPY(softmax_cross_entropy_grad, cross_entropy_grad, 1, 0)
CROSS_ENTROPY(sparse_softmax_cross_entropy, sparse_cross_entropy, 0, 1)
CROSS_ENTROPY(sparse_softmax_cross_entropy_grad, sparse_cross_entropy_grad, 1, 1)
CROSS_ENTROPY(cross_entropy_slope, cross_entropy_slope, 1, 0)
CROSS_ENTROPY(sparse_cross_entropy_slope, sparse_cross_entropy_slope, 1, 1)
#undef CROSS_ENTROPY
