/* infer_reduce.c: the shapes of reductions, softmax and the cross-entropies. */
#include "infer.h"
#include "copy.h"
#include "shape.h"

static tn_status fresh_like(tn_array *out, const tn_array *like, int32_t ndim, int32_t dtype) {
    out->data = NULL;
    out->dtype = dtype;
    out->ndim = ndim;
    for (int32_t i = 0; i < ndim; i++) out->shape[i] = like->shape[i];
    tn_set_contiguous(out);
    return TN_OK;
}

static int is_axis(double axis, const tn_array *x) { return axis >= 0 && axis < x->ndim && axis == (int32_t)axis; }

/* attributes: axes, keepdims */
tn_status infer_reduce(const tn_args *args) {
    const tn_array *x = args->in[0];
    const tn_attr *axes = &args->attr[0];
    tn_array *out = args->out[0];
    if (axes->count == TN_NUMBER) return TN_UNSUPPORTED;
    for (int32_t i = 0; i < axes->count; i++)
        if (axes->items[i] < 0 || axes->items[i] >= x->ndim) return TN_UNSUPPORTED;
    out->data = NULL;
    out->dtype = x->dtype;
    out->ndim = 0;
    for (int32_t i = 0; i < x->ndim; i++) {
        const int reduced = tn_axis_listed(axes, i);
        if (!reduced || args->attr[1].number != 0) out->shape[out->ndim++] = reduced ? 1 : x->shape[i];
    }
    tn_set_contiguous(out);
    return TN_OK;
}

tn_status infer_reduce_some(const tn_args *args) {
    if (infer_reduce(args) != TN_OK) return TN_UNSUPPORTED;
    return tn_size(args->in[0]) == 0 && tn_size(args->out[0]) > 0 ? TN_UNSUPPORTED : TN_OK;
}

/* attribute: axis */
tn_status infer_argmax(const tn_args *args) {
    const tn_array *x = args->in[0];
    if (!is_axis(args->attr[0].number, x) || x->shape[(int32_t)args->attr[0].number] == 0) return TN_UNSUPPORTED;
    const tn_array others = tn_moved_last(x, (int32_t)args->attr[0].number);
    return fresh_like(args->out[0], &others, x->ndim - 1, TN_INT64);
}

tn_status infer_softmax(const tn_args *args) {
    const tn_array *x = args->in[0];
    if (!is_axis(args->attr[0].number, x)) return TN_UNSUPPORTED;
    return fresh_like(args->out[0], x, x->ndim, x->dtype);
}

tn_status infer_softmax_grad(const tn_args *args) {
    if (args->in[0]->dtype != args->in[1]->dtype || !tn_same_shape(args->in[0], args->in[1])) return TN_UNSUPPORTED;
    return infer_softmax(args);
}

/* logits (..., classes) with at least one class, or nothing at all; rows has shape (...) */
static int are_rows(const tn_array *rows, const tn_array *logits) {
    if (logits->ndim < 1 || rows->ndim != logits->ndim - 1) return 0;
    if (logits->shape[logits->ndim - 1] == 0) return 0;
    for (int32_t i = 0; i < rows->ndim; i++)
        if (rows->shape[i] != logits->shape[i]) return 0;
    return 1;
}

/* labels, logits */
tn_status infer_cross_entropy(const tn_args *args) {
    const tn_array *labels = args->in[0], *logits = args->in[1];
    if (labels->dtype != logits->dtype || !tn_same_shape(labels, logits) || logits->ndim < 1) return TN_UNSUPPORTED;
    fresh_like(args->out[0], logits, logits->ndim - 1, logits->dtype);
    return are_rows(args->out[0], logits) ? TN_OK : TN_UNSUPPORTED;
}

tn_status infer_sparse_cross_entropy(const tn_args *args) {
    const tn_array *labels = args->in[0], *logits = args->in[1];
    if ((labels->dtype != TN_INT32 && labels->dtype != TN_INT64) || !are_rows(labels, logits)) return TN_UNSUPPORTED;
    return fresh_like(args->out[0], logits, logits->ndim - 1, logits->dtype);
}

/* g, labels, logits */
static tn_status gradient(const tn_args *args, tn_status (*infer)(const tn_args *)) {
    const tn_array *g = args->in[0], *logits = args->in[2];
    const tn_args forward = {args->in + 1, args->out, args->attr, 2, 1, NULL};
    if (g->dtype != logits->dtype || !are_rows(g, logits) || infer(&forward) != TN_OK) return TN_UNSUPPORTED;
    return fresh_like(args->out[0], logits, logits->ndim, logits->dtype);
}

tn_status infer_cross_entropy_grad(const tn_args *args) { return gradient(args, infer_cross_entropy); }
tn_status infer_sparse_cross_entropy_grad(const tn_args *args) { return gradient(args, infer_sparse_cross_entropy); }

tn_attr tn_all_but_last(const tn_array *x) {
    tn_attr axes = {.count = x->ndim - 1};
    for (int32_t i = 0; i < axes.count; i++) axes.items[i] = i;
    return axes;
}

tn_status infer_bias_add_grad(const tn_args *args) {
    const tn_array *g = args->in[0];
    if (g->ndim < 1) return TN_UNSUPPORTED;
    const tn_array last = {.shape = {g->shape[g->ndim - 1]}};
    return fresh_like(args->out[0], &last, 1, g->dtype);
}

size_t scratch_bias_add_grad(const tn_args *args) {
    const tn_attr axes = tn_all_but_last(args->in[0]);
    const tn_args reduction = {args->in, args->out, &axes, 1, 1, NULL};
    return scratch_reduce(&reduction);
}
