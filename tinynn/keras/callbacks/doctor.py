"""Floor 7: the training doctor at the end of `fit`."""

from tinynn.explain.words import language
from tinynn.keras.callbacks.callback import Callback, overrides_epochs
from tinynn.keras.insight.doctor import examined, sample_of
from tinynn.keras.insight.step import explained
from tinynn.keras.training.data import ArrayBatches


class Doctor(Callback):
    """Says at the end of training what stood in its way; see `tinynn.doctor`.

    It looks at the history, and at one more step on the data of `fit` (256 samples of arrays, or the first batch of the
    last epoch), which is taken back. Training runs as without it: its steps in C, its results the same.

    Args:
        every: also looks at a step after every so many epochs, and keeps it in `steps`; None for not at all.
        verbose: 1 to print the report, 0 not to.
        lang: the language of the report, "en" or "ko".

    Attributes:
        report: the Report; None before the end of training.
        steps: {number of the epoch, from 0: StepReport}.

    Example:
        >>> model.fit(x, y, epochs=20, callbacks=[keras.callbacks.Doctor()])
    """

    def __init__(self, every=None, verbose=1, lang=None):
        if every is not None and (not isinstance(every, int) or every < 1):
            raise ValueError(f"every is a number of epochs, at least 1, or None; got {every!r}")
        self.every, self.verbose, self.lang = every, verbose, language(lang)
        self.report, self.steps, self.training = None, {}, None

    @property
    def uses_epochs(self):
        """Whether it has to be called at every epoch."""
        return self.every is not None or overrides_epochs(self, Doctor)

    def set_data(self, training):
        """Tells what `fit` trains on."""
        self.training = training

    def on_train_begin(self, logs=None):
        """Forgets an earlier run."""
        self.report, self.steps = None, {}

    def on_epoch_end(self, epoch, logs=None):
        """Keeps a step."""
        sample = self._sample() if self.every is not None and (epoch + 1) % self.every == 0 else None
        if sample is not None:
            self.steps[epoch] = explained(self.model, sample.batch, lang=self.lang)

    def on_train_end(self, logs=None):
        """Makes the report, and prints it."""
        self.report = examined(self.model, self.model.history, self._sample(), self.lang)
        self.training = None
        if self.verbose:
            print(self.report)

    def _sample(self):
        """Data to look at, without moving a stream on; None where there was none."""
        training = self.training
        if training is None or (training.first is None and not isinstance(training.source, ArrayBatches)):
            return None
        return sample_of(training.source, training.first)
