"""tf.test: the test case that compares tensors."""

import io
import unittest

import numpy as np
import pytest

import tinynn as tf


@pytest.fixture
def case():
    return tf.test.TestCase()


def test_what_is_alike_passes(case):
    x = tf.constant([1.0, 2.0])
    case.assertAllEqual(x, [1, 2])
    case.assertAllClose(x, x + 1e-7)
    case.assertAllClose({"a": x, "b": [1.0]}, {"a": [1.0, 2.0], "b": [1.0]})
    case.assertAllClose([x, 3.0], [[1.0, 2.0], 3.0])
    case.assertNotAllClose(x, x + 1.0), case.assertNotAllEqual(x, x + 1.0)
    case.assertAllCloseAccordingToType(tf.cast(x, tf.float16), x * 1.0005)
    case.assertAllGreater(x, 0), case.assertAllLess(x, 3), case.assertAllInRange(x, 1, 2)
    case.assertAllInSet(x, {1, 2}), case.assertNear(x[0], 1.01, 0.1), case.assertDTypeEqual(x, tf.float32)
    assert case.evaluate({"a": x})["a"].tolist() == [1, 2]


@pytest.mark.parametrize("wrong", [
    lambda case, x: case.assertAllEqual(x, [1, 3]), lambda case, x: case.assertAllEqual(x, 1.0),
    lambda case, x: case.assertAllClose(x, x + 0.1), lambda case, x: case.assertAllClose(x[:1], [1.0, 1.0]),
    lambda case, x: case.assertNotAllClose(x, x), lambda case, x: case.assertNotAllEqual(x, x),
    lambda case, x: case.assertAllClose({"a": x}, {"a": x + 1.0}), lambda case, x: case.assertAllGreater(x, 1),
    lambda case, x: case.assertAllLess(x, 2), lambda case, x: case.assertAllInRange(x, 1, 2, open_lower_bound=True),
    lambda case, x: case.assertAllInSet(x, {1}), lambda case, x: case.assertNear(x[0], 2.0, 0.1),
    lambda case, x: case.assertDTypeEqual(x, np.float64)])
def test_what_differs_fails(case, wrong):
    with pytest.raises(AssertionError):
        wrong(case, tf.constant([1.0, 2.0]))


def test_it_is_a_unittest():
    class Sums(tf.test.TestCase):
        def test_seeds(self):
            self.assertAllEqual(tf.random.normal((2,), seed=1), again)

    tf.random.set_seed(87654321)
    again = tf.random.normal((2,), seed=1)
    result = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(Sums))
    assert result.testsRun == 1 and result.wasSuccessful()


def test_the_machine():
    assert tf.test.is_gpu_available() == tf.test.is_built_with_cuda() == bool(tf.config.list_physical_devices("GPU"))
    assert (tf.test.gpu_device_name() == "") != tf.test.is_gpu_available()
    assert not tf.test.is_built_with_rocm()
