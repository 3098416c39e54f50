/* infer.h: what the outputs of each kernel look like, and how much scratch it needs.  Independent of tier and type. */
#ifndef TN_INFER_H
#define TN_INFER_H

#include "tinynn.h"

/* infer.c */
tn_status infer_elementwise(const tn_args *args); /* all inputs of one dtype, broadcast; the same dtype out */
tn_status infer_compare(const tn_args *args);     /* the same; TN_BOOL out */
tn_status infer_where(const tn_args *args);
tn_status infer_cast(const tn_args *args);
tn_status infer_bias_add(const tn_args *args);
tn_status infer_update(const tn_args *args); /* arrays like in[0], then the 0-d rate, then the 0-d int64 step */
tn_status infer_assign(const tn_args *args);

/* infer_array.c */
tn_status infer_concat(const tn_args *args);
tn_status infer_getitem_grad(const tn_args *args);
tn_status infer_gather(const tn_args *args);
tn_status infer_gather_grad(const tn_args *args);

/* infer_reduce.c */
tn_status infer_reduce(const tn_args *args);
tn_status infer_reduce_some(const tn_args *args); /* TN_UNSUPPORTED where an output has nothing to reduce */
tn_status infer_argmax(const tn_args *args);
tn_status infer_softmax(const tn_args *args);
tn_status infer_softmax_grad(const tn_args *args);
tn_status infer_cross_entropy(const tn_args *args);
tn_status infer_cross_entropy_grad(const tn_args *args);
tn_status infer_sparse_cross_entropy(const tn_args *args);
tn_status infer_sparse_cross_entropy_grad(const tn_args *args);
tn_status infer_bias_add_grad(const tn_args *args);
tn_attr tn_all_but_last(const tn_array *x); /* the axes that a bias's gradient sums over */
size_t scratch_reduce(const tn_args *args);
size_t scratch_bias_add_grad(const tn_args *args);

/* copy.c */
size_t scratch_rows(const tn_args *args);
size_t scratch_rows_along(const tn_args *args);

/* infer_windows.c */
tn_status infer_im2col(const tn_args *args);
tn_status infer_col2im(const tn_args *args);
tn_status infer_window_max(const tn_args *args);
tn_status infer_pick_largest(const tn_args *args);
tn_status infer_window_max_grad(const tn_args *args);
tn_status infer_convolve(const tn_args *args);
tn_status infer_convolve_bias(const tn_args *args);
tn_status infer_convolve_input_grad(const tn_args *args);
tn_status infer_convolve_kernel_grad(const tn_args *args);
size_t scratch_pool(const tn_args *args);
size_t scratch_convolve(const tn_args *args);
size_t scratch_conv_input(const tn_args *args);
size_t scratch_conv_kernel(const tn_args *args);

/* views.c */
tn_status infer_identity(const tn_args *args);
tn_status infer_reshape(const tn_args *args);
tn_status infer_transpose(const tn_args *args);
tn_status infer_broadcast_to(const tn_args *args);
tn_status infer_getitem(const tn_args *args);

/* kernels/matmul_infer.h, kernels/random_infer.h */
tn_status infer_matmul(const tn_args *args);
tn_status infer_matmul_bias(const tn_args *args);
tn_status infer_matmul_slope(const tn_args *args);
tn_status infer_matmul_update(const tn_args *args);
size_t scratch_matmul(const tn_args *args);
size_t scratch_matmul_update(const tn_args *args);
tn_status infer_random(const tn_args *args);

#endif
