"""`textDocument/didFocus` {textDocument?: {uri}}: the user looks at another document, or at none of ours.

Clients of copilot-language-server send it. A document that belongs to no folder is completed with the project that the
user visited last.
"""

from __future__ import annotations

import attrs
from lsprotocol import types

from dovetail.server.server import DovetailServer

FOCUS = "textDocument/didFocus"


@attrs.frozen
class FocusParams:
    text_document: types.TextDocumentIdentifier | None = None


def did_focus(ls: DovetailServer, params: FocusParams) -> None:
    opened = ls.session.opened.get(params.text_document.uri) if params.text_document is not None else None
    if opened is not None:
        ls.session.projects.visited(opened)
