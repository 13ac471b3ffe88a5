"""`Pending`: what the index has been told and has not done yet, and how long it may wait. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dovetail_context.index.build import BuildReport
from dovetail_context.workspace.selection import Selection

# Whoever types asks for a completion right after: the answer goes out first, then the text is read. Keystrokes that
# follow one another faster than that are read together, but none waits longer than the second time.
AFTER_TYPING_S, LONGEST_AFTER_TYPING_S = 0.006, 0.03

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Pending:
    """What has been told, in the order in which it is done."""

    builds: list[tuple[Progress | None, Callable[[BuildReport], None] | None]] = field(default_factory=list)
    overlays: dict[str, str | None] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)  # of the overlays, by id; "" where the path says it
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
