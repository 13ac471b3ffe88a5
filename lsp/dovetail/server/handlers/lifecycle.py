"""`initialize`, `initialized` and `shutdown`."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from lsprotocol import types

from dovetail.server import convert
from dovetail.server.handlers import completion
from dovetail.server.handlers.configuration import configure
from dovetail.server.server import DovetailServer


def on_initialize(ls: DovetailServer, params: types.InitializeParams) -> None:
    """Read what the client can do. Folders are opened when it is ready to hear from us."""
    _watch_editor(ls, params.process_id)
    values, client = params.initialization_options, params.client_info.name if params.client_info else ""
    ls.notices.speak_to(client)
    configure(ls, values if isinstance(values, dict) else {}, client)
    if ls.session.settings.menu_items:
        ls.protocol.announced_later.discard(types.TEXT_DOCUMENT_COMPLETION)
    ls.session.encoding = convert.encoding(ls.protocol.position_encoding)
    ls.folders = tuple(folder.uri for folder in params.workspace_folders or ()) or _root(params)


async def on_initialized(ls: DovetailServer, params: types.InitializedParams) -> None:
    """Index the folders and load the model, both in the background."""
    for uri in ls.folders:
        path = convert.file_path(uri)
        if path is not None:
            ls.session.projects.open(path)
    ls.session.engine.warm_up()
    await completion.register(ls)


async def on_shutdown(ls: DovetailServer, params: None) -> None:
    """Stop everything before the answer goes out."""
    await ls.session.close()


def _root(params: types.InitializeParams) -> tuple[str, ...]:
    return (params.root_uri,) if params.root_uri else ()


def _watch_editor(ls: DovetailServer, process_id: int | None) -> None:
    """End when the editor does, also where its end of standard input stays open."""
    loop = asyncio.get_running_loop()

    def leave() -> None:
        with suppress(RuntimeError):  # the loop is closed: the server has ended
            loop.call_soon_threadsafe(ls.protocol.exited.set)
        ls.end_soon()

    if ls.lifeline is not None:
        ls.lifeline.watch(process_id, leave)
