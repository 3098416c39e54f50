"""Floor 7: `plot_model` and `model_to_dot`."""

import os
import pathlib

from tinynn.keras.utils.plotting.dot import Dot
from tinynn.keras.utils.plotting.graph import Options, graph_of
from tinynn.keras.utils.plotting.scene import scene_of
from tinynn.keras.utils.plotting.svg import svg_text

_RASTER = (".png", ".pdf", ".jpg", ".jpeg")
_DIRECTIONS = ("TB", "BT", "LR", "RL")


class Picture:
    """A drawn model; a notebook shows it."""

    def __init__(self, svg):
        self.svg = svg

    def _repr_svg_(self):
        return self.svg

    def __repr__(self):
        return f"<Picture of a model, {len(self.svg)} characters of SVG>"


def plot_model(model, to_file="model.png", show_shapes=False, show_dtype=False, show_layer_names=False, rankdir="TB",
               expand_nested=False, dpi=200, show_layer_activations=False, show_trainable=False, **kwargs):
    """Draws a model: a box per layer, arrows for what flows between them.

    Args:
        model: a built model.
        to_file: the file. Its ending says what it becomes: .svg needs nothing; .png, .jpg and .pdf need matplotlib, an
            extra; .dot is text for Graphviz. None for no file.
        show_shapes: whether boxes tell the shapes of input and output.
        show_dtype: whether they tell the type of the output.
        show_layer_names: whether they tell the layer's name besides its class.
        rankdir: "TB" from top to bottom, "LR" from left to right, "BT" or "RL".
        expand_nested: whether inner models are drawn with their layers.
        dpi: pixels per inch of a .png.
        show_layer_activations: whether boxes tell activation functions.
        show_trainable: whether boxes tell what training changes.

    Returns:
        A Picture, which a notebook shows.

    Example:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
        >>> keras.utils.plot_model(model, "model.svg", show_shapes=True)
    """
    graph = _graph(model, rankdir, expand_nested, kwargs, Options(
        shapes=show_shapes, dtype=show_dtype, names=show_layer_names, activations=show_layer_activations,
        trainable=show_trainable))
    scene = scene_of(graph, rankdir)
    picture = Picture(svg_text(scene))
    if to_file is not None:
        path = pathlib.Path(os.fspath(to_file))
        ending = path.suffix.lower() or ".png"
        if ending == ".svg":
            path.write_text(picture.svg, encoding="utf-8")
        elif ending == ".dot":
            Dot(graph, rankdir).write(path)
        elif ending in _RASTER:
            from tinynn.keras.utils.plotting.raster import write

            write(scene, path if path.suffix else path.with_suffix(".png"), dpi)
        else:
            raise ValueError(f"plot_model writes .svg, .png, .jpg, .pdf or .dot, got to_file={to_file!r}")
    return picture


def model_to_dot(model, show_shapes=False, show_dtype=False, show_layer_names=True, rankdir="TB", expand_nested=False,
                 dpi=200, subgraph=False, show_layer_activations=False, show_trainable=False, **kwargs):
    """The graph of a model as text for Graphviz: `to_string()` gives it, `write(path)` keeps it.

    Args:
        subgraph: accepted as in Keras.
        model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi, show_layer_activations,
            show_trainable: as for `plot_model`.
    """
    kwargs.pop("splines", None)
    return Dot(_graph(model, rankdir, expand_nested, kwargs, Options(
        shapes=show_shapes, dtype=show_dtype, names=show_layer_names, activations=show_layer_activations,
        trainable=show_trainable)), rankdir, dpi)


def _graph(model, rankdir, expand_nested, kwargs, options):
    kwargs.pop("splines", None)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments: {sorted(kwargs)}")
    if rankdir not in _DIRECTIONS:
        raise ValueError(f"rankdir is one of {', '.join(_DIRECTIONS)}, got {rankdir!r}")
    if not model.built:
        raise ValueError(f"the model {model.name!r} is not built, so its layers have no shapes yet: call it on a batch "
                         "of data, or call `build(input_shape)`")
    return graph_of(model, options, expand_nested)
