"""A document that the editor shows, with everything that the session knows of it. Whatever is to be forgotten when the
document is closed is in here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dovetail.completion.preparation.anchor import Anchor
from dovetail.completion.request import Completion, CompletionRequest, Silence
from dovetail.session.notebooks import cell_language
from dovetail.session.workspaces.document_location import DocumentLocation, Kind
from dovetail.session.workspaces.workspaces import Workspace
from dovetail.text.document import Document
from dovetail_context.api import FIRST_LINE, LONG_TEXT, Effort, Redaction, language_of

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class OpenDocument:
    """The newest version of a document, and all that the session knows about it. Changed on the event loop alone."""

    document: Document
    """The newest text that the client sent."""

    file: Path | None
    """Its file, that of its notebook for a cell, or where a loose document is to be saved; None without a name."""

    kind: Kind
    """Whether it is a file, a cell or loose."""

    place: DocumentLocation
    """The workspace it belongs to, and its path there."""

    was_saved: bool = False
    """Whether the file was ever on disk: if it was and is missing now, somebody deleted it."""

    redaction: Redaction | None = None
    """Secrets found in the last text, so that the next text is searched only where it differs."""

    anchor: Anchor | None = None
    """The frozen prefix and suffix that the next prompt continues."""

    answer: Completion | None = None
    """The newest completion."""

    request: CompletionRequest | None = None
    """The request that `answer` completes."""

    silent: Silence | None = None
    """The newest request, if a suggestion would have disturbed."""

    asking: asyncio.Task[object] | None = None
    """The newest request under way."""

    effort: Effort = field(default_factory=Effort)
    """How long work on this text takes."""

    def __post_init__(self) -> None:
        self.effort.is_long = len(self.document.text) > LONG_TEXT

    @property
    def uri(self) -> str:
        return self.document.uri

    @property
    def project(self) -> Workspace | None:
        """The workspace that the document is a file of."""
        return self.place.project

    @property
    def language(self) -> str:
        """The id of the document's language; "" where its path decides."""
        if self.place.kind == "cell":
            return cell_language(self.document)
        return language_of(self.place.path, self.document.language_id, self.document.text[:FIRST_LINE])

    def redacted(self, text: str) -> str:
        """Return the text with secrets blanked out; quick for a text that is much like the last one."""
        self.redaction = self.redaction.followed_by(text) if self.redaction is not None else Redaction.of(text)
        return self.redaction.redacted

    def cancel(self) -> None:
        """Stop the request under way, if there is one: nobody wants its answer."""
        if self.asking is not None:
            self.asking.cancel()

    def forget(self) -> None:
        """Drop the anchor and the newest answer: they are of another model, or hold text that is no longer shown."""
        self.anchor = self.answer = self.request = self.silent = None

    def close(self) -> None:
        """Stop and drop everything, secrets that were found included. The document is not used afterwards."""
        self.cancel()
        self.forget()
        self.redaction = None

    def answered(self, request: CompletionRequest, completion: Completion) -> None:
        """Keep the newest answer, and the anchor that the next request continues."""
        self.answer, self.request, self.silent = completion, request, None
        if not completion.remembered:
            self.anchor = completion.anchor

    async def newest_wins(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Return the result of `work`, or None when a newer request of this document takes its place."""
        self.cancel()
        task = asyncio.create_task(work)
        self.asking = task
        try:
            return await task
        except asyncio.CancelledError:
            if _is_being_cancelled():
                raise
            return None
        finally:
            if self.asking is task:
                self.asking = None


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
