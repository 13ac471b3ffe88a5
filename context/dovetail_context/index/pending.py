"""The notifications that the index has not processed yet, and how long they may wait. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dovetail_context.index.extraction.build import BuildReport
from dovetail_context.workspace.selection import Selection

# Seconds after a keystroke before the text is read, since a completion is requested right after it and goes first.
# Faster keystrokes are read together, but none waits longer than the second time.
AFTER_TYPING_S, LONGEST_AFTER_TYPING_S = 0.006, 0.03
# Data that left the index is deleted from disk after this many quiet seconds, or at the latest after the second time.
# If that takes long, because the project is large, one part in `PURGE_SHARE` of the time is the limit.
PURGE_QUIET_S, PURGE_LATEST_S = 3.0, 60.0
PURGE_SHARE = 20

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Pending:
    """Pending notifications, in the order of processing."""

    builds: list[tuple[Progress | None, Callable[[BuildReport], None] | None]] = field(default_factory=list)
    overlays: dict[str, str | None] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)  # of the overlays, by id; "" if the path implies it
    paths: set[str] = field(default_factory=set)
    selection: Selection | None = None
    first_typed: float = 0.0  # of the overlays, by the monotonic clock
    last_typed: float = 0.0

    def overlay(self, path: str, text: str | None, now: float, language: str = "") -> None:
        """A later text of a path replaces an earlier one."""
        self.last_typed = now
        if not self.overlays:
            self.first_typed = self.last_typed
        self.overlays[path], self.languages[path] = text, language

    def pause_s(self, now: float) -> float | None:
        """How long to wait before it is done: None while there is nothing to do, 0 for now."""
        if self.builds or self.paths or self.selection is not None:
            return 0.0
        if not self.overlays:
            return None
        return max(0.0, min(self.last_typed + AFTER_TYPING_S, self.first_typed + LONGEST_AFTER_TYPING_S) - now)

    def select(self, selection: Selection, walk_after: bool) -> None:
        """A later selection replaces an earlier one; a walk reads what it brings back."""
        self.selection = selection
        if walk_after:
            self.builds.append((None, None))

    @property
    def empty(self) -> bool:
        return not (self.builds or self.overlays or self.paths or self.selection is not None)


@dataclass(slots=True)
class PurgeClock:
    """Schedules the purge of a cache that may hold data which left the index."""

    first: float | None = None  # since when it may, by the monotonic clock
    last_work: float = 0.0
    not_before: float = 0.0

    def worked(self, must_purge: bool, now: float) -> None:
        """Record that the index has done some work, and whether the cache may hold data which left it."""
        self.last_work = now
        if not must_purge:
            self.first = None
        elif self.first is None:
            self.first = now

    def made(self, started: float, now: float) -> None:
        """Record that the cache was purged and the image written again."""
        self.first = None
        self.not_before = now + PURGE_SHARE * (now - started)

    def pause_s(self, now: float) -> float | None:
        """Return the seconds to wait before the next purge: None if none is needed, 0 for now."""
        if self.first is None:
            return None
        due = max(self.not_before, min(self.last_work + PURGE_QUIET_S, self.first + PURGE_LATEST_S))
        return max(0.0, due - now)
