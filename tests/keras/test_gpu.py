"""Models on a GPU, or on the stand-in that is as strict as one, beside the same models on the CPU."""

import numpy as np
import pytest
import strict
from fits import assert_same_training

import tinynn as tf
from tinynn import keras
from tinynn.backends import gpu
from tinynn.graph import epochs_on_gpu, feeds
from tinynn.graph.epochs_on_gpu import EpochsOnGPU
from tinynn.keras.training import recorded_epochs

GPU = "/job:localhost/replica:0/task:0/device:GPU:0"


@pytest.fixture(params=["gpu", "strict", "graph"], autouse=True)
def platform(request):
    """The package for GPUs."""
    if request.param == "gpu" and gpu.why_not():
        pytest.skip(gpu.why_not())
    found = gpu.platform() if request.param == "gpu" else strict.Strict(graphs=request.param == "graph")
    with gpu.substituted(found):
        yield found


def data(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(64, 3)).astype("float32")
    return x, (x[:, :1] * 2 - x[:, 1:2]).astype("float32")


def network(device, *, eager=False, optimizer="adam", shape=True):
    with tf.device(device):
        model = keras.Sequential([*([keras.Input((3,))] if shape else []), keras.layers.Dense(8, "tanh"),
                                  keras.layers.BatchNormalization(), keras.layers.Dropout(0.1, seed=1),
                                  keras.layers.Dense(1)])
    model.compile(optimizer, "mse", metrics=["mae"], run_eagerly=eager)
    return model


def on_the_gpu(model):
    return {v.device for v in [*model.variables, *model.optimizer.variables, *model.metrics_variables]} == {GPU}


@pytest.mark.parametrize("shape", [True, False])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_model_trains_there_as_here(optimizer, shape):
    x, y = data()
    found = []
    for device in ("CPU:0", "GPU:0"):
        keras.utils.set_random_seed(3)
        model = network(device, optimizer=optimizer, shape=shape)
        history = model.fit(x, y, epochs=3, batch_size=10, validation_data=data(1), verbose=0).history
        found.append([*history.values(), model.evaluate(*data(2), verbose=0), model.predict(x, verbose=0),
                      model.predict_on_batch(x[:5]), model.train_on_batch(x, y), model.test_on_batch(x, y),
                      *model.get_weights()])
    assert on_the_gpu(model)
    for here, there in zip(*found, strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-4, atol=1e-5)


def test_recorded_training_is_that_of_op_by_op():
    x, y = data()
    make = lambda eager: network("GPU:0", eager=eager)
    train = lambda model: model.fit(x, y, epochs=3, batch_size=10, verbose=0)
    model = assert_same_training(make, train, recorded=False)
    assert "runs on GPU:0" in model.explain_capture() and "op by op" not in model.explain_capture()


def test_class_numbers_weights_and_datasets():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, 3)).astype("float32"), rng.integers(0, 4, 40)
    with tf.device("GPU:0"):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "softmax")])
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, class_weight={0: 2.0, 1: 1.0}, verbose=0, epochs=2)
    model.fit(tf.data.Dataset.from_tensor_slices((x, y)).shuffle(40).batch(16), verbose=0, epochs=2)
    model.fit(x, y, sample_weight=np.ones(40), validation_split=0.2, verbose=0)
    assert model.evaluate(x, y, verbose=0)[0] < 10 and on_the_gpu(model)


def test_several_inputs_and_outputs():
    with tf.device("GPU:0"):
        a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
        shared = keras.layers.Concatenate()([keras.layers.Dense(4, "relu")(a), b])
        model = keras.Model([a, b], [keras.layers.Dense(1)(shared), keras.layers.Dense(2)(shared)])
    model.compile("sgd", ["mse", "mae"])
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(20, 3)), rng.normal(size=(20, 2))]
    y = [rng.normal(size=(20, 1)), rng.normal(size=(20, 2))]
    model.fit(x, y, verbose=0, epochs=2)
    assert [p.shape for p in model.predict(x, verbose=0)] == [(20, 1), (20, 2)]
    assert model(x)[0].device == GPU and on_the_gpu(model)


def test_a_loop_of_ones_own_with_an_optimizer_made_elsewhere():
    x, y = data()
    optimizer, metric = keras.optimizers.Adam(0.1), keras.metrics.Mean()
    with tf.device("GPU:0"):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        losses = []
        for a, b in tf.data.Dataset.from_tensor_slices((x, y)).batch(16).repeat(3):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(model(a) - b))
            optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables,
                                          strict=True))
            losses.append(float(loss))
    assert losses[-1] < losses[0] and {v.device for v in optimizer.variables} == {GPU}
    metric.update_state(losses)
    assert float(metric.result()) == pytest.approx(np.mean(losses))


def test_numpy_arrays_go_to_the_model_and_tensors_do_not():
    model = network("GPU:0")
    assert model(data()[0]).device == GPU
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"a on CPU:0 and b on GPU:0; move one with"):
        model(tf.constant(data()[0]))
    assert model(tf.constant(data()[0]).gpu()).device == GPU


def test_saving_loading_and_cloning(tmp_path):
    x, y = data()
    model = network("GPU:0")
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.weights[0].device.endswith("CPU:0")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    model.save_weights(tmp_path / "w.weights.h5")
    other = network("GPU:0")
    other.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_allclose(other.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)


def test_the_doctor_and_the_step_explain_models_there():
    x, y = data()
    model = network("GPU:0")
    model.fit(x, y, verbose=0)
    assert "dense" in str(model.explain_step(x, y))
    assert tf.doctor(model, x=x, y=y) is not None


def test_a_model_on_the_cpu_stays_there_under_a_device():
    x, y = data()
    model = network("CPU:0")
    with tf.device("GPU:0"):
        model.fit(x, y, verbose=0)
        model.predict(x, verbose=0)
    assert all(v.device.endswith("CPU:0") for v in [*model.variables, *model.optimizer.variables])


# ---- whole epochs ----------------------------------------------------------------------------------------------------


def classes(device, n=40):
    """A model with an embedding and class numbers, and its data."""
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 6, (n, 3)), rng.integers(0, 4, n)
    keras.utils.set_random_seed(1)
    with tf.device(device):
        model = keras.Sequential([keras.Input((3,), dtype="int64"), keras.layers.Embedding(6, 5),
                                  keras.layers.Flatten(), keras.layers.Dense(4)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model, x, y


@pytest.fixture(params=["on the card", "from the host"])
def feed(request, monkeypatch):
    """Where the samples of whole epochs lie."""
    if request.param == "from the host":
        monkeypatch.setattr(feeds, "SHARE", 0.0)
    monkeypatch.setattr(epochs_on_gpu, "FEW", 0)


@pytest.mark.parametrize("verbose", [0, 2])
def test_whole_epochs_are_those_of_the_cpu(feed, verbose, monkeypatch, capsys):
    made = []
    monkeypatch.setattr(epochs_on_gpu, "EpochsOnGPU", lambda *args: made.append(EpochsOnGPU(*args)) or made[-1])
    found = []
    for device in ("CPU:0", "GPU:0"):
        model, x, y = classes(device)
        history = model.fit(x, y, batch_size=7, epochs=6, validation_data=(x[:21], y[:21]), verbose=verbose).history
        more = model.fit(x, y, batch_size=7, epochs=9, verbose=0).history
        found.append([*history.values(), *more.values(), *model.evaluate(x, y, batch_size=8, verbose=0),
                      model.predict(x, batch_size=8, verbose=0), *model.get_weights()])
    for here, there in zip(*found, strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-4, atol=1e-5)
    assert len(made) == 5      # two of fit, its validation, evaluate, predict


def test_embeddings_and_class_numbers_run_as_graphs(platform):
    model, x, y = classes("GPU:0")
    model.fit(x, y, batch_size=10, epochs=3, verbose=0)
    if not platform.graphs:
        return
    assert "as one CUDA graph" in model.explain_capture() and "call by call" not in model.explain_capture()
    if isinstance(platform, strict.Strict):
        before = platform.launches
        model.fit(x, y, batch_size=10, epochs=50, verbose=0)
        assert 49 <= platform.launches - before < 60     # an epoch of 4 steps is one of them


@pytest.mark.parametrize("wrong", ["label", "index", "both"])
@pytest.mark.parametrize("late", [False, True])
def test_what_does_not_exist_is_an_error_before_anything_can_be_read(feed, wrong, late):
    """In the first epoch the steps run batch by batch, in the second a whole epoch does."""
    texts = []
    for device in ("CPU:0", "GPU:0"):
        model, x, y = classes(device)

        def spoil(epoch=0, logs=None, x=x, y=y):
            y[25] = 7 if wrong != "index" else y[25]
            x[23, 1] = -1 if wrong != "label" else x[23, 1]

        if not late:
            spoil()
        callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=spoil)] if late else []
        with pytest.raises(tf.errors.InvalidArgumentError) as seen:
            model.fit(x, y, batch_size=10, epochs=3, verbose=0, shuffle=False, callbacks=callbacks)
        texts.append(str(seen.value))
        assert len(model.history.history.get("loss", [])) == late
        assert all(np.isfinite(w).all() for w in model.get_weights())       # it was told, once
        with pytest.raises(tf.errors.InvalidArgumentError):
            model.evaluate(x, y, batch_size=10, verbose=0)
        if wrong != "label":
            with pytest.raises(tf.errors.InvalidArgumentError):
                model.predict(x, batch_size=10, verbose=0)
    assert texts[0] == texts[1]


@pytest.mark.parametrize("keeping", [1.0, 1e-9])
def test_a_nan_is_found_in_its_epoch(feed, keeping, monkeypatch):
    """The GPU goes on; the hint tells the epoch all the same, also where the variables are kept from the start only."""
    monkeypatch.setattr(recorded_epochs, "KEEPING", keeping)
    found = []
    for device in ("CPU:0", "GPU:0"):
        x, y = data()
        with tf.device(device):
            model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones",
                                                                                  name="one")])
        model.compile(keras.optimizers.SGD(12.0), "mse")
        with pytest.warns(tf.TinynnHint, match="the loss is NaN in epoch") as hints:
            history = model.fit(x, y, batch_size=16, epochs=60, verbose=0, shuffle=False).history["loss"]
        texts = [str(hint.message) for hint in hints if "NaN" in str(hint.message)]
        found.append((texts, np.isnan(history).argmax(), len(history)))
    assert found[0] == found[1] and found[0][1] > 3
