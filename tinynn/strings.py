"""`tf.strings`: text, element by element."""

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.strings import (
    as_string,
    bytes_split,
    join,
    length,
    lower,
    reduce_join,
    regex_full_match,
    regex_replace,
    split,
    strip,
    substr,
    to_number,
    unicode_decode,
    unicode_encode,
    unicode_split,
    upper,
)
from tinynn.ops.strings import format_ as format

__getattr__, __dir__ = _namespace(__name__)
