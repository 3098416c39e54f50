"""`tf.random`: random numbers."""

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.random import (
    Generator,
    categorical,
    normal,
    set_seed,
    shuffle,
    stateless_normal,
    stateless_truncated_normal,
    stateless_uniform,
    truncated_normal,
    uniform,
)

__getattr__, __dir__ = _namespace(__name__)
