"""Floor 6: the tape, the ops and their numbers, explained."""

from tinynn.core.namespace import namespace

__getattr__, __dir__ = namespace(__name__, {"op": "tinynn.explain.ops:op"})
