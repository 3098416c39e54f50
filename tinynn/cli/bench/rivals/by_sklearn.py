"""Floor 8: scikit-learn's MLP, where it can express the job: an epoch is one `partial_fit`.

Its squared loss is half the sum over the outputs, not their mean, so its rate is scaled. It has no sigmoid at the
output of a regressor (W2), and its rates are constant, so W1's is set before each epoch.
"""

import warnings

import numpy as np
import sklearn
from jobs import BETA1, BETA2, EPSILON
from sklearn.neural_network import MLPClassifier, MLPRegressor
from worker import blas_threads


def about():
    """One line for the table's head."""
    return f"sklearn {sklearn.__version__}, {blas_threads()}"


class Rival:
    """An MLP with given weights."""

    def __init__(self, job, x, y):
        warnings.simplefilter("ignore")
        self.job, self.x, self.y = job, x, y
        make = MLPRegressor if job.loss == "mse" else MLPClassifier
        self.scale = job.widths[-1] / 2 if job.loss == "mse" else 1
        self.mlp = make(hidden_layer_sizes=job.widths[1:-1], activation="relu", solver=job.optimizer, alpha=0,
                        batch_size=job.batch, learning_rate_init=job.rate / self.scale, momentum=job.momentum,
                        nesterovs_momentum=False, beta_1=BETA1, beta_2=BETA2, epsilon=EPSILON)
        self.mlp.partial_fit(x[:job.batch], y[:job.batch], **({"classes": np.unique(y)} if job.loss != "mse" else {}))
        self.reset()

    def reset(self):
        """Back to the first weights."""
        weights = self.job.weights()
        self.mlp.coefs_, self.mlp.intercepts_ = weights[::2], weights[1::2]
        del self.mlp._optimizer
        self.step = 0

    def run(self, epochs, shuffle):
        """Trains."""
        self.mlp.shuffle = shuffle
        for _ in range(epochs):
            rate = self.job.rate_at(self.step) / self.scale
            if hasattr(self.mlp, "_optimizer") and self.job.decay:
                self.mlp._optimizer.learning_rate = rate
            self.mlp.partial_fit(self.x, self.y)
            self.step += self.job.steps

    def weights(self):
        """[kernel, bias, ...]"""
        return [a for pair in zip(self.mlp.coefs_, self.mlp.intercepts_, strict=True) for a in pair]
