/* windows.c: where windows lie. */
#include "windows.h"

tn_status tn_windows_over(tn_windows *w, const tn_array *x, const tn_attr *extents, const tn_attr *size,
                          const tn_attr *stride, const tn_attr *dilation) {
    const int32_t axes = size->count, first = TN_WINDOW_AXES - axes;
    if (axes < 1 || axes > TN_WINDOW_AXES || extents->count != axes || stride->count != axes) return TN_UNSUPPORTED;
    if (dilation && dilation->count != axes) return TN_UNSUPPORTED;
    w->batch = x->shape[0], w->channels = x->shape[x->ndim - 1];
    for (int32_t i = 0; i < TN_WINDOW_AXES; i++) {
        const int32_t k = i - first;
        w->extents[i] = k < 0 ? 1 : extents->items[k];
        w->size[i] = k < 0 ? 1 : size->items[k];
        w->stride[i] = k < 0 ? 1 : stride->items[k];
        w->dilation[i] = k < 0 || !dilation ? 1 : dilation->items[k];
        if (w->size[i] < 1 || w->stride[i] < 1 || w->dilation[i] < 1) return TN_UNSUPPORTED;
        const int64_t room = w->extents[i] - w->dilation[i] * (w->size[i] - 1) - 1;
        if (room < 0) return TN_UNSUPPORTED;
        w->number[i] = room / w->stride[i] + 1;
    }
    w->steps[2] = w->channels;
    w->steps[1] = w->steps[2] * w->extents[2];
    w->steps[0] = w->steps[1] * w->extents[1];
    w->item = w->steps[0] * w->extents[0];
    w->places = w->size[0] * w->size[1] * w->size[2];
    w->rows = w->number[0] * w->number[1];
    return TN_OK;
}

int64_t tn_place_offset(const tn_windows *w, int64_t place) {
    int64_t offset = 0;
    for (int32_t i = TN_WINDOW_AXES - 1; i >= 0; place /= w->size[i--])
        offset += place % w->size[i] * w->dilation[i] * w->steps[i];
    return offset;
}

int64_t tn_row_offset(const tn_windows *w, int64_t row) {
    return row / w->number[1] * w->stride[0] * w->steps[0] + row % w->number[1] * w->stride[1] * w->steps[1];
}
