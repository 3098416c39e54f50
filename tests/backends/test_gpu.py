"""Tensors on a GPU, or on the stand-in that is as strict as one: where they are made, moved and mixed."""

import numpy as np
import pytest
import strict

import tinynn as tf
from tinynn.backends import gpu, on_cupy
from tinynn.core import config
from tinynn.core.primitive import primitive, registry

GPU = "/job:localhost/replica:0/task:0/device:GPU:0"
HERE = GPU.replace("GPU", "CPU")


@pytest.fixture(params=["gpu", "strict"], autouse=True)
def a_gpu(request):
    """A GPU, or the stand-in."""
    if request.param == "strict":
        with gpu.substituted(strict.Strict()):
            yield "strict"
    elif gpu.why_not():
        pytest.skip(gpu.why_not())
    else:
        yield "gpu"


@pytest.fixture
def none():
    """No GPU, as on most machines."""
    with gpu.substituted(None):
        gpu._found["reason"] = "the driver is too old"
        yield


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["GPU:0", "/GPU:0", "gpu:0", "/gpu:0", "/device:GPU:0", "GPU", GPU])
def test_names_of_a_gpu(name):
    with tf.device(name):
        assert tf.ones(2).device == GPU


@pytest.mark.parametrize("name", ["CPU:0", "/cpu:0", "/device:CPU:0", "CPU", HERE, None])
def test_names_of_the_cpu(name):
    with tf.device(name):
        assert tf.ones(2).device == HERE


@pytest.mark.parametrize("name", ["TPU:0", "GPU:x", "gpu0", "CPU:1", "", 0])
def test_names_of_nothing(name):
    with pytest.raises(ValueError, match="device"):
        tf.device(name)


def test_devices_are_listed():
    assert [d.name for d in tf.config.list_physical_devices("CPU")] == ["/physical_device:CPU:0"]
    found = tf.config.list_physical_devices("GPU")
    assert found[0].name == "/physical_device:GPU:0" and found[0].device_type == "GPU"
    assert tf.config.list_physical_devices()[1:] == found


def test_settings_are_shown(capsys):
    tf.show_config()
    assert "GPU:0" in capsys.readouterr().out


def test_memory_is_told_per_device():
    assert set(tf.config.experimental.get_memory_info("GPU:0")) == {"current", "peak"}
    kept = tf.zeros(1000)
    assert tf.config.experimental.get_memory_info("CPU:0")["current"] >= kept.size * 4


def test_tf32_is_off_until_it_is_allowed(a_gpu):
    assert not tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(True)
    try:
        assert tf.config.experimental.tensor_float_32_execution_enabled()
        assert a_gpu == "gpu" or gpu.platform().tf32 is True
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(False)


# ---- without a GPU ---------------------------------------------------------------------------------------------------


def test_without_a_gpu_the_cpu_computes_and_a_hint_says_why(none):
    with pytest.warns(tf.TinynnHint, match=r"no GPU:0.*the driver is too old"), tf.device("GPU:0"):
        assert tf.ones(2).device == HERE
    assert tf.config.list_physical_devices("GPU") == []
    assert gpu.lines() == ["GPU              none: the driver is too old"]


def test_without_soft_placement_it_is_an_error(none):
    tf.config.set_soft_device_placement(False)
    try:
        with pytest.raises(RuntimeError, match=r"there is no GPU:0: the driver is too old"), tf.device("GPU:0"):
            pass
    finally:
        tf.config.set_soft_device_placement(True)
    assert config.get_soft_device_placement()


def test_moving_to_a_gpu_that_is_not_there_is_an_error(none):
    with pytest.raises(RuntimeError, match="there is no GPU:0: the driver is too old"):
        tf.ones(2).gpu()


def test_a_gpu_that_is_one_too_many():
    with pytest.raises(RuntimeError, match=r"there is no GPU:99: the GPUs are GPU:0"):
        tf.ones(2).gpu(99)


@pytest.mark.parametrize(("text", "advice"), [
    ("cudaErrorInsufficientDriver: CUDA driver version is insufficient", "install a newer driver"),
    ("cudaErrorNoDevice: no CUDA-capable device is detected", "nvidia-smi"), ("something else", "nvidia-smi"),
    ("Failed to auto-detect CUDA root directory", "tinynn-engine[cuda12]"),
    ("Failure finding libnvrtc.so.12", "tinynn-engine[cuda12]")])
def test_errors_of_cuda_are_explained(text, advice):
    told = gpu._explained(RuntimeError(text))
    assert advice in told and text.split(":")[0] in told


def test_cupy_without_the_libraries_of_cuda_is_explained(monkeypatch):
    class WithoutLibraries(strict.Strict):
        def try_it(self):
            raise ImportError('Failure finding "libcublasLt.so.12": No such file')

    monkeypatch.setattr(on_cupy, "CuPy", WithoutLibraries)
    with gpu.substituted(None):
        assert gpu.why_not() == (f"CuPy lacks a library of CUDA: {gpu.INSTALL} brings them. It says: Failure finding "
                                 '"libcublasLt.so.12": No such file')


# ---- making and moving -----------------------------------------------------------------------------------------------


def test_what_is_made_in_the_context_lives_there():
    with tf.device("GPU:0"):
        made = [tf.constant([1.0]), tf.zeros(2), tf.ones((2, 2)), tf.fill((2,), 3.0), tf.eye(2), tf.range(3),
                tf.linspace(0.0, 1.0, 3), tf.one_hot([0, 1], 2), tf.Variable(1.0), tf.convert_to_tensor(np.ones(2)),
                tf.random.normal((2,)), tf.random.stateless_uniform((2,), seed=[1, 2]), tf.square(3.0),
                tf.add([1.0], [2.0]), tf.Variable(tf.zeros(2, dtype="int64")), tf.cast([1, 2], tf.float32)]
        assert {x.device for x in made} == {GPU}
        with tf.device("CPU:0"):
            assert tf.zeros(2).device == HERE
        assert tf.zeros(2).device == GPU
        assert tf.constant("text").device == HERE
    assert tf.zeros(2).device == HERE


def test_the_context_ends_with_an_error():
    with pytest.raises(KeyError), tf.device("GPU:0"):
        raise KeyError
    assert tf.zeros(2).device == HERE


def test_there_and_back():
    for values in (np.arange(6.0).reshape(2, 3), np.float32(2), np.arange(3), np.array([True, False]), np.zeros((0, 2)),
                   np.arange(512.0).reshape((2,) * 9)):
        x = tf.constant(values)
        there = x.gpu()
        assert there.device == GPU and there.dtype == x.dtype and there.shape == x.shape
        back = there.cpu()
        assert back.device == HERE
        np.testing.assert_array_equal(back.numpy(), values)
        np.testing.assert_array_equal(np.asarray(there), values)
    assert there.gpu() is there and back.cpu() is back


def test_gradients_flow_between_devices():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.square(x.gpu()).cpu() * x)
        g = tape.gradient(y, x)
        s = tf.reduce_sum(g)
    assert g.device == HERE
    np.testing.assert_allclose(g, [3.0, 12.0])
    np.testing.assert_allclose(outer.gradient(s, x), [6.0, 12.0])


# ---- mixing ----------------------------------------------------------------------------------------------------------


def test_mixing_says_which_tensor_is_where():
    a, b = tf.ones((2, 2)).gpu(), tf.ones((2, 2))
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match=r"^matmul got a on GPU:0 and b on CPU:0; move one with .gpu\(\) or .cpu\(\)$"):
        tf.matmul(a, b)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"concat got values 0 on CPU:0 and values 1 on GPU:0"):
        tf.concat([b, a], 0)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"gather got params on GPU:0 and indices on CPU:0"):
        tf.gather(a, tf.constant([0, 1]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="variable on CPU:0 and value on GPU:0"):
        tf.Variable(b).assign_add(a)
    with pytest.raises(tf.errors.InvalidArgumentError, match="where got condition on CPU:0, x on GPU:0, y on GPU:0"):
        tf.where(b > 0, a, a)


def test_two_gpus_are_two_devices(a_gpu):
    if gpu.count() < 2:
        pytest.skip("one GPU")
    a, b = tf.ones(2).gpu(0), tf.ones(2).gpu(1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="add got x on GPU:0 and y on GPU:1"):
        a + b
    assert (b + 1.0).device.endswith("GPU:1")
    np.testing.assert_array_equal(a + b.gpu(0), [2.0, 2.0])


def test_dtypes_are_checked_on_a_gpu_as_well():
    with pytest.raises(tf.errors.InvalidArgumentError, match="different dtypes: Tensor of float32, Tensor of float64"):
        tf.ones(2).gpu() + tf.ones(2, dtype="float64").gpu()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_python_and_numpy_values_follow_the_tensor(dtype):
    x = tf.constant([1, 2], dtype=dtype).gpu()
    for y in (x * 2, 2 * x, x + np.array([1, 1], dtype), [1, 1] + x, tf.maximum(x, [0, 5]), x - tf.constant(1, dtype),
              x + tf.Variable(1, dtype=dtype), tf.stack([x, [3, 4]]), tf.where([True, False], x, 0)):
        assert y.device == GPU and y.dtype == dtype
    np.testing.assert_array_equal(x * 2, [2, 4])


def test_what_ops_make_stands_beside_their_tensor():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]]).gpu()
    for y in (tf.zeros_like(x), tf.ones_like(x), tf.linalg.diag(x), tf.linalg.set_diag(x, [1.0, 1.0]),
              tf.linalg.band_part(x, 0, -1), tf.pad(x, [[1, 1], [0, 0]], constant_values=2.0), tf.repeat(x, 2, axis=0),
              tf.nn.dropout(x, 0.5), tf.one_hot(tf.cast(x, tf.int32), 5), x[[0, 1]], x[x > 1.0], tf.gather(x, [1, 0]),
              tf.einsum("ii->i", x), tf.random.shuffle(x), tf.sequence_mask(tf.cast(x, tf.int32), 4),
              tf.math.unsorted_segment_mean(x, [0, 1], 2), tf.clip_by_norm(x, 1.0), tf.reverse(x, [0]),
              tf.scatter_nd([[0], [1]], x, (3, 2)), tf.tensor_scatter_nd_update(x, [[0]], [[5.0, 5.0]])):
        assert y.device == GPU


def test_gradients_of_what_ops_make_beside_a_tensor():
    x = tf.constant([[4.0, 1.0], [1.0, 3.0]]).gpu()
    for f in (lambda x: tf.einsum("ii->i", x), lambda x: tf.linalg.cholesky(x), lambda x: tf.linalg.diag(x),
              lambda x: tf.nn.relu(x) * tf.sign(x), lambda x: tf.unique(x[0])[0] * tf.reduce_max(x)):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = f(x)
        assert tape.gradient(y, x).device == GPU
        assert tape.jacobian(y, x).device == GPU


# ---- variables -------------------------------------------------------------------------------------------------------


def test_a_variable_is_written_in_place_and_old_values_stay():
    with tf.device("GPU:0"):
        v = tf.Variable([1.0, 2.0])
    memory = id(v.array())
    v.assign_add([1.0, 1.0])
    v.assign(v * 2.0)
    assert id(v.array()) == memory
    old, part = v.read_value(), v[:1]
    v.assign([0.0, 0.0])
    v[1].assign(7.0)
    np.testing.assert_array_equal(old, [4.0, 6.0])
    np.testing.assert_array_equal(part, [4.0])
    np.testing.assert_array_equal(v, [0.0, 7.0])


def test_assigning_moves_the_values():
    with tf.device("GPU:0"):
        v = tf.Variable([1.0, 2.0])
    v.assign(tf.constant([3.0, 4.0]))
    assert v.device == GPU
    w = tf.Variable([0.0, 0.0])
    w.assign(v)
    assert w.device == HERE
    np.testing.assert_array_equal(w, [3.0, 4.0])


def test_a_tape_keeps_the_value_that_it_read():
    with tf.device("GPU:0"):
        v = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(v * v)
        v.assign([5.0, 5.0])
        np.testing.assert_array_equal(tape.gradient(y, v), [2.0, 4.0])


# ---- bodies ----------------------------------------------------------------------------------------------------------


def test_random_numbers_are_those_of_the_cpu():
    def draw():
        tf.random.set_seed(3)
        return [tf.random.normal((5, 3)), tf.random.truncated_normal((4, 5)),
                tf.random.uniform((6,), 0, 100, dtype="int32"), tf.random.normal((3,), seed=4),
                tf.random.Generator.from_seed(2).normal((3,))]

    here = draw()
    with tf.device("GPU:0"):
        there = draw()
    for a, b in zip(here, there, strict=True):
        assert b.device == GPU
        np.testing.assert_allclose(a, b, rtol=0 if a.dtype.is_integer else 1e-6)


def test_uniform_numbers_are_those_of_the_cpu_bit_for_bit():
    for dtype in ("float32", "float64"):
        here = tf.random.stateless_uniform((70,), seed=[3, -5], dtype=dtype)
        with tf.device("GPU:0"):
            there = tf.random.stateless_uniform((70,), seed=[3, -5], dtype=dtype)
        np.testing.assert_array_equal(here, there)


@pytest.mark.parametrize("leave", [lambda xp, x: np.asarray(x), lambda xp, x: np.array(x.get()),
                                   lambda xp, x: xp.exp(np.ones(2))])
def test_a_body_that_leaves_the_device_is_an_error(leave):
    def stray(xp, x):
        """Leaves the device."""
        return leave(xp, x)

    try:
        with pytest.raises(TypeError, match=r"not allowed|not the GPU's array|Unsupported type"):
            primitive("y = x")(stray)(tf.ones(2).gpu())
    finally:
        registry.pop("stray", None)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint32", "float16"])
def test_sums_and_maxima_by_index_for_types_that_gpus_do_not_add(dtype):
    rows = np.array([[1, -2], [3, 4], [5, -6]]).astype(dtype)
    for f in (lambda x: tf.math.unsorted_segment_sum(x, [1, 0, 1], 3), lambda x: tf.gather(x, [0, 0])):
        np.testing.assert_array_equal(f(tf.constant(rows).gpu()), f(tf.constant(rows)))
    if dtype in ("int32", "int64", "float16"):
        f = lambda x: tf.math.unsorted_segment_max(x, [1, 0, 1], 3)
        np.testing.assert_array_equal(f(tf.constant(rows).gpu()), f(tf.constant(rows)))


def test_matrices_without_an_inverse_are_errors():
    with pytest.raises(tf.errors.InvalidArgumentError, match="the matrix cannot be used here"):
        tf.linalg.inv(tf.zeros((2, 2)).gpu())


def test_right_hand_sides_broadcast():
    a = np.array([[2.0, 0.0], [0.0, 4.0]])
    b = np.ones((3, 2, 1))
    np.testing.assert_allclose(tf.linalg.solve(tf.constant(a).gpu(), tf.constant(b).gpu()), np.linalg.solve(a, b))


def test_running_logsumexp_of_infinities():
    x = np.array([-np.inf, -np.inf, 1.0, np.inf, 2.0])
    expected = np.logaddexp.accumulate(x)
    np.testing.assert_allclose(tf.math.cumulative_logsumexp(tf.constant(x).gpu()), expected)
    np.testing.assert_allclose(tf.math.cumulative_logsumexp(tf.constant(x)), expected)


def test_datasets_compute_here_and_give_there():
    data = tf.data.Dataset.from_tensor_slices(np.arange(6.0)).map(lambda x: x * tf.constant(2.0, "float64")).batch(4)
    with tf.device("GPU:0"):
        batches = list(data)
    assert [b.device for b in batches] == [GPU, GPU]
    np.testing.assert_array_equal(batches[0], [0.0, 2.0, 4.0, 6.0])
    assert [b.device for b in data] == [HERE, HERE]
