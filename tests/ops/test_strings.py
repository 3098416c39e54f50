"""Text, element by element, against Python's own."""

import numpy as np
import pytest

import tinynn as tf
from tinynn.core.errors import InvalidArgumentError, UnimplementedError


def values(tensor):
    return np.asarray(tensor).tolist()


def test_cases_and_lengths():
    assert values(tf.strings.lower(["ABÉ", "c"])) == ["abÉ".encode(), b"c"]      # ASCII only, unless it is told
    assert values(tf.strings.lower("ABÉ", encoding="utf-8")) == "abé".encode()
    assert values(tf.strings.upper("aé", encoding="utf-8")) == "AÉ".encode()
    assert values(tf.strings.length(["né", ""])) == [3, 0] and tf.strings.length("a").dtype == tf.int32
    assert values(tf.strings.length("né", unit="UTF8_CHAR")) == 2
    assert values(tf.strings.strip([" a b\n"])) == [b"a b"]


def test_joining():
    assert values(tf.strings.join([["a", "b"], "c"], separator="-")) == [b"a-c", b"b-c"]
    x = [["a", "b"], ["c", "d"]]
    assert values(tf.strings.reduce_join(x)) == b"abcd"
    assert values(tf.strings.reduce_join(x, axis=0, separator=" ")) == [b"a c", b"b d"]
    assert values(tf.strings.reduce_join(x, axis=-1, keepdims=True)) == [[b"ab"], [b"cd"]]


def test_parts():
    assert values(tf.strings.substr(["hello", "world"], [1, -2], [3, 1])) == [b"ell", b"l"]
    assert values(tf.strings.substr("né!", 1, 1, unit="UTF8_CHAR")) == "é".encode()
    assert values(tf.strings.split("a  b c")) == [b"a", b"b", b"c"]
    assert values(tf.strings.split("a,,b", sep=",")) == [b"a", b"", b"b"]
    assert values(tf.strings.split("a b c", maxsplit=1)) == [b"a", b"b c"]
    assert values(tf.strings.bytes_split("ab")) == [b"a", b"b"]
    assert values(tf.strings.unicode_split("né", "UTF-8")) == [b"n", "é".encode()]
    assert values(tf.strings.unicode_decode("né", "UTF-8")) == [110, 233]
    assert values(tf.strings.unicode_encode([[110, 233]], "UTF-8")) == ["né".encode()]


def test_regular_expressions():
    assert values(tf.strings.regex_replace(["hello", "all"], "l+", "L")) == [b"heLo", b"aL"]
    assert values(tf.strings.regex_replace("a1b2", r"([a-z])(\d)", r"\2\1")) == b"1a2b"
    assert values(tf.strings.regex_replace("aaa", "a", "b", replace_global=False)) == b"baa"
    assert values(tf.strings.regex_full_match(["abc", "b"], "a.*")) == [True, False]


def test_numbers():
    assert values(tf.strings.to_number(["1.5", "-2e3"])) == [1.5, -2000]
    assert tf.strings.to_number("3", tf.int32).dtype == tf.int32
    assert values(tf.as_string([1, -2])) == [b"1", b"-2"]
    assert values(tf.as_string([1.5, 2.25])) == [b"1.500000", b"2.250000"]
    assert values(tf.as_string([1.5], precision=2)) == [b"1.50"]
    assert values(tf.as_string([1500.0], scientific=True, precision=1)) == [b"1.5e+03"]
    assert values(tf.as_string([7], width=3, fill="0")) == [b"007"]
    assert values(tf.as_string([True, False])) == [b"true", b"false"]
    assert values(tf.strings.format("x = {}, {}", (tf.constant([1, 2]), 3))) == b"x = [1 2], 3"


@pytest.mark.parametrize("error, words, wrong", [
    (InvalidArgumentError, "must be text, got int32", lambda: tf.strings.lower(1)),
    (InvalidArgumentError, "'x' spells no float32", lambda: tf.strings.to_number("x")),
    (InvalidArgumentError, "length 1", lambda: tf.strings.substr("a", 2, 1)),
    (InvalidArgumentError, "no regular expression", lambda: tf.strings.regex_replace("a", "(", "")),
    (UnimplementedError, "different lengths", lambda: tf.strings.split(["a b", "c"])),
    (UnimplementedError, "one text", lambda: tf.strings.bytes_split(["a", "bc"])),
    (ValueError, "1 times '{}' for 2 values", lambda: tf.strings.format("{}", (1, 2))),
    (ValueError, "BYTE", lambda: tf.strings.length("a", unit="WORD")),
])
def test_errors(error, words, wrong):
    with pytest.raises(error, match=words):
        wrong()


def test_text_in_datasets():
    lines = tf.data.Dataset.from_tensor_slices(["1,2", "3,4"])
    rows = lines.map(lambda line: tf.strings.to_number(tf.strings.split(line, ",")))
    assert [values(row) for row in rows] == [[1, 2], [3, 4]]


def test_text_in_a_recorded_function():
    function = tf.function(lambda text: tf.strings.length(text))
    with pytest.warns(tf.TinynnHint, match="op by op"):
        got = [int(function(tf.constant(text))) for text in ("a", "abc", "", "ab")]
    assert got == [1, 3, 0, 2]
