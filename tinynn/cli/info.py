"""tinynn info: the versions, the machine, and the optional packages."""

import platform
import re

SUMMARY = "print the versions, what the kernels run on, and which optional packages are there"
EXAMPLE = """tinynn info

The exit code is 0, also where packages are missing: only the features of those names need them."""
DISTRIBUTION = "tinynn-engine"
REQUIREMENT = re.compile(r"""([\w.-]+)\s*(\[[^]]*\])?\s*([^;]*?)\s*;.*extra\s*==\s*["']([\w-]+)["']""")


def arguments(parser):
    """There are none."""


def run(options):
    """Prints what is known."""
    import numpy

    import tinynn
    from tinynn.cli.machine import processor
    from tinynn.explain.text import table

    print(f"tinynn           {tinynn.__version__}, Python {platform.python_version()}, NumPy {numpy.__version__}")
    print(f"processor        {processor()}")
    tinynn.show_config()
    devices = ", ".join(device.name for device in tinynn.config.list_physical_devices("GPU"))
    print(f"GPU              {devices or 'none is used: tinynn computes on the CPU'}")
    print()
    print("\n".join(table(packages())))
    return 0


def packages():
    """Rows of the optional packages: the extra that needs one, the package, its version or how to install it."""
    from importlib import metadata

    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return [["optional packages are not known: tinynn was not installed by pip"]]
    rows = [["feature", "needs", "found"]]
    for match in filter(None, map(REQUIREMENT.match, requirements)):
        name, _, versions, extra = match.groups()
        if name != DISTRIBUTION and extra != "test":
            rows.append([extra, name + versions, found(metadata, name) or f'no; pip install "{DISTRIBUTION}[{extra}]"'])
    return rows


def found(metadata, name):
    """The version of an installed package, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
