/* matmul_infer.h: the result of matmul, and the room for its packed operands. */
#include "matmul_plan.h"
#include "shape.h"

tn_status infer_matmul(const tn_args *args) {
    const tn_array *a = args->in[0], *b = args->in[1];
    tn_array *out = args->out[0];
    int64_t shape_a[2], shape_b[2], strides[2];
    if (a->ndim < 2 || b->ndim < 2 || a->dtype != b->dtype) return TN_UNSUPPORTED;
    if (a->dtype != TN_FLOAT32 && a->dtype != TN_FLOAT64) return TN_UNSUPPORTED;
    tn_matmul_axes(a, args->attr[0].number != 0, shape_a, strides);
    tn_matmul_axes(b, args->attr[1].number != 0, shape_b, strides);
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

size_t scratch_matmul(const tn_args *args) {
    tn_matmul p;
    tn_matmul_describe(&p, args);
    int64_t group = tn_matmul_group(&p);
    int64_t elements = tn_matmul_packed_a(&p) * (p.a_shared ? 1 : group);
    elements += tn_matmul_packed_b(&p) * (p.b_shared ? 1 : group);
    return (size_t)elements * tn_itemsize(args->in[0]->dtype);
}
