"""Floor 7: where Keras's files keep the variables of a model, as `layers/dense_1/vars/0`."""

from tinynn.keras.layers.tracking import Stateful, is_metric
from tinynn.keras.naming import to_snake_case
from tinynn.keras.variable import path_of


def places(model):
    """{place: variable} of all weights and of the metrics in attributes, where Keras 3 has them in its files.

    A layer's own variables are numbered, the trainable ones first. The layers of a Sequential or functional model stand
    under `layers`, named after their classes; other layers stand under the attribute that holds them.
    """
    found, seen = {}, set()

    def visit(thing, path):
        if id(thing) in seen:
            return
        seen.add(id(thing))
        if isinstance(thing, (list, tuple, dict)):
            visit_all(thing.values() if isinstance(thing, dict) else thing, path)
        elif isinstance(thing, Stateful):
            found.update((f"{path}vars/{i}", variable) for i, variable in enumerate(thing.own_variables()))
            if thing.only_layers:
                visit_all(thing.layers, f"{path}layers/")
            for name, value in sorted(vars(thing).items()):
                if name not in thing._untracked and not name.startswith("__"):
                    visit(value, f"{path}{name}/")
        elif is_metric(thing):
            found.update((f"{path}vars/{i}", variable) for i, variable in enumerate(thing.variables))

    def visit_all(things, path):
        counts = {}
        for thing in things:
            inside = isinstance(thing, (list, tuple, dict))
            if inside or isinstance(thing, Stateful) or is_metric(thing):
                name = "container" if inside else to_snake_case(type(thing).__name__)
                count = counts[name] = counts.get(name, -1) + 1
                visit(thing, f"{path}{name}_{count}/" if count else f"{path}{name}/")

    visit(model, "")
    known = {id(variable) for variable in found.values()}
    found.update((path_of(v), v) for v in model.weights if id(v) not in known)      # nothing is left out
    return found
