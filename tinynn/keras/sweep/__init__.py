"""Floor 7: the same model from many initialisations: `tinynn.sweep`.

    training.py   the arguments of a fit, ready for one model after another
    begin.py      how a model begins: made by a function, or copied from one that a program made
    replica.py    a model that is trained from one seed after another, without being made again
    run.py        all seeds, on several threads
    caught.py     the first fit of a program
    solved.py     whether a training run solved its task
    result.py     what came out; text.py, bins.py and plot.py show it
"""

from tinynn.keras.sweep.begin import SweepError
from tinynn.keras.sweep.result import Sweep
from tinynn.keras.sweep.run import sweep, sweep_model

__all__ = ["Sweep", "SweepError", "sweep", "sweep_model"]
