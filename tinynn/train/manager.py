"""Floor 8: numbered checkpoints, of which the oldest are removed."""

import os
import time

from tinynn.train.files import get_checkpoint_state, write_state


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
        write_state(self.directory, self.checkpoints)
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
