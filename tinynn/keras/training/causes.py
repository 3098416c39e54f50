"""Floor 7: why a loss is NaN, in words: what was seen, and what to write."""

from tinynn.core import nest
from tinynn.explain.words import Words
from tinynn.keras.training.origin import has_nan
from tinynn.keras.variable import path_of

say = Words({
    "{path} was NaN before it began": "{path}가 처음부터 NaN이었습니다",
    "make the model anew": "모델을 새로 만드세요",
    "{what} itself has NaN": "{what}에 이미 NaN이 있습니다",
    "{what} itself has NaN in batch {number}": "배치 {number}의 {what}에 이미 NaN이 있습니다",
    "clean the data, as with numpy.nan_to_num": "numpy.nan_to_num 등으로 데이터를 정리하세요",
    "From batch {number} on: {places}": "배치 {number}부터: {places}",
    "{places}": "{places}",
    "Look for a logarithm or a root of 0, a division by 0, a learning rate that is too high":
        "0의 로그나 제곱근, 0으로 나누기, 너무 높은 학습률을 찾아보세요",
    "{seen}: {advice}": "{seen}: {advice}",
    "{seen}. That is {advice}": "{seen}. 이것은 {advice}",
})


class Cause:
    """Why a loss is NaN.

    Args:
        seen, advice: functions from a language to what was seen and to what to write.
        joined: how the two make one sentence.
    """

    def __init__(self, seen, advice, joined="{seen}: {advice}"):
        self.seen, self.advice, self.joined = seen, advice, joined

    def __call__(self, lang):
        """Both in one sentence."""
        seen, advice = self.seen(lang), self.advice(lang)
        return say(lang, self.joined, seen=seen, advice=advice) if seen else advice


def _said(template, **values):
    return lambda lang: say(lang, template, **values)


UNKNOWN = Cause(lambda lang: "", _said(
    "Look for a logarithm or a root of 0, a division by 0, a learning rate that is too high"))


def of_state(variables):
    """The Cause where a variable is NaN already, before a step; else None.

    Args:
        variables: pairs (variable, values).
    """
    for variable, values in variables:
        if has_nan(values):
            return Cause(_said("{path} was NaN before it began", path=path_of(variable)), _said("make the model anew"))
    return None


def of_data(batch, number=None):
    """The Cause where a batch (x, y, sample_weight) has NaN in it; else None."""
    for what, part in zip(("x", "y", "sample_weight"), batch, strict=True):
        if any(map(has_nan, nest.flatten(part))):
            template = "{what} itself has NaN" + ("" if number is None else " in batch {number}")
            return Cause(_said(template, what=what, number=number), _said("clean the data, as with numpy.nan_to_num"))
    return None


def of_step(origin, before=None, number=None):
    """The Cause that an Origin heard in a step; `before` is that of the step before."""
    template = "{places}" if number is None else "From batch {number} on: {places}"

    def seen(lang):
        places = origin.places(before, lang)
        return places and say(lang, template, places=places, number=number)

    return Cause(seen, lambda lang: origin.cause(before, lang), "{seen}. That is {advice}")
