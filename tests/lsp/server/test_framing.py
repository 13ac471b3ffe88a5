"""Bytes to messages: headers as clients write them, and back on the way after wrong ones."""

from __future__ import annotations

import pytest

from dovetail.server.framing import MAX_BODY_BYTES, Body, MessageReader, Skipped
from dovetail.server.json_text import NotJson, decode

GOOD = b"Content-Length: 2\r\n\r\n{}"


class Pieces:
    """A stream that comes in pieces of a few bytes."""

    def __init__(self, data: bytes, size: int) -> None:
        self._pieces = [data[start : start + size] for start in range(0, len(data), size)]

    async def read(self, _count: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


async def frames(data: bytes, size: int) -> list[Body | Skipped]:
    reader = MessageReader(Pieces(data, size))
    found = []
    while (frame := await reader.next()) is not None:
        found.append(frame)
    return found


@pytest.fixture(params=[1, 7, 1000])
def size(request: pytest.FixtureRequest) -> int:
    """However the bytes come."""
    return int(request.param)


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 4\r\n\r\n",
        b"content-length: 4\r\n\r\n",
        b"CONTENT-LENGTH:4\r\n\r\n",
        b"Content-length:   4  \r\n\r\n",
        b"Content-Length : 4\r\n\r\n",
        b"Content-Length: 4\n\n",
        b"Content-Length: 004\r\n\r\n",
        b"Content-Length: 4\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
        b"content-type:application/vscode-jsonrpc;charset=UTF8\r\nContent-Length: 4\r\n\r\n",
        b'Content-Type: application/vscode-jsonrpc; charset="utf-8"\r\nContent-Length: 4\r\nX-Other: a:b\r\n\r\n',
        b"\r\n\r\nContent-Length: 4\r\n\r\n",
    ],
)
async def test_a_header_in_any_form(header: bytes, size: int) -> None:
    first, second = await frames(header + b"[47]" + GOOD, size)
    assert isinstance(first, Body) and first.data == b"[47]" and first.charset in ("utf-8", "utf8")
    assert second == Body(b"{}")


async def test_the_character_set_is_handed_on(size: int) -> None:
    header = b"Content-Length: 4\r\nContent-Type: application/vscode-jsonrpc; charset=UTF-16LE\r\n\r\n"
    assert await frames(header + b"[47]", size) == [Body(b"[47]", "utf-16le")]


@pytest.mark.parametrize(
    "length", [b"", b"-4", b"four", b"4.0", b"0x4", b"+4", b"4, 4", b"1" * 5000, b"%d" % (MAX_BODY_BYTES + 1)]
)
async def test_a_length_that_is_none_costs_one_message(length: bytes, size: int) -> None:
    *skipped, last = await frames(b"Content-Length: " + length + b'\r\n\r\n{"a": 1}' + GOOD, size)
    assert skipped and all(isinstance(frame, Skipped) for frame in skipped)
    assert last == Body(b"{}")


async def test_a_missing_length_costs_one_message(size: int) -> None:
    for wrong in (b'Content-Type: x\r\n\r\n{"a": 1}', b'{"a": 1}\r\n', b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
        assert (await frames(wrong + GOOD, size))[-1] == Body(b"{}")


async def test_a_length_that_is_too_long_ends_at_the_next_header(size: int) -> None:
    message = b'{"a": "Content-Length: 9\\r\\n"}'
    first, second = await frames(b"Content-Length: 1000\r\n\r\n" + message + b"content-length:2\n\n{}", size)
    assert (first, second) == (Body(message), Body(b"{}"))


async def test_a_length_that_is_too_short_costs_one_message(size: int) -> None:
    first, *skipped, last = await frames(b'Content-Length: 5\r\n\r\n{"a": "longer than that"}' + GOOD, size)
    assert first == Body(b'{"a":') and [type(frame) for frame in skipped] == [Skipped] and last == Body(b"{}")


async def test_a_body_of_several_lines_is_whole(size: int) -> None:
    body = b'{\n  "a": "Content-Length: 2\\n",\r\n  "b": 1\n}\n'
    assert await frames(b"Content-Length: %d\r\n\r\n" % len(body) + body + GOOD, size) == [Body(body), Body(b"{}")]


async def test_the_end_in_the_middle_of_anything_is_the_end(size: int) -> None:
    whole = b"Content-Length: 4\r\n\r\n[47]"
    for cut in range(len(whole)):
        assert [frame for frame in await frames(whole[:cut], size) if isinstance(frame, Body)] == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{]",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b'"\xff"',
        b"\xff\xfe",
        b"[" * 200_000,
        b"nul",
        b'"\n"',
    ],
)
def test_what_is_no_json(data: bytes) -> None:
    with pytest.raises(NotJson):
        decode(data)


def test_json_with_numbers_of_any_size_and_lone_surrogates() -> None:
    value, rest = decode(b"[1" + b"0" * 5000 + b", -1" + b"0" * 5000 + b', 1e999, "\\ud83d", "\xed\xa0\xbd"]')
    assert value[0] > 2**31 and value[1] < -(2**31) and value[2] == float("inf") and rest == b""
    assert value[3] == value[4] == "\ud83d"


def test_what_follows_a_value_belongs_to_the_next_message() -> None:
    assert decode('{"a": "é"}Content-Le'.encode()) == ({"a": "é"}, b"Content-Le")
