"""`Query`: the input of retrieval. It holds values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from dovetail_context.bundle import ContextPiece

RetrieverName = Literal["scope", "similar", "siblings", "recent"]
RETRIEVER_NAMES: tuple[RetrieverName, ...] = ("scope", "similar", "siblings", "recent")


@dataclass(frozen=True, slots=True)
class RecentPlace:
    """Lines (1-based, inclusive) of a file that the user edited, looked at or copied `age_s` seconds ago.

    `text` is the text of these lines. If it is empty, they come from the snapshot, which holds unsaved buffers, too.
    """

    path: str
    start_line: int
    end_line: int
    kind: Literal["edited", "viewed", "yanked"]
    age_s: float = 0.0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """A file, or lines of it (1-based, inclusive; `end_line` 0 is its end), that is always shown.

    `text` is the text of the whole file where the index does not hold it, as with files in no programming language.
    """

    path: str
    start_line: int = 1
    end_line: int = 0
    reason: str = "pinned"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A text that belongs to no file and is always shown, before everything else."""

    text: str
    reason: str = "a note of the project"


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How retrieval works for a project: which retrievers are asked, and what each of them counts.

    `weights` are factors on the odds that a retriever gives its candidates (1 where a name is absent). `shares` are the
    most of the budget, 0 to 1, that what a retriever found first may take (1 where a name is absent). The defaults
    follow from the ablation table in docs/benchmarks/context.md.
    """

    enabled: frozenset[RetrieverName] = frozenset(RETRIEVER_NAMES)
    weights: Mapping[RetrieverName, float] = field(default_factory=lambda: MappingProxyType({}))
    shares: Mapping[RetrieverName, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Query:
    """A cursor in a document as the editor has it now."""

    path: str
    """Posix, relative to the workspace's root."""
    text: str
    """The whole document."""
    offset: int
    """The cursor, in code points from the start of `text`; readers clamp it to the text."""
    recent: tuple[RecentPlace, ...] = ()
    """What the user edited, looked at or copied, in any order."""
    pinned: tuple[Pin, ...] = ()
    """Always shown, in this order, as far as the budget allows."""
    notes: tuple[Note, ...] = ()
    """Always shown, in this order, before the pins."""
    retrieval: Retrieval = field(default_factory=Retrieval)
    """Which retrievers run, and what each of them counts."""
    shown: tuple[ContextPiece, ...] = ()
    """The pieces of the last answer for this document, in its order. What still holds keeps its place, so that a
    model's KV cache stays valid."""
    preferred: tuple[tuple[str, str], ...] = ()
    """The paths of files that help most here, best first, each with a reason for the user."""
    language: str = ""
    """The id of the text's language (see `languages/identify.py`); "" if the path decides."""
