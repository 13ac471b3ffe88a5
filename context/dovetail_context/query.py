"""`Query`: the one question that retrieval is asked. It holds values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from dovetail_context.bundle import ContextPiece

RetrieverName = Literal["scope", "similar", "callers", "siblings", "recent"]
RETRIEVER_NAMES: tuple[RetrieverName, ...] = ("scope", "similar", "callers", "siblings", "recent")


@dataclass(frozen=True, slots=True)
class RecentPlace:
    """Lines (1-based, inclusive) of a file that the user edited, looked at or copied `age_s` seconds ago.

    `text` is what stands there; empty, the lines are taken from the snapshot, which holds unsaved buffers, too.
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
    follow from the ablation table in the README of this folder.
    """

    enabled: frozenset[RetrieverName] = frozenset(RETRIEVER_NAMES)
    weights: Mapping[RetrieverName, float] = field(default_factory=lambda: MappingProxyType({}))
    shares: Mapping[RetrieverName, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Query:
    """A place in a document as the editor has it now.

    `path` is posix, relative to the workspace's root; `text` is the whole document; `offset` is the cursor, in code
    points from the start of `text` (clamped to it by whoever reads it). `recent` is in any order. `notes` and `pinned`
    are shown in the order given, as far as the budget goes. `shown` is what the last answer for this document showed,
    in its order: what of it still holds keeps its place, so that a model's cache of it stays valid. `preferred` are
    the paths of files that help most here, best first, each with a reason for the user. `language` is the id of the
    text's language (see `languages/identify.py`), "" if its path says that.
    """

    path: str
    text: str
    offset: int
    recent: tuple[RecentPlace, ...] = ()
    pinned: tuple[Pin, ...] = ()
    notes: tuple[Note, ...] = ()
    retrieval: Retrieval = field(default_factory=Retrieval)
    shown: tuple[ContextPiece, ...] = ()
    preferred: tuple[tuple[str, str], ...] = ()
    language: str = ""
