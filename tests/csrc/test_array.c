/* test_array.c: views, and the kernels that move, pick, join and convert elements. */
#include "harness.h"

static tn_array counting(int32_t dtype, int32_t ndim, const int64_t *shape) {
    tn_array a = make(dtype, ndim, shape);
    for (int64_t i = 0; i < tn_size(&a); i++) set(&a, i, dtype == TN_BOOL ? i % 3 == 0 : (double)i);
    return a;
}

static void expect(const char *what, const tn_array *a, int32_t ndim, const int64_t *shape, const double *want) {
    int same = a->ndim == ndim;
    for (int32_t i = 0; i < ndim && same; i++) same = a->shape[i] == shape[i];
    CHECK(same, "%s has the wrong shape", what);
    for (int64_t i = 0; i < tn_size(a) && same; i++)
        CHECK(get(a, i) == want[i], "%s[%d] is %g, not %g", what, (int)i, get(a, i), want[i]);
}

#define SHAPE(...)                                                                                                     \
    (int32_t)(sizeof (int64_t[]){__VA_ARGS__} / sizeof(int64_t)), (int64_t[]) { __VA_ARGS__ }
#define VALUES(...)                                                                                                    \
    (double[]) { __VA_ARGS__ }

static void views(void) {
    tn_array x = counting(TN_FLOAT32, SHAPE(2, 3)), out;
    tn_attr attr = list(SHAPE(3, 1, 2));
    CHECK(call("reshape", 1, &x, &attr, &out) == TN_OK && out.data == x.data, "reshape");
    expect("reshape", &out, SHAPE(3, 1, 2), VALUES(0, 1, 2, 3, 4, 5));
    attr = list(SHAPE(4));
    CHECK(call("reshape", 1, &x, &attr, &out) == TN_UNSUPPORTED, "reshape to another size");
    attr = list(SHAPE(1, 0));
    CHECK(call("transpose", 1, &x, &attr, &out) == TN_OK, "transpose");
    expect("transpose", &out, SHAPE(3, 2), VALUES(0, 3, 1, 4, 2, 5));
    tn_array transposed = out, copy;
    attr = list(SHAPE(6));
    CHECK(call("reshape", 1, &transposed, &attr, &out) == TN_UNSUPPORTED, "reshape of a transposed array");
    CHECK(call("copy", 1, &transposed, NULL, &copy) == TN_OK && tn_contiguous(&copy), "copy");
    expect("copy", &copy, SHAPE(3, 2), VALUES(0, 3, 1, 4, 2, 5));
    attr = list(SHAPE(2, 2, 3));
    CHECK(call("broadcast_to", 1, &x, &attr, &out) == TN_OK, "broadcast_to");
    expect("broadcast_to", &out, SHAPE(2, 2, 3), VALUES(0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5));
    attr = list(SHAPE(2, 2));
    CHECK(call("broadcast_to", 1, &x, &attr, &out) == TN_UNSUPPORTED, "broadcast_to a shape that does not fit");
    release_all();
}

/* x[1, None, ::-2] and its gradient */
static void getitem(void) {
    tn_array x = counting(TN_FLOAT32, SHAPE(2, 5)), out;
    tn_attr attr[] = {list(SHAPE(2, 5)), list(SHAPE(1, 4)), list(SHAPE(1, -2)), list(SHAPE(1, 3)), list(SHAPE(-1, 1))};
    CHECK(call("getitem", 1, &x, attr + 1, &out) == TN_OK, "getitem");
    expect("getitem", &out, SHAPE(1, 3), VALUES(9, 7, 5));
    tn_array g = counting(TN_FLOAT32, SHAPE(1, 3)), spread;
    CHECK(call("getitem_grad", 1, &g, attr, &spread) == TN_OK, "getitem_grad");
    expect("getitem_grad", &spread, SHAPE(2, 5), VALUES(0, 0, 0, 0, 0, 2, 0, 1, 0, 0));
    tn_attr empty[] = {list(SHAPE(2, 5)), list(SHAPE(0, 5)), list(SHAPE(1, 1)), list(SHAPE(2, 0)), list(SHAPE(0, 1))};
    CHECK(call("getitem", 1, &x, empty + 1, &out) == TN_OK && tn_size(&out) == 0, "nothing");
    g = make2(TN_FLOAT32, 2, 0);
    CHECK(call("getitem_grad", 1, &g, empty, &spread) == TN_OK && get(&spread, 9) == 0, "gradient of nothing");
    release_all();
}

static void gather(void) {
    for (int32_t dtype = TN_INT32; dtype <= TN_INT64; dtype++) {
        tn_array x = counting(TN_FLOAT64, SHAPE(2, 3, 2)), indices = make2(dtype, 1, 3), out;
        set(&indices, 0, 2), set(&indices, 1, 0), set(&indices, 2, 2);
        tn_attr attr[] = {number(1), list(SHAPE(2, 3, 2))};
        CHECK(call("gather", 2, (tn_array[]){x, indices}, attr, &out) == TN_OK, "gather");
        expect("gather", &out, SHAPE(2, 1, 3, 2), VALUES(4, 5, 0, 1, 4, 5, 10, 11, 6, 7, 10, 11));
        CHECK(call("gather", 2, (tn_array[]){strided_twin(&x), strided_twin(&indices)}, attr, &out) == TN_OK,
              "strided");
        expect("gather", &out, SHAPE(2, 1, 3, 2), VALUES(4, 5, 0, 1, 4, 5, 10, 11, 6, 7, 10, 11));
        tn_array back;
        CHECK(call("gather_grad", 2, (tn_array[]){out, indices}, attr, &back) == TN_OK, "gather_grad");
        expect("gather_grad", &back, SHAPE(2, 3, 2), VALUES(0, 1, 0, 0, 8, 10, 6, 7, 0, 0, 20, 22));
        set(&indices, 1, 3);
        CHECK(call("gather", 2, (tn_array[]){x, indices}, attr, &out) == TN_BAD_INDEX, "past the end");
        set(&indices, 1, -1);
        CHECK(call("gather", 2, (tn_array[]){x, indices}, attr, &out) == TN_BAD_INDEX, "negative");
        release_all();
    }
}

static void join_and_choose(void) {
    const tn_attr axis = number(1);
    tn_array a = counting(TN_INT32, SHAPE(2, 2)), b = counting(TN_INT32, SHAPE(2, 1)), out;
    tn_array nothing = make2(TN_INT32, 2, 0);
    CHECK(call("concat", 4, (tn_array[]){a, nothing, strided_twin(&b), a}, &axis, &out) == TN_OK, "concat");
    expect("concat", &out, SHAPE(2, 5), VALUES(0, 1, 0, 0, 1, 2, 3, 1, 2, 3));
    tn_array condition = make1(TN_BOOL, 2);
    set(&condition, 0, 1), set(&condition, 1, 0);
    tn_array minus = make_scalar(TN_INT32, -1);
    CHECK(call("where", 3, (tn_array[]){condition, a, minus}, NULL, &out) == TN_OK, "where");
    expect("where", &out, SHAPE(2, 2), VALUES(0, -1, 2, -1));
    release_all();
}

static void casts(void) {
    static const int32_t dtypes[] = {TN_BOOL, TN_INT32, TN_INT64, TN_FLOAT32, TN_FLOAT64};
    for (int from = 0; from < 5; from++)
        for (int to = 0; to < 5; to++) {
            tn_array x = make1(dtypes[from], 41), out;
            const tn_attr target = number(dtypes[to]);
            fill_random(&x);
            CHECK(call("cast", 1, &x, &target, &out) == TN_OK, "%d to %d", from, to);
            for (int64_t i = 0; i < 41; i++) {
                double value = get(&x, i), want = to == 0 ? value != 0 : to < 3 ? trunc(value) : value;
                if (to == 3) want = (float)want;
                CHECK(get(&out, i) == want, "%d to %d: %g became %g", from, to, value, get(&out, i));
            }
            release_all();
        }
}

static void broadcasting(void) {
    static const struct {
        int32_t m, n;
        int64_t a[3], b[3];
    } cases[] = {{2, 1, {4, 7}, {7}},     {2, 2, {4, 1}, {1, 7}},     {3, 2, {2, 3, 5}, {3, 1}},    {1, 0, {9}, {0}},
                 {2, 1, {3, 700}, {700}}, {2, 2, {5, 600}, {5, 1}},   {3, 3, {2, 1, 3}, {1, 4, 3}}, {2, 1, {0, 3}, {3}},
                 {0, 0, {0}, {0}},        {2, 2, {40, 130}, {1, 130}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int strided = 0; strided < 2; strided++) {
            tn_array in[] = {make(TN_FLOAT32, cases[i].m, cases[i].a), make(TN_FLOAT32, cases[i].n, cases[i].b)}, out;
            fill_random(&in[0]), fill_random(&in[1]);
            if (strided) in[0] = strided_twin(&in[0]), in[1] = strided_twin(&in[1]);
            CHECK(call("subtract", 2, in, NULL, &out) == TN_OK, "case %d", (int)i);
            for (int64_t at = 0; at < tn_size(&out); at++) {
                int64_t from[2] = {0, 0}, step[2] = {1, 1}, rest = at;
                for (int32_t axis = 1; axis <= out.ndim; axis++) { /* from the last */
                    const int64_t place = rest % out.shape[out.ndim - axis];
                    rest /= out.shape[out.ndim - axis];
                    for (int k = 0; k < 2; k++) {
                        if (axis > in[k].ndim) continue;
                        const int64_t length = in[k].shape[in[k].ndim - axis];
                        if (length > 1) from[k] += place * step[k];
                        step[k] *= length;
                    }
                }
                const float want = (float)get(&in[0], from[0]) - (float)get(&in[1], from[1]);
                CHECK(get(&out, at) == want, "case %d position %d", (int)i, (int)at);
            }
            release_all();
        }
    tn_array in[] = {make1(TN_FLOAT32, 3), make1(TN_FLOAT32, 4), make1(TN_FLOAT64, 3)}, out;
    CHECK(call("add", 2, in, NULL, &out) == TN_UNSUPPORTED, "shapes that do not fit");
    CHECK(call("add", 2, (tn_array[]){in[0], in[2]}, NULL, &out) == TN_UNSUPPORTED, "two dtypes");
    release_all();
}

void test_array(void) {
    views();
    getitem();
    gather();
    join_and_choose();
    casts();
    broadcasting();
}
