"""Functional, Sequential and subclassed models."""

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers


def test_a_functional_model_computes_what_its_layers_compute(data):
    x, _ = data
    inputs = keras.Input((3,))
    a, b = layers.Dense(4, activation="relu"), layers.Dense(2)
    model = keras.Model(inputs, b(a(inputs)))
    np.testing.assert_array_equal(model(x), b(a(tf.constant(x))))
    np.testing.assert_array_equal(model.predict(x, verbose=0), model(x))
    assert model.name == "functional" and repr(model) == "<Functional name=functional, built=True>"
    assert [layer.name for layer in model.layers] == ["input_layer", "dense", "dense_1"]
    assert [w.path for w in model.weights] == ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 2))


def test_inputs_and_outputs_by_list_and_by_name(data):
    x, y = data
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    joined = layers.Concatenate()([a, b])
    model = keras.Model([a, b], [layers.Dense(1, name="p")(joined), layers.Dense(2, name="q")(joined)])
    first = model([x, y])
    for given in ((x, y), {"b": y, "a": x}, {"a": x, "b": y, "more": x}):
        for one, other in zip(first, model(given), strict=True):
            np.testing.assert_array_equal(one, other)
    assert (model.input_names, model.output_names) == (["a", "b"], ["p", "q"])
    named = keras.Model({"a": a, "b": b}, {"sum": layers.Dense(1)(joined)})
    assert named({"a": x, "b": y})["sum"].shape == (40, 1)
    with pytest.raises(ValueError, match="'b' is missing"):
        model({"a": x})
    with pytest.raises(ValueError, match=r"has 2 inputs \['a', 'b'\], got 1"):
        model([x])


def test_a_shared_layer_has_one_set_of_weights(data):
    a, b = keras.Input((3,)), keras.Input((3,))
    shared = layers.Dense(2)
    model = keras.Model([a, b], layers.Subtract()([shared(a), shared(b)]))
    assert model.count_params() == 8
    np.testing.assert_allclose(model([data[0], data[0]]), np.zeros((40, 2)), atol=1e-7)


def test_models_in_models_and_models_of_parts(data):
    x, _ = data
    inner_in = keras.Input((3,))
    inner = keras.Model(inner_in, layers.Dense(4, name="h")(inner_in), name="inner")
    outer_in = keras.Input((3,))
    outer = keras.Model(outer_in, layers.Dense(2)(inner(outer_in)))
    assert len(outer.trainable_variables) == 4
    parts = keras.Model(inner.input, [layer.output for layer in inner.layers])
    assert [tuple(t.shape) for t in parts(x)] == [(40, 3), (40, 4)]
    rest = keras.Model(outer.layers[2].input, outer.output)
    np.testing.assert_allclose(rest(inner(x)), outer(x), rtol=1e-6)
    sequential = keras.Sequential([keras.Input((3,)), inner, layers.Dense(1)])
    assert sequential(x).shape == (40, 1)


def test_inputs_are_cast_and_gain_or_lose_a_last_axis():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, layers.Dense(2)(inputs))
    for x in ([1.0, 2.0], [[1], [2]], np.array([1, 2]), np.array([[[1.0]], [[2.0]]])):
        assert model(np.asarray(x)).shape == (2, 2)


def test_wrong_shapes_are_explained(data):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    message = r"Dense 'dense' got input of shape \(40, 5\); it was built for last axis 3"
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            model(np.ones((40, 5)))
    with pytest.raises(ValueError, match="is not connected to the inputs"):
        keras.Model(keras.Input((3,)), layers.Dense(1)(keras.Input((3,))))
    with pytest.raises(ValueError, match=r"inputs are symbolic tensors, made by keras.Input and layers; got ndarray"):
        keras.Model(data[0], data[1])


def test_a_sequential_model_is_built_late_or_at_once(data):
    x, _ = data
    late, early = keras.Sequential([layers.Dense(2)]), keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    by_shape = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    assert [m.built for m in (late, early, by_shape)] == [False, True, True]
    assert late.weights == []
    late(x)
    assert [w.path for w in late.weights] == ["sequential/dense/kernel", "sequential/dense/bias"]
    assert late(x[:5]).shape == (5, 2)
    assert [len(m.layers) for m in (late, early, by_shape)] == [1, 1, 1]


def test_a_sequential_model_takes_other_extents_where_its_layers_do():
    late = keras.Sequential([layers.Flatten()])
    begun = keras.Sequential([keras.Input((3, 4)), layers.Reshape((-1, 2)), layers.Dense(2)])
    for length in (3, 5, 2):
        x = np.arange(2 * length * 4, dtype="float32").reshape(2, length, 4)
        np.testing.assert_array_equal(late(x), x.reshape(2, -1))
        np.testing.assert_array_equal(late.predict(x, verbose=0), x.reshape(2, -1))
        assert begun(x).shape == (2, 2 * length, 2)
    assert (late.input_shape, late.output_shape) == ((2, 3, 4), (2, 12))
    late.predict(iter([np.ones((3, 5, 7), "float32")]), verbose=0)
    with pytest.raises(ValueError, match="it takes 3 axes"):
        late(np.ones((2, 3, 4, 5), "float32"))
    with pytest.raises(ValueError, match="it takes shape"):
        begun(keras.Input((5, 4)))


def test_add_and_pop():
    model = keras.Sequential()
    model.add(keras.Input((3,)))
    model.add(layers.Dense(4))
    model.add(layers.Dense(2))
    assert (model.output_shape, len(model.weights)) == ((None, 2), 4)
    model.pop()
    assert (model.output_shape, len(model.weights)) == ((None, 4), 2)
    with pytest.raises(ValueError, match="already has a layer named 'dense'"):
        model.add(layers.Dense(1, name="dense"))
    with pytest.raises(ValueError, match=r"make an object of the class"):
        model.add(layers.Dense)
    with pytest.raises(ValueError, match="already been configured to use an Input"):
        model.add(keras.Input((2,)))


class Residual(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(3, activation="relu") for _ in range(2)]
        self.drop, self.head = layers.Dropout(0.5), layers.Dense(2)

    def call(self, x, training=False):
        for block in self.blocks:
            x = x + block(x)
        return self.head(self.drop(x, training=training))


def test_a_subclassed_model(data):
    x, _ = data
    model = Residual()
    assert model(x).shape == (40, 2)
    assert model.weights[0].path == "residual/dense/kernel"
    assert [layer.name for layer in model.layers] == ["dense", "dense_1", "dropout", "dense_2"]
    np.testing.assert_array_equal(model(x), model(x, training=False))
    assert (model(x).numpy() != model(x, training=True).numpy()).any()
    other = Residual()
    other.build((None, 3))
    assert other.built and other.count_params() == model.count_params()
    with pytest.raises(ValueError, match="is not built"):
        Residual().count_params()


def test_a_subclass_made_of_symbolic_tensors(data):
    class Mine(keras.Model):
        def twice(self, x):
            return self(x) * 2

    inputs = keras.Input((3,))
    model = Mine(inputs, layers.Dense(2)(inputs))
    assert isinstance(model, Mine) and model.name == "mine"
    np.testing.assert_array_equal(model.twice(data[0]), model(data[0]) * 2)

    class Made(keras.Model):
        def __init__(self, units):
            inputs = keras.Input((3,))
            super().__init__(inputs=inputs, outputs=layers.Dense(units)(inputs))
            self.units = units

    assert Made(5).output_shape == (None, 5)


def test_get_layer():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="first"), layers.Dense(1)])
    assert model.get_layer("first") is model.get_layer(index=0)
    with pytest.raises(ValueError, match=r"No such layer: nope. Existing layers are: \['first', 'dense'\]"):
        model.get_layer("nope")


def test_freezing_a_part(data):
    x, y = data
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    assert [(a == b).all() for a, b in zip(before, model.get_weights(), strict=True)] == [True, True, False, False]
    model.trainable = False
    assert model.trainable_weights == []


def test_clones_and_configurations_have_weights_of_their_own(data):
    inputs = keras.Input((3,))
    h = layers.Dense(3, activation="relu")(inputs)
    functional = keras.Model(inputs, layers.Add()([h, inputs]) * 2.0)
    sequential = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dropout(0.1)])
    for model in (functional, sequential):
        copy = keras.models.clone_model(model)
        assert not any(a is b for a in model.weights for b in copy.weights)
        copy.set_weights(model.get_weights())
        np.testing.assert_array_equal(copy(data[0]), model(data[0]))
    again = keras.Sequential.from_config(sequential.get_config())
    assert again.get_config() == sequential.get_config()


def graph():
    """Shared layers, ops with constants, an inner model, two inputs and nested outputs."""
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(3, activation="relu", name="shared")
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3)], name="inner")
    h = layers.Add()([shared(a), shared(b)]) * 2.0 + np.ones(3, "float32")
    h = tf.concat([inner(inner(h)), h[..., 0:1], tf.cast(a > 0.0, tf.float32)], axis=1)
    return keras.Model({"a": a, "b": b}, {"score": layers.Dense(1)(h), "more": [h, tf.reduce_mean(h, axis=1)]})


@pytest.mark.parametrize("by", ["config", "json", "clone"])
def test_a_graph_comes_back_from_its_configuration(by, data):
    model = graph()
    again = {"config": lambda: keras.Model.from_config(model.get_config()),
             "json": lambda: keras.models.model_from_json(model.to_json()),
             "clone": lambda: keras.models.clone_model(model)}[by]()
    assert type(again) is type(model) and [w.shape for w in again.weights] == [w.shape for w in model.weights]
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    again.set_weights(model.get_weights())
    x = {"a": data[0], "b": data[0][::-1].copy()}
    for one, other in zip(tf.nest.flatten(model(x)), tf.nest.flatten(again(x)), strict=True):
        np.testing.assert_array_equal(one, other)
    if by == "json":
        assert again.to_json() == model.to_json()


def test_the_format_of_a_graph_is_that_of_keras():
    x = keras.Input((3,), name="x")
    config = keras.Model(x, layers.Dense(2, name="d")(x)).get_config()
    assert [(entry["class_name"], entry["name"]) for entry in config["layers"]] == [("InputLayer", "x"), ("Dense", "d")]
    assert (config["input_layers"], config["output_layers"]) == (["x", 0, 0], ["d", 0, 0])
    assert config["layers"][1]["inbound_nodes"] == [{"kwargs": {}, "args": [
        {"class_name": "__keras_tensor__",
         "config": {"shape": [None, 3], "dtype": "float32", "keras_history": ["x", 0, 0]}}]}]


def test_what_keras_wrote_is_read():
    place = lambda *history: {"class_name": "__keras_tensor__",
                              "config": {"shape": [None, 3], "dtype": "float32", "keras_history": list(history)}}
    node = lambda *args: {"args": list(args), "kwargs": {}}
    entry = lambda module, kind, name, config, *nodes: {
        "module": module, "class_name": kind, "config": {"name": name, **config}, "registered_name": kind, "name": name,
        "inbound_nodes": list(nodes)}
    source = lambda name: entry("keras.layers", "InputLayer", name, {"batch_shape": [None, 3], "dtype": "float32"})
    inner = {"trainable": True, "layers": [source("y"), entry("keras.layers", "Dense", "d", {"units": 3},
                                                              node(place("y", 0, 0)))],
             "input_layers": ["y", 0, 0], "output_layers": ["d", 0, 0]}
    slices = [{"class_name": "__slice__", "config": {"start": a, "stop": b, "step": None}} for a, b in
              ((None, None), (0, 1))]
    config = {"name": "m", "trainable": True, "layers": [
        source("x"),
        entry("keras.src.models.functional", "Functional", "f", inner, node(place("x", 0, 0)), node(place("f", 0, 0))),
        entry("keras.src.ops.numpy", "Multiply", "multiply", {}, node(place("f", 1, 0), 2.0)),
        entry("keras.src.ops.numpy", "GetItem", "get_item", {}, node(place("multiply", 0, 0), slices))],
        "input_layers": ["x", 0, 0], "output_layers": {"a": ["get_item", 0, 0], "b": ["f", 2, 0]}}
    model = keras.models.model_from_config({"module": "keras.src.models.functional", "class_name": "Functional",
                                            "config": config, "registered_name": "Functional"})
    x = np.ones((2, 3), "float32")
    out, twice = model(x), model.get_layer("f")(model.get_layer("f")(x))
    np.testing.assert_array_equal(out["b"], twice)
    np.testing.assert_array_equal(out["a"], twice[:, :1] * 2.0)
    assert model.get_config()["output_layers"] == config["output_layers"]


def test_configurations_that_cannot_be_are_explained():
    x = keras.Input((3,), name="x")
    config = keras.Model(x, layers.Dense(2, name="d")(layers.Dense(3, name="c")(x))).get_config()
    history = config["layers"][2]["inbound_nodes"][0]["args"][0]["config"]
    history["keras_history"] = ["d", 0, 0]
    with pytest.raises(ValueError, match=r"calls of the layers \['d'\] need each other in a circle"):
        keras.Model.from_config(config)
    history["keras_history"] = ["e", 0, 0]
    with pytest.raises(ValueError, match="Missing node: e"):
        keras.Model.from_config(config)


class Mine(keras.Model):
    def twice(self, x):
        return self(x) * 2


def test_a_subclass_with_a_graph_comes_back_as_that_class(data):
    x = keras.Input((3,))
    model = Mine(x, layers.Dense(2)(x))
    again = keras.models.model_from_json(model.to_json(), {"Mine": Mine})
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.twice(data[0]), model.twice(data[0]))


def test_clones_by_functions_of_ones_own(data):
    model, called = graph(), []
    wider = lambda layer: layers.Dense(3, activation="tanh", name="new") if layer.name == "shared" else (
        type(layer).from_config(layer.get_config()))

    def call(layer, *args, **kwargs):
        called.append(layer.name)
        return layer(*args, **kwargs)

    copy = keras.models.clone_model(model, clone_function=wider, call_function=call)
    assert copy.get_layer("new").activation is keras.activations.tanh and called.count("new") == 2
    other = keras.Input((3,), name="other")
    row = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    row.compile("adam", "mse")
    copy = keras.models.clone_model(row, input_tensors=other)
    assert copy.input is other and copy.compiled and copy.optimizer is not row.optimizer
    with pytest.raises(ValueError, match="input_tensors works for functional and Sequential models"):
        keras.models.clone_model(Residual(), input_tensors=other)


def test_a_model_may_begin_at_the_output_of_a_layer(data):
    x = keras.Input((3,))
    h = layers.Dense(4, name="first")(x)
    whole = keras.Model(x, layers.Dense(2, name="last")(h * 2.0))
    part = keras.Model(h, whole.output)
    assert [type(layer).__name__ for layer in part.layers] == ["InputLayer", "Dense"]
    np.testing.assert_allclose(part(whole.get_layer("first")(data[0])), whole(data[0]), rtol=1e-6)
    assert whole.get_layer("last").output is whole.output


def test_inputs_in_another_structure():
    b, a = keras.Input((3,), name="b"), keras.Input((3,), name="a")
    x = np.ones((2, 3), "float32")
    model = keras.Model({"a": a, "b": b}, a - b)
    with pytest.warns(UserWarning, match="structure of `inputs` doesn't match"):
        model([x, x])
    model([x, x])
    with pytest.raises(ValueError, match="order is not clear"):
        keras.Model({"b": b, "a": a}, a - b)([x, x])
    with pytest.raises(ValueError, match=r"'b' of the model .* is not optional"):
        model({"a": x, "b": None})


def test_a_row_with_a_layer_that_does_not_say_what_it_gives(data):
    class Silent(layers.Layer):
        def call(self, x):
            return x + 1.0

        def compute_output_spec(self, *args, **kwargs):
            raise NotImplementedError

    model = keras.Sequential([Silent(), layers.Dense(2)])
    np.testing.assert_allclose(model(data[0]), model.layers[1](data[0] + 1.0), rtol=1e-6)
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(*data, verbose=0)
    assert len(before) == 2 and not np.array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize("ending", [".npz", "", ".safetensors", ".weights.h5"])
def test_save_and_load_weights(tmp_path, data, ending):
    for package, of in (("safetensors", ".safetensors"), ("h5py", ".weights.h5")):
        if ending == of:
            pytest.importorskip(package)
    make = lambda: keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(2)])
    one, other = make(), make()
    one.save_weights(tmp_path / f"w{ending}")
    other.load_weights(tmp_path / f"w{ending}")
    np.testing.assert_array_equal(one(data[0]), other(data[0]))


def test_weights_that_do_not_fit(tmp_path):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="one"), layers.Dense(1, name="two")])
    path = tmp_path / "w.npz"
    model.save_weights(path)
    with np.load(path) as file:
        assert file.files == [w.path for w in model.weights]
    other = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="one"), layers.Dense(5, name="two")])
    with pytest.raises(ValueError, match=r"two/kernel' of shape \(2, 1\) for '.*two/kernel' of shape \(2, 5\)"):
        other.load_weights(path)
    with pytest.warns(UserWarning, match="left as it is"):
        other.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(other.layers[0].kernel, model.layers[0].kernel)
    with pytest.raises(ValueError, match=r"holds 4 arrays, the model .* has 2 weights"):
        keras.Sequential([keras.Input((3,)), layers.Dense(2)]).load_weights(path)
    with pytest.raises(ValueError, match="not built, so it has no weights to save"):
        keras.Sequential([layers.Dense(2)]).save_weights(path)
    with pytest.raises(FileExistsError):
        model.save_weights(path, overwrite=False)


def test_a_whole_model_in_a_file(tmp_path, data):
    x, y = data
    path = tmp_path / "m.keras"
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(x, y, epochs=2, verbose=0)
    model.save(path)
    again = keras.models.load_model(path)
    np.testing.assert_array_equal(model(x), again(x))
    for one in (model, again):
        one.fit(x, y, epochs=2, verbose=0, shuffle=False)
    np.testing.assert_array_equal(model(x), again(x))
    assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    assert not keras.models.load_model(path, compile=False).compiled
    with pytest.raises(ValueError, match=r"ends in .keras"):
        model.save(tmp_path / "m.txt")
    with pytest.raises(ValueError, match="File not found"):
        keras.models.load_model(tmp_path / "nothing.keras")
