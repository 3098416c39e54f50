"""Floor 7: where a symbolic tensor comes from."""

from tinynn.keras.symbolic import KerasTensor, node_of


def is_keras_tensor(x):
    """Whether x is a symbolic tensor, as `keras.Input` and layers on it make them."""
    return isinstance(x, KerasTensor)


def get_source_inputs(tensor):
    """The inputs that a symbolic tensor is computed from, in the order in which they are met."""
    found, seen, waiting = [], set(), [tensor]
    while waiting:
        x = waiting.pop()
        if id(x) in seen or not is_keras_tensor(x):
            continue
        seen.add(id(x))
        node = node_of(x) if x.history is not None else None
        if node is None or not node.inputs:
            found.append(x)
        else:
            waiting.extend(reversed(node.inputs))
    return found
