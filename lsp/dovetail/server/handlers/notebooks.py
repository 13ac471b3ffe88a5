"""`notebookDocument/didOpen`, `didChange`, `didSave` and `didClose`. All synchronous, as for text documents.

Each cell is a document of its own; a notebook is the order of its cells.
"""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from dovetail.server import convert
from dovetail.server.handlers.documents import change_text, close_text, open_text
from dovetail.server.server import DovetailServer
from dovetail.session.notebooks import Cell


def did_open(ls: DovetailServer, params: types.DidOpenNotebookDocumentParams) -> None:
    notebook = params.notebook_document
    ls.session.notebooks.opened(notebook.uri, _cells(notebook.cells))
    for opened in params.cell_text_documents:
        open_text(ls, opened, notebook.uri)


def did_change(ls: DovetailServer, params: types.DidChangeNotebookDocumentParams) -> None:
    uri, cells = params.notebook_document.uri, params.change.cells
    if cells is None:
        return  # the notebook's metadata
    if cells.structure is not None:
        array = cells.structure.array
        # A cell whose language changes is closed and opened again in one message.
        for closed in cells.structure.did_close or ():
            close_text(ls, closed.uri)
        ls.session.notebooks.spliced(uri, array.start, array.delete_count, _cells(array.cells or ()))
        for opened in cells.structure.did_open or ():
            open_text(ls, opened, uri)
    ls.session.notebooks.changed(uri, _cells(cells.data or ()))
    for content in cells.text_content or ():
        change_text(ls, content.document, convert.edits(content.changes))


def did_save(ls: DovetailServer, params: types.DidSaveNotebookDocumentParams) -> None:
    """Notebooks on disk are not read."""


def did_close(ls: DovetailServer, params: types.DidCloseNotebookDocumentParams) -> None:
    for cell in ls.session.notebooks.closed(params.notebook_document.uri):
        close_text(ls, cell.uri)
    for closed in params.cell_text_documents:
        close_text(ls, closed.uri)


def _cells(cells: Iterable[types.NotebookCell]) -> list[Cell]:
    return [Cell(cell.document, cell.kind is types.NotebookCellKind.Code) for cell in cells]
