"""Floor 8: `tf.train`: the variables of a program in files, and back; moving averages.

A checkpoint is one file of NumPy's, `<prefix>.npz`, in which a variable has the name of the way to it, by attributes,
places in lists and keys of dicts: `net/hidden/kernel` is the kernel of the layer `hidden` of what was given as `net`.
What is not reached by attributes has a number, as the state of an optimizer. TensorFlow's own files are not read.
"""

import os
import time
import weakref

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.module import Module
from tinynn.autodiff.variable import Variable
from tinynn.core import restoring
from tinynn.core.dtypes import from_numpy
from tinynn.core.errors import NotFoundError
from tinynn.core.namespace import namespace as _namespace
from tinynn.data.iterator import Iterator

_STATE = "checkpoint"       # the file in a folder that names the checkpoints there


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
        >>> path = tf.train.Checkpoint(step=step).write("/tmp/tinynn_example")
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
        _write_state(folder, [p for p in paths if p != path] + [path])
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
        self._restoration = Restoration(_read(save_path))
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


# ---- files -----------------------------------------------------------------------------------------------------------


def _read(path):
    path = os.fspath(path)
    if os.path.isdir(path):
        path = latest_checkpoint(path) or path
    try:
        with np.load(f"{path}.npz") as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise NotFoundError(f"there is no checkpoint {path}: no file {path}.npz") from None


class CheckpointState:
    """The checkpoints in a folder: `model_checkpoint_path`, the latest, and `all_model_checkpoint_paths`."""

    def __init__(self, paths):
        self.all_model_checkpoint_paths, self.model_checkpoint_path = paths, paths[-1]


def _write_state(folder, paths):
    names = [os.path.relpath(path, folder or ".") for path in paths]
    lines = [f'model_checkpoint_path: "{names[-1]}"'] if names else []
    with open(os.path.join(folder, _STATE), "w") as file:
        file.write("\n".join([*lines, *(f'all_model_checkpoint_paths: "{name}"' for name in names)]) + "\n")


def get_checkpoint_state(checkpoint_dir, latest_filename=None):
    """The checkpoints in a folder, as a CheckpointState; None where there is none."""
    try:
        with open(os.path.join(os.fspath(checkpoint_dir), latest_filename or _STATE)) as file:
            names = [line.split('"')[1] for line in file if line.startswith("all_model_checkpoint_paths")]
    except FileNotFoundError:
        return None
    return CheckpointState([os.path.join(os.fspath(checkpoint_dir), name) for name in names]) if names else None


def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The name of the latest checkpoint in a folder, without .npz; None where there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    return state.model_checkpoint_path if state and os.path.exists(f"{state.model_checkpoint_path}.npz") else None


def list_variables(ckpt_dir_or_file):
    """[(name, shape)] of the values in a checkpoint, by name."""
    return [(name, list(value.shape)) for name, value in sorted(_read(ckpt_dir_or_file).items())]


def load_variable(ckpt_dir_or_file, name):
    """The value of that name in a checkpoint, as a NumPy array.

    Raises:
        NotFoundError: there is none.
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name)


class CheckpointReader:
    """The values of a checkpoint by their names, as `load_checkpoint` gives it."""

    def __init__(self, values):
        self._values = values

    def get_variable_to_shape_map(self):
        """{name: shape}."""
        return {name: list(value.shape) for name, value in self._values.items()}

    def get_variable_to_dtype_map(self):
        """{name: dtype}."""
        return {name: from_numpy(value.dtype) for name, value in self._values.items()}

    def has_tensor(self, name):
        """Whether there is a value of that name."""
        return name in self._values

    def get_tensor(self, name):
        """The value of that name, as a NumPy array; a NotFoundError where there is none."""
        if name not in self._values:
            raise NotFoundError(f"the checkpoint has no {name!r}; it has {', '.join(sorted(self._values))}")
        return self._values[name]


def load_checkpoint(ckpt_dir_or_file):
    """The values of a checkpoint by their names, as a CheckpointReader."""
    return CheckpointReader(_read(ckpt_dir_or_file))


class CheckpointManager:
    """Numbered checkpoints in a folder, of which the oldest are removed.

    Args:
        checkpoint: the Checkpoint to save.
        directory: the folder, which is made.
        max_to_keep: how many checkpoints stay; None for all.
        keep_checkpoint_every_n_hours: one checkpoint of so many hours is not removed.
        checkpoint_name: what their names begin with.
        step_counter, checkpoint_interval: `save` does nothing unless the counter, a variable, has moved on by the
            interval.
        init_fn: what `restore_or_initialize` calls where there is no checkpoint.
    """

    def __init__(self, checkpoint, directory, max_to_keep, keep_checkpoint_every_n_hours=None, checkpoint_name="ckpt",
                 step_counter=None, checkpoint_interval=None, init_fn=None):
        if max_to_keep is not None and max_to_keep < 1:
            raise ValueError(f"max_to_keep must be above 0, or None for all; got {max_to_keep}")
        self._checkpoint, self.directory, self._most = checkpoint, os.fspath(directory), max_to_keep
        self._prefix = os.path.join(self.directory, checkpoint_name)
        self._hours, self._kept_at = keep_checkpoint_every_n_hours, time.time()
        self._counter, self.checkpoint_interval, self._init_fn = step_counter, checkpoint_interval, init_fn
        self._saved_at = None
        state = get_checkpoint_state(self.directory)
        self.checkpoints = [] if state is None else [
            path for path in state.all_model_checkpoint_paths if os.path.exists(f"{path}.npz")]

    @property
    def checkpoint(self):
        """The Checkpoint that is saved."""
        return self._checkpoint

    @property
    def latest_checkpoint(self):
        """The name of the latest checkpoint, or None."""
        return self.checkpoints[-1] if self.checkpoints else None

    def save(self, checkpoint_number=None, check_interval=True, options=None):
        """Saves, with the next number or that one; returns the name, or None where the interval is not over."""
        if self._counter is not None and self.checkpoint_interval is not None:
            now = int(self._counter)
            if check_interval and self._saved_at is not None and now - self._saved_at < self.checkpoint_interval:
                return None
            self._saved_at = now
        if checkpoint_number is None:
            self._checkpoint.save_counter.assign_add(1)
        number = int(self._checkpoint.save_counter if checkpoint_number is None else checkpoint_number)
        path = self._checkpoint.write(f"{self._prefix}-{number}")
        self.checkpoints = [p for p in self.checkpoints if p != path] + [path]
        self._sweep()
        _write_state(self.directory, self.checkpoints)
        return path

    def _sweep(self):
        """Removes the oldest checkpoints above the most."""
        while self._most is not None and len(self.checkpoints) > self._most:
            oldest = f"{self.checkpoints.pop(0)}.npz"
            if self._hours is not None and os.path.getmtime(oldest) - self._kept_at >= self._hours * 3600:
                self._kept_at = os.path.getmtime(oldest)
            elif os.path.exists(oldest):
                os.remove(oldest)

    def restore_or_initialize(self):
        """Restores the latest checkpoint and returns its name; without one, calls init_fn and returns None."""
        if self.latest_checkpoint is not None:
            self._checkpoint.restore(self.latest_checkpoint)
        elif self._init_fn is not None:
            self._init_fn()
        return self.latest_checkpoint


# ---- averages --------------------------------------------------------------------------------------------------------


class ExponentialMovingAverage:
    """Moving averages of variables: average <- decay average + (1 - decay) variable, at each `apply`.

    Args:
        decay: how much of the average is kept, near 1.
        num_updates: a step count, with which the decay starts smaller: min(decay, (1 + n) / (10 + n)).

    Example:
        >>> w = tf.Variable(0.0)
        >>> average = tf.train.ExponentialMovingAverage(0.9)
        >>> average.apply([w])
        >>> average.apply([w.assign(10.0)])
        >>> round(float(average.average(w)), 3)
        1.0
    """

    def __init__(self, decay, num_updates=None, zero_debias=False, name="ExponentialMovingAverage"):
        self.decay, self.num_updates, self.name = decay, num_updates, name
        self._averages = {}

    def apply(self, var_list):
        """Takes the present values of variables into their averages, which begin with the first ones."""
        decay = self.decay
        if self.num_updates is not None:
            decay = min(decay, (1.0 + float(self.num_updates)) / (10.0 + float(self.num_updates)))
        for variable in var_list:
            if id(variable) not in self._averages:
                self._averages[id(variable)] = variable, Variable(variable, trainable=False)
            else:
                average = self._averages[id(variable)][1]
                average.assign_sub((average - variable) * (1.0 - decay))

    def average(self, var):
        """The variable with the moving average of another; None where `apply` did not see it."""
        return self._averages.get(id(var), (None, None))[1]


__getattr__, __dir__ = _namespace(__name__)
