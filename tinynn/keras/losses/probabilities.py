"""Floor 7: predictions that are no probabilities, where a loss expects some."""

from tinynn.autodiff.tensor import Tensor
from tinynn.core.errors import hint
from tinynn.graph.recorder import peek

_SLACK = 1e-3  # how far rounding may carry a probability out of [0, 1]
_calls = {"since": 0}


def look_again():
    """The next predictions are looked at. Every new Loss asks for this."""
    _calls["since"] = 0


def check(y_pred, activation):
    """A hint where predictions lie outside [0, 1].

    Looking costs as much as a small op: it is done at the first call, and then at the 2nd, 4th, 8th, ...

    Args:
        y_pred: the predictions.
        activation: what would make probabilities of them, as "softmax".
    """
    _calls["since"] = since = _calls["since"] + 1
    if since & (since - 1) or type(y_pred) is not Tensor or not y_pred.size:
        return
    values = peek(y_pred)
    low, high = values.min(), values.max()
    if low < -_SLACK or high > 1.0 + _SLACK:
        hint("not-probabilities", "the loss expects probabilities, and predictions are outside [0, 1]. Write "
             f"from_logits=True in the loss, or give the last layer activation={activation!r}", low=low, high=high)
