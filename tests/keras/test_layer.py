"""keras.layers.Layer: what every layer does."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers


class Scale(layers.Layer):
    def __init__(self, units=2, factor=3.0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.factor = units, factor

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", name="w")
        self.seen = self.add_weight(shape=(), initializer="zeros", trainable=False, name="seen")

    def call(self, inputs):
        return tf.matmul(inputs, self.w) * self.factor


def test_it_is_built_at_the_first_call():
    layer = Scale()
    assert (layer.built, layer.weights) == (False, [])
    np.testing.assert_array_equal(layer(np.ones((4, 5))), np.full((4, 2), 15.0))
    assert layer.built
    assert [w.path for w in layer.weights] == ["scale/w", "scale/seen"]
    assert [w.name for w in layer.trainable_weights] == ["w"]
    assert [w.name for w in layer.non_trainable_variables] == ["seen"]
    assert layer.count_params() == 11


def test_names_are_numbered_until_the_session_is_cleared():
    assert [layers.Dense(1).name for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert layers.ActivityRegularization().name == "activity_regularization"
    keras.backend.clear_session()
    assert layers.Dense(1).name == "dense"


def test_layers_in_lists_and_dicts_are_found_even_when_they_come_later():
    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.row = [layers.Dense(2)]
            self.table = {"a": (layers.Dense(3),)}

        def call(self, x):
            for layer in self.row:
                x = layer(x)
            return self.table["a"][0](x)

    block = Block()
    assert len(block.weights) == 0
    block.row.append(layers.Dense(4))
    block(np.ones((1, 2)))
    assert [w.shape[-1] for w in block.weights if w.name == "kernel"] == [2, 4, 3]
    assert block.weights[0].path == "block/dense/kernel"


def test_a_tf_variable_in_an_attribute_is_a_weight():
    class Shift(layers.Layer):
        def __init__(self):
            super().__init__()
            self.shift = tf.Variable([1.0, 2.0])

        def call(self, x):
            return x + self.shift

    layer = Shift()
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(tf.ones((3, 2))))
    np.testing.assert_array_equal(tape.gradient(y, layer.trainable_variables)[0], [3, 3])


def test_forgetting_super_init_says_so():
    class Forgetful(layers.Layer):
        def __init__(self):
            self.inner = layers.Dense(1)

        def call(self, x):
            return self.inner(x)

    with pytest.raises(RuntimeError, match=r"In layer 'Forgetful', you forgot to call `super\(\).__init__\(\)`"):
        Forgetful()(np.ones((1, 1)))


def test_an_unbuilt_layer_says_how_to_build_it():
    with pytest.raises(AttributeError, match=r"no attribute 'kernel'; it is not built yet: call it on data"):
        layers.Dense(1).kernel  # noqa: B018


@pytest.mark.parametrize("times", [1, 3])  # later calls take another way
def test_a_wrong_last_axis_is_explained(times):
    layer = layers.Dense(2)
    for _ in range(times):
        layer(tf.ones((4, 16)))
    message = (r"Dense 'dense' got input of shape \(32, 3, 8\); it was built for last axis 16. "
               r"Pass 16 features or build a new layer")
    with pytest.raises(ValueError, match=message):
        layer(tf.ones((32, 3, 8)))


def test_set_weights_names_the_shapes():
    layer = layers.Dense(2)
    layer.build((None, 3))
    with pytest.raises(ValueError, match=r"got 1 arrays of shapes \[\(2,\)\].*\[\(3, 2\), \(2,\)\]"):
        layer.set_weights([np.zeros(2)])
    with pytest.raises(ValueError, match=r"shape \(2, 3\) for 'dense/kernel', which has shape \(3, 2\)"):
        layer.set_weights([np.zeros((2, 3)), np.zeros(2)])
    layer.set_weights([np.ones((3, 2)), [4, 5]])
    assert [w.tolist() for w in layer.get_weights()] == [[[1, 1]] * 3, [4, 5]]


def test_freezing_and_thawing():
    layer = layers.Dense(1)
    layer.build((None, 2))
    layer.bias.trainable = False
    layer.trainable = False
    assert (layer.trainable_weights, len(layer.non_trainable_weights)) == ([], 2)
    layer.trainable = True
    assert [w.name for w in layer.trainable_weights] == ["kernel"]
    frozen = layers.Dense(1, trainable=False)
    frozen.build((None, 2))
    frozen.trainable = True
    assert len(frozen.trainable_weights) == 2


def test_add_weight_takes_the_arguments_of_keras_2_and_3():
    layer = layers.Layer()
    a = layer.add_weight("kernel", (2, 3))
    b = layer.add_weight((2,), "ones")
    c = layer.add_weight(name="n", dtype="int32")
    assert (a.path, tuple(a.shape)) == ("layer/kernel", (2, 3))
    assert b.numpy().tolist() == [1, 1]
    assert (c.dtype, c.numpy()) == ("int32", 0)
    with pytest.raises(ValueError, match="needs every extent"):
        layer.add_weight(shape=(None, 3))


def test_inputs_are_cast_to_the_layers_dtype():
    assert layers.Dense(1)(np.ones((2, 3), "float64")).dtype == tf.float32
    assert layers.Dense(1, dtype="float64")(np.ones((2, 3), "float32")).dtype == tf.float64
    assert layers.Dense(1)(tf.constant([[1, 2]])).dtype == tf.float32
    seen = []

    class Look(layers.Layer):
        def call(self, x):
            seen.append(x.dtype)
            return x

    Look()(tf.constant([1, 2]))
    Look(autocast=False)(tf.constant([1.0], tf.float64))
    assert seen == [tf.int32, tf.float64]


def test_training_is_passed_down():
    seen = []

    class Inner(layers.Layer):
        def call(self, x, training=None):
            seen.append(training)
            return x

    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Inner()

        def call(self, x):
            return self.inner(x)

    x = tf.ones((1, 1))
    outer, inner = Outer(), Inner()
    for training in (True, False, None):
        outer(x, training=training)
        inner(x, training=training)
    assert seen == [True, True, False, False, None, None]


def test_losses_are_those_of_the_last_call():
    class Penalty(layers.Layer):
        def call(self, x):
            self.add_loss(tf.reduce_sum(x))
            return x

    class Two(layers.Layer):
        def __init__(self):
            super().__init__()
            self.a, self.b = Penalty(), layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5),
                                                     kernel_initializer="ones")

        def call(self, x):
            return self.b(self.a(x))

    layer = Two()
    for value in (1.0, 2.0):
        layer(tf.fill((2, 3), value))
    assert [float(x) for x in layer.losses] == [12.0, 1.5]


def test_an_activity_regularizer_is_divided_by_the_batch():
    layer = layers.Dense(1, activity_regularizer=keras.regularizers.L1(0.1), kernel_initializer="ones")
    for _ in range(2):
        layer(tf.ones((4, 3)))
    assert [round(float(x), 6) for x in layer.losses] == [0.3]


def test_the_configuration_of_a_users_layer_is_found_by_itself():
    layer = Scale(5, factor=2.0, name="mine")
    copy = Scale.from_config(layer.get_config())
    assert (copy.units, copy.factor, copy.name) == (5, 2.0, "mine")


def test_a_dense_configuration_is_that_of_keras():
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}
    config = layers.Dense(4, activation="relu", kernel_initializer="zeros").get_config()
    assert config == {
        "name": "dense", "trainable": True, "dtype": policy,
        "units": 4, "activation": "relu", "use_bias": True, "kernel_initializer": zeros, "bias_initializer": zeros,
        "kernel_regularizer": None, "bias_regularizer": None, "kernel_constraint": None, "bias_constraint": None,
        "quantization_config": None}


class Stated(keras.layers.Layer):
    """It cannot be called on placeholders."""

    def __init__(self, shapes, **kwargs):
        super().__init__(**kwargs)
        self.shapes = shapes

    def compute_output_shape(self, input_shape):
        return self.shapes(input_shape)

    def call(self, inputs):
        raise RuntimeError("called")


@pytest.mark.parametrize("shapes, given, expected", [
    (lambda s: s, (None, 3), (None, 3)),
    (lambda s: (s[0], 77), (None, 3), (None, 77)),
    (lambda s: (None, 77), (None, 3), (None, 77)),
    (lambda s: (*s, None), (6, 3), (6, 3, None)),
])
def test_a_shape_that_the_layer_states_is_used_and_call_is_not(shapes, given, expected):
    out = Stated(shapes, dtype="float64")(keras.Input(batch_shape=given))
    assert (out.shape, out.dtype) == (expected, "float64")
    with pytest.raises(RuntimeError, match="called"):
        Stated(shapes)(np.ones((2, 3), "float32"))


def test_several_outputs_are_stated_in_their_structure():
    out = Stated(lambda s: {"a": s, "b": [(s[0], 2), s]})(keras.Input((None,)))
    assert out["a"].shape == (None, None)
    assert [x.shape for x in out["b"]] == [(None, 2), (None, None)]


def test_shapes_of_several_arguments_are_stated_by_name():
    class Pair(keras.layers.Layer):
        def compute_output_shape(self, left_shape, right_shape):
            return (*left_shape, right_shape[-1])

        def call(self, left, right=None):
            raise RuntimeError

    assert Pair()(keras.Input((3,)), right=keras.Input((4,))).shape == (None, 3, 4)


def test_a_spec_that_the_layer_states_is_used():
    class Own(keras.layers.Layer):
        def compute_output_spec(self, x):
            return keras.KerasTensor((*x.shape, 9), dtype="int32")

        def call(self, x, training=None):
            raise RuntimeError

    out = Own()(keras.Input((3,)))
    assert (out.shape, out.dtype) == ((None, 3, 9), "int32")


def test_stating_by_super_makes_the_call():
    class Wide(keras.layers.Dense):
        def compute_output_shape(self, input_shape):
            return super().compute_output_shape(input_shape)

    model = keras.Sequential([keras.Input((3,)), Wide(4), layers.Dense(1)])
    assert model.output_shape == (None, 1)
    assert Wide(4).compute_output_shape((None, 3)) == (None, 4)


def test_a_layer_that_states_its_shape_gets_its_mask_at_the_real_call():
    seen = []

    class Looks(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.supports_masking = True

        def compute_output_shape(self, input_shape):
            return input_shape

        def call(self, inputs, mask=None):
            seen.append(np.array(mask))
            return inputs

    x = np.array([[[0, 0], [1, 2]], [[2, 2], [0, 0]]], "float32")
    keras.Sequential([layers.Masking(), Looks()])(x)
    np.testing.assert_array_equal(seen, [[[False, True], [True, False]]])


def test_compute_output_shape_leaves_no_trace():
    layer = layers.Dense(7)
    assert layer.compute_output_shape((None, 3, 4)) == (None, 3, 7)
    assert layers.Concatenate()
    assert layers.Add().compute_output_shape([(None, 3), (None, 3)]) == (None, 3)
    assert layer.inbound_nodes == []


def test_unknown_arguments_are_refused():
    with pytest.raises(ValueError, match="Dense got an unknown argument 'activaton'; it takes units, activation"):
        layers.Dense(1, activaton="relu")
    with pytest.raises(ValueError, match="positive integer for units, got -1"):
        layers.Dense(-1)
    with pytest.raises(AttributeError, match=r"did you mean tf.keras.layers.Dense\?"):
        layers.Dens  # noqa: B018


def test_a_subclass_of_a_layer_without_weights_is_built_by_its_own_build():
    class Shift(layers.Flatten):
        def build(self, input_shape):
            self.shift = self.add_weight(shape=(), initializer="ones")

        def call(self, inputs):
            return super().call(inputs) + self.shift

    assert layers.Flatten().built
    assert not Shift().built
    np.testing.assert_array_equal(Shift()(np.zeros((2, 1, 1))), np.ones((2, 1)))


def test_each_of_several_inputs_gets_its_mask():
    class Pair(layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, left, right, left_mask=None, right_mask=None):
            seen.append((left_mask, right_mask))
            return left

    seen = []
    x = np.array([[[0, 0], [1, 2]]], "float32")
    Pair()(layers.Masking()(x), x)
    Pair()(left=x, right=layers.Masking()(x))
    np.testing.assert_array_equal(seen[0][0], [[False, True]])
    np.testing.assert_array_equal(seen[1][1], [[False, True]])
    assert seen[0][1] is seen[1][0] is None


def test_the_arguments_of_build_are_those_of_call():
    class Wrong(layers.Layer):
        def build(self, left_shape, right):
            pass

        def call(self, left, right):
            return left

    class Other(Wrong):
        def build(self, left_shape, middle_shape):
            pass

    with pytest.raises(ValueError, match="`right`, which does not end in `_shape`"):
        Wrong()(np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="`middle_shape`, but `call\\(\\)` does not have argument `middle`"):
        Other()(np.ones((2, 3)), np.ones((2, 3)))


def test_losses_of_a_shared_layer_are_those_of_the_last_model():
    shared = layers.Dense(2, activity_regularizer="l2")
    first, second = keras.Sequential([shared]), keras.Sequential([shared])
    first(np.ones((2, 3)))
    second(np.ones((2, 3)))
    assert len(second.losses) == 1
    assert float(layers.ActivityRegularization(l2=1.0)(np.zeros((0, 3))).shape[0]) == 0


def test_shapes_keep_their_structure():
    class Twice(layers.Layer):
        def compute_output_shape(self, input_shape):
            return input_shape, (input_shape, [input_shape])

    out = Twice().compute_output_spec(keras.KerasTensor((2, 3)))
    assert isinstance(out, tuple)
    assert isinstance(out[1], tuple)
    assert out[1][1][0].shape == (2, 3)


def test_metrics_variables():
    class Watches(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(1)
            self.mean = keras.metrics.Mean()

    assert len(Watches().metrics_variables) == 2
    assert layers.Dense(1).metrics_variables == []
