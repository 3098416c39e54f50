"""Floor 3; as `tf.autodiff` it has the tape, and what differentiates forwards."""

from tinynn.core.namespace import namespace as _namespace

__getattr__, __dir__ = _namespace(__name__, {"GradientTape": "tinynn.autodiff.tape:GradientTape",
                                             "ForwardAccumulator": "tinynn.autodiff.forward:ForwardAccumulator"})
