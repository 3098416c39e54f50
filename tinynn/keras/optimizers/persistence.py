"""Floor 7: an optimizer's arguments and state, to be written and read back."""

import warnings

from tinynn.autodiff.operand import Operand
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object

OPTIONS = {  # arguments that every optimizer takes, with their defaults
    "weight_decay": None, "clipnorm": None, "global_clipnorm": None, "clipvalue": None, "use_ema": False,
    "ema_momentum": 0.99, "ema_overwrite_frequency": None, "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class Persistence:
    """Configuration and weights, for `Optimizer`."""

    arguments = ()  # names of the algorithm's own arguments, kept as attributes

    def get_config(self):
        """The arguments of __init__; the rate as it is now."""
        rate = self._learning_rate
        rate = float(rate) if isinstance(rate, Operand) else serialize_keras_object(rate)
        names = (*OPTIONS, *self.arguments)
        return {"name": self.name, "learning_rate": rate, **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """An optimizer of a configuration, without state."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = deserialize_keras_object(config["learning_rate"], custom_objects)
        return cls(**config)

    def get_weights(self):
        """The values of `variables`, as arrays."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights):
        """Gives `variables` the values of a list of arrays.

        Raises:
            ValueError: before `build`, or where numbers or shapes differ.
        """
        if not self.built:
            raise ValueError(f"You are calling `set_weights` on a {type(self).__name__} that has no state yet; call "
                             "optimizer.build(trainable_variables) first")
        variables = self.variables
        if len(weights) != len(variables):
            raise ValueError(f"got {len(weights)} weights for {len(variables)} variables")
        for variable, weight in zip(variables, weights, strict=True):
            if tuple(variable.shape) != tuple(getattr(weight, "shape", ())):
                raise ValueError(f"the optimizer's variable {variable.name!r} has shape {tuple(variable.shape)}, got a "
                                 f"weight of shape {tuple(weight.shape)}")
            variable.assign(weight)

    def save_own_variables(self, store):
        """Writes the state into a dictionary, under "0", "1", ..."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store):
        """Reads the state from a dictionary of `save_own_variables`."""
        variables = self.variables
        if len(store.keys()) != len(variables):
            warnings.warn(f"Skipping variable loading for optimizer '{self.name}', because it has {len(variables)} "
                          f"variables whereas the saved optimizer has {len(store.keys())} variables; build it before "
                          "loading", stacklevel=2)
            return
        for i, variable in enumerate(variables):
            variable.assign(store[str(i)])
