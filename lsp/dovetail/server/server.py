"""pygls' server with our session in it: what every handler gets as its first argument."""

from __future__ import annotations

import logging
import traceback
from importlib.metadata import version
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from dovetail.server.notices import Notices
from dovetail.server.protocol import DovetailProtocol
from dovetail.session.session import Session
from dovetail_context.languages.identify import IPYTHON, SUFFIX_OF_ID

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
        self.untrusted = False  # said on the command line: no client may say otherwise

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log a bug, without the error's text, which may hold the user's; never a popup."""
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s while handling a message (%s)\n%s", type(error).__name__, source.__name__, where)
