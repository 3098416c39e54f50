"""Floor 8: runs a program on an engine, and writes down times, memory, losses and weights.

    python .../cli/peer JOB.json

The job, and what is written to its "out", are described by `tinynn/cli/comparing/processes.py`.
"""

import importlib.util
import json
import os
import sys

from finder import Finder
from notes import Notes
from program import execute, frames_of


def main():
    """Does the job; the exit code says nothing, since the program may end the process itself."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    for name in ("engines", "finder", "notes", "program", "same_numbers"):  # a program may have modules of these names
        del sys.modules[name]
    result = {"python": sys.version.split()[0], "missing": None, "error": None, "status": 0}
    notes = Notes(job["started"], job["exact"])
    if job["root"] is None and importlib.util.find_spec(job["engine"]) is None:
        result["missing"] = job["engine"]
    else:
        finder = Finder(job, notes)
        sys.meta_path.insert(0, finder)
        result["error"], result["status"] = run(job)
        sys.stdout.flush()
        result.update(memory=peak_memory(), import_seconds=finder.seconds, version=finder.version())
        result.update(notes.written(job["out"]))
    with open(os.path.join(job["out"], "result.json"), "w", encoding="utf-8") as file:
        json.dump(result, file)


def run(job):
    """Runs the program; (its traceback or None, its exit code)."""
    try:
        with open(job["file"], "rb") as file:
            source = file.read()
        execute(source, job["file"], job["args"])
    except SystemExit as ended:
        code = ended.code
        if code is None or isinstance(code, int):
            return None, code or 0
        return f"{code}\n", 1
    except BaseException as error:
        return traceback_of(error), 1
    return None, 0


def traceback_of(error):
    """The traceback from the program's first line on, without what these files put in between."""
    import traceback

    report = described = traceback.TracebackException(type(error), error, frames_of(error, __file__))
    while described is not None:
        kept = [frame for frame in described.stack if not frame.filename.startswith(os.path.dirname(__file__))]
        described.stack[:] = kept
        described = described.__cause__ or described.__context__
    return "".join(report.format())


def peak_memory():
    """The most bytes of memory that this process has held at once."""
    try:
        # getrusage would count what the parent held when it started this process
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


main()
