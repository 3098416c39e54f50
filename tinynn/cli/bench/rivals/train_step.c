/* train_step.c: the small training workloads as a person would write them in C: the limit that engines are held to.
 *
 * Every layer is a few loops whose extents are constants once they are inlined, so the compiler unrolls and vectorises
 * them. `state` holds kernels and biases in order, then as many slots twice (momentum, or Adam's m and v).
 * by_c.py compiles and calls it. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
enum { ROWS = 5 }; /* of a batch that share each load of a weight; every batch here is a multiple, or takes the rest */

static uint64_t random_state = 88172645463325252u;

/* Mixes `order`, an array of n row numbers (Fisher and Yates; xorshift). */
static void mix(int *order, int n) {
    for (int i = n - 1; i > 0; i--) {
        random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
        int j = (int)((random_state >> 32) * (uint64_t)(i + 1) >> 32), kept = order[i];
        order[i] = order[j], order[j] = kept;
    }
}

/* `rows` rows of c[rows, n] = a[rows, k] b[k, n] (+ bias[n]); with `at`, a is read as a[k, rows], its row length lda */
INLINE void rows_times(int rows, int k, int n, int at, int lda, const float *a, const float *b, const float *bias,
                       float *c) {
    float sum[ROWS][n];
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < n; j++) sum[r][j] = bias ? bias[j] : 0;
    for (int p = 0; p < k; p++)
        for (int r = 0; r < rows; r++)
            for (int j = 0; j < n; j++) sum[r][j] += (at ? a[p * lda + r] : a[r * lda + p]) * b[p * n + j];
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < n; j++) c[r * n + j] = sum[r][j];
}

/* c[m, n] = a b + bias, in blocks of ROWS rows. */
INLINE void product(int m, int k, int n, int at, const float *a, const float *b, const float *bias, float *c) {
    int i = 0, lda = at ? m : k;
    for (; i + ROWS <= m; i += ROWS) rows_times(ROWS, k, n, at, lda, at ? a + i : a + i * k, b, bias, c + i * n);
    for (; i < m; i++) rows_times(1, k, n, at, lda, at ? a + i : a + i * k, b, bias, c + i * n);
}

/* g[m, k] = (gy[m, n] w[k, n]^T), where y > 0: through a kernel and a relu; `turned` has room for w^T. */
INLINE void back(int m, int k, int n, const float *gy, const float *w, const float *y, float *turned, float *g) {
    for (int p = 0; p < k; p++)
        for (int j = 0; j < n; j++) turned[j * k + p] = w[p * n + j];
    product(m, n, k, 0, gy, turned, NULL, g);
    for (int i = 0; i < m * k; i++) g[i] = y[i] > 0 ? g[i] : 0;
}

/* gw[k, n] = x[m, k]^T g[m, n], and behind it gb[n] = the sum of g's rows. */
INLINE void gradients(int m, int k, int n, const float *x, const float *g, float *gw) {
    product(k, m, n, 1, x, g, NULL, gw);
    float *gb = gw + k * n;
    for (int j = 0; j < n; j++) gb[j] = 0;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) gb[j] += g[i * n + j];
}

INLINE void relu(int n, float *x) {
    for (int i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

INLINE void gather(int rows, int width, const float *from, const int *order, float *to) {
    for (int i = 0; i < rows; i++) memcpy(to + i * width, from + order[i] * width, sizeof(float) * width);
}

/* W1: 10-40-40-5, relu, mean squared error, SGD with momentum 0.9 and a rate of 0.01 halved every 10 steps. */
void train_w1(const float *x, const float *y, float *state, long step, long epochs, int shuffle) {
    enum { N = 100, B = 10, D0 = 10, D1 = 40, D2 = 40, D3 = 5 };
    enum { W1 = 0, W2 = W1 + (D0 + 1) * D1, W3 = W2 + (D1 + 1) * D2, END = W3 + (D2 + 1) * D3 };
    static float xb[B * D0], yb[B * D3], h1[B * D1], h2[B * D2], out[B * D3], g2[B * D2], g1[B * D1], turned[D1 * D2];
    static float g[END];
    float *w = state, *v = state + END;
    int order[N];
    for (int i = 0; i < N; i++) order[i] = i;
    for (long epoch = 0; epoch < epochs; epoch++) {
        if (shuffle) mix(order, N);
        for (int start = 0; start < N; start += B, step++) {
            gather(B, D0, x, order + start, xb), gather(B, D3, y, order + start, yb);
            product(B, D0, D1, 0, xb, w + W1, w + W1 + D0 * D1, h1), relu(B * D1, h1);
            product(B, D1, D2, 0, h1, w + W2, w + W2 + D1 * D2, h2), relu(B * D2, h2);
            product(B, D2, D3, 0, h2, w + W3, w + W3 + D2 * D3, out);
            for (int i = 0; i < B * D3; i++) out[i] = (out[i] - yb[i]) * (2.0f / (B * D3));
            gradients(B, D2, D3, h2, out, g + W3), back(B, D2, D3, out, w + W3, h2, turned, g2);
            gradients(B, D1, D2, h1, g2, g + W2), back(B, D1, D2, g2, w + W2, h1, turned, g1);
            gradients(B, D0, D1, xb, g1, g + W1);
            float rate = 0.01f * exp2f(-(float)(step / 10));
            for (int i = 0; i < END; i++) v[i] = 0.9f * v[i] - rate * g[i], w[i] += v[i];
        }
    }
}

INLINE float sigmoid(float x) { return 1 / (1 + expf(-x)); }

/* W2: 2-4-1, sigmoids, mean squared error, SGD 0.1, one sample at a time. */
void train_w2(const float *x, const float *y, float *state, long step, long epochs, int shuffle) {
    enum { N = 4, D = 2, H = 4 };
    float w1[D][H], b1[H], w2[H], b2 = state[D * H + 2 * H];
    int order[N] = {0, 1, 2, 3};
    (void)step;
    memcpy(w1, state, sizeof w1), memcpy(b1, state + D * H, sizeof b1), memcpy(w2, state + D * H + H, sizeof w2);
    for (long epoch = 0; epoch < epochs; epoch++) {
        if (shuffle) mix(order, N);
        for (int i = 0; i < N; i++) {
            float x0 = x[2 * order[i]], x1 = x[2 * order[i] + 1], h[H], z = b2;
            for (int j = 0; j < H; j++) h[j] = sigmoid(x0 * w1[0][j] + x1 * w1[1][j] + b1[j]);
            for (int j = 0; j < H; j++) z += h[j] * w2[j];
            float out = sigmoid(z), push = 0.1f * 2 * (out - y[order[i]]) * out * (1 - out);
            for (int j = 0; j < H; j++) {
                float g = push * w2[j] * h[j] * (1 - h[j]);
                w2[j] -= push * h[j], w1[0][j] -= g * x0, w1[1][j] -= g * x1, b1[j] -= g;
            }
            b2 -= push;
        }
    }
    memcpy(state, w1, sizeof w1), memcpy(state + D * H, b1, sizeof b1), memcpy(state + D * H + H, w2, sizeof w2);
    state[D * H + 2 * H] = b2;
}

/* W3: 2-1, mean squared error, SGD 0.1, all 2000 samples at once. */
void train_w3(const float *x, const float *y, float *state, long step, long epochs, int shuffle) {
    enum { N = 2000 };
    (void)step, (void)shuffle;
    for (long epoch = 0; epoch < epochs; epoch++) {
        float w0 = state[0], w1 = state[1], b = state[2], g0 = 0, g1 = 0, gb = 0;
        for (int i = 0; i < N; i++) {
            float g = x[2 * i] * w0 + x[2 * i + 1] * w1 + b - y[i];
            g0 += g * x[2 * i], g1 += g * x[2 * i + 1], gb += g;
        }
        state[0] -= g0 * (0.2f / N), state[1] -= g1 * (0.2f / N), state[2] -= gb * (0.2f / N);
    }
}

enum { PIXELS = 64, HIDDEN = 128, CLASSES = 10, SECOND = (PIXELS + 1) * HIDDEN, ALL = SECOND + (HIDDEN + 1) * CLASSES };

/* g[b, CLASSES]: logits become the gradient of the mean cross-entropy. */
INLINE void cross_entropy(int b, const int *labels, const int *order, float *g) {
    for (int i = 0; i < b; i++) {
        float *row = g + i * CLASSES, most = row[0], sum = 0;
        for (int j = 1; j < CLASSES; j++) most = row[j] > most ? row[j] : most;
        for (int j = 0; j < CLASSES; j++) sum += row[j] = expf(row[j] - most);
        for (int j = 0; j < CLASSES; j++) row[j] /= sum * b;
        row[labels[order[i]]] -= 1.0f / b;
    }
}

/* One step of W4 on b samples. */
INLINE void digits_step(int b, const float *x, const int *y, const int *order, float *w, long step) {
    static float xb[32 * PIXELS], h[32 * HIDDEN], out[32 * CLASSES], gh[32 * HIDDEN], turned[HIDDEN * CLASSES], g[ALL];
    gather(b, PIXELS, x, order, xb);
    product(b, PIXELS, HIDDEN, 0, xb, w, w + PIXELS * HIDDEN, h), relu(b * HIDDEN, h);
    product(b, HIDDEN, CLASSES, 0, h, w + SECOND, w + SECOND + HIDDEN * CLASSES, out);
    cross_entropy(b, y, order, out);
    gradients(b, HIDDEN, CLASSES, h, out, g + SECOND), back(b, HIDDEN, CLASSES, out, w + SECOND, h, turned, gh);
    gradients(b, PIXELS, HIDDEN, xb, gh, g);
    float *m = w + ALL, *v = m + ALL;
    float rate = 0.001f * sqrtf(1 - powf(0.999f, step + 1)) / (1 - powf(0.9f, step + 1));
    for (int i = 0; i < ALL; i++) {
        m[i] += (g[i] - m[i]) * 0.1f, v[i] += (g[i] * g[i] - v[i]) * 0.001f;
        w[i] -= rate * m[i] / (sqrtf(v[i]) + 1e-7f);
    }
}

/* W4: digits, 64-128-10, relu, cross-entropy, Adam. */
void train_w4(const float *x, const int *y, float *state, long step, long epochs, int shuffle) {
    enum { N = 1438, B = 32 };
    int order[N];
    for (int i = 0; i < N; i++) order[i] = i;
    for (long epoch = 0; epoch < epochs; epoch++) {
        if (shuffle) mix(order, N);
        int start = 0;
        for (; start + B <= N; start += B) digits_step(B, x, y, order + start, state, step++);
        digits_step(N % B, x, y, order + start, state, step++);
    }
}
