"""From the lines that a commit added to holes: the parent's file, with the hunk typed as far as the cursor. Pure.

Whoever wrote the commit typed its lines in some order that nobody knows. A hole supposes the simplest one: the lines of
its hunk from the top down, what they replace already deleted, and all other changes of the commit still to come.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dovetail.completion.preparation.place import read_place
from dovetail.evaluation.history.added import Hunk
from dovetail.evaluation.suites.suite import Row

MIN_CHARACTERS = 6
"""Shorter lines hold little that can be completed: `else:`, `})`."""
MAX_CHARACTERS = 200
"""Longer lines are data, or were written by a program."""
MIN_REST = 3
"""The fewest characters that are left to complete."""
FOLLOWING_LINES = 8
"""Further lines of the hunk that are kept beside the truth: as many as the longest suggestion has."""
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Spot:
    """A line that a commit added, and where in it the hole begins."""

    hunk: Hunk
    """The lines that were added together."""
    line: int
    """The number of the line in the commit's file, from 0."""
    column: int
    """The code points of the line before the hole."""


def spots(commit: str, hunk: Hunk, new_lines: Sequence[str]) -> Iterator[Spot]:
    """Yield a place in each line of a hunk that is worth completing.

    One in three begins at the line's first character, the others within it: an automatic suggestion comes anywhere.
    """
    for number in range(hunk.new_start, hunk.new_start + hunk.new_count):
        line = new_lines[number].rstrip()
        indent = len(line) - len(line.lstrip())
        content = len(line) - indent
        if not MIN_CHARACTERS <= content <= MAX_CHARACTERS or not _NAME.search(line):
            continue
        drawn = draw(commit, hunk.path, number)
        yield Spot(hunk, number, indent + (drawn // 3 % (content - MIN_REST) + 1 if drawn % 3 else 0))


def draw(*of: object) -> int:
    """Return a number that looks random and is always the same for the same values."""
    return int.from_bytes(hashlib.sha256(repr(of).encode("utf-8", "replace")).digest()[:6], "big")


def row(parent: str, commit: str, spot: Spot, old_lines: Sequence[str], new_lines: Sequence[str]) -> Row | None:
    """Return the hole at a spot as the row of a suite; None where its line is prose: a comment or a long text.

    Lines keep their ends.
    """
    hunk = spot.hunk
    line = new_lines[spot.line]
    before = "".join(old_lines[: hunk.old_start]) + "".join(new_lines[hunk.new_start : spot.line])
    after = "".join(old_lines[hunk.old_start + hunk.old_count :])
    start, truth = len(before) + spot.column, line[spot.column :].rstrip()
    indent = len(line) - len(line.lstrip())
    at_start = read_place(hunk.path, before + line + after, len(before) + indent + 1)
    at_hole = read_place(hunk.path, before + line[: spot.column] + line[len(line.rstrip()) :] + after, start)
    if any(place.kind == "comment" or place.is_in_long_text for place in (at_start, at_hole)):
        return None
    last = min(hunk.new_start + hunk.new_count, spot.line + 1 + FOLLOWING_LINES)
    return {
        "id": f"{commit[:12]}:{hunk.path}:{spot.line + 1}:{spot.column + 1}",
        "commit": commit,
        "parent": parent,
        "path": hunk.path,
        "text": before + line + after,
        "start": start,
        "end": start + len(truth),
        "groundtruth": truth,
        "following": "".join(new_lines[spot.line + 1 : last]),
    }
