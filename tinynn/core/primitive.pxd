from tinynn._bridge cimport tn_kernel


cdef enum:
    MOST_ARGUMENTS = 16


cdef class Rule:
    """How one input's gradient follows from the output's: a function, and where its arguments come from."""
    cdef readonly object function
    cdef readonly str formula
    cdef readonly tuple arguments       # names, as the function spells them
    cdef int count                      # of arguments
    cdef int sources[MOST_ARGUMENTS]    # per argument what it is; see primitive.pyx
    cdef int indices[MOST_ARGUMENTS]    # and of which input or attribute; -1 for all inputs
    cdef unsigned int inputs            # bit i: the value of input i is needed
    cdef bint output                    # the output's value is needed
    cdef bint described                 # shapes or dtypes of inputs are needed


cdef class Primitive:
    """One operation: its reference body, its gradient rules, its formula, and the C kernel of the same name."""
    cdef readonly str name
    cdef readonly object body
    cdef readonly str formula
    cdef readonly tuple inputs          # names of the tensor arguments
    cdef readonly tuple attributes      # names of the constants
    cdef readonly tuple defaults        # their default values, or REQUIRED
    cdef readonly bint variadic         # any number of tensors
    cdef readonly object example        # draws arguments to test and to show the op with
    cdef readonly list rules            # per input its Rule or None; one Rule for all inputs of a variadic op
    cdef readonly bint differentiable   # there is a rule
    cdef unsigned int writes            # bit i: input i is a Variable that is written in place
    cdef unsigned int mixed             # bit i: input i does not take part in dtype agreement
    cdef const tn_kernel *kernel        # NULL: there is none
    cdef dict __dict__                  # __doc__, __module__ and what else a function has


cdef enum:
    FROM_GRADIENT, FROM_INPUT, FROM_SHAPE, FROM_DTYPE, FROM_OUTPUT, FROM_ATTRIBUTE


ctypedef object (*Door)(Primitive, tuple, tuple)
cdef void set_door(Door function)
