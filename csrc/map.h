/* map.h: the driver of every elementwise kernel. */
#ifndef TN_MAP_H
#define TN_MAP_H

#include "tinynn.h"

/* The loop of one elementwise kernel over n elements that lie side by side: out[n], in[k][n]; a is the attribute.
 * out may be one of the inputs. */
typedef void (*tn_row_fn)(int64_t n, void *out, const void *const *in, double a);

/* Runs row over args->out[0], which is contiguous, with the inputs broadcast to it. */
tn_status tn_map(const tn_args *args, tn_row_fn row, double a);

#endif
