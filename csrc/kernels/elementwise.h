/* elementwise.h: turns each elementwise line of ops.def into a kernel: its loop, and tn_map to run it. */

#define RUN(name, number)                                                                                              \
    static tn_status K(name)(const tn_args *args) { return tn_map(args, K(name##_row), number); }

#define LOOP1(name, OUT, f)                                                                                            \
    static void K(name##_row)(int64_t n, void *to, const void *const *in, double number) {                             \
        OUT *out = to;                                                                                                 \
        const T *xs = in[0], a = (T)number;                                                                            \
        (void)a;                                                                                                       \
        TN_INDEPENDENT                                                                                                 \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const T x = xs[i];                                                                                         \
            out[i] = (OUT)(f);                                                                                         \
        }                                                                                                              \
    }
#define LOOP2(name, OUT, f)                                                                                            \
    static void K(name##_row)(int64_t n, void *to, const void *const *in, double number) {                             \
        OUT *out = to;                                                                                                 \
        const T *xs = in[0], *ys = in[1], a = (T)number;                                                               \
        (void)a;                                                                                                       \
        TN_INDEPENDENT                                                                                                 \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const T x = xs[i], y = ys[i];                                                                              \
            out[i] = (OUT)(f);                                                                                         \
        }                                                                                                              \
    }
#define LOOP3(name, OUT, f)                                                                                            \
    static void K(name##_row)(int64_t n, void *to, const void *const *in, double number) {                             \
        OUT *out = to;                                                                                                 \
        const T *xs = in[0], *ys = in[1], *zs = in[2];                                                                 \
        (void)number;                                                                                                  \
        TN_INDEPENDENT                                                                                                 \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const T x = xs[i], y = ys[i], z = zs[i];                                                                   \
            out[i] = (OUT)(f);                                                                                         \
        }                                                                                                              \
    }

#define UNARY(name, dtypes, ...)    IF_##dtypes(LOOP1(name, T, (__VA_ARGS__)) RUN(name, 0))
#define UNARY_A(name, dtypes, ...)  IF_##dtypes(LOOP1(name, T, (__VA_ARGS__)) RUN(name, args->attr[0].number))
#define BINARY(name, dtypes, ...)   IF_##dtypes(LOOP2(name, T, (__VA_ARGS__)) RUN(name, 0))
#define BINARY_A(name, dtypes, ...) IF_##dtypes(LOOP2(name, T, (__VA_ARGS__)) RUN(name, args->attr[0].number))
#define TERNARY(name, dtypes, ...)  IF_##dtypes(LOOP3(name, T, (__VA_ARGS__)) RUN(name, 0))
#define COMPARE(name, dtypes, ...)  IF_##dtypes(LOOP2(name, uint8_t, (__VA_ARGS__)) RUN(name, 0))
#define KERNEL(...)
#define VIEW(...)
#include "../ops.def"

#undef RUN
#undef LOOP1
#undef LOOP2
#undef LOOP3
