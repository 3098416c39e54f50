"""Hints, and who hears them."""

import threading
import warnings

import pytest

import tinynn as tf
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


def test_errors_have_tensorflows_codes_and_make():
    for name in ("CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
                 "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
                 "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"):
        kind = getattr(tf.errors, "".join(part.title() for part in name.split("_")) + "Error")
        assert kind.error_code == getattr(tf.errors, name)
        assert kind(None, None, "what happened").message == kind("what happened").message == "what happened"
