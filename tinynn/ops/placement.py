"""Floor 4: where tensors are made, and moving them between the CPU and GPUs."""

import contextlib

from tinynn.autodiff.tensor import set_place
from tinynn.autodiff.variable import Variable
from tinynn.backends import gpu
from tinynn.core import config
from tinynn.core.primitive import primitive


@primitive("y = x, elsewhere", example=lambda rand: ((rand(4, 3),), {"place": gpu.CPU, "source": gpu.CPU}))
def _move(xp, x, *, place, source):
    """A copy of the values, from one place to another: -1 is the CPU, 0, 1, ... are the GPUs."""
    return gpu.moved(x, place)


@_move.vjp("g, back where x is")
def _(g, place, source):
    return _move(g, source, place)


def move(x, place):
    """The values at a place, through which gradients flow; a tensor that lives there comes back as it is."""
    if x.place != place:
        return _move(x, place, x.place)
    return x.read_value() if isinstance(x, Variable) else x


class device(contextlib.AbstractContextManager):
    """A context in which tensors and variables are made on a device, as in `with tf.device("GPU:0"):`.

    Ops run where their inputs live: Python numbers and NumPy arrays beside a tensor go to that tensor's device, and
    tensors of different devices are an error. Without a `with`, tensors are made on the CPU.

    Args:
        device_name: "GPU:0", "/GPU:0", "/device:GPU:0", "CPU:0", ...; None changes nothing.

    Raises:
        ValueError: no such name.
        RuntimeError: there is no such GPU, after `tf.config.set_soft_device_placement(False)`; otherwise the CPU is
            used instead, and a hint says why.

    Example:
        >>> with tf.device("CPU:0"):
        ...     x = tf.ones((2, 3))
        >>> x.device
        '/job:localhost/replica:0/task:0/device:CPU:0'
    """

    def __init__(self, device_name=None):
        self._place = gpu.ANYWHERE if device_name is None else gpu.place_named(device_name)
        self._before = []

    def __enter__(self):
        place = self._place
        if place != gpu.ANYWHERE:
            place = gpu.available(place, soft=config.get_soft_device_placement())
        before = set_place(place)
        if place == gpu.ANYWHERE:
            set_place(before)
        self._before.append(before)

    def __exit__(self, *exception):
        set_place(self._before.pop())


class at(contextlib.AbstractContextManager):
    """A context in which tensors are made at a place; for what an op of a tensor makes beside it, at(x.place)."""

    __slots__ = ("before", "place")

    def __init__(self, place):
        self.place = place

    def __enter__(self):
        self.before = set_place(self.place)

    def __exit__(self, *exception):
        set_place(self.before)
