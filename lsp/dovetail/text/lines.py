"""Lines and columns of a text, as the Language Server Protocol counts them.

A line ends at "\\n", "\\r\\n" or "\\r" and nowhere else (LSP 3.18, section Text Documents); form feeds, U+0085 and
U+2028 are ordinary characters, which `str.splitlines` gets wrong. Inside Dovetail a place in a text is an offset in
code points; columns in the client's encoding are turned into offsets at the door, here.
"""

from __future__ import annotations

import re
from enum import Enum

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
# Where `str.splitlines` ends a line and the protocol does not. (Searching for each is faster than one pattern.)
_OTHER_LINE_ENDS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"


class Encoding(Enum):
    """The unit in which a client counts columns (LSP `PositionEncodingKind`)."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


def split_lines(text: str) -> tuple[str, ...]:
    """Split into lines that keep their line ends. The last line has none, and may be empty: there is always one."""
    is_plain = not any(end in text for end in _OTHER_LINE_ENDS)
    lines = text.splitlines(keepends=True) if is_plain else _LINE.findall(text)
    if not lines or lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return tuple(lines)


def content_length(line: str) -> int:
    """Length of a line without its line end, in code points."""
    return len(line) - (2 if line.endswith("\r\n") else 1 if line.endswith(("\n", "\r")) else 0)


def column_to_offset(line: str, column: int, encoding: Encoding) -> int:
    """Code points from the start of `line` to a column in the client's units.

    A column past the end of the line means its end (LSP: "defaults back to the line length"). A column inside a
    character goes back to the start of that character.
    """
    length = content_length(line)
    if encoding is Encoding.UTF32 or line.isascii():
        return min(max(column, 0), length)
    # The offset is found by halving, and only what is between the bounds is encoded: loops over characters are slow.
    low, high, units = 0, min(length, max(column, 0)), 0
    while low < high:
        middle = (low + high + 1) // 2
        between = _units(line[low:middle], encoding)
        if units + between <= column:
            low, units = middle, units + between
        else:
            high = middle - 1
    return low


def offset_to_column(line: str, offset: int, encoding: Encoding) -> int:
    """Return the column, in the client's units, of an offset in `line` (at most its length without line end)."""
    if encoding is Encoding.UTF32 or line.isascii():
        return offset
    return _units(line[:offset], encoding)


def _units(text: str, encoding: Encoding) -> int:
    """Return the length of a text in UTF-8 or UTF-16.

    A lone surrogate, which neither can hold, counts as a character of its size: clients send it as it is, or as a
    replacement of the same size.
    """
    if encoding is Encoding.UTF16:
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len(text.encode("utf-8", "surrogatepass"))
