"""Floor 7: which target, loss, weight and metric belongs to which output of a model."""

import difflib

from tinynn.core import nest


class UnknownOutput(ValueError, KeyError):
    """Something is given for an output that the model does not have."""

    __str__ = Exception.__str__


class Outputs:
    """The outputs of a model in order, and how what users give is spread over them.

    Args:
        y_pred: the outputs of a call.
        names: the names of the outputs, or None.

    Attributes:
        paths: per output its keys and indices in `y_pred`.
        names: per output its name: its key in a dict of outputs, else that of the layer; or None.
        order: the outputs in the order of the model's names, in which metrics are shown.
    """

    def __init__(self, y_pred, names=None):
        self.structure = y_pred
        self.paths = list(_paths(y_pred))
        self.count = len(self.paths)
        self.deep = nest.is_nested(y_pred) and len(y_pred) != self.count
        self.names = list(names) if names is not None and len(names) == self.count else None
        self.order = range(self.count)
        if isinstance(y_pred, dict) and not self.deep:
            keys = [path[0] for path in self.paths]
            if self.names is not None and set(keys) == set(self.names):
                self.order = [keys.index(name) for name in self.names]
            self.names = keys

    def title(self, place, default):
        """The name of an output in logs: its path, in which a name stands for the last index; or that of several."""
        if type(place) is not int:
            low, high = self.paths[place.start], self.paths[place.stop - 1]
            shared = [a for a, b in zip(low, high, strict=False) if a == b]
            return "/".join(map(str, shared)) or "_".join(map(str, self.names or [default]))
        path, name = self.paths[place], self.names[place] if self.names else default
        if not path:
            return str(name)
        last = name if isinstance(path[-1], int) else path[-1]
        return "/".join(map(str, (*path[:-1], last)))

    def places(self, given, what):
        """Where each entry of `given` stands among the outputs.

        Args:
            given: one for every output; or in the structure of the outputs, in which one may stand for several outputs
                that it takes together; or a flat list; or a dict by name. A list where the outputs have no list is of
                several for the same outputs.
            what: the argument's name, for errors.

        Yields:
            (place, structure, entry): the number of an output, or a slice of them and how they stand together.

        Raises:
            UnknownOutput: a key or an index that the outputs do not have.
        """
        if not nest.is_nested(given):
            if given is not None:
                yield from ((i, None, given) for i in range(self.count))
        elif isinstance(given, dict) and not isinstance(self.structure, dict) and self.names:
            named = self._by_name(given, what)
            if nest.is_nested(self.structure):
                for i, item in enumerate(named):
                    yield from self._places(self._leaf(i), item, self.paths[i], what)
            else:
                yield from self._places(self.structure, named[0], (), what)
        else:
            yield from self._places(self.structure, given, (), what)

    def _leaf(self, i):
        leaf = self.structure
        for key in self.paths[i]:
            leaf = leaf[key]
        return leaf

    def _places(self, structure, given, path, what):
        if given is None:
            return
        inside = [i for i, own in enumerate(self.paths) if own[:len(path)] == path]
        nested = nest.is_nested(structure)
        if not nest.is_nested(given):
            yield (slice(inside[0], inside[-1] + 1), structure, given) if nested else (inside[0], None, given)
        elif isinstance(given, dict):
            for key, item in given.items():
                if not isinstance(structure, dict) or key not in structure:
                    names = sorted(structure, key=str) if isinstance(structure, dict) else len(inside)
                    raise UnknownOutput(_unknown(what, (*path, key), names))
                yield from self._places(structure[key], item, (*path, key), what)
        elif nested and len(given) == len(inside) and not any(map(nest.is_nested, given)):
            yield from ((i, None, item) for i, item in zip(inside, given, strict=True) if item is not None)
        elif not isinstance(structure, list if isinstance(given, list) else tuple):
            for item in given:
                yield from self._places(structure, item, path, what)
        else:
            if len(given) > len(structure):
                raise UnknownOutput(f"Invalid `{what}`: it has {len(given)} entries; {self._described()}")
            for i, item in enumerate(given):
                yield from self._places(structure[i], item, (*path, i), what)

    def spread(self, given, what, shared=True):
        """One entry per output.

        Args:
            given: in the structure of the outputs, or flat, or a dict by the outputs' names (None where one misses), or
                something for all of them.
            what: the argument's name, for errors.
            shared: whether a single thing is for all outputs.

        Raises:
            ValueError: where the number or the names differ.
        """
        if given is None or not nest.is_nested(given):
            if shared or given is None or self.count == 1:
                return [given] * self.count
            raise ValueError(f"Invalid `{what}`: it needs one entry per output; {self._described()}")
        if isinstance(given, dict) and not isinstance(self.structure, dict) and self.names:
            return self._by_name(given, what)
        found = [None] * self.count
        if self._fits(self.structure, given):
            self._place(self.structure, given, (), found, what)
            return found
        flat = nest.flatten(given)
        if len(flat) == self.count and not isinstance(given, dict):
            return flat
        raise ValueError(f"Invalid `{what}`: it has {len(given)} entries; {self._described()}")

    def _described(self):
        text = f"the model has {self.count} output" + "s" * (self.count != 1)
        return text + (f": {self.names}" if self.names else "")

    def _fits(self, structure, given):
        """Whether the containers of `given` are those of the outputs, as far down as it goes."""
        if not nest.is_nested(structure) or not nest.is_nested(given):
            return True
        if isinstance(structure, dict) or isinstance(given, dict):
            return isinstance(structure, dict) and isinstance(given, dict) and all(
                self._fits(structure[key], given[key]) for key in given if key in structure)
        return len(structure) == len(given) and all(map(self._fits, structure, given))

    def _place(self, structure, given, path, found, what):
        if not nest.is_nested(structure) or not nest.is_nested(given):
            for i, own in enumerate(self.paths):
                if own[:len(path)] == path:
                    found[i] = given
            return
        for key, item in given.items() if isinstance(given, dict) else enumerate(given):
            if isinstance(given, dict) and key not in structure:
                names = sorted(structure, key=str)
                raise UnknownOutput(_unknown(what, (*path, key), names))
            self._place(structure[key], item, (*path, key), found, what)

    def _by_name(self, given, what):
        for key in given:
            if key not in self.names:
                raise UnknownOutput(_unknown(what, (key,), self.names))
        return [given.get(name) for name in self.names]

    # ---- targets -----------------------------------------------------------------------------------------------------

    def targets(self, y_true, wanted=None):
        """The target of every output.

        Args:
            y_true: in the structure of the outputs, or flat, or by name, or only those of the outputs in `wanted`.
            wanted: the outputs that need a target; by default all.

        Raises:
            ValueError: where they do not fit.
        """
        count = self.count
        if type(y_true) in (list, tuple) and len(y_true) == count and not any(map(nest.is_nested, y_true)):
            return y_true
        if not nest.is_nested(y_true):
            flat = [y_true]
        elif isinstance(y_true, dict) and not isinstance(self.structure, dict) and self.names and count > 1:
            return self._by_name(y_true, "y")
        elif isinstance(y_true, dict) and isinstance(self.structure, dict) and self._fits(self.structure, y_true):
            found = [None] * count
            self._place(self.structure, y_true, (), found, "y")
            return found
        else:
            flat = nest.flatten(y_true)
        if len(flat) == count:
            return flat
        if wanted is not None and len(flat) == len(wanted):
            given = dict(zip(wanted, flat, strict=True))
            return [given.get(i) for i in range(count)]
        star = lambda structure: nest.map_structure(lambda _: "*", structure)
        raise ValueError(f"y_true and y_pred have different structures.\ny_true: {star(y_true)}\n"
                         f"y_pred: {star(self.structure)}\n"
                         f"The model has {count} outputs, there are {len(flat)} targets")


def _paths(structure, path=()):
    if isinstance(structure, dict):
        for key in nest.flatten({key: key for key in structure}):
            yield from _paths(structure[key], (*path, key))
    elif isinstance(structure, (list, tuple)):
        for i, item in enumerate(structure):
            yield from _paths(item, (*path, i))
    else:
        yield path


def _unknown(what, path, names):
    near = difflib.get_close_matches(str(path[-1]), map(str, names), 1) if isinstance(names, list) else []
    shown = path[0] if len(path) == 1 else path
    if not isinstance(names, list):
        return f"Invalid `{what}`: the path {shown!r} in the `{what}` argument can't be found in the model's output"
    return (f"Invalid `{what}`: the output {shown!r} in the `{what}` argument, can't be found in either the model's "
            f"output or the labels. Expected keys are {names}" + (f"; did you mean {near[0]!r}?" if near else ""))
