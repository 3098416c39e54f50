/* test_elementwise.c: the value of every elementwise kernel, against the C library in float64 or another formula. */
#include "harness.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double normal(double x) { return 0.5 * (1 + erf(x / sqrt(2))); }
static double softplus(double x) { return log(1 + exp(x)); }
static double gelu_tanh(double x) { return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x))); }
static double gelu_erf(double x) { return x * normal(x); }
static double silu(double x) { return x / (1 + exp(-x)); }
static double mish(double x) { return x * tanh(softplus(x)); }
static double slope(double (*f)(double), double x) { return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5; }
static double selu(double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (exp(x) - 1)); }

/* name, inputs, value at x, y, z with the attribute a = 0.3 */
/* clang-format off */
#define CASES(CASE) \
    CASE(negative, 1, -x) \
    CASE(abs, 1, fabs(x)) \
    CASE(square, 1, x * x) \
    CASE(sign, 1, (x > 0) - (x < 0)) \
    CASE(floor, 1, floor(x)) \
    CASE(ceil, 1, ceil(x)) \
    CASE(rint, 1, nearbyint(x)) \
    CASE(reciprocal, 1, pow(x, -1)) \
    CASE(sqrt, 1, pow(x, 0.5)) \
    CASE(rsqrt, 1, pow(x, -0.5)) \
    CASE(exp, 1, exp(x)) \
    CASE(expm1, 1, expm1(x)) \
    CASE(log, 1, log(x)) \
    CASE(log1p, 1, log1p(x)) \
    CASE(sin, 1, sin(x)) \
    CASE(cos, 1, cos(x)) \
    CASE(tan, 1, tan(x)) \
    CASE(asin, 1, asin(x)) \
    CASE(acos, 1, acos(x)) \
    CASE(atan, 1, atan(x)) \
    CASE(sinh, 1, sinh(x)) \
    CASE(cosh, 1, cosh(x)) \
    CASE(tanh, 1, tanh(x)) \
    CASE(asinh, 1, asinh(x)) \
    CASE(acosh, 1, acosh(x)) \
    CASE(atanh, 1, atanh(x)) \
    CASE(erf, 1, erf(x)) \
    CASE(erfc, 1, erfc(x)) \
    CASE(sigmoid, 1, sigmoid(x)) \
    CASE(softplus, 1, softplus(x)) \
    CASE(softsign, 1, x / (1 + fabs(x))) \
    CASE(relu, 1, fmax(x, 0)) \
    CASE(relu6, 1, fmin(fmax(x, 0), 6)) \
    CASE(leaky_relu, 1, fmax(x, a * x)) \
    CASE(elu, 1, x > 0 ? x : a * (exp(x) - 1)) \
    CASE(selu, 1, selu(x)) \
    CASE(silu, 1, silu(x)) \
    CASE(gelu_tanh, 1, gelu_tanh(x)) \
    CASE(gelu_erf, 1, gelu_erf(x)) \
    CASE(mish, 1, mish(x)) \
    CASE(hard_sigmoid, 1, fmin(fmax(x + 3, 0), 6) / 6) \
    CASE(sigmoid_grad, 2, x * y * (1 - y)) \
    CASE(tanh_grad, 2, x * (1 - y * y)) \
    CASE(softplus_grad, 2, x * sigmoid(y)) \
    CASE(softsign_grad, 2, x / pow(1 + fabs(y), 2)) \
    CASE(relu_grad, 2, y > 0 ? x : 0) \
    CASE(relu6_grad, 2, y > 0 && y < 6 ? x : 0) \
    CASE(leaky_relu_grad, 2, y > 0 ? x : a * x) \
    CASE(elu_grad, 2, y < 0 ? x * (y + a) : x) \
    CASE(selu_grad, 2, x *(y < 0 ? y + 1.0507009873554805 * 1.6732632423543772 : 1.0507009873554805)) \
    CASE(silu_grad, 2, x * slope(silu, y)) \
    CASE(gelu_tanh_grad, 2, x * slope(gelu_tanh, y)) \
    CASE(gelu_erf_grad, 2, x * slope(gelu_erf, y)) \
    CASE(mish_grad, 2, x * slope(mish, y)) \
    CASE(sqrt_grad, 2, x / (2 * y)) \
    CASE(rsqrt_grad, 2, -0.5 * x * y * y * y) \
    CASE(add, 2, x + y) \
    CASE(subtract, 2, x - y) \
    CASE(multiply, 2, x * y) \
    CASE(squared_difference, 2, (x - y) * (x - y)) \
    CASE(maximum, 2, fmax(x, y)) \
    CASE(minimum, 2, fmin(x, y)) \
    CASE(divide, 2, x / y) \
    CASE(pow, 2, pow(x, y)) \
    CASE(atan2, 2, atan2(x, y)) \
    CASE(floordiv, 2, y == 0 && whole ? 0 : floor(x / y)) \
    CASE(floormod, 2, y == 0 && whole ? 0 : x - y * floor(x / y)) \
    CASE(equal, 2, x == y) \
    CASE(not_equal, 2, x != y) \
    CASE(less, 2, x < y) \
    CASE(less_equal, 2, x <= y) \
    CASE(greater, 2, x > y) \
    CASE(greater_equal, 2, x >= y) \
    CASE(logical_not, 1, x == 0) \
    CASE(logical_and, 2, x != 0 && y != 0) \
    CASE(logical_or, 2, x != 0 || y != 0) \
    CASE(logical_xor, 2, (x != 0) != (y != 0)) \
    CASE(clip_by_value, 3, fmin(fmax(x, y), z)) \
    CASE(sigmoid_cross_entropy, 2, -x * log(sigmoid(y)) - (1 - x) * log(sigmoid(-y))) \
    CASE(sigmoid_cross_entropy_grad, 3, x *(sigmoid(z) - y))
/* clang-format on */

#define FUNCTION(name, inputs, value)                                                                                  \
    static double true_##name(double x, double y, double z, double a, int whole) {                                     \
        (void)x, (void)y, (void)z, (void)a, (void)whole;                                                               \
        return value;                                                                                                  \
    }
CASES(FUNCTION)

static const struct {
    const char *name;
    int inputs;
    double (*value)(double, double, double, double, int);
} cases[] = {
#define ROW(name, inputs, value) {#name, inputs, true_##name},
    CASES(ROW)};

static void check(size_t i, int32_t dtype) {
    tn_array in[3], out;
    const tn_attr attr = number(0.3);
    for (int k = 0; k < cases[i].inputs; k++) {
        in[k] = make1(dtype, 333);
        fill_random(&in[k]);
    }
    CHECK(call(cases[i].name, cases[i].inputs, in, &attr, &out) == TN_OK, "%s", cases[i].name);
    const int whole = dtype == TN_INT32 || dtype == TN_INT64;
    const int by_differences =
        strstr(cases[i].name, "_grad") && (strstr(cases[i].name, "lu") || strstr(cases[i].name, "mish"));
    const double rough = by_differences ? 1e-9 : 4e-15;
    for (int64_t j = 0; j < 333; j++) {
        double x = get(&in[0], j), y = cases[i].inputs > 1 ? get(&in[1], j) : 0;
        double want = cases[i].value(x, y, cases[i].inputs > 2 ? get(&in[2], j) : 0, 0.3, whole), got = get(&out, j);
        double tolerance = (dtype == TN_FLOAT32 ? 6e-7 : rough) * (1 + fabs(want) + fabs(x));
        CHECK(fabs(got - want) <= tolerance || (isnan(got) && isnan(want)),
              "%s dtype %d at %.17g, %.17g: %.17g, not %.17g", cases[i].name, (int)dtype, x, y, got, want);
    }
    release_all();
}

/* expected results at the values where formulas go wrong */
static void special(const char *name, double x, double want) {
    for (int32_t dtype = TN_FLOAT32; dtype <= TN_FLOAT64; dtype++) {
        tn_array in = make1(dtype, 1), out;
        const tn_attr attr = number(0.3);
        set(&in, 0, x);
        call(name, 1, &in, &attr, &out);
        const double got = get(&out, 0);
        CHECK(isnan(want) ? isnan(got) : got == want && signbit(got) == signbit(want), "%s(%g) is %g, not %g", name, x,
              got, want);
        release_all();
    }
}

static void specials(void) {
    static const char *const nan_in_nan_out[] = {
        "sign",      "exp",  "expm1",      "log",      "log1p",    "sqrt", "tanh",
        "sigmoid",   "relu", "relu6",      "softplus", "elu",      "selu", "silu",
        "gelu_tanh", "mish", "leaky_relu", "gelu_erf", "softsign", "abs",  "hard_sigmoid"};
    for (size_t i = 0; i < sizeof nan_in_nan_out / sizeof *nan_in_nan_out; i++) special(nan_in_nan_out[i], NAN, NAN);
    special("relu", -INFINITY, 0);
    special("relu6", INFINITY, 6);
    special("abs", -0.0, 0.0);
    special("exp", INFINITY, INFINITY);
    special("exp", -INFINITY, 0);
    special("exp", 0, 1);
    special("expm1", -0.0, -0.0);
    special("expm1", -INFINITY, -1);
    special("expm1", INFINITY, INFINITY);
    special("log", 0, -INFINITY);
    special("log", -1, NAN);
    special("log", -INFINITY, NAN);
    special("log", INFINITY, INFINITY);
    special("log1p", -1, -INFINITY);
    special("log1p", -2, NAN);
    special("log1p", -0.0, -0.0);
    special("log1p", INFINITY, INFINITY);
    special("tanh", -0.0, -0.0);
    special("tanh", -INFINITY, -1);
    special("sigmoid", -INFINITY, 0);
    special("sigmoid", INFINITY, 1);
    special("softplus", -INFINITY, 0);
    special("softplus", INFINITY, INFINITY);
    special("gelu_tanh", INFINITY, INFINITY);
    special("elu", 0, 0);
}

static void pairs(void) {
    static const double x[] = {NAN, 1, NAN, 0.0, -7, 7, -7, INFINITY, 5, -0.0};
    static const double y[] = {1, NAN, NAN, -0.0, 2, -2, -2, 3, INFINITY, 3};
    static const double floormod[] = {NAN, NAN, NAN, NAN, 1, -1, -1, NAN, 5, 0};
    tn_array in[2] = {make1(TN_FLOAT64, 10), make1(TN_FLOAT64, 10)}, out;
    for (int i = 0; i < 10; i++) {
        set(&in[0], i, x[i]);
        set(&in[1], i, y[i]);
    }
    call("floormod", 2, in, NULL, &out);
    for (int i = 0; i < 10; i++)
        CHECK(get(&out, i) == floormod[i] || (isnan(get(&out, i)) && isnan(floormod[i])), "floormod(%g, %g) is %g",
              x[i], y[i], get(&out, i));
    for (int which = 0; which < 2; which++) {
        call(which ? "maximum" : "minimum", 2, in, NULL, &out);
        for (int i = 0; i < 3; i++) CHECK(isnan(get(&out, i)), "NaN does not win at %d", i);
    }
    release_all();
}

void test_elementwise(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int32_t dtype = 0; dtype < TN_DTYPES; dtype++)
            if (tn_find(cases[i].name) && tn_find(cases[i].name)->run[dtype]) check(i, dtype);
    specials();
    pairs();
}
