/* test_matmul.c: products of every size, layout and batch against sums in double, in the tier in use. */
#include "../../csrc/kernels/matmul_plan.h"
#include "harness.h"

void test_matmul(void);

/* The values of a in row-major order; freed by the caller. */
static double *values_of(const tn_array *a) {
    double *values = malloc(sizeof(double) * (size_t)(tn_size(a) + 1));
    for (int64_t i = 0; i < tn_size(a); i++) values[i] = get(a, i);
    return values;
}

/* Where the matrix begins that a, of whose batch axes some repeat, holds for position `item` of out's batch. */
static int64_t matrix_at(const tn_array *a, const tn_array *out, int64_t item) {
    int64_t at = 0, step = a->shape[a->ndim - 1] * a->shape[a->ndim - 2];
    for (int32_t i = 3; i <= out->ndim; i++) {
        const int64_t index = item % out->shape[out->ndim - i];
        item /= out->shape[out->ndim - i];
        if (i > a->ndim) continue;
        const int64_t length = a->shape[a->ndim - i];
        at += (length == 1 ? 0 : index) * step;
        step *= length;
    }
    return at;
}

/* Every element of out within the textbook bound of a sum of k products, k eps |a| |b|, of the sum in double. */
static void check_product(const tn_array *a, const tn_array *b, int ta, int tb, const tn_array *out, const char *what) {
    const int64_t m = out->shape[out->ndim - 2], n = out->shape[out->ndim - 1], k = a->shape[a->ndim - (ta ? 2 : 1)];
    const double eps = out->dtype == TN_FLOAT32 ? 0x1p-24 : 0x1p-53;
    double *x = values_of(a), *y = values_of(b), worst = 0;
    int64_t bad = -1;
    for (int64_t i = 0; i < tn_size(out); i++) {
        const int64_t item = i / (m * n), row = i / n % m, column = i % n;
        const double *p = x + matrix_at(a, out, item) + (ta ? row : row * k);
        const double *q = y + matrix_at(b, out, item) + (tb ? column * k : column);
        double sum = 0, size = 0;
        for (int64_t j = 0; j < k; j++) {
            const double product = p[ta ? j * m : j] * q[tb ? j : j * n];
            sum += product, size += fabs(product);
        }
        const double error = fabs(get(out, i) - sum), bound = (double)(k + 2) * eps * size * 2;
        if (!(error <= bound) && !(error <= worst)) worst = error, bad = i;
    }
    CHECK(bad < 0, "%s %s dtype %d: (%d, %d) x (%d, %d) transposed %d %d: element %d is off by %g", tn_isa(), what,
          (int)out->dtype, (int)m, (int)k, (int)k, (int)n, ta, tb, (int)bad, worst);
    free(x);
    free(y);
}

static tn_array random_array(int32_t dtype, int32_t ndim, const int64_t *shape) {
    tn_array a = make(dtype, ndim, shape);
    fill_random(&a);
    return a;
}

/* The last two axes stored the other way round: the same values, touching along the other axis. */
static tn_array turned_twin(const tn_array *a) {
    const int32_t last = a->ndim - 1;
    int64_t shape[TN_MAX_DIMS];
    memcpy(shape, a->shape, sizeof shape);
    shape[last] = a->shape[last - 1], shape[last - 1] = a->shape[last];
    tn_array twin = make(a->dtype, a->ndim, shape);
    int64_t step = twin.strides[last - 1];
    memcpy(twin.shape, a->shape, sizeof shape);
    twin.strides[last] = step, twin.strides[last - 1] = 1;
    for (int64_t i = 0; i < tn_size(a); i++) set(&twin, i, get(a, i));
    return twin;
}

static tn_array laid_out(const tn_array *a, int how) {
    return how == 0 ? *a : how == 1 ? strided_twin(a) : turned_twin(a);
}

/* One product in one layout of each input: right, and the same bits for any number of threads. */
static void product(tn_array a, tn_array b, int ta, int tb, int how_a, int how_b, const char *what) {
    const tn_array in[] = {laid_out(&a, how_a), laid_out(&b, how_b)};
    const tn_attr attr[] = {number(ta), number(tb)};
    tn_array out, again;
    tn_set_threads(1);
    const tn_status status = call("matmul", 2, in, attr, &out);
    CHECK(status == TN_OK, "%s: refused", what);
    if (status == TN_OK) {
        check_product(&in[0], &in[1], ta, tb, &out, what);
        for (int threads = 2; threads <= 4; threads += 2) {
            tn_set_threads(threads);
            call("matmul", 2, in, attr, &again);
            CHECK(same_bits(&out, &again), "%s: %d threads give other bits", what, threads);
        }
    }
    tn_set_threads(1);
    release_all();
}

static void matrices(int32_t dtype, int64_t m, int64_t k, int64_t n, int ta, int tb, int how_a, int how_b) {
    const int64_t shape_a[] = {ta ? k : m, ta ? m : k}, shape_b[] = {tb ? n : k, tb ? k : n};
    product(random_array(dtype, 2, shape_a), random_array(dtype, 2, shape_b), ta, tb, how_a, how_b, "matrices");
}

/* 0 to 70 in every extent: each alone next to two awkward ones, then a sample of all together. */
static void sizes(int32_t dtype) {
    static const int64_t awkward[] = {0, 1, 2, 3, 5, 12, 13, 16, 17, 33, 64, 65};
    for (int64_t i = 0; i <= 70; i++) {
        const int64_t p = awkward[random_bits() % 12], q = awkward[random_bits() % 12];
        const int ta = random_bits() & 1, tb = random_bits() & 1;
        matrices(dtype, i, p, q, ta, tb, 0, 0);
        matrices(dtype, p, i, q, ta, tb, 0, 0);
        matrices(dtype, p, q, i, ta, tb, 0, 0);
    }
    for (int i = 0; i < 150; i++)
        matrices(dtype, (int64_t)(random_bits() % 71), (int64_t)(random_bits() % 71), (int64_t)(random_bits() % 71),
                 random_bits() & 1, random_bits() & 1, (int)(random_bits() % 3), (int)(random_bits() % 3));
}

/* Beyond one run of k, one task and the serial limit; thin in each direction. */
static void large(int32_t dtype) {
    static const int64_t shapes[][3] = {{129, 600, 130}, {1, 700, 900},  {700, 300, 1},  {3, 700, 500},
                                        {9, 600, 300},   {530, 40, 570}, {520, 515, 700}};
    for (int i = 0; i < 7; i++)
        for (int kind = 0; kind < (i < 6 ? 4 : 1); kind++)
            matrices(dtype, shapes[i][0], shapes[i][1], shapes[i][2], kind & 1, kind >> 1, 0, 0);
    matrices(dtype, 140, 300, 150, 0, 0, 1, 1);
    matrices(dtype, 20, 4500, 19, 0, 1, 1, 0); /* packed in several rounds: of k, of b's columns, of a's rows */
    matrices(dtype, 18, 20, 4500, 0, 1, 0, 0);
    matrices(dtype, 4500, 20, 18, 0, 1, 1, 0);
    matrices(dtype, 15, 300, 2100, 0, 1, 1, 0);  /* a is packed once for three rounds of columns, */
    matrices(dtype, 18, 2500, 1100, 0, 1, 0, 0); /* once for each round of k, */
    if (dtype == TN_FLOAT64) return;
    matrices(dtype, 4100, 5, 1100, 0, 1, 0, 0);  /* and each time where it has several rounds of rows */
    matrices(dtype, 513, 1030, 520, 0, 0, 0, 0); /* b beyond the second cache: packed */
}

static void batches(int32_t dtype) {
    static const struct {
        int32_t ndim_a, ndim_b;
        int64_t a[2], b[2]; /* batch axes */
    } cases[] = {{3, 2, {3}, {0}},       {2, 3, {0}, {3}},       {3, 3, {3}, {3}},    {3, 3, {1}, {4}},
                 {4, 3, {2, 1}, {3}},    {4, 4, {2, 3}, {2, 3}}, {4, 2, {2, 3}, {0}}, {4, 4, {2, 1}, {1, 3}},
                 {4, 4, {2, 0}, {2, 0}}, {3, 4, {3}, {2, 1}}};
    static const int64_t extents[][3] = {{5, 9, 7}, {1, 20, 33}, {17, 4, 1}, {40, 40, 40}, {0, 3, 2}, {2, 0, 3}};
    for (int i = 0; i < 10; i++)
        for (int e = 0; e < 6; e++)
            for (int kind = 0; kind < 4; kind++) {
                const int ta = kind & 1, tb = kind >> 1;
                const int64_t m = extents[e][0], k = extents[e][1], n = extents[e][2];
                int64_t shape_a[4], shape_b[4];
                const int32_t x = cases[i].ndim_a - 2, y = cases[i].ndim_b - 2;
                for (int32_t j = 0; j < x; j++) shape_a[j] = cases[i].a[j];
                for (int32_t j = 0; j < y; j++) shape_b[j] = cases[i].b[j];
                shape_a[x] = ta ? k : m, shape_a[x + 1] = ta ? m : k;
                shape_b[y] = tb ? n : k, shape_b[y + 1] = tb ? k : n;
                product(random_array(dtype, x + 2, shape_a), random_array(dtype, y + 2, shape_b), ta, tb,
                        (int)(random_bits() % 3), (int)(random_bits() % 3), "batch");
            }
    /* enough work for threads, with and without a copy of each item */
    const int64_t shape[] = {12, 70, 60};
    const int64_t other[] = {12, 60, 70};
    for (int how = 0; how < 3; how++)
        product(random_array(dtype, 3, shape), random_array(dtype, 3, other), 0, 0, how, how, "long batch");
}

/* An input that repeats its rows or columns by a stride of 0. */
static void repeated(int32_t dtype) {
    for (int axis = 0; axis < 2; axis++) {
        const int64_t shape[] = {30, 30};
        tn_array a = random_array(dtype, 2, shape), b = random_array(dtype, 2, shape);
        a.strides[axis] = 0;
        b.strides[1 - axis] = 0;
        product(a, b, 0, 0, 0, 0, "repeated");
    }
}

/* inf and NaN stay where they belong: no column of padding is ever multiplied into another element. */
static void not_finite(int32_t dtype) {
    for (int64_t n = 1; n <= 40; n += 13) {
        tn_array in[] = {make2(dtype, 5, 6), make2(dtype, 6, n)}, out;
        fill_random(&in[0]);
        fill_random(&in[1]);
        set(&in[0], 7, INFINITY); /* row 1 */
        set(&in[0], 13, NAN);     /* row 2 */
        const tn_attr attr[] = {number(0), number(0)};
        CHECK(call("matmul", 2, in, attr, &out) == TN_OK, "refused");
        for (int64_t i = 0; i < 5 * n; i++)
            CHECK(i / n == 1   ? isinf(get(&out, i))
                  : i / n == 2 ? isnan(get(&out, i))
                               : isfinite(get(&out, i)),
                  "row %d", (int)(i / n));
        release_all();
    }
}

static void refused(void) {
    const tn_attr attr[] = {number(0), number(0)};
    tn_array out;
    const tn_array thin[] = {make1(TN_FLOAT32, 3), make2(TN_FLOAT32, 3, 2)};
    const tn_array mixed[] = {make2(TN_FLOAT32, 2, 3), make2(TN_FLOAT64, 3, 2)};
    const tn_array unequal[] = {make2(TN_FLOAT32, 2, 3), make2(TN_FLOAT32, 4, 2)};
    const tn_array batch[] = {make(TN_FLOAT32, 3, (int64_t[]){2, 2, 3}), make(TN_FLOAT32, 3, (int64_t[]){3, 3, 2})};
    const tn_array *const all[] = {thin, mixed, unequal, batch};
    for (int i = 0; i < 4; i++) CHECK(call("matmul", 2, all[i], attr, &out) == TN_UNSUPPORTED, "case %d", i);
    release_all();
}

/* The cost model's choices, one line each: what it is about to do with products that matter, and on which side of its
 * limits the neighbours lie. */
static void choices(void) {
    static const struct {
        const char *form;
        int64_t m, k, n;
        const char *want; /* dot, or what is packed */
    } cases[] = {
        {"nn", 64, 64, 64, ""},         {"tn", 64, 64, 64, ""},        {"nt", 64, 64, 64, "b"},
        {"nn", 128, 784, 512, "a"},     {"tn", 784, 128, 512, ""},     {"nt", 128, 512, 784, "ab"},
        {"nn", 1024, 1024, 1024, "ab"}, {"tn", 512, 512, 512, ""},     {"tn", 1024, 1024, 1024, "ab"},
        {"nn", 1000, 10, 10, ""},       {"nt", 10, 40, 40, "b"},       {"nt", 4, 40, 40, "dot"},
        {"nt", 5, 40, 40, "b"},         {"nt", 16, 784, 512, "dot"},   {"nt", 17, 784, 512, "ab"},
        {"nn", 1, 784, 512, ""},        {"nt", 1, 784, 512, "dot"},    {"nn", 784, 512, 1, "dot"},
        {"tn", 784, 512, 1, ""},        {"nn", 11, 784, 512, ""},      {"nn", 12, 784, 512, "a"},
        {"nn", 500, 500, 383, ""},      {"nn", 500, 500, 384, "a"},    {"nn", 512, 512, 256, "a"},
        {"nn", 383, 1000, 1000, "a"},   {"nn", 384, 1000, 1000, "ab"}, {"nn", 256, 1024, 1024, "ab"},
        {"nn", 256, 1024, 4096, "ab"},  {"tn", 1000, 1000, 1000, "b"}, {"nn", 400, 700, 700, "a"},
        {"nn", 512, 512, 1024, "ab"},   {"nn", 512, 511, 1024, "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int ta = cases[i].form[0] == 't', tb = cases[i].form[1] == 't';
        const int64_t m = cases[i].m, k = cases[i].k, n = cases[i].n;
        float element = 0; /* only shapes and strides are looked at */
        tn_array a = {&element, TN_FLOAT32, 2, {ta ? k : m, ta ? m : k}, {ta ? m : k, 1}};
        tn_array b = {&element, TN_FLOAT32, 2, {tb ? n : k, tb ? k : n}, {tb ? k : n, 1}};
        tn_array c = {&element, TN_FLOAT32, 2, {m, n}, {n, 1}}, *out[] = {&c};
        const tn_array *in[] = {&a, &b};
        const tn_attr attr[] = {number(ta), number(tb)};
        const tn_args args = {in, out, attr, 2, 1, NULL};
        tn_matmul p;
        tn_matmul_of(&p, &args);
        const char *got = p.dot ? "dot" : p.pack_a && p.pack_b ? "ab" : p.pack_a ? "a" : p.pack_b ? "b" : "";
        CHECK(!strcmp(got, cases[i].want), "%s (%d, %d, %d): \"%s\", not \"%s\"", cases[i].form, (int)m, (int)k, (int)n,
              got, cases[i].want);
    }
}

void test_matmul(void) {
    const int threads = tn_threads();
    for (int32_t dtype = TN_FLOAT32; dtype <= TN_FLOAT64; dtype++) {
        sizes(dtype);
        large(dtype);
        batches(dtype);
        repeated(dtype);
        not_finite(dtype);
    }
    refused();
    choices();
    tn_set_threads(threads);
}
