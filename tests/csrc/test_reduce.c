/* test_reduce.c: reductions, softmax and the cross-entropies against plain loops in long double. */
#include "harness.h"

#include <float.h>

typedef long double real;

static real fold(const char *name, real acc, real x, int first) {
    if (!strcmp(name, "reduce_prod")) return first ? x : acc * x;
    if (!strcmp(name, "reduce_max")) return first || x > acc || isnan(x) ? (isnan(acc) && !first ? acc : x) : acc;
    if (!strcmp(name, "reduce_min")) return first || x < acc || isnan(x) ? (isnan(acc) && !first ? acc : x) : acc;
    if (!strcmp(name, "reduce_any")) return first ? x : (acc != 0 || x != 0);
    if (!strcmp(name, "reduce_all")) return first ? x : (acc != 0 && x != 0);
    if (!strcmp(name, "reduce_logsumexp")) return (first ? 0 : acc) + expl(x);
    return (first ? 0 : acc) + x;
}

/* The error that a sum may have: a lane adds 8 elements of the type before double takes over (SUM_GROUP / SUM_LANES in
 * kernels/reduce.h), each sum rounds by half a unit of its size, and the result is rounded once more. */
static real sum_bound(int32_t dtype, real sizes, real sum) {
    const real unit = dtype == TN_FLOAT32 ? FLT_EPSILON / 2 : DBL_EPSILON / 2;
    return unit * ((dtype == TN_FLOAT32 ? 8 : 40) * sizes + fabsl(sum));
}

static void check(const char *name, tn_array x, const tn_attr *attr, double tolerance) {
    const int sums = !strcmp(name, "reduce_sum") || !strcmp(name, "reduce_mean");
    tn_array out;
    real want[4096], sizes[4096] = {0};
    int64_t count[4096] = {0};
    CHECK(call(name, 1, &x, attr, &out) == TN_OK, "%s", name);
    for (int64_t i = 0; i < tn_size(&x); i++) {
        int64_t rest = i, to = 0, step = 1;
        for (int32_t axis = x.ndim - 1; axis >= 0; axis--) {
            int64_t at = rest % x.shape[axis], reduced = 0;
            rest /= x.shape[axis];
            for (int32_t k = 0; k < attr[0].count; k++) reduced |= attr[0].items[k] == axis;
            if (!reduced) to += at * step, step *= x.shape[axis];
        }
        sizes[to] += fabsl(get(&x, i));
        want[to] = fold(name, want[to], get(&x, i), count[to]++ == 0);
    }
    for (int64_t i = 0; i < tn_size(&out); i++) {
        if (count[i] == 0) want[i] = !strcmp(name, "reduce_prod") ? 1 : 0;
        if (!strcmp(name, "reduce_mean")) want[i] /= count[i], sizes[i] /= count[i];
        if (!strcmp(name, "reduce_logsumexp")) want[i] = logl(want[i]);
        double got = get(&out, i);
        const int floats = x.dtype == TN_FLOAT32 || x.dtype == TN_FLOAT64;
        const real bound = sums && floats ? sum_bound(x.dtype, sizes[i], want[i]) : tolerance * (1 + fabsl(want[i]));
        CHECK(fabsl(got - want[i]) <= bound || (isnan(got) && isnan(want[i])),
              "%s dtype %d ndim %d output %d: %.17g, not %.17Lg", name, (int)x.dtype, (int)x.ndim, (int)i, got,
              want[i]);
    }
}

/* Every subset of the axes of arrays of several shapes, contiguous and strided. */
static void reductions(void) {
    static const char *const names[] = {"reduce_sum", "reduce_mean", "reduce_prod", "reduce_max",
                                        "reduce_min", "reduce_any",  "reduce_all",  "reduce_logsumexp"};
    static const int64_t shapes[][4] = {{3, 4, 5, 0}, {1, 17, 1, 0}, {5, 2, 33, 0}, {2, 70, 3, 0}, {2, 3, 2, 2}};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (int32_t dtype = 0; dtype < TN_DTYPES; dtype++)
            for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
                for (int subset = 0; subset < 16; subset++) {
                    int32_t ndim = shapes[s][3] ? 4 : 3;
                    if (!tn_find(names[n])->run[dtype] || subset >> ndim) continue;
                    tn_attr attr[] = {{.count = 0}, number(subset % 2)};
                    for (int32_t axis = 0; axis < ndim; axis++)
                        if (subset >> axis & 1) attr[0].items[attr[0].count++] = axis;
                    tn_array x = make(dtype, ndim, shapes[s]);
                    fill_random(&x);
                    if (!strcmp(names[n], "reduce_prod"))
                        for (int64_t i = 0; i < tn_size(&x); i++) set(&x, i, get(&x, i) > 0 ? 1 : -1);
                    const double tolerance = dtype == TN_FLOAT32 ? 3e-7 : 1e-14;
                    check(names[n], x, attr, tolerance);
                    check(names[n], strided_twin(&x), attr, tolerance);
                    release_all();
                }
}

static void long_and_empty(void) {
    const int64_t sizes[] = {8191, 8192, 8193, 100003};
    for (int i = 0; i < 4; i++) {
        tn_attr attr[] = {list(1, (int64_t[]){0}), number(0)};
        tn_array x = make1(TN_FLOAT32, sizes[i]);
        fill_random(&x);
        check("reduce_sum", x, attr, 1e-7);
        check("reduce_logsumexp", x, attr, 1e-7);
        set(&x, sizes[i] / 2, NAN);
        check("reduce_max", x, attr, 0);
        tn_array columns = make2(TN_FLOAT32, sizes[i] / 7, 7);
        fill_random(&columns);
        check("reduce_sum", columns, attr, 1e-7);
        release_all();
    }
    tn_attr attr[] = {list(1, (int64_t[]){0}), number(0)};
    tn_array x = make2(TN_FLOAT32, 0, 3), out;
    check("reduce_sum", x, attr, 0);
    check("reduce_prod", x, attr, 0);
    CHECK(call("reduce_mean", 1, &x, attr, &out) == TN_OK && isnan(get(&out, 2)), "mean of nothing");
    CHECK(call("reduce_max", 1, &x, attr, &out) == TN_UNSUPPORTED, "max of nothing");
    x = make1(TN_FLOAT64, 2);
    set(&x, 0, -INFINITY), set(&x, 1, -INFINITY);
    CHECK(call("reduce_logsumexp", 1, &x, attr, &out) == TN_OK && get(&out, 0) == -INFINITY, "%g", get(&out, 0));
    release_all();
}

static void arguments(void) {
    const double x[] = {1, 5, 5, 2, -3, NAN, 7, NAN};
    const tn_attr axis = number(0);
    tn_array in = make1(TN_FLOAT32, 5), out;
    for (int i = 0; i < 5; i++) set(&in, i, x[i]);
    CHECK(call("argmax", 1, &in, &axis, &out) == TN_OK && get(&out, 0) == 1, "first of ties: %g", get(&out, 0));
    CHECK(call("argmin", 1, &in, &axis, &out) == TN_OK && get(&out, 0) == 4, "%g", get(&out, 0));
    in = make1(TN_FLOAT32, 8);
    for (int i = 0; i < 8; i++) set(&in, i, x[i]);
    CHECK(call("argmax", 1, &in, &axis, &out) == TN_OK && get(&out, 0) == 5, "NaN wins: %g", get(&out, 0));
    CHECK(call("argmin", 1, &in, &axis, &out) == TN_OK && get(&out, 0) == 5, "NaN wins: %g", get(&out, 0));
    in = make2(TN_INT32, 2, 2);
    set(&in, 0, 1), set(&in, 1, 9), set(&in, 2, 4), set(&in, 3, 2);
    CHECK(call("argmax", 1, &in, &axis, &out) == TN_OK && get(&out, 0) == 1 && get(&out, 1) == 0, "along columns");
    release_all();
}

/* softmax and its kin along the axis of an array (outer, n, inner), strided or not */
static void softmax(int32_t dtype, int64_t outer, int64_t n, int64_t inner, int strided) {
    static const char *const names[] = {"softmax", "log_softmax", "softmax_grad", "log_softmax_grad"};
    const double tolerance = dtype == TN_FLOAT32 ? 2e-6 : 1e-14;
    for (int kind = 0; kind < 4; kind++) {
        tn_array in[2], out;
        const tn_attr axis = number(1);
        for (int k = 0; k < 2; k++) {
            in[k] = make(dtype, 3, (int64_t[]){outer, n, inner});
            fill_random(&in[k]);
            if (strided) in[k] = strided_twin(&in[k]);
        }
        CHECK(call(names[kind], kind < 2 ? 1 : 2, in, &axis, &out) == TN_OK, "%s", names[kind]);
        for (int64_t row = 0; row < outer * inner; row++) {
            const int64_t first = row / inner * n * inner + row % inner;
            real sum = 0, dot = 0, total = 0;
            for (int64_t i = 0; i < n; i++) {
                real a = get(&in[0], first + i * inner), b = get(&in[1], first + i * inner);
                sum += expl(a), dot += a * b, total += a;
            }
            for (int64_t i = 0; i < n; i++) {
                real a = get(&in[0], first + i * inner), b = get(&in[1], first + i * inner);
                real want[] = {expl(a) / sum, a - logl(sum), b * (a - dot), a - expl(b) * total};
                double got = get(&out, first + i * inner);
                CHECK(fabsl(got - want[kind]) <=
                          tolerance * (1 + fabsl(want[kind]) + fabsl(dot) + fabsl(expl(b) * total)),
                      "%s n %d: %.17g, not %.17Lg", names[kind], (int)n, got, want[kind]);
            }
        }
        release_all();
    }
}

static void cross_entropies(int32_t dtype, int64_t rows, int64_t n, int strided) {
    const double tolerance = dtype == TN_FLOAT32 ? 3e-6 : 1e-13;
    tn_array g = make1(dtype, rows), dense = make2(dtype, rows, n), logits = make2(dtype, rows, n);
    tn_array sparse = make1(rows % 2 ? TN_INT32 : TN_INT64, rows), out[4];
    fill_random(&g), fill_random(&dense), fill_random(&logits);
    for (int64_t r = 0; r < rows; r++) set(&sparse, r, (double)(r * 7 % n));
    if (strided) logits = strided_twin(&logits), dense = strided_twin(&dense), sparse = strided_twin(&sparse);
    CHECK(call("softmax_cross_entropy", 2, (tn_array[]){dense, logits}, NULL, &out[0]) == TN_OK, "dense");
    CHECK(call("softmax_cross_entropy_grad", 3, (tn_array[]){g, dense, logits}, NULL, &out[1]) == TN_OK, "dense");
    CHECK(call("sparse_softmax_cross_entropy", 2, (tn_array[]){sparse, logits}, NULL, &out[2]) == TN_OK, "sparse");
    CHECK(call("sparse_softmax_cross_entropy_grad", 3, (tn_array[]){g, sparse, logits}, NULL, &out[3]) == TN_OK,
          "sparse");
    for (int64_t r = 0; r < rows; r++) {
        real sum = 0, loss = 0, labels = 0, size = 1;
        for (int64_t i = 0; i < n; i++) sum += expl(get(&logits, r * n + i));
        for (int64_t i = 0; i < n; i++) {
            real label = get(&dense, r * n + i), term = label * (logl(sum) - get(&logits, r * n + i));
            loss += term, labels += label, size += fabsl(term);
        }
        const int64_t picked = (int64_t)get(&sparse, r);
        CHECK(fabsl(get(&out[0], r) - loss) <= tolerance * size, "%.17g, not %.17Lg", get(&out[0], r), loss);
        CHECK(fabsl(get(&out[2], r) - (logl(sum) - get(&logits, r * n + picked))) <= tolerance * 9, "row %d", (int)r);
        for (int64_t i = 0; i < n; i++) {
            real p = expl(get(&logits, r * n + i)) / sum, gr = get(&g, r);
            real want[] = {gr * (p * labels - get(&dense, r * n + i)), gr * (p - (i == picked))};
            CHECK(fabsl(get(&out[1], r * n + i) - want[0]) <= tolerance * size, "dense %d %d", (int)r, (int)i);
            CHECK(fabsl(get(&out[3], r * n + i) - want[1]) <= tolerance * 4, "sparse %d %d", (int)r, (int)i);
        }
    }
    if (rows > 0) {
        set(&sparse, rows - 1, (double)n);
        CHECK(call("sparse_softmax_cross_entropy", 2, (tn_array[]){sparse, logits}, NULL, &out[2]) == TN_BAD_INDEX,
              "n");
        set(&sparse, rows - 1, -1);
        CHECK(call("sparse_softmax_cross_entropy", 2, (tn_array[]){sparse, logits}, NULL, &out[2]) == TN_BAD_INDEX,
              "-1");
    }
    release_all();
}

void test_reduce(void) {
    reductions();
    long_and_empty();
    arguments();
    for (int32_t dtype = TN_FLOAT32; dtype <= TN_FLOAT64; dtype++)
        for (int64_t n = 1; n < 70; n += n < 20 ? 1 : 13)
            for (int strided = 0; strided < 2; strided++) {
                softmax(dtype, 3, n, 1, strided);
                softmax(dtype, 2, n, 3, strided);
                cross_entropies(dtype, n % 9, n, strided);
            }
    softmax(TN_FLOAT32, 2, 2500, 1, 0);
    cross_entropies(TN_FLOAT32, 3, 2500, 0);
    cross_entropies(TN_FLOAT32, 300, 10, 0);
}
