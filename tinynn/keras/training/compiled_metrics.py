"""Floor 7: the metrics that `compile` was given, under the names that logs show."""

from tinynn.core import nest
from tinynn.keras import metrics as library
from tinynn.keras.training.outputs import Outputs


class CompileMetrics:
    """The metrics of all outputs.

    Args:
        metrics: a list of names or objects; for several outputs a list of lists, or a dict by name.
        weighted_metrics: the same, for metrics that use sample weights.
        output_names: the names of the model's outputs, or None.
    """

    name = "compile_metrics"

    def __init__(self, metrics, weighted_metrics=None, output_names=None):
        for what, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given and not isinstance(given, (list, tuple, dict)):
                raise ValueError(f"{what} is a list, as in {what}=['accuracy']; got {given!r}")
            for one in nest.flatten(given or []):
                if one is not None:
                    library.resolve(one)
        self.given, self.output_names = (metrics, weighted_metrics), output_names
        self.entries = None     # (output, name in the logs, metric, whether it uses weights)

    @property
    def built(self):
        """Whether the outputs are known."""
        return self.entries is not None

    def build(self, y_true, y_pred):
        """Assigns the metrics to the outputs, and names them."""
        self.outputs = outputs = Outputs(y_pred, self.output_names)
        trues, preds = outputs.targets(y_true, self._measured()), nest.flatten(y_pred)
        self.entries, taken = [], {}
        for given, weighted in zip(self.given, (False, True), strict=True):
            wanted = self._per_output(given, "weighted_metrics" if weighted else "metrics")
            for i in outputs.order:
                for one in wanted[i]:
                    metric = library.resolve(one, _shape(trues[i]), _shape(preds[i]))
                    prefix = f"{outputs.names[i]}_" if outputs.names and outputs.count > 1 else ""
                    self.entries.append((i, _unique(prefix, metric.name, weighted, taken), metric, weighted))

    def _measured(self):
        """The outputs that have a metric."""
        both = [self._per_output(given, "metrics") for given in self.given]
        return [i for i in range(self.outputs.count) if any(wanted[i] for wanted in both)]

    def _per_output(self, given, what):
        """Per output the list of its metrics."""
        outputs = self.outputs
        if not given:
            return [[]] * outputs.count
        if outputs.count == 1:
            return [[one for one in nest.flatten(given) if one is not None]]
        return [[m for m in nest.flatten(one) if m is not None] for one in outputs.spread(given, what)]

    @property
    def metrics(self):
        """The metrics, in order."""
        return [entry[2] for entry in self.entries or []]

    @property
    def variables(self):
        """The variables of all metrics."""
        return [v for metric in self.metrics for v in metric.variables]

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes in a batch."""
        if self.entries is None:
            self.build(y_true, y_pred)
        if not self.entries:
            return
        trues, preds = self.outputs.targets(y_true, self._measured()), nest.flatten(y_pred)
        weights = [None] * len(preds) if sample_weight is None else self.outputs.spread(sample_weight, "sample_weight")
        for i, _, metric, weighted in self.entries:
            if trues[i] is None:
                continue
            if weighted:
                metric.update_state(trues[i], preds[i], sample_weight=weights[i])
            else:
                metric.update_state(trues[i], preds[i])

    def result(self):
        """{name: value} of all metrics."""
        return {name: metric.result() for _, name, metric, _ in self.entries or []}

    def reset_state(self):
        """Starts anew."""
        for metric in self.metrics:
            metric.reset_state()

    def __repr__(self):
        return f"<CompileMetrics name={self.name}>"


def _unique(prefix, name, weighted, taken):
    """The name in the logs: where it is taken, a weighted metric says so, and others are numbered."""
    full = prefix + name
    if full in taken and weighted:
        full = f"{prefix}weighted_{name}"
    count = taken.get(full, 0)
    taken[full] = count + 1
    return f"{full}_{count}" if count else full


def _shape(x):
    return tuple(getattr(x, "shape", ()))
