"""The base protocol: split a stream of bytes into message bodies, and recover after a wrong header.

Headers are read in any case and with or without a space. Anything that is not a message is passed on as `Skipped`, so
that someone can answer it. A JSON text holds no raw line end inside a string. So a header line inside a body always
belongs to the next message: a body whose stated length is too long ends there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from dovetail_context.api import Effort, awaited

MAX_BODY_BYTES = 1 << 30
"""A longer body is not a message but a wrong header; waiting for it would silence the server for good."""

INPUT = Effort()
"""That of taking in what the client sends."""

_CHUNK = 1 << 20
_LONGEST_HEADER_BYTES = 256
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?\n\Z", re.IGNORECASE)
_LENGTH_INSIDE = re.compile(rb"content-length[ \t]*:[ \t]*\d+[ \t]*\r?\n", re.IGNORECASE)
_TYPE = re.compile(rb"content-type[ \t]*:[ \t]*([^\r\n]*)\r?\n\Z", re.IGNORECASE)
_OTHER = re.compile(rb"[A-Za-z0-9-]+[ \t]*:[^\r\n]*\r?\n\Z")
_CHARSET = re.compile(rb"charset[ \t]*=[ \t]*\"?([^\s;\"]+)", re.IGNORECASE)


class Reader(Protocol):
    """Where bytes come from; b"" is the end."""

    async def read(self, count: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Body:
    """The content of one message, and the character set that its header names (lower case)."""

    data: bytes
    charset: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Bytes that belong to no message."""

    data: bytes


class MessageReader:
    """Cuts a stream into messages."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._buffer = bytearray()

    def put_back(self, data: bytes) -> None:
        """Bytes that turned out not to belong to the body before."""
        self._buffer[:0] = data

    async def next(self) -> Body | Skipped | None:
        """Return the next message, or what was skipped; None at the end of the stream."""
        length: int | None = None
        charset = "utf-8"
        headers = bytearray()
        while line := await self._line():
            if not line.strip():
                if length is not None:
                    with awaited(INPUT):
                        data = await self._body(length)
                    return None if data is None else Body(data, charset)
                if headers:
                    return Skipped(bytes(headers))
                continue
            tail = max(0, len(line) - _LONGEST_HEADER_BYTES)
            match = _LENGTH.search(line, tail) or _TYPE.search(line, tail)
            if match is None and not _OTHER.match(line):
                return Skipped(bytes(headers) + line)
            if match is not None and match.start() > 0:
                # The header follows the rest of something else on the same line.
                self.put_back(line[match.start() :])
                return Skipped(bytes(headers) + line[: match.start()])
            headers += line
            if match is not None and match.re is _LENGTH:
                length = _length(match.group(1))
            elif match is not None:
                found = _CHARSET.search(match.group(1))
                charset = found.group(1).decode("latin-1").lower() if found else "utf-8"
        return None

    async def _line(self) -> bytes:
        """Return the next line with its end; b"" at the end of the stream."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if not await self._more():
                return b""
        return self._take(end + 1)

    async def _body(self, length: int) -> bytes | None:
        searched = 0
        while True:
            if self._buffer.find(b"\n", searched, length) >= 0:
                start = max(0, searched - _LONGEST_HEADER_BYTES)
                if found := _LENGTH_INSIDE.search(self._buffer, start, length):
                    return self._take(found.start())
            searched = len(self._buffer)
            if searched >= length:
                return self._take(length)
            if not await self._more():
                return None

    async def _more(self) -> bool:
        chunk = await self._reader.read(_CHUNK)
        self._buffer += chunk
        return bool(chunk)

    def _take(self, count: int) -> bytes:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data


def _length(value: bytes) -> int | None:
    if not value.isdigit() or len(value) > 10 or int(value) > MAX_BODY_BYTES:
        return None
    return int(value)
