"""Floor 6: hangs the teaching tools on what they explain: `tape.explain`, `tape.why`, `tf.matmul.show`.

`import tinynn` runs this file, so it imports nothing of the floor: a tool is imported when it is first called.
"""

import sys
import types

from tinynn import ops
from tinynn._bridge import Array
from tinynn.autodiff.tape import GradientTape
from tinynn.core import nest
from tinynn.core.primitive import set_show


def attach_all():
    """Gives tapes and ops their tools."""
    GradientTape.explain, GradientTape.why = explain, why
    attach_to_ops()


# ---- tapes -----------------------------------------------------------------------------------------------------------


def explain(tape, target, sources=None, *, learning_rate=0.01, lang=None):
    """How the gradient of a target came about: every operation, forward and back, with its numbers.

    Call it before `tape.gradient`, or on a tape that is persistent; it does not use the tape up.

    Args:
        target: a tensor; where it is no scalar, the sum of its elements is meant, as in `gradient`.
        sources: a tensor or variable, or a structure of them; by default all variables that the tape watches.
        learning_rate: of the step of gradient descent that is foretold.
        lang: "en" or "ko"; by default what the environment variable TINYNN_LANG says, else English.

    Returns:
        An `Explanation`: print it; `.entry(2, 3)` says why one entry has its value, `.to_html(path)` writes a page.

    Raises:
        RuntimeError: `gradient` has used the tape up.
        TypeError: a target or source that is not a tensor or variable.

    Example:
        >>> w = tf.Variable(3.0)
        >>> with tf.GradientTape() as tape:
        ...     loss = w * w
        >>> print(tape.explain(loss, w).entry())
    """
    from tinynn.explain.backprop import Explanation

    sources = list(tape.watched_variables()) if sources is None else sources
    for thing in (target, *nest.flatten(sources)):
        _check(thing)
    return Explanation(tape, target, sources, learning_rate=learning_rate, lang=lang, frame=sys._getframe(1))


def why(tape, target, source, *, lang=None):
    """Why the gradient of a target by a source is None: where the way breaks, and how to mend it.

    Call it before `tape.gradient`, or on a tape that is persistent.

    Args:
        target: a tensor.
        source: a tensor or variable.
        lang: "en" or "ko".

    Returns:
        A `Why`: print it.

    Raises:
        RuntimeError: `gradient` has used the tape up.
        TypeError: a target or source that is not a tensor or variable.
    """
    from tinynn.explain.why import Why

    for thing in (target, source):
        _check(thing)
    return Why(tape, target, source, sys._getframe(1), lang)


def _check(thing):
    if not isinstance(thing, Array):
        raise TypeError(f"an explanation is about tensors and variables, got {type(thing).__name__}: {thing!r}"
                        + ("; does the function that makes it lack a `return`?" if thing is None else ""))


# ---- ops -------------------------------------------------------------------------------------------------------------


def attach_to_ops():
    """Gives every op, and every function of `tinynn.ops`, its `show()`."""
    set_show(_show)
    for name, value in vars(ops).items():
        if type(value) is types.FunctionType and not name.startswith("_"):
            attach(value)


def attach(function):
    """Gives a function of ops its `show()`, as `tf.matmul.show()`."""
    def show(lang=None):
        """Prints the mathematics, the gradient rules, the sources in Python and in C, and an example.

        Args:
            lang: "en" or "ko"; by default what TINYNN_LANG says, otherwise English.
        """
        _show(function, lang)

    function.show = show


def _show(op, lang):
    from tinynn.explain.ops import op as explained

    print(explained(op, lang))
