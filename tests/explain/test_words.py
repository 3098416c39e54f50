"""What is said in Korean is said in one voice."""

import importlib
import pathlib
import re

import pytest

import tinynn
from tinynn.explain.words import Words

ROOT = pathlib.Path(tinynn.__file__).parent
TABLES = sorted(".".join(p.relative_to(ROOT.parent).with_suffix("").parts) for p in ROOT.rglob("*.py")
                if re.search(r"^say = Words\(", p.read_text(encoding="utf-8"), re.MULTILINE))
PLAIN = re.compile(r"(?<!니)다(?=[.:;,!?)]|$)")     # a sentence that ends in -다 and not in -ㅂ니다
NOUNS = re.compile(r"(마|보)다(?=[.:;,!?)]|$)")     # "for each", "than"


def plain(korean):
    """Whether a sentence, or a part of it, ends in the plain form."""
    return bool(PLAIN.search(NOUNS.sub("", korean)))


def test_what_plain_is():
    assert plain("기울기가 없다.") and plain("예가 실패한다: {error}") and plain("가지 않는다")
    assert not plain("기울기가 없습니다.") and not plain("원소마다: {line}") and not plain("다음")


@pytest.mark.parametrize("module", TABLES)
def test_sentences_are_polite(module):
    words = importlib.import_module(module).say
    assert isinstance(words, Words)
    assert not [korean for korean in words.korean.values() if plain(korean)]


def test_there_are_tables():
    assert len(TABLES) > 15
