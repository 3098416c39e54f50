"""Floor 5: capture by running. The first calls of a function run op by op while a recorder writes; later calls replay.

A recording that cannot be trusted is not used: the function goes on op by op, correctly, and can say why.
"""

import os

from tinynn.autodiff.bind import observed
from tinynn.autodiff.tensor import Tensor, alias
from tinynn.autodiff.variable import Variable
from tinynn.backends import gpu
from tinynn.core import config, nest
from tinynn.core.errors import hint
from tinynn.graph import passes
from tinynn.graph.building import build, same
from tinynn.graph.executable import Executable, Unsupported
from tinynn.graph.on_gpu import OnGPU
from tinynn.graph.recorder import Recorder, recording
from tinynn.graph.report import Report

PLAIN = (bool, int, float, complex, str, bytes, type(None), Variable)    # results that are the same at every call
MOST_TRIES = 4


class Recorded:
    """What is known of the calls of a function with arguments of one kind.

    Attributes:
        program: the Program as recorded, or None.
        executable: the same after all passes, ready for C; or None.
        broken: None, or (reason, (file, line)): why calls of this kind run op by op.
        op_by_op: how many calls ran op by op.
    """

    def __init__(self, checked, op_by_op=0):
        self.program = self.executable = self.broken = None
        self.op_by_op, self.plain, self.rewound = op_by_op, None, None
        self.checked, self.tries, self.difference = checked, 0, None
        self.structure = self.places = self.doubted = None
        self.described, self.expected, self.fingerprint = "", False, None

    def call(self, run, tensors):
        """The results for these tensors: replayed if possible."""
        if self.executable is not None and not self.executable.busy:
            return self.packed(self.executable.run(tensors))
        if self.broken is not None or self.executable is not None:      # another thread runs the program
            return run(tensors)
        if self.rewound is not None:
            return self.packed(self.call_early(tensors))
        self.op_by_op += 1
        inputs = tuple(map(alias, tensors))
        with Recorder(inputs) as recorder:
            outcome = run(inputs)
        self.learn(recorder, inputs, outcome)
        return outcome

    def rewind(self):
        """The next calls give the bits that the first ones gave, before there was a program: passes may round
        otherwise. They run in C, without any pass."""
        ready = self.executable or (self.rewound and self.rewound[0])
        if ready:
            self.plain = self.plain or Executable(self.program)
            self.executable, self.rewound = None, (ready, self.op_by_op)

    def call_early(self, tensors):
        """The results of a call that once ran op by op."""
        ready, left = self.rewound
        if left <= 1:
            self.executable, self.rewound = ready, None
        else:
            self.rewound = ready, left - 1
        return self.plain.run(tensors)

    def doubt(self):
        """The next call runs op by op, to see whether what was recorded still holds."""
        if self.executable is not None:
            self.doubted, self.executable, self.tries = self.executable, None, 0

    def learn(self, recorder, inputs, outcome):
        """Takes a recording into account."""
        if recorder.broken is not None:
            self.stop(*recorder.broken)
            self.expected = recorder.expected
        elif not recorder.made_variables:
            leaves = nest.flatten(outcome)
            strange = [leaf for leaf in leaves if type(leaf) is not Tensor and not isinstance(leaf, PLAIN)]
            if strange:
                self.stop(f"it gave an object of type {type(strange[0]).__name__}, which may be another at each call")
                return
            results = [leaf for leaf in leaves if type(leaf) is Tensor]
            plain = [None if type(leaf) is Tensor else leaf for leaf in leaves]
            moves = [call for call in recorder.calls if call[0].name == "move"]
            places = {tensor.place for tensor in (*inputs, *(t for t, _ in recorder.versions), *results)}
            if len(places) > 1 or any(to != source for _, _, (to, source), *_ in moves):
                self.stop("its tensors are on different devices")
                return
            self.place = places.pop() if places else gpu.CPU
            before, self.fingerprint = self.fingerprint, recorder.fingerprint(inputs, results)
            if self.doubted is not None and before == self.fingerprint and plain == self.places:
                self.executable, self.doubted = self.doubted, None      # it was right
                return
            self.moves = [i for i, leaf in enumerate(leaves) if type(leaf) is Tensor]
            self.accept(build(recorder, inputs, results), outcome, plain)

    def accept(self, program, outcome, plain):
        """Keeps a program; makes it ready where nothing speaks against it."""
        self.tries += 1
        known, self.program = self.program, program
        if self.checked:
            self.difference = "" if known is None else same(known, program)
            if self.difference is None and plain != self.places:
                self.difference = "it gave another Python value at each call"
        self.structure, self.places = outcome, plain
        if self.difference is not None and self.checked:
            self.doubted = None
            if self.tries >= MOST_TRIES:
                self.stop(self.difference)
            return
        if self.doubted is not None:
            self.executable, self.doubted = self.doubted, None
            return
        try:
            program = passes.optimize(program)
            self.executable = Executable(program) if self.place == gpu.CPU else OnGPU(program, self.place)
        except Unsupported as error:
            self.stop(str(error))

    def stop(self, reason, where=None):
        """Calls of this kind will run op by op."""
        self.broken = reason, where
        self.program = None

    def packed(self, tensors):
        """The results in the structure that the function gave."""
        if type(self.structure) is Tensor:
            return tensors[0]
        leaves = list(self.places)
        for place, tensor in zip(self.moves, tensors, strict=True):
            leaves[place] = tensor
        return nest.pack_sequence_as(self.structure, leaves)

    def state(self):
        """How calls of this kind run, in one sentence."""
        if isinstance(self.executable, OnGPU):
            return self.executable.state()
        if self.executable is not None:
            slow = self.executable.in_python
            return "runs in C" + (f", but for {', '.join(dict.fromkeys(slow))}, which run in NumPy" if slow else "")
        return "is not recorded yet" if self.broken is None else f"runs op by op, since {self.why()}"

    def why(self):
        """Why calls of this kind run op by op, in one sentence; None where they do not."""
        if self.broken is None:
            return None
        reason, where = self.broken
        return f"{reason}{f' at {os.path.basename(where[0])}:{where[1]}' if where else ''}"


class Captured:
    """The recordings of one function, per kind of arguments.

    Args:
        name: the function's, for hints.
        checked: whether two recordings in a row must agree before one is used, so that a Python value that changes
            from call to call is noticed; otherwise it becomes a constant, as in TensorFlow.
    """

    def __init__(self, name, checked=False):
        self.name, self.checked, self.kinds, self.version = name, checked, {}, None
        self.op_by_op = {}      # key -> calls that ran op by op, for versions before

    def holds_for(self, version):
        """Forgets what was recorded for another version of whatever the function is made of."""
        if version != self.version:
            self.version = version
            self.op_by_op = {**self.op_by_op, **{key: kind.op_by_op for key, kind in self.kinds.items()}}
            self.kinds.clear()

    def rewind(self, version):
        """Calls begin anew, with the bits of a function that was not recorded yet. Whatever made this another version,
        it did not change the function."""
        self.version = version
        for kind in self.kinds.values():
            kind.rewind()

    def call(self, key, run, tensors):
        """What run(tensors) gives.

        Args:
            key: tells kinds of calls apart: hashable; shapes, dtypes and Python arguments.
            run: a function of a tuple of tensors.
            tensors: the tuple.
        """
        if config.functions_run_eagerly() or observed() or recording():
            return run(tensors)
        kind = self.kinds.get(key)
        if kind is None:
            kind = self.kinds[key] = Recorded(self.checked, self.op_by_op.get(key, 0))
            kind.described = ", ".join(f"{t.dtype.name} {t.extents}" for t in tensors)
        known = kind.broken is not None
        outcome = kind.call(run, tensors)
        if kind.broken is not None and not known and not kind.expected:
            hint("not-recorded", f"{self.name} runs op by op, since {kind.why()}")
        return outcome

    def doubt(self):
        """What was recorded is tried against one run op by op, at the next call of each kind."""
        for kind in self.kinds.values():
            kind.doubt()

    def explained(self):
        """A line of text per kind of call."""
        for kind in self.kinds.values():
            yield f"{self.name}{f' ({kind.described})' if kind.described else ''}: {kind.state()}"

    def report(self):
        """What was recorded last, before and after the passes; None where nothing was."""
        known = [kind for kind in self.kinds.values() if kind.executable is not None]
        return Report(self.name, known[-1].program, known[-1].executable) if known else None

    def __deepcopy__(self, memo):
        return Captured(self.name, self.checked)

    def __reduce__(self):
        return Captured, (self.name, self.checked)
