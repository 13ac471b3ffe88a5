"""A document that the editor shows, with everything that the session knows of it. Whatever is to be forgotten when the
document is closed is in here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from dovetail.completion.preparation.anchor import Anchor
from dovetail.completion.request import Completion, CompletionRequest
from dovetail.session.notebooks import cell_language
from dovetail.session.workspaces.document_location import Kind, Place
from dovetail.session.workspaces.workspaces import Workspace
from dovetail.text.document import Document
from dovetail_context.languages.identify import FIRST_LINE
from dovetail_context.languages.registry import language_of
from dovetail_context.work import LONG_TEXT, Effort
from dovetail_context.workspace.redaction import Redaction


@dataclass(slots=True, eq=False)
class OpenDocument:
    """The newest version of a document, and what goes with it. Changed on the event loop alone.

    `file` is its file, that of its notebook if it is a cell, or where a loose one is to be saved, as `kind` says; None
    for a buffer without a name. `was_saved` is whether the file has been seen on disk: one that was and
    is gone has been deleted, one that never was is yet to be saved. `answer` is the newest completion, to `request`;
    `asking` is the newest request that is under way. `effort` is what work on this text takes.
    """

    document: Document
    file: Path | None
    kind: Kind
    place: Place
    was_saved: bool = False
    redaction: Redaction | None = None
    anchor: Anchor | None = None
    answer: Completion | None = None
    request: CompletionRequest | None = None
    asking: asyncio.Task[object] | None = None
    effort: Effort = field(default_factory=Effort)

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
        """The text with secrets blanked out; quick for a text that is much like the last one."""
        self.redaction = self.redaction.followed_by(text) if self.redaction is not None else Redaction.of(text)
        return self.redaction.redacted
