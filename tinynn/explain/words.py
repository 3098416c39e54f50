"""Floor 6: what is said, in English or in Korean.

Each module that speaks keeps its sentences in one table, English to Korean, above the code that says them:

    say = Words({"the gradient of {name}": "{name}의 기울기"})
    say(lang, "the gradient of {name}", name="W")

A sentence that its table lacks is a KeyError in any language, so that none is left untranslated.
"""

import os

LANGUAGES = ("en", "ko")


class Words:
    """The sentences of a module.

    Args:
        korean: {English template: Korean template}; both take the same values by name.
    """

    def __init__(self, korean):
        self.korean = korean

    def __call__(self, lang, template, /, **values):
        """The sentence in a language, with its values."""
        korean = self.korean[template]
        return (korean if lang == "ko" else template).format(**values)


def language(lang=None):
    """The language to speak: `lang` itself, or where it is None what TINYNN_LANG says; English otherwise.

    Raises:
        ValueError: a language other than "en" and "ko".
    """
    chosen = lang if lang is not None else os.environ.get("TINYNN_LANG") or "en"
    if chosen not in LANGUAGES:
        raise ValueError(f"lang is {chosen!r}; tinynn speaks {' and '.join(map(repr, LANGUAGES))}")
    return chosen
