"""Floor 3: the tape, as TensorFlow's `GradientTape`. What it writes down is in record.pyx, how in recording.pyx."""

import enum

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.operand import attached
from tinynn.autodiff.recording import Recording
from tinynn.autodiff.tensor import full_like
from tinynn.autodiff.variable import Variable
from tinynn.core import nest
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import hint


class UnconnectedGradients(enum.Enum):
    """What `gradient` gives for a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"


class Parentheses(type):
    """The type of `GradientTape`: it knows what `with tf.GradientTape as tape` forgets."""

    def __enter__(cls):
        raise TypeError(f"tf.{cls.__name__} is a class, and `with` needs a tape. Write the parentheses that make one: "
                        f"`with tf.{cls.__name__}() as tape:`")

    def __exit__(cls, *exception):
        """Never reached: there is no entering."""


class GradientTape(Recording, metaclass=Parentheses):
    """Records operations for automatic differentiation.

    Trainable variables are watched by themselves, tensors after `watch`. Tapes nest: the gradient of an inner tape is
    made of ops, which an outer tape records.

    Args:
        persistent: whether `gradient` may be called more than once. A persistent tape keeps the tensors that it needs
            until the name `tape` goes.
        watch_accessed_variables: whether trainable variables are watched by themselves.

    Example:
        >>> x = tf.Variable(3.0)
        >>> with tf.GradientTape() as tape:
        ...     y = x * x
        >>> float(tape.gradient(y, x))
        6.0
    """

    __slots__ = ()

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients=UnconnectedGradients.NONE):
        """The derivative of the sum of `target` with respect to every source.

        Args:
            target: a tensor, or a structure of tensors whose gradients are added up.
            sources: a tensor or variable, or a structure of them.
            output_gradients: per target a tensor of its shape that weighs its elements; ones by default.
            unconnected_gradients: "none" or "zero", for sources that the target does not depend on.

        Returns:
            A structure like `sources`: tensors of the sources' shapes, or None.

        Raises:
            RuntimeError: a second call on a tape that is not persistent.
            TypeError: a target or source that is not a tensor.
        """
        targets = [_target(t) for t in nest.flatten(target)]
        flat = _sources(sources)
        weights = [None] * len(targets) if output_gradients is None else nest.flatten(output_gradients)
        if len(weights) != len(targets):
            raise ValueError(f"output_gradients has {len(weights)} tensors for {len(targets)} targets")
        self.begin_walk()
        gradients = self.walk(targets, weights, flat, last=True)
        self.end_walk()
        if any(g is None for g in gradients):
            zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
            for i, source in enumerate(flat):
                if gradients[i] is None and zero:
                    gradients[i] = _zeros(source)
                elif gradients[i] is None:
                    self._explain_none(targets, source)
        return gradients if type(sources) is list and len(sources) == len(flat) else (
            nest.pack_sequence_as(sources, gradients))

    def jacobian(self, target, sources, unconnected_gradients=UnconnectedGradients.NONE, parallel_iterations=None,
                 experimental_use_pfor=True):
        """Every element of `target` differentiated with respect to every element of the sources.

        Returns:
            A structure like `sources`: tensors of shape target.shape + source.shape, or None.
        """
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        goal, flat = _target(target), _sources(sources)
        self.begin_walk()
        rows = [self.walk([goal], [weight], flat) for weight in _one_hot(goal)]
        rows = rows or [self.walk([goal], [None], flat)]        # of no element it only says what is connected
        self.end_walk()
        result = []
        for k, source in enumerate(flat):
            column = [row[k] for row in rows]
            shape = goal.shape + source.shape
            if any(c is not None for c in column) and not goal.size:
                result.append(full_like(source, 0, tuple(shape)))
            elif any(c is not None for c in column):
                stacked = attached().stack([_zeros(source) if c is None else c for c in column])
                result.append(attached().reshape(stacked, shape))
            else:
                result.append(full_like(source, 0, tuple(shape)) if zero else None)
        return nest.pack_sequence_as(sources, result)

    def batch_jacobian(self, target, source, unconnected_gradients=UnconnectedGradients.NONE,
                       parallel_iterations=None, experimental_use_pfor=True):
        """The jacobian of every example apart: row b of `target` with respect to row b of `source`.

        Returns:
            A tensor of shape (batch,) + target.shape[1:] + source.shape[1:], or None.

        Raises:
            ValueError: where the first axes differ.
        """
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        goal, (origin,) = _target(target), _sources(source)
        if not goal.shape or not origin.shape or goal.shape[0] != origin.shape[0]:
            raise ValueError(f"batch_jacobian needs the same first axis, got target {goal.shape} and source "
                             f"{origin.shape}")
        self.begin_walk()
        rows = [self.walk([goal], [weight], [origin])[0] for weight in _one_hot_rows(goal)]
        rows = rows or self.walk([goal], [None], [origin])      # of no element it only says what is connected
        self.end_walk()
        shape = (*goal.shape, *origin.shape[1:])
        if all(r is None for r in rows):
            return full_like(origin, 0, shape) if zero else None
        if not goal.shape[1:].num_elements():
            return full_like(origin, 0, shape)
        stacked = attached().stack([_zeros(origin) if r is None else r for r in rows], axis=1)
        return attached().reshape(stacked, shape)

    def _explain_none(self, targets, source):
        """Hints at why a gradient is None."""
        name = f"variable {source.name!r}" if isinstance(source, Variable) else f"tensor of shape {source.shape}"
        why = _CAUSES[self.cause(targets, source)].format(dtype=as_dtype(source.dtype).name)
        hint("no-gradient", f"the gradient with respect to the {name} is None: {why}")

    def cause(self, targets, source):
        """Why no gradient of the targets reaches a source, as a key: what `tape.why` explains at length."""
        dtype = as_dtype(source.dtype)
        if not (dtype.is_floating or dtype.is_complex):
            return "integer"
        if not self.follows(source):
            if not isinstance(source, Variable):
                return "unwatched"
            return "unread" if source.trainable else "not trainable"
        return "no path" if any(self.follows(t) for t in targets) else "outside"


_CAUSES = {
    "integer": "it is {dtype}, and only floating-point values have gradients; write 3.0 for 3",
    "not trainable": "it is not trainable; make it with trainable=True, or call tape.watch(v) inside the `with`",
    "unread": "it was not read inside the `with` block; compute the target there",
    "unwatched": "the tape does not watch it; call tape.watch(x) inside the `with`, before it is used",
    "outside": "the target was computed outside the `with` block, through NumPy, or by ops without a gradient",
    "no path": "the target does not depend on it, or only through ops without a gradient",
}


def _target(target):
    if not isinstance(target, Array):
        raise TypeError(f"the target of a gradient must be a tensor, got {type(target).__name__}"
                        + ("; does the function that makes it lack a `return`?" if target is None else ""))
    return target


def _sources(sources):
    """The leaves of a structure of tensors and variables."""
    flat = list(sources) if type(sources) is list else nest.flatten(sources)
    for source in flat:
        if not isinstance(source, Array):
            if nest.is_nested(source):
                return _sources(tuple(flat))
            raise TypeError(f"a gradient is taken with respect to tensors and variables, got "
                            f"{type(source).__name__}: {source!r}")
    return flat


def _zeros(x):
    return full_like(x, 0)


def _one_hot(x):
    """For each element of x, zeros of its shape with a one there."""
    for i in range(x.size):
        values = np.zeros(tuple(x.shape), x.dtype.dtype)
        values.reshape(-1)[i] = 1
        yield values


def _one_hot_rows(x):
    """For each place in a row of x, zeros of its shape with a one at that place of every row."""
    for i in range(x.shape[1:].num_elements()):
        values = np.zeros(tuple(x.shape), x.dtype.dtype)
        values.reshape(len(values), -1)[:, i] = 1
        yield values
