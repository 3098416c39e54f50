"""Floor 7: one step of a recurrent layer, from the inputs and the state before to the output and the state after."""

from tinynn import ops
from tinynn.keras import activations, constraints, initializers, random, regularizers
from tinynn.keras.layers.checks import above_zero
from tinynn.keras.layers.layer import Layer


def state_sizes(cell):
    """The sizes of the states of a cell, as a list."""
    sizes = cell.state_size
    return list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]


class RecurrentCell(Layer):
    """Base of the cells: a product with the inputs, which all steps may share, and a step that adds to it.

    In training, `dropout` of the inputs and `recurrent_dropout` of the state are left out, the same ones at all steps
    of a sequence; the latter gives every gate a choice of its own.
    """

    gates = 1
    _untracked = Layer._untracked | {"_dropout_mask", "_recurrent_dropout_mask"}
    seed_first = False      # whether Keras draws the seed of the dropout before those of the initializers

    def __init__(self, units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
                 kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
                 bias_constraint, dropout, recurrent_dropout, seed, **kwargs):
        implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        self.units, self.activation, self.use_bias = above_zero(units, "units"), activations.get(activation), use_bias
        self.seed, self.seed_generator = seed, random.SeedGenerator(seed) if self.seed_first else None
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.seed_generator = self.seed_generator or random.SeedGenerator(seed)
        self.implementation = 1 if self.recurrent_dropout else implementation
        self._dropout_mask = self._recurrent_dropout_mask = None

    state_size = output_size = property(lambda self: self.units)

    def build(self, input_shape):
        """Makes kernel (features, gates units), recurrent_kernel (units, gates units) and the bias."""
        wide = self.gates * self.units
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], wide), initializer=self.kernel_initializer,
                                      regularizer=self.kernel_regularizer, constraint=self.kernel_constraint)
        self.recurrent_kernel = self.add_weight(name="recurrent_kernel", shape=(self.units, wide),
                                                initializer=self.recurrent_initializer,
                                                regularizer=self.recurrent_regularizer,
                                                constraint=self.recurrent_constraint)
        self.bias = None
        if self.use_bias:
            shape, initializer = self._bias()
            self.bias = self.add_weight(name="bias", shape=shape, initializer=initializer,
                                        regularizer=self.bias_regularizer, constraint=self.bias_constraint)

    def _bias(self):
        """The shape and the initializer of the bias."""
        return (self.gates * self.units,), self.bias_initializer

    def get_initial_state(self, batch_size=None):
        """Zeros, as a list."""
        return [ops.zeros((batch_size, size), self.compute_dtype) for size in state_sizes(self)]

    def call(self, inputs, states, training=False):
        """(output, new states)."""
        nested = isinstance(states, (list, tuple))
        output, after = self.step(self.project(inputs, training), states if nested else [states], training)
        return output, after if nested else after[0]

    def project(self, inputs, training=False):
        """inputs kernel + bias: what the inputs, of one step or of all, contribute to every gate."""
        mask = self.get_dropout_mask(inputs if len(inputs.shape) == 2 else inputs[:, 0])
        y = self._product(inputs, self.kernel, mask if training else None)
        return y if self.bias is None else y + (self.bias[0] if len(self.bias.shape) == 2 else self.bias)

    def _product(self, x, kernel, masks):
        """x kernel, where some of x is left out: the same for all gates, or for each its own."""
        if masks is None:
            return ops.matmul(x, kernel)
        masks = [ops.expand_dims(mask, 1) if len(x.shape) == 3 else mask
                 for mask in (masks if isinstance(masks, list) else [masks])]
        parts = [kernel] if len(masks) == 1 else ops.split(kernel, len(masks), axis=1)
        return ops.concat([ops.matmul(x * mask, part) for mask, part in zip(masks, parts, strict=True)], axis=-1)

    def _recurrent(self, h, training):
        """h recurrent_kernel."""
        mask = self.get_recurrent_dropout_mask(h)
        return self._product(h, self.recurrent_kernel, mask if training else None)

    # ---- dropout -----------------------------------------------------------------------------------------------------

    def _mask(self, x, rate):
        count = self.gates if self.implementation == 1 and self.gates > 1 else 1
        masks = [random.dropout(ops.ones_like(x), rate, seed=self.seed_generator) for _ in range(count)]
        return masks if count > 1 else masks[0]

    def get_dropout_mask(self, step_input):
        """What the inputs of all steps of the present sequence are multiplied with; None for nothing."""
        if self._dropout_mask is None and self.dropout > 0:
            self._dropout_mask = self._mask(step_input, self.dropout)
        return self._dropout_mask

    def get_recurrent_dropout_mask(self, step_input):
        """What the states of the present sequence are multiplied with; None for nothing."""
        if self._recurrent_dropout_mask is None and self.recurrent_dropout > 0:
            self._recurrent_dropout_mask = self._mask(step_input, self.recurrent_dropout)
        return self._recurrent_dropout_mask

    def reset_dropout_mask(self):
        """The next sequence has another mask."""
        self._dropout_mask = None

    def reset_recurrent_dropout_mask(self):
        """The next sequence has another mask."""
        self._recurrent_dropout_mask = None


class SimpleRNNCell(RecurrentCell):
    """One step of SimpleRNN: h' = activation(x kernel + h recurrent_kernel + bias). See SimpleRNN for the arguments."""

    seed_first = True

    def __init__(self, units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
                 recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
                 bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, **kwargs):
        super().__init__(units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
                         kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint,
                         recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, **kwargs)

    def step(self, x, states, training=False):
        """(h', [h']) of what the inputs contribute and of [h]."""
        h = self.activation(x + self._recurrent(states[0], training))
        return h, [h]


class LSTMCell(RecurrentCell):
    """One step of LSTM: gates i, f, o = recurrent_activation(x W + h U + b), a carry c' = f c + i activation(x W + h U
    + b), and h' = o activation(c'). See LSTM for the arguments."""

    gates = 4

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal", bias_initializer="zeros",
                 unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None,
                 kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
                 recurrent_dropout=0.0, seed=None, **kwargs):
        super().__init__(units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
                         kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint,
                         recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    state_size = property(lambda self: [self.units, self.units])

    def _bias(self):
        if not self.unit_forget_bias:
            return super()._bias()

        def initializer(shape, *args, **kwargs):    # 1 for the gate f: at first everything is remembered
            parts = [self.bias_initializer((self.units,), *args, **kwargs),
                     initializers.Ones()((self.units,), *args, **kwargs),
                     self.bias_initializer((2 * self.units,), *args, **kwargs)]
            return ops.concat(parts, axis=0)

        return (4 * self.units,), initializer

    def step(self, x, states, training=False):
        """(h', [h', c']) of what the inputs contribute and of [h, c]."""
        h, c = states
        i, f, new, o = ops.split(x + self._recurrent(h, training), 4, axis=-1)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(new)
        h = gate(o) * self.activation(c)
        return h, [h, c]


class GRUCell(RecurrentCell):
    """One step of GRU: gates z, r = recurrent_activation(x W + h U + b), a candidate n = activation(x W + r (h U + b)),
    and h' = z h + (1 - z) n. See GRU for the arguments."""

    gates = 3

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal", bias_initializer="zeros",
                 kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
                 reset_after=True, seed=None, **kwargs):
        super().__init__(units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
                         kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint,
                         recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def _bias(self):
        wide = 3 * self.units
        return ((2, wide) if self.reset_after else (wide,)), self.bias_initializer

    def step(self, x, states, training=False):
        """(h', [h']) of what the inputs contribute and of [h]."""
        h, gate = states[0], self.recurrent_activation
        x_z, x_r, x_n = ops.split(x, 3, axis=-1)
        if self.reset_after:
            product = self._recurrent(h, training)
            h_z, h_r, h_n = ops.split(product if self.bias is None else product + self.bias[1], 3, axis=-1)
            z, r = gate(x_z + h_z), gate(x_r + h_r)
            new = self.activation(x_n + r * h_n)
        else:
            z_r, last = self.recurrent_kernel[:, :2 * self.units], self.recurrent_kernel[:, 2 * self.units:]
            masks = self.get_recurrent_dropout_mask(h) if training else None
            h_z, h_r = ops.split(self._product(h, z_r, masks and masks[:2]), 2, axis=-1)
            z, r = gate(x_z + h_z), gate(x_r + h_r)
            new = self.activation(x_n + self._product(r * h, last, masks and masks[2:]))
        h = z * h + (1.0 - z) * new
        return h, [h]
