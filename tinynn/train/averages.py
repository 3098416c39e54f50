"""Floor 8: moving averages of variables."""

from tinynn.autodiff.variable import Variable


class ExponentialMovingAverage:
    """Moving averages of variables: average <- decay average + (1 - decay) variable, at each `apply`.

    Args:
        decay: how much of the average is kept, near 1.
        num_updates: a step count, with which the decay starts smaller: min(decay, (1 + n) / (10 + n)).

    Example:
        >>> w = tf.Variable(0.0)
        >>> average = tf.train.ExponentialMovingAverage(0.9)
        >>> average.apply([w])
        >>> average.apply([w.assign(10.0)])
        >>> round(float(average.average(w)), 3)
        1.0
    """

    def __init__(self, decay, num_updates=None, zero_debias=False, name="ExponentialMovingAverage"):
        self.decay, self.num_updates, self.name = decay, num_updates, name
        self._averages = {}

    def apply(self, var_list):
        """Takes the present values of variables into their averages, which begin with the first ones."""
        decay = self.decay
        if self.num_updates is not None:
            decay = min(decay, (1.0 + float(self.num_updates)) / (10.0 + float(self.num_updates)))
        for variable in var_list:
            if id(variable) not in self._averages:
                self._averages[id(variable)] = variable, Variable(variable, trainable=False)
            else:
                average = self._averages[id(variable)][1]
                average.assign_sub((average - variable) * (1.0 - decay))

    def average(self, var):
        """The variable with the moving average of another; None where `apply` did not see it."""
        return self._averages.get(id(var), (None, None))[1]
