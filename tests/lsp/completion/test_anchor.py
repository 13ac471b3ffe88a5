"""Frozen places: what still holds while one types, and what does not."""

from __future__ import annotations

import pytest

from dovetail.completion.preparation.anchor import LOOKUP_CHARACTERS, MAX_FORCED_CHARACTERS, Anchor, freeze
from dovetail.completion.preparation.place import Place, read_place
from dovetail_context.bundle import ContextBundle

EMPTY = ContextBundle(0, 0, (), ())


def at(marked: str) -> Place:
    return read_place("a.py", marked.replace("$0", ""), marked.index("$0"))


def frozen(marked: str) -> Anchor:
    return freeze(at(marked), "0", EMPTY, 1000)


def test_prefix_ends_where_the_line_begins_and_suffix_begins_behind_it() -> None:
    anchor = frozen("a = 1\nb = f($0)\nc = 2\n")
    assert (anchor.prefix, anchor.suffix) == ("a = 1\n", "\nc = 2\n")
    assert anchor.forced(at("a = 1\nb = f($0)\nc = 2\n")) == "b = f("


def test_a_line_of_great_length_is_frozen_at_the_cursor() -> None:
    long = "b" * (MAX_FORCED_CHARACTERS + 1)
    anchor = frozen(f"a = 1\n{long}$0\n")
    assert anchor.prefix.endswith(long) and anchor.forced(at(f"a = 1\n{long}bb$0\n")) == "bb"


def test_code_right_of_the_cursor_is_part_of_the_suffix() -> None:
    assert frozen("a = 1\nb = $0 + c\n").suffix == " + c\n"


def test_what_the_model_is_not_shown_of_the_file_is_looked_through() -> None:
    lines = [f"name{number} = {number}\n" for number in range(4000)]
    anchor = freeze(at("".join(lines[:2000]) + "x = $0\n" + "".join(lines[2000:])), "0", EMPTY, 400)
    above, below = anchor.lookup
    assert len(above) == len(below) == LOOKUP_CHARACTERS
    assert "".join(lines[:2000]).endswith(above + anchor.prefix)
    assert ("\n" + "".join(lines[2000:])).startswith(anchor.suffix + below)
    assert frozen("a = 1\nb = $0\n").lookup == ("", "")


@pytest.mark.parametrize(
    ("typed", "forced"),
    [
        ("a = 1\nb = first$0\nc = 2\n", "b = first"),
        ("a = 1\nb = first($0)\nc = 2\n", "b = first("),  # the editor has closed the bracket
        ('a = 1\nb = first("$0")\nc = 2\n', 'b = first("'),
        ("a = 1\nb = first()\nd$0\nc = 2\n", "b = first()\nd"),  # the next line
        ("a = 1\n$0\nc = 2\n", ""),
        ("a = 2\nb = first$0\nc = 2\n", None),  # something above was changed
        ("a = 1\nb = first$0\nc = 3\n", None),  # something below
        ("a =$0 1\nb = \nc = 2\n", None),  # a jump
        (f"a = 1\n{'b' * (MAX_FORCED_CHARACTERS + 1)}$0\nc = 2\n", None),
        ("a = 1\n" + "b = 1\n" * 9 + "$0\nc = 2\n", None),
    ],
)
def test_what_is_typed_is_forced_as_long_as_the_rest_stays(typed: str, forced: str | None) -> None:
    assert frozen("a = 1\nb = $0\nc = 2\n").forced(at(typed)) == forced
