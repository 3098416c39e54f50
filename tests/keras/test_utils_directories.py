"""Images in files and arrays, and folders of images and texts as datasets."""

import io

import numpy as np
import pytest

from tinynn import keras

pytest.importorskip("PIL")
RNG = np.random.default_rng(2)
PIXELS = RNG.integers(0, 256, (5, 7, 3)).astype("uint8")


@pytest.fixture
def folder(tmp_path):
    """Two classes of five images and texts, each of which says what it is: the first pixel is (class, number, 0)."""
    for c, name in enumerate(("cat", "dog")):
        (tmp_path / name / "deep").mkdir(parents=True)
        for i in range(5):
            image = RNG.integers(0, 256, (4, 4, 3))
            image[0, 0] = c, i, 0
            at = tmp_path / name / ("deep" if i == 4 else ".")
            keras.utils.save_img(at / f"{i}.png", image, scale=False)
            (at / f"{i}.txt").write_bytes(f"{name} {i} é".encode())
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def load(folder, **options):
    return keras.utils.image_dataset_from_directory(folder, image_size=(4, 4), verbose=False, **options)


def said(images):
    return [tuple(int(v) for v in image[0, 0, :2]) for image in np.asarray(images)]


# ---- images ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending, channels", [("png", 1), ("png", 3), ("png", 4), ("bmp", 3)])
def test_images_are_written_and_read(tmp_path, ending, channels):
    x = np.concatenate([PIXELS, PIXELS[:, :, :1]], 2)[:, :, :channels]
    keras.utils.save_img(tmp_path / f"x.{ending}", x, scale=False)
    mode = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
    y = keras.utils.img_to_array(keras.utils.load_img(tmp_path / f"x.{ending}", color_mode=mode))
    assert y.dtype == "float32"
    np.testing.assert_array_equal(y, x)


def test_arrays_become_images():
    x = np.linspace(-1.0, 3.0, 12).reshape(2, 2, 3)
    image = keras.utils.array_to_img(x)
    assert (image.mode, image.size) == ("RGB", (2, 2))
    np.testing.assert_array_equal(np.asarray(image), ((x + 1) / 4 * 255).astype("uint8"))
    assert np.asarray(keras.utils.array_to_img(np.zeros((2, 2, 1)))).max() == 0
    assert keras.utils.array_to_img(np.full((2, 2, 1), 300.0), scale=False).mode == "I"
    first = keras.utils.img_to_array(image, data_format="channels_first", dtype="uint8")
    assert first.shape == (3, 2, 2) and first.dtype == "uint8"
    np.testing.assert_array_equal(keras.utils.array_to_img(first, "channels_first", scale=False), image)


def test_images_of_another_size():
    data = io.BytesIO()
    keras.utils.save_img(data, PIXELS, file_format="png", scale=False)
    assert keras.utils.load_img(data, target_size=(3, 2)).size == (2, 3)
    data.seek(0)
    image = keras.utils.load_img(data, target_size=(5, 5), keep_aspect_ratio=True)
    np.testing.assert_array_equal(np.asarray(image), PIXELS[:, 1:6])    # 7 columns: the middle 5


def test_jpeg_has_no_transparency(tmp_path):
    with pytest.warns(UserWarning, match="RGBA"):
        keras.utils.save_img(tmp_path / "x.jpg", np.zeros((2, 2, 4)))
    assert keras.utils.load_img(tmp_path / "x.jpg").mode == "RGB"


@pytest.mark.parametrize("call, words", [
    (lambda: keras.utils.array_to_img(np.zeros((2, 2))), "rank 3"),
    (lambda: keras.utils.array_to_img(np.zeros((2, 2, 2))), "channel number"),
    (lambda: keras.utils.img_to_array(np.zeros(3)), "shape"),
    (lambda: keras.utils.img_to_array(PIXELS, "last"), "data_format"),
    (lambda: keras.utils.load_img("x.png", color_mode="cmyk"), "color_mode"),
    (lambda: resize_to(interpolation="best"), "interpolation"),
])
def test_mistakes_with_images(call, words):
    with pytest.raises(ValueError, match=words):
        call()
    with pytest.raises(TypeError, match="path-like"):
        keras.utils.load_img(3)


def resize_to(interpolation):
    data = io.BytesIO()
    keras.utils.save_img(data, PIXELS, file_format="png", scale=False)
    return keras.utils.load_img(data, target_size=(3, 2), interpolation=interpolation)


# ---- folders ---------------------------------------------------------------------------------------------------------


def test_classes_are_folders(folder):
    data = load(folder, batch_size=None, shuffle=False)
    assert data.class_names == ["cat", "dog"] and len(data.file_paths) == 10
    assert [(said(x[None])[0], int(y)) for x, y in data] == [((c, i), c) for c in (0, 1) for i in range(5)]
    other = load(folder, batch_size=None, shuffle=False, class_names=["dog"])
    assert other.class_names == ["dog"] and [int(y) for _, y in other] == [0] * 5


@pytest.mark.parametrize("mode, label", [("int", 1), ("binary", [1.0]), ("categorical", [0.0, 1.0])])
def test_labels(folder, mode, label):
    images, labels = next(iter(load(folder, label_mode=mode, shuffle=False)))
    assert images.shape == (10, 4, 4, 3) and images.dtype == "float32"
    assert labels.numpy()[-1].tolist() == label


def test_labels_of_ones_own_and_none(folder):
    numbers = list(range(10))
    images, labels = next(iter(load(folder, labels=numbers, seed=3)))
    order = [5 * c + i for c, i in said(images)]
    assert labels.numpy().tolist() == order and order != numbers
    images = next(iter(load(folder, labels=None, color_mode="grayscale", data_format="channels_first")))
    assert images.shape == (10, 1, 4, 4)


def test_shuffled_labels_stay_with_their_images(folder):
    data = load(folder, batch_size=4, seed=1)
    epochs = [[pair for x, y in data for pair in zip(said(x), y.numpy().tolist(), strict=True)] for _ in range(2)]
    assert epochs[0] != epochs[1] and sorted(epochs[0]) == sorted(epochs[1])
    assert all(place[0] == label for epoch in epochs for place, label in epoch)


def test_the_two_parts_do_not_overlap(folder, capsys):
    options = {"validation_split": 0.3, "seed": 5, "batch_size": None}
    both = load(folder, subset="both", **options)
    parts = [{said(x[None])[0] for x, _ in data} for data in both]
    assert [len(part) for part in parts] == [7, 3] and not parts[0] & parts[1]
    alone = [load(folder, subset=subset, **options) for subset in ("training", "validation")]
    assert [data.file_paths for data in alone] == [data.file_paths for data in both]
    assert "Using 3 files for validation." in capsys.readouterr().out


@pytest.mark.parametrize("option", ["crop_to_aspect_ratio", "pad_to_aspect_ratio"])
def test_shapes_of_another_ratio(folder, option):
    size = (4, 2) if option[0] == "c" else (4, 8)
    data = keras.utils.image_dataset_from_directory(folder, image_size=size, shuffle=False, verbose=False,
                                                    interpolation="nearest", **{option: True})
    image = next(iter(data))[0].numpy()[0]
    whole = np.asarray(keras.utils.load_img(data.file_paths[0]))
    if option[0] == "c":
        np.testing.assert_array_equal(image, whole[:, 1:3])
    else:
        np.testing.assert_array_equal(image[:, 2:6], whole)
        assert image[:, :2].max() == image[:, 6:].max() == 0


def test_texts(folder):
    data = keras.utils.text_dataset_from_directory(folder, shuffle=False, batch_size=3, verbose=False)
    texts, labels = next(iter(data))
    assert texts.numpy().tolist() == [f"cat {i} é".encode() for i in range(3)] and texts.dtype == "string"
    assert labels.numpy().tolist() == [0, 0, 0]
    short = keras.utils.text_dataset_from_directory(folder, labels=None, max_length=3, verbose=False)
    assert set(next(iter(short)).numpy().tolist()) == {b"cat", b"dog"}


@pytest.mark.parametrize("options, words", [
    ({"labels": 3}, "labels"), ({"label_mode": "many"}, "label_mode"), ({"labels": [1, 2]}, "10 files"),
    ({"labels": None, "class_names": ["cat"]}, "class_names"), ({"class_names": ["cow"]}, "cow"),
    ({"validation_split": 0.2}, "subset"), ({"validation_split": 2.0, "subset": "both"}, "between 0 and 1"),
    ({"validation_split": 0.2, "subset": "test"}, "test"), ({"validation_split": 0.2, "subset": "both"}, "seed"),
    ({"format": "grain"}, "format"), ({"interpolation": "area"}, "area"),
    ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "Only one"),
    ({"label_mode": "binary", "class_names": ["cat"]}, "exactly 2"),
])
def test_mistakes_with_folders(folder, options, words):
    with pytest.raises(ValueError, match=words):
        load(folder, **options)


def test_an_empty_folder(tmp_path):
    (tmp_path / "cat").mkdir()
    with pytest.raises(ValueError, match="No files found"):
        load(tmp_path)


def test_older_names():
    assert keras.preprocessing.image.load_img is keras.utils.load_img
    assert keras.preprocessing.image_dataset_from_directory is keras.utils.image_dataset_from_directory
