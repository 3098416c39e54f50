"""Floor 7: how a model begins for a seed: made by a function, or copied from one that a program made."""

import copy

import numpy as np

from tinynn.keras.journal import Given, Journal
from tinynn.keras.random import set_random_seed
from tinynn.keras.training import loop
from tinynn.keras.training.trainer import Trainer


class SweepError(Exception):
    """The model cannot begin anew from another seed."""


class Made:
    """Begins with what a function makes.

    Args:
        make_model: a function without arguments that gives a compiled model.
    """

    trusted = True      # what it makes is what a seed means

    def __init__(self, make_model):
        if not callable(make_model) or isinstance(make_model, Trainer):
            raise TypeError("make_model is a function that makes and compiles a model, for every seed a new one, got "
                            f"{make_model!r}")
        self.make_model = make_model

    def __call__(self, seed):
        """(model, its Journal): as a program that begins with `set_random_seed(seed)` makes it."""
        set_random_seed(seed)
        with Journal() as journal:
            model = self.make_model()
        if not isinstance(model, Trainer) or not model.compiled:
            advice = "call model.compile(...) in it" if isinstance(model, Trainer) else "return the model"
            raise TypeError(f"make_model gives a compiled model, got {model!r}; {advice}")
        journal.settle(variables_of(model))
        return model, journal


class Copied:
    """Begins with a copy of a model, whose initializers draw anew.

    Args:
        model: a compiled model that was not trained yet.
        journal: what was noted while it was made.
        source: the ArrayBatches that it will be trained on.

    Raises:
        SweepError: a weight came by its values in a way that cannot be done again.
    """

    trusted = False     # whether a copy begins as the program would is checked

    def __init__(self, model, journal, source):
        if not model.built:
            with journal:
                loop.build(model, next(iter(source))[0])
        variables = variables_of(model)
        journal.settle(variables)
        journal.begin_with(variables)
        for entry in journal.entries:
            if type(entry) is Given and entry.variable.trainable and not _uniform(entry.value):
                raise SweepError(f"the weight {_name(entry.variable)} got its values from no initializer, so there is "
                                 "no way to draw others: make it with add_weight(initializer=...), or write a function "
                                 "that makes the model, for tinynn.sweep")
        self.pristine = model, journal

    def __call__(self, seed):
        """(model, its Journal): as if the program called `set_random_seed(seed)` right before it makes the model."""
        try:
            model, journal = copy.deepcopy(self.pristine)
        except TypeError as error:
            raise SweepError(f"the model cannot be copied: {error}") from error
        set_random_seed(seed)
        for entry in journal.entries:
            entry.again()
        return model, journal


def variables_of(model):
    """All that training may change, and that training begins with."""
    found = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return list({id(variable): variable for variable in found}.values())


def _uniform(value):
    return np.all(value == value.reshape(-1)[:1])


def _name(variable):
    return repr(getattr(variable, "path", variable.name))
