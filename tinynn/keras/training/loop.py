"""Floor 7: the loops over epochs and batches behind `fit`, `evaluate` and `predict`."""

import contextlib

import numpy as np

from tinynn.core import nest
from tinynn.core.errors import hearing
from tinynn.keras.callbacks.callback_list import CallbackList
from tinynn.keras.symbolic import KerasTensor
from tinynn.keras.training import advice
from tinynn.keras.training import data as sources
from tinynn.keras.training.arrays import split
from tinynn.keras.training.data import Epochs
from tinynn.keras.training.logs import numbers as as_numbers
from tinynn.keras.training.logs import results
from tinynn.keras.training.recorded import Steps
from tinynn.keras.training.recorded_epochs import RecordedBatches, RecordedEpochs, nobody_looks


def source(model, x, y, sample_weight, batch_size, steps=None, shuffle=False, class_weight=None):
    """The batches of what a user gave."""
    return sources.batches_of(x, y, sample_weight, batch_size, shuffle, class_weight, steps)


def _batches(model, epochs):
    """The batches of an epoch; a model that is not built is built for the first, with an open batch axis."""
    for i, batch in enumerate(epochs.epoch()):
        if i == 0:
            epochs.first = batch
            if not model.built:
                build(model, sources.unpack(batch)[0])
        yield batch


def build(model, x):
    """Builds a model for inputs like `x`. Where that fails, the first real call builds it, or says what is wrong."""
    with contextlib.suppress(Exception):
        inputs = nest.map_structure(lambda t: KerasTensor((None, *t.shape[1:]), t.dtype), x)
        model.compute_output_spec(inputs)
        model.built = True


def fit(model, x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle, class_weight,
        sample_weight, initial_epoch, steps_per_epoch, validation_steps, validation_batch_size, validation_freq):
    """See `Model.fit`."""
    if validation_split and validation_data is None:
        (x, y, sample_weight), validation_data = split((x, y, sample_weight), validation_split)
    training = Epochs(source(model, x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight),
                      steps_per_epoch, model.steps_per_execution)
    validation = _validation(model, validation_data, validation_batch_size or batch_size, validation_steps)
    hooks = CallbackList.of(callbacks, model, add_history=True, verbose=verbose, epochs=epochs, steps=training.steps)
    model.stop_training = False
    watch = advice.Watch(model, training, initial_epoch, epochs, python_step(model, "train"), results)
    steps = step_of(model, "train")
    steps.again()
    hooks.set_data(training)
    with hearing(getattr(vars(model).get("history"), "hints", {})):
        hooks.on_train_begin()
        initial_epoch = vars(model).pop("_initial_epoch", None) or initial_epoch    # BackupAndRestore sets it
        logs = _epochs(model, steps, training, hooks, watch, validation, validation_freq, validation_steps,
                       range(initial_epoch, epochs))
        if epochs > initial_epoch:
            model.optimizer.finalize_variable_values(model.trainable_weights)
        hooks.on_train_end(logs)
    return model.history


def _epochs(model, steps, training, hooks, watch, validation, validation_freq, validation_steps, numbers):
    """Trains the epochs with these numbers; the results of the last one."""
    epoch, logs, fast = numbers.start, {}, None
    try:
        while epoch < numbers.stop:
            if fast is None or not fast.holds:
                fast = RecordedEpochs.of(model, steps, training, hooks, numbers.stop - epoch, fast)
            if fast and validation is None and nobody_looks(hooks):
                return fast.many(epoch, watch, model.history)
            logs = _train_epoch(model, steps, training, hooks, epoch, watch, fast)
            watch.epoch_ends(epoch, logs)
            if validation is not None and _due(epoch + 1, validation_freq):
                found = evaluate(model, validation, validation_steps, 0, hooks)
                logs = as_numbers({**logs, **{f"val_{name}": value for name, value in found.items()}})
            hooks.on_epoch_end(epoch, logs)
            epoch += 1
            if model.stop_training:
                break
    finally:
        if fast is not None:
            fast.finish()
    return logs


def _validation(model, data, batch_size, steps):
    if data is None:
        return None
    return source(model, *(sources.unpack(data) if isinstance(data, (tuple, list)) else (data, None, None)), batch_size,
                  steps)


def _due(epoch, frequency):
    if isinstance(frequency, int):
        return epoch % frequency == 0
    if isinstance(frequency, (list, tuple, set, range)):
        return epoch in frequency
    raise ValueError(f"validation_freq is a number of epochs or a list of epochs, got {frequency!r}")


def _run(model, epochs, hooks, kind, step, logs, first=None, ahead=None):
    """Calls `step` on every batch of an epoch, with the hooks of `kind` ("train", "test", "predict") around each group.

    `logs(i)` is what the hooks are told after batch i; `first()` is called before the first batch's hooks; `ahead`, a
    RecordedBatches or None, may run some of the batches after another.
    """
    begin, end = getattr(hooks, f"on_{kind}_batch_begin"), getattr(hooks, f"on_{kind}_batch_end")
    group, i = model.steps_per_execution, -1
    for batch in _batches(model, epochs):
        i += 1
        if i == 0 and first is not None:
            first()
        if hooks.batches and i % group == 0:
            begin(i)
        step(batch)
        if (hooks.batches or hooks.shows(i)) and (i + 1) % group == 0:
            end(i, logs(i))
            if getattr(model, _STOPS[kind]):
                break
        if ahead is not None:
            i += ahead(i + 1, lambda last: end(last, logs(last)))
            hooks.shows(i)      # the progress bar counts those too
    if hooks.batches and (i + 1) % group:
        end(i + group - 1 - i % group, logs(i))     # the number that the last batch of a whole group would have


_STOPS = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}


def _last_logs(model, step):
    """`step`, and a function that gives the results after its last call."""
    last = None

    def run(batch):
        nonlocal last
        last = step(batch)

    return run, lambda i=None: results(model, last)


def _train_epoch(model, steps, training, hooks, epoch, watch, fast):
    hooks.on_epoch_begin(epoch)
    if fast:
        return fast.one(hooks, watch)
    model.reset_metrics()
    step, logs = _last_logs(model, steps)
    watch.epoch_begins()
    _run(model, training, hooks, "train", step, logs, first=watch.first_batch)
    return logs()


def step_of(model, what):
    """The step as a function of a batch, recorded where it can be."""
    return Steps(model, what, python_step(model, what))


def python_step(model, what):
    """The step as a function of a batch: the model's own `train_step`, or the built-in one, which reads no metric."""
    if getattr(type(model), f"{what}_step") is not getattr(type(model), f"built_in_{what}_step"):
        step = getattr(model, f"{what}_step")
        return lambda batch: step(sources.pack(*batch))
    once = getattr(model, f"{what}_once")
    return lambda batch: once(*batch)


def evaluate(model, batches, steps, verbose, callbacks):
    """{name: value} on all batches; see `Model.evaluate`."""
    epochs = Epochs(batches, steps, model.steps_per_execution)
    hooks = CallbackList.of(callbacks, model, verbose=verbose, epochs=1, steps=epochs.steps)
    model.stop_evaluating = False
    hooks.on_test_begin()
    model.reset_metrics()
    steps = step_of(model, "test")
    step, logs = _last_logs(model, steps)
    ahead = RecordedBatches.of(steps, epochs, hooks)
    _run(model, epochs, hooks, "test", step, logs, ahead=ahead)
    found = logs()
    hooks.on_test_end(found)
    return found


def predict(model, batches, steps, verbose, callbacks):
    """The outputs for all batches; see `Model.predict`."""
    group = model.steps_per_execution
    epochs = Epochs(batches, steps, group)
    hooks = CallbackList.of(callbacks, model, verbose=verbose, epochs=1, steps=epochs.steps)
    model.stop_predicting = False
    pieces, structure = [], None
    steps = Steps(model, "predict", lambda batch: model.predict_step(sources.pack(*batch)))

    def step(batch):
        nonlocal structure
        structure = steps(batch)
        pieces.append([t.numpy() for t in nest.flatten(structure)])

    at_once = RecordedBatches.of(steps, epochs, hooks, collect=True)

    def ahead(done, finished):
        count = at_once(done, finished)
        pieces.extend([at_once.outputs] if count else [])
        return count

    hooks.on_predict_begin()
    _run(model, epochs, hooks, "predict", step,
         lambda i: _outputs(structure, pieces[i - i % group:]) if hooks.batches else {}, ahead=at_once and ahead)
    hooks.on_predict_end()
    if not pieces:
        raise ValueError("there is nothing to predict: the data gave no batch")
    return _outputs(structure, pieces)["outputs"]


def _outputs(structure, pieces):
    """Batches of outputs, joined, as logs."""
    return {"outputs": nest.pack_sequence_as(structure, [_joined(parts) for parts in zip(*pieces, strict=True)])}


def _joined(parts):
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
