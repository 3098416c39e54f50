/* cpu.h: the tiers, slowest first. */
#ifndef TN_CPU_H
#define TN_CPU_H

#if defined(__x86_64__) && defined(__GNUC__)
#define TN_X86 1
#endif

enum { TN_BASELINE, TN_AVX2, TN_AVX512, TN_TIERS };

int tn_cpu_tier(void); /* the best tier that this CPU and its operating system can run */

#endif
