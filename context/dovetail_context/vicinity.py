"""The part of a large text that is read for a cursor in it. Pure.

A text of ordinary size is read whole. Of a larger one the surroundings of the cursor are read, whose ends lie on a grid
that typing does not move, so that what was read before one keystroke still fits after it.
"""

from dataclasses import dataclass

# About 5,000 lines; parsing them takes 0.2 s.
WHOLE_CHARACTERS = 200_000
BEFORE_CHARACTERS, AFTER_CHARACTERS = 90_000, 40_000
GRID_CHARACTERS = 20_000
# The beginning of a file is read as well, for its imports.
HEAD_CHARACTERS = 30_000
# What is left out between the two counts as empty lines, so that lines keep their numbers; of more lines they do not.
MAX_EMPTY_LINES = 200_000


@dataclass(frozen=True, slots=True)
class Span:
    """The characters from `start` to `end` of a text."""

    start: int
    end: int


def vicinity(text: str, offset: int) -> Span:
    """The part of `text` to be read for a cursor at `offset`. It begins and ends with a line, save in long lines."""
    size = len(text)
    if size <= WHOLE_CHARACTERS:
        return Span(0, size)
    offset = max(0, min(offset, size))
    start = (offset - BEFORE_CHARACTERS) // GRID_CHARACTERS * GRID_CHARACTERS
    # The grid behind the cursor is counted from the end of the text, which typing does not move either.
    end = size - (size - offset - AFTER_CHARACTERS) // GRID_CHARACTERS * GRID_CHARACTERS
    return Span(_line_start(text, start), _line_end(text, end))


def head_and_vicinity(text: str, offset: int) -> tuple[str, int]:
    """The head of a large text, empty lines for what is left out, and the vicinity of `offset`; and where the offset is
    in that. A text of ordinary size is returned as it is."""
    span = vicinity(text, offset)
    if span == Span(0, len(text)):
        return text, offset
    head = _line_end(text, HEAD_CHARACTERS)
    if span.start <= head:
        return text[: span.end], offset
    gap = "\n" * min(text.count("\n", head, span.start), MAX_EMPTY_LINES)
    before = text[:head] + gap
    return before + text[span.start : span.end], len(before) + offset - span.start


def _line_start(text: str, place: int) -> int:
    """The first line start at or behind `place`, if it is near; else `place`."""
    if place <= 0:
        return 0
    found = text.find("\n", place - 1, place + GRID_CHARACTERS)
    return place if found < 0 else found + 1


def _line_end(text: str, place: int) -> int:
    """The last line start at or before `place`, if it is near; else `place`."""
    if place >= len(text):
        return len(text)
    found = text.rfind("\n", place - GRID_CHARACTERS, place)
    return place if found < 0 else found + 1
