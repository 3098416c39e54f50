"""Floor 7: a model that is a graph of layers."""

import inspect
import warnings

from tinynn import ops
from tinynn.autodiff.tensor import Tensor, convert
from tinynn.autodiff.variable import Variable as EngineVariable
from tinynn.core import dtypes, nest
from tinynn.keras.context import context
from tinynn.keras.layers.core import InputLayer
from tinynn.keras.layers.input_spec import InputSpec, check
from tinynn.keras.layers.layer import Layer
from tinynn.keras.models import graph_config
from tinynn.keras.models.graph import Graph
from tinynn.keras.models.model import Model
from tinynn.keras.placement import home_of
from tinynn.keras.symbolic import KerasTensor, Node, any_symbolic, is_symbolic
from tinynn.keras.training.outputs import Outputs
from tinynn.ops.placement import move


class Functional(Model, hot=True):
    """A model made of the calls between symbolic inputs and outputs.

    Args:
        inputs: a symbolic tensor, or a list, tuple or dict of them.
        outputs: the same, computed from the inputs.
        name: by default numbered.
    """

    _untracked = Model._untracked | {"graph", "_inputs", "_outputs", "_specs", "inputs", "outputs", "owner"}

    only_layers = True
    owner = None    # the Sequential whose layers these are; errors name it

    def __init__(self, inputs, outputs, name=None, trainable=None, **kwargs):
        Layer.__init__(self, name=name, **kwargs)
        self._check(inputs, outputs)
        for x in nest.flatten(inputs):
            if x.history is None:
                InputLayer(input_tensor=x, name=x.name)
        titles = ["/".join(map(str, path)) for path in Outputs(outputs).paths]
        inputs, outputs = _from_entries(inputs, outputs, titles)
        self._inputs, self._outputs = inputs, outputs
        self.inputs, self.outputs = nest.flatten(inputs), nest.flatten(outputs)
        self.graph = Graph(self.inputs, self.outputs, titles)
        self._specs = [InputSpec(shape=(None, *x.shape[1:]), allow_last_axis_squeeze=True, name=_input_name(x),
                                 optional=getattr(x.history.operation, "optional", False))
                       for x in self.inputs]
        self._single = self.inputs[0] if is_symbolic(inputs) else None
        self._single_dtype = dtypes.as_dtype(str(self.inputs[0].dtype))
        self._tail = self.inputs[0].shape[1:]
        self._input_types = [dtypes.as_dtype(str(x.dtype)) for x in self.inputs]
        self._plain_call = type(self).call is Functional.call and type(self).__call__ is Functional.__call__
        self.built = True
        if trainable is not None:
            self.trainable = trainable

    @staticmethod
    def _check(inputs, outputs):
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            for x in nest.flatten(structure):
                if not isinstance(x, KerasTensor):
                    raise ValueError(f"All `{what}` values must be KerasTensors: a functional model's {what} are "
                                     f"symbolic tensors, made by keras.Input and layers; got {type(x).__name__}: {x!r}")

    def sublayers(self):
        """The layers of the graph, and those in attributes."""
        return self.collected("sublayers", lambda: list({id(x): x for x in [
            *(op for op in self.graph.operations if isinstance(op, Layer)), *self.parts(Layer)]}.values()))

    @property
    def layers(self):
        """The layers in the order in which they run."""
        return [op for op in self.graph.operations if isinstance(op, Layer)]

    @layers.setter
    def layers(self, _):
        raise AttributeError("`Model.layers` attribute is reserved: it lists the layers of the graph; keep yours under "
                             "another name")

    @property
    def operations(self):
        """The layers and ops in the order in which they run."""
        return list(self.graph.operations)

    # ---- calling -----------------------------------------------------------------------------------------------------

    def __call__(self, inputs, *args, training=None, **kwargs):
        if (type(inputs) is Tensor and not args and not kwargs and self._plain_call and self._single is not None
                and self.activity_regularizer is None):
            if inputs.dtype is not self._single_dtype:
                inputs = ops.cast(inputs, self._single_dtype)
            if inputs.extents[1:] == self._tail:
                return self._run_single(inputs, training)
        return self._full_call((inputs, *args), {**kwargs, **({} if training is None else {"training": training})})

    def _run_single(self, x, training):
        entry, before = context.entry, context.training
        if entry is None:
            context.entry = self
            if self._lossy:
                self._forget_losses()
        if training is not None:
            context.training = training
        try:
            return self._packed(self.graph.plan.run((x,)))
        finally:
            context.entry, context.training = entry, before

    def call(self, inputs, training=None, mask=None):
        """Runs the graph."""
        values = self._prepared(inputs)
        if any_symbolic(values):
            return self._substituted(values)
        return self._packed(self.graph.run(values))

    def _packed(self, flat):
        return flat[0] if is_symbolic(self._outputs) else nest.pack_sequence_as(self._outputs, flat)

    def _prepared(self, inputs):
        """The input tensors in order, of the right type and number of axes."""
        return [self._fitted(x, spec, kind) for x, spec, kind in
                zip(self._ordered(inputs), self._specs, self._input_types, strict=True)]

    def _ordered(self, inputs):
        """The inputs as a flat list: by their names in a dict, else by their place."""
        if isinstance(inputs, dict) and not isinstance(self._inputs, dict):
            names = [spec.name for spec in self._specs]
            missing = [name for name in names if name not in inputs]
            if missing:
                raise ValueError(f"the model {self.name!r} has inputs {names}; {missing[0]!r} is missing from the dict "
                                 f"with keys {sorted(inputs)}")
            return [inputs[name] for name in names]
        if isinstance(inputs, dict):
            missing = [key for key in self._inputs if key not in inputs]
            if missing:
                raise ValueError(f"the model {self.name!r} misses the input {missing[0]!r}; got {sorted(inputs)}")
            if len(inputs) > len(self._inputs):
                self._mismatch(inputs)
            inputs = {key: inputs[key] for key in self._inputs}
        elif isinstance(self._inputs, dict) and not nest.is_nested(inputs):
            inputs = [inputs]
        elif isinstance(self._inputs, dict):
            self._mismatch(inputs, list(self._inputs) != sorted(self._inputs))
        flat = nest.flatten(inputs)
        if len(flat) != len(self.inputs):
            raise ValueError(f"the model {self.name!r} has {len(self.inputs)} inputs "
                             f"{[spec.name for spec in self._specs]}, got {len(flat)}")
        return flat

    def _mismatch(self, inputs, ambiguous=False):
        """Warns, once, that inputs came in another structure; raises where their order is not clear."""
        text = (f"The structure of `inputs` doesn't match the expected structure: the model {self.name!r} takes "
                f"a dict with keys {list(self._inputs)}, got "
                + (f"keys {list(inputs)}" if isinstance(inputs, dict) else f"a list of {len(inputs)}"))
        if ambiguous:
            raise ValueError(f"{text}, whose order is not clear")
        if not self.__dict__.get("_warned"):
            self.__dict__["_warned"] = True
            warnings.warn(text, stacklevel=2)

    def _fitted(self, x, spec, kind):
        if x is None:
            if not spec.optional:
                raise ValueError(f"the input {spec.name!r} of the model {self.name!r} is not optional, got None")
            return None
        if not isinstance(x, (Tensor, KerasTensor)):
            x = x.read_value() if isinstance(x, EngineVariable) else move(convert(x), home_of(self))
        self._check_shape(x, spec)
        if not is_symbolic(x) and x.dtype is not kind:
            x = ops.cast(x, kind)
        rank = len(spec.shape)
        if len(x.shape) == rank - 1 and rank:
            return ops.expand_dims(x, -1)
        return ops.squeeze(x, -1) if len(x.shape) == rank + 1 else x

    def _full_call(self, args, kwargs):
        if args and not nest.is_nested(args[0]):
            self._prepared_shape_check(args[0])
        return super()._full_call(args, kwargs)

    def _prepared_shape_check(self, x):
        if hasattr(x, "shape") and self._single is not None:
            self._check_shape(x, self._specs[0])

    def _check_shape(self, x, spec):
        """A Sequential takes values with other extents than it was built for, wherever its layers do."""
        free = self.owner is not None and not is_symbolic(x) and not context.placeholder
        if not free or len(x.shape) != len(spec.shape):
            check(spec, x, self.owner or self)

    def _substituted(self, values):
        """The graph on other symbolic inputs."""
        return self._packed(self.graph.run(values))

    # ---- shapes ------------------------------------------------------------------------------------------------------

    @property
    def input(self):
        """The symbolic inputs."""
        return self._inputs

    @property
    def output(self):
        """The symbolic outputs."""
        return self._outputs

    @property
    def input_names(self):
        """The names of the inputs."""
        return [spec.name for spec in self._specs]

    @property
    def output_names(self):
        """The names of the layers that make the outputs, each once."""
        names, counts = [], {}
        for x in self.outputs:
            name = x.history.operation.name
            counts[name] = counts.get(name, 0) + 1
            names.append(name if counts[name] == 1 else f"{name}_{counts[name] - 1}")
        return names

    def get_config(self):
        """The layers with their calls, the inputs and the outputs.

        A subclass with an `__init__` of its own is described by the arguments of that.
        """
        if not _takes_tensors(type(self)):
            return super().get_config()
        return {"name": self.name, "trainable": self.trainable, **graph_config.describe(self)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from its configuration; it has weights of its own."""
        if graph_config.is_graph(config) and _takes_tensors(cls):
            return graph_config.restore(cls, config, custom_objects)
        return super().from_config(config, custom_objects)

    def get_build_config(self):
        """Nothing: the graph says all."""

    def __repr__(self):
        return f"<{self.kind} name={self.name}, built={self.built}>"

    @property
    def kind(self):
        """The class's name in summaries."""
        return "Functional" if type(self) in (Functional, Model) else type(self).__name__


def _from_entries(inputs, outputs, titles):
    """(inputs, outputs) where every input is that of an InputLayer: a model that begins at the output of a layer gets
    entries of its own, and the calls behind them once more."""
    flat = nest.flatten(inputs)
    if all(isinstance(x.history.operation, InputLayer) for x in flat):
        return inputs, outputs
    table = {id(x): x if isinstance(x.history.operation, InputLayer) else
             InputLayer(batch_shape=x.shape, dtype=x.dtype, name=x.name).output for x in flat}
    new = lambda leaf: table.get(id(leaf), leaf)
    for node in Graph(flat, nest.flatten(outputs), titles).nodes:
        if all(id(x) in table for x in node.outputs):
            continue
        args, kwargs = nest.map_structure(new, (node.args, node.kwargs))
        for x in node.outputs:
            table.setdefault(id(x), KerasTensor(x.shape, x.dtype, name=x.name, samples=x.samples, values=x.values))
        Node(node.operation, args, kwargs, nest.map_structure(new, node.result))
    return nest.map_structure(new, inputs), nest.map_structure(new, outputs)


def _takes_tensors(cls):
    """Whether the constructor takes (inputs, outputs), as that of `keras.Model` does."""
    owner = next(c for c in cls.__mro__ if "__init__" in c.__dict__)
    return owner in (Functional, Model) or list(inspect.signature(owner.__init__).parameters)[1:3] == [
        "inputs", "outputs"]


def _input_name(tensor):
    operation = tensor.history.operation
    return operation.name if isinstance(operation, InputLayer) else tensor.name


Model.functional = Functional
