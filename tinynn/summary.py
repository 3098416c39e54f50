"""Floor 8: `tf.summary`: values of a program of one's own for TensorBoard, written by tensorboardX, an extra.

    with tf.summary.create_file_writer("logs").as_default():
        tf.summary.scalar("loss", loss, step=step)
"""

import contextlib
import os
from types import SimpleNamespace as _SimpleNamespace

import numpy as np

from tinynn.core.namespace import namespace as _namespace
from tinynn.keras.callbacks.tensorboard import writer_class

_state = _SimpleNamespace(writers=[], conditions=[], step=None)


class SummaryWriter:
    """Writes into the files of a folder, which `tensorboard --logdir folder` shows. Made by `create_file_writer`."""

    def __init__(self, files):
        self._files = files

    @contextlib.contextmanager
    def as_default(self, step=None):
        """A context in which the functions of `tf.summary` write here, at that step unless they are given one."""
        before = _state.step
        _state.writers.append(self)
        _state.step = before if step is None else step
        try:
            yield self
        finally:
            _state.writers.remove(self)
            _state.step = before
            self.flush()

    def set_as_default(self, step=None):
        """From now on the functions of `tf.summary` write here."""
        _state.writers[:] = [self]
        _state.step = _state.step if step is None else step

    def flush(self):
        """Writes what waits."""
        if self._files is not None:
            self._files.flush()

    def close(self):
        """Writes what waits, and writes no more."""
        if self._files is not None:
            self._files.close()
        self._files = None

    def add(self, kind, name, value, step, **options):
        """Writes a value of a kind; says whether it did."""
        if self._files is None:
            return False
        getattr(self._files, f"add_{kind}")(name, value, int(step), **options)
        return True


def create_file_writer(logdir, max_queue=None, flush_millis=None, filename_suffix=None, name=None,
                       experimental_trackable=False, experimental_mesh=None):
    """A writer into a folder, which is made.

    Raises:
        ImportError: tensorboardX is not installed.
    """
    return SummaryWriter(writer_class()(os.fspath(logdir), filename_suffix=filename_suffix or ""))


def create_noop_writer():
    """A writer that writes nothing."""
    return SummaryWriter(None)


def should_record_summaries():
    """Whether a value would be written now: there is a writer, and `record_if` does not forbid it."""
    conditions = [bool(c() if callable(c) else c) for c in _state.conditions[-1:]]
    return bool(_state.writers) and all(conditions)


@contextlib.contextmanager
def record_if(condition):
    """A context in which values are written only where the condition (a truth value, or a function of none) holds."""
    _state.conditions.append(condition)
    try:
        yield
    finally:
        _state.conditions.pop()


def _write(kind, name, value, step, **options):
    if not should_record_summaries():
        return False
    step = _state.step if step is None else step
    if step is None:
        raise ValueError(f"at which step? Write tf.summary.{kind}(name, data, step=step), or "
                         "tf.summary.experimental.set_step(step) before")
    return _state.writers[-1].add(kind, name, value, step, **options)


def scalar(name, data, step=None, description=None):
    """Writes a number; says whether it did.

    Raises:
        ValueError: no step is known, or `data` is not one number.
    """
    value = np.asarray(data)
    if value.ndim:
        raise ValueError(f"scalar takes one number, got shape {value.shape}")
    return _write("scalar", name, float(value), step)


def histogram(name, data, step=None, buckets=None, description=None):
    """Writes how often values occur, in 30 buckets unless `buckets` says otherwise; says whether it did."""
    return _write("histogram", name, np.asarray(data).ravel(), step, max_bins=int(buckets or 30))


def image(name, data, step=None, max_outputs=3, description=None):
    """Writes the first images of shape (batch, height, width, channels); says whether it did.

    Raises:
        ValueError: another number of axes.
    """
    values = np.asarray(data)
    if values.ndim != 4:
        raise ValueError(f"image takes the shape (batch, height, width, channels), got {values.shape}")
    written = [_write("image", name if i == 0 else f"{name}/{i}", picture, step, dataformats="HWC")
               for i, picture in enumerate(values[:max_outputs])]
    return all(written)


def text(name, data, step=None, description=None):
    """Writes a text, in Markdown; says whether it did."""
    values = np.ravel(np.asarray(data, object)).tolist()
    lines = [v.decode() if isinstance(v, bytes) else str(v) for v in values]
    return _write("text", name, "  \n".join(lines), step)


def flush(writer=None, name=None):
    """Writes what waits: of a writer, or of the one in use."""
    for one in [writer] if writer is not None else _state.writers[-1:]:
        one.flush()


def _set_step(step):
    """The step of values that are written without one; a variable counts as it is then."""
    _state.step = step


def trace_on(graph=True, profiler=False, profiler_outdir=None):
    """Nothing: there is no graph to be traced; `tf.function`'s `program.show()` prints what runs."""


def trace_export(name, step=None, profiler_outdir=None):
    """Nothing: see `trace_on`."""


def trace_off():
    """Nothing: see `trace_on`."""


experimental = _SimpleNamespace(get_step=lambda: _state.step, set_step=_set_step)
__getattr__, __dir__ = _namespace(__name__)
