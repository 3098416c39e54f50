/* views.h: looking at an array differently, without moving it. */
#ifndef TN_VIEWS_H
#define TN_VIEWS_H

#include "tinynn.h"

/* The items of x that attributes start, step, count (one per axis of x) and axes (one per axis of the view: the axis
 * of x it shows, or -1 for a new axis of length 1) pick. */
tn_status tn_view_items(tn_array *view, const tn_array *x, const tn_attr *attr);

#endif
