"""Step 5: topological order.

Step 4 visits too often, or goes on too early. New here: put the values into an order in which each comes after all
its inputs (a topological order), and walk that order backwards. When it is a value's turn, everything that uses it
has had its turn, so its gradient is complete; and every value has one turn.

    x, u, u u, y        u comes after x, u u after u, and y after both
    y, u u, u, x        backwards: u waits for u u and for y, and goes on to x once, with 9

To find the order, go to the inputs first and write a value down when all its inputs are written down (depth-first
search, post-order).

In tinynn: tinynn/autodiff/recording.pyx (walk), which needs no search: step 10 shows why.
"""


def topological_order(target):
    """The target and all values that it was made of, each once, after its inputs."""
    order, seen = [], set()

    def visit(tensor):
        if tensor not in seen:
            seen.add(tensor)
            for x in tensor.inputs:
                visit(x)
            order.append(tensor)

    visit(target)
    return order


def backward(target):
    """{tensor: the gradient of the target with respect to it}"""
    gradients = {target: 1.0}
    for tensor in reversed(topological_order(target)):
        for x, gradient in apply(tensor, gradients[tensor]):
            gradients[x] = gradients.get(x, 0.0) + gradient
    return gradients


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
    """The diamond of step 4 in its order, as (name, value, gradient); 64 doublings, as (visits, gradient)."""
    x = Tensor(2.0)
    u = x * x
    product = u * u
    y = product + u
    names, gradients = {x: "x", u: "u", product: "u u", y: "y"}, backward(y)
    start = z = Tensor(1.0)
    for _ in range(64):
        z = z + z
    return {"diamond": [(names[tensor], tensor.value, gradients[tensor]) for tensor in topological_order(y)],
            "doublings": (len(topological_order(z)), backward(z)[start])}


def main():
    result = numbers()
    print("order backwards   value   gradient of y")
    for name, value, gradient in reversed(result["diamond"]):
        print(f"{name:16} {value:6.1f}   {gradient:6.1f}")
    visits, gradient = result["doublings"]
    print(f"\n64 doublings: {visits} visits instead of {2**65 - 1:,}\n{'gradient':>24} 2⁶⁴ = {gradient:,.0f}")
    print("\nQuestion: a layer of 64 inputs and 128 units multiplies 8,192 times per image, which makes as many")
    print("Tensors. Let one Tensor hold a matrix: what is the rule of a matrix product c = a b? Step 6.")


if __name__ == "__main__":
    main()
