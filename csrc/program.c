/* program.c: runs recorded calls: a program, or whole epochs of training. */
#define _POSIX_C_SOURCE 199309L
#include "tinynn.h"

#include <string.h>
#include <time.h>

enum { LOOK = 1 << 14 }; /* nanoseconds between two looks at the clock, about */

tn_status tn_run_calls(const tn_call *calls, int64_t count, int64_t *at) {
    for (int64_t i = 0; i < count; i++) {
        const tn_status status = calls[i].run(&calls[i].args);
        if (status != TN_OK) {
            *at = i;
            return status;
        }
    }
    return TN_OK;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

tn_status tn_time_calls(const tn_call *calls, int64_t count, double *seconds) {
    double begin = now();
    for (int64_t i = 0; i < count; i++) {
        const tn_status status = calls[i].run(&calls[i].args);
        if (status != TN_OK) return status;
        const double end = now();
        seconds[i] += end - begin;
        begin = end;
    }
    return TN_OK;
}

/* splitmix64 (Steele, Lea and Flood, 2014) */
static uint64_t next_random(uint64_t *state) {
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Fisher and Yates's; a number below i is the upper half of a product (Lemire, 2019), whose bias of i / 2^64 is left.
 */
void tn_shuffle(int64_t *order, int64_t n, uint64_t *state) {
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = n; i > 1; i--) {
        const int64_t j = (int64_t)((unsigned __int128)next_random(state) * (uint64_t)i >> 64);
        const int64_t swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}

static void gather(const tn_feed *feed, const int64_t *order, int64_t first, int64_t count) {
    const int64_t bytes = feed->row_bytes;
    const char *from = feed->from;
    char *to = feed->to;
    if (!order) {
        memcpy(to, from + first * bytes, (size_t)(count * bytes));
    } else if (bytes == 4) { /* one number per sample is common */
        for (int64_t i = 0; i < count; i++) memcpy(to + i * 4, from + order[first + i] * 4, 4);
    } else {
        for (int64_t i = 0; i < count; i++) memcpy(to + i * bytes, from + order[first + i] * bytes, (size_t)bytes);
    }
}

static tn_status run_step(tn_epochs *e, const tn_step *step) {
    for (int32_t i = 0; i < e->n_feeds; i++) gather(&step->feeds[i], e->order, e->sample, step->batch);
    const tn_status status = tn_run_calls(step->calls, step->n_calls, &e->call);
    for (int32_t i = 0; status == TN_OK && i < e->n_takes; i++) {
        const tn_feed *take = &step->takes[i];
        memcpy((char *)take->to + e->sample * take->row_bytes, take->from, (size_t)(step->batch * take->row_bytes));
    }
    return status;
}

static double read_number(const tn_array *a) {
    return a->dtype == TN_FLOAT32 ? *(const float *)a->data : *(const double *)a->data;
}

static tn_status end_epoch(tn_epochs *e) {
    const tn_status status = tn_run_calls(e->end, e->n_end, &e->call);
    if (status != TN_OK) return status;
    double *row = e->log + e->epoch * e->n_results;
    for (int32_t i = 0; i < e->n_results; i++) row[i] = read_number(e->results[i]);
    e->epoch++;
    e->sample = 0;
    return TN_OK;
}

/* Whether the time is over.  Short steps look at the clock now and then only. */
typedef struct pace {
    double end, last;
    int64_t steps, left;
} pace;

static int over(pace *p) {
    if (--p->left > 0) return 0;
    const double time = now();
    if (time - p->last < LOOK * 1e-9) p->steps *= 2;
    if (time - p->last > 4 * LOOK * 1e-9) p->steps = 1;
    p->last = time;
    p->left = p->steps;
    return time >= p->end;
}

tn_status tn_run_epochs(tn_epochs *e, double seconds) {
    pace p = {.last = now(), .steps = 1, .left = 1};
    p.end = p.last + seconds;
    while (e->epoch < e->epochs) {
        tn_status status = TN_OK;
        if (e->sample == 0) {
            if (e->random) tn_shuffle(e->order, e->samples, e->random);
            status = tn_run_calls(e->begin, e->n_begin, &e->call);
        }
        while (status == TN_OK && e->sample < e->samples) {
            const tn_step *step = e->samples - e->sample < e->whole.batch ? &e->rest : &e->whole;
            status = run_step(e, step);
            if (status == TN_OK) e->sample += step->batch;
            if (status == TN_OK && e->sample < e->samples && over(&p)) return TN_OK;
        }
        if (status == TN_OK) status = end_epoch(e);
        if (status != TN_OK) return status;
        const double *row = e->log + (e->epoch - 1) * e->n_results;
        if ((e->n_results && row[0] != row[0]) || over(&p)) return TN_OK;
    }
    return TN_OK;
}
