"""Floor 3: where in the user's program an op was called.

To find that out takes a microsecond. So only the first tapes of each `with` note it, and of later ones it is told where
they recorded the same ops in the same order.
"""
from sys import _getframe

from tinynn.core.errors import is_ours

cdef enum:
    NOTING = 3          # tapes per site that note places
    MANY = 10000        # sites and functions, of a program that makes functions all the time

cdef dict inside = {}   # code of functions -> whether it is tinynn's
cdef dict sites = {}    # (code, instruction) -> Site


cdef bint belongs(frame):
    """Whether a frame is tinynn's own; as core.errors.is_ours finds it, for many calls."""
    ours = inside.get(frame.f_code)
    if ours is None:
        if len(inside) > MANY:
            inside.clear()
        ours = inside[frame.f_code] = is_ours(frame)
    return ours


cdef tuple place():
    """(file, line) of the user's code that is running now."""
    frame = _getframe(0)
    while frame.f_back is not None and belongs(frame):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


cdef Site site():
    """The site of a `with` that begins now; None where it is tinynn's own."""
    cdef Site found
    frame = _getframe(0)
    if belongs(frame):
        return None
    key = frame.f_code, frame.f_lasti
    found = sites.get(key)
    if found is None:
        if len(sites) > MANY:
            sites.clear()
        found = sites[key] = Site.__new__(Site)
    return found


cdef class Site:
    cdef bint notes(self):
        """Whether one more tape shall note places."""
        self.tapes += 1
        return self.tapes <= NOTING
