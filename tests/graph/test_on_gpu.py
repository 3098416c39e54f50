"""Recorded functions on a GPU: call by call, and as one graph, on the stand-in that is as strict as CuPy."""

import numpy as np
import pytest
import strict
from op_examples import examples

import tinynn as tf
from tinynn.backends import checks, gpu
from tinynn.core.primitive import registry


def how(function):
    return function.explain_capture().partition(": ")[2]


def test_replays_give_what_the_function_gives(platform):
    @tf.function
    def f(x, y):
        return tf.reduce_sum(tf.tanh(x @ y), axis=0), x + 1.0

    rng = np.random.default_rng(0)
    for _ in range(4):
        a, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
        total, more = f(tf.constant(a), tf.constant(b))
        assert total.device.endswith("GPU:0")
        np.testing.assert_allclose(total, np.tanh(a @ b).sum(0))
        np.testing.assert_allclose(more, a + 1)
    assert how(f) == ("runs on GPU:0 as one CUDA graph" if platform.graphs else
                      "runs on GPU:0, call by call (no CUDA graph: the platform has none)")


def test_variables_are_written_and_results_stay(platform):
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def step(x):
        before = v.read_value()
        v.assign_add(x)
        return before, v * 2.0, v.read_value()

    kept, expected = [], np.array([1.0, 2.0])
    for i in range(6):
        if i == 3:
            old = v.read_value()        # the next write goes to other memory
        before, doubled, after = step(tf.constant([1.0, float(i)]))
        kept.append((before, expected.copy()))
        expected += [1.0, i]
        kept += [(doubled, expected * 2), (after, expected.copy())]
    for tensor, value in kept:
        np.testing.assert_array_equal(tensor, value)
    np.testing.assert_array_equal(old, [4.0, 5.0])
    np.testing.assert_array_equal(v, expected)


def test_random_draws_move_on(platform):
    @tf.function
    def draw():
        return tf.random.uniform((3,))

    tf.random.set_seed(4)
    drawn = [draw().numpy() for _ in range(5)]
    tf.random.set_seed(4)
    np.testing.assert_array_equal(drawn, [tf.random.uniform((3,)).numpy() for _ in range(5)])


@pytest.mark.parametrize("before", range(4))
def test_an_index_is_checked_at_every_call(platform, before):
    table = tf.constant([[1.0], [2.0]])

    @tf.function
    def pick(i):
        return tf.gather(table, i)

    for _ in range(before):
        np.testing.assert_array_equal(pick(tf.constant([1, 0])), [[2.0], [1.0]])
    with pytest.raises(tf.errors.InvalidArgumentError) as seen:
        pick(tf.constant([1, 2])).numpy()
    with pytest.raises(tf.errors.InvalidArgumentError) as expected:
        tf.gather(table.cpu(), tf.constant([1, 2]).cpu())
    assert str(seen.value) == str(expected.value)
    for _ in range(3):
        np.testing.assert_array_equal(pick(tf.constant([0, 0])), [[1.0], [1.0]])
    assert how(pick).startswith("runs on GPU:0")


X = np.arange(12.0).reshape(4, 3)
CHECKED = {     # a function of indices; such as exist, and such of which one does not
    "gather": (lambda i: tf.gather(X, i, axis=1), [[0, 2]], [[0, 3]]),
    "batches": (lambda i: tf.gather(X, i, batch_dims=1), [[0], [2], [1], [0]], [[0], [2], [-1], [1]]),
    "gather_nd": (lambda i: tf.gather_nd(X, i), [[3, 2], [0, 0]], [[3, 2], [0, 3]]),
    "scatter_nd": (lambda i: tf.scatter_nd(i, tf.ones(2), [4]), [[1], [1]], [[1], [4]]),
    "update": (lambda i: tf.tensor_scatter_nd_update(X, i, X[:2] + 7), [[3], [0]], [[-2], [0]]),
    "add": (lambda i: tf.tensor_scatter_nd_add(X, i, X[:2]), [[3], [0]], [[0], [-1]]),
    "sum": (lambda i: tf.math.unsorted_segment_sum(X, i, 3), [2, 0, 2, 1], [2, 0, 4, -1]),
    "max": (lambda i: tf.math.unsorted_segment_max(X, i, 3), [2, 0, 2, 1], [2, 0, 3, 1]),
    "labels": (lambda i: tf.nn.sparse_softmax_cross_entropy_with_logits(i, X), [0, 2, 1, 0], [0, 2, 3, 1]),
}


@pytest.mark.parametrize("name", CHECKED)
def test_what_does_not_exist_is_the_error_of_the_cpu_once_and_nothing_else_breaks(platform, name):
    function, good, bad = CHECKED[name]
    good, bad = np.array(good), np.array(bad)
    with tf.device("CPU:0"):
        expected = function(tf.constant(good)).numpy()
        with pytest.raises(tf.errors.InvalidArgumentError) as on_cpu:
            function(tf.constant(bad))
    recorded, other = tf.function(function), tf.ones(3)
    for _ in range(3):
        np.testing.assert_allclose(recorded(tf.constant(good)), expected)
    with pytest.raises(tf.errors.InvalidArgumentError) as seen:
        recorded(tf.constant(bad))
        other.numpy()       # whatever is read
    assert str(seen.value) == str(on_cpu.value)
    np.testing.assert_array_equal(other, np.ones(3))
    np.testing.assert_allclose(recorded(tf.constant(good)), expected)
    assert how(recorded).startswith("runs on GPU:0 as one" if platform.graphs else "runs on GPU:0, call by call")


def test_devices_have_programs_of_their_own(platform):
    @tf.function
    def double(x):
        return x * 2.0

    x = tf.ones(3)
    for _ in range(3):
        for y in (x, x.cpu()):
            assert double(y).device == y.device
    assert sorted(line.split(": ")[1] for line in double.explain_capture().splitlines())[0] == "runs in C"


def test_a_step_over_two_devices_runs_op_by_op(platform):
    @tf.function
    def there_and_back(x):
        return (x * 2.0).cpu()

    with pytest.warns(tf.TinynnHint, match="different devices"):
        for _ in range(3):
            np.testing.assert_array_equal(there_and_back(tf.ones(2)), [2.0, 2.0])


def test_a_report_has_the_lines_and_their_times(platform):
    @tf.function
    def f(x):
        return tf.reduce_sum(tf.exp(x))

    for _ in range(3):
        f(tf.ones((4, 3)))
    text = f.program.show(profile=True)
    assert "exp(" in text and "52 bytes for their results" in text and " us" in text


@pytest.mark.parametrize("graphs", [False, True])
def test_nothing_is_read_and_one_graph_is_launched_per_call(graphs):
    found = strict.Strict(graphs)
    with gpu.substituted(found), tf.device("GPU:0"):
        v = tf.Variable(tf.ones((3, 3)))

        @tf.function
        def step(x):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(x @ v))
            v.assign_sub(0.1 * tape.gradient(loss, v))
            return loss

        x = tf.ones((2, 3))
        for _ in range(3):
            step(x)
        before = strict.gets
        for _ in range(5):
            step(x)
        assert strict.gets == before
        assert found.launches == (6 if graphs else 0)


def attributes_of(op, attributes):
    return tuple(attributes[name] for name in op.attributes)


# What reads values on the host: sizes that depend on them, whether a decomposition succeeded.
NOT_IN_A_GRAPH = {"nonzero", "unique", "inv", "solve", "cholesky", "eig", "eigh", "sqrtm", "svd", "qr", "random_gamma",
                  "random_poisson", "move"}


@pytest.mark.parametrize("op", [op for op in registry.values() if not op.name.startswith("test_")], ids=str)
def test_an_op_can_be_part_of_a_graph(op):
    found, refused = strict.Strict(graphs=True), False
    with gpu.substituted(found):
        notes = checks.Notes(found, 0)
        for inputs, attributes in examples(op, "float32"):
            if any(array.dtype.kind in "OU" for array in inputs):
                pytest.skip("text stays on the CPU")
            expected = outputs_of(gpu.run(op, [found.put(x, 0) for x in inputs], attributes_of(op, attributes)))
            arrays = [found.put(x, 0) for x in inputs]

            def run(arrays=arrays, attributes=attributes):
                with notes:
                    return [y.copy() for y in outputs_of(gpu.run(op, arrays, attributes_of(op, attributes)))]

            try:
                launch, results = found.recorded(run)
            except RuntimeError as error:
                assert "capturing" in str(error)
                refused = True
                continue
            launch()
            for result, value in zip(results, expected, strict=True):
                np.testing.assert_array_equal(result.get(), value.get())
            notes.look()
    assert refused == (op.name in NOT_IN_A_GRAPH)


def outputs_of(result):
    return [] if result is None else list(result) if isinstance(result, (tuple, list)) else [result]


def test_many_parts_are_joined_in_a_graph():
    with gpu.substituted(strict.Strict(graphs=True)), tf.device("GPU:0"):
        join = tf.function(lambda x: tf.concat([x + float(i) for i in range(70)], 1))
        for _ in range(3):
            np.testing.assert_array_equal(join(tf.zeros((2, 1))), [range(70)] * 2)
        assert how(join) == "runs on GPU:0 as one CUDA graph"
