"""Floor 7: an optimizer that keeps small float16 gradients from becoming 0."""

from tinynn import ops
from tinynn.graph.recorder import unrecordable
from tinynn.keras import initializers
from tinynn.keras.optimizers.base import ONE, Optimizer
from tinynn.keras.optimizers.persistence import OPTIONS
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a scale, and divides the gradients by it before another optimizer gets them.

    A step whose gradients are not finite is left out, and halves the scale; after `dynamic_growth_steps` steps with
    finite ones the scale doubles.

    Args:
        inner_optimizer: the optimizer that changes the weights.
        initial_scale: the first scale.
        dynamic_growth_steps: see above.
        name: shown in the paths of the state.
    """

    def __init__(self, inner_optimizer, initial_scale=2.0**15, dynamic_growth_steps=2000, name=None, **kwargs):
        if not kwargs.pop("dynamic", True):
            raise ValueError("a LossScaleOptimizer finds its scale by itself; for a fixed one set `loss_scale_factor` "
                             "on the `inner_optimizer`, and leave this one out")
        for option in OPTIONS:
            if kwargs.pop(option, OPTIONS[option]) != OPTIONS[option]:
                raise ValueError(f"LossScaleOptimizer does not support `{option}`; set it on the `inner_optimizer`")
        if kwargs:
            raise ValueError(f"LossScaleOptimizer does not support arguments: `{'`, `'.join(kwargs)}`")
        super().__init__(0.0, name)
        self.inner_optimizer, self.initial_scale = inner_optimizer, initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        self.loss_scale_factor = initial_scale      # tells a training step to call scale_loss
        inner_optimizer.loss_scale_factor = None    # the gradients are divided here

    def build(self, variables):
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        self.dynamic_scale = self.add_variable((), initializers.Constant(self.initial_scale), name="dynamic_scale")
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self):
        """The state of this optimizer and of the one inside."""
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def learning_rate(self):
        """The rate of the optimizer inside."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, rate):
        self.inner_optimizer.learning_rate = rate

    @property
    def iterations(self):
        """How many updates the optimizer inside made."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss):
        """The loss times the scale, to be differentiated."""
        return loss * (self.dynamic_scale if self.built else self.initial_scale)

    def finalize_variable_values(self, var_list):
        """Gives the variables the averages of the optimizer inside, where it keeps some."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def apply(self, grads, trainable_variables=None):
        """Changes the variables by their gradients, where these are finite."""
        variables = self._same_variables(grads, trainable_variables)
        unrecordable("whether the gradients are finite decides, in Python, what a step does")
        finite = all(bool(ops.reduce_all(ops.is_finite(g))) for g in grads if g is not None)
        if finite:
            scale = self.dynamic_scale
            self.inner_optimizer.apply([
                g if g is None or getattr(v, "overwrite_with_gradient", False) else g / ops.cast(scale, g.dtype)
                for g, v in zip(grads, variables, strict=True)], variables)
            self.step_counter.assign_add(1)
        grown = finite and int(self.step_counter) == self.dynamic_growth_steps
        if grown or not finite:
            self.step_counter.assign(0)
            self.dynamic_scale.assign(self.dynamic_scale * (2.0 if finite else 0.5))
        self._iterations.assign_add(ONE)

    def explain(self, variable, gradient=None, entry=None, lang=None):
        """See `Optimizer.explain`; it is the optimizer inside that updates, by the gradient divided by the scale."""
        scale = self.dynamic_scale if self.built else self.initial_scale
        if gradient is not None:
            gradient = ([g if g is None else g / scale for g in gradient] if isinstance(gradient, (list, tuple))
                        else gradient / scale)
        return self.inner_optimizer.explain(variable, gradient, entry, lang)

    def get_config(self):
        return {"name": self.name, "inner_optimizer": serialize_keras_object(self.inner_optimizer),
                "initial_scale": self.initial_scale, "dynamic_growth_steps": self.dynamic_growth_steps}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        return cls(deserialize_keras_object(config.pop("inner_optimizer"), custom_objects), **config)
