/* vmath.h: exp, log, tanh and friends for one floating type T, as straight-line code that vectorises in a loop.
 *
 * No branch, no table, no call, and no FMA, so every tier gives the same bits.  Each function is within 2 units in
 * the last place of the true value for every input (tests/csrc/accuracy.c measures it); results go down through the
 * denormals to 0 and up to inf, and NaN stays NaN.  Methods: Cephes (exp, tanh) and fdlibm (log, log1p).
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
#define SPLIT_AT 0x3f3504f3u
/* (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2 */
static const float VM(exp_terms)[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                      4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
/* (log(1 + s) - log(1 - s) - 2 s) / s^3, in s^2 */
static const float VM(log_terms)[] = {0.24279078841f, 0.28498786688f, 0.40000972152f, 0.66666662693f};
/* (tanh(x) - x) / x^3 for |x| < 0.625, in x^2 */
static const float VM(tanh_terms)[] = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f,
                                       -3.33332819422e-1f};
#else
#define B        uint64_t
#define MANTISSA 52
#define BIAS     1023
#define ROUNDER  6755399441055744.0
#define EXP_HIGH 710.0
#define EXP_LOW  -746.0
#define LN2_HIGH 0.693145751953125
#define LN2_LOW  1.42860682030941723212e-6
#define SPLIT_AT 0x3fe6a09e00000000u
static const double VM(exp_terms)[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                       1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                       1.0 / 120,        1.0 / 24,        1.0 / 6,        0.5};
static const double VM(log_terms)[] = {1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
                                       2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
                                       6.666666666666735130e-01};
/* a fraction here: numerator, then denominator */
static const double VM(tanh_terms)[] = {-9.64399179425052238628e-1, -9.92877231001918586564e1,
                                        -1.61468768441708447952e3};
static const double VM(tanh_below)[] = {1.0, 1.12811678491632931402e2, 2.23548839060100448583e3,
                                        4.84406305325125486048e3};
#endif

/* The polynomial with these coefficients, the highest first; unrolled because the count is a constant. */
#define POLYNOMIAL(x, terms) VM(polynomial)(x, terms, (int)(sizeof(terms) / sizeof(terms)[0]))

static inline __attribute__((always_inline)) T VM(polynomial)(T x, const T *terms, int count) {
    T sum = terms[0];
#pragma GCC unroll 16
    for (int i = 1; i < count; i++) sum = sum * x + terms[i];
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

/* 2^n for a normal result; n in two's complement. */
static inline T VM(power_of_two)(B n) { return VM(from_bits)((n + BIAS) << MANTISSA); }

/* Clips x, so that exp(x) still overflows or vanishes; NaN stays. */
static inline T VM(clip)(T x) {
    x = x > EXP_HIGH ? EXP_HIGH : x;
    return x < EXP_LOW ? EXP_LOW : x;
}

/* x = n ln 2 + r, |r| <= ln(2) / 2 (and a bit), for a clipped x; *low is what r lacks of the true remainder. */
static inline T VM(reduce)(T x, B *n, T *low) {
    T shifted = x * (T)1.44269504088896340736 + ROUNDER, whole = shifted - ROUNDER;
    T high = x - whole * LN2_HIGH, correction = whole * LN2_LOW, r = high - correction;
    *n = VM(bits)(shifted) - VM(bits)(ROUNDER);
    *low = (high - r) - correction;
    return r;
}

static inline T VM(exp)(T x) {
    B n;
    T low, r = VM(reduce)(VM(clip)(x), &n, &low);
    T y = 1 + (r + (POLYNOMIAL(r, VM(exp_terms)) * (r * r) + low));
    B half = ((n + 4096) >> 1) - 2048; /* in two steps: 2^n itself may be beyond a normal number */
    return y * VM(power_of_two)(half) * VM(power_of_two)(n - half);
}

static inline T VM(expm1)(T x) {
    B n;
    T low, r = VM(reduce)(VM(clip)(x), &n, &low);
    T p = r + (POLYNOMIAL(r, VM(exp_terms)) * (r * r) + low); /* exp(r) - 1 */
    B half = ((n + 4096) >> 1) - 2048;
    T a = VM(power_of_two)(half), b = VM(power_of_two)(n - half);
    T y = n - 61 < 4096 ? (p + 1) * a * b : p * a * b + (a * b - 1);
    return x == 0 ? x : y; /* keeps the sign of zero */
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
    const T tiny = VM(power_of_two)((B)1 - BIAS), lift = VM(power_of_two)(MANTISSA + 1);
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

static inline T VM(tanh)(T x) {
    T size = VM(absolute)(x), z = x * x;
#if TN_FLOAT_BITS == 32
    T small = POLYNOMIAL(z, VM(tanh_terms)) * z * x + x;
#else
    T small = x * (z * (POLYNOMIAL(z, VM(tanh_terms)) / POLYNOMIAL(z, VM(tanh_below)))) + x;
#endif
    T large = 1 - 2 / (VM(exp)(2 * size) + 1);
    large = x < 0 ? -large : large;
    T y = size < (T)0.625 ? small : large;
    return x == 0 ? x : y; /* keeps the sign of zero */
}

/* 1 / (1 + exp(-x)), without overflow, and down to the denormals on the left. */
static inline T VM(sigmoid)(T x) {
    T e = VM(exp)(-VM(absolute)(x)), below = 1 + e, lost = e - (below - 1); /* by rounding 1 + e */
    T y = (x < 0 ? e : 1) / below;
    return y - y * lost * (x < 0 ? 1 - y : y); /* y (1 - lost / below) */
}

/* log(1 + exp(x)) */
static inline T VM(softplus)(T x) { return (x > 0 ? x : 0) + VM(log1p)(VM(exp)(-VM(absolute)(x))); }

#undef POLYNOMIAL
#undef B
#undef MANTISSA
#undef BIAS
#undef ROUNDER
#undef EXP_HIGH
#undef EXP_LOW
#undef LN2_HIGH
#undef LN2_LOW
#undef SPLIT_AT
