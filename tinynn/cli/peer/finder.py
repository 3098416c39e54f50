"""Floor 8: when an engine is imported: how long that takes, and what is set up then.

A hook is set at the moment when its module has been imported, so nothing is imported that the program does not ask for.
"""

import contextlib
import importlib.util
import os
import random
import sys
import time

import engines
import same_numbers

ROOTS = ("tensorflow", "keras", "tinynn")


class Finder:
    """A finder on `sys.meta_path` that times the imports of an engine and sets the hooks of its modules.

    Args:
        job: see `tinynn/cli/comparing/processes.py`.
        notes: a Notes.

    Attributes:
        seconds: that imports of the engine took.
    """

    def __init__(self, job, notes):
        self.job, self.notes, self.seconds, self.depth = job, notes, 0.0, 0
        engine = (engines.Tinynn if job["engine"] == "tinynn" else engines.TensorFlow)(notes)
        self.hooks = [engine.hooks(), same_numbers.seed(job, notes)]
        if job["inject"]:
            self.hooks.append(same_numbers.hooks(job, notes))
        self.aliases = {"tensorflow", "keras"} if job["engine"] == "tinynn" else set()
        self.searching = False

    def find_spec(self, name, path=None, target=None):
        """The spec of a module of the engine, with a loader that times it and sets its hooks; None for any other."""
        if self.searching:
            return None
        if name in self.aliases:
            self.aliases.clear()
            with self:
                self.open_tinynn()
            return importlib.util.find_spec(name)
        hooks = [by_module[name] for by_module in self.hooks if name in by_module]
        if not hooks and (self.depth or name.partition(".")[0] not in ROOTS):
            return None
        self.searching = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self.searching = False
        if spec is not None and spec.loader is not None:
            spec.loader = Loader(self, spec, hooks)
        return spec

    def open_tinynn(self):
        """Makes tinynn answer to TensorFlow's names: the tinynn of the process that started this one."""
        root = self.job["root"]
        sys.path[:0] = [root] if root else []
        import tinynn.compat

        if root:
            sys.path.remove(root)
        self.names = tinynn.compat.as_tensorflow()
        self.names.__enter__()

    def version(self):
        """The engine's version, or None where the program did not import it."""
        module = sys.modules.get("tensorflow") or sys.modules.get("keras")
        return str(module.__version__).rpartition("tinynn.")[2] if module else None

    def __enter__(self):
        self.depth += 1
        if self.depth == 1:
            self.begin = time.perf_counter()

    def __exit__(self, *exception):
        self.depth -= 1
        if not self.depth:
            self.seconds += time.perf_counter() - self.begin


class Loader:
    """Runs a module within the finder's time, and then its hooks."""

    def __init__(self, finder, spec, hooks):
        self.finder, self.spec, self.loader, self.hooks = finder, spec, spec.loader, hooks

    def create_module(self, spec):
        """As the module's own loader does."""
        return self.loader.create_module(spec)

    def exec_module(self, module):
        """As the module's own loader does."""
        notes = self.finder.notes
        self.spec.loader = module.__loader__ = self.loader
        if module.__name__ in ROOTS:
            notes.engine_folders += (os.path.join(os.path.dirname(module.__file__), ""),)
        before = random.getstate()
        with self.finder if module.__name__.partition(".")[0] in ROOTS else contextlib.nullcontext():
            self.loader.exec_module(module)
        random.setstate(before)     # TensorFlow draws while it is imported
        for hook in self.hooks:
            try:
                hook(module)
            except Exception as error:
                notes.troubles.append(f"{module.__name__}: {type(error).__name__}: {error}")
