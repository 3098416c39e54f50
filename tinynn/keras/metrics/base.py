"""Floor 7: what all metrics share: state in Variables, update, result, reset."""

from tinynn import ops
from tinynn.autodiff.variable import Variable as EngineVariable
from tinynn.core import nest
from tinynn.keras import initializers
from tinynn.keras.config import floatx
from tinynn.keras.context import scope
from tinynn.keras.naming import auto_name
from tinynn.keras.variable import Variable


class Metric:
    """Base of all metrics: override `update_state`, which changes the state, and `result`, which reads it.

    The state is made in __init__ with `add_weight`, after super().__init__(). It must change by ops (`assign`,
    `assign_add`), so that a recorded training step changes it too.

    Args:
        dtype: the float type of the state; None for `keras.config.floatx()`.
        name: shown in logs.

    Example:
        >>> class Largest(keras.metrics.Metric):
        ...     def __init__(self, name="largest"):
        ...         super().__init__(name=name)
        ...         self.value = self.add_weight(initializer="zeros")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.value.assign(tf.maximum(self.value, tf.reduce_max(y_pred)))
        ...     def result(self):
        ...         return self.value
    """

    arguments = ()  # names of further arguments of __init__, kept as attributes

    def __init__(self, dtype=None, name=None):
        self.name = auto_name(type(self).__name__) if name is None else name
        self._dtype = floatx() if dtype is None else getattr(dtype, "compute_dtype", dtype)
        self._variables, self._metrics = [], []

    @property
    def dtype(self):
        """The type of the state."""
        return self._dtype

    def __getattr__(self, name):
        if "_variables" not in vars(self):
            raise AttributeError(f"{type(self).__name__}.__init__ must call super().__init__(name=name) before it uses "
                                 f"{name!r}")
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __setattr__(self, name, value):
        if name not in ("_variables", "_metrics"):
            for item in nest.flatten(value) if nest.is_nested(value) else (value,):
                self._track(item)
        super().__setattr__(name, value)

    def _track(self, item):
        if isinstance(item, Metric):
            self._metrics.append(item)
        elif isinstance(item, EngineVariable) and not any(item is v for v in self._variables):
            self._variables.append(item)

    # ---- state -------------------------------------------------------------------------------------------------------

    def add_variable(self, shape=(), initializer="zeros", dtype=None, aggregation=None, name=None):
        """A new Variable of the state.

        Args:
            shape: its shape.
            initializer: its first values.
            dtype: its type; None for the metric's.
            name: its name.
        """
        start = initializers.get("zeros" if initializer is None else initializer)
        with scope(self.name):
            variable = Variable(start, shape=tuple(shape), dtype=dtype or self.dtype, trainable=False, name=name)
        self._variables.append(variable)
        return variable

    def add_weight(self, shape=(), initializer=None, dtype=None, name=None):
        """The same as `add_variable`."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self):
        """The state, with that of metrics inside."""
        return [*self._variables, *(v for metric in self._metrics for v in metric.variables)]

    def reset_state(self):
        """Sets the state to zeros."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, variable.dtype))

    # ---- use ---------------------------------------------------------------------------------------------------------

    def update_state(self, *args, **kwargs):
        """Takes a batch into the state."""
        raise NotImplementedError(f"{type(self).__name__} must define update_state(self, y_true, y_pred, "
                                  "sample_weight=None)")

    def result(self):
        """The value of the metric over everything since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} must define result(self)")

    def __call__(self, *args, **kwargs):
        """Takes a batch into the state, and gives the value of the metric so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self):
        """The arguments of __init__."""
        return {"name": self.name, "dtype": self.dtype, **{name: getattr(self, name) for name in self.arguments}}

    @classmethod
    def from_config(cls, config):
        """A metric of a configuration, without state."""
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"
