"""Floor 7: symbolic tensors, and the graph that calls on them draw.

The shape of a result is found by running the op, layer or function on placeholders of two different batch sizes and
comparing: an axis that differs is unknown. So no layer and no op needs a shape rule.
"""

import contextlib
from collections import namedtuple

import numpy as np

from tinynn import ops
from tinynn.autodiff.bind import silence
from tinynn.autodiff.tensor import Tensor, full
from tinynn.core import nest
from tinynn.core.primitive import Primitive
from tinynn.keras import naming, notes, random
from tinynn.keras.alignment import alignments
from tinynn.keras.context import context, structure
from tinynn.keras.variable import dtype_name

# What an unknown axis has in the first and in the second run; by its position, so that the batch of all inputs agrees.
SAMPLES = ((6, 12), (5, 10), (7, 14), (9, 18), (10, 20))

_SMALL = 32     # integers up to this number of elements may be extents

KerasHistory = namedtuple("KerasHistory", ["operation", "node_index", "tensor_index"])


class KerasTensor:
    """The place of a tensor in a model under construction: shape and dtype, no values.

    `keras.Input` makes one; layers and ops called on it give others.

    Args:
        shape: extents, None for an unknown one.
        dtype: the element type.
        name: shown in print.
    """

    __array_priority__ = 200
    __array_ufunc__ = None

    def __init__(self, shape, dtype="float32", sparse=False, ragged=False, record_history=True, name=None,
                 samples=None, values=None):
        self.shape = tuple(shape)
        self.dtype = dtype_name(dtype)
        self.sparse, self.ragged = bool(sparse), bool(ragged)
        self.name = name or naming.auto_name("keras_tensor")
        self.samples = samples or samples_of(self.shape)
        self.values = values        # of small integers, as tf.shape gives them: what the two runs gave
        self.masks = None           # of placeholders that a layer masked: the masks of the two runs
        self.history = None

    @property
    def ndim(self):
        """The number of axes."""
        return len(self.shape)

    rank = ndim

    @property
    def _keras_history(self):
        return self.history

    def placeholder(self, run):
        """What stands for it in the first or the second run."""
        if self.values is not None:
            return self.values[run]
        filled = full(self.samples[run], 0, str(self.dtype))
        if self.masks is not None:
            notes.masks.set(filled, self.masks[run])
        return filled

    def sampled(self, samples):
        """The same place with other samples."""
        return KerasTensor(self.shape, self.dtype, name=self.name, samples=samples)

    def get_shape(self):
        """The shape."""
        return self.shape

    @property
    def extents(self):
        """The shape."""
        return self.shape

    def __tinynn_bind__(self, op, inputs, attributes):
        return call(OpCall(op, attributes), inputs, {})

    def __array__(self, *args, **kwargs):
        raise TypeError(f"{self!r} stands for a tensor of a model and has no values yet, so NumPy cannot use it; "
                        "write the computation with tf.* ops or layers")

    def __iter__(self):
        raise TypeError(f"a symbolic tensor cannot be iterated over; index it, as in x[:, 0]: {self!r}")

    def __bool__(self):
        raise TypeError(f"a symbolic tensor has no truth value; use tf.where(condition, a, b): {self!r}")

    def __float__(self):
        raise TypeError(f"a symbolic tensor has no value: {self!r}")

    __int__ = __index__ = __float__

    def __len__(self):
        if not self.shape or self.shape[0] is None:
            raise TypeError(f"a symbolic tensor of shape {self.shape} has no length")
        return self.shape[0]

    def __setitem__(self, key, value):
        raise TypeError("a symbolic tensor cannot be changed")

    def __getitem__(self, key):
        return ops.getitem(self, key)

    def reshape(self, newshape):
        """The same elements in another shape."""
        return ops.reshape(self, newshape)

    def squeeze(self, axis=None):
        """Without axes of length 1."""
        return ops.squeeze(self, axis)

    def __repr__(self):
        return (f"<KerasTensor shape={self.shape}, dtype={self.dtype}, sparse={self.sparse}, ragged={self.ragged}, "
                f"name={self.name}>")


def _binary(name):
    return lambda self, other: getattr(ops, name)(self, other), lambda self, other: getattr(ops, name)(other, self)


for _method, _op in {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "pow",
                     "floordiv": "floordiv", "mod": "floormod", "matmul": "matmul", "and": "logical_and",
                     "or": "logical_or", "xor": "logical_xor"}.items():
    _forward, _reverse = _binary(_op)
    setattr(KerasTensor, f"__{_method}__", _forward)
    setattr(KerasTensor, f"__r{_method}__", _reverse)
for _method, _op in {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
                     "ne": "not_equal"}.items():
    setattr(KerasTensor, f"__{_method}__", _binary(_op)[0])
KerasTensor.__neg__ = lambda self: ops.negative(self)
KerasTensor.__abs__ = lambda self: ops.abs(self)
KerasTensor.__invert__ = lambda self: ops.logical_not(self)


def is_symbolic(value):
    """Whether `value` is a symbolic tensor."""
    return isinstance(value, KerasTensor)


def any_symbolic(*structures):
    """Whether a symbolic tensor stands somewhere in nested arguments."""
    first = structures[0]
    if len(first) == 1 and type(first[0]) is Tensor and not any(structures[1:]):
        return False
    return any(isinstance(leaf, KerasTensor) for leaf in nest.flatten(structures))


# ---- the graph -------------------------------------------------------------------------------------------------------


_NAMES = {"getitem": "get_item"}     # ops that Keras calls otherwise


class OpCall:
    """An op with its attributes, as a step of a graph.

    Args:
        op: the primitive.
        attributes: its constants, in the primitive's order.
    """

    built = True

    def __init__(self, op, attributes):
        self.op, self.attributes = op, attributes
        self.by_name = isinstance(op, Primitive) and op.variadic
        self.name = naming.auto_name(_NAMES.get(op.name, op.name))
        self.inbound_nodes = []

    @property
    def kind(self):
        """The op's name as a class would be written."""
        return "".join(part.capitalize() for part in _NAMES.get(self.op.name, self.op.name).split("_"))

    def __call__(self, *inputs):
        if self.by_name:
            return self.op(*inputs, **dict(zip(self.op.attributes, self.attributes, strict=True)))
        return self.op(*inputs, *self.attributes)


class Node:
    """One call of an operation on symbolic tensors.

    Attributes:
        operation: a layer, or an OpCall.
        args, kwargs: the arguments, with symbolic tensors in them.
        inputs: those symbolic tensors.
        outputs: the symbolic tensors that came out.
    """

    def __init__(self, operation, args, kwargs, result):
        self.operation, self.args, self.kwargs, self.result = operation, args, kwargs, result
        self.inputs = [leaf for leaf in nest.flatten((args, kwargs)) if is_symbolic(leaf)]
        self.outputs = [leaf for leaf in nest.flatten(result) if is_symbolic(leaf)]
        index = len(operation.inbound_nodes)
        operation.inbound_nodes.append(self)
        for i, output in enumerate(self.outputs):
            output.history = KerasHistory(operation, index, i)

    input_tensors = property(lambda self: self.inputs)
    output_tensors = property(lambda self: self.outputs)

    @property
    def parents(self):
        """The nodes that made the inputs."""
        return [node_of(x) for x in self.inputs]


def node_of(tensor):
    """The call that made a symbolic tensor."""
    return tensor.history.operation.inbound_nodes[tensor.history.node_index]


def call(operation, args, kwargs, function=None):
    """Calls an operation on symbolic tensors: finds what comes out and draws the node."""
    result = infer(function or operation, args, kwargs)
    Node(operation, args, kwargs, result)
    return result


# ---- shapes by trying ------------------------------------------------------------------------------------------------


def samples_of(shape):
    """Two shapes in which every None is a number, another one in each."""
    return tuple(
        tuple(SAMPLES[min(i, len(SAMPLES) - 1)][run] if n is None else n for i, n in enumerate(shape))
        for run in (0, 1))


def infer(function, args, kwargs=None):
    """What `function` makes of symbolic arguments, as symbolic tensors in the structure of its result."""
    structure = (tuple(args), dict(kwargs or {}))
    try:
        return _tried(function, structure)
    except Exception:
        free = [leaf for leaf in nest.flatten(structure) if is_symbolic(leaf) and leaf.values is None]
        for samples in alignments([leaf.samples for leaf in free]):
            table = {id(leaf): leaf.sampled(pair) for leaf, pair in zip(free, samples, strict=True)}
            with contextlib.suppress(Exception):
                return _tried(function, nest.map_structure(lambda leaf, new=table: new.get(id(leaf), leaf), structure))
        raise


def _tried(function, structure):
    leaves = [leaf for leaf in nest.flatten(structure) if is_symbolic(leaf)]
    known = all(x.samples[0] == x.samples[1] and x.values is None for x in leaves)
    results = []
    with dry_run():
        context.open = not known
        for context.run in (0, 1):
            if context.run == 0 or context.open:
                args, kwargs = _filled(structure, context.run)
                results.append(function(*args, **kwargs))
    return nest.map_structure(_compared, results[0], results[-1])


def filled(structure):
    """Placeholders for symbolic tensors in the dry run that is under way."""
    leaves = [leaf for leaf in nest.flatten(structure) if is_symbolic(leaf)]
    context.open = context.open or any(None in leaf.shape for leaf in leaves)
    return _filled(structure, context.run)


def _filled(structure, run):
    return nest.map_structure(
        lambda leaf: leaf.placeholder(run) if is_symbolic(leaf) else leaf, structure)


def _compared(first, second):
    """The symbolic tensor of the results of two runs."""
    if not isinstance(first, Tensor):
        return first
    a, b = tuple(first.shape), tuple(second.shape)
    if len(a) != len(b):
        raise ValueError(f"the number of axes depends on the batch size: {a} and {b}")
    shape = tuple(n if n == m else None for n, m in zip(a, b, strict=True))
    values = (first, second) if first.dtype.is_integer and first.size <= _SMALL else None
    tensor = KerasTensor(shape, first.dtype, samples=(a, b), values=values)
    masks = notes.masks.get(first), notes.masks.get(second)
    tensor.masks = None if masks[0] is None else masks
    return tensor


@contextlib.contextmanager
def dry_run():
    """A context for placeholders: no tape, no warnings of NumPy, inference mode, and nothing kept."""
    before = context.training, context.placeholder, context.entry, context.run, context.open
    context.training, context.placeholder = False, True
    state, generator, version = ops.random_state(), random.position(), structure.version
    try:
        with silence(), np.errstate(all="ignore"):
            yield
    finally:
        if version == structure.version:    # weights that were made stay, and so must the draws they took
            ops.set_random_state(state)
            random.return_to(generator)
        context.training, context.placeholder, context.entry, context.run, context.open = before
