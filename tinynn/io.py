"""`tf.io`: files, and values as text or bytes."""

from types import SimpleNamespace as _SimpleNamespace

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops import files as _files
from tinynn.ops.codecs import (
    decode_bmp,
    decode_gif,
    decode_image,
    decode_jpeg,
    decode_png,
    encode_jpeg,
    encode_png,
    extract_jpeg_shape,
    is_jpeg,
)
from tinynn.ops.files import (
    decode_base64,
    decode_csv,
    decode_raw,
    encode_base64,
    matching_files,
    parse_tensor,
    read_file,
    serialize_tensor,
    write_file,
)

gfile = _SimpleNamespace(
    GFile=_files.GFile, copy=_files.copy, exists=_files.exists, glob=_files.matching, isdir=_files.isdir,
    join=_files.join, listdir=_files.listdir, makedirs=_files.makedirs, mkdir=_files.mkdir, remove=_files.remove,
    rename=_files.rename, rmtree=_files.rmtree, walk=_files.walk)
__getattr__, __dir__ = _namespace(__name__)
