"""Floor 2: all that is asked of CuPy. This is the only file that imports it.

tests/support/strict.py has a stand-in with the same methods, which runs on the CPU and is as strict as CuPy is.
"""

import functools

import numpy as np

from tinynn.backends.checks import NOBODY


class CuPy:
    """What tinynn needs of an array package for GPUs, as CuPy has it. tests/support/strict.py has another.

    Attributes:
        xp: the namespace that reference bodies compute with.
        array: the type of its arrays.
        states: {key: variable}, the random states on its GPUs.
        ones: {(place, type): an array of it}.
        graphs: whether a list of kernels can be recorded and launched as one.
    """

    graphs = True

    def __init__(self):
        import cupy

        self.xp, self.array, self.states, self.ones = cupy, cupy.ndarray, {}, {}

    def count(self):
        """How many GPUs there are."""
        return self.xp.cuda.runtime.getDeviceCount()

    def try_it(self):
        """Compiles a kernel, and multiplies: an error says what of CUDA is missing."""
        x = self.xp.ones((2, 2), "float32") + 1
        return (x @ x).get()

    def place(self, array):
        """The number of the GPU where an array lives."""
        return array.device.id

    def put(self, array, place):
        """A copy of a NumPy array, or of another GPU's array, on a GPU."""
        with self.at(place):
            return self.xp.array(array)

    def get(self, array, out=None):
        """A copy of a GPU's array as a NumPy array, which may be given; the host waits for it."""
        return array.get(out=out)

    def present(self):
        """The GPU where arrays are made now."""
        return self.xp.cuda.runtime.getDevice()

    def at(self, place):
        """A context in which arrays are made and computed on a GPU."""
        return self.xp.cuda.Device(place)

    def address(self, array):
        """Where an array lies in the GPU's memory."""
        return array.data.ptr

    def wait(self, event=None):
        """Returns when the GPU has done what it was given, or what it was given before an event."""
        (event or self.xp.cuda.get_current_stream()).synchronize()

    def recorded(self, run, room=None):
        """(launch, results): a function that computes on the GPU what run() computes, as one CUDA graph.

        The graph keeps the memory that its kernels had when they were recorded: a room of its own, or one that it
        shares with graphs that never run at the same time.
        """
        cuda, room = self.xp.cuda, room or self.room()
        cuda.Device().synchronize()
        with room.stream, cuda.using_allocator(room.pool.malloc):
            room.stream.begin_capture()
            try:
                results = run()
            finally:
                graph = room.stream.end_capture()

        def launch():
            graph.launch(cuda.get_current_stream())

        launch.room = room
        return launch, results

    def room(self):
        """Memory for graphs."""
        return Room(self.xp.cuda)

    # ---- copies: they allocate nothing, and the host does not wait for them ------------------------------------------

    def copy(self, to, array):
        """to[...] = array, of the same shape and type, both without gaps: cheaper than a kernel."""
        if to.shape != array.shape or to.dtype != array.dtype or not (
                to.flags.c_contiguous and array.flags.c_contiguous):
            raise ValueError(f"{array.dtype} {array.shape} is not copied as it lies to {to.dtype} {to.shape}")
        cuda = self.xp.cuda
        cuda.runtime.memcpyAsync(to.data.ptr, array.data.ptr, to.nbytes, cuda.runtime.memcpyDeviceToDevice,
                                 cuda.get_current_stream().ptr)

    def pinned(self, size):
        """A NumPy array of bytes that the GPU reads by itself, while the host goes on."""
        return np.frombuffer(self.xp.cuda.alloc_pinned_memory(max(size, 1)), np.uint8, size)

    def stream(self):
        """A queue of copies beside that of the kernels."""
        return self.xp.cuda.Stream(non_blocking=True)

    def upload(self, to, pinned, stream=None):
        """Copies a pinned array to a GPU's array of as many bytes; the host must leave it alone until that is done."""
        if to.nbytes != pinned.nbytes or not to.flags.c_contiguous:
            raise ValueError(f"{pinned.nbytes} bytes do not fill {to.dtype} {to.shape}")
        to.data.copy_from_host_async(pinned.ctypes.data, to.nbytes, stream)

    def mark(self, stream=None):
        """An event: all that this stream, or that of the kernels, was given so far."""
        event = self.xp.cuda.Event(disable_timing=True)
        event.record(stream)
        return event

    def after(self, event, stream=None):
        """What this stream, or that of the kernels, is given from now on begins after an event."""
        (stream or self.xp.cuda.get_current_stream()).wait_event(event)

    def add_product(self, out, a, b, factor):
        """out += factor (a b), of matrices and a number on the GPU, by cuBLAS."""
        from cupy import cublas

        cublas.gemm("N", "N", a, b, out, factor, self.one(out.device.id, out.dtype.char))

    def one(self, place, dtype):
        """1, on a GPU: made once, since a graph cannot be recorded with a copy from the host."""
        if (place, dtype) not in self.ones:
            with self.at(place):
                self.ones[place, dtype] = self.xp.ones((), dtype)
        return self.ones[place, dtype]

    # ---- kernels that an op's body cannot be made of -----------------------------------------------------------------

    def gather(self, out, data, order, start):
        """out[r] = data[order[start[0] + r]], or data[start[0] + r] where order is None; rows without gaps."""
        width = data.size // len(data)
        if order is None:
            _kernel("rows")(data.reshape(-1), start, width, out.reshape(-1))
        else:
            _kernel("gather")(data.reshape(-1), order, start, width, out.reshape(-1))

    def store(self, to, rows, start):
        """to[start[0] + r] = rows[r]"""
        _kernel("store")(rows.reshape(-1), start, rows.size // len(rows), to.reshape(-1))

    def checked(self, indices, n, notes, number):
        """The indices with 0 for those outside of 0 .. n - 1; the first of them in `notes`, as backends.checks says."""
        safe = _kernel("check")(indices, n, self.xp.empty(indices.shape, indices.dtype), notes)[0]
        _kernel("note")(indices.reshape(-1), number, notes, size=1)
        return safe

    def allow_tf32(self, allowed):
        """Whether float32 products may use TF32."""
        from cupy import _core

        _core.set_compute_type(np.float32, _core.COMPUTE_TYPE_TF32 if allowed else _core.COMPUTE_TYPE_DEFAULT)

    def memory(self, place):
        """(bytes that arrays hold, bytes that CuPy has taken from the GPU for them)."""
        with self.at(place):
            pool = self.xp.get_default_memory_pool()
            return pool.used_bytes(), pool.total_bytes()

    def free_memory(self):
        """Bytes that arrays on the present GPU can still take."""
        return self.xp.cuda.runtime.memGetInfo()[0] + self.xp.get_default_memory_pool().free_bytes()

    def release(self):
        """Gives memory back to the GPU that no array holds, so that graphs can have it."""
        self.xp.get_default_memory_pool().free_all_blocks()

    def linalg_errors(self):
        """A context in which a matrix without an inverse is an error, as in NumPy, and not NaN."""
        from cupyx import errstate

        return errstate(linalg="raise")

    def described(self, place):
        """One line about a GPU."""
        found = self.xp.cuda.runtime.getDeviceProperties(place)
        name = found["name"].decode() if isinstance(found["name"], bytes) else found["name"]
        driver = self.xp.cuda.runtime.driverGetVersion()
        return (f"{name}, {found['totalGlobalMem'] / 2**30:.0f} GiB, CuPy {self.xp.__version__}, "
                f"CUDA driver {driver // 1000}.{driver % 1000 // 10}")


class Room:
    """Memory for CUDA graphs which never run at the same time. It is theirs as long as one of them lives.

    CuPy's pool alone is not enough: it gives what no array holds back to the GPU when memory is short, and forgets a
    stream's free blocks with the last array there. Graphs go on writing to both. So the blocks are kept here, and one
    array keeps the stream's.
    """

    def __init__(self, cuda):
        blocks = []

        def block(size):
            blocks.append(cuda.MemoryPointer(cuda.Memory(size), 0))
            return blocks[-1]

        self.stream, self.pool, self.blocks = cuda.Stream(non_blocking=True), cuda.MemoryPool(block), blocks
        with self.stream:
            self.anchor = self.pool.malloc(1)


KERNELS = {     # name: (inputs, outputs, what is done per element i), as CuPy's ElementwiseKernel takes them
    "rows": ("raw T data, raw int64 start, int64 width", "T out", "out = data[start[0] * width + i]"),
    "gather": ("raw T data, raw int64 order, raw int64 start, int64 width", "T out",
               "out = data[order[start[0] + i / width] * width + i % width]"),
    "store": ("T row, raw int64 start, int64 width", "raw T to", "to[start[0] * width + i] = row"),
    "check": ("T index, int64 n", "T safe, raw int64 notes", """
        const long long at = (long long)index;
        const bool outside = at < 0 || at >= n;
        safe = outside ? (T)0 : index;
        if (outside && !notes[0]) atomicMin(&notes[1], (long long)i);"""),
    "note": ("raw T indices, int64 number", "raw int64 notes", f"""
        if (!notes[0] && notes[1] != {NOBODY}) {{
            notes[2] = number;
            notes[3] = (long long)indices[notes[1]];
            notes[0] = 1;
        }}"""),
}


@functools.cache
def _kernel(name):
    import cupy

    return cupy.ElementwiseKernel(*KERNELS[name], f"tinynn_{name}")
