/* matmul_epilogue.h: what becomes of each element of a b once its sum is complete, as the matmul kernels describe it
 * to all ways of computing a product.  Independent of tier and type.
 *
 *     matmul_bias    c = activation(a b + x)     x: bias[n], the same for every row
 *     matmul_slope   c = (a b) slope(x)          x: the result of an activation, of c's shape
 *     matmul_update  x = x - rate (a b)          x: the weights, of c's shape, written in place
 *
 * The arithmetic is that of the kernels which it saves, in their order: the bits are the same as without it. */
#ifndef TN_MATMUL_EPILOGUE_H
#define TN_MATMUL_EPILOGUE_H

#include "tinynn.h"

/* The attribute `activation`; tinynn/ops/fused.py has the same numbers. */
enum { TN_LINEAR, TN_RELU, TN_SIGMOID, TN_TANH, TN_ACTIVATIONS };

/* What is done to a tile that is still in registers. */
enum {
    TN_FINISH_NONE,
    TN_FINISH_BIAS,
    TN_FINISH_BIAS_RELU,
    TN_FINISH_RELU_SLOPE,
    TN_FINISH_SIGMOID_SLOPE,
    TN_FINISH_TANH_SLOPE,
    TN_FINISH_UPDATE
};

typedef struct tn_epilogue {
    int finish;
    int activation; /* TN_SIGMOID or TN_TANH, which would need registers of their own: of finished rows, after */
    void *x;        /* x[batch, m, n] with these strides; x_n is 1, or 0 where one element serves all columns */
    int64_t x_batch, x_m, x_n; /* for all but a bias, those of c */
    double rate;               /* a value of the product's type */
} tn_epilogue;

static inline int tn_finish_by_column(int finish) { return finish == TN_FINISH_BIAS || finish == TN_FINISH_BIAS_RELU; }

static inline tn_epilogue tn_epilogue_bias(const tn_array *bias, int activation) {
    const int relu = activation == TN_RELU, later = activation == TN_SIGMOID || activation == TN_TANH;
    return (tn_epilogue){.finish = relu ? TN_FINISH_BIAS_RELU : TN_FINISH_BIAS,
                         .activation = later ? activation : TN_LINEAR,
                         .x = bias->data,
                         .x_n = 1};
}

/* x is contiguous, of c's shape (..., m, n). */
static inline tn_epilogue tn_epilogue_like(int finish, const tn_array *x) {
    const int64_t m = x->shape[x->ndim - 2], n = x->shape[x->ndim - 1];
    return (tn_epilogue){.finish = finish, .x = x->data, .x_batch = m * n, .x_m = n, .x_n = 1};
}

static inline tn_epilogue tn_epilogue_slope(const tn_array *y, int activation) {
    const int finish = activation == TN_RELU      ? TN_FINISH_RELU_SLOPE
                       : activation == TN_SIGMOID ? TN_FINISH_SIGMOID_SLOPE
                                                  : TN_FINISH_TANH_SLOPE;
    return tn_epilogue_like(finish, y);
}

/* rate is NULL where only the description is wanted. */
static inline tn_epilogue tn_epilogue_update(const tn_array *w, const tn_array *rate) {
    tn_epilogue e = tn_epilogue_like(TN_FINISH_UPDATE, w);
    if (rate) e.rate = rate->dtype == TN_FLOAT32 ? *(const float *)rate->data : *(const double *)rate->data;
    return e;
}

#endif
