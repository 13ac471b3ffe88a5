"""Puts a server together and runs it until its client leaves."""

from __future__ import annotations

import asyncio

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dovetail.server.framing import INPUT, MessageReader, Reader
from dovetail.server.handlers import (
    completion,
    configuration,
    documents,
    folders,
    inline_completion,
    lifecycle,
    notebooks,
)
from dovetail.server.handlers.extensions import accept_reports
from dovetail.server.handlers.extensions.context import CONTEXT, ContextParams, context
from dovetail.server.handlers.extensions.document_state import (
    DOCUMENT_STATE,
    OLD_NAME,
    DocumentStateParams,
    document_state,
)
from dovetail.server.handlers.extensions.focus import FOCUS, FocusParams, did_focus
from dovetail.server.handlers.extensions.models import MODELS, models
from dovetail.server.handlers.extensions.pause import PAUSE, PauseParams, pause
from dovetail.server.handlers.extensions.pull_model import PULL_MODEL, pull_model
from dovetail.server.handlers.extensions.statistics import STATISTICS, StatisticsParams, statistics
from dovetail.server.handlers.extensions.why import WHY, WhyParams, why
from dovetail.server.handlers.rules import TRUST, TrustParams, trust
from dovetail.server.lifeline import Lifeline
from dovetail.server.notices import Notices
from dovetail.server.server import DovetailServer
from dovetail.server.stdio import ProtocolOutput
from dovetail.session.inference.engine import MakeEngine
from dovetail.session.session import Session
from dovetail_context.api import awaited


def create_server(make_engine: MakeEngine, untrusted: bool = False, lifeline: Lifeline | None = None) -> DovetailServer:
    """Return a server that has started nothing yet. Must be called in the event loop that will run it.

    The rules of `untrusted` projects only leave things out. With a `lifeline` the process ends with its editor.
    """
    server = DovetailServer()
    server.untrusted = untrusted
    server.lifeline = lifeline
    server.notices = Notices(server.protocol, asyncio.get_running_loop(), lambda: server.session.encoding)
    server.session = Session(make_engine, server.notices)
    server.feature(types.INITIALIZE)(lifecycle.on_initialize)
    server.feature(types.INITIALIZED)(lifecycle.on_initialized)
    server.feature(types.SHUTDOWN)(lifecycle.on_shutdown)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(documents.did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(documents.did_change)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(documents.did_save)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(documents.did_close)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)(notebooks.did_open)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)(notebooks.did_change)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)(notebooks.did_save)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)(notebooks.did_close)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(folders.did_change_workspace_folders)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(configuration.did_change_configuration)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(folders.did_change_watched_files)
    server.command(accept_reports.ACCEPTED)(accept_reports.accepted)
    server.command(PULL_MODEL)(pull_model)
    server.feature(accept_reports.SHOWN)(accept_reports.shown)
    server.feature(accept_reports.PARTLY_ACCEPTED)(accept_reports.partly_accepted)
    server.feature(accept_reports.DISMISSED)(accept_reports.dismissed)
    server.feature(WHY)(why)
    server.feature(TRUST)(trust)
    server.feature(DOCUMENT_STATE)(document_state)
    server.feature(OLD_NAME)(document_state)
    server.feature(PAUSE)(pause)
    server.feature(CONTEXT)(context)
    server.feature(STATISTICS)(statistics)
    server.feature(MODELS)(models)
    server.feature(FOCUS)(did_focus)
    server.protocol.params_types = {
        accept_reports.SHOWN: accept_reports.ShownParams,
        accept_reports.PARTLY_ACCEPTED: accept_reports.ShownParams,
        accept_reports.DISMISSED: accept_reports.DismissedParams,
        WHY: WhyParams,
        TRUST: TrustParams,
        PAUSE: PauseParams,
        CONTEXT: ContextParams,
        STATISTICS: StatisticsParams,
        FOCUS: FocusParams,
        DOCUMENT_STATE: DocumentStateParams,
        OLD_NAME: DocumentStateParams,
    }
    server.protocol.on_text_lost = lambda uri: documents.give_up(server, uri)
    server.feature(types.TEXT_DOCUMENT_COMPLETION, completion.OPTIONS)(completion.completion)
    # Without an options object pygls does not announce the capability.
    options = types.InlineCompletionOptions()
    server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, options)(inline_completion.inline_completion)
    return server


async def serve(server: DovetailServer, reader: Reader, output: ProtocolOutput) -> int:
    """Speak with the client until it leaves. Returns the exit status: 1 when it left without `shutdown`."""
    server.protocol.set_writer(output)
    if server.lifeline is not None:
        server.lifeline.reading()
    reading = asyncio.create_task(_read(server, reader))
    leaving = asyncio.create_task(server.protocol.exited.wait())
    try:
        await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.end_soon()
        reading.cancel()
        leaving.cancel()
        ended = await asyncio.gather(reading, leaving, return_exceptions=True)
        await server.session.close()
        await server.notices.close()
    for error in ended:
        if isinstance(error, Exception):
            server.report_server_error(error, JsonRpcException)
    return 0 if server.protocol.was_shut_down else 1


async def _read(server: DovetailServer, reader: Reader) -> None:
    messages = MessageReader(reader)
    while (frame := await messages.next()) is not None:
        try:
            with awaited(INPUT):
                messages.put_back(server.protocol.receive(frame))
        except Exception as error:  # noqa: BLE001 - a bug in one message's handling must not cost the others theirs
            server.report_server_error(error, JsonRpcException)
