"""What the server reports to the client unasked: its status, indexing progress, and trouble, each once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dovetail.rules.source import Problem
from dovetail.server.diagnostics import diagnostics
from dovetail.server.protocol import DovetailProtocol
from dovetail.session.pause import Pauses
from dovetail.text.lines import Encoding
from dovetail_models.api import EngineStatus

log = logging.getLogger(__name__)

STATUS = "dovetail/status"
# The same in the form that the clients of copilot-language-server know.
STATUS_FOR_OTHERS = "didChangeStatus"
# Clients, by the name that they give, which open a window of warnings for each notification that they do not know.
WARN_OF_UNKNOWN_NOTIFICATIONS = frozenset({"emacs"})  # lsp-mode 10.0.1, lsp--on-notification
# Seconds before the client shows that the model is busy: faster answers do not need it.
BUSY_AFTER_S = 0.15
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
    """Sends notifications on the event loop, whichever thread an event comes from."""

    def __init__(
        self, protocol: DovetailProtocol, loop: asyncio.AbstractEventLoop, unit: Callable[[], Encoding]
    ) -> None:
        """`unit` returns the unit in which the client counts columns."""
        self._unit = unit
        self._protocol = protocol
        self._loop = loop
        self._reported: set[str] = set()
        self._engine = EngineStatus("stopped")
        self._indexing: dict[Path, int | None] = {}  # with the share that is read, in percent, where that is known
        self._pauses = Pauses()
        self._requests = 0
        self._is_busy = False
        self._busy_soon: asyncio.TimerHandle | None = None
        self._waking: asyncio.TimerHandle | None = None
        self._sent: dict[str, Any] = {}
        self._bars: dict[Path, _Bar] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sends_status = True

    def speak_to(self, client: str) -> None:
        """Leave out what this client would warn its user of; `client` is the name that it gives, "" for none."""
        self._sends_status = client not in WARN_OF_UNKNOWN_NOTIFICATIONS

    def trouble(self, message: str) -> None:
        """Show one line to the user; the same line is shown once per connection."""
        if message not in self._reported:
            self._reported.add(message)
            params = types.ShowMessageParams(types.MessageType.Warning, f"Dovetail: {message}")
            self._protocol.notify(types.WINDOW_SHOW_MESSAGE, params)

    def engine_status(self, status: EngineStatus) -> None:
        """Report a change of the engine's state."""
        log.info("engine %s: %s %s", status.state, status.model, status.message)
        self._engine = status
        if status.notice and status.notice not in self._reported:
            self._reported.add(status.notice)
            params = types.ShowMessageParams(types.MessageType.Info, f"Dovetail: {status.notice}")
            self._protocol.notify(types.WINDOW_SHOW_MESSAGE, params)
        if status.advice:
            self.trouble(status.advice)
        self._send_status()

    def index_started(self, root: Path) -> None:
        """Report that a project is about to be read."""
        log.info("reading %s", root)
        self._indexing[root] = None
        self._send_status()

    def paused(self, pauses: Pauses) -> None:
        """Report that something was paused, resumed or snoozed."""
        self._pauses = pauses
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None
        if pauses.snoozed_until is not None:
            seconds = max(0.0, pauses.snoozed_until - time.time())
            self._waking = self._loop.call_later(seconds, self._wake)
        self._send_status()

    def busy(self, requests: int) -> None:
        """Report the number of completions in progress."""
        self._requests = requests
        if requests and self._busy_soon is None and not self._is_busy:
            self._busy_soon = self._loop.call_later(BUSY_AFTER_S, self._begin_to_be_busy)
        if not requests:
            if self._busy_soon is not None:
                self._busy_soon.cancel()
                self._busy_soon = None
            if self._is_busy:
                self._is_busy = False
                self._send_status()

    def status(self) -> dict[str, Any]:
        """Return the parameters of `dovetail/status`."""
        engine, shares = self._engine, list(self._indexing.values())
        known = [share for share in shares if share is not None]
        return {
            "state": engine.state,
            "model": engine.model,
            "message": engine.message or _loading_words(engine),
            "indexing": bool(shares),
            "progress": min(known) if known else None,
            "busy": self._is_busy,
            **pauses_json(self._pauses),
        }

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
        for timer in (self._busy_soon, self._waking):
            if timer is not None:
                timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _on_loop(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _progress(self, root: Path, done: int, total: int) -> None:
        share = 100 * done // max(total, 1)
        if total >= FILES_WORTH_A_BAR and root in self._indexing and share != self._indexing[root]:
            self._indexing[root] = share
            self._send_status()
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
        """Send the status to the editor's status bar, if it has changed and the editor supports it."""
        status = self.status()
        if status == self._sent or not self._sends_status:
            return
        self._sent = status
        self._protocol.notify(STATUS, status)
        self._protocol.notify(STATUS_FOR_OTHERS, _for_others(status))

    def _begin_to_be_busy(self) -> None:
        self._busy_soon = None
        self._is_busy = self._requests > 0
        self._send_status()

    def _wake(self) -> None:
        self.paused(self._pauses.woken(time.time() + 1))

    def _finish(self, root: Path) -> None:
        log.info("read %s", root)
        self._indexing.pop(root, None)
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


def pauses_json(pauses: Pauses) -> dict[str, Any]:
    """Return what is paused, in the form of the protocol; `snoozedUntil` is in seconds of Unix time, or null."""
    return {
        "paused": pauses.everywhere,
        "pausedLanguages": sorted(pauses.languages),
        "snoozedUntil": pauses.snoozed_until,
    }


def _loading_words(engine: EngineStatus) -> str:
    """Return how far loading has come, for the user to read; "" where that is not known."""
    return (
        f"{engine.model} is being loaded ({engine.loaded:.0%})" if engine.state == "loading" and engine.loaded else ""
    )


def _for_others(status: dict[str, Any]) -> dict[str, Any]:
    """{busy, kind, message}, as copilot-language-server sends it."""
    is_asleep = status["paused"] or status["snoozedUntil"] is not None
    kind = "Error" if status["state"] == "failed" else "Inactive" if is_asleep else "Normal"
    is_loading = status["state"] in ("starting", "loading")
    message = status["message"] or (f"{status['model']} is being loaded" if is_loading else "")
    return {"busy": status["busy"] or is_loading or status["indexing"], "kind": kind, "message": message}
