/* array.h: selecting, converting, joining and picking elements. */

static void K(where_row)(int64_t n, void *to, const void *const *in, double number) {
    (void)number;
    const uint8_t *condition = in[0]; /* [n] */
    const T *x = in[1], *y = in[2];   /* [n] */
    T *out = to;                      /* [n] */
    TN_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        const T a = x[i], b = y[i]; /* both are read, so that this is a blend and not a branch */
        out[i] = condition[i] ? a : b;
    }
}

static tn_status K(where)(const tn_args *args) { return tn_map(args, K(where_row), 0); }

#define CAST(label, OUT, value)                                                                                        \
    static void K(cast_to_##label##_row)(int64_t n, void *to, const void *const *in, double number) {                  \
        (void)number;                                                                                                  \
        const T *xs = in[0];                                                                                           \
        OUT *out = to;                                                                                                 \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const T x = xs[i];                                                                                         \
            out[i] = (OUT)(value);                                                                                     \
        }                                                                                                              \
    }
CAST(bool, uint8_t, x != 0)
CAST(int32, int32_t, x)
CAST(int64, int64_t, x)
CAST(float32, float, x)
CAST(float64, double, x)
#undef CAST

static tn_status K(cast)(const tn_args *args) {
    switch (args->out[0]->dtype) {
    case TN_BOOL:
        return tn_map(args, K(cast_to_bool_row), 0);
    case TN_INT32:
        return tn_map(args, K(cast_to_int32_row), 0);
    case TN_INT64:
        return tn_map(args, K(cast_to_int64_row), 0);
    case TN_FLOAT32:
        return tn_map(args, K(cast_to_float32_row), 0);
    default:
        return tn_map(args, K(cast_to_float64_row), 0);
    }
}

static tn_status K(copy)(const tn_args *args) {
    tn_copy(args->out[0], args->in[0]);
    return TN_OK;
}

/* The inputs one after the other along the axis of attribute 0. */
static tn_status K(concat)(const tn_args *args) {
    const int32_t axis = (int32_t)args->attr[0].number;
    tn_array part = *args->out[0]; /* where the next input goes */
    T *to = part.data;
    for (int32_t k = 0; k < args->n_in; k++) {
        part.data = to;
        part.shape[axis] = args->in[k]->shape[axis];
        tn_copy(&part, args->in[k]);
        to += part.shape[axis] * part.strides[axis];
    }
    return TN_OK;
}

#ifndef TN_IS_BOOL
/* Zeros of the shape in attribute 0, with g where getitem with attributes 1 to 4 read. */
static tn_status K(getitem_grad)(const tn_args *args) {
    const tn_array *out = args->out[0];
    tn_array items;
    memset(out->data, 0, (size_t)tn_size(out) * sizeof(T));
    tn_status status = tn_view_items(&items, out, args->attr + 1);
    if (status == TN_OK) tn_copy(&items, args->in[0]);
    return status;
}
#endif

/* params[outer][n][inner] -> out[outer][indices][inner] for gather, and back for its gradient */
typedef struct K(picking) {
    const T *from;
    T *to;
    const void *indices; /* [count], of type index_dtype */
    int32_t index_dtype;
    int64_t n, inner, count;
} K(picking);

static int64_t K(index)(const K(picking) * p, int64_t i) {
    return p->index_dtype == TN_INT32 ? ((const int32_t *)p->indices)[i] : ((const int64_t *)p->indices)[i];
}

/* Sets the extents from params, whose axis is indexed; TN_BAD_INDEX where an index is outside. */
static tn_status K(picking_of)(K(picking) * p, const tn_array *params, int32_t axis) {
    p->n = params->shape[axis];
    p->inner = 1;
    for (int32_t i = axis + 1; i < params->ndim; i++) p->inner *= params->shape[i];
    for (int64_t i = 0; i < p->count; i++)
        if (K(index)(p, i) < 0 || K(index)(p, i) >= p->n) return TN_BAD_INDEX;
    return TN_OK;
}

static void K(gather_span)(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const K(picking) *p = context;
    for (int64_t i = begin; i < end; i++) { /* i = outer * count + position of the index */
        const T *row = p->from + (i / p->count * p->n + K(index)(p, i % p->count)) * p->inner;
        memcpy(p->to + i * p->inner, row, (size_t)p->inner * sizeof(T));
    }
}

static tn_status K(gather)(const tn_args *args) {
    const tn_array *params = args->in[0], *indices = args->in[1];
    const int64_t size = tn_size(args->out[0]);
    char *scratch = args->scratch;
    K(picking) p = {.to = args->out[0]->data, .index_dtype = indices->dtype, .count = tn_size(indices)};
    p.indices = tn_rows_along(indices, indices->ndim - 1, &scratch);
    tn_status status = K(picking_of)(&p, params, (int32_t)args->attr[0].number);
    if (status != TN_OK || size == 0) return status;
    p.from = tn_rows_along(params, params->ndim - 1, &scratch);
    tn_parallel(K(gather_span), &p, size / p.inner, 16384 / p.inner + 1);
    return TN_OK;
}

#ifndef TN_IS_BOOL
/* Adds the rows of g to the rows of params' gradient they were gathered from, in the order of the indices. */
static tn_status K(gather_grad)(const tn_args *args) {
    const tn_array *g = args->in[0], *indices = args->in[1], *out = args->out[0];
    char *scratch = args->scratch;
    K(picking) p = {.to = out->data, .index_dtype = indices->dtype, .count = tn_size(indices)};
    memset(out->data, 0, (size_t)tn_size(out) * sizeof(T));
    p.indices = tn_rows_along(indices, indices->ndim - 1, &scratch);
    tn_status status = K(picking_of)(&p, out, (int32_t)args->attr[0].number);
    if (status != TN_OK || tn_size(g) == 0) return status;
    p.from = tn_rows_along(g, g->ndim - 1, &scratch);
    for (int64_t i = 0; i < tn_size(g) / p.inner; i++) {
        T *to = p.to + (i / p.count * p.n + K(index)(&p, i % p.count)) * p.inner;
        const T *from = p.from + i * p.inner;
        TN_INDEPENDENT
        for (int64_t j = 0; j < p.inner; j++) to[j] = (T)((U)to[j] + (U)from[j]);
    }
    return TN_OK;
}
#endif

#ifdef TN_FLOAT_BITS
static tn_status K(bias_add)(const tn_args *args) { return tn_map(args, K(add_row), 0); }

static tn_status K(bias_add_grad)(const tn_args *args) {
    const tn_attr axes = tn_all_but_last(args->in[0]);
    const tn_args reduction = {args->in, args->out, &axes, 1, 1, args->scratch};
    return tn_reduce(&reduction, &K(reduce_sum_fold));
}
#endif
