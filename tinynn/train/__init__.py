"""Floor 8: `tf.train`: the variables of a program in files, and back; moving averages.

A checkpoint is one file of NumPy's, `<prefix>.npz`, in which a variable has the name of the way to it, by attributes,
places in lists and keys of dicts: `net/hidden/kernel` is the kernel of the layer `hidden` of what was given as `net`.
What is not reached by attributes has a number, as the state of an optimizer. TensorFlow's own files are not read.
"""

from tinynn.core.namespace import namespace as _namespace
from tinynn.train.averages import ExponentialMovingAverage
from tinynn.train.checkpoint import Checkpoint
from tinynn.train.files import (
    CheckpointReader,
    CheckpointState,
    get_checkpoint_state,
    latest_checkpoint,
    list_variables,
    load_checkpoint,
    load_variable,
)
from tinynn.train.manager import CheckpointManager

__all__ = ["Checkpoint", "CheckpointManager", "CheckpointReader", "CheckpointState", "ExponentialMovingAverage",
           "get_checkpoint_state", "latest_checkpoint", "list_variables", "load_checkpoint", "load_variable"]
__getattr__, __dir__ = _namespace(__name__)
