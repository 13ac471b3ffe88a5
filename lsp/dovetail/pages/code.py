"""Source text as HTML: a row for each line, coloured as editors do, with marked stretches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType
from pygments.util import ClassNotFound

from dovetail.pages.frame import text as escaped

# The first that holds a token's type names its class in the style sheet.
_CLASSES = (
    (Comment, "c"),
    (String, "s"),
    (Number, "d"),
    (Keyword, "k"),
    (Name.Function, "t"),
    (Name.Class, "t"),
    (Name.Decorator, "t"),
)
# Colours are not worth the wait in a text that nobody reads to its end.
_MAX_COLOURED = 200_000


@dataclass(frozen=True, slots=True)
class Mark:
    """The characters from `start` to `end` (offsets in code points) bear a class of the style sheet."""

    start: int
    end: int
    style: str


def rows(path: str, source: str, marks: Sequence[Mark] = (), first: int = 1) -> str:
    """Return a text as rows of HTML, for a `.code` element.

    Lines end with "\\n"; the first has the number `first`, 0 for no numbers. Rows with a marked stretch are `here`.
    """
    lines: list[list[str]] = [[]]
    here: set[int] = set()
    for style, mark, piece in _pieces(path, source, marks):
        for number, part in enumerate(piece.split("\n")):
            if number:
                lines.append([])
            if part:
                inner = f'<span class="{style}">{escaped(part)}</span>' if style else escaped(part)
                lines[-1].append(f'<span class="{mark}">{inner}</span>' if mark else inner)
            if mark:
                here.add(len(lines) - 1)
    return "".join(
        f'<span class="row{" here" if number in here else ""}" data-line="{first + number if first else ""}">'
        f"{''.join(line)}\n</span>"
        for number, line in enumerate(lines)
    )


def _pieces(path: str, source: str, marks: Sequence[Mark]) -> Iterator[tuple[str, str, str]]:
    """Class of the token, class of the mark and text of each stretch that has one of each."""
    edges = sorted({edge for mark in marks for edge in (mark.start, mark.end)})
    for start, style, value in _tokens(path, source):
        end = start + len(value)
        for stop in (*(edge for edge in edges if start < edge < end), end):
            yield style, next((mark.style for mark in marks if mark.start <= start < mark.end), ""), source[start:stop]
            start = stop


def _tokens(path: str, source: str) -> Iterator[tuple[int, str, str]]:
    for start, kind, value in _lexer(path, source).get_tokens_unprocessed(source):
        yield start, _class_of(kind), value


def _lexer(path: str, source: str) -> Lexer:
    try:
        return TextLexer() if len(source) > _MAX_COLOURED else get_lexer_for_filename(path)
    except ClassNotFound:
        return TextLexer()


def _class_of(kind: _TokenType) -> str:
    return next((name for parent, name in _CLASSES if kind in parent), "")
