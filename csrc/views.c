/* views.c: the view kernels: their infer is all there is. */
#include "views.h"
#include "infer.h"
#include "shape.h"

/* Starts a view on in[0]; TN_UNSUPPORTED for element types without a size. */
static tn_status view_of(const tn_args *args, int32_t ndim) {
    if (ndim < 0 || ndim > TN_MAX_DIMS || !tn_itemsize(args->in[0]->dtype)) return TN_UNSUPPORTED;
    args->out[0]->data = args->in[0]->data;
    args->out[0]->dtype = args->in[0]->dtype;
    args->out[0]->ndim = ndim;
    return TN_OK;
}

static int64_t product(const tn_attr *list) {
    int64_t size = 1;
    for (int32_t i = 0; i < list->count; i++) size *= list->items[i];
    return size;
}

tn_status infer_reshape(const tn_args *args) {
    const tn_attr *shape = &args->attr[0];
    tn_array *out = args->out[0];
    if (view_of(args, shape->count) != TN_OK || !tn_contiguous(args->in[0])) return TN_UNSUPPORTED;
    if (product(shape) != tn_size(args->in[0])) return TN_UNSUPPORTED;
    for (int32_t i = 0; i < out->ndim; i++) out->shape[i] = shape->items[i];
    tn_set_contiguous(out);
    return TN_OK;
}

tn_status infer_identity(const tn_args *args) {
    const tn_array *x = args->in[0];
    if (view_of(args, x->ndim) != TN_OK) return TN_UNSUPPORTED;
    *args->out[0] = *x;
    return TN_OK;
}

tn_status infer_transpose(const tn_args *args) {
    const tn_array *x = args->in[0];
    const tn_attr *perm = &args->attr[0];
    if (perm->count != x->ndim || view_of(args, x->ndim) != TN_OK) return TN_UNSUPPORTED;
    for (int32_t i = 0; i < x->ndim; i++) {
        args->out[0]->shape[i] = x->shape[perm->items[i]];
        args->out[0]->strides[i] = x->strides[perm->items[i]];
    }
    return TN_OK;
}

tn_status infer_broadcast_to(const tn_args *args) {
    const tn_array *x = args->in[0];
    const tn_attr *shape = &args->attr[0];
    tn_array *out = args->out[0];
    if (shape->count < x->ndim || view_of(args, shape->count) != TN_OK) return TN_UNSUPPORTED;
    for (int32_t i = 0; i < out->ndim; i++) {
        const int32_t axis = i - (out->ndim - x->ndim);
        if (axis >= 0 && x->shape[axis] != 1 && x->shape[axis] != shape->items[i]) return TN_UNSUPPORTED;
        out->shape[i] = shape->items[i];
    }
    tn_broadcast_strides(x, out, out->strides);
    return TN_OK;
}

tn_status tn_view_items(tn_array *view, const tn_array *x, const tn_attr *attr) {
    const tn_attr *start = &attr[0], *step = &attr[1], *count = &attr[2], *axes = &attr[3];
    const int64_t itemsize = (int64_t)tn_itemsize(x->dtype);
    if (start->count != x->ndim || step->count != x->ndim || count->count != x->ndim || axes->count < 0 || !itemsize)
        return TN_UNSUPPORTED;
    int64_t offset = 0;
    for (int32_t i = 0; i < x->ndim; i++) offset += start->items[i] * x->strides[i];
    /* An empty view may start past the end: it points to the first element instead. */
    view->data = product(count) > 0 ? (char *)x->data + offset * itemsize : x->data;
    view->dtype = x->dtype;
    view->ndim = axes->count;
    for (int32_t i = 0; i < view->ndim; i++) {
        const int64_t axis = axes->items[i];
        view->shape[i] = axis < 0 ? 1 : count->items[axis];
        view->strides[i] = axis < 0 ? 0 : x->strides[axis] * step->items[axis];
    }
    return TN_OK;
}

tn_status infer_getitem(const tn_args *args) { return tn_view_items(args->out[0], args->in[0], args->attr); }
