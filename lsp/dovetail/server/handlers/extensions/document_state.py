"""`dovetail/documentState` {textDocument}: whether the server has the text that the editor has.

Answers {version, length, sha256} of the open document, length in code points, or null. Half of all strange completions
are documents out of step. This request reveals that to a plugin under development, a bug report and our own tests.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import attrs
from lsprotocol import types

from dovetail.server.server import DovetailServer

DOCUMENT_STATE = "dovetail/documentState"
# What it was called before; clients may still ask so.
OLD_NAME = "dovetail/inStep"


@attrs.frozen
class DocumentStateParams:
    text_document: types.TextDocumentIdentifier


def document_state(ls: DovetailServer, params: DocumentStateParams) -> dict[str, Any] | None:
    opened = ls.session.opened.get(params.text_document.uri)
    if opened is None:
        return None
    document = opened.document
    digest = sha256(document.text.encode("utf-8", errors="surrogatepass")).hexdigest()
    return {"version": document.version, "length": len(document.text), "sha256": digest}
