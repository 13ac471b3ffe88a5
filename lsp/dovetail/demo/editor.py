"""A small editor without a screen: starts the language server as a process and speaks with it over its pipes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from dovetail.session.inference.engine import LINGER_VARIABLE
from dovetail_models.api import RUNTIME_FOLDER_VARIABLE

# Models of some gigabytes on a slow disk load in about this time.
READY_TIMEOUT_S = 120
# The language id that leaves the decision to the path.
UNKNOWN_LANGUAGE = "plaintext"


class HeadlessEditor:
    """One connection to a server that is ready. Make it with `start_editor`."""

    def __init__(self, client: LanguageClient, root: Path) -> None:
        self._client = client
        self._root = root

    async def complete(self, path: str, text: str, line: int, column: int) -> tuple[str, Any]:
        """Open a document, and ask for ghost text at a 0-based place (column in code points) as typing there does.

        Return the text ("" for none) and the server's account of it (`dovetail/why`).
        """
        uri = (self._root / path).as_uri()
        identifier = types.TextDocumentIdentifier(uri)
        opened = types.TextDocumentItem(uri, UNKNOWN_LANGUAGE, 1, text)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(opened))
        try:
            context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
            params = types.InlineCompletionParams(context, identifier, types.Position(line, column))
            result = await self._client.text_document_inline_completion_async(params)
            why = await self._client.protocol.send_request_async("dovetail/why", {"textDocument": {"uri": uri}})
        finally:
            self._client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))
        items = result.items if isinstance(result, types.InlineCompletionList) else result or ()
        return next((str(item.insert_text) for item in items), ""), why


@asynccontextmanager
async def start_editor(root: Path, settings: dict[str, object]) -> AsyncIterator[HeadlessEditor]:
    """Start a server on a project, wait until it is ready, and stop it at the end."""
    client = LanguageClient("dovetail-demo", "1")
    is_ready = asyncio.Event()
    trouble: list[str] = []

    def on_message(params: types.ShowMessageParams) -> None:
        trouble.append(params.message)
        is_ready.set()

    def on_status(params: Any) -> None:
        if params.state == "ready" and not params.indexing:
            is_ready.set()

    client.feature(types.WINDOW_SHOW_MESSAGE)(on_message)
    client.feature("dovetail/status")(on_status)
    client.feature("didChangeStatus")(lambda _params: None)  # the same for others

    # The try-out has an engine host of its own: one that serves the user's editors may run another model.
    with TemporaryDirectory(prefix="dovetail-") as meeting:
        # -E and -P: nothing in the project or its environment may take the place of our modules.
        command = (sys.executable, "-E", "-P", "-m", "dovetail", "serve")
        await client.start_io(*command, env={**os.environ, RUNTIME_FOLDER_VARIABLE: meeting, LINGER_VARIABLE: "0"})
        try:
            await client.initialize_async(_initialize(root, settings))
            client.initialized(types.InitializedParams())
            await asyncio.wait_for(is_ready.wait(), READY_TIMEOUT_S)
            if trouble:
                raise ServerTrouble(trouble[0])
            yield HeadlessEditor(client, root)
            await client.shutdown_async(None)
        finally:
            client.exit(None)
            await client.stop()  # type: ignore[no-untyped-call]


class ServerTrouble(Exception):
    """The message that the server showed to the user, in one line."""


def _initialize(root: Path, settings: dict[str, object]) -> types.InitializeParams:
    capabilities = types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf32]),
        text_document=types.TextDocumentClientCapabilities(
            inline_completion=types.InlineCompletionClientCapabilities(),
        ),
    )
    return types.InitializeParams(
        capabilities,
        process_id=None,
        root_uri=root.as_uri(),
        workspace_folders=[types.WorkspaceFolder(root.as_uri(), root.name)],
        # A trial shows nothing about what the user keeps.
        initialization_options={"statistics": False, **settings},
    )
