"""Floor 7: what happens around the epochs and batches of training."""

from tinynn.core.namespace import namespace
from tinynn.keras.callbacks.callback import Callback
from tinynn.keras.callbacks.callback_list import CallbackList
from tinynn.keras.callbacks.control import EarlyStopping, LambdaCallback, LearningRateScheduler, TerminateOnNaN
from tinynn.keras.callbacks.history import History
from tinynn.keras.callbacks.progress import ProgbarLogger

__all__ = ["Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback", "LearningRateScheduler",
           "ProgbarLogger", "TerminateOnNaN"]

__getattr__, __dir__ = namespace(__name__)
