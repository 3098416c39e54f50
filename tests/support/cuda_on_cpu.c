/* Runs the blocks of a kernel one after another, and the threads of a block as fibers of one thread of the CPU.

The blocks come in an order drawn anew. From one barrier to the next a warp is drawn again and again, and some of its
threads run until they wait: so the warps go on at different paces, and where a barrier is missing, what a thread reads
is too old, or too new, about half of the time.

A fiber starts through ucontext, and is left and entered by _setjmp and _longjmp, which ask nothing of the system. */

#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
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
enum { RUNNING, BARRIER, MEETING, SERVED, DONE };
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
static unsigned ready[THREADS / WARP];      /* the lanes of each warp that can run */
static unsigned char *stacks;
static jmp_buf scheduler;
static int running, threads;
static Kernel kernel;
static void **arguments;
static char message[400];
static uint64_t state;

const char *cuda_message(void) { return message; }

static unsigned bits(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (unsigned)(state >> 32);
}

static unsigned draw(unsigned below) { return (unsigned)((uint64_t)bits() * below >> 32); }

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

static void set_off(int t) {
    fibers[t].state = RUNNING;
    ready[t / WARP] |= 1u << t % WARP;
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
        int complete = 1;
        unsigned ballot = 0;
        for (int other = 0; other < lanes; other++) {
            Fiber *f = warp + other;
            if (!(me->mask >> other & 1) || f->state == DONE) continue;
            if (f->state != MEETING) { complete = 0; break; }
            if (f->kind != me->kind || f->mask != me->mask || f->size != me->size) {
                snprintf(message, sizeof message, "lanes of one mask meet at different calls: lane %d at line %d with "
                         "mask 0x%08x, lane %d at line %d with mask 0x%08x", lane, me->line, me->mask, other, f->line,
                         f->mask);
                return -1;
            }
            ballot |= (unsigned)f->came[0] << other;
        }
        if (!complete) continue;
        for (int other = 0; other < lanes; other++) {
            Fiber *f = warp + other;
            if (!(me->mask >> other & 1) || f->state != MEETING) continue;
            f->state = SERVED;
        }
        for (int other = 0; other < lanes; other++) {
            Fiber *f = warp + other;
            if (f->state != SERVED) continue;
            if (f->kind == BALLOT) memcpy(f->value, &ballot, sizeof ballot);
            else if (f->kind != SYNC) {
                int from = source(other, f);
                if (from >= 0 && from < lanes && warp[from].state == SERVED) memcpy(f->value, warp[from].came, f->size);
                else memset(f->value, 0xff, (size_t)f->size);      /* undefined: that lane takes no part */
            }
        }
        for (int other = 0; other < lanes; other++)
            if (warp[other].state == SERVED) set_off(first + other);
        went = 1;
    }
    return went;
}

static void resume_lanes(int first, unsigned lanes) {
    for (; lanes; lanes &= lanes - 1) resume(first + __builtin_ctz(lanes));
}

/* Runs most of the threads of a warp that can run. 0: all wait at a barrier or are done; -1: an error. */
static int run_some(int w) {
    int first = w * WARP, lanes = threads - first < WARP ? threads - first : WARP;
    unsigned some = ready[w] & (bits() | bits()), before = ~0u << bits() % WARP;
    ready[w] &= ~some;
    resume_lanes(first, some & before);
    resume_lanes(first, some & ~before);
    if (ready[w]) return 1;
    int went = met(first, lanes);
    for (int t = first; t < first + lanes && !went; t++)
        if (fibers[t].state == MEETING) {
            snprintf(message, sizeof message, "line %d: thread %d waits for lanes of mask 0x%08x that never come",
                     fibers[t].line, t, fibers[t].mask);
            return -1;
        }
    return went;
}

static int run_block(void) {
    unsigned order[THREADS / WARP], warps = ((unsigned)threads + WARP - 1) / WARP;
    for (int t = 0; t < threads; t++) set_off(t);
    for (;;) {
        for (unsigned w = 0; w < warps; w++) order[w] = w;
        for (unsigned left = warps; left;) {
            unsigned w = draw(left);
            int can = run_some((int)order[w]);
            if (can < 0) return -1;
            if (!can) order[w] = order[--left];
        }
        int waiting = 0, last = 0;
        for (int t = 0; t < threads; t++)
            if (fibers[t].state == BARRIER) waiting++, last = t;
        if (!waiting) return 0;
        for (int t = 0; t < threads; t++)
            if (fibers[t].state != BARRIER || fibers[t].line != fibers[last].line) {
                snprintf(message, sizeof message, "not all threads of a block reach the same barrier: of %d threads %d "
                         "wait, thread %d at line %d; thread %d %s", threads, waiting, last, fibers[last].line, t,
                         fibers[t].state == BARRIER ? "at another" : "is done");
                return -1;
            }
        for (int t = 0; t < threads; t++) set_off(t);
    }
}

static int run_blocks(const unsigned *order, const unsigned *turns, int with_fibers, int count, const Span *shared) {
    uint64_t blocks = (uint64_t)gridDim.x * gridDim.y * gridDim.z;
    for (uint64_t b = 0; b < blocks; b++) {
        blockIdx = (Dim){order[b] % gridDim.x, order[b] / gridDim.x % gridDim.y, order[b] / gridDim.x / gridDim.y};
        for (int s = 0; s < count; s++) memset(shared[s].data, 0xff, (size_t)shared[s].bytes);
        if (with_fibers) {
            if (run_block()) return -1;
        } else for (int t = 0; t < threads; t++) threadIdx = places[turns[t]], kernel(arguments);
    }
    return 0;
}

/* ---- a fault: a pointer to nowhere, a division of integers by zero ------------------------------------------------ */

static const int FAULTS[] = {SIGSEGV, SIGBUS, SIGFPE};
static struct sigaction before[3];
static sigjmp_buf after_fault;

static void fault(int signal) {
    snprintf(message, sizeof message, "thread (%u, %u, %u) of block (%u, %u, %u) %s", threadIdx.x, threadIdx.y,
             threadIdx.z, blockIdx.x, blockIdx.y, blockIdx.z, signal == SIGFPE ? "divides an integer by zero" :
             "reads or writes where there is no memory");
    siglongjmp(after_fault, 1);
}

static void catch_faults(int on) {
    struct sigaction mine = {.sa_handler = fault};
    for (int i = 0; i < 3; i++) sigaction(FAULTS[i], on ? &mine : &before[i], on ? &before[i] : NULL);
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

/* Whether something was written outside: *at which byte, counted from the start of the memory. */
static int outside(const Region *r, int64_t *at) {
    const unsigned char *end = r->copy + r->bytes;
    if (all(r->copy - GUARD, r->fill) && all(end, r->fill)) return 0;
    for (int64_t i = 0; i < GUARD; i++) {
        if (r->copy[-1 - i] != r->fill) { *at = -1 - i; return 1; }
        if (end[i] != r->fill) { *at = r->bytes + i; return 1; }
    }
    return 0;
}

/* Launches a kernel.
slots: where its arguments' values are; where[i]: the region that slot i points into, -1 for none.
shared: the memory of its `__shared__` arrays.
Returns 0; -1: an error, in cuda_message(); r + 1: region r, which is const, was written to, or memory outside of it, *at
that byte, counted from its start. */
int cuda_launch(Kernel call, int with_fibers, const unsigned *dims, int count, void **slots, const int *where,
                int regions_count, Region *regions, int shared_count, const Span *shared, uint64_t seed, int64_t *at) {
    uint64_t blocks = (uint64_t)dims[0] * dims[1] * dims[2];
    unsigned *order = malloc((blocks + THREADS) * sizeof *order), *turns = order + blocks;
    int failed;
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
    catch_faults(1);
    failed = sigsetjmp(after_fault, 1) ? -1 : run_blocks(order, turns, with_fibers, shared_count, shared);
    catch_faults(0);
    if (failed)      /* those that wait never go on: their fibers start anew */
        memset(fibers, 0, sizeof fibers), memset(ready, 0, sizeof ready);
    *at = 0;
    for (int r = 0; r < regions_count && !failed; r++)
        if (outside(&regions[r], at) ||
            (!regions[r].written && memcmp(regions[r].copy, regions[r].data, (size_t)regions[r].bytes)))
            failed = r + 1;
    for (int r = 0; r < regions_count; r++) {
        if (!failed && regions[r].written) memcpy(regions[r].data, regions[r].copy, (size_t)regions[r].bytes);
        free(regions[r].room);
    }
    free(order);
    return failed;
}
