"""Pictures are drawn without a screen, and thrown away."""

import pytest

from tinynn import keras

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """Every test starts with no figure and fresh names; nothing may be shown."""
    import matplotlib.pyplot as plt

    plt.close("all")
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    plt.rcParams["figure.dpi"] = 40
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("plt.show was called"))
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()        # with warnings as errors: everything has its place
    plt.close("all")
