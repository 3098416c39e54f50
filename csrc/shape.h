/* shape.h: strides, broadcasting and walking.  Counts and offsets are in elements; nothing here knows the type. */
#ifndef TN_SHAPE_H
#define TN_SHAPE_H

#include "tinynn.h"

enum { TN_MAX_INPUTS = 3 }; /* arrays that one walk follows */

/* out = the shape that a and b broadcast to; TN_UNSUPPORTED where they do not fit. */
tn_status tn_broadcast_shape(const tn_array *a, const tn_array *b, tn_array *out);

/* out's strides over a, seen with out's shape: 0 along the axes that a repeats.  a must broadcast to out. */
void tn_broadcast_strides(const tn_array *a, const tn_array *out, int64_t *strides);

/* Whether a list of axes names this one; TN_NONE stands for all of them. */
int tn_axis_listed(const tn_attr *axes, int32_t axis);

int tn_same_shape(const tn_array *a, const tn_array *b);

/* Whether the memory between their first and last elements meets. */
int tn_overlap(const tn_array *a, const tn_array *b);

/* The axes of a common shape, with neighbours merged wherever every array steps over both as over one.  Axes of
 * length 1 vanish; what is left of a 0-d shape is one axis of length 1. */
typedef struct tn_walk {
    int32_t ndim;                                /* at least 1 */
    int64_t shape[TN_MAX_DIMS];                  /* shape[ndim] */
    int64_t strides[TN_MAX_INPUTS][TN_MAX_DIMS]; /* strides[n][ndim] */
} tn_walk;

/* Walks n arrays as broadcast to the shape of `as`. */
void tn_walk_init(tn_walk *walk, const tn_array *as, const tn_array *const *in, int n);

/* Walks x without one of its axes; the place of the elements that are its first along that axis. */
void tn_walk_without(tn_walk *walk, const tn_array *x, int32_t axis);

/* The offset in array number k of a position, counted in row-major order of the walk. */
int64_t tn_offset(const tn_walk *walk, int k, int64_t position);

/* to[i * to_step] = from[i * from_step] for i < n; no overlap. */
void tn_copy_run(void *to, int64_t to_step, const void *from, int64_t from_step, size_t itemsize, int64_t n);

/* Copies the elements at positions [begin, begin + count) of array number k, counted in row-major order, to dst. */
void tn_gather(void *dst, const void *src, size_t itemsize, const tn_walk *walk, int k, int64_t begin, int64_t count);

/* The same, but without a copy where those elements already lie side by side: returns where they are. */
const void *tn_stretch(void *buffer, const void *src, size_t itemsize, const tn_walk *walk, int k, int64_t begin,
                       int64_t count);

#endif
