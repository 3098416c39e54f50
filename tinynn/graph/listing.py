"""Floor 5: programs as text, for people."""

import os

from tinynn.core import dtypes


def listing(program, notes=None):
    """The lines of `Program.show`, each with its note behind it."""
    names = _names(program)
    for value in program.inputs:
        yield f"      {names[value]} = input {value.described}"
    steps = [[_described(step, names) for step in line.steps] for line in program.lines]
    width = min(max((len(call) for line in steps for call, _ in line), default=0), 100)
    notes = iter(notes or [""] * len(steps))
    for number, line in enumerate(steps):
        note = next(notes)
        for mark, (call, rest) in zip([f"{number:4}", *["   |"] * (len(line) - 1)], line, strict=True):
            yield f"{mark}  {call:{width}}  {rest}{note}"
            note = ""
    yield "      -> " + (", ".join(names[v] for v in program.results) or "nothing")


def _described(line, names):
    """(a call as text, the shape of what it makes and the place in the user's code)."""
    arguments = [names[v] for v in line.inputs]
    arguments += [f"{n}={_plain(a)}" for n, a in zip(line.op.attributes, line.attributes, strict=True)
                  if a is not False]
    first = line.outputs or line.written[:1]
    made, shape = ", ".join(names[v] for v in first), ", ".join(v.described for v in first)
    call = f"{made} {'=' if line.outputs else '<-'} {line.op.name}({', '.join(arguments)})"
    return call, f"{shape:18} {os.path.basename(line.where[0])}:{line.where[1]}"


def _names(program):
    """{value: its name in a listing}."""
    inner = [v for line in program.lines for step in line.steps for v in (*step.inputs, *step.outputs)]
    values = dict.fromkeys((*program.inputs, *inner, *program.values))
    variables = variable_names([v.source for v in values if v.kind == "variable"])
    names, taken = {}, {}
    for value in values:
        if value.kind == "variable":
            names[value] = variables[id(value.source)]
        elif value.kind == "constant" and not value.shape:
            names[value] = f"{value.source.numpy():.6g}" if value.dtype.is_floating else str(value.source.numpy())
        else:
            stem = {"input": "x", "constant": "c"}.get(value.kind, "t")
            taken[stem] = taken.get(stem, -1) + 1
            names[value] = f"{stem}{taken[stem]}"
    return names


def variable_names(variables):
    """{id: a name} of variables: the last two parts of its path where they tell it from the others; each another."""
    paths = {id(v): getattr(v, "path", None) or v.name.split(":")[0] for v in variables}
    short = {key: "/".join(path.split("/")[-2:]) for key, path in paths.items()}
    chosen = {key: name if list(short.values()).count(name) == 1 else paths[key] for key, name in short.items()}
    names, taken = {}, {}
    for key, name in chosen.items():
        taken[name] = taken.get(name, -1) + 1
        names[key] = f"{name}_{taken[name]}" if taken[name] else name
    return names


def _plain(attribute):
    return attribute.name if isinstance(attribute, dtypes.DType) else repr(attribute)
