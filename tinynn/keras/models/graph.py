"""Floor 7: the graph between symbolic inputs and outputs, put in order and turned into a plan that runs fast."""

from tinynn.core import nest
from tinynn.keras.symbolic import is_symbolic, node_of


class Graph:
    """The calls that lead from inputs to outputs.

    Args:
        inputs, outputs: symbolic tensors.
        titles: what errors call the outputs.

    Attributes:
        nodes: the calls in an order in which they can run.
        depths: {depth: nodes}, deepest (the inputs) first.
        operations: the layers and ops, each once, in Keras's order: by depth, then by creation.
    """

    def __init__(self, inputs, outputs, titles=None):
        self.inputs, self.outputs = inputs, outputs
        self.nodes = _sorted(inputs, outputs, titles or range(len(outputs)))
        self.depths = _by_depth(self.nodes)
        self.operations = list({id(n.operation): n.operation for ns in self.depths.values() for n in ns}.values())
        self.plan = Plan(self)

    def run(self, values):
        """The values of `outputs` (flat) for those of `inputs` (flat)."""
        return self.plan.run(values)


def _sorted(inputs, outputs, titles):
    """The nodes in order of running; iteratively, so that a deep model needs no deep stack."""
    given = {id(x) for x in inputs}
    order, seen = [], set()
    for tensor, title in zip([*outputs, *inputs], [*titles, *inputs], strict=True):
        stack = [(node_of(tensor), False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                if all(id(x) in given for x in node.outputs):
                    continue
                if not node.inputs:
                    raise ValueError(f"Output with path `{title}` is not connected to the inputs: it depends on "
                                     f"{node.operation.name!r} {node.outputs[0].shape}, which is not among the model's "
                                     "inputs")
                stack.extend((node_of(x), False) for x in reversed(node.inputs))
    return order


def _by_depth(nodes):
    """{depth: nodes}: how many steps lie between a node and the outputs, at most; all calls of a layer count as one."""
    depth, layers, known = {id(n): 0 for n in nodes}, {}, {id(n) for n in nodes}
    for node in reversed(nodes):
        mine = max(depth[id(node)], layers.get(id(node.operation), 0))
        layers[id(node.operation)] = depth[id(node)] = mine
        for parent in node.parents:
            if id(parent) in known:
                depth[id(parent)] = max(depth[id(parent)], mine + 1)
    result = {}
    for node in nodes:
        result.setdefault(depth[id(node)], []).append(node)
    return {d: result[d] for d in sorted(result, reverse=True)}


class Plan:
    """A graph as a flat list of steps over numbered slots."""

    def __init__(self, graph):
        given = {id(x): i for i, x in enumerate(graph.inputs)}
        self.size, self.steps, self.results = len(given), [], []
        slots = dict(given)
        for node in graph.nodes:
            if all(id(x) in given for x in node.outputs):
                continue
            steps_in = [slots[id(x)] for x in node.inputs]
            for x in node.outputs:
                if id(x) not in slots:
                    slots[id(x)], self.size = self.size, self.size + 1
            steps_out = [slots[id(x)] for x in node.outputs]
            single = is_symbolic(node.result)
            plain = not node.kwargs and len(node.args) == 1 and is_symbolic(node.args[0]) and single
            fill = None if plain else _filler(node, steps_in)
            self.steps.append((node.operation, steps_in[0], fill, steps_out[0] if single else steps_out))
        self.results = [slots[id(x)] for x in graph.outputs]
        self.chain = self._as_chain() if len(graph.inputs) == len(graph.outputs) == 1 else None

    def _as_chain(self):
        """The operations, where each works on just the result of the one before."""
        at, chain = 0, []
        for operation, source, fill, target in self.steps:
            if fill is not None or source != at:
                return None
            chain.append(operation)
            at = target
        return tuple(chain) if self.results == [at] else None

    def run(self, values):
        """The values of the outputs for those of the inputs."""
        if self.chain is not None:
            x = values[0]
            for operation in self.chain:
                x = operation(x)
            return [x]
        slots = list(values) + [None] * (self.size - len(values))
        for operation, source, fill, target in self.steps:
            if fill is None:
                result = operation(slots[source])
            else:
                args, kwargs = fill(slots)
                result = operation(*args, **kwargs)
            if type(target) is int:
                slots[target] = result
            else:
                for slot, leaf in zip(target, nest.flatten(result), strict=False):
                    slots[slot] = leaf
        return [slots[i] for i in self.results]


def _filler(node, places):
    """A function from the slots to the (args, kwargs) of a node."""
    structure = (node.args, node.kwargs)
    leaves = nest.flatten(structure)
    sources = iter(places)
    where = [next(sources) if is_symbolic(leaf) else None for leaf in leaves]
    if not node.kwargs and len(node.args) == 1 and type(node.args[0]) is list and None not in where \
            and all(is_symbolic(x) for x in node.args[0]):
        return lambda slots: (([slots[i] for i in where],), {})
    if not node.kwargs and None not in where and all(is_symbolic(x) for x in node.args):
        return lambda slots: ([slots[i] for i in where], {})

    def fill(slots):
        filled = [leaf if i is None else slots[i] for leaf, i in zip(leaves, where, strict=True)]
        return nest.pack_sequence_as(structure, filled)

    return fill
