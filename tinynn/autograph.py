"""`tf.autograph`: TensorFlow translates a function's Python to its graphs; here it runs, and nothing is translated."""

import inspect
from types import SimpleNamespace as _SimpleNamespace

from tinynn.core.namespace import namespace as _namespace


def set_verbosity(level, alsologtostdout=False):
    """Nothing: there is no translation that could be told of."""


def trace(*args):
    """Prints its arguments."""
    print(*args)


def to_code(entity, recursive=True, experimental_optional_features=None):
    """The source of a function, as it is written: what runs."""
    return inspect.getsource(getattr(entity, "python_function", entity))


def do_not_convert(func=None):
    """The function itself; also as a decorator."""
    return (lambda f: f) if func is None else func


experimental = _SimpleNamespace(do_not_convert=do_not_convert)
__getattr__, __dir__ = _namespace(__name__)
