"""A document as the editor has it: immutable, replaced by each change.

Lines are kept in blocks. An edit touches only the blocks that it reaches into, so a keystroke in a text of a million
lines costs little more than in a short one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain

from dovetail.text.lazy import lazy
from dovetail.text.lines import Encoding, column_to_offset, content_length, offset_to_column, split_lines

BLOCK_LINES = 512


@dataclass(frozen=True, slots=True)
class Position:
    """A line (0-based) and a column in the client's units."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text between two positions. With no positions the whole text is replaced."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True)  # no slots: the cached properties live in the instance dictionary
class Block:
    """Some lines that follow one another."""

    lines: tuple[str, ...]

    @lazy
    def text(self) -> str:
        return "".join(self.lines)

    @lazy
    def line_starts(self) -> tuple[int, ...]:
        """Offset in the block of each line's first character."""
        return tuple(accumulate(map(len, self.lines[:-1]), initial=0))


@dataclass(frozen=True)
class Document:
    """One version of one open document. Offsets are in code points, lines keep their line ends."""

    uri: str
    language_id: str
    version: int
    blocks: tuple[Block, ...] = field(repr=False)

    @staticmethod
    def of(uri: str, language_id: str, version: int, text: str) -> Document:
        return Document(uri, language_id, version, _blocks(split_lines(text)))

    @lazy
    def text(self) -> str:
        return "".join([block.text for block in self.blocks])

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines; in a long text this is slow."""
        return tuple(chain.from_iterable(block.lines for block in self.blocks))

    @property
    def line_count(self) -> int:
        """How many lines there are: one at least."""
        return self._first_lines[-1] + len(self.blocks[-1].lines)

    def line(self, number: int) -> str:
        """Return the line of a number (0-based)."""
        index = self._block_of(number)
        return self.blocks[index].lines[number - self._first_lines[index]]

    def offset_at(self, position: Position, encoding: Encoding) -> int:
        """Return the offset of a position; a line past the last one means the end of the document."""
        line, column = self._resolve(position, encoding)
        index = self._block_of(line)
        return self._starts[index] + self.blocks[index].line_starts[line - self._first_lines[index]] + column

    def position_at(self, offset: int, encoding: Encoding) -> Position:
        """Return the position of an offset between 0 and the length of the text."""
        index = bisect_right(self._starts, offset) - 1
        block, within = self.blocks[index], offset - self._starts[index]
        number = bisect_right(block.line_starts, within) - 1
        line = block.lines[number]
        column = min(within - block.line_starts[number], content_length(line))
        return Position(self._first_lines[index] + number, offset_to_column(line, column, encoding))

    def edited(self, edits: Iterable[Edit], version: int, encoding: Encoding) -> Document:
        """Return the document after these edits, each applied to the previous result (LSP `contentChanges`)."""
        document = self
        for edit in edits:
            if edit.start is None or edit.end is None:
                blocks = _blocks(split_lines(edit.text))
            else:
                blocks = document._replaced(edit.start, edit.end, edit.text, encoding)
            document = Document(self.uri, self.language_id, version, blocks)
        return document if document is not self else Document(self.uri, self.language_id, version, self.blocks)

    @lazy
    def _first_lines(self) -> tuple[int, ...]:
        """The number of each block's first line."""
        return tuple(accumulate((len(block.lines) for block in self.blocks[:-1]), initial=0))

    @lazy
    def _starts(self) -> tuple[int, ...]:
        """The offset of each block's first character."""
        return tuple(accumulate((len(block.text) for block in self.blocks[:-1]), initial=0))

    def _block_of(self, line: int) -> int:
        return bisect_right(self._first_lines, line) - 1

    def _replaced(self, start: Position, end: Position, text: str, encoding: Encoding) -> tuple[Block, ...]:
        first, first_column = self._resolve(start, encoding)
        last, last_column = self._resolve(end, encoding)
        if (last, last_column) < (first, first_column):  # a client's slip: read the range as it must have been meant
            first, first_column, last, last_column = last, last_column, first, first_column
        head, tail = self.line(first)[:first_column], self.line(last)[last_column:]
        if first > 0 and first_column == 0 and self.line(first - 1).endswith("\r"):
            # That "\r" and a "\n" that now follows it become one line end: split the line before again as well.
            first -= 1
            head = self.line(first)
        middle = split_lines(head + text + tail)
        if last + 1 < self.line_count:
            middle = middle[
                :-1
            ]  # empty: the tail brought its line end, and what follows that is the next line, kept below
        first_block, last_block = self._block_of(first), self._block_of(last)
        before = self.blocks[first_block].lines[: first - self._first_lines[first_block]]
        after = self.blocks[last_block].lines[last + 1 - self._first_lines[last_block] :]
        return self.blocks[:first_block] + _blocks(before + middle + after) + self.blocks[last_block + 1 :]

    def _resolve(self, position: Position, encoding: Encoding) -> tuple[int, int]:
        if position.line >= self.line_count:
            return self.line_count - 1, content_length(self.line(self.line_count - 1))
        line = max(position.line, 0)
        return line, column_to_offset(self.line(line), position.column, encoding)


def _blocks(lines: Sequence[str]) -> tuple[Block, ...]:
    """Return the lines in blocks, none empty or more than twice the usual size, so that typing seldom splits one."""
    return tuple(Block(tuple(part)) for part in _parts(lines))


def _parts(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    if len(lines) <= 2 * BLOCK_LINES:
        if lines:
            yield lines
        return
    for start in range(0, len(lines), BLOCK_LINES):
        yield lines[start : start + BLOCK_LINES]
