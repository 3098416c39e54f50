"""Floor 5: what passes share: who uses a value, replacing values, and whether a line may run later."""

from dataclasses import replace


def users(program):
    """{value: [lines that read it, once per argument]}; a result of the program counts as a use by None."""
    found = {}
    for line in program.lines:
        for value in line.inputs:
            found.setdefault(value, []).append(line)
    for value in program.results:
        found.setdefault(value, []).append(None)
    return found


def substituted(program, instead):
    """The program with some values replaced by others: {value: the value to read instead}."""
    if not instead:
        return program

    def final(value):
        while value in instead:
            value = instead[value]
        return value

    lines = [replace(line, inputs=tuple(map(final, line.inputs))) for line in program.lines]
    return replace(program, lines=lines, results=list(map(final, program.results)))


def memories(line, base):
    """(the variables a line reads, those it writes), by id; views count as what they show."""
    read = {id(root.source) for v in line.inputs if (root := base.get(v, v)).kind == "variable"}
    return read, {id(v.source) for v in line.written}


def may_run_after(early, late, base):
    """Whether `early`, which stands before `late`, could as well run after it."""
    if any(value in early.outputs for value in late.inputs):
        return False
    (early_reads, early_writes), (late_reads, late_writes) = memories(early, base), memories(late, base)
    return not (early_writes & (late_reads | late_writes) or late_writes & early_reads)
