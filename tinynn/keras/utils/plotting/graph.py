"""Floor 7: what a picture of a model shows."""

from dataclasses import dataclass, field

from tinynn.core import nest


@dataclass
class Options:
    """What a box tells."""

    shapes: bool = False
    dtype: bool = False
    names: bool = False
    activations: bool = False
    trainable: bool = False


@dataclass
class Box:
    """A layer, or an inner model with its `inside`.

    Attributes:
        kind: the class's name.
        name: the layer's name, or "" where it is not shown.
        role: "input", "weights", "merge", "model" or "plain"; the colour goes by it.
        cells: (label, lines) below the title.
    """

    key: int
    kind: str
    name: str
    role: str
    cells: list = field(default_factory=list)
    inside: "Graph | None" = None


@dataclass
class Arrow:
    """From output number `output` of a box to input number `input` of another; boxes by their place in the list."""

    source: int
    target: int
    output: int = 0
    input: int = 0


@dataclass
class Graph:
    """Boxes and arrows; `entries` and `exits` are the boxes of the inputs and outputs."""

    name: str
    boxes: list
    arrows: list
    entries: list
    exits: list


def graph_of(model, options, expand_nested=False):
    """The graph of a built model. A model that is neither a row nor a graph of layers is one box."""
    parts = _parts(model)
    if parts is None:
        return Graph(model.name, [_box(model, options)], [], [0], [0])
    operations, links, entries, exits = parts
    boxes = []
    for operation in operations:
        box = _box(operation, options)
        if expand_nested and _parts(operation) is not None:
            box.inside = graph_of(operation, options, True)
        boxes.append(box)
    return Graph(model.name, boxes, links, entries, exits)


def _parts(model):
    """(operations, arrows, entries, exits) of a model made of calls, or None."""
    if not hasattr(model, "layers") or not model.built:
        return None
    if hasattr(model, "add") and hasattr(model, "pop"):     # a Sequential
        layers = list(model.layers)
        if not layers:
            return None
        arrows = [Arrow(i, i + 1) for i in range(len(layers) - 1)]
        return layers, arrows, [0], [len(layers) - 1]
    graph = getattr(model, "graph", None)
    if graph is None:
        return None
    operations = list(graph.operations)
    place = {id(operation): i for i, operation in enumerate(operations)}
    given, arrows = {id(x) for x in model.inputs}, {}
    for node in graph.nodes:
        if all(id(x) in given for x in node.outputs):
            continue
        for k, x in enumerate(node.inputs):
            source, target = place[id(x.history.operation)], place[id(node.operation)]
            arrows.setdefault((source, target, x.history.tensor_index, k), Arrow(source, target,
                                                                                 x.history.tensor_index, k))
    ends = [[place[id(x.history.operation)] for x in tensors] for tensors in (model.inputs, model.outputs)]
    return operations, list(arrows.values()), *ends


def _box(operation, options):
    kind = getattr(operation, "kind", None) or type(operation).__name__
    return Box(id(operation), kind, operation.name if options.names else "", _role(operation, kind),
               list(_cells(operation, kind, options)))


def _role(operation, kind):
    if kind == "InputLayer":
        return "input"
    if hasattr(operation, "layers") and hasattr(operation, "fit"):
        return "model"
    if any(len(node.inputs) > 1 for node in getattr(operation, "inbound_nodes", [])):
        return "merge"
    return "weights" if getattr(operation, "weights", None) else "plain"


def _cells(operation, kind, options):
    node = operation.inbound_nodes[0] if getattr(operation, "inbound_nodes", None) else None
    if options.activations and hasattr(operation, "activation"):
        activation = operation.activation
        yield "Activation", [getattr(activation, "name", None) or getattr(activation, "__name__", None)
                             or type(activation).__name__]
    if options.shapes:
        if kind != "InputLayer":
            yield "Input shape", _shapes(node.inputs if node else getattr(operation, "inputs", None))
        yield "Output shape", _shapes(nest.flatten(node.result) if node else getattr(operation, "outputs", None))
    if options.dtype:
        made = nest.flatten(node.result) if node else getattr(operation, "outputs", None)
        types = list(dict.fromkeys(str(getattr(x, "dtype", "?")) for x in made or []))
        yield "Output dtype", [", ".join(types) or str(getattr(operation, "compute_dtype", "?"))]
    if options.trainable and getattr(operation, "weights", None):
        yield "Weights", ["trainable" if operation.trainable else "frozen"]


def _shapes(tensors):
    lines = [f"({', '.join(map(str, x.shape))}{',' if len(x.shape) == 1 else ''})" for x in tensors or []
             if getattr(x, "shape", None) is not None]
    if len(lines) > 4:
        lines = [*lines[:3], f"and {len(lines) - 3} more"]
    return lines or ["?"]
