"""Where the user has just worked, in any file of a workspace, as a hint for retrieval.

The list is bounded and holds only places: the index supplies the texts when they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from dovetail.text.document import Edit
from dovetail_context.api import RecentPlace

MAX_PLACES = 16
# Edits so near to one another are one place.
NEAR_LINES = 8
# The number of lines above and below the cursor that count as viewed.
VIEW_LINES = 10
LONGEST_AGE_S = 3600.0


class RecentPlaces:
    """The newest places first. Times are those of one steady clock, in seconds."""

    def __init__(self) -> None:
        self._places: list[tuple[Path, RecentPlace, float]] = []

    def edited(self, root: Path, path: str, edits: Iterable[Edit], now: float) -> None:
        """Record a change of a file in the workspace `root`. A change of the whole text reveals no place."""
        for edit in edits:
            if edit.start is not None:
                first = edit.start.line + 1
                self._add(root, RecentPlace(path, first, first + edit.text.count("\n"), "edited"), now)

    def viewed(self, root: Path, path: str, line: int, now: float) -> None:
        """Record that the cursor is in a line (from 1)."""
        self._add(root, RecentPlace(path, max(1, line - VIEW_LINES), line + VIEW_LINES, "viewed"), now)

    def places(self, root: Path, path: str, now: float) -> tuple[RecentPlace, ...]:
        """Return the places in other files of a workspace than `path`, newest first."""
        return tuple(
            RecentPlace(place.path, place.start_line, place.end_line, place.kind, now - at)
            for other, place, at in self._places
            if other == root and place.path != path and now - at < LONGEST_AGE_S
        )

    def _add(self, root: Path, place: RecentPlace, now: float) -> None:
        kept = []
        for known in self._places:
            if known[0] == root and _is_same(known[1], place):
                start, end = min(known[1].start_line, place.start_line), max(known[1].end_line, place.end_line)
                place = RecentPlace(place.path, start, end, _stronger(known[1], place))
            else:
                kept.append(known)
        self._places = [(root, place, now), *kept[: MAX_PLACES - 1]]


def _is_same(one: RecentPlace, other: RecentPlace) -> bool:
    near = one.start_line - NEAR_LINES <= other.end_line and other.start_line <= one.end_line + NEAR_LINES
    return one.path == other.path and near


def _stronger(one: RecentPlace, other: RecentPlace) -> Literal["edited", "viewed", "yanked"]:
    return "edited" if "edited" in (one.kind, other.kind) else other.kind
