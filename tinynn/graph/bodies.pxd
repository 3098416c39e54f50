from tinynn._bridge cimport tn_args, tn_status

cdef object raised()
cdef tn_status run_body(const tn_args *args) noexcept nogil
