"""Documents under edits: right in all three encodings, for every line end and every odd character."""

from __future__ import annotations

import random

import pytest

from dovetail.text.document import Document, Edit, Position
from dovetail.text.lines import Encoding, column_to_offset, offset_to_column, split_lines

ODD = [
    "a",
    "é",
    "→",
    "𝛼",
    "😀",
    "\t",
    " ",
    "\x0c",
    "\x0b",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\n",
    "\r\n",
    "\r",
    "xyz",
]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ("",)),
        ("a", ("a",)),
        ("a\n", ("a\n", "")),
        ("a\r\nb\rc\n\nd", ("a\r\n", "b\r", "c\n", "\n", "d")),
        ("a\x0cb\u2028c\x85d\n", ("a\x0cb\u2028c\x85d\n", "")),
        ("\n\r", ("\n", "\r", "")),
    ],
)
def test_a_line_ends_only_where_the_protocol_says(text: str, lines: tuple[str, ...]) -> None:
    assert split_lines(text) == lines


@pytest.mark.parametrize("encoding", Encoding)
def test_columns_and_offsets_are_inverse(encoding: Encoding) -> None:
    line = "aé→𝛼😀\u2028z\r\n"
    for offset in range(len(line) - 1):
        column = offset_to_column(line, offset, encoding)
        assert len(line[:offset].encode(_codec(encoding))) == column * _unit_bytes(encoding)
        assert column_to_offset(line, column, encoding) == offset


def test_a_column_past_the_end_is_the_end_and_one_inside_a_character_its_start() -> None:
    assert column_to_offset("ab\r\n", 99, Encoding.UTF16) == 2
    assert column_to_offset("é😀\n", 99, Encoding.UTF16) == 2
    assert column_to_offset("😀x", 1, Encoding.UTF16) == 0
    assert column_to_offset("😀x", 3, Encoding.UTF8) == 0


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("seed", range(20))
def test_random_edits_equal_string_surgery(encoding: Encoding, seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choices(ODD, k=rng.randrange(60)))
    document = Document.of("file:///a.py", "python", 0, text)
    for version in range(1, 80):
        start, end = sorted(_boundary(rng, text) for _ in range(2))
        new = "".join(rng.choices(ODD, k=rng.choice([0, 1, 1, 2, 7])))
        edit = Edit(new, document.position_at(start, encoding), document.position_at(end, encoding))
        document = document.edited([edit], version, encoding)
        text = text[:start] + new + text[end:]
        assert document.text == text
        assert document.lines == split_lines(text)
        assert document.version == version


def test_several_edits_in_one_change_apply_one_after_the_other() -> None:
    document = Document.of("file:///a.py", "python", 1, "one\ntwo\n")
    edits = [
        Edit("1", Position(0, 0), Position(0, 3)),
        Edit("😀", Position(0, 1), Position(0, 1)),
        Edit("!", Position(0, 3), Position(0, 3)),
    ]
    assert document.edited(edits, 2, Encoding.UTF16).text == "1😀!\ntwo\n"


def test_whole_text_and_slips_of_clients() -> None:
    document = Document.of("file:///a.py", "python", 1, "one\ntwo\n")
    assert document.edited([Edit("new")], 2, Encoding.UTF8).text == "new"
    assert document.edited([Edit("X", Position(9, 9), Position(99, 0))], 2, Encoding.UTF8).text == "one\ntwo\nX"
    assert document.edited([Edit("X", Position(1, 2), Position(0, 1))], 2, Encoding.UTF8).text == "oXo\n"
    assert document.edited([], 7, Encoding.UTF8).version == 7


def test_the_empty_last_line_is_a_line() -> None:
    document = Document.of("file:///a.py", "python", 1, "a = 1\n")
    assert document.offset_at(Position(1, 0), Encoding.UTF16) == 6
    assert document.position_at(6, Encoding.UTF16) == Position(1, 0)
    empty = Document.of("file:///a.py", "python", 1, "")
    assert empty.offset_at(Position(0, 0), Encoding.UTF8) == 0


def _boundary(rng: random.Random, text: str) -> int:
    """Return a random offset that a client can name: not between the two characters of "\\r\\n"."""
    while True:
        offset = rng.randint(0, len(text))
        if text[offset - 1 : offset + 1] != "\r\n":
            return offset


def _codec(encoding: Encoding) -> str:
    return encoding.value if encoding is Encoding.UTF8 else f"{encoding.value}-le"


def _unit_bytes(encoding: Encoding) -> int:
    return {Encoding.UTF8: 1, Encoding.UTF16: 2, Encoding.UTF32: 4}[encoding]
