"""Floor 7: Keras: layers, models, losses, metrics, optimizers and what goes with them, under Keras 3's names.

Every part is loaded when it is first used.
"""

from tinynn.core.namespace import namespace

__version__ = "3.15.1"  # the Keras whose behaviour this follows

_MODULES = ("activations", "backend", "callbacks", "config", "constraints", "datasets", "dtype_policies",
            "initializers", "layers", "losses", "metrics", "mixed_precision", "models", "ops", "optimizers",
            "preprocessing", "random", "regularizers", "saving", "tree", "utils")
_OBJECTS = {
    "layers": ("Input", "InputSpec", "Layer"),
    "models": ("Functional", "Model", "Sequential"),
    "symbolic": ("KerasTensor",),
    "variable": ("Variable",),
    "dtype_policy": ("DTypePolicy",),
    "backend": ("name_scope", "version"),
    "initializers": ("Initializer",),
    "losses": ("Loss",),
    "metrics": ("Metric",),
    "optimizers": ("Optimizer",),
    "regularizers": ("Regularizer",),
}
__getattr__, __dir__ = namespace(__name__, {
    **{name: f"{__name__}.{name}" for name in _MODULES},
    **{name: f"{__name__}.{module}:{name}" for module, names in _OBJECTS.items() for name in names},
})
