"""Floor 0: describes arrays to C, calls kernels, and turns a status into an exception.

No arithmetic, no shape rules and no per-op code: adding an op does not touch this file.
"""
from cpython.buffer cimport (PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release,
                             PyObject_GetBuffer)
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.ref cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint64_t

cdef extern from "tinynn.h" nogil:
    size_t tn_itemsize(int32_t dtype)
    int64_t tn_size(const tn_array *a)
    int tn_contiguous(const tn_array *a)
    void tn_set_contiguous(tn_array *a)
    const tn_kernel *tn_find(const char *name)
    const tn_kernel *tn_kernel_at(int index)
    const char *tn_isa()
    int tn_set_isa(const char *name)
    const char *tn_isa_at(int index)
    int tn_threads()
    void tn_set_threads(int count)
    int tn_has_openmp()
    void *tn_alloc(size_t bytes)
    void tn_free(void *block, size_t bytes)
    size_t tn_memory_in_use()
    size_t tn_memory_peak()
    void tn_release_cached()
    tn_status tn_run_calls(const tn_call *calls, int64_t count, int64_t *at)
    tn_status tn_run_chain(const tn_args *args)
    tn_status tn_time_calls(const tn_call *calls, int64_t count, double *seconds)
    tn_status tn_run_epochs(tn_epochs *epochs, double seconds)
    void tn_shuffle(int64_t *order, int64_t n, uint64_t *state)

cdef extern from "copy.h" nogil:
    void tn_copy(const tn_array *to, const tn_array *source)

cdef extern from *:
    """
    typedef tn_status (*tn_run)(const tn_args *);
    /* The three functions of a kernel; Cython has no syntax for an array of function pointers in a struct. */
    static inline tn_status tn_do_infer(const tn_kernel *k, tn_args *a) { return k->infer(a); }
    static inline size_t tn_scratch_bytes(const tn_kernel *k, tn_args *a) { return k->scratch ? k->scratch(a) : 0; }
    static inline tn_run tn_run_of(const tn_kernel *k, const tn_args *a) { return k->run[a->in[k->key]->dtype]; }
    static inline tn_row_fn tn_row_of(const tn_kernel *k, int32_t dtype) { return dtype < TN_DTYPES ? k->row[dtype] : NULL; }
    static inline tn_status tn_do_run(const tn_kernel *k, tn_args *a) { return tn_run_of(k, a)(a); }
    static inline int tn_runs(const tn_kernel *k, const tn_args *a)
    {
        int32_t dtype = a->in[k->key]->dtype;
        return dtype < TN_DTYPES && (k->view || k->run[dtype] != NULL);
    }
    static inline int tn_kernel_takes(const tn_kernel *k, int dtype) { return k->view || k->run[dtype] != NULL; }
    """
    tn_status tn_do_infer(const tn_kernel *kernel, tn_args *args) nogil
    size_t tn_scratch_bytes(const tn_kernel *kernel, tn_args *args) nogil
    tn_run tn_run_of(const tn_kernel *kernel, const tn_args *args) nogil
    tn_status tn_do_run(const tn_kernel *kernel, tn_args *args) nogil
    tn_row_fn tn_row_of(const tn_kernel *kernel, int32_t dtype) nogil
    int tn_runs(const tn_kernel *kernel, const tn_args *args) nogil
    int tn_kernel_takes(const tn_kernel *kernel, int dtype) nogil

# Buffer-protocol letters of the types, in the order of tn_dtype.
cdef const char *FORMATS = "?bhiqBHIQefd"
cdef int64_t NOGIL_SIZE = 16384     # elements; below this, giving up the GIL costs more than it frees


cdef extern from *:
    """
    static _Thread_local int tn_reads_paused = 0;
    """
    int tn_reads_paused

cdef ReadHook read_hook = NULL


cdef void set_read_hook(ReadHook hook):
    """Installs a function that is told of every array and variable whose values leave for Python or NumPy."""
    global read_hook
    read_hook = hook


cdef void pause_reads(int by) noexcept:
    """With 1, reads on this thread are not told, until as many calls with -1."""
    global tn_reads_paused
    tn_reads_paused += by


cdef int tell_read(object array) except -1:
    """The values of `array` are about to be read."""
    if read_hook != NULL and tn_reads_paused == 0:
        read_hook(array)
    return 0


cdef class Array:
    def __dealloc__(self):
        if self.capacity:
            tn_free(self.view.data, self.capacity)

    cdef int allocate(self) except -1:
        """Gives the described shape memory of its own."""
        cdef size_t size = tn_size(&self.view) * tn_itemsize(self.view.dtype)
        if size == 0:
            size = 1
        self.view.data = tn_alloc(size)
        if self.view.data == NULL:
            raise MemoryError(f"no memory for an array of shape {shape_of(&self.view)} ({size:,} bytes)")
        self.capacity = size
        return 0

    cdef void borrow(self, Array base) noexcept:
        """Shares the memory of `base`; the view has been set by the caller."""
        self.owner = base if base.owner is None else base.owner

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        cdef tn_array *view = &self.view
        cdef size_t itemsize = tn_itemsize(view.dtype)
        cdef Py_ssize_t *extents
        cdef int i
        if itemsize == 0:
            raise BufferError("this element type is kept by NumPy; use np.asarray")
        if flags & PyBUF_WRITABLE and not self.unlocked:
            raise BufferError("a tensor is immutable; copy it first: np.array(tensor)")
        if not (flags & PyBUF_STRIDES) and not tn_contiguous(view):
            raise BufferError("the tensor is a strided view; ask for strides or copy it first")
        tell_read(self)
        extents = <Py_ssize_t *>PyMem_Malloc(2 * TN_MAX_DIMS * sizeof(Py_ssize_t))
        if extents == NULL:
            raise MemoryError()
        for i in range(view.ndim):
            extents[i] = view.shape[i]
            extents[TN_MAX_DIMS + i] = view.strides[i] * itemsize
        buffer.obj = self
        buffer.buf = view.data
        buffer.len = tn_size(view) * itemsize
        buffer.readonly = not self.unlocked
        buffer.itemsize = itemsize
        buffer.format = NULL
        if flags & PyBUF_FORMAT:
            buffer.format = <char *>LETTERS[view.dtype]
        buffer.ndim = view.ndim
        buffer.shape = extents if flags & PyBUF_ND else NULL
        buffer.strides = extents + TN_MAX_DIMS if flags & PyBUF_STRIDES else NULL
        buffer.suboffsets = NULL
        buffer.internal = extents

    def __releasebuffer__(self, Py_buffer *buffer):
        PyMem_Free(buffer.internal)


cdef const char *LETTERS[12]
cdef bytes _letters = b"?\0b\0h\0i\0l\0B\0H\0I\0L\0e\0f\0d\0"
if sizeof(long) != 8:       # the letter of the type that NumPy has for 64 bits, so that it is printed without its name
    _letters = _letters.replace(b"l", b"q").replace(b"L", b"Q")
cdef int _k
for _k in range(12):
    LETTERS[_k] = (<const char *>_letters) + 2 * _k


cdef tuple shape_of(tn_array *view):
    cdef int i
    return tuple([view.shape[i] for i in range(view.ndim)])


cdef int64_t size_of(const tn_array *view) noexcept nogil:
    return tn_size(view)


cdef int dtype_of(const char *letter, Py_ssize_t itemsize) noexcept:
    """The tn_dtype of a buffer format; TN_OPAQUE where there is none."""
    cdef char c = letter[0]
    if c == b'@' or c == b'=' or c == b'<':
        letter += 1
        c = letter[0]
    if c == 0 or letter[1] != 0:
        return TN_OPAQUE
    if c == b'l':
        c = b'q' if itemsize == 8 else b'i'
    elif c == b'L':
        c = b'Q' if itemsize == 8 else b'I'
    for i in range(12):
        if FORMATS[i] == c:
            return i
    return TN_OPAQUE


cdef int adopt(Array self, object source, bint writable) except -1:
    """Describes the memory of `source`, a buffer, and keeps it alive.

    What C cannot describe (another element type, more axes, a stride inside an element) stays opaque: only the
    shape is known, and every op on it runs as the reference.
    """
    cdef Py_buffer buffer
    cdef tn_array *view = &self.view
    cdef int i
    self.owner = source
    view.dtype = TN_OPAQUE
    view.data = NULL
    view.ndim = 0
    try:
        PyObject_GetBuffer(source, &buffer, PyBUF_STRIDES | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
    except (BufferError, ValueError):
        return 0
    try:
        if buffer.ndim > TN_MAX_DIMS:
            return 0
        view.ndim = buffer.ndim
        view.dtype = dtype_of(buffer.format, buffer.itemsize)
        view.data = buffer.buf
        for i in range(buffer.ndim):
            view.shape[i] = buffer.shape[i]
            view.strides[i] = buffer.strides[i] // buffer.itemsize
            if buffer.strides[i] % buffer.itemsize or <size_t>buffer.buf % buffer.itemsize:
                view.dtype = TN_OPAQUE
    finally:
        PyBuffer_Release(&buffer)
    return 0


cdef const tn_kernel *find_kernel(str name):
    return tn_find(name.encode())


cdef tn_status call_kernel(const tn_kernel *kernel, tn_args *args, PyObject **outs) except *:
    """Describes the outputs, gives them memory and runs the kernel.  `outs` own the views that args.out points to."""
    cdef tn_status status
    cdef size_t scratch
    cdef int i
    cdef bint large = False
    status = describe(kernel, args)
    if status != TN_OK:
        return status
    if kernel.view:
        return TN_OK
    for i in range(args.n_out):
        (<Array>outs[i]).allocate()
    scratch = tn_scratch_bytes(kernel, args)
    args.scratch = NULL
    if scratch:
        args.scratch = tn_alloc(scratch)
        if args.scratch == NULL:
            raise MemoryError(f"no memory for {scratch:,} bytes of workspace of {kernel.name.decode()}")
    for i in range(args.n_in):
        large |= tn_size(args.input[i]) > NOGIL_SIZE
    if large:
        with nogil:
            status = tn_do_run(kernel, args)
    else:
        status = tn_do_run(kernel, args)
    if scratch:
        tn_free(args.scratch, scratch)
    return status


# ---- programs ----------------------------------------------------------------------------------------------------------

cdef tn_status describe(const tn_kernel *kernel, tn_args *args) noexcept:
    """Describes the outputs of a call, as call_kernel does, and runs nothing."""
    if (kernel.n_in >= 0 and args.n_in != kernel.n_in) or not tn_runs(kernel, args):
        return TN_UNSUPPORTED
    return tn_do_infer(kernel, args)


cdef size_t scratch_of(const tn_kernel *kernel, tn_args *args) noexcept:
    return tn_scratch_bytes(kernel, args)


cdef tn_run run_of(const tn_kernel *kernel, const tn_args *args) noexcept:
    return tn_run_of(kernel, args)


cdef tn_row_fn row_of(const tn_kernel *kernel, int32_t dtype) noexcept:
    """The loop of an elementwise kernel; NULL for another kernel or a type that it does not take."""
    return tn_row_of(kernel, dtype)


cdef tn_run chain_runner() noexcept:
    return tn_run_chain


cdef size_t bytes_of(const tn_array *view) noexcept:
    return tn_size(view) * tn_itemsize(view.dtype)


cdef void set_strides(tn_array *view) noexcept:
    """Strides of an array without gaps."""
    tn_set_contiguous(view)


cdef bint has_no_gaps(const tn_array *view) noexcept:
    return tn_contiguous(view)


cdef void copy_elements(const tn_array *to, const tn_array *source) noexcept:
    tn_copy(to, source)


cdef void *allocate(size_t size) except NULL:
    cdef void *block = tn_alloc(size if size else 1)
    if block == NULL:
        raise MemoryError(f"no memory for a recorded program's {size:,} bytes")
    return block


cdef void release(void *block, size_t size) noexcept:
    tn_free(block, size if size else 1)


cdef tn_status run_calls(const tn_call *calls, int64_t count, int64_t *at) noexcept nogil:
    return tn_run_calls(calls, count, at)


cdef tn_status time_calls(const tn_call *calls, int64_t count, double *seconds) noexcept nogil:
    return tn_time_calls(calls, count, seconds)


cdef tn_status run_epochs(tn_epochs *epochs, double seconds) noexcept nogil:
    return tn_run_epochs(epochs, seconds)


def shuffle(int64_t[::1] order, uint64_t[::1] state):
    """Fills `order` with 0 ... n - 1 in a new order, and moves the state (one number) on."""
    if order.shape[0]:
        tn_shuffle(&order[0], order.shape[0], &state[0])


# ---- the machine, for show_config and the tests ----------------------------------------------------------------------

def isa():
    """The instruction-set tier in use: "baseline", "avx2" or "avx512"."""
    return tn_isa().decode()


def available_isas():
    """The tiers that this machine and its operating system can run, slowest first."""
    names = []
    while tn_isa_at(len(names)) != NULL:
        names.append(tn_isa_at(len(names)).decode())
    return names


def set_isa(name):
    """Switches the tier; ValueError where this machine cannot run it."""
    if tn_set_isa(name.encode()) != 0:
        raise ValueError(f"unknown or unavailable tier {name!r}; this machine runs {available_isas()}")


def has_openmp():
    """Whether the kernels were built with OpenMP."""
    return bool(tn_has_openmp())


def num_threads():
    """How many threads a large kernel may use."""
    return tn_threads()


def set_num_threads(int count):
    """Sets how many threads a large kernel may use (at least 1)."""
    if count < 1:
        raise ValueError(f"num_threads must be at least 1, got {count}")
    tn_set_threads(count)


def memory_in_use():
    """Bytes given out to tensors and not yet returned."""
    return tn_memory_in_use()


def memory_peak():
    """The most bytes that tensors have held at once."""
    return tn_memory_peak()


def release_cached_memory():
    """Gives freed blocks that are kept for reuse back to the system."""
    tn_release_cached()


def kernels():
    """The C kernels: a dict from name to the tuple of dtype codes each one takes."""
    table = {}
    cdef int i = 0
    cdef const tn_kernel *kernel = tn_kernel_at(0)
    while kernel != NULL:
        table[kernel.name.decode()] = tuple(d for d in range(12) if tn_kernel_takes(kernel, d))
        i += 1
        kernel = tn_kernel_at(i)
    return table
