/* harness.c: guarded arrays and calls. */
#include "harness.h"

enum { BLOCKS = 256 };

static struct {
    unsigned char *start;
    size_t bytes;
} blocks[BLOCKS];
static int used;

void *guarded(size_t bytes) {
    size_t padded = (bytes + TN_ALIGN - 1) / TN_ALIGN * TN_ALIGN;
    if (used == BLOCKS) {
        printf("harness: more than %d arrays in one case\n", BLOCKS);
        exit(2);
    }
    blocks[used].start = aligned_alloc(TN_ALIGN, padded + 2 * GUARD);
    blocks[used].bytes = bytes;
    memset(blocks[used].start, CANARY, padded + 2 * GUARD);
    return blocks[used++].start + GUARD;
}

int guards_intact(void) {
    for (int i = 0; i < used; i++)
        for (size_t j = 0; j < GUARD; j++)
            if (blocks[i].start[j] != CANARY || blocks[i].start[GUARD + blocks[i].bytes + j] != CANARY) return 0;
    return 1;
}

void release_all(void) {
    CHECK(guards_intact(), "something wrote outside its array");
    while (used > 0) free(blocks[--used].start);
}

uint64_t random_bits(void) {
    static uint64_t state = 42;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state ^ state >> 31;
}

double random_unit(void) { return (double)(random_bits() >> 11) * 0x1p-53; }

tn_array make(int32_t dtype, int32_t ndim, const int64_t *shape) {
    tn_array a = {.dtype = dtype, .ndim = ndim};
    for (int32_t i = 0; i < ndim; i++) a.shape[i] = shape[i];
    tn_set_contiguous(&a);
    a.data = guarded((size_t)tn_size(&a) * tn_itemsize(dtype));
    return a;
}

tn_array make1(int32_t dtype, int64_t n) { return make(dtype, 1, &n); }
tn_array make2(int32_t dtype, int64_t m, int64_t n) { return make(dtype, 2, (int64_t[]){m, n}); }

tn_array make_scalar(int32_t dtype, double value) {
    tn_array a = make(dtype, 0, NULL);
    set(&a, 0, value);
    return a;
}

static char *place(const tn_array *a, int64_t position) {
    int64_t offset = 0;
    for (int32_t i = a->ndim - 1; i >= 0; i--) {
        offset += position % a->shape[i] * a->strides[i];
        position /= a->shape[i];
    }
    return (char *)a->data + offset * (int64_t)tn_itemsize(a->dtype);
}

double get(const tn_array *a, int64_t position) {
    const void *p = place(a, position);
    switch (a->dtype) {
    case TN_BOOL:
        return *(const uint8_t *)p;
    case TN_INT32:
        return *(const int32_t *)p;
    case TN_INT64:
        return (double)*(const int64_t *)p;
    case TN_UINT32:
        return *(const uint32_t *)p;
    case TN_FLOAT32:
        return *(const float *)p;
    default:
        return *(const double *)p;
    }
}

void set(tn_array *a, int64_t position, double value) {
    void *p = place(a, position);
    switch (a->dtype) {
    case TN_BOOL:
        *(uint8_t *)p = value != 0;
        break;
    case TN_INT32:
        *(int32_t *)p = (int32_t)value;
        break;
    case TN_INT64:
        *(int64_t *)p = (int64_t)value;
        break;
    case TN_FLOAT32:
        *(float *)p = (float)value;
        break;
    default:
        *(double *)p = value;
        break;
    }
}

void fill_random(tn_array *a) {
    const int whole = a->dtype != TN_FLOAT32 && a->dtype != TN_FLOAT64;
    for (int64_t i = 0; i < tn_size(a); i++) {
        double unit = random_unit();
        set(a, i, a->dtype == TN_BOOL ? unit < 0.5 : whole ? floor(19 * unit) - 9 : 6 * unit - 3);
    }
}

tn_array strided_twin(const tn_array *a) {
    tn_array twin = *a;
    int64_t step = 2;
    for (int32_t i = a->ndim - 1; i >= 0; i--) {
        twin.strides[i] = step;
        step *= a->shape[i] + 1;
    }
    char *data = guarded((size_t)step * tn_itemsize(a->dtype));
    const int32_t last = a->ndim - 1;
    twin.data = data;
    if (last >= 0 && a->shape[last] > 0) {
        twin.data = data + (a->shape[last] - 1) * 2 * (int64_t)tn_itemsize(a->dtype);
        twin.strides[last] = -2;
    }
    for (int64_t i = 0; i < tn_size(a); i++) memcpy(place(&twin, i), place(a, i), tn_itemsize(a->dtype));
    return twin;
}

int same_bits(const tn_array *a, const tn_array *b) {
    if (a->dtype != b->dtype || a->ndim != b->ndim) return 0;
    for (int32_t i = 0; i < a->ndim; i++)
        if (a->shape[i] != b->shape[i]) return 0;
    const size_t bytes = (size_t)tn_size(a) * tn_itemsize(a->dtype);
    if (bytes == 0 || (tn_contiguous(a) && tn_contiguous(b) && !memcmp(a->data, b->data, bytes))) return 1;
    for (int64_t i = 0; i < tn_size(a); i++) {
        const double x = get(a, i), y = get(b, i);
        if (memcmp(place(a, i), place(b, i), tn_itemsize(a->dtype)) && !(x != x && y != y)) return 0;
    }
    return 1;
}

tn_attr number(double value) { return (tn_attr){.number = value, .count = TN_NUMBER}; }

tn_attr list(int32_t count, const int64_t *items) {
    tn_attr attr = {.count = count};
    for (int32_t i = 0; i < count; i++) attr.items[i] = items[i];
    return attr;
}

static uint64_t hash(const tn_array *a) {
    uint64_t h = 14695981039346656037u;
    const size_t size = tn_itemsize(a->dtype);
    const int contiguous = tn_contiguous(a);
    for (int64_t i = 0; i < tn_size(a); i++) {
        uint64_t bits = 0;
        memcpy(&bits, contiguous ? (char *)a->data + i * (int64_t)size : place(a, i), size);
        h = (h ^ bits) * 1099511628211u;
    }
    return h;
}

tn_status call(const char *name, int32_t n_in, const tn_array *in, const tn_attr *attr, tn_array *out) {
    const tn_kernel *kernel = tn_find(name);
    const tn_array *ins[MOST];
    tn_array *outs[] = {out};
    uint64_t before[MOST];
    CHECK(kernel != NULL, "%s", name);
    if (!kernel) return TN_UNSUPPORTED;
    for (int32_t i = 0; i < n_in; i++) {
        ins[i] = &in[i];
        before[i] = hash(&in[i]);
    }
    tn_args args = {ins, outs, attr, n_in, kernel->n_out, NULL};
    tn_status status = kernel->infer(&args);
    if (status != TN_OK || kernel->view) return status;
    if (kernel->n_out) out->data = guarded((size_t)tn_size(out) * tn_itemsize(out->dtype));
    size_t scratch = kernel->scratch ? kernel->scratch(&args) : 0;
    if (scratch) args.scratch = guarded(scratch);
    tn_status (*run)(const tn_args *) = kernel->run[in[kernel->key].dtype];
    if (!run) return TN_UNSUPPORTED;
    status = run(&args);
    for (int32_t i = 0; i < n_in; i++)
        CHECK(kernel->writes >> i & 1 || hash(&in[i]) == before[i], "%s changed its input %d", name, i);
    return status;
}
