"""Whole models and weights in Keras's own files."""

import importlib.util
import json
import zipfile

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras import layers
from tinynn.keras.models.layout import places

h5py = pytest.importorskip("h5py")

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")


def nested():
    inputs = keras.Input((3,))
    x = layers.BatchNormalization()(layers.Dense(4, activation="relu")(inputs))
    x = keras.Sequential([layers.Dense(3)])(x)
    model = keras.Model(inputs, layers.Dense(2, name="out")(x))
    model.compile(keras.optimizers.Adam(0.1), keras.losses.MeanSquaredError(), metrics=["mae"])
    model.fit(X, Y, epochs=2, verbose=0)
    return model


# The places as Keras 3.15 writes them for the same model.
PLACES = ["layers/dense/vars/0", "layers/dense/vars/1", *[f"layers/batch_normalization/vars/{i}" for i in range(4)],
          "layers/sequential/layers/dense/vars/0", "layers/sequential/layers/dense/vars/1", "layers/dense_1/vars/0",
          "layers/dense_1/vars/1"]


@keras.saving.register_keras_serializable()
class Called(keras.Model):
    """Its `call` takes what `how` says; nothing but a call builds it."""

    def __init__(self, how="one", **kwargs):
        super().__init__(**kwargs)
        self.how = how
        self.blocks = [[layers.Dense(4), layers.Dense(4)], {"a": layers.Dense(2)}]
        self.seen = keras.metrics.Mean()

    def call(self, x, y=None, training=False):
        x, y = {"one": lambda: (x, x), "list": lambda: x, "dict": lambda: (x["p"], x["q"]),
                "several": lambda: (x, y)}[self.how]()
        return self.blocks[1]["a"](self.blocks[0][0](x) + self.blocks[0][1](y))


GIVEN = {"one": (X,), "list": ([X, X[:, :2]],), "dict": ({"p": X, "q": X[:, :2]},), "several": (X, X[:, :2])}


@pytest.mark.parametrize("how", GIVEN)
def test_a_model_that_only_a_call_builds_comes_back_from_its_file(tmp_path, how):
    model = Called(how)
    expected = model(*GIVEN[how])
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(*GIVEN[how]), expected)


@keras.saving.register_keras_serializable()
class Counting(layers.Layer):
    """Keeps a number in plain Python, and its weight under a name of its own."""

    def build(self, input_shape):
        self.scale, self.calls = self.add_weight(shape=(), initializer="ones"), np.zeros(1)

    def call(self, x):
        return x * self.scale

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["calls"] = self.calls

    def load_own_variables(self, store):
        self.calls = store["calls"]
        self.scale.assign(store["0"])


def test_a_layer_may_save_itself(tmp_path):
    model = keras.Sequential([keras.Input((3,)), Counting(), layers.Dense(2)])
    model.layers[0].calls[:] = 7
    model.layers[0].scale.assign(0.5)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.layers[0].calls.tolist() == [7]
    np.testing.assert_array_equal(again(X), model(X))
    store = {}
    model.layers[1].save_own_variables(store)
    again.layers[1].load_own_variables({name: 2 * np.asarray(value) for name, value in store.items()})
    np.testing.assert_allclose(again(X), 2 * model(X), rtol=1e-6)
    with pytest.raises(ValueError, match="has 2 variables, the file has 1"):
        model.layers[1].load_own_variables({"0": 1})


@keras.saving.register_keras_serializable()
class OwnCompile(keras.Sequential):
    def compile(self, first, second):
        super().compile(optimizer=first, loss="mse")
        self.second = second


def test_a_compile_of_its_own_is_left_to_the_model(tmp_path):
    model = OwnCompile([keras.Input((3,)), layers.Dense(2)])
    model.compile("adam", 3)
    model.save(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match=r"`compile\(\)` was not called as part of model loading"):
        again = keras.models.load_model(tmp_path / "m.keras")
    assert not again.compiled
    np.testing.assert_array_equal(again(X), model(X))


def test_a_list_may_hold_itself(tmp_path):
    model = Called()
    model.blocks.append(model.blocks)
    model(X)
    model.save_weights(tmp_path / "w.weights.h5")
    assert len(model.weights) == 6


@keras.saving.register_keras_serializable()
class Around(layers.Wrapper):
    def call(self, x):
        return self.layer(x)


def test_a_layer_that_is_in_two_places_stays_one(tmp_path):
    a, b, dense = keras.Input((3,)), keras.Input((3,)), layers.Dense(2)
    model = keras.Model([a, b], [dense(a), Around(dense)(b)])
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.layers[2] is again.layers[3].layer and len(again.weights) == 2
    np.testing.assert_array_equal(again([X, X])[1], model([X, X])[0])


def test_weights_lie_where_keras_has_them(tmp_path):
    model = nested()
    assert list(places(model)) == PLACES
    model.save_weights(tmp_path / "w.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5") as file:
        for place, variable in zip(PLACES, model.weights, strict=True):
            np.testing.assert_array_equal(file[place][()], variable)
    model = Called()
    model(X)
    assert sorted(places(model)) == sorted(
        [f"blocks/{inner}/vars/{i}" for inner in ("container/dense", "container/dense_1", "container_1/dense")
         for i in (0, 1)] + ["seen/vars/0", "seen/vars/1"])


def test_a_file_of_keras_is_read(tmp_path):
    model, values = nested(), np.random.default_rng(2)
    arrays = {place: values.uniform(0.5, 1.0, v.shape).astype("float32") for place, v in places(model).items()}
    state = [values.uniform(0.5, 1.0, v.shape).astype(str(v.dtype)) for v in model.optimizer.variables]
    with h5py.File(tmp_path / "model.weights.h5", "w") as file:
        for place, array in arrays.items():
            file[place] = array
        for i, array in enumerate(state):       # 10 and more: the order is that of the numbers, not of the text
            file[f"optimizer/vars/{i}"] = array
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", model.to_json())
        archive.write(tmp_path / "model.weights.h5", "model.weights.h5")
    again = keras.models.load_model(tmp_path / "m.keras")
    other = keras.models.clone_model(model)
    other.load_weights(tmp_path / "m.keras")
    for one in (again, other):
        for array, variable in zip(arrays.values(), one.weights, strict=True):
            np.testing.assert_array_equal(variable, array)
    for array, variable in zip(state, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(variable, array)


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_training_goes_on_after_a_file(tmp_path, name):
    model = nested()
    model.save(tmp_path / name)
    again = keras.models.load_model(tmp_path / name)
    histories = [one.fit(X, Y, epochs=2, shuffle=False, verbose=0).history for one in (model, again)]
    assert histories[0] == histories[1]
    assert not keras.models.load_model(tmp_path / name, compile=False).compiled
    other = keras.models.clone_model(model)
    model.save(tmp_path / name, include_optimizer=False)
    other.load_weights(tmp_path / name)
    np.testing.assert_array_equal(other(X), model(X))
    assert not keras.models.load_model(tmp_path / name).compiled


def test_without_h5py_the_archive_holds_npz(tmp_path, monkeypatch):
    model = nested()
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "h5py" else find(name, *rest))
    model.save(tmp_path / "m.keras")
    assert "model.weights.npz" in zipfile.ZipFile(tmp_path / "m.keras").namelist()
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "m.keras")(X), model(X))


def test_an_h5_file_of_keras_is_read(tmp_path):
    policy = {"dtype": "float32", "trainable": True}
    dense = {"class_name": "Dense", "config": {**policy, "name": "d", "units": 2, "activation": "linear"}}
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "dtype": "float32", "name": "i"}}, dense]}}
    training = {"loss": "mse", "metrics": [{"class_name": "MeanAbsoluteError", "config": {"name": "error"}}],
                "optimizer_config": {"class_name": "SGD", "config": {"learning_rate": 0.25}}}
    kernel, bias = np.arange(6.0, dtype="float32").reshape(3, 2), np.ones(2, "float32")
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"], file.attrs["training_config"] = json.dumps(config), json.dumps(training)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = ["i", "d"]
        group.create_group("i").attrs["weight_names"] = []
        group.create_group("d").attrs["weight_names"] = ["d/kernel:0", "d/bias:0"]
        group["d/d/kernel:0"], group["d/d/bias:0"] = kernel, bias
    model = keras.models.load_model(tmp_path / "m.h5")
    np.testing.assert_allclose(model.predict(X, verbose=0), X @ kernel + bias, rtol=1e-5)
    assert float(model.optimizer.learning_rate) == 0.25
    assert list(model.evaluate(X, Y, verbose=0, return_dict=True)) == ["error", "loss"]
    with pytest.raises(ValueError, match=r"shapes \[\(3, 2\), \(2,\)\] in 'd'; 'other' has weights of shapes"):
        keras.Sequential([keras.Input((3,)), layers.Dense(5, name="other")]).load_weights(tmp_path / "m.h5")
    with pytest.raises(ValueError, match=r"weights of 1 layers, the model .* has 2 layers with weights"):
        keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(2)]).load_weights(tmp_path / "m.h5")


@pytest.mark.parametrize("ending", [".npz", ".weights.h5"])
def test_plain_variables_are_weights_as_well(tmp_path, ending):
    class Plain(keras.Model):
        def __init__(self):
            super().__init__()
            self.factor, self.shift, self.dense = tf.Variable(5.0), tf.Variable([1.0, 2.0]), layers.Dense(2)

        def call(self, x):
            return self.dense(x) * self.factor + self.shift

    models = [Plain(), Plain()]
    before = [model(X).numpy() for model in models]
    models[0].factor.assign(3.0)
    keras.saving.save_weights(models[0], tmp_path / f"w{ending}")
    keras.saving.load_weights(models[1], tmp_path / f"w{ending}")
    np.testing.assert_array_equal(models[0](X), models[1](X))
    assert not np.allclose(before[1], models[1](X))


def test_an_optimizer_that_does_not_fit_starts_anew(tmp_path):
    model = nested()
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    config["compile_config"]["optimizer"] = "sgd"
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        for name, content in {**parts, "config.json": json.dumps(config)}.items():
            archive.writestr(name, content)
    with pytest.warns(UserWarning, match="18 arrays, does not fit the 2 variables of SGD"):
        assert int(keras.models.load_model(tmp_path / "m.keras").optimizer.iterations) == 0


def test_files_that_do_not_fit(tmp_path):
    one = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    one.save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(ValueError, match=r"holds 2 arrays, the model .* has 1 weights"):
        keras.Sequential([keras.Input((3,)), layers.Dense(2, use_bias=False)]).load_weights(tmp_path / "w.weights.h5")
    with pytest.raises(ValueError, match=r"an array at 'layers/dense/vars/0', where the model .* has none"):
        keras.Sequential([keras.Input((3,)), layers.EinsumDense("ab,bc->ac", 2, bias_axes="c")]).load_weights(
            tmp_path / "w.weights.h5")
    (tmp_path / "text.keras").write_text("no archive")
    with pytest.raises(ValueError, match="File format not supported"):
        keras.models.load_model(tmp_path / "text.keras")
    for name, arguments, said in (("m.txt", {}, "Invalid filepath extension for saving"),
                                  ("m.keras", {"foo": 1}, r"argument\(s\) are not supported: \['foo'\]"),
                                  ("m.keras", {"zipped": False}, "zipped=False"),
                                  ("m.keras", {"save_format": "tf"}, "`save_format` argument is deprecated")):
        with pytest.raises(ValueError, match=said):
            one.save(tmp_path / name, **arguments)
    one.save(tmp_path / "m.keras", save_format="keras")
    with pytest.raises(ValueError, match="No model config found"):
        keras.models.load_model(tmp_path / "w.weights.h5")
