/* random_philox.h: Philox 4x32-10, and how its words become numbers.
 *
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.  A call turns a counter of 128 bits and a key
 * of 64 into four words; any call can be made alone.  Key, counter and conversions are those of TensorFlow on a CPU
 * (core/lib/random), so that a seed gives its numbers.  Calls are made in blocks: [CALLS] is what loops run along. */

#define CALLS 64 /* of one block */

typedef struct K(philox) {
    uint32_t key[2];
    uint64_t start, high; /* the counter of call 0: its lower and its upper half */
} K(philox);

/* The words of calls counter[CALLS]: word[4][CALLS]. */
static void K(philox_block)(const K(philox) * p, const uint64_t *counter, uint32_t (*word)[CALLS]) {
    for (int i = 0; i < CALLS; i++) {
        const uint64_t low = counter[i] + p->start, high = p->high + (low < p->start);
        uint32_t c0 = (uint32_t)low, c1 = (uint32_t)(low >> 32), c2 = (uint32_t)high, c3 = (uint32_t)(high >> 32);
        uint32_t k0 = p->key[0], k1 = p->key[1];
        for (int round = 0; round < 10; round++) {
            const uint64_t x = (uint64_t)c0 * 0xD2511F53u, y = (uint64_t)c2 * 0xCD9E8D57u;
            c0 = (uint32_t)(y >> 32) ^ c1 ^ k0;
            c1 = (uint32_t)y;
            c2 = (uint32_t)(x >> 32) ^ c3 ^ k1;
            c3 = (uint32_t)x;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        word[0][i] = c0, word[1][i] = c1, word[2][i] = c2, word[3][i] = c3;
    }
}

/* The two numbers of a seed, scrambled by a call of their own. */
static K(philox) K(philox_from)(uint64_t seed0, uint64_t seed1) {
    const K(philox) scramble = {{0x3EC8F720u, 0x02461E29u}, 0, seed1};
    uint64_t counter[CALLS] = {seed0};
    uint32_t word[4][CALLS];
    K(philox_block)(&scramble, counter, word);
    return (K(philox)){{word[0][0], word[1][0]}, 0, (uint64_t)word[3][0] << 32 | word[2][0]};
}

/* A seed of two numbers, or the state of a generator: a counter of two and a key. */
static K(philox) K(philox_of)(const tn_array *seed) {
    const int64_t *s = seed->data, step = seed->strides[0];
    const uint64_t first = (uint64_t)s[0], second = (uint64_t)s[step];
    if (seed->shape[0] == 2) return K(philox_from)(first, second);
    const uint64_t key = (uint64_t)s[2 * step];
    return (K(philox)){{(uint32_t)key, (uint32_t)(key >> 32)}, first, second};
}

/* ---- words to uniform numbers in [0, 1): the bits become the mantissa of a number in [1, 2) -----------------------
 */

static inline float K(unit32)(uint32_t word) {
    const uint32_t bits = (word & 0x7FFFFFu) | 127u << 23;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x - 1;
}
static inline double K(unit64)(uint32_t high, uint32_t low) {
    const uint64_t bits = (uint64_t)(high & 0xFFFFFu) << 32 | low | (uint64_t)1023 << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x - 1;
}

/* ---- uniform pairs to normal pairs, by Box and Muller -------------------------------------------------------------
 */

/* The next two are logf, and sinf with cosf, of the C library under TensorFlow (glibc, from Arm's optimized routines),
 * so that the normals are its own to the bit; written without branches, for the numbers that come here.  In double,
 * to be rounded to float. */

/* log(u) of u[CALLS] with 1e-7 <= u < 1: u = 2^n z, with z near the middle c of one of sixteen intervals.  The table is
 * looked up in a loop of its own, so that the rest vectorises. */
static void K(log_units)(const float *u, float *log_u) {
    static const double one_by_c[16] = {
        0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0, 0x1.49539f0f010bp+0,  0x1.3c995b0b80385p+0, 0x1.30d190c8864a5p+0,
        0x1.25e227b0b8eap+0,  0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0, 0x1.0953f419900a7p+0, 0x1p+0,
        0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,  0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1, 0x1.886e6037841edp-1,
        0x1.767dcf5534862p-1};
    static const double log_c[16] = {-0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2,
                                     -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3,
                                     -0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3,
                                     -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4,
                                     -0x1.252f438e10c1ep-5, 0x0p+0,
                                     0x1.aa5aa5df25984p-5,  0x1.c5e53aa362eb4p-4,
                                     0x1.526e57720db08p-3,  0x1.bc2860d22477p-3,
                                     0x1.1058bc8a07ee1p-2,  0x1.4043057b6ee09p-2};
    uint32_t over[CALLS], bits[CALLS];
    double by[CALLS], of[CALLS];
    float z[CALLS];
    memcpy(bits, u, sizeof bits);
    for (int i = 0; i < CALLS; i++) {
        over[i] = bits[i] - 0x3F330000u;
        bits[i] -= over[i] & 0xFF800000u;
    }
    memcpy(z, bits, sizeof z);
    for (int i = 0; i < CALLS; i++) {
        const uint32_t interval = over[i] >> 19 & 15;
        by[i] = one_by_c[interval];
        of[i] = log_c[interval];
    }
    for (int i = 0; i < CALLS; i++) {
        const int32_t n = (int32_t)over[i] >> 23;
        const double r = z[i] * by[i] - 1, r2 = r * r, y = n * 0x1.62e42fefa39efp-1 + of[i];
        log_u[i] =
            (float)((-0x1.00ea348b88334p-2 * r2 + (0x1.5575b0be00b6ap-2 * r - 0x1.ffffef20a4123p-2)) * r2 + (y + r));
    }
}

/* Sine and cosine of x in [0, 2 pi]: polynomials around the nearest multiple of pi / 2. */
static inline void K(turn)(double x, double *sine, double *cosine) {
    const int32_t n = (int32_t)(x * (2 / 3.14159265358979323846) + 0.5);
    const double r = x - n * (3.14159265358979323846 / 2), z = r * r, r3 = r * z, z2 = z * z;
    const double s = (r + r3 * -0x1.555545995a603p-3) + r3 * z * (0x1.1107605230bc4p-7 + z * -0x1.994eb3774cf24p-13);
    const double c = ((1 + z * -0x1.ffffffd0c621cp-2) + z2 * 0x1.55553e1068f19p-5) +
                     z2 * z * (-0x1.6c087e89a359dp-10 + z * 0x1.99343027bf8c3p-16);
    const double a = n & 1 ? c : s, b = n & 1 ? s : c;
    *sine = n & 2 ? -a : a;
    *cosine = (n + 1) & 2 ? -b : b;
}

/* [CALLS] pairs of words to first[CALLS], second[CALLS]; in steps that vectorise. */
static void K(normal32)(const uint32_t *word0, const uint32_t *word1, float *first, float *second) {
    float u[CALLS], radius[CALLS];
    const float least = 1e-7f;
    for (int i = 0; i < CALLS; i++) {
        const float x = K(unit32)(word0[i]);
        u[i] = x < least ? least : x;
    }
    K(log_units)(u, radius);
    for (int i = 0; i < CALLS; i++) radius[i] = sqrtf(-2 * radius[i]);
    for (int i = 0; i < CALLS; i++) {
        double sine, cosine;
        K(turn)((float)(2 * 3.14159265358979323846 * K(unit32)(word1[i])), &sine, &cosine);
        first[i] = (float)sine * radius[i];
        second[i] = (float)cosine * radius[i];
    }
}

static inline void K(normal64)(const uint32_t *word, double *first, double *second) {
    const double u = K(unit64)(word[0], word[1]), least = 1e-7;
    const double angle = 2 * 3.14159265358979323846 * K(unit64)(word[2], word[3]);
    const double radius = sqrt(-2 * log(u < least ? least : u));
    *first = sin(angle) * radius;
    *second = cos(angle) * radius;
}
