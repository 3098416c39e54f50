"""Floor 7: the layers of a model, listened to while it runs."""

from tinynn.autodiff.listener import Listener
from tinynn.core import nest
from tinynn.keras.context import context

# The ops that bend a layer's output; their names are those of the activations.
ACTIVATIONS = frozenset({"elu", "gelu", "hard_sigmoid", "leaky_relu", "log_softmax", "relu", "relu6", "selu", "sigmoid",
                         "silu", "softmax", "softplus", "softsign", "tanh"})


class Call:
    """One call of a layer, or of an activation outside any layer.

    Attributes:
        layer: the Layer; None for an activation on its own, whose name is `activation`.
        number: which call of this layer it is, from 1.
        inputs, outputs: tensors, as flat lists.
        activation: the name of the activation that made the output, or None.
    """

    def __init__(self, layer, number, inputs, outputs, activation):
        self.layer, self.number, self.activation = layer, number, activation
        self.inputs, self.outputs = _tensors(inputs), _tensors(outputs)


class Trace:
    """A context that notes the calls of a model's layers, in the order in which they end.

    A layer that calls others has an entry of its own only where it has weights of its own, or makes its output by
    itself. Activations that are called as functions have entries as well.

    Attributes:
        calls: the list of Calls.
    """

    def __init__(self, model):
        self.model, self.calls = model, []
        self._running, self._bent, self._numbers = [], [], {}
        self._listener = Listener(self._hear)

    def __enter__(self):
        self._before, context.around = context.around, self._around
        for layer in self.model._flatten_layers():
            layer.__dict__["_swift"] = None     # a call on the short way tells nobody
        self._listener.__enter__()
        return self

    def __exit__(self, *exception):
        self._listener.__exit__(*exception)
        context.around = self._before

    def _around(self, layer, inputs, call):
        inside, bent = len(self.calls), len(self._bent)
        self._running.append(layer)
        try:
            outputs = call()
        finally:
            self._running.pop()
        if self._has_entry(layer, outputs, self.calls[inside:]):
            number = self._numbers[id(layer)] = self._numbers.get(id(layer), 0) + 1
            activation = next((name for name, made in reversed(self._bent[bent:]) if made is outputs), None)
            self.calls.append(Call(layer, number, inputs, outputs, activation))
        return outputs

    def _has_entry(self, layer, outputs, inside):
        if not inside:
            return True
        if layer.only_layers:
            return False
        made = {id(t) for call in inside for t in call.outputs}
        return bool(layer.own_trainable()) or any(id(t) not in made for t in _tensors(outputs))

    def _hear(self, name, read, made):
        if name not in ACTIVATIONS or context.entry is None or context.placeholder:
            return
        self._bent.append((name, made[0]))
        if not self._running or self._running[-1].sublayers():
            self.calls.append(Call(None, 1, read[:1], made, name))


def _tensors(structure):
    return [leaf for leaf in nest.flatten(structure) if hasattr(leaf, "extents")]
