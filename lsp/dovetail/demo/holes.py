"""Finds places in a project that are worth completing: the arguments of a call to something from another file.

The rest of the line is cut away there, so that what the project's author wrote can be shown beside what the model says.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from dovetail_context.api import FileRecord, IndexSnapshot, Query, gather, language_named

# Enough to see whether a definition from another file is found.
PROBE_TOKENS = 1024
# Shorter rests of a line (a lone bracket) show nothing.
MIN_CUT = 8


@dataclass(frozen=True, slots=True)
class Hole:
    """A document with the rest of one line cut away at `offset` (code points). `line` and `column` count from 1."""

    path: str
    line: int
    column: int
    text: str
    offset: int
    cut: str


def find_holes(snapshot: IndexSnapshot) -> Iterator[Hole]:
    """Holes of the whole project: the first of each file, then the second of each, and so on. The same every time."""
    waiting = deque(_holes_of(record, snapshot) for _, record in sorted(snapshot.files.items()))
    while waiting:
        file = waiting.popleft()
        hole = next(file, None)
        if hole is not None:
            yield hole
            waiting.append(file)


def _holes_of(record: FileRecord, snapshot: IndexSnapshot) -> Iterator[Hole]:
    calls = language_named(record.language).extract(record.path, record.text).references  # the index keeps no calls
    for name, receiver, number in zip(calls.names, calls.receivers, calls.lines, strict=True):
        if receiver or name not in record.imports_by_alias:
            continue
        hole = _hole(record, number, f"{name}(")
        if hole is not None and _is_known_from_elsewhere(name, hole, snapshot):
            yield hole


def _hole(record: FileRecord, number: int, call: str) -> Hole | None:
    lines = record.lines
    line = lines[number - 1]
    column = line.find(call) + len(call)
    cut = line[column:]
    if call not in line or len(cut.strip()) < MIN_CUT:
        return None
    text = "\n".join([*lines[: number - 1], line[:column], *lines[number:]])
    offset = sum(len(earlier) + 1 for earlier in lines[: number - 1]) + column
    return Hole(record.path, number, column + 1, text, offset, cut)


def _is_known_from_elsewhere(name: str, hole: Hole, snapshot: IndexSnapshot) -> bool:
    bundle = gather(Query(hole.path, hole.text, hole.offset), snapshot, PROBE_TOKENS)
    definition = re.compile(rf"\b(def|class|function|func|fn) {re.escape(name)}\b")
    return any(piece.path != hole.path and definition.search(piece.text) for piece in bundle.pieces)
