"""model.summary(), character by character as Keras 3 prints it."""

import numpy as np
import pytest

from tinynn import keras
from tinynn.keras import layers

ROW = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)                   │ (None, 4)              │            16 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dropout (Dropout)               │ (None, 4)              │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 2)              │            10 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 26 (104.00 B)
 Trainable params: 26 (104.00 B)
 Non-trainable params: 0 (0.00 B)
"""

BRANCHES = """\
Model: "functional"
┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
│ left (InputLayer)   │ (None, 6)         │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ right (InputLayer)  │ (None, 4)         │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense (Dense)       │ (None, 3)         │         21 │ left[0][0]        │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense_1 (Dense)     │ (None, 3)         │         15 │ right[0][0]       │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ concatenate         │ (None, 6)         │          0 │ dense[0][0],      │
│ (Concatenate)       │                   │            │ dense_1[0][0]     │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense_2 (Dense)     │ (None, 6)         │         42 │ concatenate[0][0] │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ add (Add)           │ (None, 6)         │          0 │ concatenate[0][0… │
│                     │                   │            │ dense_2[0][0]     │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ score (Dense)       │ (None, 1)         │          7 │ add[0][0]         │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ label (Dense)       │ (None, 3)         │         21 │ add[0][0]         │
└─────────────────────┴───────────────────┴────────────┴───────────────────┘
 Total params: 106 (424.00 B)
 Trainable params: 106 (424.00 B)
 Non-trainable params: 0 (0.00 B)
"""

NESTED = """\
│ sequential (Sequential)         │ (None, 2)              │            26 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│    └ dense (Dense)              │ (None, 4)              │            16 │
"""


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def text(model, **options):
    pieces = []
    model.summary(print_fn=pieces.append, **options)
    return "".join(pieces)


def row():
    return keras.Sequential([
        keras.Input((3,)), layers.Dense(4, activation="relu"), layers.Dropout(0.5), layers.Dense(2)])


def test_a_row_of_layers(capsys):
    row().summary()
    assert capsys.readouterr().out == ROW


def test_branches():
    a, b = keras.Input((6,), name="left"), keras.Input((4,), name="right")
    h = layers.Concatenate()([layers.Dense(3)(a), layers.Dense(3)(b)])
    h = layers.Add()([h, layers.Dense(6)(h)])
    assert text(keras.Model([a, b], [layers.Dense(1, name="score")(h), layers.Dense(3, name="label")(h)])) == BRANCHES


def test_an_unbuilt_model_and_one_built_by_a_call():
    model = keras.Sequential([layers.Dense(4)])
    assert "│ dense (Dense)                   │ ?                      │   0 (unbuilt) │" in text(model)
    model(np.ones((2, 3)))
    assert "│ dense (Dense)                   │ (2, 4)                 │            16 │" in text(model)


def test_after_fit_there_are_parameters_of_the_optimizer():
    model = row()
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)
    assert text(model).endswith(" Total params: 80 (324.00 B)\n Trainable params: 26 (104.00 B)\n"
                                " Non-trainable params: 0 (0.00 B)\n Optimizer params: 54 (220.00 B)\n")


def test_fit_builds_with_an_open_batch_axis():
    class Plain(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    for model in (keras.Sequential([layers.Dense(2)]), Plain()):
        model.compile("sgd", "mse")
        model.fit(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)
        assert "(None, 2)" in text(model)


def test_options():
    model = keras.Sequential([keras.Input((3,)), row(), layers.Dense(1)])
    assert NESTED in text(model, expand_nested=True)
    model.layers[0].trainable = False
    shown = text(model, show_trainable=True, line_length=90).splitlines()
    assert len(shown[1]) == 90 and shown[4].endswith("│   N    │") and shown[6].endswith("│   Y    │")
    assert "sequential (Seq" not in text(model, layer_range=("dense", "dense"))
    with pytest.raises(ValueError, match="too narrow"):
        text(model, line_length=10)
