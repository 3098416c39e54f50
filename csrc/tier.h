/* tier.h: builds every kernel for one instruction set.  Included by the files of tiers/, once each.
 *
 *     TN_TIER          its name                       TN_TARGET  what the compiler may use beyond the command line
 *     TN_VECTOR_BYTES  width of a vector register     TN_FMA     1 where matmul may fuse multiply and add
 *
 * A body writes T for the element type, U for its unsigned twin (sums of U wrap; T itself for floats), TN_T for the
 * tn_dtype, and K(name) for tn_<name>_<dtype>_<tier>. */

/* System headers come first: what they define must not be compiled for the tier. */
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <tgmath.h>

#include "copy.h"
#include "infer.h"
#include "map.h"
#include "parallel.h"
#include "reduce.h"
#include "registry.h"
#include "shape.h"
#include "tinynn.h"
#include "views.h"
#include "windows.h"

#define TN_PRAGMA(...)    _Pragma(#__VA_ARGS__)
#define TN_PRAGMA_OF(...) TN_PRAGMA(__VA_ARGS__)

/* Before a loop: its iterations do not depend on each other even where its arrays are the same. */
#ifdef __clang__
#define TN_INDEPENDENT TN_PRAGMA(clang loop vectorize(assume_safety))
#pragma clang diagnostic ignored "-Wpass-failed" /* a loop that calls libm stays scalar, and that is fine */
#else
#define TN_INDEPENDENT TN_PRAGMA(GCC ivdep)
#endif

#ifdef TN_TARGET
#ifdef __clang__
TN_PRAGMA_OF(clang attribute push(__attribute__((target(TN_TARGET))), apply_to = function))
#else
#pragma GCC push_options
TN_PRAGMA_OF(GCC target(TN_TARGET))
#endif
#endif

#include "simd.h"

#define TN_JOIN(name, dtype, tier)   tn_##name##_##dtype##_##tier
#define TN_JOINED(name, dtype, tier) TN_JOIN(name, dtype, tier)
#define TN_NAME(name, dtype)         TN_JOINED(name, dtype, TN_TIER)
#define K(name)                      TN_NAME(name, TN_DTYPE)
#define VM(name)                     TN_JOINED(name, TN_DTYPE, value) /* a function of one element */

#define T             float
#define U             float
#define TN_DTYPE      float32
#define TN_T          TN_FLOAT32
#define TN_FLOAT_BITS 32
#include "kernels/bodies.h"

#define T             double
#define U             double
#define TN_DTYPE      float64
#define TN_T          TN_FLOAT64
#define TN_FLOAT_BITS 64
#include "kernels/bodies.h"

#define T         int32_t
#define U         uint32_t
#define TN_DTYPE  int32
#define TN_T      TN_INT32
#define TN_IS_INT 1
#include "kernels/bodies.h"

#define T           int64_t
#define U           uint64_t
#define TN_DTYPE    int64
#define TN_T        TN_INT64
#define TN_IS_INT   1
#define TN_IS_INT64 1 /* the seed's type: random.h */
#include "kernels/bodies.h"

#define T          uint8_t /* holding 0 or 1, as NumPy's bool */
#define U          uint8_t
#define TN_DTYPE   bool
#define TN_T       TN_BOOL
#define TN_IS_BOOL 1
#include "kernels/bodies.h"

/* clang-format off */
#define ROW_BOOL(name)    [TN_BOOL] = TN_NAME(name, bool)
#define ROW_INT64(name)   [TN_INT64] = TN_NAME(name, int64)
#define ROW_FLOATS(name)  [TN_FLOAT32] = TN_NAME(name, float32), [TN_FLOAT64] = TN_NAME(name, float64)
#define ROW_NUMBERS(name) ROW_FLOATS(name), ROW_INT64(name), [TN_INT32] = TN_NAME(name, int32)
#define ROW_ALL(name)     ROW_NUMBERS(name), ROW_BOOL(name)
/* clang-format on */

const tn_run_fn TN_JOINED(table, all, TN_TIER)[TN_OPS][TN_DTYPES] = {
#define KERNEL(name, dtypes, ...) [TN_OP_##name] = {ROW_##dtypes(name)},
#define VIEW(name, ...)
#include "ops.def"
};

const tn_row_fn TN_JOINED(rows, all, TN_TIER)[TN_OPS][TN_DTYPES] = {
#define UNARY(name, dtypes, ...)    [TN_OP_##name] = {ROW_##dtypes(name##_row)},
#define UNARY_A(name, dtypes, ...)  UNARY(name, dtypes)
#define BINARY(name, dtypes, ...)   UNARY(name, dtypes)
#define BINARY_A(name, dtypes, ...) UNARY(name, dtypes)
#define TERNARY(name, dtypes, ...)  UNARY(name, dtypes)
#define COMPARE(name, dtypes, ...)  UNARY(name, dtypes)
#define KERNEL(...)
#define VIEW(...)
    [TN_OP_assign_add] = {ROW_NUMBERS(add_row)},
    [TN_OP_assign_sub] = {ROW_NUMBERS(subtract_row)},
#include "ops.def"
};

#ifdef TN_TARGET
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
