"""Keep a suggestion from repeating the lines below it, the line above it, or itself. Pure functions on text."""

from __future__ import annotations

from dovetail.completion.preparation.place import Place
from dovetail_models.api import is_significant, line_loop, loop_at_end


def without_repeats(text: str, place: Place) -> str:
    """Return `text` up to where it starts to repeat itself or the text below the cursor; "" if nothing is new."""
    lines = _without_loops(text).split("\n")
    below = [line.strip() for line in place.lines_below(3)]
    whole_first = (place.left + lines[0] + place.right).strip()
    if is_significant(whole_first) and whole_first in (*below[:1], place.line_above().strip()):
        return ""
    for number, line in enumerate(lines[1:], 1):
        if below and line.strip() == below[0] and _goes_on(lines[number:], below):
            return "\n".join(lines[:number]).rstrip()
    return "\n".join(lines)


def _goes_on(lines: list[str], below: list[str]) -> bool:
    """Return whether the lines are those below, as far as both go."""
    written = [line.strip() for line in lines if line.strip()]
    both = list(zip(written, below, strict=False))
    return all(one == other for one, other in both) and any(is_significant(one) for one, _ in both)


def _without_loops(text: str) -> str:
    """Keep a repeated line once. Drop what repeats within a line, or keep one turn if there is nothing else."""
    lines = text.split("\n")
    first = line_loop(lines)
    lines = lines if first is None else lines[: first + 1]
    return "\n".join(_without_loop_at_end(line) for line in lines)


def _without_loop_at_end(line: str) -> str:
    loop = loop_at_end(line)
    if loop is None:
        return line
    start, end = loop
    return line[:start] if line[:start].strip() else line[:end]
