"""Hints, and who hears them."""

import threading
import warnings

import pytest

from tinynn import TinynnHint
from tinynn.core.errors import hearing, hint


def test_a_hint_is_heard_with_its_facts_and_given():
    with pytest.warns(TinynnHint, match=r"\[size\]"), hearing({}) as outer, hearing({}) as inner:
        hint("size", "too large", size=3)
        hint("size", "again", size=4)
    assert outer == inner == {"size": ("too large", {"size": 3})}


def test_a_silent_hearing_keeps_it_from_all_outside():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with hearing({}) as outer:
            with pytest.raises(KeyError), hearing({}, silent=True) as inner:
                hint("size", "too large")
                raise KeyError
            assert inner == {"size": ("too large", {})}
    assert outer == {}
    with pytest.warns(TinynnHint):
        hint("size", "too large")
    assert outer == {}


def test_another_thread_hears_nothing():
    with hearing({}, silent=True) as found, pytest.warns(TinynnHint):
        thread = threading.Thread(target=hint, args=("size", "too large"))
        thread.start()
        thread.join()
    assert found == {}
