"""Floor 7: a functional model as a plain dictionary in Keras's format, and back.

A layer's entry has, besides its configuration, its name and its `inbound_nodes`: the arguments of each of its calls, in
which a symbolic tensor stands as [name of the layer that made it, which call, which output].
"""

import importlib
import operator

from tinynn.core import dtypes, nest
from tinynn.core.primitive import find
from tinynn.keras.layers.layer import Layer
from tinynn.keras.naming import to_snake_case
from tinynn.keras.saving import deserialize_keras_object, serialization, serialize_keras_object
from tinynn.keras.symbolic import KerasTensor, OpCall, is_symbolic
from tinynn.ops import arguments

# ---- to a dictionary -------------------------------------------------------------------------------------------------


def describe(model):
    """{"layers": ..., "input_layers": ..., "output_layers": ...} of a functional model."""
    nodes = {}      # operation -> its calls that belong to the model, in order
    inside = {id(node) for node in model.graph.nodes}
    for operation in model.graph.operations:
        nodes[id(operation)] = [node for node in operation.inbound_nodes if id(node) in inside]
    place = _Places(nodes)
    return {"layers": [_entry(operation, nodes[id(operation)], place) for operation in model.graph.operations],
            "input_layers": nest.map_structure(place.outside, model.input),
            "output_layers": nest.map_structure(place.outside, model.output)}


class _Places:
    """Where symbolic tensors come from, with calls counted inside one model."""

    def __init__(self, nodes):
        self.nodes = nodes

    def of(self, x):
        """[name, call, output]."""
        operation, index, output = x.history
        calls = self.nodes[id(operation)]
        wanted = operation.inbound_nodes[index]
        return [operation.name, next(i for i, node in enumerate(calls) if node is wanted), output]

    def outside(self, x):
        """The same for an input or output of the model, where Keras counts the calls of inner models from 1."""
        name, index, output = self.of(x)
        return [name, index + _is_graph_layer(x.history.operation), output]


def _is_graph_layer(operation):
    return int(hasattr(operation, "graph"))


def _entry(operation, nodes, place):
    config = _op_config(operation) if isinstance(operation, OpCall) else serialize_keras_object(operation)
    config["name"] = operation.name     # in place: the same layer inside another one marks this entry as shared
    config["inbound_nodes"] = [{"args": [_plain(arg, place) for arg in node.args],
                                "kwargs": {key: _plain(arg, place) for key, arg in node.kwargs.items()}}
                               for node in nodes if node.inputs]
    return config


def _plain(argument, place):
    def one(leaf):
        if not is_symbolic(leaf):
            return _encoded(leaf)
        return {"class_name": "__keras_tensor__",
                "config": {"shape": list(leaf.shape), "dtype": str(leaf.dtype), "keras_history": place.of(leaf)}}

    return nest.map_structure(one, argument)


def _op_config(operation):
    """The entry of an op; its constants are in its configuration, as a primitive takes them after its inputs."""
    op = operation.op
    config = {"name": operation.name, "op": op.name, "attributes": [_encoded(a) for a in operation.attributes]}
    if isinstance(op, arguments.Composite):
        config["module"] = op.function.__module__
    return {"module": "tinynn.ops", "class_name": operation.kind, "config": config, "registered_name": None}


def _encoded(value):
    """A constant so that its type comes back: tuples and dtypes, which JSON does not have, are marked."""
    if isinstance(value, arguments.Call):
        return {"class_name": "__call__", "config": _encoded(value.template)}
    if isinstance(value, arguments.Slot):
        return {"class_name": "__slot__", "config": value.index}
    if isinstance(value, tuple):
        return {"class_name": "__tuple__", "config": [_encoded(item) for item in value]}
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    if isinstance(value, dtypes.DType):
        return {"class_name": "__dtype__", "config": value.name}
    if isinstance(value, dict):
        return {key: _encoded(item) for key, item in value.items()}
    return serialize_keras_object(value)


# ---- from a dictionary -----------------------------------------------------------------------------------------------


def is_graph(config):
    """Whether a configuration is that of a functional model."""
    return all(key in config for key in ("layers", "input_layers", "output_layers"))


def restore(cls, config, custom_objects=None):
    """A functional model of the class `cls` from its configuration.

    Raises:
        ValueError: where calls need each other in a circle, or a call is missing.
    """
    config = dict(config)
    entries, first, last = config.pop("layers"), config.pop("input_layers"), config.pop("output_layers")
    made = _Made(custom_objects)
    waiting = [(entry["name"], node) for entry in entries for node in entry["inbound_nodes"]]
    for entry in entries:
        made.add(entry)
    while waiting:
        left = [(name, node) for name, node in waiting if not made.call(name, node)]
        if len(left) == len(waiting):
            names = sorted({name for name, _ in left})
            missing = sorted(made.unknown)
            raise ValueError(f"Invalid Functional model configuration: the calls of the layers {names} "
                             + (f"need one that is not there. Missing node: {missing[0]}" if missing else
                                "need each other in a circle, or need a call that is missing (loops or disconnected "
                                "nodes)"))
        waiting = left
    return cls(made.tensors(first), made.tensors(last),
               **{key: value for key, value in config.items() if value is not None and key != "dtype"})


class _Made:
    """The layers made so far, and the symbolic tensors that their calls gave."""

    def __init__(self, custom_objects):
        self.custom_objects = custom_objects
        self.operations, self.results = {}, {}      # by name; results: per call the list of its outputs
        self.unknown = set()    # names that calls mention and no layer has

    def add(self, entry):
        """Makes the layer of an entry; an op is made when it is called."""
        name, class_name = entry["name"], entry["class_name"]
        if _is_op(entry):
            self.operations[name], self.results[name] = entry, []
            return
        named = "module" in entry or class_name in ("Functional", "Model", "Sequential")
        known = None if named else serialization.catalogues["keras.layers"]
        layer = deserialize_keras_object(entry, self.custom_objects, catalogue=known)
        if not isinstance(layer, Layer):
            raise ValueError(f"the configuration of {name!r} gives no layer: {class_name!r} made {layer!r}")
        self.operations[name] = layer
        self.results[name] = [node.outputs for node in layer.inbound_nodes if not node.inputs]

    def call(self, name, node):
        """Makes one call, if its inputs are there already; whether it did."""
        before = len(self.results[name])
        try:
            args, kwargs = self._arguments(node)
        except LookupError:
            return False
        operation = self.operations[name]
        result = _call_op(operation, args, kwargs) if isinstance(operation, dict) else operation(*args, **kwargs)
        self.results[name].append([x for x in nest.flatten(result) if is_symbolic(x)])
        return len(self.results[name]) > before

    def _arguments(self, node):
        if isinstance(node, dict):
            return [self._value(arg) for arg in node["args"]], {k: self._value(v) for k, v in node["kwargs"].items()}
        tensors = [self.tensor(*part[:3]) for part in node]     # Keras 2: [[name, call, output, kwargs], ...]
        return [tensors[0] if len(tensors) == 1 else tensors], dict(node[0][3]) if len(node[0]) > 3 else {}

    def _value(self, value):
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            return self.tensor(*value["config"]["keras_history"])
        if isinstance(value, dict) and "class_name" in value:
            return _decoded(value)
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        return [self._value(item) for item in value] if isinstance(value, (list, tuple)) else value

    def tensor(self, name, index, output):
        """The symbolic tensor of a place."""
        if name not in self.results:
            self.unknown.add(name)
        return self.results[name][index][output]

    def tensors(self, places):
        """The symbolic tensors of a structure of places."""
        if isinstance(places, dict):
            return {key: self.tensors(place) for key, place in places.items()}
        if len(places) == 3 and isinstance(places[0], str):
            name, index, output = places
            return self.tensor(name, index - _is_graph_layer(self.operations.get(name)), output)
        return (tuple if isinstance(places, tuple) else list)(self.tensors(place) for place in places)


def _is_op(entry):
    return entry.get("module") == "tinynn.ops" or str(entry.get("module", "")).startswith("keras.src.ops")


def _call_op(entry, args, kwargs):
    config = entry["config"]
    if "op" not in config:      # written by Keras: the class names the op, and all its arguments are in the call
        function = getattr(importlib.import_module("tinynn.keras.ops"), to_snake_case(entry["class_name"]), None)
        if entry["class_name"] == "GetItem":
            function, args = operator.getitem, [args[0], tuple(args[1]) if isinstance(args[1], list) else args[1]]
        if function is None:
            raise ValueError(f"the model uses keras.ops.{to_snake_case(entry['class_name'])}, which tinynn lacks")
        result = function(*args, **kwargs)
    elif "module" in config:
        if not config["module"].startswith("tinynn."):
            raise ValueError(f"the op {config['op']!r} is of the module {config['module']!r}, which is not tinynn's")
        function = getattr(importlib.import_module(config["module"]), config["op"])
        template = _decoded(config["attributes"][0]).template
        full, named = nest.map_structure(
            lambda leaf: args[leaf.index] if isinstance(leaf, arguments.Slot) else leaf, template)
        result = function(*full, **named)
    else:
        op, attributes = find(config["op"]), [_decoded(a) for a in config["attributes"]]
        result = op(*args, **dict(zip(op.attributes, attributes, strict=True))) if op.variadic \
            else op(*args, *attributes)
    for x in nest.flatten(result):
        if isinstance(x, KerasTensor):
            x.history.operation.name = entry["name"]
    return result


_READERS = {"__call__": lambda config: arguments.Call(_decoded(config)), "__slot__": arguments.Slot,
            "__tuple__": lambda config: tuple(_decoded(item) for item in config), "__dtype__": dtypes.as_dtype}


def _decoded(value):
    if isinstance(value, dict) and value.get("class_name") in _READERS:
        return _READERS[value["class_name"]](value["config"])
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _decoded(item) for key, item in value.items()}
    return deserialize_keras_object(value)
