/* update.h: assignment and the optimizers' steps, in place; arrays are contiguous and of one shape. */

static tn_status K(assign)(const tn_args *args) {
    tn_copy(args->in[0], args->in[1]);
    return TN_OK;
}

#ifndef TN_IS_BOOL
static tn_status K(assign_by)(const tn_args *args, tn_row_fn row) {
    tn_array *out[] = {(tn_array *)args->in[0]};
    const tn_args map = {args->in, out, NULL, 2, 1, NULL};
    return tn_map(&map, row, 0);
}
static tn_status K(assign_add)(const tn_args *args) { return K(assign_by)(args, K(add_row)); }
static tn_status K(assign_sub)(const tn_args *args) { return K(assign_by)(args, K(subtract_row)); }
#endif

#ifdef TN_FLOAT_BITS
typedef struct K(update) {
    T *w, *m, *v;          /* [n] each: weights, first and second state */
    const T *g, *squares;  /* [n] gradient, and its squares where they are not g * g */
    T rate, a, b, epsilon; /* a, b: the op's first two constants */
    T rest_a, rest_b;      /* 1 - a, 1 - b, rounded once, as TensorFlow does */
} K(update);

/* A span function over one loop; the arguments are its body for element i. */
#define UPDATE(name, ...)                                                                                              \
    static void K(name##_span)(void *context, int64_t begin, int64_t end, int thread) {                                \
        (void)thread;                                                                                                  \
        const K(update) p = *(const K(update) *)context;                                                               \
        TN_INDEPENDENT                                                                                                 \
        for (int64_t i = begin; i < end; i++) {                                                                        \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }

/* clang-format off */
UPDATE(sgd,
    p.w[i] -= p.rate * p.g[i];)
UPDATE(momentum,
    const T m = p.a * p.m[i] - p.rate * p.g[i];
    p.m[i] = m;
    p.w[i] += m;)
UPDATE(nesterov,
    const T step = p.rate * p.g[i], m = p.a * p.m[i] - step;
    p.m[i] = m;
    p.w[i] += p.a * m - step;)
UPDATE(rmsprop,
    const T g = p.g[i], v = p.a * p.v[i] + p.rest_a * g * g;
    p.v[i] = v;
    p.w[i] -= p.rate * g / sqrt(v + p.epsilon);)
UPDATE(adam,
    const T g = p.g[i], m = p.m[i] + (g - p.m[i]) * p.rest_a, v = p.v[i] + (g * g - p.v[i]) * p.rest_b;
    p.m[i] = m;
    p.v[i] = v;
    p.w[i] -= p.rate * m / (sqrt(v) + p.epsilon);)
UPDATE(adam_squares,
    const T m = p.m[i] + (p.g[i] - p.m[i]) * p.rest_a, v = p.v[i] + (p.squares[i] - p.v[i]) * p.rest_b;
    p.m[i] = m;
    p.v[i] = v;
    p.w[i] -= p.rate * m / (sqrt(v) + p.epsilon);)
UPDATE(adagrad,
    const T g = p.g[i], v = p.v[i] + g * g;
    p.v[i] = v;
    p.w[i] -= p.rate * g / sqrt(v + p.epsilon);)
/* clang-format on */
#undef UPDATE

enum { K(update_grain) = 16384 };

static T K(scalar)(const tn_args *args, int k) { return *(const T *)args->in[k]->data; }
static T K(constant)(const tn_args *args, int k) { return (T)args->attr[k].number; }
static T K(complement)(const tn_args *args, int k) { return (T)(1 - args->attr[k].number); }

static tn_status K(run_update)(const tn_args *args, tn_span_fn span, K(update) p) {
    p.w = args->in[0]->data;
    tn_parallel(span, &p, tn_size(args->in[0]), K(update_grain));
    return TN_OK;
}

/* (w, g, rate) */
static tn_status K(sgd_update)(const tn_args *args) {
    return K(run_update)(args, K(sgd_span), (K(update)){.g = args->in[1]->data, .rate = K(scalar)(args, 2)});
}

/* (w, m, g, rate; momentum, nesterov) */
static tn_status K(momentum_update)(const tn_args *args) {
    K(update) p = {.m = args->in[1]->data, .g = args->in[2]->data, .rate = K(scalar)(args, 3)};
    p.a = K(constant)(args, 0);
    return K(run_update)(args, args->attr[1].number != 0 ? K(nesterov_span) : K(momentum_span), p);
}

/* (w, v, g, rate; rho, epsilon) */
static tn_status K(rmsprop_update)(const tn_args *args) {
    K(update) p = {.v = args->in[1]->data, .g = args->in[2]->data, .rate = K(scalar)(args, 3)};
    p.a = K(constant)(args, 0);
    p.rest_a = K(complement)(args, 0);
    p.epsilon = K(constant)(args, 1);
    return K(run_update)(args, K(rmsprop_span), p);
}

/* (w, m, v, g[, squares], rate, step; beta_1, beta_2, epsilon); the powers are rounded to T, as TensorFlow has them */
static tn_status K(run_adam)(const tn_args *args, tn_span_fn span) {
    const int rate = args->n_in - 2;
    K(update)
    p = {.m = args->in[1]->data, .v = args->in[2]->data, .g = args->in[3]->data, .squares = args->in[rate - 1]->data};
    const double step = (double)*(const int64_t *)args->in[rate + 1]->data;
    p.a = K(constant)(args, 0);
    p.b = K(constant)(args, 1);
    p.rest_a = K(complement)(args, 0);
    p.rest_b = K(complement)(args, 1);
    p.epsilon = K(constant)(args, 2);
    const T power_1 = (T)pow((double)p.a, step), power_2 = (T)pow((double)p.b, step);
    p.rate = K(scalar)(args, rate) * sqrt(1 - power_2) / (1 - power_1);
    return K(run_update)(args, span, p);
}
static tn_status K(adam_update)(const tn_args *args) { return K(run_adam)(args, K(adam_span)); }
static tn_status K(adam_squares_update)(const tn_args *args) { return K(run_adam)(args, K(adam_squares_span)); }

/* (w, accumulator, g, rate; epsilon) */
static tn_status K(adagrad_update)(const tn_args *args) {
    K(update) p = {.v = args->in[1]->data, .g = args->in[2]->data, .rate = K(scalar)(args, 3)};
    p.epsilon = K(constant)(args, 0);
    return K(run_update)(args, K(adagrad_span), p);
}
#endif
