"""Training of networks that are not stacks of Dense layers: milliseconds per step, beside TensorFlow and PyTorch.

    python benchmarks/convolution.py --threads 1 --python torch=PATH --python tensorflow=PATH

`cnn` is the network of Keras's MNIST example (Conv2D 32 and 64 of 3 x 3 with relu, each before a MaxPooling2D 2, then
Dropout and Dense 10) on 28 x 28 pixels, 128 at a time. `lstm` and `gru` are 32 units over 50 steps of 16 numbers, 64
at a time, with a Dense 1. All train with Adam, in float32, by `fit`; PyTorch by the usual loop. The floor
is the multiply-adds of the products (forwards, and two gradients, but none of the data) at the peak that peak.py
measures in the same run. "processor" is the time that the processor worked, over all threads: on a busy machine it is
the fairer figure.
"""

import pathlib

import harness
import peak

import tinynn

PEERS = pathlib.Path(__file__).parent / "convolution_peers.py"
FIRST, SECOND, LAST = 26 * 26 * 9 * 32, 11 * 11 * 9 * 32 * 64, 1600 * 10       # multiply-adds of a sample


def recurrent(gates):
    """Multiply-adds of a sample: of the data and of the state, forwards and back."""
    return 50 * gates * 32 * (2 * 16 + 3 * 32) + 3 * 32


FLOPS = {"cnn": 2 * 128 * (2 * FIRST + 3 * SECOND + 3 * LAST),
         "lstm": 2 * 64 * recurrent(4), "gru": 2 * 64 * recurrent(3)}


def main():
    """Prints the table."""
    parser = harness.parser(__doc__, ["tinynn", "torch", "tensorflow"])
    options = harness.arguments(parser)
    threads = options.threads or tinynn.num_threads()
    flops = peak.measure(threads)["fma", "float32", tinynn._bridge.isa(), threads] * 1e9
    workloads = [name + clock for name in FLOPS for clock in ("", " processor")]
    figures, engines = harness.measure(PEERS, workloads, options)
    medians = harness.medians(figures)
    print(f"\n{'ms per step':16}" + "".join(f"{e:>26}" for e in engines) + f"{'floor':>10}")
    for name in workloads:
        cells = ""
        for engine in engines:
            times, median = figures[name, engine], medians[name, engine]
            ratio = median / medians[name, "tinynn"] if "tinynn" in engines else float("nan")
            cells += f"{median * 1e3:.2f} ({min(times) * 1e3:.2f}) {ratio:.2f}x".rjust(26)
        print(f"{name:16}{cells}{FLOPS[name.split()[0]] / flops * 1e3:10.2f}")


if __name__ == "__main__":
    main()
