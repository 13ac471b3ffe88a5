"""`textDocument/completion` in `.dovetail.toml` alone: the keys and values that rules may have.

Registered when the client says that it can be told for which files; elsewhere no client is ever asked to ask.
"""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dovetail.rules.source import RULES_FILE
from dovetail.rules.suggestions import suggestions
from dovetail.server import convert
from dovetail.server.server import DovetailServer

_KINDS = {
    "key": types.CompletionItemKind.Property,
    "table": types.CompletionItemKind.Module,
    "value": types.CompletionItemKind.EnumMember,
}
_OPTIONS = types.CompletionRegistrationOptions(
    document_selector=[types.TextDocumentFilterPattern(pattern=f"**/{RULES_FILE}")], trigger_characters=["[", '"', "="]
)


async def register(ls: DovetailServer) -> None:
    """Ask the client to ask in files of rules."""
    text_document = ls.protocol.client_capabilities.text_document
    completion = text_document.completion if text_document is not None else None
    if completion is None or not completion.dynamic_registration:
        return
    one = types.Registration("dovetail-rules", types.TEXT_DOCUMENT_COMPLETION, _OPTIONS)
    try:
        await ls.client_register_capability_async(types.RegistrationParams([one]))
    except JsonRpcException:
        return  # the client does without


def rules_completion(ls: DovetailServer, params: types.CompletionParams) -> list[types.CompletionItem]:
    opened = ls.session.opened.get(params.text_document.uri)
    if opened is None or opened.file is None or opened.file.name != RULES_FILE:
        return []
    document, unit = opened.document, ls.session.encoding
    offset = document.offset_at(convert.position(params.position), unit)
    return [
        types.CompletionItem(
            label=found.text.removesuffix("[").rstrip(" ="),
            kind=_KINDS[found.kind],
            documentation=found.sentence,
            filter_text=found.text,
            text_edit=types.TextEdit(
                types.Range(convert.place(document, offset - found.replaced, unit), params.position), found.text
            ),
        )
        for found in suggestions(document.text, offset)
    ]
