"""Floor 7: a layer seen as a step of a functional model: its inputs, its outputs, its shapes."""

from tinynn.core import nest
from tinynn.keras import symbolic
from tinynn.keras.symbolic import KerasTensor


class GraphView:
    """The part of a layer that knows where it was called on symbolic tensors."""

    @property
    def _inbound_nodes(self):
        return self.inbound_nodes

    def _only_node(self, what):
        nodes = self.inbound_nodes
        if not nodes:
            raise AttributeError(f"the layer {self.name!r} has no {what}: it has not been called on a keras.Input")
        return nodes[0]

    @property
    def input(self):
        """The symbolic tensor (or tensors) of its first call."""
        inputs = self._only_node("input").inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    @property
    def output(self):
        """What its first call gave."""
        return self._only_node("output").result

    @property
    def input_shape(self):
        """The shape of `input`."""
        return nest.map_structure(lambda x: x.shape, self.input)

    @property
    def output_shape(self):
        """The shape of `output`."""
        return nest.map_structure(lambda x: x.shape, self.output)

    def compute_output_spec(self, *args, **kwargs):
        """The symbolic tensors that a call would give; no step is added to a model."""
        if not self.built:
            self._build_for(args, kwargs)
        return symbolic.infer(self._dry_call, args, kwargs)

    def compute_output_shape(self, input_shape):
        """The shape of the output for a shape (or shapes) of the input."""
        inputs = map_shapes(lambda shape: KerasTensor(shape, self.compute_dtype), input_shape)
        return nest.map_structure(lambda x: x.shape, self.compute_output_spec(inputs))


def is_shape(value):
    """Whether it is a tuple or list of extents."""
    return isinstance(value, (tuple, list)) and all(n is None or isinstance(n, int) for n in value)


def map_shapes(function, shapes):
    """Applies a function to every shape of a structure."""
    if is_shape(shapes):
        return function(tuple(shapes))
    if isinstance(shapes, dict):
        return {key: map_shapes(function, shape) for key, shape in shapes.items()}
    return type(shapes)(map_shapes(function, shape) for shape in shapes)
