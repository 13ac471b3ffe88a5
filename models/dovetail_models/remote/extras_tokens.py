"""The tokens of llama-cpp-python's server, by its `/extras`: texts that it tokenizes, and the texts of its tokens.

Its `/v1/completions` takes a prompt as text alone, and it has no list of its vocabulary. But it reports the likeliest
tokens of an answer without a limit, so one token's answer to a sample lists the text of every token.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from dovetail_models.prompt.segments import Role
from dovetail_models.remote.connection import BeforeSending, Connection
from dovetail_models.remote.family import Family
from dovetail_models.remote.faults import RemoteFault
from dovetail_models.remote.vocabulary import ServerVocabulary, TokenCache, piece_index

MIN_VOCABULARY_TOKENS = 1000
"""Fewer texts are not the whole vocabulary: the server limits the list of likely tokens."""

MAX_SPLITS = 32
"""Requests to find tokens that are a part of a character, for one prompt. The next prompt looks for the rest."""

FIRST_NUMBER = 2**31
"""Numbers from here on are no tokens of a server: they take the place of tokens whose texts are not known."""

SEPARATOR = "\u2060\u2060"
"""Put between the texts of tokens: word joiners, which no token holds."""


class ExtrasTokens:
    """Text to tokens and back, by the server's vocabulary. Make it by `load`."""

    def __init__(self, connection: Connection, family: Family, model: str, vocabulary: ServerVocabulary) -> None:
        self.vocabulary = vocabulary
        self._connection = connection
        self._family = family
        self._model = model
        self._cache = TokenCache()
        self._between: list[int] = []  # the tokens of SEPARATOR
        self._beginning = 0  # the number of tokens that the server puts before a text: 1 or 0
        self._numbers: dict[bytes, int] = {}

    @classmethod
    async def load(
        cls, connection: Connection, family: Family, model: str, texts: Iterable[str]
    ) -> "ExtrasTokens | None":
        """Return the tokens of a server, whose `texts` are those of all of its tokens. None of the user's text is sent.

        Return None if the server has no `/extras`, puts a space before each text, or lacks a marker of the family.
        Raises RemoteFault if the server is away.
        """
        markers = {*family.markers.values(), *family.others}
        plain = {text.encode() for text in texts if text and text not in markers and "\ufffd" not in text}
        if len(plain) < MIN_VOCABULARY_TOKENS:
            return None
        index = await asyncio.to_thread(piece_index, plain)
        tokens = cls(connection, family, model, ServerVocabulary(family, {}, {}, index))
        try:
            is_usable = await tokens._find_markers()
        except RemoteFault as fault:
            if fault.kind not in ("address", "request", "server", "protocol"):
                raise
            return None
        return tokens if is_usable else None

    async def tokens(self, texts: Sequence[str], before_sending: BeforeSending | None) -> list[tuple[int, ...]]:
        """Return the tokens of each text, in which markers are broken up. Raises RemoteFault.

        Together their pieces are the text: where the server does not report a token's text, another number takes the
        token's place. One request asks for all texts that are not cached, further ones for the texts of tokens that
        are new. `before_sending` is awaited before each.
        """
        found: dict[str, tuple[int, ...]] = {}
        if unknown := self._cache.unknown(texts):
            escaped = [self._family.escaped(text) for text in unknown]
            ids = await self._ask(self._family.markers[Role.FIM_PREFIX].join(escaped), before_sending)
            runs = split_at(ids, self.vocabulary.roles[Role.FIM_PREFIX])
            if len(runs) != len(unknown):
                raise RemoteFault("protocol", "the server's /extras/tokenize cannot be read: update the server")
            # Where all is ASCII no token is a part of a character, so the answer is no error.
            for is_ascii in (True, False):
                some = {
                    token
                    for text, run in zip(escaped, runs, strict=True)
                    if text.isascii() is is_ascii
                    for token in run
                }
                await self._learn(sorted(some - self.vocabulary.pieces.keys()), before_sending)
            found = {
                text: self._complete(each.encode("utf-8", "replace"), run)
                for text, each, run in zip(unknown, escaped, runs, strict=True)
            }
        return self._cache.take(texts, found)

    def written(self, ids: Sequence[int]) -> str:
        """Return the text that the server reads as these tokens, without the beginning, which it adds itself."""
        beginning = self.vocabulary.roles.get(Role.BOS)
        return self.vocabulary.readable([token for token in ids if token != beginning])

    def _complete(self, text: bytes, ids: Sequence[int]) -> tuple[int, ...]:
        """Return the tokens of a text, with other numbers in place of those whose texts are not known."""
        pieces = [self.vocabulary.piece(token) for token in ids]
        if all(pieces) and b"".join(pieces) == text:
            return tuple(ids)
        return tuple(self._token_of(piece) for piece in aligned(text, pieces))

    def _token_of(self, piece: bytes) -> int:
        token = self._numbers.setdefault(piece, FIRST_NUMBER + len(self._numbers))
        self.vocabulary.pieces[token] = piece
        return token

    async def _find_markers(self) -> bool:
        """Find the tokens of markers and separators. Return whether the server and its model can be used."""
        beginning = await self._ask("", None)
        self._beginning = len(beginning)
        roles: dict[Role, int] = {}
        for role, text in self._family.markers.items():
            ids = await self._ask(text, None)
            if role is not Role.BOS and len(ids) != 1:
                return False
            if role is not Role.BOS:
                roles[role] = ids[0]
        if self._beginning == 1:
            roles[Role.BOS] = beginning[0]
        self.vocabulary.roles = roles
        self._between = await self._ask(SEPARATOR, None)
        x = await self._ask("x", None)
        return self._beginning <= 1 and await self._detokenized([*self._between, *x], None) == f"{SEPARATOR}x"

    async def _learn(self, ids: Sequence[int], before_sending: BeforeSending | None) -> None:
        """Ask for the texts of tokens. A token that is a part of a character makes the answer to all an error."""
        groups = [ids] if ids else []
        for _ in range(MAX_SPLITS):
            if not groups:
                return
            group = groups.pop()
            pieces = await self._pieces(group, before_sending)
            if len(pieces) == len(group):
                self.vocabulary.pieces |= dict(zip(group, pieces, strict=True))
            elif len(group) == 1:
                self.vocabulary.pieces[group[0]] = b""
            else:
                half = len(group) // 2
                groups += [group[:half], group[half:]]

    async def _pieces(self, ids: Sequence[int], before_sending: BeforeSending | None) -> list[bytes]:
        """Return the texts of tokens, none if one of them is a part of a character."""
        separated = [each for token in ids for each in (*self._between, token)]
        try:
            text = await self._detokenized(separated, before_sending)
        except RemoteFault as fault:
            if fault.kind != "server":
                raise
            return []
        return [piece.encode() for piece in text.split(SEPARATOR)[1:]]

    async def _ask(self, text: str, before_sending: BeforeSending | None) -> list[int]:
        answer = await self._post("tokenize", {"input": text}, before_sending)
        try:
            return [int(token) for token in answer["tokens"]][self._beginning :]
        except (KeyError, TypeError, ValueError):
            raise RemoteFault("protocol", "the server's /extras/tokenize cannot be read: update the server") from None

    async def _detokenized(self, ids: Sequence[int], before_sending: BeforeSending | None) -> str:
        answer = await self._post("detokenize", {"tokens": list(ids)}, before_sending)
        try:
            return str(answer["text"])
        except (KeyError, TypeError):
            raise RemoteFault("protocol", "the server's /extras/detokenize cannot be read: update the server") from None

    async def _post(self, what: str, body: dict[str, Any], before_sending: BeforeSending | None) -> Any:
        return await self._connection.post(f"/extras/{what}", {"model": self._model, **body}, before_sending)


def split_at(ids: Sequence[int], separator: int) -> list[list[int]]:
    """Return the runs of tokens between separators."""
    runs: list[list[int]] = [[]]
    for token in ids:
        if token == separator:
            runs.append([])
        else:
            runs[-1].append(token)
    return runs


def aligned(text: bytes, pieces: Sequence[bytes]) -> list[bytes]:
    """Return the bytes of each token of a text where `pieces` lacks some: the first of a run of these has them all."""
    found: list[bytes] = []
    at = 0
    while len(found) < len(pieces):
        start = len(found)
        after = next((i for i in range(start, len(pieces)) if pieces[i]), len(pieces))
        beyond = next((i for i in range(after, len(pieces)) if not pieces[i]), len(pieces))
        known = b"".join(pieces[after:beyond])
        # Each of the unknown tokens has a byte at least. The last known ones end the text.
        end = text.find(known, at + after - start) if beyond < len(pieces) else len(text) - len(known)
        if end < at or not text.startswith(known, end) or (after == start and end != at):
            return [text, *([b""] * (len(pieces) - 1))]  # the server's tokens are not the bytes of the text
        found += [text[at:end], *([b""] * (after - start))][: after - start]
        found += pieces[after:beyond]
        at = end + len(known)
    return found
