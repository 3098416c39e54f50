"""Floor 7: a scene as SVG."""

from dataclasses import replace
from html import escape

from tinynn.keras.utils.plotting.scene import NAME, PAPER, SPACE, Path, text_width

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


def svg_text(scene):
    """The text of an SVG file."""
    width, height = _number(scene.width), _number(scene.height)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="{escape(FONT)}">',
             f'<rect width="100%" height="100%" fill="{PAPER}"/>']
    lines += [_path(shape) if isinstance(shape, Path) else _letters(shape) for shape in scene.shapes]
    return "\n".join([*lines, "</svg>\n"])


def _path(path):
    data = " ".join(c[0] + " ".join(map(_number, c[1:])) for c in path.commands)
    line = f' stroke="{path.stroke}" stroke-width="{_number(path.width)}"' if path.stroke else ""
    dashes = ' stroke-dasharray="5 4"' if path.dashed else ""
    return f'<path d="{data}" fill="{path.fill or "none"}"{line}{dashes}/>'


def _letters(text):
    if text.more:       # the two meet at a point, so that no font makes them overlap
        left = text.x - (text.width / 2 if text.anchor == "middle" else 0)
        at = left + text_width(text.text, text.size, text.bold)
        name = replace(text, x=at + SPACE, text=text.more, size=NAME, colour=text.more_colour, bold=False,
                       anchor="start", more="")
        return _letters(replace(text, x=at, anchor="end", more="")) + _letters(name)
    weight = ' font-weight="bold"' if text.bold else ""
    anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    return (f'<text x="{_number(text.x)}" y="{_number(text.y)}" font-size="{_number(text.size)}" fill="{text.colour}"'
            f"{weight}{anchor}>{escape(text.text)}</text>")


def _number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")
