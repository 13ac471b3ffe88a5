"""The two sides of a replay: our engine, and a llama.cpp server on this machine. Each reports its work and timing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol
from urllib.parse import urlsplit

from dovetail.bench.question import Question, our_job, peer_body
from dovetail.command_errors import CommandError, UsageError
from dovetail_models.api import EngineClient

# A llama.cpp server that reads a long prompt on a slow machine, behind another that was dropped.
PEER_TIMEOUT_S = 300.0
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question cost: times in milliseconds from the question on, and tokens.

    `read` tokens of the prompt were evaluated, `reused` were there already; `written` were generated. `first_ms` is
    when the first text came; None for what was dropped before. `decode_ms` is the time for `written`.
    """

    first_ms: float | None
    total_ms: float
    read: int = 0
    reused: int = 0
    written: int = 0
    decode_ms: float = 0.0
    dropped: bool = False


class Side(Protocol):
    """Whoever answers."""

    async def answer(self, asked: Question, tokens: int, drop_after_ms: float | None) -> Answer:
        """Answer with this many tokens; give up after this many milliseconds."""
        ...


class OurSide:
    """Our engine."""

    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine

    async def answer(self, asked: Question, tokens: int, drop_after_ms: float | None) -> Answer:
        """Answer with this many tokens; give up after this many milliseconds."""
        started = perf_counter()
        first: list[float] = []

        def note(text: str) -> bool:
            if text and not first:
                first.append(_ms_since(started))
            return False

        asking = asyncio.create_task(self._engine.complete(our_job(asked, tokens), note))
        if not await _in_time(asking, drop_after_ms):
            return Answer(first[0] if first else None, _ms_since(started), dropped=True)
        reply, total = asking.result(), _ms_since(started)
        return Answer(
            first[0] if first else total,
            total,
            reply.prompt_tokens - reply.reused_tokens,
            reply.reused_tokens,
            reply.generated_tokens,
            reply.decode_ms,
        )


class PeerSide:
    """A llama.cpp server, over plain HTTP."""

    def __init__(self, url: str) -> None:
        """Raises UsageError for a URL that is not of this machine: text of the user goes nowhere else."""
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme != "http" or parts.hostname not in LOCAL_NAMES:
            raise UsageError(f"--peer {url}: the peer must be http on this machine, such as http://127.0.0.1:8012")
        self._host, self._port = parts.hostname, parts.port or 80

    async def answer(self, asked: Question, tokens: int, drop_after_ms: float | None) -> Answer:
        """Answer with this many tokens; give up after this many milliseconds."""
        started = perf_counter()
        first: list[float] = []
        asking = asyncio.create_task(self._ask(peer_body(asked, tokens), started, first))
        if not await _in_time(asking, drop_after_ms):
            return Answer(first[0] if first else None, _ms_since(started), dropped=True)
        return asking.result()

    async def _ask(self, body: dict[str, object], started: float, first: list[float]) -> Answer:
        content = json.dumps(body).encode()
        head = (
            f"POST /infill HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        )
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=1 << 24)
        except OSError as error:
            raise CommandError(
                f"no llama.cpp server answers at {self._host}:{self._port} ({error}): start it"
            ) from None
        try:
            writer.write(head.encode() + content)
            status = (await asyncio.wait_for(reader.readline(), PEER_TIMEOUT_S)).decode("latin-1")
            if " 200 " not in status:
                raise CommandError(f"the peer answered {status.strip()}: {(await reader.read(400)).decode('latin-1')}")
            while line := await asyncio.wait_for(reader.readline(), PEER_TIMEOUT_S):
                if not line.startswith(b"data: {"):
                    continue  # heads, sizes of chunks, empty lines
                event = json.loads(line[len(b"data: ") :])
                if not first:
                    first.append(_ms_since(started))
                if event.get("stop"):
                    timings = event["timings"]
                    return Answer(
                        first[0],
                        _ms_since(started),
                        int(timings["prompt_n"]),
                        int(timings.get("cache_n", 0)),
                        int(timings["predicted_n"]),
                        float(timings["predicted_ms"]),
                    )
        finally:
            writer.close()
        raise CommandError("the peer closed the connection before its answer ended: look at its log")


async def _in_time(asking: asyncio.Task[object] | asyncio.Task[Answer], drop_after_ms: float | None) -> bool:
    """Wait for an answer; False if it has been given up."""
    await asyncio.wait([asking], timeout=None if drop_after_ms is None else drop_after_ms / 1000)
    if asking.done():
        return True
    asking.cancel()
    await asyncio.wait([asking])
    return False


def _ms_since(started: float) -> float:
    return (perf_counter() - started) * 1000
