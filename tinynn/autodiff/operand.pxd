from tinynn._bridge cimport Array


cdef class Operand(Array):
    """What behaves as a number or an array of numbers in an expression; see operand.pyx."""


cdef class Operators:
    cdef public object add, subtract, multiply, divide, floordiv, floormod, pow, matmul, negative, abs
    cdef public object equal, not_equal, less, less_equal, greater, greater_equal
    cdef public object logical_and, logical_or, logical_xor, logical_not
    cdef public object getitem, stack, cast, ufunc, assign, assign_add, assign_sub, scatter, identity, reshape, move
    cdef public object conj, gather_nd, update_at

cdef Operators operators
