/* windows.h: windows that slide over the axes between batch and channels.  Independent of tier and type. */
#ifndef TN_WINDOWS_H
#define TN_WINDOWS_H

#include "tinynn.h"

enum { TN_WINDOW_AXES = 3 }; /* an array of fewer has axes of length 1 in front */

typedef struct tn_windows {
    int64_t batch, channels;
    int64_t extents[TN_WINDOW_AXES], size[TN_WINDOW_AXES], stride[TN_WINDOW_AXES], dilation[TN_WINDOW_AXES];
    int64_t number[TN_WINDOW_AXES]; /* how many windows fit */
    int64_t steps[TN_WINDOW_AXES];  /* from one place of x to the next, in elements */
    int64_t item;                   /* elements of one item of x[batch, extents, channels] */
    int64_t places;                 /* in one window */
    int64_t rows;                   /* rows of windows in one item: along all axes but the last */
} tn_windows;

/* The windows over x[batch, extents[axes], channels]; TN_UNSUPPORTED where none fits.  dilation NULL: 1. */
tn_status tn_windows_over(tn_windows *w, const tn_array *x, const tn_attr *extents, const tn_attr *size,
                          const tn_attr *stride, const tn_attr *dilation);

/* x's elements from the first place of a window to its place number `place`, in row-major order. */
int64_t tn_place_offset(const tn_windows *w, int64_t place);

/* x's elements from an item's first to the first of row number `row` of its windows. */
int64_t tn_row_offset(const tn_windows *w, int64_t row);

/* infer_windows.c: of calls */
tn_status tn_im2col_windows(tn_windows *w, const tn_args *args);
tn_status tn_col2im_windows(tn_windows *w, const tn_args *args);
tn_status tn_pool_windows(tn_windows *w, const tn_array *x, const tn_attr *attr); /* attr: size, stride */

/* A convolution of x[batch, extents, channels] with kernel[size, channels / groups, filters]. */
typedef struct tn_conv {
    tn_windows w;
    int64_t groups, depth, filters, wide; /* depth: channels of a group; wide: its filters */
    int64_t run, runs;                    /* elements of a window that touch in x, and how many such runs it has */
} tn_conv;

tn_status tn_conv_of(tn_conv *p, const tn_args *args);             /* x, kernel; stride, dilation */
tn_status tn_conv_input_grad_of(tn_conv *p, const tn_args *args);  /* dy, kernel; dilation, groups */
tn_status tn_conv_kernel_grad_of(tn_conv *p, const tn_args *args); /* x, dy; size, stride, dilation, groups */

int64_t tn_conv_blocks(const tn_conv *p); /* parts of the batch, whose gradients of the kernel are added up */

enum {
    TN_CONV_TASK = 1 << 20, /* multiplications of one task */
    TN_CONV_DEPTH = 256,    /* windows that a kernel's gradient adds up in registers, about */
    TN_CONV_BLOCKS = 16,    /* tasks that a kernel's gradient has at least, where the batch is as large */
    TN_CONV_COLUMNS = 32,   /* filters of such a task; no tier has wider panels */
};

#endif
