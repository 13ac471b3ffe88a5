"""`ContextBundle`: what retrieval answers. Values only; `gather.py` chooses them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContextPiece:
    """Lines of one file that the model is to see."""

    path: str
    """Posix, relative to the workspace's root."""
    start_line: int
    """The first line of the file that `text` draws on; 1-based."""
    end_line: int
    """The last such line, inclusive. Lines between may be reduced."""
    kind: str
    """`outline`, `signature`, `lines`, `pinned` or `note`."""
    reason: str
    """Why the piece was chosen: a short sentence for the user."""
    score: float
    """The expected gain, 0 to 1; comparable only within a bundle."""
    tokens: int
    """The cost of `text` and of the `#path` line above it."""
    text: str
    """What the model sees."""
    parts: frozenset[str] = frozenset()
    """What the piece consists of, to compare two answers: a name for a symbol, a second one with "!" if it is shown in
    full, lines for a window."""
    digest: str = ""
    """The digest of the file's content; "" if the index does not hold the file."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was found and not taken, and the rule by which."""

    path: str
    start_line: int
    reason: str
    tokens: int


@dataclass(frozen=True, slots=True)
class ContextBundle:
    """The pieces in prompt order: notes, pinned pieces, then the rest.

    Of the rest, pieces that were shown before and are still valid come first, in the same order. New pieces follow,
    dependencies first. Pieces of one file are adjacent. `problems` lists, a sentence each, the parts of the query that
    could not be followed.
    """

    budget: int
    tokens: int
    pieces: tuple[ContextPiece, ...]
    left_out: tuple[LeftOut, ...]
    problems: tuple[str, ...] = ()
