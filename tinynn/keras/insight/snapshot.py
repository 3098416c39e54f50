"""Floor 7: all that a training step changes, kept, so that the step can be taken back."""

import random as python_random

import numpy as np

from tinynn import ops
from tinynn.keras import random
from tinynn.keras.optimizers import Optimizer

_PLAIN = (bool, int, float, str)    # attributes of a model that a step of its own may count with


class Snapshot:
    """The variables of a model, its metrics and its optimizers, with the state of all random numbers.

    As a context it restores everything at the end. Optimizers and the compiled loss are kept with their attributes as
    well, for a first step builds them.
    """

    def __init__(self, model):
        self.model = model
        optimizers = [o for o in vars(model).values() if isinstance(o, Optimizer)]
        optimizers += [o.inner_optimizer for o in optimizers if hasattr(o, "inner_optimizer")]
        variables = [*model.variables, *model.metrics_variables, *(v for o in optimizers for v in o.variables)]
        self.values = [(v, v.numpy()) for v in {id(v): v for v in variables}.values()]
        parts = [part for part in (*optimizers, model._compile_loss) if part is not None]
        self.parts = [(part, _copied(vars(part))) for part in parts]
        self.plain = {name: value for name, value in vars(model).items() if type(value) in _PLAIN}
        self.random = ops.random_state(), random.position(), python_random.getstate(), np.random.get_state()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.restore()

    def restore(self):
        """Gives everything the values that it had."""
        for part, attributes in self.parts:
            vars(part).clear()
            vars(part).update(_copied(attributes))
        for variable, value in self.values:
            variable.assign(value)
        vars(self.model).update(self.plain)
        state, position, python, numpy = self.random
        ops.set_random_state(state)
        random.return_to(position)
        python_random.setstate(python)
        np.random.set_state(numpy)


def _copied(attributes):
    """Attributes whose lists and dicts are copies, for these change in place."""
    return {name: type(value)(value) if type(value) in (list, dict, set) else value
            for name, value in attributes.items()}
