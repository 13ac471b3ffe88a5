"""The command `dovetail.pullModel` [name]: download a model of the catalogue, or resume a download.

Answers {name, file}. While it runs, it reports `$/progress` that can be cancelled, for clients that show it; cancelling
the request ends it too. Either keeps the partial download, and the next pull resumes it.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcRequestCancelled

from dovetail.server.server import DovetailServer
from dovetail.session.inference.pulling import PullState, pull_in_child
from dovetail_models.api import EngineError

PULL_MODEL = "dovetail.pullModel"

_numbers = count(1)


class PullFailed(JsonRpcException):
    """The request was right and could not be done: RequestFailed of LSP 3.17."""

    CODE = -32803


async def pull_model(ls: DovetailServer, *arguments: Any) -> dict[str, str]:
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise JsonRpcInvalidParams(f"{PULL_MODEL} takes one argument, the name of a model")
    name = arguments[0]
    progress = await _Progress.begin(ls, name)
    work = asyncio.create_task(pull_in_child(name, progress.report))
    progress.cancels(work)
    try:
        file = await work
    except asyncio.CancelledError:
        work.cancel()  # where the request was cancelled; where its progress was, it is already
        await asyncio.gather(work, return_exceptions=True)
        progress.end("stopped; the next pull goes on")
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise JsonRpcRequestCancelled(f"the pull of {name} was stopped: the next one goes on") from None
    except EngineError as error:
        progress.end(str(error))
        raise PullFailed(str(error)) from error
    progress.end(f"{name} is there")
    return {"name": name, "file": str(file)}


class _Progress:
    """A progress bar at the client; nothing where the client shows none."""

    def __init__(self, ls: DovetailServer, token: str | None) -> None:
        self._bars = ls.work_done_progress
        self._token = token
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def begin(cls, ls: DovetailServer, name: str) -> _Progress:
        window = ls.protocol.client_capabilities.window
        if not (window and window.work_done_progress):
            return cls(ls, None)
        token = f"dovetail-pull-{next(_numbers)}"
        try:
            await ls.work_done_progress.create_async(token)
        except JsonRpcException:
            return cls(ls, None)  # the client does not want this one
        begin = types.WorkDoneProgressBegin(title=f"Dovetail pulls {name}", cancellable=True, percentage=0)
        ls.work_done_progress.begin(token, begin)
        return cls(ls, token)

    def cancels(self, work: asyncio.Task[Any]) -> None:
        """End `work` when the user cancels the bar."""
        if self._token is None:
            return

        def ended(future: Any) -> None:
            if future.cancelled():
                self._loop.call_soon_threadsafe(work.cancel)

        self._bars.tokens[self._token].add_done_callback(ended)

    def report(self, state: PullState) -> None:
        if self._token is not None:
            message = state.note or state.stage
            self._bars.report(
                self._token, types.WorkDoneProgressReport(message=message, percentage=state.percent, cancellable=True)
            )

    def end(self, message: str) -> None:
        if self._token is not None:
            self._bars.end(self._token, types.WorkDoneProgressEnd(message=message))
            self._bars.tokens.pop(self._token, None)
