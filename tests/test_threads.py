"""Threads: how many, the same bits for any number, and a child process after a fork."""

import os

import numpy as np
import pytest
from processes import python

import tinynn as tf
from tinynn import _bridge

RNG = np.random.default_rng(0)
A = RNG.normal(size=(700, 600)).astype("float32")
B = RNG.normal(size=(600, 500)).astype("float32")
BIG = RNG.normal(size=(1000, 1003)).astype("float32")
WORK = {
    "matmul": lambda: tf.matmul(A, B),
    "matmul_tn": lambda: tf.matmul(A, A, transpose_a=True),
    "matmul_nt": lambda: tf.matmul(B, B, transpose_b=True),
    "skinny": lambda: tf.matmul(A[:3], B),
    "exp": lambda: tf.exp(BIG),
    "broadcast": lambda: tf.constant(BIG) * BIG[0] + BIG[:, :1],
    "sum": lambda: tf.reduce_sum(BIG),
    "sum_rows": lambda: tf.reduce_sum(BIG, axis=0),
    "sum_columns": lambda: tf.reduce_sum(BIG, axis=1),
    "max": lambda: tf.reduce_max(BIG),
    "argmax": lambda: tf.argmax(BIG, axis=1),
    "logsumexp": lambda: tf.reduce_logsumexp(BIG),
    "softmax": lambda: tf.nn.softmax(BIG),
    "cross_entropy": lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(np.arange(1000) % 1003, BIG),
    "normal": lambda: tf.random.stateless_normal((1000, 1001), seed=[1, 2]),
    "uniform": lambda: tf.random.stateless_uniform((1000, 1001), seed=[1, 2]),
    "truncated": lambda: tf.random.stateless_truncated_normal((300, 301), seed=[1, 2]),
}


@pytest.mark.parametrize("name", WORK)
def test_same_bits_for_any_number_of_threads(name):
    results = []
    for threads in (1, 2, 4):
        tf.set_num_threads(threads)
        results.append(np.asarray(WORK[name]()))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def run(code, **environment):
    return python("-c", code, **environment)[0].strip()


COUNT = "import tinynn; print(tinynn.num_threads())"


@pytest.mark.skipif(not _bridge.has_openmp(), reason="built without OpenMP: there is one thread")
def test_thread_count_of_the_environment():
    assert run(COUNT, TINYNN_NUM_THREADS="3", OMP_NUM_THREADS="2") == "3"
    assert run(COUNT, OMP_NUM_THREADS="2,4") == "2"
    assert int(run(COUNT)) <= len(os.sched_getaffinity(0))
    assert run("import os; os.sched_setaffinity(0, {0});" + COUNT) == "1"


def test_set_num_threads_checks():
    with pytest.raises(ValueError, match="at least 1"):
        tf.set_num_threads(0)


def test_isa_of_the_environment():
    for isa in _bridge.available_isas():
        assert run("import tinynn._bridge as b; print(b.isa())", TINYNN_ISA=isa) == isa
    with pytest.raises(ValueError, match="baseline"):
        _bridge.set_isa("mmx")


def test_a_forked_child_works_on_one_thread():
    assert run("""
import os
import numpy as np
import tinynn as tf
tf.set_num_threads(2)
x = np.ones((600, 600), "float32")
def train():
    w = tf.Variable(x)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.exp(tf.matmul(x, w) * 1e-3))
    return float(tf.reduce_sum(tape.gradient(loss, w)))
before = train()
child = os.fork()
if child == 0:
    good = train() == before and tf.num_threads() == 1
    os._exit(0 if good else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), train() == before)
""") == "0 True"
