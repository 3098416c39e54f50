"""Floor 1: what the machine has and how it is used, under the names of `tf.config`."""

import contextlib
import enum
import logging
import types

from tinynn import _bridge


class PhysicalDevice:
    """A device of the machine."""

    def __init__(self, name, device_type):
        self.name, self.device_type = name, device_type

    def __repr__(self):
        return f"PhysicalDevice(name={self.name!r}, device_type={self.device_type!r})"


    def __eq__(self, other):
        return isinstance(other, PhysicalDevice) and self.name == other.name

    def __hash__(self):
        return hash(self.name)


LogicalDevice = PhysicalDevice


class VariableSynchronization(enum.Enum):
    """When TensorFlow brings the copies of a variable on several machines together; here there is one."""

    AUTO, NONE, ON_WRITE, ON_READ = range(4)


class VariableAggregation(enum.Enum):
    """How TensorFlow joins what several machines write into a variable; here there is one."""

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = range(4)


_CPU = PhysicalDevice("/physical_device:CPU:0", "CPU")
_options = {"run_functions_eagerly": False, "soft_device_placement": True}
gpus = int          # how many GPUs there are, and lines of text about them: backends/gpu.py puts its functions here
gpu_lines = list


def list_physical_devices(device_type=None):
    """The devices that ops run on: the CPU, and the GPUs where CuPy finds some; of one type, "CPU" or "GPU", or all."""
    found = [_CPU] if device_type in (None, "CPU") else []
    if device_type in (None, "GPU"):
        found += [PhysicalDevice(f"/physical_device:GPU:{i}", "GPU") for i in range(gpus())]
    return found


list_logical_devices = get_visible_devices = list_physical_devices


def set_visible_devices(devices, device_type=None):
    """Accepts any choice of devices that exist; ops run where their tensors are.

    Raises:
        ValueError: a device that does not exist.
    """
    for device in devices if isinstance(devices, (list, tuple)) else [devices]:
        if device not in list_physical_devices():
            raise ValueError(f"there is no device {device!r}; the devices are {list_physical_devices()}")


def run_functions_eagerly(run_eagerly):
    """Whether `tf.function` only calls the Python function, so that a debugger can step through it."""
    _options["run_functions_eagerly"] = bool(run_eagerly)


def functions_run_eagerly():
    """Whether `run_functions_eagerly(True)` was said."""
    return _options["run_functions_eagerly"]


def set_soft_device_placement(enabled):
    """Whether `tf.device` of a GPU that is not there means the CPU, with a hint; otherwise it is an error."""
    _options["soft_device_placement"] = bool(enabled)


def get_soft_device_placement():
    """Whether `tf.device` of a GPU that is not there means the CPU; True at first, as in TensorFlow."""
    return _options["soft_device_placement"]


def _memory_growth(device, enable=True):
    """Accepts either: memory is taken when it is needed."""


def _memory_info(device="CPU:0"):
    """Bytes that tensors hold now, and the most that they have held at once."""
    return {"current": _bridge.memory_in_use(), "peak": _bridge.memory_peak()}


def _set_threads(num_threads):
    """How many threads a large kernel may use; 0 for as many as the machine has."""
    if num_threads:
        _bridge.set_num_threads(num_threads)


threading = types.SimpleNamespace(
    set_intra_op_parallelism_threads=_set_threads, get_intra_op_parallelism_threads=_bridge.num_threads,
    set_inter_op_parallelism_threads=lambda num_threads: None, get_inter_op_parallelism_threads=lambda: 1)
experimental = types.SimpleNamespace(
    set_memory_growth=_memory_growth, get_memory_growth=lambda device: True, get_memory_info=_memory_info,
    list_physical_devices=list_physical_devices, list_logical_devices=list_logical_devices,
    enable_op_determinism=lambda: None)     # the same bits on every run are the rule


optimizer = types.SimpleNamespace(      # what TensorFlow's compilers may do; here it changes nothing
    set_jit=lambda enabled: None, get_jit=lambda: "", set_experimental_options=lambda options: None,
    get_experimental_options=dict)


@contextlib.contextmanager
def name_scope(name=None):
    """A context that gives ops a name in TensorFlow's graphs; here it changes nothing."""
    yield name


@contextlib.contextmanager
def init_scope():
    """A context outside of TensorFlow's graphs; here it changes nothing."""
    yield


@contextlib.contextmanager
def control_dependencies(control_inputs=None):
    """A context that orders ops in TensorFlow's graphs; here they run in the order in which they are written."""
    yield


def executing_eagerly():
    """True: ops run when they are called."""
    return True


def inside_function():
    """False: a recorded function runs as it is written, too."""
    return False


def get_logger():
    """The logger of this package; as TensorFlow's it has little to say."""
    return logging.getLogger("tensorflow")


def show_config():
    """Prints what the kernels run on: instruction set, threads, OpenMP, memory."""
    tiers = ", ".join(_bridge.available_isas())
    print(f"instruction set  {_bridge.isa()} (of {tiers}; TINYNN_ISA chooses another)")
    print(f"threads          {_bridge.num_threads()} (TINYNN_NUM_THREADS, OMP_NUM_THREADS or tinynn.set_num_threads)")
    print(f"OpenMP           {'yes' if _bridge.has_openmp() else 'no'}")
    print(f"kernels          {len(_bridge.kernels())} in C")
    print(f"memory           {_bridge.memory_in_use():,} bytes in tensors")
    for line in gpu_lines():
        print(line)
