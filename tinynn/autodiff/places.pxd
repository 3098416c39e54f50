cdef tuple place()


cdef class Site:
    """One `with` of the user's program that tapes are made at; see places.pyx."""
    cdef int tapes              # how many have noted places
    cdef list noted             # per op that the last of them recorded: (op, (file, line))

    cdef bint notes(self)


cdef Site site()
