"""Step 6: matrices.

The Tensors of step 5 hold one number each, and a layer needs thousands. New here: a Tensor holds a NumPy array, and
one op does the work of many. Graph, order and walk stay as they are; only rules are new. That of the matrix product,

    c = a b,  c[i, j] = Σ_k a[i, k] b[k, j]             vjp:  (g bᵀ, aᵀ g)

is the diamond again: a[i, k] is used for every j, so its gradient is Σ_j g[i, j] b[k, j], which is row i of g times
column k of bᵀ. To remember it, look at the shapes: a gradient has the shape of its value, and there is one way only
to make (m, k) of g (m, n) and b (k, n). The gradient of a sum is g, for each element of what was summed.

In tinynn: tinynn/ops/linalg.py (matmul), tinynn/ops/broadcast.py (reduce_sum).
"""

import numpy as np

OPS = {     # name: (body, vjp)
    "subtract": (np.subtract, lambda g, x, y: (g, -g)),
    "square": (np.square, lambda g, x: (g * (x * 2.0),)),
    "matmul": (np.matmul, lambda g, a, b: (g @ b.T, a.T @ g)),
    "reduce_sum": (np.sum, lambda g, x: (np.broadcast_to(g, x.shape),)),
}


class Tensor:
    def __init__(self, value, op=None, inputs=()):
        self.value, self.op, self.inputs = np.asarray(value, "float64"), op, inputs

    __sub__ = lambda x, y: bind("subtract", x, y)
    __matmul__ = lambda a, b: bind("matmul", a, b)


# ---- from the steps before -------------------------------------------------------------------------------------------

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


def numbers():
    """{name: (value, gradient of the loss)}, for two rows of three inputs and a layer of two units."""
    x, w = Tensor([[1, 2, 3], [4, 5, 6]]), Tensor([[1, 0], [0, 1], [1, -1]])
    y = x @ w
    error = y - Tensor([[3, 0], [8, 1]])
    loss = bind("reduce_sum", bind("square", error))
    gradients = backward(loss)
    values = {"loss": loss, "error": error, "y": y, "w": w, "x": x}
    return {name: (tensor.value, gradients[tensor]) for name, tensor in values.items()}


def main():
    print("from the end   value                gradient of the loss")
    for name, arrays in numbers().items():
        for row, (value, gradient) in enumerate(zip(*map(np.atleast_2d, arrays), strict=True)):
            cells = ["".join(f"{number:6.0f}" for number in line) for line in (value, gradient)]
            print(f"{name if row == 0 else '':10}{cells[0]:21}{cells[1]}")
    print("\nBy hand: dloss/dw[0, 0] = Σ_i x[i, 0] g[i, 0] = 1 · 2 + 4 · 4 = 18")
    print("\nQuestion: y of shape (3, 2) gets a bias b of shape (2,); NumPy adds it to each row (broadcasting).")
    print("The gradient g of the result has shape (3, 2). What is that of b, and of which shape? Step 7.")


if __name__ == "__main__":
    main()
