"""Notebooks: the order of their cells, and the text before a cell. Used on the event loop alone.

To the model and to the parser, a cell is the end of a file that begins with the code cells above it. That file leaves
out the cells below: they need not have run, and a suggestion ends with its cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dovetail.text.document import Document
from dovetail_context.api import IPYTHON, PLAIN, id_of_name, is_closed, is_python

_MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, by the URI of its document."""

    uri: str
    is_code: bool


class Notebooks:
    """The notebooks that the editor reports. A cell of any other notebook is treated alone."""

    def __init__(self) -> None:
        self._cells: dict[str, list[Cell]] = {}

    def opened(self, uri: str, cells: Iterable[Cell]) -> None:
        """Record the cells of a notebook."""
        self._cells[uri] = list(cells)

    def spliced(self, uri: str, start: int, removed: int, cells: Iterable[Cell]) -> None:
        """In a notebook, `cells` take the place of the `removed` ones from `start` on."""
        if uri in self._cells:
            self._cells[uri][start : start + removed] = cells

    def changed(self, uri: str, cells: Iterable[Cell]) -> None:
        """Replace cells that a notebook has already."""
        known = {cell.uri: cell for cell in cells}
        if uri in self._cells:
            self._cells[uri] = [known.get(cell.uri, cell) for cell in self._cells[uri]]

    def closed(self, uri: str) -> tuple[Cell, ...]:
        """Forget a closed notebook; return the cells that it had."""
        return tuple(self._cells.pop(uri, ()))

    def holding(self, cell: str) -> str | None:
        """Return the URI of the notebook that has the cell with this URI."""
        return next((uri for uri, cells in self._cells.items() if any(each.uri == cell for each in cells)), None)

    def is_prose(self, document: Document) -> bool:
        """Return whether a cell is prose, by its kind or its language."""
        is_code = next((cell.is_code for cell in self._of(document.uri) if cell.uri == document.uri), True)
        return not is_code or document.language_id == _MARKDOWN

    def before(self, document: Document, find: Callable[[str], Document | None]) -> str:
        """Return the text of the code cells in a cell's language before it, each followed by a line end.

        `find` returns an open document by its URI. Skip a cell that leaves a bracket or a string open.
        """
        language = cell_language(document)
        texts: list[str] = []
        for cell in self._of(document.uri):
            if cell.uri == document.uri:
                break
            above = find(cell.uri)
            if not cell.is_code or above is None or language != cell_language(above):
                continue
            if language != IPYTHON or is_closed(above.text):
                texts.append(above.text + "\n")
        return "".join(texts) if language != PLAIN else ""

    def _of(self, cell: str) -> Sequence[Cell]:
        notebook = self.holding(cell)
        return () if notebook is None else self._cells[notebook]


def cell_language(document: Document) -> str:
    """Return the id of a cell's language, by the editor's language id and the text: the path reveals nothing."""
    language = id_of_name(document.language_id) or PLAIN
    if language == "python":
        return IPYTHON if is_python(document.text) else PLAIN
    return language
