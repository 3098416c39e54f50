/* avx512.c: x86 with AVX-512 F, DQ, BW, VL (Skylake-X, Zen 4 and later). */
#include "../cpu.h"
#ifdef TN_X86
#define TN_TIER         avx512
#define TN_VECTOR_BYTES 64
#define TN_FMA          1
#define TN_TARGET       "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"
#include "../tier.h"
#endif
