"""Floor 7: `optimizer.explain(v)`: what an update does to a variable."""

import numpy as np

from tinynn.autodiff.variable import Variable
from tinynn.explain.words import language

MOST_KEPT = 2**18   # gradients of so many weights together are kept after a step that runs op by op; not those of more


class Explaining:
    """The explanation of updates, for `Optimizer`."""

    _remembers = False  # whether the gradients are small enough to be kept
    _last = None        # of the last step, if it ran op by op: gradients, variables, version of the step count, rate

    def rule(self):
        """The update as a `Rule`; None where it is not written as one. It stands below `update_step`."""
        return None

    def explain(self, variable, gradient=None, entry=None, lang=None):
        """An update of a variable, with the numbers of one entry.

        Without a gradient it is the last update. Where that ran op by op, as in `apply_gradients`, its gradient is
        known; where it ran in C, as in `fit`, the state tells what it can, and what it does not tell is a "?".

        Args:
            variable: a variable of this optimizer.
            gradient: explains the next update instead, if this is its gradient; nothing is changed. With
                `global_clipnorm` a list of the gradients of all variables.
            entry: the indices of the entry, as (2, 3); by default the one that moves most.
            lang: "en" or "ko"; see `tinynn.explain.words.language`.

        Returns:
            An `Explained`: its `str()` is the text, its attributes are the numbers.

        Raises:
            TypeError, ValueError, IndexError: no variable of this optimizer, no update yet, a gradient of another
                shape, no such entry.

        Example:
            >>> optimizer, v = keras.optimizers.SGD(0.5), tf.Variable([1.0, 2.0])
            >>> optimizer.apply_gradients([(tf.constant([0.1, 3.0]), v)])
            >>> print(optimizer.explain(v))
            >>> optimizer.explain(v).after
            0.5
        """
        from tinynn.keras.optimizers.explained import Explained  # loaded when it is asked for
        from tinynn.keras.optimizers.update_cases import Last, Next

        lang = language(lang)
        _check_variable(self, variable)
        with np.errstate(all="ignore"):
            case = Last(self, variable) if gradient is None else Next(self, variable, gradient)
            return Explained.of(case, entry, lang)


def _check_variable(optimizer, variable):
    from tinynn.keras.optimizers.explained import path_of

    if not isinstance(variable, Variable):
        raise TypeError("explain takes a variable, as in optimizer.explain(model.trainable_variables[0]); got "
                        f"{type(variable).__name__}")
    if 0 in variable.shape:
        raise ValueError(f"{path_of(variable)} of shape {tuple(variable.shape)} has no entry to explain")
    if getattr(variable, "overwrite_with_gradient", False):
        raise ValueError(f"{path_of(variable)} takes its gradient as its value (overwrite_with_gradient), which leaves "
                         "nothing to explain")
    if optimizer.built and id(variable) not in optimizer._index:
        known = ", ".join(map(path_of, optimizer._trainable_variables[:8]))
        raise ValueError(f"{path_of(variable)} of shape {tuple(variable.shape)} is no variable of this "
                         f"{type(optimizer).__name__}, which updates {known}")
