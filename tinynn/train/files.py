"""Floor 8: checkpoints in a folder, and the values in one."""

import os

import numpy as np

from tinynn.core.dtypes import from_numpy
from tinynn.core.errors import NotFoundError

_STATE = "checkpoint"       # the file in a folder that names the checkpoints there


def read(path):
    """{name: value} of a checkpoint, or of the latest in a folder.

    Raises:
        NotFoundError: there is none.
    """
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


def write_state(folder, paths):
    """Notes in a folder which checkpoints there are, the latest last."""
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
    return [(name, list(value.shape)) for name, value in sorted(read(ckpt_dir_or_file).items())]


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
    return CheckpointReader(read(ckpt_dir_or_file))
