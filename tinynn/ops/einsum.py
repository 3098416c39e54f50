"""Floor 4: einsum: products summed over named axes."""

import numpy as np

from tinynn.autodiff.tensor import convert, operand
from tinynn.core.errors import InvalidArgumentError
from tinynn.core.primitive import primitive
from tinynn.ops.arguments import on_extents
from tinynn.ops.broadcast import _broadcast_to, keep_axes

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _example(rand):
    return [((rand(2, 4, 3), rand(3, 4)), {"equation": "bij,jk->bik"}), ((rand(4, 4),), {"equation": "ii->i"}),
            ((rand(2, 3), rand(3, 2)), {"equation": "ij,jk->ik"})]


@primitive("y = the sum over the axes that the result does not name", example=_example)
def _einsum(xp, *inputs, equation):
    """Multiplies elements whose named axes agree, and sums over the names that are not in the result."""
    return xp.einsum(equation, *inputs, optimize=len(inputs) > 1)


@_einsum.vjp("per input an einsum of g and the others")
def _(g, inputs, equation):
    terms, result = equation.split("->")
    terms = terms.split(",")
    return [_input_gradient(g, inputs, terms, result, i) for i in range(len(inputs))]


def _input_gradient(g, inputs, terms, result, i):
    """The gradient of input i: an einsum of g and the other inputs to its axes."""
    shape, term = tuple(inputs[i].shape), terms[i]
    free = iter([letter for letter in LETTERS if letter not in result + "".join(terms)])
    subscripts, factors = [result], [g]
    for j, other in enumerate(inputs):
        if j != i:
            subscripts.append(terms[j])
            factors.append(other)
    target = ""
    for axis, letter in enumerate(term):
        if letter in target:        # a diagonal was taken: g goes back onto it
            twin = next(free)
            subscripts.append(letter + twin)
            factors.append(convert(np.eye(shape[axis]), g.dtype, like=g))
            letter = twin
        target += letter
    alone = tuple([a for a, letter in enumerate(target) if not any(letter in s for s in subscripts)])
    found = "".join([letter for a, letter in enumerate(target) if a not in alone])
    gradient = _einsum(*factors, equation=",".join(subscripts) + "->" + found)
    return gradient if not alone else _broadcast_to(keep_axes(gradient, shape, alone), shape)


def _spelt_out(equation, ranks):
    """An equation with a result, and with letters for every `...`."""
    equation = equation.replace(" ", "")
    given, arrow, result = equation.partition("->")
    terms = given.split(",")
    if len(terms) != len(ranks):
        raise InvalidArgumentError(f"the equation {equation!r} has {len(terms)} terms for {len(ranks)} inputs")
    spare = [letter for letter in LETTERS if letter not in equation]
    widths = [n - len(term.replace("...", "")) if "..." in term else 0 for term, n in zip(terms, ranks, strict=True)]
    widest = max(widths, default=0)
    for k, (term, width, n) in enumerate(zip(terms, widths, ranks, strict=True)):
        terms[k] = term.replace("...", "".join(spare[widest - width:widest]))
        if len(terms[k]) != n or width < 0:
            raise InvalidArgumentError(f"the term {term!r} of the equation {equation!r} does not fit an input with "
                                       f"{n} axes")
    batch = "".join(spare[:widest])
    if not arrow:
        letters = given.replace(",", "").replace(".", "")
        result = ("..." if "..." in given else "") + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return terms, result.replace("...", batch)


@on_extents
def einsum(equation, *inputs, **kwargs):
    """Products summed over named axes, as in `tf.einsum("bij,bjk->bik", a, b)`.

    Args:
        equation: a letter for every axis of every input, and after `->` those of the result; letters that are not in
            the result are summed over. `...` stands for any axes, which broadcast. Without `->` the result has the
            letters that occur once, in alphabetical order.
        inputs: tensors of one type.

    Raises:
        InvalidArgumentError: the equation does not fit the inputs.
    """
    inputs = [operand(x) for x in (inputs[0] if len(inputs) == 1 and isinstance(inputs[0], (list, tuple)) else inputs)]
    terms, result = _spelt_out(equation, [x.ndim for x in inputs])
    extents = {}
    for term, x in zip(terms, inputs, strict=True):
        for letter, n in zip(term, x.shape, strict=True):
            extents[letter] = max(n, extents.get(letter, 1)) if n != 1 else extents.get(letter, 1)
    for k, term in enumerate(terms):        # axes of length 1 under `...` are repeated, so that gradients fit
        shape = tuple([extents[c] for c in term])
        if tuple(inputs[k].shape) != shape and all(n in (1, m) for n, m in zip(inputs[k].shape, shape, strict=True)):
            inputs[k] = _broadcast_to(inputs[k], shape)
    return _einsum(*inputs, equation=",".join(terms) + "->" + result)
