/* bodies.h: every kernel for one element type, and the end of that type's names. */

/* clang-format off */
#ifdef TN_FLOAT_BITS
#define IF_FLOATS(...)  __VA_ARGS__
#define IF_NUMBERS(...) __VA_ARGS__
#define IF_BOOL(...)
#elif defined TN_IS_INT
#define IF_FLOATS(...)
#define IF_NUMBERS(...) __VA_ARGS__
#define IF_BOOL(...)
#else
#define IF_FLOATS(...)
#define IF_NUMBERS(...)
#define IF_BOOL(...)    __VA_ARGS__
#endif
#define IF_ALL(...)     __VA_ARGS__
/* clang-format on */

#ifndef TN_IS_BOOL
#include "../numbers.h"
#endif
#ifdef TN_FLOAT_BITS
#include "../vmath.h"
#include "../activations.h"
#endif
#include "elementwise.h"
#include "reduce.h"
#include "array.h"
#include "update.h"
#ifdef TN_FLOAT_BITS
#include "softmax.h"
#include "matmul.h"
#include "pool.h"
#include "conv.h"
#endif
#ifdef TN_IS_INT64
#include "random.h"
#endif

#undef IF_FLOATS
#undef IF_NUMBERS
#undef IF_BOOL
#undef IF_ALL
#undef T
#undef U
#undef TN_T
#undef TN_DTYPE
#undef TN_FLOAT_BITS
#undef TN_IS_INT
#undef TN_IS_INT64
#undef TN_IS_BOOL
