"""Floor 4: images as the bytes of PNG, JPEG, GIF and BMP files, as in `tf.io`; Pillow reads and writes them."""

import contextlib
import importlib
import io
import struct

import numpy as np

from tinynn.autodiff.tensor import operand, wrap
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import InvalidArgumentError
from tinynn.ops.colours import convert_image_dtype
from tinynn.ops.host import unrecorded
from tinynn.ops.strings import _text

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_GREY = np.array([9797, 19235, 3736])     # of 32768: the shares of red, green and blue in the grey of libpng


def pillow():
    """The module PIL.Image.

    Raises:
        ImportError: Pillow is not installed.
    """
    try:
        return importlib.import_module("PIL.Image")
    except ImportError:
        raise ImportError("images are read and written by Pillow, which is not installed: pip install "
                          "'tinynn-engine[image]'") from None


# ---- reading ---------------------------------------------------------------------------------------------------------


def decode_image(contents, channels=None, dtype="uint8", name=None, expand_animations=True):
    """The image of a file of any of the formats.

    Args:
        contents: the bytes of a file, as `tf.io.read_file` gives them.
        channels: 1, 3 or 4 (grey, colours, colours and opacity); 0 or None for those of the file.
        dtype: uint8 or uint16 for all of its range, or a floating-point type for 0 to 1.
        expand_animations: whether a GIF gives all of its pictures; otherwise the first.

    Returns:
        The image, of shape (height, width, channels), or the pictures of a GIF, (number, height, width, 3).

    Raises:
        InvalidArgumentError: it is no image.
    """
    file, dtype = _opened(contents, channels), as_dtype(dtype)
    if file.format == "GIF" and expand_animations:
        values = _pictures(file)
    else:
        values = _channels(file, channels or 0)
    if dtype == "uint16":
        return wrap(_sixteen(values, file.format == "PNG" and _bytes(contents)[24] == 16))
    return convert_image_dtype(wrap(_eight(values)), dtype)


def decode_png(contents, channels=0, dtype="uint8", name=None):
    """The image of a file, of shape (height, width, channels); see `decode_image`."""
    if as_dtype(dtype) not in ("uint8", "uint16"):
        raise TypeError(f"decode_png gives uint8 or uint16, got {as_dtype(dtype).name}: decode_image gives other types")
    return decode_image(contents, channels, dtype, expand_animations=False)


def decode_jpeg(contents, channels=0, ratio=1, fancy_upscaling=True, try_recover_truncated=False,
                acceptable_fraction=1, dct_method="", name=None):
    """The image of a file, of shape (height, width, channels); see `decode_image`.

    Args:
        ratio: of 2, 4 and 8, how much smaller the image is read; 1 for its size.
        fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method: taken for TensorFlow's sake; the image
            is upscaled smoothly, must be whole, and is read as by TensorFlow's dct_method="INTEGER_ACCURATE".
    """
    file = _opened(contents, channels)
    if ratio not in (1, 2, 4, 8):
        raise InvalidArgumentError(f"`ratio` must be 1, 2, 4, or 8, got {ratio}")
    if ratio != 1 and file.format == "JPEG":
        file.draft(None, tuple(max(extent // ratio, 1) for extent in file.size))
    return wrap(_eight(_channels(file, channels or 0)))


def decode_bmp(contents, channels=0, name=None):
    """The image of a BMP file, of shape (height, width, channels); see `decode_image`."""
    return wrap(_eight(_channels(_of_format(_opened(contents, channels), "BMP"), channels)))


def decode_gif(contents, name=None):
    """The pictures of a GIF file (or the one of another), of shape (number, height, width, 3)."""
    return wrap(_pictures(_opened(contents)))


def is_jpeg(contents, name=None):
    """Whether bytes begin as those of a JPEG file do."""
    return wrap(np.array(_bytes(contents)[:3] == b"\xff\xd8\xff"))


def extract_jpeg_shape(contents, output_type="int32", name=None):
    """The shape (height, width, channels) of the image of a JPEG file, without reading it all."""
    file = _of_format(_opened(contents), "JPEG")
    return wrap(np.array([file.height, file.width, len(file.getbands())], as_dtype(output_type).dtype))


def _bytes(contents):
    unrecorded()
    contents = _text(contents, "the contents of a file")
    if contents.shape:
        raise InvalidArgumentError(f"the contents of a file are one text, got shape {contents.shape}")
    return contents.item()


def _opened(contents, channels=0):
    """A PIL.Image, of which only the head has been read."""
    contents = _bytes(contents)
    if channels not in (None, 0, 1, 3, 4):
        raise InvalidArgumentError(f"`channels` must be 0, 1, 3 or 4 but got {channels}")
    try:
        return pillow().open(io.BytesIO(contents), formats=("PNG", "JPEG", "GIF", "BMP", "WEBP"))
    except OSError:
        raise InvalidArgumentError(f"the {len(contents)} bytes are no PNG, JPEG, GIF, BMP or WebP file; they begin "
                                   f"with {contents[:8]!r}") from None


def _of_format(file, name):
    if file.format != name:
        raise InvalidArgumentError(f"this is a {file.format} file, expected {name}: decode_image reads any")
    return file


def _channels(file, channels):
    """The numbers of an image, uint8 or uint16, with so many channels; 0 for its own."""
    if file.format == "JPEG" and channels == 1:
        file.draft("L", None)               # the brightness as it stands in the file
    values = _numbers(file)
    colours = values[..., :3] if values.shape[-1] > 2 else values[..., :1]
    if channels == 1 and colours.shape[-1] == 3:
        return ((colours @ _GREY) >> 15).astype(values.dtype)[..., None]
    if channels in (0, values.shape[-1]):
        return values
    if channels == 1:
        return colours
    colours = np.broadcast_to(colours, (*colours.shape[:-1], 3))
    if channels == 3:
        return np.ascontiguousarray(colours)
    opacity = values[..., 1:] if values.shape[-1] == 2 else np.full_like(values[..., :1], np.iinfo(values.dtype).max)
    return np.concatenate([colours, opacity], axis=-1)


def _numbers(file):
    """The numbers of an image as they stand in the file: (height, width, channels)."""
    with _reading(file):
        if file.mode.startswith("I;16") or file.mode == "I":
            return np.asarray(file).astype("uint16")[..., None]
        if file.mode not in _MODES.values():
            grey = file.mode == "1"
            file = file.convert("L" if grey else "RGBA" if "transparency" in file.info else "RGB")
        values = np.array(file)
    return values if values.ndim == 3 else values[..., None]


def _pictures(file):
    pictures = []
    with _reading(file):
        for k in range(getattr(file, "n_frames", 1)):
            file.seek(k)
            pictures.append(np.array(file.convert("RGB")))
        return np.stack(pictures)


@contextlib.contextmanager
def _reading(file):
    """Says that a file is damaged where Pillow cannot read on."""
    try:
        yield
    except (OSError, EOFError, IndexError, SyntaxError, ValueError, struct.error) as error:
        raise InvalidArgumentError(f"the {file.format} file is damaged: {error}") from None


def _eight(values):
    return values if values.dtype == "uint8" else (values >> 8).astype("uint8")


def _sixteen(values, deep):
    """uint16 values; `deep` says whether the file has 16 bits a number."""
    if deep and values.dtype == "uint8":
        raise InvalidArgumentError("16 bits are read of images with one channel only: Pillow keeps 8 of others; "
                                   "leave dtype=uint16 away")
    return values if values.dtype == "uint16" else values.astype("uint16") * np.uint16(257)


# ---- writing ---------------------------------------------------------------------------------------------------------


def encode_png(image, compression=-1, name=None):
    """The bytes of a PNG file of an image.

    Args:
        image: uint8 of shape (..., height, width, channels) with 1 to 4 channels (grey, grey and opacity, colours,
            colours and opacity), or uint16 with one.
        compression: 0 (fast) to 9 (small); -1 for the middle.
    """
    values = _of_image(image, ("uint8", "uint16"), _MODES)
    options = {} if compression == -1 else {"compress_level": compression}
    out = np.empty(values.shape[:-3], object)
    for place in np.ndindex(out.shape):
        out[place] = _written(values[place], "PNG", options)
    return wrap(out)


def encode_jpeg(image, format="", quality=95, progressive=False, optimize_size=False, chroma_downsampling=True,
                density_unit="in", x_density=300, y_density=300, xmp_metadata="", name=None):
    """The bytes of a JPEG file of an image.

    Args:
        image: uint8 of shape (height, width, channels) with 1 or 3 channels.
        format: "grayscale" or "rgb"; "" for that of the channels.
        quality: 0 to 100.
        progressive: whether a coarse image comes first.
        optimize_size: whether it takes longer and is smaller.
        chroma_downsampling: whether colours are kept for every second pixel only.
        density_unit, x_density, y_density: pixels per "in" or "cm".
        xmp_metadata: text about the image.
    """
    values = _of_image(image, ("uint8",), (1, 3))
    if values.ndim != 3:
        raise InvalidArgumentError(f"image must be 3-dimensional, got shape {values.shape}")
    if format not in ("", {1: "grayscale", 3: "rgb"}[values.shape[-1]]):
        raise InvalidArgumentError(f"the format {format!r} does not fit {values.shape[-1]} channels")
    scale = {"in": 1, "cm": 2.54}[density_unit]
    options = {"quality": quality, "progressive": progressive, "optimize": optimize_size,
               "subsampling": 2 if chroma_downsampling else 0, "dpi": (x_density * scale, y_density * scale)}
    if xmp_metadata:
        options["xmp"] = xmp_metadata.encode()
    return wrap(np.array(_written(values, "JPEG", options), object))


def _of_image(image, types, channels):
    values = np.asarray(operand(image))
    if values.dtype not in types:
        raise InvalidArgumentError(f"an image that is written is of {' or '.join(types)}, got {values.dtype}: "
                                   "see tf.image.convert_image_dtype")
    if values.ndim < 3 or values.shape[-1] not in channels or not values.size:
        raise InvalidArgumentError(f"an image has the shape (height, width, channels) with "
                                   f"{', '.join(map(str, channels))} channels, got {values.shape}")
    return values


def _written(values, format, options):
    if values.dtype == "uint16" and values.shape[-1] > 1:
        raise InvalidArgumentError("of uint16, only images with one channel are written: Pillow has no others")
    file = io.BytesIO()
    pillow().fromarray(values[..., 0] if values.shape[-1] == 1 else values).save(file, format, **options)
    return file.getvalue()
