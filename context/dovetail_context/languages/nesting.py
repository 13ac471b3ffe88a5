"""Walking a query's matches in text order, with the scopes that enclose each: for the extractors of all languages.

Asking a node for its parent searches from the root, so nesting is rebuilt from the ranges instead.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from dovetail_context.syntax import Match, Node
from dovetail_context.work import counted

# Definitions inside more classes than this are named by nobody, and the dotted names of their classes would take
# quadratic space.
MAX_CONTAINERS = 64


class Event(NamedTuple):
    """A match under the capture that names its pattern."""

    kind: str
    node: Node
    captures: Match

    def one(self, capture: str) -> Node | None:
        """The first node of a capture, None if it is absent."""
        nodes = self.captures.get(capture)
        return nodes[0] if nodes else None


@dataclass(slots=True)
class Frame:
    """An open scope.

    `position` is its symbol's place in the result. `bindings` maps its local names to their values, each an access path
    or a function that reads it: most local names are never looked up. `returned` is what a function returns that is no
    symbol.
    """

    end_byte: int
    is_class: bool
    name: str
    position: int | None = None
    returned: str = ""
    bindings: dict[str, str | Callable[[], str]] = field(default_factory=dict)


class Frames:
    """The stack of open scopes while events are visited in text order."""

    def __init__(self) -> None:
        self._open: list[Frame] = []
        self._containers = [""]  # of each open scope, behind that of the module
        self.functions = 0  # how many functions enclose the place

    def close_before(self, start_byte: int) -> None:
        """Close the scopes that end before `start_byte`."""
        while self._open and self._open[-1].end_byte <= start_byte:
            self.functions -= not self._open.pop().is_class
            self._containers.pop()

    def enter(self, frame: Frame) -> None:
        """Open a scope; it closes by itself when a later event starts behind it.

        A class inside too many others counts as a function: what it holds cannot be named from outside.
        """
        outer = self.container
        if frame.is_class and outer.count(".") >= MAX_CONTAINERS - 1:
            frame.is_class = False
        self._open.append(frame)
        self._containers.append((f"{outer}.{frame.name}" if outer else frame.name) if frame.is_class else outer)
        self.functions += not frame.is_class

    @property
    def innermost(self) -> Frame | None:
        """The scope that directly encloses the place, None at module level."""
        return self._open[-1] if self._open else None

    @property
    def container(self) -> str:
        """Dotted names of the enclosing classes."""
        return self._containers[-1]

    def binding(self, name: str) -> str | None:
        """Return the value of a local name in the nearest function that binds it ("" if unknown); None if none does."""
        for frame in reversed(self._open):
            if not frame.is_class and name in frame.bindings:
                bound = frame.bindings[name]
                if not isinstance(bound, str):
                    frame.bindings[name] = ""  # while it is being read: a name may be bound to itself
                    bound = frame.bindings[name] = bound()
                return bound
        return None


def in_text_order(matches: Iterable[tuple[int, Match]], kinds: tuple[str, ...]) -> list[Event]:
    """The matches as events, outer before inner. `kinds[i]` is the capture that names the query's i-th pattern."""
    events = [Event(kinds[pattern], captures[kinds[pattern]][0], captures) for pattern, captures in counted(matches)]
    events.sort(key=lambda event: (event.node.start_byte, -event.node.end_byte))
    return events
