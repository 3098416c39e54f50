"""Floor 7: learning rates that change with the step. A schedule is called with a step, and computes with ops."""

import math

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.keras.config import floatx
from tinynn.keras.optimizers import unused
from tinynn.keras.saving import Catalogue

_DEAD = 1e-4  # the share of its first value below which a rate changes nothing any more


class LearningRateSchedule:
    """Base of all schedules: override `__call__(step)` and, to be saved, `get_config`.

    A step is one batch, not one epoch: `decay_steps` of 10 epochs is 10 * (number of samples) / (batch size).
    """

    arguments = ()  # names of the arguments of __init__, kept as attributes

    def __new__(cls, *args, **kwargs):
        schedule = super().__new__(cls)
        unused.made(schedule)
        return schedule

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "__call__" in vars(cls):
            cls.__call__ = unused.noticing(cls.__call__)

    def __call__(self, step):
        """The learning rate at a step (an int, a Variable or a tensor), as a scalar tensor."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, step)")

    def lasts(self):
        """After how many steps the rate is below a ten-thousandth of its start for good; infinity for never."""
        return math.inf

    def get_config(self):
        """The arguments of __init__."""
        if not self.arguments:
            raise NotImplementedError(f"{type(self).__name__} must define get_config() to be saved")
        return {name: getattr(self, name) for name in self.arguments}

    @classmethod
    def from_config(cls, config):
        """A schedule of a configuration."""
        return cls(**config)


def _at(step):
    return ops.cast(operand(step), floatx())


def _check_steps(name, steps):
    if steps <= 0:
        raise ValueError(f"Argument `{name}` must be > 0, got {steps}")


class ExponentialDecay(LearningRateSchedule):
    """initial decay_rate^(step / decay_steps).

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: after how many steps (batches) the rate has been multiplied by decay_rate once.
        decay_rate: see above.
        staircase: whether step / decay_steps is rounded down, so that the rate falls in steps.
        name: shown in the configuration.

    Example:
        >>> rate = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=100, decay_rate=0.5)
        >>> f"{float(rate(200)):.3f}"
        '0.025'
    """

    arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="ExponentialDecay"):
        _check_steps("decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step):
        return self.initial_learning_rate * ops.pow(self.decay_rate, self._fraction(step))

    def lasts(self):
        rate = self.decay_rate
        return self.decay_steps * math.log(_DEAD) / math.log(rate) if 0.0 < rate < 1.0 else math.inf

    def _fraction(self, step):
        fraction = _at(step) / float(self.decay_steps)
        return ops.floor(fraction) if self.staircase else fraction


class InverseTimeDecay(ExponentialDecay):
    """initial / (1 + decay_rate step / decay_steps); arguments as for `ExponentialDecay`."""

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="InverseTimeDecay"):
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step):
        return self.initial_learning_rate / (1.0 + self.decay_rate * self._fraction(step))

    def lasts(self):
        return self.decay_steps / _DEAD / self.decay_rate if self.decay_rate > 0.0 else math.inf


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and including step boundaries[0], then values[1] up to boundaries[1], ...

    Args:
        boundaries: rising step numbers.
        values: the rates; one more than boundaries.
        name: shown in the configuration.
    """

    arguments = ("boundaries", "values", "name")

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(f"The length of boundaries should be 1 less than the length of values, got "
                             f"{len(boundaries)} boundaries and {len(values)} values")
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step):
        step = ops.cast(operand(step), "float64")
        rate = ops.constant(self.values[-1], floatx())
        for boundary, value in zip(reversed(self.boundaries), reversed(self.values[:-1]), strict=True):
            rate = ops.where(step <= float(boundary), ops.constant(value, floatx()), rate)
        return rate


class PolynomialDecay(LearningRateSchedule):
    """(initial - end) (1 - step / decay_steps)^power + end, and `end` from decay_steps on.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the step at which the rate reaches its end.
        end_learning_rate: the last rate.
        power: 1 for a straight line.
        cycle: whether it starts anew, from where a longer decay would be, when decay_steps are over.
        name: shown in the configuration.
    """

    arguments = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")

    def __init__(self, initial_learning_rate, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False,
                 name="PolynomialDecay"):
        _check_steps("decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name

    def __call__(self, step):
        step, length = _at(step), float(self.decay_steps)
        if self.cycle:
            length = length * ops.maximum(ops.ceil(step / length), 1.0)
        else:
            step = ops.minimum(step, length)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * ops.pow(1.0 - step / length, float(self.power)) + self.end_learning_rate


class CosineDecay(LearningRateSchedule):
    """Half a cosine wave from the rate down to alpha times it, after an optional straight rise.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the length of the wave.
        alpha: the last rate, as a share of the highest.
        name: shown in the configuration.
        warmup_target: the rate that the rise ends at; None for no rise.
        warmup_steps: the length of the rise.

    Source: Loshchilov, Hutter: SGDR, stochastic gradient descent with warm restarts (2017).
    """

    arguments = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")

    def __init__(self, initial_learning_rate, decay_steps, alpha=0.0, name="CosineDecay", warmup_target=None,
                 warmup_steps=0):
        _check_steps("decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.name, self.warmup_target, self.warmup_steps = name, warmup_target, warmup_steps

    def __call__(self, step):
        step, start = _at(step), self.initial_learning_rate
        if self.warmup_target is None:
            return self._wave(step, start)
        wave = self._wave(step - float(self.warmup_steps), self.warmup_target)
        if not self.warmup_steps:
            return wave
        rise = (self.warmup_target - start) * (step / float(self.warmup_steps)) + start
        return ops.where(step < float(self.warmup_steps), rise, wave)

    def lasts(self):
        return math.inf if self.alpha > _DEAD else 1.1 * (self.decay_steps + self.warmup_steps)

    def _wave(self, step, highest):
        share = ops.minimum(step, float(self.decay_steps)) / float(self.decay_steps)
        return highest * ((1.0 - self.alpha) * (0.5 * (1.0 + ops.cos(math.pi * share))) + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Half cosine waves one after the other, each t_mul times as long and m_mul times as high as the one before.

    Args:
        initial_learning_rate: the rate at step 0.
        first_decay_steps: the length of the first wave.
        t_mul, m_mul: see above.
        alpha: the lowest rate, as a share of the initial one.
        name: shown in the configuration.

    Source: Loshchilov, Hutter: SGDR, stochastic gradient descent with warm restarts (2017).
    """

    arguments = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")

    def __init__(self, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name="SGDRDecay"):
        _check_steps("first_decay_steps", first_decay_steps)
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step):
        done = _at(step) / float(self.first_decay_steps)
        if self.t_mul == 1.0:
            restarts = ops.floor(done)
            share = done - restarts
        else:
            ratio = ops.constant(self.t_mul, done.dtype)
            restarts = ops.floor(ops.log(1.0 - done * (1.0 - ratio)) / ops.log(ratio))
            length = ops.pow(ratio, restarts)
            share = (done - (1.0 - length) / (1.0 - ratio)) / length
        height = ops.pow(ops.constant(self.m_mul, done.dtype), restarts)
        wave = 0.5 * height * (1.0 + ops.cos(math.pi * share))
        return self.initial_learning_rate * ((1.0 - self.alpha) * wave + self.alpha)


_catalogue = Catalogue(
    "learning rate schedule",
    "keras.optimizers.schedules",
    [c for c in list(globals().values()) if isinstance(c, type) and issubclass(c, LearningRateSchedule)],
    base=LearningRateSchedule,
)
serialize, deserialize = _catalogue.serialize, _catalogue.deserialize
