"""Floor 8: tinynn and TensorFlow as `tinynn compare` meets them: which of their calls are noted.

A class for each gives {module: hook}; a hook is called with its module when that has been imported.
"""

import functools
import time

from notes import array, flat, mean


def replace(owner, name, around):
    """Puts `around(original, *args, **kwargs)` in the place of a method; returns what was there."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def replaced(*args, **kwargs):
        return around(original, *args, **kwargs)

    setattr(owner, name, replaced)
    return original


class Engine:
    """What both engines have, by the same names.

    Args:
        notes: a Notes.
    """

    def __init__(self, notes):
        self.notes = notes
        self.first = None       # when the first step of the `fit` that runs was made

    def within(self, call, *args, **kwargs):
        """A call whose inner calls are not noted."""
        self.notes.inside += 1
        try:
            return call(*args, **kwargs)
        finally:
            self.notes.inside -= 1

    def tape(self, owner):
        """Every gradient of variables may be a step."""
        notes = self.notes

        def gradient(original, tape, target, sources, *args, **kwargs):
            result = original(tape, target, sources, *args, **kwargs)
            if notes.inside and notes.function is None:
                return result
            variables = [v for v in flat(sources) if hasattr(v, "assign") and getattr(v, "trainable", True)]
            if notes.function is None and variables:
                notes.stepped(lambda: mean(flat(target)), variables)
            elif variables:
                notes.learning.add(notes.function)
                notes.keep(variables)
            return result

        replace(owner, "gradient", gradient)

    def function(self, owner):
        """A call of a tf.function that computes gradients of variables is a step."""
        notes = self.notes

        def call(original, function, *args, **kwargs):
            if notes.inside:
                return original(function, *args, **kwargs)
            notes.function = id(function)
            try:
                result = self.within(original, function, *args, **kwargs)
            finally:
                notes.function = None
            if id(function) in notes.learning:
                notes.stepped(lambda: mean(flat(result)[:1]))
            return result

        replace(owner, "__call__", call)

    def dataset(self, owner):
        """A dataset that is iterated over begins an epoch."""
        notes = self.notes

        def iterate(original, dataset):
            if not notes.inside:
                notes.passes_over_data()
            return original(dataset)

        replace(owner, "__iter__", iterate)

    def model(self, owner):
        """`fit` is a training; `train_on_batch` is a step."""
        notes = self.notes

        def fit(original, model, *args, **kwargs):
            if notes.inside:
                return original(model, *args, **kwargs)
            self.fit_begins()
            steps, begin = steps_of(model), time.perf_counter()
            history = self.within(original, model, *args, **kwargs)
            end = time.perf_counter()
            notes.fitted(begin, end, self.first, history, steps_of(model) - steps, model.weights)
            return history

        def train_on_batch(original, model, *args, **kwargs):
            result = self.within(original, model, *args, **kwargs)
            if not notes.inside:
                notes.stepped(lambda: float(flat(result)[0]))
                notes.keep(model.weights)
            return result

        replace(owner, "fit", fit)
        replace(owner, "train_on_batch", train_on_batch)

    def fit_begins(self):
        """Before each `fit`."""
        self.first = None

    def optimizer(self, owner):
        """The first update that is not part of a graph ends the first step."""
        self.updates = owner

        def apply(original, *args, **kwargs):
            result = original(*args, **kwargs)
            if not self.in_graph():
                self.updates.apply = self.plain_apply
                self.first = time.perf_counter()
                self.notes.updated(self.first)
            return result

        self.plain_apply = replace(owner, "apply", apply)
        self.noted_apply = owner.apply

    def initializers(self, module):
        """What random initializers give is kept."""
        def draw(original, initializer, shape, *args, **kwargs):
            result = original(initializer, shape, *args, **kwargs)
            if hasattr(initializer, "seed"):
                value = array(result)
                if value is None and isinstance(initializer.seed, int):     # in a graph; the seed gives it again
                    value = self.at_once(lambda: original(initializer, shape, *args, **kwargs))
                self.notes.drew(type(initializer).__name__, shape, self.notes.line(), value)
            return result

        kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and hasattr(kind, "get_config")]
        for owner in {base for kind in kinds for base in kind.__mro__ if "__call__" in vars(base)}:
            replace(owner, "__call__", draw)


class Tinynn(Engine):
    """tinynn, whose modules are imported when they are first needed."""

    def hooks(self):
        """{module: hook}."""
        by_module = {"tinynn": lambda module: self.tape(module.GradientTape),
                     "tinynn.graph.function": lambda module: self.function(module.Function),
                     "tinynn.data.dataset": lambda module: self.dataset(module.Dataset),
                     "tinynn.keras.models.model": lambda module: self.model(module.Model),
                     "tinynn.keras.optimizers.base": lambda module: self.optimizer(module.Optimizer)}
        return {**by_module, "tinynn.keras.initializers": self.initializers} if self.notes.exact else by_module

    def fit_begins(self):
        """The first step of `fit` runs op by op, and with it the optimizer's update."""
        self.first = None
        self.updates.apply = self.noted_apply

    def in_graph(self):
        """There are none."""
        return False

    def at_once(self, make):
        """The value of what is made; there are no graphs to step out of."""
        return array(make())


class TensorFlow(Engine):
    """TensorFlow with Keras 3."""

    def hooks(self):
        """{module: hook}."""
        return {"tensorflow": self.tensorflow, "keras": self.keras}

    def tensorflow(self, module):
        """`tensorflow` was imported."""
        self.engine = module
        self.tape(module.GradientTape)
        self.function(type(module.function(lambda: None)))
        self.dataset(module.data.Dataset)

    def keras(self, module):
        """`keras` was imported, on its own or with tensorflow."""
        self.model(module.Model)
        self.optimizer(module.optimizers.Optimizer)
        replace(module.Model, "make_train_function", self.first_of)
        if self.notes.exact:
            self.initializers(module.initializers)

    def in_graph(self):
        """Whether TensorFlow traces a function."""
        return not self.engine.executing_eagerly()

    def at_once(self, make):
        """The value of what is made, outside of all graphs."""
        with self.engine.init_scope():
            return array(make())

    def first_of(self, original, model, *args, **kwargs):
        """Keras calls this before the first epoch: the first call of what it makes is the first step."""
        original(model, *args, **kwargs)
        step = model.train_function

        def once(iterator):
            result = step(iterator)
            self.first, model.train_function = time.perf_counter(), step
            return result

        model.train_function = once


def steps_of(model):
    """How many updates the optimizer of a model has made."""
    optimizer = getattr(model, "optimizer", None)
    return 0 if optimizer is None else int(optimizer.iterations.numpy())
