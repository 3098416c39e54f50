/* tinynn.h: the whole C API on one page.
 *
 * This library knows arrays, kernels and threads.  It knows no Python: csrc/ compiles, links and is tested on its own.
 *
 * A caller fills a tn_args with its inputs and attributes, lets kernel->infer describe the outputs, gives them memory
 * (unless they came back with memory: then they are views of an input), and calls tn_run.  Every function here returns
 * a status and nothing else: no message, no allocation, no exit.
 */
#ifndef TINYNN_H
#define TINYNN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TN_MAX_DIMS  8  /* an array of more axes is not described here: its ops run as the reference */
#define TN_MAX_ATTRS 8  /* attributes of one call */
#define TN_ALIGN     64 /* alignment in bytes of everything tn_alloc returns */

/* ---- types ------------------------------------------------------------------------------------------------------ */

typedef enum tn_dtype {
    TN_BOOL,
    TN_INT8,
    TN_INT16,
    TN_INT32,
    TN_INT64,
    TN_UINT8,
    TN_UINT16,
    TN_UINT32,
    TN_UINT64,
    TN_FLOAT16,
    TN_FLOAT32,
    TN_FLOAT64,
    TN_DTYPES,            /* how many there are */
    TN_OPAQUE = TN_DTYPES /* any other element type: no kernel takes it */
} tn_dtype;

size_t tn_itemsize(int32_t dtype); /* bytes of one element; 0 for TN_OPAQUE */

/* ---- arrays ----------------------------------------------------------------------------------------------------- */

typedef struct tn_array {
    void *data; /* the first element */
    int32_t dtype;
    int32_t ndim;
    int64_t shape[TN_MAX_DIMS];   /* shape[ndim] */
    int64_t strides[TN_MAX_DIMS]; /* strides[ndim], in elements; 0 repeats, negative walks back */
} tn_array;

int64_t tn_size(const tn_array *a);   /* number of elements; 1 for ndim == 0 */
int tn_contiguous(const tn_array *a); /* row-major without gaps (true for empty arrays) */
void tn_set_contiguous(tn_array *a);  /* strides from shape */

/* ---- attributes: the constants of a call (an axis, a slope, a flag), in the order of the op's signature ---------- */

enum { TN_NUMBER = -1, TN_NONE = -2 };

typedef struct tn_attr {
    double number;              /* a bool, an int or a float */
    int32_t count;              /* TN_NUMBER, TN_NONE, or how many items follow */
    int64_t items[TN_MAX_DIMS]; /* a tuple of ints */
} tn_attr;

/* ---- calls ------------------------------------------------------------------------------------------------------ */

typedef enum tn_status {
    TN_OK = 0,
    TN_UNSUPPORTED, /* not for these arguments (dtype, shape, ndim): run the reference, which also words the error */
    TN_BAD_INDEX    /* an index or label lies outside its axis */
} tn_status;

typedef struct tn_args {
    const tn_array *const *in; /* in[n_in] */
    tn_array *const *out;      /* out[n_out] */
    const tn_attr *attr;       /* attr[...], in the order of the op's signature */
    int32_t n_in, n_out;
    void *scratch; /* scratch(args) bytes, aligned to TN_ALIGN; contents are undefined */
} tn_args;

typedef struct tn_kernel tn_kernel;

/* The loop of one elementwise kernel over n elements that lie side by side: out[n], in[k][n]; a is the attribute.
 * out may be one of the inputs. */
typedef void (*tn_row_fn)(int64_t n, void *out, const void *const *in, double a);

struct tn_kernel {
    const char *name;
    int8_t n_in;    /* -1: any number */
    int8_t n_out;   /* 0 where the kernel only writes to inputs */
    int8_t key;     /* the input whose dtype picks the function */
    uint8_t writes; /* bit i: in[i] is written in place */
    /* Sets dtype, ndim, shape and strides of every out (contiguous, data == NULL), or a view: data, shape and strides
     * inside in[0].  Checks all that run() relies on, and returns TN_UNSUPPORTED otherwise. */
    tn_status (*infer)(const tn_args *args);
    size_t (*scratch)(const tn_args *args); /* NULL: needs none; looks at shapes and strides, never at data */
    /* One function per dtype of in[key], of the tier in use; all NULL for a view kernel, which infer finishes. */
    tn_status (*run[TN_DTYPES])(const tn_args *args);
    tn_row_fn row[TN_DTYPES]; /* of elementwise kernels: the loop that run calls */
    int view;                 /* infer already did everything */
};

const tn_kernel *tn_find(const char *name); /* NULL: there is none */
const tn_kernel *tn_kernel_at(int index);   /* NULL past the last; to list them */

/* ---- programs: calls that were recorded once and run again and again ----------------------------------------------
 */

typedef struct tn_call {
    tn_status (*run)(const tn_args *args);
    tn_args args; /* described, with memory and scratch: nothing is left to ask */
} tn_call;

/* Runs the calls in order; stops at the first that fails, whose number is *at. */
tn_status tn_run_calls(const tn_call *calls, int64_t count, int64_t *at);

/* The same, and adds the seconds that each call took to seconds[count]. */
tn_status tn_time_calls(const tn_call *calls, int64_t count, double *seconds);

/* Elementwise calls over the same n elements, each link after the one before; see chain.c. */
#define TN_MAX_BUFFERS 8

typedef struct tn_operand {
    const tn_array *array; /* n elements without gaps; or one number, which fills a buffer */
    int32_t buffer;        /* -1: in the array */
    int32_t itemsize;
} tn_operand;

typedef struct tn_link {
    tn_row_fn row;
    double number;
    int32_t n_in;
    tn_operand in[3], out;
} tn_link;

typedef struct tn_chain {
    int64_t n;
    int32_t n_links, n_numbers;
    const tn_link *links;
    tn_operand numbers[TN_MAX_BUFFERS];
} tn_chain;

tn_status tn_run_chain(const tn_args *args); /* of the tn_chain at args->scratch */

/* An input of a step, filled anew for each batch: rows of `from`, where the order says, one after the other. */
typedef struct tn_feed {
    const void *from; /* [samples][row_bytes] */
    void *to;         /* [batch][row_bytes] */
    int64_t row_bytes;
} tn_feed;

/* A step, recorded for batches of one size. */
typedef struct tn_step {
    const tn_call *calls;
    const tn_feed *feeds;
    const tn_feed *takes; /* the other way round: results of a batch, to their rows among those of all samples */
    int64_t n_calls, batch;
} tn_step;

/* Epochs of training: what runs at the beginning of each, its steps (the last may be a shorter one), what reads the
 * results at its end, and how far it has come. */
typedef struct tn_epochs {
    tn_step whole, rest;      /* rest.batch == 0: the batches divide the samples */
    int32_t n_feeds, n_takes; /* per step */
    int32_t n_results;        /* per epoch */
    const tn_call *begin, *end;
    int64_t n_begin, n_end;
    const tn_array *const *results; /* results[n_results]: numbers, float32 or float64 */
    double *log;                    /* log[epochs][n_results] */
    int64_t samples, *order;        /* order[samples]; NULL: as they lie */
    uint64_t *random;               /* the state that tn_shuffle moves on; NULL: the order stays */
    int64_t epochs, epoch, sample;  /* how many; those done, and the samples done of the next */
    int64_t call;                   /* which call failed */
} tn_epochs;

/* Goes on where it stopped, until all epochs are done, `seconds` have passed, a call fails, or the first result of an
 * epoch is NaN.  It stops between steps. */
tn_status tn_run_epochs(tn_epochs *e, double seconds);

/* A new order of 0 ... n - 1, every one as likely; the same for the same state. */
void tn_shuffle(int64_t *order, int64_t n, uint64_t *state);

/* ---- the machine ------------------------------------------------------------------------------------------------ */

const char *tn_isa(void);         /* the tier in use: "baseline", "avx2" or "avx512" */
int tn_set_isa(const char *name); /* 0 on success; -1: unknown, not built, or this CPU or OS lacks it */
const char *tn_isa_at(int index); /* the tiers this machine can run, slowest first; NULL past the last */
int tn_threads(void);             /* how many threads a large kernel may use; 1 in a forked child */
void tn_set_threads(int count);
int tn_has_openmp(void);

/* ---- memory ----------------------------------------------------------------------------------------------------- */

/* Blocks are kept for the next request of the same size, up to a bound, so that large results do not fault in fresh
 * pages at every op.  Callers hold one lock around both (in Python: the GIL). */
void *tn_alloc(size_t bytes); /* aligned to TN_ALIGN; NULL when there is no memory; contents undefined */
void tn_free(void *block, size_t bytes);
size_t tn_memory_in_use(void); /* bytes given out and not yet freed */
size_t tn_memory_peak(void);   /* the most that this has been */
void tn_release_cached(void);  /* gives kept blocks back to the system */

#ifdef __cplusplus
}
#endif
#endif
