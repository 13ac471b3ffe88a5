"""The part of a large text that is read for a cursor in it. Pure.

A text of ordinary size is read entirely. Of a larger one, only the surroundings of the cursor are read. Their ends are
on a grid that typing does not move, so a result from before one keystroke still fits after it.
"""

from dataclasses import dataclass

# About 5,000 lines; parsing them takes 0.2 s.
WHOLE_CHARACTERS = 200_000
BEFORE_CHARACTERS, AFTER_CHARACTERS = 90_000, 40_000
GRID_CHARACTERS = 20_000
# Of a line that reaches beyond that this is read. Such a line is no code that anybody wrote, and where it is cut, there
# may be half a string: parsing what follows takes many times as long.
LINE_CHARACTERS, LINE_GRID_CHARACTERS = 10_000, 5_000
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
    """The part of `text` to be read for a cursor at `offset`.

    It begins and ends with a line, save in the cursor's own if that is very long.
    """
    size = len(text)
    if size <= WHOLE_CHARACTERS:
        return Span(0, size)
    offset = max(0, min(offset, size))
    # The grid behind the cursor is counted from the end of the text, which typing does not move either.
    start = _on_grid(offset - BEFORE_CHARACTERS, GRID_CHARACTERS)
    end = size - _on_grid(size - offset - AFTER_CHARACTERS, GRID_CHARACTERS)
    if start:
        first = text.find("\n", start - 1, offset) + 1
        start = first or max(start, _on_grid(offset - LINE_CHARACTERS, LINE_GRID_CHARACTERS))
    if end < size:
        last = text.rfind("\n", offset, end) + 1
        end = last or min(end, size - _on_grid(size - offset - LINE_CHARACTERS, LINE_GRID_CHARACTERS))
    return Span(start, end)


def head_and_vicinity(text: str, offset: int) -> tuple[str, int]:
    """The head of a large text, empty lines for what is left out, and the vicinity of `offset`; and where the offset is
    in that. A text of ordinary size is returned as it is."""
    span = vicinity(text, offset)
    if span == Span(0, len(text)):
        return text, offset
    head = text.rfind("\n", 0, HEAD_CHARACTERS) + 1
    if span.start <= head:
        return text[: span.end], offset
    gap = "\n" * min(text.count("\n", head, span.start), MAX_EMPTY_LINES)
    before = text[:head] + gap
    return before + text[span.start : span.end], len(before) + offset - span.start


def _on_grid(place: int, width: int) -> int:
    return max(0, place // width * width)
