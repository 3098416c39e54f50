"""tinynn: TensorFlow's API on a small engine that one can read. `import tinynn as tf`."""

from tinynn.core.waiting import waits_briefly as _waits_briefly

try:
    with _waits_briefly():
        from tinynn._bridge import memory_in_use, num_threads, set_num_threads
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{__path__[0]} is tinynn's source, and its C part is not built there. Install it with `pip install .` and "
        "start Python in another folder, or build it in place with `pip install -e .`") from error

from tinynn import autograph, bitwise, dtypes, image, io, linalg, math, nn, ops, random, signal, strings
from tinynn.autodiff.module import Module
from tinynn.autodiff.tape import GradientTape, UnconnectedGradients
from tinynn.autodiff.tensor import Tensor
from tinynn.autodiff.variable import Variable
from tinynn.core import config, errors, nest
from tinynn.core.config import (
    VariableAggregation,
    VariableSynchronization,
    control_dependencies,
    executing_eagerly,
    get_logger,
    init_scope,
    inside_function,
    name_scope,
    show_config,
)
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
from tinynn.core.errors import TinynnHint
from tinynn.core.namespace import namespace as _namespace
from tinynn.core.shapes import TensorShape
from tinynn.core.spec import TensorSpec
from tinynn.explain.doors import attach_all as _attach_all
from tinynn.linalg import eig, eigvals, einsum, eye, global_norm, matmul, norm, tensordot
from tinynn.linalg import sqrtm as matrix_square_root
from tinynn.math import (
    abs,
    acos,
    acosh,
    add,
    argmax,
    argmin,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    cumsum,
    divide,
    equal,
    exp,
    floor,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    pow,
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
    round,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    truediv,
)
from tinynn.ops import debug as debugging
from tinynn.ops.array import pad, repeat, reverse, roll, tile
from tinynn.ops.broadcast import broadcast_static_shape, broadcast_to, reshape
from tinynn.ops.complex import complex
from tinynn.ops.control import (
    case,
    cond,
    custom_gradient,
    foldl,
    foldr,
    grad_pass_through,
    group,
    map_fn,
    no_op,
    recompute_grad,
    scan,
    switch_case,
    vectorized_map,
    while_loop,
)
from tinynn.ops.control import tuple_ as tuple
from tinynn.ops.create import (
    constant,
    convert_to_tensor,
    ensure_shape,
    fill,
    get_static_value,
    is_tensor,
    linspace,
    meshgrid,
    one_hot,
    ones,
    ones_like,
    range,
    rank,
    shape,
    shape_n,
    size,
    zeros,
    zeros_like,
)
from tinynn.ops.debug import Assert, assert_equal, assert_greater, assert_less, assert_rank
from tinynn.ops.debug import show as print
from tinynn.ops.gather import (
    gather,
    gather_nd,
    scatter_nd,
    tensor_scatter_nd_add,
    tensor_scatter_nd_sub,
    tensor_scatter_nd_update,
)
from tinynn.ops.host import numpy_function, py_function, timestamp
from tinynn.ops.layout import (
    cast,
    concat,
    expand_dims,
    identity,
    split,
    squeeze,
    stack,
    stop_gradient,
    transpose,
    unstack,
)
from tinynn.ops.logic import where
from tinynn.ops.masks import (
    add_n,
    boolean_mask,
    identity_n,
    saturate_cast,
    scalar_mul,
    sequence_mask,
    strided_slice,
    truncatediv,
    truncatemod,
    unravel_index,
)
from tinynn.ops.masks import slice_ as slice
from tinynn.ops.math import clip_by_value
from tinynn.ops.norms import clip_by_global_norm, clip_by_norm
from tinynn.ops.partition import (
    bitcast,
    broadcast_dynamic_shape,
    dynamic_partition,
    dynamic_stitch,
    histogram_fixed_width,
    histogram_fixed_width_bins,
    reverse_sequence,
)
from tinynn.ops.placement import device
from tinynn.ops.segment import tensor_scatter_nd_max, tensor_scatter_nd_min
from tinynn.ops.slices import IndexedSlices
from tinynn.ops.sort import argsort, searchsorted, sort, unique, unique_with_counts
from tinynn.ops.strings import as_string
from tinynn.ops.tensor_array import TensorArray

_attach_all()
newaxis = None
realdiv = divide
__version__ = "0.1.0"


class version:
    """The version, as in `tf.version.VERSION`."""

    VERSION = __version__


_INITIALIZERS = {"zeros_initializer": "Zeros", "ones_initializer": "Ones", "constant_initializer": "Constant",
                 "random_normal_initializer": "RandomNormal", "random_uniform_initializer": "RandomUniform"}
__getattr__, __dir__ = _namespace(__name__, {
    **{name: f"tinynn.keras.initializers:{kind}" for name, kind in _INITIALIZERS.items()},
    **{name: f"tinynn.keras.{name}" for name in ("initializers", "losses", "metrics", "optimizers")},
    **{name: f"tinynn.{name}" for name in ("keras", "data", "explain", "plot", "testing", "test", "train", "summary",
                                           "compat", "interop")},
    "function": "tinynn.graph.function:function",
    "doctor": "tinynn.keras.insight.doctor:doctor",
    "sweep": "tinynn.keras.sweep:sweep",
})
