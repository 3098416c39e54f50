/* test_chain.c: a chain of elementwise calls has the bits of its links, one after the other, in the tier in use. */
#include "harness.h"

static tn_operand in_array(const tn_array *a) {
    return (tn_operand){.array = a, .buffer = -1, .itemsize = (int32_t)tn_itemsize(a->dtype)};
}

static tn_operand in_buffer(int number, int32_t dtype) {
    return (tn_operand){.buffer = number, .itemsize = (int32_t)tn_itemsize(dtype)};
}

static tn_array done(const char *name, int count, const tn_array *in) {
    tn_array out = {.ndim = 0};
    CHECK(call(name, count, in, NULL, &out) == TN_OK, "%s", name);
    return out;
}

static tn_link link_of(const char *name, int32_t dtype, tn_operand a, tn_operand b, tn_operand out) {
    const tn_kernel *kernel = tn_find(name);
    CHECK(kernel && kernel->row[dtype], "%s has no row of dtype %d", name, (int)dtype);
    return (tn_link){.row = kernel->row[dtype], .n_in = kernel->n_in, .in = {a, b}, .out = out};
}

static void run(int64_t n, const tn_link *links, int count, tn_operand number) {
    tn_chain chain = {.n = n, .n_links = count, .n_numbers = 1, .links = links, .numbers = {number}};
    const tn_args args = {.scratch = &chain};
    CHECK(tn_run_chain(&args) == TN_OK, "chain of %d", (int)n);
}

/* w <- tanh(x) y + k w, and the bits of x > y, with a number k that fills a buffer. */
static void several(int32_t dtype, int64_t n) {
    tn_array x = make1(dtype, n), y = make1(dtype, n), w = make1(dtype, n), k = make_scalar(dtype, 0.7), old;
    fill_random(&x), fill_random(&y), fill_random(&w);
    if (n > 5) set(&x, 3, NAN), set(&y, 4, INFINITY), set(&x, 5, -0.0);
    old = make1(dtype, n);
    memcpy(old.data, w.data, (size_t)n * tn_itemsize(dtype));
    tn_array greater = make1(TN_BOOL, n);
    tn_array product = done("multiply", 2, (tn_array[]){done("tanh", 1, &x), y});
    tn_array scaled = done("multiply", 2, (tn_array[]){k, old});
    tn_array want = done("add", 2, (tn_array[]){product, scaled}), above = done("greater", 2, (tn_array[]){x, y});

    tn_operand number = in_array(&k);
    number.buffer = 0;
    const tn_operand b1 = in_buffer(1, dtype), b2 = in_buffer(2, dtype);
    const tn_link links[] = {
        link_of("tanh", dtype, in_array(&x), (tn_operand){0}, b1),
        link_of("multiply", dtype, b1, in_array(&y), b1), /* in place in a buffer */
        link_of("multiply", dtype, in_buffer(0, dtype), in_array(&w), b2),
        link_of("greater", dtype, in_array(&x), in_array(&y), in_array(&greater)),
        link_of("add", dtype, b1, b2, in_array(&w)), /* in place in an array */
    };
    for (int threads = 1; threads <= 3; threads++) {
        tn_set_threads(threads);
        memcpy(w.data, old.data, (size_t)n * tn_itemsize(dtype));
        run(n, links, 5, number);
        CHECK(same_bits(&w, &want), "%s dtype %d, %d elements, %d threads", tn_isa(), (int)dtype, (int)n, threads);
        CHECK(same_bits(&greater, &above), "%d elements: the bits", (int)n);
        CHECK(guards_intact(), "%d elements", (int)n);
    }
    tn_set_threads(1);
    release_all();
}

/* Numbers of every size stand in a buffer as often as a piece is long. */
static void numbers(int32_t dtype, int64_t n) {
    tn_array k = make_scalar(dtype, 1), x = make1(dtype, n), out = make1(dtype, n), want;
    fill_random(&x);
    const char *name = dtype == TN_BOOL ? "logical_or" : "maximum";
    want = done(name, 2, (tn_array[]){x, k});
    tn_operand number = in_array(&k);
    number.buffer = 3;
    const tn_link links[] = {link_of(name, dtype, in_array(&x), in_buffer(3, dtype), in_array(&out))};
    run(n, links, 1, number);
    CHECK(same_bits(&out, &want) && guards_intact(), "%s of dtype %d, %d elements", name, (int)dtype, (int)n);
    release_all();
}

void test_chain(void) {
    const int threads = tn_threads();
    for (int32_t dtype = TN_FLOAT32; dtype <= TN_FLOAT64; dtype++) {
        for (int64_t n = 0; n <= 70; n++) several(dtype, n);
        for (int64_t n = 1022; n <= 1026; n++) several(dtype, n);
        several(dtype, 32769), several(dtype, 100001);
    }
    tn_set_threads(2);
    static const int64_t lengths[] = {0, 1, 5, 1023, 1025, 2048, 70001};
    static const int32_t dtypes[] = {TN_BOOL, TN_INT32, TN_INT64, TN_FLOAT32, TN_FLOAT64};
    for (int d = 0; d < 5; d++)
        for (int i = 0; i < 7; i++) numbers(dtypes[d], lengths[i]);
    tn_set_threads(threads);
}
