/* matmul_infer.h: the results of the products, and the room for their packed operands. */
#include "matmul_plan.h"
#include "shape.h"

/* attr: transpose_a, transpose_b */
static tn_status infer_product(const tn_array *a, const tn_array *b, const tn_attr *attr, tn_array *out) {
    int64_t shape_a[2], shape_b[2], strides[2];
    if (a->ndim < 2 || b->ndim < 2 || a->dtype != b->dtype) return TN_UNSUPPORTED;
    if (a->dtype != TN_FLOAT32 && a->dtype != TN_FLOAT64) return TN_UNSUPPORTED;
    tn_matmul_axes(a, attr[0].number != 0, shape_a, strides);
    tn_matmul_axes(b, attr[1].number != 0, shape_b, strides);
    if (shape_a[1] != shape_b[0]) return TN_UNSUPPORTED;

    tn_array batch_a = *a, batch_b = *b;
    batch_a.ndim -= 2, batch_b.ndim -= 2;
    if (tn_broadcast_shape(&batch_a, &batch_b, out) != TN_OK) return TN_UNSUPPORTED;
    out->data = NULL;
    out->dtype = a->dtype;
    out->shape[out->ndim++] = shape_a[0];
    out->shape[out->ndim++] = shape_b[1];
    tn_set_contiguous(out);
    return TN_OK;
}

tn_status infer_matmul(const tn_args *args) {
    return infer_product(args->in[0], args->in[1], args->attr, args->out[0]);
}

tn_status infer_matmul_bias(const tn_args *args) {
    const tn_array *bias = args->in[2], *out = args->out[0];
    const double activation = args->attr[2].number;
    if (infer_matmul(args) != TN_OK || bias->dtype != out->dtype || bias->ndim != 1) return TN_UNSUPPORTED;
    if (bias->shape[0] != out->shape[out->ndim - 1] || !tn_contiguous(bias)) return TN_UNSUPPORTED;
    return activation >= TN_LINEAR && activation < TN_ACTIVATIONS ? TN_OK : TN_UNSUPPORTED;
}

tn_status infer_matmul_slope(const tn_args *args) {
    const tn_array *y = args->in[2], *out = args->out[0];
    const double activation = args->attr[2].number;
    if (infer_matmul(args) != TN_OK || y->dtype != out->dtype) return TN_UNSUPPORTED;
    if (!tn_same_shape(y, out) || !tn_contiguous(y)) return TN_UNSUPPORTED;
    return activation >= TN_RELU && activation < TN_ACTIVATIONS ? TN_OK : TN_UNSUPPORTED;
}

tn_status infer_matmul_update(const tn_args *args) {
    const tn_array *w = args->in[0], *a = args->in[1], *b = args->in[2], *rate = args->in[3];
    tn_array product;
    if (infer_product(a, b, args->attr, &product) != TN_OK || w->dtype != a->dtype) return TN_UNSUPPORTED;
    if (!tn_same_shape(w, &product) || !tn_contiguous(w)) return TN_UNSUPPORTED;
    if (rate->ndim != 0 || rate->dtype != w->dtype) return TN_UNSUPPORTED;
    return tn_overlap(w, a) || tn_overlap(w, b) ? TN_UNSUPPORTED : TN_OK; /* it would read what it has changed */
}

static size_t scratch_product(const tn_matmul *p, int32_t dtype) {
    const int64_t group = tn_matmul_group(p);
    int64_t elements = tn_matmul_sums(p);
    elements += tn_matmul_packed_a(p) * (p->a_shared ? 1 : group);
    elements += tn_matmul_packed_b(p) * (p->b_shared ? 1 : group);
    return (size_t)elements * tn_itemsize(dtype);
}

size_t scratch_matmul(const tn_args *args) {
    tn_matmul p;
    tn_matmul_of(&p, args);
    return scratch_product(&p, args->in[0]->dtype);
}

size_t scratch_matmul_update(const tn_args *args) {
    tn_matmul p;
    tn_matmul_update_of(&p, args, NULL);
    return scratch_product(&p, args->in[0]->dtype);
}
