"""`textDocument/inlineCompletion`: ghost text."""

from __future__ import annotations

import logging

from lsprotocol import types

from dovetail.server import convert
from dovetail.server.handlers.acceptance import accepted_commands
from dovetail.server.server import DovetailServer
from dovetail_models.errors import EngineDied, EngineError

log = logging.getLogger(__name__)


async def inline_completion(
    ls: DovetailServer, params: types.InlineCompletionParams
) -> types.InlineCompletionList | None:
    """The completion at the cursor, or null. Trouble with the model is told once, never as a failed request."""
    session = ls.session
    opened = session.opened.get(params.text_document.uri)
    if opened is None:
        return None
    document = opened.document
    offset = document.offset_at(convert.position(params.position), session.encoding)
    try:
        completion = await session.complete(
            document.uri, offset, convert.trigger(params.context), convert.selected(params.context)
        )
    except EngineDied as error:
        log.warning("%s", error)  # the status notification tells the editor; the next request is answered anew
        return None
    except EngineError as error:
        ls.notices.trouble(str(error))
        return None
    if completion is None:
        return None
    names = session.feedback.answered(document, completion)
    return convert.inline_items(completion, document, session.encoding, accepted_commands(names))
