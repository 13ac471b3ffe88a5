"""DeepSeek-Coder's tokenization written a second time, in plain Python: what llama.cpp's tokens are held against.

Byte-pair encoding as in GPT-2 (bytes shown as printable characters, merges by rank), after DeepSeek-Coder's own
pre-tokenization (the "Sequence" of its published tokenizer.json): one pattern after the other is isolated in what the
former ones left. Added tokens are not known here, so that no marker in a text can become one.
"""

from __future__ import annotations

import re
import struct
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9


class ReferenceTokenizer:
    """Tokens by the vocabulary and the merges of a GGUF file."""

    def __init__(self, gguf: Path) -> None:
        metadata = read_metadata(gguf)
        self.id_of = {text: id for id, text in enumerate(metadata["tokenizer.ggml.tokens"])}
        self._rank = {tuple(pair.split(" ")): rank for rank, pair in enumerate(metadata["tokenizer.ggml.merges"])}

    def tokens(self, text: str) -> list[int]:
        return [
            self.id_of[symbol]
            for piece in _pre_tokens(text)
            for symbol in self._merged([_SHOWN[byte] for byte in piece.encode()])
        ]

    def _merged(self, symbols: list[str]) -> list[str]:
        while len(symbols) > 1:
            ranked = [(self._rank.get(pair, sys.maxsize), i) for i, pair in enumerate(pairwise(symbols))]
            rank, i = min(ranked)
            if rank == sys.maxsize:
                break
            symbols = [*symbols[:i], symbols[i] + symbols[i + 1], *symbols[i + 2 :]]
        return symbols


def read_metadata(gguf: Path) -> dict[str, Any]:
    """Return the metadata of a GGUF file (GGUF specification, version 3)."""
    data = gguf.read_bytes()
    at = 0

    def scalar(form: str) -> Any:
        nonlocal at
        (value,) = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return value

    def string() -> str:
        nonlocal at
        size = scalar("Q")
        at += size
        return data[at - size : at].decode()

    def value(kind: int) -> Any:
        if kind == _STRING:
            return string()
        if kind == _ARRAY:
            inner, count = scalar("I"), scalar("Q")
            return [value(inner) for _ in range(count)]
        return scalar(_SCALARS[kind])

    assert scalar("I") == 0x46554747
    scalar("I")
    scalar("Q")
    return {string(): value(scalar("I")) for _ in range(scalar("Q"))}


def _pre_tokens(text: str) -> list[str]:
    pieces = [text]
    for pattern in _patterns():
        pieces = [part for piece in pieces for part in _isolated(pattern, piece)]
    return pieces


def _isolated(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Yield the matches and the texts between them, one by one."""
    start = 0
    for match in pattern.finditer(text):
        yield from (part for part in (text[start : match.start()], match.group()) if part)
        start = match.end()
    if text[start:]:
        yield text[start:]


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    letters, punctuation, numbers = _class("L"), _class("P"), _class("N")
    return (
        re.compile("[\r\n]"),
        re.compile(rf"\s?[{letters}]+"),
        re.compile(rf"\s?[{punctuation}]+"),
        re.compile("[一-龥ࠀ-一가-퟿]+"),
        re.compile(f"[{numbers}]"),
    )


def _class(category: str) -> str:
    """Return the characters of a Unicode category, as the inside of a character class."""
    members = [chr(i) for i in range(sys.maxunicode + 1) if unicodedata.category(chr(i))[0] == category]
    return "".join(map(re.escape, members))


def _shown_bytes() -> dict[int, str]:
    """Return GPT-2's printable character for each byte."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(others)}


_SHOWN = _shown_bytes()
