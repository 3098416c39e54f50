"""Floor 7: where a model lives: on the device of its weights, or, until it is built, where it was made."""

import functools

from tinynn.autodiff.tensor import current, on_gpu
from tinynn.backends.gpu import ANYWHERE, CPU, copied, in_use
from tinynn.core import nest
from tinynn.ops.placement import at, move


def home_of(layer):
    """The place of a layer: that of its first variable; before it has one, where it was made."""
    if not in_use():
        return CPU
    first = layer.collected("first", lambda: next(iter(layer.variables), None))
    if first is not None:
        return first.place
    made = vars(layer).get("_place", ANYWHERE)
    return max(current() if made == ANYWHERE else made, CPU)


def where_made(layer):
    """A context in which a layer makes its weights: the device that `tf.device` names, or where the layer was made."""
    return at(vars(layer).get("_place", ANYWHERE) if current() == ANYWHERE else current())


def brought(batch, place):
    """A batch of tensors at a place."""
    return nest.map_structure(lambda t: None if t is None else move(t, place), batch)


def copy_of(variable):
    """The values of a variable, as a NumPy array of one's own, or as a tensor on its GPU."""
    return variable.numpy() if variable.place == CPU else on_gpu(copied(variable.array()))


def settle(model, place):
    """Moves what belongs to a model but was made elsewhere: metrics, and the state of its optimizer."""
    for variable in model.metrics_variables if model.compiled else ():
        variable.move_to(place)
    if model.optimizer is not None:
        model.optimizer.settle(place)


def at_home(method):
    """Makes a method of a model run where the model lives, so that what it makes is made there."""

    @functools.wraps(method)
    def wrapper(self, *args, **kwargs):
        if not in_use():
            return method(self, *args, **kwargs)
        place = home_of(self)
        settle(self, place)
        with at(place):
            return method(self, *args, **kwargs)

    return wrapper
