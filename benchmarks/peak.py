"""What this machine can do at most: fused multiply-adds per second, and bytes per second of memory.

    python benchmarks/peak.py [--threads N]

Every other figure in this folder is a share of one of these. They are measured in C (peak.c, compiled with `cc`), as
the best of several repetitions: multiply-adds in registers, in every tier that the processor has, and reading, copying
and adding arrays far larger than the caches; on one thread and on all.
"""

import argparse
import pathlib
import subprocess
import tempfile

import tinynn

SOURCE = pathlib.Path(__file__).parent / "peak.c"


def measure(threads=None):
    """The figures: {(kind, what, tier, threads): GFLOP/s or GB/s}.

    Args:
        threads: the larger thread count, beside 1; by default as many as tinynn uses.
    """
    threads = threads or tinynn.num_threads()
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "peak")
        subprocess.run(["cc", "-O3", "-march=native", "-fopenmp", str(SOURCE), "-o", str(program)], check=True)
        lines = subprocess.run([str(program), str(threads)], check=True, capture_output=True, text=True).stdout
    return {(kind, what, tier, int(count)): float(value)
            for kind, what, tier, count, value in map(str.split, lines.splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, help="the larger thread count; by default all")
    for (kind, what, tier, threads), value in measure(parser.parse_args().threads).items():
        unit = "GFLOP/s" if kind == "fma" else "GB/s"
        print(f"{kind:7} {what:8} {tier:7} {threads:2} thread{'s' if threads > 1 else ' '} {value:9.1f} {unit}")


if __name__ == "__main__":
    main()
