/* activations.h: what the activations of ops.def share.  Included once per floating T, by kernels/bodies.h. */

#define SELU_SCALE ((T)1.0507009873554805)
#define SELU_ALPHA ((T)1.6732632423543772)
#define SQRT_HALF  ((T)0.70710678118654752440)

/* 0.5 (1 + tanh(u)) is sigmoid(2 u): this is 2 u of the tanh approximation of gelu. */
static inline T VM(gelu_inner)(T x) { return (T)1.59576912160573071176 * (x + (T)0.044715 * (x * x * x)); }

/* The slope functions are derivatives at x. */
static inline T VM(gelu_tanh_slope)(T x) {
    T s = VM(sigmoid)(VM(gelu_inner)(x));
    T inner_slope = (T)1.59576912160573071176 * (1 + (T)0.134145 * (x * x));
    return s + x * s * (1 - s) * inner_slope;
}

static inline T VM(gelu_erf_slope)(T x) {
    T density = (T)0.39894228040143267794 * VM(exp)((T)-0.5 * (x * x));
    return (T)0.5 * erfc(-SQRT_HALF * x) + x * density;
}

static inline T VM(silu_slope)(T x) {
    T s = VM(sigmoid)(x);
    return s * (1 + x * (1 - s));
}

static inline T VM(mish_slope)(T x) {
    T t = VM(tanh)(VM(softplus)(x));
    return t + x * VM(sigmoid)(x) * (1 - t * t);
}
