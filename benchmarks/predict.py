"""What asking a trained network costs: the digits model (64-128-10) on one row and on 100,000.

    python benchmarks/predict.py --threads 1 --python torch=PATH --python jax=PATH --python tensorflow=PATH

`on_batch 1` is the shortest way from an array to an array (`predict_on_batch`; a call of the network), `predict 1` is
Keras's `predict(verbose=0)`. `predict 100000` runs them all, in whatever batches the engine's user would leave it to,
and `matmuls 100000` is its two matrix products alone. The floor is the multiply-adds of the products at the peak that
peak.py measures in the same run.
"""

import pathlib

import harness
import peak

import tinynn

PEERS = pathlib.Path(__file__).parent / "predict_peers.py"
WORKLOADS = ["on_batch 1", "predict 1", "on_batch 100000", "predict 100000", "matmuls 100000"]
FLOPS_PER_ROW = 2 * (64 * 128 + 128 * 10)


def main():
    """Prints the table."""
    parser = harness.parser(__doc__, ["tinynn", "numpy", "torch", "jax", "tensorflow"])
    options = harness.arguments(parser)
    threads = options.threads or tinynn.num_threads()
    flops = peak.measure(threads)["fma", "float32", tinynn._bridge.isa(), threads] * 1e9
    figures, engines = harness.measure(PEERS, WORKLOADS, options)
    medians = harness.medians(figures)
    print(f"\n{'microseconds':18}" + "".join(f"{e:>14}" for e in engines) + f"{'floor':>14}")
    for name in WORKLOADS:
        times = [medians[name, engine] for engine in engines]
        cells = "".join(f"{'-' if t is None else format(t * 1e6, ',.2f'):>14}" for t in times)
        print(f"{name:18}{cells}{int(name.split()[1]) * FLOPS_PER_ROW / flops * 1e6:14,.2f}")


if __name__ == "__main__":
    main()
