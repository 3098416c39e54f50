/* test_program.c: recorded calls, epochs of them, shuffling. */
#include "harness.h"

enum { SAMPLES = 10, BATCH = 4, EPOCHS = 5 };

/* What the calls of these tests do: they write down the batch that they see, and add it up. */
typedef struct notes {
    const double *batch;
    int64_t count, seen, epochs_begun, fails_at; /* fails_at: how many samples are seen before a call fails; or -1 */
    double all[SAMPLES * EPOCHS];
    double sum, result;
    double nan_after; /* epochs; 0: never */
} notes;

typedef struct one_step {
    notes *notes;
    double batch[BATCH];
    int64_t count;
} one_step;

static tn_status see(const tn_args *args) {
    one_step *s = args->scratch;
    if (s->notes->fails_at >= 0 && s->notes->seen >= s->notes->fails_at) return TN_BAD_INDEX;
    for (int64_t i = 0; i < s->count; i++) {
        s->notes->all[s->notes->seen++] = s->batch[i];
        s->notes->sum += s->batch[i];
    }
    return TN_OK;
}

static tn_status begin(const tn_args *args) {
    notes *n = args->scratch;
    n->sum = 0, n->epochs_begun++;
    return TN_OK;
}

static tn_status end(const tn_args *args) {
    notes *n = args->scratch;
    n->result = n->nan_after > 0 && (double)n->epochs_begun > n->nan_after ? NAN : n->sum;
    return TN_OK;
}

static tn_status wait_a_little(const tn_args *args) {
    volatile double x = 1;
    for (int i = 0; i < 200000; i++) x = x * 1.0000001;
    (void)args;
    return TN_OK;
}

typedef struct training {
    notes notes;
    one_step whole, rest;
    tn_call calls[4], begin, end;
    tn_feed feeds[2];
    double from[SAMPLES], log[EPOCHS];
    tn_array result;
    const tn_array *results[1];
    int64_t order[SAMPLES];
    uint64_t random;
    tn_epochs epochs;
} training;

/* SAMPLES samples 0, 1, 2, ...; batches of BATCH, and a rest. */
static void prepare(training *t, int64_t samples, int shuffled) {
    memset(t, 0, sizeof *t);
    t->notes.fails_at = -1;
    for (int i = 0; i < SAMPLES; i++) t->from[i] = i;
    t->whole = (one_step){.notes = &t->notes, .count = BATCH};
    t->rest = (one_step){.notes = &t->notes, .count = samples % BATCH};
    t->calls[0] = t->calls[2] = (tn_call){.run = see, .args = {.scratch = &t->whole}};
    t->calls[1] = (tn_call){.run = see, .args = {.scratch = &t->rest}};
    t->calls[3] = (tn_call){.run = wait_a_little};
    t->begin = (tn_call){.run = begin, .args = {.scratch = &t->notes}};
    t->end = (tn_call){.run = end, .args = {.scratch = &t->notes}};
    t->feeds[0] = (tn_feed){.from = t->from, .to = t->whole.batch, .row_bytes = sizeof(double)};
    t->feeds[1] = (tn_feed){.from = t->from, .to = t->rest.batch, .row_bytes = sizeof(double)};
    t->result = (tn_array){.data = &t->notes.result, .dtype = TN_FLOAT64};
    t->results[0] = &t->result;
    t->random = 7;
    t->epochs = (tn_epochs){
        .whole = {.calls = &t->calls[0], .feeds = &t->feeds[0], .n_calls = 1, .batch = BATCH},
        .rest = {.calls = &t->calls[1], .feeds = &t->feeds[1], .n_calls = 1, .batch = samples % BATCH},
        .n_feeds = 1,
        .n_results = 1,
        .begin = &t->begin,
        .end = &t->end,
        .n_begin = 1,
        .n_end = 1,
        .results = t->results,
        .log = t->log,
        .samples = samples,
        .order = shuffled ? t->order : NULL,
        .random = shuffled ? &t->random : NULL,
        .epochs = EPOCHS,
    };
}

static int is_permutation(const double *values, int64_t n) {
    int seen[SAMPLES] = {0};
    for (int64_t i = 0; i < n; i++) seen[(int)values[i]]++;
    for (int64_t i = 0; i < n; i++)
        if (seen[i] != 1) return 0;
    return 1;
}

/* Every sample once an epoch, in order or in a new one, with and without a rest. */
static void whole_epochs(void) {
    static training t;
    for (int shuffled = 0; shuffled <= 1; shuffled++)
        for (int64_t samples = 1; samples <= SAMPLES; samples++) {
            prepare(&t, samples, shuffled);
            if (samples < BATCH) t.epochs.whole.batch = samples, t.whole.count = samples;
            CHECK(tn_run_epochs(&t.epochs, 60) == TN_OK, "%d samples", (int)samples);
            CHECK(t.epochs.epoch == EPOCHS && t.epochs.sample == 0, "%d samples", (int)samples);
            CHECK(t.notes.seen == EPOCHS * samples && t.notes.epochs_begun == EPOCHS, "%d samples", (int)samples);
            for (int64_t e = 0; e < EPOCHS; e++) {
                const double *order = t.notes.all + e * samples;
                CHECK(is_permutation(order, samples), "epoch %d of %d samples", (int)e, (int)samples);
                for (int64_t i = 0; !shuffled && i < samples; i++) CHECK(order[i] == (double)i, "order");
                CHECK(t.log[e] == (double)(samples * (samples - 1)) / 2, "epoch %d: %g", (int)e, t.log[e]);
            }
            if (shuffled && samples > 6) CHECK(memcmp(t.notes.all, t.notes.all + samples, 8 * samples), "one order");
        }
}

/* No time at all: one step per call, and the same in the end. */
static void resumed(void) {
    static training t, once;
    prepare(&once, SAMPLES, 1);
    prepare(&t, SAMPLES, 1);
    CHECK(tn_run_epochs(&once.epochs, 60) == TN_OK, "at once");
    int slices = 0;
    while (t.epochs.epoch < EPOCHS && slices < 1000) {
        const int64_t epoch = t.epochs.epoch, sample = t.epochs.sample;
        CHECK(tn_run_epochs(&t.epochs, 0) == TN_OK, "slice %d", slices);
        CHECK(t.epochs.epoch > epoch || t.epochs.sample > sample, "slice %d does nothing", slices);
        slices++;
    }
    CHECK(slices > EPOCHS && slices <= EPOCHS * 3, "%d slices", slices);
    CHECK(!memcmp(t.notes.all, once.notes.all, sizeof t.notes.all), "another order in slices");
    CHECK(!memcmp(t.log, once.log, sizeof t.log) && t.random == once.random, "another result in slices");
    CHECK(tn_run_epochs(&t.epochs, 60) == TN_OK && t.notes.seen == SAMPLES * EPOCHS, "after the end");
}

/* Steps of about a millisecond: it comes back soon. */
static void slow_steps(void) {
    static training t;
    prepare(&t, 8, 0);
    t.epochs.whole.calls = &t.calls[2];
    t.epochs.whole.n_calls = 2;
    t.epochs.log = NULL, t.epochs.n_results = 0, t.epochs.n_end = 0;
    CHECK(tn_run_epochs(&t.epochs, 1e-6) == TN_OK, "slow");
    CHECK(t.epochs.epoch == 0 && t.epochs.sample == BATCH, "it ran %d samples", (int)t.epochs.sample);
}

static void stopped_by_nan(void) {
    static training t;
    prepare(&t, SAMPLES, 1);
    t.notes.nan_after = 2;
    CHECK(tn_run_epochs(&t.epochs, 60) == TN_OK, "NaN is no failure");
    CHECK(t.epochs.epoch == 3 && isnan(t.log[2]) && !isnan(t.log[1]), "stopped after %d", (int)t.epochs.epoch);
    CHECK(tn_run_epochs(&t.epochs, 60) == TN_OK && t.epochs.epoch == 4, "goes on after NaN, to the next");
}

static void stopped_by_a_failure(void) {
    static training t;
    prepare(&t, SAMPLES, 0);
    t.notes.fails_at = SAMPLES + BATCH;
    CHECK(tn_run_epochs(&t.epochs, 60) == TN_BAD_INDEX, "failure");
    CHECK(t.epochs.epoch == 1 && t.epochs.sample == BATCH && t.epochs.call == 0, "%d", (int)t.epochs.sample);
    int64_t at = -1;
    tn_call calls[3] = {t.calls[3], t.calls[3], t.calls[0]};
    CHECK(tn_run_calls(calls, 3, &at) == TN_BAD_INDEX && at == 2, "call %d", (int)at);
    double seconds[3] = {0, 5, 0};
    CHECK(tn_time_calls(calls, 2, seconds) == TN_OK, "times");
    CHECK(seconds[0] > 0 && seconds[1] > 5 && seconds[2] == 0, "%g %g", seconds[0], seconds[1]);
    CHECK(tn_run_calls(calls, 0, &at) == TN_OK, "no calls");
}

/* Each element at each place about equally often, for other states; equal for equal states. */
static void uniform(void) {
    enum { N = 7, TIMES = 70000 };
    static int64_t counts[N][N];
    int64_t order[N], again[N];
    uint64_t state = 1, copy = 1;
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < TIMES; i++) {
        tn_shuffle(order, N, &state);
        for (int k = 0; k < N; k++) counts[order[k]][k]++;
    }
    double squares = 0;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) squares += pow((double)counts[i][k] - TIMES / N, 2) / (TIMES / (double)N);
    CHECK(squares > 12 && squares < 75, "chi squared %g of 36 degrees", squares); /* both about 1 in 10,000 */
    state = copy = 12345;
    tn_shuffle(order, N, &state), tn_shuffle(again, N, &copy);
    CHECK(!memcmp(order, again, sizeof order) && state == copy && state != 12345, "a state gives one order");
    for (int64_t n = 0; n <= 2; n++) tn_shuffle(order, n, &state);
}

/* Rows of every width go where they belong, and nowhere else. */
static void gathered(void) {
    for (int64_t bytes = 1; bytes <= 70; bytes++)
        for (int shuffled = 0; shuffled <= 1; shuffled++) {
            static training t;
            prepare(&t, 8, shuffled);
            tn_array from = make2(TN_UINT8, 8, bytes), to = make2(TN_UINT8, BATCH, bytes);
            for (int64_t i = 0; i < 8 * bytes; i++) ((uint8_t *)from.data)[i] = (uint8_t)random_bits();
            t.feeds[0] = (tn_feed){.from = from.data, .to = to.data, .row_bytes = bytes};
            CHECK(tn_run_epochs(&t.epochs, 0) == TN_OK, "width %d", (int)bytes);
            for (int64_t i = 0; i < BATCH; i++) {
                const char *row = (const char *)from.data + (shuffled ? t.order[i] : i) * bytes;
                CHECK(!memcmp((char *)to.data + i * bytes, row, (size_t)bytes), "row %d", (int)i);
            }
            CHECK(guards_intact(), "width %d", (int)bytes);
            release_all();
        }
}

/* What a step makes goes to its rows. */
static void taken(void) {
    static training t;
    double rows[SAMPLES];
    prepare(&t, SAMPLES, 0);
    const tn_feed whole = {.from = t.whole.batch, .to = rows, .row_bytes = 8};
    const tn_feed rest = {.from = t.rest.batch, .to = rows, .row_bytes = 8};
    t.epochs.whole.takes = &whole, t.epochs.rest.takes = &rest;
    t.epochs.n_takes = 1, t.epochs.epochs = 1;
    CHECK(tn_run_epochs(&t.epochs, 60) == TN_OK, "taken");
    for (int i = 0; i < SAMPLES; i++) CHECK(rows[i] == i, "row %d is %g", i, rows[i]);
}

void test_program(void) {
    whole_epochs();
    resumed();
    slow_steps();
    stopped_by_nan();
    stopped_by_a_failure();
    uniform();
    gathered();
    taken();
}
