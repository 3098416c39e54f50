"""Floor 7: the functions of Keras 2's `keras.backend`, as in `K.mean(K.square(y_true - y_pred), axis=-1)`.

`tf.keras.backend` still has them, and older losses, metrics and layers are written in them. New code calls `keras.ops`
or `tf` directly.
"""

import numpy as np

from tinynn import linalg, math, nn, ops
from tinynn.keras import activations
from tinynn.keras import ops as keras_ops
from tinynn.keras.config import floatx
from tinynn.keras.variable import Variable
from tinynn.ops import random

cos, exp, log, sign, sin, square, tanh = ops.cos, ops.exp, ops.log, ops.sign, ops.sin, ops.square, ops.tanh
abs, round, pow = math.abs, math.round, math.pow
equal, not_equal, greater, greater_equal = ops.equal, ops.not_equal, ops.greater, ops.greater_equal
less, less_equal, maximum, minimum = ops.less, ops.less_equal, ops.maximum, ops.minimum
sigmoid, softplus, softsign = ops.sigmoid, nn.softplus, nn.softsign
cast, gather, map_fn, ones_like, zeros_like = ops.cast, ops.gather, ops.map_fn, ops.ones_like, ops.zeros_like
reshape, shape, stop_gradient, tile, transpose = ops.reshape, ops.shape, ops.stop_gradient, ops.tile, ops.transpose
permute_dimensions = ops.transpose
binary_crossentropy = keras_ops.binary_crossentropy
categorical_crossentropy = keras_ops.categorical_crossentropy
sparse_categorical_crossentropy = keras_ops.sparse_categorical_crossentropy


# ---- over axes: all of them by default -------------------------------------------------------------------------------


def sum(x, axis=None, keepdims=False):
    """The sum."""
    return ops.reduce_sum(x, axis, keepdims)


def prod(x, axis=None, keepdims=False):
    """The product."""
    return ops.reduce_prod(x, axis, keepdims)


def mean(x, axis=None, keepdims=False):
    """The mean; of truth values, the share that is true."""
    return ops.reduce_mean(cast(x, floatx()) if x.dtype == "bool" else x, axis, keepdims)


def max(x, axis=None, keepdims=False):
    """The largest."""
    return ops.reduce_max(x, axis, keepdims)


def min(x, axis=None, keepdims=False):
    """The smallest."""
    return ops.reduce_min(x, axis, keepdims)


def std(x, axis=None, keepdims=False):
    """The standard deviation."""
    return math.reduce_std(cast(x, floatx()) if x.dtype == "bool" else x, axis, keepdims)


def var(x, axis=None, keepdims=False):
    """The variance."""
    return math.reduce_variance(cast(x, floatx()) if x.dtype == "bool" else x, axis, keepdims)


def all(x, axis=None, keepdims=False):
    """Whether all are true."""
    return ops.reduce_all(cast(x, "bool"), axis, keepdims)


def any(x, axis=None, keepdims=False):
    """Whether any is true."""
    return ops.reduce_any(cast(x, "bool"), axis, keepdims)


def argmax(x, axis=-1):
    """Where the largest is."""
    return ops.argmax(x, axis)


def argmin(x, axis=-1):
    """Where the smallest is."""
    return ops.argmin(x, axis)


def cumsum(x, axis=0):
    """The sums of the first entries."""
    return ops.cumsum(x, axis)


def cumprod(x, axis=0):
    """The products of the first entries."""
    return keras_ops.cumprod(x, axis)


def l2_normalize(x, axis=None):
    """x divided by its Euclidean length."""
    return linalg.l2_normalize(x, axis)


# ---- entry by entry --------------------------------------------------------------------------------------------------


def clip(x, min_value, max_value):
    """x, with what lies outside moved to the nearer limit; None is no limit."""
    low, high = -np.inf if min_value is None else min_value, np.inf if max_value is None else max_value
    return ops.clip_by_value(x, low, high)


def sqrt(x):
    """The square root; 0 of a negative number."""
    return ops.sqrt(ops.maximum(x, 0.0))


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """x above the threshold, at most max_value; below, `alpha (x - threshold)`."""
    return activations.relu(x, alpha, max_value, threshold)


def elu(x, alpha=1.0):
    """x where it is positive, else alpha (exp(x) - 1)."""
    return keras_ops.elu(x, alpha)


def hard_sigmoid(x):
    """Keras 2's: 0.2 x + 0.5, kept in [0, 1]."""
    return ops.clip_by_value(x * 0.2 + 0.5, 0.0, 1.0)


def softmax(x, axis=-1):
    """The softmax along an axis."""
    return nn.softmax(x, axis)


def switch(condition, then_expression, else_expression):
    """The first where the condition holds, else the second; each a tensor, or a function without arguments."""
    values = [e() if callable(e) else e for e in (then_expression, else_expression)]
    condition = ops.convert_to_tensor(condition)
    missing = len(values[0].shape) - len(condition.shape)
    if len(condition.shape) and missing > 0:
        condition = ops.reshape(condition, (*condition.shape, *[1] * missing))
    return ops.where(condition, *values)


# ---- shapes ----------------------------------------------------------------------------------------------------------


def concatenate(tensors, axis=-1):
    """The tensors one after the other along an axis."""
    return ops.concat(tensors, axis)


def stack(x, axis=0):
    """The tensors along a new axis."""
    return ops.stack(x, axis)


def expand_dims(x, axis=-1):
    """x with a new axis of extent 1."""
    return ops.expand_dims(x, axis)


def squeeze(x, axis):
    """x without an axis of extent 1."""
    return ops.squeeze(x, [axis])


def flatten(x):
    """x with one axis."""
    return ops.reshape(x, [-1])


def batch_flatten(x):
    """x with two axes, the first of which stays."""
    return ops.reshape(x, [-1, int(np.prod(x.shape[1:]))])


def repeat(x, n):
    """x of shape (batch, features), n times, as (batch, n, features)."""
    return ops.tile(ops.expand_dims(x, 1), [1, n, 1])


def repeat_elements(x, rep, axis):
    """Every entry `rep` times along an axis."""
    return ops.repeat(x, rep, axis=axis)


def reverse(x, axes):
    """x backwards along some axes."""
    return ops.reverse(x, [axes] if isinstance(axes, int) else axes)


def one_hot(indices, num_classes):
    """A 1 at the place of each index."""
    return ops.one_hot(indices, num_classes)


def dot(x, y):
    """The product over the last axis of x and the last but one of y."""
    return keras_ops.dot(x, y)


def int_shape(x):
    """The shape as a tuple of whole numbers; None stands for an unknown extent."""
    return tuple(x.shape)


def ndim(x):
    """The number of axes."""
    return len(x.shape)


def dtype(x):
    """The name of the element type."""
    return str(getattr(x.dtype, "name", x.dtype))


# ---- values and variables --------------------------------------------------------------------------------------------


def arange(start, stop=None, step=1, dtype="int32"):
    """The numbers from start (or 0) up to stop, which is left out."""
    low, high = (0, start) if stop is None else (start, stop)
    return ops.cast(ops.range(low, high, step), dtype)


def constant(value, dtype=None, shape=None, name=None):
    """A constant tensor."""
    return ops.constant(value, dtype=dtype or floatx(), shape=shape)


def variable(value, dtype=None, name=None, constraint=None):
    """A variable of that value."""
    return Variable(value, dtype=dtype or floatx(), name=name, constraint=constraint)


def zeros(shape, dtype=None, name=None):
    """A variable of zeros."""
    return variable(np.zeros(shape), dtype, name)


def ones(shape, dtype=None, name=None):
    """A variable of ones."""
    return variable(np.ones(shape), dtype, name)


def eye(size, dtype=None, name=None):
    """A variable: the identity matrix."""
    return variable(np.eye(size), dtype, name)


def get_value(x):
    """The value as a NumPy array; anything else as it is."""
    return x.numpy() if hasattr(x, "numpy") else x


eval = get_value


def set_value(x, value):
    """Gives a variable a value."""
    x.assign(np.asarray(value, dtype(x)))


def batch_get_value(tensors):
    """The values of several."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples):
    """Gives several variables values: pairs of both."""
    for x, value in tuples:
        set_value(x, value)


def update(x, new_x):
    """Gives a variable a value."""
    return x.assign(new_x)


def update_add(x, increment):
    """Adds to a variable."""
    return x.assign_add(increment)


def update_sub(x, decrement):
    """Takes from a variable."""
    return x.assign_sub(decrement)


def moving_average_update(x, value, momentum):
    """Moves a variable towards a value: x = momentum x + (1 - momentum) value."""
    return x.assign_sub((x - ops.cast(value, x.dtype)) * (1 - momentum))


def count_params(x):
    """The number of entries."""
    return int(np.prod(x.shape))


# ---- random numbers --------------------------------------------------------------------------------------------------


def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers."""
    return random.normal(shape, mean, stddev, dtype or floatx(), seed)


def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers spread evenly over [minval, maxval)."""
    return random.uniform(shape, minval, maxval, dtype or floatx(), seed)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers within two standard deviations of the mean."""
    return random.truncated_normal(shape, mean, stddev, dtype or floatx(), seed)


def random_bernoulli(shape, p=0.0, dtype=None, seed=None):
    """1 with the probability p, else 0."""
    return ops.cast(random.uniform(shape, 0.0, 1.0, floatx(), seed) < p, dtype or floatx())


def dropout(x, level, noise_shape=None, seed=None):
    """x with a share `level` of entries set to 0, and the others divided by 1 - level."""
    return nn.dropout(x, rate=level, noise_shape=noise_shape, seed=seed)
