/* pool.h: windows side by side, and the largest element of each.  windows.h says where they lie. */

typedef struct K(sliding) {
    tn_windows w;
    const T *x;  /* x[batch, extents, channels] */
    const T *dy; /* dy[batch, number, channels]; of col2im dy[batch, number, size, channels] */
    T *to;
    const int64_t *offsets; /* offsets[places]: from a window's first place */
} K(sliding);

/* ---- im2col and back --------------------------------------------------------------------------------------------- */

/* Rows [begin, end) of windows, of all items, numbered through. */
static void K(im2col_span)(void *context, int64_t begin, int64_t end, int thread) {
    const K(sliding) *s = context;
    const tn_windows *w = &s->w;
    const int64_t touching = w->dilation[2] == 1 ? w->size[2] : 1, n = touching * w->channels;
    T *to = s->to + begin * w->number[2] * w->places * w->channels;
    (void)thread;
    for (int64_t row = begin; row < end; row++) {
        const T *x = s->x + row / w->rows * w->item + tn_row_offset(w, row % w->rows);
        for (int64_t i = 0; i < w->number[2]; i++, x += w->stride[2] * w->channels)
            for (int64_t place = 0; place < w->places; place += touching, to += n) {
                const T *from = x + tn_place_offset(w, place);
                for (int64_t j = 0; j < n; j++) to[j] = from[j]; /* often too short for a call of memcpy */
            }
    }
}

static tn_status K(im2col)(const tn_args *args) {
    char *scratch = args->scratch;
    K(sliding) s = {.to = args->out[0]->data};
    tn_im2col_windows(&s.w, args);
    if (tn_size(args->out[0]) == 0) return TN_OK;
    s.x = tn_rows_along(args->in[0], args->in[0]->ndim - 1, &scratch);
    const int64_t each = s.w.number[2] * s.w.places * s.w.channels;
    tn_parallel(K(im2col_span), &s, s.w.batch * s.w.rows, 16384 / each + 1);
    return TN_OK;
}

/* Items [begin, end) of dx.  Each element gets its terms place by place, whatever the number of threads. */
static void K(col2im_span)(void *context, int64_t begin, int64_t end, int thread) {
    const K(sliding) *s = context;
    const tn_windows *w = &s->w;
    const int64_t c = w->channels, window = w->places * c, step = w->stride[2] * c;
    (void)thread;
    for (int64_t item = begin; item < end; item++) {
        T *dx = s->to + item * w->item;
        memset(dx, 0, (size_t)w->item * sizeof(T));
        for (int64_t row = 0; row < w->rows; row++) {
            const T *from = s->dy + (item * w->rows + row) * w->number[2] * window;
            for (int64_t place = 0; place < w->places; place++) {
                T *to = dx + tn_row_offset(w, row) + tn_place_offset(w, place);
                for (int64_t i = 0; i < w->number[2]; i++) {
                    const T *y = from + i * window + place * c;
                    TN_INDEPENDENT
                    for (int64_t j = 0; j < c; j++) to[i * step + j] += y[j];
                }
            }
        }
    }
}

static tn_status K(col2im)(const tn_args *args) {
    char *scratch = args->scratch;
    K(sliding) s = {.to = args->out[0]->data};
    tn_col2im_windows(&s.w, args);
    if (tn_size(args->out[0]) == 0) return TN_OK;
    s.dy = tn_rows_along(args->in[0], args->in[0]->ndim - 1, &scratch);
    const int64_t each = s.w.rows * s.w.number[2] * s.w.places * s.w.channels;
    tn_parallel(K(col2im_span), &s, s.w.batch, 16384 / each + 1);
    return TN_OK;
}

/* ---- the largest ------------------------------------------------------------------------------------------------- */

TN_INLINE TV K(some)(const T *p, int64_t n) { return n >= TV_N ? V(load)(p) : V(load_part)(p, n); }

TN_INLINE void K(put)(T *p, int64_t n, TV v) {
    if (n >= TV_N)
        V(store)(p, v);
    else
        V(store_part)(p, n, v);
}

/* The largest of n channels of a window at x; NaN where there is one. */
TN_INLINE TV K(window_largest)(const K(sliding) * s, const T *x, int64_t n) {
    TV largest = K(some)(x, n);
    for (int64_t k = 1; k < s->w.places; k++) {
        const TV v = K(some)(x + s->offsets[k], n), larger = V(max)(v, largest);
        const TV_BITS nan = v != v;
        largest = (TV)(((TV_BITS)v & nan) | ((TV_BITS)larger & ~nan));
    }
    return largest;
}

/* Rows [begin, end) of windows, of all items, numbered through: their largest, or the values where they are. */
static void K(pool_span)(void *context, int64_t begin, int64_t end, int thread) {
    const K(sliding) *s = context;
    const tn_windows *w = &s->w;
    T *to = s->to + begin * w->number[2] * w->channels;
    (void)thread;
    for (int64_t row = begin; row < end; row++) {
        int64_t at = row / w->rows * w->item + tn_row_offset(w, row % w->rows);
        for (int64_t i = 0; i < w->number[2]; i++, at += w->stride[2] * w->channels, to += w->channels)
            for (int64_t c = 0, n; (n = w->channels - c) > 0; c += TV_N) {
                const T *x = s->x + at + c;
                TV y = K(window_largest)(s, x, n);
                if (s->dy) { /* of pick_largest: the values, in x's shape */
                    const TV largest = y;
                    TV_BITS left = ~(TV_BITS){0};
                    y = V(fill)(0);
                    for (int64_t k = 0; k < w->places; k++) {
                        const TV v = K(some)(x + s->offsets[k], n);
                        const TV_BITS here = left & ((v == largest) | (v != v));
                        left &= ~here;
                        y = (TV)((TV_BITS)y | ((TV_BITS)K(some)(s->dy + at + c + s->offsets[k], n) & here));
                    }
                }
                K(put)(to + c, n, y);
            }
    }
}

/* Items [begin, end) of dx. */
static void K(pool_grad_span)(void *context, int64_t begin, int64_t end, int thread) {
    const K(sliding) *s = context;
    const tn_windows *w = &s->w;
    const T *dy = s->dy + begin * w->rows * w->number[2] * w->channels;
    (void)thread;
    for (int64_t item = begin; item < end; item++) {
        memset(s->to + item * w->item, 0, (size_t)w->item * sizeof(T));
        for (int64_t row = 0; row < w->rows; row++) {
            int64_t at = item * w->item + tn_row_offset(w, row);
            for (int64_t i = 0; i < w->number[2]; i++, at += w->stride[2] * w->channels, dy += w->channels)
                for (int64_t c = 0, n; (n = w->channels - c) > 0; c += TV_N) {
                    const TV largest = K(window_largest)(s, s->x + at + c, n), g = K(some)(dy + c, n);
                    TV_BITS left = ~(TV_BITS){0};
                    for (int64_t k = 0; k < w->places; k++) {
                        const TV v = K(some)(s->x + at + c + s->offsets[k], n);
                        const TV_BITS here = left & ((v == largest) | (v != v));
                        T *to = s->to + at + c + s->offsets[k];
                        left &= ~here;
                        K(put)(to, n, K(some)(to, n) + (TV)((TV_BITS)g & here));
                    }
                }
        }
    }
}

/* The windows over x, in which place after place begins where the scratch says. */
static void K(pool_of)(K(sliding) * s, const tn_args *args, const tn_array *x, char **scratch) {
    int64_t *offsets = (int64_t *)*scratch;
    tn_pool_windows(&s->w, x, args->attr);
    s->to = args->out[0]->data;
    for (int64_t k = 0; k < s->w.places; k++) offsets[k] = tn_place_offset(&s->w, k);
    s->offsets = offsets;
    *scratch += ((size_t)s->w.places * sizeof(int64_t) + TN_ALIGN - 1) / TN_ALIGN * TN_ALIGN;
    s->x = tn_rows_along(x, x->ndim - 1, scratch);
}

static void K(pool)(K(sliding) * s) {
    const int64_t each = s->w.number[2] * s->w.places * s->w.channels;
    if (each) tn_parallel(K(pool_span), s, s->w.batch * s->w.rows, 16384 / each + 1);
}

static tn_status K(window_max)(const tn_args *args) {
    char *scratch = args->scratch;
    K(sliding) s = {.dy = NULL};
    K(pool_of)(&s, args, args->in[0], &scratch);
    K(pool)(&s);
    return TN_OK;
}

static tn_status K(pick_largest)(const tn_args *args) {
    char *scratch = args->scratch;
    K(sliding) s;
    K(pool_of)(&s, args, args->in[1], &scratch);
    s.dy = tn_rows_along(args->in[0], args->in[0]->ndim - 1, &scratch);
    K(pool)(&s);
    return TN_OK;
}

static tn_status K(window_max_grad)(const tn_args *args) {
    char *scratch = args->scratch;
    K(sliding) s;
    K(pool_of)(&s, args, args->in[1], &scratch);
    s.dy = tn_rows_along(args->in[0], args->in[0]->ndim - 1, &scratch);
    const int64_t each = s.w.rows * s.w.number[2] * s.w.places * s.w.channels;
    if (each) tn_parallel(K(pool_grad_span), &s, s.w.batch, 16384 / each + 1);
    return TN_OK;
}
