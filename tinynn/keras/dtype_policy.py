"""Floor 7: in which type a layer computes, and in which it keeps its variables; the policy of layers that name none."""

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
        if isinstance(name, str) and name.startswith("mixed_") and name not in _MIXED:
            raise ValueError(f"Cannot convert {name!r} to a dtype policy: the only mixed policy is 'mixed_float16'")
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


_settings = {}


def dtype_policy():
    """The policy of layers that name none: that of `floatx()` unless one was set."""
    return _settings.get("policy") or DTypePolicy()


def set_dtype_policy(policy):
    """Sets the policy of layers that are made from now on and name none.

    Args:
        policy: a DTypePolicy, or its name, as "mixed_float16" or "float64"; None for that of `floatx()` again.

    Example:
        >>> keras.config.set_dtype_policy("mixed_float16")
        >>> layer = keras.layers.Dense(2)
        >>> layer.compute_dtype, layer.variable_dtype
        ('float16', 'float32')
        >>> keras.config.set_dtype_policy(None)
    """
    _settings["policy"] = None if policy is None else get(policy)


def get(identifier):
    """A policy from a policy, a dtype, its name, or a configuration; None gives the one that was set."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return DTypePolicy(identifier["config"]["name"])
    return DTypePolicy(identifier)
