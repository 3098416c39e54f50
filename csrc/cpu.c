/* cpu.c: what this machine, its operating system and its user allow: the tiers and the threads. */
#define _GNU_SOURCE
#include "cpu.h"
#include "tinynn.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sched.h>
#endif
#include <unistd.h>

#ifdef TN_X86
#include <cpuid.h>

/* XCR0: which register files the operating system saves at a task switch.  A CPU may have AVX-512 and the OS not. */
static uint64_t saved_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

int tn_cpu_tier(void) {
    enum { FMA = 1 << 12, OSXSAVE = 1 << 27, AVX = 1 << 28 };                                        /* leaf 1, ecx */
    enum { AVX2 = 1 << 5, AVX512F = 1 << 16, AVX512DQ = 1 << 17, AVX512BW = 1 << 30 };               /* leaf 7, ebx */
    const uint32_t avx512vl = 1u << 31, avx512 = (uint32_t)AVX512F | AVX512DQ | AVX512BW | avx512vl; /* leaf 7, ebx */
    enum { XMM_YMM = 0x6, MASK_ZMM = 0xE0 };                                                         /* XCR0 */
    uint32_t eax, ebx, ecx, edx, features;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return TN_BASELINE;
    features = FMA | OSXSAVE | AVX;
    if ((ecx & features) != features) return TN_BASELINE;
    uint64_t saved = saved_registers();
    if ((saved & XMM_YMM) != XMM_YMM) return TN_BASELINE;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !(ebx & AVX2)) return TN_BASELINE;
    if ((ebx & avx512) != avx512 || (saved & MASK_ZMM) != MASK_ZMM) return TN_AVX2;
    return TN_AVX512;
}
#else
int tn_cpu_tier(void) { return TN_BASELINE; }
#endif

/* ---- threads ---------------------------------------------------------------------------------------------------- */

static int threads, forked;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The first number of a variable such as OMP_NUM_THREADS=4,2; 0 where there is none. */
static int number_in(const char *variable) {
    const char *value = getenv(variable);
    long count = value ? strtol(value, NULL, 10) : 0;
    return count > 0 && count < 100000 ? (int)count : 0;
}

/* Reads "quota period" (cgroup v2; quota may be "max") or the quota alone; returns how many numbers were read. */
static int read_numbers(const char *path, double *first, double *second) {
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    int count = fscanf(file, "%lf %lf", first, second);
    fclose(file);
    return count > 0 ? count : 0;
}

/* CPUs that the container may use, rounded up; a large number where there is no limit. */
static int cgroup_cpus(void) {
    double quota = 0, period = 0, unused;
    if (read_numbers("/sys/fs/cgroup/cpu.max", &quota, &period) != 2 &&
        (read_numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", &quota, &unused) != 1 ||
         read_numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us", &period, &unused) != 1))
        return 1 << 20;
    if (quota <= 0 || period <= 0 || quota / period > 1 << 20) return 1 << 20;
    int cpus = (int)(quota / period);
    return cpus < quota / period ? cpus + 1 : cpus;
}

static int usable_cpus(void) {
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
#endif
    int limit = cgroup_cpus();
    if (cpus > limit) cpus = limit;
    return cpus > 0 ? cpus : 1;
}

/* A forked child inherits the OpenMP runtime without its threads: asking for them would wait for ever. */
static void in_child(void) {
    threads = 1;
    forked = 1;
}

static void set_up(void) {
    pthread_atfork(NULL, NULL, in_child);
    int count = tn_has_openmp() ? number_in("TINYNN_NUM_THREADS") : 1;
    if (!count) count = number_in("OMP_NUM_THREADS");
    if (!count) count = usable_cpus();
    threads = count;
}

int tn_threads(void) {
    if (!threads) pthread_once(&once, set_up);
    return threads;
}

void tn_set_threads(int count) {
    tn_threads();
    if (!forked && tn_has_openmp()) threads = count > 0 ? count : 1;
}

int tn_has_openmp(void) {
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}
