/* registry.h: what the tier files and the registry share. */
#ifndef TN_REGISTRY_H
#define TN_REGISTRY_H

#include "tinynn.h"

typedef tn_status (*tn_run_fn)(const tn_args *args);

/* TN_OP_<name>: the row of a kernel in every table below. */
enum {
#define KERNEL(name, ...) TN_OP_##name,
#define VIEW(name, ...)   TN_OP_##name,
#include "ops.def"
    TN_OPS
};

/* One table per tier: the function of an op for a dtype, or NULL. */
extern const tn_run_fn tn_table_all_baseline[TN_OPS][TN_DTYPES];
extern const tn_run_fn tn_table_all_avx2[TN_OPS][TN_DTYPES];
extern const tn_run_fn tn_table_all_avx512[TN_OPS][TN_DTYPES];

/* The same for the loops of elementwise kernels. */
extern const tn_row_fn tn_rows_all_baseline[TN_OPS][TN_DTYPES];
extern const tn_row_fn tn_rows_all_avx2[TN_OPS][TN_DTYPES];
extern const tn_row_fn tn_rows_all_avx512[TN_OPS][TN_DTYPES];

#endif
