"""Floor 7: the losses that layers add to that of the model."""

from tinynn.core import nest
from tinynn.keras.context import context


class Losses:
    """The part of a layer that adds to the loss."""

    def add_loss(self, loss):
        """Adds scalars to the loss of the present call, or of a functional model.

        Args:
            loss: a scalar tensor, or a list of them.
        """
        if context.placeholder:
            return
        entry = context.entry or self
        if self not in entry._lossy:
            entry._lossy.append(self)
            self._losses.clear()    # what another model's call left here
        self._losses.extend(x for x in nest.flatten(loss) if x is not None)

    def _penalize(self, outputs):
        for output in nest.flatten(outputs):
            penalty = self.activity_regularizer(output)
            self.add_loss(penalty / float(max(output.shape[0], 1)) if output.shape else penalty)

    def _forget_losses(self):
        for layer in self._lossy:
            layer._losses.clear()
        self._lossy.clear()

    @property
    def losses(self):
        """The scalars added by `add_loss` in the last call, and the penalties of the regularizers."""
        layers = self.collected("layers", self._flatten_layers)
        losses = [loss for layer in layers for loss in layer.__dict__["_losses"]]
        for variable in self.collected("penalized", self._penalized):
            if variable.trainable:
                losses.append(variable.regularizer(variable))
        return losses

    def _penalized(self):
        return [v for v in self.trainable_weights if getattr(v, "regularizer", None) is not None]
