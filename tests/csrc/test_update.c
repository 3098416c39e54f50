/* test_update.c: assignment and the optimizers, against their formulas in float64. */
#include "harness.h"

enum { N = 133 };

static tn_array filled(int32_t dtype, double low) {
    tn_array a = make1(dtype, N);
    for (int64_t i = 0; i < N; i++) set(&a, i, low + 2 * random_unit());
    return a;
}

static void near(const char *name, const tn_array *a, const double *want) {
    const double tolerance = a->dtype == TN_FLOAT32 ? 1e-6 : 1e-14;
    for (int64_t i = 0; i < N; i++)
        CHECK(fabs(get(a, i) - want[i]) <= tolerance * (1 + fabs(want[i])), "%s: %.17g, not %.17g", name, get(a, i),
              want[i]);
}

static void run(const char *name, int32_t inputs, const tn_array *in, const tn_attr *attr) {
    CHECK(call(name, inputs, in, attr, NULL) == TN_OK, "%s", name);
}

static void optimizers(int32_t dtype) {
    const tn_array rate = make_scalar(dtype, 0.25), step = make_scalar(TN_INT64, 3);
    for (int kind = 0; kind < 6; kind++) {
        tn_array w = filled(dtype, -1), m = filled(dtype, -1), v = filled(dtype, 0.5), g = filled(dtype, -1);
        double want_w[N], want_m[N], want_v[N];
        for (int i = 0; i < N; i++) {
            double a = get(&m, i), b = get(&v, i), x = get(&g, i), y = get(&w, i);
            const double alpha = 0.25 * sqrt(1 - pow(0.5, 3)) / (1 - pow(0.75, 3));
            switch (kind) {
            case 0:
                y -= 0.25 * x;
                break;
            case 1:
                a = 0.5 * a - 0.25 * x, y += a;
                break;
            case 2:
                a = 0.5 * a - 0.25 * x, y += 0.5 * a - 0.25 * x;
                break;
            case 3:
                b = 0.75 * b + 0.25 * x * x, y -= 0.25 * x / sqrt(b + 0.125);
                break;
            case 4:
                a += (x - a) * 0.25, b += (x * x - b) * 0.5, y -= alpha * a / (sqrt(b) + 0.125);
                break;
            default:
                b += x * x, y -= 0.25 * x / sqrt(b + 0.125);
                break;
            }
            want_w[i] = y, want_m[i] = a, want_v[i] = b;
        }
        const tn_attr momentum[] = {number(0.5), number(kind == 2)}, rms[] = {number(0.75), number(0.125)};
        const tn_attr adam[] = {number(0.75), number(0.5), number(0.125)};
        switch (kind) {
        case 0:
            run("sgd_update", 3, (tn_array[]){w, g, rate}, NULL);
            break;
        case 1:
        case 2:
            run("momentum_update", 4, (tn_array[]){w, m, g, rate}, momentum);
            break;
        case 3:
            run("rmsprop_update", 4, (tn_array[]){w, v, g, rate}, rms);
            break;
        case 4:
            run("adam_update", 6, (tn_array[]){w, m, v, g, rate, step}, adam);
            break;
        default:
            run("adagrad_update", 4, (tn_array[]){w, v, g, rate}, &rms[1]);
            break;
        }
        near("w", &w, want_w), near("m", &m, want_m), near("v", &v, want_v);
    }
    release_all();
}

void test_update(void) {
    for (int32_t dtype = TN_FLOAT32; dtype <= TN_FLOAT64; dtype++) {
        optimizers(dtype);
        tn_array v = filled(dtype, 0), value = filled(dtype, 0);
        double sum[N], same[N];
        for (int i = 0; i < N; i++) sum[i] = get(&v, i) + get(&value, i), same[i] = get(&value, i);
        run("assign_add", 2, (tn_array[]){v, value}, NULL);
        near("assign_add", &v, sum);
        run("assign", 2, (tn_array[]){v, value}, NULL);
        near("assign", &v, same);
        run("assign_sub", 2, (tn_array[]){v, value}, NULL);
        for (int i = 0; i < N; i++) same[i] = 0;
        near("assign_sub", &v, same);
        tn_array out, short_one = make1(dtype, N - 1);
        CHECK(call("assign", 2, (tn_array[]){v, short_one}, NULL, &out) == TN_UNSUPPORTED, "another shape");
        release_all();
    }
}
