"""keras.datasets: what is shipped, and how Keras's own files are read."""

import gzip
import hashlib
import pickle
import shutil

import numpy as np
import pytest

from tinynn.keras import datasets
from tinynn.keras.datasets import digits

TEST_LABELS = [9, 4, 7, 0, 2, 6]
TEST_IMAGES = "bab7464e833680a1"


def test_digits_are_the_1797_images_with_a_fixed_hold_out():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert (x_train.shape, y_train.shape) == ((1438, 8, 8), (1438,))
    assert (x_test.shape, y_test.shape) == ((359, 8, 8), (359,))
    assert x_train.dtype == y_train.dtype == np.uint8
    assert (x_train.min(), x_train.max()) == (0, 16)
    assert y_test[:6].tolist() == TEST_LABELS
    assert np.bincount(np.concatenate([y_train, y_test])).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(y_test).min() >= 28
    assert hashlib.sha256(x_test.tobytes()).hexdigest()[:16] == TEST_IMAGES


def test_no_image_is_on_both_sides():
    (x_train, _), (x_test, _) = digits.load_data()
    assert not {x.tobytes() for x in x_train} & {x.tobytes() for x in x_test}


def test_the_arrays_are_the_callers_own():
    first, second = digits.load_data(), digits.load_data()
    first[0][0][:] = 0
    assert second[0][0].any()


def test_source_and_licence_lie_beside_the_data():
    text = (digits.FILE.parent / "digits.LICENSE.txt").read_text()
    assert "CC BY 4.0" in text
    assert "Alpaydin" in text


# ---- Keras's own files: small ones in their place --------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of Keras's files; `put(module, name, ...)` writes one and makes its hash the right one."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    folder = tmp_path / "datasets"
    folder.mkdir()

    class Cache:
        def put(self, module, name, constant="HASH", **arrays):
            np.savez(folder / name, **arrays)
            monkeypatch.setattr(module, constant, hashlib.sha256((folder / name).read_bytes()).hexdigest())

    Cache.folder = folder
    return Cache()


def lists(*items):
    array = np.empty(len(items), object)
    array[:] = items
    return array


def test_mnist(cache):
    images = np.arange(3 * 28 * 28, dtype="uint8").reshape(3, 28, 28)
    cache.put(datasets.mnist, "mnist.npz", x_train=images, y_train=[1, 2, 3], x_test=images[:1], y_test=[4])
    (x, y), (x_test, y_test) = datasets.mnist.load_data()
    np.testing.assert_array_equal(x, images)
    assert (y.tolist(), x_test.shape, y_test.tolist()) == ([1, 2, 3], (1, 28, 28), [4])


@pytest.mark.parametrize("name", ["boston_housing", "california_housing"])
def test_housing_is_mixed_as_keras_does_it(cache, name):
    module = getattr(datasets, name)
    cache.put(module, f"{name}.npz", x=np.arange(20.0).reshape(10, 2), y=np.arange(10.0))
    (x, y), (x_test, y_test) = module.load_data()
    assert y.tolist() == [9, 3, 6, 1, 0, 7, 4, 8]       # recorded from Keras: seed 113
    assert y_test.tolist() == [2, 5]
    np.testing.assert_array_equal(x[:, 0], 2 * y)
    assert len(module.load_data(test_split=0.5)[1][0]) == 5
    assert x_test.shape == (2, 2)
    with pytest.raises(ValueError, match="test_split"):
        module.load_data(test_split=1.0)


def test_imdb(cache):
    texts = lists([1, 2, 9], [4, 5], [1])
    labels = np.array([1, 0, 1])
    cache.put(datasets.imdb, "imdb.npz", x_train=texts, y_train=labels, x_test=texts, y_test=1 - labels)
    (x, y), (x_test, _) = datasets.imdb.load_data(num_words=10)
    assert sorted(x.tolist()) == [[1, 4], [1, 4, 5, 2], [1, 7, 8]]
    assert sorted(y.tolist()) == [0, 1, 1]
    assert len(x_test) == 3
    (x, _), _ = datasets.imdb.load_data(start_char=None, oov_char=None, index_from=0, num_words=5, skip_top=2)
    assert sorted(x.tolist()) == [[], [2], [4]]
    (x, y), _ = datasets.imdb.load_data(maxlen=4)
    assert len(x) == len(y) == 2
    with pytest.raises(ValueError, match="Increase maxlen"):
        datasets.imdb.load_data(maxlen=1)


def test_reuters(cache):
    cache.put(datasets.reuters, "reuters.npz", x=lists(*[[i, i + 1] for i in range(10)]), y=np.arange(10))
    (x, y), (x_test, y_test) = datasets.reuters.load_data()
    assert (len(x), len(x_test)) == (8, 2)
    assert x[1] == [1, y[1] + 3, y[1] + 4]
    assert x[0] == [1, 12, 2]       # as in Keras, without num_words the rarest word is left out
    assert y_test.tolist() == [2, 5]
    assert len(datasets.reuters.get_label_names()) == 46


def test_words(cache, monkeypatch):
    (cache.folder / "imdb_word_index.json").write_text('{"film": 1}')
    monkeypatch.setattr(datasets.imdb, "WORDS_HASH", hashlib.md5(b'{"film": 1}').hexdigest())
    assert datasets.imdb.get_word_index() == {"film": 1}


def test_fashion_mnist(cache):
    folder = cache.folder / "fashion-mnist"
    folder.mkdir()
    for part, count in (("train", 3), ("t10k", 2)):
        pixels, labels = bytes(range(count)) * 784, bytes(range(count))
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(16) + pixels))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(8) + labels))
    (x, y), (x_test, y_test) = datasets.fashion_mnist.load_data()
    assert (x.shape, x.dtype, y.tolist(), x_test.shape) == ((3, 28, 28), np.uint8, [0, 1, 2], (2, 28, 28))
    assert y_test.flags.writeable


@pytest.mark.parametrize(("name", "parts", "label"), [
    ("cifar10", [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"], b"labels"),
    ("cifar100", ["train", "test"], b"fine_labels")])
def test_cifar(cache, tmp_path, monkeypatch, name, parts, label):
    inner = {"cifar10": "cifar-10-batches-py", "cifar100": "cifar-100-python"}[name]
    (tmp_path / inner).mkdir()
    for part in parts:
        content = {b"data": np.arange(2 * 3072, dtype="uint8").reshape(2, 3072), label: [3, 1]}
        (tmp_path / inner / part).write_bytes(pickle.dumps(content))
    path = shutil.make_archive(tmp_path / "made", "gztar", tmp_path, inner)
    target = cache.folder / f"{inner}-target_archive"
    shutil.copy(path, target)
    module = getattr(datasets, name)
    monkeypatch.setattr(module, "HASH", hashlib.sha256(target.read_bytes()).hexdigest())
    (x, y), (x_test, y_test) = module.load_data()
    assert x.shape == (2 * (len(parts) - 1), 32, 32, 3)
    assert x[0, 0, 1].tolist() == [1, 1, 1]
    assert (x_test.shape, y_test.tolist(), y.dtype) == ((2, 32, 32, 3), [[3], [1]], np.uint8)


def test_a_data_file_can_run_nothing(tmp_path):
    class Evil:
        def __reduce__(self):
            return print, ("ran",)

    np.savez(tmp_path / "e.npz", x=lists(Evil()))
    with pytest.raises(pickle.UnpicklingError, match=r"asks for builtins\.print"):
        datasets.files.load_lists(tmp_path / "e.npz")


def test_without_a_network_the_error_says_what_to_put_where(cache, monkeypatch):
    monkeypatch.setattr(datasets.mnist, "ORIGIN", (cache.folder / "nothing").as_uri() + "/")
    with pytest.raises(OSError, match=r"mnist\.npz could not be downloaded from .*mnist\.npz .*put it at .*mnist\.npz"):
        datasets.mnist.load_data()
