"""`textDocument/didOpen`, `didChange`, `didSave` and `didClose`. All synchronous: their order is the order of edits."""

from __future__ import annotations

from lsprotocol import types

from dovetail.server import convert
from dovetail.server.server import DovetailServer
from dovetail.text.document import Document


def did_open(ls: DovetailServer, params: types.DidOpenTextDocumentParams) -> None:
    opened = params.text_document
    open_text(ls, opened, ls.session.notebooks.holding(opened.uri))


def open_text(ls: DovetailServer, opened: types.TextDocumentItem, notebook: str | None = None) -> None:
    """Open a document; `notebook` is the URI of the notebook that it is known to be a cell of."""
    document = Document.of(opened.uri, str(opened.language_id), opened.version, opened.text)
    ls.session.open_document(document, *convert.origin(opened.uri, notebook))


def did_change(ls: DovetailServer, params: types.DidChangeTextDocumentParams) -> None:
    changed = params.text_document
    ls.session.change_document(changed.uri, convert.edits(params.content_changes), changed.version)


def did_save(ls: DovetailServer, params: types.DidSaveTextDocumentParams) -> None:
    path = convert.file_path(params.text_document.uri)
    if path is not None:
        ls.session.projects.files_changed([path])


def did_close(ls: DovetailServer, params: types.DidCloseTextDocumentParams) -> None:
    ls.session.close_document(params.text_document.uri)
