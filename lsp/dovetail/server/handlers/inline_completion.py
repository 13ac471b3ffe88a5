"""`textDocument/inlineCompletion`: ghost text."""

from __future__ import annotations

import logging

from lsprotocol import types

from dovetail.completion.request import Completion
from dovetail.completion.values import Trigger
from dovetail.server import convert
from dovetail.server.handlers.extensions.accept_reports import accepted_commands
from dovetail.server.server import DovetailServer
from dovetail.session.open_document import OpenDocument
from dovetail.text.document import Edit, Position
from dovetail_models.api import EngineDied, EngineError

log = logging.getLogger(__name__)


async def inline_completion(
    ls: DovetailServer, params: types.InlineCompletionParams
) -> types.InlineCompletionList | None:
    """Return the completion at the cursor, or null."""
    opened = ls.session.opened.get(params.text_document.uri)
    if opened is None:
        return None
    document, place = opened.document, convert.position(params.position)
    found = await completed(ls, opened, place, convert.trigger(params.context), convert.selected(params.context))
    if found is None:
        return None
    names = ls.session.feedback.answered(document, found)
    return convert.inline_items(found, document, ls.session.encoding, accepted_commands(names))


async def completed(
    ls: DovetailServer, opened: OpenDocument, place: Position, trigger: Trigger, selected: Edit | None = None
) -> Completion | None:
    """Return the completion at a place of a document. Report model errors once, never as a failed request."""
    session = ls.session
    offset = opened.document.offset_at(place, session.encoding)
    try:
        return await session.complete(opened.uri, offset, trigger, selected)
    except EngineDied as error:
        log.warning("%s", error)  # the status notification informs the editor; the next request tries again
    except EngineError as error:
        ls.notices.trouble(str(error))
    return None
