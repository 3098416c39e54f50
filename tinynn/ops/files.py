"""Floor 4: files, and values as text or bytes, as in `tf.io`. Reading a file ends a recording of the ops around it."""

import base64
import csv
import glob
import io
import os
import shutil

import numpy as np

from tinynn.autodiff.tensor import operand, wrap
from tinynn.core import dtypes
from tinynn.core.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError
from tinynn.ops.host import unrecorded
from tinynn.ops.strings import _each, _text


def _name(filename):
    """A name of a file as a text, of a text, a path or a tensor."""
    if hasattr(filename, "numpy") or isinstance(filename, np.ndarray):
        filename = np.asarray(filename).item()
    return filename.decode() if isinstance(filename, bytes) else os.fspath(filename)


def read_file(filename, name=None):
    """All of a file, as one text.

    Raises:
        NotFoundError: there is none.
    """
    unrecorded()
    with GFile(filename, "rb") as file:
        return wrap(np.array(file.read(), object))


def write_file(filename, contents, name=None):
    """Writes a text into a file, and makes the folders that it needs."""
    unrecorded()
    path = _name(filename)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(_text(contents).item())


def matching_files(pattern, name=None):
    """The names of the files that fit a pattern as `*.txt` (or one of several), in order.

    Example:
        >>> tf.io.matching_files("no_such_folder/*.txt")
    """
    unrecorded()
    found = sorted({file for p in np.ravel(_text(pattern)) for file in glob.glob(p.decode())})
    return wrap(np.array([file.encode() for file in found], object).reshape(len(found)))


# ---- text and bytes --------------------------------------------------------------------------------------------------


def decode_csv(records, record_defaults, field_delim=",", use_quote_delim=True, na_value="", select_cols=None,
               name=None):
    """The fields of lines of comma-separated values: a list of tensors, one per column, of the shape of `records`.

    Args:
        records: texts, one line each.
        record_defaults: per column the value of an empty field, whose type the column has; a list or tensor without a
            value where a field must be there.
        field_delim, use_quote_delim: what stands between fields, and whether quotes protect it.
        na_value: what counts as empty, besides nothing.
        select_cols: the numbers of the columns to read, ascending; all by default.

    Raises:
        InvalidArgumentError: a field is missing, or is not of its column's type.

    Example:
        >>> tf.io.decode_csv(["1,2.5", "3,"], [[0], [9.0]])
    """
    lines = _text(records)
    columns = [Column(default) for default in record_defaults]
    rows = list(csv.reader((line.decode() for line in lines.ravel()), delimiter=field_delim,
                           quoting=csv.QUOTE_MINIMAL if use_quote_delim else csv.QUOTE_NONE))
    numbers = range(len(columns)) if select_cols is None else list(select_cols)
    for row in rows:
        if (select_cols is None and len(row) != len(columns)) or max(numbers, default=-1) >= len(row):
            raise InvalidArgumentError(f"Expect {len(columns)} fields but have {len(row)} in record")
    return [wrap(np.array([column.read(row[i], i, ("", na_value)) for row in rows], column.dtype.dtype).reshape(
        lines.shape)) for i, column in zip(numbers, columns, strict=True)]


class Column:
    """How the fields of a column are read.

    Args:
        default: what an empty field stands for, whose type the column has; or a dtype, or an array without a value,
            where a field must be there.
    """

    def __init__(self, default):
        kind = isinstance(default, (dtypes.DType, type)) or (isinstance(default, str) and default in _NAMES)
        values = None if kind else np.ravel(np.asarray(operand(default)))
        self.dtype = dtypes.as_dtype(default) if kind else dtypes.from_numpy(values.dtype)
        self.default = None if kind or not len(values) else values[0]

    def read(self, field, number, empty=("",)):
        """The value of a field, as NumPy's.

        Raises:
            InvalidArgumentError: it must be there and is not, or is not of the type.
        """
        if field in empty:
            if self.default is None:
                raise InvalidArgumentError(f"Field {number} is required but missing in record!")
            return self.default
        if self.dtype == "string":
            return field.encode()
        try:
            return self.dtype.dtype.type(int(field) if self.dtype.is_integer else float(field))
        except ValueError:
            raise InvalidArgumentError(f"Field {number} in record is not a valid {self.dtype.name}: {field}") from None


_NAMES = ("float32", "float64", "int32", "int64", "string")


def decode_raw(input_bytes, out_type, little_endian=True, fixed_length=None, name=None):
    """The bytes of each text as numbers, along a new last axis.

    Raises:
        InvalidArgumentError: the texts differ in length, or do not make whole numbers.

    Example:
        >>> tf.io.decode_raw("ab", tf.uint8)
    """
    texts, dtype = _text(input_bytes), dtypes.as_dtype(out_type).dtype
    sizes = {len(text) for text in texts.ravel()}
    if len(sizes) > 1 or any(size % dtype.itemsize for size in sizes):
        raise InvalidArgumentError(f"decode_raw needs texts of one length, a multiple of {dtype.itemsize} bytes; got "
                                   f"lengths {sorted(sizes)}")
    flat = np.frombuffer(b"".join(texts.ravel()), dtype.newbyteorder("<" if little_endian else ">"))
    return wrap(flat.astype(dtype).reshape(*texts.shape, -1))


def encode_base64(input, pad=False, name=None):
    """Bytes as text of letters, digits, - and _ (web-safe base64).

    Example:
        >>> tf.io.encode_base64("abc")
    """
    return _each(lambda text: base64.urlsafe_b64encode(text) if pad else base64.urlsafe_b64encode(text).rstrip(b"="),
                 _text(input))


def decode_base64(input, name=None):
    """The bytes of web-safe base64, padded or not."""
    def decoded(text):
        try:
            return base64.b64decode(text + b"=" * (-len(text) % 4), b"-_", validate=True)
        except ValueError:
            raise InvalidArgumentError(f"{text!r} is no base64") from None

    return _each(decoded, _text(input))


def serialize_tensor(tensor, name=None):
    """A tensor of numbers as a text, in NumPy's format, which `parse_tensor` reads."""
    array, buffer = np.asarray(operand(tensor)), io.BytesIO()
    if array.dtype == object:
        raise InvalidArgumentError("serialize_tensor writes numbers, got text")
    np.save(buffer, array, allow_pickle=False)
    return wrap(np.array(buffer.getvalue(), object))


def parse_tensor(serialized, out_type, name=None):
    """The tensor that `serialize_tensor` wrote.

    Raises:
        InvalidArgumentError: the text is none, or of another type.
    """
    try:
        array = np.load(io.BytesIO(_text(serialized).item()), allow_pickle=False)
    except (ValueError, EOFError, OSError):
        raise InvalidArgumentError("the text was not written by tf.io.serialize_tensor of tinynn") from None
    if array.dtype != dtypes.as_dtype(out_type).dtype:
        raise InvalidArgumentError(f"the tensor is of {array.dtype.name}, not of {dtypes.as_dtype(out_type).name}")
    return wrap(array)


# ---- tf.io.gfile -----------------------------------------------------------------------------------------------------


class GFile:
    """A file, read and written as Python's own. A name can be a text, a path or a tensor.

    Raises:
        NotFoundError: there is none to read.
    """

    def __init__(self, name, mode="r"):
        try:
            self._file = open(_name(name), mode)  # noqa: SIM115
        except FileNotFoundError:
            raise NotFoundError(f"{_name(name)}; No such file or directory") from None
        self.name, self.mode = name, mode

    def size(self):
        """How many bytes it has."""
        return os.path.getsize(self._file.name)

    def __getattr__(self, attribute):
        return getattr(self._file, attribute)

    def __iter__(self):
        return iter(self._file)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._file.close()


def exists(path):
    """Whether there is such a file or folder."""
    return os.path.exists(_name(path))


def isdir(path):
    """Whether it is a folder."""
    return os.path.isdir(_name(path))


def matching(pattern):
    """The names that fit a pattern as `*.txt`, or one of several, in order."""
    patterns = pattern if isinstance(pattern, (list, tuple)) else [pattern]
    return sorted({file for p in patterns for file in glob.glob(_name(p))})


def join(path, *paths):
    """The names of folders and a file as one."""
    return os.path.join(_name(path), *map(_name, paths))


def listdir(path):
    """The names of what is in a folder, in order."""
    return sorted(os.listdir(_name(path)))


def makedirs(path):
    """Makes a folder, and those around it; one that is there stays."""
    os.makedirs(_name(path), exist_ok=True)


def mkdir(path):
    """Makes a folder."""
    os.mkdir(_name(path))


def remove(path):
    """Removes a file."""
    os.remove(_name(path))


def rmtree(path):
    """Removes a folder and what is in it."""
    shutil.rmtree(_name(path))


def rename(src, dst, overwrite=False):
    """Gives a file another name.

    Raises:
        AlreadyExistsError: there is one of that name, and `overwrite` is False.
    """
    if os.path.exists(_name(dst)) and not overwrite:
        raise AlreadyExistsError(f"{_name(dst)} is there; write overwrite=True to replace it")
    os.replace(_name(src), _name(dst))


def copy(src, dst, overwrite=False):
    """Copies a file.

    Raises:
        AlreadyExistsError: there is one of that name, and `overwrite` is False.
    """
    if os.path.exists(_name(dst)) and not overwrite:
        raise AlreadyExistsError(f"{_name(dst)} is there; write overwrite=True to replace it")
    shutil.copyfile(_name(src), _name(dst))


def walk(top, topdown=True, onerror=None):
    """(folder, its folders, its files) for a folder and all below it."""
    return os.walk(_name(top), topdown, onerror)
