"""`ContextBundle`: what retrieval answers. Values only; how they are chosen stands in `gather.py`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContextPiece:
    """Lines of one file that the model is to see.

    Lines are 1-based and inclusive: the first and the last line of `path` that `text` draws on; what stands between may
    be reduced. `reason` is a short sentence for the user. `score` is the expected gain (0 to 1, comparable only within
    a bundle). `tokens` counts `text` and the `#path` line above it. `parts` names what the piece is made of, so that
    two answers can be compared: a name for a symbol, a second one with "!" if it is shown in full, lines for a window.
    `digest` is that of the file's content, "" if the index does not hold it.
    """

    path: str
    start_line: int
    end_line: int
    kind: str
    reason: str
    score: float
    tokens: int
    text: str
    parts: frozenset[str] = frozenset()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was found and not taken, and the rule by which."""

    path: str
    start_line: int
    reason: str
    tokens: int


@dataclass(frozen=True, slots=True)
class ContextBundle:
    """The pieces in prompt order: notes, what is pinned, then the rest.

    Of the rest, what was shown before and still holds stands first, as it stood; what is new follows, dependencies
    first. Pieces of one file stand together. `problems` says, a sentence each, what of the query could not be followed.
    """

    budget: int
    tokens: int
    pieces: tuple[ContextPiece, ...]
    left_out: tuple[LeftOut, ...]
    problems: tuple[str, ...] = ()
