"""Floor 8: runs TensorFlow programs unedited, with tinynn answering to TensorFlow's names.

    with tinynn.compat.as_tensorflow():
        import tensorflow as tf             # this is tinynn
        from keras import layers            # this is tinynn.keras.layers

Inside the `with`, `tensorflow[.x]` is the module `tinynn[.x]` and `keras[.x]` the module `tinynn.keras[.x]`: the same
module objects, not copies. An installed TensorFlow or Keras is neither imported nor changed, and one that was imported
before is back in its place afterwards.
"""

import contextlib
import importlib
import importlib.machinery
import importlib.util
import logging
import sys
import types

import tinynn

API_VERSION = "2.21.0"      # the TensorFlow whose behaviour tinynn follows; `tf.__version__` begins with it
ALIASES = {"tensorflow": "tinynn", "keras": "tinynn.keras"}


class Finder:
    """A finder on `sys.meta_path` that answers for the names of ALIASES and what lies below them.

    Args:
        listener: None, or what hears of it: `found(module)`, and `missing(fullname)` before an import fails.
    """

    def __init__(self, listener=None):
        self.listener = listener

    def find_spec(self, fullname, path=None, target=None):
        """The spec of an alias, or None for a name that is none of these."""
        root, _, rest = fullname.partition(".")
        if root not in ALIASES:
            return None
        module = find_module(ALIASES[root] + "." * bool(rest) + rest)
        if self.listener is not None:
            self.listener.missing(fullname) if module is None else self.listener.found(module)
        if module is None:
            raise ModuleNotFoundError(f"tinynn has no {fullname!r}", name=fullname)
        return importlib.machinery.ModuleSpec(fullname, Loader(module), is_package=hasattr(module, "__path__"))


class Loader:
    """Gives a module that exists already, and keeps `import` from writing the alias into it."""

    def __init__(self, module):
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec):
        """The module."""
        return self.module

    def exec_module(self, module):
        """Nothing is left to run."""
        module.__spec__ = self.spec


def find_module(name):
    """The tinynn module of that name, or one that its parent has as an attribute; None where there is neither."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not name.startswith(error.name or ""):   # something that the module itself imports is missing
            raise
    parent, _, last = name.rpartition(".")
    module = getattr(find_module(parent), last, None) if parent else None
    return module if isinstance(module, types.ModuleType) else None


@contextlib.contextmanager
def as_tensorflow(listener=None):
    """Within it, `tensorflow` and `keras` are tinynn; see Finder for the listener."""
    before, version = _take_aliases(), tinynn.__version__
    tinynn.__version__ = f"{API_VERSION}+tinynn.{version}"
    finder = Finder(listener)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        tinynn.__version__ = version
        _take_aliases()
        sys.modules.update(before)


def _take_aliases():
    """Removes every module of the aliases' names from sys.modules, and returns them."""
    names = [name for name in sys.modules if name.partition(".")[0] in ALIASES]
    return {name: sys.modules.pop(name) for name in names}


# ---- names that programs for several versions of TensorFlow use ------------------------------------------------------


def as_bytes(bytes_or_text, encoding="utf-8"):
    """Text as bytes."""
    return bytes_or_text.encode(encoding) if isinstance(bytes_or_text, str) else bytes(bytes_or_text)


def as_text(bytes_or_text, encoding="utf-8"):
    """Bytes as text."""
    return bytes_or_text if isinstance(bytes_or_text, str) else bytes_or_text.decode(encoding)


as_str = as_text


def _nothing(*args, **kwargs):
    """Nothing: this is how it is anyway."""


_logging = types.SimpleNamespace(
    set_verbosity=lambda level: tinynn.get_logger().setLevel(level),
    get_verbosity=lambda: tinynn.get_logger().getEffectiveLevel(),
    **{name: getattr(logging, name) for name in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")},
    **{name: getattr(tinynn.get_logger(), name) for name in ("debug", "info", "warning", "error", "fatal")})
v1 = types.SimpleNamespace(     # of version 1 only what means the same in version 2
    logging=_logging, set_random_seed=tinynn.random.set_seed, enable_eager_execution=_nothing,
    enable_v2_behavior=_nothing, enable_resource_variables=_nothing, executing_eagerly=tinynn.executing_eagerly,
    assert_equal=tinynn.debugging.assert_equal, trainable_variables=list)
v2 = tinynn
