"""Floor 8: who can be measured, what each runs, and which training workloads it can express."""

from dataclasses import dataclass

SMALL = frozenset({"W1", "W2", "W3", "W4"})
PACKAGES = {"tinynn": "tinynn-engine", "numpy": "numpy", "torch": "torch", "tensorflow": "tensorflow", "jax": "jax",
            "sklearn": "scikit-learn", "c": None}       # {the package: what pip calls it}
PRODUCTS = ("tinynn", "numpy", "torch", "tensorflow", "jax")    # who multiplies matrices
GPU_PACKAGES = ("tinynn", "torch", "tensorflow", "jax")         # who trains on GPUs
LIMIT = "c"                 # what a person can reach: not a rival


@dataclass(frozen=True)
class Engine:
    """One way to train.

    Attributes:
        name: the package, and the way where it has several: `jax-scan`.
        module: the file of this folder that has it.
        runs: what it does, in words.
        kind: the class in its file; by_keras.py chooses by itself.
        only, without: the workloads that it does alone, or leaves out.
    """

    name: str
    module: str
    runs: str
    kind: str = "Rival"
    only: frozenset = frozenset()
    without: frozenset = frozenset()

    def does(self, job):
        """Whether it can express a workload, by its name."""
        return job in self.only if self.only else job not in self.without


ENGINES = {engine.name: engine for engine in [
    Engine("tinynn", "by_keras", "fit; W3 a step under tf.function; P0 the loop as written"),
    Engine("c", "by_c", "one C program per workload, by hand, on one thread: a limit, no rival", only=SMALL),
    Engine("numpy", "by_numpy", "gradients and updates by hand"),
    Engine("jax-scan-all", "by_jax", "all epochs in one compiled call (lax.scan)", "ScanAll", only=SMALL),
    Engine("jax-scan", "by_jax", "an epoch in one compiled call (lax.scan)", "Scan",
           without=frozenset({"W3", "P0"})),       # an epoch of W3 is one step
    Engine("jax-step", "by_jax", "a compiled step (jax.jit)", "Step"),
    Engine("torch-eager", "by_torch", "the usual loop, with a fused optimizer", "Eager"),
    Engine("torch-compile", "by_torch", "the same, loss and gradients under torch.compile", "Compiled",
           without=frozenset({"P0"})),
    Engine("tensorflow-fit", "by_keras", "Keras's fit", without=frozenset({"W3", "P0"})),
    Engine("tensorflow-tuned", "by_keras", "fit with jit_compile=True and steps_per_execution",
           without=frozenset({"W3", "P0"})),
    Engine("tensorflow-tape", "by_keras", "a hand-written GradientTape loop"),
    Engine("tensorflow-epoch", "by_keras", "an epoch under tf.function(jit_compile=True)", without=frozenset({"P0"})),
    Engine("sklearn", "by_sklearn", "an epoch is one partial_fit", only=frozenset({"W1", "W4"})),
]}


def package(engine):
    """What must be installed: `jax` for `jax-scan`."""
    return engine.split("-")[0]
