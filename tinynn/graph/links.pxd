from tinynn._bridge cimport tn_array, tn_chain, tn_link


cdef class Links:
    """A chain described to C, and its memory."""
    cdef tn_chain chain
    cdef tn_link *links

cdef Links link_up(line, dict number, tn_array *arrays)
