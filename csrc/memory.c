/* memory.c: aligned blocks, kept for the next request of their size.
 *
 * Sizes are rounded up to classes, four per power of two, and each class has a list of free blocks.  What is kept is
 * bounded by CACHE_LIMIT and by the peak of what was in use, so an idle process holds no more than a busy one did. */
#define _DEFAULT_SOURCE
#include "tinynn.h"

#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { CLASSES = 256, HUGE_PAGE = 2 << 20 };
static const size_t CACHE_LIMIT = (size_t)256 << 20;

typedef struct free_block {
    struct free_block *next;
} free_block;

static free_block *kept[CLASSES];
static size_t kept_bytes, used_bytes, peak_bytes;

/* The class of a size, and that class's block size: 64, 128, ... then four steps per power of two. */
static int class_of(size_t bytes, size_t *rounded) {
    if (bytes <= 512) {
        size_t lines = bytes ? (bytes + 63) / 64 : 1;
        *rounded = lines * 64;
        return (int)lines;
    }
    int log = 63 - __builtin_clzll((unsigned long long)(bytes - 1)); /* 2^log < bytes <= 2^(log + 1) */
    size_t step = (size_t)1 << (log - 2);
    size_t steps = (bytes - ((size_t)1 << log) + step - 1) / step; /* 1 to 4 */
    *rounded = ((size_t)1 << log) + steps * step;
    return 8 + (log - 9) * 4 + (int)steps;
}

/* Large blocks ask for huge pages, as NumPy's do: fewer faults at first, and one entry of the processor's page table
 * for what are 512 otherwise. */
static void *fresh(size_t bytes) {
    if (bytes < 2 * HUGE_PAGE) return aligned_alloc(TN_ALIGN, bytes);
    void *block = aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
#ifdef MADV_HUGEPAGE
    if (block) (void)madvise(block, bytes, MADV_HUGEPAGE); /* a wish: without it all is as before */
#endif
    return block;
}

static int poisoned(void) {
    static int known = -1;
    if (known < 0) {
        const char *value = getenv("TINYNN_POISON");
        known = value && *value && strcmp(value, "0") != 0;
    }
    return known;
}

void *tn_alloc(size_t bytes) {
    if (bytes > PTRDIFF_MAX / 2) return NULL;
    size_t rounded;
    int class = class_of(bytes, &rounded);
    free_block *block = kept[class];
    if (block) {
        kept[class] = block->next;
        kept_bytes -= rounded;
    } else {
        block = fresh(rounded);
        if (!block) {
            tn_release_cached();
            block = fresh(rounded);
            if (!block) return NULL;
        }
    }
    used_bytes += rounded;
    if (used_bytes > peak_bytes) peak_bytes = used_bytes;
    if (poisoned()) memset(block, 0xFF, rounded);
    return block;
}

void tn_free(void *memory, size_t bytes) {
    if (!memory) return;
    size_t rounded;
    int class = class_of(bytes, &rounded);
    free_block *block = memory;
    used_bytes -= rounded;
    if (poisoned()) memset(block, 0xFF, rounded);
    /* A full cache holds sizes that nobody asks for any more: it starts afresh. */
    if (kept_bytes + rounded > CACHE_LIMIT || kept_bytes + rounded > peak_bytes) tn_release_cached();
    if (rounded > CACHE_LIMIT) {
        free(block);
        return;
    }
    block->next = kept[class];
    kept[class] = block;
    kept_bytes += rounded;
}

size_t tn_memory_in_use(void) { return used_bytes; }

size_t tn_memory_peak(void) { return peak_bytes; }

void tn_release_cached(void) {
    for (int class = 0; class < CLASSES; class++) {
        while (kept[class]) {
            free_block *block = kept[class];
            kept[class] = block->next;
            free(block);
        }
    }
    kept_bytes = 0;
}
