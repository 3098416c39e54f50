/* infer_other.c: compiles the shapes of matmul and random, which are written beside their kernels. */
#include "infer.h"
#include "shape.h"

#include "kernels/matmul_infer.h"
#include "kernels/random_infer.h"
