"""Step 2: the gradient of one op.

Step 1 knows how a value was made, but not how fast it changes when an input does. New here: beside its body every op
has a rule, its vjp (vector-Jacobian product). It is given g, how fast the final result changes with this op's output,
and the op's inputs; it returns how fast the final result changes with each input:

    z = x y         dz/dx = y,  dz/dy = x          vjp:  (g y, g x)

Where the op itself is the final result, g is 1. Rules come from a page of calculus; a measurement tells whether they
are right: move an input by ±h, and see how far the output moves.

    dz/dx  ≈  (z(x + h, y) - z(x - h, y)) / 2h

In tinynn: tinynn/ops/math.py (bodies and rules), tinynn/testing.py (the measurement).
"""

OPS = {     # name: (body, vjp)
    "add": (lambda x, y: x + y, lambda g, x, y: (g, g)),
    "subtract": (lambda x, y: x - y, lambda g, x, y: (g, -g)),
    "multiply": (lambda x, y: x * y, lambda g, x, y: (g * y, g * x)),
    "square": (lambda x: x * x, lambda g, x: (g * (x * 2.0),)),
}


def measured(body, inputs, h=1e-5):
    """The slope of a body along each input, from two calls of it; about ten digits are right."""
    slopes = []
    for i in range(len(inputs)):
        up, down = list(inputs), list(inputs)
        up[i] += h
        down[i] -= h
        slopes.append((body(*up) - body(*down)) / (2 * h))
    return tuple(slopes)


def numbers():
    """Per op: its value, the gradient by its rule, and the gradient as measured, where x = 2 and y = 3."""
    result = {}
    for op, (body, vjp) in OPS.items():
        inputs = (2.0,) if op == "square" else (2.0, 3.0)
        result[op] = {"value": body(*inputs), "vjp": vjp(1.0, *inputs), "measured": measured(body, inputs)}
    return result


def main():
    print("x = 2, y = 3   value   d/dx by rule, measured      d/dy by rule, measured")
    for op, row in numbers().items():
        pairs = [f"{rule:12.1f}  {slope:13.10f}" for rule, slope in zip(row["vjp"], row["measured"], strict=True)]
        print(f"{op:14} {row['value']:5.1f}{'  '.join(pairs)}")
    print("\nQuestion: in step 1 four ops lead from w to the loss: multiply, add, subtract, square. Each has its")
    print("rule now. How fast does the loss change with w? Step 3.")


if __name__ == "__main__":
    main()
