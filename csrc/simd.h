/* simd.h: vectors of one tier.  The only file with intrinsics.
 *
 * For the body's T (float or double), a vector of TN_VECTOR_BYTES and what it can do:
 *
 *     TV, TV_N                     the vector type (the compiler's own: + - * and [i] work), its lanes
 *     TV_BITS                      the same bits as integers, which a comparison gives: all ones where it holds
 *     V(load)(p)  V(store)(p, v)   TV_N elements at any address
 *     V(load_part)(p, n)           the first n < TV_N elements, zeros behind; touches nothing past p[n - 1]
 *     V(load_part_of)(p, n, rest)  the same with rest's lanes behind
 *     V(store_part)(p, n, v)       the first n < TV_N elements
 *     V(fill)(x)                   x in every lane
 *     V(fma)(x, y, z)              x * y + z, rounded once where the tier has FMA, else twice
 *     V(max)(x, y)                 lane by lane the larger one; y where either is NaN
 *     V(sum)(v)  V(largest)(v)     of all lanes, halves first
 *     V(transpose)(rows)           a square of TV_N vectors, in place
 */
#ifndef TN_SIMD_H
#define TN_SIMD_H

#if TN_VECTOR_BYTES > 16
#include <immintrin.h>
#endif

#define TN_SIMD_JOIN(name, dtype)   tn_##name##_##dtype
#define TN_SIMD_JOINED(name, dtype) TN_SIMD_JOIN(name, dtype)
#define V(name)                     TN_SIMD_JOINED(name, TN_DTYPE)
#define TV                          V(vector)
#define TV_BITS                     V(bits)
#define TV_N                        ((int)(TN_VECTOR_BYTES / sizeof(T)))

#define TN_INLINE static inline __attribute__((always_inline, unused))
#ifdef __clang__
#define TN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define TN_UNROLL _Pragma("GCC unroll 32")
#endif

typedef float tn_vector_float32 __attribute__((vector_size(TN_VECTOR_BYTES)));
typedef double tn_vector_float64 __attribute__((vector_size(TN_VECTOR_BYTES)));
typedef int32_t tn_bits_float32 __attribute__((vector_size(TN_VECTOR_BYTES)));
typedef int64_t tn_bits_float64 __attribute__((vector_size(TN_VECTOR_BYTES)));
typedef float tn_unaligned_float32 __attribute__((vector_size(TN_VECTOR_BYTES), aligned(4), may_alias));
typedef double tn_unaligned_float64 __attribute__((vector_size(TN_VECTOR_BYTES), aligned(8), may_alias));

TN_INLINE tn_vector_float32 tn_load_float32(const float *p) { return *(const tn_unaligned_float32 *)p; }
TN_INLINE tn_vector_float64 tn_load_float64(const double *p) { return *(const tn_unaligned_float64 *)p; }
TN_INLINE void tn_store_float32(float *p, tn_vector_float32 v) { *(tn_unaligned_float32 *)p = v; }
TN_INLINE void tn_store_float64(double *p, tn_vector_float64 v) { *(tn_unaligned_float64 *)p = v; }

/* ---- per width: part, fill, fma, sum ---------------------------------------------------------------------------- */

#if TN_VECTOR_BYTES == 64

TN_INLINE tn_vector_float32 tn_load_part_float32(const float *p, int64_t n) {
    return (tn_vector_float32)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
TN_INLINE tn_vector_float64 tn_load_part_float64(const double *p, int64_t n) {
    return (tn_vector_float64)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
TN_INLINE tn_vector_float32 tn_load_part_of_float32(const float *p, int64_t n, tn_vector_float32 rest) {
    return (tn_vector_float32)_mm512_mask_loadu_ps((__m512)rest, (__mmask16)((1u << n) - 1), p);
}
TN_INLINE tn_vector_float64 tn_load_part_of_float64(const double *p, int64_t n, tn_vector_float64 rest) {
    return (tn_vector_float64)_mm512_mask_loadu_pd((__m512d)rest, (__mmask8)((1u << n) - 1), p);
}
TN_INLINE tn_vector_float32 tn_max_float32(tn_vector_float32 x, tn_vector_float32 y) {
    return (tn_vector_float32)_mm512_max_ps((__m512)x, (__m512)y);
}
TN_INLINE tn_vector_float64 tn_max_float64(tn_vector_float64 x, tn_vector_float64 y) {
    return (tn_vector_float64)_mm512_max_pd((__m512d)x, (__m512d)y);
}
TN_INLINE void tn_store_part_float32(float *p, int64_t n, tn_vector_float32 v) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}
TN_INLINE void tn_store_part_float64(double *p, int64_t n, tn_vector_float64 v) {
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)v);
}
TN_INLINE tn_vector_float32 tn_fill_float32(float x) { return (tn_vector_float32)_mm512_set1_ps(x); }
TN_INLINE tn_vector_float64 tn_fill_float64(double x) { return (tn_vector_float64)_mm512_set1_pd(x); }
TN_INLINE tn_vector_float32 tn_fma_float32(tn_vector_float32 x, tn_vector_float32 y, tn_vector_float32 z) {
    return (tn_vector_float32)_mm512_fmadd_ps((__m512)x, (__m512)y, (__m512)z);
}
TN_INLINE tn_vector_float64 tn_fma_float64(tn_vector_float64 x, tn_vector_float64 y, tn_vector_float64 z) {
    return (tn_vector_float64)_mm512_fmadd_pd((__m512d)x, (__m512d)y, (__m512d)z);
}

#elif TN_VECTOR_BYTES == 32

TN_INLINE __m256i tn_mask8(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
TN_INLINE __m256i tn_mask4(int64_t n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}
TN_INLINE tn_vector_float32 tn_load_part_float32(const float *p, int64_t n) {
    return (tn_vector_float32)_mm256_maskload_ps(p, tn_mask8(n));
}
TN_INLINE tn_vector_float64 tn_load_part_float64(const double *p, int64_t n) {
    return (tn_vector_float64)_mm256_maskload_pd(p, tn_mask4(n));
}
TN_INLINE tn_vector_float32 tn_load_part_of_float32(const float *p, int64_t n, tn_vector_float32 rest) {
    const __m256i mask = tn_mask8(n);
    return (tn_vector_float32)_mm256_blendv_ps((__m256)rest, _mm256_maskload_ps(p, mask), (__m256)mask);
}
TN_INLINE tn_vector_float64 tn_load_part_of_float64(const double *p, int64_t n, tn_vector_float64 rest) {
    const __m256i mask = tn_mask4(n);
    return (tn_vector_float64)_mm256_blendv_pd((__m256d)rest, _mm256_maskload_pd(p, mask), (__m256d)mask);
}
TN_INLINE tn_vector_float32 tn_max_float32(tn_vector_float32 x, tn_vector_float32 y) {
    return (tn_vector_float32)_mm256_max_ps((__m256)x, (__m256)y);
}
TN_INLINE tn_vector_float64 tn_max_float64(tn_vector_float64 x, tn_vector_float64 y) {
    return (tn_vector_float64)_mm256_max_pd((__m256d)x, (__m256d)y);
}
TN_INLINE void tn_store_part_float32(float *p, int64_t n, tn_vector_float32 v) {
    _mm256_maskstore_ps(p, tn_mask8(n), (__m256)v);
}
TN_INLINE void tn_store_part_float64(double *p, int64_t n, tn_vector_float64 v) {
    _mm256_maskstore_pd(p, tn_mask4(n), (__m256d)v);
}
TN_INLINE tn_vector_float32 tn_fill_float32(float x) { return (tn_vector_float32)_mm256_set1_ps(x); }
TN_INLINE tn_vector_float64 tn_fill_float64(double x) { return (tn_vector_float64)_mm256_set1_pd(x); }
TN_INLINE tn_vector_float32 tn_fma_float32(tn_vector_float32 x, tn_vector_float32 y, tn_vector_float32 z) {
    return (tn_vector_float32)_mm256_fmadd_ps((__m256)x, (__m256)y, (__m256)z);
}
TN_INLINE tn_vector_float64 tn_fma_float64(tn_vector_float64 x, tn_vector_float64 y, tn_vector_float64 z) {
    return (tn_vector_float64)_mm256_fmadd_pd((__m256d)x, (__m256d)y, (__m256d)z);
}

#else /* 16 bytes: plain C, for any CPU */

TN_INLINE tn_vector_float32 tn_load_part_float32(const float *p, int64_t n) {
    return (tn_vector_float32){n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, n > 3 ? p[3] : 0};
}
TN_INLINE tn_vector_float64 tn_load_part_float64(const double *p, int64_t n) {
    return (tn_vector_float64){n > 0 ? p[0] : 0, n > 1 ? p[1] : 0};
}
TN_INLINE tn_vector_float32 tn_load_part_of_float32(const float *p, int64_t n, tn_vector_float32 rest) {
    return (tn_vector_float32){n > 0 ? p[0] : rest[0], n > 1 ? p[1] : rest[1], n > 2 ? p[2] : rest[2], rest[3]};
}
TN_INLINE tn_vector_float64 tn_load_part_of_float64(const double *p, int64_t n, tn_vector_float64 rest) {
    return (tn_vector_float64){n > 0 ? p[0] : rest[0], rest[1]};
}
TN_INLINE tn_vector_float32 tn_max_float32(tn_vector_float32 x, tn_vector_float32 y) {
    const __typeof__(x > y) larger = x > y;
    return (tn_vector_float32)((larger & (__typeof__(larger))x) | (~larger & (__typeof__(larger))y));
}
TN_INLINE tn_vector_float64 tn_max_float64(tn_vector_float64 x, tn_vector_float64 y) {
    const __typeof__(x > y) larger = x > y;
    return (tn_vector_float64)((larger & (__typeof__(larger))x) | (~larger & (__typeof__(larger))y));
}
TN_INLINE void tn_store_part_float32(float *p, int64_t n, tn_vector_float32 v) {
    if (n > 0) p[0] = v[0];
    if (n > 1) p[1] = v[1];
    if (n > 2) p[2] = v[2];
}
TN_INLINE void tn_store_part_float64(double *p, int64_t n, tn_vector_float64 v) {
    if (n > 0) p[0] = v[0];
}
TN_INLINE tn_vector_float32 tn_fill_float32(float x) { return (tn_vector_float32){x, x, x, x}; }
TN_INLINE tn_vector_float64 tn_fill_float64(double x) { return (tn_vector_float64){x, x}; }
TN_INLINE tn_vector_float32 tn_fma_float32(tn_vector_float32 x, tn_vector_float32 y, tn_vector_float32 z) {
    return x * y + z;
}
TN_INLINE tn_vector_float64 tn_fma_float64(tn_vector_float64 x, tn_vector_float64 y, tn_vector_float64 z) {
    return x * y + z;
}

#endif

/* ---- shuffles: lanes of (x, y), numbered through, as constants --------------------------------------------------- */

#ifdef __clang__
#define TN_SHUFFLE4(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#define TN_SHUFFLE8(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
typedef int32_t tn_lanes4 __attribute__((vector_size(TN_VECTOR_BYTES)));
typedef int64_t tn_lanes8 __attribute__((vector_size(TN_VECTOR_BYTES)));
#define TN_SHUFFLE4(x, y, ...) __builtin_shuffle(x, y, (tn_lanes4){__VA_ARGS__})
#define TN_SHUFFLE8(x, y, ...) __builtin_shuffle(x, y, (tn_lanes8){__VA_ARGS__})
#endif

/* Swaps the off-diagonal blocks of `step` lanes between rows i and i + step of n rows; low and high list the lanes. */
#define TN_SWAP_BLOCKS(shuffle, vector, rows, n, step, low, high)                                                      \
    TN_UNROLL                                                                                                          \
    for (int i = 0; i < (n); i++) {                                                                                    \
        if (i & (step)) continue;                                                                                      \
        vector x = (rows)[i], y = (rows)[i + (step)];                                                                  \
        (rows)[i] = shuffle(x, y, low);                                                                                \
        (rows)[i + (step)] = shuffle(x, y, high);                                                                      \
    }

/* clang-format off */
#define TN_LOW_2_1   0, 2
#define TN_HIGH_2_1  1, 3
#define TN_LOW_4_1   0, 4, 2, 6
#define TN_HIGH_4_1  1, 5, 3, 7
#define TN_LOW_4_2   0, 1, 4, 5
#define TN_HIGH_4_2  2, 3, 6, 7
#define TN_LOW_8_1   0, 8, 2, 10, 4, 12, 6, 14
#define TN_HIGH_8_1  1, 9, 3, 11, 5, 13, 7, 15
#define TN_LOW_8_2   0, 1, 8, 9, 4, 5, 12, 13
#define TN_HIGH_8_2  2, 3, 10, 11, 6, 7, 14, 15
#define TN_LOW_8_4   0, 1, 2, 3, 8, 9, 10, 11
#define TN_HIGH_8_4  4, 5, 6, 7, 12, 13, 14, 15
#define TN_LOW_16_1  0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define TN_HIGH_16_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define TN_LOW_16_2  0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define TN_HIGH_16_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define TN_LOW_16_4  0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define TN_HIGH_16_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define TN_LOW_16_8  0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define TN_HIGH_16_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
/* clang-format on */

#define TN_SWAP(shuffle, vector, rows, n, step)                                                                        \
    TN_SWAP_BLOCKS(shuffle, vector, rows, n, step, TN_LOW_##n##_##step, TN_HIGH_##n##_##step)

TN_INLINE void tn_transpose_float32(tn_vector_float32 *rows){
#if TN_VECTOR_BYTES == 64
    TN_SWAP(TN_SHUFFLE4, tn_vector_float32, rows, 16, 8) TN_SWAP(TN_SHUFFLE4, tn_vector_float32, rows, 16, 4)
        TN_SWAP(TN_SHUFFLE4, tn_vector_float32, rows, 16, 2) TN_SWAP(TN_SHUFFLE4, tn_vector_float32, rows, 16, 1)
#elif TN_VECTOR_BYTES == 32
    TN_SWAP(TN_SHUFFLE4, tn_vector_float32, rows, 8, 4) TN_SWAP(TN_SHUFFLE4, tn_vector_float32, rows, 8, 2)
        TN_SWAP(TN_SHUFFLE4, tn_vector_float32, rows, 8, 1)
#else
    TN_SWAP(TN_SHUFFLE4, tn_vector_float32, rows, 4, 2) TN_SWAP(TN_SHUFFLE4, tn_vector_float32, rows, 4, 1)
#endif
}

TN_INLINE void tn_transpose_float64(tn_vector_float64 *rows){
#if TN_VECTOR_BYTES == 64
    TN_SWAP(TN_SHUFFLE8, tn_vector_float64, rows, 8, 4) TN_SWAP(TN_SHUFFLE8, tn_vector_float64, rows, 8, 2)
        TN_SWAP(TN_SHUFFLE8, tn_vector_float64, rows, 8, 1)
#elif TN_VECTOR_BYTES == 32
    TN_SWAP(TN_SHUFFLE8, tn_vector_float64, rows, 4, 2) TN_SWAP(TN_SHUFFLE8, tn_vector_float64, rows, 4, 1)
#else
    TN_SWAP(TN_SHUFFLE8, tn_vector_float64, rows, 2, 1)
#endif
}

/* Sums halves, as (v0 + v2) + (v1 + v3) for four lanes. */
TN_INLINE float tn_sum_float32(tn_vector_float32 v) {
#if TN_VECTOR_BYTES == 64
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256((__m512)v),
                                _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd((__m512)v), 1)));
#elif TN_VECTOR_BYTES == 32
    __m256 half = (__m256)v;
#endif
#if TN_VECTOR_BYTES > 16
    __m128 quad = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 pair = _mm_add_ps(quad, _mm_movehl_ps(quad, quad));
    return _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)));
#else
    return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

TN_INLINE double tn_sum_float64(tn_vector_float64 v) {
#if TN_VECTOR_BYTES == 64
    __m256d half = _mm256_add_pd(_mm512_castpd512_pd256((__m512d)v), _mm512_extractf64x4_pd((__m512d)v, 1));
#elif TN_VECTOR_BYTES == 32
    __m256d half = (__m256d)v;
#endif
#if TN_VECTOR_BYTES > 16
    __m128d pair = _mm_add_pd(_mm256_castpd256_pd128(half), _mm256_extractf128_pd(half, 1));
    return _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)));
#else
    return v[0] + v[1];
#endif
}

TN_INLINE float tn_largest_float32(tn_vector_float32 v) {
#if TN_VECTOR_BYTES == 64
    __m256 half = _mm256_max_ps(_mm512_castps512_ps256((__m512)v),
                                _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd((__m512)v), 1)));
#elif TN_VECTOR_BYTES == 32
    __m256 half = (__m256)v;
#endif
#if TN_VECTOR_BYTES > 16
    __m128 quad = _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 pair = _mm_max_ps(quad, _mm_movehl_ps(quad, quad));
    return _mm_cvtss_f32(_mm_max_ss(pair, _mm_movehdup_ps(pair)));
#else
    const float x = v[0] > v[2] ? v[0] : v[2], y = v[1] > v[3] ? v[1] : v[3];
    return x > y ? x : y;
#endif
}

TN_INLINE double tn_largest_float64(tn_vector_float64 v) {
#if TN_VECTOR_BYTES == 64
    __m256d half = _mm256_max_pd(_mm512_castpd512_pd256((__m512d)v), _mm512_extractf64x4_pd((__m512d)v, 1));
#elif TN_VECTOR_BYTES == 32
    __m256d half = (__m256d)v;
#endif
#if TN_VECTOR_BYTES > 16
    __m128d pair = _mm_max_pd(_mm256_castpd256_pd128(half), _mm256_extractf128_pd(half, 1));
    return _mm_cvtsd_f64(_mm_max_sd(pair, _mm_unpackhi_pd(pair, pair)));
#else
    return v[0] > v[1] ? v[0] : v[1];
#endif
}

#endif
