"""A server on the loopback interface that speaks both protocols, and fails when a test asks for it."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

BEGIN, HOLE, END = "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"
BOS, EOS = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"
VOCABULARY = [*map(chr, range(128)), "｜", "▁", " return", "return", "height", "turn", BOS, BEGIN, HOLE, END, EOS]
MARKERS = {BOS, BEGIN, HOLE, END, EOS}
IDS = {text: token for token, text in enumerate(VOCABULARY)}
_BY_LENGTH = sorted(VOCABULARY, key=len, reverse=True)

Fault = str
"""A status ("401", "429 1" with Retry-After, ...), or: slow, cut, cut early, malformed, huge, html, error, silence."""


@dataclass
class Request:
    """A received request. `left` is set if the client closed the connection before the answer was complete."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    left: asyncio.Event = field(default_factory=asyncio.Event)


class FakeServer:
    """`text` is what it completes; `faults` are what the next completions fail with, `always` what all requests do."""

    def __init__(self, text: str = "width * height", *, llama: bool = True, grammar: bool = True) -> None:
        self.text = text
        self.speaks_llama = llama
        self.takes_grammar = grammar
        self.has_logprobs = True
        self.extras: Callable[[str, Any], tuple[int, Any]] | None = None
        self.likely: Callable[[int], dict[str, float]] | None = None
        self.reports_window = True
        self.reports_usage = True
        self.n_ctx = 512
        self.models = ["tiny.gguf"]
        self.faults: list[Fault] = []
        self.always: Fault = ""
        self.pace_s = 0.0
        self.requests: list[Request] = []
        self.url = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def completions(self) -> list[Request]:
        """The requests that contained a prompt of the user."""
        return [each for each in self.requests if each.path.endswith("completion") and not _is_sample(each)] + [
            each for each in self.requests if each.path.endswith("completions") and not _is_sample(each)
        ]

    async def start(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, ssl=tls)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close everything, as a server does that is killed."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._serve(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Handle one request and return whether the connection stays open."""
        first = await reader.readexactly(1)
        if not first.isalpha():
            return False  # no HTTP: a client that begins with TLS
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Request(method, path, headers, json.loads(body) if body else None)
        self.requests.append(request)
        is_completion = path in ("/completion", "/v1/completions")
        fault = self.always or (self.faults.pop(0) if self.faults and is_completion and not _is_sample(request) else "")
        if fault[:3].isdigit():
            status, _, after = fault.partition(" ")
            extra = [f"Retry-After: {after}"] if after else []
            extra += ["Location: http://127.0.0.1:1/"] if status == "307" else []
            _answer(writer, int(status), {"error": {"message": f"no: {request.body}"}}, extra)
            return True
        if self.extras is not None and path.startswith("/extras/"):
            status, found = self.extras(path, request.body)
            _answer(writer, status, found)
            return True
        if not is_completion:
            found = self._other(request)
            _answer(writer, 200 if found is not None else 404, found if found is not None else {})
            return True
        if is_completion and not (request.body or {}).get("stream"):
            _answer(writer, 200, {"choices": [], "usage": {"prompt_tokens": len(request.body["prompt"]) // 2}})
            return True
        if path == "/completion" and not self.speaks_llama:
            _answer(writer, 404, {})
            return True
        await self._complete(reader, writer, request, fault)
        return False

    def _other(self, request: Request) -> Any:
        body = request.body or {}
        match request.path:
            case "/props" if self.speaks_llama:
                return {"default_generation_settings": {"n_ctx": self.n_ctx}, "model_alias": self.models[0]}
            case "/v1/models":
                meta = {"n_vocab": len(VOCABULARY), "n_ctx": self.n_ctx if self.reports_window else 0}
                return {"data": [{"id": name, "meta": meta} for name in self.models]}
            case "/tokenize" if self.speaks_llama:
                content = body["content"]
                pieces = content if isinstance(content, list) else [content]
                ids = [IDS[BOS]] if body.get("add_special") else []
                for piece in pieces:
                    ids += [piece] if isinstance(piece, int) else tokenize(piece, body.get("parse_special", True))
                return {"tokens": ids}
            case "/detokenize" if self.speaks_llama:
                return {"content": "".join(VOCABULARY[token] for token in body["tokens"])}
        return None

    async def _complete(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request, fault: Fault
    ) -> None:
        leaving = asyncio.create_task(_left(reader, request))
        try:
            if fault == "silence":
                await request.left.wait()
                return
            kind = "text/html" if fault == "html" else "text/event-stream"
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            async for event in self._events(request, fault):
                if request.left.is_set():
                    return
                _chunk(writer, event)
                await writer.drain()
                await asyncio.sleep(self.pace_s)
            if not fault.startswith("cut"):
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        finally:
            leaving.cancel()

    async def _events(self, request: Request, fault: Fault) -> AsyncIterator[bytes]:
        is_llama = request.path == "/completion"
        if fault == "cut early":
            return
        if fault == "slow":
            yield b": I am still here\n\n"
            await request.left.wait()
            return
        if fault == "malformed":
            yield b"data: {\n\n"
        if fault == "huge":
            yield b"data: " + b"x" * (2**21)
            return
        if fault == "error":
            yield _event({"error": {"message": f"cannot do {request.body['prompt']}"}})
        body = request.body
        pieces = list(self._generated(body))
        limit = body.get("n_predict", body.get("max_tokens"))
        for number, piece in enumerate(pieces[:limit]):
            if fault == "cut" and number == 3:
                return
            yield _event(self._llama_piece(piece, body) if is_llama else self._openai_piece(piece, body))
        is_full = limit < len(pieces)
        usage = {"prompt_tokens": len(body["prompt"]), "completion_tokens": len(pieces)}
        if is_llama:
            yield _event({**self._llama_piece("", body), "stop": True, "stop_type": "limit" if is_full else "eos"})
        else:
            last = {"text": "", "finish_reason": "length" if is_full else "stop", "logprobs": None}
            yield _event({"choices": [last]})
            if self.reports_usage:
                yield _event({"choices": [], "usage": usage})
                yield b"data: [DONE]\n\n"

    def _generated(self, body: Any) -> list[str]:
        pending = ""
        if self.takes_grammar and (grammar := body.get("grammar")):
            quoted = re.match(r'root ::= "(.*)" rest', grammar)
            assert quoted is not None
            pending = re.sub(r"\\(?:x(..)|u(....)|U(.{8}))", _unescaped, quoted[1])
        text = pending + self.text
        ends = [at for stop in body.get("stop", ()) if (at := text.find(stop, len(pending))) >= 0]
        return list(text[: min(ends, default=len(text))])

    def _llama_piece(self, piece: str, body: Any) -> dict[str, Any]:
        probability = {"id": 0, "token": piece, "logprob": -0.5, "top_logprobs": [{"token": "z", "logprob": -1.0}]}
        return {
            "content": piece,
            "tokens": [IDS.get(piece, 0)] if piece else [],
            "stop": False,
            "tokens_evaluated": len(body["prompt"]),
            "completion_probabilities": [probability] if piece else [],
            "timings": {"cache_n": 3, "prompt_ms": 7.0},
        }

    def _openai_piece(self, piece: str, body: Any) -> dict[str, Any]:
        logprobs = None
        if self.has_logprobs and "logprobs" in body:
            likely = {"z": -1.0} if self.likely is None else self.likely(body["logprobs"])
            logprobs = {"tokens": [piece], "token_logprobs": [-0.5], "top_logprobs": [likely | {piece: -0.5}]}
        return {"choices": [{"text": piece, "finish_reason": None, "logprobs": logprobs}]}


def tokenize(text: str, parse_special: bool) -> list[int]:
    """Longest match first; what the vocabulary lacks is a question mark."""
    ids = []
    while text:
        fitting = (each for each in _BY_LENGTH if text.startswith(each) and (parse_special or each not in MARKERS))
        piece = next(fitting, "")
        ids.append(IDS[piece] if piece else IDS["?"])
        text = text[len(piece) or 1 :]
    return ids


def _is_sample(request: Request) -> bool:
    body = request.body or {}
    return not body.get("stream") or (isinstance(body["prompt"], str) and "sample.py\n" in body["prompt"])


async def _left(reader: asyncio.StreamReader, request: Request) -> None:
    if not await reader.read(1):
        request.left.set()


def _event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def _answer(writer: asyncio.StreamWriter, status: int, value: Any, headers: list[str] | None = None) -> None:
    data = json.dumps(value).encode()
    lines = [f"HTTP/1.1 {status} Status", "Content-Type: application/json", f"Content-Length: {len(data)}"]
    writer.write("\r\n".join([*lines, *(headers or []), "", ""]).encode() + data)


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1] or match[2] or match[3], 16))
