"""Floor 7: what layers know about the call that they are part of."""

import threading


class CallContext(threading.local):
    """One per thread.

    Attributes:
        entry: the outermost layer that is being called, or None.
        training: the `training` argument that inner layers inherit.
        placeholder: whether this is a dry run that finds shapes: nothing may be kept of it.
        run: which of the two dry runs this is, 0 or 1.
        open: whether something in the dry run has an extent that stays unknown although those of the inputs are known.
        scopes: names of the layers that are being built, outermost first; the path of a new variable.
        around: None, or a function (layer, inputs, call) that makes each call of a layer, and so sees what goes in and
            comes out: it returns call(). Set by `insight.listening`.
    """

    entry = None
    training = None
    placeholder = False
    run = 0
    open = False
    scopes = ()
    around = None


context = CallContext()


class scope:
    """A context in which new variables get `name/` in front of their path."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.before = context.scopes
        context.scopes = (*self.before, self.name)

    def __exit__(self, *exception):
        context.scopes = self.before


class structure:
    """Counts every change of what any layer consists of, so that collected lists of weights know when they are old."""

    version = 0

    @classmethod
    def changed(cls):
        """A layer, a variable or a `trainable` changed somewhere."""
        cls.version += 1
