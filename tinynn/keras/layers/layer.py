"""Floor 7: the base of all layers."""

import inspect

from tinynn import ops
from tinynn.autodiff.tensor import Tensor, convert
from tinynn.autodiff.variable import Variable as EngineVariable
from tinynn.core import dtypes, nest
from tinynn.keras import dtype_policy, naming, notes, regularizers, symbolic
from tinynn.keras.context import context, scope, structure
from tinynn.keras.layers import config as configs
from tinynn.keras.layers import input_spec as specs
from tinynn.keras.layers.building import build_once, shape_of, signature_of
from tinynn.keras.layers.graph_view import GraphView
from tinynn.keras.layers.losses import Losses
from tinynn.keras.layers.tracking import Stateful
from tinynn.keras.saving import serialize_keras_object
from tinynn.keras.symbolic import KerasTensor

_masks = notes.masks._entries
_TRAINING = ["training"]
LEGACY = ("input_shape", "batch_input_shape", "input_dim", "batch_size", "batch_shape", "autocast", "weights")


class Layer(GraphView, Losses, Stateful):
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

    # Whether `call` calls no other layer, so that nothing of the call's context needs to be set up for it.
    leaf = False
    # Whether integer inputs are cast as well.
    floats = False
    # Whether the output has a mask even where no input has one.
    makes_mask = False
    # Arguments of the constructor that stay out of the configuration.
    unlisted = ()

    def __new__(cls, *args, **kwargs):
        layer = object.__new__(cls)
        values = {"_swift": None, "_building": False, "_arguments": configs.arguments(cls, args, kwargs)}
        layer.__dict__.update(values)
        return layer

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "compute_mask" in cls.__dict__ and cls.__module__.split(".")[0] != "tinynn":
            cls.makes_mask = True
        if "build" in cls.__dict__ and not getattr(cls.__dict__["build"], "is_wrapped", False):
            cls.build = build_once(cls.__dict__["build"])

    def __init__(self, *, activity_regularizer=None, trainable=True, dtype=None, autocast=True, name=None, **kwargs):
        unknown = [key for key in kwargs if key not in LEGACY]
        if unknown:
            raise ValueError(f"{type(self).__name__} got an unknown argument {unknown[0]!r}; "
                             f"it takes {', '.join(configs.names(type(self)))}")
        if not isinstance(trainable, bool):
            raise ValueError(f"trainable is True or False, got {trainable!r}")
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
        self._build_shapes = None
        self._input_shape_argument = _legacy_shape(kwargs)
        structure.changed()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if "_name" not in self.__dict__:
            raise RuntimeError(f"In layer {type(self).__name__!r}, you forgot to call `super().__init__()` as the "
                               "first statement in the `__init__()` method")
        unbuilt = "" if self.__dict__.get("built") else \
            "; it is not built yet: call it on data, or call build(input_shape)"
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{unbuilt}")

    # ---- for subclasses ----------------------------------------------------------------------------------------------

    def build(self, input_shape):
        """Makes the weights. `input_shape` is a tuple with None for unknown extents."""

    build = build_once(build)

    def call(self, *args, **kwargs):
        """Computes the output."""
        raise NotImplementedError(f"{type(self).__name__} {self.name!r} has no call(self, inputs) method")

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
    def dtype(self):
        """The type of the weights, as a string."""
        return self.dtype_policy.variable_dtype

    variable_dtype = dtype

    @property
    def compute_dtype(self):
        """The type in which it computes."""
        return self.dtype_policy.compute_dtype

    input_dtype = compute_dtype

    # ---- calling -----------------------------------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        if self._swift is not None and len(args) == 1 and (not kwargs or (self._trains and [*kwargs] == _TRAINING)):
            x = args[0]
            if type(x) is Tensor and x.dtype is self._swift and not _masks:
                try:
                    if not self._trains:
                        return self.call(x)
                    training = kwargs.get("training") if kwargs else None
                    if training is None:
                        training = context.training
                    return self.call(x, training=self._trains[0] if training is None else training)
                except Exception as error:
                    self._explain(error, x)
                    raise
        return self._full_call(args, kwargs)

    def _full_call(self, args, kwargs):
        if "_name" not in self.__dict__:
            self.__getattr__("_name")
        args, kwargs = self._converted(args), self._converted(kwargs)
        inputs = args[0] if args else next(iter(kwargs.values()), None)
        specs.check(self.input_spec, inputs, self)
        if not self.built:
            self._build_for(args, kwargs)
        if symbolic.any_symbolic(args, kwargs):
            if type(inputs) is KerasTensor:
                self.accepts(inputs.shape)
            outputs = symbolic.call(self, args, kwargs, function=self._dry_call)
        else:
            outputs = self._enter(args, kwargs, inputs)
            self._choose_path()
        if not self.built:
            self.built = True
        return outputs

    def _enter(self, args, kwargs, inputs):
        """Calls `call` with the context of this call set, and its mask."""
        _, has_training, has_mask, parameters = signature_of(type(self).call)
        before = context.entry, context.training
        training = kwargs.get("training")
        if training is None:
            training = context.training
            if training is None and has_training and parameters["training"].default not in (None, inspect._empty):
                training = parameters["training"].default
        if has_training:
            kwargs["training"] = False if training is None and parameters["training"].default is not None else training
        elif "training" in kwargs and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            kwargs.pop("training")
        mask = kwargs.get("mask")
        if _masks and mask is None:
            mask = nest.map_structure(notes.masks.get, inputs)
        if has_mask and mask is not None:
            kwargs["mask"] = mask
        if before[0] is None:
            context.entry = self
            self._forget_losses()
        context.training = training
        try:
            if self.leaf or (self.built and not context.placeholder and self.__dict__.get("_ran")):
                outputs = self.call(*args, **kwargs)
            else:
                with scope(self.name):
                    outputs = self.call(*args, **kwargs)
                self.__dict__["_ran"] = True
            if self.activity_regularizer is not None:
                self._penalize(outputs)
            if mask is not None or self.makes_mask:
                self._pass_mask(inputs, mask, outputs)
        except TypeError as error:
            self._explain_strings(error)
            raise
        finally:
            context.entry, context.training = before
        return outputs

    def _dry_call(self, *args, **kwargs):
        """A call on placeholders, which leaves nothing behind."""
        metrics = [m for layer in self._flatten_layers() for m in layer._own_metrics()]
        changing = [*self.non_trainable_variables, *(v for m in metrics for v in m.variables)]
        state = [(v, v.read_value()) for v in changing]
        args, kwargs = self._converted(args), self._converted(kwargs)
        try:
            return self._enter(args, kwargs, args[0] if args else next(iter(kwargs.values()), None))
        finally:
            for variable, value in state:
                variable.assign(value)

    def _choose_path(self):
        """Whether the next calls may take the short way."""
        swift = (self.leaf and self.built and self.activity_regularizer is None and self.autocast
                 and not self.makes_mask)
        _, has_training, _, parameters = signature_of(type(self).call)
        self.__dict__["_trains"] = (parameters["training"].default,) if has_training else ()
        self.__dict__["_swift"] = dtypes.as_dtype(str(self.compute_dtype)) if swift else None

    def _converted(self, structure):
        """The arguments with arrays as tensors, floating-point ones cast to the type of the layer."""
        dtype = self.compute_dtype

        def one(x):
            if isinstance(x, (Tensor, EngineVariable)):
                tensor = x
            elif hasattr(x, "__array__") and not isinstance(x, (type, KerasTensor)):
                tensor = convert(x)
            else:
                return x
            kind = tensor.dtype
            if self.autocast and kind != dtype and (kind.is_floating or (self.floats and kind.is_integer)):
                mask = notes.masks.get(tensor)
                tensor = ops.cast(tensor, str(dtype))
                notes.masks.set(tensor, mask)
            return tensor

        if type(structure) is tuple and len(structure) == 1 and type(structure[0]) is Tensor:
            return (one(structure[0]),)
        return nest.map_structure(one, structure) if structure else structure

    def _build_for(self, args, kwargs):
        """Builds for the shapes of the arguments."""
        names = signature_of(type(self).call)[0]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        shapes = {name: shape_of(value) for name, value in given.items()
                  if any(hasattr(leaf, "shape") for leaf in nest.flatten(value))}
        wanted = list(inspect.signature(type(self).build).parameters)[1:]
        try:
            if wanted and wanted[0].endswith("_shape") and len(wanted) > 1:
                self.build(**{f"{name}_shape": shape for name, shape in shapes.items() if f"{name}_shape" in wanted})
            else:
                self.build(next(iter(shapes.values()), None))
        except Exception as error:
            self._explain(error)
            raise
        self.built = True

    def _explain(self, error, x=None):
        """Raises what the spec says about a wrong input; otherwise adds the layer's name to an error of `call`."""
        if x is not None:
            specs.check(self.input_spec, x, self)
        if hasattr(error, "add_note"):
            error.add_note(f"(in {type(self).__name__} {self.name!r})")

    def _explain_strings(self, error):
        """Adds to the error of a call of a string what to write where a layer kept the name of an activation."""
        names = [name for name, value in self.__dict__.items() if type(value) is str and name[0] != "_"]
        if "'str' object is not callable" in str(error) and names and hasattr(error, "add_note"):
            error.add_note(f"(in {type(self).__name__} {self.name!r}: self.{names[-1]} is the string "
                           f"{getattr(self, names[-1])!r}. To take names, write self.{names[-1]} = "
                           f"keras.activations.get({names[-1]}) in __init__)")

    def _pass_mask(self, inputs, mask, outputs):
        if self.supports_masking and (self.makes_mask or any(m is not None for m in nest.flatten(mask))):
            result = self.compute_mask(inputs, mask)
            if not nest.is_nested(outputs):
                if outputs is not inputs or notes.masks.get(outputs) is None:
                    notes.masks.set(outputs, result)
            elif nest.is_nested(result):
                for output, one in zip(nest.flatten(outputs), nest.flatten(result), strict=False):
                    notes.masks.set(output, one)

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
        return None if self._build_shapes is None else {"input_shape": self._build_shapes}

    def build_from_config(self, config):
        """Builds for the shape of a configuration."""
        if config:
            self.build(config.get("input_shape", config.get("shapes_dict")))

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
