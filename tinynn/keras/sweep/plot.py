"""Floor 7: a sweep as a picture, drawn by matplotlib, an extra."""

import numpy as np

from tinynn.explain.words import Words, language
from tinynn.keras.sweep import bins

say = Words({
    "loss after the last epoch": "마지막 에폭의 손실", "initialisations": "초기값의 개수",
    "solved": "해결", "not solved": "미해결", "{share} % solved": "{share} % 해결",
})


def histogram(sweep, axes=None, lang=None):
    """See `Sweep.plot`."""
    lang = language(lang)
    if axes is None:
        try:
            from matplotlib import pyplot
        except ImportError:
            raise ImportError("the histogram is drawn by matplotlib, which is not installed: pip install "
                              "'tinynn-engine[plot]'. print(sweep) needs nothing") from None
        axes = pyplot.subplots()[1]
    final, solved = sweep.final, sweep.solved
    finite = np.isfinite(final)
    edges = bins.limits(final[finite]) if finite.any() else [0.0, 1.0]
    if solved is None:
        axes.hist(final[finite], edges)
    else:
        axes.hist([final[finite & solved], final[finite & ~solved]], edges, stacked=True,
                  label=[say(lang, "solved"), say(lang, "not solved")])
        axes.legend()
        axes.set_title(say(lang, "{share} % solved", share=f"{100 * sweep.share:.1f}"))
    if edges[0] > 0 and edges[-1] >= bins.FAR_APART * edges[0]:
        axes.set_xscale("log")
    axes.set(xlabel=say(lang, "loss after the last epoch"), ylabel=say(lang, "initialisations"))
    return axes
