"""Floor 7: which target, loss, weight and metric belongs to which output of a model."""

import difflib

from tinynn.core import nest


class Outputs:
    """The outputs of a model in order, and how what users give is spread over them.

    Args:
        y_pred: the outputs of a call.
        names: the names of the outputs, or None.
    """

    def __init__(self, y_pred, names=None):
        self.count = len(nest.flatten(y_pred))
        self.keys = sorted(y_pred) if isinstance(y_pred, dict) else None
        self.names = names if names is not None and len(names) == self.count else None
        if self.keys is not None:
            self.names = self.keys

    def spread(self, given, what, shared=True):
        """One entry per output.

        Args:
            given: a list in the order of the outputs, a dict by their names, or something for all of them.
            what: the argument's name, for errors.
            shared: whether a single thing is for all outputs.

        Raises:
            ValueError: where the number or the names differ.
        """
        if isinstance(given, dict):
            return self._by_name(given, what)
        if isinstance(given, (list, tuple)):
            if len(given) == self.count:
                return list(given)
            flat = nest.flatten(given)
            if len(flat) == self.count:
                return flat
            raise ValueError(f"{what} has {len(given)} entries, the model has {self.count} outputs"
                             + (f": {self.names}" if self.names else ""))
        if shared or self.count == 1:
            return [given] * self.count
        raise ValueError(f"{what} needs one entry per output; the model has {self.count}"
                         + (f": {self.names}" if self.names else ""))

    def _by_name(self, given, what):
        names = self.names or []
        for key in given:
            if key not in names:
                near = difflib.get_close_matches(str(key), names, 1)
                raise ValueError(f"{what} names the output {key!r}, which the model does not have; its outputs are "
                                 f"{names}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return [given.get(name) for name in names]
