"""Floor 7: what a program trains: its first call of `fit`, caught before it runs."""

import inspect

from tinynn.keras.journal import Journal
from tinynn.keras.sweep.training import Training
from tinynn.keras.training.trainer import Trainer


class Caught(BaseException):    # no Exception, so that a program's own `except Exception` lets it pass
    """A program came to its first `fit`.

    Attributes:
        model: the model.
        arguments: what `fit` was given, by name.
    """

    def __init__(self, model, arguments):
        super().__init__("the program called fit")
        self.model, self.arguments = model, arguments

    def training(self, epochs=None):
        """The Training that the program asked for, perhaps with another number of epochs."""
        given = dict(self.arguments)
        x, y = given.pop("x", None), given.pop("y", None)
        if epochs is not None:
            given["epochs"] = given.get("initial_epoch", 0) + epochs
        return Training(x, y, given, Trainer.fit)


class FirstFit:
    """A context in which `fit` raises Caught. It gives the Journal of what is made within it."""

    def __enter__(self):
        self.fit, self.journal = Trainer.fit, Journal()
        Trainer.fit = _caught
        return self.journal.__enter__()

    def __exit__(self, *exception):
        Trainer.fit = self.fit
        self.journal.__exit__()


_signature = inspect.signature(Trainer.fit)


def _caught(self, *args, **kwargs):
    self._must_be_compiled("fit")
    arguments = _signature.bind(self, *args, **kwargs).arguments
    raise Caught(arguments.pop("self"), arguments)
