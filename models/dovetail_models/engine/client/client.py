"""`EngineClient`: completions for the server, even if the process that computes them dies.

On first use the client joins the host of its model or starts one. If that host dies, the client starts another. It
repeats a running request once; if that fails too, the request ends with a one-line error. `restart.py` decides when a
host may be started again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from dovetail_models.engine.client.connection import Enough, HostConnection
from dovetail_models.engine.client.launch import LOOK_AGAIN_S, HostDied, HostLeft, dismiss, find_or_start
from dovetail_models.engine.client.restart import FileState, RestartPolicy
from dovetail_models.engine.ipc.transport import RUNTIME_FOLDER_VARIABLE
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.kv.disk_store import stamp_of
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineState, EngineStatus
from dovetail_models.errors import EngineDied, EngineError

ATTEMPTS = 2
"""The number of times that a request is sent before it fails."""

MAX_JOINS = 20
"""The maximum number of hosts in a row that turn out to be leaving. More do not happen by chance."""


class EngineClient:
    """Asks an engine host for completions. Belongs to one event loop.

    Nothing is started until it is needed. `on_status` is notified of every change of state.
    """

    def __init__(self, options: EngineOptions, on_status: Callable[[EngineStatus], None] | None = None) -> None:
        # The host runs in another folder: a relative path would mean another file there.
        kv_folder = options.kv_folder.absolute() if options.kv_folder else None
        fallbacks = tuple(path.absolute() for path in options.fallbacks)
        self._options = replace(
            options, model_path=options.model_path.absolute(), kv_folder=kv_folder, fallbacks=fallbacks
        )
        self._on_status = on_status or (lambda _status: None)
        self._status = self._in_state("stopped")
        self._connection: HostConnection | None = None
        self._starting: asyncio.Task[HostConnection] | None = None
        self._policy = RestartPolicy()
        self._files: set[str] = set()
        self._closed = False

    async def complete(
        self,
        job: CompletionJob,
        enough: Enough | None = None,
        before_sending: Callable[[], Awaitable[None]] | None = None,
    ) -> CompletionReply:
        """Return a completion. Cancelling this coroutine stops the model.

        `enough` is asked about the text so far whenever it has grown; its True ends the completion with just that text
        and stop "enough". `before_sending` is awaited each time before the job leaves; what it raises is raised. Raises
        EngineError (EngineDied if the host died twice on it).
        """
        self._files.update(job.files)
        death = ""
        for _ in range(ATTEMPTS):
            try:
                connection = await self._connected()
                if before_sending is not None:
                    await before_sending()
                reply = await connection.complete(job, enough)
            except HostDied as error:
                death = str(error)
                continue
            self._policy.note_answer()
            return reply
        raise EngineDied(
            f"the model's process died on this request (it {death}); the next request starts it again. "
            "If it happens again, try a smaller model or a smaller window"
        )

    async def ensure_ready(self) -> EngineStatus:
        """Start the host, load the model, and return its status. Raises EngineError."""
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
        raise EngineDied(
            f"the model's process died while it loaded {self._options.model_path} (it {death}): "
            "close other programs, or try a smaller model or a smaller window"
        )

    async def status(self) -> EngineStatus:
        """Return the current status without starting a host."""
        connection = self._connection
        return connection.status if connection is not None and connection.alive else self._status

    async def keep(self, may_be_kept: Callable[[str], bool]) -> None:
        """Ask the host to persist the states of this client's prompts to disk, for the next host.

        A prompt is persisted if `may_be_kept` allows each of its files. `may_be_kept` is called with one path at a
        time, on another thread. The host does this when it is idle, and stays until it is done. If the options name no
        folder for states or no host runs, nothing happens.
        """
        connection, kv_folder, files = self._connection, self._options.kv_folder, tuple(self._files)
        if kv_folder is None or connection is None:
            return

        def decided() -> tuple[str, list[str]]:
            stamp = stamp_of(kv_folder)  # what is forgotten from now on is not to be put there again
            return stamp, [file for file in files if may_be_kept(file)]

        stamp, kept = await asyncio.to_thread(decided)
        if kept:
            with suppress(HostDied):  # Then it has nothing left to keep.
                connection.keep(kept, stamp)

    async def close(self) -> None:
        """Disconnect from the host. It ends if no other client uses it and it does not linger. May be called twice."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
            if not self._options.linger_s:
                await dismiss(self._options)
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        if self._status.state != "stopped":
            self._take_status(self._in_state("stopped"))

    async def _connected(self) -> HostConnection:
        """Return the connection to a living host, started if need be. Raises EngineError, HostDied."""
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
            starting.exception()  # All waiting callers may be gone; this marks the exception as retrieved.

    async def _start(self) -> HostConnection:
        """Start a host, unless the policy objects."""
        await self._bury()
        if objection := self._policy.objection(time.monotonic(), self._file_state()):
            raise objection
        self._take_status(self._in_state("starting"))
        try:
            connection = await self._join()
        except HostDied as error:
            self._policy.note_death(time.monotonic(), self._file_state(), str(error))
            self._take_status(self._in_state("stopped", str(error)))
            raise
        except EngineError as error:
            self._take_status(self._in_state("failed", str(error)))
            raise
        self._connection = connection
        return connection

    async def _join(self) -> HostConnection:
        for attempt in range(MAX_JOINS):
            try:
                return await HostConnection.open(await find_or_start(self._options), self._take_status)
            except HostLeft:
                # A killed host holds its lock until the system has freed its memory, which takes time for large models.
                await asyncio.sleep(LOOK_AGAIN_S * attempt)
            except OSError as error:
                raise EngineError(
                    f"the folder in which the model's process is found cannot be used ({error}): "
                    f"name another in {RUNTIME_FOLDER_VARIABLE}"
                ) from error
        raise HostDied(f"left {MAX_JOINS} times before it could be spoken to")

    async def _bury(self) -> None:
        """Part with a host that has ended."""
        connection = self._connection
        if connection is None:
            return
        await connection.close()
        self._connection = None
        if connection.status.state != "failed":
            self._policy.note_death(time.monotonic(), self._file_state(), connection.death)

    def _take_status(self, status: EngineStatus) -> None:
        if status.state == "failed":
            self._policy.note_failure(time.monotonic(), self._file_state(), status.message)
        self._status = status
        self._on_status(status)

    def _in_state(self, state: EngineState, message: str = "") -> EngineStatus:
        return EngineStatus(state, message, self._options.model_path.stem)

    def _file_state(self) -> FileState:
        try:
            stat = self._options.model_path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size
