"""`EngineClient`: completions for the server, whatever becomes of the process that computes them.

It starts the host when it is first needed and starts another when it dies: a request that was under way is asked once
more, then answered with one clear line. A host that keeps dying is given growing pauses.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from dovetail_models.engine.connection import Enough, HostConnection
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.launch import HostDied, launch
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineDied, EngineError

ATTEMPTS = 2
"""How often a request is asked before its failure is the answer."""

FREE_DEATHS = 3
"""So many deaths in a row are mended without a pause."""

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
"""After that, pauses double from the first to the longest; a completed answer ends them."""


FAILURE_HOLDS_S = 30.0
"""So long every request is answered with the reason for which loading failed; a changed file is tried at once."""


class EngineClient:
    """Asks an engine host for completions. Belongs to one event loop.

    Nothing is started until it is needed. `on_status` is told of every change of state.
    """

    def __init__(self, options: EngineOptions, on_status: Callable[[EngineStatus], None] | None = None) -> None:
        self._options = options
        self._on_status = on_status or (lambda _status: None)
        self._status = EngineStatus(state="stopped", model=options.model_path.stem)
        self._connection: HostConnection | None = None
        self._starting: asyncio.Task[HostConnection] | None = None
        self._deaths = 0
        self._pause_until = 0.0
        self._loaded_file: tuple[int, int] | None = None
        self._closed = False

    async def complete(self, job: CompletionJob, enough: Enough | None = None) -> CompletionReply:
        """Complete. Cancelling this coroutine stops the model.

        `enough` is asked about the text so far whenever it has grown; its True ends the completion with just that text
        and stop "enough". Raises EngineError.
        """
        death = ""
        for _ in range(ATTEMPTS):
            try:
                connection = await self._connected()
                reply = await connection.complete(job, enough)
            except HostDied as error:
                death = str(error)
                continue
            self._deaths = 0
            return reply
        raise EngineDied(
            f"the model's process died on this request ({death}); the next request starts it anew. "
            "If it happens again, try a smaller model or a smaller window"
        )

    async def ensure_ready(self) -> EngineStatus:
        """Start the host, load the model, and tell what it is. Raises EngineError."""
        death = ""
        for _ in range(ATTEMPTS):
            try:
                status = await (await self._connected()).settled()
            except HostDied as error:
                death = str(error)
                continue
            if status.state == "failed":
                raise EngineError(status.message)
            return status
        raise EngineError(f"the model's process dies while it loads {self._options.model_path} ({death})")

    async def status(self) -> EngineStatus:
        """What is known now; starts nothing."""
        return self._status

    async def close(self) -> None:
        """End the host. Afterwards nothing is left of it; may be called twice."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        if self._status.state != "stopped":
            self._take_status(EngineStatus(state="stopped", model=self._options.model_path.stem))

    async def _connected(self) -> HostConnection:
        """The connection to a living host, started if need be. Raises EngineError, HostDied."""
        if self._closed:
            raise EngineError("the engine has been closed")
        connection = self._connection
        if connection is not None and connection.alive:
            return connection
        if self._starting is None:
            self._starting = asyncio.create_task(self._start(), name="engine start")
            self._starting.add_done_callback(self._started)
        starting = self._starting
        try:
            # A user who types on cancels requests, not the start of the host that all of them wait for.
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            if self._closed and starting.cancelled():
                raise EngineError("the engine has been closed") from None
            raise

    def _started(self, starting: asyncio.Task[HostConnection]) -> None:
        self._starting = None
        if not starting.cancelled():
            starting.exception()  # Everyone who waited may have gone; an error nobody hears of is no event.

    async def _start(self) -> HostConnection:
        """Start a host, unless it is clear that it would only fail again."""
        await self._bury()
        if (pause := self._pause_until - time.monotonic()) > 0:
            raise EngineDied(
                f"the model's process has died {self._deaths} times in a row; it is started again in {pause:.0f} s"
            )
        self._take_status(EngineStatus(state="starting", model=self._options.model_path.stem))
        self._loaded_file = self._file_state()
        try:
            connection = await HostConnection.open(await launch(self._options), self._take_status)
        except HostDied as error:
            self._note_death()
            self._take_status(EngineStatus(state="stopped", model=self._options.model_path.stem, message=str(error)))
            raise
        except EngineError as error:
            self._take_status(replace(self._status, state="failed", message=str(error)))
            raise
        self._connection = connection
        return connection

    async def _bury(self) -> None:
        """Part with the last host. Raises EngineError if it could not load the model and nothing has changed since."""
        connection = self._connection
        if connection is None:
            return
        failed = connection.status.state == "failed"
        if failed and time.monotonic() < self._pause_until and self._file_state() == self._loaded_file:
            raise EngineError(connection.status.message)
        await connection.close()
        self._connection = None
        self._pause_until = 0.0
        if not failed:
            self._note_death()

    def _note_death(self) -> None:
        self._deaths += 1
        if self._deaths > FREE_DEATHS:
            pause = FIRST_PAUSE_S * 2 ** (self._deaths - FREE_DEATHS - 1)
            self._pause_until = time.monotonic() + min(pause, LONGEST_PAUSE_S)

    def _file_state(self) -> tuple[int, int] | None:
        """What changes when a model file is replaced: its time (ns) and size (bytes). None if there is no file."""
        try:
            stat = self._options.model_path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size

    def _take_status(self, status: EngineStatus) -> None:
        if status.state == "failed":
            self._pause_until = time.monotonic() + FAILURE_HOLDS_S
        self._status = status
        self._on_status(status)
