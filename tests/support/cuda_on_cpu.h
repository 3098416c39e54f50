/* What a kernel in CUDA C finds when the machine's C compiler compiles it (C11 with GCC's extensions).

cuda_on_cpu.py puts this before the kernels, and takes `extern "C"` and `__shared__` out of them; cuda_on_cpu.c runs them.
What NVRTC does not offer without a header is not here either: INFINITY, NAN, int64_t, FLT_MAX, M_PI. */

#pragma GCC system_header
#include <stdbool.h>
#include <stddef.h>
#include <tgmath.h>
#undef I
#undef INFINITY
#undef NAN
#undef HUGE_VAL

#define __global__
#define __device__
#define __constant__
#define __host__
#define __launch_bounds__(...)
#define __forceinline__
#define __noinline__
#define inline

/* ---- where a thread is ------------------------------------------------------------------------------------------- */

typedef struct uint3 { unsigned x, y, z; } uint3, dim3;
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
#define warpSize 32

typedef struct __attribute__((aligned(8))) float2 { float x, y; } float2;
typedef struct __attribute__((aligned(16))) float4 { float x, y, z, w; } float4;
typedef struct __attribute__((aligned(16))) double2 { double x, y; } double2;
typedef struct __attribute__((aligned(8))) int2 { int x, y; } int2;
typedef struct __attribute__((aligned(16))) int4 { int x, y, z, w; } int4;
typedef struct __attribute__((aligned(8))) uint2 { unsigned x, y; } uint2;
typedef struct __attribute__((aligned(16))) uint4 { unsigned x, y, z, w; } uint4;
#define make_float2(...) ((float2){__VA_ARGS__})
#define make_float4(...) ((float4){__VA_ARGS__})
#define make_double2(...) ((double2){__VA_ARGS__})
#define make_int2(...) ((int2){__VA_ARGS__})
#define make_int4(...) ((int4){__VA_ARGS__})
#define make_uint2(...) ((uint2){__VA_ARGS__})
#define make_uint4(...) ((uint4){__VA_ARGS__})

/* ---- waiting for other threads ----------------------------------------------------------------------------------- */

enum { CUDA_SYNC, CUDA_IDX, CUDA_UP, CUDA_DOWN, CUDA_XOR, CUDA_BALLOT };

void cuda_barrier(int line);
/* `value` (of at most 8 bytes) becomes the value that the lane `where`, counted as `kind` says, came with. */
void cuda_warp(int kind, unsigned mask, void *value, int size, int where, int width, int line);

#define __syncthreads() cuda_barrier(__LINE__)
#define __syncwarp(...) cuda_syncwarp_(__VA_ARGS__ __VA_OPT__(,) 0xffffffffu, 0)
#define cuda_syncwarp_(mask, ...) cuda_warp(CUDA_SYNC, mask, 0, 0, 0, 32, __LINE__)

#define cuda_number_(x) _Generic((x) + 0, int: (x) + 0, unsigned: (x) + 0, long long: (x) + 0, \
    unsigned long long: (x) + 0, float: (x) + 0, double: (x) + 0)
#define cuda_shuffle_(kind, mask, v, where, width, ...) ({ __typeof__(cuda_number_(v)) v_ = (v); \
    cuda_warp(kind, mask, &v_, sizeof v_, where, width, __LINE__); v_; })
#define __shfl_sync(...) cuda_shuffle_(CUDA_IDX, __VA_ARGS__, 32, 0)
#define __shfl_up_sync(...) cuda_shuffle_(CUDA_UP, __VA_ARGS__, 32, 0)
#define __shfl_down_sync(...) cuda_shuffle_(CUDA_DOWN, __VA_ARGS__, 32, 0)
#define __shfl_xor_sync(...) cuda_shuffle_(CUDA_XOR, __VA_ARGS__, 32, 0)
#define __ballot_sync(mask, truth) ({ unsigned v_ = (truth) ? 1 : 0; \
    cuda_warp(CUDA_BALLOT, mask, &v_, sizeof v_, 0, 32, __LINE__); v_; })
#define __any_sync(mask, truth) (__ballot_sync(mask, truth) != 0)
#define __all_sync(mask, truth) (__ballot_sync(mask, !(truth)) == 0)
#define __threadfence() ((void)0)
#define __threadfence_block() ((void)0)

/* ---- atomic functions, for the types that CUDA has them for ------------------------------------------------------ */

#define cuda_atomic_(p, type, new) ({ __typeof__(&*(p)) p_ = (p); type old_ = *p_; *p_ = (new); old_; })
#define cuda_integer_(p) __typeof__(_Generic(*(p), int: 0, unsigned: 0u, unsigned long long: 0ull))
#define cuda_wide_(p) __typeof__(_Generic(*(p), int: 0, unsigned: 0u, unsigned long long: 0ull, long long: 0ll))
#define cuda_real_(p) __typeof__(_Generic(*(p), int: 0, unsigned: 0u, unsigned long long: 0ull, float: 0.f, double: 0.))
#define cuda_word_(p) __typeof__(_Generic(*(p), int: 0, unsigned: 0u, unsigned long long: 0ull, float: 0.f))
#define atomicAdd(p, v) ({ cuda_real_(p) v_ = (v); cuda_atomic_(p, cuda_real_(p), old_ + v_); })
#define atomicSub(p, v) ({ cuda_integer_(p) v_ = (v); cuda_atomic_(p, cuda_integer_(p), old_ - v_); })
#define atomicOr(p, v) ({ cuda_integer_(p) v_ = (v); cuda_atomic_(p, cuda_integer_(p), old_ | v_); })
#define atomicAnd(p, v) ({ cuda_integer_(p) v_ = (v); cuda_atomic_(p, cuda_integer_(p), old_ & v_); })
#define atomicXor(p, v) ({ cuda_integer_(p) v_ = (v); cuda_atomic_(p, cuda_integer_(p), old_ ^ v_); })
#define atomicMax(p, v) ({ cuda_wide_(p) v_ = (v); cuda_atomic_(p, cuda_wide_(p), old_ > v_ ? old_ : v_); })
#define atomicMin(p, v) ({ cuda_wide_(p) v_ = (v); cuda_atomic_(p, cuda_wide_(p), old_ < v_ ? old_ : v_); })
#define atomicExch(p, v) ({ cuda_word_(p) v_ = (v); cuda_atomic_(p, cuda_word_(p), v_); })
#define atomicInc(p, v) ({ unsigned v_ = (v); cuda_atomic_(p, unsigned, old_ >= v_ ? 0 : old_ + 1); })
#define atomicCAS(p, was, v) ({ cuda_integer_(p) was_ = (was), v_ = (v); \
    cuda_atomic_(p, cuda_integer_(p), old_ == was_ ? v_ : old_); })

/* ---- functions of numbers ---------------------------------------------------------------------------------------- */

#define __ldg(p) (*(p))
#define rsqrtf(x) (1.f / sqrtf(x))
#define rsqrt(x) (1 / sqrt(x))
#define abs(x) _Generic((x), int: __builtin_abs, long: __builtin_labs, long long: __builtin_llabs, \
    float: __builtin_fabsf, double: __builtin_fabs)(x)
#define max(a, b) ({ __typeof__((a) + (b)) a_ = (a), b_ = (b); cuda_max_(a_, b_); })
#define min(a, b) ({ __typeof__((a) + (b)) a_ = (a), b_ = (b); cuda_min_(a_, b_); })
#define cuda_max_(a, b) _Generic((a), float: __builtin_fmaxf(a, b), double: __builtin_fmax(a, b), default: a > b ? a : b)
#define cuda_min_(a, b) _Generic((a), float: __builtin_fminf(a, b), double: __builtin_fmin(a, b), default: a < b ? a : b)

#define __expf(x) expf(x)
#define __logf(x) logf(x)
#define __powf(x, y) powf(x, y)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __fdividef(x, y) ((float)(x) / (float)(y))
#define __fadd_rn(x, y) ((float)(x) + (float)(y))
#define __fsub_rn(x, y) ((float)(x) - (float)(y))
#define __fmul_rn(x, y) ((float)(x) * (float)(y))
#define __fdiv_rn(x, y) ((float)(x) / (float)(y))
#define __fsqrt_rn(x) sqrtf(x)
#define __fmaf_rn(x, y, z) fmaf(x, y, z)
#define __dadd_rn(x, y) ((double)(x) + (double)(y))
#define __dsub_rn(x, y) ((double)(x) - (double)(y))
#define __dmul_rn(x, y) ((double)(x) * (double)(y))
#define __ddiv_rn(x, y) ((double)(x) / (double)(y))

#define cuda_bits_(to, from, x) ((union { from was; to is; }){.was = (x)}.is)
#define __float_as_int(x) cuda_bits_(int, float, x)
#define __int_as_float(x) cuda_bits_(float, int, x)
#define __float_as_uint(x) cuda_bits_(unsigned, float, x)
#define __uint_as_float(x) cuda_bits_(float, unsigned, x)
#define __double_as_longlong(x) cuda_bits_(long long, double, x)
#define __longlong_as_double(x) cuda_bits_(double, long long, x)
#define __popc(x) __builtin_popcount(x)
#define __popcll(x) __builtin_popcountll(x)
#define __ffs(x) __builtin_ffs(x)
#define __clz(x) ({ unsigned x_ = (x); x_ ? __builtin_clz(x_) : 32; })
#define __umulhi(x, y) ((unsigned)((unsigned long long)(unsigned)(x) * (unsigned)(y) >> 32))
#define __umul64hi(x, y) ((unsigned long long)((unsigned __int128)(unsigned long long)(x) * (y) >> 64))
