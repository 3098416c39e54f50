"""How time grows: kernels with the extents of their arrays, training with samples, epochs and layers.

    python benchmarks/scaling.py --threads 1 --python torch=PATH --plot

Prints for each series the times by size and the exponent: the slope of log(time) over log(size), over the upper half
of the sizes (below it the cost of a call shows), so 1 is linear. A time is the least of the interleaved rounds: how
time grows is asked of the code, not of what else the machine was doing. `--plot` draws them into benchmarks/plots/ and
needs matplotlib. Training is `fit` of 32-unit layers, 32 samples a batch; NumPy and PyTorch write the same by hand.
"""

import pathlib

import harness
import numpy as np

from tinynn.cli.bench.harness import KERNELS, TRAINING
from tinynn.cli.bench.rivals.engines import package

FOLDER = pathlib.Path(__file__).parent
EXTENTS = [1, 4, 16, 64, 256, 1024, 4096]
SIZES = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]
CUBIC = "(n, n) @ (n, n)"    # the only series that is not linear
# {series: (label of the x axis, sizes, the workload of a size)}
MATMUL = {
    "(M, 256) @ (256, 256)": ("M: rows, or samples of a batch", EXTENTS, "matmul nn float32 {} 256 256"),
    "(256, K) @ (K, 256)": ("K: terms of each sum", EXTENTS, "matmul nn float32 256 {} 256"),
    "(256, 256) @ (256, N)": ("N: columns, or units of a layer", EXTENTS, "matmul nn float32 256 256 {}"),
    CUBIC: ("n: side of all three squares", [8, 32, 128, 512, 2048], "matmul nn float32 {0} {0} {0}"),
}
ARRAYS = {name: ("elements", SIZES, name + " float32 {}") for name in ("sum", "relu", "exp", "softmax")}
FIT = {
    "fit by samples": ("samples (5 epochs, 2 hidden layers)", [320, 1280, 5120, 20480], "S-{}-5-2 total"),
    "fit by epochs": ("epochs (640 samples, 2 hidden layers)", [1, 4, 16, 64], "S-640-{}-2 total"),
    "fit by layers": ("hidden layers (320 samples, 3 epochs)", [2, 8, 32, 128], "S-320-3-{} total"),
}
FIGURES = {"matmul": (KERNELS, MATMUL), "arrays": (KERNELS, ARRAYS), "fit": (TRAINING, FIT)}
PEERS_OF_FIT = {"torch": "torch-eager"}     # the way that stands for it
COLORS = {"tinynn": "#d62728", "numpy": "#1f77b4", "torch": "#ff7f0e"}


def exponent(sizes, times):
    """The slope of log(time) over log(size), over the upper half."""
    half = len(sizes) // 2
    return np.polyfit(np.log(sizes[half:]), np.log(times[half:]), 1)[0]


def measure(figure, options):
    """{series: {engine: least seconds by size}}"""
    script, series = FIGURES[figure]
    names = {s: [workload.format(size) for size in sizes] for s, (_, sizes, workload) in series.items()}
    figures, engines = harness.measure(script, [name for group in names.values() for name in group], options)
    least = {key: min(times, default=None) for key, times in figures.items()}
    found = {s: {package(e): [least[name, e] for name in group] for e in engines}
             for s, group in names.items()}
    return {s: {e: times for e, times in lines.items() if None not in times} for s, lines in found.items()}


def table(series, found):
    """Prints microseconds by size, and the exponent."""
    for name, lines in found.items():
        label, sizes, _ = series[name]
        print(f"\n{name}: microseconds by {label}\n{'':10}" + "".join(f"{size:>14,}" for size in sizes)
              + f"{'exponent':>10}")
        for engine, times in lines.items():
            print(f"{engine:10}" + "".join(f"{t * 1e6:14,.2f}" for t in times) + f"{exponent(sizes, times):10.2f}")


def plot(figure, found, about):
    """Draws a panel for each series into plots/FIGURE.png."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    columns = 2 if len(found) == 4 else 3
    rows = len(found) // columns
    drawing, panels = plt.subplots(rows, columns, figsize=(4.6 * columns, 3.6 * rows), layout="constrained")
    for panel, (name, lines) in zip(panels.flat, found.items(), strict=True):
        draw(panel, name, *FIGURES[figure][1][name][:2], lines)
    drawing.suptitle(about, fontsize=10)
    path = FOLDER / "plots" / f"{figure}.png"
    path.parent.mkdir(exist_ok=True)
    drawing.savefig(path, dpi=90)
    print(f"\ndrawn: {path.relative_to(FOLDER.parent)}")


def draw(panel, name, label, sizes, lines):
    """One series: a line for each engine, and the growth that the number of operations asks for."""
    for engine, times in lines.items():
        panel.plot(sizes, np.array(times) * 1e6, "o-", color=COLORS[engine], markersize=4, linewidth=1.5,
                   label=f"{engine}, exponent {exponent(sizes, times):.2f}")
    power = 3 if name == CUBIC else 1
    upper = np.array(sizes[len(sizes) // 2:], float)
    lowest = min(times[-1] for times in lines.values()) * 1e6
    panel.plot(upper, lowest / 2 * (upper / upper[-1]) ** power, ":", color="grey",
               label="cubic" if power == 3 else "linear")
    panel.set(xscale="log", yscale="log", title=name, xlabel=label, ylabel="microseconds")
    panel.set_xticks(sizes, [short(size) for size in sizes])
    panel.minorticks_off()
    panel.grid(True, alpha=0.3)
    panel.legend(fontsize=8, loc="upper left", framealpha=0.9)
    panel.set_ylim(top=max(times[-1] for times in lines.values()) * 1e6 * 4)


def short(size):
    """1M for 1,000,000; 5,120 as it is."""
    for unit, letter in ((1_000_000, "M"), (1000, "k")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{letter}"
    return f"{size:,}"


def main():
    """Prints the tables and draws the figures."""
    parser = harness.parser(__doc__, ["tinynn", "numpy", "torch"])
    parser.set_defaults(rounds=5)
    parser.add_argument("--only", nargs="+", default=list(FIGURES), choices=list(FIGURES))
    parser.add_argument("--plot", action="store_true", help="draw into benchmarks/plots/")
    options = harness.arguments(parser)
    engines = options.engines
    threads = f"{options.threads or 'default'} thread{'s' if options.threads != 1 else ''}"
    for figure in options.only:
        rivals = PEERS_OF_FIT if figure == "fit" else {}
        options.engines = [rivals.get(e, e) for e in engines]
        found = measure(figure, options)
        table(FIGURES[figure][1], found)
        if options.plot:
            plot(figure, found, f"float32, {harness.cpu()}, {threads}, least of {options.rounds} interleaved rounds")


if __name__ == "__main__":
    main()
