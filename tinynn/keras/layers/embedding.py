"""Floor 7: layers at the entry of models of sequences: vectors for whole numbers, and masks."""

from tinynn import ops
from tinynn.keras import constraints, initializers, notes, regularizers
from tinynn.keras.layers.layer import Layer
from tinynn.keras.saving import serialize_keras_object


class Embedding(Layer):
    """A vector for every whole number: row i of a table that is learned.

    Args:
        input_dim: how many numbers there are, from 0 to input_dim - 1.
        output_dim: the length of the vectors.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: for the table.
        mask_zero: whether 0 stands for nothing: then it is masked in all that follows.
        weights: the table, as an array of shape (input_dim, output_dim).

    Input: whole numbers of shape (batch, ...). Output: shape (batch, ..., output_dim).

    Example:
        >>> keras.layers.Embedding(10, 4)(tf.constant([[1, 2, 3]])).shape
        TensorShape([1, 3, 4])
    """

    leaf = True
    unlisted = ("weights", "lora_rank", "lora_alpha")

    def __init__(self, input_dim, output_dim, embeddings_initializer="uniform", embeddings_regularizer=None,
                 embeddings_constraint=None, mask_zero=False, weights=None, lora_rank=None, lora_alpha=None,
                 quantization_config=None, **kwargs):
        if lora_rank is not None or quantization_config is not None:
            raise NotImplementedError("tinynn's Embedding has no LoRA and no quantization")
        kwargs.pop("input_length", None)
        super().__init__(**kwargs)
        self.input_dim, self.output_dim = _extent(input_dim, "input_dim"), _extent(output_dim, "output_dim")
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = self.makes_mask = self.supports_masking = bool(mask_zero)
        self.autocast = False
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    def build(self, input_shape=None):
        """Makes the table (input_dim, output_dim)."""
        if self.built:
            return
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.input_dim, self.output_dim), initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer, constraint=self.embeddings_constraint)

    def call(self, inputs):
        """The vectors of the inputs."""
        indices = inputs if inputs.dtype.is_integer and inputs.dtype.size >= 4 else ops.cast(inputs, "int32")
        found = ops.gather(self.embeddings, indices)
        return found if found.dtype == self.compute_dtype else ops.cast(found, self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        """Where the inputs are not 0, with `mask_zero`."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self):
        """The arguments of the constructor."""
        return {**super().get_config(), "activity_regularizer": serialize_keras_object(self.activity_regularizer)}


def _extent(value, name):
    if isinstance(value, bool) or not hasattr(value, "__index__") or value <= 0:
        raise ValueError(f"`{name}` must be a positive integer, got {value!r}")
    return value.__index__()


class Masking(Layer):
    """Masks the steps of sequences in which all features are `mask_value`, and sets them to 0.

    Args:
        mask_value: what stands for nothing.

    Input and output: shape (batch, steps, features).
    """

    leaf = True
    makes_mask = True

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True
        self._build_at_init()

    def compute_mask(self, inputs, mask=None):
        """Which steps count."""
        return ops.reduce_any(ops.not_equal(inputs, self._value(inputs)), axis=-1)

    def call(self, inputs):
        """The inputs, with 0 where they do not count."""
        counts = ops.reduce_any(ops.not_equal(inputs, self._value(inputs)), axis=-1, keepdims=True)
        outputs = ops.where(counts, inputs, ops.zeros_like(inputs))
        notes.masks.set(outputs, ops.squeeze(counts, -1))
        return outputs

    def _value(self, inputs):
        return ops.cast(ops.convert_to_tensor(self.mask_value), inputs.dtype)
