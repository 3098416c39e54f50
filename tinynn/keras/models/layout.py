"""Floor 7: where Keras's files keep the variables of a model, as `layers/dense_1/vars/0`."""

from tinynn.keras.layers.tracking import Stateful, is_metric
from tinynn.keras.naming import to_snake_case
from tinynn.keras.variable import path_of


def places(model):
    """{place: variable} of all weights and of the metrics in attributes, where Keras 3 has them in its files."""
    found = {f"{path}vars/{i}": v for path, thing in owners(model) for i, v in enumerate(own_variables(thing))}
    known = {id(variable) for variable in found.values()}
    found.update((path_of(v), v) for v in model.weights if id(v) not in known)      # nothing is left out
    return found


def own_variables(thing):
    """The variables of a layer itself, the trainable ones first; or those of a metric or optimizer."""
    return thing.own_variables() if isinstance(thing, Stateful) else list(thing.variables)


def owners(root, path="", seen=None):
    """(path, layer or metric) for all in a layer, or in a list or dict, each once.

    The layers of a Sequential or functional model stand under `layers`, named after their classes; other layers stand
    under the attribute that holds them.
    """
    seen = set() if seen is None else seen
    if id(root) in seen:
        return
    seen.add(id(root))
    if isinstance(root, (list, tuple, dict)):
        yield from _owners_in(root.values() if isinstance(root, dict) else root, path, seen)
    elif isinstance(root, Stateful):
        yield path, root
        if root.only_layers:
            yield from _owners_in(root.layers, f"{path}layers/", seen)
        for name, value in sorted(vars(root).items()):
            if name not in root._untracked and not name.startswith("__"):
                yield from owners(value, f"{path}{name}/", seen)
    elif is_metric(root):
        yield path, root


def _owners_in(things, path, seen):
    counts = {}
    for thing in things:
        inside = isinstance(thing, (list, tuple, dict))
        if inside or isinstance(thing, Stateful) or is_metric(thing):
            name = "container" if inside else to_snake_case(type(thing).__name__)
            count = counts[name] = counts.get(name, -1) + 1
            yield from owners(thing, f"{path}{name}_{count}/" if count else f"{path}{name}/", seen)
