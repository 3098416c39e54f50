"""Floor 7: attention of several heads, each with projections of its own."""

import math
import string

from tinynn import ops
from tinynn.keras import constraints, initializers, regularizers
from tinynn.keras.layers.attention import causal
from tinynn.keras.layers.einsum_dense import EinsumDense
from tinynn.keras.layers.layer import Layer
from tinynn.keras.layers.regularization import Dropout
from tinynn.keras.saving import serialize_keras_object


def _positive(value, name):
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"Received an invalid value for argument `{name}`, expected a positive integer. Received: "
                         f"{name}={value!r}")
    return value


class Heads(Layer):
    """Base: the projections, and which places a query may look at."""

    def __init__(self, dropout, use_bias, sliding_window, flash_attention, kernel_initializer, bias_initializer,
                 kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint,
                 use_gate, seed, **kwargs):
        super().__init__(**kwargs)
        if sliding_window is not None and (not isinstance(sliding_window, int) or sliding_window <= 0):
            raise ValueError("`sliding_window` must be `None` or a positive integer. Received: sliding_window="
                             f"{sliding_window!r}")
        if flash_attention and dropout > 0.0:
            raise ValueError("Dropout is not supported when flash attention is enabled. Please set dropout to 0.0 to "
                             "use flash attention.")
        self.dropout, self.use_bias, self.use_gate, self.seed = dropout, use_bias, use_gate, seed
        self.sliding_window = sliding_window
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self._for_parts = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.supports_masking = True

    unlisted = ("flash_attention", "output_shape", "activity_regularizer")

    def _dense(self, name, input_shape, shape, summed=1, activation=None):
        """A projection of the last `summed` axes of inputs of a shape to axes of `shape`, built.

        Its initializers are made anew, so that two projections do not begin alike."""
        letters = string.ascii_lowercase
        free, inner = letters[:len(input_shape) - summed], letters[len(input_shape) - summed:len(input_shape)]
        outer = letters[len(input_shape):len(input_shape) + len(shape)]
        kernel, bias = (type(one).from_config(one.get_config()) for one in (self.kernel_initializer,
                                                                            self.bias_initializer))
        dense = EinsumDense(f"{free}{inner},{inner}{outer}->{free}{outer}", (*(None,) * (len(free) - 1), *shape),
                            activation, outer if self.use_bias else None, kernel, bias, self.kernel_regularizer,
                            self.bias_regularizer, self.kernel_constraint, self.bias_constraint, name=name,
                            activity_regularizer=self._for_parts, dtype=self.dtype_policy)
        dense.build(tuple(input_shape))
        return dense

    def _compute_attention_mask(self, query, value, query_mask=None, value_mask=None, key_mask=None,
                                attention_mask=None, use_causal_mask=False):
        """Which scores count, of the shape of attention_mask or (batch, targets, sources); None for all."""
        targets, sources = query.shape[1], value.shape[1]
        masks = [None if mask is None else ops.expand_dims(ops.cast(mask, "bool"), axis)
                 for mask, axis in ((query_mask, -1), (value_mask, -2), (key_mask, -2))]
        masks.append(causal(targets, sources) if use_causal_mask else None)
        if self.sliding_window is not None:
            distance = ops.expand_dims(ops.range(targets), 1) - ops.expand_dims(ops.range(sources), 0)
            masks.append(ops.expand_dims(ops.abs(distance) < self.sliding_window, 0))
        masks.append(None if attention_mask is None else ops.cast(attention_mask, "bool"))
        found = None
        for mask in masks:
            found = mask if found is None else found if mask is None else ops.logical_and(found, mask)
        return found

    def get_config(self):
        """The arguments of the constructor."""
        return {**super().get_config(), "activity_regularizer": serialize_keras_object(self._for_parts)}


class MultiHeadAttention(Heads):
    """Attention of several heads: query, key and value are projected for each, and what the heads give is mixed.

    Args:
        num_heads: how many.
        key_dim: the width of query and key in a head.
        value_dim: the width of value in a head; key_dim by default.
        dropout: in training, the share of the scores that is left out.
        use_bias: whether the projections have a bias.
        output_shape: the last axes of the output; the width of the query by default.
        attention_axes: the axes that are attended over; by default all between batch and features.
        sliding_window: how far a query sees: at places nearer than this. None for all.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, bias_constraint: for the projections.
        use_gate: whether what the heads give is multiplied with a sigmoid of the query.
        seed: an int for a dropout that repeats.

    Call arguments:
        query: of shape (batch, targets, width).
        value: of shape (batch, sources, width).
        key: of the shape of value; the value by default.
        query_mask, value_mask, key_mask: which places count.
        attention_mask: which scores count, (batch, targets, sources).
        return_attention_scores: whether to give the weights, (batch, heads, targets, sources), as well.
        use_causal_mask: whether a target looks only at sources up to its own place.

    Example:
        >>> x = tf.ones((2, 8, 16))
        >>> keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)(x, x, use_causal_mask=True).shape
        TensorShape([2, 8, 16])

    Source: Vaswani et al.: Attention is all you need (2017).
    """

    def __init__(self, num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None,
                 attention_axes=None, sliding_window=None, flash_attention=None, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, use_gate=False, seed=None, **kwargs):
        self.num_heads, self.key_dim = _positive(num_heads, "num_heads"), _positive(key_dim, "key_dim")
        self.value_dim = key_dim if value_dim is None else _positive(value_dim, "value_dim")
        super().__init__(dropout, use_bias, sliding_window, flash_attention, kernel_initializer, bias_initializer,
                         kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                         bias_constraint, use_gate, seed, **kwargs)
        if not isinstance(output_shape, (int, tuple, list, type(None))):
            raise ValueError(f"Invalid `output_shape`: {output_shape!r}. It should be a tuple, list, or int.")
        if not isinstance(attention_axes, (int, tuple, list, type(None))):
            raise ValueError(f"`attention_axes` must be an int, list, or tuple. Received: attention_axes="
                             f"{attention_axes!r}")
        self._output_axes = (output_shape,) if isinstance(output_shape, int) else output_shape and tuple(output_shape)
        self.attention_axes = (attention_axes,) if isinstance(attention_axes, int) else \
            attention_axes and tuple(attention_axes)

    query_dense = property(lambda self: self._query_dense)
    key_dense = property(lambda self: self._key_dense)
    value_dense = property(lambda self: self._value_dense)
    output_dense = property(lambda self: self._output_dense)

    def build(self, query_shape, value_shape, key_shape=None):
        """Makes the projections."""
        self.compute_output_shape(query_shape, value_shape, key_shape)
        rank = len(query_shape)
        self._query_dense = self._dense("query", query_shape, (self.num_heads, self.key_dim))
        self._key_dense = self._dense("key", value_shape if key_shape is None else key_shape,
                                      (self.num_heads, self.key_dim))
        if self.use_gate:
            self._gate_dense = self._dense("gate", query_shape, (self.num_heads, self.value_dim), activation="sigmoid")
        self._value_dense = self._dense("value", value_shape, (self.num_heads, self.value_dim))
        axes = range(1, rank - 1) if self.attention_axes is None else self.attention_axes
        self.attention_axes = tuple(axis if axis >= 0 else rank + axis for axis in axes)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        self._equations = _equations(rank + 1, self.attention_axes)
        self._output_dense = self._dense("attention_output", (*query_shape[:-1], self.num_heads, self.value_dim),
                                         self._output_axes or (query_shape[-1],), summed=2)

    def call(self, query, value, key=None, query_mask=None, value_mask=None, key_mask=None, attention_mask=None,
             return_attention_scores=False, training=None, use_causal_mask=False):
        """What the heads give, mixed; and the weights where they are wanted."""
        key = value if key is None else key
        mask = self._compute_attention_mask(query, value, query_mask, value_mask, key_mask, attention_mask,
                                            use_causal_mask)
        gate = self._gate_dense(query) if self.use_gate else None
        result, weights = self._compute_attention(self._query_dense(query), self._key_dense(key),
                                                  self._value_dense(value), mask, training, return_attention_scores)
        result = self._output_dense(result if gate is None else result * gate)
        return (result, weights) if return_attention_scores else result

    def _compute_attention(self, query, key, value, attention_mask=None, training=None, return_attention_scores=False):
        """(mean of the values, its weights) of every head, of projected query, key and value."""
        score, combine = self._equations
        scores = ops.einsum(score, key, query * (1.0 / math.sqrt(self.key_dim)))
        weights = _softmax(scores, attention_mask, len(self.attention_axes))
        return ops.einsum(combine, self._dropout_layer(weights, training=training), value), weights

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        """The shape of the query, or with `output_shape` at its end."""
        _check_shapes(value_shape, key_shape)
        query_shape = tuple(query_shape)
        return (*query_shape[:-1], *self._output_axes) if self._output_axes else query_shape

    def get_config(self):
        """The arguments of the constructor."""
        return {**super().get_config(), "output_shape": self._output_axes}


def _check_shapes(value_shape, key_shape):
    """Raises ValueError where value and key do not have the same extents."""
    if key_shape is not None and tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ValueError("All dimensions of `value` and `key`, except the last one, must be equal. Received: "
                         f"value_shape={tuple(value_shape)} and key_shape={tuple(key_shape)}")


def _equations(rank, axes):
    """The einsum equations of the scores and of the mean, for tensors of shape (batch, ..., heads, width): the axes
    of the targets and those of the sources have letters of their own."""
    target = string.ascii_lowercase[:rank]
    source = "".join(string.ascii_uppercase[i] if i in axes else letter for i, letter in enumerate(target))
    scores = "".join([*(letter for i, letter in enumerate(target[:-1]) if i not in axes), *(target[i] for i in axes),
                      *(source[i] for i in axes)])
    return f"{source},{target}->{scores}", f"{scores},{source}->{target}"


def _softmax(scores, mask, axes):
    """The softmax over the last axes, of those scores that the mask lets count."""
    if mask is not None:
        for _ in range(len(scores.shape) - len(mask.shape)):
            mask = ops.expand_dims(mask, -2 * axes - 1)
        lowest = -3e38 if scores.dtype.size > 2 else -6e4
        scores = ops.where(ops.cast(mask, "bool"), scores, ops.zeros_like(scores) + lowest)
    shape = tuple(scores.shape)
    flat = ops.softmax(ops.reshape(scores, (*shape[:-axes], math.prod(shape[-axes:]))))
    return ops.reshape(flat, shape)


class GroupedQueryAttention(Heads):
    """Attention of several heads, where each head of key and value serves several of the query.

    Args:
        head_dim: the width of a head.
        num_query_heads, num_key_value_heads: how many; the first is a multiple of the second.
        dropout and the others: as MultiHeadAttention's.

    Call arguments: as MultiHeadAttention's, of sequences.

    Source: Ainslie et al.: GQA: Training generalized multi-query transformer models (2023).
    """

    def __init__(self, head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True,
                 sliding_window=None, flash_attention=None, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, use_gate=False, seed=None, **kwargs):
        super().__init__(dropout, use_bias, sliding_window, flash_attention, kernel_initializer, bias_initializer,
                         kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                         bias_constraint, use_gate, seed, **kwargs)
        self.head_dim, self.num_query_heads = _positive(head_dim, "head_dim"), num_query_heads
        self.num_key_value_heads = num_key_value_heads
        if num_query_heads % num_key_value_heads:
            raise ValueError("`num_query_heads` must be divisible by `num_key_value_heads`. Received: "
                             f"{num_query_heads} and {num_key_value_heads}")

    def build(self, query_shape, value_shape, key_shape=None):
        """Makes the projections."""
        self.compute_output_shape(query_shape, value_shape, key_shape)
        heads = (self.num_query_heads, self.head_dim)
        few = (self.num_key_value_heads, self.head_dim)
        self._query_dense = self._dense("query", query_shape, heads)
        self._key_dense = self._dense("key", value_shape if key_shape is None else key_shape, few)
        if self.use_gate:
            self._gate_dense = self._dense("gate", query_shape, heads, activation="sigmoid")
        self._value_dense = self._dense("value", value_shape, few)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        self._output_dense = self._dense("attention_output", (*query_shape[:-1], *heads), (query_shape[-1],), summed=2)

    def call(self, query, value, key=None, query_mask=None, value_mask=None, key_mask=None, attention_mask=None,
             return_attention_scores=False, training=None, use_causal_mask=False):
        """What the heads give, mixed; and the weights where they are wanted."""
        mask = self._compute_attention_mask(query, value, query_mask, value_mask, key_mask, attention_mask,
                                            use_causal_mask)
        times = self.num_query_heads // self.num_key_value_heads
        key = ops.repeat(self._key_dense(value if key is None else key), times, axis=2)
        scores = ops.einsum("bqhd,bkhd->bhqk", self._query_dense(query) * (1.0 / math.sqrt(self.head_dim)), key)
        weights = _softmax(scores, mask, 1)
        result = ops.einsum("bhqk,bkhd->bqhd", self._dropout_layer(weights, training=training),
                            ops.repeat(self._value_dense(value), times, axis=2))
        result = self._output_dense(result * self._gate_dense(query) if self.use_gate else result)
        return (result, weights) if return_attention_scores else result

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        """The shape of the query."""
        _check_shapes(value_shape, key_shape)
        if query_shape[-1] != value_shape[-1]:
            raise ValueError("The last dimension of `query_shape` and `value_shape` must be equal. Received: "
                             f"query_shape={tuple(query_shape)}, value_shape={tuple(value_shape)}")
        return tuple(query_shape)


