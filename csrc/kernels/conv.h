/* conv.h: convolutions and their gradients, as products of which x is read where it lies: the windows of a row are
 * equally far apart, and a window is a few runs of elements that touch.  So the tiles of matmul need no copy of x, only
 * a list of where the runs begin.  (M. Dukhan, The Indirect Convolution Algorithm, 2019)
 *
 *     y  = convolve(x, kernel)              a tile: windows of one row by filters, summed over runs of a window
 *     dk = convolve_kernel_grad(x, dy)      a tile: elements of one run by filters, summed over rows of windows
 *     dx = convolve_input_grad(dy, kernel)  a tile: windows of one row by channels, added to dx place by place
 *
 * The kernel is packed into panels of columns.  Threads share tasks, never sums. */

/* A tile of matmul_micro.h whose sum goes over `runs` runs of t->k steps; run r of a begins at a + at[r], and b runs on
 * from one to the next. */
TN_INLINE void K(runs_tile)(const int rows, const int vectors, const int along_m, const int part, const tn_tile *t,
                            int64_t runs, const int64_t *at, const T *a, const T *b, T *c, T *x, int64_t width) {
    TV sum[TILE_SUMS];
    const T *line[TILE_ROWS];
    const int64_t k = t->k, a_m = along_m ? 1 : t->a_m, a_k = along_m ? t->a_k : 1, b_k = t->b_k, c_m = t->c_m;
    TN_UNROLL
    for (int i = 0; i < rows * vectors; i++) sum[i] = V(fill)(0);
    for (int64_t r = 0; r < runs; r++) {
        const T *from = a + at[r];
        TN_UNROLL
        for (int i = 0; i < rows; i++) line[i] = from + i * a_m;
        for (int64_t p = 0; p < k; p++, b += b_k, from += a_k)
            K(tile_step)(rows, vectors, along_m, part, from, line, p, b, sum, width);
    }
    if (t->add) K(tile_add)(rows, vectors, part, c, c_m, sum, width);
    if (along_m || t->finish == TN_FINISH_NONE)
        K(tile_end)(TN_FINISH_NONE, rows, vectors, part, t, sum, c, x, width);
    else if (t->finish == TN_FINISH_BIAS)
        K(tile_end)(TN_FINISH_BIAS, rows, vectors, part, t, sum, c, x, width);
    else
        K(tile_end)(TN_FINISH_BIAS_RELU, rows, vectors, part, t, sum, c, x, width);
}

#define TILE(name, rows, vectors, along_m, part)                                                                       \
    static void K(name)(const tn_tile *t, int64_t runs, const int64_t *at, const T *a, const T *b, T *c, T *x,         \
                        int64_t width) {                                                                               \
        K(runs_tile)(rows, vectors, along_m, part, t, runs, at, a, b, c, x, width);                                    \
    }
/* clang-format off */
EACH_HEIGHT(TILES_OF, runs)

/* [rows - 1][along_m][vectors, 0 for a part] */
static void (*const K(runs_tiles)[TILE_ROWS][2][3])(const tn_tile *, int64_t, const int64_t *, const T *, const T *,
                                                    T *, T *, int64_t) = {
    EACH_HEIGHT(ROW_OF, runs)
};
/* clang-format on */
#undef TILE

/* Any number of rows, of even heights, by at most TILE_COLUMNS columns. */
static void K(runs_strip)(const int along_m, int64_t rows, int64_t width, const tn_tile *t, int64_t runs,
                          const int64_t *at, const T *a, const T *b, T *c, T *x) {
    const int64_t tall = (rows + TILE_ROWS - 1) / TILE_ROWS, height = (rows + tall - 1) / tall;
    for (int64_t i = 0; i < rows; i += height) {
        const int64_t h = tn_min(height, rows - i);
        int64_t j = 0;
        if (width == TILE_COLUMNS) {
            K(runs_tiles)[h - 1][along_m][2](t, runs, at, a + i * t->a_m, b, c + i * t->c_m, x, width);
            continue;
        }
        if (width >= TV_N) {
            K(runs_tiles)[h - 1][along_m][1](t, runs, at, a + i * t->a_m, b, c + i * t->c_m, x, TV_N);
            j = TV_N;
        }
        if (width > j)
            K(runs_tiles)[h - 1][along_m][0](t, runs, at, a + i * t->a_m, b + j, c + i * t->c_m + j, x + j, width - j);
    }
}

/* ---- forwards ---------------------------------------------------------------------------------------------------- */

typedef struct K(convolving) {
    const tn_conv *p;
    const T *x;        /* x[batch, extents, channels] */
    T *y;              /* y[batch, number, filters] */
    T *kernel;         /* kernel[groups][panels][places, depth, TILE_COLUMNS] */
    const int64_t *at; /* at[runs] */
    const T *bias;     /* bias[filters], read where finish says so */
    int finish, activation;
    int64_t rows, chunk; /* rows of windows of all items, and of one task */
} K(convolving);

/* Packs kernel[places, depth, filters] into dst[groups][panels][places, depth, TILE_COLUMNS], or, transposed, into
 * dst[groups][panels][places, wide, TILE_COLUMNS] with the channels as columns. */
static void K(pack_kernel)(const tn_conv *p, T *dst, const T *kernel, int transposed) {
    const int64_t columns = transposed ? p->depth : p->wide, k = transposed ? p->wide : p->depth;
    for (int64_t g = 0; g < p->groups; g++)
        for (int64_t j = 0; j < columns; j += TILE_COLUMNS)
            for (int64_t place = 0; place < p->w.places; place++, dst += k * TILE_COLUMNS) {
                const T *from = kernel + place * p->depth * p->filters + g * p->wide;
                from += transposed ? j * p->filters : j;
                K(pack_panels)(dst, TILE_COLUMNS, from, transposed ? p->filters : 1, transposed ? 1 : p->filters,
                               tn_min(TILE_COLUMNS, columns - j), k);
            }
}

/* Tasks [begin, end): chunks of rows of windows. */
static void K(convolve_span)(void *context, int64_t begin, int64_t end, int thread) {
    const K(convolving) *s = context;
    const tn_conv *p = s->p;
    const tn_windows *w = &p->w;
    const int64_t panels = (p->wide + TILE_COLUMNS - 1) / TILE_COLUMNS, window = w->places * p->depth * TILE_COLUMNS;
    const int64_t first = begin * s->chunk, last = tn_min(end * s->chunk, s->rows);
    tn_tile t = {.k = p->run, .a_m = w->stride[2] * w->channels, .a_k = 1, .b_k = TILE_COLUMNS, .c_m = p->filters};
    (void)thread;
    t.finish = s->finish, t.x_n = 1;
    for (int64_t from = first, to; from < last; from = to) {
        to = tn_min(from + s->chunk, last);
        for (int64_t panel = 0; panel < p->groups * panels; panel++) {
            const int64_t g = panel / panels, j = panel % panels * TILE_COLUMNS, column = g * p->wide + j;
            for (int64_t row = from; row < to; row++)
                K(runs_strip)(0, w->number[2], tn_min(TILE_COLUMNS, p->wide - j), &t, p->runs, s->at,
                              s->x + row / w->rows * w->item + tn_row_offset(w, row % w->rows) + g * p->depth,
                              s->kernel + panel * window, s->y + row * w->number[2] * p->filters + column,
                              (T *)s->bias + column);
        }
        if (s->activation != TN_LINEAR)
            K(activate)(s->activation, (to - from) * w->number[2] * p->filters,
                        s->y + from * w->number[2] * p->filters);
    }
}

/* All of some items. */
static void K(convolve_batch)(K(convolving) * s, int64_t items) {
    const tn_conv *p = s->p;
    const int64_t row = p->w.number[2] * p->runs * p->run * p->filters;
    s->rows = items * p->w.rows;
    s->chunk = TN_CONV_TASK / row + 1;
    const int64_t tasks = (s->rows + s->chunk - 1) / s->chunk;
    if (s->rows * row > TN_CONV_TASK)
        tn_parallel_tasks(K(convolve_span), s, tasks);
    else
        K(convolve_span)(s, 0, tasks, 0);
}

static void *K(take)(char **scratch, int64_t bytes) {
    void *taken = *scratch;
    *scratch += (bytes + TN_ALIGN - 1) / TN_ALIGN * TN_ALIGN;
    return taken;
}

/* The kernel in panels, and the runs of a window. */
static void K(prepare_kernel)(K(convolving) * s, const tn_array *kernel, char **scratch) {
    const tn_conv *p = s->p;
    const int64_t panels = (p->wide + TILE_COLUMNS - 1) / TILE_COLUMNS, places = p->w.places / p->runs;
    const T *rows = tn_rows_along(kernel, kernel->ndim - 1, scratch);
    int64_t *at = K(take)(scratch, p->runs * (int64_t)sizeof(int64_t));
    for (int64_t r = 0; r < p->runs; r++) at[r] = tn_place_offset(&p->w, r * places);
    s->at = at;
    s->kernel = K(take)(scratch, p->groups * panels * p->w.places * p->depth * TILE_COLUMNS * (int64_t)sizeof(T));
    K(pack_kernel)(p, s->kernel, rows, 0);
}

static tn_status K(convolved)(const tn_args *args, const tn_epilogue *e) {
    char *scratch = args->scratch;
    tn_conv p;
    tn_conv_of(&p, args);
    K(convolving) s = {.p = &p, .y = args->out[0]->data, .finish = e->finish, .activation = e->activation};
    if (p.w.batch == 0) return TN_OK;
    s.bias = e->finish == TN_FINISH_NONE ? s.y : e->x;
    s.x = tn_rows_along(args->in[0], args->in[0]->ndim - 1, &scratch);
    K(prepare_kernel)(&s, args->in[1], &scratch);
    K(convolve_batch)(&s, p.w.batch);
    return TN_OK;
}

/* (x, kernel; stride, dilation) */
static tn_status K(convolve)(const tn_args *args) {
    const tn_epilogue none = {.finish = TN_FINISH_NONE};
    return K(convolved)(args, &none);
}

/* (x, kernel, bias; stride, dilation, activation) */
static tn_status K(convolve_bias)(const tn_args *args) {
    const tn_epilogue bias = tn_epilogue_bias(args->in[2], (int)args->attr[2].number);
    return K(convolved)(args, &bias);
}

/* ---- the gradient of the input ----------------------------------------------------------------------------------- */

typedef struct K(spreading) {
    const tn_conv *p;
    const T *dy, *kernel; /* kernel[groups][panels][places, wide, TILE_COLUMNS]: channels are its columns */
    T *dx;
    int64_t panels;
} K(spreading);

/* Tasks [begin, end): a panel of channels of one item of dx, to which each row of windows adds at place after place. */
static void K(spread_span)(void *context, int64_t begin, int64_t end, int thread) {
    const K(spreading) *s = context;
    const tn_conv *p = s->p;
    const tn_windows *w = &p->w;
    const int64_t at = 0, all = p->groups * s->panels, row_size = w->number[2] * p->filters;
    tn_tile t = {.k = p->wide, .a_m = p->filters, .a_k = 1, .b_k = TILE_COLUMNS, .c_m = w->stride[2] * w->channels};
    (void)thread;
    t.add = 1, t.finish = TN_FINISH_NONE;
    for (int64_t task = begin; task < end; task++) {
        const int64_t item = task / all, panel = task % all, g = panel / s->panels;
        const int64_t j = panel % s->panels * TILE_COLUMNS, width = tn_min(TILE_COLUMNS, p->depth - j);
        T *dx = s->dx + item * w->item + g * p->depth + j;
        for (int64_t i = 0; i < w->item; i += w->channels) memset(dx + i, 0, (size_t)width * sizeof(T));
        for (int64_t row = 0; row < w->rows; row++)
            for (int64_t place = 0; place < w->places; place++) {
                T *to = dx + tn_row_offset(w, row) + tn_place_offset(w, place);
                K(runs_strip)(0, w->number[2], width, &t, 1, &at,
                              s->dy + (item * w->rows + row) * row_size + g * p->wide,
                              s->kernel + (panel * w->places + place) * p->wide * TILE_COLUMNS, to, to);
            }
    }
}

/* (dy, kernel; dilation, groups), of a convolution of stride 1 */
static tn_status K(convolve_input_grad)(const tn_args *args) {
    char *scratch = args->scratch;
    tn_conv p;
    tn_conv_input_grad_of(&p, args);
    const tn_windows *w = &p.w;
    K(spreading) s = {.p = &p, .dx = args->out[0]->data, .panels = (p.depth + TILE_COLUMNS - 1) / TILE_COLUMNS};
    if (w->batch == 0) return TN_OK;
    s.dy = tn_rows_along(args->in[0], args->in[0]->ndim - 1, &scratch);
    const T *kernel = tn_rows_along(args->in[1], args->in[1]->ndim - 1, &scratch);
    const int64_t packed = p.groups * s.panels * w->places * p.wide * TILE_COLUMNS;
    const int64_t tasks = w->batch * p.groups * s.panels;
    T *panels = K(take)(&scratch, packed * (int64_t)sizeof(T));
    K(pack_kernel)(&p, panels, kernel, 1);
    s.kernel = panels;
    if (w->batch * w->rows * w->number[2] * w->places * p.depth * p.filters > TN_CONV_TASK)
        tn_parallel_tasks(K(spread_span), &s, tasks);
    else
        K(spread_span)(&s, 0, tasks, 0);
    return TN_OK;
}

/* ---- the gradient of the kernel ---------------------------------------------------------------------------------- */

typedef struct K(correlating) {
    const tn_conv *p;
    const T *x, *dy;
    const int64_t *at;      /* at[rows]: of the rows of windows of one item */
    T *sums;                /* sums[blocks][places, depth, filters] */
    int64_t blocks, strips; /* strips of TN_CONV_COLUMNS filters of a group */
} K(correlating);

/* Tasks [begin, end): a strip of filters of a group, for one run of a window, of one block of items. */
static void K(correlate_span)(void *context, int64_t begin, int64_t end, int thread) {
    const K(correlating) *s = context;
    const tn_conv *p = s->p;
    const tn_windows *w = &p->w;
    const int64_t rows = TN_CONV_DEPTH / w->number[2] + 1; /* at a time */
    (void)thread;
    for (int64_t task = begin; task < end; task++) {
        const int64_t block = task % s->blocks, r = task / s->blocks % p->runs;
        const int64_t g = task / s->blocks / p->runs / s->strips, strip = task / s->blocks / p->runs % s->strips;
        const int64_t first = w->batch * block / s->blocks, last = w->batch * (block + 1) / s->blocks;
        const int64_t to = tn_min(p->wide, (strip + 1) * TN_CONV_COLUMNS);
        const T *x = s->x + g * p->depth + tn_place_offset(w, r * p->run / p->depth);
        T *sums = s->sums + block * w->places * p->depth * p->filters + r * p->run * p->filters + g * p->wide;
        tn_tile t = {.k = w->number[2], .a_m = 1, .a_k = w->stride[2] * w->channels, .b_k = p->filters};
        t.c_m = p->filters, t.finish = TN_FINISH_NONE;
        for (int64_t item = first; item < last; item++)
            for (int64_t row = 0; row < w->rows; row += rows, t.add = 1)
                for (int64_t j = strip * TN_CONV_COLUMNS; j < to; j += TILE_COLUMNS)
                    K(runs_strip)(1, p->run, tn_min(TILE_COLUMNS, to - j), &t, tn_min(rows, w->rows - row), s->at + row,
                                  x + item * w->item,
                                  s->dy + (item * w->rows + row) * w->number[2] * p->filters + g * p->wide + j,
                                  sums + j, sums + j);
    }
}

/* (x, dy; size, stride, dilation, groups) */
static tn_status K(convolve_kernel_grad)(const tn_args *args) {
    char *scratch = args->scratch;
    tn_conv p;
    tn_conv_kernel_grad_of(&p, args);
    const tn_windows *w = &p.w;
    const int64_t size = w->places * p.depth * p.filters;
    T *out = args->out[0]->data;
    K(correlating) s = {.p = &p, .blocks = tn_conv_blocks(&p)};
    if (w->batch == 0) {
        memset(out, 0, (size_t)size * sizeof(T));
        return TN_OK;
    }
    s.strips = (p.wide + TN_CONV_COLUMNS - 1) / TN_CONV_COLUMNS;
    s.x = tn_rows_along(args->in[0], args->in[0]->ndim - 1, &scratch);
    s.dy = tn_rows_along(args->in[1], args->in[1]->ndim - 1, &scratch);
    int64_t *at = K(take)(&scratch, w->rows * (int64_t)sizeof(int64_t));
    for (int64_t row = 0; row < w->rows; row++) at[row] = tn_row_offset(w, row);
    s.at = at;
    s.sums = s.blocks == 1 ? out : K(take)(&scratch, s.blocks * size * (int64_t)sizeof(T));
    const int64_t tasks = s.blocks * p.runs * p.groups * s.strips;
    if (w->batch * w->rows * w->number[2] * size > TN_CONV_TASK)
        tn_parallel_tasks(K(correlate_span), &s, tasks);
    else
        K(correlate_span)(&s, 0, tasks, 0);
    if (s.blocks > 1) memcpy(out, s.sums, (size_t)size * sizeof(T));
    for (int64_t block = 1; block < s.blocks; block++)
        for (int64_t i = 0; i < size; i++) out[i] += s.sums[block * size + i];
    return TN_OK;
}

#undef TILE_ROWS
#undef TILES_OF
#undef ROW_OF
#undef EACH_HEIGHT
#undef TILE_COLUMNS
#undef TILE_SUMS
#undef WIDE_ROWS
#undef WIDE_COLUMNS
