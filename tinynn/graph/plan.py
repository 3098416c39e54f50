"""Floor 5: where the results of a program lie: in one arena, in which memory is used again when its value is spent."""

ALIGN = 64      # bytes


def lifetimes(program, base):
    """{value: (first, last)}: the lines between which its memory is in use.

    Args:
        base: {view: the value in whose memory it lies}.
    """
    spans = {}
    for number, line in enumerate(program.lines):
        for value in (*line.outputs, *line.inputs):
            value = base.get(value, value)
            if value.kind == "result":
                first, _ = spans.get(value, (number, number))
                spans[value] = first, number
    for value in program.results:
        value = base.get(value, value)
        if value.kind == "result":
            spans[value] = spans[value][0], len(program.lines)
    return spans


def arena(spans, size_of):
    """({value: offset in bytes}, the arena's size), so that no two values in use at the same time overlap.

    The largest go first, each to the lowest place where it fits.

    Args:
        spans: what `lifetimes` gives.
        size_of: the bytes of a value.
    """
    placed, offsets, total = [], {}, 0
    for value in sorted(spans, key=lambda v: (-size_of(v), spans[v])):
        first, last = spans[value]
        size = -(-max(size_of(value), 1) // ALIGN) * ALIGN
        offset = 0
        for low, high, begin, end in sorted(placed):
            if first <= end and begin <= last and offset < high:
                if offset + size <= low:
                    break
                offset = high
        offsets[value] = offset
        placed.append((offset, offset + size, first, last))
        total = max(total, offset + size)
    return offsets, total
