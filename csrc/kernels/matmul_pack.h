/* matmul_pack.h: copies of a and b in the order in which the tiles read them.
 *
 * A packed operand is cut into runs of TN_MATMUL_KC along k, a run into panels, and a panel holds for each step of k
 * the elements of its `height` rows of a (or columns of b) side by side.  The copies are along the axis that touches;
 * where that is k, in square blocks transposed in registers. */

/* One panel, dst[k, height], of src whose rows (or columns) of k are `step` apart and touch along k; `used` of them
 * exist.  In a panel of less than a vector a store runs over into the next steps of k, which are written after it. */
static void K(pack_transposed)(T *dst, int64_t height, const T *src, int64_t step, int64_t used, int64_t k) {
    const T *end = dst + height * k;
    for (int64_t i = 0; i < used; i += TV_N) {
        const int64_t rows = used - i < TV_N ? used - i : TV_N;
        for (int64_t p = 0; p < k; p += TV_N) {
            const int64_t columns = k - p < TV_N ? k - p : TV_N;
            TV block[TV_N];
            TN_UNROLL
            for (int r = 0; r < TV_N; r++) {
                const T *from = src + (i + r) * step + p;
                if (r >= rows)
                    block[r] = V(fill)(0);
                else
                    block[r] = columns == TV_N ? V(load)(from) : V(load_part)(from, columns);
            }
            V(transpose)(block);
            T *to = dst + p * height + i;
            TN_UNROLL
            for (int q = 0; q < TV_N; q++, to += height) {
                if (q >= columns) break;
                if (rows == TV_N || (i == 0 && to + TV_N <= end))
                    V(store)(to, block[q]);
                else
                    V(store_part)(to, rows, block[q]);
            }
        }
    }
}

/* Some panels, dst[panels][k, height], of src whose rows (or columns) touch; `used` of them exist.  Side by side, so
 * that each line of src is read once. */
static void K(pack_touching)(T *dst, int64_t height, const T *src, int64_t k_step, int64_t used, int64_t k) {
    for (int64_t p = 0; p < k; p++, src += k_step) {
        for (int64_t first = 0; first < used; first += height) {
            const T *from = src + first;
            T *to = dst + first * k + p * height;
            const int64_t rows = used - first < height ? used - first : height;
            int64_t i = 0;
            for (; i + TV_N <= rows; i += TV_N) V(store)(to + i, V(load)(from + i));
            if (i < rows) V(store_part)(to + i, rows - i, V(load_part)(from + i, rows - i));
        }
    }
}

/* Some panels of any src: rows (or columns) `step` apart, steps of k `k_step` apart. */
static void K(pack_panels)(T *dst, int64_t height, const T *src, int64_t step, int64_t k_step, int64_t used,
                           int64_t k) {
    if (step == 1) {
        K(pack_touching)(dst, height, src, k_step, used, k);
        return;
    }
    for (int64_t first = 0; first < used; first += height, dst += height * k, src += height * step) {
        const int64_t rows = used - first < height ? used - first : height;
        if (k_step == 1) {
            K(pack_transposed)(dst, height, src, step, rows, k);
        } else {
            for (int64_t p = 0; p < k; p++)
                for (int64_t i = 0; i < rows; i++) dst[p * height + i] = src[i * step + p * k_step];
        }
    }
}

#ifndef TN_MATMUL_PACKING_H
#define TN_MATMUL_PACKING_H
/* One operand of one round: its first element, how it lies and how it shall lie. */
typedef struct tn_packing {
    const void *src;
    void *dst; /* dst[batch][panels * height * k] */
    int64_t step, k_step;
    int64_t extent, height, panels, k; /* extent rows in panels of height */
    const int64_t *batch_strides;
    int shared; /* every batch item reads the first copy */
} tn_packing;

/* Where a panel's run of k that starts at p begins, within one batch item. */
static inline int64_t tn_packed_at(const tn_packing *q, int64_t panel, int64_t p) {
    int64_t run = q->k - p < TN_MATMUL_KC ? q->k - p : TN_MATMUL_KC;
    return p * q->panels * q->height + panel * q->height * run;
}
#endif
