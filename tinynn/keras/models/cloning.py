"""Floor 7: the same model with weights of its own."""

from tinynn.core import nest
from tinynn.keras.layers.core import Input, InputLayer
from tinynn.keras.layers.layer import Layer
from tinynn.keras.models.functional import Functional
from tinynn.keras.models.sequential import Sequential
from tinynn.keras.symbolic import is_symbolic


def clone_model(model, input_tensors=None, clone_function=None):
    """A model like `model`, whose layers are new and start with new weights.

    Args:
        model: a functional or Sequential model.
        input_tensors: symbolic tensors to use as inputs.
        clone_function: f(layer), makes the new layer; by default from the old one's configuration.

    Raises:
        ValueError: for a subclassed model, which only its own code can make.
    """
    copy = clone_function or (lambda layer: type(layer).from_config(layer.get_config()))
    if isinstance(model, Sequential):
        layers = [layer if isinstance(layer, InputLayer) else copy(layer) for layer in model.layers]
        first = [Input(batch_shape=model.input_shape, dtype=model.inputs[0].dtype)] if model._graph is not None else []
        return Sequential([*(input_tensors or first), *layers], name=model.name)
    if isinstance(model, Functional):
        return _clone_graph(model, copy, input_tensors)
    raise ValueError(f"clone_model copies functional and Sequential models; {type(model).__name__} is made by its own "
                     "code, so make a new object of the class")


def _clone_graph(model, copy, input_tensors):
    inputs = nest.flatten(input_tensors) if input_tensors is not None else [
        Input(batch_shape=x.shape, dtype=x.dtype, name=name)
        for x, name in zip(model.inputs, model.input_names, strict=True)]
    table = {id(old): new for old, new in zip(model.inputs, inputs, strict=True)}
    made = {}
    for node in model.graph.nodes:
        if all(id(x) in table for x in node.outputs):
            continue
        old = node.operation
        if id(old) not in made:
            made[id(old)] = copy(old) if isinstance(old, Layer) else old
        args, kwargs = nest.map_structure(lambda leaf: table[id(leaf)] if is_symbolic(leaf) else leaf,
                                          (node.args, node.kwargs))
        result = made[id(old)](*args, **kwargs)
        table.update((id(a), b) for a, b in zip(node.outputs, nest.flatten(result), strict=True))
    return type(model)(nest.pack_sequence_as(model.input, inputs) if not is_symbolic(model.input) else inputs[0],
                       nest.map_structure(lambda x: table[id(x)], model.output), name=model.name)
