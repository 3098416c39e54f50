"""`tf.dtypes`: the element types, and what converts between them."""

from tinynn.core.dtypes import (
    DType,
    as_dtype,
    bool,
    complex64,
    complex128,
    double,
    float16,
    float32,
    float64,
    half,
    int8,
    int16,
    int32,
    int64,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
)
from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.complex import complex
from tinynn.ops.layout import cast
from tinynn.ops.masks import saturate_cast

__getattr__, __dir__ = _namespace(__name__)
