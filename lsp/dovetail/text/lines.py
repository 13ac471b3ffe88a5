"""Lines and columns of a text, as the Language Server Protocol counts them.

A line ends at "\\n", "\\r\\n" or "\\r" and nowhere else (LSP 3.18, section Text Documents); form feeds, U+0085 and
U+2028 are ordinary characters, which `str.splitlines` gets wrong. Inside Dovetail a place in a text is an offset in
code points; columns in the client's encoding are turned into offsets at the door, here.
"""

from __future__ import annotations

import re
from enum import Enum

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


class Encoding(Enum):
    """The unit in which a client counts columns (LSP `PositionEncodingKind`)."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def split_lines(text: str) -> tuple[str, ...]:
    """Split into lines that keep their line ends. The last line has none, and may be empty: there is always one."""
    lines: list[str] = []
    position = 0
    while True:
        match = _LINE.match(text, position)
        assert match is not None  # the pattern matches the empty string
        line = match.group()
        lines.append(line)
        position = match.end()
        if not line.endswith(("\n", "\r")):
            return tuple(lines)


def content_length(line: str) -> int:
    """Length of a line without its line end, in code points."""
    return len(line.rstrip("\r\n"))


def column_to_offset(line: str, column: int, encoding: Encoding) -> int:
    """Code points from the start of `line` to a column in the client's units.

    A column past the end of the line means its end (LSP: "defaults back to the line length"). A column inside a
    character goes back to the start of that character.
    """
    length = content_length(line)
    if encoding is Encoding.UTF32 or line.isascii():
        return min(max(column, 0), length)
    units = 0
    for offset in range(length):
        units += _units(line[offset], encoding)
        if units > column:
            return offset
    return length


def offset_to_column(line: str, offset: int, encoding: Encoding) -> int:
    """The column in the client's units of a code point offset in `line` (at most its length without line end)."""
    if encoding is Encoding.UTF32 or line.isascii():
        return offset
    return sum(_units(character, encoding) for character in line[:offset])


def _units(character: str, encoding: Encoding) -> int:
    code = ord(character)
    if encoding is Encoding.UTF16:
        return 2 if code > 0xFFFF else 1
    # A lone surrogate cannot be written in UTF-8; clients send it as three bytes or as a replacement of three bytes.
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
