"""Floor 7: where Keras's files keep the variables of a model, as `layers/dense_1/vars/0`."""

from tinynn.keras.layers.layer import Layer
from tinynn.keras.layers.tracking import Stateful, is_metric
from tinynn.keras.naming import to_snake_case
from tinynn.keras.variable import path_of


def places(model):
    """{place: variable} of the weights and of the metrics in attributes, where Keras 3 has them in its files.

    A layer's own variables are numbered, the trainable ones first. Those of the layers that save themselves are not
    among them.
    """
    found, known = {}, set()
    for path, thing in owners(model):
        variables = thing.own_variables() if isinstance(thing, Stateful) else thing.variables
        known.update(id(variable) for variable in variables)
        if not saves_itself(thing):
            found.update((f"{path}vars/{i}", variable) for i, variable in enumerate(variables))
    found.update((path_of(v), v) for v in model.weights if id(v) not in known)      # nothing is left out
    return found


def saves_itself(thing):
    """Whether a layer of the user's says itself what is saved, with `save_own_variables`."""
    return isinstance(thing, Layer) and type(thing).save_own_variables is not Layer.save_own_variables


def owners(thing, path="", seen=None):
    """(path, layer or metric) for all in a layer, or in a list or dict, each once.

    The layers of a Sequential or functional model stand under `layers`, named after their classes; other layers stand
    under the attribute that holds them.
    """
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, (list, tuple, dict)):
        yield from _owners_in(thing.values() if isinstance(thing, dict) else thing, path, seen)
    elif isinstance(thing, Stateful):
        yield path, thing
        if thing.only_layers:
            yield from _owners_in(thing.layers, f"{path}layers/", seen)
        for name, value in sorted(vars(thing).items()):
            if name not in thing._untracked and not name.startswith("__"):
                yield from owners(value, f"{path}{name}/", seen)
    elif is_metric(thing):
        yield path, thing


def _owners_in(things, path, seen):
    counts = {}
    for thing in things:
        inside = isinstance(thing, (list, tuple, dict))
        if inside or isinstance(thing, Stateful) or is_metric(thing):
            name = "container" if inside else to_snake_case(type(thing).__name__)
            count = counts[name] = counts.get(name, -1) + 1
            yield from owners(thing, f"{path}{name}_{count}/" if count else f"{path}{name}/", seen)
