"""The pure cores of the pipeline: when to ask, which part of the file to show, what of the answer to keep."""

from __future__ import annotations

import random

import pytest

from dovetail.completion.request import Trigger
from dovetail.completion.scoring import score
from dovetail.completion.shaping import is_complete, shape
from dovetail.completion.trigger import BLOCK_LINES, Extent, decide
from dovetail.completion.window import STEP_LINES, cut_window

LINE = Extent(max_lines=1, indent=0)


@pytest.mark.parametrize(
    ("text", "trigger", "expected"),
    [
        ("x = $0", "automatic", LINE),
        ("call($0)", "automatic", LINE),
        ("call($0):", "automatic", LINE),
        ("def f():\n    $0\n", "automatic", Extent(BLOCK_LINES, 4)),
        ("$0", "automatic", Extent(BLOCK_LINES, 0)),
        ("na$0me = 1", "automatic", None),
        ("x = $0 + rest", "automatic", None),
        ("na$0me = 1", "invoked", LINE),
        ("x = $0 + rest\r\n", "invoked", LINE),
    ],
)
def test_when_to_ask_and_how_much(text: str, trigger: Trigger, expected: Extent | None) -> None:
    assert decide(text.replace("$0", ""), text.index("$0"), trigger) == expected


@pytest.mark.parametrize(
    ("written", "rest_of_line", "extent", "shown"),
    [
        ("a + b", "", LINE, "a + b"),
        ("a + b\nnext = 1", "", LINE, "a + b"),
        ("a, b)", ")", LINE, "a, b"),
        ("a, b):", "):", LINE, "a, b"),
        ("a, f(b))", ")", LINE, "a, f(b)"),
        ("a  \n", "", LINE, "a"),
        ("   \n", "", LINE, ""),
        ("x = 1\n    y = 2\nz = 3\n", "", Extent(8, 4), "x = 1\n    y = 2"),
        ("x = 1\n\n    y = 2\n", "", Extent(8, 4), "x = 1\n\n    y = 2"),
        ("one\n    two\n    three", "", Extent(2, 4), "one\n    two"),
        ("one\r\n    two", "", Extent(8, 4), "one\n    two"),
    ],
)
def test_what_is_shown_of_what_the_model_wrote(written: str, rest_of_line: str, extent: Extent, shown: str) -> None:
    assert shape(written, rest_of_line, extent) == shown


def test_the_model_may_stop_once_the_block_is_left() -> None:
    block = Extent(8, 4)
    assert not is_complete("x = 1\n    y = 2\n", block)
    assert not is_complete("x = 1\nz", block)  # the line still grows: its indentation may yet be a blank line's
    assert is_complete("x = 1\nz = 3\n", block)


def words(text: str) -> int:
    return len(text.split())


def test_a_short_file_is_shown_whole() -> None:
    window = cut_window("one two\nthree four\n", 8, 100, words)
    assert (window.prefix, window.suffix) == ("one two\n", "three four\n")


def test_the_window_keeps_to_its_budget_and_to_whole_lines() -> None:
    text = "".join(f"line {number} has five words\n" for number in range(400))
    offset = text.index("line 300")
    window = cut_window(text, offset, 300, words)
    assert words(window.prefix) + words(window.suffix) <= 300
    assert window.prefix.startswith("line ") and window.suffix.endswith("\n")
    assert text[:offset].endswith(window.prefix) and text[offset:].startswith(window.suffix)


def test_typing_does_not_move_the_windows_start() -> None:
    text = "".join(f"line {number}\n" for number in range(500))
    starts = {
        cut_window(text + "x" * typed, len(text) + typed, 200, words).prefix.split("\n")[0] for typed in range(40)
    }
    assert len(starts) == 1
    assert int(starts.pop().split()[1]) % STEP_LINES == 0


@pytest.mark.parametrize("seed", range(30))
def test_any_text_fits_any_budget(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choices(["a", " ", "\n", "long" * 50], weights=[5, 2, 2, 1], k=rng.randrange(300)))
    offset, budget = rng.randint(0, len(text)), rng.randrange(8, 200)
    window = cut_window(text, offset, budget, len)
    assert len(window.prefix) + len(window.suffix) <= budget + text.count("\n")
    assert text[:offset].endswith(window.prefix) and text[offset:].startswith(window.suffix)


@pytest.mark.parametrize(
    ("written", "truth", "exact", "similar", "f1"),
    [
        ("foo(a, b)", "foo(a, b)", 1, 1, 1),
        ("  foo(a, b)  \nnext", "foo(a, b)", 1, 1, 1),
        ("", "foo", 0, 0, 0),
        ("foo(b)", "foo(a)", 0, 10 / 12, 0.5),
        ("1", "2", 0, 0, 1),
    ],
)
def test_scores(written: str, truth: str, exact: float, similar: float, f1: float) -> None:
    found = score(written, truth)
    assert (found.exact_match, found.identifier_f1) == (exact, f1)
    assert found.edit_similarity == pytest.approx(similar)
