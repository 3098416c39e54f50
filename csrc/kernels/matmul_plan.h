/* matmul_plan.h: what one matmul call is, and which way it is computed.  Independent of tier and type.
 *
 *     c[m, n] (+)= a[m, k] b[k, n]        for every index of the batch
 *
 * Two ways, chosen by tn_matmul_choose from shapes and strides alone, so that the sum over k of one element is in the
 * same order on every run and for any number of threads:
 *
 *     TILE  outer products: a tile of c stays in registers while k runs; b is read in rows, a element by element.
 *           a, b or both are packed first where reading them in place would cost more than the copy.
 *     DOT   few rows of a times rows of a transposed b: dot products along k, both read in place.
 */
#ifndef TN_MATMUL_PLAN_H
#define TN_MATMUL_PLAN_H

#include "matmul_epilogue.h"

#include <string.h>

enum {
    TN_MATMUL_KC = 256,       /* length of one run of sums in registers; the same in every tier */
    TN_MATMUL_ROWS = 4096,    /* what is packed at a time, in several rounds where there is more: of a */
    TN_MATMUL_COLUMNS = 1024, /* of b, */
    TN_MATMUL_DEPTH = 1024,   /* of k: what waits packed must not fall out of the third cache */
    TN_MATMUL_MAX_PANEL = 64, /* no tier packs wider panels of rows or columns */
    TN_MATMUL_DOT_ROWS = 16,  /* tallest a of the DOT way */
    TN_MATMUL_REUSE = 384,    /* rows or columns of c that pay for a copy of b or a */
    TN_MATMUL_CLASH = 128,    /* so many less where lines clash */
    TN_MATMUL_LINES = 12,     /* rows of a whose addresses are too many for a tile's registers */
};
#define TN_MATMUL_PACKED ((int64_t)1 << 24) /* elements that packed batches may take together, above one */

static inline int64_t tn_min(int64_t x, int64_t y) { return x < y ? x : y; }
static inline int64_t tn_max(int64_t x, int64_t y) { return x > y ? x : y; }

typedef struct tn_matmul {
    int64_t m, n, k;
    int64_t a_m, a_k, b_k, b_n, c_m; /* strides in elements; 1 for an axis of length 1.  c's columns touch */
    const void *a, *b;
    void *c; /* of an update, the sums of several runs of k, or the weights where there is only one */
    tn_epilogue e;
    int64_t batch; /* product of batch_shape */
    int32_t batch_ndim;
    int64_t batch_shape[TN_MAX_DIMS], a_batch[TN_MAX_DIMS], b_batch[TN_MAX_DIMS]; /* [batch_ndim] */
    int a_shared, b_shared;                                                       /* the batch repeats it */
    int dot, pack_a, pack_b;                                                      /* the choice */
} tn_matmul;

/* The last two axes of x, as rows by columns after the transposition. */
static inline void tn_matmul_axes(const tn_array *x, int transpose, int64_t *shape, int64_t *strides) {
    for (int i = 0; i < 2; i++) {
        int32_t axis = x->ndim - 2 + (transpose ? 1 - i : i);
        shape[i] = x->shape[axis];
        strides[i] = shape[i] == 1 ? 1 : x->strides[axis];
    }
}

/* x's strides over the batch axes, 0 where it repeats; returns whether it repeats along all of them. */
static inline int tn_matmul_batch(const tn_array *x, int32_t ndim, const int64_t *shape, int64_t *strides) {
    int shared = 1;
    for (int32_t i = 0; i < ndim; i++) {
        int32_t axis = i + x->ndim - 2 - ndim;
        strides[i] = axis < 0 || x->shape[axis] == 1 ? 0 : x->strides[axis];
        if (strides[i] != 0 && shape[i] != 1) shared = 0;
    }
    return shared;
}

/* One b for all of a batch whose items follow each other is one tall a. */
static inline void tn_matmul_fold(tn_matmul *p) {
    int known = p->m != 1; /* the distance of two rows; with one row per item, the distance of two items */
    int64_t a_m = p->a_m, step = a_m * p->m;
    if (!p->b_shared) return;
    for (int32_t i = p->batch_ndim - 1; i >= 0; i--) {
        if (p->batch_shape[i] == 1) continue;
        if (!known) known = 1, a_m = step = p->a_batch[i];
        if (p->a_batch[i] != step) return;
        step *= p->batch_shape[i];
    }
    p->m *= p->batch, p->a_m = a_m, p->a_shared = 1;
    p->batch = 1, p->batch_ndim = 0;
}

/* With one column c is its own transpose: b^T a^T has one row, whose elements touch. */
static inline void tn_matmul_swap(tn_matmul *p) {
    tn_matmul q = *p;
    p->m = 1, p->n = q.m, p->c_m = q.m;
    p->a = q.b, p->a_m = 1, p->a_k = q.b_k, p->a_shared = q.b_shared;
    p->b = q.a, p->b_k = q.a_k, p->b_n = q.a_m, p->b_shared = q.a_shared;
    p->e.x_m = q.e.x_n, p->e.x_n = q.e.x_m;
    memcpy(p->a_batch, q.b_batch, sizeof q.b_batch);
    memcpy(p->b_batch, q.a_batch, sizeof q.a_batch);
}

/* The cost model.
 *
 * DOT sums across a vector at the end of every element, TILE with a transposed b copies all of b first: the copy pays
 * when enough rows of a share it, the more of them the longer k is.
 * A tile reads b in rows, so b's columns must touch, and a along m or along k; what does not fit is packed.  What fits
 * may be read in place, and a copy is worth its time only where enough tiles read it again:
 *
 *     a along k   a tile follows as many lines as it has rows, with one address each: a copy, which has one, is read
 *                 faster, and pays from TN_MATMUL_REUSE columns on
 *     a along m   is read as a copy would be, and packed only where its lines clash and the caches do not hold it
 *     b           is packed where the caches do not hold it, for TN_MATMUL_REUSE rows
 *
 * Lines clash whose distance is a multiple of half a page: they share a few sets of each cache, and each lies on a page
 * of its own. Less reuse pays for their copy.  Measured with benchmarks/kernels.py on a Zen 4 (1 MiB second cache). */
static inline int tn_matmul_clash(int64_t stride, int64_t itemsize) { return stride * itemsize % 2048 == 0; }

static inline void tn_matmul_choose(tn_matmul *p, int64_t itemsize) {
    const int a_clashes = tn_matmul_clash(tn_max(p->a_m, p->a_k), itemsize), a_far = p->m * p->k * itemsize >= 2 << 20;
    const int b_clashes = tn_matmul_clash(p->b_k, itemsize), b_far = p->k * p->n * itemsize >= 2 << 20;
    const int64_t a_reuse = TN_MATMUL_REUSE - (a_clashes ? TN_MATMUL_CLASH : 0);
    const int64_t b_reuse = TN_MATMUL_REUSE - (b_clashes ? TN_MATMUL_CLASH : 0);
    p->dot = p->a_k == 1 && p->b_k == 1 && p->b_n != 1 && p->m <= tn_min(2 + p->k / 16, TN_MATMUL_DOT_ROWS);
    p->pack_a = p->n >= a_reuse && (p->a_m == 1 ? a_clashes && a_far : p->m >= TN_MATMUL_LINES);
    p->pack_b = p->m >= b_reuse && b_far;
    p->pack_a = !p->dot && (p->pack_a || (p->a_m != 1 && p->a_k != 1));
    p->pack_b = !p->dot && (p->pack_b || p->b_n != 1);
}

/* attr: transpose_a, transpose_b */
static inline void tn_matmul_describe(tn_matmul *p, const tn_array *a, const tn_array *b, const tn_array *c,
                                      const tn_attr *attr, const tn_epilogue *e) {
    int64_t shape[2], strides[2];
    p->e = *e;
    tn_matmul_axes(a, attr[0].number != 0, shape, strides);
    p->m = shape[0], p->k = shape[1], p->a_m = strides[0], p->a_k = strides[1];
    tn_matmul_axes(b, attr[1].number != 0, shape, strides);
    p->n = shape[1], p->b_k = strides[0], p->b_n = strides[1];
    p->a = a->data, p->b = b->data, p->c = c->data;
    p->c_m = p->n;
    p->batch = 1;
    p->batch_ndim = c->ndim - 2;
    p->a_shared = p->b_shared = 1;
    if (p->batch_ndim > 0) {
        for (int32_t i = 0; i < p->batch_ndim; i++) p->batch *= p->batch_shape[i] = c->shape[i];
        p->a_shared = tn_matmul_batch(a, p->batch_ndim, c->shape, p->a_batch);
        p->b_shared = tn_matmul_batch(b, p->batch_ndim, c->shape, p->b_batch);
        tn_matmul_fold(p);
    }
    if (p->n == 1 && p->m > 1) tn_matmul_swap(p);
    tn_matmul_choose(p, (int64_t)tn_itemsize(a->dtype));
}

/* The calls of the four kernels; what a call needs beside its operands does not depend on a bias or a slope. */
static inline void tn_matmul_of(tn_matmul *p, const tn_args *args) {
    const tn_epilogue none = {.finish = TN_FINISH_NONE, .x = args->out[0]->data}; /* x is not read */
    tn_matmul_describe(p, args->in[0], args->in[1], args->out[0], args->attr, &none);
}
static inline void tn_matmul_bias_of(tn_matmul *p, const tn_args *args) {
    const tn_epilogue e = tn_epilogue_bias(args->in[2], (int)args->attr[2].number);
    tn_matmul_describe(p, args->in[0], args->in[1], args->out[0], args->attr, &e);
}
static inline void tn_matmul_slope_of(tn_matmul *p, const tn_args *args) {
    const tn_epilogue e = tn_epilogue_slope(args->in[2], (int)args->attr[2].number);
    tn_matmul_describe(p, args->in[0], args->in[1], args->out[0], args->attr, &e);
}
static inline void tn_matmul_update_of(tn_matmul *p, const tn_args *args, const tn_array *rate) {
    const tn_epilogue e = tn_epilogue_update(args->in[0], rate);
    tn_matmul_describe(p, args->in[1], args->in[2], args->in[0], args->attr, &e);
}

/* Where item `index` of the batch begins, in elements. */
static inline int64_t tn_matmul_offset(const tn_matmul *p, const int64_t *strides, int64_t index) {
    int64_t offset = 0;
    for (int32_t i = p->batch_ndim - 1; i >= 0 && index > 0; i--) {
        offset += index % p->batch_shape[i] * strides[i];
        index /= p->batch_shape[i];
    }
    return offset;
}

/* ---- the packed copies: rounds of bounded extents, several batch items at a time ------------------------- */

/* Elements of one packed a or b: `extent` rows or columns, the last panel whole, times k. */
static inline int64_t tn_matmul_packed(const tn_matmul *p, int64_t extent) {
    const int64_t line = TN_ALIGN / (int64_t)sizeof(float);
    extent += TN_MATMUL_MAX_PANEL;
    return (extent + line - 1) / line * line * tn_min(p->k, TN_MATMUL_DEPTH);
}
static inline int64_t tn_matmul_packed_a(const tn_matmul *p) {
    return p->pack_a ? tn_matmul_packed(p, tn_min(p->m, TN_MATMUL_ROWS)) : 0;
}
static inline int64_t tn_matmul_packed_b(const tn_matmul *p) {
    return p->pack_b ? tn_matmul_packed(p, tn_min(p->n, TN_MATMUL_COLUMNS)) : 0;
}

/* Elements of sums that an update keeps beside the weights: those that are not complete in registers. */
static inline int64_t tn_matmul_sums(const tn_matmul *p) {
    const int in_registers = !p->dot && p->k > 0 && p->k <= TN_MATMUL_KC;
    return p->e.finish == TN_FINISH_UPDATE && !in_registers ? p->batch * p->m * p->n : 0;
}

/* Batch items per round. */
static inline int64_t tn_matmul_group(const tn_matmul *p) {
    int64_t each = (p->a_shared ? 0 : tn_matmul_packed_a(p)) + (p->b_shared ? 0 : tn_matmul_packed_b(p));
    if (each == 0 || p->batch == 1) return p->batch;
    return each > TN_MATMUL_PACKED ? 1 : tn_min(p->batch, TN_MATMUL_PACKED / each);
}

#endif
