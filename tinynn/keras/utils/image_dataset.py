"""Floor 7: `image_dataset_from_directory`."""

import numpy as np

from tinynn import ops
from tinynn.keras.utils.directories import dataset_from
from tinynn.keras.utils.images import channels_first, img_to_array, load_img

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def image_dataset_from_directory(directory, labels="inferred", label_mode="int", class_names=None, color_mode="rgb",
                                 batch_size=32, image_size=(256, 256), shuffle=True, seed=None, validation_split=None,
                                 subset=None, interpolation="bilinear", follow_links=False, crop_to_aspect_ratio=False,
                                 pad_to_aspect_ratio=False, data_format=None, format="tf", verbose=True):
    """Batches of the images in a folder, one class per folder in it.

    Args:
        directory: the folder.
        labels: "inferred" from the folders; None; or a list with the number of a class for each file, in the order of
            their sorted paths.
        label_mode: "int"; "categorical" for 1 at the class's place and 0 elsewhere; "binary" for 0.0 and 1.0 of two
            classes; None for images alone.
        class_names: the folders, in the order of their numbers; by default all, sorted.
        color_mode: "rgb", "rgba" or "grayscale": 3, 4 or 1 channels.
        batch_size: images per batch; None for single images.
        image_size: (height, width) to bring all to.
        shuffle: whether they come in another order, a new one at every iteration.
        seed: an int that makes the orders repeat.
        validation_split: the share that is kept for validation.
        subset: "training", "validation", or "both" for the two in a list; with `validation_split`.
        interpolation: "bilinear" or "nearest".
        follow_links: whether links to folders are followed.
        crop_to_aspect_ratio: whether what does not fit the new shape is cut off, around the centre.
        pad_to_aspect_ratio: whether it is filled up with 0 instead.
        data_format: "channels_last", or "channels_first".
        verbose: whether the number of files is said.

    Returns:
        A tf.data.Dataset of images, numbers 0 to 255 (float32; uint8 with "nearest"), of shape (batch, height, width,
        channels), or of pairs with their labels. It has `class_names` and `file_paths`.

    Example:
        >>> data = keras.utils.image_dataset_from_directory("photos", image_size=(64, 64))
    """
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    if len(size) != 2:
        raise ValueError(f"Invalid `image_size` value. Expected a tuple of 2 integers. Received: {image_size}")
    if interpolation not in ("bilinear", "nearest"):
        raise ValueError(f"`interpolation` is 'bilinear' or 'nearest' here, got {interpolation!r}")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("Only one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio` can be set")
    first = channels_first(data_format)

    def image(path):
        x = img_to_array(load_img(path, color_mode), "channels_last", "uint8")
        if pad_to_aspect_ratio:
            x = _padded(x, size, interpolation)
        else:
            x = resize(_cropped(x, size) if crop_to_aspect_ratio else x, size, interpolation)
        return ops.constant(x.transpose(2, 0, 1) if first else x)

    return dataset_from(directory, FORMATS, image, labels, label_mode, class_names, batch_size, shuffle, seed,
                        validation_split, subset, follow_links, format, verbose)


def resize(x, size, interpolation="bilinear"):
    """An image (height, width, channels) brought to another height and width, as `tf.image.resize` does it.

    Pixels are squares, and what is asked for is the value at their centres: number i of the new ones lies at
    (i + 1/2) old / new - 1/2. "nearest" keeps the type of x, otherwise it is float32.
    """
    for axis, new in enumerate(size):
        old = x.shape[axis]
        if interpolation == "nearest":
            place = (np.arange(new, dtype="float32") + np.float32(0.5)) * np.float32(old / new)
            x = x.take(np.minimum(place.astype(int), old - 1), axis)
            continue
        x = x.astype("float32")
        place = (np.arange(new, dtype="float32") + np.float32(0.5)) * np.float32(old / new) - np.float32(0.5)
        low = np.floor(place)
        share = (place - low).reshape([-1 if i == axis else 1 for i in range(3)])
        above = x.take(np.clip(np.ceil(place), 0, old - 1).astype(int), axis)
        below = x.take(np.clip(low, 0, old - 1).astype(int), axis)
        x = below + (above - below) * share
    return x


def _cropped(x, size):
    """The largest part of the ratio of `size`, around the centre."""
    rows, columns = x.shape[:2]
    height, width = min(rows, int(columns * size[0] / size[1])), min(columns, int(rows * size[1] / size[0]))
    top, left = (rows - height) // 2, (columns - width) // 2
    return x[top:top + height, left:left + width]


def _padded(x, size, interpolation):
    """All of x within `size`, with 0 around it, as `tf.image.resize_with_pad` does it: in float32."""
    extents, goal = np.float32(x.shape[:2]), np.float32(size)
    extents = extents / (extents / goal).max()
    top, left = ((goal - extents) / 2).astype(int)
    x = resize(x, extents.astype(int), interpolation)
    filled = np.zeros((*size, x.shape[2]), x.dtype)
    filled[top:top + x.shape[0], left:left + x.shape[1]] = x
    return filled
