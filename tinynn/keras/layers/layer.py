"""Floor 7: the base of all layers."""

from tinynn.autodiff.tensor import current
from tinynn.keras import dtype_policy, naming, regularizers
from tinynn.keras.context import structure
from tinynn.keras.layers import config as configs
from tinynn.keras.layers.absent import missing
from tinynn.keras.layers.building import build_once
from tinynn.keras.layers.calling import Calling
from tinynn.keras.layers.graph_view import GraphView
from tinynn.keras.layers.losses import Losses
from tinynn.keras.layers.tracking import Stateful
from tinynn.keras.saving import serialize_keras_object

LEGACY = ("input_shape", "batch_input_shape", "input_dim", "batch_size", "batch_shape", "autocast", "weights")


class Layer(Calling, GraphView, Losses, Stateful):
    """A function with state: the variables made in `build`, used in `call`.

    A subclass stores its settings in `__init__` (which starts with `super().__init__()`), makes its weights in
    `build(input_shape)` with `add_weight`, and computes in `call(inputs)`. It is built at the first call.

    Args:
        activity_regularizer: a penalty on the output, added to the loss.
        trainable: whether training changes the weights.
        dtype: the type of weights and computations; floating-point inputs are cast to it.
        autocast: whether inputs are cast.
        name: by default the class's name in snake case, numbered.

    Example:
        >>> class Scale(keras.layers.Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
        ...     def call(self, inputs):
        ...         return inputs * self.factor
        >>> Scale()(tf.ones((2, 3))).shape
        TensorShape([2, 3])
    """

    # Arguments of the constructor that stay out of the configuration.
    unlisted = ()

    def __new__(cls, *args, **kwargs):
        layer = object.__new__(cls)
        values = {"_swift": None, "_building": False, "_place": current(),
                  "_arguments": configs.arguments(cls, args, kwargs)}
        layer.__dict__.update(values)
        return layer

    def __init_subclass__(cls, hot=False, **kwargs):
        """`hot` says that the class has no __getattr__, which makes reading any attribute of its layers slower."""
        super().__init_subclass__(**kwargs)
        if not hot and not hasattr(cls, "__getattr__"):
            cls.__getattr__ = missing
        if "compute_mask" in cls.__dict__ and cls.__module__.split(".")[0] != "tinynn":
            cls.makes_mask = True
        if cls.__module__.split(".")[0] != "tinynn":
            cls._stated_by = next((name for name in ("compute_output_spec", "compute_output_shape")
                               if name in cls.__dict__), cls._stated_by)
        if "build" in cls.__dict__ and not getattr(cls.__dict__["build"], "is_wrapped", False):
            cls.build = build_once(cls.__dict__["build"])

    def __init__(self, *, activity_regularizer=None, trainable=True, dtype=None, autocast=True, name=None, **kwargs):
        unknown = [key for key in kwargs if key not in LEGACY]
        if unknown:
            raise ValueError(f"{type(self).__name__} got an unknown argument {unknown[0]!r}; "
                             f"it takes {', '.join(configs.names(type(self)))}")
        if not isinstance(trainable, bool):
            raise ValueError(f"Expected `trainable` argument to be a boolean, got {trainable!r}")
        self._name = naming.auto_name(type(self).__name__) if name is None else _checked_name(name)
        self._weights_made = []
        self._trainable = trainable
        self.dtype_policy = dtype_policy.get(dtype)
        self.autocast = autocast
        self.inbound_nodes = []
        self.built = False
        self.supports_masking = False
        self.input_spec = None
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._losses, self._lossy = [], []
        self._build_shapes = self._named_shapes = None      # the latter of a `build` of several shapes
        self._input_shape_argument = _legacy_shape(kwargs)
        structure.changed()

    # ---- for subclasses ----------------------------------------------------------------------------------------------

    def build(self, input_shape):
        """Makes the weights. `input_shape` is a tuple with None for unknown extents."""

    build = build_once(build)

    def _build_at_init(self):
        """For `__init__` of a layer that has nothing to build: it is built, unless a subclass has a `build`."""
        if type(self).build is Layer.build:
            self.built = True

    def call(self, *args, **kwargs):
        """Computes the output."""
        raise NotImplementedError(f"Layer {type(self).__name__} {self.name!r} does not have a `call` method "
                                  "implemented; write one, as in def call(self, inputs)")

    def accepts(self, shape):
        """Raises ValueError where an input cannot have that shape; it has None where an extent is not known."""

    def compute_mask(self, inputs, previous_mask=None):
        """The mask of the output: by default the input's."""
        return previous_mask

    # ---- names and types ---------------------------------------------------------------------------------------------

    @property
    def name(self):
        """The layer's name."""
        return self._name

    @property
    def path(self):
        """Where the layer stands among the others, as 'model/layer'."""
        own = self.own_variables()
        return own[0].path.rpartition("/")[0] if own and hasattr(own[0], "path") else self.name

    @property
    def dtype_policy(self):
        """In which types it computes and keeps its weights; setting it takes a policy, or its name."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, policy):
        self._dtype_policy = dtype_policy.get(policy)
        self.__dict__["_swift"] = None
        for variable in self.own_variables():
            self._set_autocast(variable)

    @property
    def dtype(self):
        """The type of the weights, as a string."""
        return self.dtype_policy.variable_dtype

    variable_dtype = dtype

    @property
    def compute_dtype(self):
        """The type in which it computes."""
        return self.dtype_policy.compute_dtype

    input_dtype = compute_dtype

    # ---- configuration -----------------------------------------------------------------------------------------------

    def get_config(self):
        """The arguments of the constructor, as plain Python."""
        base = {"name": self.name, "trainable": self.trainable,
                "dtype": serialize_keras_object(self.dtype_policy)}
        if type(self).get_config is not Layer.get_config and type(self).__module__.split(".")[0] != "tinynn":
            return base
        return {**base, **configs.describe(self)}

    @classmethod
    def from_config(cls, config):
        """A layer from its configuration; it has weights of its own."""
        return configs.restore(cls, config)

    def get_build_config(self):
        """What `build_from_config` needs."""
        if self._named_shapes:
            return {"shapes_dict": self._named_shapes}
        return None if self._build_shapes is None else {"input_shape": self._build_shapes}

    def build_from_config(self, config):
        """Builds for the shape of a configuration."""
        if config and "shapes_dict" in config:
            self.build(**config["shapes_dict"])
        elif config:
            self.build(config["input_shape"])

    def save_own_variables(self, store):
        """Puts what a file keeps of this layer, without those inside, into a dict; a subclass may do it in its own way.

        Args:
            store: a dict from names to arrays.
        """
        for i, variable in enumerate(self.own_variables()):
            store[str(i)] = variable

    def load_own_variables(self, store):
        """Takes it out of such a dict.

        Raises:
            ValueError: another number of arrays.
        """
        own = self.own_variables()
        if len(store) != len(own):
            raise ValueError(f"{type(self).__name__} {self.name!r} has {len(own)} variables, the file has {len(store)}")
        for i, variable in enumerate(own):
            variable.assign(store[str(i)])

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _checked_name(name):
    if not isinstance(name, str) or "/" in name:
        raise ValueError(f"a layer's name is a string without '/', got {name!r}")
    return name


def _legacy_shape(kwargs):
    """The input shape that Keras 2's arguments give, or None."""
    if kwargs.get("input_dim") is not None:
        return (None, kwargs["input_dim"])
    if kwargs.get("input_shape") is not None:
        return (kwargs.get("batch_size"), *kwargs["input_shape"])
    return kwargs.get("batch_input_shape") or kwargs.get("batch_shape")
