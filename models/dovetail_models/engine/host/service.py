"""The host's conversation with its clients: greets them, queues their jobs, and feeds the engine one after the other.

Runs on the host's event loop; the engine runs on one thread beside it. What the process needs to live and die is
`process.py`'s.
"""

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from dovetail_models.engine.host.sandbox import Sandbox
from dovetail_models.engine.host.schedule import MAX_WAITING, Schedule, Ticket
from dovetail_models.engine.ipc import wire
from dovetail_models.engine.job import CompletionReply, StopReason
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.engine.runtime.progress import Progress
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError

if TYPE_CHECKING:
    from dovetail_models.engine.runtime.engine import LlamaEngine

log = logging.getLogger(__name__)
"""Goes to the host's own log."""

HELLO_TIMEOUT_S = 10
"""Seconds. A peer that has not sent its hello by then is not one of our clients."""

GOODBYE_S = 0.02
"""Seconds between the announcement that the host leaves and its exit: the message must reach the other side."""

UNLOADED = "not in memory, since nobody asked for long: the next request loads it again"
"""The status message while the model is unloaded."""

LOADING_NEWS_S = 0.5
"""Seconds between two reports of the loading progress."""

UNREAD_BYTES = 16 * 2**20
"""The maximum number of bytes that a client may leave unread before it counts as dead."""


class Service:
    """Serves any number of connections with one engine.

    `on_deserted` is called when the last connection has closed and nothing is left to be done, `leave` when a stranger
    needs the place of a host that has no clients.
    """

    def __init__(
        self, options: EngineOptions, pid: int, token: str, on_deserted: Callable[[], None], leave: Callable[[], None]
    ) -> None:
        self._options = options
        self._pid = pid
        self._token = token
        self._on_deserted = on_deserted
        self._leave_now = leave
        self.departures = 0
        """The number of connections that have ended."""
        self._progress = Progress()
        self._schedule = Schedule()
        self._to_keep: list[tuple[frozenset[str], str]] = []
        self._makes_way = False
        self._keeping: Iterator[None] | None = None
        self._work = asyncio.Event()
        self._connections: dict[int, asyncio.StreamWriter] = {}
        self._connection_count = 0
        self._sandbox = Sandbox()
        self._status = EngineStatus(state="loading", pid=pid, model=options.model_path.stem)

    @property
    def deserted(self) -> bool:
        return not self._connections

    @property
    def keeping(self) -> bool:
        """Return whether states are waiting to be persisted to disk."""
        return bool(self._to_keep)

    @property
    def is_loading_confined(self) -> bool:
        """Return whether the model is being loaded in a process that has given up rights."""
        return self._status.state == "loading" and bool(self._sandbox.held)

    @property
    def failed(self) -> bool:
        return self._status.state == "failed"

    def confined(self, sandbox: Sandbox) -> None:
        """Note which rights this process has given up."""
        self._sandbox = sandbox

    async def run(self) -> None:
        """Load the model, then answer jobs forever.

        After a long time without requests the model is unloaded until the next job.
        """
        with ThreadPoolExecutor(1, "engine") as thread:
            try:
                engine = await self._load(thread)
                while await self._serve_jobs(engine, thread):
                    await asyncio.get_running_loop().run_in_executor(thread, engine.close)
                    self._set_status(replace(self._status, message=UNLOADED, offloaded_states=0, offloaded_bytes=0))
                    self._to_keep.clear()
                    while not self._schedule.is_waiting:
                        await self._some_work()
                    engine = await self._load(thread)
            except EngineError as error:
                self._fail(str(error))

    async def _load(self, thread: ThreadPoolExecutor) -> "LlamaEngine":
        """Load the model, and report how far that has come. Raises EngineError."""
        loop = asyncio.get_running_loop()
        self._progress.loaded = 0.0
        self._set_status(EngineStatus("loading", "", self._options.model_path.stem, pid=self._pid))

        def report(line: str) -> None:
            loop.call_soon_threadsafe(self._note_step, line)

        loading = loop.run_in_executor(thread, _load, self._options, self._progress, report)
        while not (await asyncio.wait((loading,), timeout=LOADING_NEWS_S))[0]:
            if self._progress.loaded != self._status.loaded:
                self._set_status(replace(self._status, loaded=self._progress.loaded))
        engine = await loading
        self._set_status(self._with_sandbox(engine.status))
        return engine

    async def _serve_jobs(self, engine: "LlamaEngine", thread: ThreadPoolExecutor) -> bool:
        """Answer jobs; return True once none has come for long."""
        while True:
            ticket = self._schedule.take()
            if ticket is not None:
                again = await self._answer(ticket, engine, thread)
                self._schedule.finish(again)
            elif self._to_keep:
                await self._keep_on(engine, thread)
            elif not await self._some_work(self._options.unload_after_s or None):
                return True

    async def _some_work(self, timeout_s: float | None = None) -> bool:
        """Wait until there may be something to do; return False if nothing came in time."""
        try:
            await asyncio.wait_for(self._work.wait(), timeout_s)
        except TimeoutError:
            return False
        self._work.clear()
        return True

    def _note_step(self, line: str) -> None:
        """Something gave way for lack of memory."""
        self._set_status(replace(self._status, message=line, steps=(*self._status.steps, line)))

    def _with_sandbox(self, status: EngineStatus) -> EngineStatus:
        return replace(status, sandboxed=self._sandbox.held, unsandboxed=self._sandbox.missing)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from hello to its end."""
        try:
            hello = wire.decode(await asyncio.wait_for(reader.readline(), HELLO_TIMEOUT_S))
            if not self._welcome(hello, writer):
                return
        except (wire.WireError, OSError, ValueError, TimeoutError):
            writer.close()
            return
        self._connection_count += 1
        self._makes_way = False
        connection = self._connection_count
        self._connections[connection] = writer
        try:
            while line := await reader.readline():
                self._handle(connection, wire.decode(line))
        except (wire.WireError, OSError, ValueError):
            pass  # The peer disconnected or sent invalid data; either way the connection ends here.
        finally:
            self._leave(connection)

    def _welcome(self, hello: wire.Message, writer: asyncio.StreamWriter) -> bool:
        token = str(hello.get("token")).encode("utf-8", "replace")
        answer = {"op": "welcome", "version": wire.VERSION, "status": wire.to_json(self._status)}
        if hello["op"] != "hello" or not hmac.compare_digest(token, self._token.encode()):
            answer = {"op": "refused", "message": "the token is not this host's"}
        elif hello.get("make_way") or hello.get("version") != wire.VERSION:
            versions = f"this host speaks protocol {wire.VERSION}, the client {hello.get('version')}"
            answer = {"op": "refused", "message": f"{versions}: restart all editors"}
            if self.deserted:
                answer = {"op": "leaving"}
                asyncio.get_running_loop().call_later(GOODBYE_S, self._leave_if_deserted)
        writer.write(wire.encode(answer))
        if answer["op"] != "welcome":
            writer.close()
        return answer["op"] == "welcome"

    def _leave_if_deserted(self) -> None:
        if not self.deserted:
            return
        if self._keeping is not None:
            self._makes_way = True  # the state that is just being written is not lost, the others are
        else:
            self._leave_now()

    def _handle(self, connection: int, message: wire.Message) -> None:
        match message["op"]:
            case "complete":
                self._admit(connection, _id(message), message)
            case "cancel":
                self._stop(connection, _id(message), "cancelled")
            case "enough":
                self._stop(connection, _id(message), "enough")
            case "keep":
                self._note_to_keep(message.get("files"), message.get("stamp"))
            case "ping":
                busy = bool(self._schedule.running or self._keeping) or self._status.state == "loading"
                self._send(connection, {"op": "pong", "busy": busy, "progress": self._progress.count})
            case "bye":
                alone = len(self._connections) == 1
                leaves = alone and (self.failed or not self._options.linger_s) and not self.keeping
                self._send(connection, {"op": "bye", "leaves": leaves})
            case op:
                raise wire.WireError(f"an unknown op {op!r}")

    def _admit(self, connection: int, id: int, message: wire.Message) -> None:
        job = wire.job_from_json(message.get("job"))
        if self._status.state == "failed":
            self._send_error(connection, id, self._status.message)
            return
        ticket = Ticket(connection, id, job, time.perf_counter(), Interrupt(), bool(message.get("stream")))
        admission = self._schedule.add(ticket)
        if not admission.accepted:
            self._send_error(connection, id, f"the engine is busy: {MAX_WAITING} requests wait already")
            return
        for displaced in admission.displaced:
            self._send_unbegun(displaced, "superseded")
        if admission.running and self._schedule.running:
            self._schedule.running.interrupt.stop(admission.running)
        self._work.set()

    def _note_to_keep(self, files: object, stamp: object) -> None:
        if (
            not isinstance(stamp, str)
            or not isinstance(files, list)
            or not all(isinstance(file, str) for file in files)
        ):
            raise wire.WireError("what is to be kept is no list of paths, or has no stamp")
        # Before the model is ready there is nothing.
        if self._status.state == "ready" and self._options.kv_folder is not None and len(self._to_keep) < MAX_WAITING:
            self._to_keep.append((frozenset(files), stamp))
            self._work.set()

    async def _keep_on(self, engine: "LlamaEngine", thread: ThreadPoolExecutor) -> None:
        """Persist one more state to disk. Nobody waits for this; a request that arrives meanwhile runs next."""
        self._keeping = self._keeping or engine.keep(*self._to_keep[0])
        try:
            is_done = await asyncio.get_running_loop().run_in_executor(thread, _is_done, self._keeping)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no reason to die with others' requests
            log.warning("a state cannot be kept on disk: %r", error)
            is_done = True
        if is_done:
            self._keeping = None
            del self._to_keep[0]
            self._tell_if_deserted()
        if self._makes_way and self.deserted:
            self._leave_now()

    def _stop(self, connection: int, id: int, reason: Literal["cancelled", "enough"]) -> None:
        for ticket in self._schedule.withdraw(connection, id):
            self._send_unbegun(ticket, reason)
        running = self._schedule.running
        if running and (running.connection, running.id) == (connection, id):
            running.interrupt.stop(reason)

    async def _answer(self, ticket: Ticket, engine: "LlamaEngine", thread: ThreadPoolExecutor) -> bool:
        """Run a job and send its answer. True if it made way and must run again."""
        from dovetail_models.engine.runtime.engine import Yielded

        loop = asyncio.get_running_loop()

        def on_text(text: str, logprob: float) -> None:
            message = {"op": "text", "id": ticket.id, "text": text, "logprob": logprob}
            loop.call_soon_threadsafe(self._send, ticket.connection, message)

        queue_ms = (time.perf_counter() - ticket.received) * 1000
        try:
            reply = await loop.run_in_executor(
                thread, engine.complete, ticket.job, ticket.interrupt, on_text if ticket.stream else None, queue_ms
            )
        except EngineError as error:
            self._send_error(ticket.connection, ticket.id, str(error))
        except Yielded:
            reason = ticket.interrupt.reason
            if reason is None or reason == "yield":
                return True
            self._send_unbegun(ticket, reason)  # It has been stopped for good while it made way.
        else:
            self._status = self._with_sandbox(engine.status)
            self._send_reply(ticket, reply)
        return False

    def _leave(self, connection: int) -> None:
        self._connections.pop(connection).close()
        self.departures += 1
        self._schedule.withdraw(connection)
        running = self._schedule.running
        if running and running.connection == connection:
            running.interrupt.stop("cancelled")
        self._tell_if_deserted()

    def _tell_if_deserted(self) -> None:
        if not self._connections and not self.keeping:
            self._on_deserted()

    def _fail(self, message: str) -> None:
        self._set_status(replace(self._status, state="failed", message=message))
        while ticket := self._schedule.take():
            self._send_error(ticket.connection, ticket.id, message)
            self._schedule.finish()

    def _set_status(self, status: EngineStatus) -> None:
        self._status = status
        for connection in tuple(self._connections):
            self._send(connection, {"op": "status", "status": wire.to_json(status)})

    def _send_unbegun(self, ticket: Ticket, stop: StopReason) -> None:
        self._send_reply(ticket, CompletionReply(text="", stop=stop, logprob=None, model=self._status.model))

    def _send_reply(self, ticket: Ticket, reply: CompletionReply) -> None:
        speed = {"prefill_tokens_s": self._status.prefill_tokens_s, "decode_ms": self._status.decode_ms}
        self._send(ticket.connection, {"op": "reply", "id": ticket.id, "reply": wire.to_json(reply), "speed": speed})

    def _send_error(self, connection: int, id: int, message: str) -> None:
        self._send(connection, {"op": "error", "id": id, "message": message})

    def _send(self, connection: int, message: wire.Message) -> None:
        writer = self._connections.get(connection)
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() > UNREAD_BYTES:
            writer.transport.abort()
            return
        writer.write(wire.encode(message))


def _load(options: EngineOptions, progress: Progress, report: Callable[[str], None]) -> "LlamaEngine":
    # Imported here, on the engine's thread: llama_cpp takes a while, and clients must be greeted meanwhile.
    from dovetail_models.engine.runtime.engine import LlamaEngine

    return LlamaEngine(options, progress, report)


def _is_done(steps: Iterator[None]) -> bool:
    """Take the next step; True where there is none."""
    return next(steps, "done") == "done"


def _id(message: wire.Message) -> int:
    id = message.get("id")
    if not isinstance(id, int):
        raise wire.WireError("a message without an id")
    return id
