/* random_infer.h: the result of the random kernels: attribute 0 is its shape, attribute 1 its tn_dtype. */
tn_status infer_random(const tn_args *args) {
    const tn_array *seed = args->in[0];
    const tn_attr *shape = &args->attr[0];
    const double dtype = args->attr[1].number;
    tn_array *out = args->out[0];
    if (seed->ndim != 1 || (seed->shape[0] != 2 && seed->shape[0] != 3) || seed->dtype != TN_INT64)
        return TN_UNSUPPORTED;
    if (shape->count < 0 || shape->count > TN_MAX_DIMS) return TN_UNSUPPORTED;
    if (dtype != TN_FLOAT32 && dtype != TN_FLOAT64 && dtype != TN_UINT32) return TN_UNSUPPORTED;
    out->data = NULL;
    out->dtype = (int32_t)dtype;
    out->ndim = shape->count;
    for (int32_t i = 0; i < out->ndim; i++) {
        if (shape->items[i] < 0) return TN_UNSUPPORTED;
        out->shape[i] = shape->items[i];
    }
    tn_set_contiguous(out);
    return TN_OK;
}
