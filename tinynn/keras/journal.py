"""Floor 7: how a model came by its first values, written down, so that it can begin anew from another seed.

What an initializer or a drawn seed decides while a model is made passes through `started` and `drawn`. Where a Journal
is open on the thread, it is noted there, in its order.
"""

import threading

import numpy as np


class _Open(threading.local):
    entries = None      # of the Journal that is open on this thread


_open = _Open()


class Drawn:
    """An initializer or a SeedGenerator took a seed."""

    def __init__(self, owner):
        self.owner = owner
        self.variable = getattr(owner, "state", None)

    def again(self):
        """It takes the next one."""
        self.owner.draw_seed()


class Started:
    """A variable got its first value from an initializer."""

    def __init__(self, variable, initializer, shape, dtype):
        self.variable, self.initializer, self.shape, self.dtype = variable, initializer, shape, dtype
        self.value = initializer(shape, dtype=dtype)

    def again(self):
        """It gets what the initializer gives now."""
        self.variable.assign(self.initializer(self.shape, dtype=self.dtype))


class Given:
    """A variable has a value that no initializer gave it."""

    def __init__(self, variable):
        self.variable, self.value = variable, variable.numpy()

    def again(self):
        """It gets the same value."""
        self.variable.assign(self.value)


class Journal:
    """A context that notes how what is made within it begins. It can be opened several times.

    Attributes:
        entries: Drawn, Started and Given, in order.
    """

    def __init__(self):
        self.entries = []

    def __enter__(self):
        self._outer, _open.entries = _open.entries, self.entries
        return self

    def __exit__(self, *exception):
        _open.entries = self._outer

    def settle(self, variables):
        """Notes the values of variables that are not what an initializer gave them: assigned, loaded, adapted."""
        values = {id(entry.variable): entry.value for entry in self.entries if type(entry) is Started}
        drawn = {id(entry.variable) for entry in self.entries if type(entry) is Drawn}
        for variable in variables:
            first = values.get(id(variable))
            if id(variable) not in drawn and (first is None or not _equal(first, variable.numpy())):
                self.entries.append(Given(variable))
        self.forget_values()

    def forget_values(self):
        """Lets the first values go, which only `settle` needs."""
        for entry in self.entries:
            if type(entry) is Started:
                entry.value = None

    def begin_with(self, variables):
        """Leaves out what was noted before the first entry that has to do with these variables."""
        own = {id(variable) for variable in variables}
        initializers = {id(e.initializer) for e in self.entries if type(e) is Started and id(e.variable) in own}
        counts = [id(e.variable) in own or (type(e) is Drawn and id(e.owner) in initializers) for e in self.entries]
        del self.entries[:counts.index(True) if True in counts else 0]

    def covers(self, variables):
        """Whether all these variables begin anew with the entries."""
        return {id(variable) for variable in variables} <= {id(entry.variable) for entry in self.entries}


def drawn(owner):
    """Notes that `owner` took a seed; its `draw_seed()` takes another."""
    if _open.entries is not None:
        _open.entries.append(Drawn(owner))


def started(variable, initializer, shape, dtype):
    """The first value of a variable: what the initializer gives. What that draws itself is no entry of its own."""
    entries = _open.entries
    if entries is None:
        return initializer(shape, dtype=dtype)
    _open.entries = None
    try:
        entry = Started(variable, initializer, shape, dtype)
    finally:
        _open.entries = entries
    entries.append(entry)
    return entry.value


def _equal(first, value):
    first = np.asarray(first, value.dtype)
    return first.shape == value.shape and first.tobytes() == value.tobytes()
