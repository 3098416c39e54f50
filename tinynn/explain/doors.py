"""Floor 6: hangs the teaching tools on what they explain.

`import tinynn` runs this file, so it imports nothing of the floor: a tool is imported when it is first called.
"""

import types

from tinynn import ops
from tinynn.core.primitive import set_show


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
