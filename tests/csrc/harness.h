/* harness.h: checks, guarded arrays and calls for the C tests. */
#ifndef TN_HARNESS_H
#define TN_HARNESS_H

#include "../../csrc/tinynn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int failures; /* main.c */

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition) && ++failures <= 40) {                                                                        \
            printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);                                                     \
            printf(__VA_ARGS__);                                                                                       \
            printf("\n");                                                                                              \
        }                                                                                                              \
    } while (0)

enum { MOST = 16, GUARD = 64, CANARY = 0xAB };

/* Memory with CANARY bytes before and after; freed by release_all at the end of a case. */
void *guarded(size_t bytes);
int guards_intact(void);
void release_all(void);

uint64_t random_bits(void);
double random_unit(void); /* in [0, 1) */

/* A contiguous array with guarded memory; items from a list of ndim lengths. */
tn_array make(int32_t dtype, int32_t ndim, const int64_t *shape);
tn_array make1(int32_t dtype, int64_t n);
tn_array make2(int32_t dtype, int64_t m, int64_t n);
tn_array make_scalar(int32_t dtype, double value);
void fill_random(tn_array *a); /* floats in [-3, 3), integers in [-9, 9], bools */

/* The same values with gaps between them and the last axis backwards. */
tn_array strided_twin(const tn_array *a);

double get(const tn_array *a, int64_t position); /* in row-major order */
void set(tn_array *a, int64_t position, double value);

/* Equal bytes in row-major order, any NaN like any other. */
int same_bits(const tn_array *a, const tn_array *b);

tn_attr number(double value);
tn_attr list(int32_t count, const int64_t *items);

/* One call: infer, guarded outputs and scratch, run.  Checks that no input changed but those in kernel->writes. */
tn_status call(const char *name, int32_t n_in, const tn_array *in, const tn_attr *attr, tn_array *out);

void test_machine(void);
void test_contract(void);
void test_elementwise(void);
void test_reduce(void);
void test_array(void);
void test_update(void);
void test_matmul(void);
void test_epilogue(void);
void test_windows(void);
void test_random(void);
void test_chain(void);
void test_program(void);

#endif
