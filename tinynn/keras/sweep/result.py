"""Floor 7: what a sweep gave."""

import time

import numpy as np

from tinynn.keras.sweep import plot, text
from tinynn.keras.sweep.solved import wilson

MOST_LOSSES = 1 << 24       # numbers of the histories; of more, only the last of each seed are kept
MOST_WEIGHTS = 1 << 30      # bytes of the weights of all seeds; more are not kept


class Sweep:
    """The results of the same training from many seeds; `print` shows them.

    Attributes:
        total: how many seeds were asked for; an interrupted sweep did fewer.
        epochs: the epochs of each training.
        criterion: `solved` as it was given.
        seconds, threads: how long it took, and how many seeds were trained at the same time.
        why_slow: None, or why each seed got a new model, one after the other.
        same_start: whether the first two seeds began with the same weights.
    """

    def __init__(self, seeds, epochs, criterion, rebuild):
        self._wanted, self.total, self._rebuild = seeds, len(seeds), rebuild
        self.epochs, self.criterion = epochs, criterion
        self._row = {seed: i for i, seed in enumerate(seeds)}
        self._done, self._solved = np.zeros(len(seeds), bool), np.zeros(len(seeds), bool)
        self._columns = epochs if epochs * len(seeds) <= MOST_LOSSES else 1
        self._final = np.full(len(seeds), np.nan)
        self._history, self._weights, self._judged = {}, [None] * len(seeds), True
        self._begun, self.seconds, self.threads = time.perf_counter(), 0.0, 1
        self.why_slow, self.same_start = None, False

    def add(self, seed, outcome):
        """Takes the Outcome of a seed."""
        row = self._row[seed]
        for name, values in outcome.history.items():
            if name not in self._history:
                self._history[name] = np.full((len(self._wanted), self._columns), np.nan)
            kept = values[-self._columns:]
            self._history[name][row, :len(kept)] = kept
        self._final[row] = outcome.history["loss"][-1]
        self._judged = self._judged and outcome.solved is not None
        self._solved[row] = bool(outcome.solved)
        if sum(w.nbytes for w in outcome.weights) * len(self._wanted) <= MOST_WEIGHTS:
            self._weights[row] = outcome.weights
        self._done[row] = True
        self.seconds = time.perf_counter() - self._begun

    # ---- the numbers -------------------------------------------------------------------------------------------------

    @property
    def seeds(self):
        """The seeds that are done."""
        return [seed for seed, done in zip(self._wanted, self._done, strict=True) if done]

    @property
    def history(self):
        """{name: (seeds, epochs)} as `History.history`, with NaN after an early end; (seeds, 1), the last value alone,
        where all of them would be more than 16 million numbers."""
        return {name: values[self._done] for name, values in self._history.items()}

    @property
    def losses(self):
        """The loss after each epoch, (seeds, epochs)."""
        return self.history["loss"]

    @property
    def final(self):
        """The last loss of each seed, (seeds,)."""
        return self._final[self._done]

    @property
    def solved(self):
        """Whether each seed solved the task, (seeds,); None where nothing says what that means."""
        return self._solved[self._done] if self._judged else None

    @property
    def share(self):
        """The share of seeds that solved the task, or None."""
        return float(self.solved.mean()) if self._judged else None

    @property
    def interval(self):
        """The 95 % confidence interval of `share`, (low, high), or None."""
        return wilson(int(self.solved.sum()), len(self.seeds)) if self._judged else None

    @property
    def best(self):
        """The seed with the least last loss."""
        return self._at(np.argmin)

    @property
    def worst(self):
        """The seed with the largest last loss; one whose loss is not a number is larger than all."""
        return self._at(np.argmax)

    def _at(self, where):
        return self.seeds[int(where(np.nan_to_num(self.final, nan=np.inf)))]

    # ---- the models --------------------------------------------------------------------------------------------------

    def weights(self, seed):
        """The weights that a seed was trained to, as `model.get_weights()` gives them.

        Raises:
            KeyError: a seed that is not done.
            ValueError: the weights of all seeds together were too large to be kept.
        """
        row = self._row.get(seed)
        if row is None or not self._done[row]:
            raise KeyError(f"the sweep has no result for seed {seed!r}")
        if self._weights[row] is None:
            raise ValueError(f"the weights of {self.total} seeds are more than {MOST_WEIGHTS >> 20} MiB, so they were "
                             f"not kept; sweep seeds=[{seed}] alone")
        return self._weights[row]

    def model(self, seed):
        """A new model with the weights that a seed was trained to. Its optimizer is new."""
        return self._rebuild(seed, self.weights(seed))

    # ---- shown -------------------------------------------------------------------------------------------------------

    def text(self, lang=None):
        """The share, a histogram of the last losses and the time as text, in English ("en") or Korean ("ko")."""
        return text.report(self, lang)

    def progress(self, lang=None):
        """How far it is, as a short line of text."""
        return text.progress(self, lang)

    def __repr__(self):
        return self.text()

    def plot(self, axes=None, lang=None):
        """Draws the histogram of the last losses with matplotlib.

        Args:
            axes: where; new ones by default.

        Returns:
            The axes.

        Raises:
            ImportError: matplotlib is not installed.
        """
        return plot.histogram(self, axes, lang)
