"""tinynn info: the versions and the machine."""

import platform

SUMMARY = "print the versions, the instruction set, the threads and the kernels in use"
EXAMPLE = "tinynn info"


def arguments(parser):
    """There are none."""


def run(options):
    """Prints the configuration."""
    import numpy

    import tinynn

    print(f"tinynn           {tinynn.__version__}, Python {platform.python_version()}, NumPy {numpy.__version__}")
    tinynn.show_config()
    return 0
