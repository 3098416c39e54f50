/* accuracy.c: how far exp, log, tanh and friends are from the true value, in units in the last place.
 *
 *     accuracy [step]      float32: every step-th of the 2^32 floats (default 1009), against double
 *                          float64: 2^32 / step / 8 points of every magnitude, against long double */
#include "../../csrc/tinynn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4096 };

static long double sigmoid(long double x) { return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)); }
static long double softplus(long double x) { return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x))); }
static double sigmoid_double(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }
static double softplus_double(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }

static const struct function {
    const char *name;
    double (*true_double)(double);
    long double (*true_long)(long double);
    double limit;
} functions[] = {
    {"exp", exp, expl, 2},       {"expm1", expm1, expm1l, 2},
    {"log", log, logl, 2},       {"log1p", log1p, log1pl, 2},
    {"tanh", tanh, tanhl, 2},    {"sigmoid", sigmoid_double, sigmoid, 2},
    {"sqrt", sqrt, sqrtl, 0.51}, {"softplus", softplus_double, softplus, 2},
};

/* The distance of `got` from `want` in units in the last place of a type with so many mantissa bits. */
static double distance(long double got, long double want, int mantissa, int low_exponent, long double largest) {
    if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0 : INFINITY;
    if (fabsl(want) >= largest && isinf(got)) return (got > 0) == (want > 0) ? 0 : INFINITY;
    if (isinf(got)) return fabsl(want) > largest * (1 - ldexpl(1, -mantissa)) ? 1 : INFINITY;
    if (isinf(want)) return INFINITY;
    if (want == 0 && got == 0) return signbit(got) == signbit(want) ? 0 : INFINITY;
    int exponent = want == 0 ? low_exponent : ilogbl(want);
    if (exponent < low_exponent) exponent = low_exponent;
    return (double)(fabsl(got - want) / ldexpl(1, exponent - mantissa));
}

static void run(const char *name, int32_t dtype, const void *x, void *y) {
    tn_array in = {(void *)x, dtype, 1, {CHUNK}, {1}}, out = {y, dtype, 1, {CHUNK}, {1}};
    const tn_array *ins[] = {&in};
    tn_array *outs[] = {&out};
    tn_args args = {ins, outs, NULL, 1, 1, NULL};
    tn_find(name)->run[dtype](&args);
}

static double worst_float32(const struct function *f, uint64_t step, float *at) {
    static float x[CHUNK], y[CHUNK];
    double worst = 0;
    for (uint64_t start = 0; start < 1ull << 32; start += step * CHUNK) {
        for (int i = 0; i < CHUNK; i++) {
            uint32_t bits = (uint32_t)(start + step * i);
            memcpy(&x[i], &bits, sizeof bits);
        }
        run(f->name, TN_FLOAT32, x, y);
        for (int i = 0; i < CHUNK; i++) {
            double d = distance(y[i], f->true_double(x[i]), 23, -126, 3.4028235677973366e38L);
            if (d > worst) worst = d, *at = x[i];
        }
    }
    return worst;
}

static double worst_float64(const struct function *f, uint64_t count, double *at) {
    static double x[CHUNK], y[CHUNK];
    uint64_t state = 1;
    double worst = 0;
    for (uint64_t done = 0; done < count; done += CHUNK) {
        for (int i = 0; i < CHUNK; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            uint64_t bits = state ^ state >> 29;
            double unit = (double)(bits >> 11) * 0x1p-53;
            switch (i % 4) { /* every bit pattern; the range of exp; around 0; around 1 */
            case 0:
                memcpy(&x[i], &bits, sizeof bits);
                break;
            case 1:
                x[i] = 1500 * unit - 750;
                break;
            case 2:
                x[i] = 4 * unit - 2;
                break;
            default:
                x[i] = ldexp(1 + unit, (int)(bits % 16) - 8);
                break;
            }
        }
        run(f->name, TN_FLOAT64, x, y);
        for (int i = 0; i < CHUNK; i++) {
            double d = distance(y[i], f->true_long(x[i]), 52, -1022, 0x1.fffffffffffff8p1023L);
            if (d > worst) worst = d, *at = x[i];
        }
    }
    return worst;
}

int main(int count, char **arguments) {
    uint64_t step = count > 1 ? strtoull(arguments[1], NULL, 10) : 1009;
    int failed = 0;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const struct function *f = &functions[i];
        if (count > 2 && strcmp(arguments[2], f->name)) continue;
        float at32 = 0;
        double at64 = 0, worst32 = worst_float32(f, step ? step : 1, &at32);
        double worst64 = worst_float64(f, (1ull << 29) / (step ? step : 1), &at64);
        printf("%-9s float32 %.3f ulp at %-14.9g float64 %.3f ulp at %.17g\n", f->name, worst32, at32, worst64, at64);
        failed |= worst32 > f->limit || worst64 > f->limit;
    }
    if (failed) printf("FAILED: beyond the limit\n");
    return failed;
}
