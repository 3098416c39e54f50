"""Kernels in CUDA C, compiled by the machine's C compiler and run on the CPU; strict.RawModule is made of it.

The kernels keep to what C11 and C++ share. cuda_on_cpu.h is what they find, cuda_on_cpu.c runs their threads.
"""

import ctypes
import functools
import hashlib
import math
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading

import numpy as np

HERE = pathlib.Path(__file__).parent
FLAGS = ("-std=c11", "-O1", "-fPIC", "-shared", "-ffp-contract=off", "-fno-strict-aliasing", "-fvisibility=hidden",
         "-Wno-unknown-pragmas", *(f"-Werror={name}" for name in (
             "implicit-function-declaration", "incompatible-pointer-types", "int-conversion", "return-type",
             "c++-compat", "frame-larger-than=32768")))     # a thread's stack has 64 kB
TYPES = {"bool": np.bool_, "char": np.int8, "signed char": np.int8, "unsigned char": np.uint8, "short": np.int16,
         "unsigned short": np.uint16, "int": np.int32, "unsigned": np.uint32, "unsigned int": np.uint32,
         "long long": np.int64, "unsigned long long": np.uint64, "size_t": np.uint64, "float": np.float32,
         "double": np.float64}
BYTES = ("void", "char", "unsigned char")       # a pointer to one of them may point to anything
WAITS = re.compile(r"\b__(?:sync\w+|shfl\w+|ballot_sync|any_sync|all_sync)\b")
SHARED = 48 * 1024
LIMITS = {"grid": (2**31 - 1, 65535, 65535), "block": (1024, 1024, 64)}
_launching = threading.Lock()       # the runtime has one set of fibers
orders = random.Random()            # not Python's own: what a program draws does not depend on its kernels


class CompileError(RuntimeError):
    """The source does not compile; the message has what the compiler says."""


# ---- what a source says ----------------------------------------------------------------------------------------------


class Parameter:
    """A parameter of a kernel.

    Attributes:
        name, text: as in "x" and "const float *".
        pointer: how many stars the type has.
        written: whether the kernel may write to what it points to.
        dtype: NumPy's type of the number, or of the numbers that it points to; None for a pointer to anything.
    """

    def __init__(self, declaration):
        found = re.fullmatch(r"(.*?)(\w+)", re.sub(r"\b__restrict__\b", " ", declaration).strip(), re.DOTALL)
        self.text, self.name = (" ".join(found[1].split()), found[2]) if found else (declaration.strip(), "?")
        self.pointer = self.text.count("*")
        pointee = self.text.split("*")[0].split()
        self.written = self.pointer > 1 or (self.pointer == 1 and "const" not in pointee)
        plain = " ".join(word for word in pointee if word not in ("const", "volatile"))
        if plain not in TYPES and not (self.pointer and plain == "void"):
            raise CompileError(f"the parameter {self.name!r} is {self.text!r}; known types are {', '.join(TYPES)}")
        self.dtype = (np.dtype(np.uint64) if self.pointer > 1 else
                      None if self.pointer and plain in BYTES else np.dtype(TYPES[plain]))


class Function:
    """A function of a source: where its body lies and, of a kernel, its parameters.

    Attributes:
        text: its body and all macros, which the body may use.
    """

    def __init__(self, head, name, parameters, start, body, macros):
        self.name, self.start, self.body, self.text = name, start, body, body + macros
        self.kernel, self.extern = "__global__" in head, 'extern "C"' in head
        bound = re.search(r"__launch_bounds__\s*\(\s*(\d+)", head)
        self.bound = int(bound[1]) if bound else 1024
        self.parameters = [Parameter(p) for p in parameters.split(",") if self.kernel and p.strip() not in ("", "void")]

    def reached(self, functions):
        """This function and all that it calls."""
        found, new = {}, [self]
        while new:
            function = new.pop()
            found[function.name] = function
            new += [f for f in functions if f.name not in found and re.search(rf"\b{f.name}\s*\(", function.text)]
        return list(found.values())


def _blank(found):
    return re.sub(r"[^\n]", " ", found[0])


def functions_of(source):
    """The functions of a source that has no comments."""
    directive = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
    scan, macros = directive.sub(_blank, source), "\n".join(directive.findall(source))
    functions, depth, head = [], 0, 0       # head: where the declaration that is being read begins
    for mark in re.finditer(r"[{};]", scan):
        depth += {"{": 1, "}": -1, ";": 0}[mark[0]]
        if mark[0] == "{" and depth == 1:
            text, start = scan[head:mark.start()], mark.end()
        elif mark[0] == "}" and depth == 0:
            named = re.search(r"(\w+)\s*\(([^()]*)\)\s*$", text)
            if named:
                functions.append(Function(text, named[1], named[2], start, source[start:mark.start()], macros))
        if depth == 0:
            head = mark.end()
    return functions


def in_c(source, functions):
    """What the C compiler takes: each function's shared arrays in a section of its own, and how to call each kernel."""
    export = '__attribute__((visibility("default")))'
    parts = []
    for i, f in enumerate(functions):
        if f.kernel:
            given = ", ".join(f"*({p.text} *)slots[{k}]" for k, p in enumerate(f.parameters))
            parts.append(f"{export} void call_{f.name}(void **slots) {{ {f.name}({given}); }}")
        if "__shared__" in f.body:      # the linker knows where a section begins and ends
            parts.append(f"extern unsigned char __start_shared_{i}[], __stop_shared_{i}[];\n"
                         f"{export} unsigned char *span_{i}[2] = {{__start_shared_{i}, __stop_shared_{i}}};")
    for i, f in reversed(list(enumerate(functions))):
        body = f.body.replace("__shared__", f'static __attribute__((used, section("shared_{i}")))')
        source = source[:f.start] + body + source[f.start + len(f.body):]
    source = re.sub(r'extern\s+"C"', "", source)
    return "\n".join([f'#include "{HERE / "cuda_on_cpu.h"}"', '#line 1 "kernels.cu"', source, *parts, ""])


# ---- compiling -------------------------------------------------------------------------------------------------------


def compiler():
    """The command of the C compiler; None where there is none."""
    for command in (os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang"):
        words = shlex.split(command or "")
        if words and sys.platform == "linux" and shutil.which(words[0]):
            return words
    return None


def why_not():
    """Why kernels cannot run here; None where they can."""
    return None if compiler() else "kernels in CUDA C run on the CPU where there is Linux with a C compiler"


def library(source, flags=FLAGS):
    """The path of a C source's library: compiled once per machine, kept in a temporary directory."""
    if why_not():
        raise CompileError(why_not())
    header = (HERE / "cuda_on_cpu.h").read_text()
    key = hashlib.sha256("\n".join([source, header, *compiler(), *flags]).encode()).hexdigest()[:24]
    folder = pathlib.Path(tempfile.gettempdir(), f"tinynn-cuda-on-cpu-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    path = folder / f"{key}.so"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=folder) as new:        # another process may do the same just now
            text, made = pathlib.Path(new, "kernels.c"), pathlib.Path(new, "kernels.so")
            text.write_text(source)
            done = subprocess.run([*compiler(), *flags, text, "-o", made, "-lm"], capture_output=True, text=True)
            if done.returncode:
                raise CompileError(f"{done.stderr}\nin:\n{source}")
            made.replace(path)
    return path


@functools.cache
def runtime():
    """cuda_on_cpu.c, loaded."""
    path = library((HERE / "cuda_on_cpu.c").read_text(), ("-std=gnu11", "-O2", "-fPIC", "-shared"))
    loaded = ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)        # kernels find threadIdx there
    loaded.cuda_message.restype = ctypes.c_char_p
    return loaded


@functools.cache
def compiled(code, options=()):
    """{name: Kernel} of a source in CUDA C.

    Raises:
        CompileError: it is no C, or asks for what is not imitated here.
    """
    source = re.sub(r"//[^\n]*|/\*.*?\*/", _blank, code, flags=re.DOTALL)
    if re.search(r"\bextern\s+__shared__", source):
        raise CompileError("shared memory of a size given at the launch is not imitated: give the array a fixed size")
    runtime()
    functions = functions_of(source)
    defines = tuple(option for option in options if option.startswith("-D"))
    loaded = ctypes.CDLL(str(library(in_c(source, functions), (*FLAGS, *defines))))
    return {f.name: Kernel(f, functions, loaded) for f in functions if f.kernel}


# ---- running ---------------------------------------------------------------------------------------------------------


class Region(ctypes.Structure):
    """cuda_on_cpu.c's Region."""

    _fields_ = [("data", ctypes.c_void_p), ("room", ctypes.c_void_p), ("copy", ctypes.c_void_p),
                ("bytes", ctypes.c_int64), ("phase", ctypes.c_int), ("fill", ctypes.c_int), ("written", ctypes.c_int)]


class Span(ctypes.Structure):
    """cuda_on_cpu.c's Span."""

    _fields_ = [("data", ctypes.c_void_p), ("bytes", ctypes.c_int64)]


class Kernel:
    """A kernel that can be launched.

    Attributes:
        name, parameters: of its declaration.
        extern: whether it is declared `extern "C"`.
        waits: whether its threads may wait for each other, and must be fibers.
    """

    def __init__(self, function, functions, loaded):
        self.name, self.parameters, self.extern = function.name, function.parameters, function.extern
        self.bound, reached = function.bound, function.reached(functions)
        self.waits = any(WAITS.search(f.text) for f in reached)
        self.call = getattr(loaded, f"call_{self.name}")
        spans = [(ctypes.c_void_p * 2).in_dll(loaded, f"span_{functions.index(f)}") for f in reached
                 if "__shared__" in f.body]
        spans = [(start, stop - start) for start, stop in spans]
        self.shared, self.shared_bytes = (Span * len(spans))(*spans), sum(size for _, size in spans)

    def launch(self, grid, block, args, in_place=(), shared_mem=0):
        """Runs the kernel.

        Args:
            grid, block: how many blocks, and threads in a block: tuples of 1 to 3 ints.
            args: NumPy's arrays for pointers, NumPy's numbers for numbers, None for a null pointer.
            in_place: arrays that the kernel reaches otherwise too; what shares memory with them gets no guard.

        Raises:
            ValueError: CUDA cannot launch so.
            RuntimeError: the kernel wrote outside of an argument, or its threads wait for each other in vain.
        """
        dims = (*self._sizes("grid", grid), *self._sizes("block", block))
        if math.prod(dims[3:]) > self.bound:
            raise ValueError(f"{self.name} was launched with blocks of {math.prod(dims[3:])} threads; at most "
                             f"{self.bound} are possible")
        if self.shared_bytes + shared_mem > SHARED:
            raise ValueError(f"{self.name} takes {self.shared_bytes + shared_mem} bytes of shared memory per block; "
                             f"there are {SHARED}")
        regions, where = _regions(self.parameters, args, in_place)
        values = [np.array(x.ctypes.data if isinstance(x, np.ndarray) else 0 if x is None else x) for x in args]
        slots = (ctypes.c_void_p * len(args))(*(value.ctypes.data for value in values))
        at = ctypes.c_int64()
        with _launching:
            failed = runtime().cuda_launch(
                self.call, self.waits, (ctypes.c_uint * 6)(*dims), len(args), slots, (ctypes.c_int * len(args))(*where),
                len(regions), (Region * len(regions))(*regions), len(self.shared), self.shared,
                ctypes.c_uint64(orders.getrandbits(64)), ctypes.byref(at))
            message = runtime().cuda_message().decode()
        if failed < 0:
            raise RuntimeError(f"{self.name}: {message}")
        if failed:
            names = " or ".join(p.name for p, r in zip(self.parameters, where, strict=True) if r == failed - 1)
            size = regions[failed - 1][3]
            raise RuntimeError(f"{self.name} wrote to {names}, which is const" if 0 <= at.value < size else
                               f"{self.name} wrote outside of {names}: to byte {at.value}; it has {size}")

    def _sizes(self, what, given):
        if not isinstance(given, tuple) or not 1 <= len(given) <= 3 or not all(
                isinstance(n, (int, np.integer)) for n in given):
            raise TypeError(f"{self.name}: {what} is a tuple of 1 to 3 ints, got {given!r}")
        for n, limit in zip(given, LIMITS[what], strict=False):
            if not 1 <= n <= limit:
                raise ValueError(f"{self.name}: {what} {given} is not within 1 and {LIMITS[what]}")
        return (*map(int, given), 1, 1)[:3]


def owner(array):
    """The NumPy array whose memory an array is a part of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _regions(parameters, args, in_place):
    """([fields of a Region], index of the region per argument, -1 for none): what overlaps lies in one region."""
    arrays = sorted((x.ctypes.data, i) for i, x in enumerate(args) if isinstance(x, np.ndarray) and x.size
                    and not any(np.may_share_memory(x, other) for other in in_place))
    regions, where, end = [], [-1] * len(args), 0
    for start, i in arrays:
        if start >= end:
            phase = (start - owner(args[i]).ctypes.data) % 512      # CuPy's memory begins at multiples of 512
            regions.append([start, None, None, 0, phase, 0xff if args[i].dtype.kind == "f" else 0xab, 0])
            end = start
        end = max(end, start + args[i].nbytes)
        regions[-1][3] = end - regions[-1][0]
        regions[-1][6] |= parameters[i].written
        where[i] = len(regions) - 1
    return [tuple(region) for region in regions], where
