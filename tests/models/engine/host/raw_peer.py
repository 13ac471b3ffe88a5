"""A host started directly, with raw messages, to test what no well-behaved client does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from dovetail_models.engine.client.launch import FoundHost
from dovetail_models.engine.ipc import transport, wire
from dovetail_models.engine.job import CompletionJob


@dataclass
class Peer:
    """One raw connection to a host."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def connect(cls, host: FoundHost) -> Peer:
        return cls(*await transport.connect(host.endpoint.address))

    async def greet(self, host: FoundHost, **changes: object) -> wire.Message:
        self.send("hello", **{"version": wire.VERSION, "token": host.endpoint.token, **changes})
        return await self.receive()

    def send(self, op: str, **fields: Any) -> None:
        self.writer.write(wire.encode({"op": op, **fields}))

    def ask(self, id: int, job: CompletionJob, stream: bool = False) -> None:
        self.send("complete", id=id, stream=stream, job=wire.to_json(job))

    async def receive(self, op: str | None = None) -> wire.Message:
        """Return the next message (with this op); {} at the end of the connection."""
        while line := await self.reader.readline():
            message = wire.decode(line)
            if op in (None, message["op"]):
                return message
        return {}

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()
