"""Floor 5: NumPy's elementwise functions in C."""

import numpy as np

from tinynn.graph.cuda.nodes import NotTraceable

# Per function of NumPy what C computes of operands of one type; {0} may stand there more than once: it is a name.
FLOATS = {name: f"{c or name}({{0}})" for name, c in {
    "exp": "", "exp2": "", "expm1": "", "log": "", "log2": "", "log10": "", "log1p": "", "sqrt": "", "sin": "",
    "cos": "", "tan": "", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "", "cosh": "", "tanh": "",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "floor": "", "ceil": "", "trunc": "", "rint": "",
}.items()} | {
    "arctan2": "atan2({0}, {1})", "hypot": "hypot({0}, {1})", "power": "pow({0}, {1})", "fmod": "fmod({0}, {1})",
    "copysign": "copysign({0}, {1})", "true_divide": "({0} / {1})", "divide": "({0} / {1})", "absolute": "fabs({0})",
    "reciprocal": "(1 / {0})", "sign": "({0} != {0} ? {0} : ({0} > 0) - ({0} < 0))",
    "isfinite": "(fabs({0}) < INFINITY)", "isinf": "(fabs({0}) == INFINITY)", "isnan": "({0} != {0})",
}
INTEGERS = {
    "absolute": "({0} < 0 ? -{0} : {0})", "sign": "(({0} > 0) - ({0} < 0))", "bitwise_and": "({0} & {1})",
    "bitwise_or": "({0} | {1})", "bitwise_xor": "({0} ^ {1})", "invert": "(~{0})", "left_shift": "({0} << {1})",
    "right_shift": "({0} >> {1})",
}
TRUTHS = {"bitwise_and": "({0} && {1})", "bitwise_or": "({0} || {1})", "bitwise_xor": "({0} != {1})",
          "invert": "(!{0})", "add": "({0} || {1})", "multiply": "({0} && {1})"}
NUMERIC = {"add": "({0} + {1})", "subtract": "({0} - {1})", "multiply": "({0} * {1})", "negative": "(-{0})",
           "square": "({0} * {0})", "maximum": "({0} != {0} || {0} >= {1} ? {0} : {1})",
           "minimum": "({0} != {0} || {0} <= {1} ? {0} : {1})"}
ALL = {"greater": "({0} > {1})", "greater_equal": "({0} >= {1})", "less": "({0} < {1})", "less_equal": "({0} <= {1})",
       "equal": "({0} == {1})", "not_equal": "({0} != {1})", "logical_and": "({0} && {1})",
       "logical_or": "({0} || {1})", "logical_xor": "(!{0} != !{1})", "logical_not": "(!{0})"}
BY_KIND = {"f": FLOATS | NUMERIC | ALL, "i": INTEGERS | NUMERIC | ALL, "u": INTEGERS | NUMERIC | ALL,
           "b": TRUTHS | ALL}
UNSIGNED_REST = {"remainder": "({0} % {1})", "floor_divide": "({0} / {1})"}     # where nothing is negative


def in_c(name, operands):
    """(C for the operands {0}, {1}, ..., the dtypes that they are cast to, that of the result), with NumPy's types.

    Args:
        name: a ufunc's name in NumPy.
        operands: a dtype each, or Python's int, float or bool for a number without one.

    Raises:
        NotTraceable: there is no C for it.
    """
    ufunc = getattr(np, name)
    name = ufunc.__name__       # np.abs is "absolute"
    try:
        *kinds, dtype = ufunc.resolve_dtypes((*operands, None))
    except (TypeError, ValueError) as error:
        raise NotTraceable(str(error)) from None
    kind = kinds[0].kind
    template = BY_KIND.get(kind, {}).get(name) or (UNSIGNED_REST.get(name) if kind == "u" else None)
    if template is None:
        raise NotTraceable(f"no text for {name} of {kinds[0]}")
    return template, kinds, dtype
