"""Floor 7: the Variables that an optimizer keeps for its algorithm."""

from tinynn.keras import initializers
from tinynn.keras.config import floatx
from tinynn.keras.context import scope
from tinynn.keras.variable import Variable
from tinynn.ops.placement import at


class State:
    """Making and changing state, for `Optimizer`."""

    def _get_variable_index(self, variable):
        return self._index[id(variable)]

    def __getstate__(self):
        return {**vars(self), "_last": None}

    def __setstate__(self, state):
        vars(self).update(state)
        self._index = {id(v): i for i, v in enumerate(self._trainable_variables)}   # copies are found by another id

    def add_variable(self, shape, initializer="zeros", dtype=None, aggregation=None, layout=None, name=None):
        """A new Variable of the state."""
        with scope(self.name):
            variable = Variable(initializers.get(initializer), shape=tuple(shape), dtype=dtype or floatx(),
                                trainable=False, name=name)
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(self, reference_variable, name=None, initializer="zeros"):
        """A new Variable of the state, of the shape and dtype of a weight."""
        path = getattr(reference_variable, "path", reference_variable.name)
        path = str(path).replace("/", "_").replace(":", "_")
        with at(reference_variable.place):
            slot = self.add_variable(reference_variable.shape, initializer, reference_variable.dtype,
                                     name=f"{path}_{name or 'var'}")
        self._slots.append((reference_variable, name or "var", slot))
        return slot

    def settle(self, place):
        """Moves the state to the weights: what belongs to one weight beside it, the rest to `place`."""
        beside = {id(slot): weight.place for weight, _, slot in self._slots}
        for variable in self.variables:
            variable.move_to(beside.get(id(variable), place))

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """A new Variable of the state for each weight.

        Args:
            trainable_variables: the weights.
            name: a name, or several.
            initializer: an initializer for all, or one per name.

        Returns:
            A list; of several names a tuple of lists.
        """
        names = [name] if isinstance(name, str) else list(name)
        starts = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        if len(names) != len(starts):
            raise ValueError(f"the number of names and of initializers differ: {names}, {starts}")
        made = tuple([] for _ in names)
        for variable in trainable_variables:
            for slot, start, target in zip(names, starts, made, strict=True):
                target.append(self.add_variable_from_reference(variable, slot, start))
        return made[0] if isinstance(name, str) else made

    def assign(self, variable, value):
        """Replaces a variable's values."""
        variable.assign(value)

    def assign_add(self, variable, value):
        """Adds to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable, value):
        """Subtracts from a variable."""
        variable.assign_sub(value)
