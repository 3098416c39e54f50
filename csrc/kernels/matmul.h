/* matmul.h: c = a b.  See matmul_plan.h for the two ways; here is the driver of both.
 *
 * A round packs what is to be packed (one parallel phase), then cuts c into tasks, each of which runs over all of k
 * (another).  Threads share tasks, never sums: the bits do not depend on how many there are. */
#include "matmul_plan.h"

#include "matmul_finish.h"
#include "matmul_micro.h"
#include "matmul_pack.h"

#include "matmul_dot.h"

#ifndef TN_MATMUL_ROUND_H
#define TN_MATMUL_ROUND_H
enum {
    TN_MATMUL_MC = 192,              /* rows and columns of a task: a's and b's part of one run of k and c's part */
    TN_MATMUL_NC = 512,              /* fit the second cache together */
    TN_MATMUL_SERIAL = 1 << 20,      /* multiplications that one thread does sooner than two */
    TN_MATMUL_PACK_SERIAL = 1 << 15, /* elements that one thread packs sooner than two */
};

/* One round: rows, columns and k of one or more batch items, cut into tasks. */
typedef struct tn_round {
    const tn_matmul *p;
    int64_t first, items; /* of the batch */
    int64_t i, j, m, n;   /* the part of c: c[i : i + m, j : j + n] */
    int64_t k0, k;        /* and of the sum */
    int64_t height;       /* rows of a tile */
    int64_t width;        /* columns of a strip: a panel of b where it is packed */
    int64_t tasks_m, tasks_n;
    tn_packing a, b;
} tn_round;
#endif

/* Panels [begin, end) of one operand's runs of k, over all items of the batch, numbered through; a few at a time. */
static void K(pack_span)(const tn_round *r, const tn_packing *q, int64_t begin, int64_t end) {
    for (int64_t at = begin, next; at < end; at = next) {
        const int64_t item = at / q->panels, panel = at % q->panels;
        const T *src = (const T *)q->src + tn_matmul_offset(r->p, q->batch_strides, r->first + item);
        T *dst = (T *)q->dst + item * q->panels * q->height * q->k;
        next = tn_min(tn_min(at + 8, end), (item + 1) * q->panels);
        const int64_t first = panel * q->height, used = tn_min((next - at) * q->height, q->extent - first);
        for (int64_t p = 0; p < q->k; p += TN_MATMUL_KC)
            K(pack_panels)(dst + tn_packed_at(q, panel, p), q->height, src + first * q->step + p * q->k_step, q->step,
                           q->k_step, used, tn_min(TN_MATMUL_KC, q->k - p));
    }
}
static void K(pack_a_span)(void *context, int64_t begin, int64_t end, int thread) {
    const tn_round *r = context;
    (void)thread;
    K(pack_span)(r, &r->a, begin, end);
}
static void K(pack_b_span)(void *context, int64_t begin, int64_t end, int thread) {
    const tn_round *r = context;
    (void)thread;
    K(pack_span)(r, &r->b, begin, end);
}

/* Run p of k for rows [i0, i1) and columns [j0, j1) of the round's part of one item. */
static void K(matmul_run)(const tn_round *r, int64_t item, int64_t p, int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
    const tn_matmul *s = r->p;
    const tn_packing *qa = &r->a, *qb = &r->b;
    const int64_t at = r->first + item, h = r->height, w = r->width;
    tn_tile t = {.k = tn_min(TN_MATMUL_KC, r->k - p), .a_m = s->a_m, .a_k = s->a_k, .b_k = s->b_k, .c_m = s->c_m};
    const T *a, *b;
    T *c = (T *)s->c + at * s->m * s->n + r->i * s->c_m + r->j;
    T *x = (T *)s->e.x + at * s->e.x_batch + r->i * s->e.x_m + r->j * s->e.x_n;
    t.add = r->k0 + p > 0;
    t.finish = r->k0 + p + t.k == s->k ? s->e.finish : TN_FINISH_NONE;
    t.x_m = s->e.x_m, t.x_n = s->e.x_n, t.rate = s->e.rate;
    if (s->pack_a) {
        a = (const T *)qa->dst + (qa->shared ? 0 : item) * qa->panels * h * r->k;
        t.a_m = 1, t.a_k = h;
    } else {
        a = (const T *)s->a + tn_matmul_offset(s, s->a_batch, at) + r->i * s->a_m + (r->k0 + p) * s->a_k;
    }
    if (s->pack_b) {
        b = (const T *)qb->dst + (qb->shared ? 0 : item) * qb->panels * w * r->k;
        t.b_k = w;
    } else {
        b = (const T *)s->b + tn_matmul_offset(s, s->b_batch, at) + (r->k0 + p) * s->b_k + r->j;
    }
    for (int64_t j = j0; j < j1; j += w) {
        const T *bj = s->pack_b ? b + tn_packed_at(qb, j / w, p) : b + j;
        for (int64_t i = i0; i < i1; i += h) {
            const T *ai = s->pack_a ? a + tn_packed_at(qa, i / h, p) : a + i * s->a_m;
            K(strip)(tn_min(h, i1 - i), tn_min(w, j1 - j), &t, ai, bj, c + i * s->c_m + j, x + i * t.x_m + j * t.x_n);
        }
    }
}

static void K(matmul_span)(void *context, int64_t begin, int64_t end, int thread) {
    const tn_round *r = context;
    const int64_t panels_m = (r->m + r->height - 1) / r->height, panels_n = (r->n + r->width - 1) / r->width;
    (void)thread;
    for (int64_t at = begin; at < end; at++) {
        const int64_t tm = at % r->tasks_m, tn = at / r->tasks_m % r->tasks_n;
        const int64_t item = at / r->tasks_m / r->tasks_n;
        const int64_t i0 = panels_m * tm / r->tasks_m * r->height, j0 = panels_n * tn / r->tasks_n * r->width;
        const int64_t i1 = tn_min(panels_m * (tm + 1) / r->tasks_m * r->height, r->m);
        const int64_t j1 = tn_min(panels_n * (tn + 1) / r->tasks_n * r->width, r->n);
        for (int64_t p = 0; p < r->k; p += TN_MATMUL_KC) K(matmul_run)(r, item, p, i0, i1, j0, j1);
        if (r->k0 + r->k == r->p->k) K(activate_block)(r->p, r->first + item, r->i + i0, i1 - i0, r->j + j0, j1 - j0);
    }
}

/* Tasks that fit the cache, and at least one per thread; a multiple of the threads where there are few. */
static void K(matmul_cut)(tn_round *r, int64_t threads) {
    const int64_t panels_m = (r->m + r->height - 1) / r->height, panels_n = (r->n + r->width - 1) / r->width;
    r->tasks_m = (r->m + TN_MATMUL_MC - 1) / TN_MATMUL_MC;
    r->tasks_n = (r->n + TN_MATMUL_NC - 1) / TN_MATMUL_NC;
    if (threads > 1 && r->items % threads != 0) {
        int64_t *tasks = panels_m >= threads ? &r->tasks_m : &r->tasks_n;
        *tasks = (*tasks + threads - 1) / threads * threads;
    }
    r->tasks_m = tn_min(r->tasks_m, panels_m);
    r->tasks_n = tn_min(r->tasks_n, panels_n);
}

static void K(matmul_round)(tn_round *r) {
    const tn_matmul *p = r->p;
    const int64_t tall = (r->m + TILE_ROWS - 1) / TILE_ROWS;
    const int64_t work = r->m * r->n * r->k * r->items, threads = work > TN_MATMUL_SERIAL ? tn_threads() : 1;
    r->height = (r->m + tall - 1) / tall; /* tiles of even height */
    r->width = r->height <= WIDE_ROWS && !p->pack_b ? TN_MATMUL_NC : TILE_COLUMNS;
    if (p->pack_a && (r->j == 0 || r->m < p->m)) { /* else the round before had the same */
        r->a.height = r->height, r->a.panels = tall, r->a.extent = r->m, r->a.k = r->k;
        r->a.src = (const T *)p->a + r->i * p->a_m + r->k0 * p->a_k;
        const int64_t n = tall * (p->a_shared ? 1 : r->items), grain = TN_MATMUL_PACK_SERIAL / (r->height * r->k) + 1;
        tn_parallel(K(pack_a_span), r, n, threads > 1 ? grain : n);
    }
    if (p->pack_b && r->i == 0) { /* the next rows find it there */
        r->b.height = r->width, r->b.panels = (r->n + r->width - 1) / r->width, r->b.extent = r->n, r->b.k = r->k;
        r->b.src = (const T *)p->b + r->j * p->b_n + r->k0 * p->b_k;
        const int64_t n = r->b.panels * (p->b_shared ? 1 : r->items);
        const int64_t grain = TN_MATMUL_PACK_SERIAL / (r->width * r->k) + 1;
        tn_parallel(K(pack_b_span), r, n, threads > 1 ? grain : n);
    }
    K(matmul_cut)(r, threads);
    const int64_t tasks = r->tasks_m * r->tasks_n * r->items;
    if (threads > 1)
        tn_parallel_tasks(K(matmul_span), r, tasks);
    else
        K(matmul_span)(r, 0, tasks, 0);
}

/* All rounds: one, unless what is packed is longer than a round takes or the batch is large. */
static void K(matmul_rounds)(const tn_matmul *p, T *scratch) {
    const int64_t group = tn_matmul_group(p);
    const int64_t most_m = p->pack_a ? TN_MATMUL_ROWS : p->m, most_n = p->pack_b ? TN_MATMUL_COLUMNS : p->n;
    const int64_t most_k = p->pack_a || p->pack_b ? TN_MATMUL_DEPTH : p->k;
    tn_round r = {.p = p};
    r.a = (tn_packing){.step = p->a_m, .k_step = p->a_k, .batch_strides = p->a_batch, .shared = p->a_shared};
    r.b = (tn_packing){.step = p->b_n, .k_step = p->b_k, .batch_strides = p->b_batch, .shared = p->b_shared};
    r.a.dst = scratch;
    r.b.dst = scratch + tn_matmul_packed_a(p) * (p->a_shared ? 1 : group);
    for (r.first = 0; r.first < p->batch; r.first += group) {
        r.items = tn_min(group, p->batch - r.first);
        for (r.k0 = 0; r.k0 < p->k; r.k0 += r.k) {
            r.k = tn_min(most_k, p->k - r.k0);
            for (r.j = 0; r.j < p->n; r.j += r.n) {
                r.n = tn_min(most_n, p->n - r.j);
                for (r.i = 0; r.i < p->m; r.i += r.m) {
                    r.m = tn_min(most_m, p->m - r.i);
                    K(matmul_round)(&r);
                }
            }
        }
    }
}

/* What is too short to be cut or packed: the round's own work would take longer than the smallest products do. */
static void K(matmul_short)(const tn_matmul *p) {
    const int64_t tall = (p->m + TILE_ROWS - 1) / TILE_ROWS;
    tn_round r;
    r.p = p, r.first = r.i = r.j = r.k0 = 0, r.k = p->k;
    r.height = (p->m + tall - 1) / tall;
    r.width = r.height <= WIDE_ROWS ? TN_MATMUL_NC : TILE_COLUMNS;
    for (int64_t at = 0; at < p->k; at += TN_MATMUL_KC) K(matmul_run)(&r, 0, at, 0, p->m, 0, p->n);
    K(activate_block)(p, 0, 0, p->m, 0, p->n);
}

/* The shortest of all: one strip, one run. */
static void K(matmul_strip)(const tn_matmul *p) {
    const tn_tile t = {.k = p->k,
                       .a_m = p->a_m,
                       .a_k = p->a_k,
                       .b_k = p->b_k,
                       .c_m = p->c_m,
                       .finish = p->e.finish,
                       .x_m = p->e.x_m,
                       .x_n = p->e.x_n,
                       .rate = p->e.rate};
    K(strip)(p->m, p->n, &t, p->a, p->b, p->c, p->e.x);
    K(activate_block)(p, 0, 0, p->m, 0, p->n);
}

static tn_status K(product)(tn_matmul *p, T *scratch) {
    const int64_t size = p->batch * p->m * p->n, sums = tn_matmul_sums(p);
    if (size == 0) return TN_OK;
    if (sums) p->c = scratch;
    if (p->k == 0) {
        memset(p->c, 0, (size_t)size * sizeof(T));
        for (int64_t item = 0; item < p->batch; item++) K(finish_columns)(p, item, 0, p->n);
    } else if (p->dot) {
        const int64_t columns = p->batch * p->n, work = columns * p->m * p->k;
        tn_parallel(K(dot_span), p, columns, work > TN_MATMUL_SERIAL ? TN_MATMUL_SERIAL / (p->m * p->k) + 1 : columns);
    } else if (p->batch == 1 && !p->pack_a && !p->pack_b && size * p->k <= TN_MATMUL_SERIAL) {
        if (p->m <= TILE_ROWS && p->k <= TN_MATMUL_KC)
            K(matmul_strip)(p);
        else
            K(matmul_short)(p);
    } else {
        K(matmul_rounds)(p, scratch + sums);
    }
    return TN_OK;
}

/* (a, b; transpose_a, transpose_b) */
static tn_status K(matmul)(const tn_args *args) {
    tn_matmul p;
    tn_matmul_of(&p, args);
    return K(product)(&p, args->scratch);
}

/* (a, b, bias; transpose_a, transpose_b, activation) */
static tn_status K(matmul_bias)(const tn_args *args) {
    tn_matmul p;
    tn_matmul_bias_of(&p, args);
    return K(product)(&p, args->scratch);
}

/* (a, b, y; transpose_a, transpose_b, activation) */
static tn_status K(matmul_slope)(const tn_args *args) {
    tn_matmul p;
    tn_matmul_slope_of(&p, args);
    return K(product)(&p, args->scratch);
}

/* (w, a, b, rate; transpose_a, transpose_b) */
static tn_status K(matmul_update)(const tn_args *args) {
    tn_matmul p;
    tn_matmul_update_of(&p, args, args->in[3]);
    return K(product)(&p, args->scratch);
}
