/* copy.c: moving elements without looking at them. */
#include "copy.h"
#include "infer.h"
#include "parallel.h"
#include "shape.h"

#include <string.h>

enum { GRAIN = 65536 };

typedef struct copying {
    char *to;
    const char *from;
    size_t itemsize;
    tn_walk walk; /* 0: to, 1: from */
} copying;

/* Copies the elements at positions [begin, end), run by run along the last axis. */
static void copy_span(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const copying *c = context;
    const int32_t inner = c->walk.ndim - 1;
    const int64_t length = c->walk.shape[inner], size = (int64_t)c->itemsize;
    while (begin < end) {
        int64_t n = length - begin % length;
        if (n > end - begin) n = end - begin;
        tn_copy_run(c->to + tn_offset(&c->walk, 0, begin) * size, c->walk.strides[0][inner],
                    c->from + tn_offset(&c->walk, 1, begin) * size, c->walk.strides[1][inner], c->itemsize, n);
        begin += n;
    }
}

void tn_copy(const tn_array *to, const tn_array *from) {
    const int64_t n = tn_size(to);
    if (n == 0) return;
    copying c = {.to = to->data, .from = from->data, .itemsize = tn_itemsize(to->dtype)};
    const tn_array *both[] = {to, from};
    tn_walk_init(&c.walk, to, both, 2);
    tn_parallel(copy_span, &c, n, GRAIN);
}

tn_array tn_moved_last(const tn_array *a, int32_t axis) {
    tn_array moved = *a;
    for (int32_t i = axis; i + 1 < a->ndim; i++) {
        moved.shape[i] = a->shape[i + 1];
        moved.strides[i] = a->strides[i + 1];
    }
    moved.shape[a->ndim - 1] = a->shape[axis];
    moved.strides[a->ndim - 1] = a->strides[axis];
    return moved;
}

/* A contiguous array of that shape in the scratch, which is moved on. */
static tn_array take(const tn_array *shape, char **scratch) {
    tn_array taken = *shape;
    taken.data = *scratch;
    tn_set_contiguous(&taken);
    size_t bytes = (size_t)tn_size(shape) * tn_itemsize(shape->dtype);
    *scratch += (bytes + TN_ALIGN - 1) / TN_ALIGN * TN_ALIGN;
    return taken;
}

static int is_rows(const tn_array *x, int32_t axis) { return axis == x->ndim - 1 && tn_contiguous(x); }

const void *tn_rows_along(const tn_array *x, int32_t axis, char **scratch) {
    if (is_rows(x, axis)) return x->data;
    const tn_array moved = tn_moved_last(x, axis), rows = take(&moved, scratch);
    tn_copy(&rows, &moved);
    return rows.data;
}

void *tn_rows_to(const tn_array *out, int32_t axis, char **scratch) {
    if (is_rows(out, axis)) return out->data;
    const tn_array moved = tn_moved_last(out, axis);
    return take(&moved, scratch).data;
}

void tn_rows_done(const tn_array *out, int32_t axis, const void *rows) {
    if (rows == out->data) return;
    const tn_array moved = tn_moved_last(out, axis);
    tn_array from = moved;
    from.data = (void *)rows;
    tn_set_contiguous(&from);
    tn_copy(&moved, &from);
}

static size_t need(const tn_array *x, int32_t axis) {
    if (is_rows(x, axis)) return 0;
    return (size_t)tn_size(x) * tn_itemsize(x->dtype) + TN_ALIGN;
}

size_t scratch_rows_along(const tn_args *args) {
    const int32_t axis = (int32_t)args->attr[0].number;
    size_t bytes = 0;
    for (int32_t k = 0; k < args->n_in; k++) bytes += need(args->in[k], axis);
    for (int32_t k = 0; k < args->n_out; k++) bytes += need(args->out[k], axis);
    return bytes;
}

size_t scratch_rows(const tn_args *args) {
    size_t bytes = 0;
    for (int32_t k = 0; k < args->n_in; k++)
        if (args->in[k]->ndim > 0) bytes += need(args->in[k], args->in[k]->ndim - 1);
    return bytes;
}
