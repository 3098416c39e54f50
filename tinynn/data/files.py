"""Datasets of what files hold: lines of text, and the columns of tables."""

import csv
import glob
import gzip
import itertools
import zlib

import numpy as np

from tinynn.autodiff.tensor import convert, wrap
from tinynn.core import dtypes
from tinynn.core.errors import InvalidArgumentError, NotFoundError
from tinynn.core.spec import TensorSpec
from tinynn.data.base import UNKNOWN_CARDINALITY
from tinynn.data.dataset import Dataset
from tinynn.ops.files import Column


def names_of(filenames):
    """A function that gives the names of files: of a text, a list, a tensor or a dataset of them."""
    if isinstance(filenames, Dataset):
        return lambda: (name for element in filenames.as_numpy_iterator() for name in np.ravel(element).tolist())
    flat = np.ravel(np.asarray(convert([str(f) if hasattr(f, "__fspath__") else f for f in filenames]
                                       if isinstance(filenames, (list, tuple)) else
                                       str(filenames) if hasattr(filenames, "__fspath__") else filenames)))
    return lambda: iter(flat.tolist())


def lines_of(name, compression):
    """The lines of a file, as bytes without their ends.

    Raises:
        NotFoundError: there is no such file.
    """
    name = name.decode() if isinstance(name, bytes) else name
    try:
        with (gzip.open if compression == "GZIP" else open)(name, "rb") as file:
            source = zlib.decompress(file.read()).splitlines(True) if compression == "ZLIB" else file
            for line in source:
                yield line.removesuffix(b"\n").removesuffix(b"\r")
    except FileNotFoundError:
        raise NotFoundError(f"{name}; No such file or directory") from None


def _compression(kind):
    if kind not in (None, "", "GZIP", "ZLIB"):
        raise InvalidArgumentError(f"compression_type must be '', 'GZIP' or 'ZLIB', got {kind!r}")
    return kind


def TextLineDataset(filenames, compression_type=None, buffer_size=None, num_parallel_reads=None, name=None):
    """A dataset of the lines of text files, without their ends.

    Args:
        filenames: a name, a list of names, or a dataset of names.
        compression_type: None, "GZIP" or "ZLIB".

    Raises:
        NotFoundError: while iterating, where there is no such file.
    """
    names, kind = names_of(filenames), _compression(compression_type)
    text = lambda: (wrap(np.array(line, object)) for name in names() for line in lines_of(name, kind))
    return Dataset("TextLine", text, lambda: TensorSpec((), dtypes.as_dtype("string")), UNKNOWN_CARDINALITY)


def list_files(file_pattern, shuffle=None, seed=None, name=None):
    """A dataset of the names of the files that fit a pattern (or one of several), as `*.txt`, in random order unless
    `shuffle` is False.

    Raises:
        InvalidArgumentError: none does.
    """
    patterns = [p.decode() if isinstance(p, bytes) else p for p in names_of(file_pattern)()]
    found = sorted({name for pattern in patterns for name in glob.glob(pattern)})
    if not found:
        raise InvalidArgumentError(f"No files matched pattern: {', '.join(patterns)}")
    dataset = Dataset.from_tensor_slices(found)
    return dataset if shuffle is False else dataset.shuffle(len(found), seed=seed)


# ---- tables ----------------------------------------------------------------------------------------------------------


def fields_of(lines, delimiter=",", quotes=True):
    """The fields of each line, as text, by RFC 4180."""
    return csv.reader((line.decode() for line in lines), delimiter=delimiter,
                      quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE)


def CsvDataset(filenames, record_defaults, compression_type=None, buffer_size=None, header=False, field_delim=",",
               use_quote_delim=True, na_value="", select_cols=None, exclude_cols=None):
    """A dataset of the rows of files with comma-separated values: tuples of scalars.

    Args:
        filenames: a name, a list of names, or a dataset of names.
        record_defaults: per column its dtype, where a value is required, or the value of an empty field.
        compression_type: None, "GZIP" or "ZLIB".
        header: whether the first line of each file names the columns, and is left out.
        field_delim, use_quote_delim: what stands between fields, and whether quotes protect it.
        na_value: what counts as empty, besides nothing.
        select_cols, exclude_cols: the numbers of the columns to read, or to leave out; ascending.

    Raises:
        InvalidArgumentError: while iterating, for a row that does not fit.
    """
    columns = [Column(default) for default in record_defaults]
    names, kind, empty = names_of(filenames), _compression(compression_type), ("", na_value)

    def rows():
        for name in names():
            for row in fields_of(itertools.islice(lines_of(name, kind), int(bool(header)), None), field_delim,
                                 use_quote_delim):
                numbers = select_cols if select_cols is not None else [
                    i for i in range(len(row)) if i not in (exclude_cols or ())]
                if len(numbers) != len(columns) or max(numbers, default=-1) >= len(row):
                    raise InvalidArgumentError(f"Expect {len(columns)} fields but have {len(row)} in record")
                yield tuple([wrap(np.asarray(column.read(row[i], i, empty), column.dtype.dtype))
                             for i, column in zip(numbers, columns, strict=True)])

    return Dataset("Csv", rows, lambda: tuple([TensorSpec((), column.dtype) for column in columns]),
                   UNKNOWN_CARDINALITY)


def make_csv_dataset(file_pattern, batch_size, column_names=None, column_defaults=None, label_name=None,
                     select_columns=None, field_delim=",", use_quote_delim=True, na_value="", header=True,
                     num_epochs=None, shuffle=True, shuffle_buffer_size=10000, shuffle_seed=None,
                     prefetch_buffer_size=None, num_parallel_reads=None, sloppy=False, num_rows_for_inference=100,
                     compression_type=None, ignore_errors=False, encoding="utf-8"):
    """A dataset of batches of the rows of files with comma-separated values: {column: values}, and the labels.

    Args:
        file_pattern: a pattern as "data/*.csv", or a list of patterns.
        batch_size: how many rows a batch has.
        column_names: the names of the columns; by default the first line has them.
        column_defaults: per column read its dtype or the value of an empty field; by default found from the first
            `num_rows_for_inference` rows: int32, int64, float32, float64 or text.
        label_name: the column that is split off as the labels.
        select_columns: the names (or numbers) of the columns to read.
        header: whether the first line of each file names the columns.
        num_epochs: how often the rows are repeated; None without end.
        shuffle, shuffle_buffer_size, shuffle_seed: whether and how the rows are shuffled.
        ignore_errors: whether rows that do not fit are left out.
        field_delim, use_quote_delim, na_value, compression_type: as for CsvDataset.

    Raises:
        ValueError: there is no column of such a name.
    """
    names = list(list_files(file_pattern, shuffle=False).as_numpy_iterator())
    first = lambda: fields_of(lines_of(names[0], compression_type), field_delim, use_quote_delim)
    columns = next(first()) if column_names is None else list(column_names)
    chosen = columns if select_columns is None else [
        columns[c] if isinstance(c, int) else c for c in select_columns]
    for name in [*chosen, *([] if label_name is None else [label_name])]:
        if name not in columns or (name == label_name and name not in chosen):
            raise ValueError(f"there is no column {name!r}; the columns are {', '.join(columns)}")
    chosen = [name for name in columns if name in chosen]
    numbers = [columns.index(name) for name in chosen]
    if column_defaults is None:
        sample = list(itertools.islice(first(), int(bool(header)), int(bool(header)) + num_rows_for_inference))
        column_defaults = [_guessed([row[i] for row in sample], na_value) for i in numbers]
    rows = CsvDataset(names, column_defaults, compression_type, None, header, field_delim, use_quote_delim, na_value,
                      numbers)
    rows = rows.ignore_errors() if ignore_errors else rows
    rows = rows.shuffle(shuffle_buffer_size, shuffle_seed) if shuffle else rows

    def named(*values):
        features = dict(zip(chosen, values, strict=True))
        return features if label_name is None else (features, features.pop(label_name))

    batches = rows.repeat(num_epochs).batch(batch_size, drop_remainder=num_epochs is None)
    return batches.map(named).prefetch(prefetch_buffer_size or 1)


def _guessed(fields, na_value):
    """The default of a column: 0 of the first type that all its fields have, or the empty text."""
    fields = [field for field in fields if field not in ("", na_value)]
    for dtype in ("int32", "int64", "float32", "float64"):
        number, limits = (int, np.iinfo) if dtype.startswith("int") else (float, np.finfo)
        low, high = number(limits(dtype).min), number(limits(dtype).max)
        try:
            values = [number(field) for field in fields]
        except ValueError:
            continue
        if all(low <= v <= high or v != v or abs(v) == np.inf for v in values):
            return np.zeros(1, dtype)
    return [""]


Dataset.list_files = staticmethod(list_files)      # what makes a Dataset is known here, and not there
