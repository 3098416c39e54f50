/* map.h: the driver of every elementwise kernel. */
#ifndef TN_MAP_H
#define TN_MAP_H

#include "tinynn.h"

/* Runs row over args->out[0], which is contiguous, with the inputs broadcast to it. */
tn_status tn_map(const tn_args *args, tn_row_fn row, double a);

#endif
