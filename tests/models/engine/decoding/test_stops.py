"""Where a completion's text ends, and that no token boundary shows in it."""

from __future__ import annotations

import random

import pytest

from dovetail_models.engine.decoding.stops import CompletionText

CASES = {
    "no rule": ("a\nb\nc", None, (), "a\nb\nc", None),
    "one line": ("a b\nc", 1, (), "a b", "line"),
    "two lines": ("a\nb\nc", 2, (), "a\nb", "line"),
    "a line that is empty": ("\nb", 1, (), "", "line"),
    "the carriage return goes with its newline": ("a\r\nb", 1, (), "a", "line"),
    "a carriage return alone stays": ("a\rb\nc", 1, (), "a\rb", "line"),
    "a stop string": ("one two three", None, ("two",), "one ", "stop"),
    "the earlier of two stop strings": ("one two three", None, ("three", "two"), "one ", "stop"),
    "a stop string before the line's end": ("a;b\nc", 1, (";",), "a", "stop"),
    "a line's end before the stop string": ("a\nb;c", 1, (";",), "a", "line"),
    "an empty stop string stops nothing": ("abc", None, ("",), "abc", None),
    "a stop string with a newline": ("a\n\nb", None, ("\n\n",), "a", "stop"),
    "form feed and U+2028 end no line": ("a\fb\u2028c\u0085d\ne", 1, (), "a\fb\u2028c\u0085d", "line"),
    "emoji": ("a 🦕 b\nc", 1, (), "a 🦕 b", "line"),
}


@pytest.mark.parametrize("whole, max_lines, stop, expected, why", CASES.values(), ids=CASES.keys())
def test_ends(whole: str, max_lines: int | None, stop: tuple[str, ...], expected: str, why: str | None) -> None:
    """The same end for every way of cutting the bytes into tokens, and `safe` only ever grows towards it."""
    dice = random.Random(11)
    data = whole.encode()
    for _ in range(50):
        text = CompletionText(max_lines, stop)
        ended = None
        safe = ""
        at = 0
        while at < len(data) and ended is None:
            step = dice.randrange(1, 5)
            ended = text.add(data[at : at + step])
            at += step
            assert text.safe.startswith(safe)
            assert expected.startswith(text.safe)
            safe = text.safe
        assert (text.end, ended) == (expected, why)
    if why:
        assert safe == expected


def test_half_a_code_point_is_held_back_and_dropped_at_the_end() -> None:
    text = CompletionText()
    text.add("a🦕".encode()[:-1])
    assert text.safe == text.end == "a"
    text.add("🦕".encode()[-1:])
    assert text.safe == "a🦕"


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    text = CompletionText()
    text.add(b"a\xff")
    text.add(b"b")
    assert text.end == "a\ufffdb"


def test_the_beginning_of_a_stop_string_is_held_back_until_it_is_none() -> None:
    text = CompletionText(stop=("END",))
    text.add(b"a EN")
    assert text.safe == "a "
    text.add(b"TRY")
    assert text.safe == "a ENTRY"
