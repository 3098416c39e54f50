"""Step 11: the second derivative.

The tape of step 10 computes gradients with floats, which no tape sees. New here: rules are given Tensors, so they are
made of ops, which pass the door. Their text stays: `g * y` was a product of floats and is an op now. An outer tape
that still records writes down the walk of the inner one, and can walk back over it; tapes nest to any depth.

    a stone falls            position = 4.9 t²,   speed = inner.gradient(position, t),   9.8 = outer.gradient(speed, t)
    Newton's method          x ← x - f'(x) / f''(x)   goes to a minimum of f

In tinynn: tinynn/autodiff/record.pyx (apply), tinynn/ops/math.py (rules made of ops).
"""

import itertools

SERIALS, TAPES = itertools.count(), []


class GradientTape:
    def __init__(self):
        self.records, self.known = [], set()

    def __enter__(self):
        TAPES.append(self)
        return self

    def __exit__(self, *exception):
        TAPES.remove(self)

    def watch(self, tensor):
        self.known.add(tensor.serial)

    def record(self, op, inputs, output):
        if any(x.serial in self.known for x in inputs):
            self.known.add(output.serial)
            self.records.append((op, inputs, output.serial))        # inputs: Tensors, where step 10 kept values

    def gradient(self, target, source):
        gradients = {target.serial: Tensor(1.0)}
        for op, inputs, output in reversed(self.records):
            if output in gradients:
                for x, g in zip(inputs, OPS[op][1](gradients[output], *inputs), strict=True):
                    if x.serial in self.known:
                        gradients[x.serial] = gradients[x.serial] + g if x.serial in gradients else g
        return gradients.get(source.serial)


class Tensor:
    def __init__(self, value):
        self.value, self.serial = value, next(SERIALS)

    __add__ = lambda x, y: bind("add", x, y)
    __mul__ = lambda x, y: bind("multiply", x, y)


def bind(op, *inputs):
    inputs = [x if isinstance(x, Tensor) else Tensor(x) for x in inputs]
    output = Tensor(OPS[op][0](*[x.value for x in inputs]))
    for tape in TAPES:
        tape.record(op, inputs, output)
    return output


OPS = {     # name: (body, vjp); the text is that of step 10
    "add": (lambda x, y: x + y, lambda g, x, y: (g, g)),
    "multiply": (lambda x, y: x * y, lambda g, x, y: (g * y, g * x)),
    "square": (lambda x: x * x, lambda g, x: (g * (x * 2.0),)),
}


def derivatives(f, x, order):       # [f(x), f'(x), f''(x), ...]
    with GradientTape() as tape:
        tape.watch(x)
        values = derivatives(f, x, order - 1) if order > 1 else [f(x)]
    return [*values, tape.gradient(values[-1], x)]


def numbers():
    """4.9 t² and x⁴ at 2 with their derivatives; and Newton's steps (x, f, f', f'') for f = x⁴ / 4 - 2 x."""
    power = lambda x: bind("square", bind("square", x))
    values = lambda f, x, order: [y.value for y in derivatives(f, Tensor(x), order)]
    x, newton = 2.0, []
    for _ in range(7):
        newton.append((x, *values(lambda x: power(x) * 0.25 + x * -2.0, x, 2)))
        x -= newton[-1][2] / newton[-1][3]
    return {"4.9 t²": values(lambda t: bind("square", t) * 4.9, 2.0, 2), "x⁴": values(power, 2.0, 4), "newton": newton}


def main():
    result = numbers()
    for name in ("4.9 t²", "x⁴"):
        print(f"{name:6} and its derivatives at 2: " + "".join(f"{y:8.1f}" for y in result[name]))
    print(f"\nNewton's way to the minimum of f = x⁴ / 4 - 2 x at ∛2\nx{'f':>28}'{'f':>11}''")
    for x, _, slope, curvature in result["newton"]:
        print(f"{x:.15f}  {slope:13.1e}  {curvature:10.6f}")
    print("\nQuestion: which two ops are still missing for a program that reads handwriting? Step 12.")


if __name__ == "__main__":
    main()
