from tinynn.core.primitive cimport Primitive

cdef object DECLINED        # there is no kernel for these arguments
cdef object run(Primitive op, tuple inputs, tuple attributes, type array_type)
