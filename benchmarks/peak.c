/* peak.c: what this machine can do at most: FMA per second in registers, and bytes per second of memory.
 *
 * Prints one line per figure: kind, type, tier, threads, value (GFLOP/s or GB/s; the best of the repetitions).
 * peak.py compiles and runs it. */
#define _GNU_SOURCE
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef _OPENMP
#include <omp.h>
#endif

enum { REPETITIONS = 7, ACCUMULATORS = 12, FMA_ROUNDS = 4000000 };
static const size_t STREAM = (size_t)32 << 20; /* floats in each of the three arrays: far more than any cache */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* One thread's multiply-adds: ACCUMULATORS chains that do not wait for each other. */
#define FMA_LOOP(name, target_, vector, set1, fma, zero_add, store, T, lanes)                                          \
    __attribute__((target(target_), noinline)) static double name(void) {                                              \
        vector sum[ACCUMULATORS], x = set1((T)0.999999), y = set1((T)1e-6);                                            \
        for (int k = 0; k < ACCUMULATORS; k++) sum[k] = set1((T)k);                                                    \
        for (int i = 0; i < FMA_ROUNDS; i++)                                                                           \
            for (int k = 0; k < ACCUMULATORS; k++) sum[k] = fma(sum[k], x, y);                                         \
        for (int k = 1; k < ACCUMULATORS; k++) sum[0] = zero_add(sum[0], sum[k]);                                      \
        T out[lanes];                                                                                                  \
        store(out, sum[0]);                                                                                            \
        return out[0];                                                                                                 \
    }

FMA_LOOP(f32_avx512, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_add_ps, _mm512_storeu_ps, float, 16)
FMA_LOOP(f64_avx512, "avx512f", __m512d, _mm512_set1_pd, _mm512_fmadd_pd, _mm512_add_pd, _mm512_storeu_pd, double, 8)
FMA_LOOP(f32_avx2, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_add_ps, _mm256_storeu_ps, float, 8)
FMA_LOOP(f64_avx2, "avx2,fma", __m256d, _mm256_set1_pd, _mm256_fmadd_pd, _mm256_add_pd, _mm256_storeu_pd, double, 4)

static volatile double sink;

static void fma_peak(const char *type, const char *tier, int lanes, int threads, double (*loop)(void)) {
    double best = 0;
    for (int r = 0; r < REPETITIONS; r++) {
        double begin = now(), total = 0;
#pragma omp parallel num_threads(threads) reduction(+ : total)
        total += loop();
        double rate = 2.0 * lanes * ACCUMULATORS * FMA_ROUNDS * threads / (now() - begin) / 1e9;
        sink = total;
        if (rate > best) best = rate;
    }
    printf("fma %s %s %d %.2f\n", type, tier, threads, best);
}

/* kind 0 reads a; 1 copies b to a; 2 is the triad a = b + 3 c.  Counted are the bytes named, not write-allocates. */
static void stream(const char *kind, int which, int threads, float *a, const float *b, const float *c) {
    static const int arrays[] = {1, 2, 3};
    double best = 0;
    const long n = (long)STREAM;
    for (int r = 0; r < REPETITIONS; r++) {
        double begin = now();
        float total = 0;
        if (which == 0) {
#pragma omp parallel for simd num_threads(threads) reduction(+ : total)
            for (long i = 0; i < n; i++) total += a[i];
        } else if (which == 1) {
#pragma omp parallel for simd num_threads(threads)
            for (long i = 0; i < n; i++) a[i] = b[i];
        } else {
#pragma omp parallel for simd num_threads(threads)
            for (long i = 0; i < n; i++) a[i] = b[i] + 3.0f * c[i];
        }
        double rate = (double)arrays[which] * n * sizeof(float) / (now() - begin) / 1e9;
        sink = total;
        if (rate > best) best = rate;
    }
    printf("memory %s - %d %.2f\n", kind, threads, best);
}

int main(int argc, char **argv) {
    const int all = argc > 1 ? atoi(argv[1]) : 1;
    float *a = aligned_alloc(64, STREAM * sizeof(float)), *b = aligned_alloc(64, STREAM * sizeof(float)),
          *c = aligned_alloc(64, STREAM * sizeof(float));
    if (!a || !b || !c) return 1;
    for (size_t i = 0; i < STREAM; i++) a[i] = b[i] = c[i] = 1;
    for (int threads = 1; threads <= all; threads = threads == all ? all + 1 : all) {
        if (__builtin_cpu_supports("avx512f")) {
            fma_peak("float32", "avx512", 16, threads, f32_avx512);
            fma_peak("float64", "avx512", 8, threads, f64_avx512);
        }
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
            fma_peak("float32", "avx2", 8, threads, f32_avx2);
            fma_peak("float64", "avx2", 4, threads, f64_avx2);
        }
        stream("read", 0, threads, a, b, c);
        stream("copy", 1, threads, a, b, c);
        stream("triad", 2, threads, a, b, c);
    }
    return 0;
}
