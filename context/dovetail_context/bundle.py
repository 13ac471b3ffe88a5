"""`ContextBundle`: what retrieval answers. Values only; how they are chosen stands in `gather.py`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContextPiece:
    """Lines of one file that the model is to see.

    Lines are 1-based and inclusive: the first and the last line of `path` that `text` draws on; what stands between may
    be reduced. `reason` is a short sentence for the user. `score` is the expected gain (0 to 1, comparable only within
    a bundle). `tokens` counts `text` and the `#path` line above it.
    """

    path: str
    start_line: int
    end_line: int
    kind: str
    reason: str
    score: float
    tokens: int
    text: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was found and not taken, and the rule by which."""

    path: str
    start_line: int
    reason: str
    tokens: int


@dataclass(frozen=True, slots=True)
class ContextBundle:
    """The pieces in prompt order (dependencies first, pieces of one file together, in file order)."""

    budget: int
    tokens: int
    pieces: tuple[ContextPiece, ...]
    left_out: tuple[LeftOut, ...]
