"""Floor 7: in which type a layer computes, and in which it keeps its variables."""

from tinynn.keras import config
from tinynn.keras.saving import Catalogue
from tinynn.keras.variable import dtype_name

_MIXED = {"mixed_float16": "float16"}


class DTypePolicy:
    """The dtypes of a layer.

    Args:
        name: a dtype, or "mixed_float16" for float16 computations with float32 variables.
    """

    def __init__(self, name=None):
        name = config.floatx() if name is None else name
        self.name = name if name in _MIXED else dtype_name(name)
        self.compute_dtype = dtype_name(_MIXED.get(name, name))
        self.variable_dtype = dtype_name("float32" if name in _MIXED else name)

    quantization_mode = None

    def get_config(self):
        """The arguments of `__init__`."""
        return {"name": str(self.name)}

    @classmethod
    def from_config(cls, config):
        """A policy from its configuration."""
        return cls(**config)

    def __eq__(self, other):
        return isinstance(other, DTypePolicy) and self.name == other.name

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f'<DTypePolicy "{self.name}">'


# Keras counts it among its top-level objects; keras.models puts its own beside it.
Catalogue("Keras object", "keras", [DTypePolicy])


def get(identifier):
    """A policy from a policy, a dtype, its name, or a configuration."""
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return DTypePolicy(identifier["config"]["name"])
    return DTypePolicy(identifier)
