/* shape.c: strides, broadcasting and walking. */
#include "shape.h"

#include <string.h>

size_t tn_itemsize(int32_t dtype) {
    static const uint8_t sizes[TN_DTYPES] = {[TN_BOOL] = 1,   [TN_INT8] = 1,    [TN_INT16] = 2,   [TN_INT32] = 4,
                                             [TN_INT64] = 8,  [TN_UINT8] = 1,   [TN_UINT16] = 2,  [TN_UINT32] = 4,
                                             [TN_UINT64] = 8, [TN_FLOAT16] = 2, [TN_FLOAT32] = 4, [TN_FLOAT64] = 8};
    return dtype >= 0 && dtype < TN_DTYPES ? sizes[dtype] : 0;
}

int64_t tn_size(const tn_array *a) {
    int64_t size = 1;
    for (int32_t i = 0; i < a->ndim; i++) size *= a->shape[i];
    return size;
}

int tn_contiguous(const tn_array *a) {
    int64_t step = 1;
    int gapless = 1;
    for (int32_t i = a->ndim - 1; i >= 0; i--) {
        if (a->shape[i] == 0) return 1;
        if (a->shape[i] != 1 && a->strides[i] != step) gapless = 0;
        step *= a->shape[i];
    }
    return gapless;
}

void tn_set_contiguous(tn_array *a) {
    int64_t step = 1;
    for (int32_t i = a->ndim - 1; i >= 0; i--) {
        a->strides[i] = step;
        step *= a->shape[i];
    }
}

int tn_same_shape(const tn_array *a, const tn_array *b) {
    if (a->ndim != b->ndim) return 0;
    for (int32_t i = 0; i < a->ndim; i++)
        if (a->shape[i] != b->shape[i]) return 0;
    return 1;
}

/* The offsets of the first and last element in memory. */
static void extent_of(const tn_array *a, int64_t *first, int64_t *last) {
    *first = *last = 0;
    for (int32_t i = 0; i < a->ndim; i++) {
        const int64_t span = (a->shape[i] - 1) * a->strides[i];
        *(span < 0 ? first : last) += span;
    }
}

int tn_overlap(const tn_array *a, const tn_array *b) {
    int64_t a_first, a_last, b_first, b_last;
    if (tn_size(a) == 0 || tn_size(b) == 0) return 0;
    extent_of(a, &a_first, &a_last);
    extent_of(b, &b_first, &b_last);
    const int64_t a_item = (int64_t)tn_itemsize(a->dtype), b_item = (int64_t)tn_itemsize(b->dtype);
    const uintptr_t x = (uintptr_t)a->data, y = (uintptr_t)b->data;
    return x + (uintptr_t)(a_first * a_item) < y + (uintptr_t)((b_last + 1) * b_item) &&
           y + (uintptr_t)(b_first * b_item) < x + (uintptr_t)((a_last + 1) * a_item);
}

int tn_axis_listed(const tn_attr *axes, int32_t axis) {
    if (axes->count == TN_NONE) return 1;
    for (int32_t i = 0; i < axes->count; i++)
        if (axes->items[i] == axis) return 1;
    return 0;
}

tn_status tn_broadcast_shape(const tn_array *a, const tn_array *b, tn_array *out) {
    int32_t ndim = a->ndim > b->ndim ? a->ndim : b->ndim;
    int64_t shape[TN_MAX_DIMS];
    for (int32_t i = 0; i < ndim; i++) { /* axes counted from the last */
        int64_t m = i < a->ndim ? a->shape[a->ndim - 1 - i] : 1;
        int64_t n = i < b->ndim ? b->shape[b->ndim - 1 - i] : 1;
        if (m != n && m != 1 && n != 1) return TN_UNSUPPORTED;
        shape[ndim - 1 - i] = m == 1 ? n : m;
    }
    out->ndim = ndim; /* last, so that out may be a or b */
    for (int32_t i = 0; i < ndim; i++) out->shape[i] = shape[i];
    return TN_OK;
}

void tn_broadcast_strides(const tn_array *a, const tn_array *out, int64_t *strides) {
    int32_t missing = out->ndim - a->ndim;
    for (int32_t i = 0; i < out->ndim; i++)
        strides[i] = i < missing || a->shape[i - missing] == 1 ? 0 : a->strides[i - missing];
}

void tn_walk_init(tn_walk *walk, const tn_array *as, const tn_array *const *in, int n) {
    int64_t strides[TN_MAX_INPUTS][TN_MAX_DIMS];
    for (int k = 0; k < n; k++) tn_broadcast_strides(in[k], as, strides[k]);
    int32_t last = -1; /* the axis of the walk written last */
    for (int32_t i = 0; i < as->ndim; i++) {
        int64_t length = as->shape[i];
        if (length == 1) continue;
        int merge = last >= 0;
        for (int k = 0; k < n && merge; k++) merge = walk->strides[k][last] == strides[k][i] * length;
        if (!merge) walk->shape[++last] = 1;
        walk->shape[last] *= length;
        for (int k = 0; k < n; k++) walk->strides[k][last] = strides[k][i];
    }
    if (last < 0) {
        walk->shape[++last] = 1;
        for (int k = 0; k < n; k++) walk->strides[k][last] = 0;
    }
    walk->ndim = last + 1;
}

void tn_walk_without(tn_walk *walk, const tn_array *x, int32_t axis) {
    tn_array others = {.ndim = 0};
    const tn_array *in[] = {&others};
    for (int32_t i = 0; i < x->ndim; i++) {
        if (i == axis) continue;
        others.shape[others.ndim] = x->shape[i];
        others.strides[others.ndim++] = x->strides[i];
    }
    tn_walk_init(walk, &others, in, 1);
}

/* Two loops per size of element: a fill, which the compiler turns into vectors, and the rest. */
#define COPY_RUN(TYPE)                                                                                                 \
    static void copy_##TYPE(void *to, int64_t to_step, const void *from, int64_t from_step, int64_t n) {               \
        TYPE *dst = to;                                                                                                \
        const TYPE *src = from;                                                                                        \
        if (to_step == 1 && from_step == 0) {                                                                          \
            const TYPE value = *src;                                                                                   \
            for (int64_t i = 0; i < n; i++) dst[i] = value;                                                            \
        } else {                                                                                                       \
            for (int64_t i = 0; i < n; i++) dst[i * to_step] = src[i * from_step];                                     \
        }                                                                                                              \
    }
COPY_RUN(uint8_t)
COPY_RUN(uint16_t)
COPY_RUN(uint32_t)
COPY_RUN(uint64_t)

void tn_copy_run(void *to, int64_t to_step, const void *from, int64_t from_step, size_t itemsize, int64_t n) {
    if (to_step == 1 && from_step == 1) {
        memcpy(to, from, (size_t)n * itemsize);
        return;
    }
    switch (itemsize) {
    case 1:
        copy_uint8_t(to, to_step, from, from_step, n);
        break;
    case 2:
        copy_uint16_t(to, to_step, from, from_step, n);
        break;
    case 4:
        copy_uint32_t(to, to_step, from, from_step, n);
        break;
    default:
        copy_uint64_t(to, to_step, from, from_step, n);
        break;
    }
}

/* Where position `begin` stands: its index along each axis, and its offset in array number k. */
static int64_t locate(const tn_walk *walk, int k, int64_t begin, int64_t *at) {
    int64_t offset = 0;
    for (int32_t i = walk->ndim - 1; i >= 0; i--) {
        at[i] = i ? begin % walk->shape[i] : begin;
        if (i) begin /= walk->shape[i];
        offset += at[i] * walk->strides[k][i];
    }
    return offset;
}

int64_t tn_offset(const tn_walk *walk, int k, int64_t position) {
    int64_t at[TN_MAX_DIMS];
    return locate(walk, k, position, at);
}

const void *tn_stretch(void *buffer, const void *src, size_t itemsize, const tn_walk *walk, int k, int64_t begin,
                       int64_t count) {
    const int32_t inner = walk->ndim - 1;
    if (walk->strides[k][inner] == 1) {
        int64_t at[TN_MAX_DIMS], offset = locate(walk, k, begin, at);
        if (at[inner] + count <= walk->shape[inner]) return (const char *)src + offset * (int64_t)itemsize;
    }
    tn_gather(buffer, src, itemsize, walk, k, begin, count);
    return buffer;
}

void tn_gather(void *dst, const void *src, size_t itemsize, const tn_walk *walk, int k, int64_t begin, int64_t count) {
    const int64_t *shape = walk->shape, *strides = walk->strides[k];
    int32_t inner = walk->ndim - 1;
    int64_t at[TN_MAX_DIMS], offset = locate(walk, k, begin, at);
    char *to = dst;
    while (count > 0) {
        int64_t run = shape[inner] - at[inner];
        if (run > count) run = count;
        tn_copy_run(to, 1, (const char *)src + offset * (int64_t)itemsize, strides[inner], itemsize, run);
        to += run * (int64_t)itemsize;
        count -= run;
        at[inner] += run;
        offset += run * strides[inner];
        for (int32_t i = inner; i > 0 && at[i] == shape[i]; i--) { /* carry */
            offset += strides[i - 1] - at[i] * strides[i];
            at[i] = 0;
            at[i - 1]++;
        }
    }
}
