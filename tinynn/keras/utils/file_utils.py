"""Floor 7: files from the network, kept in a folder."""

import hashlib
import os
import pathlib
import shutil
import tarfile
import urllib.error
import urllib.parse
import urllib.request
import warnings
import zipfile

from tinynn.keras.utils.io_utils import is_interactive_logging_enabled, print_msg
from tinynn.keras.utils.progbar import Progbar

_SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}     # Python 3.10.12 and later


def keras_home():
    """Keras's own folder: $KERAS_HOME, or ~/.keras."""
    return pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras")


def get_file(fname=None, origin=None, untar=False, md5_hash=None, file_hash=None, cache_subdir="datasets",
             hash_algorithm="auto", extract=False, archive_format="auto", cache_dir=None, force_download=False):
    """The path of a file from the network; it is downloaded where it is not there yet.

    Args:
        fname: the file's name in the folder; by default that in the address.
        origin: its address.
        file_hash: its SHA-256 or MD5 sum in hexadecimal, which is checked.
        md5_hash: an older name for a file_hash.
        cache_subdir: the folder below `cache_dir`.
        hash_algorithm: "sha256", "md5", or "auto", which goes by the length of the hash.
        extract: whether the file is an archive, to be unpacked.
        untar: an older name for `extract`.
        archive_format: "tar", "zip", "auto", or None for a file that is none.
        cache_dir: by default $KERAS_HOME, or ~/.keras.
        force_download: whether to download it even if it is there.

    Returns:
        The path of the file; of the folder with what was in it for an archive.

    Raises:
        OSError: where it is neither there nor to be had; the message says where to put it.

    Example:
        >>> path = keras.utils.get_file(origin="https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz")
    """
    if origin is None:
        raise ValueError('Please specify the "origin" argument: the address of the file to download')
    if extract and untar:
        raise ValueError("`extract` and `untar` mean the same: pass extract=True alone")
    if file_hash is None and md5_hash is not None:
        file_hash, hash_algorithm = md5_hash, "md5"
    folder = _writable(pathlib.Path(cache_dir).expanduser() if cache_dir else keras_home(), cache_subdir)
    target, place = (folder / name for name in _names(fname, origin, extract or untar))
    fresh = force_download or not target.exists() or not _same(target, file_hash, hash_algorithm)
    if fresh:
        _download(origin, target, file_hash, hash_algorithm)
    if not (extract or untar):
        return str(target)
    if (fresh or not place.exists()) and not extract_archive(target, place, "tar" if untar else archive_format):
        warnings.warn(f"{target} is no archive that could be unpacked", stacklevel=2)
    return str(place)


def _names(fname, origin, unpack):
    """What the file and the folder with its contents are called; where Keras puts them."""
    given = None if fname is None else os.fspath(fname)
    if given and os.sep in given:
        raise ValueError(f"fname is a name without folders, got {given!r}; those go to cache_dir and cache_subdir")
    name = given or os.path.basename(urllib.parse.urlsplit(origin).path)
    if name in ("", ".", ".."):
        raise ValueError(f"Can't parse the file name from the origin provided: {origin!r}; pass fname='...'")
    if not unpack:
        return name, name
    if given and "." in given:
        return given, f"{given.partition('.')[0]}_extracted"
    return f"{name}_archive", name


def _writable(base, subfolder):
    """base/subfolder, or the same below /tmp where that cannot be written to."""
    existing = base
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not os.access(existing, os.W_OK) and not (base / subfolder).exists():
        base = pathlib.Path("/tmp", ".keras")
    (base / subfolder).mkdir(parents=True, exist_ok=True)
    return base / subfolder


def _same(path, file_hash, algorithm):
    if file_hash is None or validate_file(path, file_hash, algorithm):
        return True
    warnings.warn(f"{path} is there, but its {_algorithm(algorithm, file_hash)} sum is not {file_hash}: the file is "
                  "incomplete or outdated and is downloaded again", stacklevel=4)
    return False


def _download(origin, target, file_hash, algorithm):
    """Fetches a file, to its place only when it is whole and right."""
    draft = target.with_name(target.name + ".download")
    print_msg(f"Downloading data from {origin}")
    try:
        _fetch(origin, draft)
        if file_hash is not None and not validate_file(draft, file_hash, algorithm):
            kind = _algorithm(algorithm, file_hash)
            raise ValueError(f"Incomplete or corrupted file detected: the {kind} sum of what {origin} gave is "
                             f"{hash_file(draft, kind)}, it should be {file_hash}")
        os.replace(draft, target)
    except (OSError, urllib.error.URLError) as error:
        raise OSError(f"{target.name} could not be downloaded from {origin} ({error}). Without a network, get the file "
                      f"elsewhere and put it at {target}") from error
    finally:
        draft.unlink(missing_ok=True)


def _fetch(origin, draft):
    with urllib.request.urlopen(origin, timeout=60) as response, open(draft, "wb") as file:
        size = response.headers.get("Content-Length")
        bar = Progbar(int(size) if size else None, unit_name="B", verbose=int(is_interactive_logging_enabled()))
        while block := response.read(1 << 16):
            file.write(block)
            bar.add(len(block))
        if not size:
            bar.update(bar.seen, finalize=True)


def _algorithm(algorithm, file_hash):
    if algorithm in ("md5", "sha256"):
        return algorithm
    return "sha256" if file_hash is not None and len(file_hash) == 64 else "md5"


def resolve_hasher(algorithm, file_hash=None):
    """A fresh hashlib object for "sha256", "md5" or "auto"."""
    return hashlib.new(_algorithm("sha256" if algorithm == "auto" and file_hash is None else algorithm, file_hash))


def hash_file(fpath, algorithm="sha256", chunk_size=65535):
    """The hash of a file's bytes, in hexadecimal."""
    hasher = resolve_hasher(algorithm)
    with open(fpath, "rb") as file:
        while block := file.read(chunk_size):
            hasher.update(block)
    return hasher.hexdigest()


def validate_file(fpath, file_hash, algorithm="auto", chunk_size=65535):
    """Whether a file has this hash."""
    return hash_file(fpath, _algorithm(algorithm, file_hash), chunk_size) == str(file_hash)


def extract_archive(file_path, path=".", archive_format="auto"):
    """Unpacks a tar or zip archive into a folder; nothing is written outside it. False where it is none.

    Args:
        file_path: the archive.
        path: the folder.
        archive_format: "tar", "zip", a list of them, "auto" for both, or None for none.
    """
    if archive_format is None:
        return False
    kinds = ["tar", "zip"] if archive_format == "auto" else [archive_format] if isinstance(
        archive_format, str) else archive_format
    for kind in kinds:
        if kind not in ("tar", "zip"):
            raise NotImplementedError(f"archive formats are 'tar' and 'zip', got {kind!r}")
        if not (tarfile.is_tarfile if kind == "tar" else zipfile.is_zipfile)(file_path):
            continue
        try:
            with (tarfile.open if kind == "tar" else zipfile.ZipFile)(file_path) as archive:
                if kind == "tar":
                    archive.extractall(path, members=_tar_members(archive, path), **_SAFELY)
                else:
                    archive.extractall(path, members=_zip_members(archive, path))
        except (tarfile.TarError, zipfile.BadZipFile, RuntimeError, KeyboardInterrupt):
            shutil.rmtree(path, ignore_errors=True)
            raise
        return True
    return False


def _inside(name, path):
    base = os.path.realpath(path)
    return os.path.commonpath([base, os.path.realpath(os.path.join(base, name))]) == base


def _tar_members(archive, path):
    for member in archive:
        linked = member.issym() or member.islnk()
        target = os.path.join(os.path.dirname(member.name), member.linkname) if member.issym() else member.linkname
        if _inside(member.name, path) and (not linked or _inside(target, path)):
            yield member
        else:
            warnings.warn(f"Skipping invalid path during archive extraction: {member.name!r} lies outside",
                          stacklevel=4)


def _zip_members(archive, path):
    for name in archive.namelist():
        if _inside(name, path):
            yield name
        else:
            warnings.warn(f"Skipping invalid path during archive extraction: {name!r} lies outside", stacklevel=4)
