"""Floor 7: `text_dataset_from_directory`."""

import pathlib

from tinynn import ops
from tinynn.keras.utils.directories import dataset_from


def text_dataset_from_directory(directory, labels="inferred", label_mode="int", class_names=None, batch_size=32,
                                max_length=None, shuffle=True, seed=None, validation_split=None, subset=None,
                                follow_links=False, format="tf", verbose=True):
    """Batches of the texts in the .txt files of a folder, one class per folder in it.

    Args:
        max_length: how many bytes of each text are kept; None for all.
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links,
            format, verbose: as for `image_dataset_from_directory`.

    Returns:
        A tf.data.Dataset of strings of shape (batch,), or of pairs with their labels. It has `class_names` and
        `file_paths`.

    Example:
        >>> data = keras.utils.text_dataset_from_directory("reviews", batch_size=8)
    """
    def text(path):
        return ops.constant(pathlib.Path(path).read_bytes()[:max_length])

    return dataset_from(directory, (".txt",), text, labels, label_mode, class_names, batch_size, shuffle, seed,
                        validation_split, subset, follow_links, format, verbose)
