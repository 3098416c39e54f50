"""Step 10: the tape.

Steps 1 to 9 keep a graph of objects: a Tensor holds all that it was made of in memory, whether its gradient will be
asked for or not, and the search for an order fails on a chain of 5,000 ops (RecursionError). New here: a tape writes
ops down as they run. An op can run only after its inputs were made, so the order of writing is a topological order:
no search and no recursion, only a list that is read backwards. The tape writes only inside its `with`, and only what
follows from the tensors that it watches. Tensors know nothing of it: records name them by serials, numbers that are
used once. (Python's id() would not do: when an object goes, its id is given to a new one.)

In tinynn: tinynn/autodiff/record.pyx (Record, step_back), tinynn/autodiff/recording.pyx (record, walk).
"""

import itertools

SERIALS = itertools.count()
TAPES = []      # those that are recording now


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
            self.records.append((op, [x.serial for x in inputs], [x.value for x in inputs], output.serial))

    def gradient(self, target, sources):
        gradients = {target.serial: 1.0}
        for op, serials, values, output in reversed(self.records):
            if output in gradients:
                for serial, gradient in zip(serials, OPS[op][1](gradients[output], *values), strict=True):
                    if serial in self.known:
                        gradients[serial] = gradients.get(serial, 0.0) + gradient
        return [gradients.get(x.serial) for x in sources]


class Tensor:
    def __init__(self, value):
        self.value, self.serial = value, next(SERIALS)

    __add__ = lambda x, y: bind("add", x, y)
    __sub__ = lambda x, y: bind("subtract", x, y)
    __mul__ = lambda x, y: bind("multiply", x, y)


def bind(op, *inputs):
    output = Tensor(OPS[op][0](*[x.value for x in inputs]))
    for tape in TAPES:
        tape.record(op, inputs, output)
    return output


OPS = {     # name: (body, vjp), from step 2
    "add": (lambda x, y: x + y, lambda g, x, y: (g, g)),
    "subtract": (lambda x, y: x - y, lambda g, x, y: (g, -g)),
    "multiply": (lambda x, y: x * y, lambda g, x, y: (g * y, g * x)),
    "square": (lambda x: x * x, lambda g, x: (g * (x * 2.0),)),
}


def numbers():
    """The neuron of step 1 with w and b watched, and a chain of 5,000 ops."""
    w, x, b, t = [Tensor(value) for value in (2.0, 3.0, -1.0, 9.0)]
    with GradientTape() as tape:
        tape.watch(w)
        tape.watch(b)
        loss = bind("square", w * x + b - t)
    with GradientTape() as long_tape:
        long_tape.watch(w)
        y = sum([w] * 5000, start=w)
    return {"tape": tape.records, "loss": loss.value, "gradients": tape.gradient(loss, [w, x, b]),
            "chain": (len(long_tape.records), y.value, long_tape.gradient(y, [w])[0])}


def main():
    result = numbers()
    print("w = #0, x = #1, b = #2, t = #3\n\nthe tape         inputs   their values")
    for op, serials, values, output in result["tape"]:
        print(f"#{output} = {op:11} {' '.join(f'#{s}' for s in serials):7}  {'  '.join(f'{v:4.1f}' for v in values)}")
    print("\nread backwards: gradient of w = {}, of x = {} (not watched), of b = {}".format(*result["gradients"]))
    print("a chain of {:,} ops: w + w + ... = {:,.1f}, gradient of w = {:,.1f}".format(*result["chain"]))
    print("\nQuestion: `gradient` computes with floats, which no tape sees. What must change so that an outer")
    print("tape writes down the walk of an inner one, and gives the gradient of the gradient? Step 11.")


if __name__ == "__main__":
    main()
