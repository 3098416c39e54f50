"""Python in a process of its own, for what a test cannot do to its own process."""

import os
import subprocess
import sys
import tempfile

OURS = ("TINYNN_NUM_THREADS", "OMP_NUM_THREADS", "TINYNN_ISA")


def python(*arguments, code=0, **environment):
    """Runs Python with these arguments and returns what it wrote: (stdout, stderr).

    It starts in an empty folder, so that `import tinynn` finds the installed package and not the sources beside the
    tests, which have no compiled part. `code` is the exit status that it must have.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, *map(str, arguments)], env={**inherited, **environment}, cwd=folder,
                              capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr
