"""Floor 8: a program, run as `python FILE ARGS` would."""

import os
import sys
import types


def execute(source, path, args):
    """Runs the bytes `source` of the file `path` as the module __main__; its exceptions pass."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__, __cached__=None)
    sys.modules["__main__"] = module
    sys.argv = [path, *args]
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)


def frames_of(error, *files):
    """The traceback of an exception from the program's first line on: without the frames of this file and `files`."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename in (__file__, *files):
        frames = frames.tb_next
    return frames
