"""tinynn sweep: the model of a program, trained from many initialisations."""

import sys
import time

from tinynn.cli.run import INTERRUPTED, execute, read, show

SUMMARY = "train a program's model from many initialisations, and say how many of them solve the task"
EXAMPLE = "tinynn sweep xor.py --seeds 1000"
PAUSE = 0.1     # seconds between two lines of progress


def arguments(parser):
    """The program, and what is different from seed to seed."""
    parser.add_argument("file", metavar="FILE", help="a Python program that makes, compiles and fits a Keras model; it "
                        "runs up to its first fit")
    parser.add_argument("--seeds", type=int, default=100, metavar="N", help="seeds 0 to N - 1 (100): seed s means "
                        "keras.utils.set_random_seed(s) in front of the model's first layer")
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of the program's own")
    parser.add_argument("--threads", type=int, metavar="N", help="seeds trained at the same time (all cores)")
    parser.add_argument("--solved", type=float, metavar="LOSS", help="a seed is solved when its last loss is below "
                        "this; by default, of classes, when every training sample is classified right")


def run(options):
    """Prints the sweep. 0; 1 where there is nothing to sweep; 2 without the file, or a language; 130 after Ctrl-C."""
    from tinynn.compat import as_tensorflow
    from tinynn.explain.words import language

    try:
        language()
    except ValueError as error:
        return _complain(error, 2)
    source = read("sweep", options.file)
    if source is None:
        return 2
    with as_tensorflow():
        return _swept(source, options)


def _swept(source, options):
    from tinynn.keras.sweep.caught import Caught, FirstFit

    code, caught = 0, None
    try:
        with FirstFit() as journal:
            code = execute(source, options.file, [])
    except Caught as fit:
        caught = fit
    except SystemExit:
        pass
    if caught is not None:
        return _sweep(caught, journal, options)
    return code or _complain(f"{options.file} ended without calling fit, so there is no training to sweep")


def _sweep(caught, journal, options):
    from tinynn.keras.sweep import SweepError, sweep_model

    progress = Progress(sys.stderr)
    try:
        try:
            training = caught.training(options.epochs)
            result = sweep_model(caught.model, journal, training, options.seeds, options.solved, options.threads,
                                 progress)
        finally:
            progress.clear()
    except KeyboardInterrupt:
        print(progress.sweep or "tinynn sweep: interrupted before the first seed was done")
        return INTERRUPTED
    except (SweepError, ValueError, TypeError) as error:
        return _complain(error)
    except Exception as error:
        show(error)
        return 1
    print(result)
    return 0


def _complain(message, code=1):
    print(f"tinynn sweep: {message}", file=sys.stderr)
    return code


class Progress:
    """One line on a terminal that says how far a sweep is; elsewhere nothing."""

    def __init__(self, stream):
        self.stream, self.shown, self.next, self.sweep = stream, stream.isatty(), 0.0, None

    def __call__(self, sweep):
        self.sweep = sweep
        if self.shown and time.monotonic() >= self.next:
            self.next = time.monotonic() + PAUSE
            print(f"\r\x1b[K{sweep.progress()}", end="", file=self.stream, flush=True)

    def clear(self):
        """Takes the line away."""
        if self.shown:
            print("\r\x1b[K", end="", file=self.stream, flush=True)
