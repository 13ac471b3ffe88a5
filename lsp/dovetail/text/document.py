"""A document as the editor has it: immutable, replaced by each change.

An edit touches only the lines it covers, so a keystroke in a long file costs no more than in a short one, except for
the copy of the tuple of lines. The text is joined only when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from dovetail.text.lines import Encoding, column_to_offset, content_length, offset_to_column, split_lines


@dataclass(frozen=True, slots=True)
class Position:
    """A line (0-based) and a column in the client's units."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what stands between two positions. With no positions the whole text is replaced."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True)  # no slots: the cached properties live in the instance dictionary
class Document:
    """One version of one open document. Offsets are in code points, lines keep their line ends."""

    uri: str
    language_id: str
    version: int
    lines: tuple[str, ...] = field(repr=False)

    @staticmethod
    def of(uri: str, language_id: str, version: int, text: str) -> Document:
        return Document(uri, language_id, version, split_lines(text))

    @cached_property
    def text(self) -> str:
        return "".join(self.lines)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of each line's first character."""
        return tuple(accumulate((len(line) for line in self.lines[:-1]), initial=0))

    def offset_at(self, position: Position, encoding: Encoding) -> int:
        """The offset of a position; a line past the last one means the end of the document."""
        line, column = self._resolve(position, encoding)
        return self.line_starts[line] + column

    def position_at(self, offset: int, encoding: Encoding) -> Position:
        """The position of an offset between 0 and the length of the text."""
        low, high = 0, len(self.lines)
        while high - low > 1:
            middle = (low + high) // 2
            if self.line_starts[middle] <= offset:
                low = middle
            else:
                high = middle
        within = min(offset - self.line_starts[low], content_length(self.lines[low]))
        return Position(low, offset_to_column(self.lines[low], within, encoding))

    def edited(self, edits: Iterable[Edit], version: int, encoding: Encoding) -> Document:
        """The document after these edits, each applied to the result of the one before it (LSP `contentChanges`)."""
        document = self
        for edit in edits:
            if edit.start is None or edit.end is None:
                lines = split_lines(edit.text)
            else:
                lines = document._replaced(edit.start, edit.end, edit.text, encoding)
            document = Document(self.uri, self.language_id, version, lines)
        return document if document is not self else Document(self.uri, self.language_id, version, self.lines)

    def _replaced(self, start: Position, end: Position, text: str, encoding: Encoding) -> tuple[str, ...]:
        first, first_column = self._resolve(start, encoding)
        last, last_column = self._resolve(end, encoding)
        if (last, last_column) < (first, first_column):  # a client's slip: read the range as it must have been meant
            first, first_column, last, last_column = last, last_column, first, first_column
        head, tail = self.lines[first][:first_column], self.lines[last][last_column:]
        if first > 0 and first_column == 0 and self.lines[first - 1].endswith("\r"):
            # That "\r" and a "\n" that now follows it become one line end: split the line before again as well.
            first -= 1
            head = self.lines[first]
        middle = split_lines(head + text + tail)
        if last + 1 < len(self.lines):
            middle = middle[
                :-1
            ]  # empty: the tail brought its line end, and what follows that is the next line, kept below
        return self.lines[:first] + middle + self.lines[last + 1 :]

    def _resolve(self, position: Position, encoding: Encoding) -> tuple[int, int]:
        if position.line >= len(self.lines):
            return len(self.lines) - 1, content_length(self.lines[-1])
        line = max(position.line, 0)
        return line, column_to_offset(self.lines[line], position.column, encoding)
