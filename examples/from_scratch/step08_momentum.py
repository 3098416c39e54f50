"""Step 8: descent, and momentum.

Steps 2 to 7 find the gradient of a loss, which points uphill, and stay where they are. New here: Variables, which
training changes, and two ways down. Gradient descent goes against the gradient g, by a rate. In a long narrow valley
a small rate creeps along the ground, and a large one jumps from wall to wall. Momentum keeps a part μ of the last
move: across the valley the moves cancel, along it they add up, to 1 / (1 - μ) times the move where g stays the same.

    gradient descent         w ← w - rate g
    momentum                 m ← μ m - rate g,    w ← w + m

In tinynn: tinynn/ops/update.py (momentum_update), tinynn/keras/optimizers/descent.py (SGD).
"""

import numpy as np

RATE, STEPS = 0.5, 50


def train(momentum):
    """Fits slope x + offset to the line 3 x - 1. Returns (slope, offset, loss) before each step and at the end."""
    x = Tensor(np.linspace(0.0, 1.0, 11))
    y = Tensor(3.0 * x.value - 1.0)
    slope, offset = Variable(0.0), Variable(0.0)
    history, moves = [], {slope: 0.0, offset: 0.0}
    for _ in range(STEPS + 1):
        loss = bind("reduce_mean", bind("square", slope * x + offset - y))
        history.append((float(slope.value), float(offset.value), float(loss.value)))
        gradients = backward(loss)
        for w in (slope, offset):
            moves[w] = momentum * moves[w] - RATE * gradients[w]
            w.value = w.value + moves[w]
    return history


# ---- from the steps before -------------------------------------------------------------------------------------------

def unbroadcast(g, shape):
    padded = (1,) * (g.ndim - len(shape)) + shape
    return g.sum(axis=tuple(i for i, n in enumerate(padded) if n != g.shape[i])).reshape(shape)


OPS = {     # name: (body, vjp)
    "add": (np.add, lambda g, x, y: (unbroadcast(g, x.shape), unbroadcast(g, y.shape))),
    "subtract": (np.subtract, lambda g, x, y: (unbroadcast(g, x.shape), unbroadcast(-g, y.shape))),
    "multiply": (np.multiply, lambda g, x, y: (unbroadcast(g * y, x.shape), unbroadcast(g * x, y.shape))),
    "square": (np.square, lambda g, x: (g * (x * 2.0),)),
    "reduce_mean": (np.mean, lambda g, x: (np.broadcast_to(g / x.size, x.shape),)),
}


class Tensor:
    def __init__(self, value, op=None, inputs=()):
        self.value, self.op, self.inputs = np.asarray(value, "float64"), op, inputs

    __add__ = lambda x, y: bind("add", x, y)
    __sub__ = lambda x, y: bind("subtract", x, y)
    __mul__ = lambda x, y: bind("multiply", x, y)


class Variable(Tensor):
    """A Tensor that training gives new values."""


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
    return {momentum: train(momentum) for momentum in (0.0, 0.75)}


def main():
    print(f"      gradient descent{'momentum, μ = 0.75':>30}\nstep" + 2 * "     slope   offset     loss")
    for step, rows in enumerate(zip(*numbers().values(), strict=True)):
        if step in (0, 1, 2, 5, 10, 20, 30, 40, 50):
            print(f"{step:4}" + "".join(f"  {a:8.3f} {b:8.3f} {loss:8.1e}" for a, b, loss in rows))
    print("\nExercise: with RATE = 0.8 gradient descent runs away, momentum does not. Find the limit of each.")
    print("Question: each step looks at all rows. What if there are a million? Step 9.")


if __name__ == "__main__":
    main()
