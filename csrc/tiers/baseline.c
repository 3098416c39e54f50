/* baseline.c: what every CPU of this architecture has. */
#define TN_TIER         baseline
#define TN_VECTOR_BYTES 16
#define TN_FMA          0
#include "../tier.h"
