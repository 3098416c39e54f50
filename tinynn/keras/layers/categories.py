"""Floor 7: numbers of categories as vectors, and numbers on a scale as categories."""

import numpy as np

from tinynn import ops
from tinynn.keras.layers.checks import one_of
from tinynn.keras.layers.layer import Layer
from tinynn.keras.layers.preprocessing import batches_of
from tinynn.keras.symbolic import KerasTensor

MODES = ("int", "one_hot", "multi_hot", "count")


def no_sparse(sparse):
    """Raises where sparse tensors are asked for."""
    if sparse:
        raise NotImplementedError("tinynn has no sparse tensors; leave sparse=True out")


def encoded(numbers, mode, depth, dtype, weights=None):
    """Numbers of categories as vectors of length `depth`; numbers from `depth` on are left out.

    Args:
        numbers: integers of shape (batch, count) or (batch,); in the latter, all belong to one example.
        mode: "int" for the numbers themselves, "one_hot" for a vector of each, "multi_hot" for one of all numbers of
            an example, "count" for how often each occurs there.
        depth: how many categories there are.
        dtype: the type of the result.
        weights: for "count", what each number counts.
    """
    numbers = ops.convert_to_tensor(numbers)
    if mode == "int":
        return ops.cast(numbers, dtype)
    numbers = ops.cast(ops.reshape(numbers, (1,)) if not numbers.shape else numbers, "int64")
    rank = len(numbers.shape)
    if mode == "one_hot":
        numbers = ops.squeeze(numbers, -1) if rank > 1 and numbers.shape[-1] == 1 else numbers
        return ops.one_hot(numbers, depth, dtype=dtype)
    hot = ops.one_hot(numbers, depth, dtype="float32")
    if mode == "multi_hot":
        return ops.cast(ops.reduce_max(hot, axis=min(rank - 1, 1)), dtype)
    if weights is not None:
        hot = hot * ops.expand_dims(ops.cast(ops.convert_to_tensor(weights), "float32"), -1)
    return ops.cast(ops.reduce_sum(hot, axis=min(rank - 1, 1)), dtype)


def encoded_shape(shape, mode, depth):
    """The shape of what `encoded` gives."""
    shape = tuple(shape)
    if mode == "int":
        return shape
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    return (*shape[:1], *shape[2:], depth) if len(shape) > 1 else (depth,)


class CategoryEncoding(Layer):
    """Numbers of categories as vectors.

    Args:
        num_tokens: how many categories there are; the numbers run from 0 to num_tokens - 1.
        output_mode: "multi_hot" for a vector with 1 for every category of an example, "one_hot" for a vector of each
            number, "count" for how often each occurs.

    Call arguments:
        inputs: integers.
        count_weights: for "count", what each number counts.

    Example:
        >>> keras.layers.CategoryEncoding(3)([[0, 2], [1, 1]]).numpy()
        array([[1., 0., 1.],
               [0., 1., 0.]], dtype=float32)
    """

    def __init__(self, num_tokens=None, output_mode="multi_hot", sparse=False, **kwargs):
        super().__init__(**kwargs)
        no_sparse(sparse)
        output_mode = "multi_hot" if output_mode == "binary" else output_mode
        if output_mode not in MODES[1:]:
            raise ValueError(f"Unknown arg for output_mode: {output_mode}; it is one of {MODES[1:]}")
        if num_tokens is None:
            raise ValueError("num_tokens must be set to use this layer. If the number of tokens is not known "
                             "beforehand, use the IntegerLookup layer instead.")
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        self.num_tokens, self.output_mode, self.sparse = num_tokens, output_mode, False
        self._build_at_init()

    def call(self, inputs, count_weights=None):
        """The vectors."""
        if count_weights is not None and self.output_mode != "count":
            raise ValueError("`count_weights` is not used when `output_mode` is not `'count'`. Received "
                             f"`count_weights={count_weights}`.")
        return encoded(inputs, self.output_mode, self.num_tokens, self.compute_dtype, count_weights)

    def compute_output_shape(self, input_shape):
        """The shape of the vectors."""
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)


class Discretization(Layer):
    """Numbers on a scale as the numbers of the bins in which they lie.

    Args:
        bin_boundaries: where a bin ends and the next begins: n boundaries for n + 1 bins. A number at a boundary
            belongs to the bin above it.
        num_bins: how many bins `adapt` makes, in each of which as many of the data lie.
        epsilon: how exact the boundaries of `adapt` are, as a share of the data.
        output_mode: "int", or as CategoryEncoding's.

    Example:
        >>> keras.layers.Discretization([0.0, 1.0])([-5.0, 0.5, 1.0]).numpy()
        array([0, 1, 2], dtype=int32)
    """

    floats = True
    _stated_by = "compute_output_spec"

    def __init__(self, bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode="int", sparse=False, dtype=None,
                 name=None, **kwargs):
        super().__init__(name=name, dtype=dtype, **kwargs)
        no_sparse(sparse)
        if num_bins is not None and num_bins < 0:
            raise ValueError(f"`num_bins` must be greater than or equal to 0. Received: `num_bins={num_bins}`")
        if num_bins is not None and bin_boundaries is not None:
            raise ValueError("Both `num_bins` and `bin_boundaries` should not be set. Received: "
                             f"`num_bins={num_bins}` and `bin_boundaries={bin_boundaries}`")
        if num_bins is None and bin_boundaries is None:
            raise ValueError("You need to set either `num_bins` or `bin_boundaries`.")
        self.bin_boundaries, self.num_bins, self.epsilon = bin_boundaries, num_bins, epsilon
        self.output_mode, self.sparse = one_of(output_mode, MODES, "output_mode"), False
        self._build_at_init()

    def adapt(self, data, steps=None):
        """Puts the boundaries where the quantiles of the data are.

        Args:
            data: an array, a tensor, or batches: a Dataset, a list or a generator of arrays.
            steps: how many batches at most.
        """
        if self.num_bins is None:
            raise ValueError("Cannot adapt a Discretization layer that has been initialized with `bin_boundaries`, use "
                             "`num_bins` instead.")
        found = np.zeros((2, 0), "float32")
        for batch in batches_of(data, steps):
            values = np.sort(np.array(batch, "float32"), axis=None)
            step = max(values.size * self.epsilon, 1)
            kept = values[int(step - 1)::int(step)]
            found = np.concatenate([found, [kept, np.full_like(kept, step)]], axis=1)
            found = _compressed(found[:, np.argsort(found[0])], self.epsilon)
        self.bin_boundaries = _compressed(found, 1.0 / self.num_bins)[0, :-1].tolist()

    def call(self, inputs):
        """The numbers of the bins, or vectors of them."""
        if self.bin_boundaries is None:
            raise ValueError("You need to either pass the `bin_boundaries` argument at construction time or call "
                             "`adapt(dataset)` before you can start using the `Discretization` layer.")
        inputs = ops.cast(ops.convert_to_tensor(inputs), self.compute_dtype)
        bounds = ops.convert_to_tensor(np.array(self.bin_boundaries), self.compute_dtype)
        numbers = ops.reshape(ops.searchsorted(bounds, ops.reshape(inputs, (-1,)), side="right"), inputs.shape)
        return encoded(numbers, self.output_mode, len(self.bin_boundaries) + 1, self._output_dtype())

    def _output_dtype(self):
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def compute_output_shape(self, input_shape):
        """The shape of the numbers or vectors."""
        depth = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        return encoded_shape(input_shape, self.output_mode, depth)

    def compute_output_spec(self, inputs):
        """A symbolic tensor of that shape."""
        return KerasTensor(self.compute_output_shape(inputs.shape), self._output_dtype())

    def get_config(self):
        """The arguments of the constructor, and the boundaries that `adapt` found."""
        return {"name": self.name, "dtype": self.dtype, "bin_boundaries": self.bin_boundaries,
                "num_bins": self.num_bins, "epsilon": self.epsilon, "output_mode": self.output_mode, "sparse": False}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from its configuration."""
        found = config.get("bin_boundaries") if config.get("num_bins") is not None else None
        layer = cls(**{**config, "bin_boundaries": None} if found is not None else config)
        layer.bin_boundaries = layer.bin_boundaries if found is None else found
        return layer


def _compressed(summary, epsilon):
    """A summary (values in order, what each stands for) with about 1 / epsilon values, at equal steps of what they
    stand for."""
    values, weights = summary
    if values.size * epsilon < 1:
        return summary
    shares, total = epsilon + np.arange(0.0, 1.0, epsilon), weights.cumsum()
    reached = np.interp(shares, total / total[-1], total)
    return np.stack([np.interp(shares, total / total[-1], values), np.diff(reached, prepend=0.0)]).astype("float32")
