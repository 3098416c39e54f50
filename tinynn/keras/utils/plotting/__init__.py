"""Floor 7: pictures of models, without Graphviz.

    graph.py     what is in the picture: boxes, cells, arrows, boxes within boxes
    layout.py    where it goes: rows of boxes with few crossings, and the arrows between them
    scene.py     what is drawn: paths and texts with coordinates
    svg.py       the drawing as SVG
    raster.py    the drawing as PNG or PDF, through matplotlib, an extra
    dot.py       the same graph as text for Graphviz
"""

from tinynn.keras.utils.plotting.model import model_to_dot, plot_model

__all__ = ["model_to_dot", "plot_model"]
