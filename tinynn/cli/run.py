"""tinynn run: a TensorFlow program on tinynn."""

import argparse
import os
import sys
import types

SUMMARY = "run a TensorFlow or Keras program, unedited, on tinynn"
EXAMPLE = "tinynn run train.py --epochs 3"
INTERRUPTED = 130       # 128 + SIGINT, as a shell reports it


def arguments(parser):
    """The program and what it is given."""
    parser.add_argument("file", metavar="FILE", help="a Python program that imports tensorflow or keras")
    parser.add_argument("args", metavar="ARGS", nargs=argparse.REMAINDER, help="the program's own arguments")


def run(options):
    """Runs the program as `python FILE ARGS` would; what it exits with, or 1 after an exception."""
    from tinynn.compat import as_tensorflow

    source = read("run", options.file)
    if source is None:
        return 2
    with as_tensorflow():
        return execute(source, options.file, options.args)


def read(command, path):
    """The program's source, or None after an error message."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        print(f"tinynn {command}: cannot read {path!r}: {error.strerror}", file=sys.stderr)
        return None


def execute(source, path, args):
    """Runs `source` as the module __main__; its exit code.

    SystemExit is passed on, so that the interpreter prints its message and sets its code.
    """
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__, __cached__=None)
    sys.modules["__main__"] = module
    sys.argv = [path, *args]
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    try:
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    except (Exception, KeyboardInterrupt) as error:
        show(error)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def show(error):
    """Prints the traceback from the program's first line on: without the frames of this file."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    sys.excepthook(type(error), error.with_traceback(frames), frames)
