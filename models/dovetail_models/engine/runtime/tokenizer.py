"""Text to tokens: blocks cached by content, and markers in a user's text kept as text."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from itertools import groupby, pairwise
from typing import Protocol

from dovetail_models.prompt.blocks import blocks_of
from dovetail_models.prompt.fit import Block
from dovetail_models.prompt.segments import Role, Segment

CACHE_BYTES = 32 * 2**20
"""Room for tokenized text. A project's open files and their context take a few MiB."""

_TOKEN_BYTES = 8
"""Bytes of one token id in a tuple (a pointer; small integers are shared)."""

_ENTRY_BYTES = 200
"""Bytes that an entry takes besides its text and ids."""

_LINE_PROBE = "if x:\n\n    y = 'é'  \r\n\tz \n \n(\n)"
"""Text with what could hold a token across a line end: blank lines, trailing and leading white space, carriage
returns."""


class Vocabulary(Protocol):
    """What tokenization asks of a vocabulary."""

    @property
    def size(self) -> int: ...
    @property
    def bos(self) -> int | None: ...
    def special(self, text: str) -> int | None: ...
    def tokenize(self, text: bytes) -> list[int]: ...
    def piece(self, token: int, special: bool = False) -> bytes: ...
    def is_marker(self, token: int) -> bool: ...


class Tokenizer:
    """Tokens of text under one vocabulary, and of prompts whose special tokens have the texts `markers`.

    `tokens(text)` decode to exactly `text`, except for lone surrogates, which UTF-8 cannot hold. None of them is a
    special token, whatever the text contains.
    """

    def __init__(
        self, vocabulary: Vocabulary, markers: Mapping[Role, str] | None = None, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._vocabulary = vocabulary
        self._special = {role: vocabulary.special(text) for role, text in (markers or {}).items()}
        self._cache: OrderedDict[str, tuple[int, ...]] = OrderedDict()
        self._cache_bytes = cache_bytes
        self.cached_bytes = 0
        self._stubborn = _stubborn_pattern(vocabulary)
        with_newline = {token: piece for token in range(vocabulary.size) if b"\n" in (piece := vocabulary.piece(token))}
        self.line_ends = frozenset(token for token, piece in with_newline.items() if piece.endswith(b"\n"))
        # Where tokens never reach over a line end, lines can be tokenized, and cached, one by one.
        self.by_lines = list(with_newline.values()) == [b"\n"] and self._lines_stand_alone()

    def tokens(self, text: str) -> tuple[int, ...]:
        """Return the tokens of a text on its own."""
        pieces = _lines(text) if self.by_lines else [text]
        ids: list[int] = []
        for known, run in groupby(pieces, self._cache.__contains__):
            # A call for each line would cost several times as much as one for all that are new.
            for line_ids in map(self._recall, run) if known else self._learn(list(run)):
                ids += line_ids
        return tuple(ids)

    def blocks(self, segments: tuple[Segment, ...]) -> tuple[Block, ...]:
        """Return the tokens of a prompt, segment by segment; empty ones are left out."""
        return blocks_of(segments, self.tokens, self.special, lambda token: len(self.piece(token)))

    def special(self, role: Role) -> int | None:
        """Return the token of a role; None if the vocabulary has none (for example, no beginning-of-text token)."""
        return self._vocabulary.bos if role is Role.BOS else self._special.get(role)

    def piece(self, token: int) -> bytes:
        """Return the bytes of a token of ordinary text."""
        return self._vocabulary.piece(token)

    def text(self, ids: tuple[int, ...]) -> str:
        """Return the text of tokens, special ones included, for people to read."""
        return b"".join(self._vocabulary.piece(token, special=True) for token in ids).decode("utf-8", "replace")

    def _recall(self, piece: str) -> tuple[int, ...]:
        ids = self._cache.get(piece)
        if ids is None:  # Pushed out since it was looked for, by what has been learnt meanwhile.
            return self._learn([piece])[0]
        self._cache.move_to_end(piece)
        return ids

    def _learn(self, pieces: list[str]) -> list[tuple[int, ...]]:
        """Return the tokens of pieces (lines that follow one another, or one text) that the cache does not know yet."""
        ids = self._tokenize("".join(pieces))
        if len(pieces) == 1:
            learnt = [tuple(ids)]
        else:
            ends = [i + 1 for i, token in enumerate(ids) if token in self.line_ends]
            learnt = [tuple(ids[start:end]) for start, end in pairwise(sorted({0, *ends, len(ids)}))]
        for piece, piece_ids in zip(pieces, learnt, strict=True):
            self._remember(piece, piece_ids)
        return learnt

    def _remember(self, piece: str, ids: tuple[int, ...]) -> None:
        if piece in self._cache:
            return
        self._cache[piece] = ids
        self.cached_bytes += _entry_bytes(piece, ids)
        while self.cached_bytes > self._cache_bytes and len(self._cache) > 1:
            self.cached_bytes -= _entry_bytes(*self._cache.popitem(last=False))

    def _tokenize(self, text: str) -> list[int]:
        ids: list[int] = []
        for piece in _broken_up(text, self._stubborn):
            ids.extend(self._vocabulary.tokenize(_bytes(piece)))
        return ids

    def _lines_stand_alone(self) -> bool:
        by_lines = [token for line in _lines(_LINE_PROBE) for token in self._tokenize(line)]
        return by_lines == self._tokenize(_LINE_PROBE)


def _stubborn_pattern(vocabulary: Vocabulary) -> re.Pattern[str] | None:
    """Return a pattern for the texts that become a special token even though special tokens are not asked for."""
    stubborn = []
    for token in range(vocabulary.size):
        if vocabulary.is_marker(token):
            text = vocabulary.piece(token, special=True).decode("utf-8", "replace")
            if token in vocabulary.tokenize(text.encode()):
                stubborn.append(text)
    stubborn.sort(key=len, reverse=True)
    return re.compile("|".join(map(re.escape, stubborn))) if stubborn else None


def _broken_up(text: str, stubborn: re.Pattern[str] | None) -> list[str]:
    """Cut `text` inside each match, so that no piece holds a whole one.

    The cut falls before the marker's first letter, where pre-tokenization cuts too: the tokens are those that the text
    would have if the vocabulary did not know the marker.
    """
    cuts = {0, len(text)}
    searched = 0
    while stubborn is not None and (match := stubborn.search(text, searched)):
        letter = next((i for i, character in enumerate(match.group()) if character.isalpha()), 0)
        cuts.add(match.start() + (letter or 1))
        searched = match.start() + 1
    return [text[start:end] for start, end in pairwise(sorted(cuts))]


def _lines(text: str) -> list[str]:
    """Return lines with their newline; unlike `str.splitlines` nothing but a newline ends one."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _entry_bytes(text: str, ids: tuple[int, ...]) -> int:
    return _ENTRY_BYTES + 4 * len(text) + _TOKEN_BYTES * len(ids)
