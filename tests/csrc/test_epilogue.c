/* test_epilogue.c: a product with its epilogue has the bits of the kernels that it stands for, in the tier in use. */
#include "../../csrc/kernels/matmul_epilogue.h"
#include "harness.h"

static const char *const activations[] = {NULL, "relu", "sigmoid", "tanh"};
static const char *const slopes[] = {NULL, "relu_grad", "sigmoid_grad", "tanh_grad"};

typedef struct factors {
    int32_t dtype;
    tn_array a, b, product;
    tn_attr attr[3]; /* transpose_a, transpose_b, activation */
    const char *what;
} factors;

static factors draw(int32_t dtype, int64_t batch, int64_t m, int64_t k, int64_t n, int ta, int tb) {
    static char what[100];
    const int64_t a[] = {batch, ta ? k : m, ta ? m : k}, b[] = {tb ? n : k, tb ? k : n};
    factors f = {.dtype = dtype, .a = batch ? make(dtype, 3, a) : make(dtype, 2, a + 1), .b = make(dtype, 2, b)};
    fill_random(&f.a), fill_random(&f.b);
    if (m * k > 20) set(&f.a, 3, NAN), set(&f.a, 7, INFINITY);
    f.attr[0] = number(ta), f.attr[1] = number(tb);
    snprintf(what, sizeof what, "%s dtype %d: batch %d, (%d, %d) x (%d, %d) transposed %d %d", tn_isa(), (int)dtype,
             (int)batch, (int)m, (int)k, (int)k, (int)n, ta, tb);
    f.what = what;
    CHECK(call("matmul", 2, (tn_array[]){f.a, f.b}, f.attr, &f.product) == TN_OK, "%s", what);
    return f;
}

static tn_array done(const char *name, tn_array x, const tn_array *y) {
    tn_array out;
    CHECK(call(name, y ? 2 : 1, (tn_array[]){x, y ? *y : x}, NULL, &out) == TN_OK, "%s", name);
    return out;
}

static void fused(const char *name, factors *f, tn_array x, int activation, const tn_array *want) {
    tn_array got;
    f->attr[2] = number(activation);
    for (int threads = 1; threads <= 2; threads++) {
        tn_set_threads(threads);
        CHECK(call(name, 3, (tn_array[]){f->a, f->b, x}, f->attr, &got) == TN_OK, "%s: %s refuses", f->what, name);
        CHECK(same_bits(&got, want), "%s: %s, activation %d", f->what, name, activation);
    }
    tn_set_threads(1);
}

static void biased(factors *f) {
    tn_array bias = make1(f->dtype, f->product.shape[f->product.ndim - 1]);
    fill_random(&bias);
    for (int activation = 0; activation < TN_ACTIVATIONS; activation++) {
        tn_array want = done("bias_add", f->product, &bias);
        if (activation) want = done(activations[activation], want, NULL);
        fused("matmul_bias", f, bias, activation, &want);
    }
}

static void sloped(factors *f) {
    tn_array y = make(f->dtype, f->product.ndim, f->product.shape);
    fill_random(&y);
    if (tn_size(&y) > 9) set(&y, 4, 0), set(&y, 9, NAN);
    for (int activation = 1; activation < TN_ACTIVATIONS; activation++) {
        tn_array want = done(slopes[activation], f->product, &y);
        fused("matmul_slope", f, y, activation, &want);
    }
}

static void updated(factors *f) {
    const tn_array rate = make_scalar(f->dtype, 0.3), start = make(f->dtype, f->product.ndim, f->product.shape);
    const size_t bytes = (size_t)tn_size(&start) * tn_itemsize(f->dtype);
    tn_array want = make(f->dtype, start.ndim, start.shape);
    fill_random((tn_array *)&start);
    memcpy(want.data, start.data, bytes);
    CHECK(call("sgd_update", 3, (tn_array[]){want, f->product, rate}, NULL, NULL) == TN_OK, "%s", f->what);
    for (int threads = 1; threads <= 2; threads++) {
        tn_array w = make(f->dtype, start.ndim, start.shape);
        memcpy(w.data, start.data, bytes);
        tn_set_threads(threads);
        CHECK(call("matmul_update", 4, (tn_array[]){w, f->a, f->b, rate}, f->attr, NULL) == TN_OK, "%s", f->what);
        CHECK(same_bits(&w, &want), "%s: matmul_update", f->what);
    }
    tn_set_threads(1);
}

static void product(int32_t dtype, int64_t batch, int64_t m, int64_t k, int64_t n, int ta, int tb) {
    factors f = draw(dtype, batch, m, k, n, ta, tb);
    biased(&f);
    sloped(&f);
    updated(&f);
    CHECK(guards_intact(), "%s", f.what);
    release_all();
}

static void sizes(int32_t dtype) {
    static const int64_t awkward[] = {0, 1, 2, 5, 13, 16, 33, 65};
    for (int64_t i = 0; i <= 70; i++) {
        const int64_t p = awkward[random_bits() % 8], q = awkward[random_bits() % 8];
        const int ta = random_bits() & 1, tb = random_bits() & 1;
        product(dtype, 0, i, p, q, ta, tb);
        product(dtype, 0, p, i, q, ta, tb);
        product(dtype, 0, p, q, i, ta, tb);
        product(dtype, 3, p, i, q, ta, tb);
    }
}

/* Every way, several runs of k and several tasks; one row, one column, few rows. */
static void ways(int32_t dtype) {
    static const int64_t shapes[][3] = {{130, 300, 140}, {1, 700, 300},   {300, 600, 1}, {3, 600, 530},
                                        {9, 300, 70},    {200, 257, 600}, {400, 33, 30}};
    for (int i = 0; i < 7; i++)
        for (int form = 0; form < 4; form++)
            product(dtype, 0, shapes[i][0], shapes[i][1], shapes[i][2], form & 1, form >> 1);
    product(dtype, 0, 18, 4500, 20, 0, 1); /* several rounds of k */
    product(dtype, 5, 40, 300, 1, 0, 0);
    product(dtype, 5, 40, 300, 50, 1, 1);
}

static void refused(void) {
    const tn_array a = make2(TN_FLOAT32, 4, 3), b = make2(TN_FLOAT32, 3, 5), rate = make_scalar(TN_FLOAT32, 1);
    const tn_attr attr[] = {number(0), number(0), number(9)}, fine[] = {number(0), number(0), number(1)};
    tn_array w = make2(TN_FLOAT32, 3, 3), out;
    const tn_array square = make2(TN_FLOAT32, 3, 3);
    const char *const names[] = {"matmul_bias", "matmul_slope"};
    const tn_array fit[] = {make1(TN_FLOAT32, 5), make2(TN_FLOAT32, 4, 5)};
    const tn_array misfit[] = {make1(TN_FLOAT32, 4), make2(TN_FLOAT32, 5, 4)};
    for (int i = 0; i < 2; i++) {
        CHECK(call(names[i], 3, (tn_array[]){a, b, fit[i]}, attr, &out) == TN_UNSUPPORTED, "activation 9");
        CHECK(call(names[i], 3, (tn_array[]){a, b, misfit[i]}, fine, &out) == TN_UNSUPPORTED, "%s", names[i]);
    }
    CHECK(call("matmul_slope", 3, (tn_array[]){a, b, fit[1]}, (tn_attr[]){number(0), number(0), number(0)}, &out) ==
              TN_UNSUPPORTED,
          "the slope of nothing");
    CHECK(call("matmul_update", 4, (tn_array[]){w, a, b, rate}, attr, NULL) == TN_UNSUPPORTED, "shapes");
    CHECK(call("matmul_update", 4, (tn_array[]){w, w, square, rate}, attr, NULL) == TN_UNSUPPORTED, "w is a factor");
    release_all();
}

void test_epilogue(void) {
    const int threads = tn_threads();
    for (int32_t dtype = TN_FLOAT32; dtype <= TN_FLOAT64; dtype++) {
        sizes(dtype);
        ways(dtype);
    }
    refused();
    tn_set_threads(threads);
}
