"""`tf.random`: random numbers."""

from types import SimpleNamespace as _SimpleNamespace

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.distributions import gamma, poisson, stateless_gamma, stateless_poisson
from tinynn.ops.generator import Generator, get_global_generator, set_global_generator
from tinynn.ops.random import (
    categorical,
    fold_in,
    normal,
    set_seed,
    shuffle,
    stateless_categorical,
    stateless_normal,
    stateless_truncated_normal,
    stateless_uniform,
    truncated_normal,
    uniform,
)
from tinynn.ops.random import split_ as split

experimental = _SimpleNamespace(
    Generator=Generator, get_global_generator=get_global_generator, set_global_generator=set_global_generator,
    stateless_fold_in=fold_in, stateless_split=split)
__getattr__, __dir__ = _namespace(__name__)
