"""Floor 2: GPUs, through CuPy: which there are, where an array lives, how it moves, and why there is none.

This is the only file that imports CuPy, and it does so when a GPU is first asked for. A GPU's arrays are CuPy's; an op
runs on them as its reference body, with CuPy as `xp`.

Places are numbers here: -1 is the CPU, 0, 1, ... are the GPUs.
"""

import contextlib
import functools
import re
import threading

import numpy as np

from tinynn.backends import checks, reference
from tinynn.backends.checks import NOBODY
from tinynn.core import config
from tinynn.core.errors import hint

CPU, ANYWHERE = -1, -2
_NAME = re.compile(r"(?:/?(?:job:\w+|replica:\d+|task:\d+))*/?(?:device:)?(CPU|GPU)(?::(\d+))?", re.IGNORECASE)
INSTALL = 'pip install "tinynn-engine[cuda12]" (or [cuda13], for a driver of version 580 or later)'


class NoGPU(RuntimeError):
    """There is no GPU to compute on; the message says why, and what to do."""


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
        return (f"{name}, {found['totalGlobalMem'] / 2**30:.0f} GiB, CuPy {self.xp.__version__}, "
                f"CUDA driver {_version(self.xp.cuda.runtime.driverGetVersion())}")


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
    return platform().xp.ElementwiseKernel(*KERNELS[name], f"tinynn_{name}")


_lock = threading.Lock()
_found = {"platform": None, "reason": None}     # what the first look found


def platform():
    """The CuPy of this process.

    Raises:
        NoGPU: there is none, or it finds no GPU.
    """
    if _found["platform"] is None:
        with _lock:
            if _found["platform"] is None and _found["reason"] is None:
                _look()
        if _found["platform"] is None:
            raise NoGPU(_found["reason"])
    return _found["platform"]


def _look():
    try:
        found = CuPy()
        if found.count():
            found.xp.zeros(1)       # a driver that is too old says so here
            found.allow_tf32(_tf32["on"])
            _found["platform"] = found
        else:
            _found["reason"] = "CuPy finds no NVIDIA GPU on this machine (nvidia-smi lists what the driver sees)"
    except ImportError as error:
        installed = getattr(error, "name", None) != "cupy"
        _found["reason"] = (f"CuPy cannot be loaded: {' '.join(str(error).split())[:200]}" if installed else
                            f"computing on a GPU needs CuPy, which is not installed: {INSTALL}")
    except Exception as error:      # whatever CUDA says: its errors are CuPy's own classes
        _found["reason"] = _explained(error)


def _explained(error):
    text = " ".join(str(error).split())[:200]
    if "cudaErrorInsufficientDriver" in text:
        return ("the GPU's driver is older than CuPy's CUDA: install a newer driver (525 or later for CUDA 12, 580 or "
                f"later for CUDA 13), or the CuPy for an older CUDA. CUDA says: {text}")
    if "cudaErrorNoDevice" in text:
        return f"the driver finds no NVIDIA GPU: nvidia-smi lists what it sees. CUDA says: {text}"
    return f"CuPy is installed, but CUDA does not start: is there an NVIDIA driver (nvidia-smi)? It says: {text}"


@contextlib.contextmanager
def substituted(other):
    """A context in which another array package stands in for CuPy."""
    before = dict(_found)
    _found.update(platform=other, reason=None)
    try:
        yield other
    finally:
        _found.update(before)


def why_not():
    """Why there is no GPU, with what to do; None where there is one."""
    try:
        platform()
    except NoGPU as error:
        return str(error)
    return None


def in_use():
    """Whether a GPU was asked for, and found: only then can a tensor live on one."""
    return _found["platform"] is not None


def count():
    """How many GPUs there are."""
    return 0 if why_not() else platform().count()


def lines():
    """What `show_config` and `tinynn info` say about GPUs."""
    reason = why_not()
    if reason:
        return [f"GPU              none: {reason}"]
    return [f"GPU:{i}            {platform().described(i)}" for i in range(count())]


def _version(number):
    return f"{number // 1000}.{number % 1000 // 10}"


config.gpus = count
config.gpu_lines = lines

# ---- places ----------------------------------------------------------------------------------------------------------


def place_named(name):
    """The place of a device name as TensorFlow accepts it: "GPU:0", "/GPU:0", "/device:GPU:0", "CPU:0", ...

    Raises:
        ValueError: no such name.
    """
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"a device is named as in 'GPU:0' or '/device:CPU:0', got {name!r}")
    number = int(found[2] or 0)
    if found[1].upper() == "GPU":
        return number
    if number:
        raise ValueError(f"there is one CPU device, 'CPU:0'; got {name!r}")
    return CPU


def name_of(place):
    """The short name of a place, as in "GPU:0"."""
    return "CPU:0" if place == CPU else f"GPU:{place}"


def long_name_of(place):
    """TensorFlow's name of a place."""
    return f"/job:localhost/replica:0/task:0/device:{name_of(place)}"


def available(place, soft=False):
    """The place itself; with `soft` the CPU, and a hint, where there is no such GPU.

    Raises:
        NoGPU: there is no such GPU.
    """
    if place == CPU:
        return place
    reason = why_not()
    if reason is None and place >= count():
        reason = f"the GPUs are {', '.join(name_of(i) for i in range(count()))}"
    if reason is None:
        return place
    if not soft:
        raise NoGPU(f"there is no {name_of(place)}: {reason}")
    hint("no-gpu", f"there is no {name_of(place)}, and the CPU computes instead: {reason}. "
         "tf.config.set_soft_device_placement(False) makes this an error")
    return CPU


def states():
    """{key: variable}: what ops.random keeps on GPUs; empty while no GPU is in use."""
    return platform().states if in_use() else {}


def place_of(array):
    """Where an array lives."""
    return CPU if isinstance(array, np.ndarray) else platform().place(array)


def moved(array, place):
    """A copy of an array, NumPy's or a GPU's, at a place.

    Raises:
        InvalidArgumentError: the host reads from a GPU on which a graph used an index that does not exist.
    """
    if place == CPU:
        if isinstance(array, np.ndarray):
            return np.array(array)
        checks.look(platform().place(array))
        return platform().get(array)
    return platform().put(array, place)


def copied(array):
    """A copy of a GPU's array, beside it."""
    return moved(array, place_of(array))


def full(shape, value, dtype, place):
    """An array of one number everywhere, on a GPU."""
    with platform().at(place):
        return platform().xp.full(shape, value, dtype)


def run(op, arrays, attributes):
    """What an op gives for arrays of one GPU; arrays of that GPU, too.

    Raises:
        TypeError: the op's body gave an array that has left the GPU.
    """
    found = platform()
    place = found.place(arrays[0])
    with found.at(place) if place else contextlib.nullcontext():
        result = reference.run(op, found.xp, arrays, attributes)
    for made in result if isinstance(result, (tuple, list)) else () if result is None else (result,):
        if not isinstance(made, found.array) and op.name != "move":
            raise TypeError(f"the body of {op.name} gave a {type(made).__name__}, not the GPU's array")
    return result


def linalg_errors(xp):
    """A context in which `xp` raises LinAlgError for a matrix that has no inverse."""
    return contextlib.nullcontext() if xp is np else platform().linalg_errors()


def memory_info(device="CPU:0"):
    """Bytes that tensors hold on a device now, and the most that they have held at once; on a GPU instead of the
    second what CuPy has taken for them, which is at least that."""
    place = available(place_named(device))
    return dict(zip(("current", "peak"), _cpu_memory_info().values() if place == CPU else platform().memory(place),
                    strict=True))


_cpu_memory_info = config.experimental.get_memory_info
config.experimental.get_memory_info = memory_info


def enable_tensor_float_32_execution(enabled):
    """Whether products of float32 matrices may round their factors to 10 bits (TF32), which is faster; off at first."""
    _tf32["on"] = bool(enabled)
    if in_use():
        platform().allow_tf32(_tf32["on"])


_tf32 = {"on": False}
config.experimental.enable_tensor_float_32_execution = enable_tensor_float_32_execution
config.experimental.tensor_float_32_execution_enabled = lambda: _tf32["on"]
