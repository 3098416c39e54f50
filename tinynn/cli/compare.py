"""tinynn compare: a program on tinynn and on TensorFlow."""

import argparse
import os
import pathlib
import sys

from tinynn import _bridge

SUMMARY = "run a program on tinynn and on TensorFlow; print times, memory and how far their numbers are apart"
EXAMPLE = """tinynn compare train.py --python tf/bin/python --html out.html -- --epochs 3

The program runs once per side to compare numbers (with the same initial weights, random data and
order of the samples on both), and --repeat times per side, in turns, as it is, for times and
memory. docs/compare.md says how.

The exit code is 0 where both sides agree or differ by rounding alone, 1 where one failed or ran out
of time, 2 where the command line is wrong, 3 where the other engine is not installed, 4 where the
numbers or the printed outputs differ, and 130 after Ctrl-C."""
FAILED, WRONG, MISSING, DIFFERENT, INTERRUPTED = 1, 2, 3, 4, 130
PYTHON = "TINYNN_TENSORFLOW_PYTHON"
INSTALL = f"""tinynn compare: {{python}} has no {{package}}. Install it in an environment of its own,
    python -m venv tf && tf/bin/pip install {{package}}
and name that: --python tf/bin/python, or {PYTHON}=tf/bin/python in the environment. It may also stand
beside tinynn: pip install "tinynn-engine[compare]"."""


def arguments(parser):
    """The programs, the other side, and what is done with them. The programs' own arguments come after `--`."""
    parser.usage = "tinynn compare FILE [FILE ...] [options] [-- ARGS]"
    parser.add_argument("files", metavar="FILE", nargs="+", help="a Python program that imports tensorflow or keras")
    parser.add_argument("--against", choices=["tensorflow", "tinynn"], default="tensorflow",
                        help="the other engine; tinynn itself shows how much two runs differ")
    parser.add_argument("--python", help=f"the interpreter of the other engine; by default {PYTHON}, or this one")
    parser.add_argument("--repeat", type=number(int, 0), default=3, metavar="N",
                        help="runs per side that are timed (default: 3); 0 compares numbers only")
    parser.add_argument("--threads", type=number(int, 1), metavar="N", default=_bridge.num_threads(),
                        help="threads of each side (default: as many as tinynn uses by itself, %(default)s)")
    parser.add_argument("--timeout", type=number(float), metavar="SECONDS", help="seconds that each run may take")
    parser.add_argument("--tolerance", type=number(float), default=1e-3, metavar="SHARE",
                        help="differences up to this share of a value's scale are rounding (default: 0.001)")
    parser.add_argument("--no-inject", dest="inject", action="store_false",
                        help="leave random numbers alone: each side draws its own")
    parser.add_argument("--html", type=pathlib.Path, metavar="OUT", help="write the comparison as a page as well")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="OUT", help="write it as Markdown as well")


def number(kind, least=None):
    """A type of arguments: numbers from `least` on, or above 0."""
    def convert(text):
        value = kind(text)
        if not (value > 0 if least is None else value >= least):
            raise argparse.ArgumentTypeError(f"{text} is not {'above 0' if least is None else f'{least} or more'}")
        return value

    convert.__name__ = kind.__name__    # which argparse names in its errors
    return convert


def run(options):
    """Compares the programs, prints what was found; EXAMPLE says what the exit code means."""
    from tinynn.cli.comparing.comparison import compare
    from tinynn.cli.comparing.processes import Side, endings_interrupt
    from tinynn.cli.comparing.report import as_text, blocks, setting

    for name in options.files:
        if not os.path.isfile(name):
            return complain(f"there is no program {name!r}")
    for path in filter(None, (options.html, options.markdown)):
        if not path.parent.is_dir():
            return complain(f"there is no folder {str(path.parent)!r} for {path.name}")
    sides = [Side("tinynn", sys.executable, "tinynn"), other_side(options)]
    comparisons = []
    try:
        with endings_interrupt():
            for name in options.files:
                comparison = compare(name, sides, options)
                first = [] if comparisons else [("lines", setting(comparison))]
                print("\n".join(as_text([*first, *blocks(comparison)])), flush=True)
                comparisons.append(comparison)
        write(comparisons, options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:        # an interpreter that is none, a page that cannot be written
        return complain(f"{error.filename!r}: {error.strerror}")
    if any(comparison.missing for comparison in comparisons):
        print(INSTALL.format(python=sides[1].python, package=options.against), file=sys.stderr)
        return MISSING
    if any(comparison.error(side.name) for comparison in comparisons for side in sides):
        return FAILED
    agreements = [comparison.agreement for comparison in comparisons]
    return DIFFERENT if any(agreement.differs for agreement in agreements) else 0


def other_side(options):
    """What tinynn is compared with."""
    from tinynn.cli.comparing.processes import Side

    if options.against == "tinynn":
        return Side("tinynn", options.python or sys.executable, "tinynn again")
    return Side(options.against, options.python or os.environ.get(PYTHON) or sys.executable, options.against)


def complain(text):
    """Says what is wrong with the command line."""
    print(f"tinynn compare: {text}", file=sys.stderr)
    return WRONG


def write(comparisons, options):
    """The files that were asked for."""
    from tinynn.cli.comparing.page import page
    from tinynn.cli.comparing.report import markdown

    for path, text in ((options.html, page), (options.markdown, markdown)):
        if path is not None:
            path.write_text(text(comparisons), encoding="utf-8")
