"""Floor 7: `image_dataset_from_directory`."""

import numpy as np

from tinynn import ops
from tinynn.keras.ops.image import pad_images, resize
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
    first, dtype = channels_first(data_format), "uint8" if interpolation == "nearest" else "float32"

    def image(path):
        x = img_to_array(load_img(path, color_mode), "channels_last", dtype)
        if pad_to_aspect_ratio:
            x = _padded(x, size, interpolation)
        else:
            x = resize(x, size, interpolation, crop_to_aspect_ratio=crop_to_aspect_ratio, data_format="channels_last")
        return ops.transpose(x, (2, 0, 1)) if first else x

    return dataset_from(directory, FORMATS, image, labels, label_mode, class_names, batch_size, shuffle, seed,
                        validation_split, subset, follow_links, format, verbose)


def _padded(x, size, interpolation):
    """All of x within `size`, with 0 around it, as `tf.image.resize_with_pad` does it: in float32."""
    extents, goal = np.float32(x.shape[:2]), np.float32(size)
    extents = extents / (extents / goal).max()
    top, left = ((goal - extents) / 2).astype(int)
    x = resize(x, extents.astype(int), interpolation, data_format="channels_last")
    return pad_images(x, top, left, target_height=size[0], target_width=size[1], data_format="channels_last")
