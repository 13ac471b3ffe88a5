"""What is asked and what is answered, as values: the pipeline's two ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dovetail_context.bundle import ContextBundle
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_models.engine.job import CompletionReply

Trigger = Literal["automatic", "invoked"]


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A place in a text that wants to be continued.

    `document` names the document for the engine: a newer request for the same one supersedes the older.
    `path` is relative to the project, with forward slashes; `offset` counts code points from the start of `text`.
    """

    document: str
    path: str
    text: str
    offset: int
    snapshot: IndexSnapshot
    trigger: Trigger = "automatic"
    use_context: bool = True
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """Text to insert at a place, with everything that is known about how it came to be. Times are in milliseconds.

    `path`, `offset` (code points), and `line` and `column` (from 1, the column in code points) all name that place.
    """

    text: str
    path: str
    offset: int
    line: int
    column: int
    context: ContextBundle
    reply: CompletionReply
    context_ms: float
    total_ms: float
