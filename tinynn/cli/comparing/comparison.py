"""Floor 8: one program on both sides."""

import pathlib

from tinynn import _bridge
from tinynn.cli.comparing.agreement import Agreement
from tinynn.cli.comparing.times import measured

OTHER = "baseline"      # the instruction set that rounds otherwise than the best one


class Comparison:
    """What is known of a program.

    Args:
        file: its path, as it was given.
        names: what the sides are called.
        exact: {name: result with numbers}.
        runs: {name: [results of undisturbed runs]}.
        agreement: an Agreement, or None where a side has no numbers.
        options: the command line.

    Attributes:
        times: {name: {kind: [value per run]}}.
    """

    def __init__(self, file, names, exact, runs, agreement, options):
        self.file, self.names, self.exact, self.runs, self.options = pathlib.Path(file), names, exact, runs, options
        self.times = {name: measured(runs[name]) for name in names}
        self.agreement = agreement

    @property
    def missing(self):
        """Whether an engine is not installed."""
        return any(result["missing"] for result in self.exact.values())

    def results(self, name):
        """All results of a side, that with numbers first."""
        return [self.exact[name], *self.runs[name]]

    def error(self, name):
        """The traceback of the first run of a side that failed, or None."""
        return next((result["error"] for result in self.results(name) if result["error"]), None)

    def about(self, name):
        """A side with its versions."""
        result = self.exact[name]
        version = f" {result['version']}" if result.get("version") else ""
        return f"{name}{version}" + (f" (Python {result['python']})" if "python" in result else "")


def compare(file, sides, options):
    """Runs a program: once per side for its numbers, then `options.repeat` times per side, in turns, for times."""
    doing, names = f"{file}: {{}}, {{}},", [side.name for side in sides]
    exact = {side.name: side.run(file, options, True, doing.format(side.name, "for its numbers")) for side in sides}
    able = [side for side in sides if not (exact[side.name]["error"] or exact[side.name]["missing"])]
    runs = {name: [] for name in names}
    for i in range(options.repeat):
        for side in able:
            said = doing.format(side.name, f"for its times, {i + 1} of {options.repeat}")
            runs[side.name].append(side.run(file, options, False, said))
    agreement = agreement_of(file, sides, exact, options, doing) if able == sides else None
    return Comparison(file, names, exact, runs, agreement, options)


def agreement_of(file, sides, exact, options, doing):
    """The Agreement of two sides; where they do not agree, tinynn shows on other kernels how far rounding goes."""
    names, results = list(exact), list(exact.values())
    agreement = Agreement(*results, names, options.tolerance)
    if agreement.rounding_may_explain_it and options.inject and len(_bridge.available_isas()) > 1:
        said = doing.format(names[0], f"on its {OTHER} kernels")
        again = sides[0].run(file, options, True, said, TINYNN_ISA=OTHER)
        if not again["error"]:
            return Agreement(*results, names, options.tolerance, again)
    return agreement
