"""The C header, and the one Python object that carries a C array."""
from cpython.ref cimport PyObject
from libc.stdint cimport int32_t, int64_t, int8_t, uint8_t, uint64_t

cdef extern from "tinynn.h" nogil:
    enum: TN_MAX_DIMS
    enum: TN_MAX_ATTRS
    enum: TN_DTYPES
    enum: TN_OPAQUE
    enum: TN_NUMBER
    enum: TN_NONE

    ctypedef enum tn_dtype:
        TN_BOOL, TN_INT8, TN_INT16, TN_INT32, TN_INT64, TN_UINT8, TN_UINT16, TN_UINT32, TN_UINT64
        TN_FLOAT16, TN_FLOAT32, TN_FLOAT64

    ctypedef struct tn_array:
        void *data
        int32_t dtype
        int32_t ndim
        int64_t shape[8]
        int64_t strides[8]

    ctypedef struct tn_attr:
        double number
        int32_t count
        int64_t items[8]

    ctypedef enum tn_status:
        TN_OK, TN_UNSUPPORTED, TN_BAD_INDEX

    ctypedef struct tn_args:
        const tn_array **input "in"
        tn_array **out
        const tn_attr *attr
        int32_t n_in
        int32_t n_out
        void *scratch

    enum: TN_MAX_BUFFERS
    ctypedef void (*tn_row_fn)(int64_t n, void *out, const void **inputs, double a) noexcept nogil

    ctypedef struct tn_operand:
        const tn_array *array
        int32_t buffer
        int32_t itemsize

    ctypedef struct tn_link:
        tn_row_fn row
        double number
        int32_t n_in
        tn_operand input "in"[3]
        tn_operand out

    ctypedef struct tn_chain:
        int64_t n
        int32_t n_links, n_numbers
        const tn_link *links
        tn_operand numbers[8]

    ctypedef struct tn_call:
        tn_status (*run)(const tn_args *args) noexcept nogil
        tn_args args

    ctypedef struct tn_feed:
        const void *source "from"
        void *to
        int64_t row_bytes

    ctypedef struct tn_step:
        const tn_call *calls
        const tn_feed *feeds
        const tn_feed *takes
        int64_t n_calls, batch

    ctypedef struct tn_epochs:
        tn_step whole, rest
        int32_t n_feeds, n_takes, n_results
        const tn_call *begin
        const tn_call *end
        int64_t n_begin, n_end
        const tn_array **results
        double *log
        int64_t samples
        int64_t *order
        uint64_t *random
        int64_t epochs, epoch, sample, call

    ctypedef struct tn_kernel:
        const char *name
        int8_t n_in
        int8_t n_out
        int8_t key
        uint8_t writes
        int view


cdef class Array:
    """A typed, strided block of memory: its own, or borrowed from `owner`, which it keeps alive."""
    cdef tn_array view
    cdef object owner           # None: the memory is this array's own
    cdef size_t capacity        # bytes to free; 0 where borrowed
    cdef bint unlocked          # the next buffer may be written to
    cdef object __weakref__

    cdef int allocate(self) except -1
    cdef void borrow(self, Array base) noexcept


ctypedef int (*ReadHook)(object array) except -1
cdef void set_read_hook(ReadHook hook)
cdef void pause_reads(int by) noexcept
cdef int tell_read(object array) except -1

cdef const tn_kernel *find_kernel(str name)
cdef tn_status call_kernel(const tn_kernel *kernel, tn_args *args, PyObject **outs) except *
cdef int adopt(Array self, object buffer, bint writable) except -1
cdef tuple shape_of(tn_array *view)
cdef int64_t size_of(const tn_array *view) noexcept nogil

ctypedef tn_status (*tn_run)(const tn_args *args) noexcept nogil
cdef tn_status describe(const tn_kernel *kernel, tn_args *args) noexcept
cdef size_t scratch_of(const tn_kernel *kernel, tn_args *args) noexcept
cdef tn_run run_of(const tn_kernel *kernel, const tn_args *args) noexcept
cdef tn_row_fn row_of(const tn_kernel *kernel, int32_t dtype) noexcept
cdef tn_run chain_runner() noexcept
cdef size_t bytes_of(const tn_array *view) noexcept
cdef void set_strides(tn_array *view) noexcept
cdef bint has_no_gaps(const tn_array *view) noexcept
cdef void copy_elements(const tn_array *to, const tn_array *source) noexcept
cdef void *allocate(size_t size) except NULL
cdef void release(void *block, size_t size) noexcept
cdef tn_status run_calls(const tn_call *calls, int64_t count, int64_t *at) noexcept nogil
cdef tn_status time_calls(const tn_call *calls, int64_t count, double *seconds) noexcept nogil
cdef tn_status run_epochs(tn_epochs *epochs, double seconds) noexcept nogil
