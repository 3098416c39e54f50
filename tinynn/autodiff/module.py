"""Floor 3: a base class for objects that hold variables."""

from tinynn.autodiff.variable import Variable
from tinynn.core.config import name_scope


class Module:
    """An object that knows the variables in its attributes, in lists, tuples and dicts of them, and in other modules.

    Example:
        >>> class Line(tf.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.slope = tf.Variable(2.0)
        >>> len(Line().trainable_variables)
        1
    """

    def __init__(self, name=None):
        kind = type(self).__name__
        self._name = name or "".join("_" * (c.isupper() and i > 0) + c.lower() for i, c in enumerate(kind))

    @property
    def name(self):
        """The name given, or the class's."""
        return self.__dict__.get("_name", type(self).__name__)

    @property
    def name_scope(self):
        """A context of the module's name, as TensorFlow's graphs have it; here it changes nothing."""
        return name_scope(self.name)

    @property
    def variables(self):
        """All variables, each once, by the names of the attributes."""
        return tuple(x for x in _walk(self) if isinstance(x, Variable))

    @property
    def trainable_variables(self):
        """The trainable variables, each once."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self):
        """The other variables, each once."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self):
        """All modules inside this one, each once."""
        return tuple(x for x in _walk(self) if isinstance(x, Module) and x is not self)

    @classmethod
    def with_name_scope(cls, method):
        """The method itself; TensorFlow's graphs would name its ops."""
        return method


def _walk(root):
    """The variables and modules that can be reached, first those of the object itself, then deeper ones."""
    seen, queue = set(), [root]
    for item in queue:
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Module):
            yield item
            queue.extend(value for _, value in sorted(vars(item).items()))
        elif isinstance(item, dict):
            queue.extend(item.values())
        elif isinstance(item, (list, tuple)):
            queue.extend(item)
        elif isinstance(item, Variable):
            yield item
