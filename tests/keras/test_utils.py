"""keras.utils: values recorded from Keras 3."""

import hashlib
import io
import pathlib
import shutil
import tarfile

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.keras.utils import (
    get_file,
    normalize,
    pad_sequences,
    set_random_seed,
    split_dataset,
    timeseries_dataset_from_array,
    to_categorical,
)
from tinynn.keras.utils.file_utils import extract_archive


def test_to_categorical():
    rows = to_categorical([0, 2, 1])
    assert rows.dtype == np.float64
    assert rows.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert to_categorical(np.array([[0], [1]]), 3).shape == (2, 3)
    assert to_categorical([[0, 1], [1, 0]]).shape == (2, 2, 2)
    tensor = to_categorical(tf.constant([0, 1]), 2)
    assert (tensor.dtype, tensor.numpy().tolist()) == (tf.float32, [[1, 0], [0, 1]])


@pytest.mark.parametrize("labels", [[0, 5], [-1, 0]])
def test_to_categorical_refuses_a_label_outside(labels):
    with pytest.raises(ValueError, match="between 0 and 2"):
        to_categorical(labels, 3)


def test_normalize():
    np.testing.assert_allclose(normalize(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(normalize(np.array([[3.0, 4.0], [1.0, 0.0]]), axis=0, order=1), [[0.75, 1], [0.25, 0]])
    assert normalize(tf.constant([[3.0, 4.0]])).dtype == tf.float32


def numbers(dataset):
    return [int(x) for x in dataset]


@pytest.mark.parametrize(("sizes", "left", "right"), [
    ({"left_size": 0.8}, 8, 2), ({"left_size": 3}, 3, 7), ({"right_size": 0.3}, 7, 3),
    ({"left_size": 3, "right_size": 2}, 3, 2),
])
def test_split_dataset(sizes, left, right):
    a, b = split_dataset(np.arange(10), **sizes)
    assert (numbers(a), numbers(b)) == (list(range(left)), list(range(10 - right, 10)))


def test_split_dataset_shuffles_by_seed_and_takes_tuples_and_datasets():
    a, b = split_dataset(np.arange(10), left_size=0.8, shuffle=True, seed=1)
    assert (numbers(a), numbers(b)) == ([6, 8, 9, 7, 5, 3, 0, 4], [1, 2])
    a, _ = split_dataset((np.arange(4), np.arange(4.0)), left_size=0.5)
    assert [(int(x), float(y)) for x, y in a] == [(0, 0.0), (1, 1.0)]
    _, b = split_dataset(tf.data.Dataset.range(4), right_size=1)
    assert numbers(b) == [3]


@pytest.mark.parametrize("sizes", [{}, {"left_size": 1.5}, {"left_size": 0.9, "right_size": 0.9}, {"left_size": 20}])
def test_split_dataset_refuses_sizes_that_do_not_fit(sizes):
    with pytest.raises(ValueError, match="left_size"):
        split_dataset(np.arange(10), **sizes)


def test_set_random_seed_makes_everything_repeat():
    def draw():
        set_random_seed(3)
        order = [int(x) for x in tf.data.Dataset.range(9).shuffle(9)]
        return np.random.rand(), order, tf.random.normal((3,)).numpy().tolist(), keras.initializers.HeNormal()(
            (2, 2)).numpy().tolist()

    assert draw() == draw()


def test_pad_sequences():
    a = [[1], [1, 2], [1, 2, 3]]
    assert pad_sequences(a).tolist() == [[0, 0, 1], [0, 1, 2], [1, 2, 3]]
    assert pad_sequences(a, maxlen=2, padding="post", truncating="post", value=9).tolist() == [[1, 9], [1, 2], [1, 2]]
    assert pad_sequences([[], [[1, 2]]]).shape == (2, 1, 2)
    assert pad_sequences([["a"], ["b", "c"]], value="-", dtype=object).tolist() == [["-", "a"], ["b", "c"]]
    assert keras.preprocessing.sequence.pad_sequences is pad_sequences
    with pytest.raises(ValueError, match="should set `dtype=object`"):
        pad_sequences(a, value="x")
    with pytest.raises(ValueError, match="list of iterables"):
        pad_sequences([1, 2])


def test_timeseries_dataset_from_array():
    data = timeseries_dataset_from_array(np.arange(20), np.arange(20) * 10, 4, sampling_rate=2, sequence_stride=3,
                                         batch_size=3)
    batches = [(x.numpy().tolist(), y.numpy().tolist()) for x, y in data]
    assert batches == [([[0, 2, 4, 6], [3, 5, 7, 9], [6, 8, 10, 12]], [0, 30, 60]),
                       ([[9, 11, 13, 15], [12, 14, 16, 18]], [90, 120])]
    windows = timeseries_dataset_from_array(np.arange(20.0).reshape(10, 2), None, 3, batch_size=None, start_index=2,
                                            end_index=6)
    assert [w.shape for w in windows] == [(3, 2)] * 2
    with pytest.raises(ValueError, match="`start_index` must be between"):
        timeseries_dataset_from_array(np.arange(20), None, 4, start_index=20)
    with pytest.raises(ValueError, match="`sampling_rate` must be higher than 0"):
        timeseries_dataset_from_array(np.arange(20), None, 4, sampling_rate=0)


def test_get_source_inputs():
    a, b = keras.Input((2,)), keras.Input((2,))
    out = keras.layers.Dense(1)(keras.layers.Add()([a, b]))
    found = keras.utils.get_source_inputs(out)
    assert [id(x) for x in found] == [id(a), id(b)]
    assert keras.utils.is_keras_tensor(out)
    assert not keras.utils.is_keras_tensor(np.ones(2))


class Doubles(keras.utils.PyDataset):
    ended = 0

    def __len__(self):
        return 4

    def __getitem__(self, i):
        x = np.full((2, 1), i, "float32")
        return x, 2 * x

    def on_epoch_end(self):
        self.ended += 1


def test_py_dataset():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    data = Doubles(workers=2)
    history = model.fit(data, epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert data.ended == 3
    assert data.num_batches == 4
    assert keras.utils.Sequence is keras.utils.PyDataset
    with pytest.raises(NotImplementedError, match="must define __len__"):
        len(keras.utils.PyDataset())


# ---- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def origin(tmp_path):
    """(address of a file, its SHA-256, the cache's folder)."""
    path = tmp_path / "net" / "data.txt"
    path.parent.mkdir()
    path.write_text("some text")
    return path.as_uri(), hashlib.sha256(b"some text").hexdigest(), tmp_path / "cache"


def test_get_file_downloads_once_and_checks_the_hash(origin, capsys):
    address, sha, cache = origin
    path = get_file(origin=address, file_hash=sha, cache_dir=cache)
    assert path == str(cache / "datasets" / "data.txt")
    assert pathlib.Path(path).read_text() == "some text"
    assert "Downloading data from file:" in capsys.readouterr().out
    assert get_file(origin="http://nowhere.invalid/data.txt", file_hash=sha, cache_dir=cache) == path
    assert capsys.readouterr().out == ""
    pathlib.Path(path).write_text("cut off")
    with pytest.warns(UserWarning, match="its sha256 sum is not"):
        get_file(origin=address, file_hash=sha, cache_dir=cache)
    assert pathlib.Path(path).read_text() == "some text"
    with pytest.raises(ValueError, match="Incomplete or corrupted file"):
        get_file("other.txt", address, file_hash="0" * 64, cache_dir=cache)
    assert not (cache / "datasets" / "other.txt").exists()


def test_get_file_without_a_network_says_what_to_do(tmp_path):
    origin = (tmp_path / "missing.npz").as_uri()
    with pytest.raises(OSError, match=r"missing\.npz could not be downloaded from file:.*put it at .*datasets"):
        get_file(origin=origin, cache_dir=tmp_path)
    with pytest.raises(ValueError, match='specify the "origin"'):
        get_file("a.txt")
    with pytest.raises(ValueError, match="Can't parse the file name"):
        get_file(origin="http://example.com/..", cache_dir=tmp_path)
    with pytest.raises(ValueError, match="without folders"):
        get_file("a/b", origin, cache_dir=tmp_path)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_get_file_unpacks_archives(tmp_path, kind):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("inside")
    archive = shutil.make_archive(tmp_path / "things", "zip" if kind == "zip" else "gztar", tmp_path / "in")
    origin, cache = pathlib.Path(archive).as_uri(), tmp_path / "cache"
    for fname, place in (("x.bin", "x_extracted"), ("x", "x"), (None, f"things.{kind}")):   # as Keras names them
        folder = get_file(fname, origin, extract=True, cache_dir=cache)
        assert folder == str(cache / "datasets" / place)
        assert (pathlib.Path(folder) / "a.txt").read_text() == "inside"
    assert {p.name for p in (cache / "datasets").iterdir() if p.is_file()} == {
        "x.bin", "x_archive", f"things.{kind}_archive"}


def test_nothing_is_unpacked_outside_the_folder(tmp_path):
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        for name in ("../out.txt", "good.txt"):
            entry = tarfile.TarInfo(name)
            entry.size = 2
            tar.addfile(entry, io.BytesIO(b"hi"))
    with pytest.warns(UserWarning, match="lies outside"):
        assert extract_archive(tmp_path / "evil.tar", tmp_path / "place")
    assert [p.name for p in (tmp_path / "place").iterdir()] == ["good.txt"]
    assert not (tmp_path / "out.txt").exists()
    assert not extract_archive(__file__, tmp_path)
