"""Step 3: the chain rule.

Step 2 has the gradient of one op; the loss of step 1 takes four. New here: `backward` starts at the loss with g = 1
and goes back along the graph. What a rule returns for an input is the g of the op that made that input:

    dloss/dw  =  dloss/derror · derror/dy · dy/dproduct · dproduct/dw
              =      -8       ·     1     ·      1      ·      3        =  -24

One walk back gives the gradient of every value on the way, for the price of a few computations of the loss, however
many weights there are. (Measuring, as in step 2, takes two more computations for each weight.)

In tinynn: tinynn/autodiff/record.pyx (apply, step_back).
"""


def backward(tensor, g=1.0):
    """{tensor: the gradient of the result with respect to it}, for the tensor that is the result and all before it."""
    gradients = {tensor: g}
    for x, gradient in apply(tensor, g):
        gradients.update(backward(x, gradient))
    return gradients


def apply(tensor, g):
    """The inputs of a tensor's op, each with the gradient that the op's rule hands to it."""
    if tensor.op is None:
        return []
    _, vjp = OPS[tensor.op]
    return zip(tensor.inputs, vjp(g, *[x.value for x in tensor.inputs]), strict=True)


# ---- from steps 1 and 2 ----------------------------------------------------------------------------------------------

OPS = {     # name: (body, vjp)
    "add": (lambda x, y: x + y, lambda g, x, y: (g, g)),
    "subtract": (lambda x, y: x - y, lambda g, x, y: (g, -g)),
    "multiply": (lambda x, y: x * y, lambda g, x, y: (g * y, g * x)),
    "square": (lambda x: x * x, lambda g, x: (g * (x * 2.0),)),
}


class Tensor:
    def __init__(self, value, op=None, inputs=()):
        self.value, self.op, self.inputs = value, op, inputs

    __add__ = lambda x, y: bind("add", x, y)
    __sub__ = lambda x, y: bind("subtract", x, y)
    __mul__ = lambda x, y: bind("multiply", x, y)


def bind(op, *inputs):
    body, _ = OPS[op]
    return Tensor(body(*[x.value for x in inputs]), op, inputs)


def neuron(w=2.0, x=3.0, b=-1.0, t=9.0):
    w, x, b, t = Tensor(w), Tensor(x), Tensor(b), Tensor(t)
    product = w * x
    y = product + b
    error = y - t
    loss = bind("square", error)
    return {"w": w, "x": x, "b": b, "t": t, "product": product, "y": y, "error": error, "loss": loss}


def numbers():
    """{name: (value, gradient of the loss with respect to it)}"""
    values = neuron()
    gradients = backward(values["loss"])
    return {name: (tensor.value, gradients[tensor]) for name, tensor in values.items()}


def main():
    rows = numbers()
    print("from the end    value   gradient of the loss")
    for name, (value, gradient) in reversed(rows.items()):
        print(f"{name:14} {value:6.1f}   {gradient:6.1f}")
    h = 1e-5
    up, down = [neuron(w=2.0 + move)["loss"].value for move in (h, -h)]
    print(f"\nmeasured, as in step 2, for w: {(up - down) / (2 * h):.6f}")
    print("\nQuestion: let u = x x and y = u u + u at x = 2. There y = x⁴ + x² has the slope 4x³ + 2x = 36. What")
    print("does `backward` say, and which line of it is to blame? Step 4.")


if __name__ == "__main__":
    main()
