"""Floor 8: how far the numbers of two sides are apart, and whether rounding alone carries them as far.

Training may double a difference every few steps, so that two correct engines part in the end. Where they do, tinynn
runs once more, on other kernels, which round otherwise. The sides differ by rounding where they are never further
apart than FACTOR times what tinynn and itself were until then.
"""

import itertools

import numpy as np

from tinynn.cli.comparing.output import NUMBERS, compared
from tinynn.cli.comparing.times import groups
from tinynn.explain.text import number

AGREE, ROUNDING, DIFFERENT = range(3)
FACTOR = 10


class Apart:
    """The largest difference of two arrays.

    Attributes:
        each: the difference of each element.
        absolute, place: the largest one, and its index in the flat arrays.
        relative: its share of the largest magnitude of either array.
    """

    def __init__(self, ours, theirs):
        a, b = (np.asarray(values, np.float64).reshape(-1) for values in (ours, theirs))
        with np.errstate(invalid="ignore"):
            self.each = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
        self.each[np.isnan(self.each)] = np.inf
        self.place = int(self.each.argmax()) if self.each.size else 0
        self.absolute = float(self.each[self.place]) if self.each.size else 0.0
        self.scale = max(float(np.abs(v[np.isfinite(v)]).max(initial=0)) for v in (a, b)) or 1.0
        self.relative = self.absolute / self.scale

    def __str__(self):
        return f"{number(self.absolute, 2)}" if self.absolute else "0 (the same bits)"


class Agreement:
    """Two exact results, compared.

    Args:
        ours, theirs: results of `Side.run(exact=True)`.
        names: what the sides are called.
        tolerance: differences up to this share of the largest magnitude are taken for rounding.
        again: ours on other kernels, or None.

    Attributes:
        numbers, output: AGREE, ROUNDING or DIFFERENT.
        kind: how the printed outputs are apart, of output.py.
        lines: [what was compared, what was found], for a table.
        trainings: (ours, theirs) or (ours, theirs, again) of each.
    """

    def __init__(self, ours, theirs, names, tolerance, again=None):
        self.names, self.tolerance, self.numbers, self.lines = names, tolerance, AGREE, []
        self.all = [ours, theirs, *([] if again is None else [again])]
        self.trainings = list(zip(*(result["trainings"] for result in self.all), strict=False))
        self._troubles()
        self._draws()
        self._losses()
        self._weights()
        self._output(tolerance)

    def _found(self, what, text, level=AGREE):
        self.numbers = max(self.numbers, level)
        self.lines.append([what, text])

    def _by_side(self, texts):
        return ", ".join(f"{name} {text}" for name, text in zip(self.names, texts, strict=True))

    def _troubles(self):
        for name, result in zip(self.names, self.all, strict=False):
            for trouble in result.get("troubles", ()):
                self._found(f"not made equal, {name}", trouble)

    def _draws(self):
        """The initial weights, and where the two stop drawing the same kinds of numbers."""
        pairs = []
        for i, (a, b) in enumerate(itertools.zip_longest(*map(distinct_draws, self.all[:2]))):
            if a is None or b is None or a[1] != b[1]:
                said = self._by_side("has no more" if d is None else f"{d[0]} {d[1]} at {d[2]}" for d in (a, b))
                self._found("random draws", f"they part at number {i + 1}: {said}")
                break
            if a[3] is not None and b[3] is not None:
                pairs.append(Apart(a[3], b[3]))
        if pairs:
            most = max(pairs, key=lambda apart: apart.relative)
            level = AGREE if most.relative <= self.tolerance else DIFFERENT
            self._found("initial weights", f"largest difference {most}, in {len(pairs)} draws", level)

    def _losses(self):
        """The curves of all trainings."""
        lines = [[training["line"] for training in result["trainings"]] for result in self.all[:2]]
        if lines[0] != lines[1]:
            said = self._by_side(", ".join(line) or "none" for line in lines)
            self._found("trainings", f"not the same: {said}", DIFFERENT)
        found = {}      # by name of the curve: [(difference, level, where)]
        for trainings in self.trainings:
            several, unit = [curves(t)[0] for t in trainings], curves(trainings[0])[1]
            for name in several[0].keys() | several[1].keys():
                values = [c.get(name, []) for c in several]
                where = f"{unit} {{}} of {trainings[0]['line']}"
                if len(values[0]) != len(values[1]):
                    said = self._by_side(f"has {len(v)} values" for v in values[:2])
                    self._found(name, f"{trainings[0]['line']}: {said}", DIFFERENT)
                found.setdefault(name, []).append((*self._judged(values), where))
        for name, differences in sorted(found.items(), key=lambda item: (item[0] != "loss", item[0])):
            apart, _, where = max(differences, key=lambda d: (d[1], d[0].relative))
            place = f" at {where.format(apart.place + 1)}" if apart.absolute else ""
            total = sum(len(apart.each) for apart, _, _ in differences)
            self._found(name, f"largest difference {apart}{place}, of {total:,} values", max(d[1] for d in differences))

    def _judged(self, values):
        """(Apart, level) of a curve of both sides, and perhaps of ours again."""
        n = min(map(len, values))
        apart = Apart(values[0][:n], values[1][:n])
        if apart.relative <= self.tolerance:
            return apart, AGREE
        if len(values) < 3:
            return apart, DIFFERENT
        carried = FACTOR * np.maximum.accumulate(Apart(values[0][:n], values[2][:n]).each)
        within = apart.each <= np.maximum(carried, self.tolerance * apart.scale)
        return apart, ROUNDING if within.all() else DIFFERENT

    def _weights(self):
        """The weights at the end, in the order in which they were first met."""
        names = [result.get("weights", []) for result in self.all]
        shapes = [[result["arrays"]["weights"][i].shape for i in range(len(names[k]))]
                  for k, result in enumerate(self.all)]
        if shapes[0] != shapes[1]:
            self._found("final weights", "not of the same shapes: " + self._by_side(map(str, shapes[:2])), DIFFERENT)
        elif shapes[0]:
            arrays = [[result["arrays"]["weights"][i] for i in range(len(shapes[0]))] for result in self.all]
            pairs = [Apart(a, b) for a, b in zip(*arrays[:2], strict=True)]
            i = max(range(len(pairs)), key=lambda i: pairs[i].relative)
            carried = FACTOR * max((Apart(a, c).relative for a, c in zip(arrays[0], *arrays[2:], strict=True)),
                                   default=0) if len(arrays) > 2 else 0
            level = (AGREE if pairs[i].relative <= self.tolerance else ROUNDING if pairs[i].relative <= carried
                     else DIFFERENT)
            place = f" in {names[0][i]}" if pairs[i].absolute else ""
            size = sum(len(apart.each) for apart in pairs)
            self._found("final weights", f"largest difference {pairs[i]}{place}, of {size:,} numbers", level)

    def _output(self, tolerance):
        """What was printed: numbers in it may be as far apart as rounding carries them."""
        texts = [result["output"] for result in self.all]
        self.kind, said = compared(*texts[:2], tolerance)
        carried = len(texts) > 2 and self.numbers != DIFFERENT and compared(texts[0], texts[2], tolerance)[0] == NUMBERS
        self.output = AGREE if self.kind < NUMBERS else ROUNDING if self.kind == NUMBERS and carried else DIFFERENT
        self.lines.append(["printed output", said[0]])
        self.lines += [[f"  {name}", line] for name, line in zip(self.names, said[1:], strict=False)]

    @property
    def differs(self):
        """Whether anything is apart further than rounding may carry it."""
        return DIFFERENT in (self.numbers, self.output)

    @property
    def rounding_may_explain_it(self):
        """Whether a run of ours on other kernels could show that it is rounding."""
        return self.numbers == DIFFERENT or self.kind == NUMBERS


def curves(training):
    """({name: [value per epoch or step]}, "epoch" or "step")."""
    if training["kind"] == "fit":
        return training["history"], "epoch"
    losses = [np.nan if loss is None else loss for loss in training["losses"]]
    epochs = groups(training)
    if len(epochs) < 2:
        return {"loss": losses}, "step"
    return {"loss": [float(np.mean(losses[steps.start:steps.stop])) for steps in epochs]}, "epoch"


def distinct_draws(result):
    """(what, shape, line, array or None) of each draw of a result; one that gave the same array again, as Keras's
    initializers do, counts once."""
    seen, found = set(), []
    for i, (what, shape, line) in enumerate(result["draws"]):
        values = result["arrays"]["draws"].get(i)
        key = i if values is None else (tuple(shape), values.tobytes())
        if key not in seen:
            seen.add(key)
            found.append((what, tuple(shape), line, values))
    return found
