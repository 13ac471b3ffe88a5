"""What the cursors of brace languages have in common: the word being typed, its object, its statement, its case."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dovetail_context.languages.braces.scan import (
    BraceSyntax,
    case_subject_end,
    completed,
    expression_start,
    mask,
    open_blocks,
    receiver_end,
    statement_start,
)

MAX_FRAGMENT_CHARS = 40_000  # of the enclosing function that is parsed for bindings (about 1,000 lines)
MAX_WORD_CHARS = 100  # of the word being typed
MAX_HEAD_CHARS = 2000  # of what opens a block


@dataclass(frozen=True, slots=True)
class BraceCursor:
    """A cursor in a text of a brace language. Offsets are in code points."""

    text: str
    masked: str
    """The text with strings and comments blanked."""
    offset: int
    """Where the cursor is."""
    typed: str
    """The part of a name before the cursor."""
    statement: int
    """Where the statement of the cursor starts."""
    syntax: BraceSyntax
    path_of: Callable[[str], str]
    """The access path of an expression that is written out, "" if there is none."""

    @property
    def line(self) -> int:
        """The number of the cursor's line, 1-based."""
        return self.text.count("\n", 0, self.offset) + 1

    @property
    def name_start(self) -> int:
        """Where the typed part of a name begins."""
        return self.offset - len(self.typed)

    @property
    def receiver(self) -> str:
        """The access path of the object whose member is being typed; "" where none is."""
        end = receiver_end(self.masked, self.name_start, self.syntax)
        return self.path_before(end) if end >= 0 else ""

    @property
    def subject(self) -> str:
        """The access path of what the case at the cursor distinguishes; "" where none begins."""
        end = case_subject_end(self.masked, self.offset)
        return self.path_before(end) if end >= 0 else ""

    @property
    def expression(self) -> int:
        """Where the expression begins that is being typed, at the earliest at the start of the statement."""
        return max(self.statement, expression_start(self.masked, self.offset, self.syntax))

    def source_before(self, end: int) -> str:
        """The expression that ends at `end`, as it is written."""
        return self.text[expression_start(self.masked, end, self.syntax) : end].strip()

    def path_before(self, end: int) -> str:
        """The access path of the expression that ends at `end`."""
        source = self.source_before(end)
        return self.path_of(source) if source else ""

    def fragment(self, start: int, cut: int) -> str:
        """The text from `start`, or from so far before the statement as is read, to `cut`, made to parse."""
        start = max(start, self.statement - MAX_FRAGMENT_CHARS)
        return completed(self.text, self.masked, start, max(start, cut))


def at_cursor(
    text: str, offset: int, syntax: BraceSyntax, word: re.Pattern[str], path_of: Callable[[str], str]
) -> BraceCursor:
    """Return the cursor at `offset` (code points; moved into the text if it is outside). `word` matches a part of a
    name at the end of a text."""
    offset = max(0, min(offset, len(text)))
    masked = mask(text, syntax)
    typed = word.search(text, max(0, offset - MAX_WORD_CHARS), offset)
    statement = statement_start(masked, offset, syntax)
    return BraceCursor(text, masked, offset, typed[0] if typed else "", statement, syntax, path_of)


class Scope(NamedTuple):
    """A block around a cursor. Each language names the kinds that it distinguishes."""

    kind: str
    name: str
    start: int
    """The offset where its head begins."""
    type: str = ""
    """The type that the head names: what a function returns, say."""


def block_heads(masked: str, offset: int, boundary: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """What opens each of the blocks around `offset`, outermost first: the text behind the last `boundary` before its
    brace, and where that begins."""
    for brace in open_blocks(masked, offset):
        ends = (found.end() for found in boundary.finditer(masked, max(0, brace - MAX_HEAD_CHARS), brace))
        start = max(ends, default=0)
        head = masked[start:brace]
        yield head, start + len(head) - len(head.lstrip())
