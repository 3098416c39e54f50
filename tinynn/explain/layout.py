"""Floor 6: the places of boxes and arrows: a layered drawing.

Boxes stand in rows so that arrows lead down (K. Sugiyama, S. Tagawa, M. Toda, 1981). An arrow over several rows gets a
place of its own in each. Rows are reordered until fewer arrows cross; then everything moves sideways towards what it
is linked to, as far as its neighbours allow.
"""

from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 24


@dataclass
class Item:
    """Something with a place in a row: a box, or a stretch of a long arrow (then `box` is None)."""

    box: int | None
    width: float
    height: float
    row: int = 0
    x: float = 0.0          # the middle
    y: float = 0.0          # the top
    shortcut: bool = False  # part of an arrow that passes by what leads from its source to its target anyway
    light: bool = False     # a box that goes to the side of what it is linked to

    @property
    def weight(self):
        """How strongly it keeps what is linked to it in line: long arrows are to be straight."""
        return 4.0 if self.box is None else 0.0001 if self.light else 1.0


def layered(sizes, arrows, ports=None, gap=34.0, row_gap=46.0, light=()):
    """Places for boxes in rows.

    Args:
        sizes: (width, height) per box.
        arrows: (source, target) pairs of places in `sizes`.
        ports: per arrow how far from the middle it leaves its source and reaches its target; (0, 0) by default.
        gap: between boxes of a row.
        row_gap: between rows.
        light: places of boxes that go to the side, so that the ways of the others are straight.

    Returns:
        (items, chains): the boxes as Items with x (middle) and y (top), from 0 on; per arrow the Items it passes, from
        its source to its target (backwards where the arrow leads up).
    """
    down = _acyclic(len(sizes), arrows)
    rows_of = _rows(len(sizes), down)
    items = [Item(i, w, h, rows_of[i], light=i in light) for i, (w, h) in enumerate(sizes)]
    chains, links, every = [], [], list(items)
    for (source, target), given, (leaves, enters) in zip(down, arrows, ports or [(0, 0)] * len(arrows), strict=True):
        shortcut = rows_of[target] - rows_of[source] > 1 and _led_to(source, target, down)
        between = [Item(None, 10.0, 0.0, row, shortcut=shortcut)
                   for row in range(rows_of[source] + 1, rows_of[target])]
        every += between
        chains.append([items[source], *between, items[target]])
        shifts = [0.0] * (len(between) + 1)
        if (source, target) == given:
            shifts[0] += leaves
            shifts[-1] -= enters
        links += zip(chains[-1], chains[-1][1:], shifts, strict=False)
    rows = [[] for _ in range(max((item.row for item in every), default=-1) + 1)]
    for item in every:
        rows[item.row].append(item)
    above, below = _neighbours(every, links)
    rows = _ordered(rows, above, below)
    _spread(rows, above, below, gap)
    _stack(rows, row_gap)
    left = min((item.x - item.width / 2 for item in every), default=0.0)
    for item in every:
        item.x -= left
    flipped = [chain[::-1] if pair != given else chain for chain, pair, given in
               zip(chains, down, arrows, strict=True)]
    return items, flipped


def _acyclic(count, arrows):
    """The arrows with those turned round that would lead back up, as a layer that is used twice makes them."""
    onward = {i: [] for i in range(count)}
    for k, (source, _) in enumerate(arrows):
        onward[source].append(k)
    state, result = [0] * count, list(arrows)
    targets = {target for _, target in arrows}
    for start in sorted(range(count), key=lambda i: i in targets):
        stack = [(start, iter(onward[start]))] if not state[start] else []
        if stack:
            state[start] = 1
        while stack:
            place, rest = stack[-1]
            k = next(rest, None)
            if k is None:
                state[place] = 2
                stack.pop()
                continue
            target = arrows[k][1]
            if state[target] == 1:
                result[k] = (target, place)
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, iter(onward[target])))
    return result


def _rows(count, arrows):
    """The row of each box: below all that lead to it; what nothing leads to stands just above what it leads to."""
    arrows = [pair for pair in arrows if pair[0] != pair[1]]
    after = {i: [] for i in range(count)}
    waiting = [0] * count
    for source, target in arrows:
        after[source].append(target)
        waiting[target] += 1
    starts = [not n for n in waiting]
    row, ready = [0] * count, [i for i in range(count) if starts[i]]
    while ready:
        place = ready.pop()
        for target in after[place]:
            row[target] = max(row[target], row[place] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for place in range(count):
        if starts[place] and after[place]:
            row[place] = min(row[target] for target in after[place]) - 1
    return row


def _led_to(source, target, arrows):
    """Whether a way of several arrows leads from a box to another."""
    seen, waiting = set(), [t for s, t in arrows if s == source and t != target]
    while waiting:
        place = waiting.pop()
        if place == target:
            return True
        if place not in seen:
            seen.add(place)
            waiting += [t for s, t in arrows if s == place]
    return False


def _neighbours(items, links):
    """For each item what is linked to it in the row above and in the row below: (other, where it wishes the item)."""
    above, below = {id(item): [] for item in items}, {id(item): [] for item in items}
    for upper, lower, shift in links:
        if upper is not lower:
            above[id(lower)].append((upper, shift))
            below[id(upper)].append((lower, -shift))
    return above, below


def _ordered(rows, above, below):
    """The rows with their items in the order, of those tried, with the fewest crossings."""
    best, fewest = rows, _crossings(rows, below)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        place = {id(item): i for row in rows for i, item in enumerate(row)}
        rows = list(rows)
        downward = sweep % 2 == 0
        for k in range(len(rows)) if downward else range(len(rows) - 1, -1, -1):
            linked = above if downward else below
            rows[k] = sorted(rows[k], key=lambda item, linked=linked, place=place: _mean(
                [place[id(other)] for other, _ in linked[id(item)]], place[id(item)]))
            place.update((id(item), i) for i, item in enumerate(rows[k]))
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _mean(values, default):
    return sum(values) / len(values) if values else default


def _crossings(rows, below):
    count = 0
    for upper, lower in pairwise(rows):
        place = {id(item): i for i, item in enumerate(lower)}
        ends = [sorted(place[id(other)] for other, _ in below[id(item)]) for item in upper]
        passed = []
        for group in ends:
            count += sum(1 for end in group for other in passed if other > end)
            passed.extend(group)
    return count


def _spread(rows, above, below, gap):
    """Moves the items of every row, in their order, towards the middle of what they are linked to."""
    for row in rows:
        edge = 0.0
        for item in row:
            item.x = edge + item.width / 2
            edge += item.width + gap
        for item in row:
            item.x -= edge / 2
    for sweep in range(SWEEPS):
        downward = sweep % 2 == 0
        for row in rows if downward else rows[::-1]:
            wishes = [_wish(item, above[id(item)] if downward else below[id(item)]) for item in row]
            wished, weights = zip(*wishes, strict=True)
            for item, x in zip(row, _apart(row, wished, weights, gap), strict=True):
                item.x = x


def _wish(item, near):
    """(where an item wants to be, how much): boxes do not mind arrows that only pass by."""
    if item.box is not None:
        near = [link for link in near if not link[0].shortcut] or near
    total = sum(other.weight for other, _ in near)
    if not near:
        return item.x, 0.1
    middle = sum((other.x + shift) * other.weight for other, shift in near) / total
    return middle, 0.001 if item.shortcut else item.weight


def _apart(row, wished, weights, gap):
    """The places nearest to the wished ones, by weighted squares, that keep the items apart in their order."""
    offsets, edge = [], 0.0
    for before, item in zip([None, *row], row, strict=False):
        if before is not None:
            edge += before.width / 2 + gap + item.width / 2
        offsets.append(edge)
    blocks = []     # [sum of weight * place, weight, number of items]: items that touch move together
    for x, weight, offset in zip(wished, weights, offsets, strict=True):
        blocks.append([weight * (x - offset), weight, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    places = [total / weight for total, weight, count in blocks for _ in range(count)]
    return [place + offset for place, offset in zip(places, offsets, strict=True)]


def _stack(rows, row_gap):
    """The heights: rows below each other, items in the middle of their row."""
    top = 0.0
    for row in rows:
        height = max((item.height for item in row), default=0.0)
        for item in row:
            if item.box is None:
                item.y, item.height = top, height
            else:
                item.y = top + (height - item.height) / 2
        top += height + row_gap
