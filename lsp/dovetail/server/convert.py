"""Between the protocol's types and our own: places, edits, paths and items. Nothing is decided here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from urllib.parse import urlsplit

from lsprotocol import types
from pygls.uris import to_fs_path

from dovetail.completion.request import Completion
from dovetail.completion.values import Shaped, Trigger
from dovetail.session.workspaces.document_location import Kind
from dovetail.text.document import Document, Edit, Position
from dovetail.text.lines import Encoding

_WORD = re.compile(r"\w*\Z")
# The longest label of an item in an editor's list, and what sorts it behind all others.
_LABEL = 60
_LAST = "\uffff"


def file_path(uri: str) -> Path | None:
    """Return the file that a URI names; None for unsaved buffers, notebook cells, remote files and no file at all."""
    try:
        if urlsplit(uri).scheme != "file":
            return None
        path = to_fs_path(uri)
        return Path(path).resolve() if path else None
    except (ValueError, OSError):  # "file://[", a zero byte, a working directory that is gone
        return None


def origin(uri: str, notebook: str | None = None) -> tuple[Path | None, Kind]:
    """Return the kind of a document, and the path that its URI gives, or None if it gives none.

    The path is that of its file, of its notebook, or of the place where a buffer that was never saved is to be saved.
    `notebook` is the URI of the notebook that the cell belongs to, if that is known. Otherwise the URI identifies a
    cell: VS Code has a scheme for cells, and other editors append a fragment to the notebook's URI.
    """
    try:
        parts = urlsplit(notebook or uri)
    except ValueError:  # "file://["
        return None, "loose"
    is_file = parts.scheme == "file"
    if notebook is None and not parts.scheme.endswith("notebook-cell") and not (is_file and parts.fragment):
        kind: Kind = "file" if is_file else "loose"
    else:
        kind = "cell"
    if not is_file and not parts.path.startswith("/"):
        return None, kind
    netloc = parts.netloc if is_file else ""  # a machine's name, of other schemes
    return file_path(parts._replace(scheme="file", netloc=netloc, query="", fragment="").geturl()), kind


def encoding(kind: types.PositionEncodingKind | str | None) -> Encoding:
    """Return the client's unit for columns; UTF-16 where nothing was agreed (LSP 3.18, `positionEncoding`)."""
    return Encoding(kind.value if isinstance(kind, types.PositionEncodingKind) else kind or "utf-16")


def position(place: types.Position) -> Position:
    return Position(place.line, place.character)


def edits(changes: Iterable[types.TextDocumentContentChangeEvent]) -> list[Edit]:
    """Content changes in the order in which they apply."""
    return [
        Edit(change.text, position(change.range.start), position(change.range.end))
        if isinstance(change, types.TextDocumentContentChangePartial)
        else Edit(change.text)
        for change in changes
    ]


def trigger(context: types.InlineCompletionContext) -> Trigger:
    return "invoked" if context.trigger_kind is types.InlineCompletionTriggerKind.Invoked else "automatic"


def selected(context: types.InlineCompletionContext) -> Edit | None:
    """Return what the editor's list of words would insert, where one is chosen in it."""
    chosen = context.selected_completion_info
    return None if chosen is None else Edit(chosen.text, position(chosen.range.start), position(chosen.range.end))


def inline_items(
    completion: Completion, document: Document, unit: Encoding, commands: Sequence[types.Command] = ()
) -> types.InlineCompletionList | None:
    """Return the completion and its alternatives as items whose ranges begin at the cursor; None if there are none.

    Editors run an item's command, where there are `commands`, after the user accepts it.
    """
    if not completion.text:
        return None

    def item(shown: Shaped, command: types.Command | None) -> types.InlineCompletionItem:
        start, end = (place(document, completion.offset + length, unit) for length in (0, shown.replaced))
        # An item without a range would replace the word at the cursor in some editors.
        return types.InlineCompletionItem(insert_text=shown.text, range=types.Range(start, end), command=command)

    shown = (Shaped(completion.text, completion.replaced), *completion.others)
    return types.InlineCompletionList(items=[item(*pair) for pair in zip_longest(shown, commands)])


def menu_item(
    completion: Completion, document: Document, unit: Encoding, command: types.Command | None, markdown: bool
) -> types.CompletionItem:
    """Return a completion as an item of the editor's list, sorted last.

    It replaces the word before the cursor, by which editors choose what to show, and begins with it. `markdown` is
    whether the editor renders Markdown.
    """
    start = document.position_at(completion.offset, unit)
    line = document.line(start.line)
    left = line[: completion.offset - document.offset_at(Position(start.line, 0), unit)]
    word = _WORD.findall(left)[0]
    text = word + completion.text
    first = text.strip().split("\n")[0]
    edited = types.Range(
        place(document, completion.offset - len(word), unit),
        place(document, completion.offset + completion.replaced, unit),
    )
    return types.CompletionItem(
        label=first if first == text.strip() and len(first) <= _LABEL else f"{first[:_LABEL]}…",
        kind=types.CompletionItemKind.Text,
        detail="Dovetail",
        documentation=types.MarkupContent(types.MarkupKind.Markdown, f"```{document.language_id}\n{text}\n```")
        if markdown
        else text,
        sort_text=_LAST,
        filter_text=text.split("\n")[0],
        insert_text_format=types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(edited, text),
        command=command,
    )


def place(document: Document, offset: int, unit: Encoding) -> types.Position:
    """Return the place of an offset as the client counts it."""
    found = document.position_at(offset, unit)
    return types.Position(found.line, found.column)
