"""Floor 8: what is written down about a program that trains. `engines.py` calls this from an engine's own functions.

A *training* is a call of `fit`, or all steps that one line of a program makes: calls of `tape.gradient` for variables
that change afterwards, of a `tf.function` with such a call in it, or of `train_on_batch`. Times are taken by coarse
calls alone, so that the engine runs as it does without them; where numbers are compared (`exact`), losses are read and
variables kept as well.
"""

import os
import sys
import time

now = time.perf_counter


def array(tensor):
    """A tensor's or a variable's value as an array of its own; None where it has none yet, in a graph."""
    try:
        return tensor.numpy().copy()
    except (AttributeError, NotImplementedError, TypeError):
        return None


def flat(structure):
    """The leaves of lists, tuples and dicts."""
    if isinstance(structure, dict):
        structure = structure.values()
    if isinstance(structure, (list, tuple)) or type(structure).__name__ == "dict_values":
        return [leaf for part in structure for leaf in flat(part)]
    return [structure]


class Notes:
    """The notes of one run.

    Args:
        started: `time.time()` when the process was started.
        exact: whether losses, weights and draws are kept.
    """

    def __init__(self, started, exact):
        self.exact = exact
        self.offset = time.time() - started - now()     # from this clock to seconds since the process was started
        self.first_step = None
        self.trainings, self.fits = {}, 0       # by line; a fit by its number
        self.variables = {}         # id -> variable, in the order in which they were met
        self.draws = []             # (what, shape, line, array or None) of initial weights and of random numbers
        self.inside = 0             # the depth of calls that are one step, or all, of a training
        self.function = None        # the id of the tf.function that runs or is traced
        self.learning = set()       # ids of those that compute gradients of variables
        self.pass_line = None       # where a dataset was last iterated over from its start
        self.engine_folders = (os.path.join(os.path.dirname(__file__), ""),)    # what is below is not the program's
        self.troubles = []          # what could not be hooked, in words

    def line(self):
        """Where the program is: file.py:12."""
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename.startswith(self.engine_folders):
            frame = frame.f_back
        return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"

    # ---- what engines call -------------------------------------------------------------------------------------------

    def stepped(self, loss, variables=()):
        """One step was made (or nearly so: its gradient is there), outside of `fit`.

        Args:
            loss: a function that gives it as a number; called where numbers are compared.
            variables: those that must change for it to be a step; none where it is one anyway.
        """
        line = self.line()
        training = self.trainings.get(line)
        if training is None:
            training = self.trainings[line] = {"kind": "loop", "line": line, "times": [], "losses": [], "passes": [],
                                               "learns": not variables, "before": before(variables)}
            if self.pass_line is not None:
                training.update(pass_line=self.pass_line, passes=[0])
        elif not training["learns"]:
            training["learns"] = changed(training["before"])
        training["times"].append(now())
        if self.exact:
            training["losses"].append(loss())
        self.keep(variables)

    def passes_over_data(self):
        """A dataset is iterated over from its start."""
        self.pass_line = self.line()
        for training in self.trainings.values():
            if training.get("pass_line") == self.pass_line:
                training["passes"].append(len(training["times"]))

    def fitted(self, begin, end, first, history, steps, variables):
        """A call of `fit` ended."""
        if self.first_step is None:
            self.first_step = first
        self.fits += 1
        training = {"kind": "fit", "line": f"fit {self.fits}", "begin": begin, "end": end, "first": first,
                    "epochs": len(history.epoch), "steps": steps}
        if self.exact:
            training["history"] = {name: [float(v) for v in values] for name, values in history.history.items()}
        self.keep(variables)
        self.trainings[training["line"]] = training

    def updated(self, when):
        """An optimizer changed weights, op by op."""
        if self.first_step is None:
            self.first_step = when

    def drew(self, what, shape, line, value=None):
        """Random numbers were drawn."""
        self.draws.append((what, [int(n) for n in shape], line, value))

    def keep(self, variables):
        """Remembers variables for their final values."""
        for variable in variables if self.exact else ():
            self.variables.setdefault(id(variable), variable)

    # ---- the end -----------------------------------------------------------------------------------------------------

    def written(self, folder):
        """The notes for JSON; arrays go to files of the folder."""
        trainings = [t for t in self.trainings.values() if t["kind"] == "fit" or self.learnt(t)]
        firsts = [t["times"][0] for t in trainings if t["kind"] == "loop"]
        if self.first_step is None and firsts:
            self.first_step = firsts[0]
        for training in trainings:
            training.pop("before", None)
        notes = {"trainings": trainings, "draws": [draw[:3] for draw in self.draws],
                 "troubles": self.troubles,
                 "first_step": None if self.first_step is None else self.offset + self.first_step}
        if self.exact:
            weights = [(str(getattr(v, "path", None) or v.name), array(v)) for v in self.variables.values()]
            weights = [(name, a) for name, a in weights if a is not None and a.dtype.kind == "f"]
            notes["weights"] = [name for name, _ in weights]
            save(folder, "weights.npz", [a for _, a in weights])
            save(folder, "draws.npz", [draw[3] for draw in self.draws])
        return notes

    def learnt(self, training):
        """Whether a loop changed its variables."""
        return training["learns"] or changed(training["before"])


def before(variables):
    """The smallest of the variables, with its value, to see whether it changes."""
    valued = [(v, array(v)) for v in sorted(variables, key=size)[:1]]
    return [(v, a) for v, a in valued if a is not None]


def size(variable):
    """The number of elements."""
    count = 1
    for extent in variable.shape:
        count *= extent or 0
    return count


def changed(pairs):
    """Whether a variable has another value than it had."""
    return any((array(variable) != value).any() for variable, value in pairs)


def mean(tensors):
    """The mean of all elements of tensors as a number; None where there are none."""
    values = [a for a in map(array, tensors) if a is not None and a.dtype.kind == "f" and a.size]
    return float(sum(a.mean() for a in values) / len(values)) if values else None


def save(folder, name, arrays):
    """Writes arrays, some of which may be None, to an .npz file: "0", "1", ..."""
    import numpy

    numpy.savez(os.path.join(folder, name), **{str(i): a for i, a in enumerate(arrays) if a is not None})
