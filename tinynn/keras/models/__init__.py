"""Floor 7: models."""

from tinynn.core.namespace import namespace
from tinynn.keras.dtype_policy import DTypePolicy
from tinynn.keras.layers.core import Input
from tinynn.keras.models.cloning import clone_model
from tinynn.keras.models.functional import Functional
from tinynn.keras.models.model import Model
from tinynn.keras.models.sequential import Sequential
from tinynn.keras.saving import Catalogue

_catalogue = Catalogue("Keras object", "keras", [DTypePolicy, Functional, Model, Sequential])

__all__ = ["Functional", "Input", "Model", "Sequential", "clone_model"]

__getattr__, __dir__ = namespace(__name__)
