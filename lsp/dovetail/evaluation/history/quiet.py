"""Places of a history at which silence is right: nothing should be shown unasked, or what the author wrote next.

finished: the author has just ended a line, and went on elsewhere or below. prose: the author writes a comment or a long
text. deleted: the author is removing a line that did not come back, and half of it is gone. rejected: the author has
just typed something else than what was suggested. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from dovetail.completion.preparation.place import read_place
from dovetail.evaluation.history.added import Hunk
from dovetail.evaluation.history.holes import FOLLOWING_LINES, MIN_CHARACTERS, draw, row, spots
from dovetail.evaluation.rejected import REJECTED
from dovetail.evaluation.suites.suite import Row
from dovetail.evaluation.task import DELETED

KINDS = ("finished", "prose", DELETED, REJECTED)
"""The scenarios, in the order in which a commit's are taken in turn."""
LINES_OF_A_HUNK = 6
"""The first lines of a hunk that are looked at: each costs parsing its file."""
HOLES_A_QUIET_PLACE = 4
"""The number of holes in a commit for each such place: editing is mostly writing, and each place costs an answer."""


def quiet_rows(
    parent: str, commit: str, hunk: Hunk, old_lines: Sequence[str], new_lines: Sequence[str]
) -> Iterator[Row]:
    """Yield the places of a hunk at which silence is right. Lines keep their ends."""
    before, after = "".join(old_lines[: hunk.old_start]), "".join(old_lines[hunk.old_start + hunk.old_count :])
    end = hunk.new_start + hunk.new_count
    for number in range(hunk.new_start, min(end, hunk.new_start + LINES_OF_A_HUNK)):
        line = new_lines[number]
        content = line.rstrip()
        if len(content.strip()) < MIN_CHARACTERS:
            continue
        above = before + "".join(new_lines[hunk.new_start : number])
        indent = len(content) - len(content.lstrip())
        middle = indent + len(content.strip()) // 2
        if _is_prose(hunk.path, above + line + after, len(above) + indent + 1):
            text = above + content[:middle] + line[len(content) :] + after
            yield _row(parent, commit, hunk, "prose", number, text, len(above) + middle)
        else:
            following = "".join(new_lines[number + 1 : min(end, number + 1 + FOLLOWING_LINES)])
            yield _row(
                parent, commit, hunk, "finished", number, above + line + after, len(above) + len(content), following
            )
    first = [spot for spot in spots(commit, hunk, new_lines) if spot.line < hunk.new_start + LINES_OF_A_HUNK]
    for spot in first:
        hole = row(parent, commit, spot, old_lines, new_lines)
        if hole is not None:
            yield hole | {"id": f"{hole['id']}:{REJECTED}", "quiet": REJECTED}
    gone = {line.strip() for line in new_lines}
    for number in range(hunk.old_start, hunk.old_start + min(hunk.old_count, LINES_OF_A_HUNK)):
        line = old_lines[number]
        content = line.rstrip()
        above = "".join(old_lines[:number])
        indent = len(content) - len(content.lstrip())
        middle = indent + len(content.strip()) // 2
        is_code = not _is_prose(hunk.path, "".join(old_lines), len(above) + indent + 1)
        if len(content.strip()) >= MIN_CHARACTERS and content.strip() not in gone and is_code:
            text = above + content[:middle] + line[len(content) :] + "".join(old_lines[number + 1 :])
            yield _row(parent, commit, hunk, DELETED, number, text, len(above) + middle)


def drawn(commit: str, rows: Sequence[Row], number: int) -> list[Row]:
    """Return at most `number` of the rows, of each kind in turn, always the same ones."""
    of_kind = {
        kind: sorted((row for row in rows if row["quiet"] == kind), key=lambda row: draw(commit, row["id"]))
        for kind in KINDS
    }
    first = draw(commit, "kind") % len(KINDS)
    turns = (*KINDS[first:], *KINDS[:first])
    found = (row for at in range(number) for kind in turns for row in of_kind[kind][at : at + 1])
    return list(islice(found, number))


def _is_prose(path: str, text: str, offset: int) -> bool:
    place = read_place(path, text, offset)
    return place.kind == "comment" or place.is_in_long_text


def _row(
    parent: str, commit: str, hunk: Hunk, kind: str, number: int, text: str, start: int, following: str = ""
) -> Row:
    return {
        "id": f"{commit[:12]}:{hunk.path}:{number + 1}:{kind}",
        "commit": commit,
        "parent": parent,
        "path": hunk.path,
        "text": text,
        "start": start,
        "end": start,
        "groundtruth": "",
        "following": following,
        "quiet": kind,
    }
