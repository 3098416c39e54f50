"""NVRTC, NVIDIA's compiler of CUDA C, which needs no GPU: `pip install nvidia-cuda-nvrtc-cu12`.

Source of the functions: https://docs.nvidia.com/cuda/nvrtc/index.html
"""

import ctypes
import ctypes.util
import functools
import importlib.util
import pathlib
import re

INSTALL = "pip install nvidia-cuda-nvrtc-cu12"


class CompileError(RuntimeError):
    """The source does not compile; the message is the compiler's log."""


@functools.cache
def _loaded():
    found = importlib.util.find_spec("nvidia")
    places = [path for folder in (found.submodule_search_locations if found else ())
              for pattern in ("*/lib/libnvrtc.so.*", "*/bin/nvrtc64_*_0.dll", "*/bin/*/nvrtc64_*_0.dll")
              for path in sorted(pathlib.Path(folder).glob(pattern)) if ".alt" not in path.name]
    for place in [*map(str, places), ctypes.util.find_library("nvrtc")]:
        try:
            return ctypes.CDLL(place) if place else None
        except OSError:
            continue
    return None


def why_not():
    """Why nothing can be compiled here; None where it can."""
    return None if _loaded() else f"CUDA's compiler NVRTC is not installed: {INSTALL}"


def _call(name, *args):
    library = _loaded()
    status = getattr(library, name)(*args)
    if status:
        library.nvrtcGetErrorString.restype = ctypes.c_char_p
        raise CompileError(f"{name}: {library.nvrtcGetErrorString(status).decode()}")


def _bytes(program, what):
    """What the compiler holds as `what`: "ProgramLog", "PTX" or "CUBIN"."""
    size = ctypes.c_size_t()
    _call(f"nvrtcGet{what}Size", program, ctypes.byref(size))
    text = ctypes.create_string_buffer(size.value)
    _call(f"nvrtcGet{what}", program, text)
    return text.raw


def _compiled(source, options, what):
    if why_not():
        raise CompileError(why_not())
    program, given = ctypes.c_void_p(), [option.encode() for option in options]
    _call("nvrtcCreateProgram", ctypes.byref(program), source.encode(), b"kernels.cu", 0, None, None)
    try:
        try:
            _call("nvrtcCompileProgram", program, len(given), (ctypes.c_char_p * len(given))(*given))
        except CompileError as error:
            log = _bytes(program, "ProgramLog").rstrip(b"\0").decode()
            raise CompileError(f"{error}\n{log}") from None
        return _bytes(program, what)
    finally:
        _call("nvrtcDestroyProgram", ctypes.byref(program))


def architectures():
    """The numbers of the GPUs that this NVRTC compiles for, as 80 for sm_80."""
    count = ctypes.c_int()
    _call("nvrtcGetNumSupportedArchs", ctypes.byref(count))
    numbers = (ctypes.c_int * count.value)()
    _call("nvrtcGetSupportedArchs", numbers)
    return list(numbers)


def cubin(source, options=("-arch=sm_80",)):
    """The machine code of a source, for the GPU that the options name.

    Raises:
        CompileError: with the compiler's log; or NVRTC is not installed.
    """
    return _compiled(source, options, "CUBIN")


def ptx(source, options=("-arch=compute_80",)):
    """The same in PTX, NVIDIA's assembly language, as text."""
    return _compiled(source, options, "PTX").rstrip(b"\0").decode()


def entries(source, options=("-arch=compute_80",)):
    """The names of a source's kernels as `get_function` finds them."""
    return re.findall(r"\.entry\s+(\w+)", ptx(source, options))
