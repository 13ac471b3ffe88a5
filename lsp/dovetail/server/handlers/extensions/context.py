"""`dovetail/context` {textDocument, position, html?}: what the model would be shown of other files at a place, and why.

Answers the object of `dovetail context --json`, or with `html` true {"html"}, the same as a page; null where nothing
may be shown.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import attrs
from lsprotocol import types

from dovetail.completion.report import context_json
from dovetail.explain.context_page import context_page
from dovetail.server import convert
from dovetail.server.server import DovetailServer

CONTEXT = "dovetail/context"


@attrs.frozen
class ContextParams:
    text_document: types.TextDocumentIdentifier
    position: types.Position
    html: bool | None = None


async def context(ls: DovetailServer, params: ContextParams) -> dict[str, Any] | None:
    started, session = perf_counter(), ls.session
    opened = session.opened.get(params.text_document.uri)
    if opened is None:
        return None
    document = opened.document
    place = convert.position(params.position)
    bundle = await session.context_at(document.uri, document.offset_at(place, session.encoding))
    if bundle is None:
        return None
    if params.html:
        return {"html": context_page(opened.place.path, place.line + 1, bundle)}
    return context_json(bundle, (perf_counter() - started) * 1000)
