"""The tokens of a llama.cpp server: its vocabulary, read once, and texts that it tokenizes.

With them prompts are cut and healed exactly as the local engine does it.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from dovetail_models.prompt.formats.choose import FORMATS, candidates
from dovetail_models.prompt.segments import Role
from dovetail_models.remote.connection import BeforeSending, Connection
from dovetail_models.remote.family import Family
from dovetail_models.remote.faults import RemoteFault
from dovetail_models.remote.vocabulary import ServerVocabulary, TokenCache, piece_index

BATCH_TOKENS = 16384
"""Tokens whose texts are asked for at once: some 400 KB of answer."""


class ServerTokens:
    """Text to tokens and back, by the server's vocabulary. `load` comes first."""

    def __init__(self, connection: Connection, family: Family) -> None:
        self._connection = connection
        self._family = family
        self._cache = TokenCache()
        self.ends: frozenset[int] = frozenset()
        self._separator = -1

    async def load(self) -> ServerVocabulary:
        """Read the vocabulary. Raises RemoteFault, also where the model lacks a marker of the family."""
        special = await self._special()
        fitting = tuple(each.family for each in candidates(special.__contains__))
        roles = {role: special[text] for role, text in self._family.markers.items() if text in special}
        roles.pop(Role.BOS, None)
        for role, text in self._family.markers.items():
            if role is not Role.BOS and role not in roles:
                known = " or ".join(f'"{family}"' for family in fitting) or "its family"
                raise RemoteFault("protocol", f"the server's model has no {text}: set [remote] format to {known}")
        beginning = await self._ask("", True, True)  # The model decides whether its texts have one.
        if len(beginning) == 1:
            roles[Role.BOS] = beginning[0]
        others = [await self._ask(text, False, True) for text in self._family.others]
        self.ends = frozenset([*roles.values(), *(ids[0] for ids in others if len(ids) == 1)])
        pieces = await self._pieces(roles)
        index = await asyncio.to_thread(piece_index, pieces.values())
        vocabulary = ServerVocabulary(self._family, roles, pieces, index)
        await self._check_spaces(vocabulary)
        # Between two texts goes a marker, which no text holds.
        self._separator = roles.get(Role.BOS, roles[Role.FIM_PREFIX])
        return vocabulary

    async def tokens(self, texts: Sequence[str], before_sending: BeforeSending | None) -> list[tuple[int, ...]]:
        """Return the tokens of each text, none of them a marker. Raises RemoteFault.

        One request asks for all texts that are not cached; `before_sending` is awaited before it.
        """
        found: dict[str, tuple[int, ...]] = {}
        if unknown := self._cache.unknown(texts):
            content: list[str | int] = []
            for text in unknown:
                content += [*self._family.broken_up(text), self._separator]
            ids = await self._ask(content, False, False, before_sending)
            for text in unknown:
                end = ids.index(self._separator) if self._separator in ids else len(ids)
                found[text] = tuple(ids[:end])
                ids = ids[end + 1 :]
        return self._cache.take(texts, found)

    async def _check_spaces(self, vocabulary: ServerVocabulary) -> None:
        """Raise RemoteFault if the server begins each text with a space that is not in it, as SentencePiece does."""
        if vocabulary.readable(await self._ask("x", False, False)) == " x":
            flag = "--override-kv tokenizer.ggml.add_space_prefix=bool:false"
            raise RemoteFault("protocol", f"the server puts a space before each text: start it with {flag}")

    async def _special(self) -> dict[str, int]:
        """The markers of all families that are special tokens here. In plain text a special token is several."""
        texts = sorted({marker for each in FORMATS for marker in each.markers.values()})
        found: dict[str, int] = {}
        for text in texts:
            ids = await self._ask(text, False, True)
            if len(ids) == 1:
                found[text] = ids[0]
        return found

    async def _pieces(self, roles: dict[Role, int]) -> dict[int, bytes]:
        """Return the texts of all tokens but markers and those that are only part of a character."""
        models = await self._connection.get("/v1/models")
        marker, separator = self._family.markers[Role.FIM_PREFIX], roles[Role.FIM_PREFIX]
        another = roles[Role.FIM_SUFFIX]  # replaces the separator in a request, where it would split the texts
        texts: list[str] = []
        try:
            size = int(models["data"][0]["meta"]["n_vocab"])
            for start in range(0, size, BATCH_TOKENS):
                tokens = range(start, min(start + BATCH_TOKENS, size))
                ids = [each for token in tokens for each in (another if token == separator else token, separator)]
                answer = await self._connection.post("/detokenize", {"tokens": ids})
                texts += str(answer["content"]).split(marker)[:-1]
        except (KeyError, TypeError, ValueError, IndexError):
            texts, size = [], -1
        if len(texts) != size:
            raise RemoteFault("protocol", "the server's vocabulary cannot be read: update the server")
        plain = (token not in self.ends and "\ufffd" not in text for token, text in enumerate(texts))
        return {token: texts[token].encode() for token, is_plain in enumerate(plain) if is_plain and texts[token]}

    async def _ask(
        self, content: Any, add_special: bool, parse_special: bool, before_sending: BeforeSending | None = None
    ) -> list[int]:
        body = {"content": content, "add_special": add_special, "parse_special": parse_special}
        answer = await self._connection.post("/tokenize", body, before_sending)
        try:
            return [int(token) for token in answer["tokens"]]
        except (KeyError, TypeError, ValueError):
            raise RemoteFault("protocol", "the server's /tokenize cannot be read: update the server") from None
