"""The pure cores of the pipeline: when to ask, which part of the file to show, what of the answer to keep."""

from __future__ import annotations

import random

import pytest

from dovetail.completion.postprocessing.shaping import is_complete
from dovetail.completion.preparation.place import Place, read_place
from dovetail.completion.preparation.trigger import BLOCK_LINES, decide
from dovetail.completion.preparation.window import STEP_LINES, cut_window
from dovetail.completion.scoring import score
from dovetail.completion.values import Extent, Trigger

REST, LINE = Extent("rest", 1), Extent("line", BLOCK_LINES)


def at(marked: str, path: str = "a.py") -> Place:
    """Return the place of `$0`."""
    return read_place(path, marked.replace("$0", ""), marked.index("$0"))


@pytest.mark.parametrize(
    ("text", "trigger", "expected"),
    [
        ("x = $0", "automatic", LINE),
        ("call($0)", "automatic", LINE),
        ("call($0):", "automatic", LINE),
        ("def f():\n    $0\n", "automatic", Extent("block", BLOCK_LINES, 4)),
        ("$0", "automatic", Extent("block", BLOCK_LINES)),
        ("na$0me = 1", "automatic", None),
        ("x = $0 + rest", "automatic", None),
        ("na$0me = 1", "invoked", REST),
        ("x = $0 + rest\r\n", "invoked", REST),
        ("x = 1  # the $0", "automatic", None),
        ("x = 1  # the $0", "invoked", REST),
        ('"""Reads the $0\n"""', "automatic", None),
        ('"""Reads.\n\nAnd then $0\n"""', "automatic", None),
        ('open("$0")', "automatic", REST),
    ],
)
def test_when_to_ask_and_how_much(text: str, trigger: Trigger, expected: Extent | None) -> None:
    assert decide(at(text), trigger) == expected


@pytest.mark.parametrize("text", ["int x = 1;$0\n", "if (a) { b(); }$0\n"])
def test_a_finished_statement_needs_no_more(text: str) -> None:
    assert decide(at(text, "a.c"), "automatic") is None


def test_the_model_may_stop_once_the_block_is_left() -> None:
    place, block = at("def f():\n    $0\n"), Extent("block", 8, 4)
    assert not is_complete("x = 1\n    y = 2\n", place, block)
    assert not is_complete("x = 1\nz", place, block)  # the line still grows: its indentation may yet be a blank line's
    assert is_complete("x = 1\nz = 3\n", place, block)


def words(text: str) -> int:
    return len(text.split())


def test_a_short_file_is_shown_whole() -> None:
    window = cut_window("one two\n", "three four\n", 100, words)
    assert (window.prefix, window.suffix) == ("one two\n", "three four\n")


def test_the_window_keeps_to_its_budget_and_to_whole_lines() -> None:
    text = "".join(f"line {number} has five words\n" for number in range(400))
    offset = text.index("line 300")
    window = cut_window(text[:offset], text[offset:], 300, words)
    assert words(window.prefix) + words(window.suffix) <= 300
    assert window.prefix.startswith("line ") and window.suffix.endswith("\n")
    assert text[:offset].endswith(window.prefix) and text[offset:].startswith(window.suffix)


def test_typing_does_not_move_the_windows_start() -> None:
    text = "".join(f"line {number}\n" for number in range(500))
    starts = {cut_window(text + "x" * typed, "", 200, words).prefix.split("\n")[0] for typed in range(40)}
    assert len(starts) == 1
    assert int(starts.pop().split()[1]) % STEP_LINES == 0


@pytest.mark.parametrize("seed", range(30))
def test_any_text_fits_any_budget(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choices(["a", " ", "\n", "long" * 50], weights=[5, 2, 2, 1], k=rng.randrange(300)))
    offset, budget = rng.randint(0, len(text)), rng.randrange(8, 200)
    window = cut_window(text[:offset], text[offset:], budget, len)
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
