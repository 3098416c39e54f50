"""Floor 7: folders of images or texts, a folder per class, as datasets for training."""

import os

import numpy as np

from tinynn import ops
from tinynn.autodiff.tensor import wrap
from tinynn.data import AUTOTUNE, Dataset
from tinynn.keras.utils.images import MODES, centre, img_to_array, load_img, resized
from tinynn.keras.utils.io_utils import print_msg

IMAGES, TEXTS = (".bmp", ".gif", ".jpeg", ".jpg", ".png"), (".txt",)


def image_dataset_from_directory(directory, labels="inferred", label_mode="int", class_names=None, color_mode="rgb",
                                 batch_size=32, image_size=(256, 256), shuffle=True, seed=None, validation_split=None,
                                 subset=None, interpolation="bilinear", follow_links=False, crop_to_aspect_ratio=False,
                                 verbose=True):
    """Batches of (images, labels) of a folder that has a folder of images for each class.

    Args:
        directory: the folder.
        labels: "inferred" from the folders; None for images alone; or whole numbers, in the order of the sorted files.
        label_mode: "int" for class numbers (int32), "categorical" for one-hot rows, "binary" for 0.0 and 1.0 of shape
            (batch, 1); None for images alone.
        class_names: the folders in the order of their numbers; sorted by default.
        color_mode: "grayscale", "rgb" or "rgba".
        batch_size: images per batch; None for single images.
        image_size: (height, width) to which images are resized.
        shuffle: whether the files are shuffled; otherwise they are sorted.
        seed: an int that makes the order repeat.
        validation_split: the share of the files that `subset="validation"` gives and `subset="training"` leaves out.
        subset: "training", "validation", or "both" for a list of the two datasets.
        interpolation: "bilinear" or "nearest".
        follow_links: whether links to folders are followed.
        crop_to_aspect_ratio: whether what is too much on two sides is cut off before resizing.
        verbose: whether to print how many files were found.

    Returns:
        A tf.data.Dataset of images (batch, height, width, channels), float32 from 0 to 255, and labels. Its
        `class_names` and `file_paths` are lists.

    Example:
        >>> train, val = keras.utils.image_dataset_from_directory(
        ...     "flowers", validation_split=0.2, subset="both", seed=1, image_size=(64, 64))
    """
    if color_mode not in MODES:
        raise ValueError(f"`color_mode` must be one of {list(MODES)}, got {color_mode!r}")
    if interpolation not in ("bilinear", "nearest"):
        raise ValueError(f'`interpolation` must be "bilinear" or "nearest", got {interpolation!r}')
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)

    def load(path):
        image = img_to_array(load_img(path, color_mode), "channels_last", "uint8")
        if crop_to_aspect_ratio:
            top, left, height, width = centre(image.shape, size)
            image = image[top:top + height, left:left + width]
        return wrap(resized(image, size, interpolation))

    return _datasets(load, IMAGES, directory, labels, label_mode, class_names, batch_size, shuffle, seed,
                     validation_split, subset, follow_links, verbose)


def text_dataset_from_directory(directory, labels="inferred", label_mode="int", class_names=None, batch_size=32,
                                max_length=None, shuffle=True, seed=None, validation_split=None, subset=None,
                                follow_links=False, verbose=True):
    """Batches of (texts, labels) of a folder that has a folder of .txt files for each class.

    Args:
        max_length: how many bytes of a text are kept; all by default.
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links,
            verbose: as in `image_dataset_from_directory`.

    Returns:
        A tf.data.Dataset of strings and labels.
    """
    def load(path):
        with open(path, "rb") as file:
            return ops.constant(file.read(-1 if max_length is None else max_length))

    return _datasets(load, TEXTS, directory, labels, label_mode, class_names, batch_size, shuffle, seed,
                     validation_split, subset, follow_links, verbose)


def _datasets(load, endings, directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
              subset, follow_links, verbose):
    """The dataset of a folder, or the two of a split; `load` gives what a file holds."""
    _check(labels, label_mode, class_names, validation_split, subset, shuffle, seed)
    if label_mode is None:
        labels = None
    paths, numbers, names = _index(os.fspath(directory), labels, endings, class_names, follow_links)
    if label_mode == "binary" and labels is not None and len(names) != 2:
        raise ValueError(f'label_mode="binary" needs exactly 2 classes, got {names}')
    if verbose:
        print_msg(f"Found {len(paths)} files" + (f" belonging to {len(names)} classes." if names else "."))
    seed = np.random.randint(1e6) if seed is None else seed
    if shuffle:
        order = np.arange(len(paths))
        np.random.RandomState(seed).shuffle(order)
        paths, numbers = [paths[i] for i in order], numbers[order]
    made = []
    for part in ("training", "validation") if subset == "both" else (subset,):
        rows = _part(len(paths), part, validation_split, verbose)
        if not paths[rows]:
            raise ValueError(f"there are no {part + ' ' if part else ''}files in {directory} that end in one of "
                             f"{endings}")
        made.append(_dataset(load, paths[rows], None if labels is None else numbers[rows], label_mode, names,
                             batch_size, seed if shuffle and not (subset == "both" and part == "validation") else None))
    return made if subset == "both" else made[0]


def _dataset(load, paths, numbers, label_mode, names, batch_size, seed):
    dataset = Dataset.from_tensor_slices(np.arange(len(paths)))
    if seed is not None:
        dataset = dataset.shuffle(batch_size * 8 if batch_size else 1024, seed=seed)
    if numbers is not None:
        numbers = {"int": lambda: numbers, "binary": lambda: numbers[:, None].astype("float32"),
                   "categorical": lambda: np.eye(len(names), dtype="float32")[numbers]}[label_mode]()

    def element(i):
        i = int(i)
        return load(paths[i]) if numbers is None else (load(paths[i]), ops.constant(numbers[i]))

    dataset = dataset.map(element, num_parallel_calls=AUTOTUNE)
    if batch_size is not None:
        dataset = dataset.batch(batch_size)
    dataset = dataset.prefetch(1)
    dataset.class_names, dataset.file_paths = names, paths
    return dataset


def _check(labels, label_mode, class_names, validation_split, subset, shuffle, seed):
    if labels is not None and not (isinstance(labels, str) and labels == "inferred") and not isinstance(
            labels, (list, tuple)):
        raise ValueError(f'`labels` is "inferred", None, or a list of whole numbers, one per file; got {labels!r}')
    if class_names and labels != "inferred":
        raise ValueError('You can only pass `class_names` if `labels="inferred"`')
    if label_mode not in ("int", "categorical", "binary", None):
        raise ValueError(f'`label_mode` argument must be one of "int", "categorical", "binary", or None, got '
                         f"{label_mode!r}")
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1, received: {validation_split}")
    if bool(validation_split) != bool(subset):
        raise ValueError("If `subset` is set, `validation_split` must be set, and inversely.")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f'`subset` must be either "training", "validation" or "both", received: {subset}')
    if validation_split and shuffle and seed is None:
        raise ValueError("If using `validation_split` and shuffling the data, you must provide a `seed` argument, to "
                         "make sure that there is no overlap between the training and validation subset.")


def _index(directory, labels, endings, class_names, follow_links):
    """(paths, class numbers, class names) of the files in a folder."""
    inferred = isinstance(labels, str)
    folders = [""]
    if inferred:
        there = sorted(name for name in os.listdir(directory)
                       if os.path.isdir(os.path.join(directory, name)) and name[0] != ".")
        folders = list(class_names or there)
        if not set(folders) <= set(there):
            raise ValueError("The `class_names` passed did not match the names of the subdirectories of the target "
                             f"directory. Expected: {there}, but received: class_names={class_names}")
    paths, numbers = [], []
    for i, folder in enumerate(folders):
        found = [os.path.join(root, name) for root, _, names in sorted(
            os.walk(os.path.join(directory, folder), followlinks=follow_links))
            for name in sorted(names) if name.lower().endswith(endings)]
        paths.extend(found)
        numbers.extend([i] * len(found))
    if labels is None:
        return paths, np.zeros(len(paths), "int32"), None
    if inferred:
        return paths, np.array(numbers, "int32"), folders
    if len(labels) != len(paths):
        raise ValueError("Expected the lengths of `labels` to match the number of files in the target directory. "
                         f"len(labels) is {len(labels)} while we found {len(paths)} files in directory {directory}.")
    return paths, np.array(labels, "int32"), [str(label) for label in sorted(set(labels))]


def _part(count, part, share, verbose):
    """Which of `count` files belong to a part, as a slice."""
    if part is None:
        return slice(None)
    held = int(share * count)
    if verbose:
        print_msg(f"Using {count - held if part == 'training' else held} files for {part}.")
    return slice(count - held) if part == "training" else slice(count - held, None)
