"""Floor 7: the arguments of a `fit`, ready for one model after another."""

import copy
import inspect

from tinynn.keras.training import loop
from tinynn.keras.training.arrays import cut, is_stream, split
from tinynn.keras.training.data import unpack
from tinynn.keras.training.trainer import Trainer

# arguments that say what the batches are, which prepared batches know already
_OF_BATCHES = ("self", "x", "y", "sample_weight", "class_weight", "batch_size", "shuffle", "validation_split",
               "validation_batch_size", "validation_data", "callbacks", "verbose")
WARM_UP = 5     # epochs in which every kind of step is recorded


class Training:
    """What `fit` is given for every seed.

    Args:
        x, y, arguments: of `fit`.
        fit: the `fit` to call, a function of a model and those; a model's own by default.

    Raises:
        TypeError: an argument that `fit` does not take.
        ValueError: x is no array: a generator is used up by the first fit, and a dataset goes on shuffling.

    Attributes:
        source: the batches, as `ArrayBatches`.
        epochs: how many.
        in_python: None, or why Python takes part in every epoch.
    """

    def __init__(self, x, y, arguments, fit=None):
        bound = inspect.signature(Trainer.fit).bind(None, x, y, **arguments)
        bound.apply_defaults()
        given = bound.arguments
        if x is None or is_stream(x):
            raise ValueError("a sweep trains on arrays, which are the same for every seed, got x of type "
                             f"{type(x).__name__}; give x and y as arrays or tensors")
        self.x, self.y, self.arguments, self.fit = x, y, {**arguments, "verbose": 0}, fit
        self.callbacks = given["callbacks"]
        self.epochs = given["epochs"] - given["initial_epoch"]
        if self.epochs < 1:
            raise ValueError(f"a sweep trains for at least one epoch, got epochs={given['epochs']} from "
                             f"initial_epoch={given['initial_epoch']} on")
        self.source, self.validation = _prepared(given)
        self.prepared = {name: value for name, value in given.items() if name not in _OF_BATCHES}
        self.in_python = _in_python(given)

    def anew(self, model):
        """The history of a plain `fit` of a model."""
        given = {**self.arguments, "callbacks": copy.deepcopy(self.callbacks)}
        fit = self.fit or type(model).fit
        return fit(model, self.x, self.y, **given).history

    def batches(self):
        """(training batches, validation batches or None), which belong to the caller."""
        return copy.copy(self.source), copy.copy(self.validation)

    def again(self, model, source, validation):
        """The same with batches of `batches`."""
        return Trainer.fit(model, source, verbose=0, validation_data=validation, **self.prepared).history

    def warm_up(self, model):
        """Trains a model on a few samples, in batches of the sizes that all of them are cut into."""
        source, (_, validation) = self.source, self.batches()
        x, y, weight = cut(source.structure, slice(source.batch_size + source.size % source.batch_size))
        Trainer.fit(model, x, y, sample_weight=weight, batch_size=source.batch_size, epochs=WARM_UP, verbose=0,
                    validation_data=validation)


def _prepared(given):
    """(training batches, validation batches or None)."""
    data, validation = (given["x"], given["y"], given["sample_weight"]), given["validation_data"]
    if given["validation_split"] and validation is None:
        data, validation = split(data, given["validation_split"])
    source = loop.source(None, *data, given["batch_size"], given["steps_per_epoch"], given["shuffle"],
                         given["class_weight"])
    if validation is None or is_stream(validation):
        return source, None
    return source, loop.source(None, *unpack(validation), given["validation_batch_size"] or given["batch_size"],
                               given["validation_steps"])


def _in_python(given):
    """None, or why Python takes part in every epoch."""
    if given["callbacks"]:
        return "callbacks are Python"
    validation = given["validation_data"]
    return "the validation data is a dataset" if validation is not None and is_stream(validation) else None
