"""Choose places in a project at which someone may pause while typing: behind a dot, a bracket, a `=` or a `return`.

The rest of the line is cut away there, so that what the project's author wrote can be compared with the suggestion.
Files that define nothing, such as prose and data, are left out. Otherwise the choice looks at the text alone: it
prefers no place at which a model is likely to be right.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from dovetail_context.api import FileRecord, IndexSnapshot

# A shorter rest of a line, such as a lone bracket, shows nothing.
MIN_CUT_CHARACTERS = 8
_PAUSE = re.compile(r"\w\.(?=\w)|\w\((?=\S)|\w =\s(?=\S)|\breturn (?=\S)")
_COMMENT = re.compile(r"\s*(?:#|//|/?\*|--)")


@dataclass(frozen=True, slots=True)
class Hole:
    """A document with the rest of one line cut away."""

    path: str
    """Path in the project, with forward slashes."""
    line: int
    """Line of the cut, counted from 1."""
    column: int
    """Column of the cut in code points, counted from 1."""
    text: str
    """The document without the rest of the line."""
    cut: str
    """What the author wrote there, to the end of the line."""


def find_holes(snapshot: IndexSnapshot) -> Iterator[Hole]:
    """Yield holes of all code: one of each file in turn, in an order that depends on paths and texts alone."""
    files = sorted(snapshot.files.items(), key=lambda file: _order(file[0]))
    waiting = deque(_holes_of(record) for _, record in files if record.symbols)
    while waiting:
        file = waiting.popleft()
        hole = next(file, None)
        if hole is not None:
            yield hole
            waiting.append(file)


def _holes_of(record: FileRecord) -> Iterator[Hole]:
    lines = list(record.lines)
    for number in sorted(range(len(lines)), key=lambda number: _order(f"{number} {lines[number]}")):
        line = lines[number]
        if _COMMENT.match(line):
            continue
        pauses = [found.end() for found in _PAUSE.finditer(line)]
        columns = [column for column in pauses if len(line[column:].strip()) >= MIN_CUT_CHARACTERS]
        if columns:
            column = min(columns, key=lambda column: _order(f"{column} {line}"))
            text = "\n".join([*lines[:number], line[:column], *lines[number + 1 :]])
            yield Hole(record.path, number + 1, column + 1, text, line[column:])


def _order(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
