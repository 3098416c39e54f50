"""Floor 1: what a module answers when it is asked for a name that it does not have."""

import importlib
import sys


def nearest(name, names):
    """Which of some names is most like one that is not among them; None where none is."""
    import difflib

    lower = {n.lower(): n for n in names}
    near = difflib.get_close_matches(name, names, 1) or difflib.get_close_matches(name.lower(), lower, 1)
    return lower.get(near[0], near[0]) if near else None


def namespace(name, lazy=()):
    """`__getattr__` and `__dir__` for the module of that name.

    Args:
        name: the module's name.
        lazy: a dict from attributes to where they are, imported when first asked for: "package.module", or
            "package.module:attribute".

    A name that is neither there nor lazy raises AttributeError with the nearest name.
    """
    lazy = dict(lazy)

    def __getattr__(attribute):
        module = sys.modules[name]
        if attribute in lazy:
            path, _, inner = lazy[attribute].partition(":")
            value = importlib.import_module(path)
            value = getattr(value, inner) if inner else value
            setattr(module, attribute, value)
            return value
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        near, shown = nearest(attribute, __dir__()), name.replace("tinynn", "tf", 1)
        meant = f"; did you mean {shown}.{near}?" if near else ""
        raise AttributeError(f"there is no {shown}.{attribute}{meant}")

    def __dir__():
        return sorted({n for n in vars(sys.modules[name]) if not n.startswith("_")} | set(lazy))

    return __getattr__, __dir__
