"""The formulas of the ops in Korean."""

import re

import pytest

import tinynn  # noqa: F401  (registers the ops)
from tinynn.core.primitive import registry
from tinynn.explain.formulas import KOREAN, formula

# Letters that are no English: functions, names of inputs and attributes, differentials.
SYMBOLS = set(re.findall(r"\w+", """
sin cos tan sinh cosh tanh arcsin arccos arctan arsinh arcosh artanh ln log exp max min sign erf erfc det sigmoid
softmax log_softmax softplus one_hot truncatediv einsum labels label logits rate start step count indices
places updates bias value dx dy dz db dk dt Murray Giles Townsend Walter Re Im conj diag gs gU gV gQ gR gUᵀ
"""))
FORMULAS = {s for op in registry.values() for s in [op.formula, *(rule.formula for rule in op.rules if rule)]}


def words(text):
    """The English words of a formula."""
    return [w for w in re.findall(r"[A-Za-z_]{2,}", text) if w not in SYMBOLS]


@pytest.mark.parametrize("text", sorted(FORMULAS))
def test_no_formula_keeps_english_words_in_korean(text):
    assert bool(words(text)) == (text in KOREAN)
    assert not words(formula("ko", text))
    assert formula("en", text) == text


def test_every_translation_is_of_a_formula():
    assert set(KOREAN) <= FORMULAS


def test_no_symbol_and_no_number_is_lost():
    """A Korean formula has the Greek letters, numbers and signs of the English one."""
    for english, korean in KOREAN.items():
        marks = lambda s: set(re.findall(r"[α-ωΑ-Ω≤≥<>√²⁻ᵀ]|\d[\d.]*", s))
        assert marks(english) <= marks(korean), english
