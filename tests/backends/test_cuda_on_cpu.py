"""The kernels in CUDA C that the stand-in for CuPy runs: CUDA's meaning, and mistakes that are found out."""

import concurrent.futures

import cuda_on_cpu
import numpy as np
import nvrtc
import pytest
import strict

pytestmark = pytest.mark.skipif(cuda_on_cpu.why_not() is not None, reason=str(cuda_on_cpu.why_not()))

SAXPY = r"""
extern "C" __global__ void __launch_bounds__(256) saxpy(const float *__restrict__ x, float *y, float a, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;      // { of no meaning
    if (i < n) y[i] = a * __ldg(x + i) + y[i];
}
"""
BLOCK_SUM = r"""
extern "C" __global__ void block_sum(const float *x, float *out) {
    __shared__ float part[256];
    int t = threadIdx.x;
    part[t] = x[blockIdx.x * 256 + t];
    for (int half = 128; half; half /= 2) {
        __syncthreads();
        if (t < half) part[t] += part[t + half];
    }
    if (t == 0) atomicAdd(out, part[0]);
}
"""
WARP_SUM = r"""
#define FULL 0xffffffffu
static __device__ __forceinline__ float warp_sum(float v) {
    #pragma unroll
    for (int k = 16; k; k >>= 1) v += __shfl_xor_sync(FULL, v, k);
    return v;
}
extern "C" __global__ void warp_sums(const float *x, float *out) {
    __shared__ float part[8];
    float v = warp_sum(x[threadIdx.x]);
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = v;
    __syncthreads();
    if (threadIdx.x == 0) {
        v = 0;
        for (int w = 0; w < 8; w++) v += part[w];
        out[0] = v;
    }
}
"""
SHUFFLE = r"""
extern "C" __global__ void shuffle(const TYPE *x, TYPE *out, unsigned mask, int where, int width) {
    int t = threadIdx.x;
    if (mask >> t & 1) {
        TYPE v = x[t];
        out[t] = __shfl_sync(mask, v, where, width);
        out[t + 32] = __shfl_up_sync(mask, v, where, width);
        out[t + 64] = __shfl_down_sync(mask, v, where, width);
        out[t + 96] = __shfl_xor_sync(mask, v, where, width);
    }
}
"""
VOTES = r"""
extern "C" __global__ void votes(unsigned *out) {
    unsigned odd = __ballot_sync(0xffffffffu, threadIdx.x & 1);
    __syncwarp();
    out[threadIdx.x] = odd + __any_sync(0xffffffffu, threadIdx.x == 7) + __all_sync(0xffffffffu, threadIdx.x < 31);
}
"""
LAST_BLOCK = r"""
__device__ int is_last(unsigned *done) { return atomicAdd(done, 1u) == gridDim.x - 1; }
extern "C" __global__ void last_block(const int *x, int *most, unsigned *seen, unsigned *done, double *out) {
    atomicMax(most, x[blockIdx.x]);
    atomicOr(seen, 1u << blockIdx.x);
    __threadfence();
    if (is_last(done)) out[0] = sqrt(1.0 * *most) + exp(-tanh(abs(-1.0))) + max(2, 3);
}
"""
TABLE = r"""
extern "C" __global__ void table(const unsigned long long *where, int n) {
    const float *x = ((const float **)where)[0];
    float *y = ((float **)where)[1];
    for (int i = threadIdx.x; i < n; i += blockDim.x) y[i] = x[i] + 1;
}
"""
NUMBERS = r"""
extern "C" __global__ void numbers(float *f, double *d, int *i, bool flag, long long big, unsigned char *bytes) {
    float4 v = *(const float4 *)f;
    f[0] = rsqrtf(v.y) + fmaxf(v.z, v.w) + expf(0.f) + __int_as_float(0x3f800000) + erf(v.x);
    d[0] = rsqrt(4.0) + floor(-0.5) + rint(2.5) + fabs(-1.0) + pow(2.0, 3.0);
    i[0] = flag ? (int)(big >> 32) : 0;
    bytes[0] = 7;
}
"""
SOURCES = {"saxpy": SAXPY, "block sum": BLOCK_SUM, "warp sum": WARP_SUM, "votes": VOTES, "last block": LAST_BLOCK,
           "table": TABLE, "numbers": NUMBERS,
           **{f"shuffle {t}": SHUFFLE.replace("TYPE", t) for t in ("float", "double", "int", "long long")}}

platform = strict.Strict()
xp = platform.xp


def named(source, name):
    return xp.RawModule(code=source, options=("-std=c++17",)).get_function(name)


def one(body, parameters="float *y"):
    return named(f'extern "C" __global__ void one({parameters}) {{ {body} }}', "one")


def zeros(n, dtype="float32"):
    return xp.zeros(n, dtype)


@pytest.mark.parametrize("n", [1, 255, 5000])
def test_a_thread_per_element(n):
    x, y = np.random.default_rng(0).normal(size=(2, n)).astype("float32")
    given = xp.array(y)
    named(SAXPY, "saxpy")(((n + 255) // 256,), (256,), (xp.array(x), given, np.float32(2.5), np.int32(n)))
    np.testing.assert_allclose(given.get(), 2.5 * x.astype("float64") + y, rtol=1e-5, atol=1e-5)


def sums(source, name, blocks=1):
    """How often, of 20 launches, a kernel gave the right sum."""
    x = np.random.default_rng(1).integers(1, 9, 256 * blocks).astype("float32")
    right = 0
    for _ in range(20):
        out = zeros(1)
        named(source, name)((blocks,), (256,), (xp.array(x), out))
        right += out.item() == x.sum()
    return right


def test_a_block_sums_in_shared_memory():
    assert sums(BLOCK_SUM, "block_sum", blocks=3) == 20
    assert sums("#define WAIT __syncthreads()" + BLOCK_SUM.replace("__syncthreads()", "WAIT"), "block_sum") == 20
    assert sums(WARP_SUM, "warp_sums") == 20


@pytest.mark.parametrize("source, name", [
    (BLOCK_SUM.replace("__syncthreads();", ""), "block_sum"),
    (BLOCK_SUM.replace("__syncthreads();", "if (half == 128) __syncthreads();"), "block_sum"),
    (BLOCK_SUM.replace("__syncthreads();", "if (half != 64) __syncthreads();"), "block_sum"),
    (BLOCK_SUM.replace("__syncthreads();", "if (half == 128) __syncthreads(); else __syncwarp();"), "block_sum"),
    (WARP_SUM.replace("__syncthreads();", ""), "warp_sums"),
], ids=["no barrier", "one barrier only", "one barrier less", "a warp's barrier", "between warps"])
def test_a_missing_barrier_gives_wrong_results(source, name):
    cuda_on_cpu.orders.seed(0)
    assert sums(source, name) < 10


@pytest.mark.parametrize("dtype, text", [("float32", "float"), ("float64", "double"), ("int32", "int"),
                                         ("int64", "long long")])
@pytest.mark.parametrize("where, width", [(1, 32), (5, 32), (3, 8), (16, 16), (31, 32)])
def test_shuffles_follow_the_rules_for_lanes_outside(dtype, text, where, width):
    x = np.random.default_rng(2).integers(1, 10**6, 32).astype(dtype)
    out = zeros(128, dtype)
    named(SHUFFLE.replace("TYPE", text), "shuffle")(
        (1,), (32,), (xp.array(x), out, np.uint32(2**32 - 1), np.int32(where), np.int32(width)))
    parts = [range(first, first + width) for first in range(0, 32, width)]
    expected = [[x[part[where % width]] for part in parts for lane in part],
                [x[lane - where if lane - where >= part[0] else lane] for part in parts for lane in part],
                [x[lane + where if lane + where <= part[-1] else lane] for part in parts for lane in part],
                [x[lane ^ where if lane ^ where <= part[-1] else lane] for part in parts for lane in part]]
    np.testing.assert_array_equal(out.get().reshape(4, 32), expected)


def test_a_lane_that_takes_no_part_has_no_value():
    out, x = zeros(128), xp.array(np.arange(32, dtype="float32"))
    named(SHUFFLE.replace("TYPE", "float"), "shuffle")((1,), (32,), (x, out, np.uint32(0xffff), np.int32(1),
                                                                     np.int32(32)))
    down = out.get()[64:80]
    np.testing.assert_array_equal(down, [*range(1, 16), np.nan])
    named(SHUFFLE.replace("TYPE", "float"), "shuffle")((1,), (20,), (x, out, np.uint32(0xfffff), np.int32(4),
                                                                     np.int32(32)))
    np.testing.assert_array_equal(out.get()[64:84], [*range(4, 20), *[np.nan] * 4])


def test_votes():
    out = zeros(32, "uint32")
    named(VOTES, "votes")((1,), (32,), (out,))
    np.testing.assert_array_equal(out.get(), 0xaaaaaaaa + 1)


def test_the_last_block_sees_what_the_others_did():
    x, out = np.random.default_rng(3).integers(0, 1000, 20).astype("int32"), zeros(1, "float64")
    most, seen, done = zeros(1, "int32"), zeros(1, "uint32"), zeros(1, "uint32")
    named(LAST_BLOCK, "last_block")((20,), (1,), (xp.array(x), most, seen, done, out))
    assert (most.item(), seen.item(), done.item()) == (x.max(), 2**20 - 1, 20)
    assert out.item() == pytest.approx(np.sqrt(x.max()) + np.exp(-np.tanh(1)) + 3, rel=1e-12)


def test_numbers_come_by_value():
    f, d, i, raw = xp.array(np.array([0, 4, 2, 3], "float32")), zeros(1, "float64"), zeros(1, "int32"), zeros(2)
    named(NUMBERS, "numbers")((1,), (1,), (f, d, i, np.bool_(True), np.int64(5 << 32), raw))
    assert (f.get()[0], d.item(), i.item(), raw.view("uint8").get()[0]) == (5.5, 10.5, 5, 7)


def test_all_of_the_grid_runs():
    out = zeros(2 * 3 * 4 * 5)
    run = one("int t = threadIdx.x + 2 * (threadIdx.y + 3 * (blockIdx.x + 4 * blockIdx.y)); y[t] += t;")
    run((4, 5), (2, 3), (out,))
    np.testing.assert_array_equal(out.get(), np.arange(120))


# ---- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body, message", [
    ("y[4] = 1;", r"one wrote outside of y: to byte 16; it has 16"),
    ("y[-1] = 1;", r"one wrote outside of y: to byte -"),
    ("((float *)x)[0] = 1;", r"one wrote to x, which is const"),
    ("y[1ll << 42] = 1;", r"one: thread \(., 0, 0\) of block \(., 0, 0\) reads or writes where there is no memory"),
    ("if (threadIdx.x) __syncthreads();", r"one: not all threads of a block reach the same barrier.*thread 0 is done"),
    ("if (threadIdx.x)\n__syncthreads();\nelse __syncthreads();", r"one: not all .* barrier.*thread 0 at another"),
    ("if (threadIdx.x) return; __syncwarp();", None),
    ("if (threadIdx.x) __syncwarp(); else __syncthreads();", r"one: line 1: thread 1 waits for lanes .* never come"),
    ("__syncwarp(2u);", r"one: line 1: a lane must be in its own mask"),
    ("__shfl_sync(15u, 1.f, 0, 3);", r"one: line 1: .*a power of two up to 32"),
    ("if (threadIdx.x) __syncwarp(15u); else __shfl_sync(15u, 1, 0);", r"one: lanes of one mask meet at different"),
])
def test_mistakes_of_kernels_are_found_and_change_nothing(body, message):
    run, x, y = one(body, "float *y, const float *x"), xp.array(np.arange(4, dtype="float32")), zeros(4)
    if message is None:
        return run((1,), (4,), (y, x))
    with pytest.raises(RuntimeError, match=f"(?s)^{message}"):
        run((2,), (4,), (y, x))
    np.testing.assert_array_equal(x.get(), np.arange(4))
    np.testing.assert_array_equal(y.get(), 0)
    assert sums(BLOCK_SUM, "block_sum") == 20       # and the next launch is as if nothing had been


def test_shared_memory_begins_undefined():
    out = zeros(2)
    one("__shared__ float s[1]; y[blockIdx.x] = s[0]; s[0] = 1;")((2,), (1,), (out,))
    assert np.isnan(out.get()).all()


@pytest.mark.parametrize("args, error, message", [
    ((np.zeros(4, "f"), np.int32(4)), TypeError, r"'y' is 'float \*' and takes the device's array, got .*ndarray"),
    ((zeros(4, "float64"), np.int32(4)), TypeError, r"'y' is 'float \*' and takes an array of float32, got .*float64"),
    ((zeros(4), 4), TypeError, r"'n' is 'int' and takes np.int32\(...\), got .*'int'"),
    ((zeros(4), 4.0), TypeError, r"'n' is 'int'"),
    ((zeros(4), np.int64(4)), TypeError, r"'n' is 'int' and takes np.int32\(...\), got .*int64"),
    ((zeros(4), zeros(4)), TypeError, r"'n' is 'int'"),
    ((zeros(4),), TypeError, r"takes 2 arguments \(float \* y, int n\)"),
    ((zeros((4, 2)).T, np.int32(4)), ValueError, r"strides \(4, 8\), is not contiguous"),
    ((platform.put(np.zeros(4, "f"), 1), np.int32(4)), ValueError, "the array is on device 1, the current device is 0"),
])
def test_arguments_must_be_what_the_parameters_are(args, error, message):
    with pytest.raises(error, match=message):
        one("y[0] = n;", "float *y, int n")((1,), (1,), args)


@pytest.mark.parametrize("grid, block, error", [
    ([1], (1,), TypeError), ((1,), 1, TypeError), ((1.0,), (1,), TypeError), ((), (1,), TypeError),
    ((0,), (1,), ValueError), ((1,), (1025,), ValueError), ((1,), (64, 32), ValueError), ((1, 65536), (1,), ValueError),
    ((1,), (1, 1, 65), ValueError)])
def test_sizes_that_cuda_refuses(grid, block, error):
    with pytest.raises(error, match="one"):
        one("y[0] = 1;")(grid, block, (zeros(1),))


def test_a_kernels_own_limits():
    args = (zeros(1), zeros(1), np.float32(1), np.int32(1))
    with pytest.raises(ValueError, match="at most 256"):
        named(SAXPY, "saxpy")((1,), (257,), args)
    big = ("static __device__ float f(int i) { __shared__ float s[4096]; s[i] = 1; return s[i]; }"
           'extern "C" __global__ void big(float *y) { __shared__ double s[N]; s[0] = 1; y[0] = f(3) + s[0]; }')
    named(big.replace("N", "4096"), "big")((1,), (1,), args[:1])
    with pytest.raises(ValueError, match=r"big takes 49\d{3} bytes of shared memory per block; there are 49152"):
        named(big.replace("N", "4097"), "big")((1,), (1,), args[:1])


def test_what_does_not_compile():
    with pytest.raises(RuntimeError, match=r"kernels\.cu:1:.*INFINITY"):
        one("y[0] = INFINITY;")     # NVRTC has none either
    with pytest.raises(RuntimeError, match="void"):
        one("void *p = y; float *q = p; q[0] = 1;")     # C has it, C++ has not
    with pytest.raises(RuntimeError, match=r"CUDA_ERROR_NOT_FOUND: .*'two'"):
        named("__global__ void two(float *y) { y[0] = 1; }", "two")
    with pytest.raises(RuntimeError, match="frame size"):
        one("float s[16384]; for (int i = 0; i < 16384; i++) s[i] = y[i]; y[0] = s[(int)y[1]];")
    with pytest.raises(TypeError, match="Exactly one"):
        xp.RawModule()
    with pytest.raises(RuntimeError, match="unrecognized option -O7"):
        xp.RawModule(code=SAXPY, options=("-O7",))
    xp.RawModule(code=SAXPY).compile()


# ---- memory ----------------------------------------------------------------------------------------------------------


def test_arguments_that_overlap_are_one_memory():
    x = xp.array(np.arange(6, dtype="float32"))
    one("for (int i = 0; i < 4; i++) y[i] = y[i] + x[i];", "float *y, const float *x")((1,), (1,), (x[2:], x[:4]))
    np.testing.assert_array_equal(x.get(), [0, 1, 2, 4, 6, 9])


def test_a_table_of_addresses():
    x, y = xp.array(np.arange(5, dtype="float32")), zeros(8)
    where = xp.array(np.array([platform.address(x), platform.address(y[3:])], "uint64"))
    named(TABLE, "table")((1,), (2,), (where, np.int32(5)))
    np.testing.assert_array_equal(y.get(), [0, 0, 0, 1, 2, 3, 4, 5])
    both = one("((float **)t)[1][0] = 9; y[1] += y[0];", "const unsigned long long *t, float *y")
    both((1,), (1,), (where, y[3:]))       # the same memory, reached both ways
    np.testing.assert_array_equal(y.get(), [0, 0, 0, 9, 11, 3, 4, 5])
    del x
    with pytest.raises(RuntimeError, match="table was given the address of an array that is gone"):
        named(TABLE, "table")((1,), (2,), (where, np.int32(5)))


def test_a_recording_changes_nothing():
    x, y, z = xp.array(np.arange(5, dtype="float32")), zeros(5), zeros(5)
    where = xp.array(np.array([platform.address(x), platform.address(z)], "uint64"))

    def run():
        named(SAXPY, "saxpy")((1,), (32,), (x, y, np.float32(2), np.int32(5)))
        named(TABLE, "table")((1,), (2,), (where, np.int32(5)))
        return [y]

    launch, _ = platform.recorded(run)
    assert not y.get().any() and not z.get().any()
    launch()
    np.testing.assert_array_equal([y.get(), z.get()], [2 * x.get(), x.get() + 1])


def test_launches_from_several_threads():
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: sums(BLOCK_SUM, "block_sum"), range(8))) == [20] * 8


# ---- CUDA's own compiler ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(nvrtc.why_not() is not None, reason=str(nvrtc.why_not()))
@pytest.mark.parametrize("architecture", [70, 80, 90])
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_cudas_compiler_takes_them_too(source, architecture):
    if architecture not in nvrtc.architectures():
        pytest.skip(f"this NVRTC does not compile for sm_{architecture}")
    assert nvrtc.cubin(source, (f"-arch=sm_{architecture}", "-std=c++17"))[1:4] == b"ELF"


@pytest.mark.skipif(nvrtc.why_not() is not None, reason=str(nvrtc.why_not()))
def test_what_cudas_compiler_says():
    assert nvrtc.entries(LAST_BLOCK) == ["last_block"]
    with pytest.raises(nvrtc.CompileError, match='identifier "INFINITY" is undefined'):
        nvrtc.cubin('extern "C" __global__ void one(float *y) { y[0] = INFINITY; }')
