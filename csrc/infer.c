/* infer.c: the shapes of the elementwise kernels and the updates. */
#include "infer.h"
#include "shape.h"

/* Sets out to a fresh contiguous array of the shape that all inputs broadcast to. */
static tn_status broadcast_inputs(const tn_args *args, int32_t dtype) {
    tn_array *out = args->out[0];
    out->data = NULL;
    out->dtype = dtype;
    out->ndim = args->in[0]->ndim;
    for (int32_t i = 0; i < out->ndim; i++) out->shape[i] = args->in[0]->shape[i];
    for (int32_t k = 1; k < args->n_in; k++)
        if (!tn_same_shape(out, args->in[k]) && tn_broadcast_shape(out, args->in[k], out) != TN_OK)
            return TN_UNSUPPORTED;
    tn_set_contiguous(out);
    return TN_OK;
}

tn_status infer_elementwise(const tn_args *args) {
    for (int32_t k = 1; k < args->n_in; k++)
        if (args->in[k]->dtype != args->in[0]->dtype) return TN_UNSUPPORTED;
    return broadcast_inputs(args, args->in[0]->dtype);
}

tn_status infer_compare(const tn_args *args) {
    if (args->in[1]->dtype != args->in[0]->dtype) return TN_UNSUPPORTED;
    return broadcast_inputs(args, TN_BOOL);
}

tn_status infer_where(const tn_args *args) {
    if (args->in[0]->dtype != TN_BOOL || args->in[1]->dtype != args->in[2]->dtype) return TN_UNSUPPORTED;
    return broadcast_inputs(args, args->in[1]->dtype);
}

tn_status infer_cast(const tn_args *args) {
    const double dtype = args->attr[0].number;
    if (dtype != TN_BOOL && dtype != TN_INT32 && dtype != TN_INT64 && dtype != TN_FLOAT32 && dtype != TN_FLOAT64)
        return TN_UNSUPPORTED;
    return broadcast_inputs(args, (int32_t)dtype);
}

tn_status infer_bias_add(const tn_args *args) {
    const tn_array *value = args->in[0], *bias = args->in[1];
    if (value->ndim < 1 || bias->ndim != 1 || bias->shape[0] != value->shape[value->ndim - 1]) return TN_UNSUPPORTED;
    return infer_elementwise(args);
}

/* Whether both may be walked as one flat run. */
static int alike(const tn_array *a, const tn_array *b) {
    return a->dtype == b->dtype && tn_same_shape(a, b) && tn_contiguous(a) && tn_contiguous(b);
}

tn_status infer_assign(const tn_args *args) { return alike(args->in[0], args->in[1]) ? TN_OK : TN_UNSUPPORTED; }

tn_status infer_update(const tn_args *args) {
    const int32_t steps = args->in[args->n_in - 1]->dtype == TN_INT64, rate = args->n_in - 1 - steps;
    for (int32_t k = 1; k < rate; k++)
        if (!alike(args->in[0], args->in[k])) return TN_UNSUPPORTED;
    if (args->in[rate]->dtype != args->in[0]->dtype) return TN_UNSUPPORTED;
    for (int32_t k = rate; k < args->n_in; k++)
        if (args->in[k]->ndim != 0) return TN_UNSUPPORTED;
    return TN_OK;
}
