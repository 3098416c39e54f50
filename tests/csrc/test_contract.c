/* test_contract.c: what holds for every kernel of the registry, whoever wrote it.
 *
 * At lengths 0 to 70, and at one long enough for threads: no byte outside the outputs is touched, no input changes
 * (both checked by call), and the same bits come out for any number of threads and any strides; for any tier too, but
 * for what rounds once where a tier has FMA and twice elsewhere, which comes out the same within a few units. */
#include "../../csrc/infer.h"
#include "harness.h"

typedef struct recipe {
    tn_array in[7];
    tn_attr attr[5];
    int32_t n_in;
    int layouts_differ; /* sums whose order follows strides and the width of a vector */
} recipe;

/* The kernels that call exp, tanh and friends of vmath.h. */
static int has_fma(const tn_kernel *k) {
    static const char *const names[] = {"exp",
                                        "expm1",
                                        "log",
                                        "log1p",
                                        "tanh",
                                        "sigmoid",
                                        "softplus",
                                        "elu",
                                        "selu",
                                        "silu",
                                        "gelu_tanh",
                                        "mish",
                                        "softplus_grad",
                                        "silu_grad",
                                        "mish_grad",
                                        "gelu_erf_grad",
                                        "gelu_tanh_grad",
                                        "softmax",
                                        "log_softmax",
                                        "softmax_grad",
                                        "log_softmax_grad",
                                        "softmax_cross_entropy",
                                        "softmax_cross_entropy_grad",
                                        "sparse_softmax_cross_entropy",
                                        "sparse_softmax_cross_entropy_grad",
                                        "sigmoid_cross_entropy",
                                        "sigmoid_cross_entropy_grad",
                                        "reduce_logsumexp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(k->name, names[i])) return 1;
    return 0;
}

/* Equal within 8 units in the last place of 1, or of the element where that is larger. */
static int nearly_same(const tn_array *a, const tn_array *b) {
    const double unit = a->dtype == TN_FLOAT32 ? 0x1p-23 : 0x1p-52;
    for (int64_t i = 0; i < tn_size(a); i++) {
        const double x = get(a, i), y = get(b, i);
        if (!(fabs(x - y) <= 8 * unit * fmax(1, fabs(x))) && !(x != x && y != y)) return 0;
    }
    return 1;
}

static void add_input(recipe *r, tn_array a) {
    fill_random(&a);
    r->in[r->n_in++] = a;
}

static void updates(recipe *r, const tn_kernel *k, int32_t dtype, int64_t n) {
    const int stepped = k->n_in >= 6;
    for (int i = 0; i < k->n_in - 1 - stepped; i++) add_input(r, make1(dtype, n));
    for (int64_t i = 0; k->n_in > 3 && i < n; i++) /* the second moments are positive */
        for (int j = 1; j < k->n_in - 2 - stepped; j++) set(&r->in[j], i, fabs(get(&r->in[j], i)));
    r->in[r->n_in++] = make_scalar(dtype, 0.1);
    if (stepped) r->in[r->n_in++] = make_scalar(TN_INT64, 5);
    for (int i = 0; i < 5; i++) r->attr[i] = number(0.5);
}

static void picks(recipe *r, int32_t dtype, int64_t n) {
    add_input(r, make2(dtype, n, 3));
    r->in[r->n_in++] = make1(TN_INT32, n);
    for (int64_t i = 0; i < n; i++) set(&r->in[1], i, (double)(i * 5 % n));
    r->attr[0] = number(0);
    r->attr[1] = list(2, (int64_t[]){n, 3});
}

static void products(recipe *r, int32_t dtype, int64_t n) {
    add_input(r, make2(dtype, 7, n)), add_input(r, make2(dtype, n, 11));
    r->attr[0] = r->attr[1] = number(0);
    r->layouts_differ = 1;
}

static void add_shaped(recipe *r, int32_t dtype, int32_t ndim, const int64_t *shape) {
    add_input(r, make(dtype, ndim, shape));
}

/* Windows of 3 by 2 over 4 by 3 places, n in a batch; convolutions of 2 channels by 5 filters. */
static int windows(recipe *r, const tn_kernel *k, int32_t dtype, int64_t n) {
    const int64_t x[] = {n, 4, 3, 2}, dy[] = {n, 2, 2, 2}, columns[] = {n, 2, 2, 3, 2, 2};
    const int64_t kernel[] = {3, 2, 2, 5}, y[] = {n, 2, 2, 5};
    const tn_attr size = list(2, (int64_t[]){3, 2}), ones = list(2, (int64_t[]){1, 1});
    const tn_attr extents = list(2, (int64_t[]){4, 3});
    r->attr[0] = k->infer == infer_col2im ? extents : size;
    r->attr[1] = r->attr[2] = ones;
    if (k->infer == infer_im2col || k->infer == infer_window_max) {
        add_shaped(r, dtype, 4, x);
    } else if (k->infer == infer_col2im) {
        add_shaped(r, dtype, 6, columns);
    } else if (k->infer == infer_pick_largest) {
        add_shaped(r, dtype, 4, x), add_shaped(r, dtype, 4, x);
    } else if (k->infer == infer_window_max_grad) {
        add_shaped(r, dtype, 4, dy), add_shaped(r, dtype, 4, x);
    } else if (k->infer == infer_convolve || k->infer == infer_convolve_bias) {
        add_shaped(r, dtype, 4, x), add_shaped(r, dtype, 4, kernel), r->attr[0] = ones;
        if (k->n_in == 3) add_input(r, make1(dtype, 5)), r->attr[2] = number(3);
        r->layouts_differ = 1;
    } else if (k->infer == infer_convolve_input_grad) {
        add_shaped(r, dtype, 4, y), add_shaped(r, dtype, 4, kernel), r->attr[0] = ones, r->attr[1] = number(1);
        r->layouts_differ = 1;
    } else if (k->infer == infer_convolve_kernel_grad) {
        add_shaped(r, dtype, 4, x), add_shaped(r, dtype, 4, y), r->attr[3] = number(1);
        r->layouts_differ = 1;
    } else {
        return 0;
    }
    return 1;
}

/* Inputs of n elements (or rows of n) that the kernel takes; 0 where this test does not know it. */
static int prepare(recipe *r, const tn_kernel *k, int32_t dtype, int64_t n) {
    *r = (recipe){.n_in = 0};
    r->attr[0] = number(0.5);
    if (k->infer == infer_elementwise || k->infer == infer_compare || k->infer == infer_assign) {
        for (int i = 0; i < k->n_in; i++) add_input(r, make1(dtype, n));
    } else if (k->infer == infer_where) {
        add_input(r, make1(TN_BOOL, n)), add_input(r, make1(dtype, n)), add_input(r, make1(dtype, n));
    } else if (k->infer == infer_cast) {
        add_input(r, make1(dtype, n)), r->attr[0] = number(TN_FLOAT32);
    } else if (k->infer == infer_bias_add) {
        add_input(r, make2(dtype, 3, n)), add_input(r, make1(dtype, n));
    } else if (k->infer == infer_concat) {
        add_input(r, make2(dtype, n, 2)), add_input(r, make2(dtype, n, 3)), r->attr[0] = number(1);
    } else if (k->infer == infer_gather || k->infer == infer_gather_grad) {
        picks(r, dtype, n);
    } else if (k->infer == infer_getitem_grad) {
        add_input(r, make1(dtype, n));
        const int64_t items[][1] = {{2 * n + 1}, {1}, {2}, {n}, {0}};
        for (int i = 0; i < 5; i++) r->attr[i] = list(1, items[i]);
    } else if (k->infer == infer_reduce || k->infer == infer_reduce_some) {
        add_input(r, make2(dtype, 3, n)), r->attr[0] = list(1, (int64_t[]){1}), r->attr[1] = number(0);
    } else if (k->infer == infer_argmax || k->infer == infer_softmax || k->infer == infer_softmax_grad) {
        for (int i = 0; i < k->n_in; i++) add_input(r, make2(dtype, 3, n));
        r->attr[0] = number(1);
    } else if (k->infer == infer_cross_entropy || k->infer == infer_cross_entropy_grad) {
        if (k->n_in == 3) add_input(r, make1(dtype, n));
        add_input(r, make2(dtype, n, 10)), add_input(r, make2(dtype, n, 10));
        tn_array *labels = &r->in[r->n_in - 2]; /* shares of a whole, so that their terms do not cancel */
        for (int64_t i = 0; i < 10 * n; i++) set(labels, i, fabs(get(labels, i)) / 15);
    } else if (k->infer == infer_sparse_cross_entropy || k->infer == infer_sparse_cross_entropy_grad) {
        if (k->n_in == 3) add_input(r, make1(dtype, n));
        tn_array labels = make1(TN_INT64, n);
        for (int64_t i = 0; i < n; i++) set(&labels, i, (double)(i % 10));
        r->in[r->n_in++] = labels;
        add_input(r, make2(dtype, n, 10));
    } else if (k->infer == infer_bias_add_grad) {
        add_input(r, make2(dtype, n, 10));
    } else if (k->infer == infer_update) {
        updates(r, k, dtype, n);
    } else if (k->infer == infer_random) {
        add_input(r, make1(dtype, 2));
        r->attr[0] = list(1, (int64_t[]){n});
        r->attr[1] = number(strcmp(k->name, "random_bits") ? TN_FLOAT32 : TN_UINT32);
    } else if (k->infer == infer_matmul) {
        products(r, dtype, n);
    } else if (k->infer == infer_matmul_bias || k->infer == infer_matmul_slope) {
        products(r, dtype, n);
        add_input(r, k->infer == infer_matmul_bias ? make1(dtype, 11) : make2(dtype, 7, 11));
        r->attr[2] = number(3);
    } else if (k->infer == infer_matmul_update) {
        add_input(r, make2(dtype, 7, 11));
        products(r, dtype, n);
        r->in[r->n_in++] = make_scalar(dtype, 0.1);
    } else {
        return windows(r, k, dtype, n);
    }
    return 1;
}

/* What a call leaves behind: its output, or a copy of the input it writes. */
static tn_status outcome(const tn_kernel *k, recipe r, tn_array *out) {
    if (k->n_out) return call(k->name, r.n_in, r.in, r.attr, out);
    *out = make(r.in[0].dtype, r.in[0].ndim, r.in[0].shape);
    const size_t bytes = (size_t)tn_size(out) * tn_itemsize(out->dtype);
    tn_array written[7];
    for (int i = 0; i < r.n_in; i++) { /* so that every call starts from the same state */
        if (!(k->writes >> i & 1)) continue;
        written[i] = make(r.in[i].dtype, r.in[i].ndim, r.in[i].shape);
        memcpy(written[i].data, r.in[i].data, bytes);
        r.in[i] = written[i];
    }
    tn_status status = call(k->name, r.n_in, r.in, r.attr, NULL);
    *out = r.in[0];
    return status;
}

static void compare(const char *what, const tn_kernel *k, int32_t dtype, int64_t n, const recipe *r,
                    const tn_array *want, int (*same)(const tn_array *, const tn_array *)) {
    tn_array got;
    tn_status status = outcome(k, *r, &got);
    CHECK(status == TN_OK && same(want, &got), "%s dtype %d length %d: %s changes the result", k->name, (int)dtype,
          (int)n, what);
}

static void contract(const tn_kernel *k, int32_t dtype, int64_t n) {
    recipe r;
    tn_array want;
    tn_set_threads(1);
    if (!prepare(&r, k, dtype, n)) {
        CHECK(n != 1, "add a recipe for %s", k->name); /* told once */
        return;
    }
    if (outcome(k, r, &want) != TN_OK) {
        CHECK(n == 0, "%s refuses dtype %d length %d", k->name, (int)dtype, (int)n);
        release_all();
        return;
    }
    if (k->n_out) {
        recipe strided = r;
        for (int i = 0; i < r.n_in; i++) strided.in[i] = strided_twin(&r.in[i]);
        if (!r.layouts_differ) compare("a strided input", k, dtype, n, &strided, &want, same_bits);
    }
    for (int threads = 2; threads <= 4 && n > 70; threads *= 2) { /* shorter ones stay on one thread */
        tn_set_threads(threads);
        compare("the number of threads", k, dtype, n, &r, &want, same_bits);
    }
    tn_set_threads(1);
    if (!r.layouts_differ && n < 1000) {
        const char *tier = tn_isa();
        tn_set_isa("baseline");
        compare("the tier", k, dtype, n, &r, &want, has_fma(k) ? nearly_same : same_bits);
        tn_set_isa(tier);
    }
    release_all();
}

void test_contract(void) {
    const int threads = tn_threads();
    for (int tier = 0; tn_isa_at(tier); tier++) {
        tn_set_isa(tn_isa_at(tier));
        for (int i = 0; tn_kernel_at(i); i++)
            for (int32_t dtype = 0; dtype < TN_DTYPES; dtype++) {
                const tn_kernel *k = tn_kernel_at(i);
                if (!k->run[dtype]) continue;
                for (int64_t n = 0; n <= 70; n++) contract(k, dtype, n);
                contract(k, dtype, 33001);
            }
        printf("%-9s contract checked, %d failures so far\n", tn_isa(), failures);
    }
    tn_set_threads(threads);
}
