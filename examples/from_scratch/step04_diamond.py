"""Step 4: the diamond, a value that is used twice.

Step 3 is right as long as each value is used once. Here u is used three times, and x twice:

    x ══▶ u ══▶ u u ──▶ y           u = x x,   y = u u + u
          └─────────────▲           at x = 2:  u = 4, u u = 16, y = 20

A change of u reaches y along every path, so the gradients of all paths add up: dy/du = u + u + 1 = 9, and then
dy/dx = 9 (x + x) = 36. Three ways to walk back, of which two are wrong and one takes forever:

    overwrite    (step 3) what arrives last replaces what came before
    every path   adds up, and goes on with each arrival by itself: right, but the number of paths doubles per diamond
    visit once   adds up, but goes on only at the first arrival: fast, and wrong, for the rest had not arrived yet

In tinynn: tinynn/autodiff/record.pyx (accumulate).
"""


def overwrite(tensor, g, gradients):
    """Each way fills `gradients` and returns how many values it visited, repeats included."""
    gradients[tensor] = g
    return 1 + sum(overwrite(x, gradient, gradients) for x, gradient in apply(tensor, g))


def every_path(tensor, g, gradients):
    gradients[tensor] = gradients.get(tensor, 0.0) + g
    return 1 + sum(every_path(x, gradient, gradients) for x, gradient in apply(tensor, g))


def visit_once(tensor, g, gradients):
    if tensor in gradients:
        gradients[tensor] += g
        return 0
    gradients[tensor] = g
    return 1 + sum(visit_once(x, gradient, gradients) for x, gradient in apply(tensor, g))


# ---- from the steps before -------------------------------------------------------------------------------------------

OPS = {     # name: (body, vjp)
    "add": (lambda x, y: x + y, lambda g, x, y: (g, g)),
    "multiply": (lambda x, y: x * y, lambda g, x, y: (g * y, g * x)),
}


class Tensor:
    def __init__(self, value, op=None, inputs=()):
        self.value, self.op, self.inputs = value, op, inputs

    __add__ = lambda x, y: bind("add", x, y)
    __mul__ = lambda x, y: bind("multiply", x, y)


def bind(op, *inputs):
    body, _ = OPS[op]
    return Tensor(body(*[x.value for x in inputs]), op, inputs)


def apply(tensor, g):
    if tensor.op is None:
        return []
    _, vjp = OPS[tensor.op]
    return zip(tensor.inputs, vjp(g, *[x.value for x in tensor.inputs]), strict=True)


def numbers():
    """Per way: dy/du, dy/dx and the visits; and the visits of `every_path` for n doublings of a value."""
    result = {}
    for way in (overwrite, visit_once, every_path):
        x = Tensor(2.0)
        u = x * x
        gradients = {}
        visits = way(u * u + u, 1.0, gradients)
        result[way.__name__] = (gradients[u], gradients[x], visits)
    for n in (1, 2, 4, 8, 16):
        y = Tensor(1.0)
        for _ in range(n):
            y = y + y
        result[n] = every_path(y, 1.0, {})
    return result


def main():
    result = numbers()
    print("way          dy/du   dy/dx   visits")
    for way in ("overwrite", "visit_once", "every_path"):
        du, dx, visits = result.pop(way)
        print(f"{way:11} {du:6.1f}  {dx:6.1f}  {visits:7}   {'right' if (du, dx) == (9.0, 36.0) else 'wrong'}")
    print("\ny = y + y, n times: a row of n diamonds, and only n + 1 values. `every_path` visits")
    for n, visits in result.items():
        print(f"  n = {n:2} {visits:27,}")
    print(f"  n = 64 {2**65 - 1:26,}   (it would take a million years)")
    print("\nQuestion: u may go on to x only when all its gradients have arrived. In which order must the values")
    print("be taken so that this holds for each, and each is taken once? Step 5.")


if __name__ == "__main__":
    main()
