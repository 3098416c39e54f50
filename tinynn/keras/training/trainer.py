"""Floor 7: one step of training, and how it is set up."""

import warnings

from tinynn.autodiff.tape import GradientTape
from tinynn.autodiff.tensor import Tensor
from tinynn.core import nest
from tinynn.core.errors import hint
from tinynn.keras import metrics, optimizers
from tinynn.keras.layers.building import signature_of
from tinynn.keras.layers.tracking import Stateful
from tinynn.keras.placement import at_home
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object
from tinynn.keras.training import loop
from tinynn.keras.training.compiled_loss import CompileLoss
from tinynn.keras.training.compiled_metrics import CompileMetrics
from tinynn.keras.training.data import ArrayBatches, as_one_batch, pack, unpack
from tinynn.keras.training.logs import numbers as logs_of
from tinynn.keras.training.recorded import Steps, recordings_of


class Trainer:
    """The part of a model that learns."""

    _untracked = Stateful._untracked | frozenset({"optimizer", "loss", "history", "_loss_tracker", "_compile_loss",
                                                  "_compile_metrics", "_compile_arguments", "_recordings"})
    compiled = False
    optimizer = None
    stop_training = stop_evaluating = stop_predicting = False
    run_eagerly = False
    jit_compile = False
    steps_per_execution = 1
    _loss_tracker = _compile_loss = _compile_metrics = None

    def compile(self, optimizer="rmsprop", loss=None, loss_weights=None, metrics=None, weighted_metrics=None,
                run_eagerly=False, steps_per_execution=1, jit_compile="auto", auto_scale_loss=True):
        """Says how the model is trained.

        Args:
            optimizer: a name or an optimizer.
            loss: a name, a loss, or a function f(y_true, y_pred); a list or a dict for several outputs.
            loss_weights: factors of the losses of several outputs.
            metrics: a list of names, metrics or functions, computed besides the loss.
            weighted_metrics: metrics that use the sample weights.
            run_eagerly: never record the step; runs it in Python, batch by batch.
            auto_scale_loss: whether a model that computes in float16 gets a LossScaleOptimizer around its optimizer.
            steps_per_execution, jit_compile: accepted as in Keras.

        Raises:
            ValueError: a name that does not exist; the error names the nearest.
        """
        names = getattr(self, "output_names", None) if self.built else None
        self.optimizer = optimizers.get(optimizer)
        if (auto_scale_loss and self.optimizer is not None and self.dtype_policy.name == "mixed_float16"
                and not isinstance(self.optimizer, optimizers.LossScaleOptimizer)):
            self.optimizer = optimizers.LossScaleOptimizer(self.optimizer)
        self._compile_loss = None if loss is None else CompileLoss(loss, loss_weights, output_names=names)
        measured = metrics or weighted_metrics
        self._compile_metrics = CompileMetrics(metrics, weighted_metrics, names) if measured else None
        self._loss_tracker = _mean("loss")
        self.loss = loss
        self.run_eagerly, self.steps_per_execution, self.jit_compile = run_eagerly, steps_per_execution, jit_compile
        self._compile_arguments = {"optimizer": self.optimizer, "loss": loss, "loss_weights": loss_weights,
                                   "metrics": metrics, "weighted_metrics": weighted_metrics,
                                   "run_eagerly": run_eagerly, "steps_per_execution": steps_per_execution,
                                   "jit_compile": jit_compile, "auto_scale_loss": auto_scale_loss}
        self.stop_training = False
        self.compiled = True
        self._recordings = {}

    # ---- one step ----------------------------------------------------------------------------------------------------

    def train_step(self, data):
        """Learns from a batch. A subclass may do it in its own way.

        Args:
            data: (x, y) or (x, y, sample_weight).

        Returns:
            {name: value} for the logs.
        """
        return self.train_once(*unpack(data)) or self.get_metrics_result()

    def train_once(self, x, y, sample_weight, gradient=GradientTape.gradient):
        """Learns from a batch; the metrics are updated but not read, unless `compute_metrics` is overridden.

        Args:
            x, y, sample_weight: the batch.
            gradient: a function of (tape, loss, weights) that gives the gradients; who wants to see more of the tape
                gives his own.
        """
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self._loss_of(x, y, y_pred, sample_weight, True)
            scaled = loss if self.optimizer.loss_scale_factor is None else self.optimizer.scale_loss(loss)
        self._loss_tracker.update_state(loss, sample_weight=_batch_size(x))
        weights = self.trainable_weights
        if weights:
            self.optimizer.apply(gradient(tape, scaled, weights), weights)
        else:
            hint("no-weights", f"the model {self.name!r} has no trainable weights, so fit changes nothing",
                 weights=len(self.weights))
        return self._measure(x, y, y_pred, sample_weight)

    def test_step(self, data):
        """Evaluates a batch. A subclass may do it in its own way.

        Returns:
            {name: value} for the logs.
        """
        return self.test_once(*unpack(data)) or self.get_metrics_result()

    def test_once(self, x, y, sample_weight):
        """Evaluates a batch; the metrics are updated but not read."""
        y_pred = self(x, training=False)
        loss = self._loss_of(x, y, y_pred, sample_weight, False)
        self._loss_tracker.update_state(loss, sample_weight=_batch_size(x))
        return self._measure(x, y, y_pred, sample_weight)

    def predict_step(self, data):
        """The outputs for a batch."""
        return self(unpack(data)[0], training=False)

    def _measure(self, x, y, y_pred, sample_weight):
        if type(self).compute_metrics is not Trainer.compute_metrics:
            return self.compute_metrics(x, y, y_pred, sample_weight)
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return None

    def _loss_of(self, x, y, y_pred, sample_weight, training):
        if type(self).compute_loss is Trainer.compute_loss or "training" in signature_of(type(self).compute_loss)[0]:
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The loss of a batch: that of `compile`, and the losses that layers added."""
        total = None if self._compile_loss is None else self._compile_loss(y, y_pred, sample_weight)
        for extra in self.losses:
            total = extra if total is None else total + extra
        if total is None:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`, or use add_loss in a layer")
        return total

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Updates the metrics with a batch, and gives {name: value}."""
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self):
        """{name: value} of all metrics, the loss first."""
        results = {}
        for metric in self.metrics:
            value = metric.result()
            if isinstance(value, dict):
                results.update(value)
            else:
                results[metric.name] = value
        return results

    def compiled_loss(self, y_true, y_pred, sample_weight=None, regularization_losses=None):
        """Keras 2's name for the loss of `compile`, with `regularization_losses` added."""
        total = self._compile_loss(y_true, y_pred, sample_weight)
        for extra in regularization_losses or []:
            total = total + extra
        self._loss_tracker.update_state(total, sample_weight=nest.flatten(y_pred)[0].shape[0])
        return total

    @property
    def compiled_metrics(self):
        """Keras 2's name for the metrics of `compile`."""
        return self._compile_metrics

    @property
    def metrics(self):
        """The metrics that `fit` resets at every epoch and shows: the loss, those of `compile`, those of the layers."""
        own = [] if self._loss_tracker is None else [self._loss_tracker]
        if self._compile_metrics is not None:
            own.append(self._compile_metrics)
        if self._compile_loss is not None:
            own.extend(self._compile_loss.metrics)
        return own + self.collected("layer_metrics", lambda: [
            m for layer in self._flatten_layers() for m in layer._own_metrics()])

    @property
    def metrics_variables(self):
        """The variables of `metrics`."""
        return [variable for metric in self.metrics for variable in metric.variables]

    @property
    def metrics_names(self):
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self):
        """Sets all metrics to their start."""
        for metric in self.metrics:
            metric.reset_state()

    @at_home
    def explain_step(self, x, y=None, sample_weight=None, apply=False, lang=None):
        """What each layer sees in one training step: activations, gradients, and how far the weights move.

        The step is computed as `fit` computes it, op by op. Afterwards the weights, the optimizer, the metrics and the
        random numbers are what they were, unless `apply` is true. A model that is not built is built.

        Args:
            x: the inputs of one batch: an array or tensor, a list or dict of them; or a Dataset or generator, whose
                first batch is taken.
            y, sample_weight: as in `fit`.
            apply: whether to take the step, as `train_on_batch` does.
            lang: the language of the report, "en" or "ko".

        Returns:
            A StepReport: `print` shows it, its `layers` hold the numbers, its `findings` what stands out.
        """
        self._must_be_compiled("explain_step")
        from tinynn.keras.insight.step import explain_step  # loaded when it is asked for

        return explain_step(self, x, y, sample_weight, apply, lang)

    # ---- recorded steps ----------------------------------------------------------------------------------------------

    def explain_capture(self):
        """Which steps run in C, and why others run op by op, as text."""
        lines = [line for captured in recordings_of(self).values() for line in captured.explained()]
        if self.run_eagerly:
            lines.append("run_eagerly=True: every step runs op by op")
        return "\n".join(lines) or "no step was run yet"

    @property
    def train_program(self):
        """The training step as it was recorded last, a `Report`, or None; its `show()` gives the lines."""
        captured = recordings_of(self).get("train")
        return None if captured is None else captured.report()

    # ---- loops -------------------------------------------------------------------------------------------------------

    @at_home
    def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, validation_split=0.0,
            validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0,
            steps_per_epoch=None, validation_steps=None, validation_batch_size=None, validation_freq=1):
        """Trains the model for a number of epochs.

        Args:
            x: inputs: an array or tensor, a list or dict of them, a Dataset, a generator, or a PyDataset.
            y: targets, where x does not yield them.
            batch_size: samples per update; 32 by default.
            epochs: the epoch to stop at.
            verbose: 0 silent, 1 a progress bar, 2 a line per epoch, "auto" for 1.
            callbacks: callbacks.
            validation_split: the share at the end of the arrays that is kept for validation.
            validation_data: (x, y), (x, y, sample_weight) or a Dataset, evaluated after every epoch.
            shuffle: whether arrays come in a new order at every epoch; "batch": only within each batch.
            class_weight: {class number: weight in the loss}.
            sample_weight: one weight per sample.
            initial_epoch: the epoch to start at.
            steps_per_epoch: batches that make an epoch; by default all.
            validation_steps, validation_batch_size: the same for the validation.
            validation_freq: validate every so many epochs, or at the epochs of a list (counted from 1).

        Returns:
            A History: its `history` is {name: [value per epoch]}.
        """
        self._must_be_compiled("fit")
        return loop.fit(self, x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle,
                        class_weight, sample_weight, initial_epoch, steps_per_epoch, validation_steps,
                        validation_batch_size, validation_freq)

    @at_home
    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, callbacks=None,
                 return_dict=False):
        """The loss and the metrics on data.

        Args:
            x, y, batch_size, verbose, sample_weight, callbacks: as in `fit`.
            steps: how many batches; by default all.
            return_dict: whether to give {name: value}.

        Returns:
            The loss alone where there are no metrics; otherwise a list, or a dict.
        """
        self._must_be_compiled("evaluate")
        logs = loop.evaluate(self, loop.source(self, x, y, sample_weight, batch_size, steps=steps), steps, verbose,
                             callbacks)
        return logs if return_dict else self._listed(logs)

    @at_home
    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """The outputs for all of x, as NumPy arrays.

        Args:
            x, batch_size, verbose, callbacks: as in `fit`.
            steps: how many batches; by default all.
        """
        nobody_looks = verbose == 0 and callbacks is None and steps is None
        batch = as_one_batch(x) if nobody_looks and self.built else None
        if batch is not None and len(x) <= (batch_size or 32):
            return self._predicted(batch)
        return loop.predict(self, loop.source(self, x, None, None, batch_size, steps=steps), steps, verbose, callbacks)

    @at_home
    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """Learns from one batch; the metrics are those of this batch alone.

        Returns:
            The loss alone where there are no metrics; otherwise a list, or with `return_dict` a dict.
        """
        self._must_be_compiled("train_on_batch")
        self.reset_metrics()
        batch = next(iter(ArrayBatches(x, y, sample_weight, batch_size=1 << 62, class_weight=class_weight)))
        logs = logs_of(Steps(self, "train_on_batch", lambda b: self.train_step(pack(*b)))(batch))
        return logs if return_dict else self._listed(logs)

    @at_home
    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Evaluates one batch; the metrics are those of this batch alone.

        Returns:
            The loss alone where there are no metrics; otherwise a list, or with `return_dict` a dict.
        """
        self._must_be_compiled("test_on_batch")
        self.reset_metrics()
        batch = next(iter(ArrayBatches(x, y, sample_weight, batch_size=1 << 62)))
        logs = logs_of(Steps(self, "test_on_batch", lambda b: self.test_step(pack(*b)))(batch))
        return logs if return_dict else self._listed(logs)

    def predict_on_batch(self, x):
        """The outputs for one batch, as NumPy arrays."""
        return self._predicted(as_one_batch(x) or next(iter(ArrayBatches(x, batch_size=1 << 62))))

    def _predicted(self, batch):
        outputs = Steps(self, "predict", lambda b: self.predict_step(pack(*b)))(batch)
        return outputs.numpy() if type(outputs) is Tensor else nest.map_structure(lambda t: t.numpy(), outputs)

    def _listed(self, logs):
        """The values of the logs in Keras's order: the loss, metrics of a single output, losses, the rest by name."""
        names = []
        for metric in self.metrics:
            names.extend([m.name for m in metric.metrics] if isinstance(metric, CompileMetrics) else [metric.name])
        names = [name for name in dict.fromkeys(names) if name in logs]
        values = [logs[name] for name in [*names, *sorted(set(logs) - set(names))]]
        return values[0] if len(values) == 1 else values

    def _must_be_compiled(self, method):
        if not self.compiled:
            raise ValueError(f"You must call `compile()` before `{method}`, as in "
                             "model.compile(optimizer='adam', loss='mse')")

    def get_compile_config(self):
        """The arguments of `compile` as plain Python, or None where the model is not compiled."""
        return serialize_keras_object(dict(self._compile_arguments)) if self.compiled else None

    def compile_from_config(self, config):
        """Compiles the model as a configuration of `get_compile_config` says; not one with a `compile` of its own."""
        if type(self).compile is not Trainer.compile:
            warnings.warn(f"`compile()` was not called as part of model loading because the model's `compile()` method "
                          f"is custom. Override `get_compile_config()` and `compile_from_config(config)` in "
                          f"{type(self).__name__} as well, or call compile after loading", stacklevel=3)
            return
        arguments = {name: deserialize_keras_object(value) for name, value in config.items()}
        self.compile(**arguments)
        if getattr(self, "optimizer", None) is not None and self.built:
            self.optimizer.build(self.trainable_weights)

    built_in_train_step, built_in_test_step, built_in_compute_loss = train_step, test_step, compute_loss


def _mean(name):
    return metrics.Mean(name=name)


def _batch_size(x):
    """The number of samples of a batch."""
    leaf = x if not isinstance(x, (list, tuple, dict)) else next(i for i in nest.flatten(x) if i is not None)
    return leaf.shape[0]
