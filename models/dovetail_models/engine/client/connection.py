"""One live connection from a client to a host: requests out, answers in, each request answered exactly once.

What to do when the host dies is `client.py`'s.
"""

import asyncio
import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from dovetail_models.engine.client.heartbeat import TICK_S, Heartbeat
from dovetail_models.engine.client.launch import EXIT_TIMEOUT_S, FoundHost, HostDied, HostLeft
from dovetail_models.engine.ipc import handshake, transport, wire
from dovetail_models.engine.job import CompletionJob, CompletionReply, tokens_within
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError

Enough = Callable[[str], bool]


@dataclass(slots=True)
class _Pending:
    """A request on its way: where its answer goes, the client's test, the text that passed the test, and the mean
    log-probability of its tokens: how many more the model writes until it is stopped is chance."""

    answer: asyncio.Future[CompletionReply]
    enough: Enough | None
    accepted: str | None = None
    logprob: float | None = None


class HostConnection:
    """A connection that has been welcomed. `open` makes one; `close` ends it."""

    def __init__(
        self,
        host: FoundHost,
        streams: transport.Streams,
        status: EngineStatus,
        on_status: Callable[[EngineStatus], None],
    ) -> None:
        self.status = status
        self._host = host
        self._reader, self._writer = streams
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._status_changed = asyncio.Event()
        self._on_status = on_status
        self.death = ""
        self.left = False
        """Whether the host has announced that it leaves: it did not die."""
        self._closing = False
        self._said_goodbye = asyncio.Event()
        self._awaited = asyncio.Event()
        self._heartbeat = Heartbeat()
        self._reading = asyncio.create_task(self._read(), name="engine connection")
        self._watching = asyncio.create_task(self._watch(), name="engine heartbeat")

    @classmethod
    async def open(cls, host: FoundHost, on_status: Callable[[EngineStatus], None]) -> "HostConnection":
        """Connect to a host. Raises HostLeft if it is no longer there, HostDied if it hangs, EngineError if it
        refuses."""
        try:
            streams = await transport.connect(host.endpoint.address)
            answer = await handshake.greet(streams, host.endpoint)
        except TimeoutError as error:
            host.kill()
            await host.gone()
            raise HostDied("did not answer and was ended") from error
        except OSError as error:
            host.entry.clear_if_deserted()
            raise HostLeft from error
        finally:
            host.connected()
        if answer["op"] != "welcome":
            streams[1].close()
            if answer["op"] == "leaving":
                await host.gone()
                raise HostLeft
            raise EngineError(f"the model's process refused the connection: {answer.get('message')}")
        connection = cls(host, streams, wire.status_from_json(answer.get("status")), on_status)
        on_status(connection.status)
        return connection

    @property
    def alive(self) -> bool:
        return not self._reading.done()

    async def complete(self, job: CompletionJob, enough: Enough | None) -> CompletionReply:
        """Ask for a completion. Cancelling stops the model. Raises HostDied, EngineError."""
        id = next(self._ids)
        answer: asyncio.Future[CompletionReply] = asyncio.get_running_loop().create_future()
        pending = self._pending[id] = _Pending(answer, enough)
        self._awaited.set()
        try:
            self._send({"op": "complete", "id": id, "stream": enough is not None, "job": wire.to_json(job)})
            reply = await answer
        except asyncio.CancelledError:
            if self.alive:
                self._send({"op": "cancel", "id": id})
            raise
        finally:
            del self._pending[id]
        if pending.accepted is not None:
            tokens = tokens_within(reply.token_logprobs, len(pending.accepted))
            return replace(reply, text=pending.accepted, stop="enough", logprob=pending.logprob, token_logprobs=tokens)
        return reply

    def keep(self, files: Collection[str], stamp: str) -> None:
        """Have the states of prompts whose text is from these files alone put on disk. Raises HostDied."""
        self._send({"op": "keep", "files": sorted(files), "stamp": stamp})

    async def settled(self) -> EngineStatus:
        """Return the status once loading has ended, well or not. Raises HostDied."""
        while self.status.state not in ("ready", "failed"):
            if not self.alive:
                raise HostDied(self.death)
            self._awaited.set()
            self._status_changed.clear()
            await self._status_changed.wait()
        return self.status

    async def close(self) -> None:
        """End the connection. A host that no client needs any more ends, too."""
        self._closing = True
        if self.alive:
            self._send({"op": "bye"})
            try:
                await asyncio.wait_for(self._said_goodbye.wait(), EXIT_TIMEOUT_S)
            except TimeoutError:
                self._host.kill()  # It hangs, for all of its clients.
        self._writer.close()
        await asyncio.wait([self._reading])

    def _send(self, message: wire.Message) -> None:
        if not self.alive:
            raise HostDied(self.death)
        self._writer.write(wire.encode(message))

    async def _read(self) -> None:
        """Take in messages until there is an end, then give everyone who still waits the news."""
        try:
            while self.status.state != "failed" and (line := await self._reader.readline()):
                self._take(wire.decode(line))
        except (OSError, ValueError):
            pass  # The same as an end: the host disconnected.
        except (wire.WireError, KeyError) as error:
            self.death = f"sent invalid data: {error}"
        finally:
            self._watching.cancel()
            self._writer.close()
            # Read before the folder with the log is swept up.
            self.death = self.death or self._host.cause_of_death
            if self.left or not self._closing:
                await self._host.gone()
            self._said_goodbye.set()
            self._settle_all()

    async def _watch(self) -> None:
        """While something is awaited, look whether the host is well; end it if it is not."""
        while True:
            await self._awaited.wait()
            await asyncio.sleep(TICK_S)
            if not self._pending and self.status.state in ("ready", "failed"):
                self._awaited.clear()
                self._heartbeat = Heartbeat()
                continue
            if fault := self._heartbeat.fault():
                self.death = f"{fault} and was ended"
                self._host.kill()
                return
            self._heartbeat = self._heartbeat.asked()
            self._send({"op": "ping"})

    def _settle_all(self) -> None:
        failed = self.status.state == "failed"
        for pending in self._pending.values():
            if not pending.answer.done():
                news = EngineError(self.status.message) if failed else HostDied(self.death)
                pending.answer.set_exception(news)
        self._status_changed.set()
        if not failed and not self._closing:
            self._on_status(EngineStatus(state="stopped", model=self.status.model, message=self.death))

    def _take(self, message: wire.Message) -> None:
        if message["op"] == "status":
            self.status = wire.status_from_json(message["status"])
            self._status_changed.set()
            self._on_status(self.status)
            return
        if message["op"] == "pong":
            self._heartbeat = self._heartbeat.answered(bool(message["busy"]), int(message["progress"]))
            return
        if message["op"] == "bye":
            self.left = bool(message["leaves"])
            self._said_goodbye.set()
            return
        pending = self._pending.get(message.get("id", 0))
        if pending is None or pending.answer.done():
            return  # The answer to a request that has been cancelled.
        match message["op"]:
            case "text":
                self._test(message["id"], pending, message["text"], message["logprob"])
            case "reply":
                self.status = wire.with_speed(self.status, message["speed"])
                pending.answer.set_result(wire.reply_from_json(message["reply"]))
            case "error":
                pending.answer.set_exception(EngineError(message["message"]))
            case op:
                raise wire.WireError(f"an unknown op {op!r}")

    def _test(self, id: int, pending: _Pending, text: str, logprob: float) -> None:
        """Ask the client's own test about the text so far; an exception in it is the answer."""
        if pending.enough is None or pending.accepted is not None:
            return
        try:
            content = pending.enough(text)
        except Exception as error:  # noqa: BLE001 - it is handed to the caller, whose code raised it
            pending.answer.set_exception(error)
            self._send({"op": "cancel", "id": id})
            return
        if content:
            pending.accepted, pending.logprob = text, logprob
            self._send({"op": "enough", "id": id})
