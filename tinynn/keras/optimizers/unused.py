"""Floor 7: schedules that were made and then forgotten."""

import functools
import os
import weakref

from tinynn.core.errors import hint, user_frame

_waiting = {}  # id of a schedule that nothing has used yet -> (weak reference, module and place where it was made)
_hinted = {}  # the same for those that a hint was given about


def made(schedule):
    """Notes a new schedule."""
    key, frame = id(schedule), user_frame()
    place = f"line {frame.f_lineno} of {os.path.basename(frame.f_code.co_filename)}"
    _waiting[key] = (weakref.ref(schedule, lambda _: _forget(key)), frame.f_globals.get("__name__"), place)


def _forget(key):
    return _waiting.pop(key, None) or _hinted.pop(key, None)


def used(thing):
    """Notes that a schedule, and those inside it, are in use."""
    if _forget(id(thing)) is not None:
        for part in vars(thing).values():
            used(part)


def noticing(call):
    """The `__call__` of a schedule, which also notes its use."""

    @functools.wraps(call)
    def wrapper(self, step):
        if _waiting or _hinted:
            used(self)
        return call(self, step)

    return wrapper


def forgotten():
    """[(key, the schedule's class, where it was made)] of the schedules that nothing has used.

    Only those count that were made in the module that runs now: another module may keep a choice of them.
    """
    here = user_frame().f_globals.get("__name__")
    found = [(key, reference(), place) for key, (reference, module, place) in [*_hinted.items(), *_waiting.items()]
             if module == here]
    return [(key, type(schedule).__name__, place) for key, schedule, place in found if schedule is not None]


def hint_at_unused():
    """A hint about schedules that wait for a use while an optimizer with a fixed rate begins to train."""
    if not _waiting:
        return
    for key, kind, place in forgotten():
        if key in _waiting:
            _hinted[key] = _waiting.pop(key)
            hint("schedule-unused", f"training begins with a fixed learning rate, and the {kind} of {place} is not in "
                 "use. Give it to the optimizer, as in SGD(learning_rate=schedule)", kind=kind, place=place)
