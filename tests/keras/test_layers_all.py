"""One check for every class of keras.layers. A class without an entry in LAYERS fails."""

import inspect

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers

RNG = np.random.default_rng(3)
VECTORS = RNG.normal(size=(4, 6)).astype("float32")
SERIES = RNG.normal(size=(4, 5, 6)).astype("float32")
IMAGES = RNG.normal(size=(4, 3, 5, 6)).astype("float32")
VOLUMES = RNG.normal(size=(4, 3, 5, 2, 6)).astype("float32")
NUMBERS = RNG.integers(0, 7, size=(4, 5)).astype("int32")
TWO = [VECTORS, VECTORS[::-1] * 2]


@keras.saving.register_keras_serializable("test_layers_all")
def halved(x):
    """Half of x."""
    return x / 2.0


# class -> (arguments, input, shape of the output)
LAYERS = {
    "Activation": ({"activation": "tanh"}, VECTORS, (4, 6)),
    "ActivityRegularization": ({"l2": 0.1}, VECTORS, (4, 6)),
    "Add": ({}, TWO, (4, 6)),
    "AlphaDropout": ({"rate": 0.3, "seed": 1}, VECTORS, (4, 6)),
    "Average": ({}, TWO, (4, 6)),
    "BatchNormalization": ({"momentum": 0.9}, SERIES, (4, 5, 6)),
    "Concatenate": ({}, TWO, (4, 12)),
    "Cropping1D": ({"cropping": (1, 2)}, SERIES, (4, 2, 6)),
    "Cropping2D": ({"cropping": ((1, 1), (2, 0))}, IMAGES, (4, 1, 3, 6)),
    "Cropping3D": ({"cropping": ((1, 0), (1, 1), (0, 1))}, VOLUMES, (4, 2, 3, 1, 6)),
    "Dense": ({"units": 3, "activation": "relu", "kernel_regularizer": "l2"}, SERIES, (4, 5, 3)),
    "Dot": ({"axes": 1}, TWO, (4, 1)),
    "Dropout": ({"rate": 0.3, "seed": 1}, VECTORS, (4, 6)),
    "ELU": ({"alpha": 0.5}, VECTORS, (4, 6)),
    "EinsumDense": ({"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}, SERIES, (4, 5, 3)),
    "Embedding": ({"input_dim": 7, "output_dim": 3}, NUMBERS, (4, 5, 3)),
    "Flatten": ({}, SERIES, (4, 30)),
    "GaussianDropout": ({"rate": 0.3, "seed": 1}, VECTORS, (4, 6)),
    "GaussianNoise": ({"stddev": 0.3, "seed": 1}, VECTORS, (4, 6)),
    "GroupNormalization": ({"groups": 3}, IMAGES, (4, 3, 5, 6)),
    "Identity": ({}, VECTORS, (4, 6)),
    "Lambda": ({"function": halved}, VECTORS, (4, 6)),
    "LayerNormalization": ({"axis": [1, 2]}, SERIES, (4, 5, 6)),
    "LeakyReLU": ({"negative_slope": 0.2}, VECTORS, (4, 6)),
    "Masking": ({"mask_value": 9.0}, SERIES, (4, 5, 6)),
    "Maximum": ({}, TWO, (4, 6)),
    "Minimum": ({}, TWO, (4, 6)),
    "Multiply": ({}, TWO, (4, 6)),
    "Normalization": ({"mean": 1.0, "variance": 4.0}, VECTORS, (4, 6)),
    "PReLU": ({"shared_axes": 1, "alpha_initializer": "ones"}, SERIES, (4, 5, 6)),
    "Permute": ({"dims": (2, 1)}, SERIES, (4, 6, 5)),
    "RMSNormalization": ({}, SERIES, (4, 5, 6)),
    "ReLU": ({"max_value": 1.0, "negative_slope": 0.1}, VECTORS, (4, 6)),
    "RepeatVector": ({"n": 3}, VECTORS, (4, 3, 6)),
    "Rescaling": ({"scale": 0.5, "offset": 1.0}, VECTORS, (4, 6)),
    "Reshape": ({"target_shape": (-1, 10)}, SERIES, (4, 3, 10)),
    "Softmax": ({}, VECTORS, (4, 6)),
    "SpatialDropout1D": ({"rate": 0.3, "seed": 1}, SERIES, (4, 5, 6)),
    "SpatialDropout2D": ({"rate": 0.3, "seed": 1}, IMAGES, (4, 3, 5, 6)),
    "SpatialDropout3D": ({"rate": 0.3, "seed": 1}, VOLUMES, (4, 3, 5, 2, 6)),
    "SpectralNormalization": ({"layer": layers.Dense(3)}, VECTORS, (4, 3)),
    "Subtract": ({}, TWO, (4, 6)),
    "TimeDistributed": ({"layer": layers.Dense(3)}, SERIES, (4, 5, 3)),
    "UnitNormalization": ({}, VECTORS, (4, 6)),
    "UpSampling1D": ({"size": 2}, SERIES, (4, 10, 6)),
    "UpSampling2D": ({"size": (2, 3)}, IMAGES, (4, 6, 15, 6)),
    "UpSampling3D": ({"size": 2}, VOLUMES, (4, 6, 10, 4, 6)),
    "ZeroPadding1D": ({"padding": (1, 2)}, SERIES, (4, 8, 6)),
    "ZeroPadding2D": ({"padding": 1}, IMAGES, (4, 5, 7, 6)),
    "ZeroPadding3D": ({"padding": ((0, 1), (1, 0), (2, 0))}, VOLUMES, (4, 4, 6, 4, 6)),
}
WITHOUT_CALL = {"InputLayer", "Layer", "Wrapper"}     # bases, and the entry of a model, which is not called
RANDOM = {"AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D",
          "SpatialDropout3D"}
DIFFERS_IN_TRAINING = RANDOM | {"BatchNormalization", "SpectralNormalization"}

all_layers = pytest.mark.parametrize("name", sorted(LAYERS))


def make(name, **more):
    """A layer of that class; a layer inside comes new each time."""
    arguments, x, shape = LAYERS[name]
    arguments = {key: type(value).from_config(value.get_config()) if isinstance(value, layers.Layer) else value
                 for key, value in arguments.items()}
    return getattr(layers, name)(**arguments, **more), x, shape


def inputs_like(x):
    """Symbolic inputs for an array, or for a list of them."""
    if isinstance(x, list):
        return [inputs_like(one) for one in x]
    return keras.Input(x.shape[1:], dtype=x.dtype.name)


def test_every_layer_has_an_entry():
    classes = {name for name, thing in vars(layers).items()
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
    if name in ("SpectralNormalization", "TimeDistributed"):
        layer = getattr(layers, name)(layers.Dense(3, dtype="float64"), dtype="float64")
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
