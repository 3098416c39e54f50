"""Step 12: all of it, on handwritten digits.

1,438 images of 8 x 8 pixels to learn from, 359 others for a test. Momentum, mini-batches and the tape are those of the
steps before; matmul_bias is steps 6 and 7 in one op. New here: relu, which keeps what is positive, and the loss of a
classifier, the cross-entropy of the probabilities p that it gives to the ten digits:

    p = softmax(z),  p[j] = e^z[j] / Σ_k e^z[k]           loss = -log p[label]           vjp:  g (p - one_hot(label))

In tinynn: tinynn/ops/loss.py, tinynn/ops/activation.py, tinynn/ops/fused.py; examples/digits.py does it with layers.
"""

import itertools
import pathlib

import numpy as np

DATA = pathlib.Path(__file__).resolve().parents[2] / "tinynn/keras/datasets/data/digits.csv.gz"
EPOCHS, BATCHES, RATE, MOMENTUM = 20, 45, 0.0625, 0.875
SERIALS, TAPES = itertools.count(), []


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))        # the largest is 1: no overflow
    return e / e.sum(axis=1, keepdims=True)


OPS = {     # name: (body, vjp)
    "matmul_bias": (lambda a, b, bias: a @ b + bias, lambda g, a, b, bias: (g @ b.T, a.T @ g, g.sum(axis=0))),
    "relu": (lambda x: np.maximum(x, 0.0), lambda g, x: (np.where(x > 0.0, g, 0.0),)),
    "cross_entropy": (lambda z, one_hot: -np.log(np.sum(softmax(z) * one_hot, axis=1)).mean(),
                      lambda g, z, one_hot: (g * (softmax(z) - one_hot) / len(z), None)),
}


class Tensor:
    def __init__(self, value):
        self.value, self.serial = value, next(SERIALS)


class GradientTape:     # without `watch`: it writes down everything
    def __enter__(self):
        self.records = []
        TAPES.append(self)
        return self

    def __exit__(self, *exception):
        TAPES.remove(self)

    def gradient(self, target, sources):
        gradients = {target.serial: 1.0}
        for op, serials, values, output in reversed(self.records):
            for serial, g in zip(serials, OPS[op][1](gradients[output], *values), strict=True):
                gradients[serial] = gradients[serial] + g if serial in gradients else g
        return [gradients[x.serial] for x in sources]


def bind(op, *inputs):
    values = [x.value for x in inputs]
    output = Tensor(OPS[op][0](*values))
    for tape in TAPES:
        tape.records.append((op, [x.serial for x in inputs], values, output.serial))
    return output


def network(x, w1, b1, w2, b2):
    return bind("matmul_bias", bind("relu", bind("matmul_bias", Tensor(x), w1, b1)), w2, b2)


def numbers():
    """The mean loss of each epoch, and the images, labels and answers of the test."""
    table = np.loadtxt(DATA, delimiter=",")[np.random.RandomState(0).permutation(1797)]
    x, labels, rng, losses = table[:, :64] / 16.0, table[:, 64].astype(int), np.random.default_rng(1), []
    arrays = rng.normal(size=(64, 32)) / 8.0, np.zeros(32), rng.normal(size=(32, 10)) / 6.0, np.zeros(10)
    weights, moves = [Tensor(array) for array in arrays], [0.0] * len(arrays)
    for _ in range(EPOCHS):
        losses.append(0.0)
        for rows in np.array_split(rng.permutation(1438), BATCHES):
            with GradientTape() as tape:
                loss = bind("cross_entropy", network(x[rows], *weights), Tensor(np.eye(10)[labels[rows]]))
            losses[-1] += float(loss.value) / BATCHES
            for i, g in enumerate(tape.gradient(loss, weights)):
                moves[i] = MOMENTUM * moves[i] - RATE * g
                weights[i].value = weights[i].value + moves[i]
    return losses, x[1438:].reshape(-1, 8, 8), labels[1438:], network(x[1438:], *weights).value.argmax(axis=1)


def main():
    losses, images, labels, answers = numbers()
    print("\n".join(f"epoch {epoch:2}   loss {losses[epoch - 1]:.4f}" for epoch in (1, 2, 5, 10, 20)))
    print(f"{np.sum(answers == labels)} of the {len(labels)} images of the test are read correctly\n")
    shown = [0, 1, 2, 3, *np.flatnonzero(answers != labels)[:1]]
    print("  ".join(f"{f'a {labels[i]}, read as {answers[i]}':16}" for i in shown).rstrip())
    for line in np.pad(images[shown], ((0, 0), (0, 0), (0, 1))).transpose(1, 0, 2).reshape(8, -1):
        print("".join(2 * " .:-=+*#%@"[int(9 * ink)] for ink in line).rstrip())
    print("\nExercise: add a third layer, which takes two more arrays and a change in `network`.")


if __name__ == "__main__":
    main()
