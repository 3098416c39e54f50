"""Step 1: a value that remembers how it was made.

A Python float forgets: 16.0 does not say what it was computed from, so it cannot say which number to change to make
it smaller. New here: a Tensor keeps its value, the name of the op that made it, and the inputs of that op. These keep
theirs, and so on back to the start: together they are the graph of the computation. Our example is one neuron:

    y = w x + b              a weight w, an input x, a bias b
    loss = (y - t)²          how far y is from its target t

In tinynn: tinynn/autodiff/tensor.pyx (Tensor), tinynn/autodiff/bind.pyx (the door).
"""

OPS = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "square": lambda x: x * x,
}


class Tensor:
    """A number with its past. A number that the program starts from has no op and no inputs."""

    def __init__(self, value, op=None, inputs=()):
        self.value, self.op, self.inputs = value, op, inputs

    __add__ = lambda x, y: bind("add", x, y)
    __sub__ = lambda x, y: bind("subtract", x, y)
    __mul__ = lambda x, y: bind("multiply", x, y)


def bind(op, *inputs):
    """The one door: every computation passes here, so that none is forgotten."""
    return Tensor(OPS[op](*[x.value for x in inputs]), op, inputs)


def square(x):
    return bind("square", x)


def formula(tensor):
    """How a value was made, asked of the value alone."""
    return f"{tensor.op}({', '.join(map(formula, tensor.inputs))})" if tensor.inputs else str(tensor.value)


def neuron():
    """Every value on the way to the loss, by name."""
    w, x, b, t = Tensor(2.0), Tensor(3.0), Tensor(-1.0), Tensor(9.0)
    product = w * x
    y = product + b
    error = y - t
    loss = square(error)
    return {"w": w, "x": x, "b": b, "t": t, "product": product, "y": y, "error": error, "loss": loss}


def numbers():
    return {name: tensor.value for name, tensor in neuron().items()}


def main():
    values = neuron()
    names = {tensor: name for name, tensor in values.items()}
    print("name     value  made by")
    for name, tensor in values.items():
        made_by = f"{tensor.op}({', '.join(names[x] for x in tensor.inputs)})" if tensor.op else "given"
        print(f"{name:7} {tensor.value:6.1f}  {made_by}")
    print(f"\nThe loss alone still knows: {formula(values['loss'])} = {values['loss'].value}")
    print("\nQuestion: x y is 6 where x = 2 and y = 3. How fast does it grow when x grows, and when y does? And")
    print("how fast do x + y, x - y and x² grow? Step 2.")


if __name__ == "__main__":
    main()
