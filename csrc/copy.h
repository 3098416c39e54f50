/* copy.h: moving elements without looking at them. */
#ifndef TN_COPY_H
#define TN_COPY_H

#include "tinynn.h"

/* to = from, broadcast to it; any strides, the same element size, no overlap. */
void tn_copy(const tn_array *to, const tn_array *from);

/* Kernels that work on rows without gaps call these for each input.  The array as it is when it is contiguous and
 * `axis` its last axis, else a copy with that axis moved last, in the scratch at *scratch, which is moved on. */
const void *tn_rows_along(const tn_array *x, int32_t axis, char **scratch);

/* Where to write such rows for out, and the step that then puts them in place (if they were not written there). */
void *tn_rows_to(const tn_array *out, int32_t axis, char **scratch);
void tn_rows_done(const tn_array *out, int32_t axis, const void *rows);

/* What the calls above need: scratch_rows_along (axis in attribute 0) and scratch_rows (last axis), in infer.h. */

/* a seen with `axis` moved last. */
tn_array tn_moved_last(const tn_array *a, int32_t axis);

#endif
