"""Floor 7: what all optimizers share: the rate, the state, clipping, decay, averages, and the order of a step."""

import warnings
from math import inf, prod
from numbers import Real
from operator import is_

from tinynn import ops
from tinynn.autodiff.operand import Operand
from tinynn.autodiff.tape import GradientTape
from tinynn.autodiff.variable import Variable as EngineVariable
from tinynn.core import restoring
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import hint
from tinynn.graph.recorder import recording
from tinynn.keras.config import floatx
from tinynn.keras.context import scope
from tinynn.keras.losses.shapes import as_like
from tinynn.keras.naming import SetByInit, auto_name
from tinynn.keras.optimizers import slices, unused
from tinynn.keras.optimizers.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from tinynn.keras.optimizers.explaining import MOST_KEPT, Explaining
from tinynn.keras.optimizers.optional import OptionalSteps
from tinynn.keras.optimizers.persistence import OPTIONS, Persistence
from tinynn.keras.optimizers.schedules import LearningRateSchedule
from tinynn.keras.optimizers.state import State
from tinynn.keras.variable import Variable

ONE = ops.constant(1, dtype="int64")


class Optimizer(State, OptionalSteps, Persistence, Explaining):
    """Base of all optimizers. One of one's own overrides `build` (its state), `update_step` and `get_config`.

    Args:
        learning_rate: a number, a schedule, a Variable, or a function without arguments.
        weight_decay: how much of each weight, times the rate, is taken away at each step; None for nothing.
        clipnorm: the largest norm of the gradient of one variable; larger ones are scaled down.
        clipvalue: the largest absolute value in a gradient.
        global_clipnorm: the largest norm of all gradients together. Only one of the three clips can be given.
        use_ema: whether a moving average of the weights is kept, and takes their place when training ends.
        ema_momentum: how much of the average is kept at each step.
        ema_overwrite_frequency: after how many steps the average takes the weights' place; None for only at the end.
        loss_scale_factor: what `scale_loss` multiplies the loss by, and gradients are divided by.
        gradient_accumulation_steps: the number of steps whose gradients are averaged into one update.
        name: shown in the paths of the state.

    Example:
        >>> v = tf.Variable(1.0)
        >>> keras.optimizers.SGD(0.5).apply_gradients([(tf.constant(1.0), v)])
        >>> float(v)
        0.5
    """

    built = _iterations = _learning_rate = _trainable_variables = _variables = SetByInit("learning_rate, ...")
    lifetime = inf  # how many more calls of `apply` the schedule of the rate is good for; `fit` looks at epochs instead
    _casts_rate, _common_dtype = False, None  # whether weights need the rate in another type; their type, if it is one

    def __init__(self, learning_rate, name=None, **options):
        options.pop("decay", None)
        unknown = [key for key in options if key not in OPTIONS]
        if unknown:
            advice = "write learning_rate for lr" if "lr" in unknown else f"it also takes {', '.join(OPTIONS)}"
            raise ValueError(f"Argument(s) not recognized: {type(self).__name__} got {unknown}; {advice}")
        self.name = auto_name(type(self).__name__) if name is None else name
        vars(self).update(OPTIONS, **options)
        self._check_options()
        self.built = False
        self._variables, self._trainable_variables = [], []
        self._index, self._constrained, self._slots = {}, [], []
        self._undecayed, self._undecayed_names = set(), None
        with scope(self.name):
            self._iterations = Variable(0, dtype="int64", trainable=False, name="iteration")
        self._variables.append(self._iterations)
        self._set_rate(learning_rate)

    def _check_options(self):
        clips = {name: getattr(self, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
        if sum(value is not None for value in clips.values()) > 1:
            raise ValueError(f"Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set, got {clips}")
        steps = self.gradient_accumulation_steps
        if steps and not steps >= 2:
            raise ValueError(f"`gradient_accumulation_steps` must be an integer >= 2, got {steps}")
        if self.use_ema and not 0 <= self.ema_momentum <= 1:
            raise ValueError(f"`ema_momentum` must be in the range [0, 1], got {self.ema_momentum}")
        often = self.ema_overwrite_frequency
        if self.use_ema and often and (not isinstance(often, int) or often < 1):
            raise ValueError(f"`ema_overwrite_frequency` must be an integer >= 1 or None, got {often}")

    # ---- the rate ----------------------------------------------------------------------------------------------------

    def _set_rate(self, rate):
        if isinstance(rate, Real):
            with scope(self.name):
                rate = Variable(float(rate), dtype=floatx(), trainable=False, name="learning_rate")
        if isinstance(rate, EngineVariable):
            self._variables.insert(1, rate)
        elif callable(rate):
            self._note_schedule(rate)
        else:
            raise ValueError(f"learning_rate is a number, a schedule, a Variable or a function, got {rate!r}")
        self._learning_rate = rate

    @property
    def learning_rate(self):
        """The present rate: the Variable that holds it, or what the schedule gives for the present step.

        Assigning a number changes the Variable; assigning a schedule puts it in the Variable's place.
        """
        rate = self._learning_rate
        if isinstance(rate, EngineVariable):
            return rate
        return rate(self._iterations) if isinstance(rate, LearningRateSchedule) else rate()

    @learning_rate.setter
    def learning_rate(self, rate):
        old = self._learning_rate
        if callable(rate) and not isinstance(rate, Operand):
            self._note_schedule(rate)
            self._variables = [v for v in self._variables if v is not old]
            self._learning_rate = rate
        elif isinstance(old, EngineVariable):
            old.assign(rate)
        else:
            raise TypeError("This optimizer was created with a `LearningRateSchedule` as its learning rate, which a "
                            f"number cannot replace; make the {type(self).__name__} with a number to change it later")

    def _note_schedule(self, rate):
        unused.used(rate)
        self.lifetime = rate.lasts() if isinstance(rate, LearningRateSchedule) else inf

    @property
    def iterations(self):
        """How many updates there were, an int64 Variable; with gradient accumulation a tensor."""
        if self.gradient_accumulation_steps:
            return self._iterations // self.gradient_accumulation_steps
        return self._iterations

    # ---- state -------------------------------------------------------------------------------------------------------

    @property
    def variables(self):
        """The step count, the rate where it is a Variable, and the state of the algorithm."""
        return list(self._variables)

    def build(self, variables):
        """Makes the state for these variables; the first `apply` does it by itself."""
        variables = list(variables)
        if variables:
            self.settle(variables[0].place)
        if self.use_ema:
            self._model_variables_moving_average = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = self.add_optimizer_variables(variables, "gradient_accumulator")
        self._index = {id(v): i for i, v in enumerate(variables)}
        self._trainable_variables = variables
        self._constrained = [v for v in variables if v.constraint is not None]
        self._overwritten = any(getattr(v, "overwrite_with_gradient", False) for v in variables)
        self._first_slot = len(self._variables)
        rate = self._learning_rate
        rate_type = floatx()
        if isinstance(rate, EngineVariable):
            rate_type = rate.dtype
            unused.hint_at_unused()
        self._casts_rate = any(v.dtype != rate_type for v in variables)
        dtypes = {as_dtype(str(v.dtype) if isinstance(v.dtype, str) else v.dtype) for v in variables}
        self._common_dtype = dtypes.pop() if len(dtypes) == 1 else None
        self._remembers = sum(prod(v.shape) for v in variables) <= MOST_KEPT
        self.built = True

    # ---- a step ------------------------------------------------------------------------------------------------------

    def minimize(self, loss, var_list, tape=None):
        """Computes gradients of a loss and applies them.

        Args:
            loss: a function without arguments, or a tensor that `tape` recorded.
            var_list: the variables to change.
            tape: the tape, where the loss is a tensor.
        """
        if callable(loss) and not isinstance(loss, Operand):
            with GradientTape() as tape:
                loss = loss()
        elif tape is None:
            raise ValueError("minimize(loss, var_list) takes a function that computes the loss, or tape=... with a "
                             "tensor")
        return self.apply_gradients(zip(tape.gradient(loss, var_list), var_list, strict=True))

    def apply_gradients(self, grads_and_vars):
        """Changes the variables by their gradients.

        Args:
            grads_and_vars: pairs (gradient, variable), as from zip(gradients, variables).

        Returns:
            The step count.
        """
        pairs = tuple(zip(*grads_and_vars, strict=True))
        if pairs:
            self.apply(*pairs)
        return self._iterations

    def apply(self, grads, trainable_variables=None):
        """Changes the variables by their gradients.

        Args:
            grads: gradients.
            trainable_variables: their variables; by default those of `build`.

        Raises:
            ValueError: where no variable has a gradient, the numbers differ, or a variable is new.
        """
        if not len(grads):
            return
        if self.lifetime < inf:
            self._age()
        variables = self._same_variables(grads, trainable_variables)
        for gradient in grads:
            if gradient is None:
                grads, variables = self._without_missing(grads, variables)
                break
        if self._overwritten:
            grads, variables = self._overwrite(grads, variables)
        if self.loss_scale_factor is not None:
            grads = [slices.each(lambda g: g / self.loss_scale_factor, gradient) for gradient in grads]
        if self.gradient_accumulation_steps:
            self._accumulate(grads, variables)
        else:
            self._update(grads, variables)
        if self.use_ema:
            self._update_averages()
        for variable in self._constrained:
            variable.assign(variable.constraint(variable))
        self._iterations.assign_add(ONE)
        if self._remembers:
            rate = self._learning_rate
            self._last = None if recording() else (tuple(grads), tuple(variables), self._iterations.version(),
                                                   rate.snapshot() if isinstance(rate, EngineVariable) else None)

    def _age(self):
        self.lifetime -= 1
        if self.lifetime < 0:
            self.lifetime = inf
            schedule = self._learning_rate
            hint("decay-steps", f"the learning rate has fallen below a ten-thousandth of its start, so nothing more is "
                 f"learnt. decay_steps={schedule.decay_steps} counts batches, not epochs: for n epochs write "
                 "decay_steps=n * batches_per_epoch")

    def _same_variables(self, grads, variables):
        """The variables of a step, after `build` where they are the first."""
        known = self._trainable_variables
        if variables is None:
            if not self.built:
                raise ValueError("apply(grads) without variables needs build(variables) first")
            variables = known
        elif not self.built:
            self.build(list(variables))
            restoring.built(self)
        elif len(variables) != len(known) or not all(map(is_, variables, known)):
            self._check_known(variables)
        if len(grads) != len(variables):
            raise ValueError(f"got {len(grads)} gradients for {len(variables)} variables")
        return variables

    def _check_known(self, variables):
        for variable in variables:
            if id(variable) not in self._index:
                raise ValueError(f"Unknown variable: {variable.name!r} of shape {tuple(variable.shape)}. This "
                                 f"{type(self).__name__} keeps state for the variables of its first step; make another "
                                 "optimizer for other variables")

    def _without_missing(self, grads, variables):
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if not pairs:
            raise ValueError("No gradients provided for any variable: the loss does not depend on them, or was "
                             "computed outside the tape's `with` block")
        names = [v.name for g, v in zip(grads, variables, strict=True) if g is None]
        warnings.warn(f"Gradients do not exist for variables {names} when minimizing the loss", stacklevel=4)
        return zip(*pairs, strict=True)

    def _update(self, grads, variables):
        """Clipping, decay, and the algorithm."""
        for gradient in grads:
            if getattr(gradient, "dtype", None) is not self._common_dtype or not isinstance(gradient, Operand):
                grads = [as_like(g, v) for g, v in zip(grads, variables, strict=True)]
                break
        grads = self._clip_gradients(grads)
        self._apply_weight_decay(variables)
        self.update_all(grads, variables, self.learning_rate)

    def _clip_gradients(self, grads):
        if self.clipnorm:
            return [clip_by_norm(g, self.clipnorm) for g in grads]
        if self.global_clipnorm:
            return clip_by_global_norm(grads, self.global_clipnorm)
        if self.clipvalue:
            return [clip_by_value(g, self.clipvalue) for g in grads]
        return grads

    def update_all(self, grads, variables, learning_rate):
        """The algorithm for all variables of a step: `update_step` for each."""
        update, casts = self.update_step, self._casts_rate
        for gradient, variable in zip(grads, variables, strict=True):
            update(gradient, variable, ops.cast(learning_rate, variable.dtype) if casts else learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        """The algorithm for one variable; the rate has the variable's type."""
        raise NotImplementedError(f"{type(self).__name__} must define update_step(self, gradient, variable, "
                                  "learning_rate)")
