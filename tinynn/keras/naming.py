"""Floor 7: automatic names: `dense`, `dense_1`, ..."""

import re

_counts = {}


def to_snake_case(name):
    """`BatchNormalization` as `batch_normalization`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def unique(name):
    """`name`, or `name_1`, `name_2`, ... where it was given before."""
    count = _counts.get(name, 0)
    _counts[name] = count + 1
    return f"{name}_{count}" if count else name


def auto_name(prefix):
    """The next unused name for an object of the class `prefix`."""
    return unique(to_snake_case(prefix))


def reset():
    """Starts counting anew."""
    _counts.clear()


def number(prefix):
    """How many objects of this prefix were named, counted from 1 with this one."""
    _counts[prefix] = _counts.get(prefix, 0) + 1
    return _counts[prefix]


class SetByInit:
    """In a class, what stands for an attribute until the base's `__init__` sets it: reading it says what is forgotten.

    Args:
        arguments: what `super().__init__` is called with, for the message.
    """

    def __init__(self, arguments):
        self.arguments = arguments

    def __get__(self, instance, owner):
        if instance is None:
            return self
        raise AttributeError(f"{owner.__name__}.__init__ must call super().__init__({self.arguments}) as its first "
                             "statement")
