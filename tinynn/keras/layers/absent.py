"""Floor 7: the error for an attribute of a layer that is not there, or not yet."""


def missing(layer, name):
    """What a layer's `__getattr__` is: the error for an attribute that is not there."""
    if name.startswith("__"):
        raise AttributeError(name)
    if "_name" not in layer.__dict__:
        raise RuntimeError(f"In layer {type(layer).__name__!r}, you forgot to call `super().__init__()` as the first "
                           "statement in the `__init__()` method")
    unbuilt = "" if layer.__dict__.get("built") else \
        "; it is not built yet: call it on data, or call build(input_shape)"
    raise AttributeError(f"{type(layer).__name__!r} object has no attribute {name!r}{unbuilt}")


class SetByBuild:
    """In a class that is hot, what stands for a weight until `build` makes it."""

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, layer, owner):
        return self if layer is None else missing(layer, self.name)
