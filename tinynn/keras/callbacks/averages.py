"""Floor 7: moving averages of the weights, where they count."""

import numpy as np

from tinynn.keras.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Puts the moving averages that the optimizer keeps in the place of the weights, to evaluate and to predict.

    The optimizer must have been made with `use_ema=True`.

    Args:
        swap_on_epoch: whether they are there at the end of every epoch too, as for a ModelCheckpoint after this.
    """

    def __init__(self, swap_on_epoch=False):
        self.swap_on_epoch, self._averages_in_model = swap_on_epoch, False

    def _optimizers(self):
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        found = [one for one in getattr(optimizer, "optimizers", [optimizer])
                 if hasattr(one, "_model_variables_moving_average")]
        if not found:
            raise ValueError("SwapEMAWeights must be used when `use_ema=True` is set on the optimizer, as in "
                             "keras.optimizers.Adam(use_ema=True)")
        return found

    def _pairs(self):
        return [pair for one in self._optimizers()
                for pair in zip(one._trainable_variables, one._model_variables_moving_average, strict=True)]

    def _put(self, averages):
        """Exchanges the weights for the averages, or back."""
        if averages is not self._averages_in_model:
            for weight, average in self._pairs():
                kept = np.array(weight)
                weight.assign(average)
                average.assign(kept)
            self._averages_in_model = averages

    def on_epoch_begin(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._put(False)

    def on_epoch_end(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._put(True)
            if epoch == self.params["epochs"] - 1:      # the weights stay, so the averages go on from them
                for weight, average in self._pairs():
                    average.assign(weight)

    def on_test_begin(self, logs=None):
        self._put(True)

    def on_test_end(self, logs=None):
        self._put(False)

    def on_predict_begin(self, logs=None):
        self._put(True)

    def on_predict_end(self, logs=None):
        self._put(False)
