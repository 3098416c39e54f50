"""The build: every Cython module, and csrc/ linked into tinynn._bridge and copied into the package, where the teaching
tools read it.  Metadata is in pyproject.toml."""

import os
import pathlib
import tempfile
from concurrent.futures import ThreadPoolExecutor

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.errors import CompileError, LinkError

C_SOURCES = sorted(str(path) for path in [*pathlib.Path("csrc").glob("*.c"), *pathlib.Path("csrc").glob("tiers/*.c")])
C_HEADERS = sorted(str(path) for pattern in ("**/*.h", "*.def") for path in pathlib.Path("csrc").glob(pattern))
FLAGS = [*pathlib.Path("csrc/cflags").read_text().split(), "-fvisibility=hidden", "-g0"]
OPENMP = "-fopenmp"
PROBE = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"


def extensions():
    """One extension per .pyx file; only the bridge carries the C library."""
    for path in sorted(pathlib.Path("tinynn").rglob("*.pyx")):
        name = ".".join(path.with_suffix("").parts)
        bridge = name == "tinynn._bridge"
        yield Extension(
            name,
            [str(path), *(C_SOURCES if bridge else [])],
            include_dirs=["csrc"],
            depends=C_HEADERS,
            libraries=["m"] if bridge and os.name == "posix" else [],
            define_macros=[("CYTHON_CLINE_IN_TRACEBACK", "0")],
        )


class Build(build_ext):
    """build_ext that compiles on all cores and uses OpenMP only where a test program links."""

    def build_extensions(self):
        unix = self.compiler.compiler_type == "unix"
        openmp = unix and self.links_openmp()
        for extension in self.extensions:
            if unix:
                extension.extra_compile_args = FLAGS
            if openmp and extension.name == "tinynn._bridge":
                extension.extra_compile_args = [*extension.extra_compile_args, OPENMP]
                extension.extra_link_args = [OPENMP]
        self.parallel = self.parallel or os.cpu_count()
        self.compile_files_in_parallel()
        super().build_extensions()

    def links_openmp(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "probe.c")
            source.write_text(PROBE)
            try:
                objects = self.compiler.compile([str(source)], output_dir=folder, extra_postargs=[OPENMP])
                self.compiler.link_executable(objects, str(pathlib.Path(folder, "probe")), extra_postargs=[OPENMP])
            except (CompileError, LinkError):
                return False
        return True

    def compile_files_in_parallel(self):
        """setuptools builds extensions in parallel but the files of one extension in turn: spread those as well."""
        one_by_one = self.compiler.compile

        def compile_all(sources, *args, **kwargs):
            with ThreadPoolExecutor(self.parallel) as pool:
                return [o for os_ in pool.map(lambda s: one_by_one([s], *args, **kwargs), sources) for o in os_]

        self.compiler.compile = compile_all


class Copy(build_py):
    """build_py that puts csrc/ into the package, where tinynn.explain shows kernels; a checkout has it beside."""

    def run(self):
        super().run()
        if not self.editable_mode:
            for path in [*C_SOURCES, *C_HEADERS]:
                target = pathlib.Path(self.build_lib, "tinynn", path)
                self.mkpath(str(target.parent))
                self.copy_file(path, str(target))


setup(
    ext_modules=cythonize(
        list(extensions()),
        build_dir="build/cython",
        nthreads=os.cpu_count() or 1,
        compiler_directives={
            "language_level": 3,
            "embedsignature": True,
        },
    ),
    cmdclass={"build_ext": Build, "build_py": Copy},
)
