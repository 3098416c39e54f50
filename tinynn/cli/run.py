"""tinynn run: a TensorFlow program on tinynn."""

import argparse
import sys

from tinynn.cli.peer import program

SUMMARY = "run a TensorFlow or Keras program, unedited, on tinynn"
EXAMPLE = """tinynn run train.py --epochs 3
  tinynn run --report train.py --epochs 3

The exit code is the program's: 1 after an exception, 130 after Ctrl-C. It is 2 where there is no
such program."""
UNREADABLE = 2
INTERRUPTED = 130       # 128 + SIGINT, as a shell reports it


def arguments(parser):
    """The program and what it is given."""
    parser.add_argument("--report", action="store_true",
                        help="say at the end which names of tensorflow and keras it asked for that tinynn lacks")
    parser.add_argument("file", metavar="FILE", help="a Python program that imports tensorflow or keras")
    parser.add_argument("args", metavar="ARGS", nargs=argparse.REMAINDER, help="the program's own arguments")


def run(options):
    """Runs the program as `python FILE ARGS` would; what it exits with, or 1 after an exception."""
    from tinynn.compat import as_tensorflow

    source = read("run", options.file)
    if source is None:
        return UNREADABLE
    if not options.report:
        with as_tensorflow():
            return execute(source, options.file, options.args)
    from tinynn.cli.lacking import Lacking

    lacking = Lacking()
    try:
        with as_tensorflow(lacking):
            return execute(source, options.file, options.args, lacking.raised)
    finally:
        sys.stdout.flush()
        print(*lacking.lines(), sep="\n", file=sys.stderr)


def read(command, path):
    """The program's source, or None after an error message."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        print(f"tinynn {command}: cannot read {path!r}: {error.strerror}", file=sys.stderr)
        return None


def execute(source, path, args, raised=None):
    """Runs `source` as the module __main__; its exit code. `raised` hears of the exception that ends it.

    SystemExit is passed on, so that the interpreter prints its message and sets its code.
    """
    try:
        program.execute(source, path, args)
    except (Exception, KeyboardInterrupt) as error:
        show(error)
        if raised is not None:
            raised(error)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def show(error):
    """Prints the traceback from the program's first line on."""
    frames = program.frames_of(error, __file__)
    sys.excepthook(type(error), error.with_traceback(frames), frames)
