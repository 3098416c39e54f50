/* registry.c: (name, dtype) -> function in the tier in use. */
#include "registry.h"
#include "cpu.h"
#include "infer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NO_SCRATCH NULL

static tn_kernel kernels[TN_OPS] = {
#define KERNEL(label, dtypes, inputs, outputs, by, mask, shapes, workspace)                                            \
    [TN_OP_##label] = {.name = #label,                                                                                 \
                       .n_in = inputs,                                                                                 \
                       .n_out = outputs,                                                                               \
                       .key = by,                                                                                      \
                       .writes = mask,                                                                                 \
                       .infer = shapes,                                                                                \
                       .scratch = workspace},
#define VIEW(label, shapes) [TN_OP_##label] = {.name = #label, .n_in = 1, .n_out = 1, .infer = shapes, .view = 1},
#include "ops.def"
};

static const struct tier {
    const char *name;
    const tn_run_fn (*table)[TN_DTYPES];
    const tn_row_fn (*rows)[TN_DTYPES];
} tiers[TN_TIERS] = {
    [TN_BASELINE] = {"baseline", tn_table_all_baseline, tn_rows_all_baseline},
#ifdef TN_X86
    [TN_AVX2] = {"avx2", tn_table_all_avx2, tn_rows_all_avx2},
    [TN_AVX512] = {"avx512", tn_table_all_avx512, tn_rows_all_avx512},
#endif
};

static int best, in_use;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void use(int tier) {
    in_use = tier;
    for (int i = 0; i < TN_OPS; i++) {
        memcpy(kernels[i].run, tiers[tier].table[i], sizeof kernels[i].run);
        memcpy(kernels[i].row, tiers[tier].rows[i], sizeof kernels[i].row);
    }
}

static int tier_named(const char *name) {
    for (int i = 0; name && i <= best; i++)
        if (!strcmp(name, tiers[i].name)) return i;
    return -1;
}

static void set_up(void) {
    best = tn_cpu_tier();
    int wanted = tier_named(getenv("TINYNN_ISA")); /* what cannot be had is not an error: tn_isa() tells */
    use(wanted >= 0 ? wanted : best);
}

static void ready(void) { pthread_once(&once, set_up); }

const char *tn_isa(void) {
    ready();
    return tiers[in_use].name;
}

const char *tn_isa_at(int index) {
    ready();
    return index >= 0 && index <= best ? tiers[index].name : NULL;
}

int tn_set_isa(const char *name) {
    ready();
    int tier = tier_named(name);
    if (tier < 0) return -1;
    use(tier);
    return 0;
}

const tn_kernel *tn_kernel_at(int index) {
    ready();
    return index >= 0 && index < TN_OPS ? &kernels[index] : NULL;
}

const tn_kernel *tn_find(const char *name) {
    ready();
    for (int i = 0; i < TN_OPS; i++)
        if (!strcmp(name, kernels[i].name)) return &kernels[i];
    return NULL;
}
