"""Floor 7: a step that was taken, as a list of what each layer saw."""

from tinynn.keras import notes
from tinynn.keras.insight.numbers import LayerStep, activation_numbers, norm, rms, weight_step
from tinynn.keras.variable import path_of


def layer_steps(step):
    """The LayerSteps of a Step, in the order of the forward pass; then layers with weights that were not called."""
    before, after = ({id(v): values for v, values in pairs} for pairs in (step.before, step.after))
    seen, rows = set(), []

    def weights_of(layer):
        own = [v for v in layer.own_trainable() if id(v) in before and id(v) not in seen]
        seen.update(map(id, own))
        return tuple(weight_step(path_of(v), before[id(v)], after[id(v)], step.gradients.get(id(v))) for v in own)

    for call in step.trace.calls:
        rows.append(_row(step, call, () if call.layer is None else weights_of(call.layer)))
    for layer in step.model._flatten_layers():
        weights = weights_of(layer)
        if weights:
            rows.append(LayerStep(layer.name, type(layer).__name__, 0, weights=weights))
    return rows


def _row(step, call, weights):
    layer = call.layer
    name, kind = (call.activation,) * 2 if layer is None else (layer.name, type(layer).__name__)
    outputs = [t.numpy() for t in call.outputs]
    raw = [t.numpy() for t in call.inputs if id(t) in step.raw and t.dtype.is_floating]
    gradient, of_logits = _by_output(step.by_output, call.outputs)
    found = activation_numbers(outputs, call.activation) if outputs else {}
    found["input_rms"] = max(map(rms, raw), default=None)
    return LayerStep(name, kind, call.number, _shapes(call.inputs), _shapes(call.outputs), call.activation, **found,
                     gradient=gradient, of_logits=of_logits, weights=weights)


def _by_output(gradients, outputs):
    """(norm of the gradient by outputs, whether it is that by their logits)."""
    for tensors in (outputs, [notes.logits.get(t) for t in outputs]):
        found = [norm(gradients[id(t)]) for t in tensors if id(t) in gradients]
        if found:
            return norm(found), tensors is not outputs
    return None, False


def _shapes(tensors):
    shapes = [tuple(t.shape) for t in tensors]
    return shapes[0] if len(shapes) == 1 else shapes
