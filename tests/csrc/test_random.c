/* test_random.c: random kernels against numbers printed by TensorFlow 2.21 on a CPU, in the tier in use. */
#include "harness.h"

void test_random(void);

static tn_array seed_of(int64_t first, int64_t second) {
    tn_array seed = make1(TN_INT64, 2);
    ((int64_t *)seed.data)[0] = first;
    ((int64_t *)seed.data)[1] = second;
    return seed;
}

static tn_array draw(const char *name, tn_array seed, int32_t dtype, int64_t n) {
    const tn_attr attr[] = {list(1, &n), number(dtype)};
    tn_array out = {.ndim = 0};
    CHECK(call(name, 1, &seed, attr, &out) == TN_OK, "%s refused", name);
    return out;
}

static void expect(const char *name, const tn_array *a, const int64_t *at, const double *want, int count) {
    for (int i = 0; i < count; i++) {
        const double tolerance = a->dtype == TN_FLOAT32 ? 0 : 4e-16 * fabs(want[i]); /* the C library's log and sin */
        CHECK(fabs(get(a, at[i]) - want[i]) <= tolerance, "%s dtype %d item %d is %a, not %a", name, (int)a->dtype,
              (int)at[i], get(a, at[i]), want[i]);
    }
}

/* tf.random.stateless_uniform, stateless_normal, stateless_truncated_normal */
static void as_tensorflow(void) {
    static const int64_t first[] = {0, 1, 2, 3, 4}, some[] = {0, 1, 2, 998, 999};
    static const int64_t again[] = {27, 13}; /* drawn a second time, in float32 and float64 */
    tn_array a = draw("random_uniform", seed_of(1, 2), TN_FLOAT32, 5);
    expect("uniform", &a, first, (double[]){0x1.b028bp-1, 0x1.894f1p-3, 0x1.fe10f8p-1, 0x1.48793p-3, 0x1.168498p-2}, 5);
    a = draw("random_uniform", seed_of(-5, ((int64_t)1 << 40) + 7), TN_FLOAT64, 3);
    expect("uniform", &a, first, (double[]){0x1.8af2235da6ea4p-1, 0x1.aa2b2c723e804p-1, 0x1.366cb14cc9d2cp-2}, 3);
    a = draw("random_normal", seed_of(7, -9), TN_FLOAT32, 1000);
    expect("normal", &a, some, (double[]){0x1.40e3e6p+0, -0x1.a124f8p-1, -0x1.1010a8p+0, 0x1.2840cap+0, -0x1.30f086p-1},
           5);
    a = draw("random_truncated_normal", seed_of(7, -9), TN_FLOAT32, 1000);
    expect("truncated", &a, some,
           (double[]){0x1.40e3e6p+0, -0x1.a124f8p-1, -0x1.1010a8p+0, 0x1.d58734p-2, -0x1.d97a0cp+0}, 5);
    expect("truncated", &a, again, (double[]){-0x1.5322a6p+0}, 1);
    a = draw("random_normal", seed_of(7, -9), TN_FLOAT64, 1000);
    expect("normal", &a, some,
           (double[]){-0x1.0e7f5300b659cp-4, 0x1.f63715afdad5dp-1, -0x1.4d5d35e302113p-5, 0x1.aba59f2f4b383p-1,
                      -0x1.1627c1caa1073p+0},
           5);
    a = draw("random_truncated_normal", seed_of(7, -9), TN_FLOAT64, 1000);
    expect("truncated", &a, some,
           (double[]){-0x1.0e7f5300b659cp-4, 0x1.f63715afdad5dp-1, 0x1.5d915fed24a21p-1, -0x1.ea78533eb6758p-1,
                      0x1.8d4bd25a648e5p+0},
           5);
    expect("truncated", &a, again + 1, (double[]){0x1.1cad4d2e94936p-1}, 1);
    a = draw("random_bits", seed_of((int64_t)1 << 62, INT64_MIN), TN_UINT32, 6);
    static const uint32_t words[] = {0x511ca714, 0x9b9aad16, 0x9cbadf56, 0xd131f6bb, 0x509907b3, 0x555eff1a};
    CHECK(!memcmp(a.data, words, sizeof words), "bits");
    release_all();
}

/* A shorter draw is the beginning of a longer one, at every length and for any number of threads. */
static void prefixes(const char *name, int32_t dtype) {
    const size_t size = tn_itemsize(dtype);
    tn_set_threads(1);
    tn_array all = draw(name, seed_of(3, 4), dtype, 20011);
    tn_set_threads(4);
    tn_array again = draw(name, seed_of(3, 4), dtype, 20011);
    CHECK(!memcmp(all.data, again.data, 20011 * size), "%s: threads", name);
    for (int64_t n = 0; n <= 70; n++) {
        tn_array some = draw(name, seed_of(3, 4), dtype, n);
        CHECK(tn_size(&some) == n && !memcmp(all.data, some.data, (size_t)n * size), "%s length %d", name, (int)n);
    }
    tn_array other = draw(name, seed_of(3, 5), dtype, 70);
    CHECK(memcmp(all.data, other.data, 70 * size) != 0, "%s: another seed", name);
    release_all();
}

/* Mean and variance of many draws near their true values: about five standard errors. */
static void moments(const char *name, int32_t dtype, double mean, double variance, double low, double high) {
    enum { N = 200000 };
    tn_array a = draw(name, seed_of(11, 12), dtype, N);
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < N; i++) {
        const double x = get(&a, i);
        CHECK(x >= low && x < high, "%s: %g", name, x);
        sum += x, squares += (x - mean) * (x - mean);
    }
    CHECK(fabs(sum / N - mean) < 5 * sqrt(variance / N), "%s: mean %g", name, sum / N);
    CHECK(fabs(squares / N - variance) < 8 * variance / sqrt(N), "%s: variance %g", name, squares / N);
    release_all();
}

static void refused(void) {
    const int64_t n = 3;
    tn_array seed = seed_of(1, 2), bad = make1(TN_INT64, 4), out;
    const tn_attr attr[] = {list(1, &n), number(TN_INT32)}, good[] = {list(1, &n), number(TN_FLOAT32)};
    CHECK(call("random_uniform", 1, &seed, attr, &out) == TN_UNSUPPORTED, "dtype");
    CHECK(call("random_uniform", 1, &bad, good, &out) == TN_UNSUPPORTED, "seed of 4");
    CHECK(call("random_bits", 1, &seed, good, &out) == TN_UNSUPPORTED, "bits as float");
    release_all();
}

void test_random(void) {
    const int threads = tn_threads();
    tn_set_threads(1);
    as_tensorflow();
    for (int32_t dtype = TN_FLOAT32; dtype <= TN_FLOAT64; dtype++) {
        prefixes("random_uniform", dtype);
        prefixes("random_normal", dtype);
        prefixes("random_truncated_normal", dtype);
        moments("random_uniform", dtype, 0.5, 1.0 / 12, 0, 1);
        moments("random_normal", dtype, 0, 1, -8, 8);
        moments("random_truncated_normal", dtype, 0, 0.7737413, -2, 2);
    }
    prefixes("random_bits", TN_UINT32);
    refused();
    tn_set_threads(threads);
}
