"""Floor 6: an op at work on a few small numbers: its value, and its gradient by tape."""

import ast
import doctest
import inspect
import itertools
import math
import warnings
from dataclasses import dataclass, field

import numpy as np

from tinynn._bridge import Array
from tinynn.autodiff.listener import Listener
from tinynn.autodiff.tape import GradientTape
from tinynn.autodiff.tensor import convert
from tinynn.autodiff.variable import Variable
from tinynn.backends import native
from tinynn.core import nest
from tinynn.ops import random

# Their count is a prime, so that arrays drawn one after the other differ; of two arrays of three numbers the second
# numbers are equal, which shows what an op does with a tie.
NUMBERS = (1, -0.5, 2, -1.5, -0.5, 3, -2, 1.5, -1, 2.5, -3, 4, 0.5)


@dataclass
class Run:
    """What a call got, gave and changed."""

    call: str                       # as it would be written
    inputs: list                    # (name, array)
    attributes: dict
    outputs: list = field(default_factory=list)         # arrays; of an op that writes, the variables after it
    written: tuple = ()             # names of the inputs that the op changed: those of `outputs`
    upstream: list | None = None    # the gradient of each output that was given to the tape; None: no tape ran
    gradients: dict = field(default_factory=dict)       # {input: array, or None where no gradient arrives}
    ran: list = field(default_factory=list)             # names of the ops of the forward pass, in order
    native: bool = False            # of a single op: whether its C kernel computed it


def small_numbers():
    """A function `rand(*shape)` of short numbers of both signs, for `Primitive.example`."""
    numbers = itertools.cycle(NUMBERS)
    return lambda *shape: np.array(list(itertools.islice(numbers, math.prod(shape)))).reshape(shape)


def arguments_of(op):
    """A list of (arrays, attributes) to show an op with: its own examples, or three numbers for each input."""
    rand = small_numbers()
    given = [([rand(3) for _ in op.inputs], {})] if op.example is None else op.example(rand)
    defaults = dict(zip(op.attributes, op.defaults, strict=True))
    return [([_single(x) for x in inputs], {**defaults, **attributes})
            for inputs, attributes in (given if isinstance(given, list) else [given])]


def _single(x):
    """An array; floating-point numbers as float32, as a user's are."""
    x = np.asarray(x)
    return x.astype("float32") if x.dtype.kind == "f" else x


def run_op(op):
    """Of the examples of an op the one with the fewest numbers."""
    runs = [_run(op, arrays, attributes) for arrays, attributes in arguments_of(op)]
    return min(runs, key=lambda run: sum(x.size for x in (*[x for _, x in run.inputs], *run.outputs)))


def _run(op, arrays, attributes):
    names = [f"{op.inputs[0]}[{i}]" for i in range(len(arrays))] if op.variadic else list(op.inputs)
    constants = [f"{name}={_shown(value)}" for name, value in attributes.items()]
    done = Run(f"{op.__name__}({', '.join([*names, *constants])})", list(zip(names, arrays, strict=True)), attributes)
    done.native = op.native and native.takes(op, tuple(convert(x.copy()) for x in arrays), tuple(attributes.values()))
    if op.mutates:
        tensors = [Variable(x) if name in op.mutates else convert(x) for name, x in done.inputs]
        op(*tensors, **attributes)
        done.written = op.mutates
        done.outputs = [np.array(t) for name, t in zip(names, tensors, strict=True) if name in op.mutates]
        return done
    ruled = [bool(op.rules[0 if op.variadic else i]) for i in range(len(names))]
    tensors = [convert(x) for x in arrays]
    watched = {n: t for n, t, rule in zip(names, tensors, ruled, strict=True) if rule and t.dtype.is_floating}
    return _differentiate(done, lambda: op(*tensors, **attributes), watched)


def run_documented(function):
    """The last example of a function's docstring, where it is a call: >>> tf.one_hot([0, 2], 3). None otherwise.

    Of its arguments, lists of floating-point numbers become tensors, whose gradients are asked for.
    """
    steps = doctest.DocTestParser().get_examples(function.__doc__ or "")
    call = ast.parse(steps[-1].source).body[0] if steps else None
    if not isinstance(call, ast.Expr) or not isinstance(call.value, ast.Call):
        return None
    names = {}
    exec("import numpy as np\nimport tinynn as tf\n" + "".join(step.source for step in steps[:-1]), names)
    value = lambda node: _tensors(eval(compile(ast.Expression(node), "<example>", "eval"), names))
    args = [value(node) for node in call.value.args]
    kwargs = {keyword.arg: value(keyword.value) for keyword in call.value.keywords}
    given = _named(inspect.signature(function).bind(*args, **kwargs).arguments)
    done = Run(steps[-1].source.strip(), [(name, np.array(x)) for name, x in given.items()], {})
    state = random.random_state()
    try:
        return _differentiate(done, lambda: function(*args, **kwargs),
                              {name: x for name, x in given.items() if x.dtype.is_floating})
    finally:
        random.set_random_state(state)


def _tensors(value):
    """The value of an argument: lists and arrays of floating-point numbers as tensors."""
    if isinstance(value, (list, np.ndarray)) and not any(isinstance(x, Array) for x in nest.flatten(value)):
        array = np.asarray(value)
        return convert(_single(array)) if array.dtype.kind == "f" else value
    return value


def _named(arguments):
    """The tensors among arguments: {name: tensor}, those in lists as values[0]."""
    found = {}
    for name, value in arguments.items():
        if isinstance(value, Array):
            found[name] = value
        elif isinstance(value, (list, tuple)):
            found.update({f"{name}[{i}]": x for i, x in enumerate(value) if isinstance(x, Array)})
    return found


def _shown(value):
    return value.name if hasattr(value, "name") else repr(value)


def _differentiate(done, call, watched):
    """Runs a call below a tape and a listener, and writes down what it gives."""
    with GradientTape() as tape, Listener(lambda name, read, made: done.ran.append(name)):
        tape.watch(list(watched.values()))
        outputs = [x for x in nest.flatten(call()) if isinstance(x, Array)]
    done.outputs = [np.array(x) for x in outputs]
    moving = [x for x in outputs if x.dtype.is_floating]
    if moving and watched:
        done.upstream = [counted(x.shape) for x in moving]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")     # that no gradient arrives is shown
            found = tape.gradient(moving, list(watched.values()),
                                  output_gradients=[convert(g, x.dtype) for g, x in zip(done.upstream, moving,
                                                                                       strict=True)])
        done.gradients = {n: None if g is None else np.array(g) for n, g in zip(watched, found, strict=True)}
    return done


def counted(shape):
    """1, 2, 3, ... in a shape: a gradient whose entries one can tell apart."""
    return np.arange(1.0, math.prod(shape) + 1).reshape(tuple(shape))


def is_flat(op, name):
    """Whether an input of floating-point numbers, moved a little from its example, changes nothing."""
    arrays, attributes = arguments_of(op)[0]
    place = op.inputs.index(name)

    def at(step):
        moved = [convert(x + 0.3 + step if i == place else x) for i, x in enumerate(arrays)]
        return [np.array(y) for y in nest.flatten(op(*moved, **attributes))]

    return all(np.array_equal(a, b) for a, b in zip(at(-1e-3), at(1e-3), strict=True))
