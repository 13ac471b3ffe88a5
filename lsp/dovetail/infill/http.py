"""HTTP/1.1 on the loopback interface: `POST /infill`, and `GET /health`."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import h11

from dovetail.infill import LOOPBACK
from dovetail.infill.question import BadQuestion, Question, read_question
from dovetail_models.api import EngineError

log = logging.getLogger(__name__)

# Plugins send some hundred lines, and what they have of other files.
MAX_BODY_BYTES = 8_000_000
# A connection on which nothing comes is closed.
IDLE_S = 60.0
_CHUNK = 1 << 16

Answer = Callable[[Question], Awaitable[dict[str, Any]]]


class _Refused(Exception):
    """A request that gets an error: its status and one line."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a connection needs to know. `token` is "" where none is asked for."""

    answer: Answer
    token: str

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first request to its end. A client that leaves takes its question back."""
        connection = h11.Connection(h11.SERVER)
        try:
            while await self._exchange(connection, reader, writer):
                connection.start_next_cycle()
        except (OSError, h11.ProtocolError, TimeoutError):
            pass  # The other side has disconnected, or does not speak HTTP.
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _exchange(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """One request and its answer. Whether another may follow."""
        values: dict[str, Any]
        try:
            request = await _request(connection, reader)
            if request is None:
                return False
            head, body = request
            question = self._checked(head, body)
            if question is None:
                status, values = 200, {"status": "ok"}
            else:
                found = await _unless_ended(self.answer(question), reader)
                if found is None:
                    return False
                status, values = 200, found
        except _Refused as refused:
            status, values = refused.status, {"error": {"code": refused.status, "message": str(refused)}}
        except EngineError as error:
            status, values = 503, {"error": {"code": 503, "message": str(error)}}
        data = json.dumps(values, separators=(",", ":")).encode()  # llama.vim looks for `"content":"`
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
        for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=data), h11.EndOfMessage()):
            writer.write(connection.send(event) or b"")
        await writer.drain()
        states = (connection.our_state, connection.their_state)
        return states == (h11.DONE, h11.DONE)

    def _checked(self, head: h11.Request, body: bytes) -> Question | None:
        """Return the question, None for a health check. Raises _Refused."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        if host not in (LOOPBACK, "localhost"):
            raise _Refused(403, f"this address answers to {LOOPBACK} alone")
        path = head.target.decode("latin-1").partition("?")[0]
        if head.method == b"GET" and path == "/health":
            return None
        if path != "/infill":
            raise _Refused(404, "there is /infill and /health")
        if head.method != b"POST":
            raise _Refused(405, "ask with POST")
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise _Refused(415, "the body must be application/json")
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if self.token and not hmac.compare_digest(given.encode(), self.token.encode()):
            raise _Refused(401, "the token is not this server's: name it as the plugin's API key")
        try:
            return read_question(body)
        except BadQuestion as error:
            raise _Refused(400, str(error)) from None


async def _request(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Request, bytes] | None:
    """Return the next request and its body; None at the end of the connection. Raises _Refused if it is too long."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await asyncio.wait_for(reader.read(_CHUNK), IDLE_S))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                raise _Refused(413, f"the body is longer than {MAX_BODY_BYTES} bytes")
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return head, bytes(body)
        else:
            return None


async def _unless_ended(answering: Awaitable[dict[str, Any]], reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """Return the answer; None if the client hangs up before that, which stops the work."""
    work = asyncio.ensure_future(answering)
    gone = asyncio.ensure_future(_hung_up(reader))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await work if work.done() else None
    finally:
        for task in (work, gone):
            task.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)


async def _hung_up(reader: asyncio.StreamReader) -> None:
    """Returns when the client has closed its side. A request that is sent ahead stays where it is."""
    while not reader.at_eof():  # noqa: ASYNC110 - a stream has no such event
        await asyncio.sleep(0.02)
