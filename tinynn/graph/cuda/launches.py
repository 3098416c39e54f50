"""Floor 5: kernels of works: beside each other in one launch, or all one after the other in a single block."""

from tinynn.graph.cuda.works import Work

FAR = 16                # items that a work may move up
MOST_ARGUMENTS = 400    # of a kernel: CUDA passes at most 4 kB
MOST_SHARED = 46 * 1024     # bytes per block: any GPU has 48 kB

DEFINED = {     # what a text uses and CUDA has not, or has by another name
    "INFINITY": "INFINITY __int_as_float(0x7f800000)",
    "NAN": "NAN __int_as_float(0x7fffffff)",
    "bits_of_uint32_as_float32": "bits_of_uint32_as_float32(x) __uint_as_float(x)",
    "bits_of_int32_as_float32": "bits_of_int32_as_float32(x) __int_as_float(x)",
    "bits_of_float32_as_uint32": "bits_of_float32_as_uint32(x) __float_as_uint(x)",
    "bits_of_float32_as_int32": "bits_of_float32_as_int32(x) __float_as_int(x)",
    "bits_of_uint64_as_float64": "bits_of_uint64_as_float64(x) __longlong_as_double((long long)(x))",
    "bits_of_int64_as_float64": "bits_of_int64_as_float64(x) __longlong_as_double(x)",
    "bits_of_float64_as_uint64": "bits_of_float64_as_uint64(x) ((unsigned long long)__double_as_longlong(x))",
    "bits_of_float64_as_int64": "bits_of_float64_as_int64(x) __double_as_longlong(x)",
}


class Launch:
    """Works that need nothing of each other, as one kernel: each has some of its blocks.

    Attributes:
        works: the works.
        name: of the kernel.
    """

    def __init__(self, work):
        self.works, self.name = [work], None

    @property
    def reads(self):
        """The cells that they read."""
        return set().union(*(work.reads for work in self.works))

    @property
    def writes(self):
        """The cells that they write."""
        return set().union(*(work.writes for work in self.works))

    @property
    def threads(self):
        """Threads per block."""
        return max(work.threads for work in self.works)

    @property
    def blocks(self):
        """How many blocks."""
        return sum(work.blocks for work in self.works)

    @property
    def cells(self):
        """The cells of the arguments, in order."""
        return [cell for work in self.works for cell, _ in work.pointers]

    def takes(self, work):
        """Whether the arguments of one more work find room."""
        works = [*self.works, work]
        return (len(self.cells) + len(work.pointers) <= MOST_ARGUMENTS
                and sum(work.shared_bytes for work in works) <= MOST_SHARED)

    def text(self, name, functions):
        """The kernel in C."""
        parameters, calls, first = [], [], 0    # first: the block where a work's blocks begin
        for number, work in enumerate(self.works):
            names = [f"w{number}_{parameter.split('*')[1].split()[-1]}" for parameter in work.parameters]
            parameters += [f"{parameter.rpartition('*')[0]}*{given}"
                           for parameter, given in zip(work.parameters, names, strict=True)]
            own = f"block - {first}" if first else "block"
            call = f"{functions[work]}({', '.join([*names, str(work.count), own, str(work.blocks)])});"
            condition = f"if (block < {first + work.blocks}) " if work is not self.works[-1] else ""
            calls.append(f"    {'else ' if first else ''}{condition}{call}")
            first += work.blocks
        lines = ["    const int block = blockIdx.x;", *calls]
        return function_text(f'extern "C" __global__ void __launch_bounds__({self.threads})', name, parameters, lines)


def launches(items, root):
    """The items with their works put together, where nothing in between minds.

    Args:
        items: Work, Multiply and Call, in order.
        root: function(cell) -> the cell in whose memory it lies.
    """
    def conflict(one, other):
        reads, writes = ({root(c) for c in cells} for cells in (other.reads, other.writes))
        return {root(c) for c in one.writes} & (reads | writes) or {root(c) for c in one.reads} & writes

    done = []
    for item in items:
        if not isinstance(item, Work):
            done.append(item)
            continue
        home = None
        for earlier in reversed(done[-FAR:]):
            if conflict(earlier, item):
                break
            if isinstance(earlier, Launch) and earlier.takes(item):
                home = earlier
        if home is None:
            done.append(Launch(item))
        else:
            home.works.append(item)
    return done


def functions_of(works, kind="static __device__ void"):
    """({work: the name of its function}, the text of the functions, each once)."""
    names, known, text = {}, {}, []
    for work in works:
        key = (*work.parameters, *work.body)
        if key not in known:
            known[key] = f"f{len(known)}"
            parameters = [*work.parameters, "const int count", "const int block", "const int blocks"]
            text.append(f"// {work.ops}\n" if work.ops else "")
            text.append(function_text(kind, known[key], parameters, work.body) + "\n")
        names[work] = known[key]
    return names, "".join(text)


def source(found):
    """The CUDA C of some launches, which get their names; equal kernels are one."""
    names, text = functions_of([work for launch in found for work in launch.works])
    kernels = {}
    for launch in found:
        launch.name = kernels.setdefault(launch.text("kernel", names), f"k{len(kernels)}")
    return whole_text([text, *(kernel.replace(" kernel(", f" {name}(", 1) for kernel, name in kernels.items())])


def whole_text(parts):
    """Functions and kernels, with the definitions that they need."""
    text = "\n".join(parts)
    needed = [f"#define {definition}\n" for name, definition in DEFINED.items() if name in text]
    return "".join([*needed, "\n" if needed else "", text])


def function_text(kind, name, parameters, lines):
    """A function in C."""
    return "\n".join([f"{kind} {name}({', '.join(parameters)})", "{", *lines, "}", ""])
