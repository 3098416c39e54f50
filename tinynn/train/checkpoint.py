"""Floor 8: the variables that objects hold, by the ways to them, written into a file and read back."""

import os
import weakref

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.module import Module
from tinynn.autodiff.variable import Variable
from tinynn.core import restoring
from tinynn.data.iterator import Iterator
from tinynn.train.files import get_checkpoint_state, read, write_state


def _children(thing, way):
    """(name, child) for what an object holds.

    Raises:
        ValueError: it is nothing that holds variables.
    """
    if isinstance(thing, Checkpoint):
        return [(name, value) for name, value in vars(thing).items()
                if not name.startswith("_") and name != "save_counter" and _holds(value)]
    if isinstance(thing, (list, tuple, dict)):
        items = thing.items() if isinstance(thing, dict) else enumerate(thing)
        return [(str(key), value) for key, value in items if _holds(value)]
    if hasattr(thing, "own_variables") and hasattr(thing, "sublayers"):
        names = dict(_attributes(thing))
        return [(names.get(id(part), str(i)), part)
                for i, part in enumerate([*thing.own_variables(), *thing.sublayers()])]
    if isinstance(thing, Module):
        return [(name, value) for name, value in sorted(vars(thing).items()) if _holds(value)]
    if hasattr(thing, "variables"):
        return [(str(i), v) for i, v in enumerate(thing.variables)]
    if isinstance(getattr(thing, "state", None), Variable):
        return [("state", thing.state)]
    if isinstance(thing, Iterator):
        return []
    raise ValueError(f"a checkpoint holds variables, and what has some: modules, layers, models, optimizers, metrics, "
                     f"generators of random numbers, lists and dicts of them; {way!r} is a {type(thing).__name__}")


def _attributes(thing):
    """(id of a value, its name) for what is in the lists and dicts of an object, then for its attributes."""
    named = [(name.lstrip("_"), value) for name, value in vars(thing).items() if name not in thing._untracked]
    for name, value in named:
        if isinstance(value, (list, tuple, dict)):
            yield from ((id(v), f"{name}/{k}") for k, v in (value.items() if isinstance(value, dict)
                                                            else enumerate(value)))
    yield from ((id(value), name) for name, value in named)


def _holds(value):
    """Whether a value can hold variables."""
    if isinstance(value, (list, tuple, dict)):
        return any(map(_holds, value.values() if isinstance(value, dict) else value))
    return isinstance(value, (Variable, Module, Checkpoint, Iterator)) or hasattr(value, "own_variables") or (
        hasattr(value, "variables") and not isinstance(value, Array)) or isinstance(
            getattr(value, "state", None), Variable)


def _walk(thing, way="", above=()):
    """(way, object) for an object and all that it holds; by each way, but none that leads back."""
    yield way, thing
    if not isinstance(thing, Variable) and id(thing) not in above:
        for name, child in _children(thing, way):
            yield from _walk(child, f"{way}/{name}" if way else name, (*above, id(thing)))


class Checkpoint:
    """Variables, and objects that hold some, by names: those given, and attributes that are set later.

    Args:
        root: one object without a name.
        **kwargs: the others: variables, modules, layers, models, optimizers, metrics, lists and dicts of them; and
            iterators of datasets, of which it notes how far they are.

    Attributes:
        save_counter: a variable: how often `save` was called.

    Raises:
        ValueError: something that holds no variables.

    Example:
        >>> step = tf.Variable(3)
        >>> path = tf.train.Checkpoint(step=step).write("checkpoints/step")
        >>> later = tf.Variable(0)
        >>> status = tf.train.Checkpoint(step=later).read(path)
        >>> int(later)
        3
    """

    def __init__(self, root=None, **kwargs):
        self._restoration = None
        vars(self).update({} if root is None else {"root": root}, **kwargs)
        self.save_counter = Variable(0, dtype="int64", trainable=False, name="save_counter")
        for name, value in kwargs.items():      # what cannot be saved is told now
            list(_walk(value, name))

    def write(self, file_prefix, options=None):
        """Writes all values into `<file_prefix>.npz`; returns file_prefix."""
        prefix = os.fspath(file_prefix)
        os.makedirs(os.path.dirname(prefix) or ".", exist_ok=True)
        values = {way: np.int64(thing.given) if isinstance(thing, Iterator) else thing.numpy()
                  for way, thing in [*_walk(self), ("save_counter", self.save_counter)]
                  if isinstance(thing, (Variable, Iterator))}
        with open(f"{prefix}.npz.part", "wb") as file:
            np.savez(file, allow_pickle=False, **values)
        os.replace(f"{prefix}.npz.part", f"{prefix}.npz")       # so that a file is whole, or not there
        return prefix

    def save(self, file_prefix, options=None):
        """Writes all values into `<file_prefix>-<number>.npz`, counting on; returns that name without .npz."""
        self.save_counter.assign_add(1)
        path = self.write(f"{os.fspath(file_prefix)}-{int(self.save_counter)}")
        folder = os.path.dirname(path)
        state = get_checkpoint_state(folder)
        paths = [] if state is None else state.all_model_checkpoint_paths
        write_state(folder, [p for p in paths if p != path] + [path])
        return path

    def read(self, save_path, options=None):
        """Gives the variables the values that a file has for them; those of layers that are not built yet get theirs
        when they are.

        Returns:
            A Restoration, whose methods say whether everything was found.

        Raises:
            NotFoundError: there is no such file.
            ValueError: a value has another shape than its variable.
        """
        if self._restoration is not None:
            self._restoration.end()
        self._restoration = Restoration(read(save_path))
        self._restoration.give("save_counter", self.save_counter)
        self._restoration.restore(self, "")
        return self._restoration

    def restore(self, save_path, options=None):
        """`read`; of None, as `latest_checkpoint` gives it where there is no checkpoint, nothing happens."""
        return Restoration({}) if save_path is None else self.read(save_path)


class Restoration:
    """What became of the values of a file."""

    def __init__(self, values):
        self._values, self._used, self._missing, self._ways = values, set(), set(), {}
        self._nothing = not values

    def restore(self, thing, way):
        """Gives the variables below an object their values."""
        for place, found in _walk(thing, way):
            if isinstance(found, (Variable, Iterator)):
                self.give(place, found)
            elif not isinstance(found, (list, tuple, dict)):
                self._ways[id(found)] = weakref.ref(found), place
        restoring.forget(self._built)
        if len(self._used) < len(self._values):
            restoring.wait(self._built)

    def give(self, way, variable):
        """Gives a variable its value, the first time."""
        if way in self._used:
            return
        if way not in self._values:
            self._missing.add(way)
            return
        value = self._values[way]
        self._used.add(way)
        self._missing.discard(way)
        if isinstance(variable, Iterator):
            variable.go_to(int(value))
            return
        if value.shape != tuple(variable.shape):
            raise ValueError(f"{way} has the shape {tuple(variable.shape)}, and the checkpoint has {value.shape} for "
                             "it")
        variable.assign(value.astype(variable.dtype.dtype))

    def _built(self, thing):
        """An object got its variables only now."""
        known, way = self._ways.get(id(thing), (lambda: None, ""))
        if known() is thing:
            self.restore(thing, way)

    def end(self):
        """Later objects get no values any more."""
        restoring.forget(self._built)

    def assert_consumed(self):
        """Raises AssertionError where a value has no variable, or a variable no value; returns itself."""
        self.assert_existing_objects_matched()
        unused = sorted(set(self._values) - self._used)
        if unused:
            raise AssertionError(f"the checkpoint has values for which there is no variable: {', '.join(unused)}")
        return self

    def assert_existing_objects_matched(self):
        """Raises AssertionError where a variable has no value in the file; returns itself."""
        missing = self._missing - {"save_counter"}
        if missing and not self._nothing:
            raise AssertionError(f"the checkpoint has no value for {', '.join(sorted(missing))}")
        return self

    def assert_nontrivial_match(self):
        """Raises AssertionError where no value found a variable; returns itself."""
        if not self._used - {"save_counter"}:
            raise AssertionError("no value of the checkpoint found a variable")
        return self

    def expect_partial(self):
        """Returns itself: nothing is said of values without a variable in any case."""
        return self
