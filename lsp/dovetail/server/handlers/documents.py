"""`textDocument/didOpen`, `didChange`, `didSave` and `didClose`. All synchronous: their order is the order of edits.

A document whose text is no longer certain is given up: it gets no completions until the client sends its whole text,
by opening it or by a change without a range.
"""

from __future__ import annotations

import logging

from lsprotocol import types

from dovetail.server import convert
from dovetail.server.server import DovetailServer
from dovetail.text.document import Document, Edit

log = logging.getLogger(__name__)

TEXT_LOST = (
    "the editor sent a change that cannot be understood, so the text of a file is not certain: "
    "close the file and open it again to get completions there"
)


def did_open(ls: DovetailServer, params: types.DidOpenTextDocumentParams) -> None:
    opened = params.text_document
    open_text(ls, opened, ls.session.notebooks.holding(opened.uri))


def open_text(ls: DovetailServer, opened: types.TextDocumentItem, notebook: str | None = None) -> None:
    """Open a document, or open it again with the text that it has now; `notebook` is the URI of the notebook that it is
    known to be a cell of."""
    ls.given_up.pop(opened.uri, None)
    language = opened.language_id
    name = language.value if isinstance(language, types.LanguageKind) else language
    document = Document.of(opened.uri, name, opened.version, opened.text)
    ls.session.open_document(document, *convert.origin(opened.uri, notebook))


def did_change(ls: DovetailServer, params: types.DidChangeTextDocumentParams) -> None:
    change_text(ls, params.text_document, convert.edits(params.content_changes))


def change_text(ls: DovetailServer, changed: types.VersionedTextDocumentIdentifier, edits: list[Edit]) -> None:
    """Apply edits to a document."""
    if changed.uri in ls.given_up:
        _take_up_again(ls, changed, edits)
        return
    opened = ls.session.opened.get(changed.uri)
    # Ignore a version that is missing or goes back.
    version = changed.version if opened is None else max(changed.version, opened.document.version)
    try:
        ls.session.change_document(changed.uri, edits, version)
    except Exception:
        # Whatever went wrong: the change may not have been made, and the next one would be made in a wrong text.
        give_up(ls, changed.uri)
        raise


def did_save(ls: DovetailServer, params: types.DidSaveTextDocumentParams) -> None:
    path = convert.file_path(params.text_document.uri)
    if path is not None:
        ls.session.projects.files_changed([path])


def did_close(ls: DovetailServer, params: types.DidCloseTextDocumentParams) -> None:
    close_text(ls, params.text_document.uri)


def close_text(ls: DovetailServer, uri: str) -> None:
    """Close a document, also one that was given up."""
    ls.given_up.pop(uri, None)
    ls.session.close_document(uri)


def give_up(ls: DovetailServer, uri: str | None) -> None:
    """Give up a document, or with None all documents, whose text may have changed in an unknown way."""
    lost = [one for one in ls.session.opened if uri is None or one == uri]
    for one in lost:
        ls.given_up[one] = ls.session.opened[one].document.language_id
        ls.session.close_document(one)
    if lost or uri is not None:
        log.warning("a change cannot be understood; %d documents are given up", len(lost))
        ls.notices.trouble(TEXT_LOST)


def _take_up_again(ls: DovetailServer, changed: types.VersionedTextDocumentIdentifier, edits: list[Edit]) -> None:
    whole = max((number for number, edit in enumerate(edits) if edit.start is None), default=None)
    if whole is None:
        return
    document = Document.of(changed.uri, "", changed.version, edits[whole].text)
    text = document.edited(edits[whole + 1 :], changed.version, ls.session.encoding).text
    opened = types.TextDocumentItem(changed.uri, ls.given_up[changed.uri], changed.version, text)
    open_text(ls, opened, ls.session.notebooks.holding(changed.uri))
