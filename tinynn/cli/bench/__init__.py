"""Floor 8: `tinynn bench`: training and matrix products beside other engines, in turns.

    __init__.py     the command line
    session.py      a run: starts engines, takes rounds, prints
    harness.py      an engine in a process of its own
    measuring.py    workloads, and the figures of one
    report.py       tables as text, Markdown and CSV; page.py as HTML; chart.py the bars
    rivals/         what each engine runs: see there
"""

import difflib
import os
import sys

SUMMARY = "time training and matrix products on tinynn and on other engines, in turns"
EXAMPLE = """tinynn bench W1 matmul --against numpy,torch --python torch=PATH --html bench.html
  tinynn bench W1 W5 W6 W6-4096 --device GPU:0 --against jax,torch

An engine that lives in an environment of its own is named by its interpreter:
--python torch=PATH, or TINYNN_BENCH_TORCH=PATH in the environment. 'tinynn bench --list' shows
workloads and engines.

The exit code is 0, 1 where an engine failed or computed something else than the others, or tinynn
did not start, 2 where the command line is wrong, and 130 after Ctrl-C, which prints what was
measured until then."""
FAILED, WRONG, INTERRUPTED = 1, 2, 130
CHARTS = (".svg", ".png", ".pdf", ".jpg")


def arguments(parser):
    """The workloads, the engines, how long, and where to write."""
    parser.add_argument("workloads", metavar="WORKLOAD", nargs="*",
                        help="W1 ... W6, P0, matmul, or matmul-MxKxN; by default a quick selection")
    parser.add_argument("--against", metavar="ENGINES", default="numpy,torch,tensorflow,jax,sklearn,c",
                        help="packages or single engines, with commas between them (default: %(default)s)")
    parser.add_argument("--python", action="append", default=[], metavar="ENGINE=PATH",
                        help="the interpreter that has this engine; by default this one")
    parser.add_argument("--threads", metavar="N,...", help="numbers of threads, each measured; by default every "
                                                           "engine takes what it takes by itself")
    parser.add_argument("--device", metavar="NAME",
                        help="where to train: GPU:0; or CPU:0, the same way on the processor")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed (default: %(default)s)")
    parser.add_argument("--seconds", type=float, help="that a timed call of training aims to take (default: 0.25; "
                                                          "with --device 1)")
    parser.add_argument("--csv", metavar="FILE", help="write the figures as CSV")
    parser.add_argument("--markdown", metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--html", metavar="FILE", help="write a page with charts and tables")
    parser.add_argument("--chart", metavar="FILE", help="draw the bars: .svg, or with matplotlib .png, .pdf or .jpg")
    parser.add_argument("--errors", action="store_true", help="show what the engines write to their error output")
    parser.add_argument("--list", action="store_true", help="list workloads and engines, and measure nothing")


def run(options):
    """Measures, prints and writes; EXAMPLE says what the exit code means."""
    from tinynn.cli.bench.session import Run
    from tinynn.cli.bench.words import say
    from tinynn.explain.words import language

    try:
        lang = language()
        if options.list:
            print("\n".join(listing(lang)))
            return 0
        check(options)
    except ValueError as error:
        print(f"tinynn bench: {error}", file=sys.stderr)
        return WRONG
    this, code = Run(options, lang), 0
    try:
        this.go()
    except KeyboardInterrupt:
        measured = "Interrupted: these are the figures until then." if this.tables() else (
            "Interrupted before anything was measured.")
        print(say(lang, measured), file=sys.stderr)
        code = INTERRUPTED
    this.write(options.csv, options.markdown, options.html, options.chart)
    return code or (FAILED if this.failed else 0)


def check(options):
    """Makes of the command line's strings what a Run wants.

    Raises:
        ValueError: one of them is wrong.
    """
    from tinynn.backends.gpu import name_of, place_named
    from tinynn.cli.bench.harness import interpreters, on_gpu, visible
    from tinynn.cli.bench.measuring import NAMES, QUICK, QUICK_ON_GPU, workloads
    from tinynn.cli.bench.rivals.engines import ENGINES, PACKAGES

    known = dict.fromkeys([*PACKAGES, *ENGINES])
    if options.device:
        options.device = name_of(place_named(options.device))
    if on_gpu(options.device):
        visible(options.device)
    try:
        options.workloads = workloads(options.workloads or (QUICK_ON_GPU if on_gpu(options.device) else QUICK))
    except KeyError as error:
        (name,) = error.args
        hint = f"; engines are named with --against {name}" if name in known else nearest(name, NAMES)
        raise ValueError(f"there is no workload {name!r}{hint}") from None
    calls = [workload.name for workload in options.workloads if workload.unit == "call"]
    if options.device and calls:
        raise ValueError(f"--device is for training, {calls[0]} is no such workload; name some, as in W1 W5")
    against = [name for name in options.against.split(",") if name]
    for name in against:
        if name not in known:
            raise ValueError(f"there is no engine {name!r}{nearest(name, known)}")
    options.against = ["tinynn", *against]
    options.python = interpreters(options.python)
    options.threads = counts(options.threads)
    if options.seconds is None:
        options.seconds = 1.0 if options.device else 0.25
    if options.rounds < 1 or not options.seconds > 0:
        raise ValueError(f"--rounds {options.rounds} and --seconds {options.seconds:g} must be above 0")
    for path in (options.csv, options.markdown, options.html, options.chart):
        writable(path)
    drawable(options.chart)


def counts(text):
    """Numbers of threads, of a string as in 1,2; None alone where there is no string."""
    if text is None:
        return [None]
    numbers = [int(number) if number.isdecimal() else 0 for number in text.split(",")]
    if min(numbers) < 1:
        raise ValueError(f"--threads got {text!r}, expected whole numbers above 0 with commas between them, as in 1,2")
    return list(dict.fromkeys(numbers))


def writable(path):
    """Checks before a long run that its file can be written.

    Raises:
        ValueError: it cannot.
    """
    if path is not None and (os.path.isdir(path) or not os.access(os.path.dirname(path) or ".", os.W_OK)):
        raise ValueError(f"cannot write {path!r}: its folder must be there, and be open for writing")


def drawable(path):
    """Checks before a long run that a chart can be drawn.

    Raises:
        ValueError: it cannot.
    """
    import importlib.util

    if path is None:
        return
    ending = os.path.splitext(path)[1]
    if ending not in CHARTS:
        raise ValueError(f"--chart got {path!r}, expected a name that ends in {', '.join(CHARTS)}")
    if ending != ".svg" and importlib.util.find_spec("matplotlib") is None:
        raise ValueError(f"{ending} is drawn by matplotlib, which is not installed: pip install "
                         f"\"tinynn-engine[plot]\"; .svg needs nothing")


def nearest(name, known):
    """A hint at the known name that is most like this one."""
    found = difflib.get_close_matches(name, known, 1, 0.4) or difflib.get_close_matches(name.upper(), known, 1, 0.4)
    return f"; did you mean {found[0]!r}?" if found else f"; there are {', '.join(known)}"


def listing(lang):
    """Workloads and engines, a line each."""
    from tinynn.cli.bench.measuring import NAMES, QUICK
    from tinynn.cli.bench.report import about
    from tinynn.cli.bench.rivals.engines import ENGINES
    from tinynn.cli.bench.words import say
    from tinynn.explain.text import table

    rows = [(name, say(lang, about(name))) for name in NAMES] + [("matmul-MxKxN", say(lang, "one product"))]
    engines = [(name, say(lang, engine.runs)) for name, engine in ENGINES.items()]
    quick = say(lang, "all, with no name: {names}", names=" ".join(QUICK))
    return [say(lang, "Workloads"), *(f"  {line}" for line in table(rows)), f"  ({quick})", "",
            say(lang, "Engines"), *(f"  {line}" for line in table(engines))]
