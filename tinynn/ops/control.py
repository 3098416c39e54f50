"""Floor 4: loops and branches over tensors, and gradients of one's own. Python's `for` and `if` do as well."""

import functools

from tinynn._bridge import Array
from tinynn.autodiff.tape import GradientTape
from tinynn.autodiff.tensor import convert, operand
from tinynn.core import nest
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import on_extents
from tinynn.ops.broadcast import everywhere
from tinynn.ops.create import zeros
from tinynn.ops.layout import stack, stop_gradient, unstack


def cond(pred, true_fn=None, false_fn=None, name=None):
    """Calls true_fn() if `pred` (a scalar truth value) is True, otherwise false_fn(); gives its result."""
    if not callable(true_fn) or not callable(false_fn):
        raise TypeError("cond takes two functions, as in tf.cond(x > 0, lambda: x, lambda: -x)")
    return true_fn() if bool(pred) else false_fn()


def case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """Calls the function of the first pair (truth value, function) whose value is True, or the default.

    Raises:
        ValueError: none is True and there is no default; or, with `exclusive`, several are.
    """
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    holding = [function for pred, function in pairs if bool(pred.deref() if hasattr(pred, "deref") else pred)]
    if exclusive and len(holding) > 1:
        raise ValueError(f"{len(holding)} of the conditions are True, and exclusive=True allows one")
    if not holding and default is None:
        raise ValueError("none of the conditions is True, and there is no default")
    return holding[0]() if holding else default()


def switch_case(branch_index, branch_fns, default=None, name="switch_case"):
    """Calls the function whose number is `branch_index`, or the default (without one, the last)."""
    branches = dict(branch_fns) if isinstance(branch_fns, dict) or isinstance(branch_fns[0], tuple) else dict(
        enumerate(branch_fns))
    return branches.get(int(branch_index), default or branches[max(branches)])()


def while_loop(cond, body, loop_vars, shape_invariants=None, parallel_iterations=10, back_prop=True,
               swap_memory=False, maximum_iterations=None, name=None):
    """Repeats loop_vars = body(*loop_vars) as long as cond(*loop_vars) is True.

    Args:
        cond: a function of the variables that gives a scalar truth value.
        body: a function of the variables that gives their next values, in the same structure.
        loop_vars: a list or tuple of tensors or structures.
        maximum_iterations: how often at most.

    Returns:
        The last values, in the structure of loop_vars. Gradients flow through all rounds.

    Example:
        >>> tf.while_loop(lambda x: x < 10.0, lambda x: 2.0 * x, [tf.constant(1.0)])
    """
    one = not isinstance(loop_vars, (list, tuple))
    values = [loop_vars] if one else list(loop_vars)
    values = nest.map_structure(operand, values)
    count = 0
    while (maximum_iterations is None or count < maximum_iterations) and bool(cond(*values)):
        result = body(*values)
        values = list(result) if isinstance(result, (list, tuple)) and not (len(values) == 1 and one) else [result]
        count += 1
    return values[0] if one else nest.pack_sequence_as(loop_vars, nest.flatten(values))


@on_extents
def map_fn(fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False, infer_shape=True,
           name=None, fn_output_signature=None):
    """Calls fn on each slice along the first axis, and stacks what it gives.

    Args:
        fn: a function of a slice (or of a structure of slices, where `elems` is one).
        elems: a tensor, or a structure of tensors with the same first axis.

        fn_output_signature: what fn gives, a dtype or a TensorSpec, or a structure of them; needed where there is no
            slice.

    Raises:
        ValueError: the first axes differ, or there is no slice and no signature.

    Example:
        >>> tf.map_fn(lambda x: x * x, [1.0, 2.0, 3.0])
    """
    rows = _slices(elems, "map_fn")
    if not rows:
        kinds = dtype if fn_output_signature is None else fn_output_signature
        if kinds is None:
            raise ValueError("map_fn got no slices; say with fn_output_signature what fn would give")
        return nest.map_structure(_none_of, kinds)
    return _stacked([fn(row) for row in rows])


def _slices(elems, name):
    """The slices of a tensor, or of a structure of them, along the first axis."""
    parts = [unstack(operand(x)) for x in nest.flatten(elems)]
    if len({len(part) for part in parts}) != 1:
        raise ValueError(f"{name} needs tensors with the same first axis, got {[len(part) for part in parts]} slices")
    return [nest.pack_sequence_as(elems, list(row)) for row in zip(*parts, strict=True)]


def _stacked(results):
    """The structure of what is stacked from structures of one kind."""
    flat = [nest.flatten(result) for result in results]
    return nest.pack_sequence_as(results[0], [stack(list(column)) for column in zip(*flat, strict=True)])


def _none_of(spec):
    """A stack of no tensor, of which a TensorSpec or a dtype is known."""
    shape = getattr(spec, "shape", None) or ()
    return zeros((0, *[n or 0 for n in shape]), getattr(spec, "dtype", spec))


def vectorized_map(fn, elems, fallback_to_while_loop=True, warn=True):
    """Calls fn on each slice along the first axis, and stacks what it gives."""
    return map_fn(fn, elems)


@on_extents
def foldl(fn, elems, initializer=None, name=None, **options):
    """Folds the slices along the first axis, from the first to the last: fn(fn(fn(start, a), b), c).

    Example:
        >>> tf.foldl(lambda sum, x: 10.0 * sum + x, [1.0, 2.0, 3.0])
    """
    return _folded(fn, _slices(elems, "foldl"), initializer)


@on_extents
def foldr(fn, elems, initializer=None, name=None, **options):
    """Folds the slices along the first axis, from the last to the first: fn(fn(fn(start, c), b), a).

    Example:
        >>> tf.foldr(lambda sum, x: 10.0 * sum + x, [1.0, 2.0, 3.0])
    """
    return _folded(fn, _slices(elems, "foldr")[::-1], initializer)


def _folded(fn, rows, start):
    if start is None and not rows:
        raise ValueError("there is nothing to fold: no slice and no initializer")
    value = rows.pop(0) if start is None else nest.map_structure(operand, start)
    for row in rows:
        value = fn(value, row)
    return value


@on_extents
def scan(fn, elems, initializer=None, reverse=False, name=None, **options):
    """`foldl` that keeps every step: stacks start' = fn(start, a), fn(start', b), ... along a first axis.

    Example:
        >>> tf.scan(lambda sum, x: sum + x, [1.0, 2.0, 3.0])
    """
    rows = _slices(elems, "scan")
    rows = rows[::-1] if reverse else rows
    value = rows[0] if initializer is None else nest.map_structure(operand, initializer)
    steps = [value] if initializer is None else []
    for row in rows[1:] if initializer is None else rows:
        value = fn(value, row)
        steps.append(value)
    return _stacked(steps[::-1] if reverse else steps)


def tuple_(tensors, control_inputs=None, name=None):
    """The tensors, as a list: what TensorFlow's graphs would compute together has been computed."""
    return list(tensors)


def group(*inputs, **options):
    """Does nothing: what is grouped has run already."""


def no_op(name=None):
    """Does nothing."""


def recompute_grad(f):
    """The function itself: a tape keeps what the gradient needs."""
    return f


def grad_pass_through(f):
    """A function that computes as f does, and whose gradient is that of the identity."""
    return custom_gradient(lambda *args: (f(*args), lambda *upstream: upstream[0] if len(args) == 1 else upstream))


# ---- a gradient of one's own -----------------------------------------------------------------------------------------


class Call:
    """One call of a function with a gradient of its own: the gradient, and how many inputs it is for."""

    def __init__(self, gradient, count):
        self.gradient, self.count = gradient, count

    def __repr__(self):
        return f"<gradient of {self.count} inputs>"


def _example(rand):
    return (rand(4, 3), rand(0)), {"call": Call(lambda g: [everywhere(0.0, (4, 3), g)], 1)}


@primitive("y = f(x), its gradient the user's", mixed="values", example=_example)
def custom(xp, *values, call):
    """Passes on the results of a function, which stand behind its inputs."""
    return tuple([value.view() for value in values[call.count:]])


@custom.vjp("what the user's function makes of g")
def _(g, call):
    return [*call.gradient(*g), *[everywhere(0.0, x.shape, x) for x in g]]


def custom_gradient(f=None):
    """Decorator: gives a function of tensors a gradient of its own.

    The function gives its result and a second function, which makes of the gradients of the results the gradients of
    the arguments (one, or a list). Where the function reads trainable variables, that second function takes a keyword
    argument `variables` and gives a pair: the gradients of the arguments, and a list of those of the variables.

    Example:
        >>> @tf.custom_gradient
        ... def log1pexp(x):
        ...     e = tf.exp(x)
        ...     return tf.math.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args, **kwargs):
        with GradientTape() as reads:
            result, gradient = f(*args, **kwargs)
        flat = nest.flatten(args)
        inputs = [leaf if isinstance(leaf, Array) else convert(leaf) for leaf in flat]
        variables = [v for v in reads.watched_variables() if not any(v is leaf for leaf in flat)]

        def backward(*upstream):
            if not variables:
                return _gradients(gradient(*upstream), len(inputs))
            try:
                of_inputs, of_variables = gradient(*upstream, variables=variables)
            except TypeError as error:
                if "variables" not in str(error):
                    raise
                raise TypeError(f"{f.__name__} reads variables ({', '.join(v.name for v in variables)}), so its "
                                "gradient function must take a keyword argument `variables`") from None
            return _gradients(of_inputs, len(inputs)) + _gradients(of_variables, len(variables))

        outputs = [stop_gradient(leaf) for leaf in nest.flatten(result)]
        given = inputs + variables
        passed = custom(*given, *outputs, call=Call(backward, len(given)))
        return nest.pack_sequence_as(result, passed)

    return decorated


def _gradients(gradients, count):
    gradients = list(nest.flatten(gradients)) if isinstance(gradients, (list, tuple)) else [gradients]
    if len(gradients) != count:
        raise ValueError(f"a custom gradient gave {len(gradients)} gradients for {count} inputs")
    return [None if g is None else convert(g) for g in gradients]

