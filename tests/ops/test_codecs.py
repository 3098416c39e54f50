"""Images as files: against PNG files written by hand, and Pillow."""

import io
import struct
import zlib

import numpy as np
import pytest

import tinynn as tf
from tinynn.ops import codecs

Image = pytest.importorskip("PIL.Image")


def png(values):
    """The PNG file of an image (height, width, channels) of uint8 or uint16, by the book."""
    height, width, channels = values.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(values.dtype.newbyteorder(">")).tobytes() for row in values)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * values.itemsize, kind, 0, 0, 0)),
              (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data)) for tag, data in chunks)


def picture(channels, dtype="uint8"):
    rng = np.random.default_rng(channels)
    return rng.integers(0, np.iinfo(dtype).max, (5, 7, channels), dtype=dtype, endpoint=True)


def written(format, *pictures, **options):
    file = io.BytesIO()
    first, *others = [Image.fromarray(p) for p in pictures]
    first.save(file, format, **options, **({"save_all": True, "append_images": others} if others else {}))
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png(channels):
    values = picture(channels)
    for decode in (tf.io.decode_png, tf.io.decode_image, tf.io.decode_jpeg):
        read = decode(png(values))
        assert read.dtype == "uint8"
        np.testing.assert_array_equal(read, values)
    np.testing.assert_array_equal(tf.io.decode_png(tf.io.encode_png(values)), values)
    np.testing.assert_array_equal(tf.io.decode_png(png(values), dtype="uint16"), values * np.uint16(257))
    np.testing.assert_allclose(tf.io.decode_image(png(values), dtype="float32"), values / 255, rtol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels(channels):
    values = picture(channels)
    colours = values[..., :3] if channels > 2 else values[..., [0, 0, 0]]
    opacity = values[..., -1:] if channels in (2, 4) else np.full((5, 7, 1), 255)
    np.testing.assert_array_equal(tf.image.decode_png(png(values), channels=3), colours)
    np.testing.assert_array_equal(tf.image.decode_png(png(values), channels=4), np.concatenate([colours, opacity], -1))
    grey = tf.image.decode_png(png(values), channels=1).numpy()[..., 0]
    assert (np.abs(grey + 0.5 - colours @ [0.299, 0.587, 0.114]) <= 0.51).all()     # libpng leaves the rest out


def test_sixteen_bits():
    values = picture(1, "uint16")
    np.testing.assert_array_equal(tf.io.decode_png(png(values), dtype=tf.uint16), values)
    np.testing.assert_array_equal(tf.io.decode_png(png(values)), values >> 8)
    np.testing.assert_array_equal(tf.io.decode_png(tf.io.encode_png(values), dtype=tf.uint16), values)
    with pytest.raises(tf.errors.InvalidArgumentError, match="16 bits"):
        tf.io.decode_png(png(picture(3, "uint16")), dtype=tf.uint16)
    with pytest.raises(tf.errors.InvalidArgumentError, match="one channel"):
        tf.io.encode_png(picture(3, "uint16"))


def test_a_palette():
    values = np.array([[[255, 0, 0], [0, 0, 255]]], "uint8")
    file = io.BytesIO()
    Image.fromarray(values).convert("P", palette=Image.Palette.ADAPTIVE).save(file, "PNG")
    np.testing.assert_array_equal(tf.io.decode_png(file.getvalue()), values)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg(channels):
    x, y = np.meshgrid(np.arange(32), np.arange(16))
    values = np.stack([8 * x, 255 - 8 * x, 16 * y][:channels], axis=-1).astype("uint8")
    contents = tf.io.encode_jpeg(values, chroma_downsampling=False)
    assert bool(tf.io.is_jpeg(contents)) and not bool(tf.io.is_jpeg(png(values)))
    assert tf.io.extract_jpeg_shape(contents).numpy().tolist() == [16, 32, channels]
    assert np.abs(tf.io.decode_jpeg(contents).numpy().astype(int) - values).max() <= 6
    assert tf.io.decode_jpeg(contents, ratio=2).shape == (8, 16, channels)
    grey = values.mean(-1) if channels == 1 else values @ [0.299, 0.587, 0.114]
    assert np.abs(tf.io.decode_jpeg(contents, channels=1).numpy()[..., 0] - grey).max() <= 4
    assert len(tf.io.encode_jpeg(values, quality=10).numpy()) < len(contents.numpy())


def test_gif_and_bmp():
    pictures = np.zeros((2, 4, 6, 3), "uint8")
    pictures[1] = 255
    contents = written("GIF", *pictures)
    np.testing.assert_array_equal(tf.io.decode_gif(contents), pictures)
    np.testing.assert_array_equal(tf.io.decode_image(contents), pictures)
    np.testing.assert_array_equal(tf.io.decode_image(contents, expand_animations=False), pictures[0])
    values = picture(3)
    np.testing.assert_array_equal(tf.io.decode_bmp(written("BMP", values)), values)


def test_files_in_a_dataset(tmp_path):
    for k in (1, 2):
        tf.io.write_file(f"{tmp_path}/{k}.png", tf.io.encode_png(np.full((2, 2, 3), k, "uint8")))
    names = tf.data.Dataset.list_files(f"{tmp_path}/*.png", shuffle=False)
    read = names.map(lambda name: tf.image.resize(tf.io.decode_png(tf.io.read_file(name), channels=3), [4, 4])).batch(2)
    np.testing.assert_array_equal(next(iter(read)), np.broadcast_to([[[[1]]], [[[2]]]], (2, 4, 4, 3)))


def test_several_are_written_at_once():
    values = np.stack([picture(3), 255 - picture(3)])
    contents = tf.io.encode_png(values)
    assert contents.shape == (2,) and contents.dtype == "string"
    np.testing.assert_array_equal(tf.io.decode_png(contents[1]), values[1])


@pytest.mark.parametrize(("call", "message"), [
    (lambda: tf.io.decode_image(b"hello"), "5 bytes are no PNG, JPEG, GIF, BMP or WebP file"),
    (lambda: tf.io.decode_image(png(picture(3))[:70]), "PNG file is damaged"),
    (lambda: tf.io.decode_gif(written("GIF", picture(3), 255 - picture(3))[:450]), "GIF file is damaged"),
    (lambda: tf.io.decode_png([png(picture(3))]), r"one text, got shape \(1,\)"),
    (lambda: tf.io.decode_png(png(picture(3)), channels=2), "0, 1, 3 or 4 but got 2"),
    (lambda: tf.io.decode_bmp(png(picture(3))), "a PNG file, expected BMP"),
    (lambda: tf.io.decode_jpeg(png(picture(3)), ratio=3), "got 3"),
    (lambda: tf.io.encode_png(np.zeros((2, 2))), "uint8 or uint16, got float64"),
    (lambda: tf.io.encode_png(picture(3)[..., 0]), r"got \(5, 7\)"),
    (lambda: tf.io.encode_jpeg(picture(4)), r"1, 3 channels, got \(5, 7, 4\)"),
    (lambda: tf.io.encode_jpeg(picture(3), format="grayscale"), "does not fit 3 channels"),
    (lambda: tf.io.encode_jpeg(picture(3)[None]), "3-dimensional"),
])
def test_what_is_no_image(call, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        call()


def test_without_pillow(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(codecs.importlib, "import_module", missing)
    with pytest.raises(ImportError, match=r"tinynn-engine\[image\]"):
        tf.io.decode_png(png(picture(3)))
