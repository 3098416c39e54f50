/* matmul_dot.h: few rows of a times a transposed b, as dot products along k. */

/* c[rows, columns] = a[rows, k] b[columns, k]^T; both rows and columns are constants of the callers. */
TN_INLINE void K(dots)(const int rows, const int columns, int64_t k, const T *a, int64_t a_m, const T *b, int64_t b_n,
                       T *c, int64_t c_m) {
    TV sum[16], y[4];
    int64_t p = 0;
    TN_UNROLL
    for (int i = 0; i < rows * columns; i++) sum[i] = V(fill)(0);
    for (; p < k; p += TV_N) {
        const int64_t left = k - p;
        TN_UNROLL
        for (int j = 0; j < columns; j++)
            y[j] = left >= TV_N ? V(load)(b + j * b_n + p) : V(load_part)(b + j * b_n + p, left);
        TN_UNROLL
        for (int i = 0; i < rows; i++) {
            const TV x = left >= TV_N ? V(load)(a + i * a_m + p) : V(load_part)(a + i * a_m + p, left);
            TN_UNROLL
            for (int j = 0; j < columns; j++) sum[i * columns + j] = V(fma)(x, y[j], sum[i * columns + j]);
        }
    }
    TN_UNROLL
    for (int i = 0; i < rows; i++) {
        TN_UNROLL
        for (int j = 0; j < columns; j++) c[i * c_m + j] = V(sum)(sum[i * columns + j]);
    }
}

#define DOTS(rows)                                                                                                     \
    static void K(dots_##rows)(int64_t n, int64_t k, const T *a, int64_t a_m, const T *b, int64_t b_n, T *c,           \
                               int64_t c_m) {                                                                          \
        int64_t j = 0;                                                                                                 \
        for (; j + 4 <= n; j += 4) K(dots)(rows, 4, k, a, a_m, b + j * b_n, b_n, c + j, c_m);                          \
        for (; j < n; j++) K(dots)(rows, 1, k, a, a_m, b + j * b_n, b_n, c + j, c_m);                                  \
    }
/* clang-format off */
DOTS(1) DOTS(2) DOTS(3) DOTS(4)

/* [rows - 1] */
static void (*const K(dot_rows)[4])(int64_t, int64_t, const T *, int64_t, const T *, int64_t, T *, int64_t) = {
    K(dots_1), K(dots_2), K(dots_3), K(dots_4)};
/* clang-format on */
#undef DOTS

/* One row of a times rows of b that touch and are shorter than a vector: their loop runs along the columns. */
#define SHORT_DOTS(length)                                                                                             \
    static void K(short_dots_##length)(int64_t n, const T *a, const T *b, T *c) {                                      \
        T x[length];                                                                                                   \
        memcpy(x, a, sizeof x);                                                                                        \
        TN_INDEPENDENT                                                                                                 \
        for (int64_t j = 0; j < n; j++) {                                                                              \
            T sum = x[0] * b[j * length];                                                                              \
            TN_UNROLL                                                                                                  \
            for (int p = 1; p < length; p++) sum = VM(fma)(x[p], b[j * length + p], sum);                              \
            c[j] = sum;                                                                                                \
        }                                                                                                              \
    }
/* clang-format off */
SHORT_DOTS(2) SHORT_DOTS(3) SHORT_DOTS(4)
/* clang-format on */
#undef SHORT_DOTS

    /* [k - 2] */
    static void (*const K(short_dots)[3])(int64_t, const T *, const T *, T *) = {K(short_dots_2), K(short_dots_3),
                                                                                 K(short_dots_4)};

/* Columns [begin, end) of the results of all batch items, numbered through. */
static void K(dot_span)(void *context, int64_t begin, int64_t end, int thread) {
    const tn_matmul *p = context;
    (void)thread;
    for (int64_t at = begin, n; at < end; at += n) {
        const int64_t item = at / p->n, j = at % p->n;
        const T *a = (const T *)p->a + tn_matmul_offset(p, p->a_batch, item);
        const T *b = (const T *)p->b + tn_matmul_offset(p, p->b_batch, item) + j * p->b_n;
        T *c = (T *)p->c + item * p->m * p->n + j;
        n = tn_min(p->n - j, end - at);
        if (p->m == 1 && p->k >= 2 && p->k <= 4 && p->b_n == p->k)
            K(short_dots)[p->k - 2](n, a, b, c);
        else
            for (int64_t i = 0; i < p->m; i += 4) K(dot_rows)
        [tn_min(4, p->m - i) - 1](n, p->k, a + i *p->a_m, p->a_m, b, p->b_n, c + i *p->c_m, p->c_m);
        K(finish_columns)(p, item, j, n);
    }
}
