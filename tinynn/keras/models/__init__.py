"""Floor 7: models."""

from tinynn.core.namespace import namespace
from tinynn.keras.dtype_policy import DTypePolicy
from tinynn.keras.layers.core import Input
from tinynn.keras.models.cloning import clone_model
from tinynn.keras.models.files import load_model, model_from_config, model_from_json, save_model
from tinynn.keras.models.functional import Functional
from tinynn.keras.models.model import Model
from tinynn.keras.models.sequential import Sequential
from tinynn.keras.saving import Catalogue

_catalogue = Catalogue("Keras object", "keras", [DTypePolicy, Model, Sequential])
_graphs = Catalogue("model", "keras.src.models.functional", [Functional])     # where Keras's own files say it is

__all__ = ["Functional", "Input", "Model", "Sequential", "clone_model", "load_model", "model_from_config",
           "model_from_json", "save_model"]

__getattr__, __dir__ = namespace(__name__)
