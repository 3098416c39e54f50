/* map.c: the driver of every elementwise kernel.
 *
 * A kernel has one loop, over arrays without gaps.  An input that is not laid out like the output (broadcast,
 * transposed, sliced) is first gathered, a chunk at a time, into a buffer on the stack that stays in the L1 cache. */
#include "map.h"
#include "parallel.h"
#include "shape.h"

enum {
    CHUNK = 512,    /* elements per buffer: three buffers of 4 KiB */
    LONG_RUN = 128, /* an inner axis this long is worth a call of its own, reading the input in place */
    GRAIN = 32768   /* elements for which waking a thread pays */
};

enum layout { LINEAR, CONSTANT, WALKED }; /* like the output; one element; anything else */

typedef struct map {
    tn_row_fn row;
    double a;
    char *out;
    const char *in[TN_MAX_INPUTS];
    size_t out_size, in_size[TN_MAX_INPUTS]; /* bytes of one element */
    int layout[TN_MAX_INPUTS];
    int n_in, all_linear;
    tn_walk walk; /* of all inputs together, in the output's shape */
} map;

static void map_linear(const map *m, int64_t begin, int64_t end) {
    const void *in[TN_MAX_INPUTS];
    for (int k = 0; k < m->n_in; k++) in[k] = m->in[k] + begin * (int64_t)m->in_size[k];
    m->row(end - begin, m->out + begin * (int64_t)m->out_size, in, m->a);
}

/* Does elements [begin, end) of the output. */
static void map_span(void *context, int64_t begin, int64_t end, int thread) {
    (void)thread;
    const map *m = context;
    if (m->all_linear) {
        map_linear(m, begin, end);
        return;
    }
    char buffer[TN_MAX_INPUTS][CHUNK * 8] __attribute__((aligned(TN_ALIGN)));
    const void *in[TN_MAX_INPUTS];
    for (int k = 0; k < m->n_in; k++)
        if (m->layout[k] == CONSTANT)
            tn_gather(buffer[k], m->in[k], m->in_size[k], &m->walk, k, 0, end - begin < CHUNK ? end - begin : CHUNK);
    const int64_t inner = m->walk.shape[m->walk.ndim - 1];
    while (begin < end) {
        int64_t count = end - begin < CHUNK ? end - begin : CHUNK;
        int64_t left_in_run = inner - begin % inner;
        if (inner >= LONG_RUN && count > left_in_run) count = left_in_run;
        for (int k = 0; k < m->n_in; k++) {
            in[k] = buffer[k];
            if (m->layout[k] == LINEAR)
                in[k] = m->in[k] + begin * (int64_t)m->in_size[k];
            else if (m->layout[k] == WALKED)
                in[k] = tn_stretch(buffer[k], m->in[k], m->in_size[k], &m->walk, k, begin, count);
        }
        m->row(count, m->out + begin * (int64_t)m->out_size, in, m->a);
        begin += count;
    }
}

tn_status tn_map(const tn_args *args, tn_row_fn row, double a) {
    const tn_array *out = args->out[0];
    const int64_t n = tn_size(out);
    if (n == 0) return TN_OK;
    map m;
    m.row = row;
    m.a = a;
    m.out = out->data;
    m.out_size = tn_itemsize(out->dtype);
    m.n_in = args->n_in;
    m.all_linear = 1;
    int any_walked = 0;
    for (int k = 0; k < m.n_in; k++) {
        const tn_array *in = args->in[k];
        m.in[k] = in->data;
        m.in_size[k] = tn_itemsize(in->dtype);
        const int64_t size = tn_size(in);
        m.layout[k] = size == n && tn_contiguous(in) ? LINEAR : size == 1 ? CONSTANT : WALKED;
        m.all_linear &= m.layout[k] == LINEAR;
        any_walked |= m.layout[k] == WALKED;
    }
    if (any_walked) {
        tn_walk_init(&m.walk, out, args->in, m.n_in);
    } else { /* for the constants: one run of steps of 0 */
        m.walk.ndim = 1;
        m.walk.shape[0] = n;
        for (int k = 0; k < m.n_in; k++) m.walk.strides[k][0] = 0;
    }
    if (n <= GRAIN)
        map_span(&m, 0, n, 0);
    else
        tn_parallel(map_span, &m, n, GRAIN);
    return TN_OK;
}
