"""Floor 8: `tf.test`: what a program's own tests use, and questions about the machine."""

import unittest

import numpy as np

from tinynn.core import config, nest
from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.random import set_seed


def is_gpu_available(cuda_only=False, min_cuda_compute_capability=None):
    """Whether tensors can live on a GPU."""
    return bool(config.list_physical_devices("GPU"))


def gpu_device_name():
    """The name of the first GPU, or an empty text."""
    return "/device:GPU:0" if is_gpu_available() else ""


def is_built_with_cuda():
    """Whether there is a GPU: CuPy, not the build, decides."""
    return is_gpu_available()


is_built_with_gpu_support = is_built_with_cuda


def is_built_with_rocm():
    """False."""
    return False


def is_built_with_xla():
    """False."""
    return False


def main(argv=None):
    """Runs the tests of the program's own file."""
    unittest.main(argv=argv)


class TestCase(unittest.TestCase):
    """A test case that compares tensors, arrays, and structures of them."""

    def setUp(self):
        super().setUp()
        set_seed(87654321)

    def evaluate(self, tensors):
        """The values as NumPy arrays."""
        return nest.map_structure(lambda x: x.numpy() if hasattr(x, "numpy") else x, tensors)

    def assertAllEqual(self, a, b, msg=None):
        """Fails unless both have the same shape and equal elements."""
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=msg or "", strict=False)
        self.assertShapeEqual(a, b, msg)

    def assertNotAllEqual(self, a, b, msg=None):
        """Fails where both have the same shape and equal elements."""
        self.assertFalse(np.array_equal(np.asarray(a), np.asarray(b)), msg)

    def assertAllClose(self, a, b, rtol=1e-6, atol=1e-6, msg=None):
        """Fails unless |a - b| <= atol + rtol |b| everywhere, leaf by leaf of the structures."""
        if _rectangular(a) and _rectangular(b):
            self.assertShapeEqual(a, b, msg)
            np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol, atol, err_msg=msg or "")
            return
        keys = [sorted(x) if isinstance(x, dict) else list(range(len(x))) for x in (a, b)]
        self.assertEqual(*keys, msg)
        for key in keys[0]:
            self.assertAllClose(a[key], b[key], rtol, atol, msg)

    def assertNotAllClose(self, a, b, rtol=1e-6, atol=1e-6, msg=None):
        """Fails where `assertAllClose` does not."""
        try:
            self.assertAllClose(a, b, rtol, atol)
        except (AssertionError, ValueError):
            return
        raise AssertionError(msg or "the two values are close at all elements")

    def assertAllCloseAccordingToType(self, a, b, rtol=1e-6, atol=1e-6, half_rtol=1e-3, half_atol=1e-3, msg=None,
                                      **others):
        """`assertAllClose`, with a wider tolerance for float16."""
        half = any(np.asarray(x).dtype == np.float16 for x in (a, b))
        self.assertAllClose(a, b, half_rtol if half else rtol, half_atol if half else atol, msg)

    def assertShapeEqual(self, a, b, msg=None):
        """Fails unless both have the same shape."""
        self.assertEqual(np.shape(np.asarray(a)), np.shape(np.asarray(b)), msg)

    def assertAllGreater(self, a, comparison_target):
        """Fails unless every element is larger."""
        self.assertTrue(np.all(np.asarray(a) > comparison_target))

    def assertAllLess(self, a, comparison_target):
        """Fails unless every element is smaller."""
        self.assertTrue(np.all(np.asarray(a) < comparison_target))

    def assertAllInRange(self, target, lower_bound, upper_bound, open_lower_bound=False, open_upper_bound=False):
        """Fails unless every element lies between the bounds, which count unless they are open."""
        x = np.asarray(target)
        self.assertTrue(np.all(x > lower_bound if open_lower_bound else x >= lower_bound))
        self.assertTrue(np.all(x < upper_bound if open_upper_bound else x <= upper_bound))

    def assertAllInSet(self, target, expected_set):
        """Fails unless every element is in a set."""
        self.assertTrue(np.isin(np.asarray(target), list(expected_set)).all())

    def assertNear(self, f1, f2, err, msg=None):
        """Fails unless |f1 - f2| <= err."""
        self.assertLessEqual(abs(float(f1) - float(f2)), err, msg)

    def assertDTypeEqual(self, target, expected_dtype):
        """Fails unless a tensor or an array has that type."""
        self.assertEqual(np.asarray(target).dtype, np.dtype(getattr(expected_dtype, "as_numpy_dtype", expected_dtype)))


def _rectangular(value):
    try:
        return not isinstance(value, dict) and np.asarray(value).dtype != object
    except ValueError:
        return False


__getattr__, __dir__ = _namespace(__name__)
