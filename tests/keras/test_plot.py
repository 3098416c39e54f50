"""Pictures of models."""

import re
import sys
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from tinynn import keras
from tinynn.explain.layout import layered
from tinynn.keras import layers
from tinynn.keras.utils.plotting.graph import Options, graph_of
from tinynn.keras.utils.plotting.scene import Path, Text, scene_of


def row():
    return keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu", name="first"),
                             layers.Dropout(0.5, name="drop"), layers.Dense(1, name="last")])


def residual():
    x = keras.Input((8,))
    h = layers.Dense(8)(x)
    for _ in range(2):
        h = layers.Add()([h, layers.Dense(8)(layers.BatchNormalization()(h))])
    return keras.Model(x, layers.Dense(1)(h))


def nested():
    left, right = keras.Input((4,), name="left"), keras.Input((8,), name="right")
    encoder = keras.Sequential([keras.Input((4,)), layers.Dense(8), layers.Dense(8)], name="encoder")
    x = keras.Input((8,))
    block = keras.Model(x, layers.Add()([x, layers.Dense(8)(x)]), name="block")
    both = layers.Concatenate()([encoder(left), block(right)])
    return keras.Model([left, right], [layers.Dense(2, name="label")(both), layers.Dense(1, name="score")(both)])


def twice():
    x, dense = keras.Input((8,)), layers.Dense(8, name="shared")
    return keras.Model(x, dense(layers.ReLU()(dense(x))))


MODELS = [row, residual, nested, twice]


def texts(model, **options):
    svg = keras.utils.plot_model(model, None, **options).svg
    return [e.text for e in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_tells_what_it_was_asked_for():
    assert texts(row()) == ["Dense", "Dropout", "Dense"]
    assert texts(row(), show_layer_names=True) == ["Dense", "first", "Dropout", "drop", "Dense", "last"]
    assert texts(row(), show_shapes=True)[:5] == ["Dense", "Input shape", "(None, 4)", "Output shape", "(None, 8)"]
    assert texts(row(), show_dtype=True)[:3] == ["Dense", "Output dtype", "float32"]
    assert texts(row(), show_layer_activations=True)[:4] == ["Dense", "Activation", "relu", "Dropout"]
    model = row()
    model.layers[0].trainable = False
    shown = texts(model, show_trainable=True)
    assert shown == ["Dense", "Weights", "frozen", "Dropout", "Dense", "Weights", "trainable"]


def test_inner_models_are_one_box_or_opened():
    shown = texts(nested(), show_layer_names=True)
    assert "encoder" in shown
    assert shown.count("Dense") == 2
    opened = texts(nested(), show_layer_names=True, expand_nested=True)
    assert opened.count("Dense") == 5
    assert {"encoder", "block", "Sequential", "Functional"} <= set(opened)


@pytest.mark.parametrize("direction", ["TB", "BT", "LR", "RL"])
@pytest.mark.parametrize("make", MODELS)
def test_boxes_lie_inside_the_picture_and_do_not_overlap(make, direction):
    scene = scene_of(graph_of(make(), Options(shapes=True, names=True), expand_nested=True), direction)
    points = [(c[i], c[i + 1]) for s in scene.shapes if isinstance(s, Path) for c in s.commands
              for i in range(1, len(c), 2)]
    assert all(0 <= x <= scene.width and 0 <= y <= scene.height for x, y in points)
    boxes = [box(s) for s in scene.shapes if isinstance(s, Path) and s.fill == "#ffffff"]
    assert len(boxes) > 2
    for a, b in combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for text in (s for s in scene.shapes if isinstance(s, Text)):
        assert 0 < text.x < scene.width


def box(path):
    xs = [c[i] for c in path.commands for i in range(1, len(c), 2)]
    ys = [c[i] for c in path.commands for i in range(2, len(c), 2)]
    return min(xs), min(ys), max(xs), max(ys)


def test_arrows_lead_down_and_the_main_way_is_straight():
    boxes = [(80, 20)] * 5
    items, chains = layered(boxes, [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4)])
    assert [item.row for item in items] == [0, 1, 2, 3, 4]
    assert max(item.x for item in items) - min(item.x for item in items) < 1
    assert len(chains[3]) == 4                  # the shortcut passes two rows
    assert abs(chains[3][1].x - items[1].x) > 40


def test_a_layer_that_is_used_twice_gets_an_arrow_back():
    items, chains = layered([(80, 20)] * 3, [(0, 1), (1, 2), (2, 1)])
    assert [item.row for item in items] == [0, 1, 2]
    assert chains[2][0].y > chains[2][-1].y


def test_crossings_are_removed():
    items, _ = layered([(10, 10)] * 6, [(0, 5), (1, 4), (2, 3)])
    upper, lower = sorted(range(3), key=lambda i: items[i].x), sorted(range(3, 6), key=lambda i: items[i].x)
    assert [{0: 5, 1: 4, 2: 3}[i] for i in upper] == lower


def test_files(tmp_path):
    keras.utils.plot_model(row(), tmp_path / "m.svg", show_shapes=True)
    assert (tmp_path / "m.svg").read_text(encoding="utf-8").startswith("<svg")
    keras.utils.plot_model(nested(), tmp_path / "m.dot", expand_nested=True)
    dot = (tmp_path / "m.dot").read_text()
    assert dot.count("->") == 10
    assert "subgraph cluster_" in dot
    assert keras.utils.model_to_dot(row(), rankdir="LR").to_string().startswith('digraph "sequential')
    with pytest.raises(ValueError, match=r"\.svg, \.png"):
        keras.utils.plot_model(row(), "m.gif")
    assert keras.utils.plot_model(row(), None)._repr_svg_().startswith("<svg")


def test_png_through_matplotlib(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    keras.utils.plot_model(nested(), tmp_path / "m.png", expand_nested=True, show_layer_names=True, dpi=60)
    data = (tmp_path / "m.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") > 200
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'tinynn-engine\[plot\]'.*'m\.svg' needs nothing"):
        keras.utils.plot_model(row(), tmp_path / "m.png")


def test_models_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="is not built"):
        keras.utils.plot_model(keras.Sequential([layers.Dense(1)]), None)
    with pytest.raises(ValueError, match="rankdir is one of TB"):
        keras.utils.plot_model(row(), None, rankdir="up")
    with pytest.raises(ValueError, match="Unrecognized keyword"):
        keras.utils.plot_model(row(), None, colour="red")


def test_names_are_escaped():
    svg = keras.utils.plot_model(keras.Sequential([keras.Input((1,)), layers.Dense(1, name="a<b&c")]), None,
                                 show_layer_names=True).svg
    assert "a&lt;b&amp;c" in svg
    assert re.search(r"<svg[^>]*width=", svg)
