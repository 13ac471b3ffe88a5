"""What retrievers propose, and the protocol that each of them follows. Values only."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from dovetail_context.records.record import Symbol
from dovetail_context.retrieve.situation import Situation


class Evidence(NamedTuple):
    """Why something may be needed: `gain` is the estimated probability (0 to 1) that the completion uses it."""

    retriever: str
    reason: str
    gain: float


class Candidate(NamedTuple):
    """A part of another file that the model could be shown: a reduced symbol, or unchanged lines (symbol None).

    Lines are 1-based and inclusive. `text` is the text to show, for a symbol without the class around it. `brief` is a
    shorter form of it, or "" if there is none.
    """

    path: str
    start_line: int
    end_line: int
    text: str
    evidence: Evidence
    symbol: Symbol | None = None
    brief: str = ""

    @property
    def key(self) -> tuple[str, int, int, str]:
        """Two candidates with equal keys are the same thing with different evidence."""
        return (self.path, self.start_line, self.end_line, self.symbol.qualified if self.symbol else "")


class Retriever(Protocol):
    """Proposes candidates for a situation. Pure and deterministic; the order of what it returns means nothing."""

    @property
    def name(self) -> str: ...

    def __call__(self, situation: Situation) -> Iterable[Candidate]: ...
