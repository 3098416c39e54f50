"""Step 7: the gradient of broadcasting.

Step 6 cannot add a bias: y of shape (3, 2) and b of shape (2,) meet by broadcasting, which uses b again for each row.
It is the diamond once more: what is used several times gets the sum of the gradients. New here: `unbroadcast` sums g
along the axes that broadcasting has added or stretched, so that a gradient has the shape of its value again.

    z = y + b,   z[i, j] = y[i, j] + b[j]          db[j] = Σ_i g[i, j]

Every rule of an op whose inputs broadcast ends with it. Nothing else changes.

In tinynn: tinynn/ops/broadcast.py (unbroadcast), tinynn/ops/math.py (the rules that use it).
"""

import numpy as np


def unbroadcast(g, shape):
    """The gradient of an input of `shape`, given the gradient of what it was broadcast to."""
    padded = (1,) * (g.ndim - len(shape)) + shape       # a missing axis counts as one of length 1
    return g.sum(axis=tuple(i for i, n in enumerate(padded) if n != g.shape[i])).reshape(shape)


OPS = {     # name: (body, vjp)
    "add": (np.add, lambda g, x, y: (unbroadcast(g, x.shape), unbroadcast(g, y.shape))),
    "multiply": (np.multiply, lambda g, x, y: (unbroadcast(g * y, x.shape), unbroadcast(g * x, y.shape))),
    "matmul": (np.matmul, lambda g, a, b: (g @ b.T, a.T @ g)),
    "reduce_sum": (np.sum, lambda g, x: (np.broadcast_to(g, x.shape),)),
}


# ---- from the steps before -------------------------------------------------------------------------------------------

class Tensor:
    def __init__(self, value, op=None, inputs=()):
        self.value, self.op, self.inputs = np.asarray(value, "float64"), op, inputs


def bind(op, *inputs):
    body, _ = OPS[op]
    return Tensor(body(*[x.value for x in inputs]), op, inputs)


def apply(tensor, g):
    if tensor.op is None:
        return []
    _, vjp = OPS[tensor.op]
    return zip(tensor.inputs, vjp(g, *[x.value for x in tensor.inputs]), strict=True)


def topological_order(tensor, order):
    if tensor not in order:
        for x in tensor.inputs:
            topological_order(x, order)
        order[tensor] = None
    return order


def backward(target):
    gradients = {target: np.ones_like(target.value)}
    for tensor in reversed(topological_order(target, {})):
        for x, gradient in apply(tensor, gradients[tensor]):
            gradients[x] = gradients.get(x, 0.0) + gradient
    return gradients


WEIGHT = [[1, 2, 3], [4, 5, 6]]     # what the sum is weighed with: the g that arrives at `add`
SHAPES = ((2, 3), (3,), (1, 3), (2, 1), ())


def numbers():
    """{shape: the gradient of an input of that shape which is added to one of shape (2, 3)}; a layer's gradients."""
    result = {}
    for shape in SHAPES:
        x = Tensor(np.ones(shape))
        total = bind("add", x, Tensor(np.zeros((2, 3))))
        result[shape] = backward(bind("reduce_sum", bind("multiply", total, Tensor(WEIGHT))))[x]
    x, w, b = Tensor([[1, 2], [3, 4], [5, 6]]), Tensor([[1, 0], [1, -1]]), Tensor([5, 7])
    y = bind("add", bind("matmul", x, w), b)
    loss = bind("reduce_sum", bind("multiply", y, y))
    gradients = backward(loss)
    return {**result, "y": y.value, "loss": loss.value, "gradient of w": gradients[w], "gradient of b": gradients[b]}


def main():
    result = numbers()
    print(f"g = {WEIGHT} arrives at x + zeros of shape (2, 3)\nshape of x   gradient of x")
    for shape in SHAPES:
        print(f"{shape!s:12} {result[shape].tolist()}")
    print("\ny = x w + b, loss = Σ y²")
    for name in ("y", "loss", "gradient of w", "gradient of b"):
        print(f"{name:13} = {result[name].tolist()}")
    print("\nExercise: let `unbroadcast` return g itself. Then b - 0.1 * gradient is a matrix: no error says so.")
    print("Question: you have the gradient. How do you lower the loss with it, and how fast can it go? Step 8.")


if __name__ == "__main__":
    main()
