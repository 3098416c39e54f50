"""Floor 7: what a layer expects of its inputs."""

from tinynn.core import nest


class InputSpec:
    """The shape that an input must have.

    Args:
        dtype: kept for information.
        shape: extents, None for any.
        ndim, min_ndim, max_ndim: the number of axes, or its bounds.
        axes: {axis: extent}.
        allow_last_axis_squeeze: whether a last axis of 1 may be missing or too many.
        name: the name under which a dict holds the input.
    """

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None,
                 allow_last_axis_squeeze=False, name=None, optional=False):
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if ndim is None and shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(axis): extent for axis, extent in (axes or {}).items()}
        self.allow_last_axis_squeeze, self.name, self.optional = allow_last_axis_squeeze, name, optional

    def problem(self, shape):
        """What is wrong with `shape`, in words, or None."""
        rank = len(shape)
        if self.ndim is not None and rank != self.ndim and not self.squeezes(shape):
            return f"it takes {self.ndim} axes" + (f", shape {self.shape}" if self.shape else "")
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"it takes at least {self.min_ndim} axes; add one with tf.expand_dims(x, 0) for a batch of one"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"it takes at most {self.max_ndim} axes"
        for axis, extent in self.axes.items():
            if extent is not None and -rank <= axis < rank and shape[axis] not in (None, extent):
                where = "last axis" if axis in (-1, rank - 1) else f"axis {axis}"
                return f"it was built for {where} {extent}. Pass {extent} features or build a new layer"
        if self.shape is not None and rank == len(self.shape):
            for given, extent in zip(shape, self.shape, strict=True):
                if extent is not None and given not in (None, extent):
                    return f"it takes shape {self.shape}"
        return None

    def squeezes(self, shape):
        """Whether a last axis of 1 makes the difference."""
        if not self.allow_last_axis_squeeze or self.shape is None:
            return False
        longer, shorter = (shape, self.shape) if len(shape) > len(self.shape) else (self.shape, shape)
        return len(longer) == len(shorter) + 1 and longer[-1] == 1

    def get_config(self):
        """The arguments of `__init__`."""
        return {"dtype": self.dtype, "shape": self.shape, "ndim": self.ndim, "max_ndim": self.max_ndim,
                "min_ndim": self.min_ndim, "axes": self.axes}

    @classmethod
    def from_config(cls, config):
        """A spec from its configuration."""
        return cls(**config)

    def __repr__(self):
        parts = [f"{k}={v}" for k, v in self.get_config().items() if v]
        return f"InputSpec({', '.join(parts)})"


def check(spec, inputs, layer):
    """Raises ValueError where `inputs` do not fit the spec (or specs) of a layer."""
    if spec is None:
        return
    specs = nest.flatten(spec)
    tensors = [x for x in nest.flatten(inputs) if hasattr(x, "shape")]
    if len(specs) != len(tensors):
        raise ValueError(f"{type(layer).__name__} {layer.name!r} takes {len(specs)} inputs, got {len(tensors)}")
    for one, x in zip(specs, tensors, strict=True):
        if one is None:
            continue
        shape = tuple(x.shape)
        problem = one.problem(shape)
        if problem:
            raise ValueError(f"{type(layer).__name__} {layer.name!r} got input of shape {shape}; {problem}. (The input "
                             "is incompatible with the layer.)")
