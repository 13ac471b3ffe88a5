"""pygls' server with our session in it: what every handler gets as its first argument."""

from __future__ import annotations

import logging
import traceback
from importlib.metadata import version
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError
from pygls.lsp.server import LanguageServer

from dovetail.server.lifeline import Lifeline
from dovetail.server.notices import Notices
from dovetail.server.protocol import DovetailProtocol
from dovetail.session.session import Session
from dovetail_context.api import IPYTHON, SUFFIX_OF_ID

log = logging.getLogger(__name__)

# Notebooks of any kind, with those of their cells that are in one of our languages.
_CELLS = [types.NotebookCellLanguage(language) for language in SUFFIX_OF_ID if language != IPYTHON]
NOTEBOOKS = types.NotebookDocumentSyncOptions([types.NotebookDocumentFilterWithCells(_CELLS, notebook="*")])


class DovetailServer(LanguageServer):
    """One connection with one client. `session` and `notices` are set before the first message is read."""

    protocol: DovetailProtocol
    session: Session
    notices: Notices

    def __init__(self) -> None:
        super().__init__(
            "dovetail", version("dovetail"), notebook_document_sync=NOTEBOOKS, protocol_cls=DovetailProtocol
        )
        self.folders: tuple[str, ...] = ()
        self.given_up: dict[str, str] = {}  # documents whose text is not certain, with their languages
        self.lifeline: Lifeline | None = None  # none where the process is not the server's own, as in tests
        self.untrusted = False  # set on the command line: no client may override it

    def end_soon(self) -> None:
        """End the process if an orderly end takes too long. May be called on any thread."""
        if self.lifeline is not None:
            self.lifeline.end_soon(lambda: self.protocol.received, lambda: 0 if self.protocol.was_shut_down else 1)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log a bug without the error's text, which may hold the user's; never show a popup.

        A refused request is not a bug: its answer explains the reason.
        """
        if isinstance(error, JsonRpcException) and not isinstance(error, JsonRpcInternalError):
            return
        lines = traceback.format_tb(error.__traceback__)
        if isinstance(error, JsonRpcInternalError) and isinstance(error.data, dict):
            lines = error.data.get("traceback", lines)  # those of the original error
        log.error("%s while handling a message (%s)\n%s", type(error).__name__, source.__name__, "".join(lines))
