/* matmul_micro.h: one tile of c in registers, the innermost loop of matmul.
 *
 * A tile has `rows` rows by `vectors` vectors of columns.  Each step of k loads one row of b and multiplies it with
 * one element per row of a.  Both counts are constants of each function below, so that the tile is `rows * vectors`
 * registers; the widest leave a few registers for b and a. */

#if TN_VECTOR_BYTES == 64 /* 32 registers: 24 + 2 + 1 */
#define TILE_ROWS 12
#elif TN_VECTOR_BYTES == 32 /* 16 registers: 12 + 2 + 1 */
#define TILE_ROWS 6
#else
#define TILE_ROWS 4
#endif
#define TILE_COLUMNS (2 * TV_N) /* of a tile with more than WIDE_ROWS rows, and of a packed panel of b */
#define WIDE_ROWS    3          /* so few rows take more columns, or each sum would wait for the one before */
#define WIDE_COLUMNS (TN_VECTOR_BYTES == 64 ? 8 * TV_N : 4 * TV_N)

#define TILE_SUMS 24 /* the most of any tile */

#ifndef TN_MATMUL_TILE_H /* the same for both types */
#define TN_MATMUL_TILE_H
typedef struct tn_tile {
    int64_t k;
    int64_t a_m, a_k; /* one of them is 1 */
    int64_t b_k;      /* b's columns touch, as c's do */
    int64_t c_m;
    int add;          /* to what c holds, else overwrite it */
    int finish;       /* of complete sums: matmul_epilogue.h */
    int64_t x_m, x_n; /* strides of its operand */
    double rate;
} tn_tile;
#endif

/* Finishes and stores a tile; `finish` is a constant of each call.  An update's result goes to x, any other to c; all
 * of x is read before, as a load waits for a store next to it that is masked. */
TN_INLINE void K(tile_end)(const int finish, const int rows, const int vectors, const int part, const tn_tile *t,
                           TV *sum, T *c, T *x, int64_t width) {
    T *to = finish == TN_FINISH_UPDATE ? x : c;
    const int by_column = tn_finish_by_column(finish);
    const int64_t c_m = t->c_m;
    TV y = V(fill)(0);
    TN_UNROLL
    for (int j = 0; j < vectors; j++) {
        if (by_column) y = !t->x_n ? V(fill)(*x) : part ? V(load_part)(x, width) : V(load)(x + j * TV_N);
        TN_UNROLL
        for (int i = 0; i < rows; i++) {
            const T *from = x + i * c_m + j * TV_N;
            if (finish != TN_FINISH_NONE && !by_column) y = part ? V(load_part)(from, width) : V(load)(from);
            sum[i * vectors + j] = K(finish)(finish, sum[i * vectors + j], y, (T)t->rate);
        }
    }
    TN_UNROLL
    for (int i = 0; i < rows; i++) {
        TN_UNROLL
        for (int j = 0; j < vectors; j++) {
            if (part)
                V(store_part)(to + i * c_m, width, sum[i * vectors + j]);
            else
                V(store)(to + i * c_m + j * TV_N, sum[i * vectors + j]);
        }
    }
}

/* One step of k: every row's element of a times the row of b. */
TN_INLINE void K(tile_step)(const int rows, const int vectors, const int along_m, const int part, const T *a,
                            const T *const *line, int64_t p, const T *b, TV *sum, int64_t width) {
    TV row[WIDE_COLUMNS / TV_N]; /* of fixed length, or it would be in memory */
    TN_UNROLL
    for (int j = 0; j < vectors; j++) row[j] = part ? V(load_part)(b, width) : V(load)(b + j * TV_N);
    TN_UNROLL
    for (int i = 0; i < rows; i++) {
        const TV ai = V(fill)(along_m ? a[i] : line[i][p]);
        TN_UNROLL
        for (int j = 0; j < vectors; j++) sum[i * vectors + j] = V(fma)(ai, row[j], sum[i * vectors + j]);
    }
}

/* sum += c[rows, width], what is there already */
TN_INLINE void K(tile_add)(const int rows, const int vectors, const int part, const T *c, int64_t c_m, TV *sum,
                           int64_t width) {
    TN_UNROLL
    for (int i = 0; i < rows; i++) {
        TN_UNROLL
        for (int j = 0; j < vectors; j++) {
            const T *from = c + i * c_m + j * TV_N;
            sum[i * vectors + j] += part ? V(load_part)(from, width) : V(load)(from);
        }
    }
}

/* c[rows, width] (+)= a[rows, k] b[k, width] with width == vectors * TV_N, or, for a part, vectors == 1 and width less
 * than TV_N.  along_m: a_m == 1, else a_k == 1.  x is the epilogue's operand at this tile. */
TN_INLINE void K(tile)(const int rows, const int vectors, const int along_m, const int part, const tn_tile *t,
                       const T *a, const T *b, T *c, T *x, int64_t width) {
    const int sums = rows * vectors, chains = sums == 1 ? 4 : sums == 2 ? 2 : 1; /* few sums wait for each other */
    TV sum[TILE_SUMS];
    const T *line[TILE_ROWS];
    TN_UNROLL
    for (int i = 0; i < rows; i++) line[i] = a + i * (along_m ? 1 : t->a_m);
    TN_UNROLL
    for (int i = 0; i < sums * chains; i++) sum[i] = V(fill)(0);
    const int64_t k = t->k, a_k = along_m ? t->a_k : 1, b_k = t->b_k, c_m = t->c_m;
    if (t->add) { /* while k runs, c comes nearer */
        TN_UNROLL
        for (int i = 0; i < rows; i++) {
            TN_UNROLL
            for (int j = 0; j < vectors; j++) __builtin_prefetch(c + i * c_m + j * TV_N, 1);
        }
    }
    int64_t p = 0;
    for (; p + chains <= k; p += chains) {
        TN_UNROLL
        for (int u = 0; u < chains; u++, b += b_k, a += along_m ? a_k : 0)
            K(tile_step)(rows, vectors, along_m, part, a, line, p + u, b, sum + u * sums, width);
    }
    if (chains > 1) {
        for (; p < k; p++, b += b_k, a += along_m ? a_k : 0)
            K(tile_step)(rows, vectors, along_m, part, a, line, p, b, sum, width);
        TN_UNROLL
        for (int half = chains / 2; half > 0; half /= 2) {
            TN_UNROLL
            for (int i = 0; i < half * sums; i++) sum[i] += sum[i + half * sums];
        }
    }
    if (t->add) K(tile_add)(rows, vectors, part, c, c_m, sum, width);
    switch (t->finish) {
        /* clang-format off */
#define END(finish) case finish: K(tile_end)(finish, rows, vectors, part, t, sum, c, x, width); break
        END(TN_FINISH_NONE);
        END(TN_FINISH_BIAS);
        END(TN_FINISH_BIAS_RELU);
        END(TN_FINISH_RELU_SLOPE);
        END(TN_FINISH_SIGMOID_SLOPE);
        END(TN_FINISH_TANH_SLOPE);
        END(TN_FINISH_UPDATE);
#undef END
        /* clang-format on */
    }
}

#define TILE(name, rows, vectors, along_m, part)                                                                       \
    static void K(name)(const tn_tile *t, const T *a, const T *b, T *c, T *x, int64_t width) {                         \
        K(tile)(rows, vectors, along_m, part, t, a, b, c, x, width);                                                   \
    }
/* The tiles of one height, under names that begin with `name`, made by TILE; and their places in a table. */
#define TILES_OF(name, rows)                                                                                           \
    TILE(name##_m2_##rows, rows, 2, 1, 0)                                                                              \
    TILE(name##_k2_##rows, rows, 2, 0, 0)                                                                              \
    TILE(name##_m1_##rows, rows, 1, 1, 0)                                                                              \
    TILE(name##_k1_##rows, rows, 1, 0, 0)                                                                              \
    TILE(name##_mp_##rows, rows, 1, 1, 1)                                                                              \
    TILE(name##_kp_##rows, rows, 1, 0, 1)
#define ROW_OF(name, rows)                                                                                             \
    {{K(name##_kp_##rows), K(name##_k1_##rows), K(name##_k2_##rows)},                                                  \
     {K(name##_mp_##rows), K(name##_m1_##rows), K(name##_m2_##rows)}},

/* OF(name, rows) for every height */
/* clang-format off */
#if TILE_ROWS > 6
#define EACH_HEIGHT(OF, name)                                                                                          \
    OF(name, 1) OF(name, 2) OF(name, 3) OF(name, 4) OF(name, 5) OF(name, 6)                                            \
    OF(name, 7) OF(name, 8) OF(name, 9) OF(name, 10) OF(name, 11) OF(name, 12)
#elif TILE_ROWS > 4
#define EACH_HEIGHT(OF, name) OF(name, 1) OF(name, 2) OF(name, 3) OF(name, 4) OF(name, 5) OF(name, 6)
#else
#define EACH_HEIGHT(OF, name) OF(name, 1) OF(name, 2) OF(name, 3) OF(name, 4)
#endif
EACH_HEIGHT(TILES_OF, tile)

/* [rows - 1][along_m][vectors, 0 for a part] */
static void (*const K(tiles)[TILE_ROWS][2][3])(const tn_tile *, const T *, const T *, T *, T *, int64_t) = {
    EACH_HEIGHT(ROW_OF, tile)
};
/* clang-format on */

TILE(tile_wide_k1, 1, WIDE_COLUMNS / TV_N, 0, 0)
TILE(tile_wide_k2, 2, WIDE_COLUMNS / TV_N, 0, 0)
TILE(tile_wide_k3, 3, WIDE_COLUMNS / TV_N, 0, 0)
TILE(tile_wide_m1, 1, WIDE_COLUMNS / TV_N, 1, 0)
TILE(tile_wide_m2, 2, WIDE_COLUMNS / TV_N, 1, 0)
TILE(tile_wide_m3, 3, WIDE_COLUMNS / TV_N, 1, 0)

static void (*const K(wide_tiles)[WIDE_ROWS][2])(const tn_tile *, const T *, const T *, T *, T *, int64_t) = {
    {K(tile_wide_k1), K(tile_wide_m1)}, {K(tile_wide_k2), K(tile_wide_m2)}, {K(tile_wide_k3), K(tile_wide_m3)}};

/* The same for any rows <= TILE_ROWS and any width, in strips of tiles. */
static void K(strip)(int64_t rows, int64_t width, const tn_tile *t, const T *a, const T *b, T *c, T *x) {
    const int along_m = t->a_m == 1;
    const int64_t x_n = t->x_n;
    int64_t j = 0;
    if (rows <= WIDE_ROWS)
        for (; width - j >= WIDE_COLUMNS; j += WIDE_COLUMNS)
            K(wide_tiles)[rows - 1][along_m](t, a, b + j, c + j, x + j * x_n, WIDE_COLUMNS);
    for (; width - j >= 2 * TV_N; j += 2 * TV_N)
        K(tiles)[rows - 1][along_m][2](t, a, b + j, c + j, x + j * x_n, 2 * TV_N);
    if (width - j >= TV_N) {
        K(tiles)[rows - 1][along_m][1](t, a, b + j, c + j, x + j * x_n, TV_N);
        j += TV_N;
    }
    if (width > j) K(tiles)[rows - 1][along_m][0](t, a, b + j, c + j, x + j * x_n, width - j);
}

#undef TILE
