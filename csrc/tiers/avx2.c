/* avx2.c: x86 with AVX2 and FMA (Haswell, Zen and later). */
#include "../cpu.h"
#ifdef TN_X86
#define TN_TIER         avx2
#define TN_VECTOR_BYTES 32
#define TN_FMA          1
#define TN_TARGET       "avx2,fma"
#include "../tier.h"
#endif
