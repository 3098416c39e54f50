"""`tf.bitwise`: the bits of whole numbers."""

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.bitwise import bitwise_and, bitwise_or, bitwise_xor, invert, left_shift, right_shift

__getattr__, __dir__ = _namespace(__name__)
