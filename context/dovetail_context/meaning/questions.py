"""`Questions`: each asked once, also where one leads back to itself."""

from collections.abc import Callable, Hashable, Iterable

from dovetail_context.meaning.values import Value
from dovetail_context.work import checkpoint

MAX_DEPTH = 24  # nested steps of one inference; longer ones are cycles
MAX_STEPS = 1000  # questions asked on the way to one answer; types that all speak of each other would take millions
MAX_VALUES = 8  # alternatives followed at each step: wide unions carry little information


class Questions:
    """The answers found so far in one snapshot, and what is being asked."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Value, ...]] = {}
        self._asking: set[Hashable] = set()
        self._steps = 0
        self._cut = 0  # how often a question was not pursued, because it led back to itself or too far

    def once(self, key: Hashable, work: Callable[[], Iterable[Value]]) -> tuple[Value, ...]:
        """What `work` finds, kept under `key`. A question that leads back to itself has no answer, and is not kept.

        Without this, types that speak of themselves twice (`type Tree = dict[str, Tree] | list[Tree]`) would cost time
        that doubles with every step.
        """
        if key in self._known:
            return self._known[key]
        checkpoint()
        self._steps = self._steps + 1 if self._asking else 0
        if key in self._asking or len(self._asking) > MAX_DEPTH or self._steps > MAX_STEPS:
            self._cut += 1
            return ()
        cut = self._cut
        self._asking.add(key)
        try:
            found = tuple(dict.fromkeys(work()))[:MAX_VALUES]
        finally:
            self._asking.discard(key)
        if self._cut == cut or not self._asking:
            self._known[key] = found
        return found
