"""Floor 6: prose and source, section by section, as text for a terminal and as HTML for a notebook."""

import html
from dataclasses import dataclass

from tinynn.explain import text
from tinynn.explain.sources import Source

INDENT = "    "
ROOM = text.WIDTH - len(INDENT)     # columns of what stands below a heading
SOURCE_WIDTH = 120                  # of a line of source


@dataclass
class Section:
    """A heading and what stands below it: lists of lines, and `Source`s."""

    title: str
    parts: list


@dataclass
class Sheet:
    """What an op is. `print(sheet)` shows it; in a notebook it shows itself."""

    title: str              # the name with the arguments
    formula: str            # what it computes; empty for a function of several ops
    about: str              # what it does, in words; paragraphs have a blank line between them
    sections: list
    run: object = None      # the example, an `examples.Run`

    def __str__(self):
        said = [self.formula, *self.about.split("\n\n")]
        blocks = [text.fold(self.title, text.WIDTH, INDENT),
                  *[_indented(text.fold(" ".join(part.split()), ROOM)) for part in said]]
        for section in self.sections:
            blocks.append([section.title])
            blocks += [_code(part) if isinstance(part, Source) else _indented(part) for part in section.parts]
        return "\n\n".join("\n".join(block) for block in blocks if any(block))

    def _repr_html_(self):
        head = [f"<h3><code>{html.escape(self.title)}</code></h3>", f"<p><b>{html.escape(self.formula)}</b></p>",
                *[f"<p>{html.escape(part)}</p>" for part in self.about.split("\n\n")]]
        body = [f"<h4>{html.escape(section.title)}</h4>" + "".join(map(_html, section.parts))
                for section in self.sections]
        return f"<div>{''.join(head + body)}</div>"


def _indented(lines, indent=INDENT):
    return [(indent + line).rstrip() for line in lines]


def _code(source):
    """Where it stands and its lines; those that are as wide as a source line may be stand further left."""
    lines = [part for line in source.text.split("\n") for part in _broken(line)]
    room = SOURCE_WIDTH - max(map(text.width, lines))
    return _indented([source.place]) + _indented(lines, INDENT[:max(room, 0)])


def _broken(line):
    """A line of source, broken where it is wider than any in a file: a macro's arguments may make it so."""
    if text.width(line) <= SOURCE_WIDTH:
        return [line]
    blanks = line[:len(line) - len(line.lstrip())]
    first, *others = text.fold(line.strip(), SOURCE_WIDTH - len(blanks) - len(INDENT))
    return [blanks + first, *[blanks + INDENT + other for other in others]]


def _html(part):
    if isinstance(part, Source):
        return f"<small>{html.escape(part.place)}</small><pre><code>{html.escape(part.text)}</code></pre>"
    return f"<pre>{html.escape(chr(10).join(part))}</pre>" if part else ""


def legend(rows):
    """(name, what it is, where it stands) as lines."""
    names, places = [max((text.width(row[i]) for row in rows), default=0) for i in (0, 2)]
    cells = []
    for name, said, place in rows:
        first, *others = text.fold(said, ROOM - names - places - 4)
        cells += [(name, first, place), *[("", other) for other in others]]
    return text.table(cells)


def nearest(first, calls, budget):
    """What serves a function, near things first, until so many lines are full.

    Args:
        first: a function, in any form.
        calls: gives for one {name: (another, its lines of source)} of what it calls; lines of None say that it is only
            to be named.

    Returns:
        ([first and those that are to be shown], {name: those that are to be named}).
    """
    shown, named = [first], {}
    for function in shown:      # which grows meanwhile
        for name, (other, lines) in calls(function).items():
            if other in shown or other in named.values():
                continue
            if lines is not None and lines <= budget:
                budget -= lines
                shown.append(other)
            else:
                named[name] = other
    return shown, named
