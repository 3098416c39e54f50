/* chain.c: a run of elementwise calls over the same elements, piece by piece.
 *
 * Every piece passes all links before the next one begins, so that what one link makes and the next one reads stays in
 * the first cache, and never needs memory of its own. */
#include "parallel.h"
#include "tinynn.h"

enum {
    PIECE = 1024, /* elements */
    GRAIN = 32768 /* elements for which waking a thread pays */
};

typedef char tn_buffer[PIECE * 8] __attribute__((aligned(TN_ALIGN)));

/* Where an operand of a piece is: in a buffer, or `at` elements into an array. */
static void *locate(const tn_operand *o, tn_buffer *buffers, int64_t at) {
    return o->buffer >= 0 ? buffers[o->buffer] : (char *)o->array->data + at * o->itemsize;
}

/* Numbers stand in their buffers as often as a piece has elements. */
static void spread_numbers(const tn_chain *chain, tn_buffer *buffers, int64_t count) {
    for (int i = 0; i < chain->n_numbers; i++) {
        const tn_operand *o = &chain->numbers[i];
        for (int64_t k = 0; k < count; k++) {
            if (o->itemsize == 4)
                ((int32_t *)buffers[o->buffer])[k] = *(const int32_t *)o->array->data;
            else if (o->itemsize == 8)
                ((int64_t *)buffers[o->buffer])[k] = *(const int64_t *)o->array->data;
            else
                buffers[o->buffer][k] = *(const char *)o->array->data;
        }
    }
}

static void chain_span(void *context, int64_t begin, int64_t end, int thread) {
    const tn_chain *chain = context;
    tn_buffer buffers[TN_MAX_BUFFERS];
    (void)thread;
    spread_numbers(chain, buffers, end - begin < PIECE ? end - begin : PIECE);
    for (int64_t at = begin; at < end; at += PIECE) {
        const int64_t count = end - at < PIECE ? end - at : PIECE;
        for (int i = 0; i < chain->n_links; i++) {
            const tn_link *link = &chain->links[i];
            const void *in[3];
            for (int k = 0; k < link->n_in; k++) in[k] = locate(&link->in[k], buffers, at);
            link->row(count, locate(&link->out, buffers, at), in, link->number);
        }
    }
}

tn_status tn_run_chain(const tn_args *args) {
    const tn_chain *chain = args->scratch;
    if (chain->n <= GRAIN)
        chain_span(args->scratch, 0, chain->n, 0);
    else
        tn_parallel(chain_span, args->scratch, chain->n, GRAIN);
    return TN_OK;
}
