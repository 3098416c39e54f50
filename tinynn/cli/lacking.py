"""Floor 8: the names of TensorFlow that a program asks for and tinynn lacks."""

import importlib
import os
import sys
import types

from tinynn import compat
from tinynn.core.errors import is_ours
from tinynn.core.namespace import nearest
from tinynn.explain.text import table

MACHINERY = (__file__, compat.__file__, importlib.__file__, "<frozen importlib._bootstrap>",
             "<frozen importlib._bootstrap_external>")      # what stands between a program and a name it asks for
SHORT = {"tinynn.keras": "keras", "tensorflow.keras": "keras", "tensorflow": "tf", "tinynn": "tf"}


class Lacking:
    """What `compat.as_tensorflow` tells of names; it makes the modules that a program meets tell of theirs.

    Attributes:
        names: {(name, place): nearest name or None}.
    """

    def __init__(self):
        self.names = {}
        lacking = self

        class Telling(types.ModuleType):
            """A module that tells which attributes it is asked for in vain, caught errors and hasattr included."""

            def __getattribute__(self, name):
                value = super().__getattribute__(name)
                if isinstance(value, types.ModuleType):
                    lacking.found(value)
                return value

            def __getattr__(self, name):
                if not name.startswith("__"):
                    lacking.asked(public(f"{self.__name__}.{name}"), nearest(name, dir(self)))
                return super().__getattribute__(name)       # which raises the error that it raises without this class

        self.kind = Telling

    def found(self, module):
        """The program has got a module of tinynn."""
        if module.__name__.partition(".")[0] == "tinynn" and type(module) is types.ModuleType:
            module.__class__ = self.kind

    def missing(self, fullname):
        """The import of a module fails."""
        parent, _, last = fullname.rpartition(".")
        module = sys.modules.get(parent)
        self.asked(public(fullname), nearest(last, dir(module)) if module else None)

    def raised(self, error):
        """The program ended by an exception; it may be due to an attribute that an object of tinynn lacks."""
        owner = getattr(error, "obj", None)
        kind = owner if isinstance(owner, type) else type(owner)
        if isinstance(error, AttributeError) and error.name and kind.__module__.partition(".")[0] == "tinynn":
            frame = error.__traceback__
            while frame.tb_next is not None and not is_ours(frame.tb_next.tb_frame):
                frame = frame.tb_next
            place = place_of(frame.tb_frame.f_code.co_filename, frame.tb_lineno)
            self.names[f"{kind.__name__}.{error.name}", place] = nearest(error.name, dir(owner))

    def asked(self, name, near):
        """A name is not there. Those that tinynn itself looks for are none of the program's."""
        frame = sys._getframe(2)
        while frame.f_code.co_filename in MACHINERY:
            frame = frame.f_back
        if not is_ours(frame):
            self.names[name, place_of(frame.f_code.co_filename, frame.f_lineno)] = near

    def lines(self):
        """The report."""
        if not self.names:
            return ["tinynn has every name of tensorflow and keras that the program asked for."]
        rows = [[place, name, f"did you mean {near}?" if near else ""] for (name, place), near in self.names.items()]
        return ["Names that the program asked for and tinynn lacks:", *(f"  {line}" for line in table(rows))]


def place_of(file, line):
    """train.py:12"""
    return f"{os.path.basename(file)}:{line}"


def public(name):
    """The name as a program writes it: tf.nn.relu, keras.layers.Dense."""
    for ours, theirs in SHORT.items():
        if name == ours or name.startswith(ours + "."):
            return theirs + name[len(ours):]
    return name
