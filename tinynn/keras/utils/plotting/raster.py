"""Floor 7: a scene as PNG, JPEG or PDF, drawn by matplotlib, an extra."""

from tinynn.keras.utils.plotting.scene import NAME, SPACE, Path
from tinynn.plot.drawing import matplotlib

FONTS = ["Helvetica", "Arial", "Liberation Sans", "Nimbus Sans", "DejaVu Sans"]


def write(scene, path, dpi=200):
    """Writes the file that the ending of `path` asks for.

    Raises:
        ImportError: where matplotlib is not installed.
    """
    figures = matplotlib("matplotlib.figure", path.name, f"{path.with_suffix('.svg').name!r} needs nothing")
    figure = figures.Figure(figsize=(scene.width / 72, scene.height / 72), dpi=dpi, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, scene.width), ylim=(scene.height, 0))
    axes.axis("off")
    font = _font()
    for order, shape in enumerate(scene.shapes):
        for patch in [_outline(shape, order)] if isinstance(shape, Path) else _letters(shape, order, font):
            axes.add_patch(patch)
    figure.savefig(path, dpi=dpi)


def _font():
    """The family of the first of FONTS that there is."""
    from matplotlib import font_manager

    there = set(font_manager.get_font_names())
    return next(name for name in FONTS if name in there or name == FONTS[-1])


def _outline(path, order):
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    points, codes = [], []
    for name, *numbers in path.commands:
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True)) or [points[0]]
        points += pairs
        codes += [{"M": Outline.MOVETO, "L": Outline.LINETO, "C": Outline.CURVE4, "Z": Outline.CLOSEPOLY}[name]] * len(
            pairs)
    return PathPatch(Outline(points, codes), facecolor=path.fill or "none", edgecolor=path.stroke or "none",
                     linewidth=path.width if path.stroke else 0, linestyle=(0, (4, 3)) if path.dashed else "-",
                     zorder=order)


def _letters(text, order, font):
    """Letters as outlines, which can be measured and made to fit."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    runs = [(text.text, text.size, text.bold, text.colour)] + (
        [(text.more, NAME, False, text.more_colour)] if text.more else [])
    fonts = [FontProperties(family=font, weight="bold" if bold else "normal") for bold in (False, True)]
    outlines = [TextPath((0, 0), words, size=size, prop=fonts[bold]) for words, size, bold, _ in runs]
    widths = [outline.get_extents().x1 if len(outline.vertices) else 0.0 for outline in outlines]
    total = sum(widths) + SPACE * (len(runs) - 1)
    scale = min(1.0, text.width / total) if total else 1.0
    left = text.x - total * scale * {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor]
    for outline, width, run in zip(outlines, widths, runs, strict=True):
        place = Affine2D().scale(scale, -scale).translate(left, text.y)
        yield PathPatch(outline.transformed(place), facecolor=run[3], linewidth=0, zorder=order)
        left += (width + SPACE) * scale
