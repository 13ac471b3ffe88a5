"""`dovetail/why` {textDocument, html?}: how the newest completion of a document came to be, or null.

Answers the object of `dovetail complete --json`, and under "why" its account. Where the newest request asked nothing of
the model, because a suggestion would have disturbed, that account has the reason. With `html` true it answers {"html"},
the same as a page. It returns the page's text and no path, because a page holds the user's code. The viewer (a web
view, or a file of the editor's own) knows best where that may be stored.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs
from lsprotocol import types

from dovetail.completion.pipeline import reason_of_silence
from dovetail.completion.report import completion_json
from dovetail.completion.threads import on_thread
from dovetail.explain.account import account_json, account_of
from dovetail.explain.page import explain_page
from dovetail.explain.silent import silent_json, silent_page
from dovetail.server.server import DovetailServer

WHY = "dovetail/why"


@attrs.frozen
class WhyParams:
    text_document: types.TextDocumentIdentifier
    html: bool | None = None


async def why(ls: DovetailServer, params: WhyParams) -> dict[str, Any] | None:
    opened = ls.session.opened.get(params.text_document.uri)
    if opened is not None and opened.silent is not None:
        silent = opened.silent
        reason = await on_thread(partial(reason_of_silence, silent.request, ls.session.settings))
        if reason:  # else the settings have changed since
            return {"html": silent_page(silent, reason)} if params.html else silent_json(silent, reason)
    if opened is None or opened.answer is None or opened.request is None:
        return None
    completion, request = opened.answer, opened.request
    account = account_of(completion, request.text, automatic=request.trigger == "automatic")
    if params.html:
        return {"html": explain_page(account)}
    return {**completion_json(completion), "why": account_json(account)}
