"""Floor 1: what tinynn raises and what it hints at."""

import sys
import threading
import warnings

# The numbers of gRPC, under which TensorFlow's errors are known.
CODES = ("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
         "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
         "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED")
globals().update({name: number for number, name in enumerate(CODES)})


class OpError(Exception):
    """Base of the errors that an op raises, as in `tf.errors.OpError`.

    It is made of a message, or, as TensorFlow's are, of (node_def, op, message).
    """

    error_code = 2

    def __init__(self, *args):
        self.node_def, self.op = args[:2] if len(args) >= 3 else (None, None)
        super().__init__(*(args[2:3] if len(args) >= 3 else args))

    @property
    def message(self):
        """The text of the error."""
        return str(self)


class CancelledError(OpError):
    """An operation was cancelled."""

    error_code = 1


class UnknownError(OpError):
    """An error that none of the others describes."""


class InvalidArgumentError(OpError, ValueError):
    """An op got shapes, dtypes or values that it cannot compute with."""

    error_code = 3


class DeadlineExceededError(OpError):
    """Something did not end in time."""

    error_code = 4


class NotFoundError(OpError):
    """Something that was asked for by name does not exist."""

    error_code = 5


class AlreadyExistsError(OpError):
    """Something that shall be made exists already."""

    error_code = 6


class PermissionDeniedError(OpError):
    """Somebody may not do what was asked for."""

    error_code = 7


class ResourceExhaustedError(OpError, MemoryError):
    """There is no memory left for a result."""

    error_code = 8


class FailedPreconditionError(OpError):
    """The state is not ready for the request, as a variable before it has a value."""

    error_code = 9


class AbortedError(OpError):
    """An operation was given up."""

    error_code = 10


class OutOfRangeError(OpError):
    """An iteration ran past its end."""

    error_code = 11


class UnimplementedError(OpError, NotImplementedError):
    """TensorFlow has it, tinynn has not."""

    error_code = 12


class InternalError(OpError):
    """The program itself is wrong."""

    error_code = 13


class UnavailableError(OpError):
    """What was asked cannot answer now."""

    error_code = 14


class DataLossError(OpError):
    """Data are lost or damaged."""

    error_code = 15


class UnauthenticatedError(OpError):
    """Who asks is not known."""

    error_code = 16


class OperatorNotAllowedInGraphError(TypeError):
    """A Python statement read a value that TensorFlow's graphs do not have yet; here no op raises it."""


class TinynnHint(UserWarning):
    """Advice about code that runs but probably does not do what its author means; filtered as any warning is."""


_PACKAGE = __name__.split(".")[0]
_INSIDE = _PACKAGE + "."


def is_ours(frame):
    """Whether a frame runs a function of tinynn."""
    name = frame.f_globals.get("__name__", "")
    return name.startswith(_INSIDE) or name == _PACKAGE


def user_frame_depth():
    """How many frames above the caller the first one outside tinynn is; a `stacklevel` for `warnings.warn`."""
    depth, frame = 1, sys._getframe(1)
    while frame and is_ours(frame):
        depth, frame = depth + 1, frame.f_back
    return depth


def user_frame():
    """The frame of the user's code that is running now."""
    frame = sys._getframe(1)
    while frame.f_back and is_ours(frame):
        frame = frame.f_back
    return frame


class _Ears(threading.local):
    """The hearings of a thread, innermost last."""

    def __init__(self):
        self.stack = []


_ears = _Ears()


class hearing:
    """A context that keeps the hints given in it.

    Args:
        found: a dict that they are put into: {code: (message, facts)}, the first of each code.
        silent: whether they are kept from the user, since the caller says it in another way.
    """

    def __init__(self, found, silent=False):
        self.found, self.silent = found, silent

    def __enter__(self):
        _ears.stack.append(self)
        return self.found

    def __exit__(self, *exception):
        _ears.stack.remove(self)


def hint(code, message, **facts):
    """Warns once per place of the user's code. `code` names the page of the hint in docs/hints.md.

    Args:
        code, message: the hint.
        **facts: the numbers in the message by their names, for who words them anew.
    """
    for ear in reversed(_ears.stack):
        ear.found.setdefault(code, (message, facts))
        if ear.silent:
            return
    warnings.warn(f"{message} [{code}]", TinynnHint, stacklevel=user_frame_depth())
