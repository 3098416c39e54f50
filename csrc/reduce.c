/* reduce.c: the driver of every reduction, over any axes of any strided array.
 *
 * The array is seen as kept axes times reduced axes.  Where the last kept axis lies closer in memory than the last
 * reduced one (a column sum), whole rows are added to a row of accumulators; otherwise each output is a run of its
 * own.  Both cut the reduced axes into blocks of a fixed size, whose results are merged as a fixed tree: the number of
 * threads changes who computes a block, never what is added to what. */
#include "reduce.h"
#include "infer.h"
#include "parallel.h"
#include "shape.h"

#include <string.h>

enum {
    ROW_BLOCK = 8192,   /* elements of one run */
    COLUMN_BLOCK = 512, /* rows added to one row of accumulators */
    CHUNK = 512,        /* elements gathered at a time; columns taken at a time; a multiple of TN_LANES */
    GRAIN = 32768,      /* elements for which waking a thread pays */
    WORD = 8            /* bytes kept for a partial result */
};

typedef struct plan {
    tn_walk kept, reduced;  /* the two groups of axes of in[0] */
    int64_t outputs, count; /* their sizes */
    int64_t width;          /* columns: the length of the last kept axis; else 1 */
    int64_t chunks, blocks; /* pieces of the width, pieces of the count */
    int columns;
    size_t itemsize;
    const tn_fold *fold;
    const char *x;
    char *out;
    char *partials; /* [outputs / width][blocks][width] accumulators; used when blocks > 1 */
} plan;

static int64_t pieces(int64_t n, int64_t size) { return n > size ? (n + size - 1) / size : 1; }

static int64_t step_of(const tn_walk *walk) {
    int64_t stride = walk->strides[0][walk->ndim - 1];
    return stride < 0 ? -stride : stride;
}

static void make_plan(plan *p, const tn_args *args) {
    const tn_array *x = args->in[0];
    tn_array kept = {.ndim = 0}, reduced = {.ndim = 0};
    for (int32_t i = 0; i < x->ndim; i++) {
        tn_array *group = tn_axis_listed(&args->attr[0], i) ? &reduced : &kept;
        group->shape[group->ndim] = x->shape[i];
        group->strides[group->ndim++] = x->strides[i];
    }
    const tn_array *groups[] = {&kept, &reduced};
    tn_walk_init(&p->kept, &kept, &groups[0], 1);
    tn_walk_init(&p->reduced, &reduced, &groups[1], 1);
    p->outputs = tn_size(&kept);
    p->count = tn_size(&reduced);
    const int64_t inner = p->kept.shape[p->kept.ndim - 1];
    p->columns = inner >= 4 && p->count > 1 && step_of(&p->kept) < step_of(&p->reduced);
    p->width = p->columns ? inner : 1;
    p->chunks = pieces(p->width, CHUNK);
    p->blocks = pieces(p->count, p->columns ? COLUMN_BLOCK : ROW_BLOCK);
}

size_t scratch_reduce(const tn_args *args) {
    plan p;
    make_plan(&p, args);
    return p.blocks > 1 ? (size_t)(p.outputs * p.blocks) * WORD : 0;
}

/* One output's share of block [begin, end): lanes[0] is the result. */
static void fold_run(const plan *p, int64_t output, int64_t begin, int64_t end, void *lanes) {
    char buffer[CHUNK * 8] __attribute__((aligned(TN_ALIGN)));
    const char *x = p->x + tn_offset(&p->kept, 0, output) * (int64_t)p->itemsize;
    const char *center = p->out + output * (int64_t)p->itemsize;
    p->fold->start(TN_LANES, lanes);
    if (p->reduced.ndim == 1 && p->reduced.strides[0][0] == 1) {
        p->fold->run(end - begin, lanes, x + begin * (int64_t)p->itemsize, center);
    } else {
        for (; begin < end; begin += CHUNK) {
            int64_t n = end - begin < CHUNK ? end - begin : CHUNK;
            p->fold->run(n, lanes, tn_stretch(buffer, x, p->itemsize, &p->reduced, 0, begin, n), center);
        }
    }
    for (int64_t n = TN_LANES / 2; n > 0; n /= 2) p->fold->merge(n, lanes, (char *)lanes + (size_t)n * p->fold->size);
}

/* The rows [begin, end) of columns [column, column + n) of the kept rows number `outer`, into acc[n]. */
static void fold_columns(const plan *p, int64_t outer, int64_t column, int64_t n, int64_t begin, int64_t end,
                         void *acc) {
    char buffer[CHUNK * 8] __attribute__((aligned(TN_ALIGN)));
    const int64_t first = outer * p->width + column;
    const char *x = p->x, *center = p->out + first * (int64_t)p->itemsize;
    p->fold->start(n, acc);
    for (int64_t row = begin; row < end; row++) {
        const char *at = x + tn_offset(&p->reduced, 0, row) * (int64_t)p->itemsize;
        p->fold->columns(n, acc, tn_stretch(buffer, at, p->itemsize, &p->kept, 0, first, n), center);
    }
}

static void reduce_span(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const plan *p = context;
    const int64_t block_size = p->columns ? COLUMN_BLOCK : ROW_BLOCK;
    char local[CHUNK * WORD] __attribute__((aligned(TN_ALIGN)));
    for (int64_t item = begin; item < end; item++) {
        const int64_t block = item % p->blocks, chunk = item / p->blocks % p->chunks;
        const int64_t outer = item / p->blocks / p->chunks, column = chunk * CHUNK;
        const int64_t n = p->width - column < CHUNK ? p->width - column : CHUNK;
        const int64_t from = block * block_size;
        const int64_t to = from + block_size < p->count ? from + block_size : p->count;
        if (p->columns)
            fold_columns(p, outer, column, n, from, to, local);
        else
            fold_run(p, outer, from, to, local);
        if (p->blocks == 1)
            p->fold->finish(n, p->out + (outer * p->width + column) * (int64_t)p->itemsize, local, p->count);
        else
            memcpy(p->partials + ((outer * p->blocks + block) * p->width + column) * (int64_t)p->fold->size, local,
                   (size_t)n * p->fold->size);
    }
}

/* Merges the blocks of each output, neighbours first. */
static void merge_blocks(const plan *p) {
    const int64_t row = p->width * (int64_t)p->fold->size;
    for (int64_t outer = 0; outer < p->outputs / p->width; outer++) {
        char *blocks = p->partials + outer * p->blocks * row;
        for (int64_t step = 1; step < p->blocks; step *= 2)
            for (int64_t b = 0; b + step < p->blocks; b += 2 * step)
                p->fold->merge(p->width, blocks + b * row, blocks + (b + step) * row);
        p->fold->finish(p->width, p->out + outer * p->width * (int64_t)p->itemsize, blocks, p->count);
    }
}

tn_status tn_reduce(const tn_args *args, const tn_fold *fold) {
    plan p;
    make_plan(&p, args);
    if (p.outputs == 0) return TN_OK;
    p.fold = fold;
    p.itemsize = tn_itemsize(args->in[0]->dtype);
    p.x = args->in[0]->data;
    p.out = args->out[0]->data;
    p.partials = args->scratch;
    const int64_t items = p.outputs / p.width * p.chunks * p.blocks;
    const int64_t work = p.outputs * p.count / items; /* elements of one item */
    tn_parallel(reduce_span, &p, items, work < GRAIN ? GRAIN / (work + 1) : 1);
    if (p.blocks > 1) merge_blocks(&p);
    return TN_OK;
}
