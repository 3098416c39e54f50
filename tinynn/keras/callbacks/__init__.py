"""Floor 7: what happens around the epochs and batches of training."""

from tinynn.core.namespace import namespace
from tinynn.keras.callbacks.averages import SwapEMAWeights
from tinynn.keras.callbacks.callback import Callback
from tinynn.keras.callbacks.callback_list import CallbackList
from tinynn.keras.callbacks.checkpoint import BackupAndRestore, ModelCheckpoint
from tinynn.keras.callbacks.csv_logger import CSVLogger
from tinynn.keras.callbacks.functions import LambdaCallback
from tinynn.keras.callbacks.history import History
from tinynn.keras.callbacks.monitor import MonitorCallback
from tinynn.keras.callbacks.progress import ProgbarLogger
from tinynn.keras.callbacks.rates import LearningRateScheduler, ReduceLROnPlateau
from tinynn.keras.callbacks.stopping import EarlyStopping, TerminateOnNaN
from tinynn.keras.callbacks.tensorboard import TensorBoard

__all__ = ["BackupAndRestore", "CSVLogger", "Callback", "CallbackList", "Doctor", "EarlyStopping", "History",
           "LambdaCallback", "LearningRateScheduler", "ModelCheckpoint", "MonitorCallback", "ProgbarLogger",
           "ReduceLROnPlateau", "SwapEMAWeights", "TensorBoard", "TerminateOnNaN"]

__getattr__, __dir__ = namespace(__name__, {"Doctor": f"{__name__}.doctor:Doctor"})   # it needs models
