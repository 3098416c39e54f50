/* infer_windows.c: the shapes and the scratch of the kernels that work on windows. */
#include "infer.h"
#include "shape.h"
#include "kernels/matmul_epilogue.h"
#include "windows.h"

static tn_attr axes_of(const tn_array *x, int32_t first, int32_t count) {
    tn_attr axes = {.count = count};
    for (int32_t i = 0; i < count; i++) axes.items[i] = x->shape[first + i];
    return axes;
}

/* out[batch, middle, last], in the dtype of x */
static tn_status shaped(tn_array *out, const tn_array *x, int64_t batch, const tn_attr *middle, int64_t last) {
    out->data = NULL, out->dtype = x->dtype, out->ndim = middle->count + 2;
    if (out->ndim > TN_MAX_DIMS) return TN_UNSUPPORTED;
    out->shape[0] = batch, out->shape[out->ndim - 1] = last;
    for (int32_t i = 0; i < middle->count; i++) out->shape[i + 1] = middle->items[i];
    tn_set_contiguous(out);
    return TN_OK;
}

static tn_attr joined(const int64_t *number, const int64_t *size, int32_t axes) {
    tn_attr both = {.count = axes + (size ? axes : 0)};
    for (int32_t i = 0; i < axes; i++) {
        both.items[i] = number[TN_WINDOW_AXES - axes + i];
        if (size) both.items[axes + i] = size[TN_WINDOW_AXES - axes + i];
    }
    return both;
}

/* Whether x has the shape (batch, number, last). */
static int fits(const tn_array *x, int64_t batch, const tn_attr *middle, int64_t last) {
    tn_array want = *x;
    return shaped(&want, x, batch, middle, last) == TN_OK && tn_same_shape(&want, x);
}

/* ---- windows side by side ---------------------------------------------------------------------------------------- */

tn_status tn_im2col_windows(tn_windows *w, const tn_args *args) {
    const tn_array *x = args->in[0];
    if (x->ndim < 3 || x->ndim > TN_WINDOW_AXES + 2) return TN_UNSUPPORTED;
    const tn_attr extents = axes_of(x, 1, x->ndim - 2);
    return tn_windows_over(w, x, &extents, args->attr, args->attr + 1, args->attr + 2);
}

tn_status infer_im2col(const tn_args *args) {
    tn_windows w;
    if (tn_im2col_windows(&w, args) != TN_OK) return TN_UNSUPPORTED;
    const tn_attr middle = joined(w.number, w.size, args->attr[0].count);
    return shaped(args->out[0], args->in[0], w.batch, &middle, w.channels);
}

tn_status tn_col2im_windows(tn_windows *w, const tn_args *args) {
    const tn_array *dy = args->in[0];
    const int32_t axes = args->attr[0].count;
    if (axes < 1 || axes > TN_WINDOW_AXES || dy->ndim != 2 * axes + 2) return TN_UNSUPPORTED;
    const tn_attr size = axes_of(dy, 1 + axes, axes);
    return tn_windows_over(w, dy, args->attr, &size, args->attr + 1, args->attr + 2);
}

tn_status infer_col2im(const tn_args *args) {
    tn_windows w;
    if (tn_col2im_windows(&w, args) != TN_OK) return TN_UNSUPPORTED;
    const tn_attr middle = joined(w.number, w.size, args->attr[0].count);
    if (!fits(args->in[0], w.batch, &middle, w.channels)) return TN_UNSUPPORTED;
    return shaped(args->out[0], args->in[0], w.batch, &args->attr[0], w.channels);
}

/* ---- the largest of each ----------------------------------------------------------------------------------------- */

tn_status tn_pool_windows(tn_windows *w, const tn_array *x, const tn_attr *attr) {
    if (x->ndim < 3 || x->ndim > TN_WINDOW_AXES + 2) return TN_UNSUPPORTED;
    const tn_attr extents = axes_of(x, 1, x->ndim - 2);
    return tn_windows_over(w, x, &extents, attr, attr + 1, NULL);
}

tn_status infer_window_max(const tn_args *args) {
    tn_windows w;
    if (tn_pool_windows(&w, args->in[0], args->attr) != TN_OK) return TN_UNSUPPORTED;
    const tn_attr middle = joined(w.number, NULL, args->attr[0].count);
    return shaped(args->out[0], args->in[0], w.batch, &middle, w.channels);
}

tn_status infer_pick_largest(const tn_args *args) {
    const tn_array *values = args->in[0], *x = args->in[1];
    const tn_args largest = {.in = args->in + 1, .out = args->out, .attr = args->attr, .n_in = 1, .n_out = 1};
    return values->dtype == x->dtype && tn_same_shape(values, x) ? infer_window_max(&largest) : TN_UNSUPPORTED;
}

tn_status infer_window_max_grad(const tn_args *args) {
    const tn_array *dy = args->in[0], *x = args->in[1];
    tn_windows w;
    if (dy->dtype != x->dtype || tn_pool_windows(&w, x, args->attr) != TN_OK) return TN_UNSUPPORTED;
    const tn_attr middle = joined(w.number, NULL, args->attr[0].count), extents = axes_of(x, 1, x->ndim - 2);
    if (!fits(dy, w.batch, &middle, w.channels)) return TN_UNSUPPORTED;
    return shaped(args->out[0], x, w.batch, &extents, w.channels);
}

/* A place in memory per place in a window. */
size_t scratch_pool(const tn_args *args) {
    tn_windows w;
    if (tn_pool_windows(&w, args->in[args->n_in - 1], args->attr) != TN_OK) return 0;
    return scratch_rows(args) + (size_t)w.places * sizeof(int64_t) + TN_ALIGN;
}

/* ---- convolutions ------------------------------------------------------------------------------------------------ */

static tn_status complete(tn_conv *p, int64_t depth, int64_t filters) {
    const tn_windows *w = &p->w;
    if (depth < 1 || filters < 1 || w->channels % depth) return TN_UNSUPPORTED;
    p->depth = depth, p->filters = filters, p->groups = w->channels / depth;
    if (filters % p->groups) return TN_UNSUPPORTED;
    p->wide = filters / p->groups;
    p->run = p->groups == 1 && w->dilation[2] == 1 ? w->size[2] * depth : depth;
    p->runs = w->places * depth / p->run;
    return TN_OK;
}

tn_status tn_conv_of(tn_conv *p, const tn_args *args) {
    const tn_array *x = args->in[0], *kernel = args->in[1];
    if (x->ndim < 3 || x->ndim > TN_WINDOW_AXES + 2 || kernel->ndim != x->ndim) return TN_UNSUPPORTED;
    const int32_t axes = x->ndim - 2;
    const tn_attr extents = axes_of(x, 1, axes), size = axes_of(kernel, 0, axes);
    if (tn_windows_over(&p->w, x, &extents, &size, args->attr, args->attr + 1) != TN_OK) return TN_UNSUPPORTED;
    return complete(p, kernel->shape[axes], kernel->shape[axes + 1]);
}

tn_status tn_conv_input_grad_of(tn_conv *p, const tn_args *args) {
    const tn_array *dy = args->in[0], *kernel = args->in[1];
    const tn_attr *dilation = args->attr;
    const int32_t axes = dilation->count;
    const int64_t groups = (int64_t)args->attr[1].number;
    if (axes < 1 || axes > TN_WINDOW_AXES || dy->ndim != axes + 2 || kernel->ndim != dy->ndim) return TN_UNSUPPORTED;
    if (groups < 1) return TN_UNSUPPORTED;
    tn_attr extents = axes_of(dy, 1, axes), size = axes_of(kernel, 0, axes), stride = size;
    for (int32_t i = 0; i < axes; i++) {
        if (extents.items[i] < 1) return TN_UNSUPPORTED;
        extents.items[i] += dilation->items[i] * (size.items[i] - 1);
        stride.items[i] = 1;
    }
    const tn_array x = {.ndim = 2, .shape = {dy->shape[0], kernel->shape[axes] * groups}};
    if (tn_windows_over(&p->w, &x, &extents, &size, &stride, dilation) != TN_OK) return TN_UNSUPPORTED;
    if (dy->shape[axes + 1] != kernel->shape[axes + 1]) return TN_UNSUPPORTED;
    return complete(p, kernel->shape[axes], kernel->shape[axes + 1]);
}

tn_status tn_conv_kernel_grad_of(tn_conv *p, const tn_args *args) {
    const tn_array *x = args->in[0], *dy = args->in[1];
    const tn_attr *size = args->attr;
    const int32_t axes = size->count;
    const int64_t groups = (int64_t)args->attr[3].number;
    if (axes < 1 || axes > TN_WINDOW_AXES || x->ndim != axes + 2 || dy->ndim != x->ndim) return TN_UNSUPPORTED;
    const tn_attr extents = axes_of(x, 1, axes);
    if (tn_windows_over(&p->w, x, &extents, size, args->attr + 1, args->attr + 2) != TN_OK) return TN_UNSUPPORTED;
    const tn_attr middle = joined(p->w.number, NULL, axes);
    const int64_t filters = dy->shape[axes + 1];
    if (groups < 1 || p->w.channels % groups || !fits(dy, p->w.batch, &middle, filters)) return TN_UNSUPPORTED;
    return complete(p, p->w.channels / groups, filters);
}

int64_t tn_conv_blocks(const tn_conv *p) {
    const int64_t parts = p->groups * p->runs * ((p->wide + TN_CONV_COLUMNS - 1) / TN_CONV_COLUMNS);
    const int64_t blocks = (TN_CONV_BLOCKS + parts - 1) / parts;
    return blocks < p->w.batch ? blocks : p->w.batch;
}

tn_status infer_convolve(const tn_args *args) {
    const tn_array *x = args->in[0];
    tn_conv p;
    if (x->dtype != args->in[1]->dtype || tn_conv_of(&p, args) != TN_OK) return TN_UNSUPPORTED;
    const tn_attr middle = joined(p.w.number, NULL, args->attr[0].count);
    return shaped(args->out[0], x, p.w.batch, &middle, p.filters);
}

tn_status infer_convolve_bias(const tn_args *args) {
    const tn_array *bias = args->in[2], *out = args->out[0];
    const double activation = args->attr[2].number;
    if (infer_convolve(args) != TN_OK || bias->dtype != out->dtype || bias->ndim != 1) return TN_UNSUPPORTED;
    if (bias->shape[0] != out->shape[out->ndim - 1] || !tn_contiguous(bias)) return TN_UNSUPPORTED;
    return activation >= 0 && activation < TN_ACTIVATIONS ? TN_OK : TN_UNSUPPORTED;
}

tn_status infer_convolve_input_grad(const tn_args *args) {
    const tn_array *dy = args->in[0];
    tn_conv p;
    if (dy->dtype != args->in[1]->dtype || tn_conv_input_grad_of(&p, args) != TN_OK) return TN_UNSUPPORTED;
    const tn_attr middle = joined(p.w.extents, NULL, args->attr[0].count);
    return shaped(args->out[0], dy, p.w.batch, &middle, p.w.channels);
}

tn_status infer_convolve_kernel_grad(const tn_args *args) {
    const tn_array *x = args->in[0];
    const int32_t axes = args->attr[0].count;
    tn_array *out = args->out[0];
    tn_conv p;
    if (x->dtype != args->in[1]->dtype || tn_conv_kernel_grad_of(&p, args) != TN_OK) return TN_UNSUPPORTED;
    out->data = NULL, out->dtype = x->dtype, out->ndim = axes + 2;
    for (int32_t i = 0; i < axes; i++) out->shape[i] = args->attr[0].items[i];
    out->shape[axes] = p.depth, out->shape[axes + 1] = p.filters;
    tn_set_contiguous(out);
    return TN_OK;
}

/* The kernel in panels of at most TN_CONV_COLUMNS columns, k for each place of each group. */
static size_t packed(const tn_conv *p, int64_t columns, int64_t k, int32_t dtype) {
    columns = (columns + TN_CONV_COLUMNS - 1) / TN_CONV_COLUMNS * TN_CONV_COLUMNS;
    return (size_t)(p->groups * p->w.places * k * columns) * tn_itemsize(dtype) + TN_ALIGN;
}

size_t scratch_convolve(const tn_args *args) {
    tn_conv p;
    if (tn_conv_of(&p, args) != TN_OK) return 0;
    return scratch_rows(args) + packed(&p, p.wide, p.depth, args->in[0]->dtype) + (size_t)p.runs * sizeof(int64_t) +
           TN_ALIGN; /* where the runs of a window begin */
}

size_t scratch_conv_input(const tn_args *args) {
    tn_conv p;
    if (tn_conv_input_grad_of(&p, args) != TN_OK) return 0;
    return scratch_rows(args) + packed(&p, p.depth, p.wide, args->in[0]->dtype);
}

size_t scratch_conv_kernel(const tn_args *args) {
    tn_conv p;
    if (tn_conv_kernel_grad_of(&p, args) != TN_OK) return 0;
    const int64_t blocks = tn_conv_blocks(&p);
    return scratch_rows(args) + (size_t)(blocks * p.w.places * p.depth * p.filters) * tn_itemsize(args->in[0]->dtype) +
           (size_t)p.w.rows * sizeof(int64_t) + 2 * TN_ALIGN;
}
