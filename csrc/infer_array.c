/* infer_array.c: the shapes of the kernels that join, pick and spread elements. */
#include "infer.h"
#include "shape.h"
#include "views.h"

static int is_index(const tn_array *a) { return a->dtype == TN_INT32 || a->dtype == TN_INT64; }

static tn_status fresh(tn_array *out, int32_t dtype, const tn_attr *shape) {
    if (shape->count < 0 || shape->count > TN_MAX_DIMS) return TN_UNSUPPORTED;
    out->data = NULL;
    out->dtype = dtype;
    out->ndim = shape->count;
    for (int32_t i = 0; i < out->ndim; i++) out->shape[i] = shape->items[i];
    tn_set_contiguous(out);
    return TN_OK;
}

tn_status infer_concat(const tn_args *args) {
    const tn_array *first = args->in[0];
    const int32_t axis = (int32_t)args->attr[0].number;
    tn_array *out = args->out[0];
    if (args->n_in < 1 || axis < 0 || axis >= first->ndim) return TN_UNSUPPORTED;
    *out = *first;
    out->data = NULL;
    for (int32_t k = 1; k < args->n_in; k++) {
        const tn_array *next = args->in[k];
        if (next->dtype != first->dtype || next->ndim != first->ndim) return TN_UNSUPPORTED;
        for (int32_t i = 0; i < first->ndim; i++)
            if (i != axis && next->shape[i] != first->shape[i]) return TN_UNSUPPORTED;
        out->shape[axis] += next->shape[axis];
    }
    tn_set_contiguous(out);
    return TN_OK;
}

tn_status infer_getitem_grad(const tn_args *args) {
    tn_array items;
    if (fresh(args->out[0], args->in[0]->dtype, &args->attr[0]) != TN_OK) return TN_UNSUPPORTED;
    tn_array x = *args->out[0];
    x.data = args->in[0]->data; /* any memory: only the shape of the items matters here */
    if (tn_view_items(&items, &x, args->attr + 1) != TN_OK) return TN_UNSUPPORTED;
    return tn_same_shape(&items, args->in[0]) ? TN_OK : TN_UNSUPPORTED;
}

/* The shape of params with its axis replaced by the axes of indices; TN_UNSUPPORTED where that is too many. */
static tn_status picked_shape(const tn_array *params, const tn_array *indices, int32_t axis, tn_attr *shape) {
    if (!is_index(indices) || axis < 0 || axis >= params->ndim) return TN_UNSUPPORTED;
    shape->count = params->ndim - 1 + indices->ndim;
    if (shape->count > TN_MAX_DIMS) return TN_UNSUPPORTED;
    int32_t n = 0;
    for (int32_t i = 0; i < axis; i++) shape->items[n++] = params->shape[i];
    for (int32_t i = 0; i < indices->ndim; i++) shape->items[n++] = indices->shape[i];
    for (int32_t i = axis + 1; i < params->ndim; i++) shape->items[n++] = params->shape[i];
    return TN_OK;
}

tn_status infer_gather(const tn_args *args) {
    tn_attr shape;
    if (picked_shape(args->in[0], args->in[1], (int32_t)args->attr[0].number, &shape) != TN_OK) return TN_UNSUPPORTED;
    return fresh(args->out[0], args->in[0]->dtype, &shape);
}

tn_status infer_gather_grad(const tn_args *args) {
    const tn_array *g = args->in[0];
    tn_attr shape;
    if (fresh(args->out[0], g->dtype, &args->attr[1]) != TN_OK) return TN_UNSUPPORTED;
    if (picked_shape(args->out[0], args->in[1], (int32_t)args->attr[0].number, &shape) != TN_OK) return TN_UNSUPPORTED;
    if (shape.count != g->ndim) return TN_UNSUPPORTED;
    for (int32_t i = 0; i < g->ndim; i++)
        if (shape.items[i] != g->shape[i]) return TN_UNSUPPORTED;
    return TN_OK;
}
