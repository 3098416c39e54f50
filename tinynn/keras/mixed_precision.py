"""Floor 7: `keras.mixed_precision`: float16 computations with float32 variables."""

from tinynn.keras.dtype_policy import DTypePolicy, dtype_policy, set_dtype_policy
from tinynn.keras.optimizers import LossScaleOptimizer

Policy, global_policy, set_global_policy = DTypePolicy, dtype_policy, set_dtype_policy

__all__ = ["DTypePolicy", "LossScaleOptimizer", "Policy", "dtype_policy", "global_policy", "set_dtype_policy",
           "set_global_policy"]
