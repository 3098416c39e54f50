/* vmath.h: exp, log, tanh and friends for one floating type T, as straight-line code that vectorises in a loop.
 *
 * No branch, no table and no call.  Each function is within 2 units in the last place of the true value for every
 * input, in every tier (tests/csrc/accuracy.c measures it); results go down through the denormals to 0 and up to inf,
 * and NaN stays NaN.  Methods: Cephes (exp) and fdlibm (log, log1p); tanh is (exp(2x) - 1) / (exp(2x) + 1), with the
 * numerator free of cancellation.
 *
 * Included once for each of float and double, by kernels/bodies.h. */

#if TN_FLOAT_BITS == 32
#define B        uint32_t /* as wide as T, for its bits */
#define MANTISSA 23
#define BIAS     127
#define ROUNDER  12582912.0f  /* 1.5 * 2^23: adding it rounds to an integer, which stands in the low bits */
#define EXP_HIGH 89.0f        /* exp overflows before here */
#define EXP_LOW  -104.0f      /* and is 0 here */
#define LN2_HIGH 0.693359375f /* few enough bits that a product with an exponent is exact */
#define LN2_LOW  -2.12194440e-4f
#define TANH_ONE -20.0f /* tanh(10) is 1 */
#define SPLIT_AT 0x3f3504f3u
/* (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2, so that exp(r) - 1 has the least relative error */
static const float VM(exp_terms)[] = {1.3870674884e-03f, 8.3662653342e-03f, 4.1667435318e-02f, 1.6666546464e-01f,
                                      4.9999997020e-01f};
/* (log(1 + s) - log(1 - s) - 2 s) / s^3, in s^2 */
static const float VM(log_terms)[] = {0.24279078841f, 0.28498786688f, 0.40000972152f, 0.66666662693f};
#else
#define B        uint64_t
#define MANTISSA 52
#define BIAS     1023
#define ROUNDER  6755399441055744.0
#define EXP_HIGH 710.0
#define EXP_LOW  -746.0
#define LN2_HIGH 0.693145751953125
#define LN2_LOW  1.42860682030941723212e-6
#define TANH_ONE -44.0
#define SPLIT_AT 0x3fe6a09e00000000u
static const double VM(exp_terms)[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                       1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                       1.0 / 120,        1.0 / 24,        1.0 / 6,        0.5};
static const double VM(log_terms)[] = {1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
                                       2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
                                       6.666666666666735130e-01};
#endif

/* x y + z, rounded once where the tier has the instruction. */
static inline __attribute__((always_inline)) T VM(fma)(T x, T y, T z) {
#if !TN_FMA
    return x * y + z;
#elif TN_FLOAT_BITS == 32
    return __builtin_fmaf(x, y, z);
#else
    return __builtin_fma(x, y, z);
#endif
}

/* The polynomial with these coefficients, the highest first; unrolled because the count is a constant.  Pairs first,
 * then Horner in x^2: the chain of instructions that wait for each other is half as long. */
#define POLYNOMIAL(x, terms) VM(polynomial)(x, terms, (int)(sizeof(terms) / sizeof(terms)[0]))

static inline __attribute__((always_inline)) T VM(polynomial)(T x, const T *terms, int count) {
    const int odd = count % 2;
    T square = x * x, sum = odd ? terms[0] : VM(fma)(terms[0], x, terms[1]);
#pragma GCC unroll 16
    for (int i = 2 - odd; i < count; i += 2) sum = VM(fma)(sum, square, VM(fma)(terms[i], x, terms[i + 1]));
    return sum;
}

static inline B VM(bits)(T x) {
    union {
        T value;
        B bits;
    } both = {.value = x};
    return both.bits;
}

static inline T VM(from_bits)(B bits) {
    union {
        B bits;
        T value;
    } both = {.bits = bits};
    return both.value;
}

static inline T VM(absolute)(T x) { return VM(from_bits)(VM(bits)(x) & (((B)1 << (8 * sizeof(T) - 1)) - 1)); }

/* 2^(n - BIAS) for a normal result; only the low bits of n matter. */
static inline T VM(power_of_two)(B n) { return VM(from_bits)(n << MANTISSA); }

/* Clips x, so that exp(x) still overflows or vanishes; NaN stays. */
static inline T VM(clip)(T x) {
    x = x > EXP_HIGH ? EXP_HIGH : x;
    return x < EXP_LOW ? EXP_LOW : x;
}

/* x = n ln 2 + r, |r| <= ln(2) / 2 (and a bit), for a clipped x; gives exp(r) - 1, and n + bias in the low bits of
 * *biased, as power_of_two takes it. */
static inline T VM(exp_rest)(T x, int bias, B *biased) {
    T shifted = VM(fma)(x, (T)1.44269504088896340736, ROUNDER + bias), whole = shifted - (ROUNDER + bias);
    T r = VM(fma)(whole, -LN2_LOW, VM(fma)(whole, -LN2_HIGH, x));
    *biased = VM(bits)(shifted);
    return VM(fma)(POLYNOMIAL(r, VM(exp_terms)), r * r, r);
}

/* 2^n is taken in two steps, a = 2^(n / 2) and b, as it may itself not be a normal number. */
static inline T VM(exp)(T x) {
    B n;
    T p = VM(exp_rest)(VM(clip)(x), 2 * BIAS, &n), a = VM(power_of_two)(n >> 1), b = VM(power_of_two)(n - (n >> 1));
    return VM(fma)(p, a, a) * b;
}

/* exp(x) for x <= 0. */
static inline T VM(exp_below_0)(T x) {
    B n;
    T p = VM(exp_rest)(x < EXP_LOW ? EXP_LOW : x, BIAS + MANTISSA + 1, &n), lifted = VM(power_of_two)(n);
    return VM(fma)(p, lifted, lifted) * VM(power_of_two)(BIAS - MANTISSA - 1); /* this may be a denormal */
}

static inline T VM(expm1)(T x) {
    B n;
    T p = VM(exp_rest)(VM(clip)(x), 2 * BIAS, &n), a = VM(power_of_two)(n >> 1), b = VM(power_of_two)(n - (n >> 1));
    T y = x > 40 ? VM(fma)(p, a, a) * b : VM(fma)(p * a, b, VM(fma)(a, b, -1)); /* a b may overflow */
    return x == 0 ? x : y;                                                      /* keeps the sign of zero */
}

/* A normal u as 2^k m, sqrt(1/2) <= m < sqrt(2). */
static inline T VM(split)(T u, T *k) {
    B bits = VM(bits)(u) + (VM(bits)((T)1) - SPLIT_AT);
    *k = VM(from_bits)(VM(bits)(ROUNDER) + (bits >> MANTISSA) - BIAS) - ROUNDER;
    return VM(from_bits)((bits & (((B)1 << MANTISSA) - 1)) + SPLIT_AT);
}

/* k ln 2 + log(1 + f) + c, c tiny */
static inline T VM(log_sum)(T k, T f, T c) {
    T s = f / (2 + f), z = s * s, half = (T)0.5 * f * f;
    T rest = s * (half + z * POLYNOMIAL(z, VM(log_terms)));
#if TN_FLOAT_BITS == 32
    return rest + (k * 9.0580006145e-06f + c) - half + f + k * 6.9313812256e-01f;
#else
    return rest + (k * 1.90821492927058770002e-10 + c) - half + f + k * 6.93147180369123816490e-01;
#endif
}

static inline T VM(log)(T x) {
    const T tiny = VM(power_of_two)(1), lift = VM(power_of_two)(BIAS + MANTISSA + 1);
    int denormal = x < tiny;
    T k, m = VM(split)(denormal ? x * lift : x, &k);
    T y = VM(log_sum)(denormal ? k - (MANTISSA + 1) : k, m - 1, 0);
    y = x > 0 ? y : x == 0 ? -(T)INFINITY : (T)NAN;
    return x < (T)INFINITY ? y : x; /* inf and NaN as they are; -inf is NaN by the line above */
}

static inline T VM(log1p)(T x) {
    T u = 1 + x, k, m = VM(split)(u, &k);
    T c = (x > 1 ? 1 - (u - x) : x - (u - 1)) / u; /* what rounding 1 + x lost */
    T y = VM(log_sum)(k, k == 0 ? x : m - 1, k == 0 ? (T)0 : c);
    y = x > -1 ? y : x == -1 ? -(T)INFINITY : (T)NAN;
    y = x == 0 ? x : y;
    return x < (T)INFINITY ? y : x;
}

/* With h = (1 - exp(-2 |x|)) / 2, tanh(|x|) is h / (1 - h): a divisor below 1, where roundings are finer. */
static inline T VM(tanh)(T x) {
    const B sign = (B)1 << (8 * sizeof(T) - 1);
    T twice = VM(from_bits)(VM(bits)(x) | sign) * 2;
    B n;
    T p = VM(exp_rest)(twice < TANH_ONE ? TANH_ONE : twice, BIAS - 1, &n), half = VM(power_of_two)(n);
    T y = VM(fma)(p, -half, (T)0.5 - half) / VM(fma)(p, half, (T)0.5 + half);
    return VM(from_bits)(VM(bits)(y) | (VM(bits)(x) & sign));
}

/* 1 / (1 + exp(-x)), without overflow, and down to the denormals on the left.  With e = exp(-|x|) and q = e / (1 + e)
 * it is 1 - q on the right and e - e q on the left, where e / (1 + e) would keep all of the rounding of 1 + e. */
static inline T VM(sigmoid)(T x) {
    T e = VM(exp_below_0)(-VM(absolute)(x)), q = e / (1 + e), base = x < 0 ? e : 1;
    return VM(fma)(-base, q, base);
}

/* log(1 + exp(x)) */
static inline T VM(softplus)(T x) { return (x > 0 ? x : 0) + VM(log1p)(VM(exp_below_0)(-VM(absolute)(x))); }

#undef POLYNOMIAL
#undef B
#undef MANTISSA
#undef BIAS
#undef ROUNDER
#undef TANH_ONE
#undef EXP_HIGH
#undef EXP_LOW
#undef LN2_HIGH
#undef LN2_LOW
#undef SPLIT_AT
