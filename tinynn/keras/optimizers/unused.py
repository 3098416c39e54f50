"""Floor 7: schedules that were made and then forgotten."""

import functools
import os
import weakref

from tinynn.core.errors import hint, user_frame

_waiting = {}  # id of a schedule that nothing has used yet -> (weak reference, module and place where it was made)


def made(schedule):
    """Notes a new schedule."""
    key, frame = id(schedule), user_frame()
    place = f"line {frame.f_lineno} of {os.path.basename(frame.f_code.co_filename)}"
    _waiting[key] = (weakref.ref(schedule, lambda _: _waiting.pop(key, None)), frame.f_globals.get("__name__"), place)


def used(thing):
    """Notes that a schedule, and those inside it, are in use."""
    if _waiting.pop(id(thing), None) is not None:
        for part in vars(thing).values():
            used(part)


def noticing(call):
    """The `__call__` of a schedule, which also notes its use."""

    @functools.wraps(call)
    def wrapper(self, step):
        if _waiting:
            used(self)
        return call(self, step)

    return wrapper


def hint_at_unused():
    """A hint about schedules that wait for a use while an optimizer with a fixed rate begins to train.

    Only those count that were made in the module which trains: another module may keep a choice of them.
    """
    if not _waiting:
        return
    here = user_frame().f_globals.get("__name__")
    for key, (reference, module, place) in list(_waiting.items()):
        schedule = reference()
        if module == here and schedule is not None:
            del _waiting[key]
            hint("schedule-unused", f"training begins with a fixed learning rate, and the {type(schedule).__name__} "
                 f"of {place} is not in use. Give it to the optimizer, as in SGD(learning_rate=schedule)")
