"""What the server tells the client unasked: the engine's status, indexing progress, and trouble, each once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dovetail.rules.source import Problem
from dovetail.server.diagnostics import diagnostics
from dovetail.server.protocol import DovetailProtocol
from dovetail.text.lines import Encoding
from dovetail_models.engine.status import EngineStatus

log = logging.getLogger(__name__)

STATUS = "dovetail/status"
# Indexing fewer files is over before a progress bar could be read.
FILES_WORTH_A_BAR = 300


@dataclass(slots=True)
class _Bar:
    """A progress bar at the client. Reports before `begun` are dropped: the client has not yet agreed to the token."""

    token: str
    begun: bool = False
    finished: bool = False
    percentage: int = 0


class Notices:
    """Sends notifications on the event loop, whichever thread the news comes from."""

    def __init__(
        self, protocol: DovetailProtocol, loop: asyncio.AbstractEventLoop, unit: Callable[[], Encoding]
    ) -> None:
        """`unit` tells in what the client counts columns."""
        self._unit = unit
        self._protocol = protocol
        self._loop = loop
        self._told: set[str] = set()
        self._engine = EngineStatus("stopped")
        self._indexing: set[Path] = set()
        self._bars: dict[Path, _Bar] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def trouble(self, message: str) -> None:
        """Show one line to the user; the same line is shown once per connection."""
        if message not in self._told:
            self._told.add(message)
            params = types.ShowMessageParams(types.MessageType.Warning, f"Dovetail: {message}")
            self._protocol.notify(types.WINDOW_SHOW_MESSAGE, params)

    def engine_status(self, status: EngineStatus) -> None:
        """The engine's state has changed."""
        log.info("engine %s: %s %s", status.state, status.model, status.message)
        self._engine = status
        self._send_status()

    def index_started(self, root: Path) -> None:
        """A project is about to be read."""
        log.info("reading %s", root)
        self._indexing.add(root)
        self._send_status()

    def index_progress(self, root: Path, done: int, total: int) -> None:
        """Called from the index thread."""
        self._on_loop(lambda: self._progress(root, done, total))

    def index_ready(self, root: Path) -> None:
        """Called from the index thread."""
        self._on_loop(lambda: self._finish(root))

    def rules_checked(self, uri: str, text: str, problems: Iterable[Problem]) -> None:
        """Show what is wrong with a file of rules at its very lines; nothing takes older diagnostics away."""
        params = types.PublishDiagnosticsParams(uri=uri, diagnostics=diagnostics(problems, text, self._unit()))
        self._protocol.notify(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)

    async def close(self) -> None:
        """Drop what still waits for the client."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _on_loop(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _progress(self, root: Path, done: int, total: int) -> None:
        bar = self._bars.get(root)
        if bar is None:
            if total < FILES_WORTH_A_BAR or not self._client_shows_progress():
                return
            bar = self._bars[root] = _Bar(token=f"dovetail-index-{root.as_posix()}")
            self._spawn(self._begin(bar, root.name))
        percentage = 100 * done // max(total, 1)
        if bar.begun and percentage != bar.percentage:
            bar.percentage = percentage
            self._send(bar, types.WorkDoneProgressReport(percentage=percentage))

    def _send_status(self) -> None:
        """`dovetail/status` {state, model, message, indexing}: for the editor's status bar."""
        engine = self._engine
        params = {"state": engine.state, "model": engine.model, "message": engine.message}
        self._protocol.notify(STATUS, {**params, "indexing": bool(self._indexing)})

    def _finish(self, root: Path) -> None:
        log.info("read %s", root)
        self._indexing.discard(root)
        self._send_status()
        bar = self._bars.pop(root, None)
        if bar is not None:
            bar.finished = True
            if bar.begun:
                self._send(bar, types.WorkDoneProgressEnd())

    async def _begin(self, bar: _Bar, name: str) -> None:
        params = types.WorkDoneProgressCreateParams(token=bar.token)
        try:
            await self._protocol.send_request_async(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        except JsonRpcException:
            return  # the client does not want this one
        bar.begun = True
        self._send(bar, types.WorkDoneProgressBegin(title=f"Dovetail reads {name}", percentage=bar.percentage))
        if bar.finished:
            self._send(bar, types.WorkDoneProgressEnd())

    def _send(self, bar: _Bar, value: object) -> None:
        self._protocol.notify(types.PROGRESS, types.ProgressParams(token=bar.token, value=value))

    def _client_shows_progress(self) -> bool:
        window = self._protocol.client_capabilities.window
        return bool(window and window.work_done_progress)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
