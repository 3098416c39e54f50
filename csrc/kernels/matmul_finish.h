/* matmul_finish.h: the arithmetic of matmul_epilogue.h, on one vector of complete sums and on whole rows. */

/* v: sums, x: the epilogue's operand at the same place.  As bias_add, relu, the _grad lines of ops.def and sgd_update
 * compute it; a NaN sum stays NaN. */
TN_INLINE TV K(finish)(int finish, TV v, TV x, T rate) {
    switch (finish) {
    case TN_FINISH_BIAS:
        return v + x;
    case TN_FINISH_BIAS_RELU:
        v += x;
        return (TV)((TV_BITS)v & ~(v <= V(fill)(0)));
    case TN_FINISH_RELU_SLOPE:
        return (TV)((TV_BITS)v & (x > V(fill)(0)));
    case TN_FINISH_SIGMOID_SLOPE:
        return v * x * (V(fill)(1) - x);
    case TN_FINISH_TANH_SLOPE:
        return v * (V(fill)(1) - x * x);
    case TN_FINISH_UPDATE:
        return x - V(fill)(rate) * v;
    default:
        return v;
    }
}

/* One row of n complete sums c; an update's result replaces x. */
static void K(finish_row)(const tn_epilogue *e, int64_t n, T *c, T *x) {
    T *to = e->finish == TN_FINISH_UPDATE ? x : c;
    const T rate = (T)e->rate;
    for (int64_t j = 0; j < n; j += TV_N) {
        const int64_t left = n - j;
        const TV v = left >= TV_N ? V(load)(c + j) : V(load_part)(c + j, left);
        const TV y = !e->x_n ? V(fill)(*x) : left >= TV_N ? V(load)(x + j) : V(load_part)(x + j, left);
        const TV done = K(finish)(e->finish, v, y, rate);
        if (left >= TV_N)
            V(store)(to + j, done);
        else
            V(store_part)(to + j, left, done);
    }
}

/* The activation that is done last, of n elements: by the loop of the op itself. */
static void K(activate)(int activation, int64_t n, T *c) {
    const void *in[] = {c};
    if (activation == TN_SIGMOID)
        K(sigmoid_row)(n, c, in, 0);
    else
        K(tanh_row)(n, c, in, 0);
}

/* The same for rows [i, i + m) and columns [j, j + n) of one item of the result. */
static void K(activate_block)(const tn_matmul *p, int64_t item, int64_t i, int64_t m, int64_t j, int64_t n) {
    T *c = (T *)p->c + item * p->m * p->n + i * p->c_m + j;
    if (p->e.activation == TN_LINEAR) return;
    if (n == p->c_m) n *= m, m = 1; /* whole rows touch */
    for (int64_t row = 0; row < m; row++) K(activate)(p->e.activation, n, c + row * p->c_m);
}

/* All of the epilogue for columns [j, j + n) of one item, whose sums are in c. */
static void K(finish_columns)(const tn_matmul *p, int64_t item, int64_t j, int64_t n) {
    const tn_epilogue *e = &p->e;
    T *c = (T *)p->c + item * p->m * p->n + j;
    if (e->finish == TN_FINISH_NONE) return;
    for (int64_t i = 0; i < p->m; i++)
        K(finish_row)(e, n, c + i * p->c_m, (T *)e->x + item * e->x_batch + i * e->x_m + j * e->x_n);
    K(activate_block)(p, item, 0, p->m, j, n);
}
