"""Images in files, and folders of them as datasets. The orders and sums were recorded from TensorFlow 2.21."""

import os

import numpy as np
import pytest

import tinynn as tf
from tinynn import keras
from tinynn.core.seeds import set_global
from tinynn.keras.utils.images import centre, resized

Image = pytest.importorskip("PIL.Image")
utils = keras.utils

SORTED = [("float32", (4, 8, 6, 3), 72914.8), ("int32", (4,), 0.0)]
ORDER = [1, 2, 0, 1, 2, 1, 1, 2]


@pytest.fixture
def folder(tmp_path):
    """Three classes of five RGB images and one small grey image, and a text each."""
    random = np.random.default_rng(0)
    for name in ("cats", "dogs", "ants"):
        (tmp_path / name / "sub").mkdir(parents=True)
        for i in range(5):
            Image.fromarray(random.integers(0, 256, (11 + i, 17, 3)).astype("uint8")).save(tmp_path / name / f"{i}.png")
        Image.fromarray(random.integers(0, 256, (9, 9)).astype("uint8")).save(tmp_path / name / "sub" / "z.PNG")
        (tmp_path / name / "x.txt").write_text(f"{name} text")
    return tmp_path


def described(dataset):
    """Per batch: (dtype, shape, rounded sum) of each part."""
    return [[(t.dtype.name, tuple(t.shape), float(t.numpy().astype("float64").sum().round(1)))
             for t in (batch if isinstance(batch, tuple) else (batch,))] for batch in dataset]


def test_sorted_files(folder):
    dataset = utils.image_dataset_from_directory(folder, image_size=(8, 6), shuffle=False, batch_size=4)
    assert dataset.class_names == ["ants", "cats", "dogs"]
    assert [os.path.relpath(path, folder) for path in dataset.file_paths[4:8]] == [
        os.path.join("ants", "4.png"), os.path.join("ants", "sub", "z.PNG"), os.path.join("cats", "0.png"),
        os.path.join("cats", "1.png")]
    assert [labels.numpy().tolist() for _, labels in dataset] == [[0] * 4, [0, 0, 1, 1], [1] * 4, [2] * 4, [2, 2]]
    assert described(dataset)[0] == SORTED
    assert dataset.element_spec == (tf.TensorSpec((None, 8, 6, 3)), tf.TensorSpec((None,), tf.int32))


def test_shuffled_files_and_kinds_of_labels(folder, capsys):
    set_global(None)        # as the recorded order was drawn
    read = lambda **options: utils.image_dataset_from_directory(folder, image_size=(8, 8), seed=3, **options)
    categorical = [labels.numpy() for _, labels in read(label_mode="categorical", batch_size=8)]
    assert categorical[0].argmax(1).tolist() == ORDER and categorical[0].dtype == "float32"
    binary = read(validation_split=0.3, subset="training", class_names=["dogs", "cats"], label_mode="binary")
    assert described(binary)[0][1] == ("float32", (9, 1), 3.0)
    assert "Found 12 files belonging to 2 classes.\nUsing 9 files for training.\n" in capsys.readouterr().out
    training, validation = read(validation_split=0.3, subset="both")
    assert not set(training.file_paths) & set(validation.file_paths)
    assert len(training.file_paths) == 13 and len(validation.file_paths) == 5
    assert described(read(label_mode=None, color_mode="grayscale", interpolation="nearest"))[0][0][1] == (18, 8, 8, 1)
    single = list(read(labels=list(range(18)), shuffle=False, batch_size=None))
    assert [int(label) for _, label in single] == list(range(18)) and single[0][0].shape == (8, 8, 3)
    cropped = read(shuffle=False, crop_to_aspect_ratio=True, color_mode="rgba", batch_size=None)
    first = np.asarray(Image.open(folder / "ants" / "0.png").convert("RGBA"))
    np.testing.assert_allclose(next(iter(cropped))[0], resized(first[:, 3:14], (8, 8), "bilinear"))


def test_texts(folder):
    dataset = utils.text_dataset_from_directory(folder, shuffle=False, max_length=6)
    (texts, labels), = dataset
    assert texts.numpy().tolist() == [b"ants t", b"cats t", b"dogs t"] and labels.numpy().tolist() == [0, 1, 2]


@pytest.mark.parametrize("options, said", [
    ({"labels": "x"}, "`labels` is"), ({"label_mode": "q"}, "`label_mode` argument"),
    ({"color_mode": "q"}, "color_mode"), ({"validation_split": 0.2}, "`subset` is set"),
    ({"validation_split": 0.2, "subset": "training"}, "`seed` argument"),
    ({"label_mode": "binary"}, "exactly 2 classes"), ({"labels": [1]}, r"len\(labels\) is 1 while we found 18"),
    ({"class_names": ["z"]}, "did not match the names"), ({"interpolation": "cubic"}, "`interpolation` must be"),
    ({"validation_split": 2.0, "subset": "training"}, "between 0 and 1"),
    ({"labels": None, "class_names": ["cats"]}, "`class_names` if")])
def test_wrong_arguments(folder, options, said):
    with pytest.raises(ValueError, match=said):
        utils.image_dataset_from_directory(folder, **options)


def test_an_empty_folder(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(ValueError, match="there are no files in"):
        utils.image_dataset_from_directory(tmp_path)


def test_resizing_is_linear_between_middles():
    line = np.arange(8.0).reshape(1, 8, 1)
    np.testing.assert_allclose(resized(line, (1, 4), "bilinear").ravel(), [0.5, 2.5, 4.5, 6.5])
    np.testing.assert_allclose(resized(line, (1, 16), "bilinear").ravel()[:4], [0, 0.25, 0.75, 1.25])
    np.testing.assert_allclose(resized(line, (1, 3), "nearest").ravel(), [1, 4, 6])
    assert centre((10, 20), (4, 4)) == (0, 5, 10, 10) and centre((10, 20), (2, 8)) == (2, 0, 5, 20)


def test_arrays_and_files(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype("float32")
    utils.save_img(tmp_path / "x.png", x, scale=False)
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(tmp_path / "x.png")), x)
    small = utils.load_img(tmp_path / "x.png", "grayscale", (2, 4), "bilinear", keep_aspect_ratio=True)
    assert utils.img_to_array(small).shape == (2, 4, 1) and utils.img_to_array(small).dtype == "float32"
    assert utils.img_to_array(np.ones((4, 5)), "channels_first").shape == (1, 4, 5)
    assert np.asarray(utils.array_to_img(np.array([[[0.5], [1.0]]]))).tolist() == [[0, 255]]
    assert keras.preprocessing.image.load_img is utils.load_img
    for wrong in (np.ones((2, 2, 2)), np.ones(3)):
        with pytest.raises(ValueError, match="image"):
            utils.array_to_img(wrong)
    with pytest.raises(ValueError, match="color_mode must be"):
        utils.load_img(tmp_path / "x.png", "cmyk")
