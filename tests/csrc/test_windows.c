/* test_windows.c: pooling and convolutions against loops over every window, in double. */
#include "harness.h"

typedef struct shape {
    int64_t batch, extents[2], channels, size[2], stride[2], dilation[2], groups, filters;
} shape;

static const shape shapes[] = {
    {2, {5, 4}, 1, {3, 3}, {1, 1}, {1, 1}, 1, 3},      /* one channel */
    {3, {7, 30}, 3, {3, 2}, {2, 1}, {1, 1}, 1, 33},    /* several tiles of a row, a panel and one filter more */
    {1, {9, 6}, 5, {2, 3}, {1, 2}, {2, 1}, 1, 70},     /* gaps between rows */
    {2, {5, 9}, 4, {1, 3}, {1, 1}, {1, 3}, 1, 16},     /* gaps in a row: a window of three runs */
    {2, {6, 6}, 6, {2, 2}, {1, 1}, {1, 1}, 3, 9},      /* groups */
    {40, {14, 14}, 32, {3, 3}, {1, 1}, {1, 1}, 1, 64}, /* work for threads */
    {70, {16, 15}, 1, {5, 5}, {1, 1}, {1, 1}, 1, 8},   /* few tasks: the batch is cut into blocks */
    {0, {5, 4}, 2, {2, 2}, {1, 1}, {1, 1}, 1, 3},
};

static int64_t number_of(const shape *s, int i) {
    return (s->extents[i] - s->dilation[i] * (s->size[i] - 1) - 1) / s->stride[i] + 1;
}

enum { FORWARDS, TO_INPUT, TO_KERNEL };

/* Adds every product of a convolution to result[], double: y of x and kernel, dx of y and kernel, or dk of x and y. */
static void looped(const shape *s, int which, const tn_array *x, const tn_array *kernel, const tn_array *y,
                   double *result) {
    const int64_t depth = s->channels / s->groups, wide = s->filters / s->groups;
    const int64_t m = number_of(s, 0), n = number_of(s, 1);
    for (int64_t b = 0; b < s->batch; b++)
        for (int64_t i = 0; i < m * n; i++)
            for (int64_t p = 0; p < s->size[0] * s->size[1]; p++) {
                const int64_t row = i / n * s->stride[0] + p / s->size[1] * s->dilation[0];
                const int64_t column = i % n * s->stride[1] + p % s->size[1] * s->dilation[1];
                for (int64_t f = 0; f < s->filters; f++)
                    for (int64_t c = 0; c < depth; c++) {
                        const int64_t channel = f / wide * depth + c;
                        const int64_t pixel = (b * s->extents[0] + row) * s->extents[1] + column;
                        const int64_t at_x = pixel * s->channels + channel;
                        const int64_t at_k = (p * depth + c) * s->filters + f, at_y = (b * m * n + i) * s->filters + f;
                        if (which == FORWARDS) result[at_y] += get(x, at_x) * get(kernel, at_k);
                        if (which == TO_INPUT) result[at_x] += get(y, at_y) * get(kernel, at_k);
                        if (which == TO_KERNEL) result[at_k] += get(x, at_x) * get(y, at_y);
                    }
            }
}

static void expect(const char *what, int at, const tn_array *got, const double *want, double terms) {
    const double unit = got->dtype == TN_FLOAT32 ? 0x1p-23 : 0x1p-52;
    for (int64_t i = 0; i < tn_size(got); i++)
        if (!(fabs(get(got, i) - want[i]) <= 9 * terms * unit)) { /* 9: the largest product */
            CHECK(0, "%s of shape %d: element %d is %g, not %g", what, at, (int)i, get(got, i), want[i]);
            return;
        }
}

static void convolution(int at, int32_t dtype) {
    const shape *s = &shapes[at];
    const int64_t m = number_of(s, 0), n = number_of(s, 1), places = s->size[0] * s->size[1];
    const int64_t of_x[] = {s->batch, s->extents[0], s->extents[1], s->channels};
    const int64_t of_kernel[] = {s->size[0], s->size[1], s->channels / s->groups, s->filters};
    const int64_t of_y[] = {s->batch, m, n, s->filters};
    const tn_attr size = list(2, s->size), stride = list(2, s->stride), dilation = list(2, s->dilation);
    const tn_attr groups = number((double)s->groups);
    tn_array x = make(dtype, 4, of_x), kernel = make(dtype, 4, of_kernel), y = make(dtype, 4, of_y), out, again;
    fill_random(&x), fill_random(&kernel), fill_random(&y);
    double *want = calloc((size_t)(tn_size(&x) + tn_size(&kernel) + tn_size(&y)), sizeof(double));

    looped(s, FORWARDS, &x, &kernel, &y, want);
    CHECK(call("convolve", 2, (tn_array[]){x, kernel}, (tn_attr[]){stride, dilation}, &out) == TN_OK, "%d", at);
    expect("convolution", at, &out, want, (double)(places * s->channels));
    CHECK(call("convolve", 2, (tn_array[]){strided_twin(&x), strided_twin(&kernel)}, (tn_attr[]){stride, dilation},
               &again) == TN_OK &&
              same_bits(&out, &again),
          "strides change shape %d", at);
    tn_array bias = make1(dtype, s->filters);
    fill_random(&bias);
    for (int64_t i = 0; i < tn_size(&out); i++) want[i] = fmax(0, want[i] + get(&bias, i % s->filters));
    CHECK(call("convolve_bias", 3, (tn_array[]){x, kernel, bias}, (tn_attr[]){stride, dilation, number(1)}, &out) ==
              TN_OK,
          "%d", at);
    expect("convolve_bias", at, &out, want, (double)(places * s->channels));

    memset(want, 0, (size_t)tn_size(&kernel) * sizeof *want);
    looped(s, TO_KERNEL, &x, &kernel, &y, want);
    CHECK(call("convolve_kernel_grad", 2, (tn_array[]){x, y}, (tn_attr[]){size, stride, dilation, groups}, &out) ==
              TN_OK,
          "%d", at);
    expect("convolve_kernel_grad", at, &out, want, (double)(m * n * s->batch));

    if (s->stride[0] == 1 && s->stride[1] == 1) {
        memset(want, 0, (size_t)tn_size(&x) * sizeof *want);
        looped(s, TO_INPUT, &x, &kernel, &y, want);
        CHECK(call("convolve_input_grad", 2, (tn_array[]){y, kernel}, (tn_attr[]){dilation, groups}, &out) == TN_OK,
              "%d", at);
        expect("convolve_input_grad", at, &out, want, (double)(places * s->filters));
    }
    free(want);
    release_all();
}

/* The same bits for any number of threads, also where the batch is cut. */
static void threads(int at) {
    const shape *s = &shapes[at];
    const int64_t of_x[] = {s->batch, s->extents[0], s->extents[1], s->channels};
    const int64_t of_kernel[] = {s->size[0], s->size[1], s->channels, s->filters};
    const tn_attr size = list(2, s->size), ones = list(2, s->stride);
    tn_array x = make(TN_FLOAT32, 4, of_x), kernel = make(TN_FLOAT32, 4, of_kernel), y, dx, dk, again[3];
    fill_random(&x), fill_random(&kernel);
    const int before = tn_threads();
    tn_set_threads(1);
    call("convolve", 2, (tn_array[]){x, kernel}, (tn_attr[]){ones, ones}, &y);
    call("convolve_input_grad", 2, (tn_array[]){y, kernel}, (tn_attr[]){ones, number(1)}, &dx);
    call("convolve_kernel_grad", 2, (tn_array[]){x, y}, (tn_attr[]){size, ones, ones, number(1)}, &dk);
    tn_set_threads(3);
    call("convolve", 2, (tn_array[]){x, kernel}, (tn_attr[]){ones, ones}, &again[0]);
    call("convolve_input_grad", 2, (tn_array[]){y, kernel}, (tn_attr[]){ones, number(1)}, &again[1]);
    call("convolve_kernel_grad", 2, (tn_array[]){x, y}, (tn_attr[]){size, ones, ones, number(1)}, &again[2]);
    CHECK(same_bits(&y, &again[0]) && same_bits(&dx, &again[1]) && same_bits(&dk, &again[2]), "shape %d", at);
    tn_set_threads(before);
    release_all();
}

/* x[1, 5, 19], windows of 2 by 3 places with stride (1, 2): the first of equal numbers counts, and a NaN is largest. */
static void pooling(int32_t dtype) {
    enum { ROWS = 5, COLUMNS = 4, CHANNELS = 19 };
    const int64_t shape[] = {1, ROWS, COLUMNS, CHANNELS}, of_y[] = {1, ROWS - 1, 1, CHANNELS};
    const tn_attr attr[] = {list(2, (int64_t[]){2, 3}), list(2, (int64_t[]){1, 2})};
    tn_array x = make(dtype, 4, shape), values = make(dtype, 4, shape), dy = make(dtype, 4, of_y), y, picked, dx;
    fill_random(&values), fill_random(&dy);
    for (int64_t i = 0; i < tn_size(&x); i++) set(&x, i, (double)(i * 7 % 5));
    set(&x, 3, NAN);
    CHECK(call("window_max", 1, &x, attr, &y) == TN_OK, "window_max");
    CHECK(call("pick_largest", 2, (tn_array[]){values, x}, attr, &picked) == TN_OK, "pick_largest");
    CHECK(call("window_max_grad", 2, (tn_array[]){dy, x}, attr, &dx) == TN_OK, "window_max_grad");
    double back[ROWS * COLUMNS * CHANNELS] = {0};
    for (int64_t row = 0; row < ROWS - 1; row++)
        for (int64_t c = 0; c < CHANNELS; c++) {
            int64_t best = -1;
            for (int64_t p = 0; p < 6; p++) {
                const int64_t at = ((row + p / 3) * COLUMNS + p % 3) * CHANNELS + c;
                const double v = get(&x, at), top = best < 0 ? -1 : get(&x, best);
                if (top == top && !(v <= top)) best = at;
            }
            const int64_t at = row * CHANNELS + c;
            back[best] += get(&dy, at);
            CHECK(get(&picked, at) == get(&values, best), "place of row %d, channel %d", (int)row, (int)c);
            CHECK(get(&y, at) == get(&x, best) || isnan(get(&x, best)), "the largest of row %d", (int)row);
            CHECK(isnan(get(&y, at)) == (row == 0 && c == 3), "NaN in row %d, channel %d", (int)row, (int)c);
        }
    expect("window_max_grad", 0, &dx, back, 4);
    const tn_attr large[] = {list(2, (int64_t[]){6, 1}), list(2, (int64_t[]){1, 1})};
    CHECK(call("window_max", 1, &x, large, &y) == TN_UNSUPPORTED, "a window larger than x");
    release_all();
}

void test_windows(void) {
    for (int at = 0; at < (int)(sizeof shapes / sizeof *shapes); at++)
        convolution(at, TN_FLOAT32), convolution(at, TN_FLOAT64);
    threads(5);
    threads(6);
    pooling(TN_FLOAT32);
    pooling(TN_FLOAT64);
}
