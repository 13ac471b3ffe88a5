"""From what the model wrote to what the editor shows: pure functions on text."""

from __future__ import annotations

from dovetail.completion.trigger import Extent


def is_complete(text: str, extent: Extent) -> bool:
    """Whether `text`, still growing, already holds all that will be shown: the model may stop."""
    lines = text.split("\n")
    return any(_leaves_block(line, extent) for line in lines[1:-1])


def shape(text: str, rest_of_line: str, extent: Extent) -> str:
    """What to insert at the cursor, or "" for nothing.

    The block ends where its indentation does; what the rest of the line already holds is not said twice; no space or
    empty line is left hanging at the end.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    kept = lines[:1]
    for line in lines[1 : extent.max_lines]:
        if _leaves_block(line, extent):
            break
        kept.append(line)
    shaped = "\n".join(kept).rstrip()
    return _without_overlap(shaped, rest_of_line).rstrip() if rest_of_line.strip() else shaped


def _leaves_block(line: str, extent: Extent) -> bool:
    return bool(line.strip()) and len(line) - len(line.lstrip()) < extent.indent


def _without_overlap(text: str, rest_of_line: str) -> str:
    """Drop the longest end of `text` that the rest of the line begins with: the editor's own closing bracket, say."""
    rest = rest_of_line.rstrip()
    for length in range(min(len(text), len(rest)), 0, -1):
        if text.endswith(rest[:length]):
            return text[:-length]
    return text
