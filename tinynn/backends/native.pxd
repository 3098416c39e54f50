from tinynn.core.primitive cimport Primitive

from tinynn._bridge cimport tn_attr

cdef object DECLINED        # there is no kernel for these arguments
cdef object run(Primitive op, tuple inputs, tuple attributes, type array_type)
cdef bint encode(tuple attributes, tn_attr *slots) except -1
