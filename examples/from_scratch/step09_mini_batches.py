"""Step 9: mini-batches.

Step 8 looks at every row before it makes one step. New here: a step looks at a few rows, a mini-batch, and the next
at others; when all rows have had their turn, an epoch is over, and they are mixed anew. The loss is a mean over rows,
so the mean of the gradients of k batches of equal size is the gradient g of all rows:

    g  =  (g₁ + ... + gₖ) / k           gᵢ the gradient of batch i

So each batch points roughly the right way, and k steps cost what one step with all rows does. The example looks for
y = 2 x₀ - x₁ + 0.5 x₂ behind 240 noisy points.

In tinynn: tinynn/data/order.py (shuffle), tinynn/keras/training/loop.py (fit).
"""

import numpy as np

POINTS = np.random.default_rng(1)
X = POINTS.normal(size=(240, 3))
Y = X @ [[2.0], [-1.0], [0.5]] + 0.1 * POINTS.normal(size=(240, 1))
RATE, EPOCHS = 0.05, 40


def batches(size, rng):
    """The numbers of all rows, mixed, in batches of one size."""
    return np.split(rng.permutation(len(X)), len(X) // size)


def train(size):
    """(w, the loss of all rows) at the start and after each epoch."""
    w, rng, history = Tensor(np.zeros((3, 1))), np.random.default_rng(2), []
    for _ in range(EPOCHS + 1):
        history.append((w.value, float(mean_squared_error(w, ...).value)))
        for rows in batches(size, rng):
            w.value = w.value - RATE * backward(mean_squared_error(w, rows))[w]
    return history


def mean_squared_error(w, rows):
    y = bind("matmul", Tensor(X[rows]), w)
    return bind("reduce_mean", bind("square", bind("subtract", y, Tensor(Y[rows]))))


# ---- from the steps before -------------------------------------------------------------------------------------------

OPS = {     # name: (body, vjp)
    "subtract": (np.subtract, lambda g, x, y: (g, -g)),
    "square": (np.square, lambda g, x: (g * (x * 2.0),)),
    "matmul": (np.matmul, lambda g, a, b: (g @ b.T, a.T @ g)),
    "reduce_mean": (np.mean, lambda g, x: (np.broadcast_to(g / x.size, x.shape),)),
}


class Tensor:
    def __init__(self, value, op=None, inputs=()):
        self.value, self.op, self.inputs = np.asarray(value, "float64"), op, inputs


def bind(op, *inputs):
    return Tensor(OPS[op][0](*[x.value for x in inputs]), op, inputs)


def topological_order(tensor, order):
    if tensor not in order:
        for x in tensor.inputs:
            topological_order(x, order)
        order[tensor] = None
    return order


def backward(target):
    gradients = {target: np.ones_like(target.value)}
    for tensor in reversed(topological_order(target, {})):
        handed = OPS[tensor.op][1](gradients[tensor], *[x.value for x in tensor.inputs]) if tensor.op else ()
        for x, gradient in zip(tensor.inputs, handed, strict=True):
            gradients[x] = gradients.get(x, 0.0) + gradient
    return gradients


def numbers():
    """The gradient at w = 0, of batches of 60 and of all rows; and the training with all rows and with 20 at a time."""
    w = Tensor(np.zeros((3, 1)))
    parts = [backward(mean_squared_error(w, rows))[w] for rows in batches(60, np.random.default_rng(2))]
    return {"parts": parts, "all": backward(mean_squared_error(w, ...))[w], "runs": (train(240), train(20))}


def main():
    result, show = numbers(), lambda array: "".join(f"{x:8.3f}" for x in np.ravel(array))
    for i, part in enumerate(result["parts"]):
        print(f"gradient at w = 0, batch {i + 1} of 4  {show(part)}")
    print(f"{'mean of the four':>32}  {show(np.mean(result['parts'], axis=0))}")
    print(f"{'all rows':>32}  {show(result['all'])}\n\nepoch   all rows:  loss, w{'batches of 20:  loss, w':>37}")
    for epoch, ((w, loss), (w2, loss2)) in enumerate(zip(*result["runs"], strict=True)):
        if epoch in (0, 1, 2, 3, 10, 20, 40):
            print(f"{epoch:5}{loss:10.4f}{show(w)}{loss2:13.4f}{show(w2)}")
    print("\nQuestion: step 5's search cannot follow a chain of 5,000 ops. Is there an order without it? Step 10.")


if __name__ == "__main__":
    main()
