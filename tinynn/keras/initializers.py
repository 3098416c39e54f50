"""Floor 7: how weights start. An initializer is called with a shape, and gives the same values at each call."""

import math

import numpy as np

from tinynn import ops
from tinynn.autodiff.operand import Operand
from tinynn.core.dtypes import as_dtype
from tinynn.keras import journal, random
from tinynn.keras.config import floatx
from tinynn.keras.saving import Catalogue, deserialize_keras_object, serialize_keras_object


class Initializer:
    """Base of all initializers: override `__call__` and, to be saved, `get_config`."""

    def __call__(self, shape, dtype=None):
        """The first values of a weight.

        Args:
            shape: a tuple of ints.
            dtype: the element type; None for `keras.config.floatx()`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, shape, dtype=None)")

    def get_config(self):
        """The arguments of __init__."""
        return {}

    @classmethod
    def from_config(cls, config):
        """An initializer of a configuration."""
        return cls(**config)

    def clone(self):
        """Another initializer of the same configuration."""
        return type(self).from_config(self.get_config())


# ---- without chance --------------------------------------------------------------------------------------------------


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape, dtype=None):
        return ops.zeros(shape, dtype or floatx())


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape, dtype=None):
        return ops.ones(shape, dtype or floatx())


class Constant(Initializer):
    """One value everywhere, or an array that broadcasts to the shape.

    Args:
        value: a number or an array.
    """

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype=None):
        dtype = dtype or floatx()
        if isinstance(self.value, Operand) or np.ndim(self.value):
            return ops.ones(shape, dtype) * ops.cast(self.value, dtype)
        return ops.fill(tuple(shape), np.asarray(self.value).astype(as_dtype(dtype).dtype))

    def get_config(self):
        return {"value": serialize_keras_object(self.value)}

    @classmethod
    def from_config(cls, config):
        return cls(deserialize_keras_object(config["value"]))


class Identity(Initializer):
    """`gain` on the diagonal of a matrix, 0 elsewhere.

    Args:
        gain: the number on the diagonal.
    """

    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ValueError(f"Identity makes matrices; the shape {tuple(shape)} has {len(shape)} axes")
        return self.gain * ops.eye(shape[0], shape[1], dtype=dtype or floatx())

    def get_config(self):
        return {"gain": self.gain}


# ---- by chance -------------------------------------------------------------------------------------------------------


class RandomInitializer(Initializer):
    """Base of the initializers that draw.

    Args:
        seed: an int, a `keras.random.SeedGenerator` (other values at each call), or None for an int of its own.
    """

    def __init__(self, seed=None):
        self._init_seed = seed
        if isinstance(seed, dict):
            seed = deserialize_keras_object(seed)
        if seed is not None and not isinstance(seed, (int, random.SeedGenerator)):
            raise ValueError(f"the seed of {type(self).__name__} is an int or a keras.random.SeedGenerator, got "
                             f"{seed!r}")
        self.seed = seed
        if seed is None:
            self.draw_seed()
            journal.drawn(self)

    def draw_seed(self):
        """Takes an int of its own as the seed."""
        self.seed = random.make_default_seed()

    def get_config(self):
        return {"seed": serialize_keras_object(self._init_seed)}


class RandomNormal(RandomInitializer):
    """Normal numbers.

    Args:
        mean, stddev: of the distribution.
        seed: as for every random initializer.
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape, dtype=None):
        return random.normal(shape, self.mean, self.stddev, dtype, self.seed)

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal numbers within two standard deviations of the mean; those outside are drawn again."""

    def __call__(self, shape, dtype=None):
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


class RandomUniform(RandomInitializer):
    """Numbers spread evenly over [minval, maxval)."""

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape, dtype=None):
        return random.uniform(shape, self.minval, self.maxval, dtype, self.seed)

    def get_config(self):
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class VarianceScaling(RandomInitializer):
    """Numbers of variance scale / n, so that the variance of a layer's output does not depend on its size.

    Args:
        scale: the factor, above 0.
        mode: what n is: "fan_in" (inputs of a unit), "fan_out" (outputs), "fan_avg" (their mean).
        distribution: "truncated_normal", "untruncated_normal" or "uniform".
        seed: as for every random initializer.
        input_axes, output_axes: axes of the weight that count as inputs and as outputs, instead of the last two.
    """

    _MODES = ("fan_in", "fan_out", "fan_avg")
    _DISTRIBUTIONS = ("uniform", "truncated_normal", "untruncated_normal")

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None, input_axes=None,
                 output_axes=None):
        distribution = {"normal": "truncated_normal"}.get(distribution.lower(), distribution.lower())
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        for name, value, known in (("mode", mode, self._MODES), ("distribution", distribution, self._DISTRIBUTIONS)):
            if value not in known:
                raise ValueError(f"Invalid `{name}` argument: {value!r}; it is one of {', '.join(known)}")
        super().__init__(seed)
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def __call__(self, shape, dtype=None):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.uniform(shape, -limit, limit, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, math.sqrt(variance), dtype, self.seed)
        # a normal cut at two standard deviations keeps this share of its own
        return random.truncated_normal(shape, 0.0, math.sqrt(variance) / 0.8796256610342398, dtype, self.seed)

    def get_config(self):
        names = ("scale", "mode", "distribution", "input_axes", "output_axes")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class _Named(VarianceScaling):
    """A VarianceScaling with its choices made."""

    choices = ()

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(*self.choices, seed, input_axes, output_axes)

    def get_config(self):
        config = super().get_config()
        return {name: config[name] for name in ("seed", "input_axes", "output_axes")}


class GlorotUniform(_Named):
    """Uniform over +-sqrt(6 / (fan_in + fan_out)).

    Source: Glorot, Bengio: Understanding the difficulty of training deep feedforward neural networks (2010).
    """

    choices = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated normal of variance 2 / (fan_in + fan_out). Source: Glorot, Bengio (2010)."""

    choices = (1.0, "fan_avg", "truncated_normal")


class LecunUniform(_Named):
    """Uniform over +-sqrt(3 / fan_in). Source: LeCun, Bottou, Orr, Müller: Efficient BackProp (1998)."""

    choices = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Truncated normal of variance 1 / fan_in. Source: LeCun, Bottou, Orr, Müller: Efficient BackProp (1998)."""

    choices = (1.0, "fan_in", "truncated_normal")


class HeUniform(_Named):
    """Uniform over +-sqrt(6 / fan_in). Source: He, Zhang, Ren, Sun: Delving deep into rectifiers (2015)."""

    choices = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated normal of variance 2 / fan_in. Source: He, Zhang, Ren, Sun: Delving deep into rectifiers (2015)."""

    choices = (2.0, "fan_in", "truncated_normal")


class Orthogonal(RandomInitializer):
    """A matrix with orthogonal columns (rows, where it is wide), from the QR decomposition of normal numbers.

    More axes than two are treated as one long first axis.

    Args:
        gain: what the matrix is multiplied by.
        seed: as for every random initializer.

    Source: Saxe, McClelland, Ganguli: Exact solutions to the nonlinear dynamics of learning (2014).
    """

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) < 2:
            raise ValueError(f"Orthogonal needs at least two axes; the shape {tuple(shape)} has {len(shape)}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        drawn = random.normal((max(rows, columns), min(rows, columns)), seed=self.seed, dtype=dtype)
        q, r = np.linalg.qr(np.asarray(drawn))
        q = q * np.sign(np.diagonal(r))  # makes the decomposition unique
        return self.gain * ops.convert_to_tensor((q.T if rows < columns else q).reshape(shape))

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}


def compute_fans(shape, input_axes=None, output_axes=None):
    """(inputs, outputs) of one unit of a weight of `shape`; axes before the last two count for both."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        return (int(shape[0]),) * 2 if len(shape) else (1, 1)
    field = math.prod(shape[:-2])
    return int(shape[-2] * field), int(shape[-1] * field)


_catalogue = Catalogue(
    "initializer",
    "keras.initializers",
    [c for name, c in list(globals().items())
     if isinstance(c, type) and issubclass(c, Initializer) and not name.startswith("_") and c is not RandomInitializer],
    {"IdentityInitializer": Identity, "OrthogonalInitializer": Orthogonal, "normal": RandomNormal,
     "uniform": RandomUniform, "zero": Zeros, "one": Ones},
)
globals().update({name: thing for name, thing in _catalogue.exact.items() if name not in ("normal", "uniform")})
serialize, deserialize = _catalogue.serialize, _catalogue.deserialize


def get(identifier):
    """The initializer of a name, a configuration, a class, a function of (shape, dtype), or an array of values.

    Raises:
        ValueError: for a name that is not there, with the nearest one.
    """
    if isinstance(identifier, (Operand, np.ndarray, np.generic)):
        return _given(identifier)
    return _catalogue.get(identifier)


def _given(values):
    def initialize(shape, dtype=None):
        if tuple(shape) != tuple(values.shape):
            raise ValueError(f"Expected `shape` to be {tuple(values.shape)}, which the initial values have. Received: "
                             f"shape={tuple(shape)}")
        return ops.cast(values, dtype or floatx())

    return initialize
