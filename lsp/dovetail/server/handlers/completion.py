"""`textDocument/completion`: keys and values in `.dovetail.toml`, and, if the settings want it, the suggestion itself
as the last item of the editor's list, for editors that show no ghost text.

Without that setting, the server registers it only for rules files, and only with clients that support this. Otherwise
the server never asks a client to send this request.
"""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dovetail.rules.source import RULES_FILE
from dovetail.rules.toml_completion import suggestions
from dovetail.server import convert
from dovetail.server.handlers.extensions.accept_reports import accepted_commands
from dovetail.server.handlers.inline_completion import completed
from dovetail.server.server import DovetailServer
from dovetail.session.open_document import OpenDocument
from dovetail.text.document import Position

_KINDS = {
    "key": types.CompletionItemKind.Property,
    "table": types.CompletionItemKind.Module,
    "value": types.CompletionItemKind.EnumMember,
}
# Where the setting is on. Clients ask while the user types a word, and after these characters, which start no word.
OPTIONS = types.CompletionOptions(trigger_characters=[".", "(", "[", "{", ",", "=", ":", " "])
_RULES_OPTIONS = types.CompletionRegistrationOptions(
    document_selector=[types.TextDocumentFilterPattern(pattern=f"**/{RULES_FILE}")], trigger_characters=["[", '"', "="]
)


async def register(ls: DovetailServer) -> None:
    """Register completion in rules files with the client."""
    text_document = ls.protocol.client_capabilities.text_document
    completion = text_document.completion if text_document is not None else None
    if ls.session.settings.menu_items or completion is None or not completion.dynamic_registration:
        return
    one = types.Registration("dovetail-rules", types.TEXT_DOCUMENT_COMPLETION, _RULES_OPTIONS)
    try:
        await ls.client_register_capability_async(types.RegistrationParams([one]))
    except JsonRpcException:
        return  # the client does without


async def completion(ls: DovetailServer, params: types.CompletionParams) -> types.CompletionList:
    opened = ls.session.opened.get(params.text_document.uri)
    items: list[types.CompletionItem] = []
    if opened is not None and opened.file is not None and opened.file.name == RULES_FILE:
        items = _in_rules(ls, opened, convert.position(params.position))
    elif opened is not None and ls.session.settings.menu_items:
        items = await _suggested(ls, opened, convert.position(params.position))
    # Incomplete: what is suggested depends on every letter.
    return types.CompletionList(is_incomplete=True, items=items)


async def _suggested(ls: DovetailServer, opened: OpenDocument, place: Position) -> list[types.CompletionItem]:
    document = opened.document
    found = await completed(ls, opened, place, "automatic")
    if found is None or not found.text:
        return []
    command = accepted_commands(ls.session.feedback.answered(document, found)[:1])
    return [convert.menu_item(found, document, ls.session.encoding, next(iter(command), None), _shows_markdown(ls))]


def _shows_markdown(ls: DovetailServer) -> bool:
    """Return whether the client renders Markdown beside its list; Kate, which does not declare it, shows the source."""
    text_document = ls.protocol.client_capabilities.text_document
    completion = text_document.completion if text_document is not None else None
    item = completion.completion_item if completion is not None else None
    return item is not None and types.MarkupKind.Markdown in (item.documentation_format or ())


def _in_rules(ls: DovetailServer, opened: OpenDocument, place: Position) -> list[types.CompletionItem]:
    document, unit = opened.document, ls.session.encoding
    offset = document.offset_at(place, unit)
    end = convert.place(document, offset, unit)
    return [
        types.CompletionItem(
            label=found.text.removesuffix("[").rstrip(" ="),
            kind=_KINDS[found.kind],
            documentation=found.sentence,
            filter_text=found.text,
            text_edit=types.TextEdit(
                types.Range(convert.place(document, offset - found.replaced, unit), end), found.text
            ),
        )
        for found in suggestions(document.text, offset)
    ]
