/* Runs the blocks of a kernel one after another, and the threads of a block as fibers of one thread of the CPU.

The blocks come in an order drawn anew; so do, from one barrier to the next, the warps and the threads in them. A thread
runs until it waits, so what a kernel gets from another thread without a barrier between is old half of the time.

A fiber starts through ucontext, and is left and entered by _setjmp and _longjmp, which ask nothing of the system. */

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define WARP 32
#define THREADS 1024
#define STACK (64 * 1024 + 1024 + 64)      /* not a power of two: all stacks would share the lines of a cache */
#define GUARD 8192

typedef void (*Kernel)(void **arguments);
typedef struct { unsigned x, y, z; } Dim;
/* An argument's memory, and the byte that stands around its copy; `data` keeps its place within 512 bytes, `phase`. */
typedef struct { unsigned char *data, *room, *copy; int64_t bytes; int phase, fill, written; } Region;
typedef struct { unsigned char *data; int64_t bytes; } Span;
enum { FRESH, READY, BARRIER, MEETING, DONE };
enum { SYNC, IDX, UP, DOWN, XOR, BALLOT };

typedef struct {
    jmp_buf here;
    int state, began, line, kind, size, where, width;
    unsigned mask;
    void *value;                /* what it came to its warp with, and, afterwards, what it got */
    unsigned char came[8];
} Fiber;

Dim threadIdx, blockIdx, blockDim, gridDim;

static Dim places[THREADS];     /* threadIdx of each thread of a block */
static Fiber fibers[THREADS];
static unsigned char *stacks;
static jmp_buf scheduler;
static int running, threads;
static Kernel kernel;
static void **arguments;
static char message[400];
static uint64_t state;

const char *cuda_message(void) { return message; }

static unsigned draw(unsigned below) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (unsigned)(((state >> 32) * below) >> 32);
}

static void shuffled(unsigned *order, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        unsigned j = draw(i + 1);
        order[i] = order[j], order[j] = i;
    }
}

/* ---- fibers ------------------------------------------------------------------------------------------------------ */

static void body(void) {
    for (;;) {
        kernel(arguments);
        fibers[running].state = DONE;
        if (!_setjmp(fibers[running].here)) _longjmp(scheduler, 1);
    }
}

static __attribute__((noinline)) void resume(int t) {
    static ucontext_t start;
    running = t;
    threadIdx = places[t];
    if (_setjmp(scheduler)) return;
    if (fibers[t].began) _longjmp(fibers[t].here, 1);
    fibers[t].began = 1;
    getcontext(&start);
    start.uc_stack.ss_sp = stacks + (size_t)t * STACK, start.uc_stack.ss_size = STACK - 64, start.uc_link = NULL;
    makecontext(&start, body, 0);
    setcontext(&start);
}

static void wait_as(int state, int line) {
    Fiber *me = &fibers[running];
    me->state = state, me->line = line;
    if (!_setjmp(me->here)) _longjmp(scheduler, 1);
}

void cuda_barrier(int line) { wait_as(BARRIER, line); }

void cuda_warp(int kind, unsigned mask, void *value, int size, int where, int width, int line) {
    Fiber *me = &fibers[running];
    me->kind = kind, me->mask = mask, me->value = value, me->size = size, me->where = where, me->width = width;
    if (size) memcpy(me->came, value, (size_t)size);
    wait_as(MEETING, line);
}

/* The lane that a lane gets its value from; CUDA's rules for those beyond its group of `width`. */
static int source(int lane, const Fiber *f) {
    int first = lane & ~(f->width - 1), last = first + f->width - 1;
    int to = f->kind == IDX ? first + (f->where & (f->width - 1)) : f->kind == XOR ? lane ^ f->where :
             f->kind == UP ? lane - f->where : lane + f->where;
    return (f->kind == UP ? to < first : to > last) ? lane : to;
}

/* Lets the lanes of a mask go on when all of them that are still there have come. 1: some went on; -1: an error. */
static int met(int first, int lanes) {
    int went = 0;
    for (int lane = 0; lane < lanes; lane++) {
        Fiber *warp = fibers + first, *me = warp + lane;
        if (me->state != MEETING) continue;
        if (!(me->mask >> lane & 1) || me->width < 1 || me->width > WARP || me->width & (me->width - 1)) {
            snprintf(message, sizeof message, "line %d: a lane must be in its own mask, and the width a power of two up "
                     "to 32; lane %d has mask 0x%08x and width %d", me->line, lane, me->mask, me->width);
            return -1;
        }
        int all = 1;
        unsigned ballot = 0;
        for (int other = 0; other < lanes; other++) {
            Fiber *f = warp + other;
            if (!(me->mask >> other & 1) || f->state == DONE) continue;
            if (f->state != MEETING) { all = 0; break; }
            if (f->kind != me->kind || f->mask != me->mask || f->size != me->size) {
                snprintf(message, sizeof message, "lanes of one mask meet at different calls: lane %d at line %d with "
                         "mask 0x%08x, lane %d at line %d with mask 0x%08x", lane, me->line, me->mask, other, f->line,
                         f->mask);
                return -1;
            }
            ballot |= (unsigned)f->came[0] << other;
        }
        if (!all) continue;
        for (int other = 0; other < lanes; other++) {
            Fiber *f = warp + other;
            if (!(me->mask >> other & 1) || f->state != MEETING) continue;
            f->state = FRESH;       /* not READY yet: those that have not been served look for MEETING and DONE */
        }
        for (int other = 0; other < lanes; other++) {
            Fiber *f = warp + other;
            if (f->state != FRESH) continue;
            if (f->kind == BALLOT) memcpy(f->value, &ballot, sizeof ballot);
            else if (f->kind != SYNC) {
                int from = source(other, f);
                if (from >= 0 && from < lanes && warp[from].state == FRESH) memcpy(f->value, warp[from].came, f->size);
                else memset(f->value, 0xff, (size_t)f->size);      /* undefined: that lane takes no part */
            }
        }
        for (int other = 0; other < lanes; other++)
            if (warp[other].state == FRESH) warp[other].state = READY;
        went = 1;
    }
    return went;
}

/* Runs a warp until all its threads wait at a barrier or are done. */
static int run_warp(int first) {
    int lanes = threads - first < WARP ? threads - first : WARP, went = 1;
    unsigned order[WARP];
    while (went) {
        shuffled(order, (unsigned)lanes);
        for (int i = 0; i < lanes; i++)
            if (fibers[first + (int)order[i]].state == READY) resume(first + (int)order[i]);
        if ((went = met(first, lanes)) < 0) return -1;
    }
    for (int t = first; t < first + lanes; t++)
        if (fibers[t].state == MEETING) {
            snprintf(message, sizeof message, "line %d: thread %d waits for lanes of mask 0x%08x that never come",
                     fibers[t].line, t, fibers[t].mask);
            return -1;
        }
    return 0;
}

static int run_block(void) {
    unsigned order[THREADS / WARP], warps = ((unsigned)threads + WARP - 1) / WARP;
    for (int t = 0; t < threads; t++) fibers[t].state = READY;
    for (;;) {
        shuffled(order, warps);
        for (unsigned w = 0; w < warps; w++)
            if (run_warp((int)order[w] * WARP)) return -1;
        int waiting = 0, last = 0;
        for (int t = 0; t < threads; t++)
            if (fibers[t].state == BARRIER) waiting++, last = t;
        if (!waiting) return 0;
        for (int t = 0; t < threads; t++)
            if (fibers[t].state != BARRIER || fibers[t].line != fibers[last].line) {
                snprintf(message, sizeof message, "not all threads of a block reach the same barrier: of %d threads %d "
                         "wait at one, thread %d at line %d; thread %d %s line %d", threads, waiting, last,
                         fibers[last].line, t, fibers[t].state == BARRIER ? "at" : "is done, after", fibers[t].line);
                return -1;
            }
        for (int t = 0; t < threads; t++) fibers[t].state = READY;
    }
}

/* ---- a launch ---------------------------------------------------------------------------------------------------- */

static void surround(Region *r) {
    r->room = malloc((size_t)r->bytes + 2 * GUARD + 512);
    r->copy = r->room + GUARD;
    r->copy += (r->phase - (int)((uintptr_t)r->copy & 511)) & 511;
    memset(r->copy - GUARD, r->fill, GUARD);
    memcpy(r->copy, r->data, (size_t)r->bytes);
    memset(r->copy + r->bytes, r->fill, GUARD);
}

static int all(const unsigned char *bytes, int fill) { return *bytes == fill && !memcmp(bytes, bytes + 1, GUARD - 1); }

/* How many bytes before (negative) or behind the memory were written to; 0 where none. */
static int64_t outside(const Region *r) {
    const unsigned char *end = r->copy + r->bytes;
    if (all(r->copy - GUARD, r->fill) && all(end, r->fill)) return 0;
    for (int64_t i = 1; i <= GUARD; i++) {
        if (r->copy[-i] != r->fill) return -i;
        if (end[i - 1] != r->fill) return i;
    }
    return 0;
}

/* Launches a kernel.
slots: where its arguments' values are; where[i]: the region that slot i points into, -1 for none.
shared: the memory of its `__shared__` arrays. Returns 0; -1: an error, in cuda_message(); r + 1: something was written
outside of region r (with *offset from its start or end), or in it where that is not allowed (*offset 0). */
int cuda_launch(Kernel call, int with_fibers, const unsigned *dims, int count, void **slots, const int *where,
                int regions_count, Region *regions, int shared_count, const Span *shared, uint64_t seed,
                int64_t *offset) {
    uint64_t blocks = (uint64_t)dims[0] * dims[1] * dims[2];
    unsigned *order = malloc((blocks + THREADS) * sizeof *order), *turns = order + blocks;
    int failed = 0;
    gridDim = (Dim){dims[0], dims[1], dims[2]}, blockDim = (Dim){dims[3], dims[4], dims[5]};
    threads = (int)(dims[3] * dims[4] * dims[5]);
    kernel = call, arguments = slots, state = seed | 1;
    if (with_fibers && !stacks)
        stacks = mmap(NULL, (size_t)THREADS * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned t = 0; t < (unsigned)threads; t++)
        places[t] = (Dim){t % dims[3], t / dims[3] % dims[4], t / dims[3] / dims[4]};
    for (int r = 0; r < regions_count; r++) surround(&regions[r]);
    for (int i = 0; i < count; i++)
        if (where[i] >= 0) *(unsigned char **)slots[i] += regions[where[i]].copy - regions[where[i]].data;
    shuffled(order, (unsigned)blocks);
    shuffled(turns, (unsigned)threads);
    for (uint64_t b = 0; b < blocks && !failed; b++) {
        blockIdx = (Dim){order[b] % dims[0], order[b] / dims[0] % dims[1], order[b] / dims[0] / dims[1]};
        for (int s = 0; s < shared_count; s++) memset(shared[s].data, 0xff, (size_t)shared[s].bytes);
        if (with_fibers) failed = run_block();
        else for (int t = 0; t < threads; t++) threadIdx = places[turns[t]], call(slots);
    }
    if (failed)      /* those that wait never go on: their fibers start anew */
        for (int t = 0; t < threads; t++) fibers[t].began = 0;
    for (int r = 0; r < regions_count && !failed; r++) {
        *offset = outside(&regions[r]);
        if (*offset || (!regions[r].written && memcmp(regions[r].copy, regions[r].data, (size_t)regions[r].bytes)))
            failed = r + 1;
    }
    for (int r = 0; r < regions_count; r++) {
        if (!failed && regions[r].written) memcpy(regions[r].data, regions[r].copy, (size_t)regions[r].bytes);
        free(regions[r].room);
    }
    free(order);
    return failed;
}
