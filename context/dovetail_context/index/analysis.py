"""`AnalysisCache`: what a question to an index leaves for the next one. It belongs to the index and ends with it."""

from typing import TypeVar

_T = TypeVar("_T")


class AnalysisCache:
    """One value of each type, for all snapshots of one index, on any thread.

    A value knows for itself whether it still holds: whoever finds one compares it with the current snapshot. So no
    answer depends on what is in here, only its time does.
    """

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[type, object] = {}

    def keep(self, value: object) -> None:
        """Keep a value in place of the last one of its type."""
        self._kept[type(value)] = value

    def find(self, kind: type[_T]) -> _T | None:
        """Return the value of a type, which other threads may use at the same time; None if there is none."""
        found = self._kept.get(kind)
        return found if isinstance(found, kind) else None

    def take(self, kind: type[_T]) -> _T | None:
        """Return the value of a type and keep it no longer, so that no two threads share it; None if there is none."""
        found = self._kept.pop(kind, None)
        return found if isinstance(found, kind) else None
