"""One check for every class of keras.layers. A class without an entry in LAYERS fails."""

import inspect

import numpy as np
import pytest
from layer_catalogue import LAYERS, inputs_like, make

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers

pytestmark = pytest.mark.usefixtures("device")
# Bases, the entry of a model, which is not called, cells, which are called with states, and what is called with query
# and value, or with words and categories, and what changes images (by default in training).
WITHOUT_CALL = {"InputLayer", "Layer", "Wrapper", "GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells",
                "GroupedQueryAttention", "MultiHeadAttention", "CategoryEncoding", "Discretization", "IntegerLookup",
                "StringLookup", "TextVectorization", "RandomBrightness", "RandomContrast", "RandomFlip",
                "RandomRotation", "RandomTranslation", "RandomZoom"}
RANDOM = {"AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D",
          "SpatialDropout3D"}
DIFFERS_IN_TRAINING = RANDOM | {"BatchNormalization", "SpectralNormalization"}

all_layers = pytest.mark.parametrize("name", sorted(LAYERS))


def test_every_layer_has_an_entry():
    classes = {thing.__name__ for name, thing in vars(layers).items()
               if inspect.isclass(thing) and issubclass(thing, layers.Layer) and not name.startswith("_")}
    assert classes - WITHOUT_CALL == set(LAYERS)


@all_layers
def test_shapes(name):
    layer, x, shape = make(name)
    y = layer(x)
    assert tuple(y.shape) == shape and y.dtype == "float32"
    open_shapes = [(None, *one.shape[1:]) for one in x] if isinstance(x, list) else (None, *x.shape[1:])
    assert layer.compute_output_shape(open_shapes) == (None, *shape[1:])
    fresh = make(name)[0]
    assert fresh.compute_output_shape(open_shapes) == (None, *shape[1:])


@all_layers
def test_configuration_goes_round(name):
    layer, x, _ = make(name)
    first = layer.get_config()
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == first
    assert layers.deserialize(layers.serialize(layer)).get_config() == first
    layer(x)
    type(layer).from_config(layer.get_config())(x)


@all_layers
def test_weights_go_round(name):
    layer, x, _ = make(name)
    expected = layer(x).numpy()
    copy = type(layer).from_config(layer.get_config())
    copy(x)
    copy.set_weights(layer.get_weights())
    np.testing.assert_array_equal(copy(x), expected)
    assert layer.count_params() == sum(w.size for w in layer.get_weights())


@all_layers
def test_functional_and_eager_agree(name):
    layer, x, shape = make(name)
    entry = inputs_like(x)
    model = keras.Model(entry, layer(entry))
    assert model.output_shape == (None, *shape[1:])
    np.testing.assert_array_equal(model(x), layer(x))
    np.testing.assert_allclose(model.predict(x, verbose=0), layer(x), rtol=1e-6)


@all_layers
def test_training_and_inference(name):
    layer, x, shape = make(name)
    inference = layer(x).numpy()
    np.testing.assert_array_equal(layer(x, training=False), inference)
    training = layer(x, training=True)
    assert tuple(training.shape) == shape and np.isfinite(training.numpy()).all()
    assert (training.numpy() != inference).any() == (name in DIFFERS_IN_TRAINING)
    if name in RANDOM:
        np.testing.assert_array_equal(make(name)[0](x, training=True), training)
        assert (layer(x, training=True).numpy() != training.numpy()).any()


@all_layers
def test_a_step_lowers_the_loss(name):
    layer, x, _ = make(name)
    entry = inputs_like(x)
    y = layer(entry)
    model = keras.Model(entry, layers.Dense(1)(layers.Flatten()(y) if len(y.shape) != 2 else y))
    model.compile(keras.optimizers.SGD(0.002), "mse")
    target = np.ones((4, 1), "float32")
    before = model.evaluate(x, target, verbose=0)
    model.fit(x, target, epochs=4, shuffle=False, verbose=0)
    assert model.evaluate(x, target, verbose=0) < before


@all_layers
def test_float64(name):
    inner = {"SpectralNormalization": layers.Dense, "TimeDistributed": layers.Dense, "RNN": layers.GRUCell,
             "Bidirectional": layers.LSTM}.get(name)
    if inner:
        layer = getattr(layers, name)(inner(3, dtype="float64"), dtype="float64")
        x = LAYERS[name][1]
    else:
        layer, x, _ = make(name, dtype="float64")
    wide = [one.astype("float64") for one in x] if isinstance(x, list) else x.astype(
        "float64" if x.dtype == "float32" else x.dtype)
    for training in (False, True):
        y = layer(wide, training=training)
        assert y.dtype == "float64"
    assert all(w.dtype == "float64" for w in layer.weights)
    if not layer.weights:
        np.testing.assert_allclose(layer(wide), make(name)[0](x), rtol=1e-4, atol=1e-5)


@all_layers
def test_gradients_reach_inputs_and_weights(name):
    layer, x, _ = make(name)
    if name == "Embedding":
        return
    x = [tf.constant(one) for one in x] if isinstance(x, list) else tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(layer(x) ** 2)
    gradients = tape.gradient(loss, [x, *layer.trainable_weights])
    assert all(g is not None for g in tf.nest.flatten(gradients))
