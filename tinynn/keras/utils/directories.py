"""Floor 7: files in folders as datasets: which there are, their labels, and the part that is asked for."""

import os

import numpy as np

from tinynn import ops
from tinynn.data import Dataset
from tinynn.keras.utils.io_utils import print_msg

LABEL_MODES = ("int", "categorical", "binary", None)


def dataset_from(directory, formats, contents, labels, label_mode, class_names, batch_size, shuffle, seed,
                 validation_split, subset, follow_links, format, verbose):
    """The datasets of the files below a directory; the arguments are those of `image_dataset_from_directory`.

    Args:
        formats: endings of file names.
        contents: a function of one path, which gives a tensor.

    Returns:
        A tf.data.Dataset of the contents, or of (contents, label), with `class_names` and `file_paths`; with
        subset="both" a list of two.
    """
    _check(labels, label_mode, class_names, validation_split, subset, shuffle, seed, format)
    if labels is None or label_mode is None:
        labels = label_mode = None
    seed = np.random.randint(1e6) if seed is None else seed
    paths, labels, class_names = index(directory, labels, formats, class_names, follow_links)
    if verbose:
        of = "" if labels is None else f" belonging to {len(class_names)} classes"
        print_msg(f"Found {len(paths)} files{of}.")
    if label_mode == "binary" and len(class_names) != 2:
        raise ValueError('When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: '
                         f"class_names={class_names}")
    if shuffle:     # paths and labels alike
        for column in (paths, labels) if labels is not None else (paths,):
            np.random.RandomState(seed).shuffle(column)

    def made(part, shuffle):
        files, numbers = _split(paths, labels, validation_split, part)
        if not files:
            raise ValueError(f"No {part + ' ' if part else ''}files found in directory {directory}. Allowed formats: "
                             f"{formats}")
        dataset = Dataset.from_tensor_slices(
            files if labels is None else (files, _encoded(numbers, label_mode, len(class_names))))
        if shuffle:
            dataset = dataset.shuffle(batch_size * 8 if batch_size else 1024, seed=seed)
        dataset = dataset.map(lambda path, *label: (_read(contents, path), *label) if label else _read(contents, path))
        dataset = (dataset if batch_size is None else dataset.batch(batch_size)).prefetch(1)
        dataset.class_names, dataset.file_paths = class_names, files
        return dataset

    return [made("training", shuffle), made("validation", False)] if subset == "both" else made(subset, shuffle)


def _read(contents, path):
    return contents(path.numpy().decode())


def _check(labels, label_mode, class_names, validation_split, subset, shuffle, seed, format):
    if format != "tf":
        raise ValueError(f"`format` should be 'tf', got {format!r}; other kinds of datasets are not there")
    if labels not in ("inferred", None) and not isinstance(labels, (list, tuple)):
        raise ValueError('`labels` is "inferred", None, or a list with the number of a class for each file, got '
                         f"{labels!r}")
    if label_mode not in LABEL_MODES:
        raise ValueError(f"`label_mode` argument must be one of {LABEL_MODES}, got {label_mode!r}")
    if class_names is not None and labels != "inferred":
        raise ValueError('You can only pass `class_names` if `labels="inferred"`')
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1, received: {validation_split}")
    if bool(validation_split) != bool(subset):
        raise ValueError("If `subset` is set, `validation_split` must be set, and inversely")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f'`subset` must be either "training", "validation" or "both", received: {subset!r}')
    if validation_split and shuffle and seed is None:
        raise ValueError("With `validation_split` and `shuffle`, give a `seed`, so that the two parts do not overlap")


def index(directory, labels, formats, class_names=None, follow_links=False):
    """The files below a directory whose names end in one of the formats.

    Args:
        labels: "inferred" for one class per folder; None; or the labels, in the order of the sorted paths.
        class_names: the folders, in the order of their numbers; by default all, sorted.

    Returns:
        (paths, an array of int32 labels or None, names of the classes or None).
    """
    directory = os.fspath(directory)
    if labels != "inferred":
        paths = list(_files(directory, formats, follow_links))
        if labels is not None and len(labels) != len(paths):
            raise ValueError(f"Expected the lengths of `labels` to match the number of files in the target directory: "
                             f"there are {len(labels)} labels, and {len(paths)} files in {directory}")
        return paths, None if labels is None else np.asarray(labels, "int32"), (
            None if labels is None else [str(label) for label in sorted(set(labels))])
    found = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir() and entry.name[0] != ".")
    if class_names is not None and not set(class_names) <= set(found):
        raise ValueError("The `class_names` passed did not match the names of the subdirectories of the target "
                         f"directory. Expected: {found} (or a subset of it), but received: class_names={class_names}")
    names = found if class_names is None else list(class_names)
    per_class = [list(_files(os.path.join(directory, name), formats, follow_links)) for name in names]
    numbers = np.repeat(np.arange(len(names), dtype="int32"), [len(files) for files in per_class])
    return [path for files in per_class for path in files], numbers, names


def _files(directory, formats, follow_links):
    for folder, _, names in sorted(os.walk(directory, followlinks=follow_links)):
        yield from (os.path.join(folder, name) for name in sorted(names) if name.lower().endswith(formats))


def _split(paths, labels, share, subset):
    """The files and labels of a subset: the last ones are for validation."""
    if subset is None:
        return paths, labels
    count = int(share * len(paths))
    cut = len(paths) - count
    kept = slice(cut, None) if subset == "validation" else slice(cut)
    print_msg(f"Using {len(paths[kept])} files for {subset}.")
    return paths[kept], None if labels is None else labels[kept]


def _encoded(labels, mode, classes):
    if mode == "binary":
        return labels.astype("float32")[:, None]
    return ops.one_hot(labels, classes) if mode == "categorical" else labels
