"""Floor 5: where the batches of epochs on a GPU come from: from samples on the card, or, if they do not fit, from here.

The order of the samples is drawn on the host, by the same generator as on the CPU.
"""

import numpy as np

from tinynn._bridge import shuffle
from tinynn.graph.cuda.lowering import Feed
from tinynn.graph.cuda.nodes import Applied, Constant, Counting, Load, NotTraceable, Taken
from tinynn.graph.on_gpu import OnGPU

INT = np.dtype(np.int64)
SHARE = 0.5         # of the free memory may go to the samples
PIECE = 1 << 24     # bytes that go to the card at a time


def feed_of(platform, arrays, batch, samples, orders, kept=None):
    """The batches of NumPy arrays, on the present GPU.

    Args:
        arrays: without gaps, with one row per sample.
        batch, samples: samples per whole batch, and how many of them are used.
        orders: how many epochs have their order on the GPU at a time; 0 where nothing is shuffled.
        kept: the samples on the card, where they are already.
    """
    if kept is None and sum(a.nbytes for a in arrays) > SHARE * platform.free_memory():
        return FromHost(platform, arrays, batch, samples, orders)
    return OnCard(platform, [sent(platform, a) for a in arrays] if kept is None else kept, samples, orders)


def sent(platform, array):
    """A copy of a host's array on the present GPU. Large ones go in pieces: one is pinned while another travels."""
    if array.nbytes <= PIECE:
        return platform.put(array, platform.present())
    to = platform.xp.empty(array.shape, array.dtype)
    source, target, stream = array.reshape(-1).view(np.uint8), to.reshape(-1).view("uint8"), platform.stream()
    pinned, arrived = [platform.pinned(PIECE) for _ in range(2)], [None, None]
    platform.after(platform.mark(), stream)     # kernels may still use what was in this memory before
    for i, start in enumerate(range(0, array.nbytes, PIECE)):
        if arrived[i % 2] is not None:
            platform.wait(arrived[i % 2])
        piece = source[start:start + PIECE]
        pinned[i % 2][:len(piece)] = piece
        platform.upload(target[start:start + PIECE], pinned[i % 2][:len(piece)], stream)
        arrived[i % 2] = platform.mark(stream)
    for event in arrived:
        if event is not None:
            platform.wait(event)
    return to


class OnCard:
    """Samples that lie on the GPU: kernels pick the batches.

    Args:
        data: the GPU's arrays.
        samples, orders: as in `feed_of`.

    Attributes:
        data: what later epochs over the same samples need.
    """

    def __init__(self, platform, data, samples, orders):
        self.platform, self.data, self.samples, self.order = platform, data, samples, None
        if orders:
            self.order = platform.xp.zeros(orders * samples, "int64")
            self.drawn = platform.pinned(self.order.nbytes).view(np.int64)

    def begin(self, epochs, random):
        """Draws the orders of the next epochs; nothing that was given to the GPU may still need those before."""
        count = epochs * self.samples
        for start in range(0, count, self.samples):
            shuffle(self.drawn[start:start + self.samples], random)
        self.platform.upload(self.order[:count], self.drawn[:count])

    def bring(self, first, which, inputs):
        """Nothing to do: the graph of a step gathers its batch."""

    def step(self, step, batch, sample):
        """The step as one that fetches its batch, which begins at `sample` (an array of one number), and counts on."""
        add = lambda x, y: Applied("({0} + {1})", [x, y], [INT, INT], INT)
        first, memory = Load((1,), INT, "sample"), {"sample": sample}
        rows = add(first, Counting(batch, INT))
        if self.order is not None:
            memory["order"] = self.order
            rows = Taken(Load(self.order.shape, INT, "order"), rows, 0, inside=True)
        memory.update({("samples", i): array for i, array in enumerate(self.data)})
        try:
            inputs = [Taken(Load(array.shape, array.dtype, cell), rows, 0, inside=True)
                      for cell, array in memory.items() if isinstance(cell, tuple)]
        except NotTraceable:    # a type that kernels have not, or more elements than their ints count
            return step
        feed = Feed(inputs, [("sample", add(first, Constant((), INT, batch)))], memory)
        return OnGPU(step.program, step.place, feed, step)

    def compute(self, compute, step, inputs, sample, batch):
        """The results of a step for the batch from `sample` on, which is counted on; part of a graph."""
        if step.shown:
            return compute(step, ())
        for to, rows in zip(inputs, self.data, strict=True):
            if to.size:
                self.platform.gather(to, rows, self.order, sample)
        made = compute(step, inputs)
        sample += batch
        return made


class FromHost:
    """Samples that stay on the host: each batch is copied while the step before computes.

    There are two buffers on either side. The host fills a pinned one when its last copy has arrived; the copy, on a
    stream of its own, begins when kernels have taken what was in the GPU's; and those wait until it has arrived.
    """

    data = None

    def __init__(self, platform, arrays, batch, samples, orders):
        self.platform, self.arrays, self.stream, self.turn = platform, arrays, platform.stream(), 0
        self.order = np.empty(samples, np.int64) if orders else None
        self.pinned, self.slots = [], []        # of each turn, of whole batches and the rest: an array per input
        for _ in range(2):
            pinned = [platform.pinned(batch * (a.nbytes // len(a))).view(a.dtype).reshape(batch, *a.shape[1:])
                      for a in arrays]
            slots = [platform.xp.zeros((batch, *a.shape[1:]), a.dtype) for a in arrays]
            extents = (batch, samples % batch)
            self.pinned.append([[p[:n] for p in pinned] for n in extents])
            self.slots.append([[s[:n] for s in slots] for n in extents])
        self.arrived, self.taken = [None, None], [platform.mark()] * 2

    def begin(self, epochs, random):
        """Draws the order of the next epoch."""
        shuffle(self.order, random)

    def bring(self, first, which, inputs):
        """Brings the batch from sample `first` on to the inputs: a whole one, or (`which` is 1) the rest."""
        platform, turn = self.platform, self.turn
        pinned, slots = self.pinned[turn][which], self.slots[turn][which]
        if self.arrived[turn] is not None:
            platform.wait(self.arrived[turn])
        for array, to in zip(self.arrays, pinned, strict=True):
            if self.order is None:
                to[...] = array[first:first + len(to)]
            else:       # in this mode, NumPy writes without a buffer
                np.take(array, self.order[first:first + len(to)], axis=0, out=to, mode="clip")
        platform.after(self.taken[turn], self.stream)
        for slot, source in zip(slots, pinned, strict=True):
            platform.upload(slot, source, self.stream)
        self.arrived[turn] = platform.mark(self.stream)
        platform.after(self.arrived[turn])
        for to, slot in zip(inputs, slots, strict=True):
            platform.copy(to, slot)
        self.taken[turn] = platform.mark()
        self.turn = 1 - turn

    def step(self, step, batch, sample):
        """The step as it is: `bring` fills its inputs before its graph is launched."""
        return step

    def compute(self, compute, step, inputs, sample, batch):
        """The results of a step for its inputs."""
        return compute(step, inputs)
