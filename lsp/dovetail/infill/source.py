"""Which file of a project a part of a text is from, and that file with the part in its place. Pure.

Plugins send the lines around the cursor, and no path. The file is the one that has most of these lines; what the
plugin did not send of it, its imports above all, is taken from the disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

# The minimum length of a distinctive line: shorter lines occur in every file.
MIN_LINE = 8
# Fewer lines in common are chance.
MIN_COMMON = 2
# Lines by which the edge of what was sent is found again in the file.
EDGE_LINES = 3


@dataclass(frozen=True, slots=True)
class Placed:
    """The whole text of `path`, as far as it is known, with the cursor at `offset` (code points)."""

    path: str
    text: str
    offset: int


def is_from(part: str, whole: str) -> bool:
    """Return whether a part is likely from a text: the text contains more than half of its distinctive lines."""
    wanted = _telling(part)
    have = set(_telling(whole))
    common = sum(line in have for line in wanted)
    return common >= MIN_COMMON and 2 * common > len(wanted)


def most_alike(part: str, files: Iterable[tuple[str, str]]) -> str:
    """Return the path among `files` (path, text) that has most lines of `part`; "" if none has enough."""
    wanted = Counter(_telling(part))
    best, most = "", MIN_COMMON - 1
    for path, text in files:
        have = set(_telling(text)) if wanted else set()
        common = sum(count for line, count in wanted.items() if line in have)
        if common > most:
            best, most = path, common
    return best


def completed(path: str, part: str, offset: int, whole: str) -> Placed:
    """Return `part` with the text before and after it in `whole`, the text on disk, where its edges occur there."""
    lines = part.splitlines(keepends=True)
    head = _before("".join(lines[:EDGE_LINES]), whole)
    tail = _after("".join(lines[-EDGE_LINES:]), whole)
    return Placed(path, head + part + tail, len(head) + offset)


def _telling(text: str) -> list[str]:
    return [line for each in text.splitlines() if len(line := each.strip()) >= MIN_LINE]


def _before(edge: str, whole: str) -> str:
    before = whole[: whole.index(edge)] if _is_once(edge, whole) else ""
    return before if before.endswith("\n") else ""


def _after(edge: str, whole: str) -> str:
    # Plugins send whole lines: where the edge is none, the end of the file is just being written.
    return whole[whole.index(edge) + len(edge) :] if edge.endswith("\n") and _is_once(edge, whole) else ""


def _is_once(edge: str, whole: str) -> bool:
    return bool(edge.strip()) and whole.count(edge) == 1
