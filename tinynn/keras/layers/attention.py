"""Floor 7: attention with one set of weights or none: every query looks at all keys, and takes a mean of the values."""

from tinynn import ops
from tinynn.keras import random
from tinynn.keras.layers.checks import one_of
from tinynn.keras.layers.layer import Layer

LOWEST = -1e9     # of a score that does not count; float16 has another


def causal(targets, sources):
    """Which of the sources each target sees where none looks ahead, (1, targets, sources)."""
    return ops.expand_dims(ops.band_part(ops.ones((targets, sources)), -1, 0) > 0.0, 0)


class Attention(Layer):
    """softmax(query keyᵀ) value: a mean of the values, weighted by how well their keys fit the query.

    Args:
        use_scale: whether the scores are multiplied with a weight.
        score_mode: "dot" for query · key, "concat" for a sum of tanh(query + key).
        dropout: in training, the share of the scores that is left out.
        seed: an int for a dropout that repeats.

    Call arguments:
        inputs: a list [query, value] or [query, value, key], of shapes (batch, targets, width), (batch, sources,
            width); without a key the value is it.
        mask: a list [query mask, value mask]: a source that is masked is not looked at, a target gives 0.
        return_attention_scores: whether to give the weights of the mean as well.
        use_causal_mask: whether a target looks only at sources up to its own place.

    Source: Luong, Pham, Manning: Effective approaches to attention-based neural machine translation (2015).
    """

    leaf = True

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.use_scale, self.score_mode = use_scale, one_of(score_mode, ("dot", "concat"), "score_mode")
        self.dropout, self.seed = dropout, seed
        if dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, input_shape):
        """Makes the weights that scale the scores."""
        self._validate_inputs(input_shape)
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones") if self.use_scale else None
        self.concat_score_weight = None
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(name="concat_score_weight", shape=(), initializer="ones")

    def _calculate_scores(self, query, key):
        """How well every key fits every query, (batch, targets, sources)."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, key, transpose_b=True)
            return scores if self.scale is None else scores * self.scale
        both = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        both = both if self.scale is None else both * self.scale
        return self.concat_score_weight * ops.reduce_sum(ops.tanh(both), axis=-1)

    def _calculate_score_mask(self, scores, v_mask, use_causal_mask):
        """Which scores count; None for all."""
        if not use_causal_mask:
            return v_mask
        seen = causal(scores.shape[-2], scores.shape[-1])
        return seen if v_mask is None else ops.logical_and(ops.expand_dims(v_mask, -2), seen)

    def _apply_scores(self, scores, value, scores_mask=None, training=False):
        """(the mean of the values, its weights)."""
        if scores_mask is not None:
            mask = ops.cast(scores_mask, "bool")
            mask = ops.expand_dims(mask, -2) if len(mask.shape) == 2 else mask
            scores = ops.where(mask, scores, scores + (LOWEST if scores.dtype.size > 2 else -65504.0))
        weights = ops.softmax(scores)
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        return ops.matmul(weights, value), weights

    def call(self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False):
        """The means, (batch, targets, width), and their weights where they are wanted."""
        self._validate_inputs(inputs, mask)
        query, value = inputs[:2]
        q_mask, v_mask = mask[:2] if mask else (None, None)
        scores = self._calculate_scores(query=query, key=inputs[2] if len(inputs) > 2 else value)
        seen = self._calculate_score_mask(scores, None if v_mask is None else ops.cast(v_mask, "bool"),
                                          use_causal_mask)
        result, weights = self._apply_scores(scores=scores, value=value, scores_mask=seen, training=training)
        if q_mask is not None:
            result = ops.where(ops.expand_dims(ops.cast(q_mask, "bool"), -1), result, ops.zeros_like(result))
        return (result, weights) if return_attention_scores else result

    def compute_mask(self, inputs, mask=None):
        """The mask of the query."""
        self._validate_inputs(inputs, mask)
        return None if mask is None or mask[0] is None else ops.convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape):
        """The shape of the query with the width of the value."""
        return (*input_shape[0][:-1], input_shape[1][-1])

    def _validate_inputs(self, inputs, mask=None):
        name = type(self).__name__
        if not isinstance(inputs, list):
            raise ValueError(f"{name} layer must be called on a list of inputs, namely [query, value] or [query, "
                             f"value, key]. Received: inputs={inputs}.")
        if not 2 <= len(inputs) <= 3:
            raise ValueError(f"{name} layer accepts inputs list of length 2 or 3, namely [query, value] or [query, "
                             f"value, key]. Received length: {len(inputs)}.")
        if mask is not None and not isinstance(mask, list):
            raise ValueError(f"{name} layer mask must be a list, namely [query_mask, value_mask]. Received: "
                             f"mask={mask}.")
        if mask is not None and not 2 <= len(mask) <= 3:
            raise ValueError(f"{name} layer accepts mask list of length 2 or 3. Received: mask={mask}.")


class AdditiveAttention(Attention):
    """Attention whose scores are sums of scale tanh(query + key).

    Args:
        use_scale: whether every entry of the sum has a weight.
        dropout: in training, the share of the scores that is left out.

    Source: Bahdanau, Cho, Bengio: Neural machine translation by jointly learning to align and translate (2015).
    """

    unlisted = ("score_mode",)

    def __init__(self, use_scale=True, dropout=0.0, seed=None, **kwargs):
        super().__init__(use_scale=use_scale, dropout=dropout, seed=seed, **kwargs)

    def build(self, input_shape):
        """Makes the weights of the sum."""
        self._validate_inputs(input_shape)
        self.scale = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(input_shape[0][-1],), initializer="glorot_uniform")

    def _calculate_scores(self, query, key):
        both = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        return ops.reduce_sum(both if self.scale is None else both * self.scale, axis=-1)
