"""Floor 7: all callbacks of a run, as one."""

from tinynn.core import nest
from tinynn.keras.callbacks.callback import Callback
from tinynn.keras.callbacks.history import History
from tinynn.keras.callbacks.progress import ProgbarLogger
from tinynn.keras.utils.io_utils import is_interactive_logging_enabled


class CallbackList(Callback):
    """Passes every hook on to all callbacks.

    Args:
        callbacks: callbacks.
        add_history, add_progbar: whether a History and a ProgbarLogger join them.
        model: the model.
        **params: verbose, epochs, steps.
    """

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        self.callbacks = nest.flatten(callbacks) if callbacks is not None else []
        for callback in self.callbacks:
            if isinstance(callback, type) or not hasattr(callback, "on_epoch_end"):
                raise ValueError(f"callbacks are keras.callbacks.Callback objects, got {callback!r}"
                                 + ("; make an object of the class" if isinstance(callback, type) else ""))
        bars = [c for c in self.callbacks if isinstance(c, ProgbarLogger)]
        if add_progbar and not bars:
            bars = [ProgbarLogger()]
            self.callbacks += bars
        self.bar = bars[0] if bars else None
        histories = [c for c in self.callbacks if isinstance(c, History)]
        if add_history and not histories:
            histories = [History()]
            self.callbacks += histories
        self.batches = any(_uses_batches(c) for c in self.callbacks if not isinstance(c, ProgbarLogger))
        if model is not None:
            if histories:
                model.history = histories[0]
            self.set_model(model)
        self.set_params(params)

    @classmethod
    def of(cls, callbacks, model, add_history=False, verbose="auto", **params):
        """A list of callbacks as such an object, which it may be already."""
        if isinstance(callbacks, CallbackList):
            return callbacks
        if verbose == "auto":
            verbose = 1 if is_interactive_logging_enabled() else 2
        verbose = int(verbose)
        return cls(callbacks, add_history=add_history, add_progbar=verbose != 0, model=model, verbose=verbose, **params)

    def append(self, callback):
        """Adds a callback."""
        self.callbacks.append(callback)
        self.batches = self.batches or _uses_batches(callback)

    def shows(self, batch):
        """Whether the progress bar is due for a new drawing."""
        return self.bar is not None and self.bar.due(batch)

    def set_params(self, params):
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model):
        self._model = model
        for callback in self.callbacks:
            callback.set_model(model)

    def set_data(self, training):
        """Tells those that ask for it what `fit` trains on: an Epochs."""
        for callback in self.callbacks:
            if hasattr(callback, "set_data"):
                callback.set_data(training)


def _uses_batches(callback):
    return not isinstance(callback, Callback) or callback.uses_batches


def _pass_on(hook, numbered):
    def at(self, number, logs=None):
        for callback in self.callbacks:
            getattr(callback, hook)(number, {} if logs is None else logs)

    def plain(self, logs=None):
        for callback in self.callbacks:
            getattr(callback, hook)({} if logs is None else logs)

    function = at if numbered else plain
    function.__name__ = hook
    return function


for _hook in [name for name in vars(Callback) if name.startswith("on_")]:
    setattr(CallbackList, _hook, _pass_on(_hook, "batch" in _hook or "epoch" in _hook))
