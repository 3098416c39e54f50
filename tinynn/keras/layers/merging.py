"""Floor 7: layers that make one tensor of several."""

import functools
import string

from tinynn import ops
from tinynn.keras.layers.layer import Layer


class Merge(Layer):
    """Base of the layers that combine tensors element by element, broadcasting their shapes."""

    leaf = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        """Checks that there are several inputs."""
        if not input_shape or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(f"{type(self).__name__} {self.name!r} is called on a list of tensors, as in "
                             f"{type(self).__name__}()([a, b]); got input of shape {input_shape}")

    def call(self, inputs, mask=None):
        """The combination of all inputs. What a mask leaves out plays no part where `merge_masked` says how."""
        rank = max(len(x.shape) for x in inputs)
        inputs = _alike([_expanded(x, rank) for x in inputs])
        if mask is None or self.merge_masked is None or all(m is None for m in mask):
            return self.merge(inputs)
        return self.merge_masked(inputs, [None if m is None else _full_mask(x, m)
                                          for x, m in zip(inputs, mask, strict=True)])

    merge_masked = None

    def compute_mask(self, inputs, mask=None):
        """What counts in any input; nothing where one has no mask."""
        given = _mask_list(inputs, mask)
        if not given or any(m is None for m in given):
            return None
        return functools.reduce(ops.logical_or, [ops.cast(ops.convert_to_tensor(m), "bool") for m in given])


def _alike(inputs):
    """The inputs in the dtype in which they meet: Keras's layers, unlike ops, take several dtypes."""
    if len({x.dtype for x in inputs}) == 1:
        return inputs
    from tinynn.keras.ops.dispatch import common  # loaded when it is needed

    return common(*inputs)


def _mask_list(inputs, mask):
    """The masks of the inputs as a list, or None."""
    if mask is None:
        return None
    for name, value in (("mask", mask), ("inputs", inputs)):
        if not isinstance(value, (tuple, list)):
            raise ValueError(f"`{name}` should be a list. Received: {name}={value}")
    if len(mask) != len(inputs):
        raise ValueError("The lists `inputs` and `mask` should have the same length, got "
                         f"{len(inputs)} and {len(mask)}")
    return list(mask)


def _expanded(x, rank):
    """`x` with axes of length 1 after the batch axis, up to `rank` axes."""
    while len(x.shape) < rank:
        x = ops.expand_dims(x, 1)
    return x


class Add(Merge):
    """a + b + ..."""

    def merge(self, inputs):
        """The sum."""
        return functools.reduce(ops.add, inputs)


class Subtract(Merge):
    """a - b, of exactly two inputs."""

    def build(self, input_shape):
        """Checks that there are two inputs."""
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ValueError(f"A Subtract layer should be called on exactly 2 inputs, got shapes {input_shape}")

    def merge(self, inputs):
        """The difference."""
        if len(inputs) != 2:
            raise ValueError(f"A Subtract layer should be called on exactly 2 inputs, got {len(inputs)}")
        return ops.subtract(*inputs)


class Multiply(Merge):
    """a b ..."""

    def merge(self, inputs):
        """The product."""
        return functools.reduce(ops.multiply, inputs)

    def merge_masked(self, inputs, masks):
        """The product of what counts; 0 where nothing does."""
        product = self.merge([x if m is None else ops.where(m, x, ops.ones_like(x))
                              for x, m in zip(inputs, masks, strict=True)])
        if None in masks:
            return product
        return ops.where(functools.reduce(ops.logical_or, masks), product, ops.zeros_like(product))


class Average(Merge):
    """The mean of all inputs."""

    def merge(self, inputs):
        """The mean."""
        total = functools.reduce(ops.add, inputs)
        return (total if total.dtype.is_floating else ops.cast(total, self.compute_dtype)) / float(len(inputs))


class Extreme(Merge):
    """Base of the two layers in which an input that does not count gives way to the others."""

    def merge_masked(self, inputs, masks):
        """The extreme of what counts."""
        result, known = inputs[0], masks[0]
        for x, mask in zip(inputs[1:], masks[1:], strict=True):
            x = x if mask is None else ops.where(mask, x, result)
            result = result if known is None else ops.where(known, result, x)
            result = self.merge([result, x])
            known = None if mask is None or known is None else ops.logical_or(known, mask)
        return result


class Maximum(Extreme):
    """The largest of all inputs."""

    def merge(self, inputs):
        """The maximum."""
        return functools.reduce(ops.maximum, inputs)


class Minimum(Extreme):
    """The smallest of all inputs."""

    def merge(self, inputs):
        """The minimum."""
        return functools.reduce(ops.minimum, inputs)


class Concatenate(Merge):
    """All inputs behind one another along an axis.

    Args:
        axis: which axis; the others must agree.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def merge(self, inputs):
        """The inputs behind one another."""
        return ops.concat(list(inputs), axis=self.axis)

    def call(self, inputs, mask=None):
        """The inputs behind one another."""
        return self.merge(_alike(inputs))

    def build(self, input_shape):
        """Checks that all axes but one agree."""
        super().build(input_shape)
        known = {tuple(n for i, n in enumerate(shape) if i != self.axis % max(len(shape), 1)) for shape in input_shape}
        first, *others = known
        if any(len(first) != len(other) or any(n != m and None not in (n, m) for n, m in zip(first, other, strict=True))
               for other in others):
            raise ValueError("A `Concatenate` layer requires inputs with matching shapes except for the concatenation "
                             f"axis. Received: input_shape={input_shape}")

    def compute_mask(self, inputs, mask=None):
        """The masks behind one another; all ones for an input without."""
        given = _mask_list(inputs, mask)
        if not given or all(m is None for m in given):
            return None
        masks = [_full_mask(x, m) for x, m in zip(inputs, given, strict=True)]
        return ops.reduce_any(ops.concat(masks, axis=self.axis), axis=-1)


def _full_mask(x, mask):
    """The mask of x with all axes of x."""
    if mask is None:
        return ops.ones(tuple(x.shape), "bool")
    if len(mask.shape) < len(x.shape):
        return ops.broadcast_to(ops.cast(ops.expand_dims(mask, -1), "bool"), tuple(x.shape))
    return ops.cast(mask, "bool")


class Dot(Merge):
    """The sum of products of two inputs along an axis of each, example by example.

    Args:
        axes: the axis of both inputs, or a pair; not 0, which is the batch.
        normalize: whether both are scaled to length 1 along these axes first: the result is their cosine.

    Example:
        >>> keras.layers.Dot(axes=1)([tf.ones((2, 3)), tf.ones((2, 3))]).numpy()
        array([[3.],
               [3.]], dtype=float32)
    """

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, (list, tuple)):
                raise TypeError(f"Invalid type for argument `axes`: it should be a list or an int, got {axes!r}")
            if len(axes) != 2 or not all(isinstance(axis, int) for axis in axes):
                raise ValueError(f"Invalid format for argument `axes`: it should contain two integers, got {axes!r}")
        self.axes, self.normalize = axes, normalize

    def build(self, input_shape):
        """Checks that there are two inputs whose axes agree."""
        if not isinstance(input_shape[0], (tuple, list)) or len(input_shape) != 2:
            raise ValueError("A `Dot` layer should be called on a list of 2 inputs. Received: "
                             f"input_shape={input_shape}")
        first, second = input_shape
        a, b = self._axes(len(first), len(second))
        if first[a] != second[b]:
            raise ValueError(f"Incompatible input shapes: axis values {first[a]} (at axis {a}) != {second[b]} (at axis "
                             f"{b}). Full input shapes: {first}, {second}")

    def _axes(self, *ranks):
        axes = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        axes = tuple(axis % rank if axis < 0 else axis for axis, rank in zip(axes, ranks, strict=True))
        if 0 in axes:
            raise ValueError(f"Dot {self.name!r} cannot sum over axis 0, the batch; got axes={self.axes}")
        return axes

    def call(self, inputs, mask=None):
        """The sums of products."""
        if len(inputs) != 2:
            raise ValueError(f"A `Dot` layer should be called on exactly 2 inputs, got {len(inputs)}")
        x, y = inputs
        a, b = self._axes(len(x.shape), len(y.shape))
        if self.normalize:
            x, y = ops.l2_normalize(x, axis=a), ops.l2_normalize(y, axis=b)
        letters = iter(string.ascii_letters[2:])
        left = ["a", *(next(letters) for _ in x.shape[1:])]
        right = ["a", *(next(letters) for _ in y.shape[1:])]
        left[a] = right[b] = "b"
        result = "".join(letter for letter in [*left, *right[1:]] if letter != "b")
        z = ops.einsum(f"{''.join(left)},{''.join(right)}->{result}", x, y)
        return ops.expand_dims(z, 1) if len(result) == 1 else z

    def compute_mask(self, inputs, mask=None):
        """None: what is summed has no mask."""
        return None


def _function(layer):
    def merge(inputs, **kwargs):
        return layer(**kwargs)(inputs)

    merge.__name__ = layer.__name__.lower()
    merge.__doc__ = f"`keras.layers.{layer.__name__}` of a list of tensors."
    return merge


add, subtract, multiply, average, maximum, minimum, concatenate = map(
    _function, (Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate))


def dot(inputs, axes=-1, **kwargs):
    """`keras.layers.Dot` of a list of two tensors."""
    return Dot(axes, **kwargs)(inputs)
