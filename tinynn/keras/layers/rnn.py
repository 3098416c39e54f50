"""Floor 7: a cell over the steps of sequences."""

from tinynn import ops
from tinynn.autodiff.tensor import Tensor
from tinynn.core import nest
from tinynn.keras.layers.building import signature_of
from tinynn.keras.layers.cells import RecurrentCell, state_sizes
from tinynn.keras.layers.layer import Layer
from tinynn.keras.saving import deserialize_keras_object, serialize_keras_object
from tinynn.keras.variable import Variable


class StackedRNNCells(Layer):
    """Cells one above the other, as one: what a cell gives is the input of the next.

    Args:
        cells: a list of cells.
    """

    def __init__(self, cells, **kwargs):
        super().__init__(**kwargs)
        for cell in cells:
            if not hasattr(cell, "state_size") or not hasattr(cell, "call"):
                raise ValueError(f"All cells must have a `call` method and a `state_size`. Received: {cell!r}")
        self.cells = cells

    @property
    def state_size(self):
        """Those of the cells."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self):
        """That of the last cell."""
        return output_size(self.cells[-1])

    def build(self, input_shape):
        """Builds every cell."""
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], output_size(cell))

    def get_initial_state(self, batch_size=None):
        """The first states of the cells."""
        return [initial_state(cell, batch_size, self.compute_dtype) for cell in self.cells]

    def call(self, inputs, states, training=False):
        """(output of the last cell, the new states of all)."""
        after = []
        for cell, state in zip(self.cells, states, strict=True):
            inputs, new = called(cell, inputs, state if nest.is_nested(state) else [state], training)
            after.append(new if nest.is_nested(state) else new[0])
        return inputs, after

    def get_config(self):
        """The arguments of the constructor."""
        return {**super().get_config(), "cells": [serialize_keras_object(cell) for cell in self.cells]}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Cells from their configuration."""
        cells = [deserialize_keras_object(cell, custom_objects=custom_objects) for cell in config["cells"]]
        return cls(**{**config, "cells": cells})


def output_size(cell):
    """The size of what a cell gives."""
    size = getattr(cell, "output_size", None)
    return state_sizes(cell)[0] if size is None else size


def initial_state(cell, batch_size, dtype):
    """The first state of a cell: what it gives itself, or zeros."""
    if hasattr(cell, "get_initial_state"):
        return cell.get_initial_state(batch_size=batch_size)
    zeros = [ops.zeros((batch_size, size), dtype) for size in state_sizes(cell)]
    return zeros if isinstance(cell.state_size, (list, tuple)) else zeros[0]


def called(cell, inputs, states, training):
    """(output, list of new states) of a step of a cell."""
    more = {"training": training} if signature_of(type(cell).call)[1] else {}
    output, states = (cell if callable(cell) else cell.call)(inputs, states, **more)
    return output, list(states) if isinstance(states, (list, tuple)) else [states]


class RNN(Layer):
    """A cell over the steps of sequences: each step gets the inputs of its time and the state of the step before.

    Args:
        cell: a layer with `call(inputs, states)`, which gives (output, new states), and with `state_size`, an int or a
            list of them; or a list of cells, which are stacked.
        return_sequences: whether to give the outputs of all steps; otherwise that of the last.
        return_state: whether to give the last states as well.
        go_backwards: whether to begin at the end.
        stateful: whether a batch begins with the states that the batch before it left; `reset_state` forgets them.
        unroll: without meaning here: a step is recorded once in any case.
        zero_output_for_mask: whether the output of a masked step is 0; otherwise it is that of the step before.

    Call arguments:
        sequences: of shape (batch, steps, ...).
        initial_state: a list of the first states, each (batch, size).
        mask: which steps count, (batch, steps); at the others the state stays as it is.

    Returns:
        (batch, steps, size) or (batch, size); with `return_state` a tuple of that and of the states.
    """

    _stated_by = "compute_output_shape"
    _untracked = Layer._untracked | {"states"}

    def __init__(self, cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False,
                 unroll=False, zero_output_for_mask=False, **kwargs):
        cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else cell
        for needed in ("call", "state_size"):
            if needed not in dir(cell):
                raise ValueError("Argument `cell` should have a `call` method and a `state_size`, an integer or a list "
                                 f"of integers. Received: cell={cell!r}")
        super().__init__(**kwargs)
        self.cell, self.return_sequences, self.return_state = cell, return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll = go_backwards, stateful, unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking, self.states = True, None

    @property
    def state_size(self):
        """The sizes of the states, as a list."""
        return state_sizes(self.cell)

    def build(self, sequences_shape, initial_state_shape=None):
        """Builds the cell for one step."""
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
        if self.stateful and self.states is None:
            if sequences_shape[0] is None:
                raise ValueError("When using `stateful=True` in a RNN, the batch size must be static. Found dynamic "
                                 f"batch size: sequence.shape={tuple(sequences_shape)}; give it in keras.Input("
                                 "batch_shape=...)")
            self.states = nest.map_structure(
                lambda value: Variable(value, trainable=False, dtype=self.variable_dtype, name="rnn_state"),
                self.get_initial_state(sequences_shape[0]))

    def get_initial_state(self, batch_size):
        """The first states of a batch, as a list."""
        state = initial_state(self.cell, batch_size, self.compute_dtype)
        return list(state) if isinstance(state, (list, tuple)) else [state]

    def reset_state(self):
        """Of a stateful layer: the next batch begins with zeros."""
        for variable in nest.flatten(self.states or []):
            variable.assign(ops.zeros_like(variable))

    reset_states = reset_state

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """The outputs, and the states where they are wanted."""
        if initial_state is None:
            initial_state = self._kept(sequences) if self.stateful else self.get_initial_state(sequences.shape[0])
        states = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
        states = nest.map_structure(lambda x: ops.cast(ops.convert_to_tensor(x), self.compute_dtype), states)
        outputs, states = self._steps(sequences, states, mask, training)
        for cell in self._flatten_layers(include_self=False):
            if isinstance(cell, RecurrentCell):
                cell.reset_dropout_mask()
                cell.reset_recurrent_dropout_mask()
        if self.stateful:
            for variable, state in zip(nest.flatten(self.states), nest.flatten(states), strict=True):
                variable.assign(state)
        result = ops.stack(outputs, axis=1) if self.return_sequences else outputs[-1]
        result = ops.cast(result, self.compute_dtype)
        return (result, *states) if self.return_state else result

    def _kept(self, sequences):
        expected = nest.flatten(self.states)[0].shape[0]
        if sequences.shape[0] != expected:
            raise ValueError("If an RNN is stateful, the batch size of the input sequences must be the same as the "
                             f"batch size of the initial state: expected {expected}, got {sequences.shape[0]}")
        return self.states

    def _steps(self, sequences, states, mask, training):
        """(the outputs of all steps, the last states)."""
        step = lambda x, states: called(self.cell, x, states, training)
        if isinstance(self.cell, RecurrentCell) and type(self.cell).call is RecurrentCell.call:
            sequences = self.cell.project(sequences, training)      # of all steps in one product
            step = lambda x, states: self.cell.step(x, states, training)
        inputs, masks = steps_of(sequences), None if mask is None else steps_of(ops.cast(mask, "bool"))
        outputs, before = [], None
        for i in reversed(range(len(inputs))) if self.go_backwards else range(len(inputs)):
            output, after = step(inputs[i], states)
            if masks is not None:
                if before is None or self.zero_output_for_mask:
                    before = ops.zeros_like(output)
                output = before = _where(masks[i], output, before)
                after = nest.map_structure(lambda new, old, i=i: _where(masks[i], new, old), after, states)
            states = after
            outputs.append(output)
        return outputs, states

    def compute_mask(self, inputs, mask=None):
        """The mask of the sequences where these are given back; states have none."""
        mask = nest.flatten(mask)[0]
        mask = mask if self.return_sequences else None
        return [mask, *(None for _ in self.state_size)] if self.return_state else mask

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        """The shape of the output, and those of the states."""
        batch, steps = sequences_shape[:2]
        size = output_size(self.cell)
        shape = (batch, steps, size) if self.return_sequences else (batch, size)
        states = [[(batch, n) for n in one] if isinstance(one, (list, tuple)) else (batch, one)
                  for one in self.state_size]
        return (shape, *states) if self.return_state else shape

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from its configuration."""
        if isinstance(config.get("cell"), dict):
            config = {**config, "cell": deserialize_keras_object(config["cell"], custom_objects=custom_objects)}
        return super().from_config(config)


def steps_of(x):
    """The list of the steps of x, of shape (batch, steps, ...). They are halves of halves: so the gradient of each
    is put into a tensor not much longer than itself."""
    steps = x.shape[1]
    if steps <= 1:
        return [x[:, 0]] if steps else []
    return [*steps_of(x[:, :steps // 2]), *steps_of(x[:, steps // 2:])]


def _where(mask, new, old):
    """Of a batch the new rows where the mask holds, otherwise the old ones."""
    if not isinstance(new, Tensor) or len(new.shape) == 1:
        return ops.where(mask, new, old)
    return ops.where(ops.reshape(mask, (-1, *(1,) * (len(new.shape) - 1))), new, old)
