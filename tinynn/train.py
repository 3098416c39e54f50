"""Floor 8: `tf.train`, checkpoints: the values of variables in files, by the names of the attributes that hold them.

    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)
    path = checkpoint.save("ckpts/run")             # "ckpts/run-1"
    checkpoint.restore(tf.train.latest_checkpoint("ckpts"))

A checkpoint is a file of NumPy, `run-1.npz`. Beside it, as with TensorFlow, a text named `checkpoint` says which is the
latest. TensorFlow's own checkpoints are not read.
"""

import functools
import os
import re

import numpy as np

from tinynn.autodiff.module import Module
from tinynn.autodiff.variable import Variable
from tinynn.core.errors import NotFoundError
from tinynn.core.namespace import namespace
from tinynn.keras.layers.tracking import Stateful, is_metric
from tinynn.keras.models.layout import own_variables, owners
from tinynn.keras.optimizers import Optimizer
from tinynn.ops.random import Generator

_ENDING, _STATE, _COUNTER = ".npz", "checkpoint", "save_counter"


class Checkpoint:
    """The variables of some objects, to be saved and restored together.

    Args:
        root: an object whose attributes are saved, as `Checkpoint(model)`.
        **objects: what is saved, by name: models, layers, optimizers, metrics, variables, modules, generators of random
            numbers, other Checkpoints, or lists and dicts of them. What is set as an attribute later is saved as well.

    Raises:
        ValueError: for another object.
    """

    def __init__(self, root=None, **objects):
        objects = objects if root is None else {"root": root, **objects}
        for name, thing in objects.items():
            if not _can_be_saved(thing):
                raise ValueError(f"`Checkpoint` was expecting {name} to be a trackable object, as a model or a "
                                 f"variable; got {thing!r}")
        self.__dict__.update(objects)
        self.save_counter = Variable(0, dtype="int64", trainable=False, name=_COUNTER)

    def save(self, file_prefix, options=None):
        """Writes `file_prefix-1`, then `-2` and so on, and notes it as the latest; returns that name."""
        self.save_counter.assign_add(1)
        path = self.write(f"{os.fspath(file_prefix)}-{int(self.save_counter)}")
        folder, name = os.path.split(path)
        before = [n for n in _state(folder) if n != name]
        _write_state(folder, [*before, name])
        return path

    def write(self, file_prefix, options=None):
        """Writes a checkpoint of exactly that name; returns it."""
        path = os.fspath(file_prefix)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        arrays = {f"{name}{i}": v.numpy() for name, _, variables in self._parts() for i, v in variables.items()}
        with open(path + _ENDING, "wb") as file:
            np.savez(file, **arrays, **{_COUNTER: self.save_counter.numpy()})
        return path

    def restore(self, save_path, options=None):
        """Gives the variables the values of a checkpoint. What is not built yet gets them when it is.

        Args:
            save_path: the name that `save` returned; None, as `latest_checkpoint` gives it where there is none,
                changes nothing.

        Returns:
            A Status, which can be asked whether all was found.
        """
        return Status(self, None if save_path is None else _read(save_path))

    read = restore

    def _parts(self):
        """(name, what can be built, {number: variable}) of everything in it."""
        for name, thing in vars(self).items():
            if name != _COUNTER:
                yield from _parts(thing, name, set())


class Status:
    """What became of a restored checkpoint.

    Args:
        checkpoint: the Checkpoint.
        arrays: {name: value} of the file, or None.
    """

    def __init__(self, checkpoint, arrays):
        self.arrays, self.checkpoint = arrays, checkpoint
        self.left = dict(arrays or {})      # not restored yet
        if arrays is None:
            return
        checkpoint.save_counter.assign(self.left.pop(_COUNTER, 0))
        for name, thing, variables in checkpoint._parts():
            self._give(name, variables)
            if any(re.fullmatch(re.escape(name) + r"\d+", key) for key in self.left) and hasattr(thing, "build"):
                _after_build(thing, lambda name=name, thing=thing: self._give(name, _numbered(thing)))

    def _give(self, name, variables):
        for i, variable in variables.items():
            value = self.left.get(f"{name}{i}")
            if value is None:
                continue
            if tuple(variable.shape) != value.shape:
                raise ValueError(f"Received incompatible tensor with shape {value.shape} when attempting to restore "
                                 f"variable with shape {tuple(variable.shape)} and name {name}{i}")
            variable.assign(value)
            del self.left[f"{name}{i}"]

    def assert_existing_objects_matched(self):
        """Returns itself if every variable that exists got a value.

        Raises:
            AssertionError: otherwise.
        """
        if self.arrays is None:
            raise AssertionError("No checkpoint specified (save_path=None); nothing was restored")
        missing = [f"{name}{i}" for name, _, variables in self.checkpoint._parts() for i in variables
                   if f"{name}{i}" not in self.arrays]
        if missing:
            raise AssertionError(f"Found {len(missing)} variables that the checkpoint has no values for: {missing}; it "
                                 f"has {sorted(self.arrays)}")
        return self

    def assert_consumed(self):
        """The same, if besides every value of the file was used."""
        self.assert_existing_objects_matched()
        if self.left:
            raise AssertionError(f"Unresolved objects in the checkpoint: nothing has taken {sorted(self.left)}")
        return self

    def expect_partial(self):
        """Returns itself: nothing is said about values that are left over anyway."""
        return self


class CheckpointManager:
    """Numbered checkpoints in a folder, of which the latest few are kept.

    Args:
        checkpoint: the Checkpoint.
        directory: the folder; what an earlier manager left there is counted.
        max_to_keep: how many are kept; None for all.
        checkpoint_name: the first part of their names.
        step_counter, checkpoint_interval: `save` does nothing until this variable has grown by so much.
        init_fn: called by `restore_or_initialize` where there is nothing to restore.
    """

    def __init__(self, checkpoint, directory, max_to_keep, keep_checkpoint_every_n_hours=None, checkpoint_name="ckpt",
                 step_counter=None, checkpoint_interval=None, init_fn=None):
        self.checkpoint, self.directory, self.max_to_keep = checkpoint, os.fspath(directory), max_to_keep
        self.prefix = os.path.join(self.directory, checkpoint_name)
        self.step_counter, self.checkpoint_interval, self.init_fn = step_counter, checkpoint_interval, init_fn
        self.saved_at = None

    @property
    def checkpoints(self):
        """The names of those that are kept, the oldest first."""
        return [os.path.join(self.directory, name) for name in _state(self.directory)]

    @property
    def latest_checkpoint(self):
        """The name of the latest, or None."""
        return latest_checkpoint(self.directory)

    def save(self, checkpoint_number=None, check_interval=True, options=None):
        """Writes the next one and removes the oldest; returns its name, or None where it is not due yet."""
        step = None if self.step_counter is None else int(self.step_counter)
        if (check_interval and step is not None and self.checkpoint_interval is not None and self.saved_at is not None
                and step - self.saved_at < self.checkpoint_interval):
            return None
        self.saved_at = step
        if checkpoint_number is not None:
            self.checkpoint.save_counter.assign(int(checkpoint_number) - 1)
        path = self.checkpoint.save(self.prefix)
        names = _state(self.directory)
        kept = names if self.max_to_keep is None else names[-self.max_to_keep:]
        for name in names[:len(names) - len(kept)]:
            os.remove(os.path.join(self.directory, name + _ENDING))
        _write_state(self.directory, kept)
        return path

    def restore_or_initialize(self):
        """Restores the latest and returns its name; where there is none, calls `init_fn` and returns None."""
        latest = self.latest_checkpoint
        if latest is not None:
            self.checkpoint.restore(latest)
        elif self.init_fn is not None:
            self.init_fn()
        return latest


def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The name of the latest checkpoint that was saved in a folder, or None."""
    names = _state(checkpoint_dir)
    return os.path.join(os.fspath(checkpoint_dir), names[-1]) if names else None


def list_variables(ckpt_dir_or_file):
    """[(name, shape)] of the values in a checkpoint, or in the latest one of a folder."""
    path = os.fspath(ckpt_dir_or_file)
    arrays = _read(latest_checkpoint(path) or path if os.path.isdir(path) else path)
    return [(name, list(array.shape)) for name, array in sorted(arrays.items())]


def _read(path):
    path = os.fspath(path)
    if not os.path.exists(path + _ENDING):
        raise NotFoundError(f"there is no checkpoint {path!r}; tf.train.latest_checkpoint(folder) gives the latest in "
                            "a folder")
    with np.load(path + _ENDING) as file:
        return {name: file[name] for name in file.files}


def _state(folder):
    """The names of the checkpoints that a folder's note lists and that are there, the oldest first."""
    try:
        with open(os.path.join(os.fspath(folder), _STATE), encoding="utf-8") as file:
            names = re.findall(r'^all_model_checkpoint_paths: "(.*)"$', file.read(), re.MULTILINE)
    except FileNotFoundError:
        return []
    return [name for name in names if os.path.exists(os.path.join(os.fspath(folder), name + _ENDING))]


def _write_state(folder, names):
    with open(os.path.join(os.fspath(folder), _STATE), "w", encoding="utf-8") as file:
        file.write(f'model_checkpoint_path: "{names[-1]}"\n')
        file.writelines(f'all_model_checkpoint_paths: "{name}"\n' for name in names)


# ---- what there is to save -------------------------------------------------------------------------------------------


def _can_be_saved(thing):
    kinds = (Variable, Stateful, Optimizer, Module, Checkpoint, Generator, list, tuple, dict)
    return isinstance(thing, kinds) or is_metric(thing)


def _parts(thing, name, seen):
    """(name, what can be built, {number or "": variable}) of an object and of all that is in it, each once."""
    if id(thing) in seen or not _can_be_saved(thing):
        return
    seen.add(id(thing))
    if isinstance(thing, Variable):
        yield name, thing, {"": thing}
    elif isinstance(thing, Optimizer):
        yield f"{name}/vars/", thing, _numbered(thing)
    elif isinstance(thing, Stateful) or is_metric(thing):
        for path, owner in owners(thing, f"{name}/", seen - {id(thing)}):
            yield f"{path}vars/", owner, _numbered(owner)
    else:
        inner = thing if isinstance(thing, dict) else dict(enumerate(thing)) if isinstance(thing, (list, tuple)) else \
            vars(thing)
        for key, value in sorted(inner.items(), key=lambda item: str(item[0])):
            yield from _parts(value, f"{name}/{key}", seen)


def _numbered(owner):
    return dict(enumerate(own_variables(owner)))


def _after_build(thing, then):
    """Calls `then` once after the object is built."""
    build = thing.build

    @functools.wraps(build)
    def building(*args, **kwargs):
        result = build(*args, **kwargs)
        vars(thing).pop("build", None)
        then()
        return result

    object.__setattr__(thing, "build", building)


__getattr__, __dir__ = namespace(__name__)
