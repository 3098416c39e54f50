"""Floor 7: the base of all callbacks."""

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end", "on_test_batch_begin",
                "on_test_batch_end", "on_predict_batch_begin", "on_predict_batch_end")
_EPOCH_HOOKS = ("on_epoch_begin", "on_epoch_end")


class Callback:
    """What is called at set points of `fit`, `evaluate` and `predict`. A subclass overrides the hooks it needs.

    Attributes:
        params: {"verbose", "epochs", "steps"}.
        model: the model that is trained.

    Example:
        >>> class Stop(keras.callbacks.Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         if logs["loss"] < 0.1:
        ...             self.model.stop_training = True
    """

    params = None
    _model = None

    @property
    def model(self):
        """The model that is trained."""
        return self._model

    @property
    def uses_batches(self):
        """Whether it has a hook for batches of its own; then logs are read after every batch."""
        return overrides_batches(self)

    @property
    def uses_epochs(self):
        """Whether it has a hook for epochs of its own; where no callback has one, `fit` runs all epochs at once."""
        return overrides_epochs(self)

    def set_params(self, params):
        """Tells the parameters of the run."""
        self.params = params

    def set_model(self, model):
        """Tells the model."""
        self._model = model

    def on_batch_begin(self, batch, logs=None):
        """Another name of `on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """Another name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch, logs=None):
        """Called at the start of an epoch of training."""

    def on_epoch_end(self, epoch, logs=None):
        """Called at the end of an epoch; `logs` holds its results, those of the validation with `val_` in front."""

    def on_train_batch_begin(self, batch, logs=None):
        """Called before a training batch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch, logs=None):
        """Called after a training batch; `logs` holds the averages of the epoch so far."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch, logs=None):
        """Called before a batch of an evaluation or validation."""

    def on_test_batch_end(self, batch, logs=None):
        """Called after a batch of an evaluation or validation."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Called before a batch of `predict`."""

    def on_predict_batch_end(self, batch, logs=None):
        """Called after a batch of `predict`; `logs` holds its `outputs`."""

    def on_train_begin(self, logs=None):
        """Called at the start of training."""

    def on_train_end(self, logs=None):
        """Called at the end of training."""

    def on_test_begin(self, logs=None):
        """Called at the start of an evaluation or validation."""

    def on_test_end(self, logs=None):
        """Called at the end of an evaluation or validation."""

    def on_predict_begin(self, logs=None):
        """Called at the start of `predict`."""

    def on_predict_end(self, logs=None):
        """Called at the end of `predict`."""


def overrides_batches(callback, base=Callback):
    """Whether a callback has hooks for batches other than those of the class `base`."""
    return _overrides(callback, _BATCH_HOOKS, base)


def overrides_epochs(callback, base=Callback):
    """Whether a callback has hooks for epochs other than those of the class `base`."""
    return _overrides(callback, _EPOCH_HOOKS, base)


def _overrides(callback, hooks, base):
    return any(getattr(type(callback), hook, None) is not getattr(base, hook) or hook in vars(callback)
               for hook in hooks)
