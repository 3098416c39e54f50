/* random.h: random numbers as a pure function of seed and shape, in any number of threads.  The seed, int64 [2], is the
 * input; out is float32 or float64, uint32 for random_bits.
 *
 * Item i comes from call i / group, where group is how many items one call gives: 4 of 32 bits, 2 of 64. */
#include "random_philox.h"

/* Makes block b of an array, CALLS calls into item[CALLS * group]. */
typedef void (*K(random_fn))(const K(philox) * p, int64_t b, void *item);

typedef struct K(draw) {
    K(philox) p;
    K(random_fn) block;
    char *out;
    size_t bytes; /* of all items */
} K(draw);

static void K(words_of)(const K(philox) * p, int64_t b, uint32_t (*word)[CALLS]) {
    uint64_t counter[CALLS];
    for (int i = 0; i < CALLS; i++) counter[i] = (uint64_t)b * CALLS + (uint64_t)i;
    K(philox_block)(p, counter, word);
}

static void K(bits_block)(const K(philox) * p, int64_t b, void *item) {
    uint32_t word[4][CALLS], *to = item;
    K(words_of)(p, b, word);
    for (int i = 0; i < CALLS; i++)
        for (int j = 0; j < 4; j++) to[4 * i + j] = word[j][i];
}

static void K(uniform32_block)(const K(philox) * p, int64_t b, void *item) {
    uint32_t word[4][CALLS];
    float *to = item;
    K(words_of)(p, b, word);
    for (int i = 0; i < CALLS; i++)
        for (int j = 0; j < 4; j++) to[4 * i + j] = K(unit32)(word[j][i]);
}
static void K(uniform64_block)(const K(philox) * p, int64_t b, void *item) {
    uint32_t word[4][CALLS];
    double *to = item;
    K(words_of)(p, b, word);
    for (int i = 0; i < CALLS; i++) {
        to[2 * i] = K(unit64)(word[0][i], word[1][i]);
        to[2 * i + 1] = K(unit64)(word[2][i], word[3][i]);
    }
}

/* The normal numbers of one block of words: item[group][CALLS]. */
static void K(normals32)(uint32_t (*word)[CALLS], float (*item)[CALLS]) {
    K(normal32)(word[0], word[1], item[0], item[1]);
    K(normal32)(word[2], word[3], item[2], item[3]);
}
static void K(normals64)(uint32_t (*word)[CALLS], double (*item)[CALLS]) {
    for (int i = 0; i < CALLS; i++) {
        const uint32_t words[4] = {word[0][i], word[1][i], word[2][i], word[3][i]};
        K(normal64)(words, &item[0][i], &item[1][i]);
    }
}

#define NORMAL(F, bits, group)                                                                                         \
    static void K(normal##bits##_block)(const K(philox) * p, int64_t b, void *item) {                                  \
        uint32_t word[4][CALLS];                                                                                       \
        F normal[group][CALLS], *to = item;                                                                            \
        K(words_of)(p, b, word);                                                                                       \
        K(normals##bits)(word, normal);                                                                                \
        for (int i = 0; i < CALLS; i++)                                                                                \
            for (int j = 0; j < group; j++) to[group * i + j] = normal[j][i];                                          \
    }                                                                                                                  \
    /* Each group of items draws from calls of its own, 256 words reserved per item, until all lie in (-2, 2). */      \
    static void K(truncated##bits##_block)(const K(philox) * p, int64_t b, void *item) {                               \
        uint32_t word[4][CALLS];                                                                                       \
        uint64_t counter[CALLS];                                                                                       \
        int found[CALLS] = {0}, missing = CALLS;                                                                       \
        F normal[group][CALLS], *to = item;                                                                            \
        for (int i = 0; i < CALLS; i++) counter[i] = ((uint64_t)b * CALLS + (uint64_t)i) * (64 * group);               \
        while (missing > 0) {                                                                                          \
            K(philox_block)(p, counter, word);                                                                         \
            K(normals##bits)(word, normal);                                                                            \
            for (int i = 0; i < CALLS; i++) {                                                                          \
                counter[i]++;                                                                                          \
                for (int j = 0; j < group && found[i] < group; j++) {                                                  \
                    if (!(normal[j][i] < 2 && normal[j][i] > -2)) continue;                                            \
                    to[group * i + found[i]++] = normal[j][i];                                                         \
                    missing -= found[i] == group;                                                                      \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
NORMAL(float, 32, 4)
NORMAL(double, 64, 2)
#undef NORMAL

static void K(random_span)(void *context, int64_t begin, int64_t end, int thread) {
    const K(draw) *d = context;
    const size_t block = CALLS * 4 * sizeof(uint32_t);
    (void)thread;
    for (int64_t b = begin; b < end; b++) {
        const size_t at = (size_t)b * block;
        double part[CALLS * 2];
        if (d->bytes - at >= block) {
            d->block(&d->p, b, d->out + at);
        } else {
            d->block(&d->p, b, part);
            memcpy(d->out + at, part, d->bytes - at);
        }
    }
}

static tn_status K(random)(const tn_args *args, K(random_fn) block) {
    const tn_array *seed = args->in[0], *out = args->out[0];
    const int64_t bytes = tn_size(out) * (int64_t)tn_itemsize(out->dtype);
    const int64_t size = CALLS * 4 * (int64_t)sizeof(uint32_t);
    if (!block) return TN_UNSUPPORTED;
    if (bytes == 0) return TN_OK;
    K(draw) d = {K(philox_of)(seed), block, out->data, (size_t)bytes};
    tn_parallel(K(random_span), &d, (bytes + size - 1) / size, 48); /* 12288 floats: ten microseconds */
    return TN_OK;
}

#define RANDOM(name, block32, block64, blockbits)                                                                      \
    static tn_status K(name)(const tn_args *args) {                                                                    \
        const int32_t dtype = args->out[0]->dtype;                                                                     \
        return K(random)(args, dtype == TN_FLOAT32 ? block32 : dtype == TN_FLOAT64 ? block64 : blockbits);             \
    }
RANDOM(random_uniform, K(uniform32_block), K(uniform64_block), NULL)
RANDOM(random_normal, K(normal32_block), K(normal64_block), NULL)
RANDOM(random_truncated_normal, K(truncated32_block), K(truncated64_block), NULL)
RANDOM(random_bits, NULL, NULL, K(bits_block))
#undef RANDOM
#undef CALLS
