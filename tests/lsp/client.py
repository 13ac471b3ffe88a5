"""A language client of a few lines: speaks JSON over two streams, and keeps every answer it gets."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

# Seconds until a test that waits fails; enough for a cold model on a loaded machine.
PATIENCE_S = 120


def framed(body: bytes) -> bytes:
    """Return a body with its header."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Client:
    """One connection. `answers[id]` holds all responses to a request: a correct server sends exactly one."""

    def __init__(self, reader: asyncio.StreamReader, write: Callable[[bytes], None]) -> None:
        self.answers: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        self.notifications: list[dict[str, Any]] = []
        self.encoding = "utf-16"
        self.refuses_requests = False
        self.granted: dict[str, Any] = {}  # what the server's own requests are answered, by method
        self._asked: list[dict[str, Any]] = []
        self._reader = reader
        self._write = write
        self._ids = count(1)
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    def notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Any) -> int:
        """Send a request without waiting. The answer comes with `answer(id)`."""
        identifier = next(self._ids)
        self._send({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})
        return identifier

    def send_bytes(self, data: bytes) -> None:
        """Send what may be no message at all."""
        self._write(data)

    def cancel(self, identifier: int) -> None:
        self.notify("$/cancelRequest", {"id": identifier})

    async def answer(self, identifier: int) -> dict[str, Any]:
        await self.until(lambda: bool(self.answers[identifier]))
        return self.answers[identifier][0]

    async def ask(self, method: str, params: Any) -> Any:
        """Send a request and return its result; an error fails the test."""
        answer = await self.answer(self.request(method, params))
        assert "error" not in answer, answer["error"]
        return answer["result"]

    async def notification(self, method: str, matching: Callable[[Any], bool] = lambda _: True) -> Any:
        """Return the parameters of the first notification of this kind, past or future."""
        found: list[Any] = []

        def look() -> bool:
            found[:] = [n["params"] for n in self.notifications if n["method"] == method and matching(n["params"])]
            return bool(found)

        await self.until(look)
        return found[0]

    def asked_for(self, method: str) -> list[Any]:
        """Return the parameters of the server's own requests of a kind so far."""
        return [message["params"] for message in self._asked if message["method"] == method]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for messages until the condition holds; a server that leaves or falls silent fails the test."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: condition() or self._reading.done())
        assert condition(), "the server has left"

    async def initialize(
        self,
        root: Path | None,
        encoding: str = "utf-16",
        shows_progress: bool = False,
        client_name: str = "",
        text_document: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Shake hands. `options` are the editor's settings; `client_name` is the name that it gives, if any;
        `text_document` holds its document capabilities."""
        self.encoding = encoding
        folders = [{"uri": root.as_uri(), "name": root.name}] if root else []
        result = await self.ask(
            "initialize",
            {
                "processId": None,
                **({"clientInfo": {"name": client_name}} if client_name else {}),
                "rootUri": None,
                "workspaceFolders": folders,
                "capabilities": {
                    "general": {"positionEncodings": [encoding]},
                    "window": {"workDoneProgress": shows_progress},
                    "textDocument": text_document or {},
                },
                "initializationOptions": options,
            },
        )
        self.notify("initialized", {})
        return result

    def open(self, uri: str, text: str, language: str = "python") -> None:
        document = {"uri": uri, "languageId": language, "version": 0, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def ghost_text(self, uri: str, line: int, character: int, kind: int = 1) -> int:
        """Request an inline completion; kind 1 is invoked, 2 automatic."""
        position = {"line": line, "character": character}
        context = {"triggerKind": kind}
        return self.request(
            "textDocument/inlineCompletion", {"textDocument": {"uri": uri}, "position": position, "context": context}
        )

    async def leave(self) -> None:
        """`shutdown`, then `exit`."""
        await self.ask("shutdown", None)
        self.notify("exit", None)

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    def _send(self, message: dict[str, Any]) -> None:
        self._write(framed(json.dumps(message).encode()))

    async def _read(self) -> None:
        try:
            while True:
                length = 0
                while (header := await self._reader.readline()) not in (b"\r\n", b""):
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.split(b":")[1])
                if not header:
                    return
                message = json.loads(await self._reader.readexactly(length))
                async with self._news:
                    self._take(message)
                    self._news.notify_all()
        finally:
            async with self._news:
                self._news.notify_all()

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self.answers[message["id"]].append(message)
        elif "id" in message:  # a server's own request, such as a progress token
            self._asked.append(message)
            granted = {"result": self.granted.get(message["method"])}
            answer = {"error": {"code": -32601, "message": "no"}} if self.refuses_requests else granted
            self._send({"jsonrpc": "2.0", "id": message["id"], **answer})
        else:
            self.notifications.append(message)
