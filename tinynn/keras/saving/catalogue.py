"""Floor 7: the objects of one Keras module, and every string that names them."""

import difflib
import inspect

from tinynn.keras.naming import to_snake_case
from tinynn.keras.saving import serialization


class Catalogue:
    """The classes and functions of a module, found by name.

    The names are derived: an object's own name, that name in snake case, and its aliases. The exact spelling wins
    ('Hinge' is the class, 'hinge' the function); otherwise upper and lower case do not matter.

    Args:
        kind: what one of them is called in an error, as "loss".
        module: the public module, as "keras.losses"; configurations name it.
        objects: the classes and functions.
        aliases: more names, each with its object.
        base: the class that instances have; by default anything callable is accepted.
    """

    def __init__(self, kind, module, objects, aliases=None, base=None):
        self.kind, self.module, self.base = kind, module, base
        objects = list(objects)
        self.exact = {thing.__name__: thing for thing in objects}
        self.shown = sorted(self.exact, key=str.lower)
        for thing in objects:
            self.exact.setdefault(to_snake_case(thing.__name__), thing)
        self.exact.update(aliases or {})
        self.folded = {}
        for name in sorted(self.exact, key=lambda name: inspect.isclass(self.exact[name])):
            self.folded.setdefault(name.lower(), self.exact[name])
        serialization.catalogues[module] = self
        for thing in objects:
            serialization.publish(thing, module)

    def find(self, name):
        """The class or function of that name.

        Raises:
            ValueError: where there is none, with the nearest name.
        """
        found = serialization.custom_object(name)
        if found is None:
            found = self.exact.get(name)
        if found is None:
            found = self.folded.get(name.lower())
        if found is None:
            raise ValueError(self.unknown(name))
        return found

    def unknown(self, name):
        """The text of the error for a name that is not there."""
        near = difflib.get_close_matches(name.lower(), self.folded, 1, 0.5)
        exact = next((n for n in self.exact if near and n.lower() == near[0]), None)
        advice = f"did you mean {exact!r}?" if near else f"the names are {', '.join(self.shown)}"
        return f"unknown {self.kind} {name!r}; {advice}"

    def get(self, identifier):
        """An object of a name, a configuration, a class or an object; None of None.

        Raises:
            ValueError: for a name that is not there, or something that is no such object.
        """
        if identifier is None:
            return None
        found = identifier
        if isinstance(identifier, str):
            found = self.find(identifier)
        elif isinstance(identifier, dict):
            found = self.deserialize(identifier)
        if inspect.isclass(found):
            found = found()
        if not (callable(found) if self.base is None else isinstance(found, self.base)):
            raise ValueError(
                f"cannot make a {self.kind} of {identifier!r}; give a name as {self.shown[-1]!r}, "
                f"an object of {self.module}, or its configuration"
            )
        return found

    def serialize(self, thing):
        """The configuration of an object, as a plain dictionary."""
        return serialization.serialize_keras_object(thing)

    def deserialize(self, config, custom_objects=None):
        """The object that a configuration, or a name, describes.

        Raises:
            ValueError: for a name that is not there.
        """
        return serialization.deserialize_keras_object(config, custom_objects, catalogue=self)
